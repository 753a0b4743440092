/* SPDX-License-Identifier: MIT
 *
 * cmunregister_test.c - the set of callbacks changes while an operation is under way.
 */
#include "cm_kit.h"
#include "../ex/race.h"

static struct cm_callback newcomer;
static struct cm_callback *victim;
static NTSTATUS hook_status;

static void register_newcomer(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                              PVOID information)
{
    (void)information;
    if (cm_is_pre(notify_class)) {
        callback->hook = NULL;
        hook_status = cm_try(&newcomer);
    }
}

static void newcomer_hears_nothing_of_a_running_operation(void **state)
{
    static const WCHAR *const places[] = {u"3", u"1", u"2.5"};
    struct kit *kit = kit_begin(state, NULL);
    size_t place;

    for (place = 0; place < RTL_NUMBER_OF(places); ++place) {
        struct cm_callback a = {.name = 'A', .altitude = u"2", .hook = register_newcomer};

        newcomer = (struct cm_callback){.name = 'N', .altitude = places[place]};
        cm_add(&a);
        EXPECT_STR(cm_heard(kit), "Aa");
        EXPECT_SUCCESS(hook_status);
        EXPECT_EQ(strlen(cm_heard(kit)), 4);
        cm_drop(&newcomer);
        cm_drop(&a);
    }
}

static void unregister_victim(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class,
                              PVOID information)
{
    (void)information;
    if (cm_is_pre(notify_class)) {
        callback->hook = NULL;
        hook_status = CmUnRegisterCallback(victim->cookie);
    }
}

static void other_callback_may_be_unregistered_inside(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback two[] = {{.name = 'A', .altitude = u"2", .hook = unregister_victim},
                                {.name = 'B', .altitude = u"1"}};

    victim = &two[1];
    cm_add_all(two, 2);
    EXPECT_STR(cm_heard(kit), "Aa"); /* before its turn: not called */
    EXPECT_SUCCESS(hook_status);
    EXPECT_STR(cm_heard(kit), "Aa");
    cm_drop(&two[0]);
}

static void unregistered_between_pre_and_post_hears_no_post(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback two[] = {{.name = 'A', .altitude = u"2"},
                                {.name = 'B', .altitude = u"1", .hook = unregister_victim}};

    victim = &two[0];
    cm_add_all(two, 2);
    EXPECT_STR(cm_heard(kit), "ABb");
    EXPECT_SUCCESS(hook_status);
    EXPECT_EQ(two[0].pre, 1);
    EXPECT_EQ(two[0].post, 0);
    cm_drop(&two[1]);
}

static void nest(struct cm_callback *callback, REG_NOTIFY_CLASS notify_class, PVOID information)
{
    (void)information;
    callback->hook = NULL;
    if (cm_is_pre(notify_class)) {
        cm_set_value();
    }
}

static void outer_callback_of_this_thread_cannot_go(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback two[] = {{.name = 'A', .altitude = u"2", .hook = nest},
                                {.name = 'B', .altitude = u"1", .hook = unregister_victim}};

    victim = &two[0];
    cm_add_all(two, 2);
    EXPECT_STR(cm_heard(kit), "ABbBba");
    EXPECT_STATUS(hook_status, STATUS_POSSIBLE_DEADLOCK);
    EXPECT_TRUE(kit_expect_report(kit, "DV-10") != NULL);
    cm_drop_all(two, 2);
}

static void altitude_is_free_at_once(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback a = {.name = 'A', .altitude = u"380000"};
    LARGE_INTEGER old;

    cm_add(&a);
    old = a.cookie;
    cm_drop(&a);
    cm_add(&a);
    EXPECT_NE(a.cookie.QuadPart, old.QuadPart);
    EXPECT_STATUS(CmUnRegisterCallback(old), STATUS_INVALID_PARAMETER);
    EXPECT_STR(cm_heard(kit), "Aa");
    cm_drop(&a);
}

/* Without memory for a smaller list the callback is gone all the same; the list shrinks later. */
static void unregistering_needs_no_memory(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct cm_callback three[] = {{.name = 'A', .altitude = u"3"},
                                  {.name = 'B', .altitude = u"2"},
                                  {.name = 'C', .altitude = u"1"}};
    struct cm_callback again = {.name = 'D', .altitude = u"2.0"};

    cm_add_all(three, 3);
    atomic_store(&kit->fail_at, atomic_load(&kit->allocations) + 1);
    cm_drop(&three[1]);
    atomic_store(&kit->fail_at, 0);
    EXPECT_STR(cm_heard(kit), "ACca");
    EXPECT_STATUS(CmUnRegisterCallback(three[1].cookie), STATUS_INVALID_PARAMETER);
    cm_add(&again);
    EXPECT_STR(cm_heard(kit), "ADCcda");
    atomic_store(&kit->fail_at, atomic_load(&kit->allocations) + 1);
    cm_drop(&again); /* left in the list until the kernel ends */
    cm_drop(&three[0]);
    cm_drop(&three[2]);
}

/* ---- races ----------------------------------------------------------------------------------- */

#define ROUNDS 2000

static struct race {
    struct cm_callback callback;
    struct kit_race rounds;
    NTSTATUS status[2];
} race;

static void unregister_each_round(struct kit *kit, void *argument)
{
    NTSTATUS *status = argument;
    unsigned round;

    for (round = 1; round <= ROUNDS; ++round) {
        kit_race_start(kit, &race.rounds, round);
        *status = CmUnRegisterCallback(race.callback.cookie);
        kit_race_finish(kit, &race.rounds);
    }
}

static NTSTATUS NTAPI counting(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    (void)Argument1;
    (void)Argument2;
    atomic_fetch_add((_Atomic unsigned *)CallbackContext, 1);
    return STATUS_SUCCESS;
}

static void operate_all_the_time(struct kit *kit, void *argument)
{
    (void)kit;
    (void)argument;
    while (!atomic_load(&race.rounds.over)) {
        cm_set_value();
    }
}

static void one_of_two_unregistrations_wins(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    UNICODE_STRING altitude = cm_text(u"1");
    _Atomic unsigned calls = 0;
    struct kit_thread thread[3];
    unsigned round;
    unsigned wrong = 0;

    memset(&race, 0, sizeof(race));
    kit_start(&thread[0], kit, unregister_each_round, &race.status[0]);
    kit_start(&thread[1], kit, unregister_each_round, &race.status[1]);
    kit_start(&thread[2], kit, operate_all_the_time, NULL);
    for (round = 1; round <= ROUNDS; ++round) {
        unsigned before;

        wrong += CmRegisterCallbackEx(counting, &altitude, kit, &calls, &race.callback.cookie,
                                      NULL) != STATUS_SUCCESS;
        kit_race_open(kit, &race.rounds);
        kit_race_close(kit, &race.rounds, round);
        before = atomic_load(&calls);
        wrong += (race.status[0] == STATUS_SUCCESS) == (race.status[1] == STATUS_SUCCESS);
        wrong += race.status[0] != STATUS_SUCCESS && race.status[0] != STATUS_INVALID_PARAMETER;
        wrong += race.status[1] != STATUS_SUCCESS && race.status[1] != STATUS_INVALID_PARAMETER;
        wrong += atomic_load(&calls) != before; /* nobody is called any more */
    }
    atomic_store(&race.rounds.over, true);
    kit_join(&thread[0]);
    kit_join(&thread[1]);
    kit_join(&thread[2]);
    EXPECT_EQ(wrong, 0);
    EXPECT_TRUE(atomic_load(&kit->live) < 20);
}

/* Under a hail of operations every unregistration comes back. */
static void waiting_does_not_starve(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    UNICODE_STRING altitude = cm_text(u"1");
    _Atomic unsigned calls = 0;
    struct kit_thread hammer[3];
    LARGE_INTEGER cookie;
    unsigned round;

    atomic_store(&race.rounds.over, false);
    for (round = 0; round < 3; ++round) {
        kit_start(&hammer[round], kit, operate_all_the_time, NULL);
    }
    for (round = 0; round < 300; ++round) {
        EXPECT_SUCCESS(CmRegisterCallbackEx(counting, &altitude, kit, &calls, &cookie, NULL));
        EXPECT_SUCCESS(CmUnRegisterCallback(cookie));
    }
    atomic_store(&race.rounds.over, true);
    for (round = 0; round < 3; ++round) {
        kit_join(&hammer[round]);
    }
}

static const struct ntcb_test tests[] = {
    KIT_CASE("cm.change.newcomer_hears_nothing_of_a_running_operation", "CM-REG-10 CM-REG-11",
             newcomer_hears_nothing_of_a_running_operation),
    KIT_CASE("cm.change.other_callback_may_be_unregistered_inside", "CM-UNR-06",
             other_callback_may_be_unregistered_inside),
    KIT_CASE("cm.change.unregistered_between_pre_and_post_hears_no_post", "CM-UNR-07",
             unregistered_between_pre_and_post_hears_no_post),
    KIT_CASE("cm.change.outer_callback_of_this_thread_cannot_go", "CM-UNR-05 CM-UNR-06 DV-10",
             outer_callback_of_this_thread_cannot_go),
    KIT_CASE("cm.change.altitude_is_free_at_once", "CM-UNR-09 CM-UNR-11", altitude_is_free_at_once),
    KIT_CASE("cm.change.unregistering_needs_no_memory", "", unregistering_needs_no_memory),
    KIT_CASE("cm.change.one_of_two_unregistrations_wins", "CM-UNR-12",
             one_of_two_unregistrations_wins),
    KIT_CASE("cm.change.waiting_does_not_starve", "CM-UNR-04", waiting_does_not_starve),
};

NTCB_TEST_MAIN("library", tests)
