/* SPDX-License-Identifier: MIT
 *
 * sysmon_life.c - the beginning and the end of a process, in the output.
 *
 * A process begins with its creation, its first thread, its main image and ntdll.dll, in this
 * order: so the kernel has it. What the log lacks of these (but images) is made up and counted. A
 * process whose creation was not logged was created by System, for want of better knowledge.
 */
#include "feed/sysmonp.h"

#include <stdlib.h>

int ntsim__sysmon_put(struct sysmon *sysmon, struct ntsim_event *event, uint64_t offset,
                      bool synthesised)
{
    if (event == NULL)
        return NTCB_ENOMEM;
    if (sysmon->output_count == sysmon->output_capacity) {
        size_t capacity = sysmon->output_capacity == 0 ? 1024 : sysmon->output_capacity * 2;
        struct sysmon_output *outputs =
            realloc(sysmon->outputs, capacity * sizeof(struct sysmon_output));

        if (outputs == NULL)
            return NTCB_ENOMEM;
        sysmon->outputs = outputs;
        sysmon->output_capacity = capacity;
    }
    sysmon->outputs[sysmon->output_count++] = (struct sysmon_output){event, offset, synthesised};
    return 0;
}

void ntsim__sysmon_name_actor(struct ntsim_event *event, const struct sysmon_process *process)
{
    event->has |= NTSIM_HAS_PID;
    if (process == NULL || ntsim__sysmon_is_system(process)) {
        event->pid = SYSMON_SYSTEM_PID;
        return;
    }
    event->process_key = process->key;
    event->pid = process->pid;
    event->process_image = process->image;
    if (event->account == NULL)
        event->account = process->account;
}

static void name_target(struct ntsim_event *event, const struct sysmon_process *process)
{
    if (ntsim__sysmon_is_system(process)) {
        event->target_pid = SYSMON_SYSTEM_PID;
        return;
    }
    event->target_key = process->key;
    event->target_pid = process->pid;
}

int ntsim__sysmon_put_record(struct sysmon *sysmon, struct sysmon_record *record)
{
    if (!record->event.kernel_image)
        ntsim__sysmon_name_actor(&record->event, record->actor);
    if (record->target != NULL)
        name_target(&record->event, record->target);
    record->is_used = true;
    return ntsim__sysmon_put(sysmon, &record->event, record->offset, false);
}

static struct ntsim_event *made_up(struct sysmon *sysmon, enum ntsim_event_kind kind,
                                   const struct sysmon_record *because)
{
    struct ntsim_event *event = ntsim__arena_alloc(&sysmon->arena, sizeof(*event));

    if (event != NULL) {
        event->kind = kind;
        event->place = because->event.place;
    }
    return event;
}

/* ---- beginning ------------------------------------------------------------------------------ */

static struct sysmon_process *parent_of(const struct sysmon_process *process)
{
    return process->create != NULL && !process->create->is_used ? process->create->actor : NULL;
}

static bool may_be_parent(const struct sysmon_process *process)
{
    return process != NULL && (process->live || ntsim__sysmon_is_system(process));
}

static int take_pid(struct sysmon *sysmon, struct sysmon_process *process)
{
    struct sysmon_pid *entry;

    if (process->pid == 0)
        process->pid = ntsim__sysmon_fresh_id(sysmon);
    entry = ntsim__sysmon_pid(sysmon, process->pid);
    if (entry != NULL && entry->live != NULL) {
        process->pid = ntsim__sysmon_fresh_id(sysmon);
        entry = ntsim__sysmon_pid(sysmon, process->pid);
    }
    if (entry == NULL)
        return NTCB_ENOMEM;
    entry->live = process;
    return 0;
}

static int put_creation(struct sysmon *sysmon, struct sysmon_process *process,
                        const struct sysmon_process *parent, const struct sysmon_record *because)
{
    struct sysmon_record *record = process->create;
    bool recorded = record != NULL && !record->is_used;
    struct ntsim_event *event =
        recorded ? &record->event : made_up(sysmon, NTSIM_EVENT_PROCESS_CREATE, because);

    if (event == NULL)
        return NTCB_ENOMEM;
    if (event->account == NULL)
        event->account = process->account;
    if (event->path == NULL)
        event->path = process->image;
    ntsim__sysmon_name_actor(event, parent);
    name_target(event, process);
    event->parent_key = event->process_key;
    event->parent_pid = event->pid;
    event->no_thread = true;
    if (recorded)
        record->is_used = true;
    return ntsim__sysmon_put(sysmon, event, recorded ? record->offset : because->offset, !recorded);
}

int ntsim__sysmon_add_thread(struct sysmon *sysmon, struct sysmon_process *process, uint32_t tid)
{
    struct sysmon_thread *thread;

    for (thread = process->threads; thread != NULL; thread = thread->next) {
        if (thread->tid == tid)
            return 0;
    }
    thread = ntsim__arena_alloc(&sysmon->arena, sizeof(*thread));
    if (thread == NULL)
        return NTCB_ENOMEM;
    *thread = (struct sysmon_thread){process->threads, tid};
    process->threads = thread;
    return 0;
}

static int put_first_thread(struct sysmon *sysmon, struct sysmon_process *process,
                            const struct sysmon_process *parent,
                            const struct sysmon_record *because)
{
    struct ntsim_event *event = made_up(sysmon, NTSIM_EVENT_THREAD_CREATE, because);
    int result;

    if (event == NULL)
        return NTCB_ENOMEM;
    ntsim__sysmon_name_actor(event, parent);
    name_target(event, process);
    event->target_tid = ntsim__sysmon_fresh_id(sysmon);
    result = ntsim__sysmon_add_thread(sysmon, process, event->target_tid);
    return result != 0 ? result : ntsim__sysmon_put(sysmon, event, because->offset, true);
}

static int begin_one(struct sysmon *sysmon, struct sysmon_process *process,
                     const struct sysmon_record *because)
{
    struct sysmon_process *parent = parent_of(process);
    struct sysmon_record *images[] = {process->main_image, process->ntdll};
    int result = take_pid(sysmon, process);

    if (!may_be_parent(parent))
        parent = NULL;
    if (result == 0)
        result = put_creation(sysmon, process, parent, because);
    if (result == 0)
        result = put_first_thread(sysmon, process, parent, because);
    for (size_t i = 0; i < 2 && result == 0; i++) {
        if (images[i] != NULL && !images[i]->is_used)
            result = ntsim__sysmon_put_record(sysmon, images[i]);
    }
    process->live = true;
    process->live_next = sysmon->live;
    process->live_previous = NULL;
    if (sysmon->live != NULL)
        sysmon->live->live_previous = process;
    sysmon->live = process;
    return result;
}

int ntsim__sysmon_begin(struct sysmon *sysmon, struct sysmon_process *process,
                        const struct sysmon_record *because)
{
    struct sysmon_process *chain = NULL;
    int result = 0;

    while (process != NULL && !process->live && !process->laying &&
           !ntsim__sysmon_is_system(process)) {
        process->laying = true;
        process->child = chain;
        chain = process;
        process = parent_of(process);
    }
    for (; chain != NULL; chain = chain->child) {
        if (result == 0)
            result = begin_one(sysmon, chain, because);
        chain->laying = false;
    }
    return result;
}

/* ---- end ------------------------------------------------------------------------------------ */

static int end_threads(struct sysmon *sysmon, struct sysmon_process *process,
                       const struct sysmon_record *because)
{
    int result = 0;

    while (process->threads != NULL && result == 0) {
        struct ntsim_event *event = made_up(sysmon, NTSIM_EVENT_THREAD_EXIT, because);

        if (event == NULL)
            return NTCB_ENOMEM;
        ntsim__sysmon_name_actor(event, process);
        name_target(event, process);
        event->target_tid = event->tid = process->threads->tid;
        event->has |= NTSIM_HAS_TID;
        process->threads = process->threads->next;
        result = ntsim__sysmon_put(sysmon, event, because->offset, true);
    }
    return result;
}

int ntsim__sysmon_end(struct sysmon *sysmon, struct sysmon_process *process,
                      const struct sysmon_record *because)
{
    struct sysmon_record *record = process->exit;
    bool recorded = record != NULL && !record->is_used && record->index <= because->index;
    struct sysmon_pid *entry = ntsim__sysmon_pid(sysmon, process->pid);
    int result = entry != NULL ? end_threads(sysmon, process, because) : NTCB_ENOMEM;

    if (result != 0)
        return result;
    entry->live = NULL;
    process->live = false;
    if (process->live_previous != NULL)
        process->live_previous->live_next = process->live_next;
    else
        sysmon->live = process->live_next;
    if (process->live_next != NULL)
        process->live_next->live_previous = process->live_previous;
    if (recorded)
        return ntsim__sysmon_put_record(sysmon, record);
    struct ntsim_event *event = made_up(sysmon, NTSIM_EVENT_PROCESS_EXIT, because);

    if (event == NULL)
        return NTCB_ENOMEM;
    ntsim__sysmon_name_actor(event, process);
    return ntsim__sysmon_put(sysmon, event, because->offset, true);
}

/* The newest first: children end before their parents. */
int ntsim__sysmon_end_all(struct sysmon *sysmon, const struct sysmon_record *because)
{
    int result = 0;

    while (sysmon->live != NULL && result == 0)
        result = ntsim__sysmon_end(sysmon, sysmon->live, because);
    return result;
}
