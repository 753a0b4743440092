/* SPDX-License-Identifier: MIT
 *
 * image_stress_test.c - image dispatchers against registrars, with an oracle.
 *
 * Role   Each registrar owns some routines and registers, loads an image, and removes them again,
 *        in turn. Two more threads load images all the time, sometimes from inside a callback.
 *        The oracle: no routine is entered after its removal has returned; the registrar's own load
 *        reaches each of its routines once; the routine that is always there hears every load.
 *        A case that ends in .soak goes on for a minute, the others for some rounds.
 */
#include "../ps/image_kit.h"

#define ROUTINES 8
#define REGISTRARS 2
#define OWN (ROUTINES / REGISTRARS)
#define QUICK_ROUNDS 30000
#define SOAK_SECONDS 60

static struct {
    _Atomic bool alive[ROUTINES]; /* may be called */
    _Atomic unsigned late;        /* calls of what is not alive */
    _Atomic unsigned lost;        /* loads that missed somebody */
    _Atomic unsigned failed;      /* statuses that should not be */
    _Atomic unsigned long loads;
    _Atomic unsigned registrars_left;
    unsigned rounds; /* of a registrar; 0: until the clock says so */
    uint64_t deadline_ns;
} stress;

/* Calls on this thread, per routine; the last is the one that is always there. */
static _Thread_local unsigned heard[ROUTINES + 1];
static _Thread_local unsigned nested;

static void enter_routine(unsigned index)
{
    atomic_fetch_add(&stress.late, !atomic_load(&stress.alive[index]));
    ++heard[index];
}

#define ROUTINE(index)                                                                 \
    static VOID NTAPI routine_##index(PUNICODE_STRING FullImageName, HANDLE ProcessId, \
                                      PIMAGE_INFO ImageInfo)                           \
    {                                                                                  \
        (void)FullImageName;                                                           \
        (void)ProcessId;                                                               \
        (void)ImageInfo;                                                               \
        enter_routine(index);                                                          \
    }

ROUTINE(0)
ROUTINE(1)
ROUTINE(2)
ROUTINE(3)
ROUTINE(4)
ROUTINE(5)
ROUTINE(6)
ROUTINE(7)

static const PLOAD_IMAGE_NOTIFY_ROUTINE routines[ROUTINES] = {
    routine_0, routine_1, routine_2, routine_3, routine_4, routine_5, routine_6, routine_7};

static void load(void);

static VOID NTAPI always_there(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                               PIMAGE_INFO ImageInfo)
{
    (void)FullImageName;
    (void)ProcessId;
    (void)ImageInfo;
    if (++heard[ROUTINES] % 16 == 0 && nested < 3) {
        load();
    }
}

/* Every load, nested ones too, reaches the routine that is always there exactly once. */
static void load(void)
{
    struct ntcb_image image = {.ImageSize = 1};
    unsigned before = heard[ROUTINES];
    unsigned loads_before = (unsigned)nested;
    static _Thread_local unsigned inside; /* loads below this one, since the thread began */
    unsigned inside_before = inside;

    ++nested;
    ntcb_image_loaded(&image);
    --nested;
    ++inside;
    atomic_fetch_add(&stress.loads, 1);
    atomic_fetch_add(&stress.lost, heard[ROUTINES] - before != inside - inside_before);
    atomic_fetch_add(&stress.failed, nested != loads_before);
}

static bool is_over(unsigned round)
{
    const struct ntcb_host_ops *host = ntcb_host_default();

    return stress.rounds != 0 ? round >= stress.rounds
                              : host->clock_ns(host->context) >= stress.deadline_ns;
}

static void register_in_turn(struct kit *kit, void *argument)
{
    unsigned first = *(unsigned *)argument * OWN;
    unsigned round;
    unsigned index;

    (void)kit;
    for (round = 0; !is_over(round); ++round) {
        unsigned count = 1 + round % OWN;
        unsigned before[OWN];

        for (index = first; index < first + count; ++index) {
            atomic_store(&stress.alive[index], true);
            atomic_fetch_add(&stress.failed,
                             PsSetLoadImageNotifyRoutine(routines[index]) != STATUS_SUCCESS);
            before[index - first] = heard[index];
        }
        nested = 3; /* its own load makes no others: each routine is heard once */
        load();
        nested = 0;
        for (index = first; index < first + count; ++index) {
            atomic_fetch_add(&stress.lost, heard[index] != before[index - first] + 1);
            atomic_fetch_add(&stress.failed,
                             PsRemoveLoadImageNotifyRoutine(routines[index]) != STATUS_SUCCESS);
            atomic_store(&stress.alive[index], false);
        }
    }
    atomic_fetch_sub(&stress.registrars_left, 1);
}

static void load_all_the_time(struct kit *kit, void *argument)
{
    (void)kit;
    (void)argument;
    while (atomic_load(&stress.registrars_left) != 0) {
        load();
    }
}

static void run(void **state, unsigned rounds)
{
    const struct ntcb_host_ops *host = ntcb_host_default();
    struct kit *kit = kit_begin(state, NULL);
    struct kit_thread threads[REGISTRARS + 2];
    unsigned numbers[REGISTRARS];
    unsigned index;

    memset(&stress, 0, sizeof(stress));
    stress.rounds = rounds;
    stress.deadline_ns = host->clock_ns(host->context) + SOAK_SECONDS * 1000000000ull;
    atomic_store(&stress.registrars_left, REGISTRARS);
    EXPECT_SUCCESS(PsSetLoadImageNotifyRoutine(always_there));
    for (index = 0; index < REGISTRARS; ++index) {
        numbers[index] = index;
        kit_start(&threads[index], kit, register_in_turn, &numbers[index]);
    }
    kit_start(&threads[REGISTRARS], kit, load_all_the_time, NULL);
    kit_start(&threads[REGISTRARS + 1], kit, load_all_the_time, NULL);
    for (index = 0; index < REGISTRARS + 2; ++index) {
        kit_join(&threads[index]);
    }
    print_message("%lu loads\n", atomic_load(&stress.loads));
    EXPECT_EQ(atomic_load(&stress.late), 0);
    EXPECT_EQ(atomic_load(&stress.lost), 0);
    EXPECT_EQ(atomic_load(&stress.failed), 0);
    EXPECT_TRUE(atomic_load(&kit->live) < 64); /* what was removed has been freed */
    EXPECT_SUCCESS(PsRemoveLoadImageNotifyRoutine(always_there));
}

static void for_some_rounds(void **state)
{
    run(state, QUICK_ROUNDS);
}

static void for_a_minute(void **state)
{
    run(state, 0);
}

static const struct ntcb_test tests[] = {
    KIT_CASE("stress.image.nobody_is_late_and_nobody_lost", "IMG-30 RUN-16", for_some_rounds),
    {"stress.image.nobody_is_late_and_nobody_lost.soak", "IMG-30", for_a_minute, kit_setup,
     kit_teardown},
    {"stress.image.nobody_is_late_and_nobody_lost.exchange.soak", "IMG-30", for_a_minute,
     kit_setup_exchange, kit_teardown},
};

NTCB_TEST_MAIN("library", tests)
