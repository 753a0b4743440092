/* SPDX-License-Identifier: MIT
 *
 * runholder.c - which thread holds which run-down reference: kept under NTCB_SWITCH_LINT, so that a
 * thread that waits for itself is found (RUN-12), and a holder that can be suspended (RUN-09).
 *
 * State       KE_THREAD.Held. A reference may be released by another thread than acquired it: then
 *             some thread's count goes down, so that the sum of all is what is out. Who holds more
 *             than KE_HELD_MAX of them is not watched beyond that.
 * Locks       The engine's WaitLock, for all of Held.
 */
#include "ex/exp.h"

/* The calling thread, and the lock taken; NULL: nobody watches. */
static struct KE_THREAD *ExpBeginWatch(VOID)
{
    struct KE_THREAD *Thread = KiThread;

    if (Thread == NULL || (Thread->Ke->Config.switches & NTCB_SWITCH_LINT) == 0) {
        return NULL;
    }
    Thread->Ke->Host->monitor_enter(Thread->Ke->Host->context, Thread->Ex->WaitLock);
    return Thread;
}

static VOID ExpEndWatch(struct KE_THREAD *Thread)
{
    Thread->Ke->Host->monitor_leave(Thread->Ke->Host->context, Thread->Ex->WaitLock);
}

/* The thread's count for Ref, or NULL. */
static struct KE_HELD *ExpFindHeld(struct KE_THREAD *Thread, const void *Ref)
{
    ULONG Index;

    for (Index = 0; Index < KE_HELD_MAX; ++Index) {
        if (Thread->Held[Index].Ref == Ref) {
            return &Thread->Held[Index];
        }
    }
    return NULL;
}

VOID ExpNoteAcquired(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    struct KE_THREAD *Thread = ExpBeginWatch();
    struct KE_HELD *Held;

    if (Thread == NULL) {
        return;
    }
    Held = ExpFindHeld(Thread, RunRef);
    if (Held == NULL) {
        Held = ExpFindHeld(Thread, NULL);
    }
    if (Held != NULL) {
        Held->Ref = RunRef;
        Held->Count += Count;
    }
    ExpEndWatch(Thread);
    if (!KeAreApcsDisabled()) {
        ntcb_report_f(&(struct ntcb_report){.severity = NTCB_WARNING,
                                            .rule = "RUN-09",
                                            .parameter = {(uint64_t)(uintptr_t)RunRef},
                                            .on_windows = "a thread that is suspended here keeps "
                                                          "the one that waits for the reference",
                                            .fix = "call KeEnterCriticalRegion before, and "
                                                   "KeLeaveCriticalRegion after the release"},
                      "run-down protection is acquired outside of a critical region");
    }
}

/* Take up to Count away from what the thread holds; returns what is left of Count. */
static ULONG ExpTakeHeld(struct KE_THREAD *Thread, PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    struct KE_HELD *Held = ExpFindHeld(Thread, RunRef);
    ULONG Taken;

    if (Held == NULL) {
        return Count;
    }
    Taken = Count < Held->Count ? Count : Held->Count;
    Held->Count -= Taken;
    if (Held->Count == 0) {
        Held->Ref = NULL;
    }
    return Count - Taken;
}

VOID ExpNoteReleased(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    struct KE_THREAD *Self = ExpBeginWatch();
    struct KE_THREAD *Thread;

    if (Self == NULL) {
        return;
    }
    Count = ExpTakeHeld(Self, RunRef, Count);
    for (Thread = atomic_load(&Self->Ke->Threads); Thread != NULL && Count != 0;
         Thread = Thread->Next) {
        Count = ExpTakeHeld(Thread, RunRef, Count);
    }
    ExpEndWatch(Self);
}

bool ExpWaitsForOneself(const char *Function, PEX_RUNDOWN_REF RunRef, ULONG_PTR Out)
{
    struct KE_THREAD *Thread = ExpBeginWatch();
    struct KE_HELD *Held;
    bool HoldsAll;

    if (Thread == NULL) {
        return false;
    }
    Held = ExpFindHeld(Thread, RunRef);
    HoldsAll = Held != NULL && Out != 0 && Held->Count >= Out;
    ExpEndWatch(Thread);
    if (!HoldsAll) {
        return false;
    }
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_VIOLATION,
                                        .rule = "DV-10",
                                        .parameter = {(uint64_t)(uintptr_t)RunRef},
                                        .on_windows = "the call never returns: the thread hangs, "
                                                      "and with it whoever waits for it",
                                        .fix = "release the reference before the wait, or let a "
                                               "thread wait that holds none"},
                  "%s: the calling thread holds the reference itself", Function);
    return (Thread->Ke->Config.switches & NTCB_SWITCH_HANG_ON_SELF_REMOVAL) == 0;
}
