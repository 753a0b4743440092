/* SPDX-License-Identifier: MIT
 *
 * sysmon_read.c - every line of the text into records of one computer.
 *
 * Which lines are parsed: those that mention Sysmon's provider anywhere. All others cannot be its
 * records; they are only checked to be one whole JSON object by shape (sysmon_line_shape) and
 * counted as ignored. A line that fails the look is parsed after all, so that the message is the
 * parser's.
 */
#include "feed/sysmonp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CHANNEL "Microsoft-Windows-Sysmon/Operational"

static int bad_line(struct sysmon *sysmon, const struct sysmon_line *line, const json_error_t *from,
                    struct ntsim_feed_error *error)
{
    if (json_error_code(from) == json_error_out_of_memory)
        return NTCB_ENOMEM;
    ntsim__feed_fail(error, NTCB_EFORMAT, sysmon->source->file, line->number,
                     from->position > 0 ? (uint64_t)from->position : 1, "bad JSON: %s", from->text);
    ntsim__feed_advise(error, "%s",
                       json_error_code(from) == json_error_premature_end_of_input
                           ? "The line is cut off: export again, or skip malformed records."
                           : "Each record is one JSON object on one line; skip malformed records "
                             "to go on without it.");
    return NTCB_EFORMAT;
}

/* "PC" names "PC.example.org", too. */
static bool is_host(const char *wanted, const char *host)
{
    size_t length = strlen(wanted);

    return strncasecmp(wanted, host, length) == 0 && (host[length] == '\0' || host[length] == '.');
}

static int note_host(struct sysmon *sysmon, const char *host, bool *played)
{
    const char *wanted = sysmon->host_found ? sysmon->host : sysmon->source->host;
    size_t i = 0;
    char *copy;

    *played = sysmon->host_found ? strcasecmp(host, wanted) == 0
                                 : wanted == NULL || is_host(wanted, host);
    while (i < SYSMON_HOSTS_NAMED && sysmon->hosts[i] != NULL &&
           strcasecmp(sysmon->hosts[i], host) != 0)
        i++;
    if (i < SYSMON_HOSTS_NAMED && sysmon->hosts[i] != NULL)
        return 0;
    if (i == SYSMON_HOSTS_NAMED && !*played)
        return 0;
    copy = ntsim__arena_text(&sysmon->arena, host, strlen(host));
    if (copy == NULL)
        return NTCB_ENOMEM;
    if (i < SYSMON_HOSTS_NAMED)
        sysmon->hosts[i] = copy;
    if (*played && !sysmon->host_found) {
        sysmon->host = copy;
        sysmon->host_found = true;
    }
    return 0;
}

static int keep(struct sysmon *sysmon, const struct sysmon_record *record)
{
    struct sysmon_record *copy;

    if (sysmon->record_count == sysmon->record_capacity) {
        size_t capacity = sysmon->record_capacity == 0 ? 1024 : sysmon->record_capacity * 2;
        struct sysmon_record **records =
            realloc(sysmon->records, capacity * sizeof(struct sysmon_record *));

        if (records == NULL)
            return NTCB_ENOMEM;
        sysmon->records = records;
        sysmon->record_capacity = capacity;
    }
    copy = ntsim__arena_alloc(&sysmon->arena, sizeof(*copy));
    if (copy == NULL)
        return NTCB_ENOMEM;
    *copy = *record;
    sysmon->records[sysmon->record_count++] = copy;
    return 0;
}

/* 1: a record was kept, 0: of no concern, or an error. */
static int read_record(struct sysmon *sysmon, struct sysmon_line *line,
                       struct ntsim_feed_error *error)
{
    struct sysmon_record record = {0};
    bool played;
    int result;

    ntsim__sysmon_line_read(line);
    if (line->flavour == SYSMON_NONE || line->channel == NULL ||
        strcmp(line->channel, CHANNEL) != 0)
        return 0;
    sysmon->sysmon_lines++;
    if (sysmon->flavour == SYSMON_NONE)
        sysmon->flavour = line->flavour;
    result = note_host(sysmon, line->host != NULL ? line->host : "", &played);
    if (result != 0 || !played)
        return result;
    result = ntsim__sysmon_record_read(sysmon, line, &record, error);
    if (result <= 0)
        return result;
    result = keep(sysmon, &record);
    return result != 0 ? result : !record.is_reboot;
}

static int read_line(struct sysmon *sysmon, struct sysmon_line *line,
                     struct ntsim_feed_error *error)
{
    json_error_t json_error;
    int result;

    if (!ntsim__sysmon_line_mentions(line->text, line->length) &&
        ntsim__sysmon_line_shape(line->text, line->length))
        return 0;
    line->root =
        json_loadb(line->text, line->length, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &json_error);
    if (line->root == NULL)
        return bad_line(sysmon, line, &json_error, error);
    result = read_record(sysmon, line, error);
    json_decref(line->root);
    return result;
}

static int no_use(struct sysmon *sysmon, struct ntsim_feed_error *error)
{
    char names[192] = "";

    if (sysmon->sysmon_lines == 0) {
        ntsim__feed_fail(error, NTCB_EFORMAT, sysmon->source->file, 0, 0,
                         "none of its records is Sysmon's");
        ntsim__feed_advise(error, "Export the channel " CHANNEL ".");
        return NTCB_EFORMAT;
    }
    for (size_t i = 0; i < SYSMON_HOSTS_NAMED && sysmon->hosts[i] != NULL; i++) {
        size_t used = strlen(names);

        snprintf(names + used, sizeof(names) - used, "%s%s", i > 0 ? ", " : "", sysmon->hosts[i]);
    }
    ntsim__feed_fail(error, NTCB_EFORMAT, sysmon->source->file, 0, 0,
                     "it has no Sysmon record of the computer \"%.80s\"", sysmon->source->host);
    ntsim__feed_advise(error, "It has these: %s", names);
    return NTCB_EFORMAT;
}

int ntsim__sysmon_read(struct sysmon *sysmon, struct ntsim_feed_error *error)
{
    struct ntsim__lines lines = {.text = sysmon->source->text, .size = sysmon->source->size};
    struct sysmon_line line = {0};

    while (ntsim__lines_next(&lines, &line.text, &line.length)) {
        int result;

        if (strspn(line.text, " \t\r") >= line.length)
            continue;
        line.number = lines.number;
        line.offset = lines.offset;
        line.flavour = SYSMON_NONE;
        sysmon->read.records++;
        result = read_line(sysmon, &line, &sysmon->error);
        if (result == NTCB_ENOMEM)
            return result;
        if (result == 0)
            sysmon->read.ignored++;
        else if (result == NTCB_EFORMAT && sysmon->source->skip_bad)
            sysmon->read.bad++;
        else if (result == NTCB_EFORMAT) {
            sysmon->failed = result;
            return 0;
        }
    }
    return sysmon->host_found ? 0 : no_use(sysmon, error);
}
