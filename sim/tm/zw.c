/* SPDX-License-Identifier: MIT
 *
 * zw.c - the Zw forms: the Nt service with PreviousMode KernelMode for as long as it takes
 * (REG-MODE-01), at PASSIVE_LEVEL (DV-04).
 */
#include "tm/tmp.h"

#include <ntsim/process.h>

#define TMP_IRQL_ZW_PASSIVE 0x0002001Fu

#define TMP_ZW(call)                                                        \
    ntcb_require_kernel(__func__);                                          \
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-04", TMP_IRQL_ZW_PASSIVE); \
    KPROCESSOR_MODE Previous = ntsim_previous_mode(KernelMode);             \
    NTSTATUS Status = call;                                                 \
    ntsim_previous_mode(Previous);                                          \
    return Status

NTSTATUS NTAPI ZwCreateTransaction(PHANDLE TransactionHandle, ACCESS_MASK DesiredAccess,
                                   POBJECT_ATTRIBUTES ObjectAttributes, LPGUID Uow, HANDLE TmHandle,
                                   ULONG CreateOptions, ULONG IsolationLevel, ULONG IsolationFlags,
                                   PLARGE_INTEGER Timeout, PUNICODE_STRING Description)
{
    TMP_ZW(NtCreateTransaction(TransactionHandle, DesiredAccess, ObjectAttributes, Uow, TmHandle,
                               CreateOptions, IsolationLevel, IsolationFlags, Timeout,
                               Description));
}

NTSTATUS NTAPI ZwCommitTransaction(HANDLE TransactionHandle, BOOLEAN Wait)
{
    TMP_ZW(NtCommitTransaction(TransactionHandle, Wait));
}

NTSTATUS NTAPI ZwRollbackTransaction(HANDLE TransactionHandle, BOOLEAN Wait)
{
    TMP_ZW(NtRollbackTransaction(TransactionHandle, Wait));
}

NTSTATUS NTAPI ZwCreateTransactionManager(PHANDLE TmHandle, ACCESS_MASK DesiredAccess,
                                          POBJECT_ATTRIBUTES ObjectAttributes,
                                          PUNICODE_STRING LogFileName, ULONG CreateOptions,
                                          ULONG CommitStrength)
{
    TMP_ZW(NtCreateTransactionManager(TmHandle, DesiredAccess, ObjectAttributes, LogFileName,
                                      CreateOptions, CommitStrength));
}

NTSTATUS NTAPI ZwCreateResourceManager(PHANDLE ResourceManagerHandle, ACCESS_MASK DesiredAccess,
                                       HANDLE TmHandle, LPGUID ResourceManagerGuid,
                                       POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions,
                                       PUNICODE_STRING Description)
{
    TMP_ZW(NtCreateResourceManager(ResourceManagerHandle, DesiredAccess, TmHandle,
                                   ResourceManagerGuid, ObjectAttributes, CreateOptions,
                                   Description));
}

NTSTATUS NTAPI ZwCreateEnlistment(PHANDLE EnlistmentHandle, ACCESS_MASK DesiredAccess,
                                  HANDLE ResourceManagerHandle, HANDLE TransactionHandle,
                                  POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions,
                                  NOTIFICATION_MASK NotificationMask, PVOID EnlistmentKey)
{
    TMP_ZW(NtCreateEnlistment(EnlistmentHandle, DesiredAccess, ResourceManagerHandle,
                              TransactionHandle, ObjectAttributes, CreateOptions, NotificationMask,
                              EnlistmentKey));
}
