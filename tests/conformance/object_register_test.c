/* SPDX-License-Identifier: MIT
 *
 * object_register_test.c - what ObRegisterCallbacks accepts and refuses, and its undoing.
 */
#include "../sim/life_kit.h"

#define SENTINEL ((PVOID)(ULONG_PTR)0x5A5A5A5A)

static OB_PREOP_CALLBACK_STATUS NTAPI Pre(PVOID Context, POB_PRE_OPERATION_INFORMATION Information)
{
    (void)Context;
    (void)Information;
    life_log("pre");
    return OB_PREOP_SUCCESS;
}

static VOID NTAPI Post(PVOID Context, POB_POST_OPERATION_INFORMATION Information)
{
    (void)Context;
    (void)Information;
    life_log("post");
}

static OB_OPERATION_REGISTRATION operation;
static OB_CALLBACK_REGISTRATION registration;

/* A registration that is right in everything. */
static void prepare(PCWSTR altitude)
{
    operation = (OB_OPERATION_REGISTRATION){PsProcessType, OB_OPERATION_HANDLE_CREATE, Pre, Post};
    registration =
        (OB_CALLBACK_REGISTRATION){OB_FLT_REGISTRATION_VERSION, 1, {0}, NULL, &operation};
    RtlInitUnicodeString(&registration.Altitude, altitude);
}

static void refused(NTSTATUS status, const char *rule)
{
    PVOID handle = SENTINEL;

    EXPECT_STATUS(ObRegisterCallbacks(&registration, &handle), status);
    EXPECT_PTR(handle, SENTINEL);
    EXPECT_STR(ntcb_last_reason()->rule, rule);
    EXPECT_STATUS(ntcb_last_reason()->status, status);
}

static void accepted(void)
{
    PVOID handle = NULL;

    EXPECT_SUCCESS(ObRegisterCallbacks(&registration, &handle));
    EXPECT_TRUE(handle != NULL);
    ObUnRegisterCallbacks(handle);
}

static void version_is_exactly_0x100(void **state)
{
    static const USHORT versions[] = {0, 0x00FF, 0x0101, 0x0200, 0xFFFF};

    (void)state;
    EXPECT_EQ(ObGetFilterVersion(), 0x0100);
    for (size_t row = 0; row < RTL_NUMBER_OF(versions); ++row) {
        prepare(u"1000");
        registration.Version = versions[row];
        refused(STATUS_INVALID_PARAMETER, "OB-03");
    }
    prepare(u"1000");
    accepted();
}

static void only_types_with_callbacks(void **state)
{
    POBJECT_TYPE *const without[] = {IoFileObjectType, CmKeyObjectType};

    (void)state;
    for (size_t row = 0; row < RTL_NUMBER_OF(without); ++row) {
        prepare(u"1000");
        operation.ObjectType = without[row];
        refused(STATUS_INVALID_PARAMETER, "OB-04");
    }
    prepare(u"1000");
    operation.ObjectType = PsThreadType;
    accepted();
    operation.ObjectType = ExDesktopObjectType;
    accepted();
    life_restart(&(struct ntcb_config){.windows = NTCB_WINDOWS_81});
    refused(STATUS_INVALID_PARAMETER, "OB-04"); /* desktops came with Windows 10 */
}

static void one_routine_is_enough_and_none_is_not(void **state)
{
    (void)state;
    prepare(u"1000");
    operation.PreOperation = NULL;
    accepted();
    operation.PostOperation = NULL;
    refused(STATUS_INVALID_PARAMETER, "OB-05");
    operation.PreOperation = Pre;
    accepted();
}

/* Altitudes that are, or are not, the same number as 1000. */
static const struct {
    PCWSTR altitude;
    bool same;
} altitude_rows[] = {
    {u"1000", true},    {u"01000", true},  {u"1000.0", true}, {u"1000.000", true},
    {u"1000.5", false}, {u"10000", false}, {u"100", false},   {u"1000.0000000000000000001", false},
};

static void an_altitude_is_held_by_one(void **state)
{
    PVOID holder = NULL;

    (void)state;
    prepare(u"1000");
    EXPECT_SUCCESS(ObRegisterCallbacks(&registration, &holder));
    for (size_t row = 0; row < RTL_NUMBER_OF(altitude_rows); ++row) {
        prepare(altitude_rows[row].altitude);
        operation.ObjectType = row % 2 == 0 ? PsProcessType : PsThreadType;
        if (altitude_rows[row].same) {
            refused(STATUS_FLT_INSTANCE_ALTITUDE_COLLISION, "OB-07");
        } else {
            accepted();
        }
    }
    ObUnRegisterCallbacks(holder);
    prepare(u"1000");
    accepted();
}

static void routines_lie_in_a_driver_linked_for_it(void **state)
{
    const struct ntsim_driver_options options = {
        .name = "plain", .entry = LifeEntry, .no_integrity_check = true};
    struct ntsim_driver *driver;
    NTSTATUS status;

    (void)state;
    prepare(u"1000");
    operation.PreOperation = (POB_PRE_OPERATION_CALLBACK)(ULONG_PTR)&status; /* the stack */
    refused(STATUS_ACCESS_DENIED, "OB-08");
    operation.PreOperation = Pre;
    operation.PostOperation = (POB_POST_OPERATION_CALLBACK)(ULONG_PTR)&status;
    refused(STATUS_ACCESS_DENIED, "OB-08"); /* either is enough */
    operation.PostOperation = Post;
    accepted();
    EXPECT_EQ(ntsim_driver_stop(life_driver), NTCB_OK);
    refused(STATUS_ACCESS_DENIED, "OB-08"); /* nobody's code any more */
    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_OK);
    refused(STATUS_ACCESS_DENIED, "OB-08"); /* linked without /INTEGRITYCHECK */
}

static void without_memory_nothing_is_registered(void **state)
{
    PVOID handle = SENTINEL;
    uint64_t failing;

    (void)state;
    prepare(u"1000");
    for (failing = 1;; ++failing) {
        ntsim_fail_allocation(sim, failing);
        NTSTATUS status = ObRegisterCallbacks(&registration, &handle);
        if (!ntsim_allocation_failed(sim)) {
            EXPECT_SUCCESS(status);
            break;
        }
        EXPECT_STATUS(status, STATUS_INSUFFICIENT_RESOURCES);
        EXPECT_PTR(handle, SENTINEL);
        life_create(NULL);
        ntsim_process_exit(ntsim_process_find(sim, CHILD_PID), 0);
        EXPECT_STR(life_take(), "");
    }
    ntsim_fail_allocation(sim, 0);
    EXPECT_TRUE(failing > 1);
    ObUnRegisterCallbacks(handle);
}

static void windows_vista_and_apc_level(void **state)
{
    PVOID handle = NULL;
    KIRQL old;

    (void)state;
    prepare(u"1000");
    KeRaiseIrql(APC_LEVEL, &old);
    accepted();
    KeLowerIrql(old);
    KeEnterGuardedRegion(); /* holding a guarded mutex of its own */
    accepted();
    KeLeaveGuardedRegion();
    EXPECT_EQ(ntsim_report_count(sim), 0);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_SUCCESS(ObRegisterCallbacks(&registration, &handle));
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-02"));
    ObUnRegisterCallbacks(handle);
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-02"));
    KeLowerIrql(old);
    life_restart(&(struct ntcb_config){.windows = NTCB_WINDOWS_2003});
    EXPECT_STATUS(ObRegisterCallbacks(&registration, &handle), STATUS_NOT_IMPLEMENTED);
    EXPECT_TRUE(ntsim_expect_report(sim, "OB-01"));
}

static void a_handle_is_good_once(void **state)
{
    PVOID handle = NULL;

    (void)state;
    prepare(u"1000");
    EXPECT_SUCCESS(ObRegisterCallbacks(&registration, &handle));
    ObUnRegisterCallbacks(handle);
    ObUnRegisterCallbacks(handle);
    EXPECT_EQ(ntsim_report(sim, 0)->bugcheck, 0x7E);
    EXPECT_EQ(ntsim_report(sim, 0)->parameter[0], 0xC0000005);
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-13"));
    ObUnRegisterCallbacks(NULL);
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-13"));
    PVOID second = NULL;
    EXPECT_SUCCESS(ObRegisterCallbacks(&registration, &second));
    ObUnRegisterCallbacks(handle); /* not reissued: the second stays */
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-13"));
    ObUnRegisterCallbacks(second);
}

static const struct ntcb_test tests[] = {
    LIFE_CASE("ob.register.version_is_exactly_0x100", "OB-01 OB-02 OB-03",
              version_is_exactly_0x100),
    LIFE_CASE("ob.register.only_types_with_callbacks", "OB-04", only_types_with_callbacks),
    LIFE_CASE("ob.register.one_routine_is_enough_and_none_is_not", "OB-02 OB-05",
              one_routine_is_enough_and_none_is_not),
    LIFE_CASE("ob.register.an_altitude_is_held_by_one", "OB-07", an_altitude_is_held_by_one),
    LIFE_CASE("ob.register.routines_lie_in_a_driver_linked_for_it", "OB-08",
              routines_lie_in_a_driver_linked_for_it),
    LIFE_CASE("ob.register.without_memory_nothing_is_registered", "OB-02 OB-09",
              without_memory_nothing_is_registered),
    LIFE_CASE("ob.register.windows_vista_and_apc_level", "OB-01 OB-15 DV-02",
              windows_vista_and_apc_level),
    LIFE_CASE("ob.register.a_handle_is_good_once", "OB-14 DV-13", a_handle_is_good_once),
};

NTCB_TEST_MAIN("conformance", tests)
