/* SPDX-License-Identifier: MIT
 *
 * registry_services_stress_test.c - registry services on many threads, with an oracle.
 *
 * Role   PLAYERS threads make random services, each below a key of its own, in step with the
 *        oracle of reftree.h: every status and output agrees, and now and then the whole tree.
 *        Between them they use a key that all share, where a status must be one that some order
 *        explains. REGISTRARS threads register and unregister callbacks: each hears a whole pair
 *        of its own thread's operation, no post without a pre, and nothing once it is gone. One
 *        callback is there all the time and hears what the oracle says there is. One thread loads
 *        and saves a hive for the harness, one loads and unloads another by the services: each time
 *        it is what it was.
 *        A case that ends in .soak goes on for a minute, the other for ten seconds. The seed is
 *        printed; NTCALLBACK_SEED=<number> repeats it: each player's own calls are then the same.
 */
#include "stress_shared.h"

#define PLAYERS 8
#define REGISTRARS 2
#define THREADS (PLAYERS + REGISTRARS + 2)
#define QUICK_SECONDS 10
#define SOAK_SECONDS 60
#define STEPS_A_ROUND 1500

static void *play(void *argument)
{
    struct player *player = argument;
    struct ntsim_thread *previous = ntsim_thread_enter(player->thread);

    stress_begin_round(player);
    while (!stress_is_over() && !player->play.failed) {
        always_pairs = always_posts = 0;
        player->play.pairs = 0;
        ref_step(&player->play);
        stress_count(&stress.lost,
                     always_pairs != player->play.pairs || always_posts != always_pairs);
        if (player->play.steps % 4 == 0) {
            stress_use_common(player);
        }
        if (player->play.steps % STEPS_A_ROUND == 0) {
            stress_end_round(player);
            stress_begin_round(player);
        }
    }
    if (!player->play.failed) {
        stress_end_round(player);
    }
    ref_end(&player->play);
    ntsim_thread_leave(previous);
    return NULL;
}

static void *register_in_turn(void *argument)
{
    static const WCHAR *const altitudes[REGISTRARS][2] = {{u"500000", u"1.5"}, {u"425000", u"1"}};
    unsigned number = *(unsigned *)argument;
    struct ntsim_thread *previous = ntsim_enter(stress.sim);
    HANDLE key = stress_open_common(KernelMode);

    for (unsigned round = 0; !stress_is_over(); round++) {
        struct registration *mine = stress_register(altitudes[number][round % 2]);

        own = mine;
        own_pre = own_post = 0;
        stress_count(&stress.wrong, ZwFlushKey(key) != STATUS_SUCCESS);
        own = NULL;
        stress_count(&stress.lost, own_pre != 1 || own_post != 1);
        stress_unregister(mine);
        atomic_fetch_add(&stress.registrations, 1);
    }
    ZwClose(key);
    ntsim_leave(previous);
    return NULL;
}

static void *load_and_save(void *argument)
{
    struct ntsim_thread *previous = ntsim_enter(stress.sim);

    (void)argument;
    for (unsigned round = 0; !stress_is_over(); round++) {
        stress_load_hive(round);
    }
    ntsim_leave(previous);
    return NULL;
}

static void *load_and_unload(void *argument)
{
    struct ntsim_thread *previous = ntsim_enter(stress.sim);

    (void)argument;
    for (unsigned round = 0; !stress_is_over(); round++) {
        stress_load_key(round);
    }
    ntsim_leave(previous);
    return NULL;
}

static void start(pthread_t *thread, void *(*routine)(void *), void *argument)
{
    EXPECT_EQ(pthread_create(thread, NULL, routine, argument), 0);
}

static void run(unsigned seconds)
{
    static struct player players[PLAYERS];
    pthread_t threads[THREADS];
    unsigned numbers[REGISTRARS];
    struct registration *always;

    stress_start(seconds);
    always = stress_register_always();
    for (unsigned index = 0; index < PLAYERS; index++) {
        stress_make_player(&players[index], index);
        start(&threads[index], play, &players[index]);
    }
    for (unsigned index = 0; index < REGISTRARS; index++) {
        numbers[index] = index;
        start(&threads[PLAYERS + index], register_in_turn, &numbers[index]);
    }
    start(&threads[PLAYERS + REGISTRARS], load_and_save, NULL);
    start(&threads[PLAYERS + REGISTRARS + 1], load_and_unload, NULL);
    for (unsigned index = 0; index < THREADS; index++) {
        EXPECT_EQ(pthread_join(threads[index], NULL), 0);
    }
    for (unsigned index = 0; index < PLAYERS; index++) {
        stress_note_player(&players[index]);
    }
    EXPECT_EQ(atomic_load(&always->pre), atomic_load(&always->post));
    stress_unregister(always);
    stress_finish();
}

static void for_ten_seconds(void **state)
{
    (void)state;
    run(QUICK_SECONDS);
}

static void for_a_minute(void **state)
{
    (void)state;
    run(SOAK_SECONDS);
}

static const struct ntcb_test tests[] = {
    {"stress.services.threads_agree_with_the_reference", "CM-UNR-01 CM-UNR-03 CM-UNR-07",
     for_ten_seconds, NULL, stress_teardown},
    {"stress.services.threads_agree_with_the_reference.soak", "", for_a_minute, NULL,
     stress_teardown},
};

NTCB_TEST_MAIN("library", tests)
