/* SPDX-License-Identifier: MIT */
/*
 * ntundoc.h - exported kernel routines that no WDK header declares but drivers commonly declare
 * themselves.
 *
 * ntifs.h does not include this file, so that a driver's own declaration never collides with it.
 */
#ifndef NTCB_NTUNDOC_H
#define NTCB_NTUNDOC_H

#include "ntifs.h"
#include "ntimage.h"

NTCB_DDK_BEGIN_DECLS

/* Last component of the image's name, at most 15 bytes, in the process object itself. Any IRQL. */
NTKERNELAPI PUCHAR NTAPI PsGetProcessImageFileName(_In_ PEPROCESS Process);

/* Type of an object. Any IRQL. */
NTKERNELAPI POBJECT_TYPE NTAPI ObGetObjectType(_In_ PVOID Object);

/* The NT headers of a mapped image, or NULL if there is none. */
NTSYSAPI PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(_In_ PVOID Base);

NTCB_DDK_END_DECLS

#endif
