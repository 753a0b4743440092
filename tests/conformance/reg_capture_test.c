/* SPDX-License-Identifier: MIT
 *
 * reg_capture_test.c - which inputs of a user-mode caller callbacks see in place, by Windows.
 *
 * Windows 7 and before leave some where they are; Windows 8 and later copy all. The kernel's own
 * are never copied.
 */
#include "regwatch.h"

struct CAPTURE {
    struct WATCH Watch;
    HANDLE Key;
    const struct ROW *Row;
    const void *Given; /* what the caller passed */
    const void *Seen;  /* what the callback was shown */
    WCHAR Text[8];
    ULONG Data;
    UCHAR Buffer[64];
    ULONG Length;
    LARGE_INTEGER Time;
};

static UNICODE_STRING Name(struct CAPTURE *Capture, PUNICODE_STRING Text)
{
    memset(Capture->Text, 0, sizeof(Capture->Text));
    memcpy(Capture->Text, Text->Buffer, Text->Length);
    Capture->Given = Capture->Text;
    return (UNICODE_STRING){Text->Length, Text->Length, Capture->Text};
}

static NTSTATUS CreateWithClass(struct CAPTURE *Capture)
{
    UNICODE_STRING Class = Name(Capture, STR(u"class"));
    OBJECT_ATTRIBUTES Object = Attributes(Capture->Key, STR(u"child"), OBJ_CASE_INSENSITIVE);
    HANDLE Key;
    NTSTATUS Status = NtCreateKey(&Key, KEY_READ, &Object, 0, &Class, 0, NULL);
    if (NT_SUCCESS(Status)) {
        Close(Key);
    }
    return Status;
}

static const void *SeenClass(const union INFORMATION *Information)
{
    return Information->CreateKey.Class->Buffer;
}

static NTSTATUS SetNamed(struct CAPTURE *Capture)
{
    UNICODE_STRING Value = Name(Capture, STR(u"value"));
    return SetDword(Capture->Key, &Value, 1);
}

static const void *SeenSetName(const union INFORMATION *Information)
{
    return Information->SetValueKey.ValueName->Buffer;
}

static NTSTATUS SetData(struct CAPTURE *Capture)
{
    Capture->Given = &Capture->Data;
    return NtSetValueKey(Capture->Key, STR(u"data"), 0, REG_DWORD, &Capture->Data, 4);
}

static const void *SeenData(const union INFORMATION *Information)
{
    return Information->SetValueKey.Data;
}

static NTSTATUS QueryNamed(struct CAPTURE *Capture)
{
    UNICODE_STRING Value = Name(Capture, STR(u"value"));
    return NtQueryValueKey(Capture->Key, &Value, KeyValuePartialInformation, Capture->Buffer,
                           sizeof(Capture->Buffer), &Capture->Length);
}

static const void *SeenQueryName(const union INFORMATION *Information)
{
    return Information->QueryValueKey.ValueName->Buffer;
}

static NTSTATUS DeleteNamed(struct CAPTURE *Capture)
{
    UNICODE_STRING Value = Name(Capture, STR(u"value"));
    return NtDeleteValueKey(Capture->Key, &Value);
}

static const void *SeenDeleteName(const union INFORMATION *Information)
{
    return Information->DeleteValueKey.ValueName->Buffer;
}

static NTSTATUS RenameTo(struct CAPTURE *Capture)
{
    UNICODE_STRING New = Name(Capture, STR(u"new"));
    return NtRenameKey(Capture->Key, &New);
}

static const void *SeenNewName(const union INFORMATION *Information)
{
    return Information->RenameKey.NewName->Buffer;
}

static const struct ROW {
    ULONG Class;
    BOOLEAN InPlace; /* on Windows 7 and before */
    NTSTATUS (*Call)(struct CAPTURE *Capture);
    const void *(*Seen)(const union INFORMATION *Information);
} Rows[] = {
    {RegNtPreCreateKeyEx, TRUE, CreateWithClass, SeenClass},
    {RegNtPreSetValueKey, FALSE, SetNamed, SeenSetName},
    {RegNtPreQueryValueKey, TRUE, QueryNamed, SeenQueryName},
    {RegNtPreDeleteValueKey, TRUE, DeleteNamed, SeenDeleteName},
    {RegNtPreSetValueKey, TRUE, SetData, SeenData},
    {RegNtPreRenameKey, TRUE, RenameTo, SeenNewName},
};

static NTSTATUS Look(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    struct CAPTURE *Capture = Watch->Context;
    if (Class == Capture->Row->Class) {
        Capture->Seen = Capture->Row->Seen(Information);
    }
    return STATUS_SUCCESS;
}

static VOID PlayRows(PVOID Context)
{
    enum ntcb_windows Windows = *(enum ntcb_windows *)Context;
    BOOLEAN User = ExGetPreviousMode() == UserMode;
    struct CAPTURE Capture = {.Watch = {.Hook = Look}};
    Capture.Watch.Context = &Capture;
    EXPECT_SUCCESS(Open(&Capture.Key, NULL, STR(BASE), KEY_ALL_ACCESS));
    WatchBegin(&Capture.Watch);
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row++) {
        Capture.Row = &Rows[Row];
        Capture.Seen = NULL;
        EXPECT_SUCCESS(Rows[Row].Call(&Capture));
        EXPECT_TRUE(Capture.Seen != NULL);
        EXPECT_EQ(Capture.Seen != Capture.Given,
                  User && (Windows >= NTCB_WINDOWS_8 || !Rows[Row].InPlace));
    }
    WatchEnd(&Capture.Watch);
    Close(Capture.Key);
}

static void inputs_by_windows(void **State)
{
    (void)State;
    for (int Index = NTCB_WINDOWS_VISTA; Index <= NTCB_WINDOWS_11; Index++) {
        enum ntcb_windows Windows = (enum ntcb_windows)Index;
        void *None = NULL;
        EXPECT_EQ(ConformTeardown(&None), 0);
        EXPECT_EQ(ConformStart(Windows), 0);
        Close(MakeBase());
        PlayRows(&Windows);
        EXPECT_EQ(ntsim_registry_remove(Conform.Sim, "\\REGISTRY\\MACHINE\\SOFTWARE\\new"), 0);
        Close(MakeBase());
        ConformAsUser(PlayRows, &Windows);
    }
}

/* ---- what the kernel passes ------------------------------------------------------------------ */

static void kernel_pointers_are_shown_as_they_are(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    static UCHAR Quality[16];
    UNICODE_STRING Class = *STR(u"class");
    OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(BASE), OBJ_CASE_INSENSITIVE);
    HANDLE Key;
    Object.SecurityQualityOfService = Quality;
    WatchBegin(&Watch);
    EXPECT_SUCCESS(NtCreateKey(&Key, KEY_READ, &Object, 0, &Class, 0, NULL));
    WatchEnd(&Watch);
    const REG_CREATE_KEY_INFORMATION_V1 *Create =
        &WatchOnly(&Watch, RegNtPreCreateKeyEx)->Information.CreateKey;
    EXPECT_PTR(Create->Class, &Class);
    EXPECT_PTR(Create->SecurityQualityOfService, Quality);
    EXPECT_PTR(Create->SecurityDescriptor, NULL);
    EXPECT_PTR(Create->Disposition, NULL);
    Close(Key);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("reg.capture.inputs_by_windows",
                 "CM-BUF-01 CM-BUF-02 CM-BUF-04 CM-BUF-05 CM-VER-08 CM-VER-09", inputs_by_windows),
    CONFORM_CASE("reg.capture.kernel_pointers_are_shown_as_they_are", "CM-BUF-01 CM-CO-12",
                 kernel_pointers_are_shown_as_they_are),
};
NTCB_TEST_MAIN("conformance", Tests)
