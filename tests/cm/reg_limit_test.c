/* SPDX-License-Identifier: MIT
 *
 * reg_limit_test.c - where exactly the limits are: links in a row, odd lengths, a clock that stands
 * still, and how a class is laid out.
 */
#include "../conformance/regwatch.h"

#include <stdio.h>

static int StartOn(enum ntcb_windows Windows)
{
    void *None = NULL;
    EXPECT_EQ(ConformTeardown(&None), 0);
    return ConformStart(Windows);
}

/* ---- links in a row -------------------------------------------------------------------------- */

/* BASE\000 leads to BASE\001 and so on, Count links long, to a key. */
static VOID MakeChain(ULONG Count)
{
    char Path[64];
    char Target[64];
    for (ULONG Index = 0; Index < Count; Index++) {
        snprintf(Path, sizeof(Path), "%s\\%03u", BASE_UTF8, Index);
        snprintf(Target, sizeof(Target), "%s\\%03u", BASE_UTF8, Index + 1);
        EXPECT_EQ(ntsim_registry_link(Conform.Sim, Path, Target), 0);
    }
    EXPECT_EQ(ntsim_registry_key(Conform.Sim, Target, false), 0);
}

static VOID FollowChain(enum ntcb_windows Windows, NTSTATUS TooLong)
{
    struct WATCH Watch = {.Hook = NULL};
    EXPECT_EQ(StartOn(Windows), 0);
    MakeChain(64);
    EXPECT_SUCCESS(Probe(NULL, STR(BASE u"\\000")));
    EXPECT_EQ(ntsim_registry_remove(Conform.Sim, BASE_UTF8), 0);
    MakeChain(65);
    WatchBegin(&Watch);
    EXPECT_STATUS(Probe(NULL, STR(BASE u"\\000")), TooLong);
    EXPECT_EQ(Watch.Count, 2 * 65); /* the last pair hears of the end */
    WatchEnd(&Watch);
    EXPECT_SUCCESS(Probe(NULL, STR(BASE u"\\001")));
}

static void links_in_a_row(void **State)
{
    (void)State;
    FollowChain(NTCB_WINDOWS_11, STATUS_INVALID_PARAMETER);
    FollowChain(NTCB_WINDOWS_7, STATUS_NAME_TOO_LONG);
}

/* A target of that many characters, and as many as Rest more behind the link. */
static NTSTATUS FollowLong(ULONG Characters, ULONG Rest)
{
    static WCHAR Text[0x8001];
    static WCHAR Path[0x8000];
    HANDLE Base = MakeBase();
    HANDLE Key;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Text); Index++) {
        Text[Index] = Index % 100 == 0 ? u'\\' : u't';
    }
    for (ULONG Index = 0; Index < Rest; Index++) {
        Path[4 + Index] = Index % 100 == 0 ? u'\\' : u'r';
    }
    memcpy(Path, u"link", 8);
    UNICODE_STRING Name = {(USHORT)(8 + 2 * Rest), (USHORT)(8 + 2 * Rest), Path};
    EXPECT_SUCCESS(
        CreateOptions(&Key, Base, STR(u"link"), KEY_ALL_ACCESS, REG_OPTION_CREATE_LINK, NULL));
    EXPECT_SUCCESS(
        NtSetValueKey(Key, STR(u"SymbolicLinkValue"), 0, REG_LINK, Text, Characters * 2));
    NTSTATUS Status = Probe(Base, &Name);
    EXPECT_SUCCESS(NtDeleteKey(Key));
    Close(Key);
    Close(Base);
    return Status;
}

static void targets_that_no_name_can_hold(void **State)
{
    (void)State;
    EXPECT_STATUS(FollowLong(0x7FFF, 0), STATUS_OBJECT_PATH_NOT_FOUND); /* there is no "\\ttt" */
    EXPECT_STATUS(FollowLong(0x8000, 0), STATUS_NAME_TOO_LONG);
    EXPECT_STATUS(FollowLong(0x8001, 0), STATUS_NAME_TOO_LONG);
    EXPECT_STATUS(FollowLong(0x7F00, 0xFE), STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_STATUS(FollowLong(0x7F00, 0xFF), STATUS_NAME_TOO_LONG);
}

/* ---- arguments ------------------------------------------------------------------------------- */

static VOID OpenBothViews(enum ntcb_windows Windows, NTSTATUS Expected)
{
    HANDLE Key;
    EXPECT_EQ(StartOn(Windows), 0);
    NTSTATUS Status = Open(&Key, NULL, STR(u"\\Registry\\Machine"), KEY_READ | KEY_WOW64_RES);
    EXPECT_STATUS(Status, Expected);
    if (NT_SUCCESS(Status)) {
        EXPECT_EQ(GrantedAccess(Key), KEY_READ);
        Close(Key);
    }
}

static void both_views_at_once(void **State)
{
    (void)State;
    OpenBothViews(NTCB_WINDOWS_VISTA_SP2, STATUS_SUCCESS);
    OpenBothViews(NTCB_WINDOWS_7, STATUS_INVALID_PARAMETER);
    OpenBothViews(NTCB_WINDOWS_11, STATUS_INVALID_PARAMETER);
}

static void attributes_that_do_not_exist(void **State)
{
    (void)State;
    HANDLE Key;
    EXPECT_STATUS(OpenFlags(&Key, NULL, STR(u"\\Registry"), KEY_READ, 0x80000000u),
                  STATUS_INVALID_PARAMETER);
}

static void name_without_a_buffer_is_the_default(void **State)
{
    (void)State;
    UNICODE_STRING Null = {4, 4, NULL};
    HANDLE Base = MakeBase();
    EXPECT_SUCCESS(SetDword(Base, &Null, 1));
    EXPECT_EQ(FullInformation(Base).MaxValueNameLen, 0);
    EXPECT_SUCCESS(NtDeleteValueKey(Base, STR(u"")));
    Close(Base);
}

static void debug_flags_are_nobody_elses(void **State)
{
    (void)State;
    ULONG Flags = 7;
    KEY_FLAGS_INFORMATION Seen;
    ULONG Length;
    HANDLE Base = MakeBase();
    EXPECT_SUCCESS(NtSetInformationKey(Base, KeySetDebugInformation, &Flags, sizeof(Flags)));
    EXPECT_SUCCESS(NtQueryKey(Base, KeyFlagsInformation, &Seen, sizeof(Seen), &Length));
    EXPECT_EQ(Seen.ControlFlags, 0);
    EXPECT_EQ(Seen.Wow64Flags, 0);
    Close(Base);
}

static void class_of_odd_length(void **State)
{
    (void)State;
    UNICODE_STRING Odd = {3, 4, (PWCH)u"ab"};
    OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(BASE), OBJ_CASE_INSENSITIVE);
    HANDLE Key;
    EXPECT_STATUS(NtCreateKey(&Key, KEY_READ, &Object, 0, &Odd, 0, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Probe(NULL, STR(BASE)), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void class_begins_at_a_multiple_of_four(void **State)
{
    (void)State;
    const struct {
        PUNICODE_STRING Name;
        ULONG Offset;
    } * Row, Rows[] = {
                 {STR(u"four"), 32},
                 {STR(u"fifth"), 36},
                 {STR(u"sixths"), 36},
                 {STR(u"seventh"), 40},
             };
    HANDLE Base = MakeBase();
    for (Row = Rows; Row < Rows + RTL_NUMBER_OF(Rows); Row++) {
        union {
            KEY_NODE_INFORMATION Node;
            UCHAR Bytes[128];
        } Buffer;
        OBJECT_ATTRIBUTES Object = Attributes(Base, Row->Name, OBJ_CASE_INSENSITIVE);
        ULONG Length;
        HANDLE Key;
        EXPECT_SUCCESS(NtCreateKey(&Key, KEY_READ, &Object, 0, STR(u"cls"), 0, NULL));
        EXPECT_SUCCESS(NtQueryKey(Key, KeyNodeInformation, &Buffer, sizeof(Buffer), &Length));
        EXPECT_EQ(Buffer.Node.ClassOffset, Row->Offset);
        EXPECT_EQ(Length, Row->Offset + 6);
        EXPECT_MEM(Buffer.Bytes + Row->Offset, u"cls", 6);
        Close(Key);
    }
    Close(Base);
}

/* ---- a clock that stands still --------------------------------------------------------------- */

static int64_t StandStill(void *Context)
{
    (void)Context;
    return 1000;
}

static void times_differ_though_the_clock_does_not(void **State)
{
    (void)State;
    static struct ntcb_host_ops Host; /* outlives the kernel */
    struct ntsim_config Config = NTSIM_CONFIG_INIT;
    void *None = NULL;
    EXPECT_EQ(ConformTeardown(&None), 0);
    Host = *ntcb_host_default();
    Host.system_time = StandStill;
    Config.kernel.host = &Host;
    EXPECT_EQ(ntsim_create(&Conform.Sim, &Config), 0);
    ConformBecome(KernelMode);
    HANDLE Base = MakeBase();
    LONGLONG Before = FullInformation(Base).LastWriteTime.QuadPart;
    for (ULONG Value = 0; Value < 3; Value++) {
        EXPECT_SUCCESS(SetDword(Base, STR(u"value"), Value));
        LONGLONG After = FullInformation(Base).LastWriteTime.QuadPart;
        EXPECT_TRUE(After > Before);
        Before = After;
    }
    EXPECT_SUCCESS(SetDword(Base, STR(u"value"), 2)); /* no change */
    EXPECT_EQ(FullInformation(Base).LastWriteTime.QuadPart, Before);
    Close(Base);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.limit.links_in_a_row", "REG-LNK-05 CM-CO-13", links_in_a_row),
    CONFORM_CASE("cm.limit.targets_that_no_name_can_hold", "REG-LNK-03",
                 targets_that_no_name_can_hold),
    CONFORM_CASE("cm.limit.attributes_that_do_not_exist", "REG-OPN-01",
                 attributes_that_do_not_exist),
    CONFORM_CASE("cm.limit.name_without_a_buffer_is_the_default", "REG-NS-06 REG-SET-03",
                 name_without_a_buffer_is_the_default),
    CONFORM_CASE("cm.limit.debug_flags_are_nobody_elses", "REG-SIK-01",
                 debug_flags_are_nobody_elses),
    CONFORM_CASE("cm.limit.both_views_at_once", "REG-OPN-12", both_views_at_once),
    CONFORM_CASE("cm.limit.class_of_odd_length", "REG-CRT-11", class_of_odd_length),
    CONFORM_CASE("cm.limit.class_begins_at_a_multiple_of_four", "REG-QK-03 REG-QK-04",
                 class_begins_at_a_multiple_of_four),
    CONFORM_CASE("cm.limit.times_differ_though_the_clock_does_not", "REG-NS-09 REG-NS-10",
                 times_differ_though_the_clock_does_not),
};
NTCB_TEST_MAIN("library", Tests)
