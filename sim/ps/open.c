/* SPDX-License-Identifier: MIT
 *
 * open.c - handles to processes and threads by their ids, and ending a process by its handle.
 */
#include "mm/mmp.h"
#include "ps/psp_state.h"
#include "ps/zw.h"

#include <ntcallback/ddk/ntundoc.h>

/* What the callers of the two services below give in, and what of it is captured. */
struct PSP_OPEN {
    KPROCESSOR_MODE Mode;
    POBJECT_ATTRIBUTES GivenAttributes;
    PCLIENT_ID GivenClientId;
    ULONG Attributes;
    BOOLEAN Named;
    CLIENT_ID ClientId;
};

static NTSTATUS PspReadOpen(PVOID Context)
{
    struct PSP_OPEN *Open = Context;

    Open->Named = Open->GivenAttributes->ObjectName != NULL;
    Open->Attributes = Open->GivenAttributes->Attributes;
    if (Open->GivenClientId != NULL) {
        Open->ClientId = *Open->GivenClientId;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspCaptureOpen(PHANDLE Handle, POBJECT_ATTRIBUTES ObjectAttributes,
                               PCLIENT_ID ClientId, struct PSP_OPEN *Open)
{
    NTSTATUS Status;

    *Open = (struct PSP_OPEN){.Mode = ExGetPreviousMode(),
                              .GivenAttributes = ObjectAttributes,
                              .GivenClientId = ClientId};
    Status = MmpProbe(Open->Mode, Handle, sizeof(*Handle), TRUE);
    if (NT_SUCCESS(Status)) {
        Status = MmpProbe(Open->Mode, ObjectAttributes, sizeof(*ObjectAttributes), FALSE);
    }
    if (NT_SUCCESS(Status) && ClientId != NULL) {
        Status = MmpProbe(Open->Mode, ClientId, sizeof(*ClientId), FALSE);
    }
    if (NT_SUCCESS(Status)) {
        Status = MmpGuard(Open->Mode, PspReadOpen, Open);
    }
    if (NT_SUCCESS(Status) && (ClientId == NULL || Open->Named)) {
        Status = STATUS_INVALID_PARAMETER_MIX; /* processes have no names here; a name and an id */
    }
    if (Open->Mode != KernelMode) {
        Open->Attributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    }
    return Status;
}

/* Consumes the reference to Object. */
static NTSTATUS PspGiveHandle(const struct PSP_OPEN *Open, PVOID Object, ACCESS_MASK DesiredAccess,
                              PHANDLE Handle)
{
    HANDLE New;
    NTSTATUS Status = ObpInsertHandleFor(
        Open->Mode, Object, ObpMapAccess(ObpTypeOf(Object), DesiredAccess), Open->Attributes, &New);

    if (!NT_SUCCESS(Status)) {
        ObpDereference(Object, NULL);
        return Status;
    }
    Status = MmpCopy(Open->Mode, Handle, &New, sizeof(New));
    if (!NT_SUCCESS(Status)) {
        ObCloseHandle(New, Open->Mode); /* nobody knows it */
    }
    return Status;
}

/*
 * NtOpenProcess - a handle to the process with ClientId's process id; if that has a thread id too,
 * the process of that thread.
 *
 * Context  a driver (Zw), or a program (Nt); PASSIVE_LEVEL. Object callbacks may take rights away
 * Returns  STATUS_SUCCESS                   *ProcessHandle is the caller's to close
 *          STATUS_INVALID_CID               nobody has that id
 *          STATUS_INVALID_PARAMETER_MIX     no ClientId, or a name besides it
 *          STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES
 */
NTSTATUS NTAPI NtOpenProcess(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess,
                             POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId)
{
    struct PSP_OPEN Open;
    PEPROCESS Process = NULL;
    PETHREAD Thread;
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    Status = PspCaptureOpen(ProcessHandle, ObjectAttributes, ClientId, &Open);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Open.ClientId.UniqueThread == NULL) {
        Status = PsLookupProcessByProcessId(Open.ClientId.UniqueProcess, &Process);
    } else {
        Status = PsLookupThreadByThreadId(Open.ClientId.UniqueThread, &Thread);
        if (NT_SUCCESS(Status)) {
            Process = IoThreadToProcess(Thread);
            ObpReference(Process, NULL);
            ObpDereference(Thread, NULL);
        }
    }
    return NT_SUCCESS(Status) ? PspGiveHandle(&Open, Process, DesiredAccess, ProcessHandle)
                              : STATUS_INVALID_CID;
}

/* NtOpenThread - as NtOpenProcess, for the thread with ClientId's thread id. */
NTSTATUS NTAPI NtOpenThread(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess,
                            POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId)
{
    struct PSP_OPEN Open;
    PETHREAD Thread;
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    Status = PspCaptureOpen(ThreadHandle, ObjectAttributes, ClientId, &Open);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PsLookupThreadByThreadId(Open.ClientId.UniqueThread, &Thread);
    return NT_SUCCESS(Status) ? PspGiveHandle(&Open, Thread, DesiredAccess, ThreadHandle)
                              : STATUS_INVALID_CID;
}

/*
 * NtTerminateProcess - end the process: its threads leave, each told on its own thread.
 *
 * ProcessHandle  a handle with PROCESS_TERMINATE; NULL or NtCurrentProcess(): the caller's own,
 *                whose threads no other host thread may be
 * Returns  STATUS_SUCCESS; STATUS_PROCESS_IS_TERMINATING; STATUS_ACCESS_DENIED: the System process,
 *          or user mode without the right; STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH
 */
NTSTATUS NTAPI NtTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus)
{
    HANDLE Handle = ProcessHandle == NULL ? NtCurrentProcess() : ProcessHandle;
    struct ntsim_process *Process;
    PVOID Object;
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    Status = ObpReferenceByHandle(Handle, PROCESS_TERMINATE, *PsProcessType, ExGetPreviousMode(),
                                  &Object, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Process = Object;
    if (Process == PspState()->System) {
        Status = STATUS_ACCESS_DENIED;
    } else if (Process->Exited) {
        Status = STATUS_PROCESS_IS_TERMINATING;
    } else {
        ntsim_process_exit(Process, ExitStatus);
    }
    ObpDereference(Process, NULL);
    return Status;
}

NTSTATUS NTAPI ZwOpenProcess(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess,
                             POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId)
{
    PSP_ZW(NtOpenProcess(ProcessHandle, DesiredAccess, ObjectAttributes, ClientId));
}

NTSTATUS NTAPI ZwOpenThread(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess,
                            POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId)
{
    PSP_ZW(NtOpenThread(ThreadHandle, DesiredAccess, ObjectAttributes, ClientId));
}

NTSTATUS NTAPI ZwTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus)
{
    PSP_ZW(NtTerminateProcess(ProcessHandle, ExitStatus));
}
