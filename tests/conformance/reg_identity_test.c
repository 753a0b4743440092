/* SPDX-License-Identifier: MIT
 *
 * reg_identity_test.c - CmCallbackGetKeyObjectID and CmCallbackGetKeyObjectIDEx: which key an
 * object is of, and what it is called; replaying an open from what a callback is shown.
 */
#include "regwatch.h"

static PVOID ObjectOf(HANDLE Key)
{
    PVOID Object;
    EXPECT_SUCCESS(ObReferenceObjectByHandle(Key, 0, *CmKeyObjectType, KernelMode, &Object, NULL));
    return Object;
}

static ULONG_PTR IdOf(struct WATCH *Watch, PVOID Object)
{
    ULONG_PTR Id = 0;
    EXPECT_SUCCESS(CmCallbackGetKeyObjectID(&Watch->Cookie, Object, &Id, NULL));
    EXPECT_TRUE(Id != 0);
    return Id;
}

static VOID ExpectName(struct WATCH *Watch, PVOID Object, PUNICODE_STRING Expected)
{
    PCUNICODE_STRING Name;
    EXPECT_SUCCESS(CmCallbackGetKeyObjectIDEx(&Watch->Cookie, Object, NULL, &Name, 0));
    WatchExpectName(Name, Expected);
    CmCallbackReleaseKeyObjectIDEx(Name);
}

static void id_is_the_keys(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Base = MakeBase();
    HANDLE First = MakeKey(Base, STR(u"key"));
    HANDLE Second = MakeKey(Base, STR(u"key"));
    PVOID Objects[] = {ObjectOf(First), ObjectOf(Second), ObjectOf(Base)};
    WatchBegin(&Watch);
    ULONG_PTR Id = IdOf(&Watch, Objects[0]);
    EXPECT_TRUE(Objects[0] != Objects[1]);
    EXPECT_EQ(IdOf(&Watch, Objects[1]), Id);
    EXPECT_TRUE(IdOf(&Watch, Objects[2]) != Id);
    EXPECT_EQ(Watch.Count, 0); /* CM-OID-10 */
    EXPECT_SUCCESS(NtRenameKey(First, STR(u"renamed")));
    EXPECT_EQ(IdOf(&Watch, Objects[1]), Id);
    WatchEnd(&Watch);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Objects); Index++) {
        ObDereferenceObject(Objects[Index]);
    }
    Close(First);
    Close(Second);
    Close(Base);
}

static void arguments_are_checked(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Base = MakeBase();
    PVOID Object = ObjectOf(Base);
    PCUNICODE_STRING Name;
    ULONG_PTR Id;
    WatchBegin(&Watch);
    EXPECT_SUCCESS(CmCallbackGetKeyObjectID(&Watch.Cookie, Object, &Id, &Name));
    EXPECT_SUCCESS(CmCallbackGetKeyObjectID(&Watch.Cookie, Object, NULL, &Name));
    EXPECT_SUCCESS(CmCallbackGetKeyObjectID(&Watch.Cookie, Object, &Id, NULL));
    EXPECT_STATUS(CmCallbackGetKeyObjectID(&Watch.Cookie, NULL, &Id, &Name),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(CmCallbackGetKeyObjectIDEx(&Watch.Cookie, NULL, &Id, NULL, 0),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(CmCallbackGetKeyObjectIDEx(&Watch.Cookie, Object, &Id, NULL, 1),
                  STATUS_INVALID_PARAMETER);
    WatchEnd(&Watch);
    EXPECT_STATUS(CmCallbackGetKeyObjectID(&Watch.Cookie, Object, &Id, NULL),
                  STATUS_INVALID_PARAMETER);
    ObDereferenceObject(Object);
    Close(Base);
}

static void name_is_the_full_path(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Base = MakeBase();
    HANDLE Key = MakeKey(Base, STR(u"Old"));
    PVOID Object = ObjectOf(Key);
    PCUNICODE_STRING Kept;
    PCUNICODE_STRING Lent;
    WatchBegin(&Watch);
    EXPECT_SUCCESS(CmCallbackGetKeyObjectID(&Watch.Cookie, Object, NULL, &Kept));
    EXPECT_SUCCESS(CmCallbackGetKeyObjectIDEx(&Watch.Cookie, Object, NULL, &Lent, 0));
    WatchExpectName(Kept, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform\\Old"));
    WatchExpectName(Lent, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform\\Old"));
    EXPECT_SUCCESS(NtRenameKey(Key, STR(u"New")));
    EXPECT_SUCCESS(CmCallbackGetKeyObjectID(&Watch.Cookie, Object, NULL, &Kept));
    WatchExpectName(Kept, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform\\Old")); /* CM-OID-05 */
    ExpectName(&Watch, Object, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform\\New"));
    Close(Key);
    ObDereferenceObject(Object);
    WatchExpectName(Lent, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform\\Old")); /* CM-OID-06 */
    CmCallbackReleaseKeyObjectIDEx(Lent);
    WatchEnd(&Watch);
    Close(Base);
}

/* CM-OID-13: RootObject in pre create, Object in post create; the name opens the same key. */
static NTSTATUS OpenByItsName(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    NTSTATUS *Status = Watch->Context;
    PCUNICODE_STRING Name;
    PVOID Object = Class == RegNtPreCreateKeyEx    ? Information->CreateKey.RootObject
                   : Class == RegNtPostCreateKeyEx ? Information->Post.Object
                                                   : NULL;
    if (Object == NULL || !NT_SUCCESS(*Status)) {
        return STATUS_SUCCESS;
    }
    *Status = CmCallbackGetKeyObjectIDEx(&Watch->Cookie, Object, NULL, &Name, 0);
    if (NT_SUCCESS(*Status)) {
        *Status = Probe(NULL, (PUNICODE_STRING)(ULONG_PTR)Name);
        CmCallbackReleaseKeyObjectIDEx(Name);
    }
    return STATUS_SUCCESS;
}

static void name_opens_the_same_key(void **State)
{
    (void)State;
    NTSTATUS Status = STATUS_SUCCESS;
    struct WATCH Watch = {.Hook = OpenByItsName, .Context = &Status};
    WatchBegin(&Watch);
    Close(MakeBase());
    EXPECT_SUCCESS(Status);
    WatchEnd(&Watch);
}

/* CM-CO-11: the same open again, from the members of the structure. */
struct REPLAY {
    ULONG Drop; /* attributes left out of the replay */
    NTSTATUS Status;
};

static NTSTATUS ReplayOpen(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    struct REPLAY *Replay = Watch->Context;
    PREG_OPEN_KEY_INFORMATION_V1 Pre = &Information->CreateKey;
    if (Class != RegNtPreOpenKeyEx || Pre->Version != 1) {
        return STATUS_SUCCESS;
    }
    OBJECT_ATTRIBUTES Object =
        Attributes(NULL, Pre->CompleteName, (Pre->Attributes | OBJ_KERNEL_HANDLE) & ~Replay->Drop);
    HANDLE Key;
    Replay->Status = ZwOpenKeyEx(&Key, Pre->DesiredAccess | Pre->Wow64Flags, &Object, Pre->Options);
    if (NT_SUCCESS(Replay->Status)) {
        ZwClose(Key);
    }
    return STATUS_SUCCESS;
}

static void open_can_be_replayed(void **State)
{
    (void)State;
    struct REPLAY Replay = {.Drop = 0};
    struct WATCH Watch = {.Hook = ReplayOpen, .Context = &Replay};
    HANDLE Key;
    const ULONG Flags = OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | OBJ_FORCE_ACCESS_CHECK;
    Close(MakeBase());
    ConformDeny(BASE_UTF8, DELETE);
    WatchBegin(&Watch);
    EXPECT_STATUS(OpenFlags(&Key, NULL, STR(BASE), DELETE, Flags), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(Replay.Status, STATUS_ACCESS_DENIED);
    Replay.Drop = OBJ_FORCE_ACCESS_CHECK;
    EXPECT_STATUS(OpenFlags(&Key, NULL, STR(BASE), DELETE, Flags), STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(Replay.Status);
    WatchEnd(&Watch);
}

/* CM-CO-05: a multi-level create, as the Win32 layer makes it: level by level. */
static void levels_are_created_one_by_one(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Base = MakeBase();
    HANDLE First;
    HANDLE Second;
    WatchBegin(&Watch);
    EXPECT_STATUS(Create(&Second, Base, STR(u"a\\b"), KEY_READ), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(Create(&First, Base, STR(u"a"), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(Create(&Second, First, STR(u"b"), KEY_READ));
    EXPECT_EQ(WatchCountOf(&Watch, RegNtPreCreateKeyEx), 3);
    EXPECT_EQ(WatchCountOf(&Watch, RegNtPostCreateKeyEx), 3);
    WatchEnd(&Watch);
    Close(Second);
    Close(First);
    Close(Base);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("reg.identity.id_is_the_keys", "CM-OID-01 CM-OID-10", id_is_the_keys),
    CONFORM_CASE("reg.identity.arguments_are_checked", "CM-OID-02 CM-OID-03",
                 arguments_are_checked),
    CONFORM_CASE("reg.identity.name_is_the_full_path", "CM-OID-04 CM-OID-05 CM-OID-06",
                 name_is_the_full_path),
    CONFORM_CASE("reg.identity.name_opens_the_same_key", "CM-OID-13", name_opens_the_same_key),
    CONFORM_CASE("reg.notify.open_can_be_replayed", "CM-CO-11", open_can_be_replayed),
    CONFORM_CASE("reg.notify.levels_are_created_one_by_one", "CM-CO-05",
                 levels_are_created_one_by_one),
};
NTCB_TEST_MAIN("conformance", Tests)
