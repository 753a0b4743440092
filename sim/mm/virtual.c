/* SPDX-License-Identifier: MIT
 *
 * virtual.c - the services by which user memory is allocated and freed (usermem.c has it).
 *
 * IMG-49: up to Windows 7 an image of a process is notified under a lock that these need as well.
 */
#include "mm/mmp_state.h"
#include "ob/obp.h"
#include "ps/psp.h"
#include "ps/zw.h"

#include <ntcallback/dispatch.h>
#include <ntsim/memory.h>

#define PROCESS_VM_OPERATION 0x0008

/* DV-12: Windows hangs here; the call is made all the same. */
VOID MmpCheckImageLock(const char *Function)
{
    struct ntcb_registration Inside;

    if (ntsim__windows() > NTCB_WINDOWS_7 || !PspIsMappingUserImage() ||
        !ntcb_current_call(&Inside) || Inside.manager != NTCB_MANAGER_IMAGE) {
        return;
    }
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_VIOLATION,
            .rule = "DV-12",
            .address = Inside.routine,
            .on_windows = "up to Windows 7 the thread waits for a lock that it holds itself, and "
                          "never returns",
            .fix = "do not work on user memory in an image routine; let a work item do it",
        },
        "%s from within an image routine, for an image of a process", Function);
}

/* The process of the handle, referenced. */
NTSTATUS MmpReferenceProcess(HANDLE Handle, struct ntsim_process **Process)
{
    PVOID Object;
    NTSTATUS Status = ObpReferenceByHandle(Handle, PROCESS_VM_OPERATION, *PsProcessType,
                                           ExGetPreviousMode(), &Object, NULL);

    *Process = NT_SUCCESS(Status) ? Object : NULL;
    return Status;
}

NTSTATUS MmpCaptureRegion(PVOID *BaseAddress, PSIZE_T RegionSize, struct MMP_REGION *Region)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    NTSTATUS Status = MmpProbe(Mode, BaseAddress, sizeof(*BaseAddress), TRUE);

    if (NT_SUCCESS(Status)) {
        Status = MmpProbe(Mode, RegionSize, sizeof(*RegionSize), TRUE);
    }
    if (NT_SUCCESS(Status)) {
        Status = MmpCopy(Mode, &Region->Base, BaseAddress, sizeof(Region->Base));
    }
    return NT_SUCCESS(Status) ? MmpCopy(Mode, &Region->Bytes, RegionSize, sizeof(Region->Bytes))
                              : Status;
}

NTSTATUS MmpReturnRegion(const struct MMP_REGION *Region, PVOID *BaseAddress, PSIZE_T RegionSize)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    NTSTATUS Status = MmpCopy(Mode, BaseAddress, &Region->Base, sizeof(Region->Base));

    return NT_SUCCESS(Status) ? MmpCopy(Mode, RegionSize, &Region->Bytes, sizeof(Region->Bytes))
                              : Status;
}

/*
 * NtAllocateVirtualMemory - zeroed pages of the process's, committed.
 *
 * *BaseAddress   NULL; where they are, afterwards. Addresses of the caller's choice are not
 *                simulated: STATUS_CONFLICTING_ADDRESSES
 * *RegionSize    bytes; whole pages, afterwards
 * Returns  STATUS_SUCCESS                   until freed, or until the process exits
 *          STATUS_INVALID_PARAMETER_4       no bytes
 *          STATUS_INVALID_PARAMETER_5       not MEM_COMMIT, with or without MEM_RESERVE
 *          STATUS_INVALID_PAGE_PROTECTION   see ntsim_user_allocate
 *          STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED
 *          STATUS_ACCESS_VIOLATION, STATUS_NO_MEMORY
 *          STATUS_PROCESS_IS_TERMINATING    it has exited
 */
NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits,
                                       PSIZE_T RegionSize, ULONG AllocationType, ULONG Protect)
{
    struct ntsim_process *Process;
    struct MMP_REGION Region;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(ZeroBits);
    ntcb_require_kernel(__func__);
    MmpCheckImageLock(__func__);
    if ((AllocationType & ~(ULONG)MEM_RESERVE) != MEM_COMMIT) {
        return STATUS_INVALID_PARAMETER_5;
    }
    Status = MmpCaptureRegion(BaseAddress, RegionSize, &Region);
    if (!NT_SUCCESS(Status) || Region.Bytes == 0 || Region.Base != NULL) {
        return !NT_SUCCESS(Status) ? Status
               : Region.Bytes == 0 ? STATUS_INVALID_PARAMETER_4
                                   : STATUS_CONFLICTING_ADDRESSES;
    }
    if (!MmpIsUserProtection(Protect)) {
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    Status = MmpReferenceProcess(ProcessHandle, &Process);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (PspHoldMemory(Process)) {
        Region.Base = ntsim_user_allocate(Process, Region.Bytes, Protect);
        PspReleaseMemory(Process);
        Status = Region.Base == NULL ? STATUS_NO_MEMORY : STATUS_SUCCESS;
    } else {
        Status = STATUS_PROCESS_IS_TERMINATING;
    }
    Region.Bytes = ROUND_TO_PAGES(Region.Bytes);
    ObpDereference(Process, NULL);
    return NT_SUCCESS(Status) ? MmpReturnRegion(&Region, BaseAddress, RegionSize) : Status;
}

NTSTATUS NTAPI ZwAllocateVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits,
                                       PSIZE_T RegionSize, ULONG AllocationType, ULONG Protect)
{
    PSP_ZW(NtAllocateVirtualMemory(ProcessHandle, BaseAddress, ZeroBits, RegionSize, AllocationType,
                                   Protect));
}

/*
 * NtFreeVirtualMemory - an allocation of the process's is released, as a whole.
 *
 * *RegionSize    0
 * Returns  STATUS_SUCCESS                   the addresses stay reserved until the process exits
 *          STATUS_INVALID_PARAMETER_4       not MEM_RELEASE: parts are not simulated
 *          STATUS_FREE_VM_NOT_AT_BASE       *RegionSize is not 0
 *          STATUS_MEMORY_NOT_ALLOCATED      no allocation of the process's begins there
 *          STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED
 *          STATUS_ACCESS_VIOLATION
 */
NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
                                   ULONG FreeType)
{
    struct ntsim_process *Process;
    struct MMP_REGION Region;
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    MmpCheckImageLock(__func__);
    if (FreeType != MEM_RELEASE) {
        return STATUS_INVALID_PARAMETER_4;
    }
    Status = MmpCaptureRegion(BaseAddress, RegionSize, &Region);
    if (!NT_SUCCESS(Status) || Region.Bytes != 0) {
        return NT_SUCCESS(Status) ? STATUS_FREE_VM_NOT_AT_BASE : Status;
    }
    Status = MmpReferenceProcess(ProcessHandle, &Process);
    if (NT_SUCCESS(Status)) {
        Status = ntsim_user_free(Process, Region.Base) == NTCB_OK ? STATUS_SUCCESS
                                                                  : STATUS_MEMORY_NOT_ALLOCATED;
        ObpDereference(Process, NULL);
    }
    return Status;
}

NTSTATUS NTAPI ZwFreeVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
                                   ULONG FreeType)
{
    PSP_ZW(NtFreeVirtualMemory(ProcessHandle, BaseAddress, RegionSize, FreeType));
}
