/* SPDX-License-Identifier: MIT
 *
 * lookaside.c - look-aside lists: a few freed entries of one size are kept for the next allocation.
 *
 * As many entries are kept as Windows keeps at first; it would keep more of a list that is used
 * often. They are kept in the list's body (body.h), not in the driver's structure, and so that a
 * write to one is seen: an entry from pool is filled and, where there is AddressSanitizer, poisoned
 * while it is kept. An entry of a driver's own allocation routine is left as the driver freed it.
 *
 * Concurrency: a body is looked at with the bodies' lock held. It is not held while a routine of
 * the driver's allocates or frees; afterwards the body is looked up again. An entry is kept by the
 * body, or on its way between two owners, or the driver's, and each step is one hold of the lock:
 * so no entry is handed out twice. Totals in the driver's structure are counted by atomic
 * additions, outside the lock.
 */
#include "ex/exw.h"
#include "ex/lookaside.h"
#include "io/iop.h"
#include "ke/poison.h"
#include "mm/mmp.h"

#include <string.h>

#define EXW_KEPT_MAX 4u /* of Windows, of a list that it has not yet looked at */
#define EXW_DEPTH_MAX EX_MAXIMUM_LOOKASIDE_DEPTH_BASE
#define EXW_SIZE_MIN sizeof(SLIST_ENTRY *)
#define EXW_UNTRACKED 0x4B494F4Cu /* GENERAL_LOOKASIDE.Future[0] */
#define EXW_FILL_KEPT 0xDD
#define EXW_FILL_NEW 0xCD

struct EXW_LOOKASIDE {
    struct EXW_BODY Body;
    SIZE_T Size;
    LONG Used;        /* entries that the driver has */
    BOOLEAN FromPool; /* by the system's own two routines */
    ULONG Kept;
    PVOID Entries[EXW_KEPT_MAX];
};

/* Is it a list without a body, as there was no memory for one? If not, its caller hears so. */
static BOOLEAN ExwIsUntracked(const struct EXW_LOOKASIDE_CALL *Call)
{
    const GENERAL_LOOKASIDE_POOL *General = Call->List;
    if (General->Future[0] == EXW_UNTRACKED) {
        return TRUE;
    }
    ExwReportNoBody(Call->Function, Call->Kind, Call->List);
    return FALSE;
}

static VOID ExwCheckLookasideIrql(const struct EXW_LOOKASIDE_CALL *Call)
{
    ntcb_require_kernel(Call->Function);
    ntcb_check_irql(Call->Function, Call->Limit, "DV-26", 0);
}

static VOID ExwReportEntry(const struct EXW_LOOKASIDE_CALL *Call, PVOID Entry, const char *What,
                           const char *Fix)
{
    ntcb_report_f(
        &(struct ntcb_report){.severity = NTCB_VIOLATION,
                              .rule = "EX-LOOKASIDE",
                              .parameter = {(uintptr_t)Call->List, (uintptr_t)Entry},
                              .address = Call->Caller,
                              .on_windows = "two owners share one block sooner or later",
                              .fix = Fix},
        "%s: entry %p of the list %p %s", Call->Function, Entry, Call->List, What);
}

static VOID ExwReportWritten(const struct EXW_LOOKASIDE_CALL *Call, PVOID Entry)
{
    ExwReportEntry(Call, Entry, "was written to after it had been freed",
                   "use no pointer into an entry after freeing it");
}

static VOID ExwReportUsed(const struct EXW_LOOKASIDE_CALL *Call, const struct EXW_LOOKASIDE *Body)
{
    ntcb_report_f(
        &(struct ntcb_report){.severity = NTCB_VIOLATION,
                              .rule = "EX-LOOKASIDE",
                              .parameter = {(uintptr_t)Call->List, (uintptr_t)Body->Used},
                              .address = Call->Caller,
                              .on_windows = "the entries are lost, or are freed to a list that is "
                                            "no more",
                              .fix = "free every entry before the list is deleted"},
        "%s: %d entries of the list %p are still in use", Call->Function, (int)Body->Used,
        Call->List);
}

/* ---- allocating ---- */

/* Locked. The newest of what is kept, or NULL; *Written: it was written to meanwhile. */
static PVOID ExwTakeKept(struct EXW_LOOKASIDE *Body, const VOID *Caller, BOOLEAN *Written)
{
    *Written = FALSE;
    if (Body->Kept == 0) {
        return NULL;
    }
    PUCHAR Entry = Body->Entries[--Body->Kept];
    if (Body->FromPool) {
        NTSIM_UNPOISON(Entry, Body->Size);
        for (SIZE_T Index = 0; Index < Body->Size && !*Written; Index++) {
            *Written = Entry[Index] != EXW_FILL_KEPT;
        }
        memset(Entry, EXW_FILL_NEW, Body->Size);
        MmpOwnPool(Entry, Body->Size, Caller);
    }
    return Entry;
}

PVOID ExwAllocateEntry(const struct EXW_LOOKASIDE_CALL *Call)
{
    PGENERAL_LOOKASIDE_POOL General = Call->List;
    PVOID Entry = NULL;
    BOOLEAN Written = FALSE;
    ExwCheckLookasideIrql(Call);
    ExwLockBodies();
    struct EXW_LOOKASIDE *Body = ExwFindBody(Call->Kind, Call->List);
    if (Body != NULL) {
        Entry = ExwTakeKept(Body, Call->Caller, &Written);
        Body->Used += Entry != NULL ? 1 : 0;
    }
    ExwUnlockBodies();
    if (Body == NULL && !ExwIsUntracked(Call)) {
        return NULL;
    }
    if (Written) {
        ExwReportWritten(Call, Entry);
    }
    __atomic_add_fetch(&General->TotalAllocates, 1, __ATOMIC_RELAXED);
    if (Entry != NULL) {
        return Entry;
    }
    __atomic_add_fetch(&General->AllocateMisses, 1, __ATOMIC_RELAXED);
    Entry = ExwNewEntry(Call);
    if (Entry != NULL) {
        ExwLockBodies();
        Body = ExwFindBody(Call->Kind, Call->List);
        if (Body != NULL) {
            Body->Used++;
        }
        ExwUnlockBodies();
    }
    return Entry;
}

/* ---- freeing ---- */

enum EXW_FREED { ExwNoList, ExwTwice, ExwForeign, ExwKept, ExwToFree };

/* Locked. */
static enum EXW_FREED ExwKeep(struct EXW_LOOKASIDE *Body, PVOID Entry)
{
    for (ULONG Index = 0; Index < Body->Kept; Index++) {
        if (Body->Entries[Index] == Entry) {
            return ExwTwice;
        }
    }
    if (Body->Kept == EXW_KEPT_MAX) {
        Body->Used--;
        return ExwToFree;
    }
    if (Body->FromPool) {
        if (!MmpOwnPool(Entry, Body->Size, NULL)) {
            return ExwForeign;
        }
        memset(Entry, EXW_FILL_KEPT, Body->Size);
        NTSIM_POISON(Entry, Body->Size);
    }
    Body->Used--;
    Body->Entries[Body->Kept++] = Entry;
    return ExwKept;
}

VOID ExwFreeEntry(const struct EXW_LOOKASIDE_CALL *Call, PVOID Entry)
{
    PGENERAL_LOOKASIDE_POOL General = Call->List;
    ExwCheckLookasideIrql(Call);
    ExwLockBodies();
    struct EXW_LOOKASIDE *Body = ExwFindBody(Call->Kind, Call->List);
    SIZE_T Bytes = Body != NULL && Body->FromPool ? Body->Size : 0;
    ExwUnlockBodies();
    if (Bytes != 0) {
        IopCheckPoolFree(Entry, Bytes, Call->Caller);
    }
    ExwLockBodies();
    Body = ExwFindBody(Call->Kind, Call->List);
    enum EXW_FREED Freed = Body != NULL ? ExwKeep(Body, Entry) : ExwNoList;
    ExwUnlockBodies();
    if (Freed == ExwNoList) {
        if (ExwIsUntracked(Call)) {
            ExwOldEntry(Call, Entry);
        }
        return;
    }
    if (Freed == ExwTwice || Freed == ExwForeign) {
        ExwReportEntry(Call, Entry,
                       Freed == ExwTwice ? "was freed twice" : "was not allocated from it",
                       "free each entry once, to the list it came from");
        return;
    }
    __atomic_add_fetch(&General->TotalFrees, 1, __ATOMIC_RELAXED);
    if (Freed == ExwToFree) {
        __atomic_add_fetch(&General->FreeMisses, 1, __ATOMIC_RELAXED);
        ExwOldEntry(Call, Entry);
    }
}

/* ---- beginning and end ---- */

VOID ExwInitializeLookaside(const struct EXW_LOOKASIDE_CALL *Call,
                            const struct EXW_LOOKASIDE_SHAPE *Shape)
{
    PGENERAL_LOOKASIDE_POOL General = Call->List;
    ExwCheckLookasideIrql(Call);
    struct EXW_LOOKASIDE *Body = ntsim__allocate(sizeof(*Body));
    memset(General, 0, sizeof(*General));
    InitializeSListHead(&General->ListHead);
    InitializeListHead(&General->ListEntry);
    General->Depth = EXW_KEPT_MAX;
    General->MaximumDepth = EXW_DEPTH_MAX;
    General->Type = Shape->Type;
    General->Tag = Shape->Tag;
    General->Size = (ULONG)(Shape->Size > EXW_SIZE_MIN ? Shape->Size : EXW_SIZE_MIN);
    if (Body != NULL) {
        Body->Body = (struct EXW_BODY){
            .Object = Call->List, .Bytes = Shape->Bytes, .Kind = Call->Kind, .Owner = Call->Caller};
        Body->Size = General->Size;
        Body->FromPool = Shape->FromPool;
        if (!ExwAddBody(Call->Function, &Body->Body)) {
            ntsim__release(Body);
            Body = NULL;
        }
    }
    General->Future[0] = Body != NULL ? 0 : EXW_UNTRACKED;
}

/* Free what is kept; in Body, which nobody else has, or else in the list's body. */
static VOID ExwFreeKept(const struct EXW_LOOKASIDE_CALL *Call, struct EXW_LOOKASIDE *Body)
{
    PVOID Entry;
    do {
        BOOLEAN Written = FALSE;
        ExwLockBodies();
        struct EXW_LOOKASIDE *Found = Body != NULL ? Body : ExwFindBody(Call->Kind, Call->List);
        Entry = Found != NULL ? ExwTakeKept(Found, Call->Caller, &Written) : NULL;
        ExwUnlockBodies();
        if (Written) {
            ExwReportWritten(Call, Entry);
        }
        if (Entry != NULL) {
            ExwOldEntry(Call, Entry);
        }
    } while (Entry != NULL);
}

VOID ExwFlushLookaside(const struct EXW_LOOKASIDE_CALL *Call)
{
    ExwCheckLookasideIrql(Call);
    ExwLockBodies();
    BOOLEAN Found = ExwFindBody(Call->Kind, Call->List) != NULL;
    ExwUnlockBodies();
    if (Found) {
        ExwFreeKept(Call, NULL);
    } else {
        ExwIsUntracked(Call);
    }
}

VOID ExwDeleteLookaside(const struct EXW_LOOKASIDE_CALL *Call)
{
    PGENERAL_LOOKASIDE_POOL General = Call->List;
    ExwCheckLookasideIrql(Call);
    if (General->Future[0] == EXW_UNTRACKED) {
        General->Future[0] = 0;
        return;
    }
    struct EXW_LOOKASIDE *Body = ExwTakeBody(Call->Function, Call->Kind, Call->List);
    if (Body == NULL) {
        return;
    }
    if (Body->Used > 0) {
        ExwReportUsed(Call, Body);
    }
    ExwFreeKept(Call, Body);
    ntsim__release(Body);
}

VOID ExwFreeLookaside(PVOID Body)
{
    struct EXW_LOOKASIDE *Lookaside = Body;
    BOOLEAN Written;
    PVOID Entry;
    while ((Entry = ExwTakeKept(Lookaside, Lookaside->Body.Owner, &Written)) != NULL) {
        if (Lookaside->FromPool) {
            MmpFreePool(Entry, 0, Lookaside->Body.Owner);
        }
    }
    ntsim__release(Body);
}
