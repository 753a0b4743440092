/* SPDX-License-Identifier: MIT
 *
 * deviceopen.c - files opened on devices: IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE.
 */
#include "io/iop_state.h"
#include "io/request.h"

#include <string.h>

static const GENERIC_MAPPING IopMapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE,
                                           FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};

/* The device's descriptor lets the caller in; a name below the device is the driver's to judge,
 * unless the device was made with FILE_DEVICE_SECURE_OPEN. */
static NTSTATUS IopCheckDevice(const struct OBP_PARSE *Parse, const struct IOP_DEVICE *Device,
                               ACCESS_MASK *Granted)
{
    ACCESS_MASK Mapped = SepMapGeneric(Parse->DesiredAccess, &IopMapping);
    if (Parse->AccessMode == KernelMode ||
        (Parse->RemainingName.Length != 0 &&
         (Device->Public.Characteristics & FILE_DEVICE_SECURE_OPEN) == 0)) {
        *Granted = Mapped & ~(ACCESS_MASK)MAXIMUM_ALLOWED;
        *Granted |= (Mapped & MAXIMUM_ALLOWED) != 0 ? (ACCESS_MASK)FILE_ALL_ACCESS : 0;
        return STATUS_SUCCESS;
    }
    return SepCheckAccess(&Device->Parts, SepCurrentToken(), Mapped, &IopMapping, Granted);
}

/* One more file on the device, if it takes one. */
static NTSTATUS IopEnterDevice(struct IOP_DEVICE *Device)
{
    struct IOP_STATE *State = IopState();
    NTSTATUS Status = STATUS_SUCCESS;
    ntsim__lock(State->Lock);
    if (Device->Deleted || (Device->Public.Flags & DO_DEVICE_INITIALIZING) != 0) {
        Status = STATUS_NO_SUCH_DEVICE;
    } else if ((Device->Public.Flags & DO_EXCLUSIVE) != 0 && atomic_load(&Device->Files) != 0) {
        Status = STATUS_ACCESS_DENIED;
    } else {
        atomic_fetch_add(&Device->Files, 1);
    }
    ntsim__unlock(State->Lock);
    return Status;
}

/* "\Device\X" and, below it, "\rest" as the file's own name. */
static NTSTATUS IopMakeDeviceFile(const struct OBP_PARSE *Parse, struct IOP_DEVICE *Device,
                                  const struct IOP_OPEN *Open, struct IOP_FILE **Out)
{
    SIZE_T Rest = Parse->RemainingName.Length;
    SIZE_T Bytes = Device->Name.Length + (Rest != 0 ? sizeof(WCHAR) + Rest : 0);
    PVOID Object = NULL;
    WCHAR *Text = Bytes <= 0xFFFE ? ntsim__allocate(Bytes + sizeof(WCHAR)) : NULL;
    if (Text == NULL) {
        return Bytes <= 0xFFFE ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NAME_TOO_LONG;
    }
    memcpy(Text, Device->Name.Buffer, Device->Name.Length);
    if (Rest != 0) {
        Text[Device->Name.Length / sizeof(WCHAR)] = u'\\';
        memcpy(Text + Device->Name.Length / sizeof(WCHAR) + 1, Parse->RemainingName.Buffer, Rest);
    }
    UNICODE_STRING Path = {(USHORT)Bytes, (USHORT)Bytes, Text};
    NTSTATUS Status = IopCreateFileObject(&Path, &Object);
    ntsim__release(Text);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    struct IOP_FILE *File = Object;
    File->Public.FileName.Buffer = File->Path.Buffer + Device->Name.Length / sizeof(WCHAR);
    File->Public.FileName.Length = (USHORT)(Bytes - Device->Name.Length);
    File->Public.FileName.MaximumLength = (USHORT)(Bytes - Device->Name.Length + sizeof(WCHAR));
    File->Public.DeviceObject = &Device->Public;
    File->Public.SharedRead = (Open->ShareAccess & FILE_SHARE_READ) != 0;
    File->Public.SharedWrite = (Open->ShareAccess & FILE_SHARE_WRITE) != 0;
    File->Public.SharedDelete = (Open->ShareAccess & FILE_SHARE_DELETE) != 0;
    File->Public.Flags = IopFlagsOf(Open->Options);
    File->Lock = ntsim__lock_create(ntsim_current());
    if (File->Lock == NULL) {
        ObpDereference(File, NULL);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Out = File;
    return STATUS_SUCCESS;
}

static NTSTATUS IopSendCreate(const struct OBP_PARSE *Parse, struct IOP_FILE *File,
                              struct IOP_OPEN *Open, ACCESS_MASK Granted)
{
    IO_SECURITY_CONTEXT Security = {.SecurityQos = Parse->SecurityQualityOfService,
                                    .DesiredAccess = Granted,
                                    .FullCreateOptions = Open->Options};
    struct IOP_REQUEST *Request;
    PIO_STACK_LOCATION Stack = IopBeginRequest(&Request, File, IRP_MJ_CREATE);
    if (Stack == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Stack->Parameters.Create.SecurityContext = &Security;
    Stack->Parameters.Create.Options = Open->Disposition << 24 | Open->Options;
    Stack->Parameters.Create.ShareAccess = (USHORT)Open->ShareAccess;
    NTSTATUS Status = IopSendRequest(Request);
    Open->Information = Request->Information;
    IopDropRequest(Request);
    return Status == STATUS_REPARSE ? STATUS_NOT_IMPLEMENTED : Status;
}

NTSTATUS IopParseDevice(struct OBP_PARSE *Parse)
{
    struct IOP_OPEN Default = {.Disposition = FILE_OPEN, .ShareAccess = FILE_SHARE_VALID_FLAGS};
    struct IOP_OPEN *Open = Parse->Context != NULL ? Parse->Context : &Default;
    struct IOP_DEVICE *Device = Parse->RootObject;
    ACCESS_MASK Granted = 0;
    struct IOP_FILE *File;
    if (Parse->Wanted != *IoFileObjectType) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    NTSTATUS Status = IopCheckDevice(Parse, Device, &Granted);
    if (NT_SUCCESS(Status)) {
        Status = IopEnterDevice(Device);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopMakeDeviceFile(Parse, Device, Open, &File);
    if (!NT_SUCCESS(Status)) {
        atomic_fetch_sub(&Device->Files, 1);
        return Status;
    }
    ObpReference(Device, NULL);
    File->Device = Device;
    File->Public.ReadAccess = (Granted & (FILE_READ_DATA | FILE_EXECUTE)) != 0;
    File->Public.WriteAccess = (Granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
    File->Public.DeleteAccess = (Granted & DELETE) != 0;
    Status = IopSendCreate(Parse, File, Open, Granted);
    if (!NT_SUCCESS(Status)) {
        ObpDereference(File, NULL);
        return Status;
    }
    File->Opened = TRUE;
    KeSetEvent(&File->Public.Event, IO_NO_INCREMENT, FALSE); /* the end of IRP_MJ_CREATE */
    Parse->Object = File;
    Parse->GrantedAccess = Granted;
    return STATUS_SUCCESS;
}

/* Nobody is left to be told of a status, or of no memory for the request. */
static VOID IopTell(struct IOP_FILE *File, UCHAR Major)
{
    struct IOP_REQUEST *Request;
    KPROCESSOR_MODE Previous = ntsim_previous_mode(KernelMode);
    if (!atomic_load(&File->Device->Gone) && IopBeginRequest(&Request, File, Major) != NULL) {
        (void)IopSendRequest(Request);
        IopDropRequest(Request);
    }
    ntsim_previous_mode(Previous);
}

VOID IopCleanupFile(struct IOP_FILE *File)
{
    if (File->Opened) {
        IopTell(File, IRP_MJ_CLEANUP);
    }
}

VOID IopLeaveDevice(struct IOP_FILE *File)
{
    struct IOP_DEVICE *Device = File->Device;
    if (Device == NULL) {
        return;
    }
    if (File->Opened) {
        IopTell(File, IRP_MJ_CLOSE);
    }
    if (File->Lock != NULL) {
        ntsim__lock_destroy(ntsim_current(), File->Lock);
    }
    atomic_fetch_sub(&Device->Files, 1);
    ObpDereference(Device, NULL);
}
