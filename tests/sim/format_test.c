/* SPDX-License-Identifier: MIT
 *
 * format_test.c - the kernel's formatter and string functions.
 */
#include "simkit.h"

static char bytes[512];
static WCHAR units[512];

static int print(const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    memset(bytes, 'x', sizeof(bytes));
    length = ntcb_vsnprintf(bytes, sizeof(bytes), format, arguments);
    va_end(arguments);
    return length;
}
/* What pointers make of it, by their width. */
#define BY_WIDTH(wide, narrow) (sizeof(PVOID) == 8 ? (wide) : (narrow))

#define PRINTS(expected, ...)                                 \
    do {                                                      \
        EXPECT_EQ(print(__VA_ARGS__), (int)strlen(expected)); \
        EXPECT_STR(bytes, expected);                          \
    } while (0)

static void integers(void **state)
{
    (void)state;
    PRINTS("0 -1 42", "%d %i %u", 0, -1, 42u);
    PRINTS("ff FF 377", "%x %X %o", 255, 255, 255);
    PRINTS("0xff 0XFF 0377 0", "%#x %#X %#o %#x", 255, 255, 255, 0);
    PRINTS("[   42] [42   ] [00042] [  042]", "[%5d] [%-5d] [%05d] [%5.3d]", 42, 42, 42, 42);
    PRINTS("[-0042] [+42] [ 42] [] [0]", "[%05d] [%+d] [% d] [%.0d] [%.1d]", -42, 42, 42, 0, 0);
    PRINTS("-2147483648 4294967295", "%d %u", -2147483647 - 1, 4294967295u);
    PRINTS("[   7] [7   ] [  7]", "[%*d] [%*d] [%*.*d]", 4, 7, -4, 7, 3, -1, 7);
    PRINTS("00001000", "%08x", 0x1000);
}

/* l is 32 bits wide, whatever the host's long is: what lies above is not printed. */
static void sizes_are_microsofts(void **state)
{
    (void)state;
    PRINTS("4294967295 -1 ffffffff", "%lu %ld %lx", (ULONG)0xFFFFFFFF, (LONG)-1, (ULONG)0xFFFFFFFF);
    PRINTS("18446744073709551615 -1", "%I64u %I64d", ~0ull, -1ll);
    PRINTS("123456789abcdef0", "%I64x", 0x123456789ABCDEF0ull);
    PRINTS("9ABCDEF0", "%I32X", 0x9ABCDEF0u);
    PRINTS(BY_WIDTH("ffffffffffffffff 1", "ffffffff 1"), "%Ix %Iu", (SIZE_T)-1, (SIZE_T)1);
    PRINTS("-1 ffff 65535", "%hd %hx %hu", 0xFFFF, 0xFFFFF, 0xFFFF);
    PRINTS("255 -1", "%hhu %hhd", 0x1FF, 0xFF);
    PRINTS("18446744073709551615 5", "%llu %zu", ~0ull, (SIZE_T)5);
}

static void pointers(void **state)
{
    (void)state;
    PRINTS(BY_WIDTH("00007FFE12345678", "12345678"), "%p", (PVOID)(ULONG_PTR)0x7FFE12345678);
    PRINTS(BY_WIDTH("0000000000000000", "00000000"), "%p", NULL);
    PRINTS(BY_WIDTH("[  0000000000000010]", "[          00000010]"), "[%18p]",
           (PVOID)(ULONG_PTR)16);
}

static void strings_of_both_kinds(void **state)
{
    (void)state;
    PRINTS("abc wide wide wide abc", "%s %S %ws %ls %hs", "abc", u"wide", u"wide", u"wide", "abc");
    PRINTS("[  abc] [abc  ] [ab]", "[%5s] [%-5s] [%.2s]", "abc", "abc", "abc");
    PRINTS("[   wi]", "[%5.2ws]", u"wide");
    PRINTS("(null) (null) (null)", "%s %ws %wZ", NULL, NULL, NULL);
    PRINTS("a\xC3\xA4\xE2\x82\xAC", "%ws", u"a\u00E4\u20AC");
    PRINTS("\xF0\x9F\x98\x80", "%ws", u"\U0001F600");
    PRINTS("x y", "%c %C", 'x', u'y');
    PRINTS("[  x] [x  ]", "[%3c] [%-3c]", 'x', 'x');
}

static void unterminated_strings_stop_at_the_precision(void **state)
{
    WCHAR *wide = malloc(3 * sizeof(WCHAR));
    char *narrow = malloc(3);

    (void)state;
    memcpy(wide, u"abc", 3 * sizeof(WCHAR));
    memcpy(narrow, "abc", 3);
    PRINTS("abc abc", "%.3ws %.3s", wide, narrow);
    free(wide);
    free(narrow);
}

static void counted_strings(void **state)
{
    UNICODE_STRING unicode = {6, 6, (PWCH)u"abcdef"};
    ANSI_STRING ansi = {2, 2, (PCHAR) "xyz"};
    UNICODE_STRING none = {8, 8, NULL};

    (void)state;
    PRINTS("<abc> <xy> <xy>", "<%wZ> <%Z> <%hZ>", &unicode, &ansi, &ansi);
    PRINTS("[   abc] [abc   ] [a]", "[%6wZ] [%-6wZ] [%.1wZ]", &unicode, &unicode, &unicode);
    PRINTS("(null)", "%wZ", &none);
}

static void oddities(void **state)
{
    int n = 7;

    (void)state;
    PRINTS("100% %", "100%% %%");
    PRINTS("[][after]", "[%n][%s]", &n, "after");
    EXPECT_EQ(n, 7); /* %n writes nothing */
    PRINTS("%f [x]", "%f [%s]", 1.5, "x");
    PRINTS("%6.2f!", "%6.2f!", 1.5);
    PRINTS("a", "a%");
    PRINTS("y", "%y");
}

static void wide_formats(void **state)
{
    UNICODE_STRING unicode = {4, 4, (PWCH)u"UVW"};
    int length = ntcb_snwprintf(units, 512, u"%s|%S|%hs|%ws|%wZ|%d|%c", u"wide", "n\xC3\xA4", "nn",
                                u"w", &unicode, 5, u'\u20AC');

    (void)state;
    EXPECT_EQ(length, 19);
    EXPECT_MEM(units, u"wide|n\u00E4|nn|w|UV|5|\u20AC", 20 * sizeof(WCHAR));
}

static void returns_are_microsofts(void **state)
{
    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    EXPECT_EQ(ntcb_snprintf(bytes, 4, "%s", "abc"), 3);
    EXPECT_STR(bytes, "abc");
    memset(bytes, 'x', sizeof(bytes));
    EXPECT_EQ(ntcb_snprintf(bytes, 3, "%s", "abc"), 3);
    EXPECT_MEM(bytes, "abcx", 4);
    memset(bytes, 'x', sizeof(bytes));
    EXPECT_EQ(ntcb_snprintf(bytes, 2, "%s", "abc"), -1);
    EXPECT_MEM(bytes, "abx", 3);
    EXPECT_EQ(ntcb_snprintf(NULL, 0, "%s", "abc"), 3);
    EXPECT_EQ(ntcb_snwprintf(units, 2, u"%d", 123), -1);
    EXPECT_EQ(ntcb_swprintf(units, u"%d", 123), 3);
    EXPECT_EQ(ntcb_sprintf(bytes, "%d", 123), 3);
    EXPECT_STR(bytes, "123");
}

static void debug_output_goes_where_it_is_told(void **state)
{
    UNICODE_STRING name = {8, 8, (PWCH)u"n\u00E4me"};

    (void)state;
    EXPECT_EQ(DbgPrint("pid %lu %wZ\n", (ULONG)4, &name), 0);
    EXPECT_EQ(DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "%I64d|", 5ll), 0);
    EXPECT_STR(printed, "pid 4 n\xC3\xA4me\n5|");
    EXPECT_EQ((NTSTATUS)DbgPrintEx(100000, 0, "never"), STATUS_INVALID_PARAMETER);
    EXPECT_STR(printed, "pid 4 n\xC3\xA4me\n5|");
}

static void long_output_is_cut_and_terminated(void **state)
{
    char *text = malloc(6000);

    (void)state;
    memset(text, 'a', 5999);
    text[5999] = '\0';
    EXPECT_EQ(DbgPrint("%s", text), 0);
    EXPECT_EQ(strlen(printed), 4095);
    free(text);
}

static void wide_string_functions(void **state)
{
    WCHAR buffer[16];

    (void)state;
    EXPECT_EQ(ntcb_wcslen(u"abc"), 3);
    EXPECT_EQ(ntcb_wcsnlen(u"abc", 2), 2);
    EXPECT_EQ(ntcb_wcscmp(u"a", u"b"), -1);
    EXPECT_EQ(ntcb_wcscmp(u"b", u"a"), 1);
    EXPECT_EQ(ntcb_wcsicmp(u"ABC", u"abc"), 0);
    EXPECT_EQ(ntcb_wcsnicmp(u"ABx", u"aby", 2), 0);
    EXPECT_EQ(ntcb_stricmp("ABC", "abc"), 0);
    EXPECT_TRUE(ntcb_strnicmp("ABx", "aby", 3) < 0);
    EXPECT_TRUE(ntcb_wcschr(u"abc", u'd') == NULL);
    EXPECT_EQ(*ntcb_wcsrchr(u"a\\b\\c", u'\\'), u'\\');
    EXPECT_MEM(ntcb_wcsrchr(u"a\\b\\c", u'\\'), u"\\c", 6);
    EXPECT_MEM(ntcb_wcsstr(u"ababc", u"abc"), u"abc", 8);
    EXPECT_TRUE(ntcb_wcsstr(u"abab", u"abc") == NULL);
    EXPECT_MEM(ntcb_wcsncpy(buffer, u"ab", 4), u"ab\0", 8);
    EXPECT_MEM(ntcb_wcscat(buffer, u"cd"), u"abcd", 10);
    EXPECT_MEM(ntcb_wcsncat(buffer, u"efgh", 2), u"abcdef", 14);
}

static void allocating_string_routines(void **state)
{
    ANSI_STRING ansi = {4, 4, (PCHAR) "a\xC3\xA4z"}, back;
    UNICODE_STRING unicode, upper, copy;
    WCHAR small[2];
    UNICODE_STRING fixed = {0, sizeof(small), small};

    (void)state;
    EXPECT_SUCCESS(RtlAnsiStringToUnicodeString(&unicode, &ansi, TRUE));
    EXPECT_EQ(unicode.Length, 6);
    EXPECT_MEM(unicode.Buffer, u"a\u00E4z", 8);
    EXPECT_SUCCESS(RtlUpcaseUnicodeString(&upper, &unicode, TRUE));
    EXPECT_MEM(upper.Buffer, u"A\u00C4Z", 6);
    EXPECT_SUCCESS(RtlUnicodeStringToAnsiString(&back, &unicode, TRUE));
    EXPECT_STR(back.Buffer, "a\xC3\xA4z");
    EXPECT_SUCCESS(
        RtlDuplicateUnicodeString(RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE, &unicode, &copy));
    EXPECT_EQ(copy.MaximumLength, 8);
    EXPECT_STATUS(RtlAnsiStringToUnicodeString(&fixed, &ansi, FALSE), STATUS_BUFFER_OVERFLOW);
    RtlFreeUnicodeString(&unicode);
    RtlFreeUnicodeString(&upper);
    RtlFreeUnicodeString(&copy);
    RtlFreeUnicodeString(&copy); /* empty by now */
    RtlFreeAnsiString(&back);
    EXPECT_TRUE(back.Buffer == NULL);
}

static const struct ntcb_test tests[] = {
    {"rtl.format.integers", "", integers, NULL, NULL},
    {"rtl.format.sizes_are_microsofts", "", sizes_are_microsofts, NULL, NULL},
    {"rtl.format.pointers", "", pointers, NULL, NULL},
    {"rtl.format.strings_of_both_kinds", "", strings_of_both_kinds, NULL, NULL},
    {"rtl.format.unterminated_strings_stop_at_the_precision", "",
     unterminated_strings_stop_at_the_precision, NULL, NULL},
    {"rtl.format.counted_strings", "", counted_strings, NULL, NULL},
    {"rtl.format.oddities", "", oddities, NULL, NULL},
    {"rtl.format.wide_formats", "", wide_formats, NULL, NULL},
    {"rtl.format.returns_are_microsofts", "", returns_are_microsofts, NULL, NULL},
    {"rtl.debug.goes_where_it_is_told", "", debug_output_goes_where_it_is_told, start, stop},
    {"rtl.debug.long_output_is_cut", "", long_output_is_cut_and_terminated, start, stop},
    {"rtl.crt.wide_string_functions", "", wide_string_functions, NULL, NULL},
    {"rtl.string.allocating_routines", "", allocating_string_routines, start, stop},
};

NTCB_TEST_MAIN("library", tests)
