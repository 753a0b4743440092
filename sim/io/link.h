/* SPDX-License-Identifier: MIT
 *
 * link.h - symbolic links of the namespace: names that stand for other names.
 */
#ifndef SIM_IO_LINK_H
#define SIM_IO_LINK_H

#include "simp.h"

/* The links that are there from the start: \DosDevices, \GLOBAL?? and \??\Global mean \??. */
NTSTATUS IopNameLinks(VOID);
/* Path, which is absolute, is a link to Target from now on. Driver: whose device it
 * means, or NULL: the simulator's own, until its end. As IoCreateSymbolicLink. */
NTSTATUS IopCreateLink(PCUNICODE_STRING Path, PCUNICODE_STRING Target, PDRIVER_OBJECT Driver);
/* A name in the DOS directory by another of its names, as it is in \??. Buffer of *Path is the
 * caller's, or Room, which has place for 64 more units. */
#define IOP_DOS_ROOM 512
NTSTATUS IopDosPath(PCUNICODE_STRING Given, WCHAR Room[IOP_DOS_ROOM], PUNICODE_STRING Path);
/* Take away a link that was made to a device of Driver's; *Name is then its name, of
 * ntsim__allocate. FALSE: there is none. */
BOOLEAN IopRemoveLinkOf(PDRIVER_OBJECT Driver, PUNICODE_STRING Name);

#endif
