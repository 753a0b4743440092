/* SPDX-License-Identifier: MIT
 *
 * ioctl.c - requests with buffers: device control, read and write, by each of the ways to pass
 * memory.
 */
#include "io/request.h"
#include "mm/mmp.h"
#include "ps/zw.h"

#include <string.h>

/* A system buffer large enough for input and output, filled with the input. */
static NTSTATUS IopBuffer(PIRP Irp, const struct IOP_BUFFERS *Buffers, ULONG Bytes)
{
    if (Bytes == 0) {
        return STATUS_SUCCESS;
    }
    Irp->AssociatedIrp.SystemBuffer = ExAllocatePoolWithTag(NonPagedPool, Bytes, IOP_TAG);
    if (Irp->AssociatedIrp.SystemBuffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return MmpCopy(Buffers->Mode, Irp->AssociatedIrp.SystemBuffer, Buffers->In, Buffers->InLength);
}

/* The output described by an MDL, its pages locked. */
static NTSTATUS IopDescribe(PIRP Irp, const struct IOP_BUFFERS *Buffers, BOOLEAN Write)
{
    if (Buffers->OutLength == 0) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = MmpProbe(Buffers->Mode, Buffers->Out, Buffers->OutLength, Write);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PMDL Mdl = IoAllocateMdl(Buffers->Out, Buffers->OutLength, FALSE, FALSE, Irp);
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmProbeAndLockPages(Mdl, KernelMode, Write ? IoModifyAccess : IoReadAccess);
    return STATUS_SUCCESS;
}

NTSTATUS IopPrepareBuffers(PIRP Irp, const struct IOP_BUFFERS *Buffers)
{
    ULONG In = Buffers->InLength, Out = Buffers->OutLength;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Buffers->Method == METHOD_NEITHER) {
        Irp->UserBuffer = Buffers->Out;
        return STATUS_SUCCESS;
    }
    Status = MmpProbe(Buffers->Mode, Buffers->In, In, FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Buffers->Method == METHOD_BUFFERED) {
        Status = MmpProbe(Buffers->Mode, Buffers->Out, Out, TRUE);
        Irp->UserBuffer = Buffers->Out;
        return NT_SUCCESS(Status) ? IopBuffer(Irp, Buffers, In > Out ? In : Out) : Status;
    }
    Status = IopBuffer(Irp, Buffers, In);
    return NT_SUCCESS(Status) ? IopDescribe(Irp, Buffers, Buffers->Method == METHOD_OUT_DIRECT)
                              : Status;
}

NTSTATUS IopReturnBuffers(PIRP Irp, NTSTATUS Status, ULONG_PTR Information,
                          const struct IOP_BUFFERS *Buffers)
{
    if (NT_ERROR(Status) || Buffers->Method != METHOD_BUFFERED || Information == 0 ||
        Buffers->Out == NULL) {
        return Status;
    }
    ULONG_PTR Bytes = Information;
    if (Bytes > Buffers->OutLength) {
        ntcb_report_f(
            &(struct ntcb_report){
                .severity = NTCB_BUGCHECK,
                .rule = "IO-IRP",
                .on_windows = "so many bytes are copied: what lies behind the caller's buffer is "
                              "overwritten with kernel memory",
                .fix = "set IoStatus.Information to the bytes that were written to the system "
                       "buffer, at most OutputBufferLength",
            },
            "a request was completed with IoStatus.Information %llu, and the caller's buffer has "
            "%u bytes",
            (unsigned long long)Bytes, (unsigned)Buffers->OutLength);
        Bytes = Buffers->OutLength;
    }
    NTSTATUS Copied = MmpCopy(Buffers->Mode, Buffers->Out, Irp->AssociatedIrp.SystemBuffer, Bytes);
    return NT_SUCCESS(Copied) ? Status : Copied;
}

/* A transfer on a device's file; its buffers go by the device's flags. */
static struct IOP_BUFFERS IopTransferBuffers(const struct IOP_TRANSFER *Transfer)
{
    const ULONG Flags = Transfer->File->Device->Public.Flags;
    struct IOP_BUFFERS Buffers = {.Mode = Transfer->Mode};
    Buffers.Method = (Flags & DO_BUFFERED_IO) != 0 ? METHOD_BUFFERED
                     : (Flags & DO_DIRECT_IO) == 0 ? METHOD_NEITHER
                     : Transfer->Write             ? METHOD_IN_DIRECT
                                                   : METHOD_OUT_DIRECT;
    if (Transfer->Write && Buffers.Method == METHOD_BUFFERED) {
        Buffers.In = Transfer->Buffer;
        Buffers.InLength = Transfer->Length;
    } else {
        Buffers.Out = Transfer->Buffer;
        Buffers.OutLength = Transfer->Length;
    }
    return Buffers;
}

NTSTATUS IopDeviceTransfer(struct IOP_TRANSFER *Transfer, struct IOP_ANSWER *Answer)
{
    const struct IOP_BUFFERS Buffers = IopTransferBuffers(Transfer);
    struct IOP_REQUEST *Request;
    PIO_STACK_LOCATION Stack =
        IopBeginRequest(&Request, Transfer->File, Transfer->Write ? IRP_MJ_WRITE : IRP_MJ_READ);
    if (Stack == NULL) {
        IopEndAnswer(Answer);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    LARGE_INTEGER Offset = {.QuadPart = Transfer->Offset};
    if (Transfer->Offset < 0 && !Transfer->Append) {
        Offset = Transfer->File->Public.CurrentByteOffset;
    }
    if (Transfer->Write) {
        Stack->Parameters.Write.Length = Transfer->Length;
        Stack->Parameters.Write.Key = Transfer->Key;
        Stack->Parameters.Write.ByteOffset = Offset;
    } else {
        Stack->Parameters.Read.Length = Transfer->Length;
        Stack->Parameters.Read.Key = Transfer->Key;
        Stack->Parameters.Read.ByteOffset = Offset;
    }
    return IopPerformRequest(Request, &Buffers, Answer);
}

/* With the file referenced. */
static NTSTATUS IopControl(struct IOP_FILE *File, const struct IOP_BUFFERS *Buffers, ULONG Code,
                           struct IOP_ANSWER *Answer)
{
    struct IOP_REQUEST *Request;
    PIO_STACK_LOCATION Stack = IopBeginRequest(&Request, File, IRP_MJ_DEVICE_CONTROL);
    if (Stack == NULL) {
        IopEndAnswer(Answer);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Stack->Parameters.DeviceIoControl.IoControlCode = Code;
    Stack->Parameters.DeviceIoControl.InputBufferLength = Buffers->InLength;
    Stack->Parameters.DeviceIoControl.OutputBufferLength = Buffers->OutLength;
    Stack->Parameters.DeviceIoControl.Type3InputBuffer =
        Buffers->Method == METHOD_NEITHER ? Buffers->In : NULL;
    return IopPerformRequest(Request, Buffers, Answer);
}

/* NtDeviceIoControlFile - IRP_MJ_DEVICE_CONTROL.
 *
 * Returns what the driver completes with; STATUS_PENDING when the file is not synchronous and the
 *         driver has marked the request pending: what it completes with comes later, in
 *         *IoStatusBlock, by the event and the APC. On an alertable file
 *         (FILE_SYNCHRONOUS_IO_ALERT) a user APC cancels the request. Before that
 *         STATUS_INVALID_HANDLE (of the file, of the event), STATUS_OBJECT_TYPE_MISMATCH,
 *         STATUS_ACCESS_DENIED (the code asks for rights that the handle has not; an event without
 *         EVENT_MODIFY_STATE), STATUS_INVALID_DEVICE_REQUEST (no device's file),
 *         STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES.
 *         Event, or else the file, is reset first; how both and *IoStatusBlock are set when is told
 *         in docs/devices.md.
 * IRQL    PASSIVE_LEVEL */
NTSTATUS NTAPI NtDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                     PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                     ULONG IoControlCode, PVOID InputBuffer,
                                     ULONG InputBufferLength, PVOID OutputBuffer,
                                     ULONG OutputBufferLength)
{
    struct IOP_BUFFERS Buffers = {ExGetPreviousMode(), METHOD_FROM_CTL_CODE(IoControlCode),
                                  InputBuffer,         InputBufferLength,
                                  OutputBuffer,        OutputBufferLength};
    const ACCESS_MASK Needed = IoControlCode >> 14 & (FILE_READ_ACCESS | FILE_WRITE_ACCESS);
    const struct IOP_ASKED Asked = {Event, ApcRoutine, ApcContext, IoStatusBlock};
    struct IOP_ANSWER Answer;
    PVOID Object;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = MmpProbe(Buffers.Mode, IoStatusBlock, sizeof(*IoStatusBlock), TRUE);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(FileHandle, Needed, *IoFileObjectType, Buffers.Mode,
                                           &Object, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    struct IOP_FILE *File = Object;
    Status = IopBeginAnswer(&Answer, Buffers.Mode, &Asked);
    if (NT_SUCCESS(Status) && File->Device == NULL) {
        Status = STATUS_INVALID_DEVICE_REQUEST;
    }
    if (NT_SUCCESS(Status)) {
        Status = IopControl(File, &Buffers, IoControlCode, &Answer);
    } else {
        IopEndAnswer(&Answer);
    }
    ObpDereference(File, NULL);
    return Status;
}

NTSTATUS NTAPI ZwDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                     PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                     ULONG IoControlCode, PVOID InputBuffer,
                                     ULONG InputBufferLength, PVOID OutputBuffer,
                                     ULONG OutputBufferLength)
{
    PSP_ZW(NtDeviceIoControlFile(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock,
                                 IoControlCode, InputBuffer, InputBufferLength, OutputBuffer,
                                 OutputBufferLength));
}
