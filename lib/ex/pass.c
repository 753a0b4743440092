/* SPDX-License-Identifier: MIT
 *
 * pass.c - the engine's dispatching side, the halves that are seldom needed.
 */
#include "ex/exp.h"

#include <ntcallback/exception.h>

VOID ExpOpenFrame(struct KE_THREAD *Thread)
{
    if (Thread->Depth > KE_FRAME_MAX) {
        ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                            .rule = "IMG-24",
                                            .bugcheck = 0x7F,
                                            .parameter = {8},
                                            .on_windows =
                                                "the kernel stack is exhausted: "
                                                "UNEXPECTED_KERNEL_MODE_TRAP, double fault",
                                            .fix = "keep a callback from causing the event that it "
                                                   "is called for without end"},
                      "callbacks are nested more than %d deep", KE_FRAME_MAX);
        KiFatal("ntcallback: stopped: callbacks nested too deep\n");
    }
    atomic_store(&Thread->FrameLimit, Thread->Depth); /* before anything is published in it */
}

/* Block is published, and the table is not as it was when the pass last looked. */
struct EXP_BLOCK *ExpEnterChanged(struct EXP_PASS *Pass, struct EXP_SLOTS *Slots, SIZE_T Slot,
                                  struct EXP_BLOCK *Block)
{
    ExpCatchUp(Pass, Slots);
    if (atomic_load(Pass->Waiters) != 0) {
        ExpWakeRemovers(Pass->Thread->Kernel);
    }
    if (atomic_load(&Slots->Slot[Slot]) == Block) {
        return Block;
    }
    /* What was shown may be freed by now, and its memory a block of another container, for which
     * somebody saw us and waits: Pass->Waiters would not tell. */
    ExpPublish(Pass, &Pass->Frame->Block, NULL);
    ExpWakeRemovers(Pass->Thread->Kernel);
    return NULL;
}

/* The two counts as KTHREAD has them in one word. */
static uint64_t ExpDisableCount(const union KE_ENVIRONMENT *Environment)
{
    return ((uint64_t)(USHORT)Environment->s.SpecialApcDisable << 16) |
           (USHORT)Environment->s.KernelApcDisable;
}

VOID ExpEnvironmentChanged(struct KE_THREAD *Thread, ULONGLONG BeforeWord,
                           const struct EXP_BLOCK *Block)
{
    union KE_ENVIRONMENT *Now = &Thread->Environment;
    const union KE_ENVIRONMENT *Before = &(const union KE_ENVIRONMENT){.Word = BeforeWord};
    uint64_t Routine = (uint64_t)(uintptr_t)Block->Routine;
    char Symbol[KE_SYMBOL_BYTES];

    KiSymbol((const void *)(uintptr_t)Routine, Symbol, sizeof(Symbol));
    if (Now->s.Irql != Before->s.Irql) {
        ntcb_report_f(
            &(struct ntcb_report){
                .severity = NTCB_BUGCHECK,
                .rule = "DV-18",
                .bugcheck = 0xC8,
                .parameter = {((uint64_t)Now->s.Irql << 16) | ((uint64_t)Before->s.Irql << 8) | 2,
                              Routine},
                .routine = Symbol,
                .on_windows = "IRQL_UNEXPECTED_VALUE",
                .fix = "lower what the callback raised (release the spin lock) on every path out"},
            "the callback was entered at IRQL %u and returned at %u", Before->s.Irql, Now->s.Irql);
    }
    if (Now->s.KernelApcDisable != Before->s.KernelApcDisable ||
        Now->s.SpecialApcDisable != Before->s.SpecialApcDisable) {
        ntcb_report_f(
            &(struct ntcb_report){
                .severity = NTCB_BUGCHECK,
                .rule = "DV-17",
                .bugcheck = 0xC4,
                .parameter = {0xC5, Routine, ExpDisableCount(Now), ExpDisableCount(Before)},
                .routine = Symbol,
                .on_windows = "at the end of the system call, APC_INDEX_MISMATCH (0x1)",
                .fix = "pair KeEnterCriticalRegion and KeEnterGuardedRegion with their leaves on "
                       "every path out of the callback"},
            "the callback returned with critical regions %d (entered with %d), guarded regions %d "
            "(entered with %d)",
            Now->s.KernelApcDisable, Before->s.KernelApcDisable, Now->s.SpecialApcDisable,
            Before->s.SpecialApcDisable);
    }
    *Now = *Before;
}

VOID ExpObserve(const struct EXP_BLOCK *Block, int NotifyClass, const void *Information,
                bool Entering, NTSTATUS Status)
{
    const struct ntcb_config *Config = &KiStateOf(KiThread->Kernel)->Config;
    struct ntcb_registration Registration;

    ExpDescribe(Block, &Registration);
    Config->observer(Config->callback_context, &(struct ntcb_call){.registration = &Registration,
                                                                   .entering = Entering,
                                                                   .notify_class = NotifyClass,
                                                                   .information = Information,
                                                                   .status = Status});
}

VOID ExpFinishCall(const struct EXP_PASS *Pass, const struct EXP_BLOCK *Block, int NotifyClass,
                   const void *Information, NTSTATUS Status)
{
    ULONGLONG Before = Pass->Watch ^ (Pass->Observed ? ~0ull : 0);

    if (Pass->Thread->Environment.Word != Before) {
        ExpEnvironmentChanged(Pass->Thread, Before, Block);
    }
    if (Pass->Observed) {
        ExpObserve(Block, NotifyClass, Information, false, Status);
    }
}

VOID ExpGuardWalk(const struct EXP_PASS *Pass, VOID (*Walk)(PVOID Context), PVOID Context,
                  int NotifyClass, const char *What)
{
    struct ntcb_seh_frame Guard;

    Guard.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&Guard)) == 0) {
        Walk(Context);
        ntcb_seh_done(&Guard);
    } else {
        const struct EXP_BLOCK *Block =
            atomic_load_explicit(&Pass->Frame->Block, memory_order_relaxed);

        ntcb_exception_report("DV-15", (const void *)(uintptr_t)Block->Routine, What);
        if (Pass->Observed) {
            ExpObserve(Block, NotifyClass, NULL, false, ntcb_exception_record()->ExceptionCode);
        }
    }
}
