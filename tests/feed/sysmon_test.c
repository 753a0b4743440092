/* SPDX-License-Identifier: MIT
 *
 * sysmon_test.c - Sysmon's JSON: flavours, fields, computers and malformed records.
 */
#include "sysmon_lines.h"

/* ---- flavours ------------------------------------------------------------------------------- */

static void flavours_say_the_same(void **state)
{
    static const struct {
        const char *format;
        const char *line;
    } cases[] = {
        {"sysmon/flat", FLAT(7) BY(GUID_A, "100", "a.exe") ",'ImageLoaded':'C:\\\\x.dll',"
                                                           "'Keywords':-9223372036854775808}"},
        {"sysmon/winlogbeat6",
         "{'event_id':7,'log_name':'Microsoft-Windows-Sysmon/Operational','computer_name':'H',"
         "'process_id':2440,'event_data':{" BY(GUID_A, "100",
                                               "a.exe") ",'ImageLoaded':'C:\\\\x.dll'}}"},
        {"sysmon/ecs",
         "{'event':{'code':'7'},'winlog':{'event_id':'7','computer_name':'H','channel':"
         "'Microsoft-Windows-Sysmon/Operational','process':{'pid':9},'event_data':{" BY(
             GUID_A, "100", "a.exe") ",'ImageLoaded':'C:\\\\x.dll'}}}"},
        {"sysmon/evtx",
         "{'Event':{'System':{'EventID':{'#text':7},'Channel':"
         "'Microsoft-Windows-Sysmon/Operational','Computer':'H','EventRecordID':1},'EventData':{"
         "'ProcessGuid':'AAAAAAAA-0001-0000-0100-000000000400','ProcessId':100,"
         "'Image':'C:\\\\a.exe','ImageLoaded':'C:\\\\x.dll'}}}"},
        {"sysmon/wazuh",
         "{'data':{'win':{'system':{'eventID':'7','computer':'H','channel':"
         "'Microsoft-Windows-Sysmon/Operational'},'eventdata':{'processGuid':'" GUID_A
         "','processId':'100','image':'C:\\\\a.exe','imageLoaded':'C:\\\\x.dll'}}}}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct feed_input input;
        struct ntsim_event event;

        feed_input_text(&input, cases[i].line, NULL, false);
        EXPECT_EQ(input.result, 0);
        EXPECT_STR(ntsim_feed_format(input.feed), cases[i].format);
        feed_input_expect(&input, &event, NTSIM_EVENT_PROCESS_CREATE);
        feed_input_expect(&input, &event, NTSIM_EVENT_THREAD_CREATE);
        feed_input_expect(&input, &event, NTSIM_EVENT_IMAGE_LOAD);
        EXPECT_STR(event.process_key, KEY_A);
        EXPECT_EQ(event.pid, 100);
        EXPECT_STR(event.process_image, "C:\\a.exe");
        EXPECT_STR(event.path, "C:\\x.dll");
        feed_input_close(&input);
    }
}

static void other_records_are_ignored(void **state)
{
    (void)state;
    expect_story(
        "{'EventID':4624,'Channel':'Security'}\n"
        "{'message':'no flavour','Microsoft-Windows-Sysmon':1}\n" FLAT(3)
            BY(GUID_A, "100",
               "a.exe") "}\n"
                        "{'EventID':7,'Channel':'Application','x':'Microsoft-Windows-Sysmon'}\n"
                        "\n" EXIT(GUID_A, "100", "a.exe"),
        "+100 t x -100", 3, 4);
}

/* ---- fields --------------------------------------------------------------------------------- */

static void creations_are_read(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    feed_input_text(&input, CREATE(GUID_B, "200", "b.exe", GUID_A, "100"), NULL, false);
    feed_input_expect(&input, &event, NTSIM_EVENT_PROCESS_CREATE); /* the parent, made up */
    EXPECT_EQ(event.pid, 4);
    EXPECT_STR(event.process_key, NULL);
    EXPECT_STR(event.target_key, KEY_A);
    EXPECT_STR(event.path, "C:\\p.exe");
    EXPECT_EQ(event.place.line, 1);
    feed_input_expect(&input, &event, NTSIM_EVENT_THREAD_CREATE);
    EXPECT_STR(event.target_key, KEY_A);
    EXPECT_TRUE(event.target_tid > 200);
    feed_input_expect(&input, &event, NTSIM_EVENT_PROCESS_CREATE);
    EXPECT_STR(event.process_key, KEY_A);
    EXPECT_EQ(event.pid, 100);
    EXPECT_STR(event.process_image, "C:\\p.exe");
    EXPECT_STR(event.target_key, KEY_B);
    EXPECT_EQ(event.target_pid, 200);
    EXPECT_STR(event.parent_key, KEY_A);
    EXPECT_EQ(event.parent_pid, 100);
    EXPECT_STR(event.path, "C:\\b.exe");
    EXPECT_STR(event.command_line, NULL);
    EXPECT_STR(event.account, "D\\u");
    feed_input_close(&input);
}

static void threads_and_handles_are_read(void **state)
{
    struct feed_input input;
    struct ntsim_event event;
    char rest[256];

    (void)state;
    feed_input_text(&input,
                    FLAT(8) "'SourceProcessGuid':'" GUID_A
                            "','SourceProcessId':'100','SourceImage':'C:\\\\a.exe',"
                            "'TargetProcessGuid':'" GUID_B
                            "','TargetProcessId':'200','TargetImage':'C:\\\\b.exe',"
                            "'NewThreadId':'808'}\n" HANDLE(GUID_A, "100", GUID_B, "200"),
                    NULL, false);
    for (int i = 0; i < 4; i++) /* both processes, made up */
        EXPECT_EQ(feed_input_next(&input, &event), 1);
    feed_input_expect(&input, &event, NTSIM_EVENT_THREAD_CREATE);
    EXPECT_STR(event.process_key, KEY_A);
    EXPECT_STR(event.target_key, KEY_B);
    EXPECT_EQ(event.target_pid, 200);
    EXPECT_EQ(event.target_tid, 808);
    feed_input_expect(&input, &event, NTSIM_EVENT_HANDLE_OPEN);
    EXPECT_STR(event.process_key, KEY_A);
    EXPECT_EQ(event.tid, 33);
    EXPECT_STR(event.target_key, KEY_B);
    EXPECT_EQ(event.access, 0x1400);
    EXPECT_EQ(event.has, NTSIM_HAS_PID | NTSIM_HAS_TID | NTSIM_HAS_ACCESS);
    EXPECT_EQ(event.expect.access, 0x1400);
    EXPECT_EQ(event.expect.has, NTSIM_HAS_ACCESS | NTSIM_HAS_STATUS);
    EXPECT_FALSE(event.expect.written);
    story(&input, rest, sizeof(rest));
    EXPECT_STR(rest, "x x -200 x -100");
    feed_input_close(&input);
}

static void drivers_have_no_process(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    feed_input_text(&input, FLAT(6) "'ImageLoaded':'C:\\\\d.sys','Signed':'false'}", NULL, false);
    feed_input_expect(&input, &event, NTSIM_EVENT_IMAGE_LOAD);
    EXPECT_TRUE(event.kernel_image);
    EXPECT_FALSE(event.is_signed);
    EXPECT_EQ(event.has, 0);
    EXPECT_STR(event.process_key, NULL);
    EXPECT_EQ(feed_input_next(&input, &event), 0);
    feed_input_close(&input);
}

/* By pid 4, so that nothing is made up around the record. */
static void registry_event(struct feed_input *input, struct ntsim_event *event, const char *id,
                           const char *rest)
{
    char line[1024];

    snprintf(line, sizeof(line),
             "{'EventID':%s,'Channel':'Microsoft-Windows-Sysmon/Operational','Hostname':'H',"
             "'ProcessGuid':'" GUID_A "','ProcessId':'4','Image':'System',%s}",
             id, rest);
    feed_input_text(input, line, NULL, false);
    EXPECT_EQ(input->result, 0);
    EXPECT_EQ(feed_input_next(input, event), 1);
    EXPECT_EQ(event->pid, 4);
    EXPECT_STR(event->process_key, NULL);
    EXPECT_EQ(event->expect.has, NTSIM_HAS_STATUS);
    EXPECT_STATUS(event->expect.status, 0);
    EXPECT_FALSE(event->expect.written);
}

static void registry_operations_are_told(void **state)
{
    static const struct {
        const char *id;
        const char *rest;
        enum ntsim_event_kind kind;
        const char *value;
        uint32_t has;
    } cases[] = {
        {"12", "'EventType':'CreateKey','TargetObject':'HKLM\\\\A\\\\B'", NTSIM_EVENT_KEY_CREATE,
         NULL, 0},
        {"12", "'EventType':'DeleteKey','TargetObject':'HKLM\\\\A\\\\B'", NTSIM_EVENT_KEY_DELETE,
         NULL, 0},
        {"12", "'EventType':'DeleteValue','TargetObject':'HKLM\\\\A\\\\B\\\\v'",
         NTSIM_EVENT_VALUE_DELETE, "v", 0},
        {"12", "'EventType':'INFO','TargetObject':'HKLM\\\\A\\\\B'", NTSIM_EVENT_KEY_CREATE, NULL,
         NTSIM_HAS_SYNTHETIC},
        {"12", "'EventTypeOrignal':'INFO','TargetObject':'HKLM\\\\A\\\\B'", NTSIM_EVENT_KEY_CREATE,
         NULL, NTSIM_HAS_SYNTHETIC},
        {"14", "'EventType':'RenameKey','TargetObject':'HKLM\\\\A\\\\B','NewName':'HKLM\\\\A\\\\C'",
         NTSIM_EVENT_KEY_RENAME, "C", 0},
    };
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        registry_event(&input, &event, cases[i].id, cases[i].rest);
        EXPECT_STR(ntsim_event_name(event.kind), ntsim_event_name(cases[i].kind));
        EXPECT_STR(event.key, "\\REGISTRY\\MACHINE\\A\\B");
        EXPECT_STR(event.value, cases[i].value);
        EXPECT_EQ(event.has, NTSIM_HAS_PID | cases[i].has);
        EXPECT_EQ(feed_input_next(&input, &event), 0);
        feed_input_close(&input);
    }
    registry_event(&input, &event, "14",
                   "'EventType':'RenameValue','TargetObject':'HKLM\\\\A\\\\v',"
                   "'NewName':'HKLM\\\\A\\\\w'");
    EXPECT_EQ(event.kind, NTSIM_EVENT_VALUE_DELETE);
    EXPECT_STR(event.value, "v");
    feed_input_expect(&input, &event, NTSIM_EVENT_VALUE_SET);
    EXPECT_STR(event.key, "\\REGISTRY\\MACHINE\\A");
    EXPECT_STR(event.value, "w");
    EXPECT_EQ(event.has, NTSIM_HAS_PID | NTSIM_HAS_SYNTHETIC);
    feed_input_close(&input);
}

static void details_are_parsed(void **state)
{
    static const uint32_t full = NTSIM_HAS_PID | NTSIM_HAS_TYPE | NTSIM_HAS_DATA;
    static const struct {
        const char *details;
        uint32_t has;
        uint32_t type;
        const char *bytes;
        size_t size;
    } cases[] = {
        {"'DWORD (0x00000102)'", full, 4, "\x02\x01\0\0", 4},
        {"'QWORD (0x01020304-0x05060708)'", full, 11, "\x08\x07\x06\x05\x04\x03\x02\x01", 8},
        {"'Binary Data'", NTSIM_HAS_PID | NTSIM_HAS_TYPE | NTSIM_HAS_SYNTHETIC, 3, "", 0},
        {"'(Empty)'", full | NTSIM_HAS_SYNTHETIC, 1, "", 0},
        {"'ab'", full, 1, "a\0b\0\0\0", 6},
        {"'DWORD (1)'", full, 1,
         "D\0W\0O\0R\0D\0 \0(\0"
         "1\0)\0\0\0",
         20},
        {"null", NTSIM_HAS_PID | NTSIM_HAS_SYNTHETIC, 0, "", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct feed_input input;
        struct ntsim_event event;
        char rest[256];

        snprintf(rest, sizeof(rest),
                 "'EventType':'SetValue','TargetObject':'HKLM\\\\A\\\\v','Details':%s",
                 cases[i].details);
        registry_event(&input, &event, "13", rest);
        EXPECT_EQ(event.kind, NTSIM_EVENT_VALUE_SET);
        EXPECT_EQ(event.has, cases[i].has);
        EXPECT_EQ(event.type, cases[i].type);
        EXPECT_EQ(event.data_bytes, cases[i].size);
        EXPECT_MEM(event.data, cases[i].bytes, cases[i].size);
        feed_input_close(&input);
    }
}

static void escaped_names_are_restored(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    registry_event(&input, &event, "12",
                   "'EventType':'CreateKey','TargetObject':'HKLM\\\\A&amp;B&lt;C&gt;&amp;lt;'");
    EXPECT_STR(event.key, "\\REGISTRY\\MACHINE\\A&B<C>&lt;");
    feed_input_close(&input);
}

/* ---- hosts ---------------------------------------------------------------------------------- */

static void one_computer_is_played(void **state)
{
    static const char text[] =
        FLAT_ON("one.example.org", 6) "'ImageLoaded':'C:\\\\1.sys'}\n" FLAT_ON(
            "two", 6) "'ImageLoaded':'C:\\\\2.sys'}\n" FLAT_ON("ONE.example.org",
                                                               6) "'ImageLoaded'"
                                                                  ":'C:\\\\3.sys'}\n";
    static const struct {
        const char *host;
        const char *story;
    } cases[] = {{NULL, "1.sys 3.sys"}, {"one", "1.sys 3.sys"}, {"TWO", "2.sys"}};
    struct feed_input input;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char seen[256];

        feed_input_text(&input, text, cases[i].host, false);
        story(&input, seen, sizeof(seen));
        EXPECT_STR(seen, cases[i].story);
        feed_input_close(&input);
    }
    feed_input_text(&input, text, "on", false);
    EXPECT_EQ(input.result, NTCB_EFORMAT);
    EXPECT_TRUE(strstr(input.error.reason, "\"on\"") != NULL);
    EXPECT_TRUE(strstr(input.error.advice, "one.example.org, two") != NULL);
}

/* ---- malformed records ---------------------------------------------------------------------- */

static void malformed_records_are_explained(void **state)
{
    static const struct {
        const char *line;
        uint64_t column;
        const char *reason;
    } cases[] = {
        {"{'EventID':1,'Channel':'Security'", 33, "bad JSON"},
        {"{'EventID':1}}", 14, "bad JSON"},
        {"[{'EventID':1}]x", 16, "bad JSON"},
        {FLAT(7) "'ProcessGuid':'x'", sizeof(FLAT(7) "'ProcessGuid':'x'") - 1, "bad JSON"},
        {FLAT(7) "'ProcessGuid':'x'}", 0, "no usable field \"ImageLoaded\""},
        {FLAT(7) "'ImageLoaded':'x'}", 0, "no usable field \"ProcessGuid\""},
        {FLAT(7) "'ImageLoaded':['x']}", 0, "no usable field \"ImageLoaded\""},
        {FLAT(10) "'SourceProcessGUID':'x','TargetProcessGUID':'y'}", 0, "\"GrantedAccess\""},
        {REGISTRY(12, GUID_A, "100", "'TargetObject':'HKXX\\\\A'"), 0, "HKXX\\A"},
        {REGISTRY(13, GUID_A, "100", "'TargetObject':'HKLM\\\\A\\u0000'"), 0, "\"TargetObject\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct feed_input input;
        struct ntsim_event event;
        struct ntsim_feed_counts counts;
        char text[1024];

        snprintf(text, sizeof(text), "%s%s\n%s", FLAT(6) "'ImageLoaded':'C:\\\\1.sys'}\n",
                 cases[i].line, FLAT(6) "'ImageLoaded':'C:\\\\2.sys'}\n");
        feed_input_text(&input, text, NULL, false);
        feed_input_expect(&input, &event, NTSIM_EVENT_IMAGE_LOAD);
        for (int again = 0; again < 2; again++) {
            EXPECT_EQ(feed_input_next(&input, &event), NTCB_EFORMAT);
            if (strstr(input.error.reason, cases[i].reason) == NULL)
                EXPECT_STR(input.error.reason, cases[i].reason);
            EXPECT_EQ(input.error.place.line, 2);
            EXPECT_EQ(input.error.place.column, cases[i].column);
            EXPECT_TRUE(input.error.advice[0] != '\0');
        }
        feed_input_close(&input);
        feed_input_text(&input, text, NULL, true);
        feed_input_expect(&input, &event, NTSIM_EVENT_IMAGE_LOAD);
        feed_input_expect(&input, &event, NTSIM_EVENT_IMAGE_LOAD);
        EXPECT_STR(event.path, "C:\\2.sys");
        EXPECT_EQ(feed_input_next(&input, &event), 0);
        ntsim_feed_counts(input.feed, &counts);
        EXPECT_EQ(counts.bad, 1);
        feed_input_close(&input);
    }
}

static void logs_without_sysmon_are_refused(void **state)
{
    struct feed_input input;

    (void)state;
    feed_input_text(&input, "{'EventID':4624,'Channel':'Security'}\n", NULL, false);
    EXPECT_EQ(input.result, NTCB_EFORMAT);
    EXPECT_TRUE(strstr(input.error.reason, "none of its records") != NULL);
}

#define CASE(function)                                     \
    {                                                      \
        "feed.sysmon." #function, "", function, NULL, NULL \
    }

static const struct ntcb_test tests[] = {
    CASE(flavours_say_the_same),
    CASE(other_records_are_ignored),
    CASE(creations_are_read),
    CASE(threads_and_handles_are_read),
    CASE(drivers_have_no_process),
    CASE(registry_operations_are_told),
    CASE(details_are_parsed),
    CASE(escaped_names_are_restored),
    CASE(one_computer_is_played),
    CASE(malformed_records_are_explained),
    CASE(logs_without_sysmon_are_refused),
};

NTCB_TEST_MAIN("library", tests)
