/* SPDX-License-Identifier: MIT
 *
 * thread_register_test.c - what PsSetCreateThreadNotifyRoutine, Ex and the removal accept and
 * refuse.
 */
#include "../ps/process_kit.h"

static NTSTATUS add_ex(int type)
{
    return PsSetCreateThreadNotifyRoutineEx((PSCREATETHREADNOTIFYTYPE)type,
                                            (PVOID)(ULONG_PTR)plain_b);
}

static const char *thread_heard(struct kit *kit)
{
    ntcb_thread_exited(&(struct ntcb_thread){.ThreadId = ID(1004), .Started = true});
    return kit_take(kit);
}

static void fill_threads(unsigned count)
{
    for (unsigned index = 0; index < count; ++index) {
        EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(plain_a));
    }
}

static void empty_threads(unsigned count)
{
    for (unsigned index = 0; index < count; ++index) {
        EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(plain_a));
    }
}

static const struct {
    enum ntcb_windows windows;
    bool ex;
    unsigned capacity;
} windows_rows[] = {
    {NTCB_WINDOWS_XP, false, 8},      {NTCB_WINDOWS_2003, false, 8},
    {NTCB_WINDOWS_VISTA, false, 64},  {NTCB_WINDOWS_7, false, 64},
    {NTCB_WINDOWS_81, false, 64},     {NTCB_WINDOWS_10_1507, true, 64},
    {NTCB_WINDOWS_10_1709, true, 64}, {NTCB_WINDOWS_11, true, 64},
};

static void each_windows_has_its_functions_and_slots(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    for (size_t row = 0; row < RTL_NUMBER_OF(windows_rows); ++row) {
        unsigned capacity = windows_rows[row].capacity;

        kit_restart(kit, &(struct ntcb_config){.windows = windows_rows[row].windows});
        fill_threads(capacity - 1);
        if (windows_rows[row].ex) {
            EXPECT_SUCCESS(add_ex(PsCreateThreadNotifyNonSystem));
            EXPECT_STATUS(add_ex(PsCreateThreadNotifySubsystems), STATUS_INSUFFICIENT_RESOURCES);
            EXPECT_STR(ntcb_last_reason()->rule, "THR-02");
            EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(plain_b));
        } else {
            EXPECT_STATUS(add_ex(PsCreateThreadNotifyNonSystem), STATUS_NOT_IMPLEMENTED);
            EXPECT_TRUE(kit_expect_report(kit, "THR-01") != NULL);
        }
        EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(plain_a));
        EXPECT_STATUS(PsSetCreateThreadNotifyRoutine(plain_a), STATUS_INSUFFICIENT_RESOURCES);
        empty_threads(capacity);
    }
}

static void types_are_two(void **state)
{
    static const int types[] = {2, 3, -1};
    struct kit *kit = kit_begin(state, NULL);

    for (size_t row = 0; row < RTL_NUMBER_OF(types); ++row) {
        EXPECT_STATUS(add_ex(types[row]), STATUS_INVALID_PARAMETER);
        EXPECT_STR(ntcb_last_reason()->rule, "THR-03");
    }
    EXPECT_STR(thread_heard(kit), "");
    EXPECT_SUCCESS(add_ex(PsCreateThreadNotifyNonSystem));
    EXPECT_SUCCESS(add_ex(PsCreateThreadNotifySubsystems));
    EXPECT_STR(thread_heard(kit), "BB");
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(plain_b));
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(plain_b));
}

static void one_removal_serves_all_types(void **state)
{
    kit_begin(state, NULL);
    EXPECT_STATUS(PsRemoveCreateThreadNotifyRoutine(plain_b), STATUS_PROCEDURE_NOT_FOUND);
    EXPECT_STR(ntcb_last_reason()->rule, "THR-04");
    for (int type = 0; type <= 1; ++type) {
        EXPECT_SUCCESS(add_ex(type));
        EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(plain_b));
        EXPECT_STATUS(PsRemoveCreateThreadNotifyRoutine(plain_b), STATUS_PROCEDURE_NOT_FOUND);
    }
}

static void null_is_accepted_and_not_called(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(NULL));
    EXPECT_STR(thread_heard(kit), "");
    EXPECT_TRUE(kit_expect_report(kit, "DV-30") != NULL);
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(NULL));
    EXPECT_STATUS(PsRemoveCreateThreadNotifyRoutine(NULL), STATUS_PROCEDURE_NOT_FOUND);
}

static void irql_has_limits(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    KIRQL old;

    KeRaiseIrql(APC_LEVEL, &old);
    EXPECT_SUCCESS(PsSetCreateThreadNotifyRoutine(plain_a));
    EXPECT_TRUE(kit_expect_report(kit, "DV-01") != NULL);
    EXPECT_SUCCESS(add_ex(PsCreateThreadNotifyNonSystem));
    EXPECT_TRUE(kit_expect_report(kit, "DV-01") != NULL);
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(plain_b)); /* as far as APC_LEVEL */
    KeLowerIrql(old);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_SUCCESS(PsRemoveCreateThreadNotifyRoutine(plain_a));
    KeLowerIrql(old);
    EXPECT_TRUE(kit_expect_report(kit, "DV-07") != NULL);
}

static const struct ntcb_test tests[] = {
    KIT_CASE("ps.thread_register.each_windows_has_its_functions_and_slots", "THR-01 THR-02",
             each_windows_has_its_functions_and_slots),
    KIT_CASE("ps.thread_register.types_are_two", "THR-03", types_are_two),
    KIT_CASE("ps.thread_register.one_removal_serves_all_types", "THR-04",
             one_removal_serves_all_types),
    KIT_CASE("ps.thread_register.null_is_accepted_and_not_called", "THR-06 DV-30",
             null_is_accepted_and_not_called),
    KIT_CASE("ps.thread_register.irql_has_limits", "THR-04 THR-06 DV-01 DV-07", irql_has_limits),
};

NTCB_TEST_MAIN("conformance", tests)
