/* SPDX-License-Identifier: MIT */
/*
 * wdm_lookaside.h - sequenced singly linked lists, and look-aside lists.
 *
 * Notes   Misuse is reported: EX-SLIST, EX-LOOKASIDE. A look-aside list is deleted before its
 *         memory is freed and before the driver is unloaded, each entry is freed before that.
 */
#ifndef NTCB_WDM_LOOKASIDE_H
#define NTCB_WDM_LOOKASIDE_H

#include "wdm_ex.h"

NTCB_DDK_BEGIN_DECLS

/* SLISTs: a stack, without a lock of the caller's. Headers and entries are aligned to
 * MEMORY_ALLOCATION_ALIGNMENT. Push returns the entry that was first, or NULL; pop the entry that
 * was first, or NULL; flush all of them, linked by Next. Any IRQL. */
NTKERNELAPI VOID NTAPI InitializeSListHead(_Out_ PSLIST_HEADER SListHead);
NTKERNELAPI PSLIST_ENTRY NTAPI ExpInterlockedPushEntrySList(_Inout_ PSLIST_HEADER ListHead,
                                                            _Inout_ PSLIST_ENTRY ListEntry);
NTKERNELAPI PSLIST_ENTRY NTAPI ExpInterlockedPopEntrySList(_Inout_ PSLIST_HEADER ListHead);
NTKERNELAPI PSLIST_ENTRY NTAPI ExpInterlockedFlushSList(_Inout_ PSLIST_HEADER ListHead);
/* The entry that is first now, which another thread may pop at once. */
NTKERNELAPI PSLIST_ENTRY NTAPI FirstEntrySList(_In_ const SLIST_HEADER *SListHead);
/* How many entries there are now, modulo 65536. */
NTKERNELAPI USHORT NTAPI ExQueryDepthSList(_In_ PSLIST_HEADER SListHead);
#define ExInitializeSListHead InitializeSListHead
/* The spin lock is of a time when there was one. */
#define ExInterlockedPopEntrySList(Head, Lock) ExpInterlockedPopEntrySList(Head)
#define ExInterlockedPushEntrySList(Head, Entry, Lock) ExpInterlockedPushEntrySList((Head), (Entry))
#define ExInterlockedFlushSList(Head) ExpInterlockedFlushSList(Head)
#define InterlockedPopEntrySList(Head) ExpInterlockedPopEntrySList(Head)
#define InterlockedPushEntrySList(Head, Entry) ExpInterlockedPushEntrySList((Head), (Entry))
#define InterlockedFlushSList(Head) ExpInterlockedFlushSList(Head)
#define QueryDepthSList(Head) ExQueryDepthSList(Head)

/* Look-aside lists: Size bytes an entry. Allocate and Free are called when the list is empty or
 * full; NULL: pool of the list's type, with Tag. Depth is reserved, 0. Allocating returns NULL when
 * there is no memory; POOL_RAISE_IF_ALLOCATION_FAILURE (Flags) raises instead. What is in an entry
 * that comes from the list is not defined. Deleting frees the entries that are in the list. */
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI VOID NTAPI
    ExInitializeNPagedLookasideList(_Out_ PNPAGED_LOOKASIDE_LIST Lookaside,
                                    _In_opt_ PALLOCATE_FUNCTION Allocate,
                                    _In_opt_ PFREE_FUNCTION Free, _In_ ULONG Flags,
                                    _In_ SIZE_T Size, _In_ ULONG Tag, _In_ USHORT Depth);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI VOID NTAPI
    ExDeleteNPagedLookasideList(_Inout_ PNPAGED_LOOKASIDE_LIST Lookaside);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI PVOID NTAPI
    ExAllocateFromNPagedLookasideList(_Inout_ PNPAGED_LOOKASIDE_LIST Lookaside);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI VOID NTAPI
    ExFreeToNPagedLookasideList(_Inout_ PNPAGED_LOOKASIDE_LIST Lookaside, _In_ PVOID Entry);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID NTAPI
    ExInitializePagedLookasideList(_Out_ PPAGED_LOOKASIDE_LIST Lookaside,
                                   _In_opt_ PALLOCATE_FUNCTION Allocate,
                                   _In_opt_ PFREE_FUNCTION Free, _In_ ULONG Flags, _In_ SIZE_T Size,
                                   _In_ ULONG Tag, _In_ USHORT Depth);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID NTAPI
    ExDeletePagedLookasideList(_Inout_ PPAGED_LOOKASIDE_LIST Lookaside);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI PVOID NTAPI
    ExAllocateFromPagedLookasideList(_Inout_ PPAGED_LOOKASIDE_LIST Lookaside);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID NTAPI
    ExFreeToPagedLookasideList(_Inout_ PPAGED_LOOKASIDE_LIST Lookaside, _In_ PVOID Entry);

/* The same of either kind of pool, with routines that are given the list. Flags: one of
 * EX_LOOKASIDE_LIST_EX_FLAGS_*, or 0.
 * Returns  STATUS_SUCCESS
 *          STATUS_INVALID_PARAMETER_4   PoolType is no pool for such a list
 *          STATUS_INVALID_PARAMETER_5   Flags */
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    ExInitializeLookasideListEx(_Out_ PLOOKASIDE_LIST_EX Lookaside,
                                _In_opt_ PALLOCATE_FUNCTION_EX Allocate,
                                _In_opt_ PFREE_FUNCTION_EX Free, _In_ POOL_TYPE PoolType,
                                _In_ ULONG Flags, _In_ SIZE_T Size, _In_ ULONG Tag,
                                _In_ USHORT Depth);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI VOID NTAPI
    ExDeleteLookasideListEx(_Inout_ PLOOKASIDE_LIST_EX Lookaside);
/* Free what is in the list. */
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI VOID NTAPI
    ExFlushLookasideListEx(_Inout_ PLOOKASIDE_LIST_EX Lookaside);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI PVOID NTAPI
    ExAllocateFromLookasideListEx(_Inout_ PLOOKASIDE_LIST_EX Lookaside);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI VOID NTAPI
    ExFreeToLookasideListEx(_Inout_ PLOOKASIDE_LIST_EX Lookaside, _In_ PVOID Entry);

NTCB_DDK_END_DECLS

#endif
