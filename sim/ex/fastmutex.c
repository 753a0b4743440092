/* SPDX-License-Identifier: MIT
 *
 * fastmutex.c - fast and guarded mutexes: one structure, two ways of keeping APCs off.
 *
 * Count is 1 when free, else 1 less for the owner and each thread that waits; Event hands the mutex
 * from a release to one of them. Owner is written by the owner alone, and read by others only to be
 * compared with themselves.
 */
#include "ke/kip.h"

static VOID ExwReportMutex(const char *Function, const FAST_MUTEX *Mutex, const char *What)
{
    ntcb_report_f(
        &(struct ntcb_report){.severity = NTCB_BUGCHECK,
                              .rule = "EX-MUTEX",
                              .bugcheck = THREAD_NOT_MUTEX_OWNER,
                              .parameter = {(uintptr_t)KipCurrentThread(), (uintptr_t)Mutex},
                              .on_windows = "undefined: a deadlock, or two owners",
                              .fix = "acquire once, release once, on the same thread"},
        "%s: %s", Function, What);
}

static BOOLEAN ExwIsMine(const FAST_MUTEX *Mutex)
{
    return __atomic_load_n(&Mutex->Owner, __ATOMIC_RELAXED) == (PVOID)KipCurrentThread();
}

static VOID ExwTake(PFAST_MUTEX Mutex)
{
    __atomic_store_n(&Mutex->Owner, (PVOID)KipCurrentThread(), __ATOMIC_RELAXED);
}

static VOID ExwAcquire(const char *Function, PFAST_MUTEX Mutex)
{
    ntcb_check_irql(Function, APC_LEVEL, "DV-31", 0x00020006);
    if (ExwIsMine(Mutex)) {
        ExwReportMutex(Function, Mutex, "this thread owns the mutex already: a deadlock");
        return;
    }
    if (__atomic_sub_fetch(&Mutex->Count, 1, __ATOMIC_ACQUIRE) != 0) {
        __atomic_add_fetch(&Mutex->Contention, 1, __ATOMIC_RELAXED);
        KeWaitForSingleObject(&Mutex->Event, WrFastMutex, KernelMode, FALSE, NULL);
    }
    ExwTake(Mutex);
}

static BOOLEAN ExwTryAcquire(const char *Function, PFAST_MUTEX Mutex)
{
    LONG Free = 1;
    ntcb_check_irql(Function, APC_LEVEL, "DV-31", 0x00020006);
    if (!__atomic_compare_exchange_n(&Mutex->Count, &Free, 0, FALSE, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED)) {
        return FALSE;
    }
    ExwTake(Mutex);
    return TRUE;
}

static BOOLEAN ExwRelease(const char *Function, PFAST_MUTEX Mutex)
{
    if (!ExwIsMine(Mutex)) {
        ExwReportMutex(Function, Mutex, "this thread does not own the mutex");
        return FALSE;
    }
    __atomic_store_n(&Mutex->Owner, NULL, __ATOMIC_RELAXED);
    if (__atomic_add_fetch(&Mutex->Count, 1, __ATOMIC_RELEASE) <= 0) {
        KeSetEvent(&Mutex->Event, EVENT_INCREMENT, FALSE);
    }
    return TRUE;
}

/* ---- fast mutexes: at APC_LEVEL ---- */

VOID NTAPI ExAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    KIRQL Old = KeGetCurrentIrql();
    if (Old < APC_LEVEL) {
        KfRaiseIrql(APC_LEVEL);
    }
    BOOLEAN Mine = ExwIsMine(FastMutex);
    ExwAcquire(__func__, FastMutex);
    if (!Mine) {
        FastMutex->OldIrql = Old;
    }
}

BOOLEAN NTAPI ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    KIRQL Old = KeGetCurrentIrql();
    if (!ExwTryAcquire(__func__, FastMutex)) {
        return FALSE;
    }
    if (Old < APC_LEVEL) {
        KfRaiseIrql(APC_LEVEL);
    }
    FastMutex->OldIrql = Old;
    return TRUE;
}

VOID NTAPI ExReleaseFastMutex(PFAST_MUTEX FastMutex)
{
    KIRQL Old = (KIRQL)FastMutex->OldIrql;
    if (ExwRelease(__func__, FastMutex)) {
        KeLowerIrql(Old);
    }
}

VOID NTAPI ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    ExwAcquire(__func__, FastMutex);
}

VOID NTAPI ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    ExwRelease(__func__, FastMutex);
}

/* ---- guarded mutexes: in a guarded region ---- */

VOID NTAPI KeInitializeGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    Mutex->Count = 1;
    Mutex->Owner = NULL;
    Mutex->Contention = 0;
    KeInitializeEvent(&Mutex->Event, SynchronizationEvent, FALSE);
}

VOID NTAPI KeAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    KeEnterGuardedRegion();
    ExwAcquire(__func__, Mutex);
}

BOOLEAN NTAPI KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    if (!ExwTryAcquire(__func__, Mutex)) {
        return FALSE;
    }
    KeEnterGuardedRegion();
    return TRUE;
}

VOID NTAPI KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    if (ExwRelease(__func__, Mutex)) {
        KeLeaveGuardedRegion();
    }
}

VOID NTAPI KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex)
{
    ExwAcquire(__func__, Mutex);
}

VOID NTAPI KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex)
{
    ExwRelease(__func__, Mutex);
}
