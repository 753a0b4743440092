/* SPDX-License-Identifier: MIT
 *
 * spinlock.c - spin locks.
 *
 * The lock's word is its owner's thread, with KIP_SPIN_WAITED if somebody sleeps: the host's
 * threads are preempted, so nobody spins here. Whoever waits sets the bit inside the monitor and
 * sleeps there; who gives the lock back while the bit is set wakes all, inside the monitor.
 */
#include "ke/kip.h"

#define KIP_SPIN_WAITED ((KSPIN_LOCK)1)

static KSPIN_LOCK KipSelf(VOID)
{
    return (KSPIN_LOCK)(ULONG_PTR)KipCurrentThread();
}

static VOID KipReportSpin(const char *Function, const KSPIN_LOCK *SpinLock, uint32_t Code,
                          const char *What, const char *Fix)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                        .rule = "KE-SPIN",
                                        .bugcheck = Code,
                                        .parameter = {(uintptr_t)SpinLock},
                                        .fix = Fix},
                  "%s: %s", Function, What);
}

static VOID KipSpinSleep(struct KIP_STATE *State, PKSPIN_LOCK SpinLock)
{
    State->Host->monitor_enter(State->Host->context, State->Spin);
    KSPIN_LOCK Seen = __atomic_load_n(SpinLock, __ATOMIC_RELAXED);
    if (Seen != 0 && __atomic_compare_exchange_n(SpinLock, &Seen, Seen | KIP_SPIN_WAITED, FALSE,
                                                 __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        State->Host->monitor_wait(State->Host->context, State->Spin, NTCB_FOREVER);
    }
    State->Host->monitor_leave(State->Host->context, State->Spin);
}

static BOOLEAN KipSpinTry(PKSPIN_LOCK SpinLock)
{
    KSPIN_LOCK Free = 0;
    return __atomic_compare_exchange_n(SpinLock, &Free, KipSelf(), FALSE, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static VOID KipSpinAcquire(const char *Function, PKSPIN_LOCK SpinLock)
{
    struct KIP_STATE *State = KipState();
    if ((__atomic_load_n(SpinLock, __ATOMIC_RELAXED) & ~KIP_SPIN_WAITED) == KipSelf()) {
        KipReportSpin(Function, SpinLock, SPIN_LOCK_ALREADY_OWNED,
                      "this thread owns the spin lock already, and would spin for ever",
                      "release it first; it is not recursive");
        return;
    }
    while (!KipSpinTry(SpinLock)) {
        KipSpinSleep(State, SpinLock);
    }
}

static VOID KipSpinRelease(const char *Function, PKSPIN_LOCK SpinLock)
{
    struct KIP_STATE *State = KipState();
    if ((__atomic_load_n(SpinLock, __ATOMIC_RELAXED) & ~KIP_SPIN_WAITED) != KipSelf()) {
        KipReportSpin(Function, SpinLock, SPIN_LOCK_NOT_OWNED, "the spin lock is not this thread's",
                      "release once what was acquired");
        return;
    }
    if ((__atomic_exchange_n(SpinLock, 0, __ATOMIC_RELEASE) & KIP_SPIN_WAITED) != 0) {
        State->Host->monitor_enter(State->Host->context, State->Spin);
        State->Host->monitor_wake(State->Host->context, State->Spin);
        State->Host->monitor_leave(State->Host->context, State->Spin);
    }
}

/* The forms for DISPATCH_LEVEL and above. */
static VOID KipRequireDispatch(const char *Function, const KSPIN_LOCK *SpinLock)
{
    if (KeGetCurrentIrql() < DISPATCH_LEVEL) {
        KipReportSpin(Function, SpinLock, IRQL_NOT_GREATER_OR_EQUAL,
                      "called below DISPATCH_LEVEL, where the thread may be switched away from",
                      "use the form that raises the IRQL");
    }
}

VOID NTAPI KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
    __atomic_store_n(SpinLock, 0, __ATOMIC_RELAXED);
}

KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock)
{
    KIRQL Old = KfRaiseIrql(DISPATCH_LEVEL);
    KipSpinAcquire("KeAcquireSpinLock", SpinLock);
    return Old;
}

VOID NTAPI KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
    KipSpinRelease(__func__, SpinLock);
    KeLowerIrql(NewIrql);
}

VOID NTAPI KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    KipRequireDispatch(__func__, SpinLock);
    KipSpinAcquire(__func__, SpinLock);
}

VOID NTAPI KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock)
{
    KipRequireDispatch(__func__, SpinLock);
    KipSpinRelease(__func__, SpinLock);
}

BOOLEAN NTAPI KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    KipRequireDispatch(__func__, SpinLock);
    return KipSpinTry(SpinLock);
}

VOID NTAPI KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    LockHandle->OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    LockHandle->LockQueue.Next = NULL;
    LockHandle->LockQueue.Lock = SpinLock;
    KipSpinAcquire(__func__, SpinLock);
}

VOID NTAPI KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle)
{
    KipSpinRelease(__func__, LockHandle->LockQueue.Lock);
    KeLowerIrql(LockHandle->OldIrql);
}
