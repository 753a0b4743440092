/* SPDX-License-Identifier: MIT
 *
 * iowork.c - work items of the I/O manager.
 *
 * Each is a work item (workitem.c) whose routine calls the driver's. From the moment it is queued
 * until the driver's routine is back there is an entry of it in EXW_STATE.IoWork: first the item
 * itself, then, as its routine may free or queue it, a copy on the worker's stack. A driver is not
 * unloaded while there is one of its.
 *
 * Locks       EXW_STATE.Monitor protects the list and IO_WORKITEM.Queued.
 */
#include "ex/exw.h"
#include "mm/mmp.h"

#include <ntcallback/exception.h>

#include <string.h>

#define EXW_TAG_WORK 0x6B576F49u /* "IoWk"; also in a live item */

struct _IO_WORKITEM {
    WORK_QUEUE_ITEM Item;
    LIST_ENTRY Link; /* EXW_STATE.IoWork, while Queued */
    ULONG Magic;
    BOOLEAN Queued;
    BOOLEAN Orphan; /* was to be freed while it was queued: done when it leaves the queue */
    PVOID IoObject;
    PVOID Context;
    PIO_WORKITEM_ROUTINE Routine;
    PIO_WORKITEM_ROUTINE_EX RoutineEx;
};

static VOID ExwEnterWork(struct EXW_STATE *State)
{
    State->Host->monitor_enter(State->Host->context, State->Monitor);
}

static VOID ExwLeaveWork(struct EXW_STATE *State)
{
    State->Host->monitor_leave(State->Host->context, State->Monitor);
}

static const VOID *ExwRoutine(const struct _IO_WORKITEM *Work)
{
    return Work->Routine != NULL ? (const VOID *)(uintptr_t)Work->Routine
                                 : (const VOID *)(uintptr_t)Work->RoutineEx;
}

static VOID ExwReportIoWork(const char *Function, const struct _IO_WORKITEM *Work,
                            const VOID *Caller, const char *What, const char *Fix)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                        .rule = "IO-WORK",
                                        .bugcheck = WORKER_INVALID,
                                        .parameter = {0, (uintptr_t)Work},
                                        .address = Caller,
                                        .on_windows = "the queue leads into memory that is used "
                                                      "for something else",
                                        .fix = Fix},
                  "%s: work item %p %s", Function, (const VOID *)Work, What);
}

static BOOLEAN ExwCheckIoWork(const char *Function, const struct _IO_WORKITEM *Work,
                              const VOID *Caller)
{
    ntcb_require_kernel(Function);
    ntcb_check_irql(Function, DISPATCH_LEVEL, "DV-26", 0);
    if (Work != NULL && Work->Magic == EXW_TAG_WORK) {
        return TRUE;
    }
    ExwReportIoWork(Function, Work, Caller, "is none",
                    "use what IoAllocateWorkItem returned or IoInitializeWorkItem initialised");
    return FALSE;
}

/* ---- doing it ---- */

static VOID ExwCallIoWork(const struct _IO_WORKITEM *Work, PIO_WORKITEM Original)
{
    uint64_t Before = ntcb_environment();
    struct ntcb_seh_frame Guard;
    Guard.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&Guard)) != 0) {
        ntcb_exception_report("DV-15", ExwRoutine(Work), "an exception left a work item");
    } else {
        if (Work->Routine != NULL) {
            Work->Routine(Work->IoObject, Work->Context);
        } else {
            Work->RoutineEx(Work->IoObject, Work->Context, Original);
        }
        ntcb_seh_done(&Guard);
    }
    ntcb_environment_check(Before, ExwRoutine(Work), "a work item's routine");
}

static VOID NTAPI ExwRunIoWork(PVOID Parameter)
{
    struct EXW_STATE *State = ExwState();
    struct _IO_WORKITEM *Work = Parameter, Running;
    ExwEnterWork(State);
    Running = *Work;
    RemoveEntryList(&Work->Link);
    InsertTailList(&State->IoWork, &Running.Link);
    Work->Queued = FALSE;
    ExwLeaveWork(State);
    if (Running.Orphan) {
        MmpFreePool(Work, EXW_TAG_WORK, NULL);
    }
    ExwCallIoWork(&Running, Work);
    ExwEnterWork(State);
    RemoveEntryList(&Running.Link);
    State->Host->monitor_wake(State->Host->context, State->Monitor);
    ExwLeaveWork(State);
    ObfDereferenceObject(Running.IoObject);
}

static BOOLEAN ExwIsOf(const struct _IO_WORKITEM *Work, const VOID *Driver,
                       BOOLEAN (*Mine)(PVOID Context, const VOID *Routine), PVOID Context)
{
    return Driver == NULL || Work->IoObject == Driver ||
           ((const DEVICE_OBJECT *)Work->IoObject)->DriverObject == Driver ||
           (Mine != NULL && Mine(Context, ExwRoutine(Work)));
}

VOID ExwFinishIoWork(const VOID *Driver, BOOLEAN (*Mine)(PVOID Context, const VOID *Routine),
                     PVOID Context)
{
    struct EXW_STATE *State = ExwState();
    BOOLEAN Found;
    ExwEnterWork(State);
    do {
        Found = FALSE;
        for (PLIST_ENTRY Entry = State->IoWork.Flink; Entry != &State->IoWork && !Found;
             Entry = Entry->Flink) {
            Found =
                ExwIsOf(CONTAINING_RECORD(Entry, struct _IO_WORKITEM, Link), Driver, Mine, Context);
        }
        if (Found) {
            State->Host->monitor_wait(State->Host->context, State->Monitor, NTCB_FOREVER);
        }
    } while (Found);
    ExwLeaveWork(State);
}

/* ---- what drivers call ---- */

ULONG NTAPI IoSizeofWorkItem(VOID)
{
    return sizeof(struct _IO_WORKITEM);
}

VOID NTAPI IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem)
{
    ntcb_require_kernel(__func__);
    memset(IoWorkItem, 0, sizeof(*IoWorkItem));
    IoWorkItem->Magic = EXW_TAG_WORK;
    IoWorkItem->IoObject = IoObject;
}

PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject)
{
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-26", 0);
    PIO_WORKITEM Work = MmpAllocatePool(sizeof(*Work), EXW_TAG_WORK, __builtin_return_address(0));
    if (Work != NULL) {
        IoInitializeWorkItem(DeviceObject, Work);
    }
    return Work;
}

/* The item's end. FALSE: it is queued, and Orphan may still free it. */
static BOOLEAN ExwEndIoWork(const char *Function, PIO_WORKITEM Work, BOOLEAN Orphan,
                            const VOID *Caller)
{
    struct EXW_STATE *State = ExwState();
    ExwEnterWork(State);
    BOOLEAN Queued = Work->Queued;
    Work->Orphan = Queued && Orphan;
    Work->Magic = Queued ? Work->Magic : 0;
    ExwLeaveWork(State);
    if (Queued) {
        ExwReportIoWork(Function, Work, Caller, "is still queued",
                        "free it in its routine, or after that has come back");
    }
    return !Queued;
}

VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem)
{
    const VOID *Caller = __builtin_return_address(0);
    if (ExwCheckIoWork(__func__, IoWorkItem, Caller) &&
        ExwEndIoWork(__func__, IoWorkItem, TRUE, Caller)) {
        MmpFreePool(IoWorkItem, EXW_TAG_WORK, Caller);
    }
}

VOID NTAPI IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem)
{
    const VOID *Caller = __builtin_return_address(0);
    if (ExwCheckIoWork(__func__, IoWorkItem, Caller)) {
        ExwEndIoWork(__func__, IoWorkItem, FALSE, Caller);
    }
}

static VOID ExwQueueIoWork(const char *Function, PIO_WORKITEM Work,
                           const struct _IO_WORKITEM *Wanted, WORK_QUEUE_TYPE QueueType,
                           const VOID *Caller)
{
    struct EXW_STATE *State = ExwState();
    if (!ExwCheckIoWork(Function, Work, Caller)) {
        return;
    }
    ExwEnterWork(State);
    BOOLEAN Queued = Work->Queued;
    if (!Queued) {
        Work->Queued = TRUE;
        Work->Routine = Wanted->Routine;
        Work->RoutineEx = Wanted->RoutineEx;
        Work->Context = Wanted->Context;
        InsertTailList(&State->IoWork, &Work->Link);
    }
    ExwLeaveWork(State);
    if (Queued) {
        ExwReportIoWork(Function, Work, Caller, "is queued already: it is done once",
                        "queue it again only when its routine was called");
        return;
    }
    ObfReferenceObject(Work->IoObject);
    ExInitializeWorkItem(&Work->Item, ExwRunIoWork, Work);
    ExQueueWorkItem(&Work->Item, QueueType);
}

VOID NTAPI IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine,
                           WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    ExwQueueIoWork(__func__, IoWorkItem,
                   &(struct _IO_WORKITEM){.Routine = WorkerRoutine, .Context = Context}, QueueType,
                   __builtin_return_address(0));
}

VOID NTAPI IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                             WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    ExwQueueIoWork(__func__, IoWorkItem,
                   &(struct _IO_WORKITEM){.RoutineEx = WorkerRoutine, .Context = Context},
                   QueueType, __builtin_return_address(0));
}
