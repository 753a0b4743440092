/* SPDX-License-Identifier: MIT
 *
 * regfile_bad_test.c - registry editor files that are malformed, and what is said about them.
 */
#include "regfile_kit.h"

#define KEY "[HKLM\\SOFTWARE\\K]\n"
#define BODY NEW KEY
#define IN(text) text, sizeof(text) - 1

static const struct bad {
    const char *text;
    size_t size;
    unsigned line, column;
    const char *reason, *advice;
} bads[] = {
    /* the first line */
    {IN("Windows Registry Editor Version 5.0\n"), 1, 1,
     "\"Windows Registry Editor Version 5.0\" is not the first line of a .reg file",
     "Did you mean Windows Registry Editor Version 5.00?"},
    {IN("REGEDIT\n"), 1, 1, "\"REGEDIT\" is not the first line of a .reg file",
     "Did you mean REGEDIT4?"},
    {IN("regedit4"), 1, 1, "\"regedit4\" is not the first line", "Did you mean REGEDIT4?"},
    {IN("[HKEY_LOCAL_MACHINE\\SOFTWARE]"), 1, 1, "is not the first line of a .reg file",
     "Did you mean Windows Registry Editor Version 5.00?"},
    /* keys */
    {IN(NEW "[HKLM\\SOFTWARE\\K\n"), 3, 1, "this key has no closing bracket",
     "Did you mean [HKLM\\SOFTWARE\\K]?"},
    {IN(NEW "[HKEY_LOCAL_MACHIN\\K]\n"), 3, 2, "\"HKEY_LOCAL_MACHIN\" is no root of the registry",
     "Did you mean HKEY_LOCAL_MACHINE?"},
    {IN(NEW "[-hkml\\K]\n"), 3, 3, "\"hkml\" is no root of the registry", "Did you mean HKLM?"},
    {IN(NEW "[SOFTWARE\\K]\n"), 3, 2, "\"SOFTWARE\" is no root of the registry",
     "Begin the key with HKEY_LOCAL_MACHINE"},
    {IN(NEW "[]\n"), 3, 2, "\"\" is no root", "Begin the key with"},
    {IN(NEW "[HKLM\\K] x\n"), 3, 10, "text behind the key", "Begin a new line"},
    {IN(NEW "[HKLM\\K\0]\n"), 3, 2, "a NUL character in the name of a key", "Save the file"},
    /* names */
    {IN(BODY "name='x'\n"), 4, 1, "\"name=\"x\"\" is neither a key nor a value",
     "Put the name in quotes; did you mean \"name\"=\"x\"?"},
    {IN(BODY "# x\n"), 4, 1, "\"# x\" is neither a key nor a value", "A comment begins with ;"},
    {IN(BODY "// x\n"), 4, 1, "\"// x\" is neither a key nor a value", "A comment begins with ;"},
    {IN(NEW "HKLM\\K\n"), 3, 1, "\"HKLM\\K\" is neither a key nor a value",
     "did you mean [HKLM\\K]?"},
    {IN(BODY "\0\n"), 4, 1, "is neither a key nor a value", "Write [HKEY_"},
    {IN(BODY "  'n\n"), 4, 3, "this quote is never closed", "Put a \" at the end"},
    {IN(BODY "'n='x'\n"), 4, 5, "no = behind the name of the value", "Write \"name\"="},
    {IN(BODY "'n' 'x'\n"), 4, 5, "no = behind the name of the value", "Write \"name\"="},
    {IN(BODY "@"), 4, 2, "no = behind the name of the value", "Write \"name\"="},
    {IN(NEW "'n'='x'\n"), 3, 1, "this value belongs to no key", "Put it below"},
    {IN(NEW "[-HKLM\\K]\n'n'='x'\n"), 4, 1, "this value belongs to no key", "does not delete"},
    /* strings */
    {IN(BODY "'n'='x\n'm'='y'\n"), 4, 5, "this quote is never closed", "Put a \" at the end"},
    {IN(BODY "'n'='C:\\dir\\'\n"), 4, 5, "this quote is never closed",
     "before the closing quote too"},
    {IN(BODY "'n'='x' y\n"), 4, 9, "text behind the value", "Begin a new line"},
    {IN(BODY "'n'='a\nb\0c'\n"), 5, 2, "a NUL character in a string", "hex(1):"},
    /* other data */
    {IN(BODY "'n'=\n"), 4, 5, "no data behind the =", "- to delete the value"},
    {IN(BODY "'n'= ; x\n"), 4, 6, "no data behind the =", "- to delete the value"},
    {IN(BODY "'n'=1\n"), 4, 5, "\"1\" is no data", "did you mean \"1\"?"},
    {IN(BODY "'n'=dwrod:1\n"), 4, 5, "\"dwrod:1\" is no data", "Did you mean dword:?"},
    {IN(BODY "'n'=qword:1\n"), 4, 5, "\"qword:1\" is no data", "Write hex(b):"},
    {IN(BODY "'n'=dword 1\n"), 4, 10, "no colon behind dword", "Write dword:00000001"},
    {IN(BODY "'n'=dword:\n"), 4, 11, "\"\" is not a number of 1 to 8 hexadecimal digits",
     "Write dword:0000000a for 10"},
    {IN(BODY "'n'=dword:0x10\n"), 4, 11, "\"0x10\" is not a number", "did you mean dword:10?"},
    {IN(BODY "'n'=dword:123456789\n"), 4, 11, "\"123456789\" is not a number", "hex(b):"},
    {IN(BODY "'n'=dword:12g\n"), 4, 11, "\"12g\" is not a number", "Write dword:"},
    {IN(BODY "'n'=hex00\n"), 4, 8, "no colon behind hex", "Write hex:00,1f,a0"},
    {IN(BODY "'n'=hex(:00\n"), 4, 8, "hex is followed by no type", "hex(7): for REG_MULTI_SZ"},
    {IN(BODY "'n'=hex(123456789):00\n"), 4, 8, "hex is followed by no type", "hex(2):"},
    {IN(BODY "'n'=hex(2:00\n"), 4, 8, "hex is followed by no type", "hex(2):"},
    {IN(BODY "'n'=hex:00,zz\n"), 4, 12, "\"zz\" does not begin with a byte", "two hexadecimal"},
    {IN(BODY "'n'=hex:123\n"), 4, 9, "\"123\" does not begin with a byte", "two hexadecimal"},
    {IN(BODY "'n'=hex:00 01\n"), 4, 12, "no comma between two bytes", "Write 00,1f,a0"},
    {IN(BODY "'n'=hex:00,\n"), 4, 12, "a comma, and no byte behind it", "End the line in \",\\\""},
    {IN(BODY "'n'=hex:00,\\\n'm'=dword:1\n"), 5, 1, "does not begin with a byte", "only where"},
    {IN(BODY "'n'=hex:00,\\ 01\n"), 4, 12, "a backslash inside the data", "ends a line"},
    {IN(BODY "'n'=hex:00,\\\n\n"), 4, 12, "the data goes on in the next line", "Drop the"},
    {IN(BODY "'n'=hex:00,\\\n  01,\\\n  0g\n"), 6, 4, "no comma between", "Write 00"},
    {IN(BODY "'n'=- x\n"), 4, 7, "text behind the value", "Begin a new line"},
};

/* The text with ' for ", as bytes: it may hold a NUL. */
static void open_text(struct feed_input *input, const char *text, size_t size, bool skip_bad)
{
    char *copy = malloc(size + 1);

    EXPECT_TRUE(copy != NULL);
    for (size_t i = 0; i < size; i++)
        copy[i] = (char)(text[i] == '\'' ? '"' : text[i]);
    feed_input_open(input, copy, size, NULL, skip_bad);
    free(copy);
}

static void expect_part(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        EXPECT_STR(text, part);
}

static void says_where_why_and_what_to_do(void **state)
{
    struct feed_input input;
    struct ntsim_event event;
    int result;

    (void)state;
    for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        open_text(&input, bads[i].text, bads[i].size, false);
        result = input.result != 0 ? input.result : 1;
        while (result == 1)
            result = feed_input_next(&input, &event);
        EXPECT_EQ(result, NTCB_EFORMAT);
        expect_part(input.error.reason, bads[i].reason);
        expect_part(input.error.advice, bads[i].advice);
        EXPECT_EQ(input.error.place.line, bads[i].line);
        EXPECT_EQ(input.error.place.column, bads[i].column);
        if (input.result == 0)
            feed_input_close(&input);
    }
}

/* What follows a malformed entry is read; nothing goes to a key that could not be. */
static const struct skipped {
    const char *text;
    unsigned bad;
    const char *values; /* "key leaf/name " of each that is set */
} skips[] = {
    {BODY "'a'=1\n'b'='x'\n", 1, "K/b "},
    {BODY "'a'='x\n'b'='y'\n'c'='z'\n", 1, "K/b K/c "},
    {BODY "'a'=hex:zz,\\\n  00,\\\n  01\n'b'='y'\n", 1, "K/b "},
    {BODY "'a'=hex:00,\\\n'b'='y'\n", 1, "K/b "},
    {BODY "'a'=hex:00,\\\n[HKLM\\SOFTWARE\\L]\n'b'='y'\n", 1, "L/b "},
    {BODY "'a'='x'\n[HKXX\\L]\n'b'='y'\n'c'='z'\n[HKLM\\M]\n'd'='w'\n", 3, "K/a M/d "},
    {BODY "[HKLM\\L\\\n'b'='y'\n" KEY "'c'='z'\n", 2, "K/c "},
    {BODY "'a'=hex:00,\\", 1, ""},
    {NEW "'a'='x'\n", 1, ""},
};

static void passes_over_bad_entries_on_request(void **state)
{
    struct feed_input input;
    struct ntsim_event event;
    struct ntsim_feed_counts counts;
    char seen[256];
    int result, opens;

    (void)state;
    for (size_t i = 0; i < sizeof(skips) / sizeof(skips[0]); i++) {
        seen[0] = '\0';
        opens = 0;
        open_text(&input, skips[i].text, strlen(skips[i].text), true);
        while ((result = feed_input_next(&input, &event)) == 1) {
            opens += event.kind == NTSIM_EVENT_KEY_CREATE;
            opens -= event.kind == NTSIM_EVENT_KEY_CLOSE;
            if (event.kind == NTSIM_EVENT_VALUE_SET)
                snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s/%s ",
                         strrchr(event.key, '\\') + 1, event.value);
        }
        EXPECT_EQ(result, 0);
        EXPECT_STR(seen, skips[i].values);
        EXPECT_EQ(opens, 0);
        ntsim_feed_counts(input.feed, &counts);
        EXPECT_EQ(counts.bad, skips[i].bad);
        feed_input_close(&input);
    }
}

static const struct ntcb_test tests[] = {
    {"feed.regfile.says_where_why_and_what_to_do", "", says_where_why_and_what_to_do, NULL, NULL},
    {"feed.regfile.passes_over_bad_entries_on_request", "", passes_over_bad_entries_on_request,
     NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
