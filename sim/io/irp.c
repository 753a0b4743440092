/* SPDX-License-Identifier: MIT
 *
 * irp.c - I/O request packets: sent to a driver, completed by it, judged (rule IO-IRP).
 *
 * The issuer waits until the request is completed, whatever the handle: what comes back is copied
 * on its own thread, as the special APC does. Invariants: device.h.
 */
#include "io/device.h"
#include "io/iop_state.h"
#include "mm/mmp.h"
#include "ps/psp.h"

#include <ntcallback/exception.h>

#include <string.h>

#define IOP_TYPE_IRP 6

/* ---- packets ---- */

/* IoInitializeIrp - make PacketSize bytes a request with StackSize locations, none of them
 * current. */
VOID NTAPI IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize)
{
    memset(Irp, 0, PacketSize);
    Irp->Type = IOP_TYPE_IRP;
    Irp->Size = PacketSize;
    Irp->StackCount = StackSize;
    Irp->CurrentLocation = (CHAR)(StackSize + 1);
    Irp->Tail.Overlay.CurrentStackLocation = (PIO_STACK_LOCATION)(Irp + 1) + StackSize;
    InitializeListHead(&Irp->ThreadListEntry);
}

/* IoReuseIrp - as if IoAllocateIrp had just made it, but for IoStatus.Status. */
VOID NTAPI IoReuseIrp(PIRP Irp, NTSTATUS Iostatus)
{
    IoInitializeIrp(Irp, Irp->Size, Irp->StackCount);
    Irp->IoStatus.Status = Iostatus;
}

/* IoAllocateIrp - a request with StackSize locations, none of them current; NULL: no memory.
 * ChargeQuota is not looked at. IRQL DISPATCH_LEVEL. */
PIRP NTAPI IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota)
{
    SIZE_T Bytes = sizeof(IRP) + (SIZE_T)StackSize * sizeof(IO_STACK_LOCATION);
    UNREFERENCED_PARAMETER(ChargeQuota);
    ntcb_require_kernel(__func__);
    (void)ntcb_check_irql(__func__, DISPATCH_LEVEL, "IO-IRP", 0);
    PIRP Irp = ExAllocatePoolWithTag(NonPagedPool, Bytes, IOP_TAG);
    if (Irp == NULL) {
        return NULL;
    }
    IoInitializeIrp(Irp, (USHORT)Bytes, StackSize);
    return Irp;
}

VOID NTAPI IoFreeIrp(PIRP Irp)
{
    (void)ntcb_check_irql(__func__, DISPATCH_LEVEL, "IO-IRP", 0);
    ExFreePoolWithTag(Irp, IOP_TAG);
}

static VOID IopReportIrp(enum ntcb_severity Severity, ULONG BugCheck, ULONG_PTR Parameter,
                         const VOID *Routine, const char *What, const char *OnWindows,
                         const char *Fix)
{
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = Severity,
            .rule = "IO-IRP",
            .bugcheck = BugCheck,
            .parameter = {Parameter, 0, 0, 0},
            .address = Routine,
            .on_windows = OnWindows,
            .fix = Fix,
        },
        "%s", What);
}

/* ---- to a driver ---- */

/* Call the driver of DeviceObject for the location that is current now. */
static NTSTATUS IopDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDRIVER_DISPATCH Routine =
        DeviceObject->DriverObject->MajorFunction[IoGetCurrentIrpStackLocation(Irp)->MajorFunction];
    struct ntcb_seh_frame Guard;
    Guard.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&Guard)) != 0) {
        NTSTATUS Code = ntcb_exception_record()->ExceptionCode;
        ntcb_exception_report("DV-15", (const VOID *)(uintptr_t)Routine,
                              "an exception left a dispatch routine");
        return NT_SUCCESS(Code) ? STATUS_UNSUCCESSFUL : Code;
    }
    NTSTATUS Status = Routine(DeviceObject, Irp);
    ntcb_seh_done(&Guard);
    return Status;
}

/* IofCallDriver - hand a request to the driver of another device. Returns what its routine does.
 * IRQL DISPATCH_LEVEL. */
NTSTATUS FASTCALL IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    ntcb_require_kernel(__func__);
    (void)ntcb_check_irql(__func__, DISPATCH_LEVEL, "IO-IRP", 0);
    if (Irp->CurrentLocation <= 1) {
        IopReportIrp(NTCB_BUGCHECK, NO_MORE_IRP_STACK_LOCATIONS, (ULONG_PTR)Irp,
                     __builtin_return_address(0),
                     "IofCallDriver was given an IRP without a stack location for the driver",
                     "this bug check", "allocate the IRP with the StackSize of the target device");
        return STATUS_INVALID_PARAMETER;
    }
    Irp->CurrentLocation--;
    Irp->Tail.Overlay.CurrentStackLocation--;
    Irp->Tail.Overlay.CurrentStackLocation->DeviceObject = DeviceObject;
    return IopDispatch(DeviceObject, Irp);
}

/* ---- completion ---- */

/* The completion routines above the driver that completes. FALSE: one wants to go on with it. */
static BOOLEAN IopUnwind(PIRP Irp)
{
    while (Irp->CurrentLocation <= Irp->StackCount) {
        IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);
        IO_STACK_LOCATION Done = *Stack;
        Irp->PendingReturned = (Stack->Control & SL_PENDING_RETURNED) != 0;
        Irp->CurrentLocation++;
        Irp->Tail.Overlay.CurrentStackLocation++;
        ULONG Wanted =
            !NT_SUCCESS(Irp->IoStatus.Status) ? SL_INVOKE_ON_ERROR : SL_INVOKE_ON_SUCCESS;
        Wanted |= Irp->Cancel ? SL_INVOKE_ON_CANCEL : 0;
        if (Done.CompletionRoutine != NULL && (Done.Control & Wanted) != 0) {
            PDEVICE_OBJECT Device = Irp->CurrentLocation <= Irp->StackCount
                                        ? IoGetCurrentIrpStackLocation(Irp)->DeviceObject
                                        : NULL;
            if (Done.CompletionRoutine(Device, Irp, Done.Context) ==
                STATUS_MORE_PROCESSING_REQUIRED) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

/* IofCompleteRequest - the driver is done with the request: it must not touch it any more.
 * PriorityBoost is not looked at. IRQL DISPATCH_LEVEL. */
VOID FASTCALL IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost)
{
    struct IOP_STATE *State = IopState();
    const VOID *Caller = __builtin_return_address(0);
    struct IOP_REQUEST *Request;
    BOOLEAN Known;
    UNREFERENCED_PARAMETER(PriorityBoost);
    (void)ntcb_check_irql(__func__, DISPATCH_LEVEL, "IO-IRP", 0);
    State->Host->monitor_enter(State->Host->context, State->Monitor);
    HASH_FIND_PTR(State->Requests, &Irp, Request);
    Known = Request != NULL && !Request->Done;
    State->Host->monitor_leave(State->Host->context, State->Monitor);
    if (!Known && (Request != NULL || !MmIsAddressValid(Irp) || Irp->Type != IOP_TYPE_IRP)) {
        IopReportIrp(NTCB_BUGCHECK, MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)Irp, Caller,
                     "a request was completed that is completed already, or is none",
                     "this bug check", "complete each request once, on one path");
        return;
    }
    if (Irp->IoStatus.Status == STATUS_PENDING) {
        IopReportIrp(NTCB_BUGCHECK, MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)Irp, Caller,
                     "a request was completed with IoStatus.Status STATUS_PENDING",
                     "Driver Verifier stops here; without it the program waits for ever",
                     "set IoStatus.Status to the result before IoCompleteRequest");
    }
    if (Irp->CancelRoutine != NULL) {
        IopReportIrp(NTCB_VIOLATION, 0, (ULONG_PTR)Irp, Caller,
                     "a request was completed with its cancel routine still set",
                     "whoever cancels it meanwhile calls the routine with freed memory",
                     "call IoSetCancelRoutine(Irp, NULL) first, and leave the request to the "
                     "routine if that returns NULL");
    }
    if (!IopUnwind(Irp) || !Known) {
        return; /* a driver's own request is its completion routine's to free */
    }
    State->Host->monitor_enter(State->Host->context, State->Monitor);
    Request->Status = Irp->IoStatus.Status;
    Request->Information = Irp->IoStatus.Information;
    Request->Done = TRUE;
    State->Host->monitor_wake(State->Host->context, State->Monitor);
    State->Host->monitor_leave(State->Host->context, State->Monitor);
}

/* ---- the issuer ---- */

PIO_STACK_LOCATION IopBeginRequest(struct IOP_REQUEST *Request, struct IOP_FILE *File, UCHAR Major)
{
    PIRP Irp = IoAllocateIrp(File->Device->Public.StackSize, FALSE);
    memset(Request, 0, sizeof(*Request));
    if (Irp == NULL) {
        return NULL;
    }
    Irp->RequestorMode = ExGetPreviousMode();
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    Irp->Tail.Overlay.OriginalFileObject = &File->Public;
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = Major;
    Stack->FileObject = &File->Public;
    Request->Irp = Irp;
    Request->File = File;
    return Stack;
}

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

NTSTATUS IopSendRequest(struct IOP_REQUEST *Request)
{
    struct IOP_STATE *State = IopState();
    const struct ntcb_host_ops *Host = State->Host;
    PDEVICE_OBJECT Device = &Request->File->Device->Public;
    PIRP Irp = Request->Irp;
    UCHAR Major = IoGetNextIrpStackLocation(Irp)->MajorFunction;
    const VOID *Routine = (const VOID *)(uintptr_t)Device->DriverObject->MajorFunction[Major];
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    BOOLEAN Added;
    Host->monitor_enter(Host->context, State->Monitor);
    HASH_ADD_PTR(State->Requests, Irp, Request);
    Added = Request->hh.tbl != NULL;
    Host->monitor_leave(Host->context, State->Monitor);
    if (!Added) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Request->Irql = KeGetCurrentIrql();
    NTSTATUS Status = IofCallDriver(Device, Irp);
    Host->monitor_enter(Host->context, State->Monitor);
    BOOLEAN Done = Request->Done;
    Host->monitor_leave(Host->context, State->Monitor);
    IopJudgeDispatch(Request, Done, (Stack->Control & SL_PENDING_RETURNED) != 0, Status, Routine);
    Host->monitor_enter(Host->context, State->Monitor);
    while (!Request->Done && Status == STATUS_PENDING) {
        (void)Host->monitor_wait(Host->context, State->Monitor, NTCB_FOREVER);
    }
    if (!Request->Done) { /* nobody will: reported */
        Request->Status = Status;
        Request->Done = TRUE;
    }
    HASH_DEL(State->Requests, Request);
    Host->monitor_leave(Host->context, State->Monitor);
    return Request->Status;
}

VOID IopEndRequest(struct IOP_REQUEST *Request)
{
    PIRP Irp = Request->Irp;
    if (Irp == NULL) {
        return;
    }
    while (Irp->MdlAddress != NULL) {
        PMDL Mdl = Irp->MdlAddress;
        Irp->MdlAddress = Mdl->Next;
        MmUnlockPages(Mdl);
        IoFreeMdl(Mdl);
    }
    if (Irp->AssociatedIrp.SystemBuffer != NULL) {
        ExFreePoolWithTag(Irp->AssociatedIrp.SystemBuffer, IOP_TAG);
    }
    IoFreeIrp(Irp);
}
