/* SPDX-License-Identifier: MIT
 *
 * clock.h - timers and DPCs: one thread of the System process, started when it is first needed,
 * lets timers expire and runs DPCs in the order of queueing.
 *
 * Locks       KIP_STATE.Lock protects timers, the queue and Running. Monitor is for the thread's
 *             sleep and for those who wait for a DPC to end; they take Lock inside it.
 * Invariants
 *   C1  A timer is in Timers while its Header.Inserted is set; the list is in order of DueTime,
 *       which there is the host clock's, in nanoseconds.
 *   C2  A DPC is in Dpcs while its DpcData is set. It leaves the queue before its routine is
 *       called, which may free it or queue it again.
 *   C3  Whoever gives the thread something to do sets Changed, inside Monitor, afterwards.
 */
#ifndef SIM_KE_CLOCK_H
#define SIM_KE_CLOCK_H

#include "ke/kip.h"

/* KDPC.Type. */
#define KIP_DPC 19
#define KIP_DPC_THREADED 24

struct KIP_CLOCK {
    struct ntcb_monitor *Monitor;
    struct ntsim__host_thread *Host; /* NULL: not needed yet, or over */
    struct ntsim_thread *Thread;
    LIST_ENTRY Timers;          /* KTIMER.TimerListEntry */
    SINGLE_LIST_ENTRY Dpcs;     /* KDPC.DpcListEntry */
    PSINGLE_LIST_ENTRY LastDpc; /* &Dpcs: none */
    const VOID *Running;        /* routine of the DPC that runs; NULL: none */
    BOOLEAN Started;            /* under Lock */
    BOOLEAN Stopping;           /* under Monitor, as Changed */
    BOOLEAN Changed;
};

/* ---- clock.c ---- */
NTSTATUS KipInitializeClock(struct KIP_STATE *State);
VOID KipTeardownClock(struct KIP_STATE *State);
/* No timer expires and no DPC runs any more. */
VOID KipStopClock(VOID);
/* Nothing is locked: the thread looks for what there is to do. */
VOID KipWakeClock(VOID);
/* Timer, not inserted, with its DueTime. Locked; then KipWakeClock. */
VOID KipInsertTimer(PKTIMER Timer);
/* Queue Dpc unless it is queued: FALSE. Locked; then KipWakeClock. */
BOOLEAN KipQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2);
/* Take out what belongs to routines that Mine accepts, and wait for one that runs. Returns how
 * many timers and DPCs those were. */
ULONG KipFinishDpcs(BOOLEAN (*Mine)(PVOID Context, const VOID *Routine), PVOID Context);
/* Wait until no DPC is queued or runs. */
VOID KipFlushDpcs(VOID);

#endif
