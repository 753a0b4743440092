/* SPDX-License-Identifier: MIT
 *
 * strsafe_test.c - the bounded string functions of ntstrsafe.h and the checked arithmetic of
 * ntintsafe.h.
 */
#include "simkit.h"

#include <ntcallback/ddk/ntintsafe.h>
#include <ntcallback/ddk/ntstrsafe.h>

static WCHAR wide[8];
static char narrow[8];
static UNICODE_STRING counted;
static WCHAR counted_buffer[4];

static void prepare(const WCHAR *text)
{
    memset(wide, 0x11, sizeof(wide));
    memset(narrow, 0x11, sizeof(narrow));
    memset(counted_buffer, 0x11, sizeof(counted_buffer));
    ntcb_wcscpy(wide, text);
    for (size_t i = 0; i <= ntcb_wcslen(text); i++)
        narrow[i] = (char)text[i];
    counted =
        (UNICODE_STRING){(USHORT)(ntcb_wcslen(text) * sizeof(WCHAR)), sizeof(counted_buffer), NULL};
    counted.Buffer = counted_buffer;
    memcpy(counted_buffer, text, counted.Length);
}

/* The same of both widths. */
#define BOTH(call, wide_call, expected_status, expected)    \
    do {                                                    \
        EXPECT_STATUS(wide_call, expected_status);          \
        EXPECT_MEM(wide, u##expected, sizeof(u##expected)); \
        EXPECT_STATUS(call, expected_status);               \
        EXPECT_STR(narrow, expected);                       \
    } while (0)

/* The compiler is not to know: it would warn of what the functions are there for. */
static volatile size_t too_large = (size_t)NTSTRSAFE_MAX_CCH + 1;

static void copies_are_cut_and_terminated(void **state)
{
    (void)state;
    prepare(u"");
    BOTH(RtlStringCchCopyA(narrow, 4, "abc"), RtlStringCchCopyW(wide, 4, u"abc"), STATUS_SUCCESS,
         "abc");
    BOTH(RtlStringCchCopyA(narrow, 3, "xyz"), RtlStringCchCopyW(wide, 3, u"xyz"),
         STATUS_BUFFER_OVERFLOW, "xy");
    BOTH(RtlStringCbCopyA(narrow, 3, "pqr"), RtlStringCbCopyW(wide, 7, u"pqr"),
         STATUS_BUFFER_OVERFLOW, "pq");
    BOTH(RtlStringCchCopyNA(narrow, 8, "abcdef", 2), RtlStringCchCopyNW(wide, 8, u"abcdef", 2),
         STATUS_SUCCESS, "ab");
    BOTH(RtlStringCbCopyNA(narrow, 8, "abcdef", 3), RtlStringCbCopyNW(wide, 16, u"abcdef", 7),
         STATUS_SUCCESS, "abc");
    BOTH(RtlStringCchCatA(narrow, 8, "de"), RtlStringCchCatW(wide, 8, u"de"), STATUS_SUCCESS,
         "abcde");
    BOTH(RtlStringCbCatA(narrow, 8, "fgh"), RtlStringCbCatW(wide, 16, u"fgh"),
         STATUS_BUFFER_OVERFLOW, "abcdefg");
    prepare(u"a");
    BOTH(RtlStringCchCatNA(narrow, 8, "bcd", 2), RtlStringCchCatNW(wide, 8, u"bcd", 2),
         STATUS_SUCCESS, "abc");
    BOTH(RtlStringCbCatNA(narrow, 8, "de", 1), RtlStringCbCatNW(wide, 16, u"de", 2), STATUS_SUCCESS,
         "abcd");
    EXPECT_STATUS(RtlStringCchCopyW(wide, 0, u"a"), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlStringCchCopyA(narrow, too_large, "a"), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlStringCchCopyA(NULL, 0, ""), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlStringCchCatA(narrow, 2, "x"), STATUS_INVALID_PARAMETER); /* unterminated */
    EXPECT_STATUS(RtlStringCchCopyNW(wide, 8, u"a", too_large), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(wide[0], 0);
}

static void lengths_are_bounded(void **state)
{
    size_t length = 9;

    (void)state;
    EXPECT_SUCCESS(RtlStringCchLengthW(u"abc", 4, &length));
    EXPECT_EQ(length, 3);
    EXPECT_STATUS(RtlStringCchLengthW(u"abc", 3, &length), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(length, 0);
    EXPECT_SUCCESS(RtlStringCbLengthW(u"abc", 8, &length));
    EXPECT_EQ(length, 6);
    EXPECT_SUCCESS(RtlStringCbLengthA("abc", 4, &length));
    EXPECT_EQ(length, 3);
    EXPECT_SUCCESS(RtlStringCchLengthA("", 1, NULL));
    EXPECT_STATUS(RtlStringCchLengthA(NULL, 1, &length), STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(RtlUnalignedStringCchLengthW(u"abc", 4, &length));
    EXPECT_EQ(length, 3);
    EXPECT_SUCCESS(RtlUnalignedStringCbLengthW(u"ab", 6, &length));
    EXPECT_EQ(length, 4);
    EXPECT_STATUS(RtlUnalignedStringCchLengthW(u"abc", 3, &length), STATUS_INVALID_PARAMETER);
}

static void ex_says_where_it_ends(void **state)
{
    WCHAR *end;
    char *narrow_end;
    size_t left;

    (void)state;
    prepare(u"");
    EXPECT_SUCCESS(RtlStringCchCopyExW(wide, 8, u"ab", &end, &left, STRSAFE_FILL_BYTE(0x22)));
    EXPECT_TRUE(end == wide + 2);
    EXPECT_EQ(left, 6);
    EXPECT_MEM(wide, u"ab\0\x2222\x2222\x2222\x2222\x2222", 16);
    EXPECT_SUCCESS(RtlStringCbCatExW(wide, 15, u"cd", &end, &left, 0));
    EXPECT_TRUE(end == wide + 4);
    EXPECT_EQ(left, 7);
    EXPECT_SUCCESS(RtlStringCchCopyNExA(narrow, 8, "abc", 1, &narrow_end, &left, 0));
    EXPECT_TRUE(narrow_end == narrow + 1);
    EXPECT_SUCCESS(RtlStringCchCatNExA(narrow, 8, "bcd", 2, &narrow_end, &left, 0));
    EXPECT_STR(narrow, "abc");
    EXPECT_EQ(left, 5);
    EXPECT_SUCCESS(
        RtlStringCbPrintfExA(narrow, 8, &narrow_end, &left, STRSAFE_IGNORE_NULLS, "%d", 42));
    EXPECT_EQ(left, 6);
    EXPECT_SUCCESS(RtlStringCchPrintfExW(wide, 8, &end, &left, 0, u"%ws", u"xyz"));
    EXPECT_MEM(wide, u"xyz", 8);
    EXPECT_SUCCESS(RtlStringCchCopyExW(wide, 8, NULL, &end, &left, STRSAFE_IGNORE_NULLS));
    EXPECT_TRUE(end == wide);
    EXPECT_EQ(left, 8);
    EXPECT_STATUS(RtlStringCchCopyExW(wide, 8, NULL, NULL, NULL, 0), STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(RtlStringCchCopyExW(NULL, 0, u"", NULL, &left, STRSAFE_IGNORE_NULLS));
    EXPECT_EQ(left, 0);
    EXPECT_STATUS(RtlStringCchCopyExW(NULL, 0, u"a", NULL, NULL, STRSAFE_IGNORE_NULLS),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlStringCchCopyExW(wide, 8, u"a", NULL, NULL, 0x2000), STATUS_INVALID_PARAMETER);
}

static void ex_clears_up_after_a_failure(void **state)
{
    static const struct {
        ULONG flags;
        const char *expected; /* 4 bytes */
        size_t left;
    } rows[] = {
        {0, "abc", 1},
        {STRSAFE_NO_TRUNCATION, "\0bc", 4},
        {STRSAFE_NULL_ON_FAILURE, "\0bc", 4},
        {STRSAFE_FAILURE_BYTE('z'), "zzz", 1},
        {STRSAFE_FAILURE_BYTE(0), "\0\0\0", 4},
        {STRSAFE_FAILURE_BYTE('z') | STRSAFE_NULL_ON_FAILURE, "\0zz", 4},
    };
    char *end = NULL;
    size_t left = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        prepare(u"");
        EXPECT_STATUS(RtlStringCchCopyExA(narrow, 4, "abcdef", &end, &left, rows[i].flags),
                      STATUS_BUFFER_OVERFLOW);
        EXPECT_MEM(narrow, rows[i].expected, 3);
        EXPECT_EQ(left, rows[i].left);
        EXPECT_TRUE(end == narrow + 4 - left);
    }
    prepare(u"ab"); /* what was there before stays */
    EXPECT_STATUS(RtlStringCchCatExA(narrow, 4, "cdef", &end, &left, STRSAFE_NO_TRUNCATION),
                  STATUS_BUFFER_OVERFLOW);
    EXPECT_STR(narrow, "ab");
    EXPECT_EQ(left, 2);
}

static NTSTATUS vprint(size_t size, const char *format, ...)
{
    va_list arguments;
    NTSTATUS status;

    va_start(arguments, format);
    status = RtlStringCbVPrintfA(narrow, size, format, arguments);
    va_end(arguments);
    return status;
}

static NTSTATUS vprint_wide(size_t size, const WCHAR *format, ...)
{
    va_list arguments;
    NTSTATUS status;

    va_start(arguments, format);
    status = RtlStringCchVPrintfW(wide, size, format, arguments);
    va_end(arguments);
    return status;
}

static void prints_are_cut_and_terminated(void **state)
{
    (void)state;
    BOTH(vprint(8, "%d", 1234567), vprint_wide(8, u"%d", 1234567), STATUS_SUCCESS, "1234567");
    BOTH(vprint(7, "%d", 1234567), vprint_wide(7, u"%d", 1234567), STATUS_BUFFER_OVERFLOW,
         "123456");
    BOTH(RtlStringCchPrintfA(narrow, 1, "x"), RtlStringCchPrintfW(wide, 1, u"x"),
         STATUS_BUFFER_OVERFLOW, "");
    BOTH(RtlStringCbPrintfA(narrow, 8, "%s", "x"), RtlStringCbPrintfW(wide, 16, u"%s", u"x"),
         STATUS_SUCCESS, "x");
    EXPECT_STATUS(RtlStringCbPrintfW(wide, 1, u"x"), STATUS_INVALID_PARAMETER);
}

#define COUNTED(call, expected_status, expected)                                \
    do {                                                                        \
        EXPECT_STATUS(call, expected_status);                                   \
        EXPECT_EQ(counted.Length, sizeof(expected) - sizeof(WCHAR));            \
        EXPECT_MEM(counted_buffer, expected, sizeof(expected) - sizeof(WCHAR)); \
    } while (0)

static void counted_strings_have_no_terminator(void **state)
{
    const UNICODE_STRING abc = {6, 6, (PWCH)u"abc"}, abcde = {10, 10, (PWCH)u"abcde"};
    const UNICODE_STRING odd = {3, 8, (PWCH)u"abc"};
    UNICODE_STRING rest;

    (void)state;
    prepare(u"");
    COUNTED(RtlUnicodeStringCopy(&counted, &abc), STATUS_SUCCESS, u"abc");
    COUNTED(RtlUnicodeStringCat(&counted, &abc), STATUS_BUFFER_OVERFLOW, u"abca");
    COUNTED(RtlUnicodeStringCopyString(&counted, u"xy"), STATUS_SUCCESS, u"xy");
    COUNTED(RtlUnicodeStringCatString(&counted, u"z"), STATUS_SUCCESS, u"xyz");
    COUNTED(RtlUnicodeStringCchCopyN(&counted, &abcde, 2), STATUS_SUCCESS, u"ab");
    COUNTED(RtlUnicodeStringCbCatN(&counted, &abcde, 3), STATUS_SUCCESS, u"aba");
    COUNTED(RtlUnicodeStringCbCopyStringN(&counted, u"pqr", 4), STATUS_SUCCESS, u"pq");
    COUNTED(RtlUnicodeStringCchCatStringN(&counted, u"rst", 1), STATUS_SUCCESS, u"pqr");
    COUNTED(RtlUnicodeStringCopyEx(&counted, &abc, &rest, 0), STATUS_SUCCESS, u"abc");
    EXPECT_TRUE(rest.Buffer == counted_buffer + 3);
    EXPECT_EQ(rest.MaximumLength, 2);
    COUNTED(RtlUnicodeStringCopyEx(&counted, &abcde, NULL, STRSAFE_NO_TRUNCATION),
            STATUS_BUFFER_OVERFLOW, u"");
    COUNTED(RtlUnicodeStringCatStringEx(&counted, u"a", NULL, STRSAFE_FILL_BYTE('?')),
            STATUS_SUCCESS, u"a");
    EXPECT_MEM(counted_buffer + 1, "??????", 6);
    COUNTED(RtlUnicodeStringCopyStringEx(&counted, NULL, NULL, STRSAFE_IGNORE_NULLS),
            STATUS_SUCCESS, u"");
    COUNTED(RtlUnicodeStringPrintf(&counted, u"%d", 1234), STATUS_SUCCESS, u"1234");
    COUNTED(RtlUnicodeStringPrintf(&counted, u"%d", 12345), STATUS_BUFFER_OVERFLOW, u"1234");
    COUNTED(RtlUnicodeStringPrintfEx(&counted, &rest, STRSAFE_ZERO_LENGTH_ON_FAILURE, u"%d", 12345),
            STATUS_BUFFER_OVERFLOW, u"");
    EXPECT_EQ(rest.MaximumLength, 8);
    EXPECT_STATUS(RtlUnicodeStringCopy(&counted, &odd), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlUnicodeStringCopy(&counted, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlUnicodeStringValidate(&odd), STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(RtlUnicodeStringValidateEx(NULL, STRSAFE_IGNORE_NULLS));
    EXPECT_SUCCESS(RtlUnicodeStringInit(&rest, u"abcd"));
    EXPECT_EQ(rest.Length, 8);
    EXPECT_SUCCESS(RtlUnicodeStringInitEx(&rest, NULL, 0));
    EXPECT_EQ(rest.MaximumLength, 0);
}

static void integers_that_do_not_fit_are_refused(void **state)
{
    ULONG number;
    LONG signed_number;
    USHORT small;
    INT8 tiny;
    SIZE_T size;
    ULONGLONG large;

    (void)state;
    EXPECT_SUCCESS(RtlULongAdd(1, 2, &number));
    EXPECT_EQ(number, 3);
    EXPECT_STATUS(RtlULongAdd(MAXULONG, 1, &number), STATUS_INTEGER_OVERFLOW);
    EXPECT_EQ(number, MAXULONG);
    EXPECT_STATUS(RtlULongSub(1, 2, &number), STATUS_INTEGER_OVERFLOW);
    EXPECT_STATUS(RtlULongMult(0x10000, 0x10000, &number), STATUS_INTEGER_OVERFLOW);
    EXPECT_SUCCESS(RtlLongSub(1, 2, &signed_number));
    EXPECT_EQ(signed_number, -1);
    EXPECT_STATUS(RtlLongAdd(MAXLONG, 1, &signed_number), STATUS_INTEGER_OVERFLOW);
    EXPECT_SUCCESS(RtlSizeTMult(3, sizeof(WCHAR), &size));
    EXPECT_EQ(size, 6);
    EXPECT_STATUS(RtlSIZETMult(MAXSIZE_T, 2, &size), STATUS_INTEGER_OVERFLOW);
    EXPECT_SUCCESS(RtlULongLongAdd(1, 2, &large));
    EXPECT_EQ(large, 3);
    EXPECT_STATUS(RtlUShortAdd(0xFFFF, 1, &small), STATUS_INTEGER_OVERFLOW);
    EXPECT_STATUS(RtlULongToUShort(0x10000, &small), STATUS_INTEGER_OVERFLOW);
    EXPECT_EQ(small, 0xFFFF);
    EXPECT_SUCCESS(RtlSizeTToUShort(65535, &small));
    EXPECT_EQ(small, 65535);
    EXPECT_STATUS(RtlLongToULong(-1, &number), STATUS_INTEGER_OVERFLOW);
    EXPECT_SUCCESS(RtlLongLongToULong(0xFFFFFFFFLL, &number));
    EXPECT_EQ(number, 0xFFFFFFFFu);
    EXPECT_STATUS(RtlULongToLong(0x80000000u, &signed_number), STATUS_INTEGER_OVERFLOW);
    EXPECT_STATUS(RtlIntToInt8(128, &tiny), STATUS_INTEGER_OVERFLOW);
    EXPECT_EQ(tiny, -1);
    EXPECT_SUCCESS(RtlIntToInt8(-128, &tiny));
    EXPECT_EQ(tiny, -128);
}

static const struct ntcb_test tests[] = {
    {"ddk.strsafe.copies_are_cut_and_terminated", "", copies_are_cut_and_terminated, NULL, NULL},
    {"ddk.strsafe.lengths_are_bounded", "", lengths_are_bounded, NULL, NULL},
    {"ddk.strsafe.ex_says_where_it_ends", "", ex_says_where_it_ends, NULL, NULL},
    {"ddk.strsafe.ex_clears_up_after_a_failure", "", ex_clears_up_after_a_failure, NULL, NULL},
    {"ddk.strsafe.prints_are_cut_and_terminated", "", prints_are_cut_and_terminated, NULL, NULL},
    {"ddk.strsafe.counted_strings_have_no_terminator", "", counted_strings_have_no_terminator, NULL,
     NULL},
    {"ddk.intsafe.what_does_not_fit_is_refused", "", integers_that_do_not_fit_are_refused, NULL,
     NULL},
};

NTCB_TEST_MAIN("library", tests)
