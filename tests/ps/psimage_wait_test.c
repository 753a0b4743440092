/* SPDX-License-Identifier: MIT
 *
 * psimage_wait_test.c - a removal waits for the calls of its own registration and for no others.
 */
#include "image_kit.h"

#include "test.h"

static struct image_park second_park;

static VOID NTAPI second_parking(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                 PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ProcessId;
    (void)ImageInfo;
    kit_set(here, &second_park.parked);
    kit_wait(here, &second_park.go);
}

static NTSTATUS removed_with;

static void remove_first(struct kit *kit, void *argument)
{
    (void)kit;
    (void)argument;
    removed_with = PsRemoveLoadImageNotifyRoutine(image_parking);
}

/* The dispatcher leaves the first routine for one that was registered meanwhile, in a slot beyond
 * what the table had, and stays there. The removal of the first must not wait for that. */
static void newcomer_does_not_hold_up_a_removal(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct kit_thread dispatcher;
    struct kit_thread remover;

    image_park = (struct image_park){.go = false};
    second_park = (struct image_park){.go = false};
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_parking));
    kit_start(&dispatcher, kit, image_load_one, NULL);
    kit_wait(kit, &image_park.parked);
    kit_start(&remover, kit, remove_first, NULL);
    kit_wait_sleepers(kit, 1);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a)); /* the slot that was freed */
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(second_parking));
    kit_set(kit, &image_park.go);
    kit_wait(kit, &second_park.parked);
    kit_join(&remover); /* while the dispatcher is inside the second */
    EXPECT_SUCCESS(removed_with);
    kit_set(kit, &second_park.go);
    kit_join(&dispatcher);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(second_parking));
}

static const struct ntcb_test tests[] = {
    KIT_CASE("ps.image.newcomer_does_not_hold_up_a_removal", "IMG-22 IMG-30",
             newcomer_does_not_hold_up_a_removal),
};

NTCB_TEST_MAIN("library", tests)
