/* SPDX-License-Identifier: MIT
 *
 * device.h - devices of drivers, and requests on their way to them.
 *
 * Locks        IOP_STATE.Lock protects the list of a driver's devices and IOP_DEVICE.Deleted.
 *              IOP_STATE.Monitor protects IOP_REQUEST and the hash of requests.
 * Invariants   D1  A device has a reference of its driver's until IoDeleteDevice, and one of each
 *                  file object on it.
 *              D2  A request is in the hash from before its driver is called until its issuer has
 *                  taken it out; only IofCompleteRequest makes it Done, once.
 *              D3  Irp is freed by the issuer alone, after Done (or by IoFreeIrp, if a driver made
 *                  it).
 */
#ifndef SIM_IO_DEVICE_H
#define SIM_IO_DEVICE_H

#include "io/file.h"
#include "se/sepsd.h"
#include "simp_hash.h"

#include <stdatomic.h>

struct IOP_DEVICE {
    DEVICE_OBJECT Public; /* first: drivers see this */
    UNICODE_STRING Name;  /* Length 0: none */
    struct SEP_DESCRIPTOR Security;
    struct SEP_PARTS Parts; /* point into Security */
    _Atomic LONG Files;     /* open, and being opened */
    BOOLEAN Deleted;
    _Atomic BOOLEAN Gone; /* with its driver: nobody hears of files that are still open */
};

/* ---- device.c ---- */
/* Devices made while DriverEntry ran are ready for requests. */
VOID IopDevicesReady(PDRIVER_OBJECT Driver);
/* Is a file open on one? */
BOOLEAN IopDevicesInUse(PDRIVER_OBJECT Driver);
/* The driver goes, whoever still has a file open: it is not told of its end. */
VOID IopAbandonFiles(PDRIVER_OBJECT Driver);
/* Take away devices, and links to them, that the driver has left; reported if Report. Returns their
 * number. */
ULONG IopRemoveDevices(PDRIVER_OBJECT Driver, const char *Name, BOOLEAN Report);

/* ---- shutdown.c ---- */
/* The device does not want to hear of the system's end any more. */
VOID IopForgetShutdown(PDEVICE_OBJECT Device);

/* ---- deviceopen.c ---- */
NTSTATUS IopParseDevice(struct OBP_PARSE *Parse);
/* The last handle to a device's file is closed; the file is being deleted. */
VOID IopCleanupFile(struct IOP_FILE *File);
VOID IopLeaveDevice(struct IOP_FILE *File);

/* ---- irp.c ---- */
struct IOP_REQUEST {
    UT_hash_handle hh; /* IOP_STATE.Requests, by Irp */
    PIRP Irp;
    struct IOP_FILE *File;
    KIRQL Irql; /* when it was sent */
    BOOLEAN Cancelled;
    BOOLEAN Done;
    NTSTATUS Status; /* once Done */
    ULONG_PTR Information;
};
/* A request for the device of File, one stack location ready to be filled. NULL: no memory. */
PIO_STACK_LOCATION IopBeginRequest(struct IOP_REQUEST *Request, struct IOP_FILE *File, UCHAR Major);
/* Send it and wait until it is completed: its status. */
NTSTATUS IopSendRequest(struct IOP_REQUEST *Request);
/* Give back the request with its IRP and MDL. */
VOID IopEndRequest(struct IOP_REQUEST *Request);

/* ---- ioctl.c ---- */
/* A request with buffers on its way; from user mode they are probed. Method: METHOD_*. */
struct IOP_BUFFERS {
    KPROCESSOR_MODE Mode;
    ULONG Method;
    PVOID In;
    ULONG InLength;
    PVOID Out;
    ULONG OutLength;
};
NTSTATUS IopPrepareBuffers(struct IOP_REQUEST *Request, const struct IOP_BUFFERS *Buffers);
/* Copy what came back, judge it. The request's status, or ACCESS_VIOLATION. */
NTSTATUS IopReturnBuffers(struct IOP_REQUEST *Request, const struct IOP_BUFFERS *Buffers);
/* NtReadFile and NtWriteFile on a device. */
NTSTATUS IopDeviceTransfer(struct IOP_FILE *File, BOOLEAN Write, KPROCESSOR_MODE Mode,
                           PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
                           PLARGE_INTEGER ByteOffset);

#endif
