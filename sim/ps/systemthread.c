/* SPDX-License-Identifier: MIT
 *
 * systemthread.c - threads that drivers start: each is a host thread of its own.
 *
 * Locks   PSP_STATE.Lock protects the list of them. A body is freed by whoever takes it off the
 *         list, after joining its host thread: until then driver code may be on that thread's
 *         stack.
 */
#include "io/iop.h"
#include "ps/psp_state.h"
#include "ps/zw.h"

#include <ntcallback/exception.h>

#include <setjmp.h>

#define PSP_TERMINATED 2 /* what setjmp returns besides 0 and, after an exception, 1 */

struct PSP_SYSTEM_THREAD {
    LIST_ENTRY Link;             /* PSP_STATE.SystemThreads */
    struct ntsim_thread *Thread; /* referenced */
    struct ntsim__host_thread *Host;
    PKSTART_ROUTINE Routine;
    PVOID Context;
    struct ntcb_seh_frame Guard;
};

static const VOID *PspRoutineOf(const struct PSP_SYSTEM_THREAD *Body)
{
    return (const VOID *)(uintptr_t)Body->Routine;
}

/* ---- on the thread itself ---- */

static VOID PspCallStart(struct PSP_SYSTEM_THREAD *Body)
{
    Body->Guard.kind = NTCB_SEH_GUARD;
    switch (ntcb_seh_setjmp(ntcb_seh_open(&Body->Guard))) {
    case 0:
        Body->Routine(Body->Context);
        ntcb_seh_done(&Body->Guard);
        break;
    case PSP_TERMINATED:
        break;
    default:
        ntcb_exception_report("DV-15", PspRoutineOf(Body), "an exception left a system thread");
        break;
    }
}

static VOID PspReportMutex(const struct PSP_SYSTEM_THREAD *Body)
{
    ntcb_report_deliver(
        &(struct ntcb_report){.severity = NTCB_BUGCHECK,
                              .rule = "KE-OBJECT",
                              .bugcheck = THREAD_TERMINATE_HELD_MUTEX,
                              .parameter = {(uintptr_t)Body->Thread},
                              .what = "a system thread ended that owns a mutex",
                              .address = PspRoutineOf(Body),
                              .fix = "call KeReleaseMutex as often as the mutex was acquired"});
}

/* DV-19: a thread ends at PASSIVE_LEVEL, in no region. */
static VOID PspCheckEnd(const struct PSP_SYSTEM_THREAD *Body)
{
    KIRQL Irql = KeGetCurrentIrql();
    if (Irql == PASSIVE_LEVEL && !KeAreApcsDisabled()) {
        return;
    }
    ntcb_report_f(
        &(struct ntcb_report){.severity = NTCB_BUGCHECK,
                              .rule = "DV-19",
                              .bugcheck = KERNEL_APC_PENDING_DURING_EXIT,
                              .parameter = {0, KeAreApcsDisabled(), Irql},
                              .address = PspRoutineOf(Body),
                              .fix = "leave every region, release every mutex and lower the IRQL "
                                     "before the thread ends"},
        "a system thread ended at IRQL %u%s", Irql, Irql < APC_LEVEL ? ", with APCs disabled" : "");
    KeLowerIrql(PASSIVE_LEVEL);
    while (KeAreApcsDisabled()) {
        if (KeAreAllApcsDisabled()) {
            KeLeaveGuardedRegion();
        } else {
            KeLeaveCriticalRegion();
        }
    }
}

static void PspRunSystemThread(void *Argument)
{
    struct PSP_SYSTEM_THREAD *Body = Argument;
    struct ntsim_thread *Thread = Body->Thread;
    PspBecomeUncounted(Thread);
    Thread->Started = TRUE;
    PspTellThreadStart(Thread);
    PspCallStart(Body);
    if (KipOwnsMutex(&Thread->Tcb)) {
        PspReportMutex(Body);
    }
    PspCheckEnd(Body);
    PspTellThreadExit(Thread);
    IopCancelThreadIo(Thread);
    ntcb_thread_set_simulator(NULL);
    PspEndThread(Thread);
    ntcb_kernel_enter(NULL);
}

NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS ExitStatus)
{
    struct ntsim_thread *Thread = PspCurrentThread();
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-01", 0x0002001C);
    if (Thread->Body == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    Thread->ExitStatus = ExitStatus;
    ntcb_seh_done(&Thread->Body->Guard); /* and all that was opened inside it */
    longjmp((void *)Thread->Body->Guard.buffer, PSP_TERMINATED);
}

/* ---- starting one ---- */

/* Those that have ended are given back. All, or those whose routine Mine accepts: also the others,
 * which are waited for. Returns how many those were. */
static ULONG PspReap(BOOLEAN Wait, BOOLEAN (*Mine)(PVOID, const VOID *), PVOID Context)
{
    struct PSP_STATE *State = PspState();
    LIST_ENTRY Taken;
    ULONG Running = 0;
    InitializeListHead(&Taken);
    ntsim__lock(State->Lock);
    for (PLIST_ENTRY Entry = State->SystemThreads.Flink; Entry != &State->SystemThreads;) {
        struct PSP_SYSTEM_THREAD *Body = CONTAINING_RECORD(Entry, struct PSP_SYSTEM_THREAD, Link);
        Entry = Entry->Flink;
        BOOLEAN Ended = KipReadState(&Body->Thread->Tcb.Header) != 0;
        if ((Ended || Wait) && (Mine == NULL || Mine(Context, PspRoutineOf(Body)))) {
            RemoveEntryList(&Body->Link);
            InsertTailList(&Taken, &Body->Link);
            Running += Ended ? 0 : 1;
        }
    }
    ntsim__unlock(State->Lock);
    while (!IsListEmpty(&Taken)) {
        struct PSP_SYSTEM_THREAD *Body =
            CONTAINING_RECORD(RemoveHeadList(&Taken), struct PSP_SYSTEM_THREAD, Link);
        ntsim__host_thread_join(Body->Thread->Process->Sim, Body->Host);
        ObpDereference(Body->Thread, NULL);
        ntsim__release(Body);
    }
    return Running;
}

ULONG PspFinishSystemThreads(BOOLEAN (*Mine)(PVOID Context, const VOID *Routine), PVOID Context)
{
    return PspState()->SystemThreads.Flink != NULL ? PspReap(TRUE, Mine, Context) : 0;
}

VOID PspEndSystemThreads(VOID)
{
    ULONG Running = PspFinishSystemThreads(NULL, NULL);
    if (Running != 0) {
        ntcb_report_f(
            &(struct ntcb_report){
                .severity = NTCB_BUGCHECK,
                .rule = "DV-20",
                .bugcheck = DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS,
                .on_windows = "the thread runs on in the unloaded driver: this bug check",
                .fix = "let DriverUnload tell each thread to end, and wait for its object"},
            "%u system thread(s) still ran when all drivers were gone", Running);
    }
}

/* The thread runs as soon as this returns SUCCESS. */
static NTSTATUS PspLaunch(struct ntsim_thread *Thread, struct PSP_SYSTEM_THREAD *Body)
{
    struct PSP_STATE *State = PspState();
    NTSTATUS Veto;
    (void)PspTellThread(Thread, &Veto); /* nobody refuses a thread, and System is known */
    ntsim__lock(State->Lock);           /* nobody looks for it before Host is there */
    InsertTailList(&State->SystemThreads, &Body->Link);
    Body->Host = ntsim__host_thread_start(Thread->Process->Sim, PspRunSystemThread, Body);
    if (Body->Host == NULL) {
        RemoveEntryList(&Body->Link);
    }
    ntsim__unlock(State->Lock);
    return Body->Host != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS NTAPI PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                                    PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine,
                                    PVOID StartContext)
{
    ULONG Attributes = ObjectAttributes != NULL ? ObjectAttributes->Attributes : 0;
    HANDLE Handle = NULL;
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-01", 0x0002001C);
    if (ProcessHandle != NULL) {
        return STATUS_NOT_IMPLEMENTED;
    }
    PspReap(FALSE, NULL, NULL);
    struct PSP_SYSTEM_THREAD *Body = ntsim__allocate(sizeof(*Body));
    struct ntsim_thread *Thread = Body != NULL ? PspCreateSystemThread() : NULL;
    if (Thread == NULL) {
        ntsim__release(Body);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Body = (struct PSP_SYSTEM_THREAD){
        .Thread = Thread, .Routine = StartRoutine, .Context = StartContext};
    Thread->Body = Body;
    Thread->Start = PspRoutineOf(Body);
    ObpReference(Thread, NULL); /* Body's */
    ObpReference(Thread, NULL); /* the handle's */
    const void *Before = PspActFor(__builtin_return_address(0));
    NTSTATUS Status =
        ObpInsertHandle(Thread, ObpMapAccess(*PsThreadType, DesiredAccess), Attributes, &Handle);
    (void)PspActFor(Before);
    if (!NT_SUCCESS(Status)) {
        ObpDereference(Thread, NULL);
    } else {
        *ThreadHandle = Handle;
        if (ClientId != NULL) {
            ClientId->UniqueProcess = (HANDLE)(ULONG_PTR)PSP_SYSTEM_PROCESS_ID;
            ClientId->UniqueThread = (HANDLE)(ULONG_PTR)Thread->Id;
        }
        Status = PspLaunch(Thread, Body);
    }
    if (!NT_SUCCESS(Status)) {
        if (Handle != NULL) {
            ObCloseHandle(Handle, KernelMode);
        }
        *ThreadHandle = NULL;
        PspEndThread(Thread);
        ObpDereference(Thread, NULL);
        ntsim__release(Body);
    }
    return Status;
}
