/* SPDX-License-Identifier: MIT
 *
 * irp.c - I/O request packets: handed to a driver, completed by it (rule IO-IRP). Who issues them
 * is in request.c. Invariants: device.h.
 */
#include "io/device.h"
#include "io/request.h"

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

VOID IopReportIrp(enum ntcb_severity Severity, ULONG BugCheck, ULONG_PTR Parameter,
                  const VOID *Routine, const char *What, const char *OnWindows, const char *Fix)
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
        Wanted |= __atomic_load_n(&Irp->Cancel, __ATOMIC_RELAXED) ? SL_INVOKE_ON_CANCEL : 0;
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
    const VOID *Caller = __builtin_return_address(0);
    struct IOP_REQUEST *Request;
    UNREFERENCED_PARAMETER(PriorityBoost);
    (void)ntcb_check_irql(__func__, DISPATCH_LEVEL, "IO-IRP", 0);
    BOOLEAN Known = IopFindRequest(Irp, &Request);
    if (Known ? Request == NULL : !MmIsAddressValid(Irp) || Irp->Type != IOP_TYPE_IRP) {
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
    if (__atomic_load_n(&Irp->CancelRoutine, __ATOMIC_RELAXED) != NULL) {
        IopReportIrp(NTCB_VIOLATION, 0, (ULONG_PTR)Irp, Caller,
                     "a request was completed with its cancel routine still set",
                     "whoever cancels it meanwhile calls the routine with freed memory",
                     "call IoSetCancelRoutine(Irp, NULL) first, and leave the request to the "
                     "routine if that returns NULL");
    }
    BOOLEAN Whole = IopUnwind(Irp); /* a driver's own request is its routine's to free by then */
    if (Request != NULL) {
        IopCompleted(Request, Whole);
    }
}
