/* SPDX-License-Identifier: MIT
 *
 * filewhole.c - files read and written as one piece, for whoever has a file object and no handle:
 * the registry, whose hives are files.
 */
#include "io/file.h"

NTSTATUS IopOpenWhole(const OBJECT_ATTRIBUTES *Attributes, ACCESS_MASK Access, ULONG ShareAccess,
                      ULONG Disposition, PVOID *FileObject)
{
    OBJECT_ATTRIBUTES Own = *Attributes;
    IO_STATUS_BLOCK Block;
    HANDLE Handle;
    Own.Attributes |= OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE;
    NTSTATUS Status = ZwCreateFile(&Handle, Access, &Own, &Block, NULL, FILE_ATTRIBUTE_NORMAL,
                                   ShareAccess, Disposition, FILE_NON_DIRECTORY_FILE, NULL, 0);
    if (NT_SUCCESS(Status)) {
        Status =
            ObReferenceObjectByHandle(Handle, 0, *IoFileObjectType, KernelMode, FileObject, NULL);
        ObCloseHandle(Handle, KernelMode);
    }
    return Status;
}

static NTSTATUS IopCheckWhole(const struct IOP_FILE *File)
{
    return File->Volume == NULL || File->Directory ? STATUS_INVALID_DEVICE_REQUEST : STATUS_SUCCESS;
}

/* What the host could not do, as the registry says it. */
static NTSTATUS IopWholeStatus(NTSTATUS Status)
{
    return NT_SUCCESS(Status) || Status == STATUS_INSUFFICIENT_RESOURCES
               ? Status
               : STATUS_REGISTRY_IO_FAILED;
}

NTSTATUS IopReadWhole(PVOID FileObject, PVOID *Bytes, PSIZE_T Count)
{
    struct IOP_FILE *File = FileObject;
    struct IOP_HOST_INFO Info;
    NTSTATUS Status = IopCheckWhole(File);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ntsim__lock(File->Lock);
    Status = IopHostInfo(File->Host, &Info);
    if (NT_SUCCESS(Status)) {
        *Bytes = ntsim__allocate_raw(Info.Bytes != 0 ? (SIZE_T)Info.Bytes : 1);
        Status = *Bytes != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    if (NT_SUCCESS(Status)) {
        Status = IopHostRead(File->Host, *Bytes, (SIZE_T)Info.Bytes, 0, Count);
        if (!NT_SUCCESS(Status)) {
            ntsim__release(*Bytes);
        }
    }
    ntsim__unlock(File->Lock);
    return IopWholeStatus(Status);
}

NTSTATUS IopWriteWhole(PVOID FileObject, const void *Bytes, SIZE_T Count)
{
    struct IOP_FILE *File = FileObject;
    NTSTATUS Status = IopCheckWhole(File);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ntsim__lock(File->Lock);
    Status = IopHostWrite(File->Host, Bytes, Count, 0);
    if (NT_SUCCESS(Status)) {
        Status = IopHostTruncate(File->Host, (LONGLONG)Count);
    }
    ntsim__unlock(File->Lock);
    return IopWholeStatus(Status);
}

BOOLEAN IopIsSameFile(PVOID FileObject, PVOID Other)
{
    const struct IOP_FILE *One = FileObject;
    const struct IOP_FILE *Two = Other;
    return One->Volume != NULL && One->Volume == Two->Volume &&
           One->Identity.Device == Two->Identity.Device && One->Identity.Node == Two->Identity.Node;
}

NTSTATUS IopDeleteWhole(PVOID FileObject)
{
    return IopDeleteLater(FileObject, TRUE);
}
