/* SPDX-License-Identifier: MIT
 *
 * reg_version_test.c - one driver and one program, on every Windows: which notifications there are,
 * in which form, and what a callback may do.
 */
#include "regwatch.h"

#define FIRST NTCB_WINDOWS_XP
#define LAST NTCB_WINDOWS_11

/* ---- which classes --------------------------------------------------------------------------- */

/* What the program below raises, each class once; on the Windows from First to Last. */
static const struct {
    ULONG Class;
    enum ntcb_windows First, Last;
} Raised[] = {
    {0, FIRST, LAST},
    {1, FIRST, LAST},
    {2, FIRST, LAST},
    {3, FIRST, LAST},
    {4, FIRST, LAST},
    {5, FIRST, LAST},
    {6, FIRST, LAST},
    {7, FIRST, LAST},
    {8, FIRST, LAST},
    {9, FIRST, LAST},
    {10, FIRST, FIRST},
    {11, FIRST, FIRST},
    {12, FIRST, FIRST},
    {13, FIRST, FIRST},
    {14, FIRST, LAST},
    {15, NTCB_WINDOWS_2003, LAST},
    {16, NTCB_WINDOWS_2003, LAST},
    {17, NTCB_WINDOWS_2003, LAST},
    {18, NTCB_WINDOWS_2003, LAST},
    {19, NTCB_WINDOWS_2003, LAST},
    {20, NTCB_WINDOWS_2003, LAST},
    {21, NTCB_WINDOWS_2003, LAST},
    {22, NTCB_WINDOWS_2003, LAST},
    {23, NTCB_WINDOWS_2003, LAST},
    {24, NTCB_WINDOWS_2003, LAST},
    {25, NTCB_WINDOWS_2003, LAST},
    {26, NTCB_WINDOWS_2003, LAST},
    {27, NTCB_WINDOWS_2003, LAST},
    {28, NTCB_WINDOWS_2003, LAST},
    {29, NTCB_WINDOWS_2003, LAST},
    {30, NTCB_WINDOWS_VISTA, LAST},
    {31, NTCB_WINDOWS_VISTA, LAST},
    {36, NTCB_WINDOWS_VISTA, LAST},
    {37, NTCB_WINDOWS_VISTA, LAST},
    {47, NTCB_WINDOWS_10_1507, LAST},
    {48, NTCB_WINDOWS_10_1507, LAST},
};

struct DRIVER {
    LARGE_INTEGER Cookie;
    ULONG Seen[MaxRegNtNotifyClass + 1];
    BOOLEAN BadCreate; /* an XP create or open without its members */
    ULONG_PTR Slot;    /* Reserved, or Version, of create and open */
    KIRQL Irql;        /* highest */
};

/* Members of XP's create and open. */
static BOOLEAN IsBadCreate(ULONG Class, PVOID Information)
{
    PREG_POST_CREATE_KEY_INFORMATION Post = Information;
    if (Class == RegNtPreCreateKey || Class == RegNtPreOpenKey) {
        return ((PREG_PRE_CREATE_KEY_INFORMATION)Information)->CompleteName->Length == 0;
    }
    return (Class == RegNtPostCreateKey || Class == RegNtPostOpenKey) &&
           (Post->CompleteName->Length == 0 || Post->Object == NULL ||
            Post->Status != STATUS_SUCCESS);
}

static NTSTATUS NTAPI Driver(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    struct DRIVER *Self = Context;
    ULONG Class = (ULONG)(ULONG_PTR)Argument1;
    Self->Seen[Class < MaxRegNtNotifyClass ? Class : MaxRegNtNotifyClass]++;
    Self->BadCreate |= IsBadCreate(Class, Argument2);
    if (WatchIsOpen(Class)) {
        Self->Slot = ((PREG_CREATE_KEY_INFORMATION_V1)Argument2)->Version;
    }
    Self->Irql = KeGetCurrentIrql() > Self->Irql ? KeGetCurrentIrql() : Self->Irql;
    return STATUS_SUCCESS;
}

static VOID ReadEverything(HANDLE Key)
{
    UCHAR Buffer[512];
    ULONG Length = sizeof(Buffer);
    ULONG Needed;
    KEY_VALUE_ENTRY Entry = {.ValueName = STR(u"value")};
    EXPECT_STATUS(NtEnumerateKey(Key, 0, KeyBasicInformation, Buffer, Length, &Needed),
                  STATUS_NO_MORE_ENTRIES);
    EXPECT_SUCCESS(NtEnumerateValueKey(Key, 0, KeyValueFullInformation, Buffer, Length, &Needed));
    EXPECT_SUCCESS(NtQueryKey(Key, KeyFullInformation, Buffer, Length, &Needed));
    EXPECT_SUCCESS(
        NtQueryValueKey(Key, STR(u"value"), KeyValuePartialInformation, Buffer, Length, &Needed));
    EXPECT_SUCCESS(NtQueryMultipleValueKey(Key, &Entry, 1, Buffer, &Length, &Needed));
    EXPECT_SUCCESS(
        ZwQuerySecurityObject(Key, OWNER_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Needed));
    EXPECT_SUCCESS(
        NtQueryObject(Key, (OBJECT_INFORMATION_CLASS)1, Buffer, sizeof(Buffer), &Needed));
}

static VOID Program(void)
{
    LARGE_INTEGER Time = {.QuadPart = 1};
    HANDLE Again;
    HANDLE Key = MakeBase();
    EXPECT_SUCCESS(SetDword(Key, STR(u"value"), 1));
    ReadEverything(Key);
    EXPECT_SUCCESS(NtSetInformationKey(Key, KeyWriteTimeInformation, &Time, sizeof(Time)));
    EXPECT_SUCCESS(NtFlushKey(Key));
    EXPECT_SUCCESS(NtDeleteValueKey(Key, STR(u"value")));
    EXPECT_SUCCESS(NtRenameKey(Key, STR(u"Renamed")));
    EXPECT_SUCCESS(Open(&Again, NULL, STR(u"\\Registry\\Machine\\Software\\Renamed"), KEY_READ));
    EXPECT_SUCCESS(NtDeleteKey(Key));
    Close(Again);
    Close(Key);
}

static VOID Restart(enum ntcb_windows Windows)
{
    void *None = NULL;
    if (Conform.Sim != NULL) {
        EXPECT_EQ(ConformTeardown(&None), 0);
    }
    EXPECT_EQ(ConformStart(Windows), 0);
}

/* As a driver built for that Windows, or for the first one, registers. */
static VOID Register(struct DRIVER *Self, enum ntcb_windows Windows, BOOLEAN AsOnXp)
{
    *Self = (struct DRIVER){.BadCreate = FALSE};
    if (AsOnXp || Windows < NTCB_WINDOWS_VISTA) {
        EXPECT_SUCCESS(CmRegisterCallback(Driver, Self, &Self->Cookie));
    } else {
        EXPECT_SUCCESS(
            CmRegisterCallbackEx(Driver, STR(u"380000"), Self, Self, &Self->Cookie, NULL));
    }
}

static BOOLEAN IsRaised(ULONG Class, enum ntcb_windows Windows)
{
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Raised); Row++) {
        if (Raised[Row].Class == Class) {
            return Windows >= Raised[Row].First && Windows <= Raised[Row].Last;
        }
    }
    return FALSE;
}

static VOID RunUnder(enum ntcb_windows Windows, BOOLEAN AsOnXp)
{
    struct DRIVER Self;
    Restart(Windows);
    Register(&Self, Windows, AsOnXp);
    Program();
    EXPECT_SUCCESS(CmUnRegisterCallback(Self.Cookie));
    for (ULONG Class = 0; Class <= MaxRegNtNotifyClass; Class++) {
        if ((Self.Seen[Class] != 0) != IsRaised(Class, Windows)) {
            print_error("Windows %d, class %u: %u times\n", (int)Windows, Class, Self.Seen[Class]);
        }
        EXPECT_EQ(Self.Seen[Class] != 0, IsRaised(Class, Windows));
    }
    EXPECT_FALSE(Self.BadCreate);
    EXPECT_EQ(Self.Irql, PASSIVE_LEVEL);
    if (Windows > NTCB_WINDOWS_XP) {
        EXPECT_EQ(Self.Slot, Windows >= NTCB_WINDOWS_7);
    }
}

static void each_windows_raises_its_classes(void **State)
{
    (void)State;
    for (int Windows = FIRST; Windows <= LAST; Windows++) {
        RunUnder((enum ntcb_windows)Windows, FALSE);
    }
}

static void driver_for_xp_runs_on_each_windows(void **State)
{
    (void)State;
    for (int Windows = LAST; Windows >= FIRST; Windows--) {
        RunUnder((enum ntcb_windows)Windows, TRUE);
    }
}

/* ---- monitoring and blocking on XP and Server 2003 ------------------------------------------- */

static NTSTATUS NTAPI Blocker(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Argument2);
    return (ULONG)(ULONG_PTR)Argument1 == *(ULONG *)Context ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

static VOID BlockUnder(enum ntcb_windows Windows, ULONG OpenClass)
{
    ULONG Class = RegNtPreSetValueKey;
    LARGE_INTEGER Cookie;
    HANDLE Again;
    Restart(Windows);
    HANDLE Key = MakeBase();
    EXPECT_SUCCESS(CmRegisterCallback(Blocker, &Class, &Cookie));
    EXPECT_STATUS(SetDword(Key, STR(u"value"), 1), STATUS_ACCESS_DENIED);
    EXPECT_EQ(FullInformation(Key).Values, 0);
    Class = OpenClass;
    EXPECT_STATUS(Open(&Again, NULL, STR(BASE), KEY_READ), STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(CmUnRegisterCallback(Cookie));
    Close(Key);
}

static void xp_and_2003_can_block(void **State)
{
    (void)State;
    BlockUnder(NTCB_WINDOWS_XP, RegNtPreOpenKey);
    BlockUnder(NTCB_WINDOWS_2003, RegNtPreOpenKeyEx);
}

/* ---- the quirks of version 1.0 --------------------------------------------------------------- */

static NTSTATUS Deny(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    UNREFERENCED_PARAMETER(Watch);
    UNREFERENCED_PARAMETER(Information);
    return Class == RegNtPreOpenKeyEx || Class == RegNtPreSetValueKey ? STATUS_ACCESS_DENIED
                                                                      : STATUS_SUCCESS;
}

static NTSTATUS Forgive(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    UNREFERENCED_PARAMETER(Watch);
    if (Class != RegNtPostSetValueKey) {
        return STATUS_SUCCESS;
    }
    Information->Post.ReturnStatus = STATUS_SUCCESS;
    return STATUS_CALLBACK_BYPASS;
}

static VOID BlockBelow(enum ntcb_windows Windows, BOOLEAN Quirk)
{
    struct WATCH High = {.Hook = Forgive};
    struct WATCH Low = {.Hook = Deny};
    HANDLE Again;
    Restart(Windows);
    HANDLE Key = MakeBase();
    WatchBeginAt(&High, STR(u"380001"));
    WatchBeginAt(&Low, STR(u"380000"));
    EXPECT_STATUS(Open(&Again, Key, STR(u"below"), KEY_READ), STATUS_ACCESS_DENIED);
    PVOID Root = High.Notes[0].Information.CreateKey.RootObject;
    EXPECT_TRUE(Root != NULL);
    EXPECT_PTR(WatchOnly(&High, RegNtPostOpenKeyEx)->Information.Post.Object, Quirk ? Root : NULL);
    EXPECT_STATUS(SetDword(Key, STR(u"value"), 1), Quirk ? STATUS_ACCESS_DENIED : STATUS_SUCCESS);
    WatchEnd(&Low);
    WatchEnd(&High);
    EXPECT_EQ(FullInformation(Key).Values, 0);
    Close(Key);
}

static void vista_after_a_block_below(void **State)
{
    (void)State;
    for (int Windows = NTCB_WINDOWS_VISTA; Windows <= LAST; Windows++) {
        BlockBelow((enum ntcb_windows)Windows, Windows < NTCB_WINDOWS_7);
    }
}

/* ---- what a user-mode caller's inputs are copied of ------------------------------------------ */

struct INPUT {
    struct WATCH Watch;
    WCHAR Name[5];
    ULONG Data;
    BOOLEAN DataCopied, NewNameCopied;
};

static NTSTATUS NoteCopies(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    struct INPUT *Input = Watch->Context;
    if (Class == RegNtPreSetValueKey) {
        Input->DataCopied = Information->SetValueKey.Data != &Input->Data;
    } else if (Class == RegNtPreRenameKey) {
        Input->NewNameCopied = Information->RenameKey.NewName->Buffer != Input->Name;
    }
    return STATUS_SUCCESS;
}

static VOID SetAndRename(PVOID Context)
{
    struct INPUT *Input = Context;
    UNICODE_STRING Name = {sizeof(Input->Name), sizeof(Input->Name), Input->Name};
    HANDLE Key;
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(NtSetValueKey(Key, &Name, 0, REG_DWORD, &Input->Data, 4));
    EXPECT_SUCCESS(NtRenameKey(Key, &Name));
    Close(Key);
}

static void windows_8_copies_every_input(void **State)
{
    (void)State;
    for (int Windows = NTCB_WINDOWS_VISTA; Windows <= LAST; Windows++) {
        struct INPUT Input = {.Watch = {.Hook = NoteCopies}, .Name = {'v', 'a', 'l', 'u', 'e'}};
        Input.Watch.Context = &Input;
        Restart((enum ntcb_windows)Windows);
        Close(MakeBase());
        WatchBegin(&Input.Watch);
        ConformAsUser(SetAndRename, &Input);
        WatchEnd(&Input.Watch);
        EXPECT_EQ(Input.DataCopied, Windows >= NTCB_WINDOWS_8);
        EXPECT_EQ(Input.NewNameCopied, Windows >= NTCB_WINDOWS_8);
    }
}

/* ---- what is exported, and which version the interface says ---------------------------------- */

static const struct {
    PCWSTR Name;
    enum ntcb_windows First;
} Exports[] = {
    {u"CmRegisterCallback", FIRST},
    {u"CmRegisterCallbackEx", NTCB_WINDOWS_VISTA},
    {u"CmGetCallbackVersion", NTCB_WINDOWS_VISTA},
    {u"CmSetCallbackObjectContext", NTCB_WINDOWS_VISTA},
    {u"CmGetBoundTransaction", NTCB_WINDOWS_VISTA},
    {u"CmCallbackGetKeyObjectID", NTCB_WINDOWS_VISTA},
    {u"CmCallbackGetKeyObjectIDEx", NTCB_WINDOWS_8},
    {u"CmCallbackReleaseKeyObjectIDEx", NTCB_WINDOWS_8},
};

static void each_windows_exports_its_routines(void **State)
{
    (void)State;
    for (int Windows = FIRST; Windows <= LAST; Windows++) {
        Restart((enum ntcb_windows)Windows);
        for (ULONG Row = 0; Row < RTL_NUMBER_OF(Exports); Row++) {
            UNICODE_STRING Name;
            RtlInitUnicodeString(&Name, Exports[Row].Name);
            EXPECT_EQ(MmGetSystemRoutineAddress(&Name) != NULL,
                      (enum ntcb_windows)Windows >= Exports[Row].First);
        }
        if (Windows >= NTCB_WINDOWS_VISTA) {
            ULONG Major = 0;
            ULONG Minor = 9;
            CmGetCallbackVersion(&Major, &Minor);
            EXPECT_EQ(Major, 1);
            EXPECT_EQ(Minor, Windows >= NTCB_WINDOWS_7);
        }
    }
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE(
        "reg.version.each_raises_its_classes",
        "CM-VER-01 CM-VER-02 CM-VER-03 CM-VER-08 CM-VER-11 CM-VER-15 CM-CO-09 CM-CO-19 CM-NC-51",
        each_windows_raises_its_classes),
    CONFORM_CASE("reg.version.driver_for_xp_runs_on_each", "CM-REG-02 CM-VER-02",
                 driver_for_xp_runs_on_each_windows),
    CONFORM_CASE("reg.version.xp_and_2003_can_block", "CM-VER-01 CM-VER-02 CM-PRE-18",
                 xp_and_2003_can_block),
    CONFORM_CASE("reg.version.vista_after_a_block_below", "CM-VER-04 CM-VER-05",
                 vista_after_a_block_below),
    CONFORM_CASE("reg.version.windows_8_copies_every_input",
                 "CM-VER-08 CM-VER-09 CM-BUF-04 CM-BUF-05", windows_8_copies_every_input),
    CONFORM_CASE("reg.version.each_exports_its_routines", "CM-VER-09 CM-VER-13 CM-REG-19",
                 each_windows_exports_its_routines),
};
NTCB_TEST_MAIN("conformance", Tests)
