/* SPDX-License-Identifier: MIT
 *
 * regfile_fuzz.c - any bytes as a registry editor file: the reader never reads beyond them, says
 * where a malformed entry is, gives the same events on the second pass, and closes what it opens.
 *
 * An input is the text behind the first line, of which its first byte chooses one; or, as it is,
 * the whole file.
 */
#include "feed/feedp.h"

#include <stdlib.h>
#include <string.h>

static const char *const Headers[] = {"Windows Registry Editor Version 5.00\r\n", "REGEDIT4\n"};

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 1099511628211u;
    return hash;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return text != NULL ? mix(hash, text, strlen(text)) : hash + 1;
}

/* Touches all that an event says. */
static uint64_t pass(struct ntsim_feed *feed)
{
    struct ntsim_feed_error error = {0};
    struct ntsim_event event;
    uint64_t hash = 14695981039346656037u;
    int result, open = 0, depth = 0;

    while ((result = ntsim_feed_next(feed, &event, &error)) == 1) {
        hash = mix(hash, &event.kind, sizeof(event.kind));
        hash = mix(hash, &event.place.line, sizeof(event.place.line));
        hash = mix_text(hash, event.key);
        hash = mix_text(hash, event.value);
        hash = mix_text(hash, event.command_line);
        hash = mix(hash, event.data, event.data_bytes);
        open += event.kind == NTSIM_EVENT_KEY_CREATE;
        open -= event.kind == NTSIM_EVENT_KEY_CLOSE;
        depth += event.kind == NTSIM_EVENT_PROCESS_CREATE;
        depth -= event.kind == NTSIM_EVENT_PROCESS_EXIT;
        if (open < 0 || open > 1 || depth < 0 || depth > 1)
            abort();
        if (event.kind == NTSIM_EVENT_VALUE_SET && (open != 1 || event.key == NULL))
            abort();
    }
    if (result == 0 && (open != 0 || depth != 0))
        abort();
    if (result < 0 && (error.place.line == 0 || error.place.column == 0 ||
                       error.reason[0] == '\0' || error.advice[0] == '\0'))
        abort();
    return hash;
}

static void read_all(const void *bytes, size_t size, bool skip_bad)
{
    struct ntsim_feed_error error;
    struct ntsim_feed *feed;
    uint64_t first;

    if (ntsim_feed_open_bytes(&feed, "fuzz", bytes, size, NULL, skip_bad, &error) != 0)
        return;
    if (strcmp(ntsim_feed_format(feed), "regedit") == 0) {
        first = pass(feed);
        ntsim_feed_rewind(feed);
        if (pass(feed) != first)
            abort();
    }
    ntsim_feed_close(feed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *header;
    char *text;

    if (size == 0)
        return 0;
    header = Headers[data[0] & 1];
    text = malloc(strlen(header) + size);
    if (text == NULL)
        return 0;
    memcpy(text, header, strlen(header));
    memcpy(text + strlen(header), data + 1, size - 1);
    read_all(text, strlen(header) + size - 1, false);
    read_all(text, strlen(header) + size - 1, true);
    free(text);
    read_all(data, size, false);
    read_all(data, size, true);
    return 0;
}
