/* SPDX-License-Identifier: MIT
 *
 * driverobject.c - DRIVER_OBJECT and what hangs off it.
 */
#include "io/iop_state.h"
#include "ob/obp.h"

#include <stdio.h>
#include <string.h>

#define IOP_TYPE_DRIVER 4
#define IOP_LEGACY_DRIVER 2 /* DRVO_LEGACY_DRIVER */

/* What DriverSection points to: the loader's entry for the driver. No header declares it, drivers
 * that look at it bring their own declaration; this is its beginning on x64. */
struct IOP_LOADER_ENTRY {
    LIST_ENTRY InLoadOrderLinks;
    PVOID ExceptionTable;
    ULONG ExceptionTableSize;
    PVOID GpValue;
    PVOID NonPagedDebugInfo;
    PVOID DllBase;
    PVOID EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName;
    UNICODE_STRING BaseDllName;
    ULONG Flags;
    USHORT LoadCount;
    USHORT Signature;
    UCHAR Rest[128];
};

struct IOP_DRIVER {
    DRIVER_OBJECT Public; /* first: drivers see this */
    DRIVER_EXTENSION Extension;
    struct IOP_LOADER_ENTRY Loader;
    UNICODE_STRING Hardware;
};

static VOID IopDeleteDriver(PVOID Object)
{
    struct IOP_DRIVER *Driver = Object;

    ntsim__release(Driver->Public.DriverName.Buffer);
    ntsim__release(Driver->Extension.ServiceKeyName.Buffer);
    ntsim__release(Driver->Loader.FullDllName.Buffer);
}

static NTSTATUS IopQueryDriverName(PVOID Object, PWSTR Buffer, ULONG Length, PULONG Needed)
{
    PCUNICODE_STRING Name = &((struct IOP_DRIVER *)Object)->Public.DriverName;

    *Needed = Name->Length;
    if (Length != 0) {
        memcpy(Buffer, Name->Buffer, Length < Name->Length ? Length : Name->Length);
    }
    return STATUS_SUCCESS;
}

static const struct OBP_TYPE IopDriverType = {
    .Name = "Driver",
    .GenericMapping = {0x120089, 0x120116, 0x1200A0, 0x1F01FF},
    .ValidAccess = 0x1F01FF,
    .Delete = IopDeleteDriver,
    .QueryName = IopQueryDriverName,
};

static POBJECT_TYPE const IopDriverTypePointer = (POBJECT_TYPE)(ULONG_PTR)&IopDriverType;
POBJECT_TYPE *IoDriverObjectType = (POBJECT_TYPE *)(ULONG_PTR)&IopDriverTypePointer;

static NTSTATUS NTAPI IopInvalidDeviceRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    Irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}

static VOID IopFillLoaderEntry(struct IOP_DRIVER *Driver)
{
    struct IOP_LOADER_ENTRY *Loader = &Driver->Loader;
    USHORT At = Loader->FullDllName.Length / (USHORT)sizeof(WCHAR);

    while (At != 0 && Loader->FullDllName.Buffer[At - 1] != u'\\') {
        At--;
    }
    InitializeListHead(&Loader->InLoadOrderLinks);
    Loader->DllBase = Driver->Public.DriverStart;
    Loader->SizeOfImage = Driver->Public.DriverSize;
    Loader->BaseDllName = Loader->FullDllName;
    Loader->BaseDllName.Buffer += At;
    Loader->BaseDllName.Length = (USHORT)(Loader->BaseDllName.Length - At * sizeof(WCHAR));
    Loader->BaseDllName.MaximumLength =
        (USHORT)(Loader->BaseDllName.MaximumLength - At * sizeof(WCHAR));
    Loader->LoadCount = 1;
}

static VOID IopFillDriver(struct ntsim_driver *Driver, struct IOP_DRIVER *Object)
{
    static const WCHAR Hardware[] = u"\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\SYSTEM";
    ULONG Index;

    Object->Hardware =
        (UNICODE_STRING){sizeof(Hardware) - sizeof(WCHAR), sizeof(Hardware), (PWSTR)Hardware};
    Object->Public.Type = IOP_TYPE_DRIVER;
    Object->Public.Size = sizeof(DRIVER_OBJECT);
    Object->Public.Flags = IOP_LEGACY_DRIVER;
    Object->Public.DriverStart = ntsim_image_base(Driver->Image);
    Object->Public.DriverSize = (ULONG)ntsim_image_size(Driver->Image);
    Object->Public.DriverSection = &Object->Loader;
    Object->Public.DriverExtension = &Object->Extension;
    Object->Public.HardwareDatabase = &Object->Hardware;
    Object->Public.DriverInit = Driver->Entry;
    Object->Extension.DriverObject = &Object->Public;
    for (Index = 0; Index <= IRP_MJ_MAXIMUM_FUNCTION; Index++) {
        Object->Public.MajorFunction[Index] = IopInvalidDeviceRequest;
    }
    IopFillLoaderEntry(Object);
}

NTSTATUS IopCreateDriverObject(struct ntsim_driver *Driver)
{
    struct IOP_DRIVER *Object;
    char Path[IOP_NAME_BYTES + 16];
    PVOID Body;
    NTSTATUS Status =
        ObpCreateObject((POBJECT_TYPE)&IopDriverType, sizeof(struct IOP_DRIVER), &Body);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Object = Body;
    snprintf(Path, sizeof(Path), "\\Driver\\%s", Driver->Name);
    if (!ntsim__utf16(Path, &Object->Public.DriverName) ||
        !ntsim__utf16(Driver->Name, &Object->Extension.ServiceKeyName) ||
        !ntsim__utf16(Driver->ImagePath, &Object->Loader.FullDllName)) {
        ObpDereference(Body, NULL);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    IopFillDriver(Driver, Object);
    Status = ObpInsertName(&Object->Public.DriverName, Body);
    if (!NT_SUCCESS(Status)) {
        ObpDereference(Body, NULL);
        return Status;
    }
    Driver->Object = &Object->Public;
    return STATUS_SUCCESS;
}

VOID IopDeleteDriverObject(struct ntsim_driver *Driver)
{
    if (Driver->Object != NULL) {
        ObpRemoveName(&Driver->Object->DriverName);
        ObpDereference(Driver->Object, NULL);
        Driver->Object = NULL;
    }
}
