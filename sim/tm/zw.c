/* SPDX-License-Identifier: MIT
 *
 * zw.c - the Zw forms: the Nt service with PreviousMode KernelMode for as long as it takes
 * (REG-MODE-01), at PASSIVE_LEVEL (DV-04).
 */
#include "ps/zw.h"
#include "tm/tmp.h"

NTSTATUS NTAPI ZwCreateTransaction(PHANDLE TransactionHandle, ACCESS_MASK DesiredAccess,
                                   POBJECT_ATTRIBUTES ObjectAttributes, LPGUID Uow, HANDLE TmHandle,
                                   ULONG CreateOptions, ULONG IsolationLevel, ULONG IsolationFlags,
                                   PLARGE_INTEGER Timeout, PUNICODE_STRING Description)
{
    PSP_ZW(NtCreateTransaction(TransactionHandle, DesiredAccess, ObjectAttributes, Uow, TmHandle,
                               CreateOptions, IsolationLevel, IsolationFlags, Timeout,
                               Description));
}

NTSTATUS NTAPI ZwCommitTransaction(HANDLE TransactionHandle, BOOLEAN Wait)
{
    PSP_ZW(NtCommitTransaction(TransactionHandle, Wait));
}

NTSTATUS NTAPI ZwRollbackTransaction(HANDLE TransactionHandle, BOOLEAN Wait)
{
    PSP_ZW(NtRollbackTransaction(TransactionHandle, Wait));
}

NTSTATUS NTAPI ZwCreateTransactionManager(PHANDLE TmHandle, ACCESS_MASK DesiredAccess,
                                          POBJECT_ATTRIBUTES ObjectAttributes,
                                          PUNICODE_STRING LogFileName, ULONG CreateOptions,
                                          ULONG CommitStrength)
{
    PSP_ZW(NtCreateTransactionManager(TmHandle, DesiredAccess, ObjectAttributes, LogFileName,
                                      CreateOptions, CommitStrength));
}

NTSTATUS NTAPI ZwCreateResourceManager(PHANDLE ResourceManagerHandle, ACCESS_MASK DesiredAccess,
                                       HANDLE TmHandle, LPGUID ResourceManagerGuid,
                                       POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions,
                                       PUNICODE_STRING Description)
{
    PSP_ZW(NtCreateResourceManager(ResourceManagerHandle, DesiredAccess, TmHandle,
                                   ResourceManagerGuid, ObjectAttributes, CreateOptions,
                                   Description));
}

NTSTATUS NTAPI ZwCreateEnlistment(PHANDLE EnlistmentHandle, ACCESS_MASK DesiredAccess,
                                  HANDLE ResourceManagerHandle, HANDLE TransactionHandle,
                                  POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions,
                                  NOTIFICATION_MASK NotificationMask, PVOID EnlistmentKey)
{
    PSP_ZW(NtCreateEnlistment(EnlistmentHandle, DesiredAccess, ResourceManagerHandle,
                              TransactionHandle, ObjectAttributes, CreateOptions, NotificationMask,
                              EnlistmentKey));
}
