/* SPDX-License-Identifier: MIT
 *
 * timer.c - timers and DPCs as drivers use them.
 */
#include "ke/clock.h"

/* ---- DPCs ---- */

static VOID KipInitializeDpc(PRKDPC Dpc, UCHAR Type, PKDEFERRED_ROUTINE Routine, PVOID Context)
{
    *Dpc = (KDPC){.DeferredRoutine = Routine, .DeferredContext = Context};
    Dpc->Type = Type;
    Dpc->Importance = MediumImportance;
}

VOID NTAPI KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    KipInitializeDpc(Dpc, KIP_DPC, DeferredRoutine, DeferredContext);
}

VOID NTAPI KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine,
                                   PVOID DeferredContext)
{
    KipInitializeDpc(Dpc, KIP_DPC_THREADED, DeferredRoutine, DeferredContext);
}

BOOLEAN NTAPI KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
    struct KIP_STATE *State = KipState();
    ntsim__lock(State->Lock);
    BOOLEAN Queued = KipQueueDpc(Dpc, SystemArgument1, SystemArgument2);
    ntsim__unlock(State->Lock);
    if (Queued) {
        KipWakeClock();
    }
    return Queued;
}

BOOLEAN NTAPI KeRemoveQueueDpc(PRKDPC Dpc)
{
    struct KIP_STATE *State = KipState();
    struct KIP_CLOCK *Clock = State->Clock;
    BOOLEAN Found = FALSE;
    ntsim__lock(State->Lock);
    for (PSINGLE_LIST_ENTRY Place = &Clock->Dpcs; Place->Next != NULL && !Found;
         Place = Place->Next) {
        if (Place->Next == &Dpc->DpcListEntry) {
            Place->Next = Dpc->DpcListEntry.Next;
            if (Clock->LastDpc == &Dpc->DpcListEntry) {
                Clock->LastDpc = Place;
            }
            Dpc->DpcData = NULL;
            Found = TRUE;
            break;
        }
    }
    ntsim__unlock(State->Lock);
    if (Found) {
        KipWakeClock(); /* and whoever waits for the queue to be empty */
    }
    return Found;
}

VOID NTAPI KeFlushQueuedDpcs(VOID)
{
    if (ntcb_check_irql(__func__, APC_LEVEL, "DV-31", 0x00020006)) { /* else it may be a DPC */
        KipFlushDpcs();
    }
}

VOID NTAPI KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance)
{
    Dpc->Importance = (UCHAR)Importance;
}

VOID NTAPI KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number)
{
    Dpc->Number = (USHORT)Number;
}

/* ---- timers ---- */

VOID NTAPI KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type)
{
    *Timer = (KTIMER){.Period = 0};
    KipInitializeObject(&Timer->Header,
                        Type == NotificationTimer ? KipTimerNotification : KipTimerSynchronization,
                        sizeof(*Timer), 0);
}

VOID NTAPI KeInitializeTimer(PKTIMER Timer)
{
    KeInitializeTimerEx(Timer, NotificationTimer);
}

/* Locked. */
static BOOLEAN KipRemoveTimer(PKTIMER Timer)
{
    BOOLEAN Inserted = Timer->Header.Inserted != 0;
    if (Inserted) {
        RemoveEntryList(&Timer->TimerListEntry);
        Timer->Header.Inserted = 0;
    }
    return Inserted;
}

BOOLEAN NTAPI KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc)
{
    struct KIP_STATE *State = KipState();
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0x1);
    if (!KipRequireObject(__func__, Timer)) {
        return FALSE;
    }
    uint64_t Due = KipDeadline(State, &DueTime);
    ntsim__lock(State->Lock);
    BOOLEAN Inserted = KipRemoveTimer(Timer);
    Timer->Header.SignalState = 0;
    Timer->DueTime.QuadPart = Due;
    Timer->Period = Period > 0 ? (ULONG)Period : 0;
    Timer->Dpc = Dpc;
    KipInsertTimer(Timer);
    ntsim__unlock(State->Lock);
    KipWakeClock();
    return Inserted;
}

BOOLEAN NTAPI KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc)
{
    return KeSetTimerEx(Timer, DueTime, 0, Dpc);
}

BOOLEAN NTAPI KeCancelTimer(PKTIMER Timer)
{
    struct KIP_STATE *State = KipState();
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0x1);
    if (!KipRequireObject(__func__, Timer)) {
        return FALSE;
    }
    ntsim__lock(State->Lock);
    BOOLEAN Inserted = KipRemoveTimer(Timer);
    ntsim__unlock(State->Lock);
    return Inserted;
}

BOOLEAN NTAPI KeReadStateTimer(PKTIMER Timer)
{
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0x1);
    return KipRequireObject(__func__, Timer) && KipReadState(&Timer->Header) != 0;
}
