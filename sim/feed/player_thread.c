/* SPDX-License-Identifier: MIT
 *
 * player_thread.c - threads by their recorded ids, and handles to processes.
 *
 * A thread that nobody recorded the beginning of is made when it is first seen, by the first thread
 * of its own process. The first thread of a process is what tells drivers of the process: a veto
 * then ends both.
 */
#include "feed/playerp.h"

#include <stdlib.h>

static struct player_thread *find_thread(struct ntsim_player *player, uint32_t tid)
{
    struct player_thread *thread;

    HASH_FIND(hh, player->threads, &tid, sizeof(tid), thread);
    return thread;
}

static void forget_thread(struct ntsim_player *player, struct player_thread *thread, bool end)
{
    /* The last one stays for the record of the process's exit. */
    if (end && ntsim_process_thread_count(thread->process->process) > 1)
        ntsim_thread_exit(thread->thread);
    HASH_DEL(player->threads, thread);
    free(thread);
}

/* A thread of the process, made by creator (NULL: the process's first one, else a system thread).
 * NULL: no memory, the id is taken, or a veto has ended the process. */
static struct ntsim_thread *start_thread(struct ntsim_player *player,
                                         struct player_process *process, uint32_t tid,
                                         struct ntsim_thread *creator)
{
    struct ntsim_thread *first = ntsim_process_thread(process->process), *made, *previous;
    uint32_t pid = ntsim_process_id(process->process);

    if (!creator)
        creator = first;
    previous = creator ? ntsim_thread_enter(creator) : ntsim_enter(player->sim);
    made = ntsim_thread_create(process->process, tid);
    if (creator)
        ntsim_thread_leave(previous);
    else
        ntsim_leave(previous);
    if (!made && !first && !ntsim_process_find(player->sim, pid))
        process->process = NULL; /* vetoed */
    return made;
}

/* Who makes the first thread of a process that the recording shows only acting. */
static struct ntsim_thread *first_creator(struct ntsim_player *player,
                                          const struct player_process *process)
{
    struct player_thread *thread =
        process->creator_tid ? find_thread(player, process->creator_tid) : NULL;

    return thread ? thread->thread : NULL;
}

static struct player_thread *add_thread(struct ntsim_player *player, struct player_process *process,
                                        uint32_t tid, struct ntsim_thread *creator)
{
    struct player_thread *thread = calloc(1, sizeof(*thread));

    if (!thread)
        return NULL;
    thread->tid = tid;
    thread->process = process;
    thread->thread = tid % 4 == 0 ? start_thread(player, process, tid, creator) : NULL;
    if (!thread->thread && process->process) {
        thread->thread = start_thread(player, process, 0, creator);
        player->renumbered++;
    }
    if (thread->thread)
        HASH_ADD(hh, player->threads, tid, sizeof(thread->tid), thread);
    if (!thread->thread || !thread->hh.tbl) {
        free(thread);
        return NULL;
    }
    return thread;
}

/* The thread with that recorded id. One of another process must have ended unseen. */
static struct player_thread *need_thread(struct ntsim_player *player,
                                         struct player_process *process, uint32_t tid)
{
    struct player_thread *thread = find_thread(player, tid);

    if (thread && thread->process != process) {
        forget_thread(player, thread, true);
        thread = NULL;
    }
    return thread ? thread : add_thread(player, process, tid, first_creator(player, process));
}

struct ntsim_thread *player_thread(struct ntsim_player *player, struct player_process *process,
                                   const struct ntsim_event *event)
{
    struct player_thread *known;
    struct ntsim_thread *thread;

    if (!(event->has & NTSIM_HAS_TID) || process->process == ntsim_system_process(player->sim)) {
        thread = ntsim_process_thread(process->process);
        return thread ? thread : start_thread(player, process, 0, first_creator(player, process));
    }
    known = need_thread(player, process, event->tid);
    return known ? known->thread : NULL;
}

int player_thread_create(struct ntsim_player *player, const struct ntsim_event *event)
{
    struct player_process *process = player->actor;
    struct player_thread *thread = find_thread(player, event->target_tid), *by;
    struct player_result result = {.status = STATUS_SUCCESS};
    struct ntsim_thread *creator = NULL;

    if (event->target_key || event->target_pid)
        process = player_process(player, event->target_key, event->target_pid, NULL);
    if (!process)
        return NTCB_ENOMEM;
    if (!process->process) {
        player->outcome->played = false;
        return 0;
    }
    if (thread)
        forget_thread(player, thread, true); /* the id is used again: its exit went unseen */
    by = event->has & NTSIM_HAS_TID ? find_thread(player, event->tid) : NULL;
    if (by)
        creator = by->thread; /* of a process's first thread: one of its creator's */
    else if (process != player->actor && player->actor->process)
        creator = player_thread(player, player->actor, event);
    if (!add_thread(player, process, event->target_tid, creator) && process->process)
        return NTCB_ENOMEM;
    player->outcome->driver_changed = !process->process;
    player->outcome->status = process->process ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    result.status = player->outcome->status;
    player_compare(player, &result);
    return 0;
}

int player_thread_exit(struct ntsim_player *player, const struct ntsim_event *event)
{
    struct player_thread *thread = find_thread(player, event->target_tid);

    if (thread)
        forget_thread(player, thread, true);
    return 0;
}

void player_forget_threads(struct ntsim_player *player, const struct player_process *process)
{
    struct player_thread *thread, *next;

    HASH_ITER (hh, player->threads, thread, next) {
        if (thread->process == process)
            forget_thread(player, thread, false);
    }
}

/* ---- handles --------------------------------------------------------------------------------- */

/* The handle is closed at once: no record shows for how long it was open. */
int player_handle_open(struct ntsim_player *player, const struct ntsim_event *event)
{
    struct player_process *target =
        player_process(player, event->target_key, event->target_pid, NULL);
    struct ntsim_thread *thread = player_thread(player, player->actor, event), *previous;
    struct player_result result = {.status = STATUS_SUCCESS};
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID client = {NULL, NULL};
    HANDLE handle;

    if (!target || (!thread && player->actor->process))
        return NTCB_ENOMEM;
    if (!target->process || !thread) {
        player->outcome->played = false;
        return 0;
    }
    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    client.UniqueProcess = (HANDLE)(uintptr_t)ntsim_process_id(target->process);
    previous = ntsim_thread_enter(thread);
    result.status = NtOpenProcess(&handle, event->access, &attributes, &client);
    if (NT_SUCCESS(result.status)) {
        result.opened = true;
        ObpGrantedAccess(handle, &result.granted);
        NtClose(handle);
    }
    ntsim_thread_leave(previous);
    player->outcome->status = result.status;
    player->outcome->driver_changed =
        result.opened && (event->access & PROCESS_ALL_ACCESS & ~result.granted) != 0;
    player_compare(player, &result);
    return 0;
}
