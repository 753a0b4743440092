/* SPDX-License-Identifier: MIT
 *
 * lookaside.h - look-aside lists: their entries (lookaside.c), and the routines by which drivers
 * use them (lookasideapi.c).
 */
#ifndef SIM_EX_LOOKASIDE_H
#define SIM_EX_LOOKASIDE_H

#include "ex/body.h"

/* One call of a driver's. All three structures of drivers begin as GENERAL_LOOKASIDE_POOL. */
struct EXW_LOOKASIDE_CALL {
    const char *Function;
    const struct EXW_BODY_KIND *Kind;
    KIRQL Limit; /* IRQL */
    PVOID List;
    const VOID *Caller;
};

/* What a list is to be, but for its two routines. */
struct EXW_LOOKASIDE_SHAPE {
    POOL_TYPE Type;
    SIZE_T Size;
    ULONG Tag;
    SIZE_T Bytes;     /* of the driver's structure */
    BOOLEAN FromPool; /* both routines are the system's */
};

VOID ExwInitializeLookaside(const struct EXW_LOOKASIDE_CALL *Call,
                            const struct EXW_LOOKASIDE_SHAPE *Shape);
VOID ExwDeleteLookaside(const struct EXW_LOOKASIDE_CALL *Call);
VOID ExwFlushLookaside(const struct EXW_LOOKASIDE_CALL *Call);
PVOID ExwAllocateEntry(const struct EXW_LOOKASIDE_CALL *Call);
VOID ExwFreeEntry(const struct EXW_LOOKASIDE_CALL *Call, PVOID Entry);

/* EXW_BODY_KIND.Free */
VOID ExwFreeLookaside(PVOID Body);

/* By the list's own routine. */
PVOID ExwNewEntry(const struct EXW_LOOKASIDE_CALL *Call);
VOID ExwOldEntry(const struct EXW_LOOKASIDE_CALL *Call, PVOID Entry);

#endif
