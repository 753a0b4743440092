/* SPDX-License-Identifier: MIT
 *
 * file.c - file objects: what an open gives, and what an image's callback finds its file by.
 */
#include "io/device.h"

#include <string.h>

#define IOP_TYPE_FILE 5

static VOID IopDeleteFile(PVOID Object)
{
    IopLeaveVolume(Object);
    IopLeaveDevice(Object);
    ntsim__release(((struct IOP_FILE *)Object)->Path.Buffer);
}

static VOID IopLastHandle(PVOID Object)
{
    IopCleanupFile(Object);
}

static NTSTATUS IopQueryFileName(PVOID Object, PWSTR Buffer, ULONG Length, PULONG Needed)
{
    PCUNICODE_STRING Path = &((struct IOP_FILE *)Object)->Path;

    *Needed = Path->Length;
    if (Length > 0) {
        memcpy(Buffer, Path->Buffer, Length < Path->Length ? Length : Path->Length);
    }
    return STATUS_SUCCESS;
}

static const struct OBP_TYPE IopFileType = {
    .Name = "File",
    .GenericMapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                       FILE_ALL_ACCESS},
    .ValidAccess = FILE_ALL_ACCESS,
    .Delete = IopDeleteFile,
    .Close = IopLastHandle,
    .QueryName = IopQueryFileName,
    .Waitable = TRUE,
    .WaitAt = FIELD_OFFSET(FILE_OBJECT, Event),
};

static POBJECT_TYPE const IopFileTypePointer = (POBJECT_TYPE)&IopFileType;
POBJECT_TYPE *IoFileObjectType = (POBJECT_TYPE *)&IopFileTypePointer;

ULONG IopFlagsOf(ULONG Options)
{
    const BOOLEAN Alertable = (Options & FILE_SYNCHRONOUS_IO_ALERT) != 0;

    return (Alertable ? FO_ALERTABLE_IO : 0u) |
           (Alertable || (Options & FILE_SYNCHRONOUS_IO_NONALERT) != 0 ? FO_SYNCHRONOUS_IO : 0u);
}

/* Units of Path that name the volume: "C:", "\Device\X", "\??\C:", "\SystemRoot" (kept), else 0. */
static USHORT IopVolumeUnits(PCUNICODE_STRING Path)
{
    static const UNICODE_STRING Device = RTL_CONSTANT_STRING(u"\\Device\\");
    static const UNICODE_STRING Dos = RTL_CONSTANT_STRING(u"\\??\\");
    USHORT Units = Path->Length / (USHORT)sizeof(WCHAR);
    USHORT At;

    if (Units >= 2 && Path->Buffer[1] == u':') {
        return 2;
    }
    if (RtlPrefixUnicodeString(&Device, Path, TRUE)) {
        At = Device.Length / (USHORT)sizeof(WCHAR);
    } else if (RtlPrefixUnicodeString(&Dos, Path, TRUE)) {
        At = Dos.Length / (USHORT)sizeof(WCHAR);
    } else {
        return 0;
    }
    while (At < Units && Path->Buffer[At] != u'\\') {
        At++;
    }
    return At;
}

NTSTATUS IopCreateFileObject(PCUNICODE_STRING Path, PVOID *FileObject)
{
    struct IOP_FILE *File;
    USHORT Volume;
    NTSTATUS Status = ObpCreateObject(*IoFileObjectType, sizeof(*File), FileObject);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    File = *FileObject;
    File->Path.Buffer = ntsim__allocate(Path->Length + sizeof(WCHAR));
    if (File->Path.Buffer == NULL) {
        ObpDereference(File, NULL);
        *FileObject = NULL;
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(File->Path.Buffer, Path->Buffer, Path->Length);
    File->Path.Length = Path->Length;
    File->Path.MaximumLength = (USHORT)(Path->Length + sizeof(WCHAR));
    Volume = (USHORT)(IopVolumeUnits(Path) * sizeof(WCHAR));
    File->Public.Type = IOP_TYPE_FILE;
    File->Public.Size = sizeof(FILE_OBJECT);
    KeInitializeEvent(&File->Public.Event, NotificationEvent, FALSE);
    File->Public.ReadAccess = TRUE;
    File->Public.SharedRead = TRUE;
    File->Public.FileName = (UNICODE_STRING){(USHORT)(File->Path.Length - Volume),
                                             (USHORT)(File->Path.MaximumLength - Volume),
                                             File->Path.Buffer + Volume / sizeof(WCHAR)};
    return STATUS_SUCCESS;
}
