/* SPDX-License-Identifier: MIT
 *
 * rundown.c - EX_RUNDOWN_REF: references that are refused once somebody waits for the last one.
 *
 * State       One word, as drivers may look at it (RUN-10): count << 1 while protection is granted;
 *             1 once run down; address of the waiter's block + 1 while somebody waits.
 * Locks       The engine's WaitLock, for the waiter's sleep only.
 * Invariants  R1  Bit 0 set: no reference is granted any more (RUN-02, RUN-04).
 *             R2  While a waiter's block is in the word, its Left counts the references that were
 *                 out when the gate closed. Whoever takes it to 0 says so under WaitLock, and the
 *                 waiter leaves only after taking that lock: its block is on its stack.
 */
#include "ex/exp.h"

#define RUN_CLOSED ((ULONG_PTR)EX_RUNDOWN_ACTIVE)
#define RUN_ONE ((ULONG_PTR)EX_RUNDOWN_COUNT_INC)

struct EXP_RUNDOWN_WAIT {
    _Atomic ULONG_PTR Left;
    bool Done; /* under WaitLock */
};

static _Atomic ULONG_PTR *ExpRundownWord(PEX_RUNDOWN_REF RunRef)
{
    return (_Atomic ULONG_PTR *)(PVOID)&RunRef->Count;
}

static VOID ExpReportRundown(const char *Function, PEX_RUNDOWN_REF RunRef, const char *What,
                             const char *Fix)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_VIOLATION,
                                        .rule = "DV-16",
                                        .parameter = {(uint64_t)(uintptr_t)RunRef},
                                        .on_windows = "undefined: a wait that never ends, or one "
                                                      "that ends too early",
                                        .fix = Fix},
                  "%s: %s", Function, What);
}

/* DV-06: the wait has no time limit. */
static VOID ExpCheckWait(const char *Function, PEX_RUNDOWN_REF RunRef)
{
    KIRQL Irql = KiRequireThread(Function)->Environment.s.Irql;

    if (Irql > APC_LEVEL) {
        ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                            .rule = "DV-06",
                                            .bugcheck = 0xC4,
                                            .parameter = {0x3B, Irql, (uint64_t)(uintptr_t)RunRef},
                                            .on_windows = "the thread cannot be switched away "
                                                          "from: this bug check of Driver "
                                                          "Verifier, or 0xA",
                                            .fix = "wait at IRQL <= APC_LEVEL (RUN-07)"},
                      "%s at IRQL %u", Function, Irql);
    }
}

/*
 * ExInitializeRundownProtection - count 0, protection granted (RUN-01). IRQL <= APC_LEVEL.
 */
VOID NTAPI ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    ntcb_check_irql(__func__, APC_LEVEL, "RUN-07", 0);
    atomic_store(ExpRundownWord(RunRef), 0);
}

/*
 * ExReInitializeRundownProtection - open the gate again after a run-down (RUN-06).
 *
 * IRQL <= APC_LEVEL. On a reference that is not run down it is reported (DV-16) and changes
 * nothing.
 */
VOID NTAPI ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    ntcb_check_irql(__func__, APC_LEVEL, "RUN-07", 0);
    if (atomic_load(ExpRundownWord(RunRef)) != RUN_CLOSED) {
        ExpReportRundown(__func__, RunRef, "the reference is still live",
                         "wait with ExWaitForRundownProtectionRelease first");
        return;
    }
    atomic_store(ExpRundownWord(RunRef), 0);
}

/*
 * ExAcquireRundownProtectionEx - take Count references, all or none (RUN-08).
 *
 * IRQL     <= DISPATCH_LEVEL (RUN-07)
 * Returns  TRUE; FALSE once run-down has started (RUN-02)
 */
BOOLEAN NTAPI ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    _Atomic ULONG_PTR *Word = ExpRundownWord(RunRef);
    ULONG_PTR Old = atomic_load(Word);

    do {
        if ((Old & RUN_CLOSED) != 0) {
            return FALSE;
        }
    } while (!atomic_compare_exchange_weak(Word, &Old, Old + Count * RUN_ONE));
    ExpNoteAcquired(RunRef, Count);
    return TRUE;
}

BOOLEAN NTAPI ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    return ExAcquireRundownProtectionEx(RunRef, 1);
}

/* The gate is closed and Word names the waiter's block: count down what it waits for (R2). */
static VOID ExpReleaseToWaiter(struct EXP_RUNDOWN_WAIT *Wait, PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    struct ntcb_kernel *Kernel = KiRequireThread("ExReleaseRundownProtection")->Kernel;
    const struct ntcb_host_ops *Host = KiStateOf(Kernel)->Host;
    struct EXP_STATE *Ex = ExpState(Kernel);
    ULONG_PTR Left = atomic_load(&Wait->Left);

    do {
        if (Left < Count) {
            ExpReportRundown("ExReleaseRundownProtection", RunRef,
                             "more references are released than were acquired",
                             "release once for each acquire that returned TRUE");
            return;
        }
    } while (!atomic_compare_exchange_weak(&Wait->Left, &Left, Left - Count));
    if (Left == Count) {
        Host->monitor_enter(Host->context, Ex->WaitLock);
        Wait->Done = true;
        Host->monitor_wake(Host->context, Ex->WaitLock);
        Host->monitor_leave(Host->context, Ex->WaitLock);
    }
}

/*
 * ExReleaseRundownProtectionEx - drop Count references (RUN-03, RUN-08).
 *
 * IRQL <= DISPATCH_LEVEL. More than were acquired: reported (DV-16), and nothing is dropped.
 */
VOID NTAPI ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    _Atomic ULONG_PTR *Word = ExpRundownWord(RunRef);
    ULONG_PTR Old = atomic_load(Word);

    ExpNoteReleased(RunRef, Count); /* first: whoever waits may go on at once */
    for (;;) {
        if ((Old & RUN_CLOSED) != 0 && Old != RUN_CLOSED) {
            ExpReleaseToWaiter((struct EXP_RUNDOWN_WAIT *)(Old & ~RUN_CLOSED), RunRef, Count);
            return;
        }
        if (Old == RUN_CLOSED || Old < Count * RUN_ONE) {
            ExpReportRundown("ExReleaseRundownProtection", RunRef,
                             "more references are released than were acquired",
                             "release once for each acquire that returned TRUE");
            return;
        }
        if (atomic_compare_exchange_weak(Word, &Old, Old - Count * RUN_ONE)) {
            return;
        }
    }
}

VOID NTAPI ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    ExReleaseRundownProtectionEx(RunRef, 1);
}

/*
 * ExWaitForRundownProtectionRelease - close the gate, then wait until no reference is left
 * (RUN-04).
 *
 * IRQL     <= APC_LEVEL (RUN-07)
 * Returns  at once when nobody holds a reference or the run-down is over already. The word is then
 *          1: run down, until ExReInitializeRundownProtection. With NTCB_SWITCH_LINT also when only
 *          the calling thread holds references (DV-10: it would wait for ever); then the gate stays
 *          open.
 */
VOID NTAPI ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef)
{
    struct ntcb_kernel *Kernel = KiRequireThread(__func__)->Kernel;
    const struct ntcb_host_ops *Host = KiStateOf(Kernel)->Host;
    struct EXP_STATE *Ex = ExpState(Kernel);
    _Atomic ULONG_PTR *Word = ExpRundownWord(RunRef);
    struct EXP_RUNDOWN_WAIT Wait = {.Done = false};
    ULONG_PTR Old = atomic_load(Word);

    ExpCheckWait(__func__, RunRef);
    do {
        if ((Old & RUN_CLOSED) != 0) {
            if (Old != RUN_CLOSED) {
                ExpReportRundown(__func__, RunRef, "another thread waits already",
                                 "let one thread run the reference down");
            }
            return;
        }
        if (ExpWaitsForOneself(__func__, RunRef, Old >> EX_RUNDOWN_COUNT_SHIFT)) {
            return;
        }
        atomic_store(&Wait.Left, Old >> EX_RUNDOWN_COUNT_SHIFT);
    } while (!atomic_compare_exchange_strong(
        Word, &Old, Old == 0 ? RUN_CLOSED : (ULONG_PTR)&Wait | RUN_CLOSED));
    if (Old == 0) {
        return;
    }
    Host->monitor_enter(Host->context, Ex->WaitLock);
    while (!Wait.Done) {
        Host->monitor_wait(Host->context, Ex->WaitLock, NTCB_FOREVER);
    }
    Host->monitor_leave(Host->context, Ex->WaitLock);
    atomic_store(Word, RUN_CLOSED);
}

/*
 * ExRundownCompleted - mark the reference run down for good (RUN-05). IRQL <= APC_LEVEL.
 * Before a wait it is reported (DV-16) and changes nothing.
 */
VOID NTAPI ExRundownCompleted(PEX_RUNDOWN_REF RunRef)
{
    ntcb_check_irql(__func__, APC_LEVEL, "RUN-07", 0);
    if (atomic_load(ExpRundownWord(RunRef)) != RUN_CLOSED) {
        ExpReportRundown(__func__, RunRef, "nobody has waited for the references yet",
                         "call ExWaitForRundownProtectionRelease first");
    }
}
