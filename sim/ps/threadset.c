/* SPDX-License-Identifier: MIT
 *
 * threadset.c - what drivers set of a thread.
 */
#include "ps/psp_state.h"
#include "ps/zw.h"

#define PSP_PRIORITY_MAX 31

static NTSTATUS PspSetPriority(struct ntsim_thread *Thread, const KPRIORITY *Priority)
{
    if (*Priority < 1 || *Priority > PSP_PRIORITY_MAX) {
        return STATUS_INVALID_PARAMETER;
    }
    atomic_store(&Thread->Priority, *Priority);
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetThread(HANDLE ThreadHandle, THREADINFOCLASS Class, PVOID Buffer, ULONG Length)
{
    BOOLEAN Priority = Class == ThreadPriority || Class == ThreadBasePriority;
    PVOID Thread;
    NTSTATUS Status;

    if (!Priority && Class != ThreadHideFromDebugger) {
        return (ULONG)Class < MaxThreadInfoClass ? STATUS_NOT_IMPLEMENTED
                                                 : STATUS_INVALID_INFO_CLASS;
    }
    if (Length != (Priority ? sizeof(KPRIORITY) : 0)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = ObpReferenceByHandle(ThreadHandle, 0, *PsThreadType, KernelMode, &Thread, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Priority) {
        Status = PspSetPriority(Thread, Buffer);
    }
    ObpDereference(Thread, NULL);
    return Status;
}

NTSTATUS NTAPI ZwSetInformationThread(HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass,
                                      PVOID ThreadInformation, ULONG ThreadInformationLength)
{
    PSP_ZW(PspSetThread(ThreadHandle, ThreadInformationClass, ThreadInformation,
                        ThreadInformationLength));
}
