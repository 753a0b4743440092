/* SPDX-License-Identifier: MIT
 *
 * cmtxnlight.c - transactions of the registry alone (CM-TXN-09): what a key transaction is, without
 * the kernel transaction manager: nobody enlists in one.
 */
#include "cm/cmtxn.h"
#include "ob/obp.h"
#include "ps/zw.h"

#include <ntcallback/ddk/ntregapi.h>

/* Nobody can reach it any more: as if it never was. */
static VOID CmpDeleteLight(PVOID Body)
{
    (void)CmpDiscardTransaction(Body); /* TRANSACTION_NOT_ACTIVE: it was ended */
}

static const struct OBP_TYPE CmpLightType = {
    .Name = "RegistryTransaction",
    .GenericMapping = {TRANSACTION_GENERIC_READ, TRANSACTION_GENERIC_WRITE,
                       TRANSACTION_GENERIC_EXECUTE, TRANSACTION_ALL_ACCESS},
    .ValidAccess = TRANSACTION_ALL_ACCESS,
    .Close = ObpForgetName,
    .Delete = CmpDeleteLight,
};

static POBJECT_TYPE CmpLight(VOID)
{
    return (POBJECT_TYPE)(ULONG_PTR)&CmpLightType;
}

NTSTATUS CmpReferenceTransaction(HANDLE Handle, KPROCESSOR_MODE Mode,
                                 struct CMP_TRANSACTION **Transaction)
{
    PVOID Object;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, TRANSACTION_ENLIST,
                                                *TmTransactionObjectType, Mode, &Object, NULL);
    if (Status == STATUS_OBJECT_TYPE_MISMATCH) {
        Status =
            ObReferenceObjectByHandle(Handle, TRANSACTION_ENLIST, CmpLight(), Mode, &Object, NULL);
    }
    if (NT_SUCCESS(Status)) {
        *Transaction = Object;
    }
    return Status;
}

/*
 * NtCreateRegistryTransaction - a transaction for registry keys, active until it is committed,
 * rolled back or forgotten. Windows 10 1607 and later.
 *
 * Context  a driver (Zw), or a program (Nt); PASSIVE_LEVEL
 * Returns  STATUS_SUCCESS, STATUS_OBJECT_NAME_EXISTS (OBJ_OPENIF)   *Handle is the caller's
 *          STATUS_INVALID_PARAMETER      CreateOptions is not 0, or the attributes are malformed
 *          STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_ACCESS_VIOLATION,
 *          STATUS_INSUFFICIENT_RESOURCES, STATUS_NOT_IMPLEMENTED (a relative name)
 */
NTSTATUS NTAPI NtCreateRegistryTransaction(PHANDLE RegistryTransactionHandle,
                                           ACCESS_MASK DesiredAccess,
                                           POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions)
{
    struct OBP_CREATION Creation = {.Handle = RegistryTransactionHandle,
                                    .Given = ObjectAttributes,
                                    .DesiredAccess = DesiredAccess};
    PVOID Transaction = NULL;
    ntcb_require_kernel(__func__);
    if (CreateOptions != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = ObpBeginCreation(&Creation);
    if (NT_SUCCESS(Status)) {
        Status = ObpCreateObject(CmpLight(), sizeof(struct CMP_TRANSACTION), &Transaction);
    }
    if (NT_SUCCESS(Status)) {
        CmpStartTransaction(Transaction);
    }
    return ObpEndCreation(&Creation, Status, Transaction);
}

/* NtOpenRegistryTransaction - a handle to the one of that name. As NtOpenKey, without links. */
NTSTATUS NTAPI NtOpenRegistryTransaction(PHANDLE RegistryTransactionHandle,
                                         ACCESS_MASK DesiredAccess,
                                         POBJECT_ATTRIBUTES ObjectAttributes)
{
    ntcb_require_kernel(__func__);
    return ObpOpenForCaller(RegistryTransactionHandle, DesiredAccess, ObjectAttributes, CmpLight());
}

static NTSTATUS CmpEndLight(HANDLE Handle, ACCESS_MASK Access, ULONG Flags,
                            NTSTATUS (*End)(struct CMP_TRANSACTION *Transaction))
{
    PVOID Transaction;
    if (Flags != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, Access, CmpLight(), ExGetPreviousMode(),
                                                &Transaction, NULL);
    if (NT_SUCCESS(Status)) {
        Status = End(Transaction);
        ObpDereference(Transaction, NULL);
    }
    return Status;
}

/*
 * NtCommitRegistryTransaction - what was done in the transaction is everybody's, all at once.
 * Context  a driver (Zw), or a program (Nt); PASSIVE_LEVEL
 * Returns  STATUS_SUCCESS, STATUS_INVALID_PARAMETER (Flags is not 0)
 *          STATUS_TRANSACTION_NOT_ACTIVE    it has ended
 *          STATUS_INSUFFICIENT_RESOURCES    it is as active as it was
 *          STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED
 */
NTSTATUS NTAPI NtCommitRegistryTransaction(HANDLE RegistryTransactionHandle, ULONG Flags)
{
    ntcb_require_kernel(__func__);
    return CmpEndLight(RegistryTransactionHandle, TRANSACTION_COMMIT, Flags, CmpMergeTransaction);
}

/* NtRollbackRegistryTransaction - what was done in it never was. Returns as the commit. */
NTSTATUS NTAPI NtRollbackRegistryTransaction(HANDLE RegistryTransactionHandle, ULONG Flags)
{
    ntcb_require_kernel(__func__);
    return CmpEndLight(RegistryTransactionHandle, TRANSACTION_ROLLBACK, Flags,
                       CmpDiscardTransaction);
}

NTSTATUS NTAPI ZwCreateRegistryTransaction(PHANDLE RegistryTransactionHandle,
                                           ACCESS_MASK DesiredAccess,
                                           POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions)
{
    PSP_ZW(NtCreateRegistryTransaction(RegistryTransactionHandle, DesiredAccess, ObjectAttributes,
                                       CreateOptions));
}

NTSTATUS NTAPI ZwOpenRegistryTransaction(PHANDLE RegistryTransactionHandle,
                                         ACCESS_MASK DesiredAccess,
                                         POBJECT_ATTRIBUTES ObjectAttributes)
{
    PSP_ZW(NtOpenRegistryTransaction(RegistryTransactionHandle, DesiredAccess, ObjectAttributes));
}

NTSTATUS NTAPI ZwCommitRegistryTransaction(HANDLE RegistryTransactionHandle, ULONG Flags)
{
    PSP_ZW(NtCommitRegistryTransaction(RegistryTransactionHandle, Flags));
}

NTSTATUS NTAPI ZwRollbackRegistryTransaction(HANDLE RegistryTransactionHandle, ULONG Flags)
{
    PSP_ZW(NtRollbackRegistryTransaction(RegistryTransactionHandle, Flags));
}
