/* SPDX-License-Identifier: MIT
 *
 * reg_walk_rows.h - the rows of the walk whose service takes a key handle and nothing but memory.
 */
#ifndef REG_WALK_ROWS_H
#define REG_WALK_ROWS_H

#include "reg_walk.h"

/* Declared by no WDK header. */
NTSYSAPI NTSTATUS NTAPI NtQuerySecurityObject(HANDLE Handle,
                                              SECURITY_INFORMATION SecurityInformation,
                                              PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length,
                                              PULONG LengthNeeded);

static BOOLEAN IsKey(struct WALK *Walk, const union INFORMATION *Information)
{
    return Information->Object == Walk->Object;
}

/* ---- delete, flush, close -------------------------------------------------------------------- */

static NTSTATUS RaiseDelete(struct WALK *Walk)
{
    return NtDeleteKey(Walk->Key);
}

static BOOLEAN Deleted(struct WALK *Walk)
{
    UNREFERENCED_PARAMETER(Walk);
    return Probe(NULL, STR(WALK_KEY)) == STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS RaiseFlush(struct WALK *Walk)
{
    return NtFlushKey(Walk->Key);
}

static NTSTATUS RaiseClose(struct WALK *Walk)
{
    Walk->Closed = Walk->Key;
    Walk->Key = NULL;
    return NtClose(Walk->Closed);
}

static BOOLEAN Closed(struct WALK *Walk)
{
    return NtFlushKey(Walk->Closed) == STATUS_INVALID_HANDLE;
}

/* ---- values ---------------------------------------------------------------------------------- */

static BOOLEAN HasValue(struct WALK *Walk, PUNICODE_STRING Name)
{
    UCHAR Buffer[64];
    ULONG Length;
    return NT_SUCCESS(NtQueryValueKey(Walk->Key, Name, KeyValuePartialInformation, Buffer,
                                      sizeof(Buffer), &Length));
}

static NTSTATUS RaiseSetValue(struct WALK *Walk)
{
    WalkName(Walk, STR(u"set"));
    Walk->Data = 0xDA7A;
    return NtSetValueKey(Walk->Key, &Walk->Name, 3, REG_DWORD, &Walk->Data, sizeof(Walk->Data));
}

static BOOLEAN CheckSetValue(struct WALK *Walk, const union INFORMATION *Information)
{
    return IsKey(Walk, Information) && WalkInputName(Walk, Information->SetValueKey.ValueName) &&
           Information->SetValueKey.TitleIndex == 3 && Information->SetValueKey.Type == REG_DWORD &&
           Information->SetValueKey.DataSize == sizeof(Walk->Data) &&
           WalkInput(Walk, Information->SetValueKey.Data, &Walk->Data, sizeof(Walk->Data));
}

static BOOLEAN ValueSet(struct WALK *Walk)
{
    return HasValue(Walk, STR(u"set"));
}

static NTSTATUS RaiseDeleteValue(struct WALK *Walk)
{
    WalkName(Walk, STR(u"old"));
    return NtDeleteValueKey(Walk->Key, &Walk->Name);
}

static BOOLEAN CheckDeleteValue(struct WALK *Walk, const union INFORMATION *Information)
{
    return IsKey(Walk, Information) && WalkInputName(Walk, Information->DeleteValueKey.ValueName);
}

static BOOLEAN ValueDeleted(struct WALK *Walk)
{
    return !HasValue(Walk, STR(u"old"));
}

static NTSTATUS RaiseQueryValue(struct WALK *Walk)
{
    WalkName(Walk, STR(u"old"));
    return NtQueryValueKey(Walk->Key, &Walk->Name, KeyValuePartialInformation, Walk->Buffer,
                           Walk->Length, &Walk->ResultLength);
}

static BOOLEAN CheckQueryValue(struct WALK *Walk, const union INFORMATION *Information)
{
    const REG_QUERY_VALUE_KEY_INFORMATION *Query = &Information->QueryValueKey;
    return IsKey(Walk, Information) && WalkInputName(Walk, Query->ValueName) &&
           Query->KeyValueInformationClass == KeyValuePartialInformation &&
           Query->KeyValueInformation == Walk->Buffer && Query->Length == Walk->Length &&
           Query->ResultLength == &Walk->ResultLength;
}

static VOID FillQueryValue(struct WALK *Walk, union INFORMATION *Information)
{
    PKEY_VALUE_PARTIAL_INFORMATION Partial = Information->QueryValueKey.KeyValueInformation;
    UNREFERENCED_PARAMETER(Walk);
    *Partial = (KEY_VALUE_PARTIAL_INFORMATION){.Type = REG_BINARY, .DataLength = 1, .Data = {9}};
    *Information->QueryValueKey.ResultLength = 13;
}

static BOOLEAN QueryValueFilled(struct WALK *Walk)
{
    return Walk->ValuePartial.Type == REG_BINARY && Walk->ValuePartial.DataLength == 1 &&
           Walk->ValuePartial.Data[0] == 9 && Walk->ResultLength == 13;
}

static BOOLEAN ValueQueried(struct WALK *Walk)
{
    return Walk->ValuePartial.Type == REG_DWORD && Walk->ValuePartial.DataLength == 4 &&
           Walk->ResultLength == 16;
}

static NTSTATUS RaiseEnumerateValue(struct WALK *Walk)
{
    return NtEnumerateValueKey(Walk->Key, 0, KeyValueFullInformation, Walk->Buffer, Walk->Length,
                               &Walk->ResultLength);
}

static BOOLEAN CheckEnumerateValue(struct WALK *Walk, const union INFORMATION *Information)
{
    const REG_ENUMERATE_VALUE_KEY_INFORMATION *Query = &Information->EnumerateValueKey;
    return IsKey(Walk, Information) && Query->Index == 0 &&
           Query->KeyValueInformationClass == KeyValueFullInformation &&
           Query->KeyValueInformation == Walk->Buffer && Query->Length == Walk->Length &&
           Query->ResultLength == &Walk->ResultLength;
}

static VOID FillEnumerateValue(struct WALK *Walk, union INFORMATION *Information)
{
    PKEY_VALUE_FULL_INFORMATION Full = Information->EnumerateValueKey.KeyValueInformation;
    UNREFERENCED_PARAMETER(Walk);
    *Full = (KEY_VALUE_FULL_INFORMATION){.Type = REG_QWORD, .NameLength = 2, .Name = {u'X'}};
    *Information->EnumerateValueKey.ResultLength = 22;
}

static BOOLEAN EnumerateValueFilled(struct WALK *Walk)
{
    return Walk->ValueFull.Type == REG_QWORD && Walk->ValueFull.Name[0] == u'X' &&
           Walk->ResultLength == 22;
}

static BOOLEAN ValueEnumerated(struct WALK *Walk)
{
    return Walk->ValueFull.Type == REG_DWORD && Walk->ValueFull.NameLength == 6;
}

static NTSTATUS RaiseQueryMultiple(struct WALK *Walk)
{
    WalkName(Walk, STR(u"old"));
    Walk->Entry = (KEY_VALUE_ENTRY){.ValueName = &Walk->Name};
    return NtQueryMultipleValueKey(Walk->Key, &Walk->Entry, 1, Walk->Buffer, &Walk->Length,
                                   &Walk->ResultLength);
}

static BOOLEAN CheckQueryMultiple(struct WALK *Walk, const union INFORMATION *Information)
{
    const REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION *Query = &Information->QueryMultipleValueKey;
    return IsKey(Walk, Information) && Query->EntryCount == 1 &&
           WalkInputName(Walk, Query->ValueEntries[0].ValueName) &&
           Query->ValueBuffer == Walk->Buffer && *Query->BufferLength == sizeof(Walk->Buffer) &&
           Query->RequiredBufferLength == &Walk->ResultLength;
}

static VOID FillQueryMultiple(struct WALK *Walk, union INFORMATION *Information)
{
    PREG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION Query = &Information->QueryMultipleValueKey;
    UNREFERENCED_PARAMETER(Walk);
    Query->ValueEntries[0].Type = REG_BINARY;
    Query->ValueEntries[0].DataLength = 2;
    Query->ValueEntries[0].DataOffset = 0;
    memcpy(Query->ValueBuffer, "ab", 2);
    *Query->BufferLength = 2;
    *Query->RequiredBufferLength = 2;
}

static BOOLEAN QueryMultipleFilled(struct WALK *Walk)
{
    return Walk->Entry.Type == REG_BINARY && Walk->Entry.DataLength == 2 &&
           memcmp(Walk->Buffer, "ab", 2) == 0 && Walk->Length == 2 && Walk->ResultLength == 2;
}

static BOOLEAN MultipleQueried(struct WALK *Walk)
{
    return Walk->Entry.Type == REG_DWORD && Walk->Entry.DataLength == 4 && Walk->Word == 0x11223344;
}

#endif
