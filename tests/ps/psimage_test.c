/* SPDX-License-Identifier: MIT
 *
 * psimage_test.c - the image table's own choices: registering, removing and nesting in a dispatch.
 */
#include "image_kit.h"

static NTSTATUS hook_status;

static void nothing(void)
{
}

static void remove_matches_address_only(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct ntcb_image conflicting = {.ImageBase = kit, .Conflicting = TRUE};

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutineEx(image_a, 0));
    EXPECT_SUCCESS(
        PsSetLoadImageNotifyRoutineEx(image_a, PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    image_load(&conflicting);
    EXPECT_STR(kit_take(kit), "A"); /* the one with the flag is left */
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
}

/* ---- registering and removing inside a dispatch ---------------------------------------------- */

static void register_d(void)
{
    hook_status = PsSetLoadImageNotifyRoutine(image_d);
}

static void newcomer_in_a_higher_slot_is_called(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    image_hook = register_d;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_hooked));
    EXPECT_STR(image_heard(kit), "HD"); /* the highest slot in use moved up meanwhile */
    EXPECT_SUCCESS(hook_status);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_d));
    EXPECT_STR(image_heard(kit), "HDB"); /* in between, where there was a hole */
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_hooked));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_d));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
}

static void newcomer_in_a_lower_slot_waits(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    image_hook = register_d;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_hooked));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_STR(image_heard(kit), "HB");
    EXPECT_SUCCESS(hook_status);
    image_hook = nothing;
    EXPECT_STR(image_heard(kit), "DHB");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_d));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_hooked));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
}

static void remove_c(void)
{
    hook_status = PsRemoveLoadImageNotifyRoutine(image_c);
}

static void removed_before_its_turn_is_not_called(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    image_hook = remove_c;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_hooked));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_c));
    EXPECT_STR(image_heard(kit), "HB");
    EXPECT_SUCCESS(hook_status);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_hooked));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
}

static void replace_c(void)
{
    remove_c();
    register_d();
}

static void slot_refilled_before_its_turn_calls_the_newcomer(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    image_hook = replace_c;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_hooked));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_c));
    EXPECT_STR(image_heard(kit), "HD");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_hooked));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_d));
}

static void remove_itself_elsewhere(void)
{
    image_hook = nothing;
    hook_status = PsRemoveLoadImageNotifyRoutine(image_hooked);
}

/* The routine runs through slot 1; the removal takes slot 0, in which nobody is. */
static void other_registration_of_itself_may_go(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    image_hook = nothing;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_hooked));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    image_hook = remove_itself_elsewhere;
    EXPECT_STR(image_heard(kit), "H");
    EXPECT_STATUS(hook_status, STATUS_POSSIBLE_DEADLOCK);
    EXPECT_TRUE(kit_expect_report(kit, "DV-10") != NULL);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a)); /* slot 0: A, slot 1: H */
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_hooked));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_hooked));
    EXPECT_STR(image_heard(kit), "AH");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_hooked));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
}

static int depth;
static int deepest;

static void load_another(void)
{
    ++depth;
    deepest = depth > deepest ? depth : deepest;
    if (depth < 3) {
        image_load_one(here, NULL);
    }
    --depth;
}

static void nested_load_is_dispatched_in_full(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    depth = deepest = 0;
    image_hook = load_another;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_hooked));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    EXPECT_STR(image_heard(kit), "AHAHAHBBB");
    EXPECT_EQ(deepest, 3);
    EXPECT_EQ(KeAreApcsDisabled(), FALSE);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_hooked));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
}

static void remove_outer(void)
{
    hook_status = PsRemoveLoadImageNotifyRoutine(image_hooked);
}

static VOID NTAPI loads_then(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ImageInfo;
    if (ProcessId != NULL) {
        ntcb_image_loaded(&(struct ntcb_image){.ProcessId = NULL});
    }
    kit_log(here, 'L');
}

/* From a callback nested in another pass, the outer callback is "inside itself" too. */
static void outer_callback_of_this_thread_cannot_go(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    image_hook = nothing;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(loads_then));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_hooked));
    image_hook = remove_outer;
    ntcb_image_loaded(&(struct ntcb_image){.ProcessId = (HANDLE)(ULONG_PTR)4});
    EXPECT_STR(kit_take(kit), "LHLH");
    EXPECT_STATUS(hook_status, STATUS_POSSIBLE_DEADLOCK);
    EXPECT_TRUE(kit_expect_report(kit, "DV-10") != NULL);
    EXPECT_TRUE(kit_expect_report(kit, "DV-10") != NULL);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(loads_then));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_hooked));
}

/* ---- faults ---------------------------------------------------------------------------------- */

static void null_routine_is_reported_and_skipped(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    const struct kit_report *report;

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(NULL));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    EXPECT_STR(image_heard(kit), "AB");
    report = kit_expect_report(kit, "DV-30");
    EXPECT_TRUE(report != NULL);
    EXPECT_EQ(report->bugcheck, 0x3B);
    EXPECT_EQ(report->severity, NTCB_BUGCHECK);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(NULL));
    EXPECT_STR(image_heard(kit), "AB");
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
}

static void null_routine_can_be_refused(void **state)
{
    struct kit *kit =
        kit_begin(state, &(struct ntcb_config){.switches = NTCB_SWITCH_REFUSE_NULL_ROUTINE});

    EXPECT_STATUS(PsSetLoadImageNotifyRoutine(NULL), STATUS_INVALID_PARAMETER_1);
    EXPECT_STATUS(PsSetLoadImageNotifyRoutineEx(NULL, 0), STATUS_INVALID_PARAMETER_1);
    EXPECT_STATUS(PsSetLoadImageNotifyRoutineEx(NULL, 2), STATUS_INVALID_PARAMETER_2);
    EXPECT_STATUS(PsRemoveLoadImageNotifyRoutine(NULL), STATUS_PROCEDURE_NOT_FOUND);
    EXPECT_FALSE(ntcb_image_wanted());
    EXPECT_STR(image_heard(kit), "");
}

static VOID NTAPI crashes(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ProcessId;
    (void)ImageInfo;
    __builtin_trap();
}

static int load_one(void *kit)
{
    image_load_one(kit, NULL);
    return 0;
}

static void fault_in_a_callback_is_not_swallowed(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(crashes));
    EXPECT_EQ(ntcb_test_child(load_one, kit, NULL, 0), NTCB_TEST_CRASHED);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(crashes));
}

static const struct ntcb_test tests[] = {
    KIT_CASE("ps.image.remove_matches_address_only", "IMG-12", remove_matches_address_only),
    KIT_CASE("ps.image.newcomer_in_a_higher_slot_is_called", "IMG-22",
             newcomer_in_a_higher_slot_is_called),
    KIT_CASE("ps.image.newcomer_in_a_lower_slot_waits", "IMG-22", newcomer_in_a_lower_slot_waits),
    KIT_CASE("ps.image.removed_before_its_turn_is_not_called", "IMG-23",
             removed_before_its_turn_is_not_called),
    KIT_CASE("ps.image.slot_refilled_before_its_turn_calls_the_newcomer", "IMG-22 IMG-23",
             slot_refilled_before_its_turn_calls_the_newcomer),
    KIT_CASE("ps.image.only_the_lowest_registration_of_a_routine_goes", "IMG-10 IMG-34 DV-10",
             other_registration_of_itself_may_go),
    KIT_CASE("ps.image.nested_load_is_dispatched_in_full", "IMG-24",
             nested_load_is_dispatched_in_full),
    KIT_CASE("ps.image.outer_callback_of_this_thread_cannot_go", "IMG-34 DV-10",
             outer_callback_of_this_thread_cannot_go),
    KIT_CASE("ps.image.null_routine_is_reported_and_skipped", "IMG-13 DV-30",
             null_routine_is_reported_and_skipped),
    KIT_CASE("ps.image.null_routine_can_be_refused", "IMG-13", null_routine_can_be_refused),
    KIT_CASE("ps.image.fault_in_a_callback_is_not_swallowed", "IMG-26",
             fault_in_a_callback_is_not_swallowed),
};

NTCB_TEST_MAIN("library", tests)
