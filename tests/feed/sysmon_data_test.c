/* SPDX-License-Identifier: MIT
 *
 * sysmon_data_test.c - real Sysmon logs: every record is accounted for, and the history made of
 * each is one that a kernel could have had.
 *
 * The counts come from STATS.json beside the recordings.
 */
#include "feed_input.h"

#include <jansson.h>
#include <strings.h>

#define HOSTS_MAX 8

static const char *const logs[] = {
    "sysmon/otrf_flat_aptsimulator_guidmismatch.jsonl.xz",
    "sysmon/otrf_flat_createremotethread.jsonl.xz",
    "sysmon/otrf_flat_minint_key.jsonl.xz",
    "sysmon/otrf_flat_psexec_tiny.jsonl.xz",
    "sysmon/otrf_nopid_taskmgr_lsass.jsonl.xz",
    "sysmon/otrf_nxlog_wmic_backdoor_3hosts.jsonl.xz",
    "sysmon/otrf_winlogbeat6_enable_rdp.jsonl.xz",
    "sysmon/sigma_evtxdump_mixed.jsonl.xz",
};

#define LOG_COUNT (sizeof(logs) / sizeof(logs[0]))

/* What one log tells, all its computers together. */
struct tally {
    uint64_t kinds[NTSIM_EVENT_KIND_COUNT];
    uint64_t recorded; /* events that a record stands for */
    uint64_t lines;
    uint64_t kernel_images;
    uint64_t flagged_creates; /* key.create with the kind of operation lost */
};

static json_t *load_stats(void)
{
    json_error_t error;
    json_t *stats = json_load_file(ntcb_test_data("STATS.json"), 0, &error);

    if (stats == NULL)
        fail_msg("STATS.json:%d: %s", error.line, error.text);
    return stats;
}

static uint64_t number(const json_t *object, const char *outer, const char *inner)
{
    return (uint64_t)json_integer_value(json_object_get(json_object_get(object, outer), inner));
}

static struct ntsim_feed *open_log(const char *log, const char *host)
{
    char path[4096];
    struct ntsim_feed *feed = NULL;
    struct ntsim_feed_error error;

    snprintf(path, sizeof(path), "%s", ntcb_test_data(log));
    if (ntsim_feed_open(&feed, path, host, false, &error) != 0)
        fail_msg("%s: %s", path, error.reason);
    return feed;
}

static void add(struct tally *tally, const char *log, const char *host)
{
    struct ntsim_feed *feed = open_log(log, host);
    struct ntsim_feed_counts counts;
    struct ntsim_feed_error error;
    struct ntsim_event event;
    int result;

    while ((result = ntsim_feed_next(feed, &event, &error)) == 1) {
        tally->kinds[event.kind]++;
        tally->kernel_images += event.kernel_image;
        tally->flagged_creates +=
            event.kind == NTSIM_EVENT_KEY_CREATE && (event.has & NTSIM_HAS_SYNTHETIC);
    }
    if (result != 0)
        fail_msg("%s:%d: %s", log, (int)error.place.line, error.reason);
    ntsim_feed_counts(feed, &counts);
    EXPECT_EQ(counts.bad, 0);
    /* Every line is an event or was ignored. */
    EXPECT_EQ(counts.records, counts.events - counts.synthesised + counts.ignored);
    tally->recorded += counts.events - counts.synthesised;
    tally->lines = counts.records;
    ntsim_feed_close(feed);
}

static void every_record_is_accounted_for(void **state)
{
    static const char *const ids[] = {"1", "5", "6", "7", "8", "10", "12", "13", "14"};
    json_t *stats = load_stats();

    (void)state;
    for (size_t i = 0; i < LOG_COUNT; i++) {
        const json_t *of = json_object_get(stats, logs[i]);
        const json_t *operations = json_object_get(of, "registry_EventType");
        struct tally tally = {0};
        uint64_t recorded = 0;
        const char *host;
        json_t *count;

        json_object_foreach(json_object_get(of, "hosts"), host, count) add(&tally, logs[i], host);
        for (size_t j = 0; j < sizeof(ids) / sizeof(ids[0]); j++)
            recorded += number(of, "events", ids[j]);
        print_message("%s: %llu records\n", logs[i], (unsigned long long)recorded);
        EXPECT_TRUE(recorded > 0);
        EXPECT_EQ(tally.lines, json_integer_value(json_object_get(of, "lines")));
        EXPECT_EQ(tally.recorded, recorded);
        EXPECT_EQ(tally.kinds[NTSIM_EVENT_IMAGE_LOAD],
                  number(of, "events", "6") + number(of, "events", "7"));
        EXPECT_EQ(tally.kernel_images, number(of, "events", "6"));
        EXPECT_EQ(tally.kinds[NTSIM_EVENT_HANDLE_OPEN], number(of, "events", "10"));
        EXPECT_EQ(tally.kinds[NTSIM_EVENT_VALUE_SET], number(of, "events", "13"));
        EXPECT_EQ(tally.kinds[NTSIM_EVENT_KEY_CREATE],
                  number(of, "registry_EventType", "12:CreateKey") +
                      number(of, "registry_EventType", "12:absent"));
        EXPECT_EQ(tally.flagged_creates, number(of, "registry_EventType", "12:absent"));
        EXPECT_EQ(tally.kinds[NTSIM_EVENT_KEY_DELETE],
                  number(of, "registry_EventType", "12:DeleteKey"));
        EXPECT_EQ(tally.kinds[NTSIM_EVENT_VALUE_DELETE],
                  number(of, "registry_EventType", "12:DeleteValue"));
        EXPECT_TRUE(operations != NULL);
    }
    json_decref(stats);
}

/* ---- histories ------------------------------------------------------------------------------ */

struct being {
    char *key;
    uint32_t pid;
    size_t images;
};

struct world {
    struct being beings[4096];
    size_t count;
};

static struct being *find(struct world *world, const char *key)
{
    for (size_t i = 0; i < world->count; i++) {
        if (strcmp(world->beings[i].key, key) == 0)
            return &world->beings[i];
    }
    return NULL;
}

static void must_live(struct world *world, const char *key, const struct ntsim_event *event)
{
    if (key != NULL && find(world, key) == NULL)
        fail_msg("line %d: %s mentions %s, which does not live", (int)event->place.line,
                 ntsim_event_name(event->kind), key);
}

static void step(struct world *world, const struct ntsim_event *event)
{
    struct being *being;

    must_live(world, event->process_key, event);
    EXPECT_TRUE(event->kernel_image || event->process_key != NULL ||
                event->pid == 4); /* only System has no key */
    if (event->process_key != NULL)
        EXPECT_EQ(find(world, event->process_key)->pid, event->pid);
    if (event->kind == NTSIM_EVENT_PROCESS_CREATE) {
        EXPECT_TRUE(find(world, event->target_key) == NULL);
        for (size_t i = 0; i < world->count; i++)
            EXPECT_NE(world->beings[i].pid, event->target_pid);
        EXPECT_TRUE(world->count < sizeof(world->beings) / sizeof(world->beings[0]));
        world->beings[world->count++] =
            (struct being){strdup(event->target_key), event->target_pid, 0};
        return;
    }
    must_live(world, event->target_key, event);
    if (event->kind == NTSIM_EVENT_IMAGE_LOAD && event->process_key != NULL) {
        being = find(world, event->process_key);
        being->images++;
    }
    if (event->kind == NTSIM_EVENT_PROCESS_EXIT) {
        being = find(world, event->process_key);
        free(being->key);
        *being = world->beings[--world->count];
    }
    if (event->kind >= NTSIM_EVENT_KEY_CREATE) {
        EXPECT_TRUE(strncasecmp(event->key, "\\REGISTRY\\", 10) == 0);
        EXPECT_EQ(event->expect.has, NTSIM_HAS_STATUS);
    }
}

static void processes_live_when_they_are_mentioned(void **state)
{
    json_t *stats = load_stats();
    struct world *world = calloc(1, sizeof(*world));

    (void)state;
    EXPECT_TRUE(world != NULL);
    for (size_t i = 0; i < LOG_COUNT; i++) {
        const char *host;
        json_t *count;

        json_object_foreach(json_object_get(json_object_get(stats, logs[i]), "hosts"), host, count)
        {
            struct ntsim_feed *feed = open_log(logs[i], host);
            struct ntsim_feed_error error;
            struct ntsim_event event;

            while (ntsim_feed_next(feed, &event, &error) == 1)
                step(world, &event);
            EXPECT_EQ(world->count, 0);
            ntsim_feed_close(feed);
        }
    }
    free(world);
    json_decref(stats);
}

/* In this log the creations' GUIDs differ from those of all other records. */
static void creations_are_joined_to_their_processes(void **state)
{
    json_t *stats = load_stats();
    uint64_t created = number(json_object_get(stats, logs[0]), "events", "1"), recorded = 0,
             with_images = 0;
    struct ntsim_feed *feed = open_log(logs[0], NULL);
    struct ntsim_feed_error error;
    struct ntsim_event event;
    bool main_image_next = false;

    (void)state;
    while (ntsim_feed_next(feed, &event, &error) == 1) {
        if (event.kind == NTSIM_EVENT_PROCESS_CREATE) {
            main_image_next = event.command_line != NULL;
            recorded += main_image_next;
        } else if (event.kind == NTSIM_EVENT_IMAGE_LOAD && main_image_next) {
            EXPECT_TRUE(strcasecmp(event.path, event.process_image) == 0);
            with_images++;
            main_image_next = false;
        }
    }
    EXPECT_EQ(recorded, created);
    EXPECT_EQ(with_images, created); /* each creation is followed by its own main image */
    ntsim_feed_close(feed);
    json_decref(stats);
}

static const struct ntcb_test tests[] = {
    {"feed.sysmon.every_record_is_accounted_for", "", every_record_is_accounted_for, NULL, NULL},
    {"feed.sysmon.processes_live_when_they_are_mentioned", "",
     processes_live_when_they_are_mentioned, NULL, NULL},
    {"feed.sysmon.creations_are_joined_to_their_processes", "",
     creations_are_joined_to_their_processes, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
