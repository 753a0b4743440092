/* SPDX-License-Identifier: MIT
 *
 * cancelall.c - requests that are cancelled by the file, the thread or the caller they are of, and
 * waiting for the end of them.
 */
#include "io/iop_state.h"
#include "io/request.h"
#include "mm/mmp.h"
#include "ps/psp.h"

/* How long a thread that ends waits for its requests when no watchdog is set. */
#define IOP_PATIENCE_MS 30000u

static VOID IopEnter(const struct IOP_STATE *State)
{
    State->Host->monitor_enter(State->Host->context, State->Monitor);
}

static VOID IopLeave(const struct IOP_STATE *State)
{
    State->Host->monitor_leave(State->Host->context, State->Monitor);
}

static BOOLEAN IopIsWanted(const struct IOP_REQUEST *Request, const struct IOP_WHICH *Which)
{
    return Request->Whole && (Which->File == NULL || Request->File == Which->File) &&
           (Which->Thread == NULL || Request->Thread == Which->Thread) &&
           (Which->Process == NULL || Request->Process == Which->Process) &&
           (Which->IoStatusBlock == NULL || Request->Answer.IoStatusBlock == Which->IoStatusBlock);
}

/* One that is neither done nor cancelled yet, referenced; NULL: there is none. */
static struct IOP_REQUEST *IopNextToCancel(const struct IOP_WHICH *Which)
{
    struct IOP_STATE *State = IopState();
    struct IOP_REQUEST *Request, *Next, *Found = NULL;
    IopEnter(State);
    HASH_ITER (hh, State->Requests, Request, Next) {
        if (Found == NULL && !Request->Done && !Request->Cancelled && IopIsWanted(Request, Which)) {
            Request->Cancelled = TRUE;
            Request->References++;
            Found = Request;
        }
    }
    IopLeave(State);
    return Found;
}

ULONG IopCancelRequests(const struct IOP_WHICH *Which)
{
    struct IOP_REQUEST *Request;
    ULONG Count = 0;
    while ((Request = IopNextToCancel(Which)) != NULL) {
        IoCancelIrp(Request->Irp);
        IopDropRequest(Request);
        Count++;
    }
    return Count;
}

/* ---- a thread ends ---- */

/* One of the thread's that is still on its way, but for those whose dispatch routine is what ends
 * the thread. Inside the monitor. */
static struct IOP_REQUEST *IopLeftOf(const struct IOP_STATE *State,
                                     const struct ntsim_thread *Thread)
{
    struct IOP_REQUEST *Request, *Next;
    HASH_ITER (hh, State->Requests, Request, Next) {
        if (Request->Thread == Thread && Request->Whole && Request->Returned &&
            !Request->Forsaken) {
            return Request;
        }
    }
    return NULL;
}

/* Nobody waits for it any more. The address of the driver's routine that has it. */
static const VOID *IopForsake(struct IOP_REQUEST *Request)
{
    const IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Request->Irp);
    Request->Forsaken = TRUE;
    return (const VOID *)(uintptr_t)Request->Driver->MajorFunction[Stack->MajorFunction];
}

VOID IopCancelThreadIo(struct ntsim_thread *Thread)
{
    struct IOP_STATE *State = IopState();
    struct IOP_REQUEST *Request;
    if (atomic_load(&((PKTHREAD)(PVOID)Thread)->Requests) == 0) {
        return;
    }
    IopCancelRequests(&(struct IOP_WHICH){.Thread = Thread});
    const struct ntcb_host_ops *Host = State->Host;
    uint32_t Patience = ntcb_kernel_config(ntcb_kernel_current())->watchdog_ms;
    uint64_t Limit = (Patience != 0 ? Patience : IOP_PATIENCE_MS) * 1000000ull;
    uint64_t Start = Host->clock_ns(Host->context);
    IopEnter(State);
    while ((Request = IopLeftOf(State, Thread)) != NULL) {
        uint64_t Past = Host->clock_ns(Host->context) - Start;
        if (Past < Limit) {
            (void)Host->monitor_wait(Host->context, State->Monitor, Limit - Past);
        } else if (!Request->Done) {
            const IRP *Irp = Request->Irp;
            const VOID *Routine = IopForsake(Request);
            IopLeave(State);
            IopReportIrp(NTCB_VIOLATION, 0, (ULONG_PTR)Irp, Routine,
                         "a thread has ended, and its request was cancelled but not completed",
                         "the thread, and with it its process, stays for five minutes, and the "
                         "driver cannot be unloaded",
                         "set a cancel routine for every request that is kept pending, and "
                         "complete the request in it");
            IopEnter(State);
        } else {
            (void)Host->monitor_wait(Host->context, State->Monitor, NTCB_FOREVER);
        }
    }
    IopLeave(State);
}

/* ---- a driver goes ---- */

VOID IopSettleRequests(const DRIVER_OBJECT *Driver)
{
    struct IOP_STATE *State = IopState();
    struct IOP_REQUEST *Request, *Next;
    BOOLEAN Ending;
    IopEnter(State);
    do {
        Ending = FALSE;
        HASH_ITER (hh, State->Requests, Request, Next) {
            Ending |= Request->Driver == Driver && Request->Done && Request->Whole;
        }
        if (Ending) {
            (void)State->Host->monitor_wait(State->Host->context, State->Monitor, NTCB_FOREVER);
        }
    } while (Ending);
    IopLeave(State);
}

/* ---- services ---- */

/* The file, the status block of the answer probed. */
static NTSTATUS IopBeginCancel(HANDLE FileHandle, KPROCESSOR_MODE Mode,
                               PIO_STATUS_BLOCK IoStatusBlock, PVOID *Object)
{
    NTSTATUS Status = MmpProbe(Mode, IoStatusBlock, sizeof(*IoStatusBlock), TRUE);
    return NT_SUCCESS(Status)
               ? ObReferenceObjectByHandle(FileHandle, 0, *IoFileObjectType, Mode, Object, NULL)
               : Status;
}

NTSTATUS NTAPI NtCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PVOID File;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = IopBeginCancel(FileHandle, Mode, IoStatusBlock, &File);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    IopCancelRequests(&(struct IOP_WHICH){.File = File, .Thread = PspCurrentThread()});
    ObpDereference(File, NULL);
    return IopComplete(Mode, IoStatusBlock, STATUS_SUCCESS, 0);
}

NTSTATUS NTAPI NtCancelIoFileEx(HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel,
                                PIO_STATUS_BLOCK IoStatusBlock)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PVOID File;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = IopBeginCancel(FileHandle, Mode, IoStatusBlock, &File);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ULONG Count = IopCancelRequests(&(struct IOP_WHICH){
        .File = File, .Process = PspCurrentProcess(), .IoStatusBlock = IoRequestToCancel});
    ObpDereference(File, NULL);
    Status = Count != 0 ? STATUS_SUCCESS : STATUS_NOT_FOUND;
    NTSTATUS Written = IopComplete(Mode, IoStatusBlock, Status, 0);
    return NT_SUCCESS(Status) ? Written : Status;
}
