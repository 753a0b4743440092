/* SPDX-License-Identifier: MIT
 *
 * pushlock.c - push locks: one word, taken exclusively or shared.
 *
 * The word is 0 when free. Else EXW_HELD is set, and EXW_SHARED with the number of holders above
 * the bits, or the holder's thread. EXW_WAITED says that somebody waits; a wait is an entry of
 * EXW_STATE.PushWaiters, on the waiting thread's stack, in the order of arrival.
 *
 * Invariants
 *   H1  Without EXW_WAITED the word changes by compare-and-exchange, by whoever.
 *   H2  EXW_WAITED is set and the word changed while it is set only with KIP_STATE.Lock held; it is
 *       set exactly when a wait for that word is in the list.
 *   H3  Nobody takes a lock past those who wait: not shared either. A release with EXW_WAITED hands
 *       the word to the first who waits, or, if that one shares, to all sharers up to the next that
 *       does not; they need not look at it again.
 *   H4  The word is not touched by whoever waited, nor by a release once it has changed it: so the
 *       lock may be freed by the last that holds it.
 */
#include "ex/exw.h"

#include <ntcallback/ddk/flt_pushlock.h>
#include <ntcallback/ddk/ntundoc_apc.h>

#define EXW_HELD ((ULONG_PTR)1)
#define EXW_WAITED ((ULONG_PTR)2)
#define EXW_SHARED ((ULONG_PTR)4)
#define EXW_BITS ((ULONG_PTR)7)
#define EXW_ONE ((ULONG_PTR)8) /* holder */

struct EXW_PUSH_WAIT {
    LIST_ENTRY Link;
    KEVENT Granted;
    const EX_PUSH_LOCK *Lock;
    ULONG_PTR Holder; /* of an exclusive wait; 0: shared */
};

static ULONG_PTR ExwExclusiveWord(VOID)
{
    return (ULONG_PTR)KipCurrentThread() | EXW_HELD;
}

static VOID ExwReportPush(const char *Function, const EX_PUSH_LOCK *Lock, const char *What,
                          const char *Fix)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_VIOLATION,
                                        .rule = "EX-PUSHLOCK",
                                        .parameter = {(uintptr_t)Lock},
                                        .on_windows = "a deadlock, or two owners",
                                        .fix = Fix},
                  "%s: push lock %p %s", Function, (const VOID *)Lock, What);
}

static VOID ExwCheckPush(const char *Function, const EX_PUSH_LOCK *Lock, KIRQL Limit)
{
    ntcb_require_kernel(Function);
    ntcb_check_irql(Function, Limit, "DV-31", 0);
    if (!KeAreApcsDisabled()) {
        ExwReportPush(Function, Lock, "is used while normal kernel APCs are not disabled",
                      "call KeEnterCriticalRegion first, KeLeaveCriticalRegion after the release");
    }
}

static BOOLEAN ExwExchange(PEX_PUSH_LOCK Lock, ULONG_PTR *Seen, ULONG_PTR Word)
{
    return __atomic_compare_exchange_n(Lock, Seen, Word, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* What the word becomes if Holder (0: a sharer) takes the lock now; 0: it has to wait. */
static ULONG_PTR ExwTaken(ULONG_PTR Word, ULONG_PTR Holder)
{
    if (Word == 0) {
        return Holder != 0 ? Holder : EXW_ONE | EXW_SHARED | EXW_HELD;
    }
    return Holder == 0 && (Word & EXW_SHARED) != 0 && (Word & EXW_WAITED) == 0 ? Word + EXW_ONE : 0;
}

/* ---- waiting ---- */

/* Locked. FALSE: the lock has been taken after all. */
static BOOLEAN ExwQueuePush(struct EXW_STATE *State, PEX_PUSH_LOCK Lock, struct EXW_PUSH_WAIT *Wait)
{
    ULONG_PTR Seen = __atomic_load_n(Lock, __ATOMIC_RELAXED);
    for (;;) {
        ULONG_PTR Word = ExwTaken(Seen, Wait->Holder);
        if (Word != 0 && ExwExchange(Lock, &Seen, Word)) {
            return FALSE;
        }
        if (Word == 0 && ExwExchange(Lock, &Seen, Seen | EXW_WAITED)) {
            InsertTailList(&State->PushWaiters, &Wait->Link);
            return TRUE;
        }
    }
}

static VOID ExwWaitForPush(PEX_PUSH_LOCK Lock, ULONG_PTR Holder)
{
    struct EXW_PUSH_WAIT Wait = {.Lock = Lock, .Holder = Holder};
    PVOID Object = &Wait.Granted;
    KWAIT_BLOCK Block;
    KipInitializeObject(&Wait.Granted.Header, KipEventNotification, sizeof(Wait.Granted), 0);
    ntsim__lock(KipState()->Lock);
    BOOLEAN Queued = ExwQueuePush(ExwState(), Lock, &Wait);
    ntsim__unlock(KipState()->Lock);
    if (Queued) {
        KipWait(&(struct KIP_WAIT_FOR){.Objects = &Object, .Count = 1, .Blocks = &Block});
    }
}

static VOID ExwAcquirePush(const char *Function, PEX_PUSH_LOCK Lock, ULONG_PTR Holder)
{
    ULONG_PTR Seen = __atomic_load_n(Lock, __ATOMIC_RELAXED), Word;
    ExwCheckPush(Function, Lock, APC_LEVEL);
    if ((Seen & ~EXW_WAITED) == ExwExclusiveWord()) {
        ExwReportPush(Function, Lock, "is this thread's already, and would be waited for for ever",
                      "release it first; it is not recursive");
        return;
    }
    while ((Word = ExwTaken(Seen, Holder)) != 0) {
        if (ExwExchange(Lock, &Seen, Word)) {
            return;
        }
    }
    ExwWaitForPush(Lock, Holder);
}

/* ---- releasing ---- */

/* Locked: the next wait for Lock behind Entry, or NULL. */
static struct EXW_PUSH_WAIT *ExwNextPush(struct EXW_STATE *State, PLIST_ENTRY Entry,
                                         const EX_PUSH_LOCK *Lock)
{
    for (Entry = Entry->Flink; Entry != &State->PushWaiters; Entry = Entry->Flink) {
        struct EXW_PUSH_WAIT *Wait = CONTAINING_RECORD(Entry, struct EXW_PUSH_WAIT, Link);
        if (Wait->Lock == Lock) {
            return Wait;
        }
    }
    return NULL;
}

static VOID ExwGrantPush(struct EXW_PUSH_WAIT *Wait)
{
    RemoveEntryList(&Wait->Link);
    Wait->Granted.Header.SignalState = 1;
    KipSignal(&Wait->Granted.Header);
}

/* Locked: nobody holds Lock any more, and somebody waits (H3). The word changes first (H4). */
static VOID ExwHandOver(struct EXW_STATE *State, PEX_PUSH_LOCK Lock)
{
    struct EXW_PUSH_WAIT *First = ExwNextPush(State, &State->PushWaiters, Lock);
    struct EXW_PUSH_WAIT *Next = First;
    ULONG_PTR Sharers = 0;
    do {
        Sharers += First->Holder == 0 ? 1 : 0;
        Next = ExwNextPush(State, &Next->Link, Lock);
    } while (Sharers != 0 && Next != NULL && Next->Holder == 0);
    ULONG_PTR Word = Sharers != 0 ? Sharers * EXW_ONE + (EXW_SHARED | EXW_HELD) : First->Holder;
    __atomic_store_n(Lock, Word | (Next != NULL ? EXW_WAITED : 0), __ATOMIC_RELEASE);
    for (ULONG_PTR Left = Sharers != 0 ? Sharers : 1; Left != 0; Left--) {
        Next = ExwNextPush(State, &First->Link, Lock);
        ExwGrantPush(First);
        First = Next;
    }
}

/* What is left when a holder goes: 0 when it was the last. */
static ULONG_PTR ExwLeft(ULONG_PTR Word)
{
    return (Word & EXW_SHARED) != 0 && (Word & ~EXW_BITS) > EXW_ONE ? Word - EXW_ONE : 0;
}

static VOID ExwReleaseWaited(PEX_PUSH_LOCK Lock)
{
    ntsim__lock(KipState()->Lock);
    ULONG_PTR Left = ExwLeft(__atomic_load_n(Lock, __ATOMIC_ACQUIRE));
    if (Left != 0) {
        __atomic_store_n(Lock, Left, __ATOMIC_RELEASE);
    } else {
        ExwHandOver(ExwState(), Lock);
    }
    ntsim__unlock(KipState()->Lock);
}

static BOOLEAN ExwHolds(ULONG_PTR Word, BOOLEAN Shared)
{
    return Shared ? (Word & EXW_SHARED) != 0 : (Word & ~EXW_WAITED) == ExwExclusiveWord();
}

static BOOLEAN ExwReleasePush(const char *Function, PEX_PUSH_LOCK Lock, BOOLEAN Shared)
{
    ULONG_PTR Seen = __atomic_load_n(Lock, __ATOMIC_RELAXED);
    ExwCheckPush(Function, Lock, DISPATCH_LEVEL);
    if (!ExwHolds(Seen, Shared)) {
        ExwReportPush(Function, Lock,
                      Shared ? "is not held shared" : "is not held exclusively by this thread",
                      "release once what was acquired, in the same way, on the same thread");
        return FALSE;
    }
    while ((Seen & EXW_WAITED) == 0) {
        if (ExwExchange(Lock, &Seen, ExwLeft(Seen))) {
            return TRUE;
        }
    }
    ExwReleaseWaited(Lock);
    return TRUE;
}

/* ---- what drivers call ---- */

VOID NTAPI ExInitializePushLock(PEX_PUSH_LOCK PushLock)
{
    __atomic_store_n(PushLock, 0, __ATOMIC_RELAXED);
}

VOID FASTCALL ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags); /* of priorities */
    ExwAcquirePush(__func__, PushLock, ExwExclusiveWord());
}

VOID FASTCALL ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    ExwAcquirePush(__func__, PushLock, 0);
}

VOID FASTCALL ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    ExwReleasePush(__func__, PushLock, FALSE);
}

VOID FASTCALL ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    ExwReleasePush(__func__, PushLock, TRUE);
}

/* Who blocks on a push lock's address without acquiring it are the kernel's own handle tables,
 * through routines that drivers do not have; here nobody does, so nobody is to be woken. */
VOID FASTCALL ExfUnblockPushLock(PEX_PUSH_LOCK PushLock, PVOID WaitBlock)
{
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-31", 0);
    if (WaitBlock != NULL) {
        ExwReportPush(__func__, PushLock, "is given with a wait block, but nobody waits with one",
                      "pass NULL, as for all who block on it");
    }
}

/* ---- of the filter manager: in a critical region of their own ---- */

VOID FLTAPI FltInitializePushLock(PEX_PUSH_LOCK PushLock)
{
    ExInitializePushLock(PushLock);
}

VOID FLTAPI FltDeletePushLock(PEX_PUSH_LOCK PushLock)
{
    ntcb_require_kernel(__func__);
    if (__atomic_load_n(PushLock, __ATOMIC_RELAXED) != 0) {
        ExwReportPush(__func__, PushLock, "is deleted while it is held",
                      "release it first; nobody may use it any more");
    }
}

VOID FLTAPI FltAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    KeEnterCriticalRegion();
    ExwAcquirePush(__func__, PushLock, ExwExclusiveWord());
}

VOID FLTAPI FltAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    KeEnterCriticalRegion();
    ExwAcquirePush(__func__, PushLock, 0);
}

VOID FLTAPI FltReleasePushLockEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    if (ExwReleasePush(__func__, PushLock,
                       (__atomic_load_n(PushLock, __ATOMIC_RELAXED) & EXW_SHARED) != 0)) {
        KeLeaveCriticalRegion();
    }
}

VOID FLTAPI FltAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock)
{
    FltAcquirePushLockExclusiveEx(PushLock, 0);
}

VOID FLTAPI FltAcquirePushLockShared(PEX_PUSH_LOCK PushLock)
{
    FltAcquirePushLockSharedEx(PushLock, 0);
}

VOID FLTAPI FltReleasePushLock(PEX_PUSH_LOCK PushLock)
{
    FltReleasePushLockEx(PushLock, 0);
}
