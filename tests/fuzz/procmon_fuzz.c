/* SPDX-License-Identifier: MIT
 *
 * procmon_fuzz.c - any bytes as Process Monitor's CSV: the reader never reads beyond them, says
 * where a bad row is, and gives the same events on the second pass.
 */
#include "feed/feedp.h"

#include <stdlib.h>
#include <string.h>

static const char Header[] =
    "\"PID\",\"TID\",\"Operation\",\"Path\",\"Result\",\"Detail\",\"User\"\r\n";

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 1099511628211u;
    return hash;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return text ? mix(hash, text, strlen(text)) : hash + 1;
}

/* Touches all that an event says. */
static uint64_t pass(struct ntsim_feed *feed)
{
    struct ntsim_feed_error error = {0};
    struct ntsim_event event;
    uint64_t hash = 14695981039346656037u;
    int result;

    while ((result = ntsim_feed_next(feed, &event, &error)) == 1) {
        hash = mix(hash, &event.kind, sizeof(event.kind));
        hash = mix(hash, &event.has, sizeof(event.has));
        hash = mix(hash, &event.expect.has, sizeof(event.expect.has));
        hash = mix_text(hash, event.process_key);
        hash = mix_text(hash, event.target_key);
        hash = mix_text(hash, event.key);
        hash = mix_text(hash, event.value);
        hash = mix_text(hash, event.path);
        hash = mix_text(hash, event.command_line);
        hash = mix_text(hash, event.expect.name);
        hash = mix(hash, event.data, event.data_bytes);
        hash = mix(hash, event.expect.data, event.expect.data_bytes);
        if (event.expect.data_bytes > event.expect.length && event.expect.length)
            abort();
    }
    if (result < 0 && (error.place.line == 0 || error.reason[0] == '\0'))
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
    first = pass(feed);
    ntsim_feed_rewind(feed);
    if (pass(feed) != first)
        abort();
    ntsim_feed_close(feed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t header = sizeof(Header) - 1;
    char *text = malloc(header + size);

    if (!text)
        return 0;
    memcpy(text, Header, header);
    if (size)
        memcpy(text + header, data, size);
    read_all(text, header + size, false);
    read_all(text, header + size, true);
    free(text);
    if (size >= 2 && data[0] == '"')
        read_all(data, size, true);
    return 0;
}
