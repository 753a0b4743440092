/* SPDX-License-Identifier: MIT
 *
 * request.c - the issuer's side of a request: sending it, judging its driver (rule IO-IRP), ending
 * it. Invariants: request.h.
 */
#include "io/request.h"
#include "io/iop_state.h"
#include "mm/mmp.h"
#include "ps/psp.h"

static VOID IopEnter(const struct IOP_STATE *State)
{
    State->Host->monitor_enter(State->Host->context, State->Monitor);
}

static VOID IopLeave(const struct IOP_STATE *State)
{
    State->Host->monitor_leave(State->Host->context, State->Monitor);
}

PIO_STACK_LOCATION IopBeginRequest(struct IOP_REQUEST **Out, struct IOP_FILE *File, UCHAR Major)
{
    struct IOP_REQUEST *Request = ntsim__allocate(sizeof(*Request));
    PIRP Irp = Request != NULL ? IoAllocateIrp(File->Device->Public.StackSize, FALSE) : NULL;
    *Out = Request;
    if (Irp == NULL) {
        ntsim__release(Request);
        return NULL;
    }
    Request->Irp = Irp;
    Request->File = File;
    Request->Driver = File->Device->Public.DriverObject;
    Request->Thread = PspCurrentThread();
    Request->Process = PspCurrentProcess();
    Request->Waited = TRUE;
    Request->References = 1;
    ObpReference(Request->Thread, NULL);
    ObpReference(Request->Process, NULL);
    atomic_fetch_add(&((PKTHREAD)(PVOID)Request->Thread)->Requests, 1);
    KeInitializeEvent(&Request->Completed, NotificationEvent, FALSE);
    Irp->RequestorMode = ExGetPreviousMode();
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    Irp->Tail.Overlay.OriginalFileObject = &File->Public;
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = Major;
    Stack->FileObject = &File->Public;
    return Stack;
}

/* ---- the end of one ---- */

static VOID IopReleaseBuffers(PIRP Irp)
{
    while (Irp->MdlAddress != NULL) {
        PMDL Mdl = Irp->MdlAddress;
        Irp->MdlAddress = Mdl->Next;
        MmUnlockPages(Mdl);
        IoFreeMdl(Mdl);
    }
    if (Irp->AssociatedIrp.SystemBuffer != NULL) {
        ExFreePoolWithTag(Irp->AssociatedIrp.SystemBuffer, IOP_TAG);
        Irp->AssociatedIrp.SystemBuffer = NULL;
    }
}

/* Q1, Q3: nothing is left to be done. */
static VOID IopFreeRequest(struct IOP_REQUEST *Request)
{
    struct IOP_STATE *State = IopState();
    IopReleaseBuffers(Request->Irp);
    IopEndAnswer(&Request->Answer);
    atomic_fetch_sub(&((PKTHREAD)(PVOID)Request->Thread)->Requests, 1);
    IopEnter(State);
    if (Request->hh.tbl != NULL) {
        HASH_DEL(State->Requests, Request);
    }
    State->Host->monitor_wake(State->Host->context, State->Monitor);
    IopLeave(State);
    ObpDereference(Request->Process, NULL);
    ObpDereference(Request->Thread, NULL);
    IoFreeIrp(Request->Irp);
    ntsim__release(Request);
}

/* On a thread that has nothing locked, as whoever completes a request may have: IRP_MJ_CLOSE. */
static VOID NTAPI IopLeaveFile(PVOID Context)
{
    struct IOP_REQUEST *Request = Context;
    ObpDereference(Request->File, NULL);
    IopFreeRequest(Request);
}

VOID IopDropRequest(struct IOP_REQUEST *Request)
{
    struct IOP_STATE *State = IopState();
    IopEnter(State);
    BOOLEAN Last = --Request->References == 0;
    IopLeave(State);
    if (Last && Request->Whole && !ObpDereferenceUnlessLast(Request->File)) {
        ExInitializeWorkItem(&Request->Later, IopLeaveFile, Request);
        ExQueueWorkItem(&Request->Later, DelayedWorkQueue);
    } else if (Last) {
        IopFreeRequest(Request);
    }
}

/* What the driver has left, handed to whoever asked. */
static NTSTATUS IopEndRequest(struct IOP_REQUEST *Request, BOOLEAN Pended)
{
    if (!Request->Whole) {
        return Request->Status;
    }
    NTSTATUS Status =
        IopReturnBuffers(Request->Irp, Request->Status, Request->Information, &Request->Buffers);
    IopReleaseBuffers(Request->Irp);
    return IopAnswer(&Request->Answer, Request->File, Status, Request->Information, Pended);
}

/* As the thread that asked would: in its process. */
static VOID IopEndElsewhere(struct IOP_REQUEST *Request)
{
    if (!Request->Forsaken) { /* else its caller is gone */
        struct ntsim_process *Attached = PspAttach(Request->Process);
        (void)IopEndRequest(Request, TRUE);
        PspDetach(Attached);
    }
    IopDropRequest(Request);
}

BOOLEAN IopFindRequest(PIRP Irp, struct IOP_REQUEST **Out)
{
    struct IOP_STATE *State = IopState();
    struct IOP_REQUEST *Request;
    *Out = NULL;
    IopEnter(State);
    HASH_FIND_PTR(State->Requests, &Irp, Request);
    if (Request != NULL && !Request->Done) {
        Request->References++;
        *Out = Request;
    }
    IopLeave(State);
    return Request != NULL;
}

VOID IopCompleted(struct IOP_REQUEST *Request, BOOLEAN Whole)
{
    struct IOP_STATE *State = IopState();
    BOOLEAN First = FALSE, Mine = FALSE;
    IopEnter(State);
    if (Whole && !Request->Done) {
        Request->Status = Request->Irp->IoStatus.Status;
        Request->Information = Request->Irp->IoStatus.Information;
        Request->Done = First = TRUE;
        Mine = !Request->Waited && (Request->Irp->PendingReturned || Request->Returned);
        Request->Ending |= Mine; /* Q2 */
    }
    IopLeave(State);
    if (First && Request->Waited) {
        KeSetEvent(&Request->Completed, IO_NO_INCREMENT, FALSE);
    } else if (Mine) {
        IopEndElsewhere(Request);
    }
    IopDropRequest(Request);
}

/* ---- sending ---- */

/* The routine has come back: is that what a dispatch routine does? With the request sent. */
static VOID IopJudgeDispatch(struct IOP_REQUEST *Request, BOOLEAN Done, BOOLEAN Pending,
                             NTSTATUS Status, const VOID *Routine)
{
    if (Status == STATUS_PENDING && !Pending) {
        IopReportIrp(NTCB_VIOLATION, 0, (ULONG_PTR)Request->Irp, Routine,
                     "a dispatch routine returned STATUS_PENDING without IoMarkIrpPending",
                     "the program may never hear of the completion",
                     "call IoMarkIrpPending before the request can be completed");
    } else if (Status != STATUS_PENDING && Pending) {
        IopReportIrp(NTCB_VIOLATION, 0, (ULONG_PTR)Request->Irp, Routine,
                     "a dispatch routine called IoMarkIrpPending and returned another status",
                     "the completion is delivered twice: memory is corrupted",
                     "return STATUS_PENDING from a routine that has called IoMarkIrpPending");
    } else if (Status != STATUS_PENDING && !Done) {
        IopReportIrp(NTCB_VIOLATION, 0, (ULONG_PTR)Request->Irp, Routine,
                     "a dispatch routine returned without completing the request",
                     "the program waits for ever, and its process cannot end",
                     "call IoCompleteRequest, or mark the request pending and return "
                     "STATUS_PENDING");
    } else if (Status != STATUS_PENDING && Status != Request->Status) {
        IopReportIrp(NTCB_VIOLATION, 0, (ULONG_PTR)Request->Irp, Routine,
                     "a dispatch routine returned another status than it completed with",
                     "Driver Verifier stops here; the caller sees one or the other",
                     "return the status that was put into IoStatus.Status");
    }
    if (KeGetCurrentIrql() != Request->Irql) {
        IopReportIrp(NTCB_BUGCHECK, IRQL_UNEXPECTED_VALUE, KeGetCurrentIrql(), Routine,
                     "a dispatch routine returned at another IRQL", "this bug check",
                     "release every lock on every path");
        KeLowerIrql(Request->Irql);
    }
}

/* Call the driver, and judge it. What its routine returns, or *Added FALSE: no memory. */
static NTSTATUS IopCallDevice(struct IOP_REQUEST *Request, BOOLEAN *Added)
{
    struct IOP_STATE *State = IopState();
    PDEVICE_OBJECT Device = &Request->File->Device->Public;
    PIRP Irp = Request->Irp;
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    const VOID *Routine =
        (const VOID *)(uintptr_t)Device->DriverObject->MajorFunction[Stack->MajorFunction];
    IopEnter(State);
    HASH_ADD_PTR(State->Requests, Irp, Request);
    *Added = Request->hh.tbl != NULL;
    Request->References += *Added ? 1 : 0; /* of its end */
    IopLeave(State);
    if (!*Added) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Request->Irql = KeGetCurrentIrql();
    NTSTATUS Status = IofCallDriver(Device, Irp);
    IopEnter(State);
    BOOLEAN Done = Request->Done;
    IopLeave(State);
    IopJudgeDispatch(Request, Done, (Stack->Control & SL_PENDING_RETURNED) != 0, Status, Routine);
    return Status;
}

/* The dispatch routine has come back with Status. TRUE: the caller ends the request (Q2). */
static BOOLEAN IopReturned(struct IOP_REQUEST *Request, NTSTATUS Status)
{
    struct IOP_STATE *State = IopState();
    IopEnter(State);
    Request->Returned = TRUE;
    if (!Request->Done && Status != STATUS_PENDING) { /* nobody will complete it: reported */
        Request->Status = Status;
        Request->Done = TRUE;
    }
    BOOLEAN Mine = Request->Waited || (Request->Done && !Request->Ending);
    Request->Ending |= Mine;
    BOOLEAN Done = Request->Done;
    IopLeave(State);
    if (Done && Request->Waited) {
        KeSetEvent(&Request->Completed, IO_NO_INCREMENT, FALSE);
    }
    return Mine;
}

/* Wait until it is completed. TRUE: a user APC came first, and the request was cancelled. */
static BOOLEAN IopAwait(struct IOP_REQUEST *Request)
{
    PVOID Object = &Request->Completed;
    KWAIT_BLOCK Block;
    struct KIP_WAIT_FOR For = {.Objects = &Object, .Count = 1, .Blocks = &Block};
    For.Apcs = Request->Whole && Request->Answer.Mode == UserMode &&
               (Request->File->Public.Flags & FO_ALERTABLE_IO) != 0;
    if (KipWait(&For) != STATUS_USER_APC) {
        return FALSE;
    }
    IoCancelIrp(Request->Irp);
    For.Apcs = FALSE;
    (void)KipWait(&For);
    return TRUE;
}

NTSTATUS IopSendRequest(struct IOP_REQUEST *Request)
{
    BOOLEAN Added;
    NTSTATUS Status = IopCallDevice(Request, &Added);
    if (Added) {
        (void)IopReturned(Request, Status);
        (void)IopAwait(Request);
        Status = Request->Status;
        IopDropRequest(Request); /* of its end */
    }
    return Status;
}

NTSTATUS IopPerformRequest(struct IOP_REQUEST *Request, const struct IOP_BUFFERS *Buffers,
                           const struct IOP_ANSWER *Answer)
{
    const KPROCESSOR_MODE Mode = Answer->Mode;
    PIRP Irp = Request->Irp;
    BOOLEAN Alerted = FALSE, Added = FALSE;
    Request->Buffers = *Buffers;
    Request->Answer = *Answer;
    Request->Whole = TRUE;
    Request->Waited = (Request->File->Public.Flags & FO_SYNCHRONOUS_IO) != 0;
    ObpReference(Request->File, NULL);
    Irp->UserIosb = Answer->IoStatusBlock;
    Irp->UserEvent = Answer->Event;
    if (Answer->Apc != NULL) {
        Irp->Overlay.AsynchronousParameters.UserApcRoutine = Answer->Apc->Routine;
        Irp->Overlay.AsynchronousParameters.UserApcContext = Answer->Apc->Context;
    }
    NTSTATUS Status = IopPrepareBuffers(Irp, Buffers);
    if (NT_SUCCESS(Status)) {
        KeClearEvent(&Request->File->Public.Event);
        Status = IopCallDevice(Request, &Added);
    }
    if (Added && IopReturned(Request, Status)) {
        const BOOLEAN Pended = Status == STATUS_PENDING;
        Alerted = Request->Waited && IopAwait(Request);
        NTSTATUS Final = IopEndRequest(Request, Pended);
        Status = Pended && !Request->Waited ? Status : Final;
        IopDropRequest(Request);
    }
    IopDropRequest(Request);
    IopLeaveService(Mode);
    if (Alerted) {
        KipDeliverApcs();
    }
    return Status;
}
