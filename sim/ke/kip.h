/* SPDX-License-Identifier: MIT
 *
 * kip.h - dispatcher objects: waiting for them, signalling them; user APCs; host threads.
 *
 * A dispatcher object begins with a DISPATCHER_HEADER, whose list holds a KWAIT_BLOCK of every wait
 * for it. What its SignalState means is a row of a table in wait.c, by the header's Type; the rest
 * of the engine knows no kinds. A wait is a KIP_WAIT on the waiting host thread's stack.
 *
 * Locks       State->Lock protects every header, wait list, wait and queue of APCs. Inside it only
 *             a waiter's monitor is taken. No callback runs and no memory is freed under it.
 * Invariants
 *   W1  A wait that is queued has each of its blocks in its object's list. It leaves the queue
 *       once, with all its blocks, in one hold of the lock: satisfied, alerted or timed out.
 *   W2  Whoever ends another thread's wait holds the lock until it is through with it; the waiting
 *       thread takes the lock before it lets the wait go. So an object that nobody waits for or
 *       signals any more may be freed by the thread whose wait for it was satisfied.
 *   W3  A waiter's monitor is for sleeping alone: Done is written inside it and under the lock.
 */
#ifndef SIM_KE_KIP_H
#define SIM_KE_KIP_H

#include "simp.h"

/* DISPATCHER_HEADER.Type. */
enum KIP_TYPE {
    KipEventNotification = 0,
    KipEventSynchronization = 1,
    KipMutant = 2,
    KipProcess = 3,
    KipSemaphore = 5,
    KipThread = 6,
    KipTimerNotification = 8,
    KipTimerSynchronization = 9
};

/* An APC that ends a service. Freed by who takes it off the queue. */
struct KIP_APC {
    LIST_ENTRY Link;
    PIO_APC_ROUTINE Routine;
    PVOID Context;
    PIO_STATUS_BLOCK IoStatusBlock;
    BOOLEAN Kernel; /* a driver's: it runs as soon as its thread waits, alertably or not */
};

/* What the engine keeps of a thread; first member of the thread's body. */
struct _KTHREAD {
    DISPATCHER_HEADER Header; /* signalled: it has ended */
    LIST_ENTRY Waits;         /* KIP_WAIT.Link; of each host thread that is this one */
    LIST_ENTRY Apcs;          /* KIP_APC.Link; of user mode */
    LIST_ENTRY KernelApcs;    /* KIP_APC.Link */
    LIST_ENTRY Mutants;       /* KMUTANT.MutantListEntry: owned */
    PIRP TopLevelIrp;         /* IoSetTopLevelIrp; this and the next by the thread itself */
    BOOLEAN HardErrorsOff;    /* IoSetThreadHardErrorMode */
    _Atomic LONG Requests;    /* of the I/O manager's, not ended (io/request.c) */
};

/* Somewhere to sleep; used again and again. */
struct KIP_WAITER {
    struct ntcb_monitor *Monitor;
    struct KIP_WAITER *Next;
};

struct KIP_STATE {
    struct ntsim__lock *Lock;
    const struct ntcb_host_ops *Host;
    struct KIP_WAITER *Idle;
    struct ntcb_monitor *Spin; /* spinlock.c */
    struct KIP_CLOCK *Clock;   /* clock.h */
    BOOLEAN ApcsMentioned;     /* apcrecord.c */
    _Atomic int64_t TimeBias;  /* what local time lacks, in units of 100 ns */
    struct KIP_WAITER *Shared; /* for whoever finds no memory for one of its own */
};

/* ---- wait.c ---- */
VOID KipInitializeObject(PDISPATCHER_HEADER Header, UCHAR Type, SIZE_T Bytes, LONG SignalState);
VOID KipInitializeThread(PKTHREAD Thread);
/* The calling thread. */
PKTHREAD KipCurrentThread(VOID);
/* Is it a dispatcher object that was initialised? If not, Function's caller hears so. */
BOOLEAN KipRequireObject(const char *Function, PVOID Object);
/* Header's SignalState was raised: end the waits that can end. Locked. */
VOID KipSignal(PDISPATCHER_HEADER Header);
/* Raise it and tell the waiters. Returns what it was. */
LONG KipSetState(PDISPATCHER_HEADER Header, LONG SignalState);
LONG KipReadState(PDISPATCHER_HEADER Header);
BOOLEAN KipOwnsMutex(PKTHREAD Thread);
/* The thread ends: its mutexes are abandoned, its APCs forgotten, those who wait for it go on. */
VOID KipEndThread(PKTHREAD Thread);

/* An APC has come to Thread: end a wait that lets itself be ended by one. Locked. */
VOID KipAlert(PKTHREAD Thread, BOOLEAN Kernel);

struct KIP_WAIT_FOR {
    PVOID *Objects;
    ULONG Count; /* 0: only time passes */
    BOOLEAN All;
    BOOLEAN Apcs;                 /* a user APC ends the wait */
    const LARGE_INTEGER *Timeout; /* NULL: for ever; negative: relative */
    KWAIT_BLOCK *Blocks;          /* Count of them */
};
/* SUCCESS + index, ABANDONED_WAIT_0 + index, USER_APC, TIMEOUT. */
NTSTATUS KipWait(const struct KIP_WAIT_FOR *For);

/* When the host's clock will say that time is up; NTCB_FOREVER: never. */
uint64_t KipDeadline(const struct KIP_STATE *State, const LARGE_INTEGER *Timeout);

/* ---- waitke.c ---- */
/* DV-06, DV-31, DV-29: may the calling thread wait that long where it is? It waits all the same. */
VOID KipCheckWait(const char *Function, const VOID *Object, const LARGE_INTEGER *Timeout,
                  const VOID *Caller);

/* ---- mutex.c ---- */
/* A wait has given the calling thread Object. */
VOID KipTaken(PVOID Object);

/* ---- apc.c ---- */
VOID KipQueueApc(PKTHREAD Thread, struct KIP_APC *Apc);
/* Run the calling thread's user APCs, as it does before it returns to user mode. */
VOID KipDeliverApcs(VOID);
/* The same with those of kernel mode. May they run now: below APC_LEVEL, in no critical region? */
VOID KipDeliverKernelApcs(VOID);
BOOLEAN KipTakesKernelApcs(VOID);

/* ---- apcrecord.c ---- */
/* The thread has ended: its APCs that are recorded are run down. Nothing is locked. */
VOID KipRunDownApcs(PKTHREAD Thread);

/* ---- hostthread_*.c ---- */
struct ntsim__host_thread;
/* Start a host thread; NULL: there is none to be had. Each is joined once. */
struct ntsim__host_thread *ntsim__host_thread_start(struct ntsim *sim, void (*routine)(void *),
                                                    void *argument);
void ntsim__host_thread_join(struct ntsim *sim, struct ntsim__host_thread *thread);

#endif
