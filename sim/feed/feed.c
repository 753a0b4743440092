/* SPDX-License-Identifier: MIT
 *
 * feed.c - open a recording, find its reader, hand its events on.
 *
 * State  struct ntsim_feed; a feed belongs to one thread at a time.
 * I1     After an error or the end, the feed stays there until it is rewound.
 */
#include "feed/feedp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Asked in this order: the last one takes every text that starts like JSON or a comment. */
static const struct ntsim__reader_ops *const readers[] = {
    &ntsim__procmon_reader,
    &ntsim__sysmon_reader,
    &ntsim__regfile_reader,
    &ntsim__ndjson_reader,
};

struct ntsim_feed {
    char *file;
    char *host;
    struct ntsim__bytes bytes;
    struct ntsim__source source;
    struct ntsim_feed_counts counts;
    const struct ntsim__reader_ops *reader;
    void *state;
    int ended; /* 0: no; 1: at the end; negative: the error it ended with */
    struct ntsim_feed_error error;
};

int ntsim__feed_fail(struct ntsim_feed_error *error, int code, const char *file, uint64_t line,
                     uint64_t column, const char *reason_format, ...)
{
    va_list arguments;

    if (error == NULL)
        return code;
    *error = (struct ntsim_feed_error){.place = {file, line, column}};
    va_start(arguments, reason_format);
    vsnprintf(error->reason, sizeof(error->reason), reason_format, arguments);
    va_end(arguments);
    return code;
}

void ntsim__feed_advise(struct ntsim_feed_error *error, const char *format, ...)
{
    va_list arguments;

    if (error == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(error->advice, sizeof(error->advice), format, arguments);
    va_end(arguments);
}

/* What users try first, and what to do instead. */
static const struct foreign {
    const char *magic;
    const char *what;
    const char *advice;
} foreigners[] = {
    {"ElfFile", "a Windows event log (.evtx)",
     "Convert it: evtx_dump -o jsonl LOG.evtx > LOG.jsonl"},
    {"PML_", "a Process Monitor log (.pml)",
     "Save it from Process Monitor as CSV, all columns shown."},
    {"<", "XML", "Export CSV from Process Monitor, or JSON lines from the event log."},
    {"[", "a JSON array", "Write one object a line: jq -c '.[]' FILE"},
    {"Record ", "evtx_dump's default output", "Use evtx_dump -o jsonl."},
    {"regf", "a registry hive", "Load it as a hive, not as events."},
    {"PK\x03\x04", "a zip archive", "Unpack it first."},
};

static int unknown_format(struct ntsim_feed *feed, struct ntsim_feed_error *error)
{
    const char *text = feed->bytes.text;

    for (size_t i = 0; i < sizeof(foreigners) / sizeof(foreigners[0]); i++) {
        size_t length = strlen(foreigners[i].magic);

        if (feed->bytes.size >= length && memcmp(text, foreigners[i].magic, length) == 0) {
            ntsim__feed_fail(error, NTCB_EFORMAT, feed->file, 1, 1, "this is %s",
                             foreigners[i].what);
            ntsim__feed_advise(error, "%s", foreigners[i].advice);
            return NTCB_EFORMAT;
        }
    }
    ntsim__feed_fail(error, NTCB_EFORMAT, feed->file, 1, 1, "this is no recording that we know");
    ntsim__feed_advise(error, "Give Process Monitor CSV, Sysmon JSON lines, a .reg file, or "
                              "lines of our own: {\"event\": \"key.open\", \"pid\": 8, "
                              "\"key\": \"HKLM\\\\X\"}");
    return NTCB_EFORMAT;
}

static int open_reader(struct ntsim_feed *feed, struct ntsim_feed_error *error)
{
    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        if (!readers[i]->recognise(feed->bytes.text, feed->bytes.size))
            continue;
        feed->reader = readers[i];
        return feed->reader->open(&feed->state, &feed->source, error);
    }
    return unknown_format(feed, error);
}

/* Takes `bytes` over, also when it fails. */
static int create(struct ntsim_feed **out, const char *name, struct ntsim__bytes *bytes,
                  const char *host, bool skip_bad, struct ntsim_feed_error *error)
{
    struct ntsim_feed *feed = calloc(1, sizeof(*feed));
    int result = NTCB_ENOMEM;

    if (feed == NULL) {
        ntsim__bytes_free(bytes);
        return ntsim__feed_fail(error, NTCB_ENOMEM, name, 0, 0, "no memory");
    }
    feed->bytes = *bytes;
    feed->file = strdup(name);
    feed->host = host != NULL ? strdup(host) : NULL;
    feed->counts.bytes_total = bytes->size;
    if (feed->file != NULL && (host == NULL || feed->host != NULL)) {
        feed->source = (struct ntsim__source){feed->file, bytes->text, bytes->size,
                                              feed->host, skip_bad,    &feed->counts};
        result = open_reader(feed, error);
    }
    if (result == NTCB_ENOMEM)
        ntsim__feed_fail(error, NTCB_ENOMEM, name, 0, 0, "no memory");
    if (result != 0) {
        if (error != NULL)
            error->place.file = name; /* the feed's own copy goes */
        ntsim_feed_close(feed);
        return result;
    }
    *out = feed;
    return 0;
}

int ntsim_feed_open(struct ntsim_feed **out, const char *path, const char *host, bool skip_bad,
                    struct ntsim_feed_error *error)
{
    struct ntsim__bytes bytes;
    int result = ntsim__bytes_read(&bytes, path, error);

    return result != 0 ? result : create(out, path, &bytes, host, skip_bad, error);
}

int ntsim_feed_open_bytes(struct ntsim_feed **out, const char *name, const void *raw, size_t size,
                          const char *host, bool skip_bad, struct ntsim_feed_error *error)
{
    struct ntsim__bytes bytes;
    int result = ntsim__bytes_unpack(&bytes, name, raw, size, error);

    return result != 0 ? result : create(out, name, &bytes, host, skip_bad, error);
}

int ntsim_feed_next(struct ntsim_feed *feed, struct ntsim_event *event,
                    struct ntsim_feed_error *error)
{
    int result;

    if (feed->ended == 0) {
        *event = (struct ntsim_event){.place.file = feed->file};
        result = feed->reader->next(feed->state, event, &feed->error);
        if (result == 1) {
            feed->counts.events++;
            return 1;
        }
        if (result == NTCB_ENOMEM)
            ntsim__feed_fail(&feed->error, NTCB_ENOMEM, feed->file, 0, 0, "no memory");
        if (result == 0)
            feed->counts.bytes_read = feed->counts.bytes_total;
        feed->ended = result == 0 ? 1 : result;
    }
    if (feed->ended > 0)
        return 0;
    if (error != NULL)
        *error = feed->error;
    return feed->ended;
}

void ntsim_feed_rewind(struct ntsim_feed *feed)
{
    feed->counts = (struct ntsim_feed_counts){.bytes_total = feed->bytes.size};
    feed->ended = 0;
    feed->reader->rewind(feed->state);
}

void ntsim_feed_counts(const struct ntsim_feed *feed, struct ntsim_feed_counts *out)
{
    *out = feed->counts;
}

const char *ntsim_feed_format(const struct ntsim_feed *feed)
{
    return feed->reader->format != NULL ? feed->reader->format(feed->state) : feed->reader->name;
}

void ntsim_feed_close(struct ntsim_feed *feed)
{
    if (feed == NULL)
        return;
    if (feed->state != NULL)
        feed->reader->close(feed->state);
    ntsim__bytes_free(&feed->bytes);
    free(feed->file);
    free(feed->host);
    free(feed);
}
