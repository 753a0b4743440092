/* SPDX-License-Identifier: MIT
 *
 * reg_view_test.c - one tree seen as two: the 32-bit view, and a driver that redirects.
 */
#include "regwatch.h"

#define WOW u"\\Registry\\Machine\\Software\\Wow6432Node"
#define WOW_UTF8 "\\REGISTRY\\MACHINE\\SOFTWARE\\Wow6432Node"

static VOID OpenWow(PVOID Context)
{
    static const ACCESS_MASK Views[] = {0, KEY_WOW64_32KEY, KEY_WOW64_64KEY};
    UNREFERENCED_PARAMETER(Context);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Views); Index++) {
        HANDLE Key;
        EXPECT_SUCCESS(Open(&Key, NULL, STR(WOW u"\\Conform"), KEY_READ | Views[Index]));
        EXPECT_EQ(FullInformation(Key).Values, 1);
        EXPECT_EQ(GrantedAccess(Key), KEY_READ);
        Close(Key);
        EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_READ | Views[Index]));
        EXPECT_EQ(FullInformation(Key).Values, 0);
        Close(Key);
    }
}

static void path_with_wow6432node(void **State)
{
    (void)State;
    HANDLE Key;
    EXPECT_EQ(ntsim_registry_key(Conform.Sim, WOW_UTF8, false), 0);
    EXPECT_SUCCESS(Create(&Key, NULL, STR(WOW u"\\Conform"), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(SetDword(Key, STR(u"value"), 32));
    Close(Key);
    Close(MakeBase());
    OpenWow(NULL);
    ConformAsUser(OpenWow, NULL);
}

/* ---- from BASE\from to BASE\to --------------------------------------------------------------- */

struct REDIRECT {
    struct WATCH Watch;
    BOOLEAN Opens; /* too, not only creates */
};

/* "from..." becomes "to...", in Text. */
static BOOLEAN Redirected(PCUNICODE_STRING Name, PUNICODE_STRING To, PWCH Text)
{
    UNICODE_STRING From = *STR(u"from");
    UNICODE_STRING Rest = {0, 0, NULL};
    if (!RtlPrefixUnicodeString(&From, Name, TRUE)) {
        return FALSE;
    }
    Rest.Buffer = Name->Buffer + 4;
    Rest.Length = Rest.MaximumLength = (USHORT)(Name->Length - From.Length);
    *To = (UNICODE_STRING){0, 64, Text};
    return NT_SUCCESS(RtlAppendUnicodeToString(To, u"to")) &&
           NT_SUCCESS(RtlAppendUnicodeStringToString(To, &Rest));
}

/* The same call for the other name, made by the driver. */
static NTSTATUS OpenInstead(PREG_CREATE_KEY_INFORMATION_V1 Pre, BOOLEAN Make, PUNICODE_STRING Name)
{
    HANDLE Root;
    HANDLE Key;
    NTSTATUS Status = ObOpenObjectByPointer(Pre->RootObject, OBJ_KERNEL_HANDLE, NULL, KEY_READ,
                                            Pre->ObjectType, KernelMode, &Root);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    OBJECT_ATTRIBUTES Object = Attributes(Root, Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE);
    Status = Make ? ZwCreateKey(&Key, Pre->DesiredAccess, &Object, 0, NULL, Pre->Options,
                                Pre->Disposition)
                  : ZwOpenKey(&Key, Pre->DesiredAccess, &Object);
    if (NT_SUCCESS(Status)) {
        Status =
            ObReferenceObjectByHandle(Key, 0, Pre->ObjectType, KernelMode, Pre->ResultObject, NULL);
        Pre->GrantedAccess = Pre->DesiredAccess;
        ZwClose(Key);
    }
    ZwClose(Root);
    return NT_SUCCESS(Status) ? STATUS_CALLBACK_BYPASS : Status;
}

static NTSTATUS Redirect(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    const struct REDIRECT *Self = Watch->Context;
    WCHAR Text[32];
    UNICODE_STRING To;
    BOOLEAN Make = Class == RegNtPreCreateKeyEx;
    if ((Make || (Class == RegNtPreOpenKeyEx && Self->Opens)) &&
        Redirected(Information->CreateKey.CompleteName, &To, Text)) {
        return OpenInstead(&Information->CreateKey, Make, &To);
    }
    return STATUS_SUCCESS;
}

/* How advapi makes "from\a\b" when the levels above are missing: level by level, with an open of
 * what should be there by then. */
static NTSTATUS MakeLevels(HANDLE Base)
{
    static const USHORT Lengths[] = {8, 12, 16};
    UNICODE_STRING Name = *STR(u"from\\a\\b");
    NTSTATUS Status = STATUS_SUCCESS;
    for (ULONG Level = 0; NT_SUCCESS(Status) && Level < RTL_NUMBER_OF(Lengths); Level++) {
        HANDLE Key;
        Name.Length = Lengths[Level];
        Status = Create(&Key, Base, &Name, KEY_READ);
        if (NT_SUCCESS(Status)) {
            Close(Key);
            Status = Probe(Base, &Name);
        }
    }
    return Status;
}

static void redirection_must_be_consistent(void **State)
{
    (void)State;
    struct REDIRECT Half = {.Watch = {.Hook = Redirect}, .Opens = FALSE};
    struct REDIRECT Whole = {.Watch = {.Hook = Redirect}, .Opens = TRUE};
    HANDLE Base = MakeBase();
    Half.Watch.Context = &Half;
    Whole.Watch.Context = &Whole;
    WatchBegin(&Half.Watch);
    EXPECT_STATUS(MakeLevels(Base), STATUS_OBJECT_NAME_NOT_FOUND);
    WatchEnd(&Half.Watch);
    WatchBegin(&Whole.Watch);
    EXPECT_SUCCESS(MakeLevels(Base));
    WatchEnd(&Whole.Watch);
    EXPECT_SUCCESS(Probe(Base, STR(u"to\\a\\b")));
    EXPECT_STATUS(Probe(Base, STR(u"from")), STATUS_OBJECT_NAME_NOT_FOUND);
    Close(Base);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("reg.view.path_with_wow6432node", "REG-WOW-01 REG-WOW-02", path_with_wow6432node),
    CONFORM_CASE("reg.view.redirection_must_be_consistent", "CM-BYP-12 CM-BYP-04 CM-RE-03",
                 redirection_must_be_consistent),
};
NTCB_TEST_MAIN("conformance", Tests)
