/* SPDX-License-Identifier: MIT
 *
 * utf8_white_test.c - UTF-16 to UTF-8: every length, broken surrogates, buffers that are too small.
 */
#include "test.h"

#include "rtl/rtlp.h"

static const struct {
    WCHAR units[6];
    unsigned count;
    const char *utf8;
} rows[] = {
    {{0}, 0, ""},
    {u"abc", 3, "abc"},
    {{0x7F, 0x80}, 2, "\x7F\xC2\x80"},
    {{0x7FF, 0x800}, 2, "\xDF\xBF\xE0\xA0\x80"},
    {{0xFFFF}, 1, "\xEF\xBF\xBF"},
    {{0xD83D, 0xDD11}, 2, "\xF0\x9F\x94\x91"},
    {{0xD800, 0xDC00, 'x'}, 3, "\xF0\x90\x80\x80x"},
    {{0xDBFF, 0xDFFF}, 2, "\xF4\x8F\xBF\xBF"},
    {{0xD83D}, 1, "\xEF\xBF\xBD"},
    {{0xDD11, 'x'}, 2, "\xEF\xBF\xBDx"},
    {{0xD83D, 'x'}, 2, "\xEF\xBF\xBDx"},
    {{0xD83D, 0xD83D, 0xDD11}, 3, "\xEF\xBF\xBD\xF0\x9F\x94\x91"},
};

static void every_length_and_broken_pairs(void **state)
{
    size_t row;

    (void)state;
    for (row = 0; row < RTL_NUMBER_OF(rows); ++row) {
        WCHAR *copy = malloc(rows[row].count * sizeof(WCHAR) + 1); /* nothing readable behind it */
        USHORT bytes = (USHORT)(rows[row].count * sizeof(WCHAR));
        UNICODE_STRING source = {bytes, bytes, copy};
        char buffer[32];

        memcpy(copy, rows[row].units, bytes);
        EXPECT_EQ(RtlpToUtf8(&source, NULL, 0), strlen(rows[row].utf8));
        EXPECT_EQ(RtlpToUtf8(&source, buffer, sizeof(buffer)), strlen(rows[row].utf8));
        EXPECT_STR(buffer, rows[row].utf8);
        free(copy);
    }
}

static void small_buffer_holds_whole_characters(void **state)
{
    static WCHAR units[] = {u'a', 0x20AC, u'z'}; /* 1 + 3 + 1 bytes */
    static const char *const expected[] = {
        "", "", "a", "a", "a", "a\xE2\x82\xAC", "a\xE2\x82\xACz"};
    UNICODE_STRING source = {sizeof(units), sizeof(units), units};
    size_t bytes;

    (void)state;
    for (bytes = 1; bytes <= 6; ++bytes) {
        char *buffer = malloc(bytes);

        EXPECT_EQ(RtlpToUtf8(&source, buffer, bytes), 5);
        EXPECT_STR(buffer, expected[bytes]);
        free(buffer);
    }
}

static const struct ntcb_test tests[] = {
    {"rtl.utf8.every_length_and_broken_pairs", "", every_length_and_broken_pairs, NULL, NULL},
    {"rtl.utf8.small_buffer_holds_whole_characters", "", small_buffer_holds_whole_characters, NULL,
     NULL},
};

NTCB_TEST_MAIN("library", tests)
