/* SPDX-License-Identifier: MIT
 *
 * interlocked.c - lists under a spin lock of the caller's, at any IRQL.
 */
#include "ex/exw.h"

/* An interrupt's routine may take the lock too: interrupts are off while it is held. */
static KIRQL ExwLockList(PKSPIN_LOCK Lock)
{
    KIRQL Old = KfRaiseIrql(HIGH_LEVEL);

    KeAcquireSpinLockAtDpcLevel(Lock);
    return Old;
}

static VOID ExwUnlockList(PKSPIN_LOCK Lock, KIRQL Old)
{
    KeReleaseSpinLockFromDpcLevel(Lock);
    KeLowerIrql(Old);
}

/* Both return what was first, or last, before; NULL: the list was empty. */
PLIST_ENTRY NTAPI ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                              PKSPIN_LOCK Lock)
{
    KIRQL Old = ExwLockList(Lock);
    PLIST_ENTRY First = ListHead->Flink;

    InsertHeadList(ListHead, ListEntry);
    ExwUnlockList(Lock, Old);
    return First == ListHead ? NULL : First;
}

PLIST_ENTRY NTAPI ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                              PKSPIN_LOCK Lock)
{
    KIRQL Old = ExwLockList(Lock);
    PLIST_ENTRY Last = ListHead->Blink;

    InsertTailList(ListHead, ListEntry);
    ExwUnlockList(Lock, Old);
    return Last == ListHead ? NULL : Last;
}

PLIST_ENTRY NTAPI ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    KIRQL Old = ExwLockList(Lock);
    PLIST_ENTRY Removed = IsListEmpty(ListHead) ? NULL : RemoveHeadList(ListHead);

    ExwUnlockList(Lock, Old);
    return Removed;
}
