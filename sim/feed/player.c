/* SPDX-License-Identifier: MIT
 *
 * player.c - play one event: be the recorded thread, do what it did, compare.
 *
 * I1  The host thread's binding is the same after each event as before it.
 * I2  Everything a driver can hear of an event, it hears on the recorded thread, but for what ends
 *     a process, which runs on the thread the host was before.
 */
#include "feed/playerp.h"

#include <stdlib.h>
#include <string.h>

int ntsim_player_create(struct ntsim_player **out, struct ntsim *sim)
{
    struct ntsim_player *player = calloc(1, sizeof(*player));

    if (!player)
        return NTCB_ENOMEM;
    player->sim = sim;
    if (!player_add_link(player, "\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet",
                         "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001")) {
        ntsim_player_destroy(player);
        return NTCB_ENOMEM;
    }
    *out = player;
    return 0;
}

void ntsim_player_destroy(struct ntsim_player *player)
{
    struct player_process *process, *next;
    struct player_thread *thread, *next_thread;

    if (!player)
        return;
    HASH_ITER (hh, player->threads, thread, next_thread) {
        HASH_DEL(player->threads, thread);
        free(thread);
    }
    HASH_ITER (hh, player->processes, process, next) {
        player_free_keys(process);
        HASH_DEL(player->processes, process);
        free(process);
    }
    player_free_tags(player);
    free(player->room);
    ntsim__arena_free(&player->scratch);
    ntsim__arena_free(&player->kept);
    free(player);
}

void ntsim_player_finish(struct ntsim_player *player, uint64_t *exits)
{
    struct ntsim_thread *previous = ntsim_enter(player->sim);
    uint64_t ended = player_exit_all(player);

    ntsim_leave(previous);
    if (exits)
        *exits = ended;
}

/* A registry event, on the actor's thread. */
static int play_registry(struct ntsim_player *player, const struct ntsim_event *event)
{
    struct ntsim_outcome *outcome = player->outcome;
    struct ntsim_thread *thread = player_thread(player, player->actor, event), *previous;
    struct player_result result = {.status = STATUS_SUCCESS};
    uint64_t overrides, reparses;
    bool done;

    if (!thread && !player->actor->process)
        return 0; /* vetoed, with its first thread */
    if (!thread || !player_path(player, event->key ? event->key : "", &player->path))
        return NTCB_ENOMEM;
    overrides = ntsim__tally(thread)->overrides;
    reparses = ntsim__tally(thread)->reparses;
    previous = ntsim_thread_enter(thread);
    if (event->has & NTSIM_HAS_API)
        done = player_api_call(player, &result);
    else
        done = event->kind >= NTSIM_EVENT_VALUE_SET ? player_value_call(player, &result)
                                                    : player_call(player, &result);
    ntsim_thread_leave(previous);
    outcome->played = done;
    outcome->status = result.status;
    outcome->driver_changed = ntsim__tally(thread)->overrides != overrides;
    result.reparsed = ntsim__tally(thread)->reparses != reparses;
    if (done)
        player_compare(player, &result);
    return 0;
}

static int play_image(struct ntsim_player *player, const struct ntsim_event *event)
{
    struct ntsim_thread *thread, *previous;
    int result;

    if (event->kernel_image) {
        previous = ntsim_enter(player->sim);
        result = player_image_load(player, event);
        ntsim_leave(previous);
        return result;
    }
    thread = player_thread(player, player->actor, event);
    if (!thread) {
        player->outcome->played = false;
        return player->actor->process ? NTCB_ENOMEM : 0;
    }
    previous = ntsim_thread_enter(thread);
    result = player_image_load(player, event);
    ntsim_thread_leave(previous);
    return result;
}

static int play_exit(struct ntsim_player *player, const struct ntsim_event *event)
{
    struct ntsim_thread *previous = ntsim_enter(player->sim);
    int result = player_process_exit(player, event);

    ntsim_leave(previous);
    return result;
}

typedef int play_fn(struct ntsim_player *player, const struct ntsim_event *event);

static play_fn *const Plays[NTSIM_EVENT_KIND_COUNT] = {
    [NTSIM_EVENT_PROCESS_CREATE] = player_process_create,
    [NTSIM_EVENT_PROCESS_EXIT] = play_exit,
    [NTSIM_EVENT_THREAD_CREATE] = player_thread_create,
    [NTSIM_EVENT_THREAD_EXIT] = player_thread_exit,
    [NTSIM_EVENT_IMAGE_LOAD] = play_image,
    [NTSIM_EVENT_HANDLE_OPEN] = player_handle_open,
};

int ntsim_player_play(struct ntsim_player *player, const struct ntsim_event *event,
                      struct ntsim_outcome *outcome)
{
    play_fn *play = event->kind >= NTSIM_EVENT_KEY_CREATE ? play_registry : Plays[event->kind];

    memset(outcome, 0, sizeof(*outcome));
    ntsim__arena_reset(&player->scratch);
    player->event = event;
    player->outcome = outcome;
    player->actor = NULL;
    if (!play)
        return 0; /* nothing in this kernel hears of it */
    if (event->kind != NTSIM_EVENT_IMAGE_LOAD || !event->kernel_image) {
        player->actor = player_actor(player, event);
        if (!player->actor)
            return NTCB_ENOMEM;
    }
    if (player->actor && !player->actor->process && event->kind != NTSIM_EVENT_PROCESS_EXIT) {
        outcome->driver_changed = true; /* its creation was vetoed: it does nothing */
        return 0;
    }
    if (play == play_registry)
        return play(player, event);
    outcome->played = true;
    return play(player, event);
}
