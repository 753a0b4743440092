/* SPDX-License-Identifier: MIT
 *
 * toaster.c - a driver with a device that tells how many registry values programs have set.
 */
#include <ntddk.h>
#include "toaster.h"

static LARGE_INTEGER Cookie;
static volatile LONG Count;

static NTSTATUS OnRegistry(PVOID Context, PVOID NotifyClass, PVOID Information)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Information);
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)NotifyClass == RegNtPreSetValueKey &&
        ExGetPreviousMode() == UserMode) {
        InterlockedIncrement(&Count);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS OpenOrClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Control(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(Device);
    if (Stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_TOASTER_COUNT) {
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(LONG)) {
        return Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    *(LONG *)Irp->AssociatedIrp.SystemBuffer = Count;
    return Complete(Irp, STATUS_SUCCESS, sizeof(LONG));
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Toaster");

    CmUnRegisterCallback(Cookie);
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Toaster");
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Toaster");
    UNICODE_STRING Altitude = RTL_CONSTANT_STRING(L"360111.4711");
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Count = 0;
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = OpenOrClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = OpenOrClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (NT_SUCCESS(Status)) {
        Status = CmRegisterCallbackEx(OnRegistry, &Altitude, DriverObject, NULL, &Cookie, NULL);
        if (!NT_SUCCESS(Status)) {
            IoDeleteSymbolicLink(&Link);
        }
    }
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
    }
    return Status;
}
