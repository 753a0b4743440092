/* SPDX-License-Identifier: MIT
 *
 * cm_unregister_test.c - CmUnRegisterCallback: what it refuses, what it waits for.
 */
#include "../cm/cm_kit.h"

static void nothing_comes_after_it(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback two[] = {{.name = 'A', .altitude = u"2"}, {.name = 'B'}};

    cm_add_all(two, 2);
    EXPECT_STR(cm_heard(kit), "BAab");
    cm_drop(&two[0]);
    EXPECT_STR(cm_heard(kit), "Bb");
    cm_drop(&two[1]);
    EXPECT_STR(cm_heard(kit), "");
    EXPECT_FALSE(ntcb_registry_wanted(RegNtPreSetValueKey));
}

static void unknown_cookie_is_refused(void **state)
{
    struct cm_callback a = {.name = 'A', .altitude = u"1"};
    LONGLONG unknown[] = {0, -1, 0x7FFFFFFFFFFFFFFFll, 0};
    size_t index;

    kit_begin(state, NULL);
    cm_add(&a);
    unknown[3] = a.cookie.QuadPart + 1; /* the next one, which nobody has got yet */
    for (index = 0; index < RTL_NUMBER_OF(unknown); ++index) {
        EXPECT_STATUS(CmUnRegisterCallback((LARGE_INTEGER){.QuadPart = unknown[index]}),
                      STATUS_INVALID_PARAMETER);
    }
    cm_drop(&a);
    EXPECT_STATUS(CmUnRegisterCallback(a.cookie), STATUS_INVALID_PARAMETER);
}

/* ---- while a call is in flight --------------------------------------------------------------- */

static struct {
    bool parked;
    bool go;
} parking;
static NTSTATUS unregistered_with;

static void park(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class, PVOID information)
{
    (void)callback;
    (void)information;
    if (cm_is_pre(notify_class)) {
        kit_set(here, &parking.parked);
        kit_wait(here, &parking.go);
        kit_log(here, ')');
    }
}

static void operate(struct kit *kit, void *argument)
{
    (void)kit;
    (void)argument;
    cm_set_value();
}

static void unregister(struct kit *kit, void *argument)
{
    unregistered_with = CmUnRegisterCallback(((struct cm_callback *)argument)->cookie);
    kit_log(kit, 'r');
}

static void it_waits_for_the_call(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback two[] = {{.name = 'A', .altitude = u"2", .hook = park},
                                {.name = 'B', .altitude = u"1"}};
    struct kit_thread operation;
    struct kit_thread remover;

    parking.parked = parking.go = false;
    cm_add_all(two, 2);
    kit_start(&operation, kit, operate, NULL);
    kit_wait(kit, &parking.parked);
    kit_start(&remover, kit, unregister, &two[0]);
    kit_wait_sleepers(kit, 1);
    EXPECT_STR(kit_take(kit), "A");
    EXPECT_STR(cm_heard(kit), "Bb"); /* refused from the moment the removal begins */
    EXPECT_STATUS(CmUnRegisterCallback(two[0].cookie), STATUS_INVALID_PARAMETER);
    kit_set(kit, &parking.go);
    kit_join(&operation);
    kit_join(&remover);
    EXPECT_SUCCESS(unregistered_with);
    EXPECT_EQ(kit_take(kit)[0], ')'); /* the call's end comes first */
    EXPECT_EQ(two[0].post, 0);
    EXPECT_EQ(two[1].post, 2);
    cm_drop(&two[1]);
}

static NTSTATUS hook_status;

static void unregister_itself(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                              PVOID information)
{
    (void)notify_class;
    (void)information;
    hook_status = CmUnRegisterCallback(callback->cookie);
}

static void inside_itself_is_reported(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback a = {.name = 'A', .altitude = u"320400", .hook = unregister_itself};
    const struct kit_report *report;

    cm_add(&a);
    EXPECT_STR(cm_heard(kit), "Aa");
    EXPECT_STATUS(hook_status, STATUS_POSSIBLE_DEADLOCK);
    report = kit_expect_report(kit, "DV-10");
    EXPECT_TRUE(report != NULL);
    EXPECT_TRUE(strstr(report->what, "CmUnRegisterCallback") != NULL);
    EXPECT_TRUE(strstr(report->what, "altitude 320400") != NULL);
    EXPECT_TRUE(kit_expect_report(kit, "DV-10") != NULL); /* once in pre, once in post */
    a.hook = NULL;
    EXPECT_STR(cm_heard(kit), "Aa"); /* it is still registered */
    cm_drop(&a);
}

static void forgotten_is_reported(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback a = {.name = 'A', .altitude = u"1"};
    const struct kit_report *report;

    cm_add(&a);
    ntcb_kernel_enter(NULL);
    EXPECT_EQ(ntcb_kernel_destroy(kit->kernel), NTCB_ELEAK);
    kit->kernel = NULL;
    report = kit_expect_report(kit, "DV-20");
    EXPECT_TRUE(report != NULL);
    EXPECT_EQ(report->bugcheck, 0xCE);
    EXPECT_TRUE(strstr(report->what, "cookie 1") != NULL);
    EXPECT_EQ(atomic_load(&kit->live), 0);
}

/* ---- IRQL ------------------------------------------------------------------------------------ */

static void routines_want_apc_level_at_most(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    int level;

    for (level = PASSIVE_LEVEL; level <= DISPATCH_LEVEL; ++level) {
        struct cm_callback two[] = {{.name = 'A', .altitude = u"1"}, {.name = 'B'}};
        const struct kit_report *report;
        unsigned calls = 0;
        KIRQL old;

        KeRaiseIrql((KIRQL)level, &old);
        cm_add_all(two, 2);
        cm_drop_all(two, 2);
        CmGetCallbackVersion(NULL, NULL);
        KeLowerIrql(old);
        while ((report = kit_expect_report(kit, "DV-02")) != NULL) {
            EXPECT_EQ(report->bugcheck, 0xC4);
            EXPECT_EQ(report->parameter[0], 0x00020006);
            ++calls;
        }
        EXPECT_EQ(calls, level > APC_LEVEL ? 4 : 0);
        EXPECT_EQ(kit_expect_report(kit, "CM-IRQL-01") != NULL, level > APC_LEVEL);
    }
}

static pthread_t called_on;
static KIRQL called_at;

static void note_surroundings(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                              PVOID information)
{
    (void)callback;
    (void)notify_class;
    (void)information;
    called_on = pthread_self();
    called_at = KeGetCurrentIrql();
}

static void callback_runs_on_the_requesting_thread(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    unsigned at_apc;

    for (at_apc = 0; at_apc < 2; ++at_apc) {
        struct cm_callback a = {.name = 'A', .altitude = u"1", .hook = note_surroundings};

        kit_restart(
            kit, &(struct ntcb_config){.switches = at_apc == 0 ? 0 : NTCB_SWITCH_CALLBACKS_AT_APC});
        cm_add(&a);
        EXPECT_SUCCESS(cm_set_value());
        EXPECT_TRUE(pthread_equal(called_on, pthread_self()));
        EXPECT_EQ(called_at, at_apc == 0 ? PASSIVE_LEVEL : APC_LEVEL);
        EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
        cm_drop(&a);
    }
}

static const struct ntcb_test tests[] = {
    KIT_CASE("cm.unregister.nothing_comes_after_it", "CM-UNR-01 CM-UNR-11", nothing_comes_after_it),
    KIT_CASE("cm.unregister.unknown_cookie_is_refused", "CM-UNR-02", unknown_cookie_is_refused),
    KIT_CASE("cm.unregister.waits_for_the_call", "CM-UNR-03 CM-UNR-01", it_waits_for_the_call),
    KIT_CASE("cm.unregister.inside_itself_is_reported", "CM-UNR-05 DV-10",
             inside_itself_is_reported),
    KIT_CASE("cm.unregister.forgotten_is_reported", "CM-UNR-10 DV-20", forgotten_is_reported),
    KIT_CASE("cm.irql.routines_want_apc_level_at_most", "CM-IRQL-01 DV-02",
             routines_want_apc_level_at_most),
    KIT_CASE("cm.irql.callback_runs_on_the_requesting_thread", "CM-IRQL-02 CM-IRQL-03",
             callback_runs_on_the_requesting_thread),
};

NTCB_TEST_MAIN("conformance", tests)
