/* SPDX-License-Identifier: MIT
 *
 * process.c - process objects: made, found, freed. Their lives are in life.c.
 *
 * A process object is referenced once for being alive, by each of its threads, and by whoever looks
 * it up. It leaves the id table when it exits; the object lives on until its last reference goes.
 */
#include "ps/psp_state.h"
#include "mm/mmp.h"

#include <stdio.h>
#include <string.h>

struct SEP_TOKEN *PspToken(struct ntsim_process *Process)
{
    return atomic_load_explicit(&Process->Token, memory_order_acquire);
}

VOID PspSetToken(struct ntsim_process *Process, struct SEP_TOKEN *Token)
{
    Token->Earlier = PspToken(Process);
    if (Process == PspState()->System) {
        ObpMakePermanent(Token);
    }
    while (!atomic_compare_exchange_weak(&Process->Token, &Token->Earlier, Token)) {
    }
}

struct ntcb_kernel *PspKernel(const struct ntsim_process *Process)
{
    return ntsim_kernel(Process->Sim);
}

static VOID PspDeleteProcess(PVOID Object)
{
    struct ntsim_process *Process = Object;

    ntsim__release(Process->ImagePath.Buffer);
    ntsim__release(Process->CommandLine.Buffer);
    ObpFreeTable(&Process->Handles);
    if (PspToken(Process) != NULL) {
        ObpDereference(PspToken(Process), NULL);
    }
}

static VOID PspDescribeProcess(PVOID Object, char *Buffer, SIZE_T Bytes)
{
    struct ntsim_process *Process = Object;

    snprintf(Buffer, Bytes, "pid %u, %s", Process->Id, Process->ImageName);
}

static const struct OBP_TYPE PspProcessType = {
    .Name = "Process",
    .GenericMapping = {0x20410, 0x20BEB, 0x121001, PROCESS_ALL_ACCESS},
    .ValidAccess = PROCESS_ALL_ACCESS,
    .HasCallbacks = TRUE,
    .Retained = 0x101000, /* */
    .Delete = PspDeleteProcess,
    .Describe = PspDescribeProcess,
    .Waitable = TRUE,
};

/* Descriptors are constant and shared by all kernels; drivers get at them by a pointer to a
 * pointer. */
static POBJECT_TYPE const PspProcessTypePointer = (POBJECT_TYPE)&PspProcessType;
POBJECT_TYPE *PsProcessType = (POBJECT_TYPE *)&PspProcessTypePointer;

struct OBP_HANDLE_TABLE *PspHandleTable(struct ntsim_process *Process)
{
    return &Process->Handles;
}

BOOLEAN PspHoldMemory(struct ntsim_process *Process)
{
    return ExAcquireRundownProtection(&Process->Memory);
}

VOID PspReleaseMemory(struct ntsim_process *Process)
{
    ExReleaseRundownProtection(&Process->Memory);
}

PLIST_ENTRY PspImageList(struct ntsim_process *Process)
{
    return &Process->Images;
}

BOOLEAN PspIsWow64(struct ntsim_process *Process)
{
    return Process->Wow64;
}

uint32_t PspNewId(struct PSP_STATE *State)
{
    struct ntsim_process *Process;
    struct ntsim_thread *Thread;
    uint32_t Id;

    do {
        Id = State->NextId;
        State->NextId += 4;
        HASH_FIND(hh, State->Processes, &Id, sizeof(Id), Process);
        HASH_FIND(hh, State->Threads, &Id, sizeof(Id), Thread);
    } while (Id == 0 || Process != NULL || Thread != NULL);
    return Id;
}

/* The last component of the path, at most 15 bytes, as EPROCESS.ImageFileName has it. */
static VOID PspSetImageName(struct ntsim_process *Process, const char *Path)
{
    const char *Last = Path;
    const char *At;

    for (At = Path; *At != '\0'; At++) {
        if (*At == '\\' || *At == '/') {
            Last = At + 1;
        }
    }
    strncpy(Process->ImageName, Last, PSP_IMAGE_NAME_MAX);
}

/* Give the process its id and make it findable. */
static int PspInsertProcess(struct PSP_STATE *State, struct ntsim_process *Process, uint32_t Id)
{
    struct ntsim_process *Other = NULL;
    int Error = NTCB_OK;

    ntsim__lock(State->Lock);
    if (Id != 0) {
        HASH_FIND(hh, State->Processes, &Id, sizeof(Id), Other);
    }
    if (Other != NULL) {
        Error = NTCB_EINVAL;
    } else {
        Process->Id = Id != 0 ? Id : PspNewId(State);
        Process->Sequence = ++State->Sequence;
        HASH_ADD(hh, State->Processes, Id, sizeof(Process->Id), Process);
        Error = Process->hh.tbl == NULL ? NTCB_ENOMEM : NTCB_OK;
    }
    ntsim__unlock(State->Lock);
    return Error;
}

VOID PspUnlinkProcess(struct ntsim_process *Process)
{
    struct PSP_STATE *State = PspState();

    ntsim__lock(State->Lock);
    HASH_DEL(State->Processes, Process);
    ntsim__unlock(State->Lock);
    KipSetState(&Process->Pcb, 1);
}

int PspMakeProcess(struct ntsim *Sim, const struct ntsim_process_options *Options,
                   struct ntsim_process **Out)
{
    struct PSP_STATE *State = PspState();
    struct ntsim_process *Process;
    struct SEP_TOKEN *Token;
    PVOID Object;
    int Error;

    /* Before the process: of a leaked process, the process is what is reported. */
    if (!NT_SUCCESS(SepCreateToken(
            Options->pid == PSP_SYSTEM_PROCESS_ID ? NTSIM_SYSTEM : NTSIM_ADMINISTRATOR, &Token))) {
        return NTCB_ENOMEM;
    }
    if (!NT_SUCCESS(ObpCreateObject(*PsProcessType, sizeof(*Process), &Object))) {
        ObpDereference(Token, NULL);
        return NTCB_ENOMEM;
    }
    Process = Object;
    KipInitializeObject(&Process->Pcb, KipProcess, sizeof(Process->Pcb), 0);
    PspSetToken(Process, Token);
    Process->Sim = Sim;
    Process->ParentId = Options->parent != NULL ? Options->parent->Id : PSP_SYSTEM_PROCESS_ID;
    Process->Wow64 = Options->wow64;
    ExInitializeRundownProtection(&Process->Memory);
    Process->Subsystem = Options->subsystem;
    Process->NameUnavailable = Options->name_unavailable;
    Process->Untold = TRUE;
    Process->ExitStatus = STATUS_PENDING;
    KeQuerySystemTime(&Process->CreateTime);
    InitializeListHead(&Process->Threads);
    InitializeListHead(&Process->Images);
    PspSetImageName(Process, Options->image_path != NULL ? Options->image_path : "");
    if ((Options->image_path != NULL && !ntsim__utf16(Options->image_path, &Process->ImagePath)) ||
        (Options->command_line != NULL &&
         !ntsim__utf16(Options->command_line, &Process->CommandLine))) {
        ObpDereference(Object, NULL);
        return NTCB_ENOMEM;
    }
    Error = PspInsertProcess(State, Process, Options->pid);
    if (Error != NTCB_OK) {
        ObpDereference(Object, NULL);
        return Error;
    }
    *Out = Process;
    return NTCB_OK;
}

struct ntsim *PspSimulatorOf(const struct ntsim_process *Process)
{
    return Process->Sim;
}

struct ntsim_process *ntsim_process_find(struct ntsim *sim, uint32_t pid)
{
    struct PSP_STATE *state = ntsim__ps(sim);
    struct ntsim_process *process;

    ntsim__lock(state->Lock);
    HASH_FIND(hh, state->Processes, &pid, sizeof(pid), process);
    ntsim__unlock(state->Lock);
    return process;
}

struct ntsim_process *ntsim_system_process(struct ntsim *sim)
{
    return ntsim__ps(sim)->System;
}

uint32_t ntsim_process_id(const struct ntsim_process *process)
{
    return process->Id;
}

void ntsim_process_set_data(struct ntsim_process *process, void *data)
{
    process->Data = data;
}

void *ntsim_process_data(const struct ntsim_process *process)
{
    return process->Data;
}

/* A thread of System that is not the caller and that somebody made and left behind, or NULL. */
static struct ntsim_thread *PspOtherSystemThread(struct PSP_STATE *State)
{
    struct ntsim_thread *Found = NULL;
    PLIST_ENTRY Entry;

    ntsim__lock(State->Lock);
    for (Entry = State->System->Threads.Flink; Entry != &State->System->Threads && Found == NULL;
         Entry = Entry->Flink) {
        struct ntsim_thread *Thread = CONTAINING_RECORD(Entry, struct ntsim_thread, Link);

        Found = Thread == PspCurrentThread() || Thread->HostCount != 0 ? NULL : Thread;
    }
    ntsim__unlock(State->Lock);
    return Found;
}

VOID PspExitAll(struct PSP_STATE *State)
{
    struct ntsim_process *Process, *Next;
    struct ntsim_thread *Thread;

    HASH_ITER (hh, State->Processes, Process, Next) {
        if (Process != State->System) {
            ntsim_process_exit(Process, STATUS_SUCCESS);
        }
    }
    while ((Thread = PspOtherSystemThread(State)) != NULL) {
        ntsim_thread_exit(Thread);
    }
}

/* The System process, its first thread, and the calling host thread as that thread. */
NTSTATUS PspInitialize(struct PSP_STATE *State)
{
    const struct ntsim_process_options Options = {.image_path = "System",
                                                  .pid = PSP_SYSTEM_PROCESS_ID};
    struct ntsim_thread *Thread;

    State->NextId = PSP_SYSTEM_PROCESS_ID + 4;
    InitializeListHead(&State->SystemThreads);
    State->Lock = ntsim__lock_create(ntsim_current());
    if (State->Lock == NULL ||
        PspMakeProcess(ntsim_current(), &Options, &State->System) != NTCB_OK) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    State->System->ParentId = 0;
    ntcb_set_detach(ntsim_kernel(ntsim_current()), PspDetachTo);
    State->System->Untold = FALSE; /* it was there before anybody could hear */
    ObpMakePermanent(State->System);
    ObpMakePermanent(PspToken(State->System));
    Thread = PspCreateThread(State->System, 0);
    if (Thread == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObpMakePermanent(Thread);
    PspBecome(Thread);
    return STATUS_SUCCESS;
}

VOID PspTeardown(struct PSP_STATE *State)
{
    struct ntsim_thread *Thread, *Next;

    if (State->Lock == NULL) {
        return;
    }
    HASH_ITER (hh, State->Threads, Thread, Next) {
        PspUnlinkThread(Thread);
        ObpDereference(Thread, NULL);
    }
    if (State->System != NULL) {
        HASH_DEL(State->Processes, State->System);
        ObpDereference(State->System, NULL);
    }
    ntcb_thread_set_simulator(NULL);
    ntsim__lock_destroy(ntsim_current(), State->Lock);
}
