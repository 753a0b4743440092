/* SPDX-License-Identifier: MIT
 *
 * player_process.c - processes and threads by the names a recording gives them; images.
 *
 * A process that was running before the recording began is made when it is first seen; so is a
 * thread. Ids are the recorded ones where nobody else has them, else the next free.
 */
#include "feed/playerp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYSTEM_PID 4

static struct player_process *find_process(struct ntsim_player *player, const char *key,
                                           uint32_t pid, char *name, size_t bytes)
{
    struct player_process *process;

    if (key)
        snprintf(name, bytes, "%s", key);
    else
        snprintf(name, bytes, "pid %" PRIu32, pid);
    HASH_FIND_STR(player->processes, name, process);
    return process;
}

static struct player_process *add_process(struct ntsim_player *player, const char *name,
                                          struct ntsim_process *process)
{
    size_t length = strlen(name);
    struct player_process *added = calloc(1, sizeof(*added) + length + 1);

    if (!added)
        return NULL;
    memcpy(added->name, name, length);
    added->process = process;
    HASH_ADD_KEYPTR(hh, player->processes, added->name, length, added);
    if (!added->hh.tbl) {
        free(added);
        return NULL;
    }
    return added;
}

static struct ntsim_process *make_process(struct ntsim_player *player,
                                          struct ntsim_process_options *options)
{
    struct ntsim_process *process;
    uint32_t pid = options->pid;

    if (pid % 4 != 0)
        options->pid = 0;
    if (ntsim_process_create(player->sim, options, &process) == 0) {
        player->renumbered += pid != ntsim_process_id(process);
        return process;
    }
    options->pid = 0;
    player->renumbered++;
    return ntsim_process_create(player->sim, options, &process) == 0 ? process : NULL;
}

static struct player_process *need_process(struct ntsim_player *player, const char *key,
                                           uint32_t pid, const char *image)
{
    char name[512];
    struct player_process *known = find_process(player, key, pid, name, sizeof(name));
    struct ntsim_process_options options = {.image_path = image && *image ? image : "unknown.exe",
                                            .pid = pid};
    struct ntsim_process *process;

    if (known)
        return known;
    if (!key && pid == SYSTEM_PID)
        return add_process(player, name, ntsim_system_process(player->sim));
    /* Without a key, the live process of that pid, whoever made it. */
    process = key || !pid ? NULL : ntsim_process_find(player->sim, pid);
    if (!process)
        process = make_process(player, &options);
    return process ? add_process(player, name, process) : NULL;
}

struct player_process *player_actor(struct ntsim_player *player, const struct ntsim_event *event)
{
    return need_process(player, event->process_key, event->pid, event->process_image);
}

int player_process_create(struct ntsim_player *player, const struct ntsim_event *event)
{
    struct ntsim_process_options options = {
        .image_path = event->path, .command_line = event->command_line, .pid = event->target_pid};
    struct player_process *parent = NULL, *child;
    struct ntsim_process *process;
    char name[512];

    if (!options.image_path || !*options.image_path)
        options.image_path = "unknown.exe";
    if (event->parent_key || event->parent_pid)
        parent = need_process(player, event->parent_key, event->parent_pid, NULL);
    else
        parent = player->actor;
    options.parent = parent ? parent->process : NULL;
    child = find_process(player, event->target_key, event->target_pid, name, sizeof(name));
    if (child && event->target_key)
        return 0; /* it acted before the record of its creation */
    process = make_process(player, &options);
    if (!process)
        return NTCB_ENOMEM;
    if (child)
        child->process = process; /* an older one of that pid whose exit nobody recorded */
    else
        child = add_process(player, name, process);
    return child ? 0 : NTCB_ENOMEM;
}

/* ---- threads --------------------------------------------------------------------------------- */

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

static struct player_thread *add_thread(struct ntsim_player *player, struct player_process *process,
                                        uint32_t tid)
{
    struct player_thread *thread = calloc(1, sizeof(*thread));

    if (!thread)
        return NULL;
    thread->tid = tid;
    thread->process = process;
    thread->thread = tid % 4 == 0 ? ntsim_thread_create(process->process, tid) : NULL;
    if (!thread->thread) {
        thread->thread = ntsim_thread_create(process->process, 0);
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
    return thread ? thread : add_thread(player, process, tid);
}

struct ntsim_thread *player_thread(struct ntsim_player *player, struct player_process *process,
                                   const struct ntsim_event *event)
{
    struct player_thread *known;
    struct ntsim_thread *thread;

    if (!(event->has & NTSIM_HAS_TID) || process->process == ntsim_system_process(player->sim)) {
        thread = ntsim_process_thread(process->process);
        return thread ? thread : ntsim_thread_create(process->process, 0);
    }
    known = need_thread(player, process, event->tid);
    return known ? known->thread : NULL;
}

int player_thread_create(struct ntsim_player *player, const struct ntsim_event *event)
{
    struct player_process *process = player->actor;
    struct player_thread *thread = find_thread(player, event->target_tid);

    if (event->target_key || event->target_pid)
        process = need_process(player, event->target_key, event->target_pid, NULL);
    if (!process)
        return NTCB_ENOMEM;
    if (thread)
        forget_thread(player, thread, true); /* the id is used again: its exit went unseen */
    return add_thread(player, process, event->target_tid) ? 0 : NTCB_ENOMEM;
}

int player_thread_exit(struct ntsim_player *player, const struct ntsim_event *event)
{
    struct player_thread *thread = find_thread(player, event->target_tid);

    if (thread)
        forget_thread(player, thread, true);
    return 0;
}

static void end_process(struct ntsim_player *player, struct player_process *process,
                        NTSTATUS status)
{
    struct player_thread *thread, *next;

    HASH_ITER (hh, player->threads, thread, next) {
        if (thread->process == process)
            forget_thread(player, thread, false);
    }
    player_free_keys(process);
    if (process->process != ntsim_system_process(player->sim))
        ntsim_process_exit(process->process, status);
    HASH_DEL(player->processes, process);
    free(process);
}

int player_process_exit(struct ntsim_player *player, const struct ntsim_event *event)
{
    end_process(player, player->actor, event->exit_status);
    player->actor = NULL;
    return 0;
}

uint64_t player_exit_all(struct ntsim_player *player)
{
    struct player_process *process, *next;
    uint64_t ended = 0;

    HASH_ITER (hh, player->processes, process, next) {
        ended += process->process != ntsim_system_process(player->sim);
        end_process(player, process, STATUS_SUCCESS);
    }
    return ended;
}

/* ---- images ---------------------------------------------------------------------------------- */

int player_image_load(struct ntsim_player *player, const struct ntsim_event *event)
{
    struct ntsim_image_options options = {
        .path = event->path && *event->path ? event->path : "unknown.dll",
        .process = event->kernel_image ? NULL : player->actor->process,
        .machine = event->machine,
        .image_size = event->image_size,
        .reported_base = event->image_base,
        .signature_level = event->signature_level,
        .flags = event->no_name ? NTSIM_IMAGE_NO_NAME : 0,
    };

    return ntsim_image_load(player->sim, &options, NULL);
}
