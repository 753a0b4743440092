/* SPDX-License-Identifier: MIT
 *
 * reg_notify_open_test.c - notifications of create, open and close, and which failures raise none.
 */
#include "regwatch.h"

static void create_and_open_pairs(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Key;
    ULONG Disposition;
    WatchBegin(&Watch);
    EXPECT_SUCCESS(CreateOptions(&Key, NULL, STR(BASE), KEY_ALL_ACCESS, 0, &Disposition));
    WATCH_EXPECT(&Watch, RegNtPreCreateKeyEx, RegNtPostCreateKeyEx);
    const REG_CREATE_KEY_INFORMATION_V1 *Pre = &Watch.Notes[0].Information.CreateKey;
    EXPECT_EQ(Pre->Options, 0);
    EXPECT_EQ(Pre->DesiredAccess, KEY_ALL_ACCESS);
    EXPECT_PTR(Pre->Disposition, &Disposition);
    EXPECT_TRUE(Pre->ResultObject != NULL);
    EXPECT_TRUE(Pre->RootObject != NULL);
    EXPECT_PTR(Pre->Transaction, NULL);
    EXPECT_EQ(Pre->Version, 1);
    EXPECT_EQ(Pre->Wow64Flags, 0);
    EXPECT_EQ(Pre->CheckAccessMode, KernelMode);
    EXPECT_SUCCESS(Watch.Notes[1].Information.Post.Status);
    EXPECT_TRUE(Watch.Notes[1].Information.Post.Object != NULL);
    Close(Key);
    Watch.Count = 0;
    EXPECT_SUCCESS(CreateOptions(&Key, NULL, STR(BASE), KEY_ALL_ACCESS, 0, &Disposition));
    EXPECT_EQ(Disposition, REG_OPENED_EXISTING_KEY);
    WATCH_EXPECT(&Watch, RegNtPreCreateKeyEx, RegNtPostCreateKeyEx);
    Close(Key);
    Watch.Count = 0;
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_ALL_ACCESS));
    WATCH_EXPECT(&Watch, RegNtPreOpenKeyEx, RegNtPostOpenKeyEx);
    Watch.Count = 0;
    Close(Key);
    WATCH_EXPECT(&Watch, RegNtPreKeyHandleClose, RegNtPostKeyHandleClose);
    WatchEnd(&Watch);
}

static void names_and_roots(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Machine;
    HANDLE Key;
    PVOID MachineObject;
    PVOID Master;
    EXPECT_SUCCESS(Open(&Machine, NULL, STR(u"\\Registry\\Machine"), KEY_READ));
    EXPECT_SUCCESS(
        ObReferenceObjectByHandle(Machine, 0, *CmKeyObjectType, KernelMode, &MachineObject, NULL));
    WatchBegin(&Watch);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(u"\\REGISTRY\\MACHINE\\Software\\Microsoft"), KEY_READ) ==
                           STATUS_OBJECT_NAME_NOT_FOUND
                       ? STATUS_SUCCESS
                       : STATUS_UNSUCCESSFUL);
    struct NOTE *Note = WatchOnly(&Watch, RegNtPreOpenKeyEx);
    WatchExpectName(&Note->Name, STR(u"\\REGISTRY\\MACHINE\\Software\\Microsoft"));
    WatchExpectName(&Note->RemainingName, STR(u"MACHINE\\Software\\Microsoft"));
    Master = Note->Information.CreateKey.RootObject;
    EXPECT_TRUE(Master != NULL);
    EXPECT_TRUE(Master != MachineObject);
    Watch.Count = 0;
    EXPECT_STATUS(Open(&Key, Machine, STR(u"Software\\A\\B"), KEY_READ),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    WATCH_EXPECT(&Watch, RegNtPreOpenKeyEx, RegNtPostOpenKeyEx); /* CM-CO-03 */
    Note = WatchOnly(&Watch, RegNtPreOpenKeyEx);
    WatchExpectName(&Note->Name, STR(u"Software\\A\\B"));
    WatchExpectName(&Note->RemainingName, STR(u"Software\\A\\B"));
    EXPECT_PTR(Note->Information.CreateKey.RootObject, MachineObject);
    Note = WatchOnly(&Watch, RegNtPostOpenKeyEx);
    EXPECT_STATUS(Note->Information.Post.Status, STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_PTR(Note->Information.Post.Object, NULL);
    WatchEnd(&Watch);
    ObDereferenceObject(MachineObject);
    Close(Machine);
}

static void attributes_are_passed(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Key;
    const ULONG Flags = OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | OBJ_FORCE_ACCESS_CHECK;
    Close(MakeBase());
    WatchBegin(&Watch);
    EXPECT_SUCCESS(OpenFlags(&Key, NULL, STR(BASE), KEY_READ | KEY_WOW64_64KEY, Flags));
    const REG_OPEN_KEY_INFORMATION_V1 *Pre =
        &WatchOnly(&Watch, RegNtPreOpenKeyEx)->Information.CreateKey;
    EXPECT_EQ(Pre->Attributes, Flags);
    EXPECT_EQ(Pre->Wow64Flags, KEY_WOW64_64KEY);
    EXPECT_EQ(Pre->CheckAccessMode, UserMode);
    Close(Key);
    Watch.Count = 0;
    EXPECT_SUCCESS(
        OpenFlags(&Key, NULL, STR(BASE), KEY_READ | KEY_WOW64_32KEY, OBJ_CASE_INSENSITIVE));
    Pre = &WatchOnly(&Watch, RegNtPreOpenKeyEx)->Information.CreateKey;
    EXPECT_EQ(Pre->Attributes, OBJ_CASE_INSENSITIVE);
    EXPECT_EQ(Pre->Wow64Flags, KEY_WOW64_32KEY);
    EXPECT_EQ(Pre->CheckAccessMode, KernelMode);
    Close(Key);
    WatchEnd(&Watch);
}

static VOID OpenBadly(PVOID Context)
{
    struct WATCH *Watch = Context;
    OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(BASE), 0);
    HANDLE Key;
    Object.Length = 7;
    EXPECT_STATUS(NtOpenKey(&Key, KEY_READ, &Object), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NtOpenKey(&Key, KEY_READ, NULL), STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(Open(&Key, NULL, STR(u"Machine"), KEY_READ), STATUS_OBJECT_PATH_SYNTAX_BAD);
    EXPECT_STATUS(Open(&Key, NULL, STR(u"\\Foobar\\Nothing"), KEY_READ),
                  STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_STATUS(Open(&Key, NULL, STR(BASE), KEY_READ | KEY_WOW64_RES), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(SetDword(NULL, STR(u"value"), 1), STATUS_INVALID_HANDLE);
    EXPECT_EQ(Watch->Count, 0);
    EXPECT_STATUS(Open(&Key, NULL, STR(BASE), DELETE), STATUS_ACCESS_DENIED); /* CM-CO-17 */
    WATCH_EXPECT(Watch, RegNtPreOpenKeyEx, RegNtPostOpenKeyEx);
    EXPECT_STATUS(Watch->Notes[1].Information.Post.Status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(Watch->Notes[0].PreviousMode, UserMode);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_READ));
    Watch->Count = 0;
    EXPECT_STATUS(SetDword(Key, STR(u"value"), 1), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtQueryKey(Key, MaxKeyInfoClass, &Object, 4, &Object.Length),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(
        NtQueryKey(Key, KeyBasicInformation, (PVOID)(ULONG_PTR)0x1000, 64, &Object.Length),
        STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(Watch->Count, 0);
    Close(Key);
}

static void early_failures_are_silent(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    Close(MakeBase());
    ConformDeny(BASE_UTF8, DELETE);
    WatchBegin(&Watch);
    ConformAsUser(OpenBadly, &Watch);
    WatchEnd(&Watch);
}

static void link_gives_a_pair_for_its_target(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Key;
    WatchBegin(&Watch);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(u"\\Registry\\Machine\\System\\CurrentControlSet\\Control"),
                        KEY_READ));
    ULONG Successes = 0;
    for (ULONG Index = 0; Index < Watch.Count; Index++) {
        Successes += Watch.Notes[Index].Class == RegNtPostOpenKeyEx &&
                             Watch.Notes[Index].Information.Post.Status == STATUS_SUCCESS
                         ? 1
                         : 0;
    }
    EXPECT_EQ(Successes, 1);
    EXPECT_EQ(WatchCountOf(&Watch, RegNtPreOpenKeyEx), WatchCountOf(&Watch, RegNtPostOpenKeyEx));
    Close(Key);
    WatchEnd(&Watch);
}

/* CM-CO-20, CM-CO-12 */
static NTSTATUS LookInPostCreate(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    PREG_CREATE_KEY_INFORMATION_V1 Pre;
    PVOID Root;
    if (Class != RegNtPostCreateKeyEx) {
        return STATUS_SUCCESS;
    }
    Pre = Information->Post.PreInformation;
    *(NTSTATUS *)Watch->Context = Probe(NULL, STR(BASE));
    if (NT_SUCCESS(*(NTSTATUS *)Watch->Context)) {
        *(NTSTATUS *)Watch->Context =
            ObReferenceObjectByPointer(Pre->RootObject, 0, Pre->ObjectType, KernelMode);
        Root = Pre->RootObject;
        if (NT_SUCCESS(*(NTSTATUS *)Watch->Context)) {
            ObDereferenceObject(Root);
        }
    }
    return STATUS_SUCCESS;
}

static void new_key_is_visible_in_post(void **State)
{
    (void)State;
    NTSTATUS Seen = STATUS_UNSUCCESSFUL;
    struct WATCH Watch = {.Hook = LookInPostCreate, .Context = &Seen};
    WatchBegin(&Watch);
    Close(MakeBase());
    EXPECT_SUCCESS(Seen);
    WatchEnd(&Watch);
}

static void close_comes_with_the_last_reference(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE First = MakeBase();
    HANDLE Second = MakeBase();
    PVOID Object;
    EXPECT_SUCCESS(
        ObReferenceObjectByHandle(First, 0, *CmKeyObjectType, KernelMode, &Object, NULL));
    WatchBegin(&Watch);
    Close(First);
    EXPECT_EQ(Watch.Count, 0);
    Close(Second); /* CM-CLS-02: an object of its own */
    EXPECT_EQ(WatchCountOf(&Watch, RegNtPreKeyHandleClose), 1);
    ObDereferenceObject(Object);
    WATCH_EXPECT(&Watch, RegNtPreKeyHandleClose, RegNtPostKeyHandleClose, RegNtPreKeyHandleClose,
                 RegNtPostKeyHandleClose);
    HANDLE Key = MakeBase();
    Watch.Count = 0;
    EXPECT_SUCCESS(NtDeleteKey(Key));
    Close(Key);
    WATCH_EXPECT(&Watch, RegNtPreDeleteKey, RegNtPostDeleteKey, RegNtPreKeyHandleClose,
                 RegNtPostKeyHandleClose); /* CM-CLS-05 */
    WatchEnd(&Watch);
}

static NTSTATUS RefuseEverything(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    UNREFERENCED_PARAMETER(Watch);
    UNREFERENCED_PARAMETER(Class);
    UNREFERENCED_PARAMETER(Information);
    return STATUS_ACCESS_DENIED;
}

static void close_cannot_be_refused(void **State)
{
    (void)State;
    struct WATCH High = {.Hook = RefuseEverything};
    struct WATCH Low = {.Hook = NULL};
    HANDLE Key = MakeBase();
    WatchBeginAt(&High, STR(u"380001"));
    WatchBeginAt(&Low, STR(u"380000"));
    EXPECT_SUCCESS(NtClose(Key));
    WATCH_EXPECT(&High, RegNtPreKeyHandleClose, RegNtPostKeyHandleClose);
    WATCH_EXPECT(&Low, RegNtPreKeyHandleClose, RegNtPostKeyHandleClose);
    EXPECT_STATUS(NtFlushKey(Key), STATUS_INVALID_HANDLE);
    WatchEnd(&High);
    WatchEnd(&Low);
}

static void blocked_operation_is_not_done(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = RefuseEverything};
    HANDLE Key = MakeBase();
    HANDLE Other = (HANDLE)(ULONG_PTR)0xDEADBEE0;
    WatchBegin(&Watch);
    EXPECT_STATUS(SetDword(Key, STR(u"value"), 1), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtDeleteKey(Key), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtRenameKey(Key, STR(u"x")), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(Create(&Other, Key, STR(u"child"), KEY_READ), STATUS_ACCESS_DENIED);
    EXPECT_PTR(Other, NULL);
    WATCH_EXPECT(&Watch, RegNtPreSetValueKey, RegNtPreDeleteKey, RegNtPreRenameKey,
                 RegNtPreCreateKeyEx);
    WatchEnd(&Watch);
    KEY_FULL_INFORMATION Full = FullInformation(Key);
    EXPECT_EQ(Full.Values, 0);
    EXPECT_EQ(Full.SubKeys, 0);
    EXPECT_SUCCESS(Probe(NULL, STR(BASE)));
    Close(Key);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("reg.notify.create_and_open_pairs",
                 "CM-NC-26 CM-NC-27 CM-NC-28 CM-NC-29 CM-CO-04 CM-CO-09 CM-CO-12 CM-TXN-01",
                 create_and_open_pairs),
    CONFORM_CASE("reg.notify.names_and_roots", "CM-CO-02 CM-CO-03 CM-CO-06 CM-CO-07 CM-POST-12",
                 names_and_roots),
    CONFORM_CASE("reg.notify.attributes_are_passed", "CM-CO-10 REG-WOW-03", attributes_are_passed),
    CONFORM_CASE("reg.notify.early_failures_are_silent", "CM-CO-01 CM-CO-17 CM-PRE-12 CM-BUF-02",
                 early_failures_are_silent),
    CONFORM_CASE("reg.notify.link_gives_a_pair_for_its_target", "CM-CO-13",
                 link_gives_a_pair_for_its_target),
    CONFORM_CASE("reg.notify.new_key_is_visible_in_post", "CM-CO-20 CM-CO-12",
                 new_key_is_visible_in_post),
    CONFORM_CASE("reg.notify.close_comes_with_the_last_reference", "CM-CLS-01 CM-CLS-02 CM-CLS-05",
                 close_comes_with_the_last_reference),
    CONFORM_CASE("reg.notify.close_cannot_be_refused", "CM-BYP-10 CM-CLS-08",
                 close_cannot_be_refused),
    CONFORM_CASE("reg.notify.blocked_operation_is_not_done", "CM-PRE-04 CM-PRE-06",
                 blocked_operation_is_not_done),
};
NTCB_TEST_MAIN("conformance", Tests)
