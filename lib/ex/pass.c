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

bool ntcb_current_call(struct ntcb_registration *registration)
{
    const struct KE_THREAD *Thread = KiRequireThread(__func__);
    ULONG Depth;

    for (Depth = Thread->Depth; Depth-- != 0;) {
        const struct EXP_BLOCK *Block =
            atomic_load_explicit(&Thread->Frames[Depth].Block, memory_order_relaxed);

        if (Block != NULL) {
            ExpDescribe(Block, registration);
            return true;
        }
    }
    return false;
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
        KiCheckEnvironment(Pass->Thread, Before, (const void *)(uintptr_t)Block->Routine, NULL);
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
