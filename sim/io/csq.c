/* SPDX-License-Identifier: MIT
 *
 * csq.c - cancel-safe queues: pending requests that may be cancelled meanwhile.
 *
 * A request in a queue has the cancel routine below. Whoever exchanges that for NULL owns the
 * request: the remover, who takes it from the queue in the same hold of the queue's lock, or
 * IoCancelIrp, whose cancel routine takes it out afterwards. Meanwhile the request is still in the
 * queue, without a cancel routine, and removers pass it over (Q1).
 * DriverContext[3] of a request in the queue is its context, or the queue when it has none; both
 * begin with their Type (Q2). It is written before the cancel routine is set.
 */
#include "simp.h"

typedef VOID IOP_ANY_ROUTINE(VOID);

#define IOP_CSQ_SLOT 3u /* of Irp->Tail.Overlay.DriverContext */

static VOID IopReportQueue(const char *Function, const IO_CSQ *Csq, const IRP *Irp,
                           const VOID *Caller, const char *What, const char *Fix)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_VIOLATION,
                                        .rule = "IO-CSQ",
                                        .parameter = {(uintptr_t)Csq, (uintptr_t)Irp},
                                        .address = Caller,
                                        .on_windows = "a request is lost, or completed twice",
                                        .fix = Fix},
                  "%s: %s", Function, What);
}

static BOOLEAN IopCheckQueue(const char *Function, const IO_CSQ *Csq, const VOID *Caller)
{
    ntcb_require_kernel(Function);
    ntcb_check_irql(Function, DISPATCH_LEVEL, "DV-26", 0);
    if (Csq->Type == IO_TYPE_CSQ || Csq->Type == IO_TYPE_CSQ_EX) {
        return TRUE;
    }
    IopReportQueue(Function, Csq, NULL, Caller, "the queue is not initialised",
                   "call IoCsqInitialize first");
    return FALSE;
}

/* With the queue's lock held: the request leaves the queue. */
static VOID IopUnqueue(PIO_CSQ Csq, PIRP Irp)
{
    PIO_CSQ_IRP_CONTEXT Context = Irp->Tail.Overlay.DriverContext[IOP_CSQ_SLOT];
    Csq->CsqRemoveIrp(Csq, Irp);
    if (Context != NULL && Context->Type == IO_TYPE_CSQ_IRP_CONTEXT) {
        Context->Irp = NULL;
    }
    Irp->Tail.Overlay.DriverContext[IOP_CSQ_SLOT] = NULL;
}

static VOID NTAPI IopCancelQueued(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_CSQ_IRP_CONTEXT Context = Irp->Tail.Overlay.DriverContext[IOP_CSQ_SLOT];
    PIO_CSQ Csq = Context->Type == IO_TYPE_CSQ_IRP_CONTEXT ? Context->Csq : (PIO_CSQ)(PVOID)Context;
    KIRQL Irql;
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Csq->CsqAcquireLock(Csq, &Irql);
    IopUnqueue(Csq, Irp);
    Csq->CsqReleaseLock(Csq, Irql);
    Csq->CsqCompleteCanceledIrp(Csq, Irp);
}

static NTSTATUS IopInitializeQueue(PIO_CSQ Csq, const IO_CSQ *Wanted)
{
    ntcb_require_kernel("IoCsqInitialize");
    *Csq = *Wanted;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp,
                               PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                               PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp,
                               PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                               PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                               PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
    return IopInitializeQueue(Csq, &(IO_CSQ){IO_TYPE_CSQ, CsqInsertIrp, CsqRemoveIrp,
                                             CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock,
                                             CsqCompleteCanceledIrp, NULL});
}

NTSTATUS NTAPI IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrp,
                                 PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                                 PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp,
                                 PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                                 PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                                 PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
    return IopInitializeQueue(Csq, &(IO_CSQ){IO_TYPE_CSQ_EX,
                                             (PIO_CSQ_INSERT_IRP)(IOP_ANY_ROUTINE *)CsqInsertIrp,
                                             CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock,
                                             CsqReleaseLock, CsqCompleteCanceledIrp, NULL});
}

/* With the queue's lock held. */
static NTSTATUS IopInsert(PIO_CSQ Csq, PIRP Irp, PVOID InsertContext)
{
    if (Csq->Type == IO_TYPE_CSQ) {
        Csq->CsqInsertIrp(Csq, Irp);
        return STATUS_SUCCESS;
    }
    return ((PIO_CSQ_INSERT_IRP_EX)(IOP_ANY_ROUTINE *)Csq->CsqInsertIrp)(Csq, Irp, InsertContext);
}

static NTSTATUS IopQueueRequest(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context,
                                PVOID InsertContext)
{
    BOOLEAN Cancelled = FALSE;
    KIRQL Irql;
    Csq->CsqAcquireLock(Csq, &Irql);
    if (Context != NULL) {
        *Context = (IO_CSQ_IRP_CONTEXT){IO_TYPE_CSQ_IRP_CONTEXT, Irp, Csq};
    }
    Irp->Tail.Overlay.DriverContext[IOP_CSQ_SLOT] = Context != NULL ? (PVOID)Context : Csq;
    NTSTATUS Status = IopInsert(Csq, Irp, InsertContext);
    if (NT_SUCCESS(Status)) {
        IoMarkIrpPending(Irp);
        IoSetCancelRoutine(Irp, IopCancelQueued);
        Cancelled = __atomic_load_n(&Irp->Cancel, __ATOMIC_SEQ_CST) &&
                    IoSetCancelRoutine(Irp, NULL) != NULL; /* else IoCancelIrp has the routine */
        if (Cancelled) {
            IopUnqueue(Csq, Irp);
        }
    } else {
        Irp->Tail.Overlay.DriverContext[IOP_CSQ_SLOT] = NULL;
        if (Context != NULL) {
            Context->Irp = NULL;
        }
    }
    Csq->CsqReleaseLock(Csq, Irql);
    if (Cancelled) {
        Csq->CsqCompleteCanceledIrp(Csq, Irp);
    }
    return Status;
}

NTSTATUS NTAPI IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context,
                                PVOID InsertContext)
{
    const VOID *Caller = __builtin_return_address(0);
    if (!IopCheckQueue(__func__, Csq, Caller)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (__atomic_load_n((PDRIVER_CANCEL *)(ULONG_PTR)&Irp->CancelRoutine, __ATOMIC_RELAXED) !=
        NULL) {
        IopReportQueue(__func__, Csq, Irp, Caller,
                       "the request has a cancel routine already: it is in a queue",
                       "insert each request once, and set no cancel routine of your own");
        return STATUS_INVALID_PARAMETER;
    }
    return IopQueueRequest(Csq, Irp, Context, InsertContext);
}

VOID NTAPI IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context)
{
    IoCsqInsertIrpEx(Csq, Irp, Context, NULL);
}

PIRP NTAPI IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext)
{
    KIRQL Irql;
    if (!IopCheckQueue(__func__, Csq, __builtin_return_address(0))) {
        return NULL;
    }
    Csq->CsqAcquireLock(Csq, &Irql);
    PIRP Irp = Csq->CsqPeekNextIrp(Csq, NULL, PeekContext);
    while (Irp != NULL && IoSetCancelRoutine(Irp, NULL) == NULL) { /* Q1 */
        Irp = Csq->CsqPeekNextIrp(Csq, Irp, PeekContext);
    }
    if (Irp != NULL) {
        IopUnqueue(Csq, Irp);
    }
    Csq->CsqReleaseLock(Csq, Irql);
    return Irp;
}

PIRP NTAPI IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context)
{
    const VOID *Caller = __builtin_return_address(0);
    KIRQL Irql;
    if (!IopCheckQueue(__func__, Csq, Caller)) {
        return NULL;
    }
    if (Context->Type != IO_TYPE_CSQ_IRP_CONTEXT || Context->Csq != Csq) {
        IopReportQueue(__func__, Csq, NULL, Caller, "the context is of no request of this queue",
                       "pass the context that the request was inserted with");
        return NULL;
    }
    Csq->CsqAcquireLock(Csq, &Irql);
    PIRP Irp = Context->Irp;
    if (Irp != NULL && IoSetCancelRoutine(Irp, NULL) == NULL) {
        Irp = NULL; /* it is being cancelled */
    }
    if (Irp != NULL) {
        IopUnqueue(Csq, Irp);
    }
    Csq->CsqReleaseLock(Csq, Irql);
    return Irp;
}
