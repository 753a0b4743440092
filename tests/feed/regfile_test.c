/* SPDX-License-Identifier: MIT
 *
 * regfile_test.c - registry editor files as events.
 */
#include "regfile_kit.h"

#include <jansson.h>

#define KEY "[HKLM\\SOFTWARE\\K]\n"
#define BYTES(text) sizeof(text) - 1, text

/* ---- values ---------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *name;
    uint32_t type;
    size_t bytes;
    const char *data;
} values[] = {
    {NEW KEY "'n'='ab'", "n", REG_SZ, BYTES("a\0b\0\0\0")},
    {NEW KEY "'n'=''", "n", REG_SZ, BYTES("\0\0")},
    {NEW KEY "@='a'", "", REG_SZ, BYTES("a\0\0\0")},
    {NEW KEY "''='a'", "", REG_SZ, BYTES("a\0\0\0")},
    {NEW KEY "'a\\\\b\\'c'='\\\\\\''", "a\\b\"c", REG_SZ, BYTES("\\\0\"\0\0\0")},
    {NEW KEY "'n'='a\\b'", "n", REG_SZ, BYTES("a\0b\0\0\0")},
    {NEW KEY "'n'='a\r\n;b'", "n", REG_SZ, BYTES("a\0\r\0\n\0;\0b\0\0\0")},
    {NEW KEY "'a\nb'='c'", "a\nb", REG_SZ, BYTES("c\0\0\0")},
    {NEW KEY " \t'n' \t= \t'a' \t; comment", "n", REG_SZ, BYTES("a\0\0\0")},
    {NEW KEY "'n'='\xF0\x9F\x98\x80\xE2\x82\xAC'", "n", REG_SZ,
     BYTES("\x3D\xD8\0\xDE\xAC\x20\0\0")},
    {NEW KEY "'n'='\xE9\x80'", "n", REG_SZ, BYTES("\xE9\0\xAC\x20\0\0")},
    {NEW KEY "'\xE9\x80'=hex:", "\xC3\xA9\xE2\x82\xAC", REG_BINARY, BYTES("")},
    {NEW KEY "'n'=dword:0000000a", "n", REG_DWORD, BYTES("\x0A\0\0\0")},
    {NEW KEY "'n'=DWORD:FfEe ;", "n", REG_DWORD, BYTES("\xEE\xFF\0\0")},
    {NEW KEY "'n'=dword:89abcdef\r\n", "n", REG_DWORD, BYTES("\xEF\xCD\xAB\x89")},
    {NEW KEY "'n'=hex:00,1F,a", "n", REG_BINARY, BYTES("\0\x1F\x0A")},
    {NEW KEY "'n'=hex: 00 , 1f ; comment", "n", REG_BINARY, BYTES("\0\x1F")},
    {NEW KEY "'n'=hex:00,\\\n  01,\\\r\n02", "n", REG_BINARY, BYTES("\0\1\2")},
    {NEW KEY "'n'=hex:\\\n  01", "n", REG_BINARY, BYTES("\1")},
    {NEW KEY "'n'=hex:00,\\ ; one\n;two\n\n\t01", "n", REG_BINARY, BYTES("\0\1")},
    {NEW KEY "'n'=hex(0):", "n", REG_NONE, BYTES("")},
    {NEW KEY "'n'=hex(1):61,00", "n", REG_SZ, BYTES("a\0")},
    {NEW KEY "'n'=hex(2):25,00,00,00", "n", REG_EXPAND_SZ, BYTES("%\0\0\0")},
    {NEW KEY "'n'=hex(4):01", "n", REG_DWORD, BYTES("\1")},
    {NEW KEY "'n'=hex(6):61,00", "n", REG_LINK, BYTES("a\0")},
    {NEW KEY "'n'=hex(7):61,00,00,00,00,00", "n", REG_MULTI_SZ, BYTES("a\0\0\0\0\0")},
    {NEW KEY "'n'=hex(B):1,2,3,4,5,6,7,8", "n", REG_QWORD, BYTES("\1\2\3\4\5\6\7\x8")},
    {NEW KEY "'n'=hex(ffff0011):07", "n", 0xFFFF0011, BYTES("\7")},
    {OLD KEY "'n'='\xE9'", "n", REG_SZ, BYTES("\xE9\0\0\0")},
    {OLD KEY "'n'=hex:61,80", "n", REG_BINARY, BYTES("a\x80")},
    {OLD KEY "'n'=hex(1):61,00", "n", REG_SZ, BYTES("a\0\0\0")},
    {OLD KEY "'n'=hex(2):25,80,00", "n", REG_EXPAND_SZ, BYTES("%\0\xAC\x20\0\0")},
    {OLD KEY "'n'=hex(7):61,00,00", "n", REG_MULTI_SZ, BYTES("a\0\0\0\0\0")},
    {OLD KEY "'n'=hex(b):1,2,3,4,5,6,7,8", "n", REG_QWORD, BYTES("\1\2\3\4\5\6\7\x8")},
};

static void reads_every_kind_of_value(void **state)
{
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        feed_input_text(&input, values[i].text, NULL, false);
        feed_input_expect(&input, &event, NTSIM_EVENT_PROCESS_CREATE);
        feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CREATE);
        feed_input_expect(&input, &event, NTSIM_EVENT_VALUE_SET);
        EXPECT_EQ(event.place.line, 4);
        EXPECT_STR(event.key, SOFTWARE "\\K");
        EXPECT_STR(event.value, values[i].name);
        EXPECT_EQ(event.type, values[i].type);
        EXPECT_EQ(event.data_bytes, values[i].bytes);
        EXPECT_MEM(event.data, values[i].data, values[i].bytes);
        feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CLOSE);
        feed_input_expect(&input, &event, NTSIM_EVENT_PROCESS_EXIT);
        EXPECT_EQ(feed_input_next(&input, &event), 0);
        feed_input_close(&input);
    }
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void roots_become_kernel_names(void **state)
{
    static const char *const keys[][2] = {
        {"HKEY_LOCAL_MACHINE\\SOFTWARE\\a", SOFTWARE "\\a"},
        {"hklm\\SOFTWARE\\a\\", SOFTWARE "\\a"},
        {"HKEY_LOCAL_MACHINE", MACHINE},
        {"HKEY_CLASSES_ROOT\\.x", SOFTWARE "\\Classes\\.x"},
        {"HKCR", SOFTWARE "\\Classes"},
        {"HKEY_USERS\\.DEFAULT\\a", "\\REGISTRY\\USER\\.DEFAULT\\a"},
        {"HKEY_CURRENT_CONFIG\\a",
         MACHINE "\\SYSTEM\\CurrentControlSet\\Hardware Profiles\\Current\\a"},
        {"HKLM\\SYSTEM\\CurrentControlSet\\a", MACHINE "\\SYSTEM\\CurrentControlSet\\a"},
        {"HKLM\\a]b[c", MACHINE "\\a]b[c"},
        {"HKLM\\ a ; b", MACHINE "\\ a ; b"},
        {"\\REGISTRY\\A\\x", "\\REGISTRY\\A\\x"},
    };
    struct feed_input input;
    struct ntsim_event event;
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        snprintf(text, sizeof(text), NEW " [%s] ; comment\n", keys[i][0]);
        feed_input_text(&input, text, NULL, false);
        feed_input_expect(&input, &event, NTSIM_EVENT_PROCESS_CREATE);
        feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CREATE);
        EXPECT_STR(event.key, keys[i][1]);
        feed_input_close(&input);
    }
}

static const char session[] = NEW "; what a program sets up\n"
                                  "[HKCU\\Software\\K]\n"
                                  "'a'='b'\n"
                                  "'b'=-\n"
                                  "@=-\n"
                                  "[-HKCU\\Software\\K\\Old]\n"
                                  "[HKCU\\Software\\L]\n";

static const struct {
    enum ntsim_event_kind kind;
    unsigned line;
    const char *leaf, *value;
} steps[] = {
    {NTSIM_EVENT_PROCESS_CREATE, 1, NULL, NULL}, {NTSIM_EVENT_KEY_CREATE, 4, "\\K", NULL},
    {NTSIM_EVENT_VALUE_SET, 5, "\\K", "a"},      {NTSIM_EVENT_VALUE_DELETE, 6, "\\K", "b"},
    {NTSIM_EVENT_VALUE_DELETE, 7, "\\K", ""},    {NTSIM_EVENT_KEY_CLOSE, 8, "\\K", NULL},
    {NTSIM_EVENT_KEY_DELETE, 8, "\\Old", NULL},  {NTSIM_EVENT_KEY_CREATE, 9, "\\L", NULL},
    {NTSIM_EVENT_KEY_CLOSE, 10, "\\L", NULL},    {NTSIM_EVENT_PROCESS_EXIT, 10, NULL, NULL},
};

static void does_what_regedit_does(void **state)
{
    struct feed_input input;
    struct ntsim_event event;
    struct ntsim_feed_counts counts;

    (void)state;
    feed_input_text(&input, session, NULL, false);
    EXPECT_STR(ntsim_feed_format(input.feed), "regedit");
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
            feed_input_expect(&input, &event, steps[i].kind);
            EXPECT_EQ(event.place.line, steps[i].line);
            EXPECT_STR(event.value, steps[i].value);
            if (steps[i].leaf != NULL) {
                EXPECT_EQ(strncmp(event.key, "\\REGISTRY\\USER\\S-1-5-21-", 24), 0);
                EXPECT_STR(strrchr(event.key, '\\'), steps[i].leaf);
                EXPECT_EQ(event.has & NTSIM_HAS_API, NTSIM_HAS_API);
            }
        }
        EXPECT_EQ(feed_input_next(&input, &event), 0);
        ntsim_feed_counts(input.feed, &counts);
        EXPECT_EQ(counts.records, 6);
        EXPECT_EQ(counts.synthesised, 4);
        EXPECT_EQ(counts.events, 10);
        EXPECT_EQ(counts.bytes_read, sizeof(session) - 1);
        ntsim_feed_rewind(input.feed);
    }
    feed_input_close(&input);
}

/* ---- encodings ------------------------------------------------------------------------------- */

/* The text, whose characters are below U+0100, in an encoding; returns its bytes. */
static size_t encode(const char *text, int form, uint8_t *out)
{
    static const char *const Marks[] = {"", "\xEF\xBB\xBF", "", "\xFF\xFE", "\xFE\xFF"};
    size_t size = strlen(Marks[form]);

    memcpy(out, Marks[form], size);
    for (; *text != '\0'; text++) {
        uint8_t c = (uint8_t)*text;

        if (form >= 3) {
            out[size + (form == 4)] = c;
            out[size + (form == 3)] = 0;
            size += 2;
        } else if (form == 2 || c < 0x80) {
            out[size++] = c;
        } else {
            out[size++] = (uint8_t)(0xC0 | c >> 6);
            out[size++] = (uint8_t)(0x80 | (c & 0x3F));
        }
    }
    return size;
}

static void reads_every_encoding(void **state)
{
    static const char text[] = "Windows Registry Editor Version 5.00\r\n[HKLM\\\xE9]\r\n"
                               "\"\xFC\"=\"\xDF\"\r\n";
    uint8_t bytes[4 * sizeof(text)];
    struct feed_input input;
    struct ntsim_event event;

    (void)state;
    for (int form = 0; form < 5; form++) {
        feed_input_open(&input, bytes, encode(text, form, bytes), NULL, false);
        feed_input_expect(&input, &event, NTSIM_EVENT_PROCESS_CREATE);
        feed_input_expect(&input, &event, NTSIM_EVENT_KEY_CREATE);
        EXPECT_STR(event.key, MACHINE "\\\xC3\xA9");
        feed_input_expect(&input, &event, NTSIM_EVENT_VALUE_SET);
        EXPECT_STR(event.value, "\xC3\xBC");
        EXPECT_EQ(event.data_bytes, 4);
        EXPECT_MEM(event.data, "\xDF\0\0\0", 4);
        feed_input_close(&input);
    }
}

/* ---- real files ------------------------------------------------------------------------------ */

static const struct {
    const char *form;
    uint32_t type;
} forms[] = {{"sz", REG_SZ},
             {"dword", REG_DWORD},
             {"hex", REG_BINARY},
             {"hex(2)", REG_EXPAND_SZ},
             {"hex(7)", REG_MULTI_SZ}};

static void check_file(const char *name, const json_t *stats)
{
    const json_t *of_forms = json_object_get(stats, "values");
    json_int_t kinds[NTSIM_EVENT_KIND_COUNT] = {0}, types[16] = {0}, all = 0;
    struct ntsim_feed_error error;
    struct ntsim_event event;
    struct ntsim_feed *feed;
    int result;

    EXPECT_EQ(ntsim_feed_open(&feed, ntcb_test_data(name), NULL, false, &error), 0);
    while ((result = ntsim_feed_next(feed, &event, &error)) == 1) {
        kinds[event.kind]++;
        if (event.kind == NTSIM_EVENT_VALUE_SET && event.type < 16)
            types[event.type]++;
    }
    EXPECT_EQ(result, 0);
    ntsim_feed_close(feed);
    EXPECT_EQ(kinds[NTSIM_EVENT_KEY_CREATE],
              json_integer_value(json_object_get(stats, "key_sections")));
    EXPECT_EQ(kinds[NTSIM_EVENT_KEY_DELETE],
              json_integer_value(json_object_get(stats, "key_deletes")));
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        EXPECT_EQ(types[forms[i].type],
                  json_integer_value(json_object_get(of_forms, forms[i].form)));
        all += types[forms[i].type];
    }
    EXPECT_EQ(kinds[NTSIM_EVENT_VALUE_SET], all);
}

static void recordings_hold_what_was_counted(void **state)
{
    json_t *stats = json_load_file(ntcb_test_data("STATS.json"), 0, NULL);
    const char *name;
    json_t *file;
    unsigned files = 0;

    (void)state;
    json_object_foreach(stats, name, file)
    {
        if (strncmp(name, "reg/", 4) != 0)
            continue;
        check_file(name, file);
        files++;
    }
    EXPECT_EQ(files, 8);
    json_decref(stats);
}

static const struct ntcb_test tests[] = {
    {"feed.regfile.reads_every_kind_of_value", "", reads_every_kind_of_value, NULL, NULL},
    {"feed.regfile.roots_become_kernel_names", "", roots_become_kernel_names, NULL, NULL},
    {"feed.regfile.does_what_regedit_does", "", does_what_regedit_does, NULL, NULL},
    {"feed.regfile.reads_every_encoding", "", reads_every_encoding, NULL, NULL},
    {"feed.regfile.recordings_hold_what_was_counted", "", recordings_hold_what_was_counted, NULL,
     NULL},
};

NTCB_TEST_MAIN("library", tests)
