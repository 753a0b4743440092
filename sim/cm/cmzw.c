/* SPDX-License-Identifier: MIT
 *
 * cmzw.c - the Zw forms: the Nt service with PreviousMode KernelMode for as long as it takes
 * (REG-MODE-01), at PASSIVE_LEVEL (REG-MODE-05, DV-04).
 */
#include "cm/cmservice.h"
#include "ps/zw.h"

NTSTATUS NTAPI ZwCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
                           PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition)
{
    PSP_ZW(NtCreateKey(KeyHandle, DesiredAccess, ObjectAttributes, TitleIndex, Class, CreateOptions,
                       Disposition));
}

NTSTATUS NTAPI ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                         POBJECT_ATTRIBUTES ObjectAttributes)
{
    PSP_ZW(NtOpenKey(KeyHandle, DesiredAccess, ObjectAttributes));
}

NTSTATUS NTAPI ZwOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions)
{
    PSP_ZW(NtOpenKeyEx(KeyHandle, DesiredAccess, ObjectAttributes, OpenOptions));
}

NTSTATUS NTAPI ZwCreateKeyTransacted(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                     POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
                                     PUNICODE_STRING Class, ULONG CreateOptions,
                                     HANDLE TransactionHandle, PULONG Disposition)
{
    PSP_ZW(NtCreateKeyTransacted(KeyHandle, DesiredAccess, ObjectAttributes, TitleIndex, Class,
                                 CreateOptions, TransactionHandle, Disposition));
}

NTSTATUS NTAPI ZwOpenKeyTransacted(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                   POBJECT_ATTRIBUTES ObjectAttributes, HANDLE TransactionHandle)
{
    PSP_ZW(NtOpenKeyTransacted(KeyHandle, DesiredAccess, ObjectAttributes, TransactionHandle));
}

NTSTATUS NTAPI ZwOpenKeyTransactedEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                     POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions,
                                     HANDLE TransactionHandle)
{
    PSP_ZW(NtOpenKeyTransactedEx(KeyHandle, DesiredAccess, ObjectAttributes, OpenOptions,
                                 TransactionHandle));
}

NTSTATUS NTAPI ZwDeleteKey(HANDLE KeyHandle)
{
    PSP_ZW(NtDeleteKey(KeyHandle));
}

NTSTATUS NTAPI ZwFlushKey(HANDLE KeyHandle)
{
    PSP_ZW(NtFlushKey(KeyHandle));
}

NTSTATUS NTAPI ZwSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex,
                             ULONG Type, PVOID Data, ULONG DataSize)
{
    PSP_ZW(NtSetValueKey(KeyHandle, ValueName, TitleIndex, Type, Data, DataSize));
}

NTSTATUS NTAPI ZwDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName)
{
    PSP_ZW(NtDeleteValueKey(KeyHandle, ValueName));
}

NTSTATUS NTAPI ZwSetInformationKey(HANDLE KeyHandle,
                                   KEY_SET_INFORMATION_CLASS KeySetInformationClass,
                                   PVOID KeySetInformation, ULONG KeySetInformationLength)
{
    PSP_ZW(NtSetInformationKey(KeyHandle, KeySetInformationClass, KeySetInformation,
                               KeySetInformationLength));
}

NTSTATUS NTAPI ZwRenameKey(HANDLE KeyHandle, PUNICODE_STRING NewName)
{
    PSP_ZW(NtRenameKey(KeyHandle, NewName));
}

NTSTATUS NTAPI ZwEnumerateKey(HANDLE KeyHandle, ULONG Index,
                              KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
                              ULONG Length, PULONG ResultLength)
{
    PSP_ZW(NtEnumerateKey(KeyHandle, Index, KeyInformationClass, KeyInformation, Length,
                          ResultLength));
}

NTSTATUS NTAPI ZwEnumerateValueKey(HANDLE KeyHandle, ULONG Index,
                                   KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                                   PVOID KeyValueInformation, ULONG Length, PULONG ResultLength)
{
    PSP_ZW(NtEnumerateValueKey(KeyHandle, Index, KeyValueInformationClass, KeyValueInformation,
                               Length, ResultLength));
}

NTSTATUS NTAPI ZwQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass,
                          PVOID KeyInformation, ULONG Length, PULONG ResultLength)
{
    PSP_ZW(NtQueryKey(KeyHandle, KeyInformationClass, KeyInformation, Length, ResultLength));
}

NTSTATUS NTAPI ZwQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName,
                               KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                               PVOID KeyValueInformation, ULONG Length, PULONG ResultLength)
{
    PSP_ZW(NtQueryValueKey(KeyHandle, ValueName, KeyValueInformationClass, KeyValueInformation,
                           Length, ResultLength));
}

NTSTATUS NTAPI ZwQueryMultipleValueKey(HANDLE KeyHandle, PKEY_VALUE_ENTRY ValueEntries,
                                       ULONG EntryCount, PVOID ValueBuffer, PULONG BufferLength,
                                       PULONG RequiredBufferLength)
{
    PSP_ZW(NtQueryMultipleValueKey(KeyHandle, ValueEntries, EntryCount, ValueBuffer, BufferLength,
                                   RequiredBufferLength));
}

NTSTATUS NTAPI ZwQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                     PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length,
                                     PULONG LengthNeeded)
{
    PSP_ZW(NtQuerySecurityObject(Handle, SecurityInformation, SecurityDescriptor, Length,
                                 LengthNeeded));
}

NTSTATUS NTAPI ZwSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                   PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    PSP_ZW(NtSetSecurityObject(Handle, SecurityInformation, SecurityDescriptor));
}
