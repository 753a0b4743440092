/* SPDX-License-Identifier: MIT
 *
 * reg_version_choice_test.c - where a Windows differs in ways that are not stated in full: the
 * object of a post create or open, callbacks at APC_LEVEL, and that nothing else differs.
 */
#include "../conformance/regwatch.h"

static int StartWith(enum ntcb_windows Windows, ULONG Switches)
{
    struct ntsim_config Config = NTSIM_CONFIG_INIT;
    struct ntsim_process_options Options = {.image_path = "C:\\Windows\\System32\\conform.exe"};
    void *None = NULL;
    if (Conform.Sim != NULL) {
        EXPECT_EQ(ConformTeardown(&None), 0);
    }
    Config.kernel.windows = Windows;
    Config.kernel.switches = Switches;
    Config.quiet = true;
    EXPECT_EQ(ntsim_create(&Conform.Sim, &Config), 0);
    ConformBecome(KernelMode);
    return ntsim_process_create(Conform.Sim, &Options, &Conform.Process);
}

/* ---- CM-CO-18 -------------------------------------------------------------------------------- */

struct OPENER {
    struct WATCH Watch;
    NTSTATUS Post; /* what opening the post object gave */
    NTSTATUS Next; /* and in the next operation's pre */
};

static NTSTATUS TryToOpen(PVOID Object)
{
    HANDLE Key;
    NTSTATUS Status = ObOpenObjectByPointer(Object, OBJ_KERNEL_HANDLE, NULL, KEY_READ,
                                            *CmKeyObjectType, KernelMode, &Key);
    return NT_SUCCESS(Status) ? ZwClose(Key) : Status;
}

static NTSTATUS OpenByPointer(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    struct OPENER *Opener = Watch->Context;
    if (Class == RegNtPostOpenKeyEx) {
        Opener->Post = TryToOpen(Information->Post.Object);
    } else if (Class == RegNtPreQueryKey) {
        Opener->Next = TryToOpen(Information->Object);
    }
    return STATUS_SUCCESS;
}

static VOID OpenUnder(enum ntcb_windows Windows, ULONG Switches, NTSTATUS Expected)
{
    struct OPENER Opener = {.Watch = {.Hook = OpenByPointer}, .Post = 1, .Next = 1};
    HANDLE Key;
    EXPECT_EQ(StartWith(Windows, Switches), 0);
    Opener.Watch.Context = &Opener;
    WatchBegin(&Opener.Watch);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(u"\\Registry\\Machine\\Software"), KEY_READ));
    FullInformation(Key);
    WatchEnd(&Opener.Watch);
    EXPECT_STATUS(Opener.Post, Expected);
    EXPECT_STATUS(Opener.Next, STATUS_SUCCESS);
    if (!NT_SUCCESS(Expected)) {
        ConformExpectReport("CM-CO-18");
    }
    Close(Key);
}

static void post_object_by_pointer(void **State)
{
    (void)State;
    for (int Windows = NTCB_WINDOWS_VISTA; Windows <= NTCB_WINDOWS_11; Windows++) {
        OpenUnder((enum ntcb_windows)Windows, 0,
                  Windows < NTCB_WINDOWS_81 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
        OpenUnder((enum ntcb_windows)Windows, NTCB_SWITCH_OPEN_POST_OBJECT, STATUS_SUCCESS);
    }
}

/* Tag it in post, open it in the next operation's pre: as advised. */
static NTSTATUS TagAndOpen(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    struct OPENER *Opener = Watch->Context;
    if (Class == RegNtPostOpenKeyEx) {
        Opener->Post =
            CmSetCallbackObjectContext(Information->Post.Object, &Watch->Cookie, Opener, NULL);
    } else if (Class == RegNtPreQueryKey && Information->QueryKey.ObjectContext == Opener) {
        Opener->Next = TryToOpen(Information->Object);
    }
    return STATUS_SUCCESS;
}

static void tagged_object_in_the_next_operation(void **State)
{
    (void)State;
    struct OPENER Opener = {.Watch = {.Hook = TagAndOpen}, .Post = 1, .Next = 1};
    HANDLE Key;
    Opener.Watch.Context = &Opener;
    WatchBegin(&Opener.Watch);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(u"\\Registry\\Machine\\Software"), KEY_READ));
    FullInformation(Key);
    Close(Key);
    WatchEnd(&Opener.Watch);
    EXPECT_SUCCESS(Opener.Post);
    EXPECT_SUCCESS(Opener.Next);
}

/* ---- CM-IRQL-03 ------------------------------------------------------------------------------ */

struct LEVEL {
    struct WATCH Watch;
    ULONG At[3]; /* calls at each IRQL up to DISPATCH_LEVEL */
    BOOLEAN CallZw;
};

static NTSTATUS NoteLevel(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    struct LEVEL *Level = Watch->Context;
    HANDLE Key;
    UNREFERENCED_PARAMETER(Information);
    Level->At[KeGetCurrentIrql()]++;
    if (Level->CallZw && Class == RegNtPreSetValueKey) {
        OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(u"\\Registry"), OBJ_KERNEL_HANDLE);
        if (NT_SUCCESS(ZwOpenKey(&Key, KEY_READ, &Object))) {
            ZwClose(Key);
        }
    }
    return STATUS_SUCCESS;
}

static VOID SetUnder(enum ntcb_windows Windows, ULONG Switches, BOOLEAN CallZw)
{
    struct LEVEL Level = {.Watch = {.Hook = NoteLevel}, .CallZw = CallZw};
    ULONG Apc = (Switches & NTCB_SWITCH_CALLBACKS_AT_APC) != 0 ? APC_LEVEL : PASSIVE_LEVEL;
    Level.Watch.Context = &Level;
    EXPECT_EQ(StartWith(Windows, Switches), 0);
    WatchBegin(&Level.Watch);
    HANDLE Key = MakeBase();
    EXPECT_SUCCESS(SetDword(Key, STR(u"value"), 1));
    Close(Key);
    WatchEnd(&Level.Watch);
    EXPECT_EQ(Level.At[Apc], Level.Watch.Count);
    EXPECT_TRUE(Level.Watch.Count >= 6);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    if (CallZw && Apc == APC_LEVEL) {
        ConformExpectReport("DV-04");
        ConformExpectReport("DV-04"); /* and its ZwClose */
    }
}

static void callbacks_at_apc_level(void **State)
{
    (void)State;
    SetUnder(NTCB_WINDOWS_11, 0, TRUE);
    SetUnder(NTCB_WINDOWS_11, NTCB_SWITCH_CALLBACKS_AT_APC, FALSE);
    SetUnder(NTCB_WINDOWS_11, NTCB_SWITCH_CALLBACKS_AT_APC, TRUE);
}

/* ---- CM-VER-14 ------------------------------------------------------------------------------- */

/* Hears everything; redirects opens of "from" to the key in Context; keeps values from being set;
 * turns a missing value into an empty success: all that Vista offers. */
static NTSTATUS OldFilter(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    if (Class == RegNtPreOpenKeyEx &&
        RtlEqualUnicodeString(Information->CreateKey.CompleteName, STR(u"from"), TRUE)) {
        ObReferenceObject(Watch->Context);
        *Information->CreateKey.ResultObject = Watch->Context;
        Information->CreateKey.GrantedAccess = KEY_ALL_ACCESS;
        return STATUS_CALLBACK_BYPASS;
    }
    if (Class == RegNtPreSetValueKey) {
        return STATUS_ACCESS_DENIED;
    }
    if (Class == RegNtPostDeleteValueKey) {
        Information->Post.ReturnStatus = STATUS_SUCCESS;
        return STATUS_CALLBACK_BYPASS;
    }
    return STATUS_SUCCESS;
}

static VOID FilterUnder(enum ntcb_windows Windows)
{
    struct WATCH Watch = {.Hook = OldFilter};
    HANDLE Key;
    EXPECT_EQ(StartWith(Windows, 0), 0);
    HANDLE Base = MakeBase();
    EXPECT_SUCCESS(
        ObReferenceObjectByHandle(Base, 0, *CmKeyObjectType, KernelMode, &Watch.Context, NULL));
    WatchBegin(&Watch);
    EXPECT_SUCCESS(Open(&Key, Base, STR(u"from"), KEY_READ));
    ExpectPath(Key, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform"));
    EXPECT_STATUS(SetDword(Key, STR(u"value"), 1), STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(NtDeleteValueKey(Key, STR(u"no such value")));
    Close(Key);
    WatchEnd(&Watch);
    ObDereferenceObject(Watch.Context);
    Close(Base);
}

static void driver_for_vista_runs_on_each(void **State)
{
    (void)State;
    for (int Windows = NTCB_WINDOWS_VISTA; Windows <= NTCB_WINDOWS_11; Windows++) {
        FilterUnder((enum ntcb_windows)Windows);
    }
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.version.post_object_by_pointer", "CM-CO-18 CM-VER-10", post_object_by_pointer),
    CONFORM_CASE("cm.version.tagged_object_in_the_next_operation", "CM-CO-18 CM-VER-10",
                 tagged_object_in_the_next_operation),
    CONFORM_CASE("cm.version.callbacks_at_apc_level", "CM-VER-12 CM-IRQL-02 CM-IRQL-03",
                 callbacks_at_apc_level),
    CONFORM_CASE("cm.version.driver_for_vista_runs_on_each", "CM-VER-14",
                 driver_for_vista_runs_on_each),
};
NTCB_TEST_MAIN("library", Tests)
