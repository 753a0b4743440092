/* SPDX-License-Identifier: MIT
 *
 * fsrtl_name_test.c - names in expressions, and paths taken apart.
 */
#include "simkit.h"

#include <ntcallback/exception.h>

static void names_are_in_expressions_or_not(void **state)
{
    const struct {
        const WCHAR *expression;
        const WCHAR *name;
        BOOLEAN ignore, in;
    } rows[] = {
        {u"*", u"anything.txt", FALSE, TRUE},
        {u"*", u"", FALSE, FALSE},
        {u"", u"", FALSE, TRUE},
        {u"", u"a", FALSE, FALSE},
        {u"abc", u"abc", FALSE, TRUE},
        {u"abc", u"abcd", FALSE, FALSE},
        {u"abcd", u"abc", FALSE, FALSE},
        {u"ABC", u"aBc", TRUE, TRUE},
        {u"ABC", u"abc", FALSE, FALSE},
        {u"*.EXE", u"a.b.exe", TRUE, TRUE},
        {u"*.EXE", u"aexe", TRUE, FALSE},
        {u"*\\SYSTEM32\\*", u"C:\\Windows\\System32\\a.dll", TRUE, TRUE},
        {u"*A*A*A*A*B", u"aaaaaaaaaaaaaaaaaaaaaaaaaaaa", TRUE, FALSE},
        {u"A?C", u"abc", TRUE, TRUE},
        {u"A?C", u"ac", TRUE, FALSE},
        {u"A?", u"a", TRUE, FALSE},
        {u"?*", u"a", TRUE, TRUE},
        /* DOS_STAR: not the last dot */
        {u"<.EXE", u"a.b.exe", TRUE, TRUE},
        {u"<", u"abc", TRUE, TRUE},
        {u"<", u"abc.def", TRUE, FALSE},
        {u"A<B", u"a.b.b", TRUE, FALSE},
        {u"<.B", u"a.b.b", TRUE, TRUE},
        {u"<<", u"a.b", TRUE, FALSE},
        {u"<.<", u"a.b", TRUE, TRUE},
        {u"<.<", u"ab", TRUE, FALSE},
        {u"<\"<", u"ab", TRUE, TRUE},
        {u"<\"<", u"a.b.c", TRUE, TRUE},
        /* DOS_QM: also nothing, in front of a dot and at the end */
        {u"A>>>>", u"ab", TRUE, TRUE},
        {u"A>>", u"abcd", TRUE, FALSE},
        {u"A>>>.TXT", u"ab.txt", TRUE, TRUE},
        {u">>>>>>>>.>>>", u"readme.md", TRUE, TRUE},
        {u">>>>>>>>.>>>", u"readme", TRUE, FALSE},
        {u">>>>>>>>\">>>", u"readme", TRUE, TRUE},
        {u">>>>>>>>\">>>", u"readme.text", TRUE, FALSE},
        {u">B", u"b", TRUE, FALSE},
        /* DOS_DOT: a dot, or nothing at the end */
        {u"FOO\"*", u"foo", TRUE, TRUE},
        {u"FOO\"*", u"foo.c", TRUE, TRUE},
        {u"FOO\"*", u"food", TRUE, FALSE},
        {u"FOO\"C", u"fooc", TRUE, FALSE},
        /* beyond ASCII */
        {u"\u00C4\u0416*", u"\u00E4\u0436x", TRUE, TRUE},
        {u"\u00C4", u"\u00E4", FALSE, FALSE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        UNICODE_STRING expression, name;

        RtlInitUnicodeString(&expression, rows[i].expression);
        RtlInitUnicodeString(&name, rows[i].name);
        if (FsRtlIsNameInExpression(&expression, &name, rows[i].ignore, NULL) != rows[i].in) {
            fail_msg("row %zu: expected %d", i, rows[i].in);
        }
    }
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

/* Upper case by a table of one's own: x is the upper case of a. */
static void a_table_of_ones_own_counts(void **state)
{
    WCHAR *table = malloc(65536 * sizeof(WCHAR));

    (void)state;
    for (ULONG i = 0; i < 65536; i++) {
        table[i] = (WCHAR)i;
    }
    table[u'a'] = u'x';
    EXPECT_TRUE(FsRtlIsNameInExpression(STRING(u"x?x"), STRING(u"aba"), TRUE, table));
    EXPECT_FALSE(FsRtlIsNameInExpression(STRING(u"X?X"), STRING(u"aba"), TRUE, table));
    EXPECT_TRUE(FsRtlIsNameInUnUpcasedExpression(STRING(u"a?x"), STRING(u"aba"), TRUE, table));
    EXPECT_TRUE(FsRtlAreNamesEqual(STRING(u"ax"), STRING(u"xa"), TRUE, table));
    EXPECT_FALSE(FsRtlAreNamesEqual(STRING(u"ax"), STRING(u"xa"), TRUE, NULL));
    EXPECT_EQ(ntsim_report_count(sim), 0);
    free(table);
}

static void an_expression_in_lower_case_is_reported(void **state)
{
    (void)state;
    EXPECT_FALSE(FsRtlIsNameInExpression(STRING(u"*.Exe"), STRING(u"a.exe"), TRUE, NULL));
    EXPECT_TRUE(strstr(take_report("FSRTL-NAME")->what, "*.Exe") != NULL);
    EXPECT_TRUE(FsRtlIsNameInUnUpcasedExpression(STRING(u"*.Exe"), STRING(u"a.eXe"), TRUE, NULL));
    EXPECT_FALSE(FsRtlIsNameInUnUpcasedExpression(STRING(u"*.Exe"), STRING(u"a.eXe"), FALSE, NULL));
    EXPECT_TRUE(FsRtlIsNameInExpression(STRING(u"*.Exe"), STRING(u"a.Exe"), FALSE, NULL));
}

static void long_expressions_need_memory(void **state)
{
    WCHAR text[1000];
    UNICODE_STRING expression = {sizeof(text), sizeof(text), text};
    struct ntcb_seh_frame frame;
    volatile BOOLEAN raised = FALSE;

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        text[i] = i % 2 == 0 ? u'*' : u'A';
    }
    EXPECT_TRUE(FsRtlIsNameInExpression(&expression, &expression, FALSE, NULL));
    EXPECT_FALSE(FsRtlIsNameInExpression(&expression, STRING(u"AAAA"), FALSE, NULL));
    ntsim_fail_allocation(sim, 1);
    frame.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&frame)) == 0) {
        FsRtlIsNameInExpression(&expression, STRING(u"AAAA"), FALSE, NULL);
        ntcb_seh_done(&frame);
    } else {
        raised = ntcb_exception_record()->ExceptionCode == STATUS_NO_MEMORY;
    }
    EXPECT_TRUE(raised);
}

static void wildcards_are_seen(void **state)
{
    (void)state;
    EXPECT_FALSE(FsRtlDoesNameContainWildCards(STRING(u"\\a\\b.c")));
    EXPECT_FALSE(FsRtlDoesNameContainWildCards(STRING(u"")));
    EXPECT_TRUE(FsRtlDoesNameContainWildCards(STRING(u"\\a*\\b.c")));
    EXPECT_TRUE(FsRtlDoesNameContainWildCards(STRING(u"?")));
    EXPECT_TRUE(FsRtlDoesNameContainWildCards(STRING(u"a<")));
    EXPECT_TRUE(FsRtlDoesNameContainWildCards(STRING(u"a>")));
    EXPECT_TRUE(FsRtlDoesNameContainWildCards(STRING(u"a\"")));
}

static void paths_are_dissected(void **state)
{
    const struct {
        PUNICODE_STRING path, first, rest;
    } rows[] = {
        {STRING(u""), STRING(u""), STRING(u"")},
        {STRING(u"\\"), STRING(u""), STRING(u"")},
        {STRING(u"A"), STRING(u"A"), STRING(u"")},
        {STRING(u"\\A"), STRING(u"A"), STRING(u"")},
        {STRING(u"A\\B\\C"), STRING(u"A"), STRING(u"B\\C")},
        {STRING(u"\\Device\\Disk"), STRING(u"Device"), STRING(u"Disk")},
        {STRING(u"*A?"), STRING(u"*A?"), STRING(u"")},
        {STRING(u"\\\\A"), STRING(u""), STRING(u"A")},
    };
    UNICODE_STRING first, rest;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        FsRtlDissectName(*rows[i].path, &first, &rest);
        EXPECT_TRUE(RtlEqualUnicodeString(&first, rows[i].first, FALSE));
        EXPECT_TRUE(RtlEqualUnicodeString(&rest, rows[i].rest, FALSE));
    }
    FsRtlDissectName(*rows[4].path, &first, &rest);
    EXPECT_PTR(first.Buffer, rows[4].path->Buffer);
    EXPECT_PTR(rest.Buffer, rows[4].path->Buffer + 2);
}

static void irql_limits_hold(void **state)
{
    KIRQL old;

    (void)state;
    KeRaiseIrql(APC_LEVEL, &old);
    EXPECT_TRUE(FsRtlDoesNameContainWildCards(STRING(u"*")));
    EXPECT_EQ(ntsim_report_count(sim), 0);
    EXPECT_TRUE(FsRtlIsNameInExpression(STRING(u"A"), STRING(u"A"), FALSE, NULL));
    KeLowerIrql(old);
    take_report("DV-26");
}

static const struct ntcb_test tests[] = {
    {"fsrtl.name.in_expressions_or_not", "", names_are_in_expressions_or_not, start, stop},
    {"fsrtl.name.table_of_ones_own_counts", "", a_table_of_ones_own_counts, start, stop},
    {"fsrtl.name.expression_in_lower_case_is_reported", "", an_expression_in_lower_case_is_reported,
     start, stop},
    {"fsrtl.name.long_expressions_need_memory", "", long_expressions_need_memory, start, stop},
    {"fsrtl.name.wildcards_are_seen", "", wildcards_are_seen, start, stop},
    {"fsrtl.name.paths_are_dissected", "", paths_are_dissected, start, stop},
    {"fsrtl.name.irql_limits_hold", "DV-26", irql_limits_hold, start, stop},
};

NTCB_TEST_MAIN("library", tests)
