/* SPDX-License-Identifier: MIT
 *
 * psp.h - processes and threads as the other components of the simulator see them.
 *
 * A PEPROCESS is a struct ntsim_process, a PETHREAD a struct ntsim_thread: bodies of objects.
 */
#ifndef SIM_PS_PSP_H
#define SIM_PS_PSP_H

#include <ntsim/image.h>
#include <ntcallback/ddk/ntundoc.h>
#include "simp.h"

struct OBP_HANDLE_TABLE;
struct SEP_TOKEN;

/* The calling thread; stops with a message when the host thread is none. */
struct ntsim_thread *PspCurrentThread(void);
/* The process the calling thread is attached to, else its own. */
struct ntsim_process *PspCurrentProcess(void);
struct OBP_HANDLE_TABLE *PspHandleTable(struct ntsim_process *Process);

/* The object that the calling thread shows callbacks in the post notification of a create or open;
 * NULL: none. Whoever sets it puts the previous one back. */
PVOID *PspPostObject(void);

/* Act in another process's address space and handle table; attaching nests. Returns what to detach
 * to. */
/* Does the calling thread notify of an image of a process (IMG-49)? PspMapUserImage: one more, or
 * one less. */
BOOLEAN PspIsMappingUserImage(VOID);
VOID PspMapUserImage(int Change);
struct ntsim_process *PspAttach(struct ntsim_process *Process);
VOID PspDetach(struct ntsim_process *Previous);

/* PspBorrowThread - for acting as Process from a thread of the System process: a thread of Process
 * that no host thread is, made the calling thread's; NULL when there is none or the caller is a
 * user thread itself. Hand the result's predecessor, *Previous, to ntsim_thread_leave. */
struct ntsim_thread *PspBorrowThread(struct ntsim_process *Process, struct ntsim_thread **Previous);

/* A thread of the System process for a host thread that the simulator itself starts, and its end,
 * when no host thread is it any more. NULL: no memory. */
struct ntsim_thread *PspCreateSystemThread(VOID);
VOID PspEndSystemThread(struct ntsim_thread *Thread);
/* Such a host thread becomes its thread, and ceases to be it; it is not counted as bound. */
VOID PspBecomeUncounted(struct ntsim_thread *Thread);
VOID PspLeaveUncounted(VOID);

/* Wait for the threads that drivers have started, all (Mine NULL) or those whose routine Mine
 * accepts. Returns how many had not ended when it was called. */
ULONG PspFinishSystemThreads(BOOLEAN (*Mine)(PVOID Context, const VOID *Routine), PVOID Context);

/* At the end of the simulator: those that still run are reported and waited for. */
VOID PspEndSystemThreads(VOID);

/* PspHoldMemory - the user memory and the images of Process stay until PspReleaseMemory; FALSE: it
 * has exited, and they are gone. No routine of a driver's is called meanwhile. */
BOOLEAN PspHoldMemory(struct ntsim_process *Process);
VOID PspReleaseMemory(struct ntsim_process *Process);
/* Images mapped into Process, freed when it exits (sim/mm/image.c owns the list's elements). */
PLIST_ENTRY PspImageList(struct ntsim_process *Process);
/* The simulator it is a process of, from any thread. */
struct ntsim *PspSimulatorOf(const struct ntsim_process *Process);
BOOLEAN PspIsWow64(struct ntsim_process *Process);
struct ntcb_kernel *PspKernel(const struct ntsim_process *Process);

/* A process's token, valid as long as the process; and another one, whose reference the process
 * takes over (se/sep.h, S2). */
struct SEP_TOKEN *PspToken(struct ntsim_process *Process);
VOID PspSetToken(struct ntsim_process *Process, struct SEP_TOKEN *Token);

/* End every process but System (teardown). */
VOID PspExitAll(struct PSP_STATE *State);
/* Number of entries of host threads into simulated threads. */
ULONG PspBoundThreads(struct PSP_STATE *State);

#endif
