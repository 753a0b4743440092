/* SPDX-License-Identifier: MIT
 *
 * removelock.c - remove locks: a device is not removed while requests are on their way.
 *
 * IoCount is 1 for the device, and 1 more for each that holds the lock; Removed is set before the
 * device's own is given back. Who gives back the last sets RemoveEvent. An acquirer counts first
 * and looks at Removed afterwards, a remover the other way round, all sequentially consistent: so
 * either the remover waits for the acquirer, or the acquirer sees that it is too late.
 */
#include "simp.h"

static VOID IopReportRemoveLock(const char *Function, const IO_REMOVE_LOCK *Lock,
                                const VOID *Caller, const char *What, const char *Fix)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_VIOLATION,
                                        .rule = "IO-REMLOCK",
                                        .parameter = {(uintptr_t)Lock},
                                        .address = Caller,
                                        .on_windows = "the device is removed under somebody's "
                                                      "hands, or never",
                                        .fix = Fix},
                  "%s: remove lock %p %s", Function, (const VOID *)Lock, What);
}

static BOOLEAN IopCheckRemoveLock(const char *Function, const IO_REMOVE_LOCK *Lock, KIRQL Limit,
                                  const VOID *Caller)
{
    ntcb_require_kernel(Function);
    ntcb_check_irql(Function, Limit, "DV-31", 0);
    if (__atomic_load_n(&Lock->Common.IoCount, __ATOMIC_RELAXED) != 0 ||
        __atomic_load_n(&Lock->Common.Removed, __ATOMIC_RELAXED)) {
        return TRUE;
    }
    IopReportRemoveLock(Function, Lock, Caller, "is not initialised",
                        "call IoInitializeRemoveLock when the device is created");
    return FALSE;
}

VOID NTAPI IoInitializeRemoveLockEx(PIO_REMOVE_LOCK Lock, ULONG AllocateTag, ULONG MaxLockedMinutes,
                                    ULONG HighWatermark, ULONG RemlockSize)
{
    UNREFERENCED_PARAMETER(AllocateTag);
    UNREFERENCED_PARAMETER(MaxLockedMinutes);
    UNREFERENCED_PARAMETER(HighWatermark);
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-31", 0);
    RtlZeroMemory(Lock, RemlockSize);
    Lock->Common.IoCount = 1;
    KeInitializeEvent(&Lock->Common.RemoveEvent, SynchronizationEvent, FALSE);
}

/* TRUE: that was as it should be. */
static BOOLEAN IopLeaveRemoveLock(PIO_REMOVE_LOCK Lock)
{
    LONG Left = __atomic_sub_fetch(&Lock->Common.IoCount, 1, __ATOMIC_SEQ_CST);
    if (Left > 0) {
        return TRUE;
    }
    if (!__atomic_load_n(&Lock->Common.Removed, __ATOMIC_SEQ_CST)) {
        __atomic_add_fetch(&Lock->Common.IoCount, 1, __ATOMIC_SEQ_CST);
        return FALSE;
    }
    KeSetEvent(&Lock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
    return Left == 0;
}

NTSTATUS NTAPI IoAcquireRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, PCSTR File, ULONG Line,
                                     ULONG RemlockSize)
{
    UNREFERENCED_PARAMETER(Tag);
    UNREFERENCED_PARAMETER(File);
    UNREFERENCED_PARAMETER(Line);
    UNREFERENCED_PARAMETER(RemlockSize);
    if (!IopCheckRemoveLock(__func__, RemoveLock, DISPATCH_LEVEL, __builtin_return_address(0))) {
        return STATUS_DELETE_PENDING;
    }
    __atomic_add_fetch(&RemoveLock->Common.IoCount, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&RemoveLock->Common.Removed, __ATOMIC_SEQ_CST)) {
        IopLeaveRemoveLock(RemoveLock);
        return STATUS_DELETE_PENDING;
    }
    return STATUS_SUCCESS;
}

static const char IopReleaseFix[] = "release once for each IoAcquireRemoveLock that succeeded";

VOID NTAPI IoReleaseRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
    const VOID *Caller = __builtin_return_address(0);
    UNREFERENCED_PARAMETER(Tag);
    UNREFERENCED_PARAMETER(RemlockSize);
    if (IopCheckRemoveLock(__func__, RemoveLock, DISPATCH_LEVEL, Caller) &&
        !IopLeaveRemoveLock(RemoveLock)) {
        IopReportRemoveLock(__func__, RemoveLock, Caller, "is released by who does not hold it",
                            IopReleaseFix);
    }
}

VOID NTAPI IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
    const VOID *Caller = __builtin_return_address(0);
    UNREFERENCED_PARAMETER(Tag);
    UNREFERENCED_PARAMETER(RemlockSize);
    if (!IopCheckRemoveLock(__func__, RemoveLock, PASSIVE_LEVEL, Caller)) {
        return;
    }
    if (__atomic_exchange_n(&RemoveLock->Common.Removed, TRUE, __ATOMIC_SEQ_CST)) {
        IopReportRemoveLock(__func__, RemoveLock, Caller, "has been waited for already",
                            "call it once, for IRP_MN_REMOVE_DEVICE");
        return;
    }
    LONG Left = __atomic_sub_fetch(&RemoveLock->Common.IoCount, 2, __ATOMIC_SEQ_CST);
    if (Left > 0) {
        KeWaitForSingleObject(&RemoveLock->Common.RemoveEvent, Executive, KernelMode, FALSE, NULL);
    } else if (Left < 0) {
        IopReportRemoveLock(__func__, RemoveLock, Caller, "was not acquired first", IopReleaseFix);
    }
}
