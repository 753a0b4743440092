/* SPDX-License-Identifier: MIT
 *
 * procguard.c - a driver that keeps some processes alive and others from starting, and knows who
 * created whom.
 *
 *   policy.c   what the service key says
 *   tree.c     process, thread and image routines
 *   handles.c  object callbacks
 *   here       the device \\.\ProcGuard, DriverEntry, unload
 *
 * Unload takes the callbacks away before anything that they use: each removal waits for the calls
 * that are under way. Needs Windows 10 or later, for ExAllocatePool2.
 */
#include "procguard.h"

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD PgUnload;
DRIVER_DISPATCH PgOpenClose;
DRIVER_DISPATCH PgControl;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, PgUnload)
#pragma alloc_text(PAGE, PgOpenClose)
#pragma alloc_text(PAGE, PgControl)
#endif

static UNICODE_STRING PgDeviceName = RTL_CONSTANT_STRING(L"\\Device\\ProcGuard");
static UNICODE_STRING PgLinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\ProcGuard");

/* ---- the device ----------------------------------------------------------------------------- */

static NTSTATUS PgComplete(_Inout_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Use_decl_annotations_ NTSTATUS PgOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DeviceObject);
    return PgComplete(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ NTSTATUS PgControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PULONG ProcessId = Irp->AssociatedIrp.SystemBuffer;
    PPROCGUARD_PROCESS Process = Irp->AssociatedIrp.SystemBuffer;

    PAGED_CODE();
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_PROCGUARD_QUERY)
        return PgComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (Stack->Parameters.DeviceIoControl.InputBufferLength != sizeof(*ProcessId))
        return PgComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(*Process))
        return PgComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    if (!PgLookup(ULongToHandle(*ProcessId), Process))
        return PgComplete(Irp, STATUS_NOT_FOUND, 0);
    return PgComplete(Irp, STATUS_SUCCESS, sizeof(*Process));
}

static NTSTATUS PgCreateDevice(_In_ PDRIVER_OBJECT DriverObject)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &PgDeviceName, FILE_DEVICE_UNKNOWN,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = IoCreateSymbolicLink(&PgLinkName, &PgDeviceName);
    if (!NT_SUCCESS(Status))
        IoDeleteDevice(Device);
    return Status;
}

static VOID PgDeleteDevice(_In_ PDRIVER_OBJECT DriverObject)
{
    IoDeleteSymbolicLink(&PgLinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

/* ---- load and unload ------------------------------------------------------------------------ */

/* What is registered, in this order, and taken back in the reverse one. */
typedef enum _PG_STAGE {
    PgNothing,
    PgDevice,
    PgProcesses,
    PgThreads,
    PgImages,
    PgHandles
} PG_STAGE;

static VOID PgTakeBack(_In_ PDRIVER_OBJECT DriverObject, _In_ PG_STAGE Stage)
{
    if (Stage >= PgHandles)
        PgReleaseHandles();
    if (Stage >= PgImages)
        PsRemoveLoadImageNotifyRoutine(PgImage);
    if (Stage >= PgThreads)
        PsRemoveCreateThreadNotifyRoutine(PgThread);
    if (Stage >= PgProcesses)
        PsSetCreateProcessNotifyRoutineEx(PgProcess, TRUE);
    if (Stage >= PgDevice)
        PgDeleteDevice(DriverObject);
    PgFreeTree();
    PgFreePolicy();
}

_Use_decl_annotations_ VOID PgUnload(PDRIVER_OBJECT DriverObject)
{
    PAGED_CODE();
    PgTakeBack(DriverObject, PgHandles);
}

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject,
                                            PUNICODE_STRING RegistryPath)
{
    PG_STAGE Stage = PgNothing;
    NTSTATUS Status;

    DriverObject->DriverUnload = PgUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = PgOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = PgOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = PgOpenClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = PgControl;
    PgInitializeTree();
    Status = PgReadPolicy(RegistryPath);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PgCreateDevice(DriverObject);
    if (NT_SUCCESS(Status)) {
        Stage = PgDevice;
        Status = PsSetCreateProcessNotifyRoutineEx(PgProcess, FALSE);
    }
    if (NT_SUCCESS(Status)) {
        Stage = PgProcesses;
        Status = PsSetCreateThreadNotifyRoutine(PgThread);
    }
    if (NT_SUCCESS(Status)) {
        Stage = PgThreads;
        Status = PsSetLoadImageNotifyRoutine(PgImage);
    }
    if (NT_SUCCESS(Status)) {
        Stage = PgImages;
        Status = PgGuardHandles();
    }
    if (!NT_SUCCESS(Status))
        PgTakeBack(DriverObject, Stage);
    return Status;
}
