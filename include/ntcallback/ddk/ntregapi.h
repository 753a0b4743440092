/* SPDX-License-Identifier: MIT */
/*
 * ntregapi.h - registry system services that no WDK header declares.
 *
 * Role    The Nt* forms run with the caller's previous mode, so they are how a test plays a
 *         user-mode program, and how the simulator reaches its own services. ntifs.h does not
 *         include this file: drivers that use such a service declare it themselves, with parameter
 *         types of their choice.
 */
#ifndef NTCB_NTREGAPI_H
#define NTCB_NTREGAPI_H

#include "ntifs.h"

NTCB_DDK_BEGIN_DECLS

NTSYSAPI NTSTATUS NTAPI NtCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
                                    PCUNICODE_STRING Class, ULONG CreateOptions,
                                    PULONG Disposition);
NTSYSAPI NTSTATUS NTAPI NtOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                  POBJECT_ATTRIBUTES ObjectAttributes);
NTSYSAPI NTSTATUS NTAPI NtOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions);
NTSYSAPI NTSTATUS NTAPI NtCreateKeyTransacted(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                              POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
                                              PCUNICODE_STRING Class, ULONG CreateOptions,
                                              HANDLE TransactionHandle, PULONG Disposition);
NTSYSAPI NTSTATUS NTAPI NtOpenKeyTransacted(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                            POBJECT_ATTRIBUTES ObjectAttributes,
                                            HANDLE TransactionHandle);
NTSYSAPI NTSTATUS NTAPI NtOpenKeyTransactedEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess,
                                              POBJECT_ATTRIBUTES ObjectAttributes,
                                              ULONG OpenOptions, HANDLE TransactionHandle);
NTSYSAPI NTSTATUS NTAPI NtDeleteKey(HANDLE KeyHandle);
NTSYSAPI NTSTATUS NTAPI NtSetValueKey(HANDLE KeyHandle, PCUNICODE_STRING ValueName,
                                      ULONG TitleIndex, ULONG Type, PVOID Data, ULONG DataSize);
NTSYSAPI NTSTATUS NTAPI NtDeleteValueKey(HANDLE KeyHandle, PCUNICODE_STRING ValueName);
NTSYSAPI NTSTATUS NTAPI NtQueryValueKey(HANDLE KeyHandle, PCUNICODE_STRING ValueName,
                                        KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                                        PVOID KeyValueInformation, ULONG Length,
                                        PULONG ResultLength);
NTSYSAPI NTSTATUS NTAPI NtEnumerateKey(HANDLE KeyHandle, ULONG Index,
                                       KEY_INFORMATION_CLASS KeyInformationClass,
                                       PVOID KeyInformation, ULONG Length, PULONG ResultLength);
NTSYSAPI NTSTATUS NTAPI NtEnumerateValueKey(HANDLE KeyHandle, ULONG Index,
                                            KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                                            PVOID KeyValueInformation, ULONG Length,
                                            PULONG ResultLength);
NTSYSAPI NTSTATUS NTAPI NtQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass,
                                   PVOID KeyInformation, ULONG Length, PULONG ResultLength);
NTSYSAPI NTSTATUS NTAPI NtFlushKey(HANDLE KeyHandle);
NTSYSAPI NTSTATUS NTAPI NtSetInformationKey(HANDLE KeyHandle,
                                            KEY_SET_INFORMATION_CLASS KeySetInformationClass,
                                            PVOID KeySetInformation, ULONG KeySetInformationLength);
NTSYSAPI NTSTATUS NTAPI NtRenameKey(HANDLE KeyHandle, PCUNICODE_STRING NewName);
NTSYSAPI NTSTATUS NTAPI NtQueryMultipleValueKey(HANDLE KeyHandle, PKEY_VALUE_ENTRY ValueEntries,
                                                ULONG EntryCount, PVOID ValueBuffer,
                                                PULONG BufferLength, PULONG RequiredBufferLength);
NTSYSAPI NTSTATUS NTAPI NtCreateRegistryTransaction(PHANDLE RegistryTransactionHandle,
                                                    ACCESS_MASK DesiredAccess,
                                                    POBJECT_ATTRIBUTES ObjectAttributes,
                                                    ULONG CreateOptions);
NTSYSAPI NTSTATUS NTAPI NtOpenRegistryTransaction(PHANDLE RegistryTransactionHandle,
                                                  ACCESS_MASK DesiredAccess,
                                                  POBJECT_ATTRIBUTES ObjectAttributes);
NTSYSAPI NTSTATUS NTAPI NtCommitRegistryTransaction(HANDLE RegistryTransactionHandle, ULONG Flags);
NTSYSAPI NTSTATUS NTAPI NtRollbackRegistryTransaction(HANDLE RegistryTransactionHandle,
                                                      ULONG Flags);
NTSYSAPI NTSTATUS NTAPI ZwCreateRegistryTransaction(PHANDLE RegistryTransactionHandle,
                                                    ACCESS_MASK DesiredAccess,
                                                    POBJECT_ATTRIBUTES ObjectAttributes,
                                                    ULONG CreateOptions);
NTSYSAPI NTSTATUS NTAPI ZwOpenRegistryTransaction(PHANDLE RegistryTransactionHandle,
                                                  ACCESS_MASK DesiredAccess,
                                                  POBJECT_ATTRIBUTES ObjectAttributes);
NTSYSAPI NTSTATUS NTAPI ZwCommitRegistryTransaction(HANDLE RegistryTransactionHandle, ULONG Flags);
NTSYSAPI NTSTATUS NTAPI ZwRollbackRegistryTransaction(HANDLE RegistryTransactionHandle,
                                                      ULONG Flags);
NTSYSAPI NTSTATUS NTAPI NtNotifyChangeKey(HANDLE KeyHandle, HANDLE Event,
                                          PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                          PIO_STATUS_BLOCK IoStatusBlock, ULONG CompletionFilter,
                                          BOOLEAN WatchTree, PVOID Buffer, ULONG BufferSize,
                                          BOOLEAN Asynchronous);
NTSYSAPI NTSTATUS NTAPI NtNotifyChangeMultipleKeys(
    HANDLE MasterKeyHandle, ULONG Count, OBJECT_ATTRIBUTES SubordinateObjects[], HANDLE Event,
    PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
    ULONG CompletionFilter, BOOLEAN WatchTree, PVOID Buffer, ULONG BufferSize,
    BOOLEAN Asynchronous);
NTSYSAPI NTSTATUS NTAPI ZwNotifyChangeMultipleKeys(
    HANDLE MasterKeyHandle, ULONG Count, OBJECT_ATTRIBUTES SubordinateObjects[], HANDLE Event,
    PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
    ULONG CompletionFilter, BOOLEAN WatchTree, PVOID Buffer, ULONG BufferSize,
    BOOLEAN Asynchronous);

/* ---- hives (docs/hives.md) ---- */
typedef enum _CM_EXTENDED_PARAMETER_TYPE {
    CmExtendedParameterInvalidType,
    CmExtendedParameterTrustClassKey,
    CmExtendedParameterEvent,
    CmExtendedParameterFileAccessToken,
    CmExtendedParameterMax
} CM_EXTENDED_PARAMETER_TYPE;
typedef struct DECLSPEC_ALIGN(8) _CM_EXTENDED_PARAMETER {
    struct {
        ULONG64 Type : 8; /* CM_EXTENDED_PARAMETER_TYPE */
        ULONG64 Reserved : 56;
    };
    union {
        ULONG64 ULong64;
        PVOID Pointer;
        SIZE_T Size;
        HANDLE Handle;
        ULONG ULong;
        ACCESS_MASK AccessMask;
    };
} CM_EXTENDED_PARAMETER, *PCM_EXTENDED_PARAMETER;
NTSYSAPI NTSTATUS NTAPI NtLoadKey(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile);
NTSYSAPI NTSTATUS NTAPI NtLoadKey2(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile,
                                   ULONG Flags);
NTSYSAPI NTSTATUS NTAPI NtLoadKeyEx(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile,
                                    ULONG Flags, HANDLE TrustClassKey, HANDLE Event,
                                    ACCESS_MASK DesiredAccess, PHANDLE RootHandle, PVOID Reserved);
NTSYSAPI NTSTATUS NTAPI NtLoadKey3(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile,
                                   ULONG Flags, PCM_EXTENDED_PARAMETER ExtendedParameters,
                                   ULONG ExtendedParameterCount, ACCESS_MASK DesiredAccess,
                                   PHANDLE RootHandle, PVOID Reserved);
NTSYSAPI NTSTATUS NTAPI NtUnloadKey(POBJECT_ATTRIBUTES TargetKey);
NTSYSAPI NTSTATUS NTAPI NtUnloadKey2(POBJECT_ATTRIBUTES TargetKey, ULONG Flags);
NTSYSAPI NTSTATUS NTAPI NtUnloadKeyEx(POBJECT_ATTRIBUTES TargetKey, HANDLE Event);
NTSYSAPI NTSTATUS NTAPI NtSaveKey(HANDLE KeyHandle, HANDLE FileHandle);
NTSYSAPI NTSTATUS NTAPI NtSaveKeyEx(HANDLE KeyHandle, HANDLE FileHandle, ULONG Format);
NTSYSAPI NTSTATUS NTAPI NtSaveMergedKeys(HANDLE HighPrecedenceKeyHandle,
                                         HANDLE LowPrecedenceKeyHandle, HANDLE FileHandle);
NTSYSAPI NTSTATUS NTAPI NtRestoreKey(HANDLE KeyHandle, HANDLE FileHandle, ULONG Flags);
NTSYSAPI NTSTATUS NTAPI NtReplaceKey(POBJECT_ATTRIBUTES NewFile, HANDLE TargetHandle,
                                     POBJECT_ATTRIBUTES OldFile);
NTSYSAPI NTSTATUS NTAPI NtQueryOpenSubKeys(POBJECT_ATTRIBUTES TargetKey, PULONG HandleCount);
NTSYSAPI NTSTATUS NTAPI NtQueryOpenSubKeysEx(POBJECT_ATTRIBUTES TargetKey, ULONG BufferLength,
                                             PVOID Buffer, PULONG RequiredSize);
NTSYSAPI NTSTATUS NTAPI ZwLoadKey(_In_ POBJECT_ATTRIBUTES TargetKey,
                                  _In_ POBJECT_ATTRIBUTES SourceFile);
NTSYSAPI NTSTATUS NTAPI ZwLoadKeyEx(_In_ POBJECT_ATTRIBUTES TargetKey,
                                    _In_ POBJECT_ATTRIBUTES SourceFile, _In_ ULONG Flags,
                                    _In_opt_ HANDLE TrustClassKey, _In_opt_ HANDLE Event,
                                    _In_opt_ ACCESS_MASK DesiredAccess,
                                    _Out_opt_ PHANDLE RootHandle, _Reserved_ PVOID Reserved);
NTSYSAPI NTSTATUS NTAPI ZwUnloadKey(_In_ POBJECT_ATTRIBUTES TargetKey);
NTSYSAPI NTSTATUS NTAPI ZwUnloadKeyEx(_In_ POBJECT_ATTRIBUTES TargetKey, _In_opt_ HANDLE Event);
NTSYSAPI NTSTATUS NTAPI ZwReplaceKey(_In_ POBJECT_ATTRIBUTES NewFile, _In_ HANDLE TargetHandle,
                                     _In_ POBJECT_ATTRIBUTES OldFile);

NTSYSAPI NTSTATUS NTAPI NtQuerySecurityObject(_In_ HANDLE Handle,
                                              _In_ SECURITY_INFORMATION SecurityInformation,
                                              _Out_opt_ PSECURITY_DESCRIPTOR SecurityDescriptor,
                                              _In_ ULONG Length, _Out_ PULONG LengthNeeded);
NTSYSAPI NTSTATUS NTAPI NtSetSecurityObject(_In_ HANDLE Handle,
                                            _In_ SECURITY_INFORMATION SecurityInformation,
                                            _In_ PSECURITY_DESCRIPTOR SecurityDescriptor);
NTSYSAPI NTSTATUS NTAPI NtClose(_In_ HANDLE Handle);
NTSYSAPI NTSTATUS NTAPI NtQueryObject(_In_opt_ HANDLE Handle,
                                      _In_ OBJECT_INFORMATION_CLASS ObjectInformationClass,
                                      _Out_opt_ PVOID ObjectInformation,
                                      _In_ ULONG ObjectInformationLength,
                                      _Out_opt_ PULONG ReturnLength);
NTSYSAPI NTSTATUS NTAPI ZwQueryMultipleValueKey(_In_ HANDLE KeyHandle,
                                                _Inout_ PKEY_VALUE_ENTRY ValueEntries,
                                                _In_ ULONG EntryCount, _Out_ PVOID ValueBuffer,
                                                _Inout_ PULONG BufferLength,
                                                _Out_opt_ PULONG RequiredBufferLength);

NTCB_DDK_END_DECLS

#endif
