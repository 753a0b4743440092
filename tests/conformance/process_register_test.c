/* SPDX-License-Identifier: MIT
 *
 * process_register_test.c - what PsSetCreateProcessNotifyRoutine, Ex and Ex2 accept and refuse.
 */
#include "../ps/process_kit.h"

static const enum ntcb_windows all_windows[] = {
    NTCB_WINDOWS_XP,      NTCB_WINDOWS_2003,    NTCB_WINDOWS_VISTA,   NTCB_WINDOWS_7,
    NTCB_WINDOWS_8,       NTCB_WINDOWS_81,      NTCB_WINDOWS_10_1507, NTCB_WINDOWS_10_1607,
    NTCB_WINDOWS_10_1703, NTCB_WINDOWS_10_1709, NTCB_WINDOWS_11,
};

static void each_flavour_came_with_its_windows(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    for (size_t w = 0; w < RTL_NUMBER_OF(all_windows); ++w) {
        kit_restart(kit, &(struct ntcb_config){.windows = all_windows[w]});
        for (size_t f = 0; f < RTL_NUMBER_OF(flavours); ++f) {
            bool there = all_windows[w] >= flavours[f].since;

            EXPECT_STATUS(flavours[f].set(FALSE), there ? STATUS_SUCCESS : STATUS_NOT_IMPLEMENTED);
            EXPECT_EQ(kit_expect_report(kit, "PROC-01") == NULL, there);
            if (there) {
                EXPECT_SUCCESS(flavours[f].set(TRUE));
            }
        }
    }
}

static void three_flavours_share_sixty_four_slots(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    fill_processes(61);
    for (size_t f = 0; f < RTL_NUMBER_OF(flavours); ++f) {
        EXPECT_SUCCESS(flavours[f].set(FALSE));
    }
    EXPECT_STATUS(PsSetCreateProcessNotifyRoutine(plain_b, FALSE), STATUS_INVALID_PARAMETER);
    EXPECT_STR(ntcb_last_reason()->rule, "PROC-02");
    EXPECT_STATUS(ntcb_last_reason()->status, STATUS_INVALID_PARAMETER);
    empty_processes(61);
    EXPECT_STR(process_heard(kit, false), "ADE");
    for (size_t f = 0; f < RTL_NUMBER_OF(flavours); ++f) {
        EXPECT_SUCCESS(flavours[f].set(TRUE));
    }
}

static void capacity_was_eight_before_vista(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    for (size_t w = 0; w < RTL_NUMBER_OF(all_windows); ++w) {
        unsigned capacity = all_windows[w] >= NTCB_WINDOWS_VISTA ? 64 : 8;

        kit_restart(kit, &(struct ntcb_config){.windows = all_windows[w]});
        fill_processes(capacity);
        EXPECT_STATUS(PsSetCreateProcessNotifyRoutine(plain_b, FALSE), STATUS_INVALID_PARAMETER);
        empty_processes(capacity);
    }
}

static void no_memory_is_another_status(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    for (size_t f = 0; f < RTL_NUMBER_OF(flavours); ++f) {
        atomic_store(&kit->fail_at, atomic_load(&kit->allocations) + 1);
        EXPECT_STATUS(flavours[f].set(FALSE), STATUS_INSUFFICIENT_RESOURCES);
        atomic_store(&kit->fail_at, 0);
    }
    EXPECT_STR(process_heard(kit, false), "");
}

static void twice_is_refused(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    for (size_t f = 0; f < RTL_NUMBER_OF(flavours); ++f) {
        EXPECT_SUCCESS(flavours[f].set(FALSE));
        EXPECT_STATUS(flavours[f].set(FALSE), STATUS_INVALID_PARAMETER);
        EXPECT_STR(ntcb_last_reason()->rule, "PROC-04");
    }
    EXPECT_STR(process_heard(kit, false), "ADE"); /* one call each */
    for (size_t f = 0; f < RTL_NUMBER_OF(flavours); ++f) {
        EXPECT_SUCCESS(flavours[f].set(TRUE));
        EXPECT_STATUS(flavours[f].set(TRUE), STATUS_PROCEDURE_NOT_FOUND);
        EXPECT_STR(ntcb_last_reason()->rule, "PROC-09");
    }
}

/* What the module check says, by flavour: plain, Ex, Ex2. */
static const struct {
    enum ntcb_windows windows;
    bool in_driver, integrity;
    NTSTATUS expected[3];
} module_rows[] = {
    {NTCB_WINDOWS_11, true, true, {STATUS_SUCCESS, STATUS_SUCCESS, STATUS_SUCCESS}},
    {NTCB_WINDOWS_11, true, false, {STATUS_SUCCESS, STATUS_ACCESS_DENIED, STATUS_ACCESS_DENIED}},
    {NTCB_WINDOWS_11,
     false,
     false,
     {STATUS_ACCESS_DENIED, STATUS_ACCESS_DENIED, STATUS_ACCESS_DENIED}},
    {NTCB_WINDOWS_10_1709,
     false,
     true,
     {STATUS_ACCESS_DENIED, STATUS_ACCESS_DENIED, STATUS_ACCESS_DENIED}},
};

static void routine_lies_in_a_driver_linked_for_it(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    for (size_t row = 0; row < RTL_NUMBER_OF(module_rows); ++row) {
        kit_restart(kit, &(struct ntcb_config){.windows = module_rows[row].windows});
        ntcb_set_module_services(kit->kernel, &modules);
        module.in_driver = module_rows[row].in_driver;
        module.integrity = module_rows[row].integrity;
        module.bad = NULL;
        for (size_t f = 0; f < RTL_NUMBER_OF(flavours); ++f) {
            NTSTATUS expected = module_rows[row].expected[f];

            EXPECT_STATUS(flavours[f].set(FALSE), expected);
            if (!NT_SUCCESS(expected)) {
                EXPECT_STR(ntcb_last_reason()->rule, f == 0 ? "PROC-06" : "PROC-05");
                continue;
            }
            EXPECT_SUCCESS(flavours[f].set(TRUE));
        }
    }
}

static void other_notify_types_are_refused(void **state)
{
    static const int types[] = {1, -1, 2};

    kit_begin(state, NULL);
    fill_processes(64); /* checked first: also on a full table, and before the module */
    for (size_t row = 0; row < RTL_NUMBER_OF(types); ++row) {
        EXPECT_STATUS(PsSetCreateProcessNotifyRoutineEx2((PSCREATEPROCESSNOTIFYTYPE)types[row],
                                                         (PVOID)(ULONG_PTR)ex_e, FALSE),
                      STATUS_INVALID_PARAMETER);
        EXPECT_STR(ntcb_last_reason()->rule, "PROC-07");
        EXPECT_STATUS(PsSetCreateProcessNotifyRoutineEx2((PSCREATEPROCESSNOTIFYTYPE)types[row],
                                                         (PVOID)(ULONG_PTR)ex_e, TRUE),
                      STATUS_INVALID_PARAMETER);
    }
    empty_processes(64);
}

static void null_is_a_plain_routine_only(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    ntcb_set_module_services(kit->kernel, &modules);
    module.in_driver = module.integrity = true;
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(NULL, FALSE));
    EXPECT_STR(process_heard(kit, false), "");
    EXPECT_TRUE(kit_expect_report(kit, "DV-30") != NULL);
    EXPECT_SUCCESS(PsSetCreateProcessNotifyRoutine(NULL, TRUE));
    EXPECT_STATUS(PsSetCreateProcessNotifyRoutine(NULL, TRUE), STATUS_PROCEDURE_NOT_FOUND);
    EXPECT_STATUS(PsSetCreateProcessNotifyRoutineEx(NULL, FALSE), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, NULL, FALSE),
                  STATUS_ACCESS_DENIED);
}

static void only_at_passive_level(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    KIRQL old;

    for (size_t f = 0; f < RTL_NUMBER_OF(flavours); ++f) {
        for (BOOLEAN remove = FALSE; remove <= TRUE; ++remove) {
            const struct kit_report *report;

            KeRaiseIrql(APC_LEVEL, &old);
            EXPECT_SUCCESS(flavours[f].set(remove));
            KeLowerIrql(old);
            report = kit_expect_report(kit, "DV-01");
            EXPECT_TRUE(report != NULL);
            EXPECT_EQ(report->bugcheck, 0xC4);
            EXPECT_EQ(report->parameter[0], 0x0002001C);
        }
    }
}

static const struct ntcb_test tests[] = {
    KIT_CASE("ps.process_register.each_flavour_came_with_its_windows", "PROC-01",
             each_flavour_came_with_its_windows),
    KIT_CASE("ps.process_register.three_flavours_share_sixty_four_slots", "PROC-02 PROC-03",
             three_flavours_share_sixty_four_slots),
    KIT_CASE("ps.process_register.capacity_was_eight_before_vista", "PROC-02 PROC-03",
             capacity_was_eight_before_vista),
    KIT_CASE("ps.process_register.no_memory_is_another_status", "PROC-03",
             no_memory_is_another_status),
    KIT_CASE("ps.process_register.twice_is_refused", "PROC-04 PROC-09", twice_is_refused),
    KIT_CASE("ps.process_register.routine_lies_in_a_driver_linked_for_it", "PROC-05 PROC-06",
             routine_lies_in_a_driver_linked_for_it),
    KIT_CASE("ps.process_register.other_notify_types_are_refused", "PROC-07",
             other_notify_types_are_refused),
    KIT_CASE("ps.process_register.null_is_a_plain_routine_only", "PROC-12 DV-30",
             null_is_a_plain_routine_only),
    KIT_CASE("ps.process_register.only_at_passive_level", "PROC-13 DV-01", only_at_passive_level),
};

NTCB_TEST_MAIN("conformance", tests)
