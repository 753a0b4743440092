/* SPDX-License-Identifier: MIT
 *
 * image_dispatch_test.c - who is called for an image, in what order, and under what conditions.
 */
#include "../ps/image_kit.h"

/* What the last routine of each name saw. */
static struct sight {
    PUNICODE_STRING name;
    HANDLE process_id;
    IMAGE_INFO info;
    PIMAGE_INFO where;
    KIRQL irql;
    BOOLEAN apcs_off;
    BOOLEAN apcs_off_after_pair;
    BOOLEAN all_apcs_off;
    PVOID file_object;
} first_sight, second_sight;

static void look(struct sight *sight, PUNICODE_STRING name, HANDLE process_id, PIMAGE_INFO info)
{
    sight->name = name;
    sight->process_id = process_id;
    sight->info = *info;
    sight->where = info;
    sight->irql = KeGetCurrentIrql();
    sight->apcs_off = KeAreApcsDisabled();
    sight->all_apcs_off = KeAreAllApcsDisabled();
    KeEnterCriticalRegion();
    KeLeaveCriticalRegion();
    sight->apcs_off_after_pair = KeAreApcsDisabled();
    if (info->ExtendedInfoPresent) {
        sight->file_object = CONTAINING_RECORD(info, IMAGE_INFO_EX, ImageInfo)->FileObject;
    }
}

static VOID NTAPI first_looker(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                               PIMAGE_INFO ImageInfo)
{
    look(&first_sight, FullImageName, ProcessId, ImageInfo);
    kit_log(here, '1');
    FullImageName = NULL; /* its own copies: the next routine has them whole */
    ProcessId = NULL;
    ImageInfo = NULL;
    (void)FullImageName;
    (void)ProcessId;
    (void)ImageInfo;
}

static VOID NTAPI second_looker(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                PIMAGE_INFO ImageInfo)
{
    look(&second_sight, FullImageName, ProcessId, ImageInfo);
    kit_log(here, '2');
}

static void slots_are_walked_upwards(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    EXPECT_STR(image_heard(kit), "");
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_c));
    EXPECT_STR(image_heard(kit), "ABC");
    EXPECT_STR(image_heard(kit), "ABC");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
    EXPECT_STR(image_heard(kit), "AC");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_c));
}

static void everybody_sees_the_same(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct ntcb_image image = {.ProcessId = (HANDLE)(ULONG_PTR)4444,
                               .ImageBase = kit,
                               .ImageSize = 12345,
                               .SystemModeImage = TRUE};

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(first_looker));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(second_looker));
    image_load(&image);
    EXPECT_STR(kit_take(kit), "12");
    EXPECT_PTR(second_sight.name, first_sight.name);
    EXPECT_PTR(second_sight.process_id, (HANDLE)(ULONG_PTR)4444);
    EXPECT_PTR(first_sight.process_id, (HANDLE)(ULONG_PTR)4444);
    EXPECT_EQ(second_sight.info.Properties, first_sight.info.Properties);
    EXPECT_PTR(second_sight.info.ImageBase, kit);
    EXPECT_EQ(second_sight.info.ImageSize, 12345);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(first_looker));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(second_looker));
}

static void empty_table_is_not_wanted(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    uint64_t before = atomic_load(&kit->allocations);

    EXPECT_FALSE(ntcb_image_wanted());
    EXPECT_STR(image_heard(kit), "");
    EXPECT_EQ(atomic_load(&kit->allocations), before);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_TRUE(ntcb_image_wanted());
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_FALSE(ntcb_image_wanted());
}

/* ---- removal while a call is in flight ------------------------------------------------------- */

static NTSTATUS removed_with;

static void remove_parking(struct kit *kit, void *argument)
{
    (void)argument;
    removed_with = PsRemoveLoadImageNotifyRoutine(image_parking);
    kit_log(kit, 'r');
}

/* A thread parked inside slot `slot`, another asleep in its removal. */
static void park_and_remove(struct kit *kit, struct kit_thread *dispatcher,
                            struct kit_thread *remover)
{
    image_park = (struct image_park){.go = false};
    kit_start(dispatcher, kit, image_load_one, NULL);
    kit_wait(kit, &image_park.parked);
    kit_start(remover, kit, remove_parking, NULL);
    kit_wait_sleepers(kit, 1);
}

static void unpark(struct kit *kit, struct kit_thread *dispatcher, struct kit_thread *remover)
{
    kit_set(kit, &image_park.go);
    kit_join(dispatcher);
    kit_join(remover);
    EXPECT_SUCCESS(removed_with);
}

static void removal_waits_for_the_call(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct kit_thread dispatcher;
    struct kit_thread remover;

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_parking));
    park_and_remove(kit, &dispatcher, &remover);
    EXPECT_STR(kit_take(kit), "(");
    unpark(kit, &dispatcher, &remover);
    EXPECT_STR(kit_take(kit), ")r");
    EXPECT_STR(image_heard(kit), "");
}

static void starting_removal_hides_the_routine(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct kit_thread dispatcher;
    struct kit_thread remover;

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_parking));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    park_and_remove(kit, &dispatcher, &remover);
    EXPECT_STR(kit_take(kit), "A(");
    EXPECT_STR(image_heard(kit), "AB");
    EXPECT_STATUS(PsRemoveLoadImageNotifyRoutine(image_parking), STATUS_PROCEDURE_NOT_FOUND);
    unpark(kit, &dispatcher, &remover);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
}

static void slot_is_free_while_removal_waits(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct kit_thread dispatcher;
    struct kit_thread remover;
    unsigned index;

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_parking));
    for (index = 1; index < 64; ++index) {
        EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    }
    EXPECT_STATUS(PsSetLoadImageNotifyRoutine(image_b), STATUS_INSUFFICIENT_RESOURCES);
    park_and_remove(kit, &dispatcher, &remover);
    kit_take(kit);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    EXPECT_STATUS(PsSetLoadImageNotifyRoutine(image_c), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(image_heard(kit)[0], 'B'); /* the freed slot is the first */
    unpark(kit, &dispatcher, &remover);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
    for (index = 1; index < 64; ++index) {
        EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    }
}

static NTSTATUS hook_status;

static void remove_hooked(void)
{
    hook_status = PsRemoveLoadImageNotifyRoutine(image_hooked);
}

static void self_removal_is_reported(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    const struct kit_report *report;

    image_hook = remove_hooked;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_hooked));
    EXPECT_STR(image_heard(kit), "H");
    EXPECT_STATUS(hook_status, STATUS_POSSIBLE_DEADLOCK);
    report = kit_expect_report(kit, "DV-10");
    EXPECT_TRUE(report != NULL);
    EXPECT_TRUE(strstr(report->what, "PsRemoveLoadImageNotifyRoutine") != NULL);
    EXPECT_TRUE(strstr(report->what, "inside itself") != NULL);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_hooked));
}

/* ---- surroundings ---------------------------------------------------------------------------- */

static void runs_in_a_critical_region(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    unsigned all_off;

    for (all_off = 0; all_off < 2; ++all_off) {
        kit_restart(kit,
                    &(struct ntcb_config){.switches = all_off == 0 ? 0 : NTCB_SWITCH_ALL_APCS_OFF});
        memset(&first_sight, 0, sizeof(first_sight));
        EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(first_looker));
        EXPECT_STR(image_heard(kit), "1");
        EXPECT_EQ(first_sight.irql, PASSIVE_LEVEL);
        EXPECT_EQ(first_sight.apcs_off, TRUE);
        EXPECT_EQ(first_sight.apcs_off_after_pair, TRUE);
        EXPECT_EQ(first_sight.all_apcs_off, all_off);
        EXPECT_EQ(KeAreApcsDisabled(), FALSE);
        EXPECT_EQ(KeAreAllApcsDisabled(), FALSE);
        EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(first_looker));
    }
}

static void name_may_be_null(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct ntcb_image image = {.ImageBase = kit, .ImageSize = 1};

    first_sight.name = (PUNICODE_STRING)(PVOID)kit;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(first_looker));
    ntcb_image_loaded(&image);
    EXPECT_STR(kit_take(kit), "1");
    EXPECT_PTR(first_sight.name, NULL);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(first_looker));
}

static void file_object_may_differ_from_the_name(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct ntcb_image image = {.ImageBase = kit, .ImageSize = 1, .FileObject = &image};

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(first_looker));
    image_load(&image);
    EXPECT_TRUE(first_sight.name != NULL);
    EXPECT_PTR(first_sight.file_object, &image);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(first_looker));
}

static void conflicting_image_wants_the_flag(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct ntcb_image image = {.ImageBase = kit, .ImageSize = 1, .Conflicting = TRUE};

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(
        PsSetLoadImageNotifyRoutineEx(image_b, PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutineEx(image_c, 0));
    image_load(&image);
    EXPECT_STR(kit_take(kit), "B");
    EXPECT_STR(image_heard(kit), "ABC");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_c));
}

static const struct ntcb_test tests[] = {
    KIT_CASE("image.dispatch.slots_are_walked_upwards", "IMG-20", slots_are_walked_upwards),
    KIT_CASE("image.dispatch.everybody_sees_the_same", "IMG-21", everybody_sees_the_same),
    KIT_CASE("image.dispatch.empty_table_is_not_wanted", "IMG-25", empty_table_is_not_wanted),
    KIT_CASE("image.remove.waits_for_the_call", "IMG-30", removal_waits_for_the_call),
    KIT_CASE("image.remove.hides_the_routine_at_once", "IMG-31",
             starting_removal_hides_the_routine),
    KIT_CASE("image.remove.frees_the_slot_before_it_waits", "IMG-32",
             slot_is_free_while_removal_waits),
    KIT_CASE("image.remove.inside_itself_is_reported", "IMG-34 DV-10", self_removal_is_reported),
    KIT_CASE("image.dispatch.runs_in_a_critical_region", "IMG-40", runs_in_a_critical_region),
    KIT_CASE("image.dispatch.name_may_be_null", "IMG-44", name_may_be_null),
    KIT_CASE("image.dispatch.file_object_may_differ_from_the_name", "IMG-46 IMG-71",
             file_object_may_differ_from_the_name),
    KIT_CASE("image.dispatch.conflicting_image_wants_the_flag", "IMG-53",
             conflicting_image_wants_the_flag),
};

NTCB_TEST_MAIN("conformance", tests)
