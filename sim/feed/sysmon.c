/* SPDX-License-Identifier: MIT
 *
 * sysmon.c - Sysmon's events from JSON lines, as a feed (sysmonp.h has the plan).
 */
#include "feed/sysmonp.h"

#include <stdlib.h>
#include <string.h>

/* Lines looked at to tell Sysmon's JSON from ours: files begin with other channels' records. */
#define LINES_TRIED 64

static bool recognise(const char *text, size_t size)
{
    struct ntsim__lines lines = {.text = text, .size = size};
    const char *line;
    size_t length;

    while (lines.number < LINES_TRIED && ntsim__lines_next(&lines, &line, &length)) {
        enum sysmon_flavour flavour;
        bool is_ours;
        json_t *root;

        if (strspn(line, " \t\r") >= length || line[0] == '#')
            continue;
        if (line[strspn(line, " \t")] != '{')
            return false;
        root = json_loadb(line, length, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, NULL);
        flavour = ntsim__sysmon_flavour_of(root);
        is_ours = json_is_string(json_object_get(root, "event"));
        json_decref(root);
        if (flavour != SYSMON_NONE || is_ours)
            return !is_ours;
    }
    return ntsim__sysmon_line_mentions(text, size);
}

static void close_reader(void *state)
{
    struct sysmon *sysmon = state;

    ntsim__sysmon_process_free(sysmon);
    ntsim__arena_free(&sysmon->arena);
    free(sysmon->records);
    free(sysmon->outputs);
    free(sysmon);
}

/* The whole text is read by now: what it holds is known from the start. */
static void rewind_reader(void *state)
{
    struct sysmon *sysmon = state;

    sysmon->position = 0;
    sysmon->source->counts->records = sysmon->read.records;
    sysmon->source->counts->ignored = sysmon->read.ignored;
    sysmon->source->counts->bad = sysmon->read.bad;
}

static int open_reader(void **state, const struct ntsim__source *source,
                       struct ntsim_feed_error *error)
{
    struct sysmon *sysmon = calloc(1, sizeof(*sysmon));
    int result;

    if (sysmon == NULL)
        return NTCB_ENOMEM;
    sysmon->source = source;
    sysmon->highest_id = SYSMON_SYSTEM_PID;
    result = ntsim__sysmon_read(sysmon, error);
    if (result == 0)
        result = ntsim__sysmon_lay_down(sysmon);
    if (result != 0) {
        close_reader(sysmon);
        return result;
    }
    /* Only their events are needed from here on. */
    ntsim__sysmon_process_free(sysmon);
    free(sysmon->records);
    sysmon->records = NULL;
    rewind_reader(sysmon);
    *state = sysmon;
    return 0;
}

static int next(void *state, struct ntsim_event *event, struct ntsim_feed_error *error)
{
    struct sysmon *sysmon = state;
    struct ntsim_feed_counts *counts = sysmon->source->counts;
    const struct sysmon_output *output;

    if (sysmon->position == sysmon->output_count) {
        if (sysmon->failed != 0)
            *error = sysmon->error;
        return sysmon->failed;
    }
    output = &sysmon->outputs[sysmon->position++];
    *event = *output->event;
    counts->synthesised += output->synthesised;
    if (output->offset > counts->bytes_read)
        counts->bytes_read = output->offset;
    return 1;
}

static const char *format(const void *state)
{
    const struct sysmon *sysmon = state;

    return ntsim__sysmon_flavour_name(sysmon->flavour);
}

const struct ntsim__reader_ops ntsim__sysmon_reader = {
    .name = "sysmon",
    .recognise = recognise,
    .open = open_reader,
    .next = next,
    .rewind = rewind_reader,
    .close = close_reader,
    .format = format,
};
