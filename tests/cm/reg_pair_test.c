/* SPDX-License-Identifier: MIT
 *
 * reg_pair_test.c - the pairs of notifications that the services raise, in the cases that only
 * inference covers: what is in a pair, what may be done in it, and what raises none.
 */
#include "../conformance/regwatch.h"

#include <pthread.h>

static PVOID ObjectOf(HANDLE Key)
{
    PVOID Object;
    EXPECT_SUCCESS(ObReferenceObjectByHandle(Key, 0, *CmKeyObjectType, KernelMode, &Object, NULL));
    return Object;
}

static VOID OpenToDelete(PVOID Context)
{
    HANDLE Key;
    UNREFERENCED_PARAMETER(Context);
    EXPECT_STATUS(Open(&Key, NULL, STR(BASE), DELETE), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(Create(&Key, NULL, STR(BASE u"\\child"), KEY_READ), STATUS_ACCESS_DENIED);
}

static void one_pair_each_also_when_denied(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    Close(MakeBase());
    ConformDeny(BASE_UTF8, DELETE | KEY_CREATE_SUB_KEY);
    WatchBegin(&Watch);
    ConformAsUser(OpenToDelete, NULL);
    WATCH_EXPECT(&Watch, RegNtPreOpenKeyEx, RegNtPostOpenKeyEx, RegNtPreCreateKeyEx,
                 RegNtPostCreateKeyEx);
    EXPECT_STATUS(Watch.Notes[1].Information.Post.Status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(Watch.Notes[0].PreviousMode, UserMode); /* CM-IRQL-05 */
    Watch.Count = 0;
    EXPECT_STATUS(Probe(NULL, STR(BASE u"\\a\\b\\c")), STATUS_OBJECT_NAME_NOT_FOUND);
    WATCH_EXPECT(&Watch, RegNtPreOpenKeyEx, RegNtPostOpenKeyEx);
    EXPECT_EQ(Watch.Notes[0].PreviousMode, KernelMode);
    WatchEnd(&Watch);
}

static NTSTATUS FailCloses(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    UNREFERENCED_PARAMETER(Watch);
    if (Class == RegNtPostKeyHandleClose) {
        Information->Post.ReturnStatus = STATUS_ACCESS_DENIED;
        return STATUS_CALLBACK_BYPASS;
    }
    return Class == RegNtPreKeyHandleClose ? STATUS_CALLBACK_BYPASS : STATUS_SUCCESS;
}

static void close_is_never_overridden(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = FailCloses};
    HANDLE Base = MakeBase();
    WatchBegin(&Watch);
    EXPECT_SUCCESS(NtClose(Base));
    WATCH_EXPECT(&Watch, RegNtPreKeyHandleClose, RegNtPostKeyHandleClose);
    EXPECT_SUCCESS(Watch.Notes[1].Information.Post.Status);
    WatchEnd(&Watch);
}

static NTSTATUS NoteThread(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    UNREFERENCED_PARAMETER(Class);
    UNREFERENCED_PARAMETER(Information);
    *(HANDLE *)Watch->Context = PsGetCurrentThreadId();
    return STATUS_SUCCESS;
}

struct DROPPER {
    PVOID Object;
    HANDLE ThreadId;
};

static void *DropOnAnotherThread(void *Context)
{
    struct DROPPER *Dropper = Context;
    struct ntsim_thread *Previous = ntsim_enter(Conform.Sim);
    Dropper->ThreadId = PsGetCurrentThreadId();
    ObDereferenceObject(Dropper->Object);
    ntsim_leave(Previous);
    return NULL;
}

static void close_is_on_the_thread_that_dropped_it(void **State)
{
    (void)State;
    HANDLE Seen = NULL;
    struct WATCH Watch = {.Hook = NoteThread, .Context = &Seen};
    struct DROPPER Dropper = {.ThreadId = NULL};
    HANDLE Base = MakeBase();
    pthread_t Thread;
    Dropper.Object = ObjectOf(Base);
    WatchBegin(&Watch);
    Close(Base);
    EXPECT_EQ(pthread_create(&Thread, NULL, DropOnAnotherThread, &Dropper), 0);
    EXPECT_EQ(pthread_join(Thread, NULL), 0);
    EXPECT_EQ(Watch.Count, 2);
    EXPECT_PTR(Seen, Dropper.ThreadId);
    WatchEnd(&Watch);
}

static NTSTATUS UseDyingObject(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    NTSTATUS *Status = Watch->Context;
    if (Class == RegNtPreKeyHandleClose) {
        *Status = CmCallbackGetKeyObjectID(&Watch->Cookie, Information->Object, NULL, NULL);
        ObReferenceObject(Information->Object);
    } else if (Class == RegNtPostKeyHandleClose && NT_SUCCESS(*Status)) {
        *Status = CmCallbackGetKeyObjectID(&Watch->Cookie, Information->Object, NULL, NULL);
    }
    return STATUS_SUCCESS;
}

static void dying_object_may_be_asked_not_referenced(void **State)
{
    (void)State;
    NTSTATUS Status = STATUS_UNSUCCESSFUL;
    struct WATCH Watch = {.Hook = UseDyingObject, .Context = &Status};
    HANDLE Base = MakeBase();
    EXPECT_SUCCESS(NtDeleteKey(Base)); /* CM-OID-08: deleted keys too */
    WatchBegin(&Watch);
    Close(Base);
    EXPECT_SUCCESS(Status);
    ConformExpectReport("DV-23");
    WatchEnd(&Watch);
}

static NTSTATUS RefuseOpen(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    UNREFERENCED_PARAMETER(Watch);
    UNREFERENCED_PARAMETER(Information);
    return Class == RegNtPreOpenKeyEx ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

static void block_at_a_link_ends_the_open(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = RefuseOpen};
    HANDLE Key;
    WatchBegin(&Watch);
    EXPECT_STATUS(
        Open(&Key, NULL, STR(u"\\Registry\\Machine\\System\\CurrentControlSet\\Enum"), KEY_READ),
        STATUS_ACCESS_DENIED);
    WATCH_EXPECT(&Watch, RegNtPreOpenKeyEx);
    WatchEnd(&Watch);
}

static NTSTATUS EditInputs(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    UNREFERENCED_PARAMETER(Watch);
    if (Class == RegNtPreSetValueKey) {
        Information->SetValueKey.ValueName = STR(u"other");
        Information->SetValueKey.Type = REG_SZ;
        Information->SetValueKey.DataSize = 2;
    } else if (Class == RegNtPreCreateKeyEx) {
        Information->CreateKey.Options = REG_OPTION_VOLATILE;
        Information->CreateKey.RemainingName = STR(u"other");
        Information->CreateKey.DesiredAccess = KEY_READ;
    }
    return STATUS_SUCCESS;
}

static void edited_inputs_have_no_effect(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = EditInputs};
    UCHAR Buffer[64];
    PKEY_VALUE_PARTIAL_INFORMATION Partial = (PVOID)Buffer;
    ULONG Length;
    WatchBegin(&Watch);
    HANDLE Base = MakeBase();
    EXPECT_SUCCESS(SetDword(Base, STR(u"value"), 1));
    WatchEnd(&Watch);
    EXPECT_EQ(GrantedAccess(Base), KEY_ALL_ACCESS);
    ExpectPath(Base, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform"));
    Close(MakeKey(Base, STR(u"stable"))); /* no child of a volatile key */
    EXPECT_SUCCESS(NtQueryValueKey(Base, STR(u"value"), KeyValuePartialInformation, Buffer,
                                   sizeof(Buffer), &Length));
    EXPECT_EQ(Partial->Type, REG_DWORD);
    EXPECT_EQ(Partial->DataLength, 4);
    Close(Base);
}

static void opening_by_pointer_raises_nothing(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Base = MakeBase();
    PVOID Object = ObjectOf(Base);
    HANDLE Again;
    WatchBegin(&Watch);
    EXPECT_SUCCESS(ObOpenObjectByPointer(Object, OBJ_KERNEL_HANDLE, NULL, KEY_READ,
                                         *CmKeyObjectType, KernelMode, &Again));
    Close(Again);
    EXPECT_EQ(Watch.Count, 0);
    WatchEnd(&Watch);
    ObDereferenceObject(Object);
    Close(Base);
}

static NTSTATUS BypassChanges(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    UNREFERENCED_PARAMETER(Watch);
    UNREFERENCED_PARAMETER(Information);
    return Class == RegNtPreSetValueKey || Class == RegNtPreDeleteKey ? STATUS_CALLBACK_BYPASS
                                                                      : STATUS_SUCCESS;
}

static void bypass_leaves_the_store_alone(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = BypassChanges};
    HANDLE Base = MakeBase();
    LONGLONG Before = FullInformation(Base).LastWriteTime.QuadPart;
    WatchBegin(&Watch);
    EXPECT_SUCCESS(SetDword(Base, STR(u"value"), 1));
    EXPECT_SUCCESS(NtDeleteKey(Base));
    WatchEnd(&Watch);
    EXPECT_EQ(FullInformation(Base).LastWriteTime.QuadPart, Before);
    EXPECT_EQ(FullInformation(Base).Values, 0);
    Close(Base);
}

static NTSTATUS NTAPI ListenOnXp(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    struct WATCH *Watch = Context;
    struct NOTE *Note = &Watch->Notes[Watch->Count++];
    Note->Class = (ULONG)(ULONG_PTR)Argument1;
    WatchCopyName(((PREG_POST_CREATE_KEY_INFORMATION)Argument2)->CompleteName, &Note->Name,
                  Note->NameText, sizeof(Note->NameText));
    if (Note->Class == RegNtPostCreateKey || Note->Class == RegNtPostOpenKey) {
        PREG_POST_CREATE_KEY_INFORMATION Post = Argument2;
        Note->Information.Post.Object = Post->Object;
        Note->Information.Post.Status = Post->Status;
    }
    return STATUS_SUCCESS;
}

static int xp_setup(void **State)
{
    (void)State;
    return ConformStart(NTCB_WINDOWS_XP);
}

static void xp_has_classes_of_its_own(void **State)
{
    (void)State;
    struct WATCH Watch = {.Count = 0};
    HANDLE Key;
    EXPECT_SUCCESS(CmRegisterCallback(ListenOnXp, &Watch, &Watch.Cookie));
    EXPECT_SUCCESS(Create(&Key, NULL, STR(BASE), KEY_READ));
    EXPECT_STATUS(Probe(NULL, STR(BASE u"\\none")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(CmUnRegisterCallback(Watch.Cookie));
    WATCH_EXPECT(&Watch, RegNtPreCreateKey, RegNtPostCreateKey, RegNtPreOpenKey, RegNtPostOpenKey);
    WatchExpectName(&Watch.Notes[0].Name, STR(BASE));
    EXPECT_SUCCESS(Watch.Notes[1].Information.Post.Status);
    EXPECT_TRUE(Watch.Notes[1].Information.Post.Object != NULL);
    EXPECT_STATUS(Watch.Notes[3].Information.Post.Status, STATUS_OBJECT_NAME_NOT_FOUND);
    Close(Key);
}

static int windows_7_setup(void **State)
{
    (void)State;
    return ConformStart(NTCB_WINDOWS_7);
}

static void class_of_a_later_windows_is_not_raised(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Base = MakeBase();
    PVOID Object = ObjectOf(Base);
    UCHAR Buffer[256];
    ULONG Length;
    WatchBegin(&Watch);
    EXPECT_SUCCESS(ObQueryNameString(Object, (PVOID)Buffer, sizeof(Buffer), &Length));
    EXPECT_EQ(Watch.Count, 0);
    EXPECT_SUCCESS(NtQueryKey(Base, KeyFlagsInformation, Buffer, sizeof(Buffer), &Length));
    EXPECT_EQ(WatchOnly(&Watch, RegNtPreQueryKey)->Information.QueryKey.KeyInformationClass,
              KeyFlagsInformation);
    WatchEnd(&Watch);
    ObDereferenceObject(Object);
    Close(Base);
}

static void zw_above_passive_is_reported(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    KIRQL Irql;
    KeRaiseIrql(APC_LEVEL, &Irql);
    EXPECT_SUCCESS(ZwFlushKey(Base));
    KeLowerIrql(Irql);
    EXPECT_TRUE(ntsim_expect_report(Conform.Sim, "DV-04"));
    (void)ntsim_expect_report(Conform.Sim, "DV-05");
    Close(Base);
}

static void names_are_trimmed_and_may_be_absent(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Base = MakeBase();
    WatchBegin(&Watch);
    EXPECT_SUCCESS(SetDword(Base, STR(u"value\0"), 1));
    WatchExpectName(&Watch.Notes[0].Name, STR(u"value")); /* CM-BUF-10 */
    Watch.Count = 0;
    EXPECT_SUCCESS(NtSetValueKey(Base, NULL, 0, REG_SZ, NULL, 0)); /* CM-BUF-08 */
    EXPECT_EQ(Watch.Notes[0].Name.Length, 0);
    EXPECT_PTR(Watch.Notes[0].Information.SetValueKey.Data, NULL);
    WatchEnd(&Watch);
    Close(Base);
}

static void lent_name_must_come_back(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Base = MakeBase();
    PVOID Object = ObjectOf(Base);
    UNICODE_STRING Stranger = {0, 0, NULL};
    ULONG_PTR Id;
    WatchBegin(&Watch);
    CmCallbackReleaseKeyObjectIDEx(&Stranger);
    ConformExpectReport("CM-OID-06");
    CmCallbackReleaseKeyObjectIDEx(NULL);
    ConformExpectReport("CM-OID-07");
    EXPECT_SUCCESS(CmCallbackGetKeyObjectID(&Watch.Cookie, Object, NULL, NULL)); /* CM-OID-02 */
    EXPECT_STATUS(
        CmCallbackGetKeyObjectID(&Watch.Cookie, (PVOID)(ULONG_PTR)0xFFFF7EADDEAD0001, &Id, NULL),
        STATUS_INVALID_PARAMETER); /* CM-OID-09 */
    EXPECT_STATUS(CmCallbackGetKeyObjectID(&Watch.Cookie, &Stranger, &Id, NULL),
                  STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(CmCallbackGetKeyObjectID(&Watch.Cookie, Object, &Id, NULL));
    EXPECT_EQ(Watch.Count, 0); /* CM-OID-10 */
    EXPECT_SUCCESS(NtDeleteKey(Base));
    ULONG_PTR New = 0;
    HANDLE Again = MakeBase();
    PVOID Second = ObjectOf(Again);
    EXPECT_SUCCESS(CmCallbackGetKeyObjectID(&Watch.Cookie, Second, &New, NULL));
    EXPECT_TRUE(New != 0 && New != Id); /* CM-OID-11 */
    WatchEnd(&Watch);
    ObDereferenceObject(Second);
    ObDereferenceObject(Object);
    Close(Again);
    Close(Base);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.pair.one_each_also_when_denied", "CM-CO-03 CM-CO-17 REG-CRT-04 CM-IRQL-05",
                 one_pair_each_also_when_denied),
    CONFORM_CASE("cm.pair.close_is_never_overridden", "CM-CLS-07 CM-CLS-08",
                 close_is_never_overridden),
    CONFORM_CASE("cm.pair.close_is_on_the_dropping_thread", "CM-CLS-06",
                 close_is_on_the_thread_that_dropped_it),
    CONFORM_CASE("cm.pair.dying_object_is_not_referenced", "CM-CLS-03 CM-OID-08",
                 dying_object_may_be_asked_not_referenced),
    CONFORM_CASE("cm.pair.block_at_a_link_ends_the_open", "CM-CO-16",
                 block_at_a_link_ends_the_open),
    CONFORM_CASE("cm.pair.edited_inputs_have_no_effect", "CM-PRE-11", edited_inputs_have_no_effect),
    CONFORM_CASE("cm.pair.opening_by_pointer_raises_nothing", "CM-PRE-15",
                 opening_by_pointer_raises_nothing),
    CONFORM_CASE("cm.pair.bypass_leaves_the_store_alone", "CM-BYP-13",
                 bypass_leaves_the_store_alone),
    {"cm.pair.xp_has_classes_of_its_own", "CM-NC-10 CM-NC-11 CM-NC-12 CM-NC-13 CM-CO-19 CM-VER-01",
     xp_has_classes_of_its_own, xp_setup, ConformTeardown},
    {"cm.pair.later_class_is_not_raised", "CM-NC-63 CM-NC-65",
     class_of_a_later_windows_is_not_raised, windows_7_setup, ConformTeardown},
    CONFORM_CASE("cm.pair.zw_above_passive_is_reported", "REG-MODE-05 DV-04",
                 zw_above_passive_is_reported),
    CONFORM_CASE("cm.pair.names_are_trimmed_and_may_be_absent", "CM-BUF-08 CM-BUF-10",
                 names_are_trimmed_and_may_be_absent),
    CONFORM_CASE("cm.pair.lent_name_must_come_back",
                 "CM-OID-02 CM-OID-06 CM-OID-07 CM-OID-09 CM-OID-10 CM-OID-11",
                 lent_name_must_come_back),
};
NTCB_TEST_MAIN("library", Tests)
