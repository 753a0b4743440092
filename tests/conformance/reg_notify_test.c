/* SPDX-License-Identifier: MIT
 *
 * reg_notify_test.c - every notify class that the services with a handle raise: one pre and one
 * post, and what they carry.
 */
#include "regwatch.h"

/* One row of the walk: what is done, which class it raises, what its structure must hold. */
static struct {
    HANDLE Key;
    PVOID Object; /* of Key */
    UCHAR Buffer[512];
    ULONG Length;
    ULONG ResultLength;
    KEY_VALUE_ENTRY Entry;
    LARGE_INTEGER Time;
    ULONG Dword;
    PUNICODE_STRING Name;
    SECURITY_INFORMATION Security;
} Given;

static NTSTATUS DoDeleteKey(void)
{
    return NtDeleteKey(Given.Key);
}

static NTSTATUS DoFlushKey(void)
{
    return NtFlushKey(Given.Key);
}

static NTSTATUS DoSetValue(void)
{
    return NtSetValueKey(Given.Key, Given.Name, 3, REG_DWORD, &Given.Dword, sizeof(Given.Dword));
}

static VOID CheckSetValue(const union INFORMATION *Information)
{
    EXPECT_PTR(Information->SetValueKey.ValueName, Given.Name);
    EXPECT_EQ(Information->SetValueKey.TitleIndex, 3);
    EXPECT_EQ(Information->SetValueKey.Type, REG_DWORD);
    EXPECT_PTR(Information->SetValueKey.Data, &Given.Dword);
    EXPECT_EQ(Information->SetValueKey.DataSize, 4);
}

static NTSTATUS DoDeleteValue(void)
{
    return NtDeleteValueKey(Given.Key, Given.Name);
}

static VOID CheckDeleteValue(const union INFORMATION *Information)
{
    EXPECT_PTR(Information->DeleteValueKey.ValueName, Given.Name);
}

static NTSTATUS DoSetInformation(void)
{
    return NtSetInformationKey(Given.Key, KeyWriteTimeInformation, &Given.Time, sizeof(Given.Time));
}

static VOID CheckSetInformation(const union INFORMATION *Information)
{
    EXPECT_EQ(Information->SetInformationKey.KeySetInformationClass, KeyWriteTimeInformation);
    EXPECT_PTR(Information->SetInformationKey.KeySetInformation, &Given.Time);
    EXPECT_EQ(Information->SetInformationKey.KeySetInformationLength, 8);
}

static NTSTATUS DoRename(void)
{
    return NtRenameKey(Given.Key, Given.Name);
}

static VOID CheckRename(const union INFORMATION *Information)
{
    EXPECT_PTR(Information->RenameKey.NewName, Given.Name);
}

static NTSTATUS DoEnumerateKey(void)
{
    return NtEnumerateKey(Given.Key, 5, KeyBasicInformation, Given.Buffer, Given.Length,
                          &Given.ResultLength);
}

static VOID CheckEnumerateKey(const union INFORMATION *Information)
{
    EXPECT_EQ(Information->EnumerateKey.Index, 5);
    EXPECT_EQ(Information->EnumerateKey.KeyInformationClass, KeyBasicInformation);
    EXPECT_PTR(Information->EnumerateKey.KeyInformation, Given.Buffer);
    EXPECT_EQ(Information->EnumerateKey.Length, Given.Length);
    EXPECT_PTR(Information->EnumerateKey.ResultLength, &Given.ResultLength);
}

static NTSTATUS DoEnumerateValue(void)
{
    return NtEnumerateValueKey(Given.Key, 0, KeyValueFullInformation, Given.Buffer, Given.Length,
                               &Given.ResultLength);
}

static VOID CheckEnumerateValue(const union INFORMATION *Information)
{
    EXPECT_EQ(Information->EnumerateValueKey.Index, 0);
    EXPECT_EQ(Information->EnumerateValueKey.KeyValueInformationClass, KeyValueFullInformation);
    EXPECT_PTR(Information->EnumerateValueKey.KeyValueInformation, Given.Buffer);
    EXPECT_EQ(Information->EnumerateValueKey.Length, Given.Length);
    EXPECT_PTR(Information->EnumerateValueKey.ResultLength, &Given.ResultLength);
}

static NTSTATUS DoQueryKey(void)
{
    return NtQueryKey(Given.Key, KeyNameInformation, Given.Buffer, Given.Length,
                      &Given.ResultLength);
}

static VOID CheckQueryKey(const union INFORMATION *Information)
{
    EXPECT_EQ(Information->QueryKey.KeyInformationClass, KeyNameInformation);
    EXPECT_PTR(Information->QueryKey.KeyInformation, Given.Buffer);
    EXPECT_EQ(Information->QueryKey.Length, Given.Length);
    EXPECT_PTR(Information->QueryKey.ResultLength, &Given.ResultLength);
}

static NTSTATUS DoQueryValue(void)
{
    return NtQueryValueKey(Given.Key, Given.Name, KeyValuePartialInformation, Given.Buffer,
                           Given.Length, &Given.ResultLength);
}

static VOID CheckQueryValue(const union INFORMATION *Information)
{
    EXPECT_PTR(Information->QueryValueKey.ValueName, Given.Name);
    EXPECT_EQ(Information->QueryValueKey.KeyValueInformationClass, KeyValuePartialInformation);
    EXPECT_PTR(Information->QueryValueKey.KeyValueInformation, Given.Buffer);
    EXPECT_EQ(Information->QueryValueKey.Length, Given.Length);
    EXPECT_PTR(Information->QueryValueKey.ResultLength, &Given.ResultLength);
}

static NTSTATUS DoQueryMultiple(void)
{
    Given.Entry.ValueName = Given.Name;
    return NtQueryMultipleValueKey(Given.Key, &Given.Entry, 1, Given.Buffer, &Given.Length,
                                   &Given.ResultLength);
}

static VOID CheckQueryMultiple(const union INFORMATION *Information)
{
    EXPECT_PTR(Information->QueryMultipleValueKey.ValueEntries, &Given.Entry);
    EXPECT_EQ(Information->QueryMultipleValueKey.EntryCount, 1);
    EXPECT_PTR(Information->QueryMultipleValueKey.ValueBuffer, Given.Buffer);
    EXPECT_PTR(Information->QueryMultipleValueKey.BufferLength, &Given.Length);
    EXPECT_PTR(Information->QueryMultipleValueKey.RequiredBufferLength, &Given.ResultLength);
}

static NTSTATUS DoQuerySecurity(void)
{
    return ZwQuerySecurityObject(Given.Key, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                                 Given.Buffer, Given.Length, &Given.ResultLength);
}

static VOID CheckQuerySecurity(const union INFORMATION *Information)
{
    EXPECT_TRUE(Information->QueryKeySecurity.SecurityInformation != NULL);
    EXPECT_PTR(Information->QueryKeySecurity.SecurityDescriptor, Given.Buffer);
    EXPECT_TRUE(Information->QueryKeySecurity.Length != NULL);
}

static NTSTATUS DoQueryName(void)
{
    return ObQueryNameString(Given.Object, (PVOID)Given.Buffer, Given.Length, &Given.ResultLength);
}

static VOID CheckQueryName(const union INFORMATION *Information)
{
    EXPECT_PTR(Information->QueryKeyName.ObjectNameInfo, Given.Buffer);
    EXPECT_EQ(Information->QueryKeyName.Length, Given.Length);
    EXPECT_PTR(Information->QueryKeyName.ReturnLength, &Given.ResultLength);
}

struct ROW {
    ULONG Pre, Post;
    NTSTATUS (*Do)(void);
    VOID (*Check)(const union INFORMATION *Information);
    NTSTATUS Status;
    ULONG CallContext, ObjectContext, Reserved; /* offsets */
};

#define OFFSETS(type) \
    FIELD_OFFSET(type, CallContext), FIELD_OFFSET(type, ObjectContext), FIELD_OFFSET(type, Reserved)

static const struct ROW Rows[] = {
    {RegNtPreSetValueKey, RegNtPostSetValueKey, DoSetValue, CheckSetValue, STATUS_SUCCESS,
     OFFSETS(REG_SET_VALUE_KEY_INFORMATION)},
    {RegNtPreQueryValueKey, RegNtPostQueryValueKey, DoQueryValue, CheckQueryValue, STATUS_SUCCESS,
     OFFSETS(REG_QUERY_VALUE_KEY_INFORMATION)},
    {RegNtPreEnumerateValueKey, RegNtPostEnumerateValueKey, DoEnumerateValue, CheckEnumerateValue,
     STATUS_SUCCESS, OFFSETS(REG_ENUMERATE_VALUE_KEY_INFORMATION)},
    {RegNtPreQueryMultipleValueKey, RegNtPostQueryMultipleValueKey, DoQueryMultiple,
     CheckQueryMultiple, STATUS_SUCCESS, OFFSETS(REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION)},
    {RegNtPreEnumerateKey, RegNtPostEnumerateKey, DoEnumerateKey, CheckEnumerateKey,
     STATUS_NO_MORE_ENTRIES, OFFSETS(REG_ENUMERATE_KEY_INFORMATION)},
    {RegNtPreQueryKey, RegNtPostQueryKey, DoQueryKey, CheckQueryKey, STATUS_SUCCESS,
     OFFSETS(REG_QUERY_KEY_INFORMATION)},
    {RegNtPreSetInformationKey, RegNtPostSetInformationKey, DoSetInformation, CheckSetInformation,
     STATUS_SUCCESS, OFFSETS(REG_SET_INFORMATION_KEY_INFORMATION)},
    {RegNtPreFlushKey, RegNtPostFlushKey, DoFlushKey, NULL, STATUS_SUCCESS,
     OFFSETS(REG_FLUSH_KEY_INFORMATION)},
    {RegNtPreQueryKeySecurity, RegNtPostQueryKeySecurity, DoQuerySecurity, CheckQuerySecurity,
     STATUS_SUCCESS, OFFSETS(REG_QUERY_KEY_SECURITY_INFORMATION)},
    {RegNtPreQueryKeyName, RegNtPostQueryKeyName, DoQueryName, CheckQueryName, STATUS_SUCCESS,
     OFFSETS(REG_QUERY_KEY_NAME)},
    {RegNtPreRenameKey, RegNtPostRenameKey, DoRename, CheckRename, STATUS_SUCCESS,
     OFFSETS(REG_RENAME_KEY_INFORMATION)},
    {RegNtPreDeleteValueKey, RegNtPostDeleteValueKey, DoDeleteValue, CheckDeleteValue,
     STATUS_SUCCESS, OFFSETS(REG_DELETE_VALUE_KEY_INFORMATION)},
    {RegNtPreDeleteValueKey, RegNtPostDeleteValueKey, DoDeleteValue, CheckDeleteValue,
     STATUS_OBJECT_NAME_NOT_FOUND, OFFSETS(REG_DELETE_VALUE_KEY_INFORMATION)},
    {RegNtPreDeleteKey, RegNtPostDeleteKey, DoDeleteKey, NULL, STATUS_SUCCESS,
     OFFSETS(REG_DELETE_KEY_INFORMATION)},
    {RegNtPreSetValueKey, RegNtPostSetValueKey, DoSetValue, CheckSetValue, STATUS_KEY_DELETED,
     OFFSETS(REG_SET_VALUE_KEY_INFORMATION)},
};

static PVOID Member(const union INFORMATION *Information, ULONG Offset)
{
    PVOID Value;
    memcpy(&Value, (const UCHAR *)Information + Offset, sizeof(Value));
    return Value;
}

static VOID Walk(struct WATCH *Watch, const struct ROW *Row)
{
    Given.Length = sizeof(Given.Buffer);
    Given.Name = Row->Pre == RegNtPreRenameKey ? STR(u"Renamed") : STR(u"value");
    Watch->Count = 0;
    EXPECT_STATUS(Row->Do(), Row->Status);
    WATCH_EXPECT(Watch, Row->Pre, Row->Post);
    const union INFORMATION *Pre = &Watch->Notes[0].Information;
    const REG_POST_OPERATION_INFORMATION *Post = &Watch->Notes[1].Information.Post;
    EXPECT_PTR(Pre->Object, Given.Object);
    EXPECT_PTR(Member(Pre, Row->CallContext), NULL);
    EXPECT_PTR(Member(Pre, Row->ObjectContext), NULL);
    EXPECT_PTR(Member(Pre, Row->Reserved), NULL);
    if (Row->Check != NULL) {
        Row->Check(Pre);
    }
    EXPECT_PTR(Post->Object, Given.Object);
    EXPECT_STATUS(Post->Status, Row->Status);
    EXPECT_STATUS(Post->ReturnStatus, Row->Status);
    EXPECT_TRUE(Post->PreInformation != NULL);
    EXPECT_PTR(Post->Reserved, NULL);
}

static void every_class_with_a_handle(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    Given.Key = MakeBase();
    EXPECT_SUCCESS(
        ObReferenceObjectByHandle(Given.Key, 0, *CmKeyObjectType, KernelMode, &Given.Object, NULL));
    WatchBegin(&Watch);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Rows); Index++) {
        Walk(&Watch, &Rows[Index]);
    }
    Watch.Count = 0;
    Close(Given.Key);
    EXPECT_EQ(Watch.Count, 0);
    PVOID Object = Given.Object;
    ObDereferenceObject(Given.Object);
    WATCH_EXPECT(&Watch, RegNtPreKeyHandleClose, RegNtPostKeyHandleClose);
    EXPECT_PTR(Watch.Notes[0].Information.KeyHandleClose.Object, Object);
    EXPECT_PTR(Watch.Notes[1].Information.Post.Object, Object);
    EXPECT_STATUS(Watch.Notes[1].Information.Post.Status, STATUS_SUCCESS);
    WatchEnd(&Watch);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE(
        "reg.notify.every_class_with_a_handle",
        "CM-NC-00 CM-NC-01 CM-NC-02 CM-NC-03 CM-NC-04 CM-NC-05 CM-NC-06 CM-NC-07 CM-NC-08 "
        "CM-NC-09 CM-NC-14 CM-NC-15 CM-NC-16 CM-NC-17 CM-NC-18 CM-NC-19 CM-NC-20 CM-NC-21 "
        "CM-NC-22 CM-NC-23 CM-NC-24 CM-NC-25 CM-NC-30 CM-NC-31 CM-NC-36 CM-NC-37 CM-NC-47 "
        "CM-NC-48 CM-PRE-10 CM-PRE-13 CM-POST-01 CM-POST-02 CM-POST-06 CM-POST-13 CM-BUF-01 "
        "CM-BUF-09 CM-CLS-01 REG-SEC-01",
        every_class_with_a_handle),
};
NTCB_TEST_MAIN("conformance", Tests)
