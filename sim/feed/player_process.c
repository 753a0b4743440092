/* SPDX-License-Identifier: MIT
 *
 * player_process.c - processes by the names a recording gives them; images.
 *
 * A process that was running before the recording began is made when it is first seen. Ids are the
 * recorded ones where nobody else has them, else the next free. One whose creation a driver vetoed
 * stays known by its name, without a process: what it does afterwards is not played.
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

/* NULL and a status: a driver's veto. NULL and STATUS_SUCCESS: no memory. */
static struct ntsim_process *make_process(struct ntsim_player *player,
                                          struct ntsim_process_options *options, NTSTATUS *status)
{
    struct ntsim_process *process;
    uint32_t pid = options->pid;
    int error;

    *status = STATUS_SUCCESS;
    options->status = status;
    if (pid % 4 != 0)
        options->pid = 0;
    error = ntsim_process_create(player->sim, options, &process);
    if (error != 0 && error != NTCB_ESTATUS && options->pid != 0) {
        options->pid = 0;
        error = ntsim_process_create(player->sim, options, &process);
    }
    if (error != 0)
        return NULL;
    player->renumbered += pid != ntsim_process_id(process);
    return process;
}

struct player_process *player_process(struct ntsim_player *player, const char *key, uint32_t pid,
                                      const char *image)
{
    char name[512];
    struct player_process *known = find_process(player, key, pid, name, sizeof(name));
    struct ntsim_process_options options = {.image_path = image && *image ? image : "unknown.exe",
                                            .pid = pid};
    struct ntsim_process *process;
    NTSTATUS status = STATUS_SUCCESS;

    if (known)
        return known;
    if (!key && pid == SYSTEM_PID)
        return add_process(player, name, ntsim_system_process(player->sim));
    /* Without a key, the live process of that pid, whoever made it. */
    process = key || !pid ? NULL : ntsim_process_find(player->sim, pid);
    if (!process)
        process = make_process(player, &options, &status);
    return process || !NT_SUCCESS(status) ? add_process(player, name, process) : NULL;
}

struct player_process *player_actor(struct ntsim_player *player, const struct ntsim_event *event)
{
    return player_process(player, event->process_key, event->pid, event->process_image);
}

/* The thread that makes the process: the recorded one, or the first of who is said to. NULL: a
 * system thread. */
static struct ntsim_thread *creator_of(struct ntsim_player *player, const struct ntsim_event *event)
{
    struct player_process *actor = player->actor;

    return actor->process && actor->process != ntsim_system_process(player->sim)
               ? player_thread(player, actor, event)
               : NULL;
}

static int keep_process(struct ntsim_player *player, const struct ntsim_event *event,
                        struct ntsim_process *process)
{
    char name[512];
    struct player_process *child =
        find_process(player, event->target_key, event->target_pid, name, sizeof(name));

    if (child)
        child->process = process; /* an older one of that pid whose exit nobody recorded */
    else
        child = add_process(player, name, process);
    if (!child)
        return NTCB_ENOMEM;
    child->creator_tid = event->has & NTSIM_HAS_TID ? event->tid : 0;
    return 0;
}

int player_process_create(struct ntsim_player *player, const struct ntsim_event *event)
{
    struct ntsim_process_options options = {.image_path = event->path,
                                            .command_line = event->command_line,
                                            .pid = event->target_pid,
                                            .no_thread = event->no_thread};
    struct player_result result = {.status = STATUS_SUCCESS};
    struct player_process *parent = player->actor;
    struct ntsim_process *process;
    char name[512];

    if (!options.image_path || !*options.image_path)
        options.image_path = "unknown.exe";
    if (event->target_key &&
        find_process(player, event->target_key, event->target_pid, name, sizeof(name)))
        return 0; /* it acted before the record of its creation */
    if (event->parent_key || event->parent_pid)
        parent = player_process(player, event->parent_key, event->parent_pid, NULL);
    if (!parent)
        return NTCB_ENOMEM;
    options.parent = parent->process;
    options.creator = creator_of(player, event);
    process = make_process(player, &options, &result.status);
    if (!process && NT_SUCCESS(result.status))
        return NTCB_ENOMEM;
    player->outcome->status = result.status;
    player->outcome->driver_changed = !NT_SUCCESS(result.status);
    player_compare(player, &result);
    return keep_process(player, event, process);
}

static void end_process(struct ntsim_player *player, struct player_process *process,
                        NTSTATUS status)
{
    player_forget_threads(player, process);
    player_free_keys(process);
    if (process->process && process->process != ntsim_system_process(player->sim))
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
        ended += process->process && process->process != ntsim_system_process(player->sim);
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
