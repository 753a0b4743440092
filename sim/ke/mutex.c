/* SPDX-License-Identifier: MIT
 *
 * mutex.c - mutexes and semaphores: dispatcher objects that a wait takes something from.
 */
#include "ke/kip.h"

VOID NTAPI KeInitializeMutex(PRKMUTEX Mutex, ULONG Level)
{
    UNREFERENCED_PARAMETER(Level);
    KipInitializeObject(&Mutex->Header, KipMutant, sizeof(*Mutex), 1);
    Mutex->MutantListEntry = (LIST_ENTRY){NULL, NULL};
    Mutex->OwnerThread = NULL;
    Mutex->MutantFlags = 0;
    Mutex->ApcDisable = 1;
}

LONG NTAPI KeReadStateMutex(PRKMUTEX Mutex)
{
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0);
    return KipRequireObject(__func__, Mutex) ? KipReadState(&Mutex->Header) : 0;
}

/* One acquisition less; FALSE: it is not the calling thread's. *Last: nobody owns it any more. */
static BOOLEAN KipGiveBack(PRKMUTEX Mutex, PLONG Old, BOOLEAN *Last)
{
    struct KIP_STATE *State = KipState();
    ntsim__lock(State->Lock);
    BOOLEAN Owner = Mutex->OwnerThread == KipCurrentThread();
    *Old = Mutex->Header.SignalState;
    *Last = Owner && *Old == 0;
    if (Owner) {
        Mutex->Header.SignalState++;
    }
    if (*Last) {
        Mutex->OwnerThread = NULL;
        RemoveEntryList(&Mutex->MutantListEntry);
        KipSignal(&Mutex->Header);
    }
    ntsim__unlock(State->Lock);
    return Owner;
}

LONG NTAPI KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait)
{
    BOOLEAN Last;
    LONG Old;
    UNREFERENCED_PARAMETER(Wait);
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0);
    if (!KipRequireObject(__func__, Mutex)) {
        return 0;
    }
    BOOLEAN ApcDisable = Mutex->ApcDisable != 0;
    if (!KipGiveBack(Mutex, &Old, &Last)) {
        ExRaiseStatus(STATUS_MUTANT_NOT_OWNED);
    }
    if (Last && ApcDisable) {
        KeLeaveCriticalRegion();
    }
    return Old;
}

/* A wait has given the calling thread Object: whoever owns a mutex gets no normal kernel APC. */
VOID KipTaken(PVOID Object)
{
    PRKMUTEX Mutex = Object;
    if (Mutex->Header.Type == KipMutant && Mutex->ApcDisable != 0 &&
        Mutex->Header.SignalState == 0) {
        KeEnterCriticalRegion();
    }
}

VOID NTAPI KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit)
{
    KipInitializeObject(&Semaphore->Header, KipSemaphore, sizeof(*Semaphore), Count);
    Semaphore->Limit = Limit;
}

LONG NTAPI KeReadStateSemaphore(PRKSEMAPHORE Semaphore)
{
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0);
    return KipRequireObject(__func__, Semaphore) ? KipReadState(&Semaphore->Header) : 0;
}

LONG NTAPI KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment,
                              BOOLEAN Wait)
{
    struct KIP_STATE *State = KipState();
    UNREFERENCED_PARAMETER(Increment);
    UNREFERENCED_PARAMETER(Wait);
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0);
    if (!KipRequireObject(__func__, Semaphore)) {
        return 0;
    }
    ntsim__lock(State->Lock);
    LONG Old = Semaphore->Header.SignalState;
    BOOLEAN Good = Adjustment > 0 && Adjustment <= Semaphore->Limit - Old;
    if (Good) {
        Semaphore->Header.SignalState += Adjustment;
        KipSignal(&Semaphore->Header);
    }
    ntsim__unlock(State->Lock);
    if (!Good) {
        ExRaiseStatus(STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    }
    return Old;
}
