/* SPDX-License-Identifier: MIT
 *
 * transaction.c - transactions: made, committed, rolled back, and forgotten.
 *
 * Evidence  CM-TXN-05..08, REG-TXN-01, -02. A transaction that nobody can reach any more is rolled
 *           back.
 */
#include "tm/tmp.h"
#include "mm/mmp.h"

static VOID TmpDeleteTransaction(PVOID Body);

const struct OBP_TYPE TmpTransactionType = {
    .Name = "TmTx",
    .GenericMapping = {TRANSACTION_GENERIC_READ, TRANSACTION_GENERIC_WRITE,
                       TRANSACTION_GENERIC_EXECUTE, TRANSACTION_ALL_ACCESS},
    .ValidAccess = TRANSACTION_ALL_ACCESS,
    .Delete = TmpDeleteTransaction,
};

_Static_assert(offsetof(struct TMP_TRANSACTION, Registry) == 0,
               "the registry takes the object's address for its own part");

/*
 * NtCreateTransaction - a transaction, active until it is committed, rolled back or forgotten.
 *
 * Uow, TmHandle and Description are checked and not kept: nothing here asks for them.
 * Context  a driver (Zw), or a program (Nt); PASSIVE_LEVEL
 * Returns  STATUS_SUCCESS                   *TransactionHandle is the caller's to close
 *          STATUS_INVALID_PARAMETER         an option that is none; isolation is reserved
 *          STATUS_NOT_IMPLEMENTED           a name, or a time-out
 *          STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED   TmHandle
 *          STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES
 */
NTSTATUS NTAPI NtCreateTransaction(PHANDLE TransactionHandle, ACCESS_MASK DesiredAccess,
                                   POBJECT_ATTRIBUTES ObjectAttributes, LPGUID Uow, HANDLE TmHandle,
                                   ULONG CreateOptions, ULONG IsolationLevel, ULONG IsolationFlags,
                                   PLARGE_INTEGER Timeout, PUNICODE_STRING Description)
{
    struct TMP_CREATION Creation = {
        TransactionHandle, DesiredAccess, ObjectAttributes, Description, Uow, KernelMode, 0};
    struct TMP_TRANSACTION *Transaction;
    PVOID Body;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = TmpBeginCreation(&Creation);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if ((CreateOptions & ~(ULONG)TRANSACTION_MAXIMUM_OPTION) != 0 || IsolationLevel != 0 ||
        IsolationFlags != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Timeout != NULL) {
        Status = MmpProbe(Creation.Mode, Timeout, sizeof(*Timeout), FALSE);
        if (!NT_SUCCESS(Status) || Timeout->QuadPart != 0) {
            return NT_SUCCESS(Status) ? STATUS_NOT_IMPLEMENTED : Status;
        }
    }
    if (TmHandle != NULL) {
        Status =
            ObReferenceObjectByHandle(TmHandle, TRANSACTIONMANAGER_BIND_TRANSACTION,
                                      *TmTransactionManagerObjectType, Creation.Mode, &Body, NULL);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        ObpDereference(Body, NULL);
    }
    Status = ObpCreateObject(*TmTransactionObjectType, sizeof(*Transaction), &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Transaction = Body;
    CmpStartTransaction(&Transaction->Registry);
    InitializeListHead(&Transaction->Enlistments);
    return TmpEndCreation(&Creation, Transaction);
}

static VOID TmpSetOutcome(struct TMP_TRANSACTION *Transaction, enum TMP_OUTCOME Outcome)
{
    struct TMP_STATE *State = TmpState();
    ntsim__lock(State->Lock);
    Transaction->Outcome = Outcome;
    ntsim__unlock(State->Lock);
}

static BOOLEAN TmpTakeEnd(struct TMP_TRANSACTION *Transaction)
{
    struct TMP_STATE *State = TmpState();
    ntsim__lock(State->Lock);
    BOOLEAN Taken = Transaction->Outcome == TmpActive;
    if (Taken) {
        Transaction->Outcome = TmpEnding;
    }
    ntsim__unlock(State->Lock);
    return Taken;
}

static NTSTATUS TmpEnd(struct TMP_TRANSACTION *Transaction, BOOLEAN Commit, BOOLEAN Wait)
{
    if (!TmpTakeEnd(Transaction)) {
        return STATUS_TRANSACTION_NOT_ACTIVE;
    }
    NTSTATUS Status = Commit ? CmpMergeTransaction(&Transaction->Registry)
                             : CmpDiscardTransaction(&Transaction->Registry);
    if (!NT_SUCCESS(Status)) {
        TmpSetOutcome(Transaction, TmpActive); /* no memory to merge with: nothing has happened */
        return Status;
    }
    TmpSetOutcome(Transaction, Commit ? TmpCommitted : TmpRolledBack);
    return TmpNotify(Transaction, Commit ? TRANSACTION_NOTIFY_COMMIT : TRANSACTION_NOTIFY_ROLLBACK,
                     Wait);
}

static NTSTATUS TmpEndByHandle(HANDLE Handle, ACCESS_MASK Access, BOOLEAN Commit, BOOLEAN Wait)
{
    PVOID Transaction;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, Access, *TmTransactionObjectType,
                                                ExGetPreviousMode(), &Transaction, NULL);
    if (NT_SUCCESS(Status)) {
        Status = TmpEnd(Transaction, Commit, Wait);
        ObpDereference(Transaction, NULL);
    }
    return Status;
}

/*
 * NtCommitTransaction - what was done in the transaction is everybody's, all at once.
 *
 * The resource managers that asked for TRANSACTION_NOTIFY_COMMIT are told, on this thread and after
 * the registry has changed (CM-TXN-05). No registry notification is raised (CM-TXN-08).
 * Context  a driver (Zw), or a program (Nt); PASSIVE_LEVEL; not while holding what a resource
 *          manager's callback needs
 * Returns  STATUS_SUCCESS
 *          STATUS_PENDING                   committed; a resource manager has not answered yet and
 *                                           Wait is FALSE
 *          STATUS_TRANSACTION_NOT_ACTIVE    it has ended, or is ending
 *          STATUS_INSUFFICIENT_RESOURCES    it is as active as it was: try again, or roll back
 *          STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED
 */
NTSTATUS NTAPI NtCommitTransaction(HANDLE TransactionHandle, BOOLEAN Wait)
{
    ntcb_require_kernel(__func__);
    return TmpEndByHandle(TransactionHandle, TRANSACTION_COMMIT, TRUE, Wait);
}

/*
 * NtRollbackTransaction - what was done in the transaction never was (CM-TXN-06). As
 * NtCommitTransaction, with TRANSACTION_NOTIFY_ROLLBACK, and memory is not needed.
 */
NTSTATUS NTAPI NtRollbackTransaction(HANDLE TransactionHandle, BOOLEAN Wait)
{
    ntcb_require_kernel(__func__);
    return TmpEndByHandle(TransactionHandle, TRANSACTION_ROLLBACK, FALSE, Wait);
}

static VOID TmpDeleteTransaction(PVOID Body)
{
    struct TMP_STATE *State = TmpState();
    struct TMP_TRANSACTION *Transaction = Body;
    TmpEnd(Transaction, FALSE, FALSE);
    ntsim__lock(State->Lock);
    while (!IsListEmpty(&Transaction->Enlistments)) {
        struct TMP_ENLISTMENT *Enlistment = CONTAINING_RECORD(
            RemoveHeadList(&Transaction->Enlistments), struct TMP_ENLISTMENT, OfTransaction);
        Enlistment->Transaction = NULL;
        ntsim__unlock(State->Lock);
        ObpDereference(Enlistment, NULL);
        ntsim__lock(State->Lock);
    }
    ntsim__unlock(State->Lock);
}
