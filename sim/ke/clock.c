/* SPDX-License-Identifier: MIT
 *
 * clock.c - the thread that lets timers expire and runs DPCs (clock.h).
 */
#include "ke/clock.h"
#include "ps/psp.h"
#include "verifier/report.h"

#include <ntcallback/exception.h>

static VOID KipEnterClock(struct KIP_STATE *State)
{
    State->Host->monitor_enter(State->Host->context, State->Clock->Monitor);
}

static VOID KipLeaveClock(struct KIP_STATE *State)
{
    State->Host->monitor_leave(State->Host->context, State->Clock->Monitor);
}

static const VOID *KipRoutineOf(const KDPC *Dpc)
{
    return (const VOID *)(uintptr_t)Dpc->DeferredRoutine;
}

/* ---- DPCs ---- */

BOOLEAN KipQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
    struct KIP_CLOCK *Clock = KipState()->Clock;
    if (Dpc->DpcData != NULL) {
        return FALSE;
    }
    Dpc->DpcData = Clock;
    Dpc->SystemArgument1 = SystemArgument1;
    Dpc->SystemArgument2 = SystemArgument2;
    Dpc->DpcListEntry.Next = NULL;
    Clock->LastDpc->Next = &Dpc->DpcListEntry;
    Clock->LastDpc = &Dpc->DpcListEntry;
    return TRUE;
}

/* Take the first DPC out of the queue; a copy, as its memory may go (C2). Locked. */
static BOOLEAN KipTakeDpc(struct KIP_CLOCK *Clock, PKDPC Copy, PKDPC *Address)
{
    PSINGLE_LIST_ENTRY First = Clock->Dpcs.Next;
    if (First == NULL) {
        return FALSE;
    }
    Clock->Dpcs.Next = First->Next;
    if (First->Next == NULL) {
        Clock->LastDpc = &Clock->Dpcs;
    }
    *Address = CONTAINING_RECORD(First, KDPC, DpcListEntry);
    (*Address)->DpcData = NULL;
    *Copy = **Address;
    Clock->Running = KipRoutineOf(Copy);
    return TRUE;
}

static VOID KipCallDpc(PKDPC Dpc, const KDPC *Copy)
{
    struct ntcb_seh_frame Guard;
    Guard.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&Guard)) != 0) {
        ntcb_exception_report("DV-15", KipRoutineOf(Copy), "an exception left a DPC");
        return;
    }
    Copy->DeferredRoutine(Dpc, Copy->DeferredContext, Copy->SystemArgument1, Copy->SystemArgument2);
    ntcb_seh_done(&Guard);
}

static VOID KipRunDpc(PKDPC Dpc, const KDPC *Copy)
{
    KIRQL Expected = Copy->Type == KIP_DPC_THREADED ? PASSIVE_LEVEL : DISPATCH_LEVEL;
    KfRaiseIrql(Expected);
    KipCallDpc(Dpc, Copy);
    KIRQL Irql = KeGetCurrentIrql();
    if (Irql != Expected) {
        ntcb_report_f(
            &(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                  .rule = "DV-18",
                                  .bugcheck = IRQL_UNEXPECTED_VALUE,
                                  .parameter = {(uint64_t)(Irql << 16 | Expected << 8 | 2),
                                                (uintptr_t)Copy->DeferredRoutine},
                                  .address = KipRoutineOf(Copy),
                                  .fix = "return at the IRQL of the call"},
            "a DPC returned at IRQL %u", Irql);
        KfRaiseIrql(Irql < DISPATCH_LEVEL ? DISPATCH_LEVEL : Irql);
    }
    KeLowerIrql(PASSIVE_LEVEL);
}

/* ---- timers; locked ---- */

static VOID KipExpire(struct KIP_STATE *State, PKTIMER Timer)
{
    LARGE_INTEGER Time = {.QuadPart = State->Host->system_time(State->Host->context)};
    Timer->Header.SignalState = 1;
    KipSignal(&Timer->Header);
    if (Timer->Dpc != NULL) {
        KipQueueDpc(Timer->Dpc, (PVOID)(ULONG_PTR)(ULONG)Time.LowPart,
                    (PVOID)(ULONG_PTR)(ULONG)Time.HighPart);
    }
}

/* Let expire what is due. When the next one is; NTCB_FOREVER: none is set. */
static uint64_t KipExpireDue(struct KIP_STATE *State)
{
    struct KIP_CLOCK *Clock = State->Clock;
    uint64_t Now = State->Host->clock_ns(State->Host->context);
    while (!IsListEmpty(&Clock->Timers)) {
        PKTIMER Timer = CONTAINING_RECORD(Clock->Timers.Flink, KTIMER, TimerListEntry);
        if (Timer->DueTime.QuadPart > Now) {
            return Timer->DueTime.QuadPart;
        }
        RemoveEntryList(&Timer->TimerListEntry);
        Timer->Header.Inserted = 0;
        if (Timer->Period != 0) {
            Timer->DueTime.QuadPart += (uint64_t)Timer->Period * 1000000;
            KipInsertTimer(Timer);
        }
        KipExpire(State, Timer);
    }
    return NTCB_FOREVER;
}

VOID KipInsertTimer(PKTIMER Timer)
{
    PLIST_ENTRY Head = &KipState()->Clock->Timers, Before = Head->Blink;
    while (Before != Head && CONTAINING_RECORD(Before, KTIMER, TimerListEntry)->DueTime.QuadPart >
                                 Timer->DueTime.QuadPart) {
        Before = Before->Blink;
    }
    InsertHeadList(Before, &Timer->TimerListEntry);
    Timer->Header.Inserted = 1;
}

/* ---- the thread ---- */

static VOID KipSleepClock(struct KIP_STATE *State, uint64_t Until)
{
    uint64_t Now = State->Host->clock_ns(State->Host->context);
    KipEnterClock(State);
    if (!State->Clock->Changed && !State->Clock->Stopping && Now < Until) {
        State->Host->monitor_wait(State->Host->context, State->Clock->Monitor,
                                  Until == NTCB_FOREVER ? NTCB_FOREVER : Until - Now);
    }
    State->Clock->Changed = FALSE;
    KipLeaveClock(State);
}

static BOOLEAN KipIsStopping(struct KIP_STATE *State)
{
    KipEnterClock(State);
    BOOLEAN Stopping = State->Clock->Stopping;
    KipLeaveClock(State);
    return Stopping;
}

static void KipRunClock(void *Argument)
{
    PspBecomeUncounted(Argument);
    struct KIP_STATE *State = KipState();
    struct KIP_CLOCK *Clock = State->Clock;
    while (!KipIsStopping(State)) {
        PKDPC Dpc;
        KDPC Copy;
        ntsim__lock(State->Lock);
        uint64_t Next = KipExpireDue(State);
        BOOLEAN Taken = KipTakeDpc(Clock, &Copy, &Dpc);
        ntsim__unlock(State->Lock);
        if (!Taken) {
            KipSleepClock(State, Next);
            continue;
        }
        KipRunDpc(Dpc, &Copy);
        ntsim__lock(State->Lock);
        Clock->Running = NULL;
        ntsim__unlock(State->Lock);
        KipEnterClock(State); /* who waits for it to be done */
        State->Host->monitor_wake(State->Host->context, Clock->Monitor);
        KipLeaveClock(State);
    }
    PspLeaveUncounted();
}

static VOID KipStartClock(struct KIP_STATE *State)
{
    struct KIP_CLOCK *Clock = State->Clock;
    ntsim__lock(State->Lock);
    BOOLEAN Mine = !Clock->Started;
    Clock->Started = TRUE;
    ntsim__unlock(State->Lock);
    if (!Mine) {
        return;
    }
    Clock->Thread = PspCreateSystemThread();
    if (Clock->Thread != NULL) {
        Clock->Host = ntsim__host_thread_start(ntsim_current(), KipRunClock, Clock->Thread);
    }
    if (Clock->Host == NULL) {
        ntsim__fatal("there is no thread that could run timers and DPCs");
    }
}

VOID KipWakeClock(VOID)
{
    struct KIP_STATE *State = KipState();
    KipStartClock(State);
    KipEnterClock(State);
    State->Clock->Changed = TRUE;
    State->Host->monitor_wake(State->Host->context, State->Clock->Monitor);
    KipLeaveClock(State);
}

/* ---- coming to the end of it ---- */

static BOOLEAN KipAny(PVOID Context, const VOID *Routine)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Routine);
    return TRUE;
}

/* Locked. */
static BOOLEAN KipIsBusy(const struct KIP_CLOCK *Clock, BOOLEAN (*Mine)(PVOID, const VOID *),
                         PVOID Context, BOOLEAN Queued)
{
    return (Clock->Running != NULL && Mine(Context, Clock->Running)) ||
           (Queued && Clock->Dpcs.Next != NULL);
}

/* Sleep until it is so. Changed is the thread's: it is woken by the same wake, and looks again. */
static VOID KipAwaitIdle(struct KIP_STATE *State, BOOLEAN (*Mine)(PVOID, const VOID *),
                         PVOID Context, BOOLEAN Queued)
{
    BOOLEAN Busy = TRUE;
    while (Busy) {
        KipEnterClock(State); /* before looking: its end comes after it, inside the monitor */
        ntsim__lock(State->Lock);
        Busy = KipIsBusy(State->Clock, Mine, Context, Queued);
        ntsim__unlock(State->Lock);
        if (Busy) {
            State->Host->monitor_wait(State->Host->context, State->Clock->Monitor, NTCB_FOREVER);
        }
        KipLeaveClock(State);
    }
}

VOID KipFlushDpcs(VOID)
{
    KipAwaitIdle(KipState(), KipAny, NULL, TRUE);
}

ULONG KipFinishDpcs(BOOLEAN (*Mine)(PVOID Context, const VOID *Routine), PVOID Context)
{
    struct KIP_STATE *State = KipState();
    struct KIP_CLOCK *Clock = State->Clock;
    PSINGLE_LIST_ENTRY Place;
    ULONG Count = 0;
    ntsim__lock(State->Lock);
    for (PLIST_ENTRY Entry = Clock->Timers.Flink; Entry != &Clock->Timers;) {
        PKTIMER Timer = CONTAINING_RECORD(Entry, KTIMER, TimerListEntry);
        Entry = Entry->Flink;
        if (Timer->Dpc != NULL && Mine(Context, KipRoutineOf(Timer->Dpc))) {
            RemoveEntryList(&Timer->TimerListEntry);
            Timer->Header.Inserted = 0;
            Count++;
        }
    }
    for (Place = &Clock->Dpcs; Place->Next != NULL;) {
        PKDPC Dpc = CONTAINING_RECORD(Place->Next, KDPC, DpcListEntry);
        if (Mine(Context, KipRoutineOf(Dpc))) {
            Place->Next = Dpc->DpcListEntry.Next;
            Dpc->DpcData = NULL;
            Count++;
        } else {
            Place = Place->Next;
        }
    }
    Clock->LastDpc = Place;
    Count += Clock->Running != NULL && Mine(Context, Clock->Running) ? 1 : 0;
    ntsim__unlock(State->Lock);
    KipAwaitIdle(State, Mine, Context, FALSE);
    return Count;
}

VOID KipStopClock(VOID)
{
    struct KIP_STATE *State = KipState();
    struct KIP_CLOCK *Clock = State->Clock;
    if (Clock == NULL || Clock->Host == NULL) {
        return;
    }
    KipEnterClock(State);
    Clock->Stopping = TRUE;
    State->Host->monitor_wake(State->Host->context, Clock->Monitor);
    KipLeaveClock(State);
    ntsim__host_thread_join(ntsim_current(), Clock->Host);
    PspEndSystemThread(Clock->Thread);
    Clock->Host = NULL;
    InitializeListHead(&Clock->Timers); /* what is left may be in memory that is gone */
    Clock->Dpcs.Next = NULL;
    Clock->LastDpc = &Clock->Dpcs;
}

NTSTATUS KipInitializeClock(struct KIP_STATE *State)
{
    struct KIP_CLOCK *Clock = ntsim__allocate(sizeof(*Clock));
    State->Clock = Clock;
    if (Clock == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    InitializeListHead(&Clock->Timers);
    Clock->LastDpc = &Clock->Dpcs;
    Clock->Monitor = State->Host->monitor_create(State->Host->context);
    return Clock->Monitor != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID KipTeardownClock(struct KIP_STATE *State)
{
    if (State->Clock != NULL && State->Clock->Monitor != NULL) {
        State->Host->monitor_destroy(State->Host->context, State->Clock->Monitor);
    }
    ntsim__release(State->Clock);
    State->Clock = NULL;
}
