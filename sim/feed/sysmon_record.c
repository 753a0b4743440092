/* SPDX-License-Identifier: MIT
 *
 * sysmon_record.c - one Sysmon event into one record: process, thread, image and handle events.
 */
#include "feed/sysmonp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define UNKNOWN_PROCESS "<unknown process>"

int ntsim__sysmon_missing(const struct sysmon *sysmon, const struct sysmon_line *line,
                          const char *name, struct ntsim_feed_error *error)
{
    ntsim__feed_fail(error, NTCB_EFORMAT, sysmon->source->file, line->number, 0,
                     "Sysmon event %u has no usable field \"%s\"", line->id, name);
    ntsim__feed_advise(error, "The exporter lost it: export again, or skip malformed records.");
    return NTCB_EFORMAT;
}

/* An optional text: absent is NULL. */
static int take(struct sysmon *sysmon, const struct sysmon_line *line, const char *name,
                const char **out, struct ntsim_feed_error *error)
{
    int result = ntsim__sysmon_text(line, name, &sysmon->arena, out);

    return result == NTCB_EFORMAT ? ntsim__sysmon_missing(sysmon, line, name, error)
           : result < 0           ? result
                                  : 0;
}

static int need(struct sysmon *sysmon, const struct sysmon_line *line, const char *name,
                const char **out, struct ntsim_feed_error *error)
{
    int result = take(sysmon, line, name, out, error);

    return result == 0 && *out == NULL ? ntsim__sysmon_missing(sysmon, line, name, error) : result;
}

static int need_u32(const struct sysmon *sysmon, const struct sysmon_line *line, const char *name,
                    uint32_t *out, struct ntsim_feed_error *error)
{
    uint64_t number;

    if (!ntsim__sysmon_number(line, name, &number) || number > UINT32_MAX)
        return ntsim__sysmon_missing(sysmon, line, name, error);
    *out = (uint32_t)number;
    return 0;
}

/* Names of the fields that say who: one row per role. */
static const struct role {
    const char *guid, *pid, *image, *account;
} roles[] = {
    {"ProcessGuid", "ProcessId", "Image", "User"},
    {"SourceProcessGuid", "SourceProcessId", "SourceImage", "SourceUser"},
    {"TargetProcessGuid", "TargetProcessId", "TargetImage", "TargetUser"},
    {"ParentProcessGuid", "ParentProcessId", "ParentImage", "ParentUser"},
};
enum { OWN, SOURCE, TARGET, PARENT };

/* *out is NULL when the record does not say who. */
static int take_process(struct sysmon *sysmon, const struct sysmon_line *line, int as,
                        struct sysmon_process **out, struct ntsim_feed_error *error)
{
    const struct role *role = &roles[as];
    const char *guid, *image, *account;
    uint64_t pid = 0;
    int result = take(sysmon, line, role->guid, &guid, error);

    if (result == 0)
        result = take(sysmon, line, role->image, &image, error);
    if (result == 0)
        result = take(sysmon, line, role->account, &account, error);
    if (result != 0)
        return result;
    if (!ntsim__sysmon_number(line, role->pid, &pid) || pid > UINT32_MAX)
        pid = 0;
    if (image != NULL && strcmp(image, UNKNOWN_PROCESS) == 0)
        image = NULL;
    result = ntsim__sysmon_process_find(sysmon, guid, (uint32_t)pid, out);
    if (result == 0 && *out == NULL && image != NULL && as != PARENT) {
        /* A GUID of zeros and no pid: all that is known is the file it runs. */
        guid = ntsim__arena_format(&sysmon->arena, "image:%s", image);
        result = guid != NULL ? ntsim__sysmon_process_find(sysmon, guid, 0, out) : NTCB_ENOMEM;
    }
    if (result != 0 || *out == NULL)
        return result;
    if ((*out)->image == NULL)
        (*out)->image = image;
    if ((*out)->account == NULL)
        (*out)->account = account;
    return 0;
}

static int need_process(struct sysmon *sysmon, const struct sysmon_line *line, int as,
                        struct sysmon_process **out, struct ntsim_feed_error *error)
{
    int result = take_process(sysmon, line, as, out, error);

    return result == 0 && *out == NULL ? ntsim__sysmon_missing(sysmon, line, roles[as].guid, error)
                                       : result;
}

/* ---- per event ------------------------------------------------------------------------------ */

static int read_create(struct sysmon *sysmon, const struct sysmon_line *line,
                       struct sysmon_record *record, struct ntsim_feed_error *error)
{
    struct ntsim_event *event = &record->event;
    int result = need_process(sysmon, line, OWN, &record->target, error);

    event->kind = NTSIM_EVENT_PROCESS_CREATE;
    if (result == 0)
        result = take_process(sysmon, line, PARENT, &record->actor, error);
    if (result == 0)
        result = take(sysmon, line, "Image", &event->path, error);
    if (result == 0)
        result = take(sysmon, line, "CommandLine", &event->command_line, error);
    if (result == 0)
        result = take(sysmon, line, "User", &event->account, error);
    if (event->path != NULL && strcmp(event->path, UNKNOWN_PROCESS) == 0)
        event->path = NULL;
    return result;
}

static int read_exit(struct sysmon *sysmon, const struct sysmon_line *line,
                     struct sysmon_record *record, struct ntsim_feed_error *error)
{
    record->event.kind = NTSIM_EVENT_PROCESS_EXIT;
    return need_process(sysmon, line, OWN, &record->actor, error);
}

static int read_image(struct sysmon *sysmon, const struct sysmon_line *line,
                      struct sysmon_record *record, struct ntsim_feed_error *error)
{
    struct ntsim_event *event = &record->event;
    const char *is_signed = NULL;
    int result = need(sysmon, line, "ImageLoaded", &event->path, error);

    event->kind = NTSIM_EVENT_IMAGE_LOAD;
    event->kernel_image = line->id == 6;
    if (result == 0 && !event->kernel_image)
        result = need_process(sysmon, line, OWN, &record->actor, error);
    if (result == 0)
        result = take(sysmon, line, "Signed", &is_signed, error);
    event->is_signed = is_signed != NULL && strcasecmp(is_signed, "true") == 0;
    return result;
}

static int read_remote_thread(struct sysmon *sysmon, const struct sysmon_line *line,
                              struct sysmon_record *record, struct ntsim_feed_error *error)
{
    int result = need_process(sysmon, line, SOURCE, &record->actor, error);

    record->event.kind = NTSIM_EVENT_THREAD_CREATE;
    if (result == 0)
        result = need_process(sysmon, line, TARGET, &record->target, error);
    if (result == 0)
        result = need_u32(sysmon, line, "NewThreadId", &record->event.target_tid, error);
    return result;
}

static int read_handle(struct sysmon *sysmon, const struct sysmon_line *line,
                       struct sysmon_record *record, struct ntsim_feed_error *error)
{
    struct ntsim_event *event = &record->event;
    uint64_t tid;
    int result = need_process(sysmon, line, SOURCE, &record->actor, error);

    event->kind = NTSIM_EVENT_HANDLE_OPEN;
    if (result == 0)
        result = need_process(sysmon, line, TARGET, &record->target, error);
    if (result == 0)
        result = need_u32(sysmon, line, "GrantedAccess", &event->access, error);
    if (ntsim__sysmon_number(line, "SourceThreadId", &tid) && tid > 0 && tid <= UINT32_MAX) {
        event->tid = (uint32_t)tid;
        event->has |= NTSIM_HAS_TID;
    }
    /* What was granted is all that is known of what was asked for. */
    event->has |= NTSIM_HAS_ACCESS;
    event->expect.has = NTSIM_HAS_ACCESS | NTSIM_HAS_STATUS;
    event->expect.access = event->access;
    return result;
}

static int read_registry(struct sysmon *sysmon, const struct sysmon_line *line,
                         struct sysmon_record *record, struct ntsim_feed_error *error)
{
    int result = need_process(sysmon, line, OWN, &record->actor, error);

    return result == 0 ? ntsim__sysmon_registry_read(sysmon, line, record, error) : result;
}

/* The service started or stopped: what lived on this computer is taken to be gone. */
static int read_service(struct sysmon *sysmon, const struct sysmon_line *line,
                        struct sysmon_record *record, struct ntsim_feed_error *error)
{
    (void)sysmon;
    (void)line;
    (void)error;
    record->is_reboot = true;
    return 0;
}

static const struct {
    uint32_t id;
    int (*read)(struct sysmon *sysmon, const struct sysmon_line *line, struct sysmon_record *record,
                struct ntsim_feed_error *error);
} events[] = {
    {1, read_create},    {4, read_service},       {5, read_exit},    {6, read_image},
    {7, read_image},     {8, read_remote_thread}, {10, read_handle}, {12, read_registry},
    {13, read_registry}, {14, read_registry},
};

static void note_id(struct sysmon *sysmon, uint32_t id)
{
    if (id > sysmon->highest_id)
        sysmon->highest_id = id;
}

int ntsim__sysmon_record_read(struct sysmon *sysmon, const struct sysmon_line *line,
                              struct sysmon_record *record, struct ntsim_feed_error *error)
{
    size_t i = 0;
    int result;

    while (i < sizeof(events) / sizeof(events[0]) && events[i].id != line->id)
        i++;
    if (i == sizeof(events) / sizeof(events[0]))
        return 0;
    record->id = line->id;
    record->record_number = line->record_number;
    record->offset = line->offset;
    record->event.place = (struct ntsim_place){sysmon->source->file, line->number, 0};
    result = events[i].read(sysmon, line, record, error);
    if (result != 0)
        return result;
    note_id(sysmon, record->event.tid);
    note_id(sysmon, record->event.target_tid);
    if (record->id == 1)
        record->boot = ntsim__sysmon_boot_of(record->target->guid);
    else if (record->actor != NULL)
        record->boot = ntsim__sysmon_boot_of(record->actor->guid);
    return 1;
}
