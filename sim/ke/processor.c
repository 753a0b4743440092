/* SPDX-License-Identifier: MIT
 *
 * processor.c - how many processors there are, and their registers.
 */
#include "ke/kip.h"

#define KIP_PROCESSORS 4

CCHAR const KeNumberProcessors = KIP_PROCESSORS;

KAFFINITY NTAPI KeQueryActiveProcessors(VOID)
{
    return ((KAFFINITY)1 << KIP_PROCESSORS) - 1;
}

ULONG NTAPI KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors)
{
    if (ActiveProcessors != NULL) {
        *ActiveProcessors = KeQueryActiveProcessors();
    }
    return KIP_PROCESSORS;
}

ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT GroupNumber)
{
    return GroupNumber == 0 || GroupNumber == ALL_PROCESSOR_GROUPS ? KIP_PROCESSORS : 0;
}

ULONG NTAPI KeQueryMaximumProcessorCount(VOID)
{
    return KIP_PROCESSORS;
}

ULONG NTAPI KeQueryMaximumProcessorCountEx(USHORT GroupNumber)
{
    return KeQueryActiveProcessorCountEx(GroupNumber);
}

/* ---- registers: the host thread's own ---- */

NTSTATUS NTAPI KeSaveExtendedProcessorState(ULONG64 Mask, PXSTATE_SAVE XStateSave)
{
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0);
    *XStateSave = (XSTATE_SAVE){
        .Thread = KipCurrentThread(), .Level = KeGetCurrentIrql(), .XStateContext = {.Mask = Mask}};
    return STATUS_SUCCESS;
}

VOID NTAPI KeRestoreExtendedProcessorState(PXSTATE_SAVE XStateSave)
{
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0);
    BOOLEAN Good =
        XStateSave->Thread == KipCurrentThread() && XStateSave->Level == KeGetCurrentIrql();
    XStateSave->Thread = NULL; /* used up */
    if (Good) {
        return;
    }
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_VIOLATION,
            .rule = "KE-XSTATE",
            .parameter = {(uintptr_t)XStateSave},
            .address = __builtin_return_address(0),
            .on_windows = "registers of somebody else are overwritten",
            .fix = "call it once for each KeSaveExtendedProcessorState that succeeded, on the same "
                   "thread and at the same IRQL",
        },
        "%s was given %p, which this thread has not saved at this IRQL", __func__,
        (const VOID *)XStateSave);
}
