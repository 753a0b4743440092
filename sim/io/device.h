/* SPDX-License-Identifier: MIT
 *
 * device.h - devices of drivers, and requests on their way to them.
 *
 * Locks        IOP_STATE.Lock protects the list of a driver's devices and IOP_DEVICE.Deleted.
 * Invariants   D1  A device has a reference of its driver's until IoDeleteDevice, and one of each
 *                  file object on it.
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
NTSTATUS IopPrepareBuffers(PIRP Irp, const struct IOP_BUFFERS *Buffers);
/* Copy what came back, judge it. Status, with which it was completed, or ACCESS_VIOLATION. */
NTSTATUS IopReturnBuffers(PIRP Irp, NTSTATUS Status, ULONG_PTR Information,
                          const struct IOP_BUFFERS *Buffers);

#endif
