/* SPDX-License-Identifier: MIT
 *
 * procmon_row.c - rows about processes, threads and images into events.
 *
 * A process is known by "pid#generation": a pid is used again within minutes. "Process Create" is
 * a row of the creator; "Process Start" tells of the same creation a second time, and stands in for
 * it where it is missing.
 */
#include "procmonp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SYSTEM_PID 4

int procmon_bad(struct procmon *procmon, const struct procmon_row *row, enum procmon_column column,
                struct ntsim_feed_error *error, const char *format, ...)
{
    char reason[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    ntsim__feed_fail(error, NTCB_EFORMAT, procmon->source->file, row->line,
                     column < PROCMON_COLUMN_COUNT ? row->column[column] : 0, "%s", reason);
    ntsim__feed_advise(error, "If Process Monitor wrote it so, please report the row; --skip-bad "
                              "passes over it.");
    return NTCB_EFORMAT;
}

/* "pid#generation" of the live process; NULL: no memory. A pid that ended begins anew. */
static char *live_process(struct procmon *procmon, const struct procmon_row *row, uint32_t pid,
                          struct procmon_name **out)
{
    char text[16];
    struct procmon_name *name;

    snprintf(text, sizeof(text), "%" PRIu32, pid);
    name = procmon_add(&procmon->processes, text);
    if (!name)
        return NULL;
    if (!name->alive) {
        name->alive = true;
        name->created = false;
        name->line = row->line;
        name->generation++;
    }
    if (out)
        *out = name;
    return ntsim__arena_format(&procmon->arena, "%s#%" PRIu64, text, name->generation);
}

static int read_id(struct procmon *procmon, const struct procmon_row *row,
                   enum procmon_column column, uint32_t *id, struct ntsim_feed_error *error)
{
    uint64_t number;

    if (!procmon_number((struct procmon_span){row->field[column], strlen(row->field[column])},
                        &number) ||
        number > UINT32_MAX)
        return procmon_bad(procmon, row, column, error, "\"%.40s\" is not a number",
                           row->field[column]);
    *id = (uint32_t)number;
    return 1;
}

/* Who did it. */
static int read_actor(struct procmon *procmon, const struct procmon_row *row,
                      struct ntsim_event *event, struct ntsim_feed_error *error)
{
    int result = read_id(procmon, row, PROCMON_PID, &event->pid, error);

    if (result != 1)
        return result;
    event->has |= NTSIM_HAS_PID;
    if (procmon->csv.present[PROCMON_TID]) {
        result = read_id(procmon, row, PROCMON_TID, &event->tid, error);
        if (result != 1)
            return result;
        event->has |= NTSIM_HAS_TID;
    }
    if (event->pid != SYSTEM_PID) {
        event->process_key = live_process(procmon, row, event->pid, NULL);
        if (!event->process_key)
            return NTCB_ENOMEM;
    }
    event->process_image =
        row->field[*row->field[PROCMON_IMAGE_PATH] ? PROCMON_IMAGE_PATH : PROCMON_PROCESS_NAME];
    event->account = *row->field[PROCMON_USER] ? row->field[PROCMON_USER] : NULL;
    return 1;
}

/* A number of Detail that has to be there. */
static int need_number(struct procmon *procmon, const struct procmon_row *row, const char *key,
                       uint64_t limit, uint64_t *value, struct ntsim_feed_error *error)
{
    if (procmon_field_number(row->field[PROCMON_DETAIL], key, value) && *value <= limit)
        return 1;
    return procmon_bad(procmon, row, PROCMON_DETAIL, error, "Detail has no number \"%s\"", key);
}

static int begin_process(struct procmon *procmon, const struct procmon_row *row, uint32_t pid,
                         struct ntsim_event *event)
{
    struct procmon_name *name;

    if (!live_process(procmon, row, pid, &name))
        return NTCB_ENOMEM;
    /* One that earlier rows speak of was not seen to exit: this is another. */
    if (name->line != row->line)
        name->alive = false;
    event->target_pid = pid;
    event->target_key = live_process(procmon, row, pid, &name);
    name->created = true;
    return event->target_key ? 1 : NTCB_ENOMEM;
}

static int process_create(struct procmon *procmon, const struct procmon_row *row,
                          struct ntsim_event *event, struct ntsim_feed_error *error)
{
    struct procmon_span text;
    uint64_t pid;
    int result = need_number(procmon, row, "PID", UINT32_MAX, &pid, error);

    if (result != 1)
        return result;
    event->kind = NTSIM_EVENT_PROCESS_CREATE;
    event->no_thread = true;
    event->path = row->field[PROCMON_PATH];
    event->parent_pid = event->pid;
    event->parent_key = event->process_key;
    if (procmon_field(row->field[PROCMON_DETAIL], "Command line", true, &text))
        event->command_line = text.at;
    return begin_process(procmon, row, (uint32_t)pid, event);
}

static int process_start(struct procmon *procmon, const struct procmon_row *row,
                         struct ntsim_event *event, struct ntsim_feed_error *error)
{
    const char *detail = row->field[PROCMON_DETAIL], *end;
    uint32_t child = event->pid;
    struct procmon_name *name;
    struct procmon_span text;
    uint64_t parent;
    int result = need_number(procmon, row, "Parent PID", UINT32_MAX, &parent, error);

    if (result != 1)
        return result;
    if (!live_process(procmon, row, child, &name))
        return NTCB_ENOMEM;
    if (name->created)
        return 0;
    event->kind = NTSIM_EVENT_PROCESS_CREATE;
    event->no_thread = true;
    event->path = event->process_image;
    event->pid = event->parent_pid = (uint32_t)parent;
    event->has &= ~NTSIM_HAS_TID; /* the thread is the creator's, but not every version says so */
    event->process_key = NULL;
    if (event->pid != SYSTEM_PID &&
        !(event->process_key = live_process(procmon, row, event->pid, NULL)))
        return NTCB_ENOMEM;
    event->parent_key = event->process_key;
    event->process_image = NULL;
    if (procmon_field(detail, "Command line", true, &text)) {
        end = strstr(text.at, ", Current directory: ");
        event->command_line = ntsim__arena_text(&procmon->arena, text.at,
                                                end ? (size_t)(end - text.at) : text.length);
        if (!event->command_line)
            return NTCB_ENOMEM;
    }
    return begin_process(procmon, row, child, event);
}

static int process_exit(struct procmon *procmon, const struct procmon_row *row,
                        struct ntsim_event *event, struct ntsim_feed_error *error)
{
    struct procmon_span text;
    struct procmon_name *name;
    uint64_t number;
    bool negative;

    event->kind = NTSIM_EVENT_PROCESS_EXIT;
    if (!live_process(procmon, row, event->pid, &name))
        return NTCB_ENOMEM;
    name->alive = false;
    if (!procmon_field(row->field[PROCMON_DETAIL], "Exit Status", false, &text))
        return 1;
    negative = text.length > 0 && *text.at == '-';
    text.at += negative;
    text.length -= negative;
    if (!procmon_number(text, &number) || number > UINT32_MAX)
        return procmon_bad(procmon, row, PROCMON_DETAIL, error, "\"%.*s\" is not an exit status",
                           (int)(text.length < 40 ? text.length : 40), text.at);
    event->exit_status = (int32_t)(negative ? 0u - (uint32_t)number : (uint32_t)number);
    event->has |= NTSIM_HAS_EXIT_STATUS;
    return 1;
}

static int thread_create(struct procmon *procmon, const struct procmon_row *row,
                         struct ntsim_event *event, struct ntsim_feed_error *error)
{
    uint64_t tid;
    int result = need_number(procmon, row, "Thread ID", UINT32_MAX, &tid, error);

    event->kind = NTSIM_EVENT_THREAD_CREATE;
    event->target_key = event->process_key;
    event->target_pid = event->pid;
    event->target_tid = (uint32_t)tid;
    return result;
}

static int thread_exit(struct procmon *procmon, const struct procmon_row *row,
                       struct ntsim_event *event, struct ntsim_feed_error *error)
{
    int result = thread_create(procmon, row, event, error);

    event->kind = NTSIM_EVENT_THREAD_EXIT;
    return result;
}

static int load_image(struct procmon *procmon, const struct procmon_row *row,
                      struct ntsim_event *event, struct ntsim_feed_error *error)
{
    int result = need_number(procmon, row, "Image Base", UINT64_MAX, &event->image_base, error);

    if (result == 1)
        result = need_number(procmon, row, "Image Size", UINT64_MAX, &event->image_size, error);
    event->kind = NTSIM_EVENT_IMAGE_LOAD;
    event->path = row->field[PROCMON_PATH];
    return result;
}

static const struct {
    const char *operation;
    int (*read)(struct procmon *procmon, const struct procmon_row *row, struct ntsim_event *event,
                struct ntsim_feed_error *error);
} Operations[] = {
    {"Process Create", process_create}, {"Process Start", process_start},
    {"Process Exit", process_exit},     {"Thread Create", thread_create},
    {"Thread Exit", thread_exit},       {"Load Image", load_image},
};

int procmon_event(struct procmon *procmon, const struct procmon_row *row, struct ntsim_event *event,
                  struct ntsim_feed_error *error)
{
    const char *operation = row->field[PROCMON_OPERATION];
    int result;

    *event = (struct ntsim_event){.place = {procmon->source->file, row->line, 0}};
    if (strncmp(operation, "Reg", 3) == 0) {
        result = read_actor(procmon, row, event, error);
        return result == 1 ? procmon_key_event(procmon, row, event, error) : result;
    }
    for (size_t i = 0; i < sizeof(Operations) / sizeof(Operations[0]); i++) {
        if (strcmp(operation, Operations[i].operation) != 0)
            continue;
        if (strcmp(row->field[PROCMON_RESULT], "SUCCESS") != 0)
            return 0; /* nothing came of it, nobody was notified */
        result = read_actor(procmon, row, event, error);
        return result == 1 ? Operations[i].read(procmon, row, event, error) : result;
    }
    return 0;
}
