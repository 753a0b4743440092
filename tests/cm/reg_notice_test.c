/* SPDX-License-Identifier: MIT
 *
 * reg_notice_test.c - notifications of the services where Windows is not documented, and what
 * callbacks may do to a create or open.
 */
#include "../conformance/regwatch.h"

static void link_is_two_pairs(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Base = MakeBase();
    HANDLE Key;
    Close(MakeKey(Base, STR(u"target")));
    MakeLink(Base, STR(u"link"), STR(BASE u"\\target"));
    WatchBegin(&Watch);
    EXPECT_STATUS(Open(&Key, Base, STR(u"LINK\\\\below\\"), KEY_READ),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    WATCH_EXPECT(&Watch, RegNtPreOpenKeyEx, RegNtPostOpenKeyEx, RegNtPreOpenKeyEx,
                 RegNtPostOpenKeyEx);
    WatchExpectName(&Watch.Notes[0].Name, STR(u"LINK\\\\below\\")); /* CM-CO-08 */
    EXPECT_STATUS(Watch.Notes[1].Information.Post.Status, STATUS_REPARSE);
    WatchExpectName(&Watch.Notes[2].Name, STR(BASE u"\\target\\\\\\below\\"));
    EXPECT_STATUS(Watch.Notes[3].Information.Post.Status, STATUS_OBJECT_NAME_NOT_FOUND);
    Watch.Count = 0;
    EXPECT_SUCCESS(OpenFlags(&Key, Base, STR(u"link"), KEY_READ, OBJ_OPENLINK));
    WATCH_EXPECT(&Watch, RegNtPreOpenKeyEx, RegNtPostOpenKeyEx); /* CM-CO-14 */
    WatchEnd(&Watch);
    Close(Key);
    Close(Base);
}

static void master_key_and_empty_name(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    HANDLE Key;
    HANDLE Again;
    WatchBegin(&Watch);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(u"\\Registry"), KEY_READ));
    EXPECT_SUCCESS(Open(&Again, Key, STR(u""), KEY_READ));
    WATCH_EXPECT(&Watch, RegNtPreOpenKeyEx, RegNtPostOpenKeyEx, RegNtPreOpenKeyEx,
                 RegNtPostOpenKeyEx);
    EXPECT_EQ(Watch.Notes[0].RemainingName.Length, 0);
    EXPECT_EQ(Watch.Notes[2].RemainingName.Length, 0);
    WatchEnd(&Watch);
    Close(Again);
    Close(Key);
}

/* Puts the key object in Context, referenced, into a create or open. */
static NTSTATUS Supply(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    if (!WatchIsOpen(Class)) {
        return STATUS_SUCCESS;
    }
    if (Watch->Context != NULL) {
        ObReferenceObject(Watch->Context);
    }
    *Information->CreateKey.ResultObject = Watch->Context;
    Information->CreateKey.GrantedAccess = MAXIMUM_ALLOWED;
    return STATUS_CALLBACK_BYPASS;
}

static PVOID ObjectOf(HANDLE Key)
{
    PVOID Object;
    EXPECT_SUCCESS(ObReferenceObjectByHandle(Key, 0, *CmKeyObjectType, KernelMode, &Object, NULL));
    return Object;
}

static void bypass_supplies_the_object(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    struct WATCH High = {.Hook = NULL};
    struct WATCH Watch = {.Hook = Supply, .Context = ObjectOf(Base)};
    HANDLE Key;
    WatchBeginAt(&High, STR(u"380001"));
    WatchBeginAt(&Watch, STR(u"380000"));
    EXPECT_SUCCESS(Open(&Key, NULL, STR(u"\\Registry\\no\\such\\key"), KEY_ALL_ACCESS));
    EXPECT_EQ(GrantedAccess(Key), 0); /* CM-BYP-06 */
    EXPECT_SUCCESS(SetDword(Key, STR(u"through"), 1));
    EXPECT_EQ(FullInformation(Base).Values, 1);
    struct NOTE *Post = WatchOnly(&High, RegNtPostOpenKeyEx);
    EXPECT_SUCCESS(Post->Information.Post.Status); /* CM-POST-15 */
    EXPECT_PTR(Post->Information.Post.Object, Watch.Context);
    High.Count = 0;
    Close(Key); /* CM-BYP-05: took the reference along */
    EXPECT_EQ(High.Count, 0);
    WatchEnd(&Watch);
    ObDereferenceObject(Watch.Context);
    Close(Base);
    EXPECT_EQ(WatchCountOf(&High, RegNtPreKeyHandleClose), 1);
    WatchEnd(&High);
}

static void bypass_without_a_key_is_reported(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = Supply, .Context = NULL};
    HANDLE Key;
    WatchBegin(&Watch);
    EXPECT_STATUS(Open(&Key, NULL, STR(u"\\Registry\\Machine"), KEY_READ),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_PTR(Key, NULL);
    ConformExpectReport("CM-BYP-08");
    Watch.Context = PsGetCurrentProcess();
    EXPECT_STATUS(Open(&Key, NULL, STR(u"\\Registry\\Machine"), KEY_READ),
                  STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_PTR(Key, NULL);
    ConformExpectReport("CM-BYP-09");
    ObDereferenceObject(Watch.Context);
    WatchEnd(&Watch);
}

static NTSTATUS FailInPost(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    if (Class != RegNtPostCreateKeyEx) {
        return STATUS_SUCCESS;
    }
    if (Watch->Context != NULL) {
        return Information->Post.ReturnStatus = STATUS_WRONG_VOLUME, STATUS_CALLBACK_BYPASS;
    }
    PREG_CREATE_KEY_INFORMATION_V1 Pre = Information->Post.PreInformation;
    ObDereferenceObject(Information->Post.Object);
    Information->Post.Object = NULL;
    *Pre->ResultObject = NULL;
    Information->Post.ReturnStatus = STATUS_WRONG_VOLUME;
    return STATUS_CALLBACK_BYPASS;
}

static void post_turns_success_into_failure(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = FailInPost};
    struct WATCH Low = {.Hook = NULL};
    HANDLE Key;
    WatchBeginAt(&Watch, STR(u"380001"));
    WatchBeginAt(&Low, STR(u"380000"));
    EXPECT_STATUS(Create(&Key, NULL, STR(BASE), KEY_READ), STATUS_WRONG_VOLUME);
    EXPECT_PTR(Key, NULL);
    /* The object dies in the callback: who is above it does not hear of that (CM-RE-08). */
    WATCH_EXPECT(&Watch, RegNtPreCreateKeyEx, RegNtPostCreateKeyEx);
    WATCH_EXPECT(&Low, RegNtPreCreateKeyEx, RegNtPostCreateKeyEx, RegNtPreKeyHandleClose,
                 RegNtPostKeyHandleClose);
    WatchEnd(&Low);
    WatchEnd(&Watch);
    EXPECT_SUCCESS(Probe(NULL, STR(BASE))); /* CM-POST-16: made all the same */
}

static void object_left_in_a_failed_create_is_reported(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = FailInPost, .Context = &Watch};
    HANDLE Key;
    WatchBegin(&Watch);
    EXPECT_STATUS(Create(&Key, NULL, STR(BASE), KEY_READ), STATUS_WRONG_VOLUME);
    EXPECT_PTR(Key, NULL);
    ConformExpectReport("CM-POST-10");
    ObDereferenceObject(WatchOnly(&Watch, RegNtPostCreateKeyEx)->Information.Post.Object);
    WatchEnd(&Watch);
}

static NTSTATUS RescueInPost(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    if (Class != RegNtPostOpenKeyEx || NT_SUCCESS(Information->Post.Status)) {
        return STATUS_SUCCESS;
    }
    PREG_OPEN_KEY_INFORMATION_V1 Pre = Information->Post.PreInformation;
    ObReferenceObject(Watch->Context);
    Information->Post.Object = Watch->Context;
    *Pre->ResultObject = Watch->Context;
    Pre->GrantedAccess = KEY_READ;
    Information->Post.ReturnStatus = STATUS_SUCCESS;
    return STATUS_CALLBACK_BYPASS;
}

static void post_turns_failure_into_success(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    struct WATCH Watch = {.Hook = RescueInPost, .Context = ObjectOf(Base)};
    HANDLE Key;
    WatchBegin(&Watch);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE u"\\missing"), KEY_ALL_ACCESS));
    EXPECT_EQ(GrantedAccess(Key), KEY_READ);
    ExpectPath(Key, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform"));
    Close(Key);
    WatchEnd(&Watch);
    ObDereferenceObject(Watch.Context);
    Close(Base);
}

/* The object is in *ResultObject alone. */
static NTSTATUS RescueByResult(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    NTSTATUS Status = RescueInPost(Watch, Class, Information);
    if (Status == STATUS_CALLBACK_BYPASS) {
        Information->Post.Object = NULL;
    }
    return Status;
}

static void result_object_alone_will_do(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    struct WATCH Watch = {.Hook = RescueByResult, .Context = ObjectOf(Base)};
    HANDLE Key;
    WatchBegin(&Watch);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE u"\\missing"), KEY_ALL_ACCESS));
    ExpectPath(Key, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform"));
    Close(Key);
    WatchEnd(&Watch);
    ObDereferenceObject(Watch.Context);
    Close(Base);
}

/* What user mode passed and what the callback was shown. */
struct CAPTURE {
    struct WATCH Watch;
    WCHAR Name[8];
    ULONG Data;
    BOOLEAN Captured;
    WCHAR Behind; /* the WCHAR behind the name */
};

static NTSTATUS ChangeUserMemory(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    struct CAPTURE *Capture = Watch->Context;
    if (Class == RegNtPreSetValueKey) {
        PUNICODE_STRING Name = Information->SetValueKey.ValueName;
        Capture->Captured =
            Information->SetValueKey.Data != &Capture->Data && Name->Buffer != Capture->Name;
        Capture->Behind = Name->Buffer[Name->Length / sizeof(WCHAR)];
        Capture->Data = 0xBAD;
        Capture->Name[0] = u'X';
    }
    return STATUS_SUCCESS;
}

static VOID SetFromUser(PVOID Context)
{
    struct CAPTURE *Capture = Context;
    HANDLE Key;
    UNICODE_STRING Name = {10, 0, Capture->Name}; /* CM-BUF-06 */
    UCHAR Buffer[64];
    PKEY_VALUE_PARTIAL_INFORMATION Partial = (PVOID)Buffer;
    ULONG ResultLength;
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(NtSetValueKey(Key, &Name, 0, REG_DWORD, &Capture->Data, 4));
    EXPECT_TRUE(Capture->Captured);
    EXPECT_EQ(Capture->Behind, 0);
    EXPECT_SUCCESS(NtQueryValueKey(Key, STR(u"value"), KeyValuePartialInformation, Buffer,
                                   sizeof(Buffer), &ResultLength));
    EXPECT_EQ(Partial->Data[0], 0x11);
    struct NOTE *Note = WatchOnly(&Capture->Watch, RegNtPreQueryValueKey);
    EXPECT_PTR(Note->Information.QueryValueKey.KeyValueInformation, Buffer); /* CM-BUF-03 */
    EXPECT_PTR(Note->Information.QueryValueKey.ResultLength, &ResultLength);
    Close(Key);
}

static void inputs_of_user_mode_are_copied(void **State)
{
    (void)State;
    struct CAPTURE Capture = {.Watch = {.Hook = ChangeUserMemory}, .Name = u"value!", .Data = 0x11};
    Capture.Watch.Context = &Capture;
    Close(MakeBase());
    WatchBegin(&Capture.Watch);
    ConformAsUser(SetFromUser, &Capture);
    WatchEnd(&Capture.Watch);
}

static int old_setup(void **State)
{
    (void)State;
    return ConformStart(NTCB_WINDOWS_7);
}

static NTSTATUS NoteDataPointer(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    struct CAPTURE *Capture = Watch->Context;
    if (Class == RegNtPreSetValueKey) {
        Capture->Captured = Information->SetValueKey.Data != &Capture->Data;
        Capture->Behind = Information->SetValueKey.ValueName->Buffer == Capture->Name;
    }
    return STATUS_SUCCESS;
}

static VOID SetOnly(PVOID Context)
{
    struct CAPTURE *Capture = Context;
    HANDLE Key;
    UNICODE_STRING Name = {10, 10, Capture->Name};
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(NtSetValueKey(Key, &Name, 0, REG_DWORD, &Capture->Data, 4));
    Close(Key);
}

static void windows_7_leaves_the_data_in_place(void **State)
{
    (void)State;
    struct CAPTURE Capture = {.Watch = {.Hook = NoteDataPointer}, .Name = u"value!"};
    Capture.Watch.Context = &Capture;
    Close(MakeBase());
    WatchBegin(&Capture.Watch);
    ConformAsUser(SetOnly, &Capture);
    EXPECT_FALSE(Capture.Captured);
    EXPECT_EQ(Capture.Behind, 0);
    WatchEnd(&Capture.Watch);
}

static int xp_setup(void **State)
{
    (void)State;
    return ConformStart(NTCB_WINDOWS_2003);
}

static NTSTATUS ReturnBypass(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    UNREFERENCED_PARAMETER(Watch);
    UNREFERENCED_PARAMETER(Information);
    return Class == RegNtPreSetValueKey ? STATUS_CALLBACK_BYPASS : STATUS_SUCCESS;
}

static void no_bypass_before_vista(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = ReturnBypass};
    HANDLE Key = MakeBase();
    EXPECT_SUCCESS(CmRegisterCallback(WatchCallback, &Watch, &Watch.Cookie));
    EXPECT_STATUS(SetDword(Key, STR(u"value"), 1), STATUS_CALLBACK_BYPASS);
    EXPECT_EQ(FullInformation(Key).Values, 0);
    WatchEnd(&Watch);
    Close(Key);
}

static NTSTATUS BypassName(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    UNREFERENCED_PARAMETER(Watch);
    if (Class != RegNtPreQueryKeyName) {
        return STATUS_SUCCESS;
    }
    POBJECT_NAME_INFORMATION Name = Information->QueryKeyName.ObjectNameInfo;
    memcpy(Name + 1, u"fake", 10);
    Name->Name = (UNICODE_STRING){8, 10, (PWCH)(Name + 1)};
    *Information->QueryKeyName.ReturnLength = sizeof(*Name) + 10;
    return STATUS_CALLBACK_BYPASS;
}

static void key_name_can_be_made_up(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = BypassName};
    HANDLE Key = MakeBase();
    PVOID Object = ObjectOf(Key);
    UCHAR Buffer[256];
    POBJECT_NAME_INFORMATION Name = (PVOID)Buffer;
    ULONG ReturnLength;
    WatchBegin(&Watch);
    EXPECT_SUCCESS(ObQueryNameString(Object, Name, sizeof(Buffer), &ReturnLength));
    EXPECT_EQ(Name->Name.Length, 8);
    EXPECT_MEM(Name->Name.Buffer, u"fake", 8);
    EXPECT_EQ(ReturnLength, sizeof(*Name) + 10);
    WatchEnd(&Watch);
    EXPECT_SUCCESS(ObQueryNameString(Object, Name, sizeof(Buffer), &ReturnLength));
    EXPECT_EQ(Name->Name.Length, 68);
    ObDereferenceObject(Object);
    Close(Key);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.notice.link_is_two_pairs", "CM-CO-08 CM-CO-13 CM-CO-14", link_is_two_pairs),
    CONFORM_CASE("cm.notice.master_key_and_empty_name", "CM-CO-15", master_key_and_empty_name),
    CONFORM_CASE("cm.notice.bypass_supplies_the_object",
                 "CM-BYP-04 CM-BYP-05 CM-BYP-06 CM-BYP-07 CM-POST-15", bypass_supplies_the_object),
    CONFORM_CASE("cm.notice.bypass_without_a_key_is_reported", "CM-BYP-08 CM-BYP-09",
                 bypass_without_a_key_is_reported),
    CONFORM_CASE("cm.notice.post_turns_success_into_failure", "CM-POST-10 CM-POST-16 CM-CLS-05",
                 post_turns_success_into_failure),
    CONFORM_CASE("cm.notice.object_left_in_a_failed_create_is_reported", "CM-POST-10",
                 object_left_in_a_failed_create_is_reported),
    CONFORM_CASE("cm.notice.post_turns_failure_into_success", "CM-POST-11",
                 post_turns_failure_into_success),
    CONFORM_CASE("cm.notice.result_object_alone_will_do", "CM-POST-11",
                 result_object_alone_will_do),
    CONFORM_CASE("cm.notice.inputs_of_user_mode_are_copied",
                 "CM-BUF-03 CM-BUF-04 CM-BUF-06 CM-BUF-12", inputs_of_user_mode_are_copied),
    {"cm.notice.windows_7_leaves_the_data_in_place", "CM-BUF-05",
     windows_7_leaves_the_data_in_place, old_setup, ConformTeardown},
    {"cm.notice.no_bypass_before_vista", "CM-PRE-18", no_bypass_before_vista, xp_setup,
     ConformTeardown},
    CONFORM_CASE("cm.notice.key_name_can_be_made_up", "CM-NC-47", key_name_can_be_made_up),
};
NTCB_TEST_MAIN("library", Tests)
