/* SPDX-License-Identifier: MIT
 *
 * psp_state.h - the process manager's state.
 *
 * Locks   PSP_STATE.Lock protects both id tables, every process's thread list, and the host counts.
 *         A leaf, but for OBP_STATE.Lock and KIP_STATE.Lock inside it (references are counted
 *         without a lock).
 */
#ifndef SIM_PS_PSP_STATE_H
#define SIM_PS_PSP_STATE_H

#include "ke/kip.h"
#include "ob/obp_state.h"
#include "ps/psp.h"
#include "ps/tally.h"
#include "se/sep.h"
#include "simp_hash.h"

#define PSP_SYSTEM_PROCESS_ID 4u
#define PSP_IMAGE_NAME_MAX 15
#define WIN_PREDEFINED 6 /* HKEY_CLASSES_ROOT to HKEY_CURRENT_CONFIG */

struct ntsim_process {
    DISPATCHER_HEADER Pcb; /* first; signalled: it has ended */
    UT_hash_handle hh;     /* by Id */
    struct ntsim *Sim;
    uint32_t Id;
    uint32_t ParentId;
    BOOLEAN Wow64;
    _Atomic BOOLEAN Exited;
    BOOLEAN Subsystem;
    BOOLEAN NameUnavailable; /* PS_CREATE_NOTIFY_INFO.FileOpenNameAvailable is 0 */
    BOOLEAN Untold;          /* no thread yet, and so nobody was told (PROC-23) */
    NTSTATUS ExitStatus;
    LARGE_INTEGER CreateTime; /* 100 ns since 1601 */
    CHAR ImageName[PSP_IMAGE_NAME_MAX + 1];
    UNICODE_STRING ImagePath;
    UNICODE_STRING CommandLine;
    PVOID Data;
    _Atomic(struct SEP_TOKEN *) Token; /* referenced; never NULL once the process is findable */
    _Atomic(PVOID) Peb;                /* peb.c; NULL: nobody has asked for it */
    EX_RUNDOWN_REF Memory;             /* PspHoldMemory */
    ULONGLONG Sequence;                /* PSP_STATE.Sequence when it was made */
    LIST_ENTRY Threads;                /* ntsim_thread.Link */
    LIST_ENTRY Images;                 /* of sim/mm */
    struct OBP_HANDLE_TABLE Handles;
    HANDLE Predefined[WIN_PREDEFINED]; /* sim/win32: as long as its handles */
};

/* Attachments of drivers that one thread may have at once. */
#define PSP_ATTACH_MAX 8

struct ntsim_thread {
    struct _KTHREAD Tcb; /* first */
    UT_hash_handle hh;   /* by Id */
    LIST_ENTRY Link;
    struct ntsim_process *Process;  /* referenced */
    struct ntsim_process *Attached; /* NULL: not attached */
    /* Attached before each attachment of a driver's; ntcb_attached() says how many there are. */
    struct ntsim_process *Before[PSP_ATTACH_MAX];
    uint32_t Id;
    int UserImages;  /* PspMapUserImage */
    ULONG HostCount; /* host threads that are this thread; nested entries count */
    KPROCESSOR_MODE PreviousMode;
    const void *ActsFor; /* zw.h */
    _Atomic BOOLEAN Exited;
    BOOLEAN Started; /* has run, and so NonSystem routines know it */
    struct ntsim__tally Tally;
    PVOID PostObject;               /* PspPostObject */
    struct PSP_SYSTEM_THREAD *Body; /* systemthread.c; NULL: no driver has started it */
    const VOID *Start;              /* the routine of such a thread */
    _Atomic KPRIORITY Priority;     /* as was set; 0: never */
    ULONG LastError;                /* sim/win32 */
    struct WIN_PROGRAM *Program;    /* the one that runs on it, or NULL */
    NTSTATUS ExitStatus;
    BOOLEAN Temporary; /* ends when its host thread leaves it (ntsim_enter) */
};

struct PSP_STATE {
    struct ntsim__lock *Lock;
    struct ntsim_process *Processes; /* hash heads */
    struct ntsim_thread *Threads;
    struct ntsim_process *System;
    uint32_t NextId;
    ULONGLONG Sequence;       /* of the newest process */
    LIST_ENTRY SystemThreads; /* PSP_SYSTEM_THREAD.Link; Flink NULL: not begun */
};

/* With the lock held: an id no process and no thread has. */
uint32_t PspNewId(struct PSP_STATE *State);
struct ntsim_thread *PspCreateThread(struct ntsim_process *Process, uint32_t Id);
VOID PspUnlinkThread(struct ntsim_thread *Thread);
/* It is gone: no id, no reference for being alive. */
VOID PspEndThread(struct ntsim_thread *Thread);
int PspMakeProcess(struct ntsim *Sim, const struct ntsim_process_options *Options,
                   struct ntsim_process **Out);
VOID PspUnlinkProcess(struct ntsim_process *Process);
/* attach.c: go back to that many attachments of drivers. */
VOID PspDetachTo(unsigned Depth);
/* tell.c. The first thread exists: tell of the process, if nobody did yet, and of the thread, on
 * the creator's thread. NTCB_OK, NTCB_ESTATUS (*Veto stands at the end), NTCB_ENOMEM. */
int PspTellThread(struct ntsim_thread *Thread, NTSTATUS *Veto);
/* As Thread. */
VOID PspTellThreadStart(struct ntsim_thread *Thread);
VOID PspTellThreadExit(struct ntsim_thread *Thread);
VOID PspTellProcessExit(struct ntsim_process *Process);
/* Does the kernel's configuration have NTCB_SWITCH_...? */
BOOLEAN PspHasSwitch(uint32_t Switch);

/* Be the thread that creates something: Creator; NULL: the one the host thread is, else a fresh
 * system thread. Returns what to hand to PspLeaveCreator. */
struct ntsim_thread *PspEnterCreator(struct ntsim *Sim, struct ntsim_thread *Creator);
VOID PspLeaveCreator(struct ntsim_thread *Previous);
/* Make `Thread` what the calling host thread is, within the kernel it is bound to. */
VOID PspBecome(struct ntsim_thread *Thread);

extern POBJECT_TYPE *PsProcessType;
extern POBJECT_TYPE *PsThreadType;

#endif
