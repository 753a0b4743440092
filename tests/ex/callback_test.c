/* SPDX-License-Identifier: MIT
 *
 * callback_test.c - the engine's containers from outside: listings, ids, and memory that is given
 * back while passes are open.
 */
#include "../ps/image_kit.h"

static NTSTATUS NTAPI quiet(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    (void)CallbackContext;
    (void)Argument1;
    (void)Argument2;
    return STATUS_SUCCESS;
}

static struct {
    bool parked;
    bool go;
} parking;

static NTSTATUS NTAPI parks_once(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    (void)Argument2;
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1 == RegNtPreDeleteKey &&
        !kit_is_set(CallbackContext, &parking.parked)) {
        kit_set(CallbackContext, &parking.parked);
        kit_wait(CallbackContext, &parking.go);
    }
    return STATUS_SUCCESS;
}

static void delete_key(struct kit *kit, void *argument)
{
    REG_DELETE_KEY_INFORMATION information = {.Object = kit};
    struct ntcb_registry_pass pass;

    (void)argument;
    ntcb_registry_pre(&pass, RegNtPreDeleteKey, &information);
    ntcb_registry_post(&pass, kit, STATUS_SUCCESS, NULL);
}

/* A pass that stays open for long keeps its own list alive, not every list that came after it. */
static void open_pass_does_not_hold_later_lists(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct kit_thread worker;
    LARGE_INTEGER parked;
    LARGE_INTEGER cookie;
    int64_t before;
    unsigned round;

    parking.parked = parking.go = false;
    EXPECT_SUCCESS(CmRegisterCallback(parks_once, kit, &parked));
    kit_start(&worker, kit, delete_key, NULL);
    kit_wait(kit, &parking.parked);
    before = atomic_load(&kit->live);
    for (round = 0; round < 1000; ++round) {
        EXPECT_SUCCESS(CmRegisterCallback(quiet, NULL, &cookie));
        EXPECT_SUCCESS(CmUnRegisterCallback(cookie));
    }
    EXPECT_TRUE(atomic_load(&kit->live) <= before + 4);
    kit_set(kit, &parking.go);
    kit_join(&worker);
    EXPECT_SUCCESS(CmUnRegisterCallback(parked));
}

static void churn_gives_all_memory_back(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    int64_t before = atomic_load(&kit->live);
    LARGE_INTEGER cookie;
    unsigned round;

    for (round = 0; round < 1000; ++round) {
        EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
        EXPECT_SUCCESS(CmRegisterCallback(quiet, NULL, &cookie));
        EXPECT_STR(image_heard(kit), "A");
        delete_key(kit, NULL);
        EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
        EXPECT_SUCCESS(CmUnRegisterCallback(cookie));
        EXPECT_EQ(atomic_load(&kit->live), before);
    }
}

/* Given up in a cycle, a block stays until its call ends, and no longer. */
static NTSTATUS hook_status;

static void remove_hooked(void)
{
    hook_status = PsRemoveLoadImageNotifyRoutine(image_hooked);
}

static void refused_self_removal_keeps_the_block(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    int64_t before = atomic_load(&kit->live);

    image_hook = remove_hooked;
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_hooked));
    EXPECT_STR(image_heard(kit), "H");
    EXPECT_STATUS(hook_status, STATUS_POSSIBLE_DEADLOCK);
    EXPECT_TRUE(kit_expect_report(kit, "DV-10") != NULL);
    EXPECT_EQ(atomic_load(&kit->live), before + 1);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_hooked));
    EXPECT_EQ(atomic_load(&kit->live), before);
}

/* ---- listing --------------------------------------------------------------------------------- */

struct listing {
    struct ntcb_registration seen[8];
    char altitude[8][16];
    unsigned count;
};

static void list(void *context, const struct ntcb_registration *registration)
{
    struct listing *listing = context;

    if (listing->count < 8) {
        listing->seen[listing->count] = *registration;
        snprintf(listing->altitude[listing->count], 16, "%s",
                 registration->altitude == NULL ? "" : registration->altitude);
    }
    ++listing->count;
}

static void registrations_are_listed_in_order(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    UNICODE_STRING low;
    UNICODE_STRING high;
    LARGE_INTEGER cookies[3];
    struct listing listing = {.count = 0};
    uint64_t last = 0;
    unsigned index;

    RtlInitUnicodeString(&low, u"0100.50");
    RtlInitUnicodeString(&high, u"500000");
    EXPECT_SUCCESS(CmRegisterCallbackEx(quiet, &low, kit, kit, &cookies[0], NULL));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(CmRegisterCallback(quiet, NULL, &cookies[1]));
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_b));
    EXPECT_SUCCESS(CmRegisterCallbackEx(quiet, &high, kit, NULL, &cookies[2], NULL));
    ntcb_registrations(kit->kernel, list, &listing);
    EXPECT_EQ(listing.count, 5);
    EXPECT_PTR(listing.seen[0].routine, (const void *)(uintptr_t)image_a);
    EXPECT_PTR(listing.seen[1].routine, (const void *)(uintptr_t)image_b);
    EXPECT_EQ(listing.seen[1].slot, 1);
    EXPECT_STR(listing.altitude[2], "500000");
    EXPECT_STR(listing.altitude[3], "425000");
    EXPECT_STR(listing.altitude[4], "0100.50"); /* as it was registered */
    EXPECT_EQ(listing.seen[4].cookie, cookies[0].QuadPart);
    EXPECT_PTR(listing.seen[4].context, kit);
    EXPECT_EQ(listing.seen[4].id, 1);
    EXPECT_EQ(listing.seen[0].id, 2);
    EXPECT_EQ(listing.seen[3].id, 3);
    for (index = 0; index < 3; ++index) {
        EXPECT_SUCCESS(CmUnRegisterCallback(cookies[index]));
    }
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_b));
    listing.count = 0;
    ntcb_registrations(kit->kernel, list, &listing);
    EXPECT_EQ(listing.count, 0);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(image_a));
    ntcb_registrations(kit->kernel, list, &listing);
    EXPECT_EQ(listing.seen[0].id > last && listing.seen[0].id == 6, true);
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(image_a));
}

static const struct ntcb_test tests[] = {
    KIT_CASE("ex.callback.open_pass_does_not_hold_later_lists", "",
             open_pass_does_not_hold_later_lists),
    KIT_CASE("ex.callback.churn_gives_all_memory_back", "", churn_gives_all_memory_back),
    KIT_CASE("ex.callback.refused_self_removal_keeps_the_block", "DV-10",
             refused_self_removal_keeps_the_block),
    KIT_CASE("ex.callback.registrations_are_listed_in_order", "",
             registrations_are_listed_in_order),
};

NTCB_TEST_MAIN("library", tests)
