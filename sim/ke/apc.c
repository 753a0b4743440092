/* SPDX-License-Identifier: MIT
 *
 * apc.c - user APCs: routines of a program that a thread of it runs when it next waits alertably.
 */
#include "ke/kip.h"

VOID KipQueueApc(PKTHREAD Thread, struct KIP_APC *Apc)
{
    struct KIP_STATE *State = KipState();
    ntsim__lock(State->Lock);
    BOOLEAN Ended = Thread->Header.SignalState != 0;
    if (!Ended) {
        InsertTailList(&Thread->Apcs, &Apc->Link);
        KipAlert(Thread);
    }
    ntsim__unlock(State->Lock);
    if (Ended) {
        ntsim__release(Apc);
    }
}

static struct KIP_APC *KipTakeApc(PKTHREAD Thread)
{
    struct KIP_STATE *State = KipState();
    struct KIP_APC *Apc = NULL;
    ntsim__lock(State->Lock);
    if (!IsListEmpty(&Thread->Apcs)) {
        Apc = CONTAINING_RECORD(RemoveHeadList(&Thread->Apcs), struct KIP_APC, Link);
    }
    ntsim__unlock(State->Lock);
    return Apc;
}

VOID KipDeliverApcs(VOID)
{
    struct KIP_APC *Apc;
    while ((Apc = KipTakeApc(KipCurrentThread())) != NULL) {
        struct KIP_APC Copy = *Apc;
        ntsim__release(Apc);
        Copy.Routine(Copy.Context, Copy.IoStatusBlock, 0);
    }
}
