/* SPDX-License-Identifier: MIT
 *
 * sysmon_process.c - who is who: processes by GUID, beyond reuse of their ids.
 */
#include "feed/sysmonp.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Nodes of both tables live in the arena. uthash reports a failed insertion through this. */
#undef uthash_nonfatal_oom
#define uthash_nonfatal_oom(element) (element)->unhashed = true

static const char null_guid[] = "00000000-0000-0000-0000-000000000000";

bool ntsim__sysmon_is_system(const struct sysmon_process *process)
{
    return process->pid == SYSMON_SYSTEM_PID ||
           (process->image != NULL && strcasecmp(process->image, "System") == 0);
}

/* Braces and case vary between exporters. NULL: it says nothing. */
static const char *normalise(struct sysmon *sysmon, const char *guid, bool *no_memory)
{
    size_t length = strlen(guid);
    char *copy;

    if (length >= 2 && guid[0] == '{' && guid[length - 1] == '}') {
        guid++;
        length -= 2;
    }
    copy = ntsim__arena_text(&sysmon->arena, guid, length);
    *no_memory = copy == NULL;
    for (size_t i = 0; copy != NULL && i < length; i++)
        copy[i] = (char)tolower((unsigned char)copy[i]);
    return copy != NULL && length > 0 && strcmp(copy, null_guid) != 0 ? copy : NULL;
}

struct sysmon_pid *ntsim__sysmon_pid(struct sysmon *sysmon, uint32_t pid)
{
    struct sysmon_pid *entry = NULL;

    HASH_FIND(hh, sysmon->pids, &pid, sizeof(pid), entry);
    if (entry != NULL)
        return entry;
    entry = ntsim__arena_alloc(&sysmon->arena, sizeof(*entry));
    if (entry == NULL)
        return NULL;
    entry->pid = pid;
    HASH_ADD(hh, sysmon->pids, pid, sizeof(pid), entry);
    return entry->unhashed ? NULL : entry;
}

static int add_process(struct sysmon *sysmon, const char *guid, struct sysmon_process **out)
{
    struct sysmon_process *process = ntsim__arena_alloc(&sysmon->arena, sizeof(*process));

    if (process == NULL)
        return NTCB_ENOMEM;
    process->guid = guid;
    process->key = ntsim__arena_format(&sysmon->arena, "%s|%s",
                                       sysmon->host != NULL ? sysmon->host : "", guid);
    process->first = SIZE_MAX;
    if (process->key == NULL)
        return NTCB_ENOMEM;
    HASH_ADD_KEYPTR(hh, sysmon->processes, guid, strlen(guid), process);
    *out = process;
    return process->unhashed ? NTCB_ENOMEM : 0;
}

int ntsim__sysmon_process_find(struct sysmon *sysmon, const char *guid, uint32_t pid,
                               struct sysmon_process **out)
{
    struct sysmon_pid *entry = NULL;
    bool no_memory = false;

    *out = NULL;
    guid = guid != NULL ? normalise(sysmon, guid, &no_memory) : NULL;
    if (no_memory)
        return NTCB_ENOMEM;
    if (guid == NULL && pid == 0)
        return 0;
    if (pid != 0) {
        entry = ntsim__sysmon_pid(sysmon, pid);
        if (entry == NULL)
            return NTCB_ENOMEM;
        if (pid > sysmon->highest_id)
            sysmon->highest_id = pid;
    }
    if (guid == NULL && entry->latest != NULL) {
        *out = entry->latest;
        return 0;
    }
    if (guid == NULL) {
        guid = ntsim__arena_format(&sysmon->arena, "pid:%lu", (unsigned long)pid);
        if (guid == NULL)
            return NTCB_ENOMEM;
    }
    HASH_FIND(hh, sysmon->processes, guid, strlen(guid), *out);
    if (*out == NULL) {
        int result = add_process(sysmon, guid, out);

        if (result != 0)
            return result;
    }
    if (entry != NULL && (*out)->pid == 0)
        (*out)->pid = pid;
    if (entry != NULL && (*out)->pid == pid)
        entry->latest = *out;
    return 0;
}

/* The last group of a newer GUID is the upper part of the process's start key, byte by byte; its
 * two topmost bytes count boots. Older GUIDs hold other things there, and rarely four zero bytes.
 */
uint32_t ntsim__sysmon_boot_of(const char *guid)
{
    const char *group = strrchr(guid, '-');
    unsigned long digits;

    if (group == NULL || strlen(group + 1) != 12 || strncmp(group + 1, "00000000", 8) != 0)
        return 0;
    digits = strtoul(group + 9, NULL, 16);
    return (uint32_t)((digits & 0xFF) << 8 | digits >> 8);
}

uint32_t ntsim__sysmon_fresh_id(struct sysmon *sysmon)
{
    sysmon->highest_id = (sysmon->highest_id / 4 + 1) * 4;
    return sysmon->highest_id;
}

/* ---- a creation under another GUID ---------------------------------------------------------- */

/* The second and third group: when the process started. */
static bool same_start(const struct sysmon_process *a, const struct sysmon_process *b)
{
    return strlen(a->guid) == 36 && strlen(b->guid) == 36 &&
           memcmp(a->guid + 9, b->guid + 9, 9) == 0;
}

static int by_pid_and_time(const void *a, const void *b)
{
    const struct sysmon_process *left = *(struct sysmon_process *const *)a;
    const struct sysmon_process *right = *(struct sysmon_process *const *)b;

    if (left->pid != right->pid)
        return left->pid < right->pid ? -1 : 1;
    if (left->first != right->first)
        return left->first < right->first ? -1 : 1;
    return strcmp(left->guid, right->guid);
}

/* The process that `created` is, among its neighbours on the same pid: one that started in the same
 * second, or else the next one to be seen. */
static struct sysmon_process *partner(struct sysmon_process **all, size_t count, size_t index)
{
    struct sysmon_process *created = all[index];

    for (size_t i = index + 1; i < count && all[i]->pid == created->pid; i++) {
        if (all[i]->create != NULL)
            break;
        if (same_start(created, all[i]))
            return all[i];
    }
    for (size_t i = index; i-- > 0 && all[i]->pid == created->pid;) {
        if (all[i]->create != NULL)
            break;
        if (same_start(created, all[i]))
            return all[i];
    }
    if (index + 1 < count && all[index + 1]->pid == created->pid && all[index + 1]->create == NULL)
        return all[index + 1];
    return NULL;
}

static void join(struct sysmon_process *created, struct sysmon_process *process)
{
    created->joined = process;
    process->create = created->create;
    if (created->first < process->first)
        process->first = created->first;
    if (process->image == NULL)
        process->image = created->image;
    if (process->account == NULL)
        process->account = created->account;
    created->create = NULL;
}

int ntsim__sysmon_process_join(struct sysmon *sysmon)
{
    size_t count = HASH_COUNT(sysmon->processes), used = 0;
    struct sysmon_process **all = malloc((count + 1) * sizeof(struct sysmon_process *));
    struct sysmon_process *process, *next;

    if (all == NULL)
        return NTCB_ENOMEM;
    HASH_ITER (hh, sysmon->processes, process, next) {
        if (process->pid != 0)
            all[used++] = process;
    }
    qsort(all, used, sizeof(struct sysmon_process *), by_pid_and_time);
    for (size_t i = 0; i < used; i++) {
        if (all[i]->create != NULL && all[i]->mentions == 0) {
            struct sysmon_process *other = partner(all, used, i);

            if (other != NULL)
                join(all[i], other);
        }
    }
    free(all);
    return 0;
}

void ntsim__sysmon_process_free(struct sysmon *sysmon)
{
    HASH_CLEAR(hh, sysmon->processes);
    HASH_CLEAR(hh, sysmon->pids);
}
