/* SPDX-License-Identifier: MIT
 *
 * procmon.c - the feed of Process Monitor's CSV.
 *
 * The kernel tells of an open that meets a link twice: once with REPARSE for the path as asked, and
 * once for what the link made of it (CM-CO-13). The caller made one call and got the second status:
 * both rows become one event, at the place of the second, with NTSIM_HAS_REPARSE in `expect`, the
 * path of the first as its key and that of the second as expect.name. Rows of other threads may
 * stand in between. A REPARSE row whose thread goes on with something else becomes an event of its
 * own that expects the link and nothing more.
 *
 * State  One reader, one thread. I1: a link waits for each thread at most once. I2: strings of the
 *        event handed out and of the held one live in the arena until the next event is asked for.
 */
#include "procmonp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the user whose hive is HKCU ------------------------------------------------------------- */

/* Services run as one of these; the recording user does not. */
static bool is_service(const char *account)
{
    static const char *const Prefixes[] = {"NT AUTHORITY\\", "NT SERVICE\\", "Window Manager\\",
                                           "Font Driver Host\\", "<"};

    for (size_t i = 0; i < sizeof(Prefixes) / sizeof(Prefixes[0]); i++)
        if (strncmp(account, Prefixes[i], strlen(Prefixes[i])) == 0)
            return true;
    return *account == '\0';
}

static int find_user(struct procmon *procmon)
{
    struct procmon_csv csv = procmon->csv;
    struct ntsim_feed_error ignored;
    struct procmon_row row;
    int result = 1;

    ntsim__account_sid(NULL, procmon->sid);
    while (csv.present[PROCMON_USER] &&
           (result = procmon_csv_next(&csv, &procmon->arena, &row, &ignored)) == 1) {
        if (!is_service(row.field[PROCMON_USER])) {
            ntsim__account_sid(row.field[PROCMON_USER], procmon->sid);
            break;
        }
        ntsim__arena_reset(&procmon->arena);
    }
    ntsim__arena_reset(&procmon->arena);
    return result == NTCB_ENOMEM ? result : 0;
}

/* ---- links ----------------------------------------------------------------------------------- */

static char *thread_of(struct procmon *procmon, const struct procmon_row *row)
{
    return ntsim__arena_format(&procmon->arena, "%s|%s", row->field[PROCMON_PID],
                               row->field[PROCMON_TID]);
}

/* The event of a REPARSE row that was read before. */
static int reread(struct procmon *procmon, const struct procmon_name *link, struct procmon_row *row,
                  struct ntsim_event *event)
{
    struct procmon_csv csv = procmon->csv;
    struct ntsim_feed_error ignored;
    int result;

    csv.at = link->start;
    csv.line = link->line;
    result = procmon_csv_next(&csv, &procmon->arena, row, &ignored);
    if (result == 1)
        result = procmon_event(procmon, row, event, &ignored);
    return result == 1 ? 0 : NTCB_ENOMEM; /* it could be read before */
}

/* A REPARSE row without its other half: nobody can say what the call returned. */
static void give_up(struct ntsim_event *event)
{
    event->expect.has = NTSIM_HAS_REPARSE;
    event->expect.status = 0;
}

static bool is_other_half(const struct ntsim_event *first, const struct ntsim_event *second)
{
    return first->kind == second->kind && first->access == second->access;
}

/* Put the REPARSE row that waits for this thread, if any, before or into *event. */
static int resolve_link(struct procmon *procmon, const struct procmon_row *row,
                        struct ntsim_event *event)
{
    char *thread = thread_of(procmon, row);
    struct procmon_name *link = thread ? procmon_find(procmon->links, thread) : NULL;
    struct procmon_row first_row;
    struct ntsim_event first;

    if (!thread)
        return NTCB_ENOMEM;
    if (!link)
        return 0;
    if (reread(procmon, link, &first_row, &first) != 0)
        return NTCB_ENOMEM;
    procmon_remove(&procmon->links, link);
    if (is_other_half(&first, event)) {
        event->expect.name = event->key;
        event->expect.has |= NTSIM_HAS_REPARSE | NTSIM_HAS_NAME;
        event->key = first.key;
        return 0;
    }
    procmon->held = *event;
    procmon->holding = true;
    *event = first;
    give_up(event);
    return 0;
}

/* Keep a REPARSE row for later. One that follows another of the same call is a second hop: the
 * call began at the first. */
static int keep_link(struct procmon *procmon, const struct procmon_row *row,
                     struct ntsim_event *event)
{
    char *thread = thread_of(procmon, row);
    struct procmon_name *link = thread ? procmon_find(procmon->links, thread) : NULL;
    struct ntsim_event first = {0};
    struct procmon_row first_row;

    if (!thread)
        return NTCB_ENOMEM;
    if (link) {
        if (reread(procmon, link, &first_row, &first) != 0)
            return NTCB_ENOMEM;
        if (is_other_half(&first, event))
            return 0;
    }
    link = procmon_add(&procmon->links, thread);
    if (!link)
        return NTCB_ENOMEM;
    link->line = row->line;
    link->start = row->start;
    if (!first.key)
        return 0;
    *event = first;
    give_up(event);
    return 1;
}

/* At the end: whatever still waits. 1, 0 or NTCB_ENOMEM. */
static int flush_links(struct procmon *procmon, struct ntsim_event *event)
{
    struct procmon_name *link = procmon->links;
    struct procmon_row row;

    if (!link)
        return 0;
    if (reread(procmon, link, &row, event) != 0)
        return NTCB_ENOMEM;
    procmon_remove(&procmon->links, link);
    give_up(event);
    return 1;
}

/* ---- the reader ------------------------------------------------------------------------------ */

static bool recognise(const char *text, size_t size)
{
    static const char *const Columns[] = {"Operation", "Path", "Result", "Detail", "PID"};
    const char *end = memchr(text, '\n', size);
    char header[2048];
    size_t length = end ? (size_t)(end - text) : size;
    unsigned found = 0;

    if (length >= sizeof(header) || memchr(text, '{', length))
        return false;
    memcpy(header, text, length);
    header[length] = '\0';
    for (size_t i = 0; i < sizeof(Columns) / sizeof(Columns[0]); i++)
        found += strstr(header, Columns[i]) != NULL;
    return strchr(header, ',') && found >= 3;
}

static void procmon_close(void *state)
{
    struct procmon *procmon = state;

    procmon_clear(&procmon->keys);
    procmon_clear(&procmon->processes);
    procmon_clear(&procmon->links);
    ntsim__arena_free(&procmon->arena);
    free(procmon);
}

static int procmon_open(void **state, const struct ntsim__source *source,
                        struct ntsim_feed_error *error)
{
    struct procmon *procmon = calloc(1, sizeof(*procmon));
    int result;

    if (!procmon)
        return NTCB_ENOMEM;
    procmon->source = source;
    result = procmon_csv_open(&procmon->csv, source, error);
    procmon->first_row = procmon->csv;
    if (result == 0)
        result = find_user(procmon);
    if (result != 0) {
        procmon_close(procmon);
        return result;
    }
    *state = procmon;
    return 0;
}

static void procmon_rewind(void *state)
{
    struct procmon *procmon = state;

    procmon_clear(&procmon->keys);
    procmon_clear(&procmon->processes);
    procmon_clear(&procmon->links);
    procmon->csv = procmon->first_row;
    procmon->holding = false;
}

/* One row: 1 and *event, 0 for none of it, or an error. */
static int next_row(struct procmon *procmon, const struct procmon_row *row,
                    struct ntsim_event *event, struct ntsim_feed_error *error)
{
    int result = procmon_event(procmon, row, event, error);

    if (result == 0)
        procmon->source->counts->ignored++;
    if (result != 1 || event->kind < NTSIM_EVENT_KEY_CREATE)
        return result;
    if (event->expect.status == PROCMON_REPARSE)
        return keep_link(procmon, row, event);
    return resolve_link(procmon, row, event) == 0 ? 1 : NTCB_ENOMEM;
}

static int procmon_next(void *state, struct ntsim_event *event, struct ntsim_feed_error *error)
{
    struct procmon *procmon = state;
    struct ntsim_feed_counts *counts = procmon->source->counts;
    struct procmon_row row;
    int result;

    if (procmon->holding) {
        *event = procmon->held;
        procmon->holding = false;
        return 1;
    }
    for (;;) {
        ntsim__arena_reset(&procmon->arena);
        result = procmon_csv_next(&procmon->csv, &procmon->arena, &row, error);
        counts->bytes_read = (uint64_t)(procmon->csv.at - procmon->source->text);
        if (result == 0)
            return flush_links(procmon, event);
        if (result == 1) {
            counts->records++;
            result = next_row(procmon, &row, event, error);
            if (result == 1)
                return 1;
        }
        if (result == NTCB_ENOMEM || (result < 0 && !procmon->source->skip_bad))
            return result;
        counts->bad += result < 0;
    }
}

const struct ntsim__reader_ops ntsim__procmon_reader = {
    .name = "procmon",
    .recognise = recognise,
    .open = procmon_open,
    .next = procmon_next,
    .rewind = procmon_rewind,
    .close = procmon_close,
};
