/* SPDX-License-Identifier: MIT
 *
 * workitem.c - work items (exw.h).
 */
#include "ex/exw.h"
#include "ps/psp.h"
#include "verifier/report.h"

#include <ntcallback/exception.h>

#define EXW_WORKERS_MAX 64u

static VOID ExwEnter(struct EXW_STATE *State)
{
    State->Host->monitor_enter(State->Host->context, State->Monitor);
}

static VOID ExwLeave(struct EXW_STATE *State)
{
    State->Host->monitor_leave(State->Host->context, State->Monitor);
}

static VOID ExwSleep(struct EXW_STATE *State)
{
    State->Host->monitor_wait(State->Host->context, State->Monitor, NTCB_FOREVER);
}

static VOID ExwWake(struct EXW_STATE *State)
{
    State->Host->monitor_wake(State->Host->context, State->Monitor);
}

static const VOID *ExwAddress(PWORKER_THREAD_ROUTINE Routine)
{
    return (const VOID *)(uintptr_t)Routine;
}

/* ---- a worker ---- */

static VOID ExwCall(PWORKER_THREAD_ROUTINE Routine, PVOID Parameter)
{
    struct ntcb_seh_frame Guard;
    Guard.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&Guard)) != 0) {
        ntcb_exception_report("DV-15", ExwAddress(Routine), "an exception left a work item");
        return;
    }
    Routine(Parameter);
    ntcb_seh_done(&Guard);
}

/* 0xE1: the routine has to come back at the IRQL it was called at. */
static VOID ExwCheckReturn(PWORKER_THREAD_ROUTINE Routine, const VOID *Item)
{
    KIRQL Irql = KeGetCurrentIrql();
    if (Irql == PASSIVE_LEVEL) {
        return;
    }
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                        .rule = "EX-WORK",
                                        .bugcheck = WORKER_THREAD_RETURNED_AT_BAD_IRQL,
                                        .parameter = {(uintptr_t)Routine, Irql, (uintptr_t)Item},
                                        .address = ExwAddress(Routine),
                                        .fix = "lower the IRQL on every way out of the routine"},
                  "a work item returned at IRQL %u", Irql);
    KeLowerIrql(PASSIVE_LEVEL);
}

static VOID ExwDo(struct EXW_STATE *State, struct EXW_WORKER *Self)
{
    PWORK_QUEUE_ITEM Item = CONTAINING_RECORD(RemoveHeadList(&State->Items), WORK_QUEUE_ITEM, List);
    PWORKER_THREAD_ROUTINE Routine = Item->WorkerRoutine;
    PVOID Parameter = Item->Parameter;
    Item->List.Flink = NULL;
    Self->Routine = ExwAddress(Routine);
    State->Queued--;
    State->Busy++;
    ExwLeave(State);
    ExwCall(Routine, Parameter);
    ExwCheckReturn(Routine, Item);
    ExwEnter(State);
    Self->Routine = NULL;
    State->Busy--;
    ExwWake(State); /* whoever waits for it to be done */
}

static void ExwRun(void *Argument)
{
    struct EXW_WORKER *Self = Argument;
    PspBecomeUncounted(Self->Thread);
    struct EXW_STATE *State = ExwState();
    ExwEnter(State);
    for (;;) {
        while (!IsListEmpty(&State->Items)) {
            ExwDo(State, Self);
        }
        if (State->Stopping) {
            break;
        }
        ExwSleep(State);
    }
    ExwLeave(State);
    PspLeaveUncounted();
}

/* ---- queueing ---- */

/* One worker more; FALSE: the host has no more memory or threads. Nothing is locked. */
static BOOLEAN ExwAddWorker(struct EXW_STATE *State)
{
    struct ntsim *Sim = ntsim_current();
    struct EXW_WORKER *Worker = ntsim__allocate(sizeof(*Worker));
    if (Worker == NULL) {
        return FALSE;
    }
    Worker->Sim = Sim;
    Worker->Thread = PspCreateSystemThread();
    ExwEnter(State); /* it must not end before it is known */
    if (Worker->Thread != NULL && !State->Stopping) {
        Worker->Host = ntsim__host_thread_start(Sim, ExwRun, Worker);
    }
    if (Worker->Host != NULL) {
        Worker->Next = State->Workers;
        State->Workers = Worker;
    }
    ExwLeave(State);
    if (Worker->Host == NULL) {
        if (Worker->Thread != NULL) {
            PspEndSystemThread(Worker->Thread);
        }
        ntsim__release(Worker);
        return FALSE;
    }
    return TRUE;
}

/* What can be wrong with a call of ExQueueWorkItem. */
static const struct EXW_MISUSE {
    const char *What;
    const char *Fix;
    uint32_t Code;
} ExwMisuses[] = {
    {"a work item was queued when its driver was gone: it is not done",
     "let DriverUnload wait for whatever queues it",
     DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS},
    {"a work item was queued that is still queued: it is done once",
     "queue it again only after its routine was called", WORKER_INVALID},
};

static VOID ExwReportMisuse(const WORK_QUEUE_ITEM *Item, const struct EXW_MISUSE *Misuse)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                        .rule = "EX-WORK",
                                        .bugcheck = Misuse->Code,
                                        .parameter = {(uintptr_t)Item},
                                        .address = ExwAddress(Item->WorkerRoutine),
                                        .fix = Misuse->Fix},
                  "%s", Misuse->What);
}

/* What keeps Item from being queued, or NULL. Inside the monitor. */
static const struct EXW_MISUSE *ExwQueueItem(struct EXW_STATE *State, PWORK_QUEUE_ITEM Item,
                                             BOOLEAN *NoneFree)
{
    if (State->Stopping) {
        return &ExwMisuses[0];
    }
    for (PLIST_ENTRY Entry = State->Items.Flink; Entry != &State->Items; Entry = Entry->Flink) {
        if (Entry == &Item->List) {
            return &ExwMisuses[1];
        }
    }
    InsertTailList(&State->Items, &Item->List);
    State->Queued++;
    *NoneFree = State->Queued > State->Count - State->Busy && State->Count < EXW_WORKERS_MAX;
    State->Count += *NoneFree ? 1 : 0;
    ExwWake(State);
    return NULL;
}

VOID NTAPI ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType)
{
    struct EXW_STATE *State = ExwState();
    BOOLEAN NoneFree = FALSE;
    UNREFERENCED_PARAMETER(QueueType); /* queues differ in their threads' priority alone */
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0);
    ExwEnter(State);
    const struct EXW_MISUSE *Misuse = ExwQueueItem(State, WorkItem, &NoneFree);
    ExwLeave(State);
    if (Misuse != NULL) {
        ExwReportMisuse(WorkItem, Misuse);
    } else if (NoneFree && !ExwAddWorker(State)) {
        ExwEnter(State);
        ULONG Others = --State->Count;
        ExwLeave(State);
        if (Others == 0) {
            ntsim__fatal("ExQueueWorkItem: there is no thread that could do the work");
        }
    }
}

/* ---- coming to the end of it ---- */

static ULONG ExwCountQueued(struct EXW_STATE *State, BOOLEAN (*Mine)(PVOID, const VOID *),
                            PVOID Context)
{
    ULONG Count = 0;
    for (PLIST_ENTRY Entry = State->Items.Flink; Entry != &State->Items; Entry = Entry->Flink) {
        const WORK_QUEUE_ITEM *Item = CONTAINING_RECORD(Entry, WORK_QUEUE_ITEM, List);
        Count += Mine(Context, ExwAddress(Item->WorkerRoutine)) ? 1 : 0;
    }
    return Count;
}

static ULONG ExwCountRunning(struct EXW_STATE *State, BOOLEAN (*Mine)(PVOID, const VOID *),
                             PVOID Context)
{
    ULONG Count = 0;
    for (const struct EXW_WORKER *Worker = State->Workers; Worker != NULL; Worker = Worker->Next) {
        Count += Worker->Routine != NULL && Mine(Context, Worker->Routine) ? 1 : 0;
    }
    return Count;
}

ULONG ExwFinish(BOOLEAN (*Mine)(PVOID Context, const VOID *Routine), PVOID Context)
{
    struct EXW_STATE *State = ExwState();
    ExwEnter(State);
    ULONG Count = ExwCountQueued(State, Mine, Context);
    while (ExwCountQueued(State, Mine, Context) + ExwCountRunning(State, Mine, Context) != 0) {
        ExwSleep(State);
    }
    ExwLeave(State);
    return Count;
}

NTSTATUS ExwInitialize(struct EXW_STATE *State)
{
    State->Host = ntsim__host(ntsim_current());
    InitializeListHead(&State->Items);
    InitializeListHead(&State->PushWaiters);
    InitializeListHead(&State->IoWork);
    State->Monitor = State->Host->monitor_create(State->Host->context);
    return State->Monitor != NULL && ExwMakeLocks(State) ? STATUS_SUCCESS
                                                         : STATUS_INSUFFICIENT_RESOURCES;
}

VOID ExwStop(struct EXW_STATE *State)
{
    if (State->Monitor == NULL) {
        return;
    }
    ExwEnter(State);
    State->Stopping = TRUE;
    ExwWake(State);
    ExwLeave(State);
    while (State->Workers != NULL) {
        struct EXW_WORKER *Worker = State->Workers;
        State->Workers = Worker->Next;
        ntsim__host_thread_join(Worker->Sim, Worker->Host);
        PspEndSystemThread(Worker->Thread);
        ntsim__release(Worker);
    }
    ExwReportBodies(NULL, NULL, "the simulator");
}

VOID ExwTeardown(struct EXW_STATE *State)
{
    if (State->Monitor != NULL) {
        ExwDestroyLocks(State);
        State->Host->monitor_destroy(State->Host->context, State->Monitor);
        State->Monitor = NULL;
    }
}
