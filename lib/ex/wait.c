/* SPDX-License-Identifier: MIT
 *
 * wait.c - the engine's run-down: waiting for calls in flight, and freeing what nobody can see.
 *
 * Locks  EXP_STATE.WaitLock is held from the last look at the frames to the sleep, so a dispatcher
 *        that leaves a block in between finds the lock taken and wakes the sleeper after it slept.
 *        KE_THREAD.WaitsFor changes under it, which makes the wait-for graph consistent.
 */
#include "ex/exp.h"

#include <string.h>

/* R2: after this, whoever published before our unlinking is seen, whoever publishes later sees it.
 * Pairs with the fence in ExpPublish. */
static VOID ExpHeavyFence(struct ntcb_kernel *Kernel)
{
    struct KE_STATE *Ke = KiStateOf(Kernel);

    if (ExpState(Kernel)->Asymmetric) {
        Ke->Host->heavy_fence(Ke->Host->context);
    } else {
        atomic_thread_fence(memory_order_seq_cst);
    }
}

static bool ExpIsPublishedBy(struct KE_THREAD *Thread, const struct EXP_BLOCK *Block)
{
    ULONG Limit = atomic_load(&Thread->FrameLimit);
    ULONG Index;

    for (Index = 0; Index < Limit; ++Index) {
        if (atomic_load(&Thread->Frames[Index].Block) == Block) {
            return true;
        }
    }
    return false;
}

/* Some thread other than Except that shows the block, after From (NULL: from the start). */
static struct KE_THREAD *ExpFindPublisher(struct ntcb_kernel *Kernel, const struct EXP_BLOCK *Block,
                                          const struct KE_THREAD *Except, struct KE_THREAD *From)
{
    struct KE_THREAD *Thread = From == NULL ? atomic_load(&KiStateOf(Kernel)->Threads) : From->Next;

    for (; Thread != NULL; Thread = Thread->Next) {
        if (Thread != Except && ExpIsPublishedBy(Thread, Block)) {
            return Thread;
        }
    }
    return NULL;
}

/* Apart from the above: a frame may for a moment show a snapshot that is gone, at an address where
 * a block lives now, and nobody wakes removers when it stops. */
static bool ExpIsSnapshotInUse(struct ntcb_kernel *Kernel, const struct EXP_SNAPSHOT *Snapshot)
{
    struct KE_THREAD *Thread = atomic_load(&KiStateOf(Kernel)->Threads);

    for (; Thread != NULL; Thread = Thread->Next) {
        ULONG Limit = atomic_load(&Thread->FrameLimit);
        ULONG Index;

        for (Index = 0; Index < Limit; ++Index) {
            if (atomic_load(&Thread->Frames[Index].Snapshot) == Snapshot) {
                return true;
            }
        }
    }
    return false;
}

static VOID ExpReportDeadlock(const struct EXP_BLOCK *Block, const char *Function, const char *Rule,
                              const char *Why, const char *Fix)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_VIOLATION,
                                        .rule = Rule,
                                        .address = (const void *)(uintptr_t)Block->Routine,
                                        .on_windows = "the call never returns: the thread hangs, "
                                                      "and with it whoever waits for it",
                                        .fix = Fix},
                  "%s: %s (registration %llu%s%s)", Function, Why, (unsigned long long)Block->Id,
                  Block->Altitude == NULL ? "" : ", altitude ",
                  Block->Altitude == NULL ? "" : Block->Altitude);
}

static bool ExpMayHang(VOID)
{
    return (KiThread->Ke->Config.switches & NTCB_SWITCH_HANG_ON_SELF_REMOVAL) != 0;
}

bool ExpCheckSelf(const struct EXP_BLOCK *Block, const char *Function)
{
    if (!ExpIsPublishedBy(KiThread, Block) || (Function == NULL && ExpMayHang())) {
        return false;
    }
    if (Function != NULL) {
        ExpReportDeadlock(Block, Function, "DV-10",
                          "the callback is being removed from inside itself",
                          "remove it from another thread, for instance from DriverUnload");
    }
    return true;
}

/* Does some thread inside Block wait, by way of any number of removals, for this thread? Under
 * WaitLock. */
static bool ExpWaitsForMe(struct ntcb_kernel *Kernel, const struct EXP_BLOCK *Block,
                          struct KE_THREAD *Me, ULONG Depth)
{
    struct KE_THREAD *Thread = NULL;

    while (Depth < 64 && (Thread = ExpFindPublisher(Kernel, Block, Me, Thread)) != NULL) {
        const struct EXP_BLOCK *Next = atomic_load(&Thread->WaitsFor);

        if (Next != NULL &&
            (ExpIsPublishedBy(Me, Next) || ExpWaitsForMe(Kernel, Next, Me, Depth + 1))) {
            return true;
        }
    }
    return false;
}

/* Nanoseconds from now to Deadline. */
static uint64_t ExpLeftUntil(uint64_t Deadline)
{
    const struct ntcb_host_ops *Host = KiThread->Ke->Host;
    uint64_t Now = Deadline == NTCB_FOREVER ? 0 : Host->clock_ns(Host->context);

    return Deadline == NTCB_FOREVER ? NTCB_FOREVER : Now < Deadline ? Deadline - Now : 0;
}

/* One look at the frames of all threads but Except and one sleep, until Deadline at most. False
 * when there is nothing to wait for any more. */
static bool ExpSleep(struct EXP_BLOCK *Block, _Atomic ULONG *Waiters,
                     const struct KE_THREAD *Except, uint64_t Deadline, bool *TimedOut, bool *Cycle)
{
    struct ntcb_kernel *Kernel = KiThread->Kernel;
    struct EXP_STATE *Ex = KiThread->Ex;
    const struct ntcb_host_ops *Host = KiThread->Ke->Host;
    bool Busy;

    *TimedOut = false;
    Host->monitor_enter(Host->context, Ex->WaitLock);
    atomic_store(&KiThread->WaitsFor, Block);
    atomic_fetch_add(Waiters, 1);
    ExpHeavyFence(Kernel); /* R4: pairs with the fence in ExpPublish before ExpMoveTo's look */
    Busy = ExpFindPublisher(Kernel, Block, Except, NULL) != NULL;
    *Cycle = Busy && !ExpMayHang() && ExpWaitsForMe(Kernel, Block, KiThread, 0);
    if (Busy && !*Cycle) {
        /* Every call that ends wakes us, so the clock decides and not one undisturbed sleep. */
        *TimedOut = !Host->monitor_wait(Host->context, Ex->WaitLock, ExpLeftUntil(Deadline)) ||
                    ExpLeftUntil(Deadline) == 0;
    }
    atomic_fetch_sub(Waiters, 1);
    atomic_store(&KiThread->WaitsFor, NULL);
    Host->monitor_leave(Host->context, Ex->WaitLock);
    return Busy && !*Cycle;
}

NTSTATUS ExpWait(struct EXP_BLOCK *Block, _Atomic ULONG *Waiters, const char *Function)
{
    struct ntcb_kernel *Kernel = KiThread->Kernel;
    const struct KE_STATE *Ke = KiThread->Ke;
    const struct KE_THREAD *Except = KiThread;
    uint64_t Deadline = NTCB_FOREVER;
    bool TimedOut;
    bool Cycle;

    ExpHeavyFence(Kernel); /* R2 */
    if (ExpMayHang() && ExpCheckSelf(Block, Function)) {
        Except = NULL; /* waits for itself, and so without end */
    }
    if (ExpFindPublisher(Kernel, Block, Except, NULL) == NULL) {
        return STATUS_SUCCESS;
    }
    if (Ke->Config.watchdog_ms != 0) {
        Deadline = Ke->Host->clock_ns(Ke->Host->context) + Ke->Config.watchdog_ms * 1000000ull;
    }
    while (ExpSleep(Block, Waiters, Except, Deadline, &TimedOut, &Cycle)) {
        if (TimedOut) {
            Deadline = NTCB_FOREVER;
            ExpReportDeadlock(Block, Function, "DV-11",
                              "it has waited for a call in flight longer than the watchdog allows",
                              "do not let the callback wait for the thread that removes it");
        }
    }
    if (Cycle) {
        ExpReportDeadlock(Block, Function, "DV-11", "two removals wait for each other's callbacks",
                          "do not remove registrations from inside callbacks that other threads "
                          "may be removing");
        return STATUS_POSSIBLE_DEADLOCK;
    }
    return STATUS_SUCCESS;
}

VOID ExpWakeRemovers(struct ntcb_kernel *Kernel)
{
    struct EXP_STATE *Ex = ExpState(Kernel);
    const struct ntcb_host_ops *Host = KiStateOf(Kernel)->Host;

    Host->monitor_enter(Host->context, Ex->WaitLock);
    Host->monitor_wake(Host->context, Ex->WaitLock);
    Host->monitor_leave(Host->context, Ex->WaitLock);
}

VOID ExpRetire(struct EXP_BLOCK *Block)
{
    struct ntcb_kernel *Kernel = KiThread->Kernel;
    struct EXP_STATE *Ex = ExpState(Kernel);

    ExpLock(Ex, Kernel);
    Block->NextRetired = Ex->RetiredBlocks;
    Ex->RetiredBlocks = Block;
    ExpUnlock(Ex, Kernel);
    ExpReclaim(Kernel);
}

VOID ExpReclaim(struct ntcb_kernel *Kernel)
{
    struct EXP_STATE *Ex = ExpState(Kernel);
    struct KE_STATE *Ke = KiStateOf(Kernel);
    struct EXP_SNAPSHOT **Snapshot;
    struct EXP_BLOCK **Block;
    ULONG Index;

    ExpLock(Ex, Kernel);
    if (Ex->RetiredSnapshots != NULL) {
        ExpHeavyFence(Kernel); /* snapshots replaced since the last one; pairs with ExpFreeze */
    }
    for (Snapshot = &Ex->RetiredSnapshots; *Snapshot != NULL;) {
        struct EXP_SNAPSHOT *Old = *Snapshot;

        if (ExpIsSnapshotInUse(Kernel, Old)) {
            Snapshot = &Old->NextRetired;
            continue;
        }
        for (Index = 0; Index < Old->Count; ++Index) {
            --Old->Blocks[Index]->SnapshotCount;
        }
        *Snapshot = Old->NextRetired;
        KiFree(Ke, Old);
    }
    for (Block = &Ex->RetiredBlocks; *Block != NULL;) {
        struct EXP_BLOCK *Old = *Block;

        if (Old->SnapshotCount != 0 || ExpFindPublisher(Kernel, Old, NULL, NULL) != NULL) {
            Block = &Old->NextRetired;
            continue;
        }
        *Block = Old->NextRetired;
        KiFree(Ke, Old);
    }
    ExpUnlock(Ex, Kernel);
}
