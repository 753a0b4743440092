/* SPDX-License-Identifier: MIT
 *
 * psimage_race_test.c - two removers of one registration, ten thousand times, with images loading.
 */
#include "image_kit.h"
#include "../ex/race.h"

#include <sched.h>
#define ROUNDS 10000

/* One round: the case registers and opens the round; both removers remove; it closes the round. */
static struct race {
    struct kit_race rounds;
    _Atomic bool alive;    /* a call is legal now */
    _Atomic unsigned late; /* calls that were not legal */
    _Atomic unsigned calls;
    NTSTATUS status[2];
} race;

static VOID NTAPI racing(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ProcessId;
    (void)ImageInfo;
    atomic_fetch_add(&race.calls, 1);
    atomic_fetch_add(&race.late, !atomic_load(&race.alive));
}

static void remove_each_round(struct kit *kit, void *argument)
{
    NTSTATUS *status = argument;
    unsigned round;

    for (round = 1; round <= ROUNDS; ++round) {
        kit_race_start(kit, &race.rounds, round);
        *status = PsRemoveLoadImageNotifyRoutine(racing);
        if (*status == STATUS_SUCCESS) {
            atomic_store(&race.alive, false); /* from here on nobody may be called */
        }
        kit_race_finish(kit, &race.rounds);
    }
}

static void load_all_the_time(struct kit *kit, void *argument)
{
    (void)argument;
    while (!atomic_load(&race.rounds.over)) {
        image_load_one(kit, NULL);
    }
}

static void one_of_two_removers_wins(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct kit_thread remover[2];
    struct kit_thread loader;
    unsigned round;
    unsigned wrong = 0;

    memset(&race, 0, sizeof(race));
    kit_start(&loader, kit, load_all_the_time, NULL);
    kit_start(&remover[0], kit, remove_each_round, &race.status[0]);
    kit_start(&remover[1], kit, remove_each_round, &race.status[1]);
    for (round = 1; round <= ROUNDS; ++round) {
        atomic_store(&race.alive, true);
        wrong += PsSetLoadImageNotifyRoutine(racing) != STATUS_SUCCESS;
        kit_race_open(kit, &race.rounds);
        kit_race_close(kit, &race.rounds, round);
        wrong +=
            !(race.status[0] == STATUS_SUCCESS && race.status[1] == STATUS_PROCEDURE_NOT_FOUND) &&
            !(race.status[1] == STATUS_SUCCESS && race.status[0] == STATUS_PROCEDURE_NOT_FOUND);
    }
    atomic_store(&race.rounds.over, true);
    kit_join(&remover[0]);
    kit_join(&remover[1]);
    kit_join(&loader);
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(atomic_load(&race.late), 0);
    EXPECT_TRUE(atomic_load(&kit->allocations) < 3 * ROUNDS + 100);
    EXPECT_TRUE(atomic_load(&kit->live) < 20); /* removed blocks do not pile up */
}

static const struct ntcb_test tests[] = {
    KIT_CASE("ps.image.one_of_two_racing_removers_wins", "IMG-33", one_of_two_removers_wins),
};

NTCB_TEST_MAIN("library", tests)
