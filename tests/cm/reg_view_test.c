/* SPDX-License-Identifier: MIT
 *
 * reg_view_test.c - the 32-bit view, links across hives, names of keys in a transaction.
 */
#include "../conformance/reg_txnkit.h"

/* Every caller is a 64-bit one. */
static VOID Open32(PVOID Context)
{
    HANDLE Key;
    UNREFERENCED_PARAMETER(Context);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_READ | KEY_WOW64_32KEY));
    ExpectPath(Key, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform"));
    EXPECT_EQ(GrantedAccess(Key), KEY_READ);
    Close(Key);
}

static void view_flag_makes_no_difference(void **State)
{
    (void)State;
    Close(MakeBase());
    Open32(NULL);
    ConformAsUser(Open32, NULL);
}

static int StartTrusting(enum ntcb_windows Windows, ULONG Switches)
{
    struct ntsim_config Config = NTSIM_CONFIG_INIT;
    void *None = NULL;
    if (Conform.Sim != NULL) {
        EXPECT_EQ(ConformTeardown(&None), 0);
    }
    Config.kernel.windows = Windows;
    Config.kernel.switches = Switches;
    Config.quiet = true;
    EXPECT_EQ(ntsim_create(&Conform.Sim, &Config), 0);
    ConformBecome(KernelMode);
    return 0;
}

#define USER_KEY "\\REGISTRY\\USER\\S-1-5-21-1"
#define MACHINE_KEY "\\REGISTRY\\MACHINE\\SOFTWARE\\Conform"

static VOID FollowUnder(enum ntcb_windows Windows, ULONG Switches, NTSTATUS Across)
{
    static const char *const Links[][2] = {
        {USER_KEY "\\out", MACHINE_KEY},
        {USER_KEY "\\own", USER_KEY "\\key"},
        {MACHINE_KEY "\\out", USER_KEY "\\key"},
        {MACHINE_KEY "\\own", "\\REGISTRY\\USER\\.DEFAULT"},
    };
    EXPECT_EQ(StartTrusting(Windows, Switches), 0);
    EXPECT_EQ(ntsim_registry_key(Conform.Sim, USER_KEY "\\key", false), 0);
    EXPECT_EQ(ntsim_registry_key(Conform.Sim, MACHINE_KEY, false), 0);
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Links); Row++) {
        EXPECT_EQ(ntsim_registry_link(Conform.Sim, Links[Row][0], Links[Row][1]), 0);
    }
    EXPECT_STATUS(Probe(NULL, STR(u"\\Registry\\User\\S-1-5-21-1\\out")), Across);
    EXPECT_SUCCESS(Probe(NULL, STR(u"\\Registry\\User\\S-1-5-21-1\\own")));
    EXPECT_STATUS(Probe(NULL, STR(BASE u"\\out")), Across);
    EXPECT_SUCCESS(Probe(NULL, STR(BASE u"\\own")));
    EXPECT_SUCCESS(Probe(NULL, STR(u"\\Registry\\User\\S-1-5-18")));
}

static void links_stay_within_their_trust(void **State)
{
    (void)State;
    FollowUnder(NTCB_WINDOWS_11, 0, STATUS_SUCCESS);
    FollowUnder(NTCB_WINDOWS_VISTA_SP2, NTCB_SWITCH_LINK_TRUST, STATUS_SUCCESS);
    FollowUnder(NTCB_WINDOWS_7, NTCB_SWITCH_LINK_TRUST, STATUS_ACCESS_DENIED);
    FollowUnder(NTCB_WINDOWS_11, NTCB_SWITCH_LINK_TRUST, STATUS_ACCESS_DENIED);
}

/* ---- names ----------------------------------------------------------------------------------- */

struct NAMED {
    struct WATCH Watch;
    NTSTATUS Status;
    WCHAR Text[64];
    UNICODE_STRING Name;
    ULONG_PTR Id;
};

static NTSTATUS AskName(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    struct NAMED *Named = Watch->Context;
    PCUNICODE_STRING Name;
    if (Class == RegNtPreFlushKey) {
        Named->Status =
            CmCallbackGetKeyObjectIDEx(&Watch->Cookie, Information->Object, &Named->Id, &Name, 0);
        if (NT_SUCCESS(Named->Status)) {
            WatchCopyName(Name, &Named->Name, Named->Text, sizeof(Named->Text));
            CmCallbackReleaseKeyObjectIDEx(Name);
        }
    }
    return STATUS_SUCCESS;
}

static void key_in_a_transaction_has_a_name(void **State)
{
    (void)State;
    struct NAMED Named = {.Watch = {.Hook = AskName}, .Status = STATUS_UNSUCCESSFUL};
    HANDLE Base = MakeBase();
    HANDLE Transaction = NewTransaction();
    HANDLE Root = OpenBaseIn(Transaction);
    HANDLE Key = MakeKeyIn(Transaction, Root, STR(u"new"));
    Named.Watch.Context = &Named;
    WatchBegin(&Named.Watch);
    EXPECT_SUCCESS(NtFlushKey(Key));
    WatchEnd(&Named.Watch);
    EXPECT_SUCCESS(Named.Status);
    WatchExpectName(&Named.Name, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform\\new"));
    EXPECT_TRUE(Named.Id != 0);
    EXPECT_STATUS(Probe(Base, STR(u"new")), STATUS_OBJECT_NAME_NOT_FOUND); /* nobody else's */
    Close(Key);
    Close(Root);
    Rollback(Transaction);
    Close(Base);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.view.flag_makes_no_difference", "REG-WOW-01 REG-WOW-04 REG-OPN-12",
                 view_flag_makes_no_difference),
    CONFORM_CASE("cm.view.links_stay_within_their_trust", "REG-LNK-07",
                 links_stay_within_their_trust),
    CONFORM_CASE("cm.view.key_in_a_transaction_has_a_name", "CM-OID-12",
                 key_in_a_transaction_has_a_name),
};
NTCB_TEST_MAIN("library", Tests)
