/* SPDX-License-Identifier: MIT
 *
 * wait.c - the engine of every wait (kip.h).
 */
#include "ke/kip.h"
#include "ps/psp.h"

#include <stddef.h>

/* One wait that did not end at once. */
struct KIP_WAIT {
    LIST_ENTRY Link; /* KTHREAD.Waits */
    const struct KIP_WAIT_FOR *For;
    PKTHREAD Thread;
    struct KIP_WAITER *Waiter;
    BOOLEAN KernelApcs; /* one of kernel mode interrupts it */
    BOOLEAN Done;
    NTSTATUS Status;
};

/* ---- kinds of objects ---- */

static BOOLEAN KipIsSet(const DISPATCHER_HEADER *Header, PKTHREAD Thread)
{
    UNREFERENCED_PARAMETER(Thread);
    return Header->SignalState > 0;
}

static BOOLEAN KipIsFree(const DISPATCHER_HEADER *Header, PKTHREAD Thread)
{
    return Header->SignalState > 0 || ((const KMUTANT *)Header)->OwnerThread == Thread;
}

/* What a satisfied wait does to the object; TRUE: the mutex was abandoned. */
static BOOLEAN KipKeep(PDISPATCHER_HEADER Header, PKTHREAD Thread)
{
    UNREFERENCED_PARAMETER(Header);
    UNREFERENCED_PARAMETER(Thread);
    return FALSE;
}

static BOOLEAN KipClear(PDISPATCHER_HEADER Header, PKTHREAD Thread)
{
    UNREFERENCED_PARAMETER(Thread);
    Header->SignalState = 0;
    return FALSE;
}

static BOOLEAN KipCount(PDISPATCHER_HEADER Header, PKTHREAD Thread)
{
    UNREFERENCED_PARAMETER(Thread);
    Header->SignalState--;
    return FALSE;
}

static BOOLEAN KipOwn(PDISPATCHER_HEADER Header, PKTHREAD Thread)
{
    PKMUTANT Mutant = CONTAINING_RECORD(Header, KMUTANT, Header);
    BOOLEAN Abandoned = Mutant->Abandoned != 0;
    if (--Header->SignalState == 0) {
        Mutant->OwnerThread = Thread;
        Mutant->Abandoned = 0;
        InsertTailList(&Thread->Mutants, &Mutant->MutantListEntry);
    }
    return Abandoned;
}

static const struct KIP_KIND {
    BOOLEAN (*IsSignalled)(const DISPATCHER_HEADER *Header, PKTHREAD Thread);
    BOOLEAN (*Satisfy)(PDISPATCHER_HEADER Header, PKTHREAD Thread);
} KipKinds[] = {
    [KipEventNotification] = {KipIsSet, KipKeep},
    [KipEventSynchronization] = {KipIsSet, KipClear},
    [KipMutant] = {KipIsFree, KipOwn},
    [KipProcess] = {KipIsSet, KipKeep},
    [KipSemaphore] = {KipIsSet, KipCount},
    [KipThread] = {KipIsSet, KipKeep},
    [KipTimerNotification] = {KipIsSet, KipKeep},
    [KipTimerSynchronization] = {KipIsSet, KipClear},
};

VOID KipInitializeObject(PDISPATCHER_HEADER Header, UCHAR Type, SIZE_T Bytes, LONG SignalState)
{
    Header->Lock = 0;
    Header->Type = Type;
    Header->Size = (UCHAR)(Bytes / sizeof(LONG));
    Header->SignalState = SignalState;
    InitializeListHead(&Header->WaitListHead);
}

VOID KipInitializeThread(PKTHREAD Thread)
{
    KipInitializeObject(&Thread->Header, KipThread, sizeof(*Thread), 0);
    InitializeListHead(&Thread->Waits);
    InitializeListHead(&Thread->Apcs);
    InitializeListHead(&Thread->KernelApcs);
    InitializeListHead(&Thread->Mutants);
}

PKTHREAD KipCurrentThread(VOID)
{
    return (PKTHREAD)(PVOID)PspCurrentThread();
}

BOOLEAN KipRequireObject(const char *Function, PVOID Object)
{
    struct KIP_STATE *State = KipState();
    const DISPATCHER_HEADER *Header = Object;
    ntsim__lock(State->Lock);
    BOOLEAN Good = Header != NULL && Header->Type < RTL_NUMBER_OF(KipKinds) &&
                   KipKinds[Header->Type].IsSignalled != NULL && Header->WaitListHead.Flink != NULL;
    ntsim__unlock(State->Lock);
    if (Good) {
        return TRUE;
    }
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                        .rule = "KE-OBJECT",
                                        .bugcheck = IRQL_NOT_LESS_OR_EQUAL,
                                        .parameter = {(uintptr_t)Object, DISPATCH_LEVEL},
                                        .on_windows = "the wait list of such an object leads "
                                                      "nowhere: a fault at DISPATCH_LEVEL",
                                        .fix = "initialise it first (KeInitializeEvent and its "
                                               "kin), and pass its own address"},
                  "%s was given %p, which is no initialised dispatcher object", Function, Object);
    return FALSE;
}

/* ---- ending waits; all locked ---- */

static BOOLEAN KipIsSignalled(PVOID Object, PKTHREAD Thread)
{
    const DISPATCHER_HEADER *Header = Object;
    return KipKinds[Header->Type].IsSignalled(Header, Thread);
}

static BOOLEAN KipSatisfy(PVOID Object, PKTHREAD Thread)
{
    PDISPATCHER_HEADER Header = Object;
    return KipKinds[Header->Type].Satisfy(Header, Thread);
}

/* Can the wait end now? It takes what it waited for: the status. Else STATUS_PENDING. */
static NTSTATUS KipTry(const struct KIP_WAIT_FOR *For, PKTHREAD Thread)
{
    ULONG Index;
    for (Index = 0; Index < For->Count; Index++) {
        if (KipIsSignalled(For->Objects[Index], Thread) != For->All) {
            break;
        }
    }
    if ((Index < For->Count) == For->All || For->Count == 0) {
        return STATUS_PENDING;
    }
    if (!For->All) {
        BOOLEAN Abandoned = KipSatisfy(For->Objects[Index], Thread);
        return (Abandoned ? STATUS_ABANDONED_WAIT_0 : STATUS_WAIT_0) + (NTSTATUS)Index;
    }
    NTSTATUS Status = STATUS_SUCCESS;
    for (Index = 0; Index < For->Count; Index++) {
        if (KipSatisfy(For->Objects[Index], Thread)) {
            Status = STATUS_ABANDONED_WAIT_0;
        }
    }
    return Status;
}

/* W1 */
static VOID KipUnqueue(struct KIP_WAIT *Wait)
{
    RemoveEntryList(&Wait->Link);
    for (ULONG Index = 0; Index < Wait->For->Count; Index++) {
        RemoveEntryList(&Wait->For->Blocks[Index].WaitListEntry);
    }
}

static VOID KipEndWait(struct KIP_STATE *State, struct KIP_WAIT *Wait, NTSTATUS Status)
{
    struct ntcb_monitor *Monitor = Wait->Waiter->Monitor;
    KipUnqueue(Wait);
    State->Host->monitor_enter(State->Host->context, Monitor);
    Wait->Status = Status;
    Wait->Done = TRUE;
    State->Host->monitor_wake(State->Host->context, Monitor);
    State->Host->monitor_leave(State->Host->context, Monitor);
}

VOID KipSignal(PDISPATCHER_HEADER Header)
{
    struct KIP_STATE *State = KipState();
    PLIST_ENTRY Entry = Header->WaitListHead.Flink;
    while (Entry != &Header->WaitListHead && Header->SignalState > 0) {
        struct KIP_WAIT *Wait = CONTAINING_RECORD(Entry, KWAIT_BLOCK, WaitListEntry)->SparePtr;
        NTSTATUS Status = KipTry(Wait->For, Wait->Thread);
        Entry = Entry->Flink;
        if (Status != STATUS_PENDING) {
            KipEndWait(State, Wait, Status);
            Entry = Header->WaitListHead.Flink; /* the wait's other blocks have left too */
        }
    }
}

LONG KipSetState(PDISPATCHER_HEADER Header, LONG SignalState)
{
    struct KIP_STATE *State = KipState();
    ntsim__lock(State->Lock);
    LONG Old = Header->SignalState;
    Header->SignalState = SignalState;
    if (SignalState > 0) {
        KipSignal(Header);
    }
    ntsim__unlock(State->Lock);
    return Old;
}

LONG KipReadState(PDISPATCHER_HEADER Header)
{
    struct KIP_STATE *State = KipState();
    ntsim__lock(State->Lock);
    LONG SignalState = Header->SignalState;
    ntsim__unlock(State->Lock);
    return SignalState;
}

BOOLEAN KipOwnsMutex(PKTHREAD Thread)
{
    struct KIP_STATE *State = KipState();
    ntsim__lock(State->Lock);
    BOOLEAN Owns = !IsListEmpty(&Thread->Mutants);
    ntsim__unlock(State->Lock);
    return Owns;
}

VOID KipEndThread(PKTHREAD Thread)
{
    struct KIP_STATE *State = KipState();
    LIST_ENTRY Apcs;
    ntsim__lock(State->Lock);
    while (!IsListEmpty(&Thread->Mutants)) {
        PKMUTANT Mutant =
            CONTAINING_RECORD(RemoveHeadList(&Thread->Mutants), KMUTANT, MutantListEntry);
        Mutant->OwnerThread = NULL;
        Mutant->Abandoned = 1;
        Mutant->Header.SignalState = 1;
        KipSignal(&Mutant->Header);
    }
    InitializeListHead(&Apcs);
    while (!IsListEmpty(&Thread->Apcs) || !IsListEmpty(&Thread->KernelApcs)) {
        PLIST_ENTRY Entry =
            RemoveHeadList(IsListEmpty(&Thread->Apcs) ? &Thread->KernelApcs : &Thread->Apcs);
        InsertTailList(&Apcs, Entry);
    }
    Thread->Header.SignalState = 1;
    KipSignal(&Thread->Header);
    ntsim__unlock(State->Lock);
    while (!IsListEmpty(&Apcs)) {
        ntsim__release(CONTAINING_RECORD(RemoveHeadList(&Apcs), struct KIP_APC, Link));
    }
}

VOID KipAlert(PKTHREAD Thread, BOOLEAN Kernel)
{
    for (PLIST_ENTRY Entry = Thread->Waits.Flink; Entry != &Thread->Waits; Entry = Entry->Flink) {
        struct KIP_WAIT *Wait = CONTAINING_RECORD(Entry, struct KIP_WAIT, Link);
        if (Kernel ? Wait->KernelApcs : Wait->For->Apcs) {
            KipEndWait(KipState(), Wait, Kernel ? STATUS_KERNEL_APC : STATUS_USER_APC);
            return;
        }
    }
}

/* ---- waiting ---- */

static struct KIP_WAITER *KipTakeWaiter(struct KIP_STATE *State)
{
    struct KIP_WAITER *Waiter = State->Idle;
    if (Waiter != NULL) {
        State->Idle = Waiter->Next;
        return Waiter;
    }
    Waiter = ntsim__allocate(sizeof(*Waiter));
    if (Waiter != NULL) {
        Waiter->Monitor = State->Host->monitor_create(State->Host->context);
    }
    if (Waiter == NULL || Waiter->Monitor == NULL) {
        ntsim__release(Waiter);
        return State->Shared;
    }
    return Waiter;
}

static VOID KipReturnWaiter(struct KIP_STATE *State, struct KIP_WAITER *Waiter)
{
    if (Waiter != State->Shared) {
        Waiter->Next = State->Idle;
        State->Idle = Waiter;
    }
}

uint64_t KipDeadline(const struct KIP_STATE *State, const LARGE_INTEGER *Timeout)
{
    const struct ntcb_host_ops *Host = State->Host;
    if (Timeout == NULL) {
        return NTCB_FOREVER;
    }
    int64_t Units = Timeout->QuadPart <= 0 ? Timeout->QuadPart
                                           : Host->system_time(Host->context) - Timeout->QuadPart;
    uint64_t Left = Units >= 0 ? 0 : 0 - (uint64_t)Units;
    uint64_t Now = Host->clock_ns(Host->context);
    return Left >= (NTCB_FOREVER - Now) / 100 ? NTCB_FOREVER : Now + Left * 100;
}

static VOID KipSleep(const struct KIP_STATE *State, const struct KIP_WAIT *Wait, uint64_t Deadline)
{
    const struct ntcb_host_ops *Host = State->Host;
    struct ntcb_monitor *Monitor = Wait->Waiter->Monitor;
    Host->monitor_enter(Host->context, Monitor);
    while (!Wait->Done) {
        uint64_t Left = NTCB_FOREVER;
        if (Deadline != NTCB_FOREVER) {
            uint64_t Now = Host->clock_ns(Host->context);
            if (Now >= Deadline) {
                break;
            }
            Left = Deadline - Now;
        }
        Host->monitor_wait(Host->context, Monitor, Left);
    }
    Host->monitor_leave(Host->context, Monitor);
}

static VOID KipQueue(struct KIP_WAIT *Wait)
{
    InsertTailList(&Wait->Thread->Waits, &Wait->Link);
    for (ULONG Index = 0; Index < Wait->For->Count; Index++) {
        KWAIT_BLOCK *Block = &Wait->For->Blocks[Index];
        PDISPATCHER_HEADER Header = Wait->For->Objects[Index];
        *Block = (KWAIT_BLOCK){.WaitType = (UCHAR)(Wait->For->All ? WaitAll : WaitAny),
                               .WaitKey = (USHORT)Index,
                               .Object = Header,
                               .SparePtr = Wait};
        Block->Thread = Wait->Thread;
        InsertTailList(&Header->WaitListHead, &Block->WaitListEntry);
    }
}

/* Until it ends, or an APC of kernel mode comes between: KERNEL_APC. */
static NTSTATUS KipWaitOnce(const struct KIP_WAIT_FOR *For, BOOLEAN KernelApcs, uint64_t *Deadline)
{
    struct KIP_STATE *State = KipState();
    struct KIP_WAIT Wait = {.For = For, .Thread = KipCurrentThread(), .KernelApcs = KernelApcs};
    ntsim__lock(State->Lock);
    NTSTATUS Status = STATUS_PENDING;
    if (KernelApcs && !IsListEmpty(&Wait.Thread->KernelApcs)) {
        Status = STATUS_KERNEL_APC;
    }
    if (Status == STATUS_PENDING) {
        Status = KipTry(For, Wait.Thread);
    }
    if (Status == STATUS_PENDING && For->Apcs && !IsListEmpty(&Wait.Thread->Apcs)) {
        Status = STATUS_USER_APC;
    }
    if (Status == STATUS_PENDING && For->Timeout != NULL && For->Timeout->QuadPart == 0) {
        Status = STATUS_TIMEOUT;
    }
    if (Status != STATUS_PENDING) {
        ntsim__unlock(State->Lock);
        return Status;
    }
    Wait.Waiter = KipTakeWaiter(State);
    KipQueue(&Wait);
    ntsim__unlock(State->Lock);
    if (*Deadline == 0) {
        *Deadline = KipDeadline(State, For->Timeout);
    }
    KipSleep(State, &Wait, *Deadline);
    ntsim__lock(State->Lock);
    if (!Wait.Done) {
        KipUnqueue(&Wait);
        Wait.Status = STATUS_TIMEOUT;
    }
    KipReturnWaiter(State, Wait.Waiter);
    ntsim__unlock(State->Lock);
    return Wait.Status;
}

NTSTATUS KipWait(const struct KIP_WAIT_FOR *For)
{
    BOOLEAN KernelApcs = KipTakesKernelApcs();
    uint64_t Deadline = 0; /* not worked out yet: most waits need none */
    NTSTATUS Status;
    while ((Status = KipWaitOnce(For, KernelApcs, &Deadline)) == STATUS_KERNEL_APC) {
        KipDeliverKernelApcs();
    }
    return Status;
}
