/* SPDX-License-Identifier: MIT
 *
 * waitservice.c - the services by which a program waits; and where its APCs are delivered.
 */
#include "ke/kip.h"
#include "mm/mmp.h"
#include "ob/obp.h"
#include "ps/zw.h"

#include <ntcallback/ddk/ntexapi.h>

/* Back to user mode: the APCs that ended the wait are delivered first. */
static NTSTATUS ExwReturn(KPROCESSOR_MODE Mode, NTSTATUS Status)
{
    if (Status == STATUS_USER_APC && Mode == UserMode) {
        KipDeliverApcs();
    }
    return Status;
}

static NTSTATUS ExwCaptureTimeout(KPROCESSOR_MODE Mode, PLARGE_INTEGER Given,
                                  PLARGE_INTEGER Timeout)
{
    NTSTATUS Status = MmpProbe(Mode, Given, sizeof(*Given), FALSE);
    return NT_SUCCESS(Status) ? MmpCopy(Mode, Timeout, Given, sizeof(*Timeout)) : Status;
}

/*
 * NtWaitForSingleObject - wait until an object is signalled, or time is up.
 *
 * Alertable: a user APC of the calling thread ends the wait, and is delivered before the service
 * returns to user mode.
 * Context  a driver (Zw), or a program (Nt); PASSIVE_LEVEL
 * Returns  STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_USER_APC, STATUS_ABANDONED_WAIT_0
 *          STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED (SYNCHRONIZE)
 *          STATUS_OBJECT_TYPE_MISMATCH      objects of its type cannot be waited for
 *          STATUS_ACCESS_VIOLATION          Timeout
 */
NTSTATUS NTAPI NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Captured;
    PVOID Object;
    NTSTATUS Status =
        Timeout != NULL ? ExwCaptureTimeout(Mode, Timeout, &Captured) : STATUS_SUCCESS;
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(Handle, SYNCHRONIZE, NULL, Mode, &Object, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    const struct OBP_TYPE *Type = (const struct OBP_TYPE *)(PVOID)ObpTypeOf(Object);
    if (Type->Waitable) {
        Status = KeWaitForSingleObject((PUCHAR)Object + Type->WaitAt, UserRequest, Mode, Alertable,
                                       Timeout != NULL ? &Captured : NULL);
    } else {
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    }
    ObpDereference(Object, NULL);
    return ExwReturn(Mode, Status);
}

/* NtDelayExecution - let time pass. SUCCESS, USER_APC, ACCESS_VIOLATION. */
NTSTATUS NTAPI NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER DelayInterval)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Captured;
    NTSTATUS Status = ExwCaptureTimeout(Mode, DelayInterval, &Captured);
    return NT_SUCCESS(Status) ? ExwReturn(Mode, KeDelayExecutionThread(Mode, Alertable, &Captured))
                              : Status;
}

/* NtTestAlert - deliver the calling thread's user APCs. SUCCESS. */
NTSTATUS NTAPI NtTestAlert(VOID)
{
    if (ExGetPreviousMode() == UserMode) {
        KipDeliverApcs();
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    PSP_ZW(NtWaitForSingleObject(Handle, Alertable, Timeout));
}

NTSTATUS NTAPI ZwDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER DelayInterval)
{
    PSP_ZW(NtDelayExecution(Alertable, DelayInterval));
}
