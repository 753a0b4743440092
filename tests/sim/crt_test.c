/* SPDX-License-Identifier: MIT
 *
 * crt_test.c - the kernel's C run-time library.
 */
#include "simkit.h"

static WCHAR wide[16];
static char narrow[16];

static void wide_words(void **state)
{
    WCHAR *next, text[] = u"one, two";

    (void)state;
    EXPECT_MEM(ntcb_wcscpy(wide, u"aZ\u00C4"), u"aZ\u00C4", 8);
    EXPECT_MEM(ntcb_wcslwr(wide), u"az\u00C4", 8); /* the "C" locale */
    EXPECT_MEM(ntcb_wcsupr(wide), u"AZ\u00C4", 8);
    EXPECT_EQ(ntcb_towlower(u'Q'), u'q');
    EXPECT_EQ(ntcb_towupper(u'q'), u'Q');
    EXPECT_EQ(ntcb_wcsncmp(u"abx", u"aby", 2), 0);
    EXPECT_EQ(ntcb_wcsspn(u"aabc", u"ab"), 3);
    EXPECT_EQ(ntcb_wcscspn(u"xyab", u"ab"), 2);
    EXPECT_MEM(ntcb_wcspbrk(u"xyab", u"ab"), u"ab", 6);
    EXPECT_TRUE(ntcb_wcspbrk(u"xy", u"ab") == NULL);
    EXPECT_MEM(ntcb_wcstok_s(text, u", ", &next), u"one", 8);
    EXPECT_MEM(ntcb_wcstok_s(NULL, u", ", &next), u"two", 8);
    EXPECT_TRUE(ntcb_wcstok_s(NULL, u", ", &next) == NULL);
    strncpy(narrow, "aZ", sizeof(narrow));
    EXPECT_STR(ntcb_strlwr(narrow), "az");
    EXPECT_STR(ntcb_strupr(narrow), "AZ");
}

/* A long has 32 bits. */
static void numbers(void **state)
{
    char *end;
    WCHAR *wide_end;

    (void)state;
    EXPECT_EQ(ntcb_strtoul(" \t42x", &end, 10), 42);
    EXPECT_STR(end, "x");
    EXPECT_EQ(ntcb_strtoul("0x1F", NULL, 0), 31);
    EXPECT_EQ(ntcb_strtoul("017", NULL, 0), 15);
    EXPECT_EQ(ntcb_strtoul("0xg", &end, 16), 0);
    EXPECT_STR(end, "xg");
    EXPECT_EQ(ntcb_strtoul("99999999999", NULL, 10), 0xFFFFFFFFu);
    EXPECT_EQ(ntcb_strtoul("-1", NULL, 10), 0xFFFFFFFFu);
    EXPECT_EQ(ntcb_strtol("-2147483649", NULL, 10), MINLONG);
    EXPECT_EQ(ntcb_strtol("2147483648", NULL, 10), MAXLONG);
    EXPECT_EQ(ntcb_strtol("none", &end, 10), 0);
    EXPECT_STR(end, "none");
    EXPECT_EQ(ntcb_wcstoul(u"ff", &wide_end, 16), 255);
    EXPECT_EQ(*wide_end, 0);
    EXPECT_EQ(ntcb_wcstol(u"-7", NULL, 10), -7);
    EXPECT_EQ(ntcb_wtoi(u"12 monkeys"), 12);
    EXPECT_EQ(ntcb_atoi("+3"), 3);
}

/* size: of the destination; count: for the n functions. */
static void bounded_copies(void **state)
{
    static const struct {
        size_t size;
        const char *source;
        size_t count;
        int error;
        const char *expected;
    } rows[] = {
        {8, "abc", 8, 0, "abc"},   {4, "abc", 8, 0, "abc"},          {3, "abc", 8, 34, ""},
        {8, "abcdef", 2, 0, "ab"}, {3, "abc", (size_t)-1, 80, "ab"}, {8, NULL, 3, 22, ""},
        {8, NULL, 0, 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        WCHAR source[8] = {0};

        for (size_t j = 0; rows[i].source != NULL && rows[i].source[j] != '\0'; j++)
            source[j] = (WCHAR)rows[i].source[j];
        memset(narrow, 'x', sizeof(narrow));
        EXPECT_EQ(ntcb_strncpy_s(narrow, rows[i].size, rows[i].source, rows[i].count),
                  rows[i].error);
        EXPECT_STR(narrow, rows[i].expected);
        EXPECT_EQ(ntcb_wcsncpy_s(wide, rows[i].size, rows[i].source != NULL ? source : NULL,
                                 rows[i].count),
                  rows[i].error);
        EXPECT_EQ(ntcb_wcslen(wide), strlen(rows[i].expected));
    }
    EXPECT_EQ(ntcb_strcpy_s(narrow, 4, "abc"), 0);
    EXPECT_EQ(ntcb_strcat_s(narrow, 6, "de"), 0);
    EXPECT_STR(narrow, "abcde");
    EXPECT_EQ(ntcb_strncat_s(narrow, 8, "fgh", 1), 0);
    EXPECT_STR(narrow, "abcdef");
    EXPECT_EQ(ntcb_strcat_s(narrow, 8, "gh"), 34);
    EXPECT_STR(narrow, "");
    EXPECT_EQ(ntcb_wcscpy_s(wide, 4, u"abc"), 0);
    EXPECT_EQ(ntcb_wcscat_s(wide, 4, u""), 0);
    EXPECT_EQ(ntcb_wcsncat_s(wide, 4, u"d", (size_t)-1), 80);
    EXPECT_MEM(wide, u"abc", 8);
    EXPECT_EQ(ntcb_wcscat_s(wide, 3, u"d"), 22); /* not terminated within its size */
    EXPECT_EQ(ntcb_strcpy_s(NULL, 0, "a"), 22);
    EXPECT_EQ(ntcb_memmove_s(narrow, 4, "abcd", 4), 0);
    EXPECT_EQ(ntcb_memmove_s(narrow, 4, "abcde", 5), 34);
    EXPECT_MEM(narrow, "\0\0\0\0", 4);
}

static int print(size_t size, size_t count, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = ntcb_vsnprintf_s(narrow, size, count, format, arguments);
    va_end(arguments);
    return length;
}

static int print_wide(int which, const WCHAR *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = which == 0   ? ntcb_vsnwprintf_s(wide, 4, 2, format, arguments)
             : which == 1 ? ntcb_vswprintf_s(wide, 16, format, arguments)
                          : ntcb_vsnwprintf(wide, 16, format, arguments);
    va_end(arguments);
    return length;
}

static int print_all(int which, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = which == 0 ? ntcb_vsprintf(narrow, format, arguments)
                        : ntcb_vsprintf_s(narrow, 16, format, arguments);
    va_end(arguments);
    return length;
}

static void bounded_formatters(void **state)
{
    (void)state;
    EXPECT_EQ(print(8, 8, "%d", 42), 2);
    EXPECT_STR(narrow, "42");
    EXPECT_EQ(print(4, 8, "%d", 12345), -1); /* the buffer is the bound */
    EXPECT_STR(narrow, "");
    EXPECT_EQ(print(8, 3, "%d", 12345), -1); /* the count is */
    EXPECT_STR(narrow, "123");
    EXPECT_EQ(print(4, (size_t)-1, "%d", 12345), -1);
    EXPECT_STR(narrow, "123");
    EXPECT_EQ(print(0, 1, "x"), -1);
    EXPECT_EQ(print_wide(0, u"%d", 123), -1);
    EXPECT_MEM(wide, u"12", 6);
    EXPECT_EQ(print_wide(1, u"%d", 123), 3);
    EXPECT_EQ(print_wide(2, u"%d", 1234), 4);
    EXPECT_EQ(print_all(0, "%s", "abc"), 3);
    EXPECT_EQ(print_all(1, "%s", "abcd"), 4);
    EXPECT_STR(narrow, "abcd");
    EXPECT_EQ(ntcb_sprintf_s(narrow, 3, "%d", 12), 2);
    EXPECT_EQ(ntcb_sprintf_s(narrow, 2, "%d", 12), -1);
    EXPECT_STR(narrow, "");
    EXPECT_EQ(ntcb_swprintf_s(wide, 3, u"%d", 12), 2);
    EXPECT_EQ(ntcb_snprintf_s(narrow, 8, 1, "%d", 12), -1);
    EXPECT_STR(narrow, "1");
    EXPECT_EQ(ntcb_snwprintf_s(wide, 8, 8, u"%ws", u"ab"), 2);
    EXPECT_MEM(wide, u"ab", 6);
}

/* A driver's own names of these are checked by the driver "runtime". */
static void names_in_a_driver(void **state)
{
    const struct ntsim_driver_options options = {.name = "runtime",
                                                 .module = ntcb_test_driver("runtime")};
    static const char *const names[] = {"__readcr0:", "__writecr0:", "_disable:", "_enable:"};
    struct ntsim_driver *driver;
    NTSTATUS status;

    (void)state;
    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_OK);
    EXPECT_STR(printed, "");
    EXPECT_SUCCESS(status);
    EXPECT_EQ(ntsim_report_count(sim), 4);
    for (size_t i = 0; i < 4; i++) {
        EXPECT_STR(ntsim_report(sim, i)->rule, "KE-PRIVILEGED");
        EXPECT_TRUE(strstr(ntsim_report(sim, i)->what, names[i]) == ntsim_report(sim, i)->what);
        EXPECT_TRUE(ntsim_expect_report(sim, "KE-PRIVILEGED"));
    }
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_OK);
}

static void breakpoints_are_reported(void **state)
{
    (void)state;
    DbgBreakPoint();
    EXPECT_EQ(take_report("KE-BREAK")->bugcheck, KMODE_EXCEPTION_NOT_HANDLED);
    DbgBreakPointWithStatus(1);
    EXPECT_EQ((NTSTATUS)take_report("KE-BREAK")->parameter[0], STATUS_BREAKPOINT);
    RtlAssert((PVOID)(uintptr_t) "a == b", (PVOID)(uintptr_t) "file.c", 7, NULL);
    take_report("KE-BREAK");
    EXPECT_STR(printed, "*** Assertion failed: a == b\n***   Source File: file.c, line 7\n");
}

static ULONG debug_print(PCCH format, ...)
{
    va_list arguments;
    ULONG status;

    va_start(arguments, format);
    status = vDbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, format, arguments);
    va_end(arguments);
    va_start(arguments, format);
    status |= vDbgPrintExWithPrefix("<", DPFLTR_IHVDRIVER_ID, 0, format, arguments);
    va_end(arguments);
    return status;
}

static void debug_output_takes_argument_lists(void **state)
{
    (void)state;
    EXPECT_EQ(debug_print("%d|", 5), 0);
    EXPECT_STR(printed, "5|<5|");
}

static const struct ntcb_test tests[] = {
    {"rtl.crt.wide_words", "", wide_words, NULL, NULL},
    {"rtl.crt.numbers", "", numbers, NULL, NULL},
    {"rtl.crt.bounded_copies", "", bounded_copies, NULL, NULL},
    {"rtl.crt.bounded_formatters", "", bounded_formatters, NULL, NULL},
    {"rtl.crt.names_in_a_driver", "", names_in_a_driver, start, stop},
    {"rtl.debug.breakpoints_are_reported", "", breakpoints_are_reported, start, stop},
    {"rtl.debug.takes_argument_lists", "", debug_output_takes_argument_lists, start, stop},
};

NTCB_TEST_MAIN("library", tests)
