/* SPDX-License-Identifier: MIT
 *
 * exw.h - work items and the threads that do them; event objects.
 *
 * Work is done in the order in which it was queued, each item by the next worker thread that is
 * free. A worker is made whenever an item finds none free, up to a limit, and lives until the
 * simulator ends. It is a thread of the System process that no ntsim_enter has made: it does not
 * count as bound.
 *
 * Locks       State->Monitor protects all of it; a leaf. No work is done inside it.
 * Invariants
 *   K1  An item is in the queue, or a worker's Routine is what it asked for, or it is done. The
 *       item's memory is not touched once it has left the queue: its routine may free it.
 *   K2  Once Stopping is set nothing is queued any more; workers end when the queue is empty.
 */
#ifndef SIM_EX_EXW_H
#define SIM_EX_EXW_H

#include "ke/kip.h"

#define EXW_LIST_LOCKS 16u

struct EXW_BODY;

struct EXW_WORKER {
    struct EXW_WORKER *Next;
    struct ntsim *Sim;
    struct ntsim_thread *Thread;
    struct ntsim__host_thread *Host;
    const VOID *Routine; /* NULL: none */
};

struct EXW_STATE {
    const struct ntcb_host_ops *Host;
    struct ntcb_monitor *Monitor;
    LIST_ENTRY Items; /* WORK_QUEUE_ITEM.List */
    struct EXW_WORKER *Workers;
    ULONG Count;  /* workers, those about to begin included */
    ULONG Busy;   /* of them: doing an item */
    ULONG Queued; /* length of Items */
    BOOLEAN Stopping;
    struct ntsim__lock *BodyLock;                  /* body.h */
    struct EXW_BODY *Bodies;                       /* hash head */
    struct ntsim__lock *ListLocks[EXW_LIST_LOCKS]; /* slist.c */
    LIST_ENTRY IoWork;                             /* iowork.c; Monitor */
    LIST_ENTRY PushWaiters;                        /* pushlock.c; KIP_STATE.Lock */
};

/* Do what is queued, end the workers, refuse what comes then. */
VOID ExwStop(struct EXW_STATE *State);
/* Wait until no item is queued or being done whose routine Mine accepts. Returns how many there
 * were when it was called. Mine runs inside the monitor. */
ULONG ExwFinish(BOOLEAN (*Mine)(PVOID Context, const VOID *Routine), PVOID Context);

/* ---- iowork.c ---- */
/* Wait until no work item of the I/O manager's is queued or being done that is of the driver: its
 * object is Driver or a device of it, or Mine accepts its routine (NULL: none is looked at). Driver
 * NULL: of anybody. Mine runs inside the monitor. */
VOID ExwFinishIoWork(const VOID *Driver, BOOLEAN (*Mine)(PVOID Context, const VOID *Routine),
                     PVOID Context);

/* ---- slist.c: the locks above ---- */
BOOLEAN ExwMakeLocks(struct EXW_STATE *State);
VOID ExwDestroyLocks(struct EXW_STATE *State);

/* ---- body.c: look-aside lists and resources of drivers ---- */
/* Pool is freed: what is in it and has not been deleted is reported. Nothing is locked. */
VOID ExwCheckFreedMemory(const VOID *Memory, SIZE_T Bytes);
/* What drivers did not delete: each that was initialised by code Mine accepts (NULL: any) is
 * reported in Driver's name (NULL: not reported) and forgotten. Mine runs under a leaf lock.
 * Returns their number. */
ULONG ExwReportBodies(BOOLEAN (*Mine)(PVOID Context, const VOID *Owner), PVOID Context,
                      const char *Driver);

#endif
