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

/* Does Address lie in the module of a driver that is loaded? One that is linked into the program
 * cannot be told from it. */
BOOLEAN IopIsDriverAddress(const volatile VOID *Address);

#endif
