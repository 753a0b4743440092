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

static NTSTATUS ExwCapture(KPROCESSOR_MODE Mode, PVOID To, PVOID From, SIZE_T Bytes)
{
    NTSTATUS Status = MmpProbe(Mode, From, Bytes, FALSE);
    return NT_SUCCESS(Status) ? MmpCopy(Mode, To, From, Bytes) : Status;
}

/* NULL is no timeout, and nothing to capture. */
static NTSTATUS ExwCaptureTimeout(KPROCESSOR_MODE Mode, PLARGE_INTEGER Given,
                                  PLARGE_INTEGER Timeout)
{
    return Given != NULL ? ExwCapture(Mode, Timeout, Given, sizeof(*Timeout)) : STATUS_SUCCESS;
}

/* The object, referenced, and what of it is waited for. */
static NTSTATUS ExwReference(HANDLE Handle, KPROCESSOR_MODE Mode, PVOID *Object, PVOID *WaitFor)
{
    const struct OBP_TYPE *Type;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, SYNCHRONIZE, NULL, Mode, Object, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Type = (const struct OBP_TYPE *)(PVOID)ObpTypeOf(*Object);
    if (!Type->Waitable) {
        ObpDereference(*Object, NULL);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    *WaitFor = (PUCHAR)*Object + Type->WaitAt;
    return STATUS_SUCCESS;
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
    PVOID Object, WaitFor;
    NTSTATUS Status = ExwCaptureTimeout(Mode, Timeout, &Captured);
    if (NT_SUCCESS(Status)) {
        Status = ExwReference(Handle, Mode, &Object, &WaitFor);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = KeWaitForSingleObject(WaitFor, UserRequest, Mode, Alertable,
                                   Timeout != NULL ? &Captured : NULL);
    ObpDereference(Object, NULL);
    return ExwReturn(Mode, Status);
}

/* What NtWaitForMultipleObjects waits for. */
struct EXW_MANY {
    ULONG Count; /* of Objects, referenced */
    HANDLE Handles[MAXIMUM_WAIT_OBJECTS];
    PVOID Objects[MAXIMUM_WAIT_OBJECTS];
    PVOID WaitFor[MAXIMUM_WAIT_OBJECTS];
    KWAIT_BLOCK Blocks[MAXIMUM_WAIT_OBJECTS];
};

static NTSTATUS ExwReferenceMany(struct EXW_MANY *Many, ULONG Count, WAIT_TYPE WaitType,
                                 KPROCESSOR_MODE Mode)
{
    NTSTATUS Status = STATUS_SUCCESS;
    for (; Many->Count < Count && NT_SUCCESS(Status); Many->Count += NT_SUCCESS(Status)) {
        ULONG Index = Many->Count;
        Status =
            ExwReference(Many->Handles[Index], Mode, &Many->Objects[Index], &Many->WaitFor[Index]);
    }
    for (ULONG Index = 1; Index < Many->Count && WaitType == WaitAll; ++Index) {
        for (ULONG Before = 0; Before < Index; ++Before) {
            if (Many->Objects[Before] == Many->Objects[Index] && NT_SUCCESS(Status)) {
                Status = STATUS_INVALID_PARAMETER_MIX;
            }
        }
    }
    return Status;
}

/*
 * NtWaitForMultipleObjects - wait until one object is signalled (WaitAny), or all at once are
 * (WaitAll), or time is up.
 *
 * Alertable, Context: as for NtWaitForSingleObject.
 * Returns  STATUS_WAIT_0 + index, STATUS_ABANDONED_WAIT_0 + index: of the first that is signalled
 *          STATUS_TIMEOUT, STATUS_USER_APC
 *          STATUS_INVALID_PARAMETER_1       Count is not 1 to 64
 *          STATUS_INVALID_PARAMETER_3       WaitType
 *          STATUS_INVALID_PARAMETER_MIX     WaitAll, and an object is there twice
 *          STATUS_INVALID_HANDLE, STATUS_ACCESS_DENIED, STATUS_OBJECT_TYPE_MISMATCH: any of them
 *          STATUS_ACCESS_VIOLATION          Handles, Timeout
 */
NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG Count, PHANDLE Handles, WAIT_TYPE WaitType,
                                        BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Captured;
    struct EXW_MANY Many;
    NTSTATUS Status;
    if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS) {
        return STATUS_INVALID_PARAMETER_1;
    }
    if (WaitType != WaitAll && WaitType != WaitAny) {
        return STATUS_INVALID_PARAMETER_3;
    }
    Many.Count = 0;
    Status = ExwCaptureTimeout(Mode, Timeout, &Captured);
    if (NT_SUCCESS(Status)) {
        Status = ExwCapture(Mode, Many.Handles, Handles, Count * sizeof(HANDLE));
    }
    if (NT_SUCCESS(Status)) {
        Status = ExwReferenceMany(&Many, Count, WaitType, Mode);
    }
    if (NT_SUCCESS(Status)) {
        Status =
            KeWaitForMultipleObjects(Count, Many.WaitFor, WaitType, UserRequest, Mode, Alertable,
                                     Timeout != NULL ? &Captured : NULL, Many.Blocks);
    }
    while (Many.Count != 0) {
        ObpDereference(Many.Objects[--Many.Count], NULL);
    }
    return ExwReturn(Mode, Status);
}

/* NtDelayExecution - let time pass. SUCCESS, USER_APC, ACCESS_VIOLATION. */
NTSTATUS NTAPI NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER DelayInterval)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Captured;
    NTSTATUS Status = ExwCapture(Mode, &Captured, DelayInterval, sizeof(Captured));
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

NTSTATUS NTAPI ZwWaitForMultipleObjects(ULONG Count, PHANDLE Handles, WAIT_TYPE WaitType,
                                        BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    PSP_ZW(NtWaitForMultipleObjects(Count, Handles, WaitType, Alertable, Timeout));
}

NTSTATUS NTAPI ZwDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER DelayInterval)
{
    PSP_ZW(NtDelayExecution(Alertable, DelayInterval));
}
