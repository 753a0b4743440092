/* SPDX-License-Identifier: MIT
 *
 * resource.h - executive resources: who owns one and who waits (resource.c), and the routines by
 * which drivers use them (resourceapi.c).
 *
 * Locks       KIP_STATE.Lock protects all below; it is taken inside the bodies' lock, so that a
 * body
 *             stays while it is looked at.
 * Invariants
 *   R1  Who owns the resource has one entry in Owners, counted. Exclusive: there is one entry, and
 *       none comes; else all share.
 *   R2  Waiters are granted in the order of arrival, a run of sharers at once; who does not care
 *       about exclusive waiters queues before all others. A thread that owns the resource already
 *       need not wait to share it again.
 *   R3  A wait ends by the entry that it brought being in Owners. The driver's counts change with
 *       the lists.
 */
#ifndef SIM_EX_RESOURCE_H
#define SIM_EX_RESOURCE_H

#include "ex/body.h"
#include "ke/kip.h"

struct EXW_OWNER {
    LIST_ENTRY Link;
    ERESOURCE_THREAD Thread;
    ULONG Count;
};

struct EXW_RESOURCE {
    struct EXW_BODY Body;
    LIST_ENTRY Owners;  /* EXW_OWNER.Link */
    LIST_ENTRY Waiters; /* EXW_RESOURCE_WAIT.Link */
    BOOLEAN Exclusive;
};

enum EXW_ACQUIRE { ExwExclusive, ExwShared, ExwSharedStarveExclusive, ExwSharedWaitForExclusive };

extern const struct EXW_BODY_KIND ExwResourceKind;

BOOLEAN ExwAcquireResource(const char *Function, PERESOURCE Resource, enum EXW_ACQUIRE How,
                           BOOLEAN Wait);
VOID ExwReleaseResource(const char *Function, PERESOURCE Resource, ERESOURCE_THREAD Thread);

/* Locked, with both locks: */
struct EXW_OWNER *ExwFindOwner(const struct EXW_RESOURCE *Body, ERESOURCE_THREAD Thread);
/* Let go on who can. */
VOID ExwGrantResource(struct EXW_RESOURCE *Body);
/* Nobody will own it any more: end the waits. */
ULONG ExwEndResourceWaits(struct EXW_RESOURCE *Body);

/* Take both locks and find the body; NULL, nothing is locked, and reported: there is none. */
struct EXW_RESOURCE *ExwEnterResource(const char *Function, const ERESOURCE *Resource);
VOID ExwLeaveResource(VOID);

VOID ExwReportResource(const char *Function, const ERESOURCE *Resource, ULONG BugCheck,
                       const uint64_t Parameter[3], const char *What, const char *Fix);
ERESOURCE_THREAD ExwSelf(VOID);

#endif
