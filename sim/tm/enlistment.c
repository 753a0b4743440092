/* SPDX-License-Identifier: MIT
 *
 * enlistment.c - who wants to be told of a transaction's end, being told, and the answer.
 *
 * Evidence  CM-TXN-05: exactly what was asked for is delivered, once.
 */
#include "tm/tmp.h"
#include "mm/map.h"

#include <string.h>

/* What can be asked for. The phases before the outcome are not gone through: whoever counts on one
 * of them must not be told that it will come. */
#define TMP_NOTIFICATIONS (TRANSACTION_NOTIFY_COMMIT | TRANSACTION_NOTIFY_ROLLBACK)

static VOID TmpDeleteEnlistment(PVOID Body);

const struct OBP_TYPE TmpEnlistmentType = {
    .Name = "TmEn",
    .GenericMapping = {ENLISTMENT_GENERIC_READ, ENLISTMENT_GENERIC_WRITE,
                       ENLISTMENT_GENERIC_EXECUTE, ENLISTMENT_ALL_ACCESS},
    .ValidAccess = ENLISTMENT_ALL_ACCESS,
    .Delete = TmpDeleteEnlistment,
};

static VOID TmpDeleteEnlistment(PVOID Body)
{
    struct TMP_STATE *State = TmpState();
    struct TMP_ENLISTMENT *Enlistment = Body;
    ntsim__lock(State->Lock);
    if (Enlistment->Transaction != NULL) {
        RemoveEntryList(&Enlistment->OfTransaction);
    }
    if (Enlistment->Resource != NULL) {
        RemoveEntryList(&Enlistment->OfResource);
    }
    ntsim__unlock(State->Lock);
}

/* TRANSACTION_NOT_ACTIVE, NOT_IMPLEMENTED: without callbacks the notifications would be queued. */
static NTSTATUS TmpEnlist(struct TMP_ENLISTMENT *Enlistment, struct TMP_TRANSACTION *Transaction,
                          struct TMP_RESOURCE *Resource)
{
    struct TMP_STATE *State = TmpState();
    NTSTATUS Status = STATUS_SUCCESS;
    ntsim__lock(State->Lock);
    if (Transaction->Outcome != TmpActive) {
        Status = STATUS_TRANSACTION_NOT_ACTIVE;
    } else if (Resource->Callback == NULL) {
        Status = STATUS_NOT_IMPLEMENTED;
    } else {
        Enlistment->Transaction = Transaction;
        Enlistment->Resource = Resource;
        InsertTailList(&Transaction->Enlistments, &Enlistment->OfTransaction);
        InsertTailList(&Resource->Enlistments, &Enlistment->OfResource);
    }
    ntsim__unlock(State->Lock);
    return Status;
}

static NTSTATUS TmpCreateEnlistment(const struct TMP_CREATION *Creation,
                                    struct TMP_TRANSACTION *Transaction,
                                    struct TMP_RESOURCE *Resource, NOTIFICATION_MASK Mask,
                                    PVOID Key)
{
    PVOID Body;
    NTSTATUS Status =
        ObpCreateObject(*TmEnlistmentObjectType, sizeof(struct TMP_ENLISTMENT), &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    struct TMP_ENLISTMENT *Enlistment = Body;
    Enlistment->Mask = Mask;
    Enlistment->Key = Key;
    /* The handle first: what cannot be given one must not be enlisted, nor be told of the end. */
    ObpReference(Enlistment, NULL);
    Status = TmpEndCreation(Creation, Enlistment);
    if (NT_SUCCESS(Status)) {
        Status = TmpEnlist(Enlistment, Transaction, Resource);
        if (NT_SUCCESS(Status)) {
            return Status; /* the transaction has the second reference */
        }
        ObCloseHandle(*Creation->Handle, Creation->Mode);
        *Creation->Handle = NULL;
    }
    ObpDereference(Enlistment, NULL);
    return Status;
}

/*
 * NtCreateEnlistment - ResourceManagerHandle's callback is told of the end of TransactionHandle's
 * transaction, with EnlistmentKey as its third argument.
 *
 * The enlistment stays when its handle is closed.
 * Context  a driver (Zw), or a program (Nt); PASSIVE_LEVEL; a registry callback, too
 * Returns  STATUS_SUCCESS                   *EnlistmentHandle is the caller's to close
 *          STATUS_INVALID_PARAMETER         an option or a notification that is none
 *          STATUS_NOT_IMPLEMENTED           a superior enlistment, a notification other than
 *                                           TRANSACTION_NOTIFY_COMMIT and _ROLLBACK, a name, or a
 *                                           resource manager without callbacks
 *          STATUS_TRANSACTION_NOT_ACTIVE    it has ended, or is ending
 *          STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED   either handle
 *          STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES
 */
NTSTATUS NTAPI NtCreateEnlistment(PHANDLE EnlistmentHandle, ACCESS_MASK DesiredAccess,
                                  HANDLE ResourceManagerHandle, HANDLE TransactionHandle,
                                  POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions,
                                  NOTIFICATION_MASK NotificationMask, PVOID EnlistmentKey)
{
    struct TMP_CREATION Creation = {
        EnlistmentHandle, DesiredAccess, ObjectAttributes, NULL, NULL, KernelMode, 0};
    PVOID Resource = NULL, Transaction = NULL;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = TmpBeginCreation(&Creation);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if ((CreateOptions & ~(ULONG)ENLISTMENT_MAXIMUM_OPTION) != 0 || NotificationMask == 0 ||
        (NotificationMask & ~(ULONG)TRANSACTION_NOTIFY_MASK) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (CreateOptions != 0 || (NotificationMask & ~(ULONG)TMP_NOTIFICATIONS) != 0) {
        return STATUS_NOT_IMPLEMENTED;
    }
    Status =
        ObReferenceObjectByHandle(ResourceManagerHandle, RESOURCEMANAGER_ENLIST,
                                  *TmResourceManagerObjectType, Creation.Mode, &Resource, NULL);
    if (NT_SUCCESS(Status)) {
        Status =
            ObReferenceObjectByHandle(TransactionHandle, TRANSACTION_ENLIST,
                                      *TmTransactionObjectType, Creation.Mode, &Transaction, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Status =
            TmpCreateEnlistment(&Creation, Transaction, Resource, NotificationMask, EnlistmentKey);
        ObpDereference(Transaction, NULL);
    }
    if (Resource != NULL) {
        ObpDereference(Resource, NULL);
    }
    return Status;
}

/* FALSE, and reported: the driver that Callback was part of is gone. */
static BOOLEAN TmpCanCall(PTM_RM_NOTIFICATION Callback)
{
    const void *Address;
    memcpy(&Address, &Callback, sizeof(Address));
    if (MmpReadable(Address)) {
        return TRUE;
    }
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_BUGCHECK,
            .rule = "DV-20",
            .bugcheck = DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS,
            .parameter = {(uintptr_t)Address, 0, (uintptr_t)Address, 0},
            .address = Address,
            .on_windows =
                "the end of the transaction calls into the unloaded driver: this bug check",
            .fix = "close the resource manager's handle, and dereference its object, in "
                   "DriverUnload",
        },
        "a resource manager's callback %p is in no driver that is loaded", Address);
    return FALSE;
}

/* Returns TRUE when the notification was delivered and not answered meanwhile. */
static BOOLEAN TmpDeliver(struct TMP_ENLISTMENT *Enlistment, ULONG Notification)
{
    struct TMP_STATE *State = TmpState();
    PTM_RM_NOTIFICATION Callback = NULL;
    PVOID Key = NULL;
    LARGE_INTEGER Clock = {.QuadPart = 0};
    ntsim__lock(State->Lock);
    if (Enlistment->Resource != NULL && (Enlistment->Mask & Notification) != 0) {
        Callback = Enlistment->Resource->Callback;
        Key = Enlistment->Resource->Key;
        Enlistment->Awaited = Notification;
        Clock.QuadPart = ++State->Clock;
    }
    ntsim__unlock(State->Lock);
    if (Callback == NULL || !TmpCanCall(Callback)) {
        return FALSE;
    }
    Callback((PKENLISTMENT)Enlistment, Key, Enlistment->Key, Notification, &Clock, 0, NULL);
    ntsim__lock(State->Lock);
    BOOLEAN Unanswered = Enlistment->Awaited != 0;
    ntsim__unlock(State->Lock);
    return Unanswered;
}

static VOID TmpReportUnanswered(ULONG Count, ULONG Notification)
{
    BOOLEAN Commit = Notification == TRANSACTION_NOTIFY_COMMIT;
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_VIOLATION,
            .rule = "CM-TXN-05",
            .on_windows = "the thread that ends the transaction waits until it is called",
            .fix = Commit ? "call TmCommitComplete for every TRANSACTION_NOTIFY_COMMIT"
                          : "call TmRollbackComplete for every TRANSACTION_NOTIFY_ROLLBACK",
        },
        "%u resource manager(s) have not answered that the transaction was %s", Count,
        Commit ? "committed" : "rolled back");
}

/* M1: the list does not change any more. */
NTSTATUS TmpNotify(struct TMP_TRANSACTION *Transaction, ULONG Notification, BOOLEAN Wait)
{
    ULONG Unanswered = 0;
    for (PLIST_ENTRY Entry = Transaction->Enlistments.Flink; Entry != &Transaction->Enlistments;
         Entry = Entry->Flink) {
        Unanswered += TmpDeliver(CONTAINING_RECORD(Entry, struct TMP_ENLISTMENT, OfTransaction),
                                 Notification);
    }
    if (Unanswered != 0 && Wait) {
        TmpReportUnanswered(Unanswered, Notification);
        return STATUS_SUCCESS;
    }
    return Unanswered != 0 ? STATUS_PENDING : STATUS_SUCCESS;
}

static NTSTATUS TmpAnswer(const char *Function, PKENLISTMENT Object, ULONG Notification)
{
    struct TMP_ENLISTMENT *Enlistment = (struct TMP_ENLISTMENT *)Object;
    struct TMP_STATE *State = TmpState();
    NTSTATUS Status = STATUS_TRANSACTION_NOT_REQUESTED;
    ntcb_check_irql(Function, APC_LEVEL, "DV-02", 0x00020006);
    if (Enlistment == NULL || ObpTypeOf(Enlistment) != *TmEnlistmentObjectType) {
        return STATUS_INVALID_PARAMETER;
    }
    ntsim__lock(State->Lock);
    if (Enlistment->Awaited == Notification) {
        Enlistment->Awaited = 0;
        Status = STATUS_SUCCESS;
    }
    ntsim__unlock(State->Lock);
    return Status;
}

/*
 * TmCommitComplete - the answer to TRANSACTION_NOTIFY_COMMIT; TmVirtualClock is not looked at.
 *
 * Context  <= APC_LEVEL; the callback, or later
 * Returns  STATUS_SUCCESS
 *          STATUS_TRANSACTION_NOT_REQUESTED   no such notification is unanswered
 *          STATUS_INVALID_PARAMETER           no enlistment
 */
NTSTATUS NTAPI TmCommitComplete(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock)
{
    UNREFERENCED_PARAMETER(TmVirtualClock);
    return TmpAnswer(__func__, Enlistment, TRANSACTION_NOTIFY_COMMIT);
}

/* TmRollbackComplete - the answer to TRANSACTION_NOTIFY_ROLLBACK; as TmCommitComplete. */
NTSTATUS NTAPI TmRollbackComplete(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock)
{
    UNREFERENCED_PARAMETER(TmVirtualClock);
    return TmpAnswer(__func__, Enlistment, TRANSACTION_NOTIFY_ROLLBACK);
}
