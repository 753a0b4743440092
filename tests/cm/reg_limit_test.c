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
    CONFORM_CASE("cm.limit.both_views_at_once", "REG-OPN-12", both_views_at_once),
    CONFORM_CASE("cm.limit.class_of_odd_length", "REG-CRT-11", class_of_odd_length),
    CONFORM_CASE("cm.limit.class_begins_at_a_multiple_of_four", "REG-QK-03 REG-QK-04",
                 class_begins_at_a_multiple_of_four),
    CONFORM_CASE("cm.limit.times_differ_though_the_clock_does_not", "REG-NS-09 REG-NS-10",
                 times_differ_though_the_clock_does_not),
};
NTCB_TEST_MAIN("library", Tests)
