/* SPDX-License-Identifier: MIT
 *
 *  E V T Q  -  process events for a service, by the inverted call
 *
 *  The service keeps IOCTL_EVTQ_GET requests pending.  Each is completed with as many whole records
 *  as its buffer, described by an MDL, takes.  Events that nobody waits for are queued, up to a
 *  limit.
 *
 *  Locking: ed_Lock (spin lock) covers both queues.  An IRP in the queue has a cancel routine;
 *  whoever gets that routine out of the IRP owns it.
 */
#include <ntifs.h>

#define EVTQ_POOL_TAG       'qtvE'
#define EVTQ_MAX_EVENTS     32

#define IOCTL_EVTQ_GET \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_OUT_DIRECT, FILE_READ_ACCESS)
#define IOCTL_EVTQ_COUNTS \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _EVTQ_RECORD {
    ULONG       er_Pid;
    ULONG       er_Created;
} EVTQ_RECORD, *PEVTQ_RECORD;

typedef struct _EVTQ_COUNTS {
    ULONG       ec_Queued;
    ULONG       ec_Lost;
    ULONG       ec_Pending;
} EVTQ_COUNTS, *PEVTQ_COUNTS;

typedef struct _EVTQ_EVENT {
    LIST_ENTRY  ee_Link;
    EVTQ_RECORD ee_Record;
} EVTQ_EVENT, *PEVTQ_EVENT;

typedef struct _EVTQ_EXTENSION {
    KSPIN_LOCK  ed_Lock;
    LIST_ENTRY  ed_Events;
    LIST_ENTRY  ed_Irps;                /* by Tail.Overlay.ListEntry */
    EVTQ_COUNTS ed_Counts;
} EVTQ_EXTENSION, *PEVTQ_EXTENSION;

static PDEVICE_OBJECT   EvtqDevice;

DRIVER_INITIALIZE       DriverEntry;
static DRIVER_UNLOAD    EvtqUnload;
static DRIVER_CANCEL    EvtqCancel;
__drv_dispatchType(IRP_MJ_CREATE) __drv_dispatchType(IRP_MJ_CLOSE)
static DRIVER_DISPATCH  EvtqCreateClose;
__drv_dispatchType(IRP_MJ_CLEANUP)
static DRIVER_DISPATCH  EvtqCleanup;
__drv_dispatchType(IRP_MJ_DEVICE_CONTROL)
static DRIVER_DISPATCH  EvtqControl;

static NTSTATUS EvtqComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* As many whole records as fit.  Lock held. */
static NTSTATUS EvtqFill(PEVTQ_EXTENSION Ext, PIRP Irp, PULONG_PTR Information)
{
    ULONG Room = MmGetMdlByteCount(Irp->MdlAddress) / sizeof(EVTQ_RECORD);
    PEVTQ_RECORD Out;

    *Information = 0;
    Out = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (Out == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;

    for (; Room != 0 && !IsListEmpty(&Ext->ed_Events); --Room) {
        PEVTQ_EVENT Event = CONTAINING_RECORD(RemoveHeadList(&Ext->ed_Events), EVTQ_EVENT, ee_Link);

        *Out++ = Event->ee_Record;
        *Information += sizeof(EVTQ_RECORD);
        --Ext->ed_Counts.ec_Queued;
        ExFreePoolWithTag(Event, EVTQ_POOL_TAG);
    }
    return STATUS_SUCCESS;
}

/* The next request that nobody is cancelling, or NULL.  Lock held. */
static PIRP EvtqNextIrp(PEVTQ_EXTENSION Ext, PFILE_OBJECT File)
{
    PLIST_ENTRY Link, Next;

    for (Link = Ext->ed_Irps.Flink; Link != &Ext->ed_Irps; Link = Next) {
        PIRP Irp = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);

        Next = Link->Flink;
        if (File != NULL && IoGetCurrentIrpStackLocation(Irp)->FileObject != File)
            continue;
        if (IoSetCancelRoutine(Irp, NULL) != NULL) {
            RemoveEntryList(Link);
            --Ext->ed_Counts.ec_Pending;
            return Irp;
        }
        /* its cancel routine is about to run, and takes it off the list */
    }
    return NULL;
}

static VOID EvtqCancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEVTQ_EXTENSION Ext = DeviceObject->DeviceExtension;
    KIRQL OldIrql;

    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Ext->ed_Lock, &OldIrql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    --Ext->ed_Counts.ec_Pending;
    KeReleaseSpinLock(&Ext->ed_Lock, OldIrql);
    (VOID)EvtqComplete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS EvtqGet(PEVTQ_EXTENSION Ext, PIRP Irp)
{
    NTSTATUS Status;
    ULONG_PTR Information = 0;
    KIRQL OldIrql;

    if (Irp->MdlAddress == NULL || MmGetMdlByteCount(Irp->MdlAddress) < sizeof(EVTQ_RECORD))
        return EvtqComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);

    KeAcquireSpinLock(&Ext->ed_Lock, &OldIrql);
    if (!IsListEmpty(&Ext->ed_Events)) {
        Status = EvtqFill(Ext, Irp, &Information);
    } else {
        IoMarkIrpPending(Irp);
        (VOID)IoSetCancelRoutine(Irp, EvtqCancel);
        if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
            KeReleaseSpinLock(&Ext->ed_Lock, OldIrql);
            (VOID)EvtqComplete(Irp, STATUS_CANCELLED, 0);
            return STATUS_PENDING;
        }
        InsertTailList(&Ext->ed_Irps, &Irp->Tail.Overlay.ListEntry);
        ++Ext->ed_Counts.ec_Pending;
        Status = STATUS_PENDING;
    }
    KeReleaseSpinLock(&Ext->ed_Lock, OldIrql);

    return Status == STATUS_PENDING ? Status : EvtqComplete(Irp, Status, Information);
}

static NTSTATUS EvtqControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PEVTQ_EXTENSION Ext = DeviceObject->DeviceExtension;
    KIRQL OldIrql;

    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_EVTQ_GET:
        return EvtqGet(Ext, Irp);

    case IOCTL_EVTQ_COUNTS:
        if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(EVTQ_COUNTS))
            return EvtqComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        KeAcquireSpinLock(&Ext->ed_Lock, &OldIrql);
        *(PEVTQ_COUNTS)Irp->AssociatedIrp.SystemBuffer = Ext->ed_Counts;
        KeReleaseSpinLock(&Ext->ed_Lock, OldIrql);
        return EvtqComplete(Irp, STATUS_SUCCESS, sizeof(EVTQ_COUNTS));

    default:
        return EvtqComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static NTSTATUS EvtqCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return EvtqComplete(Irp, STATUS_SUCCESS, 0);
}

/* The last handle is closed: nobody waits for these any more. */
static NTSTATUS EvtqCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PEVTQ_EXTENSION Ext = DeviceObject->DeviceExtension;
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    PIRP Pending;
    KIRQL OldIrql;

    for (;;) {
        KeAcquireSpinLock(&Ext->ed_Lock, &OldIrql);
        Pending = EvtqNextIrp(Ext, File);
        KeReleaseSpinLock(&Ext->ed_Lock, OldIrql);
        if (Pending == NULL)
            break;
        (VOID)EvtqComplete(Pending, STATUS_CANCELLED, 0);
    }
    return EvtqComplete(Irp, STATUS_SUCCESS, 0);
}

static VOID EvtqOnProcess(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    PEVTQ_EXTENSION Ext = EvtqDevice->DeviceExtension;
    PEVTQ_EVENT Event;
    ULONG_PTR Information = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    PIRP Irp = NULL;
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(ParentId);
    Event = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Event), EVTQ_POOL_TAG);

    KeAcquireSpinLock(&Ext->ed_Lock, &OldIrql);
    if (Event == NULL || Ext->ed_Counts.ec_Queued >= EVTQ_MAX_EVENTS) {
        ++Ext->ed_Counts.ec_Lost;
    } else {
        Event->ee_Record.er_Pid = HandleToULong(ProcessId);
        Event->ee_Record.er_Created = Create;
        InsertTailList(&Ext->ed_Events, &Event->ee_Link);
        ++Ext->ed_Counts.ec_Queued;
        Event = NULL;
        Irp = EvtqNextIrp(Ext, NULL);
        if (Irp != NULL)
            Status = EvtqFill(Ext, Irp, &Information);
    }
    KeReleaseSpinLock(&Ext->ed_Lock, OldIrql);

    if (Event != NULL)
        ExFreePoolWithTag(Event, EVTQ_POOL_TAG);
    if (Irp != NULL)
        (VOID)EvtqComplete(Irp, Status, Information);
}

static VOID EvtqUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\EvtQ");
    PEVTQ_EXTENSION Ext = EvtqDevice->DeviceExtension;

    UNREFERENCED_PARAMETER(DriverObject);
    (VOID)PsSetCreateProcessNotifyRoutine(EvtqOnProcess, TRUE);
    (VOID)IoDeleteSymbolicLink(&Link);
    while (!IsListEmpty(&Ext->ed_Events))
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Ext->ed_Events), EVTQ_EVENT, ee_Link),
                          EVTQ_POOL_TAG);
    IoDeleteDevice(EvtqDevice);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\EvtQ");
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\EvtQ");
    PEVTQ_EXTENSION Ext;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Status = IoCreateDevice(DriverObject, sizeof(EVTQ_EXTENSION), &Name, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &EvtqDevice);
    if (!NT_SUCCESS(Status))
        return Status;

    Ext = EvtqDevice->DeviceExtension;
    KeInitializeSpinLock(&Ext->ed_Lock);
    InitializeListHead(&Ext->ed_Events);
    InitializeListHead(&Ext->ed_Irps);

    DriverObject->MajorFunction[IRP_MJ_CREATE] = EvtqCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = EvtqCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = EvtqCleanup;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = EvtqControl;
    DriverObject->DriverUnload = EvtqUnload;

    Status = IoCreateSymbolicLink(&Link, &Name);
    if (NT_SUCCESS(Status)) {
        Status = PsSetCreateProcessNotifyRoutine(EvtqOnProcess, FALSE);
        if (!NT_SUCCESS(Status))
            (VOID)IoDeleteSymbolicLink(&Link);
    }
    if (!NT_SUCCESS(Status))
        IoDeleteDevice(EvtqDevice);
    return Status;
}
