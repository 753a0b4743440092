/* SPDX-License-Identifier: MIT
 *
 * thread.c - threads, and how a host thread is one.
 *
 * Invariants
 *   P1  A host thread that is bound to a simulator's kernel is one of its threads: the pointer that
 *       ntcb_thread_simulator() keeps. Only the start-up and the teardown of the simulator are not.
 *   P2  HostCount is the number of times host threads entered the thread and have not left it. A
 *       thread of PspInitialize's making is entered without being counted.
 */
#include "cm/cmtree.h"
#include "io/iop.h"
#include "ke/fault.h"
#include "ps/psp_state.h"
#include "ps/zw.h"

#include <stdio.h>

static VOID PspDeleteThread(PVOID Object)
{
    struct ntsim_thread *Thread = Object;

    ObpDereference(Thread->Process, NULL);
}

static VOID PspDescribeThread(PVOID Object, char *Buffer, SIZE_T Bytes)
{
    struct ntsim_thread *Thread = Object;

    snprintf(Buffer, Bytes, "tid %u of pid %u, %s", Thread->Id, Thread->Process->Id,
             Thread->Process->ImageName);
}

static const struct OBP_TYPE PspThreadType = {
    .Name = "Thread",
    .GenericMapping = {0x20048, 0x20437, 0x121800, THREAD_ALL_ACCESS},
    .ValidAccess = THREAD_ALL_ACCESS,
    .HasCallbacks = TRUE,
    .Retained = 0x101800, /* */
    .Delete = PspDeleteThread,
    .Describe = PspDescribeThread,
    .Waitable = TRUE,
};

static POBJECT_TYPE const PspThreadTypePointer = (POBJECT_TYPE)&PspThreadType;
POBJECT_TYPE *PsThreadType = (POBJECT_TYPE *)&PspThreadTypePointer;

struct ntsim_thread *PspCurrentThread(void)
{
    struct ntsim_thread *Thread;

    ntcb_require_kernel("an NT routine");
    Thread = ntcb_thread_simulator();
    if (Thread == NULL) {
        ntsim__fatal("this host thread is bound to a simulator's kernel, but is none of its "
                     "threads: call ntsim_enter() or ntsim_thread_enter()");
    }
    return Thread;
}

struct ntsim_process *PspCurrentProcess(void)
{
    struct ntsim_thread *Thread = PspCurrentThread();

    return Thread->Attached != NULL ? Thread->Attached : Thread->Process;
}

struct ntsim_process *PspAttach(struct ntsim_process *Process)
{
    struct ntsim_thread *Thread = PspCurrentThread();
    struct ntsim_process *Previous = Thread->Attached;

    Thread->Attached = Process;
    return Previous;
}

VOID PspDetach(struct ntsim_process *Previous)
{
    PspCurrentThread()->Attached = Previous;
}

/* With the lock held. */
static BOOLEAN PspInsertThread(struct PSP_STATE *State, struct ntsim_thread *Thread, uint32_t Id)
{
    struct ntsim_thread *Other = NULL;

    if (Id != 0) {
        HASH_FIND(hh, State->Threads, &Id, sizeof(Id), Other);
    }
    if (Other != NULL) {
        return FALSE;
    }
    Thread->Id = Id != 0 ? Id : PspNewId(State);
    HASH_ADD(hh, State->Threads, Id, sizeof(Thread->Id), Thread);
    if (Thread->hh.tbl == NULL) {
        return FALSE;
    }
    InsertTailList(&Thread->Process->Threads, &Thread->Link);
    return TRUE;
}

struct ntsim_thread *PspCreateThread(struct ntsim_process *Process, uint32_t Id)
{
    struct PSP_STATE *State = PspState();
    struct ntsim_thread *Thread;
    PVOID Object;
    BOOLEAN Inserted;

    if (!NT_SUCCESS(ObpCreateObject(*PsThreadType, sizeof(*Thread), &Object))) {
        return NULL;
    }
    Thread = Object;
    KipInitializeThread(&Thread->Tcb);
    ObpReference(Process, NULL);
    Thread->Process = Process;
    Thread->PreviousMode = Process == State->System ? KernelMode : UserMode;
    ntsim__lock(State->Lock);
    Inserted = PspInsertThread(State, Thread, Id);
    ntsim__unlock(State->Lock);
    if (!Inserted) {
        ObpDereference(Thread, NULL);
        return NULL;
    }
    return Thread;
}

VOID PspUnlinkThread(struct ntsim_thread *Thread)
{
    struct PSP_STATE *State = PspState();

    ntsim__lock(State->Lock);
    HASH_DEL(State->Threads, Thread);
    RemoveEntryList(&Thread->Link);
    ntsim__unlock(State->Lock);
}

VOID PspEndThread(struct ntsim_thread *Thread)
{
    Thread->Exited = TRUE;
    PspUnlinkThread(Thread);
    CmpEndThreadPosts(Thread);
    KipEndThread(&Thread->Tcb);
    KipRunDownApcs(&Thread->Tcb);
    ObpDereference(Thread, NULL);
}

struct ntsim_thread *ntsim_thread_find(struct ntsim *sim, uint32_t tid)
{
    struct PSP_STATE *state = ntsim__ps(sim);
    struct ntsim_thread *thread;

    ntsim__lock(state->Lock);
    HASH_FIND(hh, state->Threads, &tid, sizeof(tid), thread);
    ntsim__unlock(state->Lock);
    return thread;
}

struct ntsim_thread *ntsim_process_thread(struct ntsim_process *process)
{
    struct PSP_STATE *state = ntsim__ps(process->Sim);
    struct ntsim_thread *thread = NULL;

    ntsim__lock(state->Lock);
    if (!IsListEmpty(&process->Threads)) {
        thread = CONTAINING_RECORD(process->Threads.Flink, struct ntsim_thread, Link);
    }
    ntsim__unlock(state->Lock);
    return thread;
}

size_t ntsim_process_thread_count(struct ntsim_process *process)
{
    struct PSP_STATE *state = ntsim__ps(process->Sim);
    size_t count = 0;

    ntsim__lock(state->Lock);
    for (PLIST_ENTRY entry = process->Threads.Flink; entry != &process->Threads;
         entry = entry->Flink) {
        count++;
    }
    ntsim__unlock(state->Lock);
    return count;
}

uint32_t ntsim_thread_id(const struct ntsim_thread *thread)
{
    return thread->Id;
}

VOID PspBecome(struct ntsim_thread *Thread)
{
    ntcb_kernel_enter(ntsim_kernel(Thread->Process->Sim));
    ntcb_thread_set_simulator(Thread);
}

static ULONG PspCountHost(struct ntsim_thread *Thread, BOOLEAN Entering)
{
    struct PSP_STATE *State = ntsim__ps(Thread->Process->Sim);
    ULONG Count;

    ntsim__lock(State->Lock);
    Count = Entering ? ++Thread->HostCount : --Thread->HostCount;
    ntsim__unlock(State->Lock);
    return Count;
}

static struct ntsim_thread *PspNow(void)
{
    return ntcb_kernel_current() == NULL ? NULL : ntcb_thread_simulator();
}

struct ntsim_thread *ntsim_thread_enter(struct ntsim_thread *thread)
{
    struct ntsim_thread *previous = PspNow();

    if (thread == NULL) {
        ntsim__fatal("ntsim_thread_enter: the thread is NULL");
    }
    ntsim__faults_arm();
    PspCountHost(thread, TRUE);
    PspBecome(thread);
    return previous;
}

void ntsim_thread_leave(struct ntsim_thread *previous)
{
    struct ntsim_thread *thread = PspNow();

    if (thread != NULL) {
        bool ends = PspCountHost(thread, FALSE) == 0 && thread->Temporary;

        if (ends)
            IopCancelThreadIo(thread);
        ntcb_thread_set_simulator(NULL);
        if (ends)
            PspEndThread(thread);
    }
    if (previous == NULL) {
        ntcb_kernel_enter(NULL);
    } else {
        PspBecome(previous);
    }
}

struct ntsim_thread *ntsim_enter(struct ntsim *sim)
{
    struct ntsim_thread *previous = PspNow();
    struct ntcb_kernel *kernel = ntcb_kernel_enter(ntsim_kernel(sim));
    struct ntsim_thread *thread;

    (void)kernel; /* previous says it too, and the thread in it */
    thread = PspCreateThread(ntsim_system_process(sim), 0);
    if (thread == NULL) {
        ntsim__fatal("ntsim_enter: no memory for a thread");
    }
    ntsim__faults_arm();
    thread->Temporary = TRUE;
    PspCountHost(thread, TRUE);
    PspBecome(thread);
    return previous;
}

void ntsim_leave(struct ntsim_thread *previous)
{
    ntsim_thread_leave(previous);
}

struct ntsim_thread *PspEnterCreator(struct ntsim *Sim, struct ntsim_thread *Creator)
{
    struct ntsim_thread *Now = PspNow();

    if (Creator != NULL) {
        return ntsim_thread_enter(Creator);
    }
    return Now != NULL && Now->Process->Sim == Sim ? ntsim_thread_enter(Now) : ntsim_enter(Sim);
}

VOID PspLeaveCreator(struct ntsim_thread *Previous)
{
    ntsim_thread_leave(Previous);
}

struct ntsim_thread *PspBorrowThread(struct ntsim_process *Process, struct ntsim_thread **Previous)
{
    struct PSP_STATE *State = PspState();
    struct ntsim_thread *Thread = NULL;
    PLIST_ENTRY Entry;

    *Previous = PspCurrentThread();
    if (PspCurrentProcess() != State->System || Process == State->System) {
        return NULL;
    }
    ntsim__lock(State->Lock);
    for (Entry = Process->Threads.Flink; Entry != &Process->Threads && Thread == NULL;
         Entry = Entry->Flink) {
        Thread = CONTAINING_RECORD(Entry, struct ntsim_thread, Link);
        if (Thread->HostCount != 0) {
            Thread = NULL;
        } else {
            Thread->HostCount = 1;
        }
    }
    ntsim__unlock(State->Lock);
    if (Thread != NULL) {
        PspBecome(Thread);
    }
    return Thread;
}

ULONG PspBoundThreads(struct PSP_STATE *State)
{
    struct ntsim_thread *Thread, *Next;
    ULONG Count = 0;

    ntsim__lock(State->Lock);
    HASH_ITER (hh, State->Threads, Thread, Next) {
        Count += Thread->HostCount;
    }
    ntsim__unlock(State->Lock);
    return Count;
}

KPROCESSOR_MODE ntsim_previous_mode(KPROCESSOR_MODE mode)
{
    struct ntsim_thread *thread = PspCurrentThread();
    KPROCESSOR_MODE previous = thread->PreviousMode;

    thread->PreviousMode = mode;
    return previous;
}

const void *PspActFor(const void *Caller)
{
    struct ntsim_thread *Thread = PspCurrentThread();
    const void *Before = Thread->ActsFor;

    Thread->ActsFor = Caller;
    return Before;
}

const void *PspActsFor(void)
{
    return PspCurrentThread()->ActsFor;
}

struct ntsim__tally *ntsim__tally(struct ntsim_thread *thread)
{
    return &thread->Tally;
}

PVOID *PspPostObject(void)
{
    return &PspCurrentThread()->PostObject;
}

struct ntsim__tally *PspTally(void)
{
    return &PspCurrentThread()->Tally;
}

struct ntsim_thread *PspCreateSystemThread(VOID)
{
    return PspCreateThread(PspState()->System, 0);
}

VOID PspEndSystemThread(struct ntsim_thread *Thread)
{
    PspEndThread(Thread);
}

VOID PspBecomeUncounted(struct ntsim_thread *Thread)
{
    ntsim__faults_arm();
    PspBecome(Thread);
}

VOID PspLeaveUncounted(VOID)
{
    ntcb_thread_set_simulator(NULL);
    ntcb_kernel_enter(NULL);
}
