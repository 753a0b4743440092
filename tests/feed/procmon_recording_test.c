/* SPDX-License-Identifier: MIT
 *
 * procmon_recording_test.c - real recordings of Process Monitor, row by row.
 */
#include "procmon_rows.h"

#include <jansson.h>

/* ---- recordings ------------------------------------------------------------------------------ */

static const struct {
    const char *operation;
    enum ntsim_event_kind kind;
} Kinds[] = {
    {"RegQueryKey", NTSIM_EVENT_KEY_QUERY},
    {"RegQueryValue", NTSIM_EVENT_VALUE_QUERY},
    {"RegCloseKey", NTSIM_EVENT_KEY_CLOSE},
    {"RegEnumKey", NTSIM_EVENT_KEY_ENUMERATE},
    {"RegEnumValue", NTSIM_EVENT_VALUE_ENUMERATE},
    {"RegSetInfoKey", NTSIM_EVENT_KEY_SET_INFORMATION},
    {"RegSetValue", NTSIM_EVENT_VALUE_SET},
    {"RegDeleteKey", NTSIM_EVENT_KEY_DELETE},
    {"RegDeleteValue", NTSIM_EVENT_VALUE_DELETE},
    {"RegQueryKeySecurity", NTSIM_EVENT_KEY_QUERY_SECURITY},
    {"RegQueryMultipleValueKey", NTSIM_EVENT_VALUE_QUERY_MULTIPLE},
    {"Load Image", NTSIM_EVENT_IMAGE_LOAD},
    {"Thread Create", NTSIM_EVENT_THREAD_CREATE},
    {"Thread Exit", NTSIM_EVENT_THREAD_EXIT},
    {"Process Exit", NTSIM_EVENT_PROCESS_EXIT},
};

static json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* Every row of the recording is an event, the first half of one, or of no concern. */
static void check_recording(const char *name)
{
    json_t *stats = json_load_file(ntcb_test_data("STATS.json"), 0, NULL);
    const json_t *file = json_object_get(stats, name);
    const json_t *operations = json_object_get(file, "operations");
    json_int_t kinds[NTSIM_EVENT_KIND_COUNT] = {0}, links = 0, starts;
    struct ntsim_feed_error error;
    struct ntsim_feed_counts counts;
    struct ntsim_event event;
    struct ntsim_feed *feed;
    int result;

    EXPECT_TRUE(operations != NULL);
    EXPECT_EQ(ntsim_feed_open(&feed, ntcb_test_data(name), NULL, false, &error), 0);
    while ((result = ntsim_feed_next(feed, &event, &error)) == 1) {
        kinds[event.kind]++;
        links += (event.expect.has & NTSIM_HAS_REPARSE) != 0;
        EXPECT_FALSE(event.expect.has == NTSIM_HAS_REPARSE); /* all are whole */
    }
    EXPECT_EQ(result, 0);
    for (size_t i = 0; i < sizeof(Kinds) / sizeof(Kinds[0]); i++)
        EXPECT_EQ(kinds[Kinds[i].kind], number(operations, Kinds[i].operation));
    EXPECT_EQ(links, number(json_object_get(file, "registry_results"), "REPARSE"));
    EXPECT_EQ(kinds[NTSIM_EVENT_KEY_OPEN] + kinds[NTSIM_EVENT_KEY_CREATE] + links,
              number(operations, "RegOpenKey") + number(operations, "RegCreateKey"));
    /* A start is the second record of a creation, or stands in for the first. */
    starts = number(operations, "Process Start");
    EXPECT_TRUE(kinds[NTSIM_EVENT_PROCESS_CREATE] >= number(operations, "Process Create"));
    EXPECT_TRUE(kinds[NTSIM_EVENT_PROCESS_CREATE] >= starts);
    ntsim_feed_counts(feed, &counts);
    EXPECT_EQ(counts.records, number(file, "rows"));
    EXPECT_EQ(counts.bad, 0);
    EXPECT_EQ(counts.ignored, number(file, "other_operations") +
                                  number(operations, "Process Create") + starts -
                                  kinds[NTSIM_EVENT_PROCESS_CREATE]);
    EXPECT_EQ(counts.events + (uint64_t)links + counts.ignored, counts.records);
    ntsim_feed_close(feed);
    json_decref(stats);
}

static void reads_the_whole_recording(void **state)
{
    (void)state;
    check_recording("procmon/procmon-parser_Win10x64_all.csv.xz");
}

static void reads_the_process_recording(void **state)
{
    (void)state;
    check_recording("procmon/procmon-parser_Win10x64_process.csv.xz");
}

static const struct ntcb_test Tests[] = {
    {"feed.procmon.reads_the_whole_recording", "", reads_the_whole_recording, NULL, NULL},
    {"feed.procmon.reads_the_process_recording", "", reads_the_process_recording, NULL, NULL},
};

NTCB_TEST_MAIN("library", Tests)
