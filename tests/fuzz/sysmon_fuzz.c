/* SPDX-License-Identifier: MIT
 *
 * sysmon_fuzz.c - any bytes as a Sysmon log, containers included: what comes out must be a history
 * in which a process lives whenever it is mentioned.
 */
#include "feed/feedp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BEINGS_MAX 256

struct world {
    const char *beings[BEINGS_MAX]; /* keys; they live as long as the feed */
    size_t count;
    bool full;
};

static size_t find(const struct world *world, const char *key)
{
    size_t i = 0;

    while (i < world->count && strcmp(world->beings[i], key) != 0)
        i++;
    return i;
}

static void must_live(const struct world *world, const char *key)
{
    if (key != NULL && !world->full && find(world, key) == world->count)
        abort();
}

static void step(struct world *world, const struct ntsim_event *event)
{
    must_live(world, event->process_key);
    if (event->kind != NTSIM_EVENT_PROCESS_CREATE) {
        must_live(world, event->target_key);
    } else if (world->count == BEINGS_MAX) {
        world->full = true;
    } else {
        if (!world->full && find(world, event->target_key) != world->count)
            abort();
        world->beings[world->count++] = event->target_key;
    }
    if (event->kind == NTSIM_EVENT_PROCESS_EXIT && !world->full)
        world->beings[find(world, event->process_key)] = world->beings[--world->count];
}

static void drain(struct ntsim_feed *feed)
{
    struct ntsim_feed_error error;
    struct ntsim_event event;
    struct world world = {.count = 0};

    while (ntsim_feed_next(feed, &event, &error) == 1)
        step(&world, &event);
    if (world.count != 0 && !world.full && strncmp(ntsim_feed_format(feed), "sysmon", 6) == 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int skip_bad = 0; skip_bad < 2; skip_bad++) {
        struct ntsim_feed *feed = NULL;

        if (ntsim_feed_open_bytes(&feed, "fuzz", data, size, NULL, skip_bad, NULL) != 0)
            continue;
        if (strncmp(ntsim_feed_format(feed), "sysmon", 6) == 0) {
            drain(feed);
            ntsim_feed_rewind(feed);
            drain(feed);
        }
        ntsim_feed_close(feed);
    }
    return 0;
}
