/* SPDX-License-Identifier: MIT
 *
 * cmnt.c - the Nt services that take a key handle: their arguments, packed for CmpPerform.
 *
 * Create and open are in cmopen.c, what deals with files in cmsave.c and cmrestore.c, the Zw forms
 * of all in cmzw.c and cmhivezw.c.
 */
#include "cm/cmservice.h"
#include "mm/mmp.h"

/* The operation never writes through it; the notification's structure is not const. */
static PUNICODE_STRING CmpString(PCUNICODE_STRING String)
{
    return (PUNICODE_STRING)(ULONG_PTR)String;
}

NTSTATUS NTAPI NtDeleteKey(HANDLE KeyHandle)
{
    struct CMP_CALL Call = {.Handle = KeyHandle};
    ntcb_require_kernel(__func__);
    return CmpPerform(&CmpDeleteKeyService, &Call);
}

NTSTATUS NTAPI NtSetValueKey(HANDLE KeyHandle, PCUNICODE_STRING ValueName, ULONG TitleIndex,
                             ULONG Type, PVOID Data, ULONG DataSize)
{
    struct CMP_CALL Call = {.Handle = KeyHandle,
                            .Name = CmpString(ValueName),
                            .TitleIndex = TitleIndex,
                            .Type = Type,
                            .Buffer = Data,
                            .Length = DataSize};
    ntcb_require_kernel(__func__);
    return CmpPerform(&CmpSetValueKeyService, &Call);
}

NTSTATUS NTAPI NtDeleteValueKey(HANDLE KeyHandle, PCUNICODE_STRING ValueName)
{
    struct CMP_CALL Call = {.Handle = KeyHandle, .Name = CmpString(ValueName)};
    ntcb_require_kernel(__func__);
    return CmpPerform(&CmpDeleteValueKeyService, &Call);
}

NTSTATUS NTAPI NtSetInformationKey(HANDLE KeyHandle,
                                   KEY_SET_INFORMATION_CLASS KeySetInformationClass,
                                   PVOID KeySetInformation, ULONG KeySetInformationLength)
{
    struct CMP_CALL Call = {.Handle = KeyHandle,
                            .Class = (ULONG)KeySetInformationClass,
                            .Buffer = KeySetInformation,
                            .Length = KeySetInformationLength};
    ntcb_require_kernel(__func__);
    return CmpPerform(&CmpSetInformationKeyService, &Call);
}

NTSTATUS NTAPI NtRenameKey(HANDLE KeyHandle, PCUNICODE_STRING NewName)
{
    struct CMP_CALL Call = {.Handle = KeyHandle, .Name = CmpString(NewName)};
    ntcb_require_kernel(__func__);
    return CmpPerform(&CmpRenameKeyService, &Call);
}

NTSTATUS NTAPI NtEnumerateKey(HANDLE KeyHandle, ULONG Index,
                              KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
                              ULONG Length, PULONG ResultLength)
{
    struct CMP_CALL Call = {.Handle = KeyHandle,
                            .Index = Index,
                            .Class = (ULONG)KeyInformationClass,
                            .Buffer = KeyInformation,
                            .Length = Length,
                            .ResultLength = ResultLength};
    ntcb_require_kernel(__func__);
    return CmpPerform(&CmpEnumerateKeyService, &Call);
}

NTSTATUS NTAPI NtEnumerateValueKey(HANDLE KeyHandle, ULONG Index,
                                   KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                                   PVOID KeyValueInformation, ULONG Length, PULONG ResultLength)
{
    struct CMP_CALL Call = {.Handle = KeyHandle,
                            .Index = Index,
                            .Class = (ULONG)KeyValueInformationClass,
                            .Buffer = KeyValueInformation,
                            .Length = Length,
                            .ResultLength = ResultLength};
    ntcb_require_kernel(__func__);
    return CmpPerform(&CmpEnumerateValueKeyService, &Call);
}

NTSTATUS NTAPI NtQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass,
                          PVOID KeyInformation, ULONG Length, PULONG ResultLength)
{
    struct CMP_CALL Call = {.Handle = KeyHandle,
                            .Class = (ULONG)KeyInformationClass,
                            .Buffer = KeyInformation,
                            .Length = Length,
                            .ResultLength = ResultLength};
    ntcb_require_kernel(__func__);
    return CmpPerform(&CmpQueryKeyService, &Call);
}

NTSTATUS NTAPI NtQueryValueKey(HANDLE KeyHandle, PCUNICODE_STRING ValueName,
                               KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                               PVOID KeyValueInformation, ULONG Length, PULONG ResultLength)
{
    struct CMP_CALL Call = {.Handle = KeyHandle,
                            .Name = CmpString(ValueName),
                            .Class = (ULONG)KeyValueInformationClass,
                            .Buffer = KeyValueInformation,
                            .Length = Length,
                            .ResultLength = ResultLength};
    ntcb_require_kernel(__func__);
    return CmpPerform(&CmpQueryValueKeyService, &Call);
}

NTSTATUS NTAPI NtQueryMultipleValueKey(HANDLE KeyHandle, PKEY_VALUE_ENTRY ValueEntries,
                                       ULONG EntryCount, PVOID ValueBuffer, PULONG BufferLength,
                                       PULONG RequiredBufferLength)
{
    struct CMP_CALL Call = {.Handle = KeyHandle,
                            .Buffer = ValueEntries,
                            .Index = EntryCount,
                            .ValueBuffer = ValueBuffer,
                            .BufferLength = BufferLength,
                            .ResultLength = RequiredBufferLength};
    ntcb_require_kernel(__func__);
    return CmpPerform(&CmpQueryMultipleValueKeyService, &Call);
}

NTSTATUS NTAPI NtQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                     PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length,
                                     PULONG LengthNeeded)
{
    struct CMP_CALL Call = {.Handle = Handle,
                            .Class = SecurityInformation,
                            .Buffer = SecurityDescriptor,
                            .Length = Length,
                            .ResultLength = LengthNeeded};
    ntcb_require_kernel(__func__);
    NTSTATUS Status = CmpPerform(&CmpQueryKeySecurityService, &Call);
    if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL) {
        NTSTATUS Stored = MmpCopy(Call.Mode, LengthNeeded, &Call.Length, sizeof(Call.Length));
        Status = NT_SUCCESS(Stored) ? Status : Stored;
    }
    return Status;
}

NTSTATUS NTAPI NtSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                   PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    struct CMP_CALL Call = {
        .Handle = Handle, .Class = SecurityInformation, .Buffer = SecurityDescriptor};
    ntcb_require_kernel(__func__);
    return CmpPerform(&CmpSetKeySecurityService, &Call);
}
