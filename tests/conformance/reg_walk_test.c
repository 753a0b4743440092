/* SPDX-License-Identifier: MIT
 *
 * reg_walk_test.c - the walk through the table of notify classes: every class, every Windows that
 * has it, both modes, every way a callback can answer.
 */
#include "reg_walk_rows_hive.h"
#include "reg_walk_rows_key.h"

#define FROM(first) NTCB_WINDOWS_##first, NTCB_WINDOWS_11
#define XP_ONLY NTCB_WINDOWS_XP, NTCB_WINDOWS_XP
#define VISTA_TO_81 NTCB_WINDOWS_VISTA, NTCB_WINDOWS_81
/* Numbers as the table of the documentation, not by name. */
static const struct WALK_ROW Rows[] = {
    {0, 15, FROM(XP), WALK_PLAIN(REG_DELETE_KEY_INFORMATION), 0, RaiseDelete, IsKey, NULL, NULL,
     Deleted},
    {1, 16, FROM(XP), WALK_PLAIN(REG_SET_VALUE_KEY_INFORMATION), 0, RaiseSetValue, CheckSetValue,
     NULL, NULL, ValueSet},
    {2, 17, FROM(XP), WALK_PLAIN(REG_DELETE_VALUE_KEY_INFORMATION), 0, RaiseDeleteValue,
     CheckDeleteValue, NULL, NULL, ValueDeleted},
    {3, 18, FROM(XP), WALK_PLAIN(REG_SET_INFORMATION_KEY_INFORMATION), 0, RaiseSetInformation,
     CheckSetInformation, NULL, NULL, InformationSet},
    {4, 19, FROM(XP), WALK_PLAIN(REG_RENAME_KEY_INFORMATION), 0, RaiseRename, CheckRename, NULL,
     NULL, Renamed},
    {5, 20, FROM(XP), WALK_PLAIN(REG_ENUMERATE_KEY_INFORMATION), 0, RaiseEnumerateKey,
     CheckEnumerateKey, FillBasic, BasicFilled, KeyEnumerated},
    {6, 21, FROM(XP), WALK_PLAIN(REG_ENUMERATE_VALUE_KEY_INFORMATION), 0, RaiseEnumerateValue,
     CheckEnumerateValue, FillEnumerateValue, EnumerateValueFilled, ValueEnumerated},
    {7, 22, FROM(XP), WALK_PLAIN(REG_QUERY_KEY_INFORMATION), 0, RaiseQueryKey, CheckQueryKey,
     FillBasic, BasicFilled, KeyQueried},
    {8, 23, FROM(XP), WALK_PLAIN(REG_QUERY_VALUE_KEY_INFORMATION), 0, RaiseQueryValue,
     CheckQueryValue, FillQueryValue, QueryValueFilled, ValueQueried},
    {9, 24, FROM(XP), WALK_PLAIN(REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION), 0, RaiseQueryMultiple,
     CheckQueryMultiple, FillQueryMultiple, QueryMultipleFilled, MultipleQueried},
    {10, 11, XP_ONLY, 0, 0, 0, WALK_OPEN, RaiseCreate, CheckXp, NULL, NULL, Created},
    {12, 13, XP_ONLY, 0, 0, 0, WALK_OPEN, RaiseOpen, CheckXp, NULL, NULL, Opened},
    {14, 25, FROM(XP), WALK_PLAIN(REG_KEY_HANDLE_CLOSE_INFORMATION), WALK_NO_VERDICT, RaiseClose,
     IsKey, NULL, NULL, Closed},
    {26, 27, FROM(2003), WALK_SLOTS(REG_CREATE_KEY_INFORMATION_V1, RootObjectContext, Version),
     WALK_OPEN, RaiseCreate, CheckCreate, FillOpen, OpenFilled, Created},
    {28, 29, FROM(2003), WALK_SLOTS(REG_OPEN_KEY_INFORMATION_V1, RootObjectContext, Version),
     WALK_OPEN, RaiseOpen, CheckOpen, FillOpen, OpenFilled, Opened},
    {30, 31, FROM(VISTA), WALK_PLAIN(REG_FLUSH_KEY_INFORMATION), 0, RaiseFlush, IsKey, NULL, NULL,
     NULL},
    {32, 33, VISTA_TO_81, WALK_PLAIN(REG_LOAD_KEY_INFORMATION),
     WALK_NO_OBJECT | WALK_UNSEEN | WALK_ASIDE, RaiseLoad, CheckLoad, NULL, NULL, Loaded},
    {32, 33, FROM(10_1507), WALK_SLOTS(REG_LOAD_KEY_INFORMATION_V2, ObjectContext, Version),
     WALK_NO_OBJECT | WALK_UNSEEN | WALK_ASIDE, RaiseLoad, CheckLoad, NULL, NULL, Loaded},
    {34, 35, FROM(VISTA), WALK_PLAIN(REG_UNLOAD_KEY_INFORMATION), WALK_UNSEEN | WALK_ASIDE,
     RaiseUnload, CheckUnload, NULL, NULL, Unloaded},
    {36, 37, FROM(VISTA), WALK_PLAIN(REG_QUERY_KEY_SECURITY_INFORMATION), 0, RaiseQuerySecurity,
     CheckQuerySecurity, FillQuerySecurity, QuerySecurityFilled, SecurityQueried},
    {41, 42, FROM(VISTA_SP2), WALK_PLAIN(REG_RESTORE_KEY_INFORMATION), 0, RaiseRestore,
     CheckRestore, NULL, NULL, Restored},
    {43, 44, FROM(VISTA_SP2), WALK_PLAIN(REG_SAVE_KEY_INFORMATION), 0, RaiseSave, CheckSave, NULL,
     NULL, Saved},
    {45, 46, FROM(VISTA_SP2), WALK_PLAIN(REG_REPLACE_KEY_INFORMATION), WALK_UNSEEN | WALK_ASIDE,
     RaiseReplace, CheckReplace, NULL, NULL, Replaced},
    {47, 48, FROM(10_1507), WALK_PLAIN(REG_QUERY_KEY_NAME), 0, RaiseQueryName, CheckQueryName,
     FillQueryName, QueryNameFilled, NameQueried},
    {49, 50, FROM(10_1507), WALK_PLAIN(REG_SAVE_MERGED_KEY_INFORMATION),
     WALK_NO_OBJECT | WALK_UNSEEN | WALK_ASIDE, RaiseSaveMerged, CheckSaveMerged, NULL, NULL,
     Saved},
};

static struct WALK Walk;

static VOID WalkAs(PVOID Way)
{
    WalkOnce(&Walk, *(enum WALK_WAY *)Way);
}

/* One row in one way, in a tree of its own. */
static VOID WalkRow(enum WALK_WAY Way)
{
    HANDLE Other;
    Walk.Going = Way;
    WalkMakeTree(Walk.Row);
    EXPECT_SUCCESS(Open(&Other, NULL, STR(BASE u"\\other"), KEY_READ));
    EXPECT_SUCCESS(
        ObReferenceObjectByHandle(Other, 0, *CmKeyObjectType, KernelMode, &Walk.Substitute, NULL));
    if (Walk.Mode == UserMode) {
        ConformAsUser(WalkAs, &Way);
    } else {
        WalkAs(&Way);
    }
    ObDereferenceObject(Walk.Substitute);
    Close(Other);
    EXPECT_EQ(ntsim_registry_remove(Conform.Sim, BASE_UTF8), 0);
}

static VOID WalkModes(enum WALK_WAY Way)
{
    Walk.Mode = KernelMode;
    WalkRow(Way);
    if ((Walk.Row->Flags & WALK_KERNEL_ONLY) == 0) {
        Walk.Mode = UserMode;
        WalkRow(Way);
    }
}

static VOID WalkWindows(enum WALK_WAY Way, enum ntcb_windows First)
{
    for (int Windows = (int)First; Windows <= NTCB_WINDOWS_11; Windows++) {
        void *None = NULL;
        EXPECT_EQ(HiveTeardown(&None), 0);
        EXPECT_EQ(HiveStart((enum ntcb_windows)Windows), 0);
        Walk.Windows = (enum ntcb_windows)Windows;
        for (ULONG Index = 0; Index < RTL_NUMBER_OF(Rows); Index++) {
            Walk.Row = &Rows[Index];
            if (Walk.Windows >= Walk.Row->First && Walk.Windows <= Walk.Row->Last) {
                WalkModes(Way);
            }
        }
    }
    Walk.Row = NULL;
}

/* Where it stopped, if it did. */
static int WalkTeardown(void **State)
{
    if (Walk.Row != NULL) {
        print_message("failed on Windows %d, class %u, %s caller, way %d\n", (int)Walk.Windows,
                      Walk.Row->Pre, Walk.Mode == UserMode ? "user" : "kernel", (int)Walk.Going);
        Walk.Row = NULL;
    }
    return HiveTeardown(State);
}

static void let_through(void **State)
{
    (void)State;
    WalkWindows(WalkThrough, NTCB_WINDOWS_XP);
}

static void blocked(void **State)
{
    (void)State;
    WalkWindows(WalkBlock, NTCB_WINDOWS_XP);
}

static void bypassed(void **State)
{
    (void)State;
    WalkWindows(WalkBypass, NTCB_WINDOWS_VISTA);
}

static void overridden(void **State)
{
    (void)State;
    WalkWindows(WalkOverride, NTCB_WINDOWS_2003);
}

#define WALK_RULES                                                                      \
    "CM-NC-00 CM-NC-01 CM-NC-02 CM-NC-03 CM-NC-04 CM-NC-05 CM-NC-06 CM-NC-07 CM-NC-08 " \
    "CM-NC-09 CM-NC-14 CM-NC-26 CM-NC-28 CM-NC-30 CM-NC-32 CM-NC-34 CM-NC-36 CM-NC-41 " \
    "CM-NC-43 CM-NC-45 CM-NC-47 CM-NC-49 "

#define WALK_CASE(name, rules, function)               \
    {                                                  \
        name, rules, function, HiveSetup, WalkTeardown \
    }

static const struct ntcb_test Tests[] = {
    WALK_CASE("reg.walk.let_through",
              WALK_RULES "CM-NC-10 CM-NC-11 CM-NC-12 CM-NC-13 CM-NC-15 CM-NC-16 CM-NC-17 "
                         "CM-NC-18 CM-NC-19 CM-NC-20 CM-NC-21 CM-NC-22 CM-NC-23 CM-NC-24 "
                         "CM-NC-25 CM-NC-27 CM-NC-29 CM-NC-31 CM-NC-33 CM-NC-35 CM-NC-37 CM-NC-40 "
                         "CM-NC-42 CM-NC-44 CM-NC-46 CM-NC-48 CM-NC-50 CM-NC-61 CM-NC-62 CM-NC-64 "
                         "CM-POST-14 CM-VER-07 "
                         "CM-LAY-01 CM-BUF-01 CM-BUF-03 CM-BUF-04 CM-VER-01 CM-VER-02 CM-VER-03 "
                         "CM-VER-08 CM-VER-11",
              let_through),
    WALK_CASE("reg.walk.blocked", WALK_RULES "CM-NC-10 CM-NC-12 CM-PRE-04 CM-PRE-06 CM-BYP-10",
              blocked),
    WALK_CASE("reg.walk.bypassed", WALK_RULES "CM-BYP-01 CM-BYP-02 CM-BYP-03 CM-BYP-04", bypassed),
    WALK_CASE("reg.walk.overridden",
              WALK_RULES "CM-POST-05 CM-POST-10 CM-POST-16 CM-PRE-18 CM-CLS-08", overridden),
};
NTCB_TEST_MAIN("conformance", Tests)
