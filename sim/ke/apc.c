/* SPDX-License-Identifier: MIT
 *
 * apc.c - APCs that end services. A program's thread runs one when it next waits alertably; a
 * driver's thread when it next waits, or when the service that has queued it returns.
 */
#include "ke/kip.h"

static PLIST_ENTRY KipApcsOf(PKTHREAD Thread, BOOLEAN Kernel)
{
    return Kernel ? &Thread->KernelApcs : &Thread->Apcs;
}

VOID KipQueueApc(PKTHREAD Thread, struct KIP_APC *Apc)
{
    struct KIP_STATE *State = KipState();
    ntsim__lock(State->Lock);
    BOOLEAN Ended = Thread->Header.SignalState != 0;
    if (!Ended) {
        InsertTailList(KipApcsOf(Thread, Apc->Kernel), &Apc->Link);
        KipAlert(Thread, Apc->Kernel);
    }
    ntsim__unlock(State->Lock);
    if (Ended) {
        ntsim__release(Apc);
    }
}

static struct KIP_APC *KipTakeApc(PKTHREAD Thread, BOOLEAN Kernel)
{
    struct KIP_STATE *State = KipState();
    PLIST_ENTRY Apcs = KipApcsOf(Thread, Kernel);
    struct KIP_APC *Apc = NULL;
    ntsim__lock(State->Lock);
    if (!IsListEmpty(Apcs)) {
        Apc = CONTAINING_RECORD(RemoveHeadList(Apcs), struct KIP_APC, Link);
    }
    ntsim__unlock(State->Lock);
    return Apc;
}

static VOID KipDeliver(BOOLEAN Kernel)
{
    struct KIP_APC *Apc;
    while ((Apc = KipTakeApc(KipCurrentThread(), Kernel)) != NULL) {
        struct KIP_APC Copy = *Apc;
        ntsim__release(Apc);
        Copy.Routine(Copy.Context, Copy.IoStatusBlock, 0);
    }
}

VOID KipDeliverApcs(VOID)
{
    KipDeliver(FALSE);
}

VOID KipDeliverKernelApcs(VOID)
{
    KipDeliver(TRUE);
}

BOOLEAN KipTakesKernelApcs(VOID)
{
    return KeGetCurrentIrql() < APC_LEVEL && !KeAreApcsDisabled();
}
