/* SPDX-License-Identifier: MIT
 *
 * mdl.c - memory descriptor lists. All memory here is one address space, so that a mapping is the
 * memory itself; locking checks that it is there, and keeps nobody from freeing it.
 */
#include "mm/mmp.h"
#include "ps/psp.h"

#include <ntcallback/exception.h>
#include <ntsim/process.h>

#include <string.h>

#define MMP_MDL_TAG 0x206C644Du /* "Mdl " */

static VOID MmpReportMdl(const char *What, const char *OnWindows, const char *Fix)
{
    ntcb_report_deliver(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                              .rule = "MM-MDL",
                                              .what = What,
                                              .on_windows = OnWindows,
                                              .fix = Fix});
}

/* IoAllocateMdl - describe Length bytes at VirtualAddress; with Irp it becomes the request's list,
 * or its next one (SecondaryBuffer). NULL: no memory. IRQL DISPATCH_LEVEL. */
PMDL NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer,
                         BOOLEAN ChargeQuota, PIRP Irp)
{
    ULONG_PTR Start = (ULONG_PTR)VirtualAddress & ~(ULONG_PTR)(PAGE_SIZE - 1);
    SIZE_T Pages = ((ULONG_PTR)VirtualAddress - Start + Length + PAGE_SIZE - 1) / PAGE_SIZE;
    SIZE_T Bytes = sizeof(MDL) + Pages * sizeof(PFN_NUMBER);
    UNREFERENCED_PARAMETER(ChargeQuota);
    ntcb_require_kernel(__func__);
    (void)ntcb_check_irql(__func__, DISPATCH_LEVEL, "MM-MDL", 0);
    PMDL Mdl = ExAllocatePoolWithTag(NonPagedPool, Bytes, MMP_MDL_TAG);
    if (Mdl == NULL) {
        return NULL;
    }
    memset(Mdl, 0, Bytes);
    Mdl->Size = (CSHORT)(Bytes < 0x7FFF ? Bytes : 0x7FFF);
    Mdl->StartVa = (PVOID)Start;
    Mdl->ByteOffset = (ULONG)((ULONG_PTR)VirtualAddress - Start);
    Mdl->ByteCount = Length;
    if (Irp != NULL && SecondaryBuffer) {
        PMDL *Link = &Irp->MdlAddress;
        while (*Link != NULL) {
            Link = &(*Link)->Next;
        }
        *Link = Mdl;
    } else if (Irp != NULL) {
        Irp->MdlAddress = Mdl;
    }
    return Mdl;
}

VOID NTAPI IoFreeMdl(PMDL Mdl)
{
    ntcb_require_kernel(__func__);
    (void)ntcb_check_irql(__func__, DISPATCH_LEVEL, "MM-MDL", 0);
    if ((Mdl->MdlFlags & MDL_PAGES_LOCKED) != 0) {
        MmpReportMdl("IoFreeMdl was given a list whose pages are still locked",
                     "the pages stay locked: bug check PROCESS_HAS_LOCKED_PAGES when the process "
                     "ends",
                     "call MmUnlockPages first");
    }
    ExFreePoolWithTag(Mdl, MMP_MDL_TAG);
}

VOID NTAPI MmBuildMdlForNonPagedPool(PMDL Mdl)
{
    ntcb_require_kernel(__func__);
    Mdl->MappedSystemVa = MmGetMdlVirtualAddress(Mdl);
    Mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
}

struct MMP_LOCK {
    const MDL *Mdl;
    LOCK_OPERATION Operation;
};

/* Each page read, and for writing written with what is there. */
static NTSTATUS MmpTouchPages(PVOID Context)
{
    const struct MMP_LOCK *Lock = Context;
    volatile UCHAR *At = MmGetMdlVirtualAddress(Lock->Mdl);
    volatile UCHAR *End = At + Lock->Mdl->ByteCount;
    while (At < End) {
        UCHAR Byte = *At;
        if (Lock->Operation != IoReadAccess) {
            __atomic_compare_exchange_n(At, &Byte, Byte, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        }
        At = (volatile UCHAR *)(((ULONG_PTR)At & ~(ULONG_PTR)(PAGE_SIZE - 1)) + PAGE_SIZE);
    }
    return STATUS_SUCCESS;
}

/* In the current process. SUCCESS, ACCESS_VIOLATION. */
static NTSTATUS MmpLockPages(PMDL Mdl, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    struct MMP_LOCK Lock = {Mdl, Operation};
    PVOID Address = MmGetMdlVirtualAddress(Mdl);
    NTSTATUS Status;
    if ((Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL)) != 0) {
        MmpReportMdl("MmProbeAndLockPages was given a list that is locked, or of nonpaged pool",
                     "the pages are never unlocked", "lock a list once, and nonpaged pool never");
    }
    Status = MmpProbe(AccessMode, Address, Mdl->ByteCount, Operation != IoReadAccess);
    if (NT_SUCCESS(Status) && !MmpTry(MmpTouchPages, &Lock, &Status)) {
        Status = STATUS_ACCESS_VIOLATION;
    }
    if (NT_SUCCESS(Status)) {
        Mdl->Process = (PVOID)PsGetCurrentProcess();
        Mdl->MdlFlags |= MDL_PAGES_LOCKED;
        Mdl->MdlFlags |= Operation != IoReadAccess ? MDL_WRITE_OPERATION : 0;
    }
    return Status;
}

/* MmProbeAndLockPages - check that the memory is there for Operation. Raises
 * STATUS_ACCESS_VIOLATION if it is not: call it within __try. IRQL DISPATCH_LEVEL, for pageable
 * memory APC_LEVEL. */
VOID NTAPI MmProbeAndLockPages(PMDL Mdl, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    ntcb_require_kernel(__func__);
    (void)ntcb_check_irql(__func__, DISPATCH_LEVEL, "MM-MDL", 0);
    NTSTATUS Status = MmpLockPages(Mdl, AccessMode, Operation);
    if (!NT_SUCCESS(Status)) {
        ExRaiseStatus(Status);
    }
}

VOID NTAPI MmProbeAndLockProcessPages(PMDL MemoryDescriptorList, PEPROCESS Process,
                                      KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    ntcb_require_kernel(__func__);
    (void)ntcb_check_irql(__func__, APC_LEVEL, "MM-MDL", 0);
    struct ntsim_process *Attached = PspAttach((struct ntsim_process *)(PVOID)Process);
    NTSTATUS Status = MmpLockPages(MemoryDescriptorList, AccessMode, Operation);
    PspDetach(Attached);
    if (!NT_SUCCESS(Status)) {
        ExRaiseStatus(Status);
    }
}

VOID NTAPI MmUnlockPages(PMDL Mdl)
{
    ntcb_require_kernel(__func__);
    (void)ntcb_check_irql(__func__, DISPATCH_LEVEL, "MM-MDL", 0);
    if ((Mdl->MdlFlags & MDL_PAGES_LOCKED) == 0) {
        MmpReportMdl("MmUnlockPages was given a list whose pages are not locked",
                     "a bug check in the memory manager",
                     "unlock what MmProbeAndLockPages has locked, once");
        return;
    }
    Mdl->MdlFlags &= (CSHORT) ~(MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_WRITE_OPERATION);
    Mdl->MappedSystemVa = NULL;
}

/* MmMapLockedPagesSpecifyCache - an address for the described memory. NULL: the list is not locked.
 * CacheType, RequestedAddress, BugCheckOnFailure and Priority are not looked at. */
PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL Mdl, KPROCESSOR_MODE AccessMode,
                                         MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress,
                                         ULONG BugCheckOnFailure, ULONG Priority)
{
    UNREFERENCED_PARAMETER(CacheType);
    UNREFERENCED_PARAMETER(RequestedAddress);
    UNREFERENCED_PARAMETER(BugCheckOnFailure);
    UNREFERENCED_PARAMETER(Priority);
    ntcb_require_kernel(__func__);
    if ((Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL)) == 0) {
        MmpReportMdl("a list was mapped whose pages are not locked",
                     "memory that may be anything by then is mapped: a bug check",
                     "call MmProbeAndLockPages or MmBuildMdlForNonPagedPool first");
        return NULL;
    }
    if (AccessMode == KernelMode) {
        Mdl->MappedSystemVa = MmGetMdlVirtualAddress(Mdl);
        Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    }
    return MmGetMdlVirtualAddress(Mdl);
}

VOID NTAPI MmUnmapLockedPages(PVOID BaseAddress, PMDL Mdl)
{
    ntcb_require_kernel(__func__);
    if (BaseAddress == Mdl->MappedSystemVa) {
        Mdl->MdlFlags &= (CSHORT)~MDL_MAPPED_TO_SYSTEM_VA;
        Mdl->MappedSystemVa =
            (Mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL) != 0 ? Mdl->MappedSystemVa : NULL;
    }
}
