/* SPDX-License-Identifier: MIT
 *
 * tmp.h - kernel transactions: the four kinds of objects, and what becomes of a transaction.
 *
 * A transaction is one body: the registry's part (cm/cmtxn.h) and the enlistments of resource
 * managers. A resource manager is told of the end by its callback, on the thread that ends the
 * transaction, with no lock held. There is one log, volatile, and it is never read.
 *
 * Locks       State->Lock protects what is not said to be constant. A leaf; CMP_STATE.Lock is never
 *             taken inside, nor the other way round.
 * Lifetime    A transaction references its enlistments until it dies; an enlistment knows its
 *             transaction and its resource manager without a reference, and forgets each when that
 *             one dies. A resource manager references its transaction manager; a key object bound
 *             to a transaction references it (cm/cmservice.h). So no circle keeps a body alive, and
 *             a transaction whose last handle and last key are gone is rolled back.
 * Invariants
 *   M1  Outcome leaves TmpActive once. Whoever takes it to TmpEnding ends the transaction; from
 *   then
 *       on no enlistment is added.
 *   M2  The registry's part is ended before the first notification of the outcome.
 *   M3  Enlistment->Awaited is the one notification that was delivered and not answered, or 0.
 */
#ifndef SIM_TM_TMP_H
#define SIM_TM_TMP_H

#include "cm/cmtxn.h"
#include "ob/obp.h"

enum TMP_OUTCOME { TmpActive, TmpEnding, TmpCommitted, TmpRolledBack };

struct TMP_TRANSACTION {
    struct CMP_TRANSACTION Registry; /* first: key objects know the transaction by it */
    enum TMP_OUTCOME Outcome;
    LIST_ENTRY Enlistments; /* TMP_ENLISTMENT.OfTransaction; each referenced */
};

struct TMP_MANAGER {
    ULONG Options; /* constant */
};

struct TMP_RESOURCE {
    struct TMP_MANAGER *Manager; /* constant, referenced */
    PTM_RM_NOTIFICATION Callback;
    PVOID Key;
    LIST_ENTRY Enlistments; /* TMP_ENLISTMENT.OfResource */
};

struct TMP_ENLISTMENT {
    struct TMP_TRANSACTION *Transaction; /* NULL: dead, or this was never enlisted */
    struct TMP_RESOURCE *Resource;       /* NULL: dead, or this was never enlisted */
    PVOID Key;                           /* constant */
    NOTIFICATION_MASK Mask;              /* constant */
    ULONG Awaited;
    LIST_ENTRY OfTransaction;
    LIST_ENTRY OfResource;
};

struct TMP_STATE {
    struct ntsim__lock *Lock;
    LONGLONG Clock; /* the virtual clock: counts notifications */
    ULONG Uuids;    /* given out by ExUuidCreate */
};

extern const struct OBP_TYPE TmpManagerType;
extern const struct OBP_TYPE TmpResourceType;
extern const struct OBP_TYPE TmpEnlistmentType;
extern const struct OBP_TYPE TmpTransactionType;

/* ---- object.c: what the four services that make an object share ---- */
/* A body of Type. Parameters of the service besides: Name must be NULL or empty in Attributes (no
 * kernel transaction object has a name here: NOT_IMPLEMENTED), Description at most as long as the
 * kit says. ACCESS_VIOLATION, INVALID_PARAMETER, INSUFFICIENT_RESOURCES. */
struct TMP_CREATION {
    PHANDLE Handle;
    ACCESS_MASK DesiredAccess;
    POBJECT_ATTRIBUTES Attributes; /* NULL: none */
    PUNICODE_STRING Description;   /* NULL: none */
    LPGUID Guid;                   /* NULL: none */
    KPROCESSOR_MODE Mode;          /* filled in */
    ULONG HandleAttributes;        /* filled in */
};
NTSTATUS TmpBeginCreation(struct TMP_CREATION *Creation);
/* Give the caller its handle; takes over the reference to Object, also when it fails. */
NTSTATUS TmpEndCreation(const struct TMP_CREATION *Creation, PVOID Object);

/* ---- enlistment.c ---- */
/* Tell the resource managers of a transaction that has ended, and report those that do not answer
 * although the caller waits. SUCCESS, PENDING: somebody has not answered. */
NTSTATUS TmpNotify(struct TMP_TRANSACTION *Transaction, ULONG Notification, BOOLEAN Wait);

#endif
