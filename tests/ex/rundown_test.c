/* SPDX-License-Identifier: MIT
 *
 * rundown_test.c - run-down protection under contention, and what is reported of a second waiter.
 */
#include "../ex/kit.h"

#define HOLDERS 3
#define ROUNDS 300

static struct {
    EX_RUNDOWN_REF reference;
    _Atomic bool torn_down;
    _Atomic unsigned late; /* inside after the wait returned */
    _Atomic unsigned inside;
    _Atomic bool over;
} race;

static void hold_all_the_time(struct kit *kit, void *argument)
{
    (void)kit;
    (void)argument;
    while (!atomic_load(&race.over)) {
        if (ExAcquireRundownProtection(&race.reference)) {
            atomic_fetch_add(&race.inside, 1);
            atomic_fetch_add(&race.late, atomic_load(&race.torn_down));
            ExReleaseRundownProtection(&race.reference);
        } else {
            sched_yield();
        }
    }
}

static void wait_ends_after_the_last_holder(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct kit_thread holders[HOLDERS];
    unsigned round;

    memset(&race, 0, sizeof(race));
    ExInitializeRundownProtection(&race.reference);
    for (round = 0; round < HOLDERS; ++round) {
        kit_start(&holders[round], kit, hold_all_the_time, NULL);
    }
    for (round = 0; round < ROUNDS; ++round) {
        unsigned before = atomic_load(&race.inside);

        while (atomic_load(&race.inside) == before) {
            sched_yield();
        }
        ExWaitForRundownProtectionRelease(&race.reference);
        atomic_store(&race.torn_down, true);
        ExRundownCompleted(&race.reference);
        atomic_store(&race.torn_down, false);
        ExReInitializeRundownProtection(&race.reference);
    }
    atomic_store(&race.over, true);
    for (round = 0; round < HOLDERS; ++round) {
        kit_join(&holders[round]);
    }
    EXPECT_EQ(atomic_load(&race.late), 0);
}

static void wait_for_it(struct kit *kit, void *argument)
{
    (void)argument;
    ExWaitForRundownProtectionRelease(&race.reference);
    kit_log(kit, 'w');
}

static void second_waiter_is_reported(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct kit_thread waiter;

    ExInitializeRundownProtection(&race.reference);
    EXPECT_EQ(ExAcquireRundownProtection(&race.reference), TRUE);
    kit_start(&waiter, kit, wait_for_it, NULL);
    kit_wait_sleepers(kit, 1);
    ExWaitForRundownProtectionRelease(&race.reference);
    EXPECT_TRUE(kit_expect_report(kit, "DV-16") != NULL);
    ExReleaseRundownProtectionEx(&race.reference, 2); /* one more than are out */
    EXPECT_TRUE(kit_expect_report(kit, "DV-16") != NULL);
    EXPECT_STR(kit_take(kit), "");
    ExReleaseRundownProtection(&race.reference);
    kit_join(&waiter);
    EXPECT_STR(kit_take(kit), "w");
}

static const struct ntcb_test tests[] = {
    KIT_CASE("ex.rundown.wait_ends_after_the_last_holder", "RUN-04",
             wait_ends_after_the_last_holder),
    KIT_CASE("ex.rundown.second_waiter_is_reported", "RUN-04 DV-16", second_waiter_is_reported),
};

NTCB_TEST_MAIN("library", tests)
