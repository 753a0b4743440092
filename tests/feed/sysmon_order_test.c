/* SPDX-License-Identifier: MIT
 *
 * sysmon_order_test.c - the history made of a Sysmon log: who exists when, and in what order.
 */
#include "sysmon_lines.h"

/* ---- order ---------------------------------------------------------------------------------- */

static void exits_come_last(void **state)
{
    (void)state;
    expect_story(CREATE(GUID_B, "200", "b.exe", "-", "-") EXIT(GUID_B, "200", "b.exe")
                     LOAD(GUID_B, "200", "b.exe", "late.dll"),
                 "+200 t late.dll x -200", 2, 0);
    expect_story(CREATE(GUID_B, "200", "b.exe", "-", "-") EXIT(GUID_B, "200", "b.exe")
                     HANDLE(GUID_A, "100", GUID_B, "200"),
                 "+200 t +100 t handle.open x -200 x -100", 6, 0);
}

static void main_image_and_ntdll_come_first(void **state)
{
    (void)state;
    expect_story(CREATE(GUID_B, "200", "b.exe", "-", "-") LOAD(GUID_B, "200", "b.exe", "k.dll")
                     LOAD(GUID_B, "200", "b.exe", "System32\\\\ntdll.dll")
                         LOAD(GUID_B, "200", "b.exe", "B.EXE"),
                 "+200 t B.EXE ntdll.dll k.dll x -200", 3, 0);
}

static void creations_come_before_mentions(void **state)
{
    (void)state;
    /* The child is mentioned before its creation, and its parent only by it. */
    expect_story(REGISTRY(12, GUID_B, "200", "'EventType':'CreateKey','TargetObject':'HKLM\\\\A'")
                     CREATE(GUID_B, "200", "b.exe", GUID_A, "100"),
                 "+100 t +200 t key.create x -200 x -100", 7, 0);
}

static void parents_in_a_circle_end(void **state)
{
    (void)state;
    expect_story(CREATE(GUID_B, "200", "b.exe", GUID_A, "100")
                     CREATE(GUID_A, "100", "a.exe", GUID_B, "200"),
                 "+200 t +100 t x -100 x -200", 6, 0);
    expect_story(CREATE(GUID_B, "200", "b.exe", GUID_B, "200"), "+200 t x -200", 3, 0);
}

static void missing_ends_are_made_up(void **state)
{
    (void)state;
    expect_story(EXIT(GUID_A, "100", "a.exe"), "+100 t x -100", 3, 0);
    expect_story(LOAD(GUID_A, "100", "a.exe", "x.dll"), "+100 t x.dll x -100", 4, 0);
}

static void second_creations_and_exits_are_ignored(void **state)
{
    (void)state;
    expect_story(CREATE(GUID_B, "200", "b.exe", "-", "-") CREATE(GUID_B, "200", "b.exe", "-", "-")
                     EXIT(GUID_B, "200", "b.exe") EXIT(GUID_B, "200", "b.exe"),
                 "+200 t x -200", 2, 2);
}

static void reused_pids_are_kept_apart(void **state)
{
    (void)state;
    /* Both live at once in the log's order: the second gets an id of its own. */
    expect_story(LOAD(GUID_A, "100", "a.exe", "x.dll") LOAD(GUID_B, "100", "b.exe", "y.dll"),
                 "+100 t x.dll +108 t y.dll x -108 x -100", 8, 0);
}

static void guids_that_differ_are_joined(void **state)
{
    /* The creation's GUID starts in the same second but is used nowhere else. */
    static const char other[] = "{AAAAAAAA-0002-0000-7777-400100000000}";
    char text[2048];

    (void)state;
    snprintf(text, sizeof(text),
             FLAT(1) "'ProcessGuid':'%s','ProcessId':'200','Image':'C:\\\\b.exe'}\n%s%s", other,
             LOAD(GUID_B, "200", "b.exe", "x.dll"), EXIT(GUID_B, "200", "b.exe"));
    expect_story(text, "+200 t x.dll x -200", 2, 0);
}

static void pids_are_learnt_or_invented(void **state)
{
    (void)state;
    /* A's is told by the handle record only, C's by none. */
    expect_story(FLAT(7) "'ProcessGuid':'" GUID_C "','Image':'C:\\\\c.exe','ImageLoaded':"
                         "'C:\\\\x.dll'}\n" FLAT(
                             7) "'ProcessGuid':'" GUID_A
                                "','Image':'C:\\\\a.exe','ImageLoaded':'C:\\\\y.dll'}\n" HANDLE(
                                    GUID_A, "100", GUID_B, "200"),
                 "+204 t x.dll +100 t y.dll +200 t handle.open x -200 x -100 x -204", 12, 0);
}

static void records_sort_by_number(void **state)
{
    (void)state;
    expect_story(
        FLAT(7) "'RecordNumber':9," BY(GUID_A, "100", "a.exe") ",'ImageLoaded':'\\\\2'}\n" FLAT(
            7) "'RecordNumber':8," BY(GUID_A, "100", "a.exe") ",'ImageLoaded':'\\\\1'}\n",
        "+100 t 1 2 x -100", 4, 0);
    /* One without a number: the file's order holds. */
    expect_story(
        FLAT(7) "'RecordNumber':9," BY(GUID_A, "100", "a.exe") ",'ImageLoaded':'\\\\2'}\n" FLAT(7)
            BY(GUID_A, "100", "a.exe") ",'ImageLoaded':'\\\\1'}\n",
        "+100 t 2 1 x -100", 4, 0);
}

static void reboots_end_everything(void **state)
{
    (void)state;
    expect_story(LOAD(GUID_A, "100", "a.exe", "x.dll") LOAD(GUID_B2, "200", "b.exe", "y.dll"),
                 "+100 t x.dll x -100 +200 t y.dll x -200", 8, 0);
    expect_story(LOAD(GUID_A, "100", "a.exe", "x.dll")
                     FLAT(4) "'State':'Started'}\n" LOAD(GUID_A, "100", "a.exe", "y.dll"),
                 "+100 t x.dll x -100 +100 t y.dll x -100", 8, 1);
}

#define CASE(function)                                     \
    {                                                      \
        "feed.sysmon." #function, "", function, NULL, NULL \
    }

static const struct ntcb_test tests[] = {
    CASE(exits_come_last),
    CASE(main_image_and_ntdll_come_first),
    CASE(creations_come_before_mentions),
    CASE(parents_in_a_circle_end),
    CASE(missing_ends_are_made_up),
    CASE(second_creations_and_exits_are_ignored),
    CASE(reused_pids_are_kept_apart),
    CASE(guids_that_differ_are_joined),
    CASE(pids_are_learnt_or_invented),
    CASE(records_sort_by_number),
    CASE(reboots_end_everything),
};

NTCB_TEST_MAIN("library", tests)
