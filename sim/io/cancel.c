/* SPDX-License-Identifier: MIT
 *
 * cancel.c - a request that is given up, and what drivers ask about a request.
 */
#include "io/device.h"
#include "io/iop_state.h"
#include "ps/psp.h"
#include "ps/zw.h"

/* IoAcquireCancelSpinLock - DISPATCH_LEVEL until IoReleaseCancelSpinLock. */
VOID NTAPI IoAcquireCancelSpinLock(PKIRQL Irql)
{
    struct IOP_STATE *State = IopState();
    KeRaiseIrql(DISPATCH_LEVEL, Irql);
    ntsim__lock(State->CancelLock);
}

VOID NTAPI IoReleaseCancelSpinLock(KIRQL Irql)
{
    ntsim__unlock(IopState()->CancelLock);
    KeLowerIrql(Irql);
}

/* IoCancelIrp - mark the request and call its cancel routine, which releases the cancel spin lock.
 * TRUE: there was one. IRQL DISPATCH_LEVEL. */
BOOLEAN NTAPI IoCancelIrp(PIRP Irp)
{
    KIRQL Irql;
    ntcb_require_kernel(__func__);
    (void)ntcb_check_irql(__func__, DISPATCH_LEVEL, "IO-IRP", 0);
    IoAcquireCancelSpinLock(&Irql);
    __atomic_store_n(&Irp->Cancel, TRUE, __ATOMIC_SEQ_CST); /* csq.c looks at it meanwhile */
    PDRIVER_CANCEL Routine = IoSetCancelRoutine(Irp, NULL);
    if (Routine == NULL) {
        IoReleaseCancelSpinLock(Irql);
        return FALSE;
    }
    Irp->CancelIrql = Irql;
    Routine(IoGetCurrentIrpStackLocation(Irp)->DeviceObject, Irp);
    return TRUE;
}

/* IoGetRequestorProcess, IoGetRequestorProcessId - whose thread issued the request. IRQL
 * DISPATCH_LEVEL. */
PEPROCESS NTAPI IoGetRequestorProcess(PIRP Irp)
{
    return Irp->Tail.Overlay.Thread != NULL ? IoThreadToProcess(Irp->Tail.Overlay.Thread) : NULL;
}

ULONG NTAPI IoGetRequestorProcessId(PIRP Irp)
{
    PEPROCESS Process = IoGetRequestorProcess(Irp);
    return Process != NULL ? (ULONG)(ULONG_PTR)PsGetProcessId(Process) : 0;
}

BOOLEAN NTAPI IoIs32bitProcess(PIRP Irp)
{
    PEPROCESS Process = Irp != NULL ? IoGetRequestorProcess(Irp) : PsGetCurrentProcess();
    return Process != NULL && PspIsWow64((struct ntsim_process *)(PVOID)Process);
}

/* IoGetDeviceObjectPointer - open a device by name, in kernel mode: its file, referenced, which the
 * caller dereferences. As ZwOpenFile. PASSIVE_LEVEL. */
NTSTATUS NTAPI IoGetDeviceObjectPointer(PUNICODE_STRING ObjectName, ACCESS_MASK DesiredAccess,
                                        PFILE_OBJECT *FileObject, PDEVICE_OBJECT *DeviceObject)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Block;
    HANDLE Handle;
    PVOID Object;
    ntcb_require_kernel(__func__);
    InitializeObjectAttributes(&Attributes, ObjectName, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE,
                               NULL, NULL);
    NTSTATUS Status = ZwOpenFile(&Handle, DesiredAccess, &Attributes, &Block,
                                 FILE_SHARE_VALID_FLAGS, FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(Handle, 0, *IoFileObjectType, KernelMode, &Object, NULL);
    ObCloseHandle(Handle, KernelMode);
    if (NT_SUCCESS(Status)) {
        ObpNoteTaker(Object, __builtin_return_address(0));
        *FileObject = Object;
        *DeviceObject = (*FileObject)->DeviceObject;
    }
    return Status;
}
