/* SPDX-License-Identifier: MIT
 *
 * sysmon_order.c - records into events, in the order the kernel would have had them.
 *
 * The base is the log's own record order (times are not monotone in it, and sorting by them puts
 * image loads before creations). Three things are moved: a process's creation to before whatever
 * mentions the process, its main image and ntdll to right behind the creation, and its exit to
 * behind the last record that mentions it.
 */
#include "feed/sysmonp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int by_record_number(const void *a, const void *b)
{
    const struct sysmon_record *left = *(struct sysmon_record *const *)a;
    const struct sysmon_record *right = *(struct sysmon_record *const *)b;

    if (left->record_number != right->record_number)
        return left->record_number < right->record_number ? -1 : 1;
    return left->offset < right->offset ? -1 : 1;
}

static void sort(struct sysmon *sysmon)
{
    for (size_t i = 0; i < sysmon->record_count; i++) {
        if (sysmon->records[i]->record_number == 0)
            return; /* no order but the file's */
    }
    if (sysmon->record_count > 0)
        qsort(sysmon->records, sysmon->record_count, sizeof(struct sysmon_record *),
              by_record_number);
}

static void mention(struct sysmon_process *process, size_t index, bool counts)
{
    if (process == NULL)
        return;
    if (process->first > index)
        process->first = index;
    process->last = index;
    process->mentions += counts;
}

static void find_mentions(struct sysmon *sysmon)
{
    for (size_t i = 0; i < sysmon->record_count; i++) {
        struct sysmon_record *record = sysmon->records[i];

        record->index = i;
        mention(record->actor, i, record->id != 1);
        mention(record->target, i, record->id != 1);
        if (record->id == 1 && record->target->create == NULL)
            record->target->create = record;
    }
}

static bool is_ntdll(const char *path)
{
    static const char tail[] = "\\System32\\ntdll.dll";
    size_t length = strlen(path);

    return length >= sizeof(tail) - 1 && strcasecmp(path + length - (sizeof(tail) - 1), tail) == 0;
}

static struct sysmon_process *resolved(struct sysmon_process *process)
{
    return process != NULL && process->joined != NULL ? process->joined : process;
}

static void find_landmarks(struct sysmon *sysmon)
{
    for (size_t i = 0; i < sysmon->record_count; i++) {
        struct sysmon_record *record = sysmon->records[i];
        struct sysmon_process *process;

        record->actor = resolved(record->actor);
        record->target = resolved(record->target);
        mention(record->actor, i, false);
        mention(record->target, i, false);
        process = record->actor;
        if (record->id == 5 && process->exit == NULL)
            process->exit = record;
        if (record->id != 7)
            continue;
        if (process->main_image == NULL && process->image != NULL &&
            strcasecmp(process->image, record->event.path) == 0)
            process->main_image = record;
        else if (process->ntdll == NULL && is_ntdll(record->event.path))
            process->ntdll = record;
    }
}

/* RenameValue is a deletion followed by a set, whose data Sysmon does not tell. */
static int put_second_value(struct sysmon *sysmon, const struct sysmon_record *record)
{
    struct ntsim_event *event = ntsim__arena_alloc(&sysmon->arena, sizeof(*event));

    if (event == NULL)
        return NTCB_ENOMEM;
    *event = record->event;
    event->kind = NTSIM_EVENT_VALUE_SET;
    event->value = record->second_value;
    event->has |= NTSIM_HAS_SYNTHETIC;
    return ntsim__sysmon_put(sysmon, event, record->offset, true);
}

static int lay_record(struct sysmon *sysmon, struct sysmon_record *record)
{
    int result = ntsim__sysmon_begin(sysmon, record->actor, record);

    if (result == 0)
        result = ntsim__sysmon_begin(sysmon, record->target, record);
    if (result != 0 || record->is_used || record->id == 1 || record->id == 5)
        return result;
    if (record->id == 8 && record->target->live)
        result = ntsim__sysmon_add_thread(sysmon, record->target, record->event.target_tid);
    if (result == 0)
        result = ntsim__sysmon_put_record(sysmon, record);
    if (result == 0 && record->second_value != NULL)
        result = put_second_value(sysmon, record);
    return result;
}

static int end_if_last(struct sysmon *sysmon, struct sysmon_process *process,
                       const struct sysmon_record *record)
{
    bool is_last = process != NULL && process->live && process->last == record->index &&
                   process->exit != NULL && !process->exit->is_used;

    return is_last ? ntsim__sysmon_end(sysmon, process, record) : 0;
}

int ntsim__sysmon_lay_down(struct sysmon *sysmon)
{
    uint32_t boot = 0;
    int result;

    sort(sysmon);
    find_mentions(sysmon);
    result = ntsim__sysmon_process_join(sysmon);
    find_landmarks(sysmon);
    for (size_t i = 0; i < sysmon->record_count && result == 0; i++) {
        struct sysmon_record *record = sysmon->records[i];

        if (record->is_reboot || (record->boot != 0 && boot != 0 && record->boot != boot))
            result = ntsim__sysmon_end_all(sysmon, record);
        if (record->boot != 0)
            boot = record->boot;
        if (record->is_reboot)
            continue;
        if (result == 0)
            result = lay_record(sysmon, record);
        if (result == 0)
            result = end_if_last(sysmon, record->actor, record);
        if (result == 0)
            result = end_if_last(sysmon, record->target, record);
    }
    if (result == 0 && sysmon->record_count > 0)
        result = ntsim__sysmon_end_all(sysmon, sysmon->records[sysmon->record_count - 1]);
    for (size_t i = 0; i < sysmon->record_count; i++)
        sysmon->read.ignored += !sysmon->records[i]->is_used && !sysmon->records[i]->is_reboot;
    return result;
}
