/* SPDX-License-Identifier: MIT
 *
 * iop.h - file objects and drivers as the other components of the simulator see them.
 */
#ifndef SIM_IO_IOP_H
#define SIM_IO_IOP_H

#include "simp.h"

/* IopCreateFileObject - a FILE_OBJECT for Path ("\Device\HarddiskVolume3\X", "C:\X"), whose
 * FileName is the part behind the volume. Referenced once. SUCCESS, INSUFFICIENT_RESOURCES. */
NTSTATUS IopCreateFileObject(PCUNICODE_STRING Path, PVOID *FileObject);

/* ---- filewhole.c: files as one piece; by the kernel's rights ---- */
/* IopOpenWhole - the file object that Attributes, with strings of the kernel's, name. Referenced;
 * its handle is closed again. Access, ShareAccess, Disposition as ZwCreateFile has them, and its
 * statuses. */
NTSTATUS IopOpenWhole(const OBJECT_ATTRIBUTES *Attributes, ACCESS_MASK Access, ULONG ShareAccess,
                      ULONG Disposition, PVOID *FileObject);
/* All bytes of it; ntsim__release. SUCCESS, INVALID_DEVICE_REQUEST (a directory, or no file of a
 * volume), REGISTRY_IO_FAILED, INSUFFICIENT_RESOURCES. */
NTSTATUS IopReadWhole(PVOID FileObject, PVOID *Bytes, PSIZE_T Count);
/* They are all that is in it from then on. SUCCESS, INVALID_DEVICE_REQUEST, REGISTRY_IO_FAILED. */
NTSTATUS IopWriteWhole(PVOID FileObject, const void *Bytes, SIZE_T Count);
/* Are both open on one file? */
BOOLEAN IopIsSameFile(PVOID FileObject, PVOID Other);
/* The file's name goes when the last that has it open lets go of it. As IopDeleteLater. */
NTSTATUS IopDeleteWhole(PVOID FileObject);

/* ---- cancelall.c ---- */
/* The thread ends: cancel its requests and wait for them; those that their drivers keep for longer
 * than the watchdog allows are reported (IO-IRP), and nobody hears of their end. Called on a thread
 * of the simulator. */
VOID IopCancelThreadIo(struct ntsim_thread *Thread);

/* Does Address lie in the module of a driver that is loaded, or in the code of one that is linked
 * into the program? Where neither the linker nor the host's loader tells, no code is. */
BOOLEAN IopIsDriverAddress(const volatile VOID *Address);
/* Is a driver loaded whose code is known? */
BOOLEAN IopHasDrivers(VOID);
/* A descriptor of the file of that module, the caller's to close; -1: it lies in none. */
int IopOpenDriverFile(const void *Address);
/* Where the code of the driver begins that is linked into the program and that Address lies in, and
 * the driver's name; NULL: it lies in none. */
const void *IopNameLinked(const void *Address, char *Name, SIZE_T Bytes);

/* The code at Caller frees a driver's block of pool: does a callback still need it (DV-21)? */
VOID IopCheckPoolFree(const VOID *Body, SIZE_T Bytes, const VOID *Caller);

#endif
