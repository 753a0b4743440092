/* SPDX-License-Identifier: MIT
 *
 * slist.c - sequenced singly linked lists: stacks that many threads push on and pop from.
 *
 * Windows exchanges the header's two words at once, and reads an entry that another thread may have
 * popped and freed meanwhile. Here a header's operations exclude one another: by one of a few
 * locks, which the header's address chooses. So
 *   S1  an entry is touched only while it is in the list, and by who holds the header's lock;
 *   S2  what a thread wrote to an entry before it pushed it is seen by the thread that pops it;
 *   S3  a header may be freed by whoever knows that no call is in progress.
 * The locks are leaves: no routine of anybody's is called while one is held.
 */
#include "ex/exw.h"
#include "ex/body.h"

/* ---- the header; locked ---- */

#if UINTPTR_MAX > 0xFFFFFFFFU
static PSLIST_ENTRY ExwFirst(const SLIST_HEADER *ListHead)
{
    return (PSLIST_ENTRY)(ULONG_PTR)(ListHead->Region & ~(ULONGLONG)15);
}

static ULONG ExwDepth(const SLIST_HEADER *ListHead)
{
    return ListHead->HeaderX64.Depth;
}

static VOID ExwSet(PSLIST_HEADER ListHead, PSLIST_ENTRY First, ULONG Depth)
{
    ListHead->Region = (ULONG_PTR)First;
    ListHead->HeaderX64.Depth = (USHORT)Depth;
    ListHead->HeaderX64.Sequence++;
}
#else
static PSLIST_ENTRY ExwFirst(const SLIST_HEADER *ListHead)
{
    return ListHead->Next.Next;
}

static ULONG ExwDepth(const SLIST_HEADER *ListHead)
{
    return ListHead->Depth;
}

static VOID ExwSet(PSLIST_HEADER ListHead, PSLIST_ENTRY First, ULONG Depth)
{
    ListHead->Next.Next = First;
    ListHead->Depth = (USHORT)Depth;
}
#endif

static struct ntsim__lock *ExwLockOf(const char *Function, const SLIST_HEADER *ListHead)
{
    ntcb_require_kernel(Function);
    return ExwState()->ListLocks[(ULONG_PTR)ListHead / sizeof(*ListHead) % EXW_LIST_LOCKS];
}

static VOID ExwReportList(const char *Function, const VOID *Where, const char *What,
                          const char *Fix)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_VIOLATION,
                                        .rule = "EX-SLIST",
                                        .parameter = {(uintptr_t)Where},
                                        .on_windows = "the list is broken: it leads to memory that "
                                                      "is none of its entries, or round and round",
                                        .fix = Fix},
                  "%s: %s %p", Function, What, Where);
}

static BOOLEAN ExwAligned(const char *Function, const VOID *Address)
{
    if ((ULONG_PTR)Address % MEMORY_ALLOCATION_ALIGNMENT == 0) {
        return TRUE;
    }
    ExwReportList(Function, Address, "not aligned as it has to be:",
                  "align headers and entries to MEMORY_ALLOCATION_ALIGNMENT: pool is, and so is "
                  "what contains them, unless it is packed");
    return FALSE;
}

/* ---- what drivers call ---- */

VOID NTAPI InitializeSListHead(PSLIST_HEADER SListHead)
{
    if (ExwAligned(__func__, SListHead)) {
        *SListHead = (SLIST_HEADER){.Alignment = 0};
    }
}

/* Locked: is Entry in the list? Asked by NTCB_SWITCH_LINT alone: it takes long. */
static BOOLEAN ExwIsListed(const SLIST_HEADER *ListHead, const SLIST_ENTRY *Entry)
{
    const SLIST_ENTRY *At = ExwFirst(ListHead);
    for (ULONG Left = ExwDepth(ListHead); Left != 0 && At != NULL; Left--) {
        if (At == Entry) {
            return TRUE;
        }
        At = At->Next;
    }
    return FALSE;
}

PSLIST_ENTRY NTAPI ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry)
{
    struct ntsim__lock *Lock = ExwLockOf(__func__, ListHead);
    BOOLEAN Lint = (ntcb_kernel_config(ntcb_kernel_current())->switches & NTCB_SWITCH_LINT) != 0;
    if (!ExwAligned(__func__, ListHead) || !ExwAligned(__func__, ListEntry)) {
        return NULL;
    }
    ntsim__lock(Lock);
    PSLIST_ENTRY Old = ExwFirst(ListHead);
    BOOLEAN Listed = Old == ListEntry || (Lint && ExwIsListed(ListHead, ListEntry));
    if (!Listed) {
        ListEntry->Next = Old;
        ExwSet(ListHead, ListEntry, ExwDepth(ListHead) + 1);
    }
    ntsim__unlock(Lock);
    if (Listed) {
        ExwReportList(__func__, ListEntry, "is in the list already:",
                      "push an entry once, and again only when it was popped");
    }
    return Old;
}

PSLIST_ENTRY NTAPI ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead)
{
    struct ntsim__lock *Lock = ExwLockOf(__func__, ListHead);
    if (!ExwAligned(__func__, ListHead)) {
        return NULL;
    }
    ntsim__lock(Lock);
    PSLIST_ENTRY Entry = ExwFirst(ListHead);
    if (Entry != NULL) {
        ExwSet(ListHead, Entry->Next, ExwDepth(ListHead) - 1);
    }
    ntsim__unlock(Lock);
    return Entry;
}

PSLIST_ENTRY NTAPI ExpInterlockedFlushSList(PSLIST_HEADER ListHead)
{
    struct ntsim__lock *Lock = ExwLockOf(__func__, ListHead);
    if (!ExwAligned(__func__, ListHead)) {
        return NULL;
    }
    ntsim__lock(Lock);
    PSLIST_ENTRY Entry = ExwFirst(ListHead);
    ExwSet(ListHead, NULL, 0);
    ntsim__unlock(Lock);
    return Entry;
}

PSLIST_ENTRY NTAPI FirstEntrySList(const SLIST_HEADER *SListHead)
{
    struct ntsim__lock *Lock = ExwLockOf(__func__, SListHead);
    if (!ExwAligned(__func__, SListHead)) {
        return NULL;
    }
    ntsim__lock(Lock);
    PSLIST_ENTRY Entry = ExwFirst(SListHead);
    ntsim__unlock(Lock);
    return Entry;
}

USHORT NTAPI ExQueryDepthSList(PSLIST_HEADER SListHead)
{
    struct ntsim__lock *Lock = ExwLockOf(__func__, SListHead);
    if (!ExwAligned(__func__, SListHead)) {
        return 0;
    }
    ntsim__lock(Lock);
    ULONG Depth = ExwDepth(SListHead);
    ntsim__unlock(Lock);
    return (USHORT)Depth;
}

/* ---- beginning and end ---- */

BOOLEAN ExwMakeLocks(struct EXW_STATE *State)
{
    struct ntsim *Sim = ntsim_current();
    State->BodyLock = ntsim__lock_create(Sim);
    BOOLEAN Good = State->BodyLock != NULL;
    for (ULONG Index = 0; Index < EXW_LIST_LOCKS && Good; Index++) {
        State->ListLocks[Index] = ntsim__lock_create(Sim);
        Good = State->ListLocks[Index] != NULL;
    }
    return Good;
}

VOID ExwDestroyLocks(struct EXW_STATE *State)
{
    struct ntsim *Sim = ntsim_current();
    HASH_CLEAR(hh, State->Bodies);
    for (ULONG Index = 0; Index < EXW_LIST_LOCKS; Index++) {
        ntsim__lock_destroy(Sim, State->ListLocks[Index]);
    }
    ntsim__lock_destroy(Sim, State->BodyLock);
}
