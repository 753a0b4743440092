/* SPDX-License-Identifier: MIT
 *
 * ndjson_test.c - our own lines: what they say, and what is said about bad ones.
 */
#include "feed_input.h"

#include "feed/ndjsonp.h"

#include <ntcallback/ddk/ntstatus.h>

/* ---- what good lines say -------------------------------------------------------------------- */

static void reads_process_fields(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    feed_input_text(&input,
                    "# comment\n\n"
                    "{'event':'process.create','process':'a','pid':8,'tid':12,'account':'PC\\\\u',"
                    "'process_image':'C:\\\\a.exe','target':'b','target_pid':16,'parent':'p',"
                    "'parent_pid':4,'path':'C:\\\\b.exe','command_line':'b x'}\r\n"
                    "{'event':'process.exit','process':'b','exit_status':'0xC0000005'}",
                    NULL, false);
    feed_input_expect(&input, &event, NTSIM_EVENT_PROCESS_CREATE);
    EXPECT_EQ(event.place.line, 3);
    EXPECT_STR(event.place.file, input.path);
    EXPECT_EQ(event.has, NTSIM_HAS_PID | NTSIM_HAS_TID);
    EXPECT_STR(event.process_key, "a");
    EXPECT_EQ(event.pid, 8);
    EXPECT_EQ(event.tid, 12);
    EXPECT_STR(event.account, "PC\\u");
    EXPECT_STR(event.process_image, "C:\\a.exe");
    EXPECT_STR(event.target_key, "b");
    EXPECT_EQ(event.target_pid, 16);
    EXPECT_STR(event.parent_key, "p");
    EXPECT_EQ(event.parent_pid, 4);
    EXPECT_STR(event.path, "C:\\b.exe");
    EXPECT_STR(event.command_line, "b x");
    EXPECT_EQ(event.expect.has, 0);
    EXPECT_FALSE(event.expect.written);
    feed_input_expect(&input, &event, NTSIM_EVENT_PROCESS_EXIT);
    EXPECT_EQ(event.place.line, 4);
    EXPECT_EQ(event.has, NTSIM_HAS_EXIT_STATUS);
    EXPECT_STATUS(event.exit_status, STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(feed_input_next(&input, &event), 0);
    EXPECT_STR(ntsim_feed_format(input.feed), "ntcallback");
    feed_input_close(&input);
}

static void reads_image_fields(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    feed_input_text(
        &input,
        "{'event':'image.load','pid':8,'path':'x.dll','image_base':'0xFFFFF80000000000',"
        "'image_size':4096,'is_signed':true,'signature_level':12,'machine':'x86'}\n"
        "{'event':'image.load','kernel_image':true,'no_name':true}\n",
        NULL, false);
    feed_input_expect(&input, &event, NTSIM_EVENT_IMAGE_LOAD);
    EXPECT_TRUE(event.image_base == UINT64_C(0xFFFFF80000000000));
    EXPECT_EQ(event.image_size, 4096);
    EXPECT_TRUE(event.is_signed);
    EXPECT_FALSE(event.kernel_image);
    EXPECT_EQ(event.signature_level, 12);
    EXPECT_EQ(event.machine, 0x14C);
    feed_input_expect(&input, &event, NTSIM_EVENT_IMAGE_LOAD);
    EXPECT_TRUE(event.kernel_image);
    EXPECT_TRUE(event.no_name);
    EXPECT_STR(event.path, NULL);
    EXPECT_EQ(event.has, 0);
    feed_input_close(&input);
}

static void reads_registry_fields(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    feed_input_text(
        &input,
        "{'event':'key.create','pid':8,'key':'HKLM\\\\A','access':'KEY_READ | DELETE',"
        "'options':'REG_OPTION_VOLATILE|REG_OPTION_OPEN_LINK','reparse':true,'synthetic':true}\n"
        "{'event':'key.enumerate','pid':8,'key':'HKLM\\\\A','index':3,'class':'KeyNodeInformation',"
        "'length':512}\n"
        "{'event':'value.query','pid':8,'key':'HKLM\\\\A','value':'','reparse':false,"
        "'class':'KeyValuePartialInformation'}\n"
        "{'event':'key.set_information','pid':8,'key':'HKLM\\\\A','class':5}\n"
        "{'event':'key.rename','pid':8,'key':'HKLM\\\\A','new_name':'B'}\n",
        NULL, false);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CREATE);
    EXPECT_EQ(event.has,
              NTSIM_HAS_PID | NTSIM_HAS_ACCESS | NTSIM_HAS_REPARSE | NTSIM_HAS_SYNTHETIC);
    EXPECT_STR(event.key, "\\REGISTRY\\MACHINE\\A");
    EXPECT_EQ(event.access, 0x30019);
    EXPECT_EQ(event.options, 9);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_ENUMERATE);
    EXPECT_EQ(event.index, 3);
    EXPECT_EQ(event.information_class, 1);
    EXPECT_EQ(event.length, 512);
    EXPECT_EQ(event.has, NTSIM_HAS_PID | NTSIM_HAS_INDEX | NTSIM_HAS_CLASS | NTSIM_HAS_LENGTH);
    feed_input_expect(&input, &event, NTSIM_EVENT_VALUE_QUERY);
    EXPECT_STR(event.value, "");
    EXPECT_EQ(event.information_class, 2);
    EXPECT_EQ(event.has, NTSIM_HAS_PID | NTSIM_HAS_CLASS);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_SET_INFORMATION);
    EXPECT_EQ(event.information_class, 5);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_RENAME);
    EXPECT_STR(event.value, "B");
    feed_input_close(&input);
}

static void reads_expectations(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    feed_input_text(
        &input,
        "{'event':'value.query','pid':8,'key':'HKLM\\\\A','value':'v','expect':{"
        "'status':'STATUS_BUFFER_OVERFLOW','type':'REG_DWORD','length':4,'data':258,'name':'v',"
        "'blocked':false,'synthetic':true}}\n"
        "{'event':'key.create','pid':8,'key':'HKLM\\\\A','expect':{'status':-1073741790,"
        "'disposition':'REG_OPENED_EXISTING_KEY','access':131097,'written':false,'blocked':true}}\n"
        "{'event':'key.close','pid':8,'key':'HKLM\\\\A','expect':{'status':3221225506}}\n",
        NULL, false);
    feed_input_expect(&input, &event, NTSIM_EVENT_VALUE_QUERY);
    EXPECT_TRUE(event.expect.written);
    EXPECT_STATUS(event.expect.status, STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(event.expect.has, NTSIM_HAS_STATUS | NTSIM_HAS_TYPE | NTSIM_HAS_LENGTH |
                                    NTSIM_HAS_DATA | NTSIM_HAS_NAME | NTSIM_HAS_BLOCKED |
                                    NTSIM_HAS_SYNTHETIC);
    EXPECT_EQ(event.expect.type, 4);
    EXPECT_EQ(event.expect.length, 4);
    EXPECT_EQ(event.expect.data_bytes, 4);
    EXPECT_MEM(event.expect.data, "\x02\x01\0\0", 4);
    EXPECT_STR(event.expect.name, "v");
    EXPECT_FALSE(event.expect.blocked);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CREATE);
    EXPECT_FALSE(event.expect.written);
    EXPECT_STATUS(event.expect.status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(event.expect.disposition, 2);
    EXPECT_EQ(event.expect.access, 0x20019);
    EXPECT_TRUE(event.expect.blocked);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CLOSE);
    EXPECT_STATUS(event.expect.status, STATUS_ACCESS_DENIED);
    feed_input_close(&input);
}

static void data_follows_the_type(void **state)
{
    static const struct {
        const char *fields;
        uint32_t type;
        const char *bytes;
        size_t size;
    } cases[] = {
        {"'type':'REG_SZ','data':'a\xC3\xA9'", 1, "a\0\xE9\0\0\0", 6},
        {"'data':'a'", 1, "a\0\0\0", 4},
        {"'type':'REG_EXPAND_SZ','data':''", 2, "\0\0", 2},
        {"'type':'REG_SZ','data':'\xF0\x9F\x98\x80'", 1, "\x3D\xD8\x00\xDE\0\0", 6},
        {"'type':'REG_SZ','data':'a\\u0000b'", 1, "a\0\0\0b\0\0\0", 8},
        {"'type':'REG_LINK','data':'a'", 6, "a\0", 2},
        {"'data':258", 4, "\x02\x01\0\0", 4},
        {"'type':'REG_DWORD','data':'0xFFFFFFFF'", 4, "\xFF\xFF\xFF\xFF", 4},
        {"'type':'REG_DWORD_BIG_ENDIAN','data':258", 5, "\0\0\x01\x02", 4},
        {"'type':'REG_QWORD','data':'0x0102030405060708'", 11, "\x08\x07\x06\x05\x04\x03\x02\x01",
         8},
        {"'data':['a','b']", 7, "a\0\0\0b\0\0\0\0\0", 10},
        {"'type':'REG_MULTI_SZ','data':[]", 7, "\0\0", 2},
        {"'type':'REG_BINARY','data':'de AD beef'", 3, "\xDE\xAD\xBE\xEF", 4},
        {"'type':4097,'data':'01'", 4097, "\x01", 1},
        {"'type':'REG_SZ','data':{'hex':'41'}", 1, "\x41", 1},
        {"'data':{'hex':''}", 3, "", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct feed_input input;
        struct ntsim_event event;
        char line[256];

        snprintf(line, sizeof(line),
                 "{'event':'value.set','pid':8,'key':'HKLM\\\\A','value':'v',%s}", cases[i].fields);
        feed_input_text(&input, line, NULL, false);
        feed_input_expect(&input, &event, NTSIM_EVENT_VALUE_SET);
        EXPECT_EQ(event.has, NTSIM_HAS_PID | NTSIM_HAS_TYPE | NTSIM_HAS_DATA);
        EXPECT_EQ(event.type, cases[i].type);
        EXPECT_EQ(event.data_bytes, cases[i].size);
        EXPECT_MEM(event.data, cases[i].bytes, cases[i].size);
        feed_input_close(&input);
    }
}

/* ---- what is said about bad lines ----------------------------------------------------------- */

#define ON_KEY "'event':'key.open','pid':8,'key':'HKLM\\\\A'"

static const struct bad {
    const char *line;
    uint64_t column;
    const char *reason;
    const char *advice;
} bad_lines[] = {
    {"{'event':'key.open','pid':8", 27, "bad JSON", "cut off"},
    {"{'event':'key.open','key':'HKLM\\A'}", 33, "invalid escape", "backslash"},
    {"{} x", 4, "bad JSON", "one JSON object"},
    {"{'event':'key.open','event':'key.open'}", 27, "duplicate", "once"},
    {"{}", 1, "which event", "Add \"event\""},
    {"{'event':7}", 2, "\"event\" cannot be 7", "name of an event"},
    {"{'event':'key.opem'}", 2, "cannot be \"key.opem\"", "Did you mean \"key.open\"?"},
    {"{'event':'nonsense'}", 2, "cannot be \"nonsense\"", "name of an event"},
    {"{" ON_KEY ",'acess':1}", 45, "unknown field \"acess\"", "Did you mean \"access\"?"},
    {"{" ON_KEY ",'zzzzzzz':1}", 45, "unknown field \"zzzzzzz\"", "docs/events.md"},
    {"{" ON_KEY ",'data':1}", 45, "says nothing about key.open", "docs/events.md"},
    {"{" ON_KEY ",'tid':-1}", 45, "\"tid\" cannot be -1", "up to 4294967295"},
    {"{" ON_KEY ",'tid':4294967296}", 45, "cannot be 4294967296", "up to 4294967295"},
    {"{" ON_KEY ",'tid':1.5}", 45, "cannot be a fraction", "a number"},
    {"{" ON_KEY ",'tid':null}", 45, "cannot be null", "a number"},
    {"{" ON_KEY ",'tid':'12'}", 45, "cannot be \"12\"", "hexadecimal"},
    {"{" ON_KEY ",'account':['a']}", 45, "cannot be an array", "text"},
    {"{" ON_KEY ",'account':'a\\u0000'}", 45, "cannot be", "NUL"},
    {"{" ON_KEY ",'reparse':1}", 45, "cannot be 1", "true or false"},
    {"{" ON_KEY ",'access':'KEY_REED'}", 45, "cannot be \"KEY_REED\"", "mean \"KEY_READ\""},
    {"{" ON_KEY ",'access':'KEY_READ|'}", 45, "cannot be", "rights"},
    {"{" ON_KEY ",'expect':1}", 45, "cannot be 1", "an object"},
    {"{" ON_KEY ",'expect':{'sttus':0}}", 55, "unknown field \"expect.sttus\"", "mean \"status\""},
    {"{" ON_KEY ",'expect':{'disposition':1}}", 55, "misplaced field \"expect.disposition\"",
     "docs/events.md"},
    {"{" ON_KEY ",'expect':{'status':'STATUS_ACCES_DENIED'}}", 55, "\"expect.status\"",
     "Did you mean \"STATUS_ACCESS_DENIED\"?"},
    {"{" ON_KEY ",'expect':{'status':'STATUS_NEVER_HEARD_OF'}}", 55, "\"expect.status\"",
     "a number"},
    {"{'event':'key.open','pid':8}", 0, "key.open needs the field \"key\"", "Add \"key\""},
    {"{'event':'key.open','pid':8,'key':'C:\\\\A'}", 29, "cannot be \"C:\\A\"", "HKLM"},
    {"{'event':'key.open','key':'HKLM\\\\A'}", 0, "needs \"pid\" or \"process\"", "Add it"},
    {"{'event':'handle.open','pid':8,'access':1}", 0, "needs \"target_pid\"", "Add it"},
    {"{'event':'thread.exit','pid':8}", 0, "needs \"tid\"", "Add it"},
    {"{'event':'image.load','pid':8}", 0, "needs \"path\"", "Add it"},
    {"{'event':'key.create','pid':8,'key':'HKLM','expect':{'disposition':0}}", 54, "cannot be 0",
     "REG_CREATED_NEW_KEY"},
    {"{'event':'value.set','pid':8,'key':'HKLM','value':'','type':'REG_BINARY','data':'abc'}", 74,
     "cannot be \"abc\"", "fits the value's type"},
    {"{'event':'value.set','pid':8,'key':'HKLM','value':'','type':'REG_DWORD','data':'abc'}", 73,
     "cannot be \"abc\"", "fits the value's type"},
    {"{'event':'value.set','pid':8,'key':'HKLM','value':'','type':'REG_MULTI_SZ','data':[1]}", 76,
     "cannot be an array", "fits the value's type"},
    {"{'event':'value.set','pid':8,'key':'HKLM','value':'','data':true}", 54, "cannot be true",
     "fits the value's type"},
};

static void bad_lines_are_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
        const struct bad *bad = &bad_lines[i];
        struct feed_input input;
        struct ntsim_event event;
        char text[512];

        snprintf(text, sizeof(text), "# one\n%s\n", bad->line);
        feed_input_text(&input, text, NULL, false);
        EXPECT_EQ(input.result, 0);
        EXPECT_EQ(feed_input_next(&input, &event), NTCB_EFORMAT);
        print_message("%s: %s\n", input.error.reason, input.error.advice);
        EXPECT_STR(input.error.place.file, input.path);
        EXPECT_EQ(input.error.place.line, 2);
        EXPECT_EQ(input.error.place.column, bad->column);
        EXPECT_TRUE(strstr(input.error.reason, bad->reason) != NULL);
        EXPECT_TRUE(strstr(input.error.advice, bad->advice) != NULL);
        feed_input_close(&input);
    }
}

static void a_bad_line_ends_the_feed(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    feed_input_text(&input, "{" ON_KEY "}\n{}\n{" ON_KEY "}\n", NULL, false);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_OPEN);
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(feed_input_next(&input, &event), NTCB_EFORMAT);
        EXPECT_EQ(input.error.place.line, 2);
    }
    ntsim_feed_rewind(input.feed);
    feed_input_expect(&input, &event, NTSIM_EVENT_KEY_OPEN);
    EXPECT_EQ(feed_input_next(&input, &event), NTCB_EFORMAT);
    feed_input_close(&input);
}

static void bad_lines_are_skipped_and_counted(void **state)
{
    struct feed_input input;
    struct ntsim_event event;
    struct ntsim_feed_counts counts;

    (void)state;
    feed_input_text(&input, "{" ON_KEY "}\n\n# no\n{}\nx\n{" ON_KEY ",'tid':4}", NULL, true);
    for (int round = 0; round < 2; round++) {
        feed_input_expect(&input, &event, NTSIM_EVENT_KEY_OPEN);
        feed_input_expect(&input, &event, NTSIM_EVENT_KEY_OPEN);
        EXPECT_EQ(event.tid, 4);
        EXPECT_EQ(event.place.line, 6);
        EXPECT_EQ(feed_input_next(&input, &event), 0);
        EXPECT_EQ(feed_input_next(&input, &event), 0);
        ntsim_feed_counts(input.feed, &counts);
        EXPECT_EQ(counts.records, 4);
        EXPECT_EQ(counts.events, 2);
        EXPECT_EQ(counts.bad, 2);
        EXPECT_EQ(counts.ignored, 0);
        EXPECT_EQ(counts.synthesised, 0);
        EXPECT_EQ(counts.bytes_read, counts.bytes_total);
        ntsim_feed_rewind(input.feed);
        ntsim_feed_counts(input.feed, &counts);
        EXPECT_EQ(counts.records, 0);
    }
    feed_input_close(&input);
}

static void nothing_is_a_stream_of_no_events(void **state)
{
    static const char *const texts[] = {"", "\n\n", "# only words\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct feed_input input;
        struct ntsim_event event;

        feed_input_text(&input, texts[i], NULL, false);
        EXPECT_EQ(input.result, 0);
        EXPECT_EQ(feed_input_next(&input, &event), 0);
        feed_input_close(&input);
    }
}

static void kinds_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < NTSIM_EVENT_KIND_COUNT; i++)
        EXPECT_EQ(ntsim_event_kind_of(ntsim_event_name((enum ntsim_event_kind)i)), i);
    EXPECT_EQ(ntsim_event_kind_of("key"), -1);
}

static const struct ntcb_test tests[] = {
    {"feed.ndjson.reads_process_fields", "", reads_process_fields, NULL, NULL},
    {"feed.ndjson.reads_image_fields", "", reads_image_fields, NULL, NULL},
    {"feed.ndjson.reads_registry_fields", "", reads_registry_fields, NULL, NULL},
    {"feed.ndjson.reads_expectations", "", reads_expectations, NULL, NULL},
    {"feed.ndjson.data_follows_the_type", "", data_follows_the_type, NULL, NULL},
    {"feed.ndjson.bad_lines_are_explained", "", bad_lines_are_explained, NULL, NULL},
    {"feed.ndjson.a_bad_line_ends_the_feed", "", a_bad_line_ends_the_feed, NULL, NULL},
    {"feed.ndjson.bad_lines_are_skipped_and_counted", "", bad_lines_are_skipped_and_counted, NULL,
     NULL},
    {"feed.ndjson.nothing_is_a_stream_of_no_events", "", nothing_is_a_stream_of_no_events, NULL,
     NULL},
    {"feed.ndjson.kinds_have_names", "", kinds_have_names, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
