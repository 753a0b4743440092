/* SPDX-License-Identifier: MIT
 *
 * ioctl.c - requests with buffers: device control, read and write, by each of the ways to pass
 * memory.
 */
#include "io/device.h"
#include "io/iop_state.h"
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

NTSTATUS IopPrepareBuffers(struct IOP_REQUEST *Request, const struct IOP_BUFFERS *Buffers)
{
    PIRP Irp = Request->Irp;
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

NTSTATUS IopReturnBuffers(struct IOP_REQUEST *Request, const struct IOP_BUFFERS *Buffers)
{
    if (NT_ERROR(Request->Status) || Buffers->Method != METHOD_BUFFERED ||
        Request->Information == 0 || Buffers->Out == NULL) {
        return Request->Status;
    }
    ULONG_PTR Bytes = Request->Information;
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
    NTSTATUS Copied =
        MmpCopy(Buffers->Mode, Buffers->Out, Request->Irp->AssociatedIrp.SystemBuffer, Bytes);
    return NT_SUCCESS(Copied) ? Request->Status : Copied;
}

/* From prepared stack location to the caller's status block. */
static NTSTATUS IopPerform(struct IOP_REQUEST *Request, const struct IOP_BUFFERS *Buffers,
                           PIO_STATUS_BLOCK IoStatusBlock)
{
    NTSTATUS Status = IopPrepareBuffers(Request, Buffers);
    if (NT_SUCCESS(Status)) {
        Request->Irp->UserIosb = IoStatusBlock;
        Status = IopSendRequest(Request);
        if (Request->Done) {
            Status = IopReturnBuffers(Request, Buffers);
            Status = NT_ERROR(Status)
                         ? Status
                         : IopComplete(Buffers->Mode, IoStatusBlock, Status, Request->Information);
        }
    }
    IopEndRequest(Request);
    return Status;
}

NTSTATUS IopDeviceTransfer(struct IOP_FILE *File, BOOLEAN Write, KPROCESSOR_MODE Mode,
                           PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
                           PLARGE_INTEGER ByteOffset)
{
    ULONG Flags = File->Device->Public.Flags;
    struct IOP_BUFFERS Buffers = {.Mode = Mode};
    LARGE_INTEGER Offset = File->Public.CurrentByteOffset;
    struct IOP_REQUEST Request;
    Buffers.Method = (Flags & DO_BUFFERED_IO) != 0 ? METHOD_BUFFERED
                     : (Flags & DO_DIRECT_IO) == 0 ? METHOD_NEITHER
                     : Write                       ? METHOD_IN_DIRECT
                                                   : METHOD_OUT_DIRECT;
    if (Write && Buffers.Method == METHOD_BUFFERED) {
        Buffers.In = Buffer;
        Buffers.InLength = Length;
    } else {
        Buffers.Out = Buffer;
        Buffers.OutLength = Length;
    }
    NTSTATUS Status = MmpProbe(Mode, IoStatusBlock, sizeof(*IoStatusBlock), TRUE);
    if (NT_SUCCESS(Status)) {
        Status = MmpProbe(Mode, Buffer, Length, !Write);
    }
    if (NT_SUCCESS(Status) && ByteOffset != NULL) {
        Status = MmpCopy(Mode, &Offset, ByteOffset, sizeof(Offset));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PIO_STACK_LOCATION Stack = IopBeginRequest(&Request, File, Write ? IRP_MJ_WRITE : IRP_MJ_READ);
    if (Stack == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Write) {
        Stack->Parameters.Write.Length = Length;
        Stack->Parameters.Write.ByteOffset = Offset;
    } else {
        Stack->Parameters.Read.Length = Length;
        Stack->Parameters.Read.ByteOffset = Offset;
    }
    return IopPerform(&Request, &Buffers, IoStatusBlock);
}

/* NtDeviceIoControlFile - IRP_MJ_DEVICE_CONTROL, waited for.
 *
 * Returns what the driver completes with; before that STATUS_INVALID_HANDLE,
 *         STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED (the code asks for rights that the
 *         handle has not), STATUS_INVALID_DEVICE_REQUEST (no device's file),
 *         STATUS_ACCESS_VIOLATION, STATUS_NOT_IMPLEMENTED (an event or an APC routine),
 *         STATUS_INSUFFICIENT_RESOURCES. *IoStatusBlock is written unless the status is an error.
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
    struct IOP_REQUEST Request;
    PVOID Object;
    UNREFERENCED_PARAMETER(ApcContext);
    ntcb_require_kernel(__func__);
    if (Event != NULL || ApcRoutine != NULL) {
        return STATUS_NOT_IMPLEMENTED;
    }
    NTSTATUS Status = MmpProbe(Buffers.Mode, IoStatusBlock, sizeof(*IoStatusBlock), TRUE);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(FileHandle, Needed, *IoFileObjectType, Buffers.Mode,
                                           &Object, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    struct IOP_FILE *File = Object;
    PIO_STACK_LOCATION Stack = NULL;
    Status = STATUS_INVALID_DEVICE_REQUEST;
    if (File->Device != NULL) {
        Stack = IopBeginRequest(&Request, File, IRP_MJ_DEVICE_CONTROL);
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Stack != NULL) {
        Stack->Parameters.DeviceIoControl.IoControlCode = IoControlCode;
        Stack->Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
        Stack->Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
        Stack->Parameters.DeviceIoControl.Type3InputBuffer =
            Buffers.Method == METHOD_NEITHER ? InputBuffer : NULL;
        Status = IopPerform(&Request, &Buffers, IoStatusBlock);
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
