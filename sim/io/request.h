/* SPDX-License-Identifier: MIT
 *
 * request.h - requests that the I/O manager issues, and how those who asked are answered.
 *
 * Locks        IOP_STATE.Monitor protects the hash of requests, and of each the flags and counts
 *              that say so. Nothing is called inside.
 * Invariants   Q1  A request is in the hash from before its driver is called until nothing of it is
 *                  left to be done but to free it; whoever unloads a driver or ends a thread waits
 *                  for that.
 *              Q2  One thread ends it, with its memory, its answer and its file: the issuer, when
 *                  it waits or when the driver completes before it returns without having marked it
 *                  pending; else who completes it. That thread sets Ending.
 *              Q3  It is freed with its IRP when the last of References is gone: the issuer's, that
 *                  of its end, and one of whoever completes or cancels it meanwhile.
 */
#ifndef SIM_IO_REQUEST_H
#define SIM_IO_REQUEST_H

#include "io/device.h"
#include "ke/kip.h"

/* ---- answer.c ---- */

/* How the caller of a service wants to be told of its end. */
struct IOP_ASKED {
    HANDLE Event; /* NULL: none */
    PIO_APC_ROUTINE ApcRoutine;
    PVOID ApcContext;
    PIO_STATUS_BLOCK IoStatusBlock;
};
/* The same captured. */
struct IOP_ANSWER {
    KPROCESSOR_MODE Mode;
    PIO_STATUS_BLOCK IoStatusBlock;
    PKEVENT Event;               /* referenced; NULL: the file's own */
    struct KIP_APC *Apc;         /* NULL: none */
    struct ntsim_thread *Thread; /* referenced; who asked */
};
/* IopBeginAnswer - capture it; the event is reset. The caller has probed IoStatusBlock, and calls
 * IopEndAnswer whatever this returns. SUCCESS, INVALID_HANDLE, OBJECT_TYPE_MISMATCH, ACCESS_DENIED
 * (no EVENT_MODIFY_STATE), INSUFFICIENT_RESOURCES. */
NTSTATUS IopBeginAnswer(struct IOP_ANSWER *Answer, KPROCESSOR_MODE Mode,
                        const struct IOP_ASKED *Asked);
/* IopAnswer - tell it, as Windows does:
 *
 *                         *IoStatusBlock   the event    the file's event         the APC
 *   no error              written          set          set when it is the       queued
 *                                                       only one, or the file
 *                                                       is synchronous
 *   error, not pended     -                -            -                        -
 *   error, pended         as no error when the file is not synchronous; else the file's event alone
 *
 * IRQL DISPATCH_LEVEL. Returns Status, or ACCESS_VIOLATION: the status block was taken away. */
NTSTATUS IopAnswer(struct IOP_ANSWER *Answer, struct IOP_FILE *File, NTSTATUS Status,
                   ULONG_PTR Information, BOOLEAN Pended);
VOID IopEndAnswer(struct IOP_ANSWER *Answer);
/* The service returns to a caller of that mode: a driver's APCs are run, if they may be. */
VOID IopLeaveService(KPROCESSOR_MODE Mode);

/* A read or a write. */
struct IOP_TRANSFER {
    KPROCESSOR_MODE Mode;
    struct IOP_FILE *File; /* referenced */
    BOOLEAN Write;
    BOOLEAN Append; /* writes go to the end */
    PVOID Buffer;   /* the caller's */
    ULONG Length;
    ULONG Key;
    LONGLONG Offset; /* below 0, unless Append: the file's position */
    PVOID Pool;      /* filerw.c: what was or will be in Buffer */
    SIZE_T Bytes;    /* filerw.c: done */
};

/* ---- request.c ---- */

struct IOP_REQUEST {
    UT_hash_handle hh; /* IOP_STATE.Requests, by Irp; under Monitor */
    PIRP Irp;
    struct IOP_FILE *File;
    PDRIVER_OBJECT Driver;
    struct ntsim_thread *Thread;   /* referenced; who issued it */
    struct ntsim_process *Process; /* referenced; whose memory Buffers are */
    struct IOP_BUFFERS Buffers;
    struct IOP_ANSWER Answer;
    BOOLEAN Whole;    /* of a service: File is referenced, the thread's end cancels it */
    BOOLEAN Waited;   /* the issuer waits, whatever the driver does */
    KIRQL Irql;       /* when it was sent */
    KEVENT Completed; /* set if Waited */
    WORK_QUEUE_ITEM Later;
    /* Under Monitor: */
    ULONG References;
    BOOLEAN Cancelled;
    BOOLEAN Done;     /* completed; from then on Status, Information, Forsaken are constant */
    BOOLEAN Forsaken; /* nobody waits for its end any more */
    BOOLEAN Returned; /* the dispatch routine has come back */
    BOOLEAN Ending;
    NTSTATUS Status;
    ULONG_PTR Information;
};

/* A request for the device of File, its stack location ready to be filled. NULL: no memory. */
PIO_STACK_LOCATION IopBeginRequest(struct IOP_REQUEST **Request, struct IOP_FILE *File,
                                   UCHAR Major);
/* Send it and wait until it is completed: its status. IopDropRequest follows. */
NTSTATUS IopSendRequest(struct IOP_REQUEST *Request);
/* The same for a service, with Buffers and Answer, which it takes over. On a file that is not
 * synchronous it may be STATUS_PENDING: the answer comes later. The request is the caller's no
 * more. */
NTSTATUS IopPerformRequest(struct IOP_REQUEST *Request, const struct IOP_BUFFERS *Buffers,
                           const struct IOP_ANSWER *Answer);
VOID IopDropRequest(struct IOP_REQUEST *Request);

/* Is Irp that of a request? *Request: referenced, unless it is completed. */
BOOLEAN IopFindRequest(PIRP Irp, struct IOP_REQUEST **Request);
/* The driver has completed it (Whole: no completion routine has taken it back). Drops the reference
 * of IopFindRequest. */
VOID IopCompleted(struct IOP_REQUEST *Request, BOOLEAN Whole);

/* ---- ioctl.c ---- */
/* NtReadFile and NtWriteFile on a device. Takes over the answer. */
NTSTATUS IopDeviceTransfer(struct IOP_TRANSFER *Transfer, struct IOP_ANSWER *Answer);

/* ---- cancelall.c ---- */

/* Those that somebody wants to cancel; members that are NULL do not count. */
struct IOP_WHICH {
    const struct IOP_FILE *File;
    const struct ntsim_thread *Thread;
    const struct ntsim_process *Process;
    const IO_STATUS_BLOCK *IoStatusBlock;
};
/* Cancel them: how many there were. */
ULONG IopCancelRequests(const struct IOP_WHICH *Which);

/* Wait until nothing is left of those that the driver has completed. */
VOID IopSettleRequests(const DRIVER_OBJECT *Driver);

/* ---- irp.c ---- */
VOID IopReportIrp(enum ntcb_severity Severity, ULONG BugCheck, ULONG_PTR Parameter,
                  const VOID *Routine, const char *What, const char *OnWindows, const char *Fix);

#endif
