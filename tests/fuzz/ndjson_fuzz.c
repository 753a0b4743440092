/* SPDX-License-Identifier: MIT
 *
 * ndjson_fuzz.c - any bytes as our own lines, read to the end; then with bad lines skipped.
 */
#include "feed/feedp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t seen;

static void use(const char *text)
{
    seen += text != NULL ? (uint32_t)strlen(text) : 0;
}

static void use_bytes(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        seen += bytes[i];
}

static void drain(struct ntsim_feed *feed)
{
    struct ntsim_feed_error error;
    struct ntsim_event event;

    while (ntsim_feed_next(feed, &event, &error) == 1) {
        use(event.process_key);
        use(event.key);
        use(event.value);
        use(event.path);
        use(event.expect.name);
        use_bytes(event.data, event.data_bytes);
        use_bytes(event.expect.data, event.expect.data_bytes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 2);

    if (text == NULL)
        return 0;
    text[0] = '#'; /* makes it ours, whatever follows */
    text[1] = '\n';
    if (size > 0)
        memcpy(text + 2, data, size);
    for (int skip_bad = 0; skip_bad < 2; skip_bad++) {
        struct ntsim_feed *feed = NULL;

        if (ntsim_feed_open_bytes(&feed, "fuzz", text, size + 2, NULL, skip_bad, NULL) != 0)
            continue;
        drain(feed);
        ntsim_feed_rewind(feed);
        drain(feed);
        ntsim_feed_close(feed);
    }
    free(text);
    return 0;
}
