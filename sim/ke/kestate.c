/* SPDX-License-Identifier: MIT
 *
 * kestate.c - what the waits of a simulator share: made, and given back when nobody waits any more.
 */
#include "ke/clock.h"
#include "verifier/report.h"

NTSTATUS KipInitialize(struct KIP_STATE *State)
{
    struct KIP_WAITER *Shared = ntsim__allocate(sizeof(*Shared));
    State->Host = ntsim__host(ntsim_current());
    State->Lock = ntsim__lock_create(ntsim_current());
    if (Shared != NULL) {
        Shared->Monitor = State->Host->monitor_create(State->Host->context);
        State->Shared = Shared;
    }
    State->Spin = State->Host->monitor_create(State->Host->context);
    return State->Lock != NULL && State->Spin != NULL && Shared != NULL && Shared->Monitor != NULL
               ? KipInitializeClock(State)
               : STATUS_INSUFFICIENT_RESOURCES;
}

VOID KipTeardown(struct KIP_STATE *State)
{
    if (State->Shared != NULL) {
        State->Shared->Next = State->Idle;
        State->Idle = State->Shared;
    }
    while (State->Idle != NULL) {
        struct KIP_WAITER *Waiter = State->Idle;
        State->Idle = Waiter->Next;
        if (Waiter->Monitor != NULL) {
            State->Host->monitor_destroy(State->Host->context, Waiter->Monitor);
        }
        ntsim__release(Waiter);
    }
    if (State->Spin != NULL) {
        State->Host->monitor_destroy(State->Host->context, State->Spin);
    }
    KipTeardownClock(State);
    ntsim__lock_destroy(ntsim_current(), State->Lock);
    *State = (struct KIP_STATE){0};
}
