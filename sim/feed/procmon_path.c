/* SPDX-License-Identifier: MIT
 *
 * procmon_path.c - registry paths of Process Monitor as the kernel spells them.
 *
 * HKCU is the hive of the user whose session recorded, whoever runs the process: services show it
 * as HKCU too, and their own hives as HKU\.DEFAULT and the like. Below it, Software\Classes is what
 * the tool writes for <sid>_Classes, as CurrentControlSet is for ControlSet001; only a row that
 * ended in REPARSE spells the path as the caller did, links included.
 */
#include "procmonp.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct procmon_name *procmon_find(struct procmon_name *set, const char *text)
{
    struct procmon_name *name;

    HASH_FIND_STR(set, text, name);
    return name;
}

struct procmon_name *procmon_add(struct procmon_name **set, const char *text)
{
    struct procmon_name *name = procmon_find(*set, text);
    size_t length = strlen(text);

    if (name)
        return name;
    name = calloc(1, sizeof(*name) + length + 1);
    if (!name)
        return NULL;
    memcpy(name->text, text, length);
    HASH_ADD_KEYPTR(hh, *set, name->text, length, name);
    if (name->hh.tbl)
        return name;
    free(name);
    return NULL;
}

void procmon_remove(struct procmon_name **set, struct procmon_name *name)
{
    HASH_DEL(*set, name);
    free(name);
}

void procmon_clear(struct procmon_name **set)
{
    struct procmon_name *name, *next;

    HASH_ITER (hh, *set, name, next) {
        procmon_remove(set, name);
    }
}

int procmon_expand(struct procmon *procmon, const char *path, bool asked, char **out)
{
    int result = ntsim__registry_name(&procmon->arena, path, procmon->sid,
                                      asked ? 0 : NTSIM__NAME_RESOLVE_CONTROL_SET, out);
    const char *rest = path + 4;
    size_t length;

    if (result != 0 || !asked || strncasecmp(path, "HKCU", 4) != 0)
        return result;
    length = strlen(rest);
    while (length > 0 && rest[length - 1] == '\\')
        length--;
    *out = ntsim__arena_format(&procmon->arena, "\\REGISTRY\\USER\\%s%.*s", procmon->sid,
                               (int)length, rest);
    return *out ? 0 : NTCB_ENOMEM;
}

/* "pid|path" in lower case (ASCII: a hint needs no more), in the arena. */
static char *member(struct procmon *procmon, const char *pid, const char *path, size_t length)
{
    char *text = ntsim__arena_format(&procmon->arena, "%s|%.*s", pid, (int)length, path);

    for (char *at = text; at && *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return text;
}

bool procmon_know(struct procmon *procmon, const char *pid, const char *path)
{
    char *text = member(procmon, pid, path, strlen(path));

    return text && procmon_add(&procmon->keys, text);
}

/* Where a name begins that is a path itself, "@C:\\Windows\\x.dll,-1": the backslash before it. */
static char *drive_component(char *path)
{
    for (char *at = strchr(path, '\\'), *next; at; at = next) {
        next = strchr(at + 1, '\\');
        if (next && next[-1] == ':')
            return at;
    }
    return NULL;
}

/* A key that this process used is that key. Where none is known (it was opened before the capture),
 * a guess: "\\" begins a name that begins with a backslash, a drive letter one that is a path, and
 * else the last backslash parts them. To take the longest known key instead is wrong far more often
 * than right: a process that works on keys opened earlier has its predefined roots open. */
bool procmon_split(struct procmon *procmon, const char *pid, const char *path, char **key,
                   char **value)
{
    const char *last = strrchr(path, '\\');
    char *text, *at = NULL;

    *key = ntsim__arena_text(&procmon->arena, path, strlen(path));
    if (!*key)
        return false;
    if (last) {
        text = member(procmon, pid, path, (size_t)(last - path));
        if (!text)
            return false;
        if (procmon_find(procmon->keys, text))
            at = *key + (last - path);
    }
    if (!at)
        at = strstr(*key, "\\\\");
    if (!at)
        at = drive_component(*key);
    if (!at && last)
        at = *key + (last - path);
    if (!at) {
        *value = *key + strlen(*key);
        return true;
    }
    *at = '\0';
    *value = strcmp(at + 1, "(Default)") == 0 ? at + strlen("(Default)") + 1 : at + 1;
    return true;
}
