/* SPDX-License-Identifier: MIT
 *
 * dosname.c - drive letters of files and volumes: \Device\HarddiskVolume3 is C:, 1 to 9 are A: to
 * I:, as SeLocateProcessImageName has it the other way round.
 */
#include "io/file.h"
#include "mm/mmp.h"

#include <string.h>

#define IOP_DOS_TAG 0x6E446F49u /* "IoDn" */

static const UNICODE_STRING IopVolumePrefix = RTL_CONSTANT_STRING(u"\\Device\\HarddiskVolume");

/* "C:" and the rest of a path whose volume has a letter. FALSE: it has none. */
static BOOLEAN IopSplitVolume(PCUNICODE_STRING Path, WCHAR Drive[2], PUNICODE_STRING Rest)
{
    USHORT At = IopVolumePrefix.Length / (USHORT)sizeof(WCHAR);
    WCHAR Digit;

    if (Path->Length >= 2 * sizeof(WCHAR) && Path->Buffer[1] == u':') {
        At = 2; /* the path is one of those already */
        Drive[0] = Path->Buffer[0];
    } else if (RtlPrefixUnicodeString(&IopVolumePrefix, Path, TRUE) &&
               Path->Length > IopVolumePrefix.Length) {
        Digit = Path->Buffer[At++];
        if (Digit < u'1' || Digit > u'9' ||
            (Path->Length > At * sizeof(WCHAR) && Path->Buffer[At] != u'\\')) {
            return FALSE;
        }
        Drive[0] = (WCHAR)(u'A' + Digit - u'1');
    } else {
        return FALSE;
    }
    Drive[1] = u':';
    *Rest = (UNICODE_STRING){(USHORT)(Path->Length - At * sizeof(WCHAR)),
                             (USHORT)(Path->Length - At * sizeof(WCHAR)), Path->Buffer + At};
    return TRUE;
}

/* "\Device\HarddiskVolume3\x" as "C:\x" in one block, which the driver at Caller is to free. */
static NTSTATUS IopMakeDosName(PCUNICODE_STRING Path, const VOID *Caller,
                               POBJECT_NAME_INFORMATION *Name)
{
    UNICODE_STRING Rest;
    WCHAR Drive[2];
    PWCHAR Text;

    if (!IopSplitVolume(Path, Drive, &Rest)) {
        return STATUS_OBJECT_PATH_NOT_FOUND;
    }
    *Name = MmpAllocatePool(sizeof(**Name) + sizeof(Drive) + Rest.Length + sizeof(WCHAR),
                            IOP_DOS_TAG, Caller);
    if (*Name == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Text = (PWCHAR)(*Name + 1);
    memcpy(Text, Drive, sizeof(Drive));
    memcpy(Text + 2, Rest.Buffer, Rest.Length);
    Text[2 + Rest.Length / sizeof(WCHAR)] = 0;
    (*Name)->Name.Length = (USHORT)(sizeof(Drive) + Rest.Length);
    (*Name)->Name.MaximumLength = (USHORT)((*Name)->Name.Length + sizeof(WCHAR));
    (*Name)->Name.Buffer = Text;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoQueryFileDosDeviceName(PFILE_OBJECT FileObject,
                                        POBJECT_NAME_INFORMATION *ObjectNameInformation)
{
    POBJECT_NAME_INFORMATION Answer;
    ULONG Needed = 0;
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-05", 0);
    *ObjectNameInformation = NULL;
    Answer = MmpAllocateOwn(MAXUSHORT, IOP_DOS_TAG);
    if (Answer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = ObpAnswerName(FileObject, Answer, MAXUSHORT, &Needed);
    if (NT_SUCCESS(Status)) {
        Status = IopMakeDosName(&Answer->Name, __builtin_return_address(0), ObjectNameInformation);
    }
    MmpFreePool(Answer, IOP_DOS_TAG, NULL);
    return Status;
}

static NTSTATUS IopVolumeName(const char *Function, PVOID VolumeDeviceObject,
                              PUNICODE_STRING DosName, const VOID *Caller)
{
    ntcb_require_kernel(Function);
    ntcb_check_irql(Function, PASSIVE_LEVEL, "DV-05", 0);
    *DosName = (UNICODE_STRING){0, 0, NULL};
    if (((PDEVICE_OBJECT)VolumeDeviceObject)->DeviceType != FILE_DEVICE_DISK_FILE_SYSTEM) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    DosName->Buffer = MmpAllocatePool(3 * sizeof(WCHAR), IOP_DOS_TAG, Caller);
    if (DosName->Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(DosName->Buffer, u"C:", 3 * sizeof(WCHAR)); /* there is one volume */
    DosName->Length = 2 * sizeof(WCHAR);
    DosName->MaximumLength = 3 * sizeof(WCHAR);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName)
{
    return IopVolumeName(__func__, VolumeDeviceObject, DosName, __builtin_return_address(0));
}

NTSTATUS NTAPI RtlVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName)
{
    return IopVolumeName(__func__, VolumeDeviceObject, DosName, __builtin_return_address(0));
}
