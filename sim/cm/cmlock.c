/* SPDX-License-Identifier: MIT
 *
 * cmlock.c - the registry's locks: the tree's, and one for the values of each few keys (T7).
 */
#include "cm/cmtree.h"

VOID CmpLock(struct CMP_STATE *State)
{
    if (State->Lock != NULL) {
        ntsim__lock_exclusive(State->Lock);
    }
}

VOID CmpUnlock(struct CMP_STATE *State)
{
    LIST_ENTRY Completed;
    BOOLEAN Due = CmpTakeCompleted(State, &Completed);
    if (State->Lock != NULL) {
        ntsim__unlock_exclusive(State->Lock);
    }
    if (Due) {
        CmpDeliverAll(&Completed);
    }
}

VOID CmpLockShared(struct CMP_STATE *State)
{
    if (State->Lock != NULL) {
        ntsim__lock_shared(State->Lock);
    }
}

VOID CmpUnlockShared(struct CMP_STATE *State)
{
    if (State->Lock != NULL) {
        ntsim__unlock_shared(State->Lock);
    }
}

static struct ntsim__lock *CmpLockOf(const struct CMP_STATE *State, const struct CMP_KEY *Key)
{
    return State->KeyLocks[((ULONGLONG)(ULONG_PTR)Key * 0x9E3779B97F4A7C15u >> 32) % CMP_KEY_LOCKS];
}

VOID CmpLockKey(struct CMP_STATE *State, const struct CMP_KEY *Key)
{
    ntsim__lock(CmpLockOf(State, Key));
}

VOID CmpUnlockKey(struct CMP_STATE *State, const struct CMP_KEY *Key)
{
    ntsim__unlock(CmpLockOf(State, Key));
}

NTSTATUS CmpCreateLocks(struct CMP_STATE *State, struct ntsim *Sim)
{
    State->Lock = ntsim__shared_lock_create(Sim);
    BOOLEAN Made = State->Lock != NULL;
    for (ULONG Index = 0; Made && Index < CMP_KEY_LOCKS; Index++) {
        State->KeyLocks[Index] = ntsim__lock_create(Sim);
        Made = State->KeyLocks[Index] != NULL;
    }
    return Made ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID CmpDestroyLocks(struct CMP_STATE *State, struct ntsim *Sim)
{
    for (ULONG Index = 0; Index < CMP_KEY_LOCKS; Index++) {
        ntsim__lock_destroy(Sim, State->KeyLocks[Index]);
        State->KeyLocks[Index] = NULL;
    }
    ntsim__shared_lock_destroy(Sim, State->Lock);
    State->Lock = NULL;
}
