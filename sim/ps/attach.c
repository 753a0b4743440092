/* SPDX-License-Identifier: MIT
 *
 * attach.c - drivers in the address space of another process.
 *
 * The simulator's own attachments (PspAttach) lie between those of drivers and are undone by who
 * made them.
 */
#include "ps/psp_state.h"

#include <ntcallback/dispatch.h>

#include <string.h>

static VOID PspReportAttach(ULONG BugCheck, const VOID *Caller, const char *What,
                            const char *OnWindows, const char *Fix)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                        .rule = "DV-25",
                                        .bugcheck = BugCheck,
                                        .address = Caller,
                                        .on_windows = OnWindows,
                                        .fix = Fix},
                  "%s", What);
}

BOOLEAN PspIsMappingUserImage(VOID)
{
    return PspCurrentThread()->UserImages != 0;
}

VOID PspMapUserImage(int Change)
{
    PspCurrentThread()->UserImages += Change;
}

VOID PspDetachTo(unsigned Depth)
{
    struct ntsim_thread *Thread = PspCurrentThread();

    if (Depth < PSP_ATTACH_MAX) {
        Thread->Attached = Thread->Before[Depth];
    }
}

/* KeStackAttachProcess - the thread's current process is PROCESS from now on, until
 * KeUnstackDetachProcess gets ApcState. IRQL <= APC_LEVEL. PROCESS is referenced by the caller. */
VOID NTAPI KeStackAttachProcess(PRKPROCESS PROCESS, PRKAPC_STATE ApcState)
{
    struct ntsim_thread *Thread = PspCurrentThread();
    unsigned Depth = ntcb_attached(0);

    (void)ntcb_check_irql(__func__, APC_LEVEL, "DV-26", 0);
    memset(ApcState, 0, sizeof(*ApcState));
    ApcState->Process = (PKPROCESS)PspCurrentProcess();
    if (Depth == PSP_ATTACH_MAX) {
        PspReportAttach(INVALID_PROCESS_ATTACH_ATTEMPT, __builtin_return_address(0),
                        "KeStackAttachProcess: the thread is attached many times already",
                        "attaching goes on until the kernel stack is full",
                        "call KeUnstackDetachProcess for each KeStackAttachProcess");
        ApcState->Process = NULL;
        return;
    }
    Thread->Before[Depth] = Thread->Attached;
    Thread->Attached = (struct ntsim_process *)PROCESS;
    (void)ntcb_attached(1);
}

/* KeUnstackDetachProcess - back to where the thread was before the attachment that filled ApcState.
 * It must be the last one (else DV-25, and nothing changes). IRQL <= APC_LEVEL. */
VOID NTAPI KeUnstackDetachProcess(PRKAPC_STATE ApcState)
{
    struct ntsim_thread *Thread = PspCurrentThread();
    unsigned Depth = ntcb_attached(0);
    struct ntsim_process *Back = Depth != 0 ? Thread->Before[Depth - 1] : NULL;

    (void)ntcb_check_irql(__func__, APC_LEVEL, "DV-26", 0);
    if (Depth == 0 ||
        (struct ntsim_process *)ApcState->Process != (Back != NULL ? Back : Thread->Process)) {
        PspReportAttach(INVALID_PROCESS_DETACH_ATTEMPT, __builtin_return_address(0),
                        "KeUnstackDetachProcess without the attachment that it ends",
                        "INVALID_PROCESS_DETACH_ATTEMPT",
                        "detach in the reverse order of attaching, each with its own ApcState");
        return;
    }
    (void)ntcb_attached(-1);
    Thread->Attached = Back;
}
