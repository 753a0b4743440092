/* SPDX-License-Identifier: MIT
 *
 * life.c - how processes and threads come and go, and who is told when, on which thread.
 *
 *     create   process routines, thread routines                     on the creator's thread
 *     resume   the other thread routines, the images                 on the new thread
 *     exit     thread routines, of each thread                       on that thread
 *              process routines; handles are closed, images unmapped on the last thread
 *
 * Evidence  ORD-01..08, PROC-20..25, -44, THR-07..09. A process made without a thread is told of
 *           with its first thread (ORD-05), and not at all if it never gets one (ORD-06).
 */
#include "io/iop.h"
#include "mm/mmp.h"
#include "ps/psp_state.h"

/* ---- creation -------------------------------------------------------------------------------- */

/* As the new thread, before its first instruction; the images are those of a process's first. */
static VOID PspStartThread(struct ntsim_thread *Thread, const char *const *Images)
{
    struct ntsim_thread *Previous = ntsim_thread_enter(Thread);

    Thread->Started = TRUE;
    PspTellThreadStart(Thread);
    for (; Images != NULL && *Images != NULL; Images++) {
        const struct ntsim_image_options Options = {.path = *Images, .process = Thread->Process};

        (void)ntsim_image_load(Thread->Process->Sim, &Options, NULL);
    }
    ntsim_thread_leave(Previous);
}

/* What is wrong with the options, or NULL. */
static const char *PspBadOptions(const struct ntsim_process_options *Options)
{
    if (Options == NULL ||
        ((Options->image_path == NULL || Options->image_path[0] == '\0') && !Options->subsystem)) {
        return "image_path is required: \"C:\\\\Windows\\\\notepad.exe\"";
    }
    if (Options->pid % 4 != 0) {
        return "pid must be a multiple of 4; 0 takes the next free one";
    }
    if (Options->no_thread && (Options->suspended || Options->images != NULL)) {
        return "a process without a thread cannot be suspended and loads no images";
    }
    return NULL;
}

/* Take back a process that nobody but its creator knows. */
static VOID PspForgetProcess(struct ntsim_process *Process, struct ntsim_thread *Thread)
{
    if (Thread != NULL) {
        PspUnlinkThread(Thread);
        Thread->Exited = TRUE;
        ObpDereference(Thread, NULL);
    }
    Process->Exited = TRUE;
    PspUnlinkProcess(Process);
    ObpDereference(Process, NULL);
}

/* The creator's handle to its child. */
static NTSTATUS PspGiveChild(PVOID Child, HANDLE *Handle)
{
    NTSTATUS Status;

    if (Handle == NULL) {
        return STATUS_SUCCESS;
    }
    *Handle = NULL;
    ObpReference(Child, NULL);
    Status = ObpInsertHandle(Child, ObpMapAccess(ObpTypeOf(Child), GENERIC_ALL), 0, Handle);
    if (!NT_SUCCESS(Status)) {
        ObpDereference(Child, NULL);
    }
    return Status;
}

static int PspCreateFirstThread(struct ntsim_process *Process,
                                const struct ntsim_process_options *Options, NTSTATUS *Status)
{
    struct ntsim_thread *Thread = PspCreateThread(Process, Options->tid);
    int Error;

    if (Thread == NULL) {
        PspForgetProcess(Process, NULL);
        return Options->tid != 0 ? NTCB_EINVAL : NTCB_ENOMEM;
    }
    Error = PspTellThread(Thread, Status);
    if (Error != NTCB_OK) {
        PspForgetProcess(Process, Thread); /* PROC-44 */
        return Error;
    }
    *Status = PspGiveChild(Process, Options->process_handle);
    if (NT_SUCCESS(*Status)) {
        *Status = PspGiveChild(Thread, Options->thread_handle);
    }
    if (!NT_SUCCESS(*Status)) {
        ntsim_process_exit(Process, *Status);
        return NTCB_ENOMEM;
    }
    if (!Options->suspended) {
        PspStartThread(Thread, Options->images);
    }
    return NTCB_OK;
}

static int PspCreateProcess(struct ntsim *Sim, const struct ntsim_process_options *Options,
                            struct ntsim_process **Out, NTSTATUS *Status)
{
    int Error = PspMakeProcess(Sim, Options, Out);

    if (Error != NTCB_OK || !Options->no_thread) {
        return Error != NTCB_OK ? Error : PspCreateFirstThread(*Out, Options, Status);
    }
    *Status = PspGiveChild(*Out, Options->process_handle);
    if (!NT_SUCCESS(*Status)) {
        PspForgetProcess(*Out, NULL);
        return NTCB_ENOMEM;
    }
    return NTCB_OK;
}

int ntsim_process_create(struct ntsim *sim, const struct ntsim_process_options *options,
                         struct ntsim_process **out)
{
    const char *wrong = PspBadOptions(options);
    struct ntsim_thread *previous;
    NTSTATUS status = STATUS_SUCCESS;
    int error;

    *out = NULL;
    if (wrong != NULL) {
        return ntsim__fail(sim, NTCB_EINVAL, "ntsim_process_create: %s", wrong);
    }
    previous = PspEnterCreator(sim, options->creator);
    error = PspCreateProcess(sim, options, out, &status);
    PspLeaveCreator(previous);
    if (options->status != NULL) {
        *options->status = status;
    }
    if (error == NTCB_OK) {
        return NTCB_OK;
    }
    *out = NULL;
    if (error == NTCB_EINVAL) {
        return ntsim__fail(sim, error,
                           "ntsim_process_create: pid %u or tid %u belongs to a live process",
                           options->pid, options->tid);
    }
    return error == NTCB_ESTATUS
               ? ntsim__fail(sim, error, "ntsim_process_create: vetoed with status 0x%08X",
                             (unsigned)status)
               : ntsim__fail(sim, error, "ntsim_process_create: out of memory");
}

void ntsim_process_resume(struct ntsim_process *process, const char *const *images)
{
    struct ntsim_thread *previous = PspEnterCreator(process->Sim, NULL);
    struct ntsim_thread *thread = ntsim_process_thread(process);

    if (thread != NULL && !thread->Started) {
        PspStartThread(thread, images);
    }
    PspLeaveCreator(previous);
}

struct ntsim_thread *ntsim_thread_create(struct ntsim_process *process, uint32_t tid)
{
    struct ntsim_thread *previous = PspEnterCreator(process->Sim, NULL);
    struct ntsim_thread *thread = process->Exited ? NULL : PspCreateThread(process, tid);
    NTSTATUS veto;

    if (thread != NULL && PspTellThread(thread, &veto) != NTCB_OK) {
        PspForgetProcess(process, thread); /* ORD-05: the first thread, and a veto */
        thread = NULL;
    }
    if (thread != NULL) {
        PspStartThread(thread, NULL);
    }
    PspLeaveCreator(previous);
    return thread;
}

/* ---- exit ------------------------------------------------------------------------------------ */

/* On the last thread, Thread, or on any thread when there never was one (NULL). */
static VOID PspRunDown(struct ntsim_process *Process, struct ntsim_thread *Thread)
{
    struct ntsim_process *Attached = PspAttach(Process);

    if (!Process->Untold || PspHasSwitch(NTCB_SWITCH_THREADLESS_NOTICE)) {
        PspTellProcessExit(Process); /* PROC-22, ORD-06 */
    }
    if (Thread != NULL) {
        IopCancelThreadIo(Thread);
    }
    ObpCloseProcessHandles(Process);
    PspDetach(Attached);
    ExWaitForRundownProtectionRelease(&Process->Memory);
    MmpFreeProcessImages(Process);
    MmpFreeUserMemory(Process);
}

static BOOLEAN PspIsLast(struct ntsim_thread *Thread)
{
    struct PSP_STATE *State = PspState();
    BOOLEAN Last;

    ntsim__lock(State->Lock);
    Last = Thread->Process->Threads.Flink == &Thread->Link &&
           Thread->Process->Threads.Blink == &Thread->Link;
    ntsim__unlock(State->Lock);
    return Last;
}

/* Thread leaves; if it is the last, so does the process. The caller is another thread, or this one
 * and about to be somebody else. */
static VOID PspLeaveLife(struct ntsim_thread *Thread)
{
    struct ntsim_process *Process = Thread->Process;
    BOOLEAN Last = PspIsLast(Thread) && Process != PspState()->System;
    struct ntsim_thread *Previous = ntsim_thread_enter(Thread);

    PspTellThreadExit(Thread);
    if (Last) {
        Process->Exited = TRUE;
        PspRunDown(Process, Thread);
        PspUnlinkProcess(Process);
    } else {
        IopCancelThreadIo(Thread);
    }
    ntsim_thread_leave(Previous);
    PspEndThread(Thread);
    if (Last) {
        ObpDereference(Process, NULL); /* for being alive */
    }
}

void ntsim_thread_exit(struct ntsim_thread *thread)
{
    struct ntsim_thread *previous;

    if (thread == NULL || thread->Exited) {
        return;
    }
    if (ntcb_kernel_current() != NULL && ntcb_thread_simulator() == thread) {
        ntsim__fatal("ntsim_thread_exit: the calling host thread is that thread: leave it first "
                     "(ntsim_thread_leave)");
    }
    previous = ntsim_enter(thread->Process->Sim);
    PspLeaveLife(thread);
    ntsim_leave(previous);
}

void ntsim_process_exit(struct ntsim_process *process, NTSTATUS exit_status)
{
    struct ntsim_thread *previous, *thread;
    bool of_process;

    if (process == NULL || process->Exited) {
        return;
    }
    previous = ntsim_enter(process->Sim);
    of_process = previous != NULL && previous->Process == process;
    process->ExitStatus = exit_status;
    ObpReference(process, NULL);
    while ((thread = ntsim_process_thread(process)) != NULL) {
        PspLeaveLife(thread);
    }
    if (!process->Exited) { /* it never had a thread */
        process->Exited = TRUE;
        PspRunDown(process, NULL);
        PspUnlinkProcess(process);
        ObpDereference(process, NULL);
    }
    ObpDereference(process, NULL); /* this function's */
    if (!of_process) {
        ntsim_leave(previous);
    } /* else the caller's thread is gone, and it goes on as the system thread made above */
}
