/* SPDX-License-Identifier: MIT
 *
 * filerw.c - files read, written and flushed. Every call is complete when it returns, also on
 * handles that are not synchronous.
 */
#include "io/device.h"
#include "mm/mmp.h"

#include <string.h>

NTSTATUS IopReferenceFile(HANDLE Handle, ACCESS_MASK AnyOf, KPROCESSOR_MODE Mode,
                          struct IOP_FILE **File)
{
    OBJECT_HANDLE_INFORMATION HandleInformation;
    PVOID Object;
    NTSTATUS Status =
        ObReferenceObjectByHandle(Handle, 0, *IoFileObjectType, Mode, &Object, &HandleInformation);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    *File = Object;
    if ((*File)->Volume == NULL && (*File)->Device == NULL) {
        Status = STATUS_INVALID_DEVICE_REQUEST;
    } else if (Mode != KernelMode && AnyOf != 0 && (HandleInformation.GrantedAccess & AnyOf) == 0) {
        Status = STATUS_ACCESS_DENIED;
    }
    if (!NT_SUCCESS(Status)) {
        ObpDereference(Object, NULL);
    }
    return Status;
}

/* One read or write. */
struct IOP_TRANSFER {
    KPROCESSOR_MODE Mode;
    struct IOP_FILE *File;
    PVOID Pool;
    ULONG Length;
    LONGLONG Offset; /* below 0: the file's position */
    BOOLEAN Append;  /* writes go to the end */
    SIZE_T Bytes;    /* done */
};

/* All is done on return; who would be told of it by an event or an APC is refused. */
static NTSTATUS IopCheckTransfer(HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PULONG Key)
{
    return Event != NULL || ApcRoutine != NULL || Key != NULL ? STATUS_NOT_IMPLEMENTED
                                                              : STATUS_SUCCESS;
}

static NTSTATUS IopPrepare(struct IOP_TRANSFER *Transfer, const volatile void *Buffer,
                           PLARGE_INTEGER ByteOffset, PIO_STATUS_BLOCK IoStatusBlock, BOOLEAN Write)
{
    LARGE_INTEGER Offset = {.LowPart = FILE_USE_FILE_POINTER_POSITION, .HighPart = -1};
    BOOLEAN Synchronous = (Transfer->File->Public.Flags & FO_SYNCHRONOUS_IO) != 0;
    NTSTATUS Status = MmpProbe(Transfer->Mode, IoStatusBlock, sizeof(*IoStatusBlock), TRUE);
    if (NT_SUCCESS(Status)) {
        Status = MmpProbe(Transfer->Mode, Buffer, Transfer->Length, !Write);
    }
    if (NT_SUCCESS(Status) && ByteOffset != NULL) {
        Status = MmpCopy(Transfer->Mode, &Offset, ByteOffset, sizeof(Offset));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    BOOLEAN Special = Offset.HighPart == -1;
    if (Special && Offset.LowPart == FILE_WRITE_TO_END_OF_FILE && Write) {
        Transfer->Append = TRUE;
    } else if (Offset.QuadPart < 0 &&
               !(Special && Offset.LowPart == FILE_USE_FILE_POINTER_POSITION && Synchronous)) {
        return STATUS_INVALID_PARAMETER;
    }
    Transfer->Offset = Offset.QuadPart;
    if (Transfer->File->Directory) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    Transfer->Pool =
        ExAllocatePoolWithTag(PagedPool, Transfer->Length != 0 ? Transfer->Length : 1, IOP_TAG);
    return Transfer->Pool != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* With the file's lock held, as its position may move. */
static NTSTATUS IopTransferLocked(struct IOP_TRANSFER *Transfer, BOOLEAN Write)
{
    struct IOP_FILE *File = Transfer->File;
    struct IOP_HOST_INFO Info;
    NTSTATUS Status = STATUS_SUCCESS;
    LONGLONG At =
        Transfer->Offset >= 0 ? Transfer->Offset : File->Public.CurrentByteOffset.QuadPart;
    if (Transfer->Append) {
        Status = IopHostInfo(File->Host, &Info);
        At = NT_SUCCESS(Status) ? Info.Bytes : 0;
    }
    if (NT_SUCCESS(Status) && Write) {
        Status = IopHostWrite(File->Host, Transfer->Pool, Transfer->Length, At);
        Transfer->Bytes = NT_SUCCESS(Status) ? Transfer->Length : 0;
    } else if (NT_SUCCESS(Status)) {
        Status = IopHostRead(File->Host, Transfer->Pool, Transfer->Length, At, &Transfer->Bytes);
        if (NT_SUCCESS(Status) && Transfer->Bytes == 0 && Transfer->Length != 0) {
            Status = STATUS_END_OF_FILE;
        }
    }
    if (NT_SUCCESS(Status) && (File->Public.Flags & FO_SYNCHRONOUS_IO) != 0) {
        File->Public.CurrentByteOffset.QuadPart = At + (LONGLONG)Transfer->Bytes;
    }
    return Status;
}

static NTSTATUS IopTransfer(struct IOP_TRANSFER *Transfer, BOOLEAN Write)
{
    ntsim__lock(Transfer->File->Lock);
    NTSTATUS Status = IopTransferLocked(Transfer, Write);
    ntsim__unlock(Transfer->File->Lock);
    return Status;
}

static VOID IopEndTransfer(struct IOP_TRANSFER *Transfer)
{
    if (Transfer->Pool != NULL) {
        ExFreePoolWithTag(Transfer->Pool, IOP_TAG);
    }
    ObpDereference(Transfer->File, NULL);
}

/* NtReadFile - bytes of a file.
 *
 * Returns STATUS_SUCCESS (fewer than Length at the end), STATUS_END_OF_FILE, STATUS_INVALID_HANDLE,
 *         STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED (no FILE_READ_DATA),
 *         STATUS_ACCESS_VIOLATION, STATUS_INVALID_PARAMETER (no offset, and the handle is not
 *         synchronous), STATUS_INVALID_DEVICE_REQUEST (a directory, or no file of a volume),
 *         STATUS_NOT_IMPLEMENTED (an event, an APC or a key), STATUS_INSUFFICIENT_RESOURCES
 * IRQL    PASSIVE_LEVEL */
NTSTATUS NTAPI NtReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                          PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                          ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key)
{
    struct IOP_TRANSFER Transfer = {.Mode = ExGetPreviousMode(), .Length = Length};
    UNREFERENCED_PARAMETER(ApcContext);
    ntcb_require_kernel(__func__);
    NTSTATUS Status = IopCheckTransfer(Event, ApcRoutine, Key);
    if (NT_SUCCESS(Status)) {
        Status = IopReferenceFile(FileHandle, FILE_READ_DATA, Transfer.Mode, &Transfer.File);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Transfer.File->Device != NULL) {
        Status = IopDeviceTransfer(Transfer.File, FALSE, Transfer.Mode, IoStatusBlock, Buffer,
                                   Length, ByteOffset);
        ObpDereference(Transfer.File, NULL);
        return Status;
    }
    Status = IopPrepare(&Transfer, Buffer, ByteOffset, IoStatusBlock, FALSE);
    if (NT_SUCCESS(Status)) {
        Status = IopTransfer(&Transfer, FALSE);
        NTSTATUS Copied = MmpCopy(Transfer.Mode, Buffer, Transfer.Pool, Transfer.Bytes);
        Status = NT_SUCCESS(Copied) ? Status : Copied;
        Status = IopComplete(Transfer.Mode, IoStatusBlock, Status, Transfer.Bytes);
    }
    IopEndTransfer(&Transfer);
    return Status;
}

/* NtWriteFile - as NtReadFile, with FILE_WRITE_DATA, or FILE_APPEND_DATA alone, which writes at the
 * end wherever it is told to; STATUS_DISK_FULL besides. */
NTSTATUS NTAPI NtWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                           PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                           ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key)
{
    struct IOP_TRANSFER Transfer = {.Mode = ExGetPreviousMode(), .Length = Length};
    ACCESS_MASK Granted = 0;
    UNREFERENCED_PARAMETER(ApcContext);
    ntcb_require_kernel(__func__);
    NTSTATUS Status = IopCheckTransfer(Event, ApcRoutine, Key);
    if (NT_SUCCESS(Status)) {
        Status = IopReferenceFile(FileHandle, FILE_WRITE_DATA | FILE_APPEND_DATA, Transfer.Mode,
                                  &Transfer.File);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Transfer.File->Device != NULL) {
        Status = IopDeviceTransfer(Transfer.File, TRUE, Transfer.Mode, IoStatusBlock, Buffer,
                                   Length, ByteOffset);
        ObpDereference(Transfer.File, NULL);
        return Status;
    }
    Status = ObpGrantedAccess(FileHandle, &Granted);
    Transfer.Append =
        NT_SUCCESS(Status) && (Granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)) == FILE_APPEND_DATA;
    if (NT_SUCCESS(Status)) {
        Status = IopPrepare(&Transfer, Buffer, ByteOffset, IoStatusBlock, TRUE);
    }
    if (NT_SUCCESS(Status)) {
        Status = MmpCopy(Transfer.Mode, Transfer.Pool, Buffer, Length);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopTransfer(&Transfer, TRUE);
        Status = IopComplete(Transfer.Mode, IoStatusBlock, Status, Transfer.Bytes);
    }
    IopEndTransfer(&Transfer);
    return Status;
}

NTSTATUS NTAPI NtFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    struct IOP_FILE *File;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = MmpProbe(Mode, IoStatusBlock, sizeof(*IoStatusBlock), TRUE);
    if (NT_SUCCESS(Status)) {
        Status = IopReferenceFile(FileHandle, FILE_WRITE_DATA | FILE_APPEND_DATA, Mode, &File);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = File->Device != NULL
                 ? STATUS_INVALID_DEVICE_REQUEST /* IRP_MJ_FLUSH_BUFFERS is not sent */
                 : IopComplete(Mode, IoStatusBlock, IopHostFlush(File->Host), 0);
    ObpDereference(File, NULL);
    return Status;
}
