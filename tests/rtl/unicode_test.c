/* SPDX-License-Identifier: MIT
 *
 * unicode_test.c - counted strings: compare, copy, append, hash, convert; without a kernel.
 */
#include "test.h"

#include <ntcallback/ddk/ntifs.h>

static UNICODE_STRING text(const WCHAR *characters)
{
    UNICODE_STRING string;

    RtlInitUnicodeString(&string, characters);
    return string;
}

static int sign(LONG value)
{
    return value < 0 ? -1 : value > 0;
}

static void strings_are_counted(void **state)
{
    static WCHAR endless[40000];
    UNICODE_STRING string = text(u"abc");
    ANSI_STRING ansi;
    size_t index;

    (void)state;
    EXPECT_EQ(string.Length, 6);
    EXPECT_EQ(string.MaximumLength, 8);
    RtlInitUnicodeString(&string, NULL);
    EXPECT_EQ(string.Length, 0);
    EXPECT_EQ(string.MaximumLength, 0);
    EXPECT_PTR(string.Buffer, NULL);
    for (index = 0; index + 1 < RTL_NUMBER_OF(endless); ++index) {
        endless[index] = u'x';
    }
    string = text(endless);
    EXPECT_EQ(string.Length, 0xFFFC); /* what a USHORT can count, with a terminator */
    EXPECT_EQ(string.MaximumLength, 0xFFFE);
    RtlInitAnsiString(&ansi, "abc");
    EXPECT_EQ(ansi.Length, 3);
    EXPECT_EQ(ansi.MaximumLength, 4);
    RtlInitAnsiString(&ansi, NULL);
    EXPECT_EQ(ansi.Length, 0);
    EXPECT_PTR(ansi.Buffer, NULL);
}

static const struct {
    const WCHAR *left;
    const WCHAR *right;
    int sensitive;
    int insensitive;
} comparisons[] = {
    {u"", u"", 0, 0},
    {u"a", u"a", 0, 0},
    {u"a", u"A", 1, 0},
    {u"abc", u"abd", -1, -1},
    {u"abc", u"ab", 1, 1},
    {u"ab", u"ABC", 1, -1},
    {u"Z", u"a", -1, 1},
    {u"\u00E9t\u00E9", u"\u00C9T\u00C9", 1, 0},
    {u"\u03C3", u"\u03A3", 1, 0},
    {u"\u00DF", u"ss", 1, 1},
    {u"_", u"a", -1, 1}, /* folded to upper case: A is below the underscore */
};

static void comparison_folds_to_upper_case(void **state)
{
    size_t row;

    (void)state;
    for (row = 0; row < RTL_NUMBER_OF(comparisons); ++row) {
        UNICODE_STRING left = text(comparisons[row].left);
        UNICODE_STRING right = text(comparisons[row].right);

        EXPECT_EQ(sign(RtlCompareUnicodeString(&left, &right, FALSE)), comparisons[row].sensitive);
        EXPECT_EQ(sign(RtlCompareUnicodeString(&right, &left, FALSE)), -comparisons[row].sensitive);
        EXPECT_EQ(sign(RtlCompareUnicodeString(&left, &right, TRUE)), comparisons[row].insensitive);
        EXPECT_EQ(RtlEqualUnicodeString(&left, &right, FALSE), comparisons[row].sensitive == 0);
        EXPECT_EQ(RtlEqualUnicodeString(&left, &right, TRUE), comparisons[row].insensitive == 0);
    }
}

static void single_characters_are_mapped(void **state)
{
    unsigned code;
    unsigned changed = 0;

    (void)state;
    EXPECT_EQ(RtlUpcaseUnicodeChar(u'a'), u'A');
    EXPECT_EQ(RtlUpcaseUnicodeChar(u'@'), u'@');
    EXPECT_EQ(RtlUpcaseUnicodeChar(u'{'), u'{');
    EXPECT_EQ(RtlUpcaseUnicodeChar(0x00FF), 0x0178);
    EXPECT_EQ(RtlUpcaseUnicodeChar(0x0436), 0x0416);
    EXPECT_EQ(RtlDowncaseUnicodeChar(u'Z'), u'z');
    EXPECT_EQ(RtlDowncaseUnicodeChar(0x0416), 0x0436);
    for (code = 0; code < 0x10000; ++code) {
        WCHAR upper = RtlUpcaseUnicodeChar((WCHAR)code);

        EXPECT_EQ(RtlUpcaseUnicodeChar(upper), upper); /* once is enough */
        changed += upper != code;
    }
    EXPECT_TRUE(changed > 900);
    EXPECT_EQ(RtlUpcaseUnicodeChar(0xD83D), 0xD83D); /* surrogates stay */
}

static void prefix_and_suffix(void **state)
{
    UNICODE_STRING whole = text(u"\\Device\\Foo.sys");
    UNICODE_STRING head = text(u"\\DEVICE\\");
    UNICODE_STRING tail = text(u".SYS");
    UNICODE_STRING longer = text(u"x\\Device\\Foo.sys");
    UNICODE_STRING empty = text(u"");

    (void)state;
    EXPECT_EQ(RtlPrefixUnicodeString(&head, &whole, TRUE), TRUE);
    EXPECT_EQ(RtlPrefixUnicodeString(&head, &whole, FALSE), FALSE);
    EXPECT_EQ(RtlPrefixUnicodeString(&empty, &whole, FALSE), TRUE);
    EXPECT_EQ(RtlPrefixUnicodeString(&longer, &whole, TRUE), FALSE);
    EXPECT_EQ(RtlPrefixUnicodeString(&whole, &whole, FALSE), TRUE);
    EXPECT_EQ(RtlSuffixUnicodeString(&tail, &whole, TRUE), TRUE);
    EXPECT_EQ(RtlSuffixUnicodeString(&tail, &whole, FALSE), FALSE);
    EXPECT_EQ(RtlSuffixUnicodeString(&longer, &whole, TRUE), FALSE);
    EXPECT_EQ(RtlSuffixUnicodeString(&empty, &empty, TRUE), TRUE);
}

static void copying_is_bounded(void **state)
{
    WCHAR buffer[5] = {9, 9, 9, 9, 9};
    UNICODE_STRING destination = {0, 8, buffer};
    UNICODE_STRING source = text(u"abcdef");

    (void)state;
    RtlCopyUnicodeString(&destination, &source);
    EXPECT_EQ(destination.Length, 8);
    EXPECT_MEM(buffer, u"abcd", 8);
    EXPECT_EQ(buffer[4], 9);
    source = text(u"xy");
    RtlCopyUnicodeString(&destination, &source);
    EXPECT_EQ(destination.Length, 4);
    EXPECT_MEM(buffer, u"xy\0d", 8); /* terminated where there is room */
    RtlCopyUnicodeString(&destination, NULL);
    EXPECT_EQ(destination.Length, 0);
}

static void appending_never_cuts(void **state)
{
    WCHAR buffer[6] = {0};
    UNICODE_STRING destination = {0, 10, buffer};
    UNICODE_STRING source = text(u"abc");

    (void)state;
    EXPECT_SUCCESS(RtlAppendUnicodeStringToString(&destination, &source));
    EXPECT_STATUS(RtlAppendUnicodeStringToString(&destination, &source), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(destination.Length, 6);
    EXPECT_SUCCESS(RtlAppendUnicodeToString(&destination, u"de"));
    EXPECT_EQ(destination.Length, 10);
    EXPECT_MEM(buffer, u"abcde", 10);
    EXPECT_SUCCESS(RtlAppendUnicodeToString(&destination, NULL));
    EXPECT_STATUS(RtlAppendUnicodeToString(&destination, u"f"), STATUS_BUFFER_TOO_SMALL);
}

static const struct {
    const WCHAR *digits;
    ULONG base;
    NTSTATUS status;
    ULONG value;
} numbers[] = {
    {u"0", 0, STATUS_SUCCESS, 0},
    {u"123", 0, STATUS_SUCCESS, 123},
    {u"0x1F", 0, STATUS_SUCCESS, 31},
    {u"0o17", 0, STATUS_SUCCESS, 15},
    {u"0b101", 0, STATUS_SUCCESS, 5},
    {u"  42", 10, STATUS_SUCCESS, 42},
    {u"-1", 10, STATUS_SUCCESS, 0xFFFFFFFF},
    {u"+7", 10, STATUS_SUCCESS, 7},
    {u"12abc", 10, STATUS_SUCCESS, 12},
    {u"12abc", 16, STATUS_SUCCESS, 0x12ABC},
    {u"777", 8, STATUS_SUCCESS, 511},
    {u"4294967295", 10, STATUS_SUCCESS, 0xFFFFFFFF},
    {u"", 10, STATUS_SUCCESS, 0},
    {u"1", 7, STATUS_INVALID_PARAMETER, 99},
};

static void numbers_are_read(void **state)
{
    size_t row;

    (void)state;
    for (row = 0; row < RTL_NUMBER_OF(numbers); ++row) {
        UNICODE_STRING digits = text(numbers[row].digits);
        ULONG value = 99;

        EXPECT_STATUS(RtlUnicodeStringToInteger(&digits, numbers[row].base, &value),
                      numbers[row].status);
        EXPECT_EQ(value, numbers[row].value);
    }
}

static void numbers_are_written(void **state)
{
    static const ULONG bases[] = {0, 2, 8, 10, 16};
    static const ULONG values[] = {0, 1, 9, 10, 255, 4096, 0x7FFFFFFF, 0xFFFFFFFF};
    WCHAR buffer[34];
    UNICODE_STRING string = {0, sizeof(buffer), buffer};
    size_t base;
    size_t index;

    (void)state;
    for (base = 0; base < RTL_NUMBER_OF(bases); ++base) {
        for (index = 0; index < RTL_NUMBER_OF(values); ++index) {
            ULONG back = 99;

            EXPECT_SUCCESS(RtlIntegerToUnicodeString(values[index], bases[base], &string));
            EXPECT_SUCCESS(
                RtlUnicodeStringToInteger(&string, bases[base] == 0 ? 10 : bases[base], &back));
            EXPECT_EQ(back, values[index]);
        }
    }
    EXPECT_STATUS(RtlIntegerToUnicodeString(1, 3, &string), STATUS_INVALID_PARAMETER);
    string.MaximumLength = 4;
    EXPECT_STATUS(RtlIntegerToUnicodeString(1000, 10, &string), STATUS_BUFFER_OVERFLOW);
}

static void hash_ignores_case_on_request(void **state)
{
    UNICODE_STRING lower = text(u"software");
    UNICODE_STRING upper = text(u"SOFTWARE");
    ULONG first = 0;
    ULONG second = 1;

    (void)state;
    EXPECT_SUCCESS(RtlHashUnicodeString(&lower, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &first));
    EXPECT_SUCCESS(RtlHashUnicodeString(&upper, TRUE, HASH_STRING_ALGORITHM_X65599, &second));
    EXPECT_EQ(first, second);
    EXPECT_SUCCESS(RtlHashUnicodeString(&lower, FALSE, HASH_STRING_ALGORITHM_X65599, &first));
    EXPECT_NE(first, second);
    lower = text(u"a");
    EXPECT_SUCCESS(RtlHashUnicodeString(&lower, FALSE, HASH_STRING_ALGORITHM_X65599, &first));
    EXPECT_EQ(first, u'a');
    EXPECT_STATUS(RtlHashUnicodeString(&lower, FALSE, 2, &first), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlHashUnicodeString(NULL, FALSE, 0, &first), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlHashUnicodeString(&lower, FALSE, 0, NULL), STATUS_INVALID_PARAMETER);
}

static void memory_is_compared_from_the_start(void **state)
{
    (void)state;
    EXPECT_EQ(RtlCompareMemory("abcd", "abcx", 4), 3);
    EXPECT_EQ(RtlCompareMemory("abcd", "abcd", 4), 4);
    EXPECT_EQ(RtlCompareMemory("a", "b", 1), 0);
    EXPECT_EQ(RtlCompareMemory("a", "b", 0), 0);
}

static const struct ntcb_test tests[] = {
    {"rtl.unicode.strings_are_counted", "", strings_are_counted, NULL, NULL},
    {"rtl.unicode.comparison_folds_to_upper_case", "", comparison_folds_to_upper_case, NULL, NULL},
    {"rtl.unicode.single_characters_are_mapped", "", single_characters_are_mapped, NULL, NULL},
    {"rtl.unicode.prefix_and_suffix", "", prefix_and_suffix, NULL, NULL},
    {"rtl.unicode.copying_is_bounded", "", copying_is_bounded, NULL, NULL},
    {"rtl.unicode.appending_never_cuts", "", appending_never_cuts, NULL, NULL},
    {"rtl.unicode.numbers_are_read", "", numbers_are_read, NULL, NULL},
    {"rtl.unicode.numbers_are_written", "", numbers_are_written, NULL, NULL},
    {"rtl.unicode.hash_ignores_case_on_request", "", hash_ignores_case_on_request, NULL, NULL},
    {"rtl.unicode.memory_is_compared_from_the_start", "", memory_is_compared_from_the_start, NULL,
     NULL},
};

NTCB_TEST_MAIN("library", tests)
