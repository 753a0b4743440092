/* SPDX-License-Identifier: MIT
 *
 * procmon_bad_test.c - Process Monitor's CSV that is damaged, and what is said about it.
 */
#include "procmon_rows.h"

/* ---- bad input ------------------------------------------------------------------------------- */

static const struct bad {
    const char *header, *rows;
    unsigned line, column;
    const char *reason;
} Bad[] = {
    {"'PID','Operation','Path','Result'\r\n", "", 1, 0, "there is no column \"Detail\""},
    {"PID,Operation,Path,Result,Detail\r\n", "", 1, 1, "a field does not begin with a quote"},
    {NINE, "'8','12','RegCloseKey','HKLM','SUCCESS',''\r\n", 2, 0,
     "the row has 6 fields, the header 7"},
    {NINE, "'8','12','RegCloseKey','HKLM','SUCCESS','','x'y\r\n", 2, 47,
     "text follows a closing quote"},
    {NINE, "'8','12','RegCloseKey,HKLM\r\n", 2, 10, "a quote is never closed"},
    {NINE, "'8','12',RegCloseKey\r\n", 2, 10, "a field does not begin with a quote"},
    {NINE, "'eight','12','RegCloseKey','HKLM','SUCCESS','',''\r\n", 2, 1,
     "\"eight\" is not a number"},
    {NINE, "'8','12','RegCloseKey','HKXX\\a','SUCCESS','',''\r\n", 2, 24,
     "\"HKXX\\a\" begins with no registry root"},
    {NINE, "'8','12','RegCloseKey','HKLM','FINE','',''\r\n", 2, 31, "no result is called \"FINE\""},
    {NINE, "'8','12','RegOpenKey','HKLM','SUCCESS','Desired Access: Some, Read',''\r\n", 2, 40,
     "no access is called \"Some\""},
    {NINE, "'8','12','RegSetValue','HKLM\\v','SUCCESS','Type: REG_ODD, Length: 4',''\r\n", 2, 43,
     "the Detail of this RegSetValue cannot be read: \"Type: REG_ODD, Length: 4\""},
    {NINE,
     "'8','12','RegSetValue','HKLM\\v','SUCCESS','Type: REG_BINARY, Length: 999999999',''\r\n", 2,
     43, "the Detail of this RegSetValue cannot be read: \"Type: REG_BINARY, Length: 999999999\""},
    {NINE, "'8','12','RegEnumKey','HKLM','SUCCESS','Index: x, Name: y',''\r\n", 2, 40,
     "the Detail of this RegEnumKey cannot be read: \"Index: x, Name: y\""},
    {NINE, "'8','12','RegQueryKey','HKLM','SUCCESS','Query: Nothing',''\r\n", 2, 41,
     "no query is called \"Nothing\""},
    {NINE, "'8','12','Thread Create','','SUCCESS','',''\r\n", 2, 39,
     "Detail has no number \"Thread ID\""},
    {NINE, "'8','12','CreateFile','a\r\nb','SUCCESS','',''\r\n'8'\r\n", 4, 0,
     "the row has 1 fields, the header 7"},
    {NINE, "'8','12','RegCloseKey','HK\xFFLM','SUCCESS','',''\r\n", 2, 24,
     "a field is not UTF-8 text"},
};

static void says_where_and_why(void **state)
{
    struct feed_input input;
    struct ntsim_event event;
    char text[2048];
    int result;

    (void)state;
    for (size_t i = 0; i < sizeof(Bad) / sizeof(Bad[0]); i++) {
        snprintf(text, sizeof(text), "%s%s", Bad[i].header, Bad[i].rows);
        feed_input_text(&input, text, NULL, false);
        result = input.result != 0 ? input.result : feed_input_next(&input, &event);
        EXPECT_EQ(result, NTCB_EFORMAT);
        EXPECT_STR(input.error.reason, Bad[i].reason);
        EXPECT_EQ(input.error.place.line, Bad[i].line);
        EXPECT_EQ(input.error.place.column, Bad[i].column);
        EXPECT_TRUE(input.error.advice[0] != '\0');
        if (input.result == 0)
            feed_input_close(&input);
    }
}

static void passes_over_bad_rows_on_request(void **state)
{
    struct feed_input input;
    struct ntsim_event event;
    struct ntsim_feed_counts counts;

    (void)state;
    feed_input_text(&input,
                    NINE "'8','12',RegCloseKey\r\n"
                         "'8','12','RegCloseKey','HKLM','FINE','',''\r\n"
                         "'8','12','RegCloseKey','HKLM','SUCCESS','',''\r\n"
                         "'8','12','RegCloseKey\r\n"
                         "'8','12','RegCloseKey','HKLM\\Z','SUCCESS','',''\r\n",
                    NULL, true);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CLOSE);
    EXPECT_EQ(event.place.line, 4);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CLOSE);
    EXPECT_EQ(event.place.line, 6);
    EXPECT_EQ(feed_input_next(&input, &event), 0);
    ntsim_feed_counts(input.feed, &counts);
    EXPECT_EQ(counts.bad, 3);
    feed_input_close(&input);
}

static const struct ntcb_test Tests[] = {
    {"feed.procmon.says_where_and_why", "", says_where_and_why, NULL, NULL},
    {"feed.procmon.passes_over_bad_rows_on_request", "", passes_over_bad_rows_on_request, NULL,
     NULL},
};

NTCB_TEST_MAIN("library", Tests)
