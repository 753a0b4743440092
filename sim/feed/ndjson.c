/* SPDX-License-Identifier: MIT
 *
 * ndjson.c - our own lines (docs/events.md): one JSON object a line is one event.
 *
 * Blank lines and lines that start with '#' say nothing and are not counted.
 */
#include "feed/ndjsonp.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    const struct ntsim__source *source;
    struct ntsim__lines lines;
    struct ntsim__arena arena; /* strings of the event last handed out */
};

/* The last reader asked: whatever starts like ours deserves our messages. An empty text is a stream
 * of no events. */
static bool recognise(const char *text, size_t size)
{
    size_t i = 0;

    while (i < size && memchr(" \t\r\n", text[i], 4) != NULL)
        i++;
    return i == size || text[i] == '{' || text[i] == '#';
}

static void rewind_reader(void *state)
{
    struct reader *reader = state;

    reader->lines =
        (struct ntsim__lines){.text = reader->source->text, .size = reader->source->size};
}

static int open_reader(void **state, const struct ntsim__source *source,
                       struct ntsim_feed_error *error)
{
    struct reader *reader = calloc(1, sizeof(*reader));

    (void)error;
    if (reader == NULL)
        return NTCB_ENOMEM;
    reader->source = source;
    rewind_reader(reader);
    *state = reader;
    return 0;
}

static bool says_nothing(const char *text, size_t length)
{
    size_t i = 0;

    while (i < length && (text[i] == ' ' || text[i] == '\t'))
        i++;
    return i == length || text[i] == '#';
}

static int next(void *state, struct ntsim_event *event, struct ntsim_feed_error *error)
{
    struct reader *reader = state;
    struct ntsim_feed_counts *counts = reader->source->counts;
    const struct ntsim_event blank = *event;
    struct ntsim__ndjson_line line = {
        .file = reader->source->file, .arena = &reader->arena, .event = event, .error = error};

    while (ntsim__lines_next(&reader->lines, &line.text, &line.length)) {
        int result;

        counts->bytes_read = reader->lines.offset;
        if (says_nothing(line.text, line.length))
            continue;
        counts->records++;
        ntsim__arena_reset(&reader->arena);
        *event = blank;
        line.number = event->place.line = reader->lines.number;
        result = ntsim__ndjson_parse(&line);
        if (result == 0)
            return 1;
        if (result != NTCB_EFORMAT || !reader->source->skip_bad)
            return result;
        counts->bad++;
    }
    return 0;
}

static void close_reader(void *state)
{
    struct reader *reader = state;

    ntsim__arena_free(&reader->arena);
    free(reader);
}

const struct ntsim__reader_ops ntsim__ndjson_reader = {
    .name = "ntcallback",
    .recognise = recognise,
    .open = open_reader,
    .next = next,
    .rewind = rewind_reader,
    .close = close_reader,
};
