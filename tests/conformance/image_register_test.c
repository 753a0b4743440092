/* SPDX-License-Identifier: MIT
 *
 * image_register_test.c - what PsSetLoadImageNotifyRoutine(Ex) and its removal accept and refuse.
 */
#include "../ps/image_kit.h"

static void fill_table(unsigned count)
{
    unsigned index;

    for (index = 0; index < count; ++index) {
        EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    }
}

static void empty_table(unsigned count)
{
    unsigned index;

    for (index = 0; index < count; ++index) {
        EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    }
}

static void ex_is_missing_before_1709(void **state)
{
    struct kit *kit = kit_begin(state, &(struct ntcb_config){.windows = NTCB_WINDOWS_10_1703});

    EXPECT_STATUS(PsSetLoadImageNotifyRoutineEx(image_a, 0), STATUS_NOT_IMPLEMENTED);
    EXPECT_TRUE(kit_expect_report(kit, "IMG-01") != NULL);
    EXPECT_STR(image_heard(kit), "");
    kit_restart(kit, &(struct ntcb_config){.windows = NTCB_WINDOWS_10_1709});
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutineEx(image_a, 0));
    EXPECT_STR(image_heard(kit), "A");
    empty_table(1);
}

static void plain_and_ex_share_one_table(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    fill_table(63);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutineEx(image_b, 0));
    EXPECT_STATUS(PsSetLoadImageNotifyRoutine(image_c), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_STATUS(PsSetLoadImageNotifyRoutineEx(image_c, 0), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
    empty_table(63);
    EXPECT_STR(image_heard(kit), "");
}

static const struct {
    enum ntcb_windows windows;
    unsigned capacity;
} capacities[] = {
    {NTCB_WINDOWS_XP, 8},        {NTCB_WINDOWS_2003, 8},     {NTCB_WINDOWS_VISTA, 8},
    {NTCB_WINDOWS_VISTA_SP2, 8}, {NTCB_WINDOWS_7, 8},        {NTCB_WINDOWS_8, 8},
    {NTCB_WINDOWS_81, 8},        {NTCB_WINDOWS_10_1507, 64}, {NTCB_WINDOWS_10_1607, 64},
    {NTCB_WINDOWS_10_1703, 64},  {NTCB_WINDOWS_10_1709, 64}, {NTCB_WINDOWS_11, 64},
    {NTCB_WINDOWS_DEFAULT, 64},
};

static void capacity_follows_the_profile(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    size_t index;

    for (index = 0; index < RTL_NUMBER_OF(capacities); ++index) {
        kit_restart(kit, &(struct ntcb_config){.windows = capacities[index].windows});
        fill_table(capacities[index].capacity);
        EXPECT_STATUS(PsSetLoadImageNotifyRoutine(image_b), STATUS_INSUFFICIENT_RESOURCES);
        empty_table(capacities[index].capacity);
    }
}

static void updated_system_has_sixty_four(void **state)
{
    kit_begin(state, &(struct ntcb_config){.windows = NTCB_WINDOWS_81, .image_slots = 64});
    fill_table(64);
    EXPECT_STATUS(PsSetLoadImageNotifyRoutine(image_b), STATUS_INSUFFICIENT_RESOURCES);
    empty_table(64);
}

static void full_table_is_left_alone(void **state)
{
    struct kit *kit = kit_begin(state, &(struct ntcb_config){.image_slots = 3});
    char before[512];
    char after[512];

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_c));
    image_table(kit, before);
    EXPECT_STATUS(PsSetLoadImageNotifyRoutine(image_d), STATUS_INSUFFICIENT_RESOURCES);
    image_table(kit, after);
    EXPECT_STR(after, before);
    EXPECT_STR(image_heard(kit), "ABC");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_c));
}

static void no_memory_changes_nothing(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    uint64_t failing;
    unsigned refused = 0;

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    for (failing = 1; status != STATUS_SUCCESS; ++failing) {
        atomic_store(&kit->fail_at, atomic_load(&kit->allocations) + failing);
        status = PsSetLoadImageNotifyRoutine(image_b);
        atomic_store(&kit->fail_at, 0);
        if (status != STATUS_SUCCESS) {
            EXPECT_STATUS(status, STATUS_INSUFFICIENT_RESOURCES);
            EXPECT_STR(image_heard(kit), "A");
            ++refused;
        }
    }
    EXPECT_TRUE(refused >= 1);
    EXPECT_STR(image_heard(kit), "AB");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
}

#define HIGHEST_BIT (~(~(ULONG_PTR)0 >> 1))
static const struct {
    ULONG_PTR flags;
    NTSTATUS status;
} flag_rows[] = {
    {0, STATUS_SUCCESS},
    {PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE, STATUS_SUCCESS},
    {2, STATUS_INVALID_PARAMETER_2},
    {3, STATUS_INVALID_PARAMETER_2},
    {0x80000000u, STATUS_INVALID_PARAMETER_2},
    {HIGHEST_BIT, STATUS_INVALID_PARAMETER_2},
    {HIGHEST_BIT | 1, STATUS_INVALID_PARAMETER_2},
    {~(ULONG_PTR)0, STATUS_INVALID_PARAMETER_2},
};

static void only_flag_bit_zero_exists(void **state)
{
    size_t index;

    kit_begin(state, NULL);
    for (index = 0; index < RTL_NUMBER_OF(flag_rows); ++index) {
        EXPECT_STATUS(PsSetLoadImageNotifyRoutineEx(image_a, flag_rows[index].flags),
                      flag_rows[index].status);
    }
    empty_table(2);
    EXPECT_STATUS(PsRemoveLoadImageNotifyRoutine(image_a), STATUS_PROCEDURE_NOT_FOUND);
}

static void bad_flags_come_before_everything(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    uint64_t before;

    EXPECT_STATUS(PsSetLoadImageNotifyRoutineEx(image_b, 2), STATUS_INVALID_PARAMETER_2);
    fill_table(64);
    before = atomic_load(&kit->allocations);
    EXPECT_STATUS(PsSetLoadImageNotifyRoutineEx(image_b, 2), STATUS_INVALID_PARAMETER_2);
    EXPECT_STATUS(PsSetLoadImageNotifyRoutineEx(image_b, HIGHEST_BIT), STATUS_INVALID_PARAMETER_2);
    EXPECT_EQ(atomic_load(&kit->allocations), before);
    empty_table(64);
}

static void lowest_free_slot_is_taken(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_c));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_d));
    EXPECT_STR(image_heard(kit), "DBC");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_c));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_c));
    EXPECT_STR(image_heard(kit), "DAC");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_d));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_c));
}

static void same_routine_registers_twice(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_STR(image_heard(kit), "AA");
    empty_table(2);
    EXPECT_STATUS(PsRemoveLoadImageNotifyRoutine(image_a), STATUS_PROCEDURE_NOT_FOUND);
    EXPECT_STR(image_heard(kit), "");
}

static void removal_takes_the_lowest_slot(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_STR(image_heard(kit), "BA");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_STR(image_heard(kit), "B");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
}

static void unknown_routine_is_not_found(void **state)
{
    kit_begin(state, NULL);
    EXPECT_STATUS(PsRemoveLoadImageNotifyRoutine(image_a), STATUS_PROCEDURE_NOT_FOUND);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    EXPECT_STATUS(PsRemoveLoadImageNotifyRoutine(image_a), STATUS_PROCEDURE_NOT_FOUND);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
    EXPECT_STATUS(PsRemoveLoadImageNotifyRoutine(image_b), STATUS_PROCEDURE_NOT_FOUND);
}

static void null_routine_is_accepted_once(void **state)
{
    kit_begin(state, NULL);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(NULL));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(NULL));
    EXPECT_STATUS(PsRemoveLoadImageNotifyRoutine(NULL), STATUS_PROCEDURE_NOT_FOUND);
}

static void set_wants_passive_level(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    const struct kit_report *report;
    KIRQL irql;
    int level;

    for (level = PASSIVE_LEVEL; level <= DISPATCH_LEVEL; ++level) {
        KeRaiseIrql((KIRQL)level, &irql);
        EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
        EXPECT_SUCCESS(PsSetLoadImageNotifyRoutineEx(image_a, 0));
        KeLowerIrql(irql);
        for (int call = 0; call < 2 && level > PASSIVE_LEVEL; ++call) {
            report = kit_expect_report(kit, "DV-01");
            EXPECT_TRUE(report != NULL);
            EXPECT_EQ(report->bugcheck, 0xC4);
            EXPECT_EQ(report->parameter[0], 0x0002001C);
        }
        EXPECT_TRUE(kit_expect_report(kit, "DV-01") == NULL);
    }
    empty_table(6);
}

static void remove_limit(struct kit *kit, uint32_t switches, KIRQL limit)
{
    KIRQL irql;
    int level;

    kit_restart(kit, &(struct ntcb_config){.switches = switches});
    for (level = PASSIVE_LEVEL; level <= DISPATCH_LEVEL; ++level) {
        EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
        KeRaiseIrql((KIRQL)level, &irql);
        EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
        KeLowerIrql(irql);
        EXPECT_EQ(kit_expect_report(kit, "DV-07") != NULL, level > limit);
    }
}

static void removal_limit_is_the_pages_or_the_headers(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    remove_limit(kit, 0, APC_LEVEL);
    remove_limit(kit, NTCB_SWITCH_STRICT_IRQL, PASSIVE_LEVEL);
}

static void leftover_registration_is_reported(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    const struct kit_report *report;

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    ntcb_kernel_enter(NULL);
    EXPECT_EQ(ntcb_kernel_destroy(kit->kernel), NTCB_ELEAK);
    kit->kernel = NULL;
    report = kit_expect_report(kit, "DV-20");
    EXPECT_TRUE(report != NULL);
    EXPECT_EQ(report->bugcheck, 0xCE);
    EXPECT_TRUE(strstr(report->what, "slot 0") != NULL);
    EXPECT_EQ(atomic_load(&kit->live), 0);
}

static const struct ntcb_test tests[] = {
    KIT_CASE("image.register.ex_is_missing_before_1709", "IMG-01", ex_is_missing_before_1709),
    KIT_CASE("image.register.plain_and_ex_share_one_table", "IMG-02", plain_and_ex_share_one_table),
    KIT_CASE("image.register.capacity_follows_the_profile", "IMG-03", capacity_follows_the_profile),
    KIT_CASE("image.register.updated_system_has_sixty_four", "IMG-03",
             updated_system_has_sixty_four),
    KIT_CASE("image.register.full_table_is_left_alone", "IMG-04", full_table_is_left_alone),
    KIT_CASE("image.register.no_memory_changes_nothing", "IMG-05", no_memory_changes_nothing),
    KIT_CASE("image.register.only_flag_bit_zero_exists", "IMG-06", only_flag_bit_zero_exists),
    KIT_CASE("image.register.bad_flags_come_before_everything", "IMG-07",
             bad_flags_come_before_everything),
    KIT_CASE("image.register.lowest_free_slot_is_taken", "IMG-08", lowest_free_slot_is_taken),
    KIT_CASE("image.register.same_routine_registers_twice", "IMG-09 IMG-11",
             same_routine_registers_twice),
    KIT_CASE("image.register.set_wants_passive_level", "IMG-14 DV-01", set_wants_passive_level),
    KIT_CASE("image.register.null_routine_is_accepted_once", "IMG-13",
             null_routine_is_accepted_once),
    KIT_CASE("image.remove.takes_the_lowest_slot", "IMG-10", removal_takes_the_lowest_slot),
    KIT_CASE("image.remove.unknown_routine_is_not_found", "IMG-11", unknown_routine_is_not_found),
    KIT_CASE("image.remove.limit_is_the_pages_or_the_headers", "IMG-15 DV-07",
             removal_limit_is_the_pages_or_the_headers),
    KIT_CASE("image.remove.forgotten_is_reported", "IMG-16 DV-20",
             leftover_registration_is_reported),
};

NTCB_TEST_MAIN("conformance", tests)
