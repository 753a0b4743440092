/* SPDX-License-Identifier: MIT
 *
 * filerw.c - files read, written and flushed. What is done to a volume's is complete on return,
 * also on handles that are not synchronous.
 */
#include "io/request.h"
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

static NTSTATUS IopCopyIn(KPROCESSOR_MODE Mode, PVOID To, const VOID *From, SIZE_T Bytes)
{
    NTSTATUS Status = MmpProbe(Mode, From, Bytes, FALSE);
    return NT_SUCCESS(Status) ? MmpCopy(Mode, To, From, Bytes) : Status;
}

/* Before the event is looked at: the caller's memory, where to, whether that can be. */
static NTSTATUS IopCapture(struct IOP_TRANSFER *Transfer, PIO_STATUS_BLOCK IoStatusBlock,
                           PLARGE_INTEGER ByteOffset, PULONG Key)
{
    LARGE_INTEGER Offset = {.LowPart = FILE_USE_FILE_POINTER_POSITION, .HighPart = -1};
    const BOOLEAN Synchronous = (Transfer->File->Public.Flags & FO_SYNCHRONOUS_IO) != 0;
    NTSTATUS Status = MmpProbe(Transfer->Mode, IoStatusBlock, sizeof(*IoStatusBlock), TRUE);
    if (NT_SUCCESS(Status)) {
        Status = MmpProbe(Transfer->Mode, Transfer->Buffer, Transfer->Length, !Transfer->Write);
    }
    if (NT_SUCCESS(Status) && ByteOffset != NULL) {
        Status = IopCopyIn(Transfer->Mode, &Offset, ByteOffset, sizeof(Offset));
    }
    if (NT_SUCCESS(Status) && Key != NULL) {
        Status = IopCopyIn(Transfer->Mode, &Transfer->Key, Key, sizeof(*Key));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    const BOOLEAN Special = Offset.HighPart == -1;
    if (Special && Offset.LowPart == FILE_WRITE_TO_END_OF_FILE && Transfer->Write) {
        Transfer->Append = TRUE;
    } else if (Offset.QuadPart < 0 &&
               !(Special && Offset.LowPart == FILE_USE_FILE_POINTER_POSITION && Synchronous)) {
        return STATUS_INVALID_PARAMETER;
    }
    Transfer->Offset = Offset.QuadPart;
    return STATUS_SUCCESS;
}

/* With the file's lock held, as its position may move. */
static NTSTATUS IopTransferLocked(struct IOP_TRANSFER *Transfer)
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
    if (NT_SUCCESS(Status) && Transfer->Write) {
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

/* On a file of a volume. */
static NTSTATUS IopTransfer(struct IOP_TRANSFER *Transfer)
{
    NTSTATUS Status = STATUS_SUCCESS;
    if (Transfer->File->Directory) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    Transfer->Pool =
        ExAllocatePoolWithTag(PagedPool, Transfer->Length != 0 ? Transfer->Length : 1, IOP_TAG);
    if (Transfer->Pool == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Transfer->Write) {
        Status = MmpCopy(Transfer->Mode, Transfer->Pool, Transfer->Buffer, Transfer->Length);
    }
    if (NT_SUCCESS(Status)) {
        ntsim__lock(Transfer->File->Lock);
        Status = IopTransferLocked(Transfer);
        ntsim__unlock(Transfer->File->Lock);
    }
    if (NT_SUCCESS(Status) && !Transfer->Write) {
        Status = MmpCopy(Transfer->Mode, Transfer->Buffer, Transfer->Pool, Transfer->Bytes);
    }
    ExFreePoolWithTag(Transfer->Pool, IOP_TAG);
    return Status;
}

/* Windows reads synchronous files without a request: the end is told as success is. */
static NTSTATUS IopAnswerTransfer(struct IOP_ANSWER *Answer, const struct IOP_TRANSFER *Transfer,
                                  NTSTATUS Status)
{
    if (Status != STATUS_END_OF_FILE || (Transfer->File->Public.Flags & FO_SYNCHRONOUS_IO) == 0) {
        return IopAnswer(Answer, Transfer->File, Status, Transfer->Bytes, FALSE);
    }
    Status = IopComplete(Answer->Mode, Answer->IoStatusBlock, Status, 0);
    if (Answer->Event != NULL) {
        KeSetEvent(Answer->Event, IO_NO_INCREMENT, FALSE);
    }
    return Status;
}

/* NtReadFile and NtWriteFile, with the file referenced. */
static NTSTATUS IopReadWrite(struct IOP_TRANSFER *Transfer, const struct IOP_ASKED *Asked,
                             PLARGE_INTEGER ByteOffset, PULONG Key)
{
    struct IOP_ANSWER Answer;
    NTSTATUS Status = IopCapture(Transfer, Asked->IoStatusBlock, ByteOffset, Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopBeginAnswer(&Answer, Transfer->Mode, Asked);
    if (!NT_SUCCESS(Status)) {
        IopEndAnswer(&Answer);
    } else if (Transfer->File->Device != NULL) {
        Status = IopDeviceTransfer(Transfer, &Answer);
    } else {
        KeClearEvent(&Transfer->File->Public.Event);
        Status = IopTransfer(Transfer);
        Status = IopAnswerTransfer(&Answer, Transfer, Status);
        IopEndAnswer(&Answer);
        IopLeaveService(Transfer->Mode);
    }
    return Status;
}

/* NtReadFile - bytes of a file.
 *
 * Key is the driver's to look at; files of a volume have no locked ranges.
 * Returns STATUS_SUCCESS (fewer than Length at the end), STATUS_END_OF_FILE, STATUS_INVALID_HANDLE
 *         (of the file, of the event), STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED (no
 *         FILE_READ_DATA; an event without EVENT_MODIFY_STATE), STATUS_ACCESS_VIOLATION,
 *         STATUS_INVALID_PARAMETER (no offset, and the handle is not synchronous),
 *         STATUS_INVALID_DEVICE_REQUEST (a directory, or no file of a volume),
 *         STATUS_INSUFFICIENT_RESOURCES; on a device what its driver completes with, or
 *         STATUS_PENDING, as NtDeviceIoControlFile
 * IRQL    PASSIVE_LEVEL */
NTSTATUS NTAPI NtReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                          PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                          ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key)
{
    const struct IOP_ASKED Asked = {Event, ApcRoutine, ApcContext, IoStatusBlock};
    struct IOP_TRANSFER Transfer = {
        .Mode = ExGetPreviousMode(), .Buffer = Buffer, .Length = Length};
    ntcb_require_kernel(__func__);
    NTSTATUS Status = IopReferenceFile(FileHandle, FILE_READ_DATA, Transfer.Mode, &Transfer.File);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopReadWrite(&Transfer, &Asked, ByteOffset, Key);
    ObpDereference(Transfer.File, NULL);
    return Status;
}

/* NtWriteFile - as NtReadFile, with FILE_WRITE_DATA, or FILE_APPEND_DATA alone, which writes at the
 * end wherever it is told to; STATUS_DISK_FULL besides. */
NTSTATUS NTAPI NtWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                           PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                           ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key)
{
    const struct IOP_ASKED Asked = {Event, ApcRoutine, ApcContext, IoStatusBlock};
    struct IOP_TRANSFER Transfer = {
        .Mode = ExGetPreviousMode(), .Write = TRUE, .Buffer = Buffer, .Length = Length};
    ACCESS_MASK Granted = 0;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = IopReferenceFile(FileHandle, FILE_WRITE_DATA | FILE_APPEND_DATA,
                                       Transfer.Mode, &Transfer.File);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObpGrantedAccess(FileHandle, &Granted);
    Transfer.Append = NT_SUCCESS(Status) && Transfer.File->Device == NULL &&
                      (Granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)) == FILE_APPEND_DATA;
    if (NT_SUCCESS(Status)) {
        Status = IopReadWrite(&Transfer, &Asked, ByteOffset, Key);
    }
    ObpDereference(Transfer.File, NULL);
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
