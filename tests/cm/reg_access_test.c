/* SPDX-License-Identifier: MIT
 *
 * reg_access_test.c - which rights each call needs of the handle, and of the keys it touches.
 */
#include "../conformance/regwatch.h"

#include <ntsim/security.h>

/* Declared by no WDK header. */
NTSYSAPI NTSTATUS NTAPI NtQuerySecurityObject(HANDLE Handle,
                                              SECURITY_INFORMATION SecurityInformation,
                                              PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length,
                                              PULONG LengthNeeded);

/* ---- rename ---------------------------------------------------------------------------------- */

static NTSTATUS Rename(ACCESS_MASK Access, PUNICODE_STRING Name)
{
    HANDLE Key;
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE u"\\key"), Access));
    NTSTATUS Status = NtRenameKey(Key, Name);
    Close(Key);
    return Status;
}

static VOID RenameWithLess(PVOID Context)
{
    static const ACCESS_MASK Needed[] = {KEY_SET_VALUE, KEY_CREATE_SUB_KEY, READ_CONTROL};
    UNREFERENCED_PARAMETER(Context);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Needed); Index++) {
        EXPECT_STATUS(Rename(KEY_ALL_ACCESS & ~Needed[Index], STR(u"new")), STATUS_ACCESS_DENIED);
    }
    EXPECT_SUCCESS(Rename(KEY_WRITE, STR(u"key2")));
}

static void rename_needs_key_write(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    Close(MakeKey(Base, STR(u"key")));
    ConformAsUser(RenameWithLess, NULL);
    EXPECT_SUCCESS(Probe(Base, STR(u"key2")));
    Close(Base);
}

static VOID RenameDenied(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    EXPECT_STATUS(Rename(KEY_WRITE, STR(u"new")), STATUS_ACCESS_DENIED);
}

/* Path is denied Rights: a user cannot rename, the kernel can. */
static VOID RenameWithout(const char *Path, ULONG Rights)
{
    void *None = NULL;
    EXPECT_EQ(ConformTeardown(&None), 0);
    EXPECT_EQ(ConformSetup(&None), 0);
    HANDLE Base = MakeBase();
    Close(MakeKey(Base, STR(u"key")));
    Close(MakeKey(Base, STR(u"key\\child")));
    Close(MakeKey(Base, STR(u"key\\child\\deep")));
    ConformDeny(Path, Rights);
    ConformAsUser(RenameDenied, NULL);
    EXPECT_SUCCESS(Rename(KEY_WRITE, STR(u"new")));
    EXPECT_SUCCESS(Probe(Base, STR(u"new\\child\\deep")));
    Close(Base);
}

static void rename_needs_rights_around_the_key(void **State)
{
    (void)State;
    RenameWithout(BASE_UTF8, KEY_CREATE_SUB_KEY);
    RenameWithout(BASE_UTF8 "\\key", DELETE);
    RenameWithout(BASE_UTF8 "\\key\\child\\deep", DELETE);
}

/* ---- calls that any handle will do for ------------------------------------------------------- */

static VOID FlushWithAnything(PVOID Context)
{
    HANDLE Key;
    UNREFERENCED_PARAMETER(Context);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_NOTIFY));
    EXPECT_SUCCESS(NtFlushKey(Key));
    Close(Key);
}

static void flush_needs_nothing(void **State)
{
    (void)State;
    Close(MakeBase());
    ConformAsUser(FlushWithAnything, NULL);
}

static NTSTATUS GrantNothing(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    if (Class != RegNtPreOpenKeyEx) {
        return STATUS_SUCCESS;
    }
    ObReferenceObject(Watch->Context);
    *Information->CreateKey.ResultObject = Watch->Context;
    return STATUS_CALLBACK_BYPASS;
}

static VOID QueryWithNothing(PVOID Context)
{
    UCHAR Buffer[256];
    ULONG Length;
    HANDLE Key;
    UNREFERENCED_PARAMETER(Context);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_ALL_ACCESS));
    EXPECT_EQ(GrantedAccess(Key), 0);
    EXPECT_STATUS(NtQueryKey(Key, KeyNameInformation, Buffer, sizeof(Buffer), &Length),
                  STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtQueryKey(Key, KeyHandleTagsInformation, Buffer, 4, &Length),
                  STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtQueryKey(Key, KeyBasicInformation, Buffer, sizeof(Buffer), &Length),
                  STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(NtFlushKey(Key));
    Close(Key);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE u"\\real"), KEY_NOTIFY));
    Close(Key);
}

static NTSTATUS GrantNothingToBase(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    return Class == RegNtPreOpenKeyEx &&
                   !RtlEqualUnicodeString(Information->CreateKey.CompleteName, STR(BASE), TRUE)
               ? STATUS_SUCCESS
               : GrantNothing(Watch, Class, Information);
}

static void name_needs_some_access(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = GrantNothingToBase};
    HANDLE Base = MakeBase();
    Close(MakeKey(Base, STR(u"real")));
    EXPECT_SUCCESS(
        ObReferenceObjectByHandle(Base, 0, *CmKeyObjectType, KernelMode, &Watch.Context, NULL));
    WatchBegin(&Watch);
    ConformAsUser(QueryWithNothing, NULL);
    WatchEnd(&Watch);
    ObDereferenceObject(Watch.Context);
    Close(Base);
}

/* ---- handles --------------------------------------------------------------------------------- */

static VOID AskForKernelHandle(PVOID Context)
{
    HANDLE Key;
    UNREFERENCED_PARAMETER(Context);
    EXPECT_SUCCESS(
        OpenFlags(&Key, NULL, STR(BASE), KEY_READ, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE));
    EXPECT_TRUE((LONG_PTR)Key > 0);
    EXPECT_EQ(FullInformation(Key).SubKeys, 0); /* it is the program's own */
    Close(Key);
}

static void user_gets_no_kernel_handle(void **State)
{
    (void)State;
    HANDLE Key;
    Close(MakeBase());
    EXPECT_SUCCESS(
        OpenFlags(&Key, NULL, STR(BASE), KEY_READ, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE));
    EXPECT_TRUE((LONG_PTR)Key < 0);
    Close(Key);
    ConformAsUser(AskForKernelHandle, NULL);
}

static VOID AskForNoRight(PVOID Context)
{
    HANDLE Key;
    UNREFERENCED_PARAMETER(Context);
    EXPECT_STATUS(Open(&Key, NULL, STR(BASE), KEY_READ | 0x00000080), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(Open(&Key, NULL, STR(BASE), KEY_READ | 0x00800000), STATUS_ACCESS_DENIED);
}

static void bits_that_are_no_rights(void **State)
{
    (void)State;
    Close(MakeBase());
    ConformAsUser(AskForNoRight, NULL);
}

#define BACKUP_ACCESS (KEY_READ | ACCESS_SYSTEM_SECURITY)
#define RESTORE_ACCESS (KEY_WRITE | DELETE | ACCESS_SYSTEM_SECURITY)

static VOID OpenForBackup(PVOID Expected)
{
    OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(BASE), OBJ_CASE_INSENSITIVE);
    ACCESS_MASK Granted = *(ACCESS_MASK *)Expected;
    HANDLE Key;
    NTSTATUS Status = NtOpenKeyEx(&Key, KEY_NOTIFY, &Object, REG_OPTION_BACKUP_RESTORE);
    EXPECT_STATUS(Status, Granted != 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED);
    if (NT_SUCCESS(Status)) {
        EXPECT_EQ(GrantedAccess(Key), Granted);
        Close(Key);
    }
}

/* The privileges decide, not what is asked for, nor what the key denies. */
static void backup_ignores_what_is_asked_for(void **State)
{
    (void)State;
    static const struct {
        enum ntsim_privilege Backup, Restore;
        ACCESS_MASK Granted;
    } Rows[] = {
        {NTSIM_PRIVILEGE_ABSENT, NTSIM_PRIVILEGE_ABSENT, 0},
        {NTSIM_PRIVILEGE_DISABLED, NTSIM_PRIVILEGE_DISABLED, 0},
        {NTSIM_PRIVILEGE_ENABLED, NTSIM_PRIVILEGE_DISABLED, BACKUP_ACCESS},
        {NTSIM_PRIVILEGE_ABSENT, NTSIM_PRIVILEGE_ENABLED, RESTORE_ACCESS},
        {NTSIM_PRIVILEGE_ENABLED, NTSIM_PRIVILEGE_ENABLED, BACKUP_ACCESS | RESTORE_ACCESS},
    };
    ACCESS_MASK Kernel = BACKUP_ACCESS | RESTORE_ACCESS;
    Close(MakeBase());
    ConformDeny(BASE_UTF8, KEY_ALL_ACCESS);
    OpenForBackup(&Kernel);
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row++) {
        ACCESS_MASK Granted = Rows[Row].Granted;
        EXPECT_EQ(
            ntsim_process_set_privilege(Conform.Process, SE_BACKUP_PRIVILEGE, Rows[Row].Backup), 0);
        EXPECT_EQ(
            ntsim_process_set_privilege(Conform.Process, SE_RESTORE_PRIVILEGE, Rows[Row].Restore),
            0);
        ConformAsUser(OpenForBackup, &Granted);
    }
}

static VOID CreateBelowDenied(PVOID Context)
{
    UCHAR Buffer[256];
    ULONG Length;
    HANDLE Key;
    UNREFERENCED_PARAMETER(Context);
    EXPECT_SUCCESS(Create(&Key, NULL, STR(BASE u"\\child"), KEY_ALL_ACCESS));
    EXPECT_EQ(GrantedAccess(Key), KEY_ALL_ACCESS);
    EXPECT_SUCCESS(SetDword(Key, STR(u"value"), 1));
    EXPECT_SUCCESS(
        NtQuerySecurityObject(Key, OWNER_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Length));
    EXPECT_STATUS(
        NtQuerySecurityObject(Key, SACL_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Length),
        STATUS_ACCESS_DENIED); /* no ACCESS_SYSTEM_SECURITY */
    Close(Key);
}

static void creator_gets_what_it_asks_for(void **State)
{
    (void)State;
    Close(MakeBase());
    ConformDeny(BASE_UTF8, KEY_SET_VALUE | DELETE);
    ConformAsUser(CreateBelowDenied, NULL);
}

/* What the kernel does in between: the rights are taken away. */
static VOID DenyBase(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    ConformDeny(BASE_UTF8, KEY_SET_VALUE | KEY_CREATE_SUB_KEY | DELETE);
}

static VOID UseOldHandle(PVOID Context)
{
    HANDLE Key;
    HANDLE Again;
    UNREFERENCED_PARAMETER(Context);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_SET_VALUE | DELETE));
    ConformAsKernel(DenyBase, NULL);
    EXPECT_STATUS(Open(&Again, NULL, STR(BASE), KEY_SET_VALUE), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(Open(&Again, NULL, STR(BASE), DELETE), STATUS_ACCESS_DENIED);
    EXPECT_EQ(GrantedAccess(Key), KEY_SET_VALUE | DELETE);
    EXPECT_SUCCESS(SetDword(Key, STR(u"value"), 1));
    EXPECT_SUCCESS(NtDeleteKey(Key));
    Close(Key);
}

static void access_is_fixed_when_the_handle_is_made(void **State)
{
    (void)State;
    Close(MakeBase());
    ConformAsUser(UseOldHandle, NULL);
    EXPECT_STATUS(Probe(NULL, STR(BASE)), STATUS_OBJECT_NAME_NOT_FOUND);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.access.rename_needs_key_write", "REG-REN-02", rename_needs_key_write),
    CONFORM_CASE("cm.access.rename_needs_rights_around_the_key", "REG-REN-02",
                 rename_needs_rights_around_the_key),
    CONFORM_CASE("cm.access.flush_needs_nothing", "REG-FLS-01", flush_needs_nothing),
    CONFORM_CASE("cm.access.name_needs_some_access", "REG-QK-01 CM-BYP-06 CM-BYP-07",
                 name_needs_some_access),
    CONFORM_CASE("cm.access.user_gets_no_kernel_handle", "REG-MODE-04", user_gets_no_kernel_handle),
    CONFORM_CASE("cm.access.bits_that_are_no_rights", "REG-OPN-13", bits_that_are_no_rights),
    CONFORM_CASE("cm.access.creator_gets_what_it_asks_for", "REG-SEC-01",
                 creator_gets_what_it_asks_for),
    CONFORM_CASE("cm.access.fixed_when_the_handle_is_made", "REG-SEC-05",
                 access_is_fixed_when_the_handle_is_made),
    CONFORM_CASE("cm.access.backup_ignores_what_is_asked_for", "REG-OPN-09",
                 backup_ignores_what_is_asked_for),
};
NTCB_TEST_MAIN("library", Tests)
