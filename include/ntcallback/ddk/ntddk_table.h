/* SPDX-License-Identifier: MIT */
/*
 * ntddk_table.h - splay links, and generic tables as splay and as AVL trees.
 *
 * Locks   None: who calls a routine of a table, lookups and enumeration of a splay table included,
 *         keeps all others out of it.
 * Notes   An element's memory begins with the table's own header (sizeof(RTL_SPLAY_LINKS) +
 *         sizeof(LIST_ENTRY), or sizeof(RTL_BALANCED_LINKS)): AllocateRoutine is asked for both
 *         together, FreeRoutine is given the header's address, every other pointer is the
 *         caller's data behind it. A table is not moved or copied once it is initialised.
 *         A table that was never initialised, or is a copy, is reported as RTL-TABLE, and is
 *         treated as an empty one that takes no elements.
 * IRQL    <= DISPATCH_LEVEL, if the elements and the three routines are not pageable.
 */
#ifndef NTCB_NTDDK_TABLE_H
#define NTCB_NTDDK_TABLE_H

#include "ntddk_rtl.h"

NTCB_DDK_BEGIN_DECLS

/* ---- splay links: a root is its own parent ---- */
#define RtlInitializeSplayLinks(Links)          \
    {                                           \
        PRTL_SPLAY_LINKS _SplayLinks = (Links); \
        _SplayLinks->Parent = _SplayLinks;      \
        _SplayLinks->LeftChild = (PVOID)NULL;   \
        _SplayLinks->RightChild = (PVOID)NULL;  \
    }
#define RtlParent(Links) ((PRTL_SPLAY_LINKS)(Links)->Parent)
#define RtlLeftChild(Links) ((PRTL_SPLAY_LINKS)(Links)->LeftChild)
#define RtlRightChild(Links) ((PRTL_SPLAY_LINKS)(Links)->RightChild)
#define RtlIsRoot(Links) ((RtlParent(Links) == (PRTL_SPLAY_LINKS)(Links)))
#define RtlIsLeftChild(Links) ((RtlLeftChild(RtlParent(Links)) == (PRTL_SPLAY_LINKS)(Links)))
#define RtlIsRightChild(Links) ((RtlRightChild(RtlParent(Links)) == (PRTL_SPLAY_LINKS)(Links)))
#define RtlInsertAsLeftChild(ParentLinks, ChildLinks)  \
    {                                                  \
        PRTL_SPLAY_LINKS _SplayParent = (ParentLinks); \
        PRTL_SPLAY_LINKS _SplayChild = (ChildLinks);   \
        _SplayParent->LeftChild = _SplayChild;         \
        _SplayChild->Parent = _SplayParent;            \
    }
#define RtlInsertAsRightChild(ParentLinks, ChildLinks) \
    {                                                  \
        PRTL_SPLAY_LINKS _SplayParent = (ParentLinks); \
        PRTL_SPLAY_LINKS _SplayChild = (ChildLinks);   \
        _SplayParent->RightChild = _SplayChild;        \
        _SplayChild->Parent = _SplayParent;            \
    }

/* Make Links the root by rotations, which keep the order. Returns it. */
NTSYSAPI PRTL_SPLAY_LINKS NTAPI RtlSplay(_Inout_ PRTL_SPLAY_LINKS Links);
/* Take Links out. Returns the new root, NULL when it was the last; RtlDelete splays what was above
 * it, RtlDeleteNoSplay leaves the rest as it is and keeps *Root. */
NTSYSAPI PRTL_SPLAY_LINKS NTAPI RtlDelete(_In_ PRTL_SPLAY_LINKS Links);
NTSYSAPI VOID NTAPI RtlDeleteNoSplay(_In_ PRTL_SPLAY_LINKS Links, _Inout_ PRTL_SPLAY_LINKS *Root);
/* The next and the last in order, in the subtree below Links or in the whole tree; NULL: none. */
NTSYSAPI PRTL_SPLAY_LINKS NTAPI RtlSubtreeSuccessor(_In_ PRTL_SPLAY_LINKS Links);
NTSYSAPI PRTL_SPLAY_LINKS NTAPI RtlSubtreePredecessor(_In_ PRTL_SPLAY_LINKS Links);
NTSYSAPI PRTL_SPLAY_LINKS NTAPI RtlRealSuccessor(_In_ PRTL_SPLAY_LINKS Links);
NTSYSAPI PRTL_SPLAY_LINKS NTAPI RtlRealPredecessor(_In_ PRTL_SPLAY_LINKS Links);

/* ---- splay tables ---- */
NTSYSAPI VOID NTAPI RtlInitializeGenericTable(_Out_ PRTL_GENERIC_TABLE Table,
                                              _In_ PRTL_GENERIC_COMPARE_ROUTINE CompareRoutine,
                                              _In_ PRTL_GENERIC_ALLOCATE_ROUTINE AllocateRoutine,
                                              _In_ PRTL_GENERIC_FREE_ROUTINE FreeRoutine,
                                              _In_opt_ PVOID TableContext);
/* A copy of BufferSize bytes of Buffer, or the element that is equal to it, which is left as it is.
 * NULL: AllocateRoutine had no memory. *NewElement: the copy was made. */
NTSYSAPI PVOID NTAPI RtlInsertElementGenericTable(_In_ PRTL_GENERIC_TABLE Table,
                                                  _In_reads_bytes_(BufferSize) PVOID Buffer,
                                                  _In_ CLONG BufferSize,
                                                  _Out_opt_ PBOOLEAN NewElement);
/* The same where a lookup has already been: RtlLookupElementGenericTableFull gives the last two. */
NTSYSAPI PVOID NTAPI RtlInsertElementGenericTableFull(
    _In_ PRTL_GENERIC_TABLE Table, _In_reads_bytes_(BufferSize) PVOID Buffer, _In_ CLONG BufferSize,
    _Out_opt_ PBOOLEAN NewElement, _In_ PVOID NodeOrParent, _In_ TABLE_SEARCH_RESULT SearchResult);
/* TRUE: the element that is equal to Buffer was freed. FALSE: there is none. */
NTSYSAPI BOOLEAN NTAPI RtlDeleteElementGenericTable(_In_ PRTL_GENERIC_TABLE Table,
                                                    _In_ PVOID Buffer);
/* The element that is equal to Buffer, or NULL. */
NTSYSAPI PVOID NTAPI RtlLookupElementGenericTable(_In_ PRTL_GENERIC_TABLE Table, _In_ PVOID Buffer);
NTSYSAPI PVOID NTAPI RtlLookupElementGenericTableFull(_In_ PRTL_GENERIC_TABLE Table,
                                                      _In_ PVOID Buffer, _Out_ PVOID *NodeOrParent,
                                                      _Out_ TABLE_SEARCH_RESULT *SearchResult);
/* The I-th element (from 0) in the order of insertion; NULL: there are not so many. */
NTSYSAPI PVOID NTAPI RtlGetElementGenericTable(_In_ PRTL_GENERIC_TABLE Table, _In_ ULONG I);
/* In key order: Restart TRUE the first element, FALSE the one behind the last that was touched, be
 * it by a lookup. NULL: there is no more. */
NTSYSAPI PVOID NTAPI RtlEnumerateGenericTable(_In_ PRTL_GENERIC_TABLE Table, _In_ BOOLEAN Restart);
/* In key order: *RestartKey NULL begins, and then keeps the place; it is not to be an element that
 * was deleted. NULL: there is no more. Changes nothing in the table. */
NTSYSAPI PVOID NTAPI RtlEnumerateGenericTableWithoutSplaying(_In_ PRTL_GENERIC_TABLE Table,
                                                             _Inout_ PVOID *RestartKey);
NTSYSAPI ULONG NTAPI RtlNumberGenericTableElements(_In_ PRTL_GENERIC_TABLE Table);
NTSYSAPI BOOLEAN NTAPI RtlIsGenericTableEmpty(_In_ PRTL_GENERIC_TABLE Table);

/* ---- AVL tables: as above, but elements are counted in key order, lookups change nothing ---- */
NTSYSAPI VOID NTAPI RtlInitializeGenericTableAvl(_Out_ PRTL_AVL_TABLE Table,
                                                 _In_ PRTL_AVL_COMPARE_ROUTINE CompareRoutine,
                                                 _In_ PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine,
                                                 _In_ PRTL_AVL_FREE_ROUTINE FreeRoutine,
                                                 _In_opt_ PVOID TableContext);
NTSYSAPI PVOID NTAPI RtlInsertElementGenericTableAvl(_In_ PRTL_AVL_TABLE Table,
                                                     _In_reads_bytes_(BufferSize) PVOID Buffer,
                                                     _In_ CLONG BufferSize,
                                                     _Out_opt_ PBOOLEAN NewElement);
NTSYSAPI PVOID NTAPI RtlInsertElementGenericTableFullAvl(
    _In_ PRTL_AVL_TABLE Table, _In_reads_bytes_(BufferSize) PVOID Buffer, _In_ CLONG BufferSize,
    _Out_opt_ PBOOLEAN NewElement, _In_ PVOID NodeOrParent, _In_ TABLE_SEARCH_RESULT SearchResult);
NTSYSAPI BOOLEAN NTAPI RtlDeleteElementGenericTableAvl(_In_ PRTL_AVL_TABLE Table,
                                                       _In_ PVOID Buffer);
/* Take out the element whose header is NodeOrParent, which RtlLookupElementGenericTableFullAvl
 * found, and free it. */
NTSYSAPI VOID NTAPI RtlDeleteElementGenericTableAvlEx(_In_ PRTL_AVL_TABLE Table,
                                                      _In_ PVOID NodeOrParent);
NTSYSAPI PVOID NTAPI RtlLookupElementGenericTableAvl(_In_ PRTL_AVL_TABLE Table, _In_ PVOID Buffer);
NTSYSAPI PVOID NTAPI RtlLookupElementGenericTableFullAvl(_In_ PRTL_AVL_TABLE Table,
                                                         _In_ PVOID Buffer,
                                                         _Out_ PVOID *NodeOrParent,
                                                         _Out_ TABLE_SEARCH_RESULT *SearchResult);
/* Of several elements that CompareRoutine calls equal to Buffer, the first in key order;
 * *RestartKey is where to go on by RtlEnumerateGenericTableWithoutSplayingAvl. */
NTSYSAPI PVOID NTAPI RtlLookupFirstMatchingElementGenericTableAvl(_In_ PRTL_AVL_TABLE Table,
                                                                  _In_ PVOID Buffer,
                                                                  _Out_ PVOID *RestartKey);
NTSYSAPI PVOID NTAPI RtlGetElementGenericTableAvl(_In_ PRTL_AVL_TABLE Table, _In_ ULONG I);
/* Elements may be deleted meanwhile: the place goes back to the one before. */
NTSYSAPI PVOID NTAPI RtlEnumerateGenericTableAvl(_In_ PRTL_AVL_TABLE Table, _In_ BOOLEAN Restart);
NTSYSAPI PVOID NTAPI RtlEnumerateGenericTableWithoutSplayingAvl(_In_ PRTL_AVL_TABLE Table,
                                                                _Inout_ PVOID *RestartKey);
/* The next element that MatchFunction accepts (STATUS_SUCCESS; STATUS_NO_MATCH: go on;
 * STATUS_NO_MORE_MATCHES: stop, NULL). The search begins behind *RestartKey, or with it unless
 * NextFlag; if *RestartKey is NULL, or an element was deleted since (*DeleteCount), where the
 * element equal to Buffer is or would be. Both are updated. */
NTSYSAPI PVOID NTAPI RtlEnumerateGenericTableLikeADirectory(
    _In_ PRTL_AVL_TABLE Table, _In_opt_ PRTL_AVL_MATCH_FUNCTION MatchFunction,
    _In_opt_ PVOID MatchData, _In_ ULONG NextFlag, _Inout_ PVOID *RestartKey,
    _Inout_ PULONG DeleteCount, _In_ PVOID Buffer);
NTSYSAPI ULONG NTAPI RtlNumberGenericTableElementsAvl(_In_ PRTL_AVL_TABLE Table);
NTSYSAPI BOOLEAN NTAPI RtlIsGenericTableEmptyAvl(_In_ PRTL_AVL_TABLE Table);

NTCB_DDK_END_DECLS

/* A driver that defines this before it includes any header means AVL tables by the plain names. */
#ifdef RTL_USE_AVL_TABLES
#define RTL_GENERIC_COMPARE_ROUTINE RTL_AVL_COMPARE_ROUTINE
#define PRTL_GENERIC_COMPARE_ROUTINE PRTL_AVL_COMPARE_ROUTINE
#define RTL_GENERIC_ALLOCATE_ROUTINE RTL_AVL_ALLOCATE_ROUTINE
#define PRTL_GENERIC_ALLOCATE_ROUTINE PRTL_AVL_ALLOCATE_ROUTINE
#define RTL_GENERIC_FREE_ROUTINE RTL_AVL_FREE_ROUTINE
#define PRTL_GENERIC_FREE_ROUTINE PRTL_AVL_FREE_ROUTINE
#define RTL_GENERIC_TABLE RTL_AVL_TABLE
#define PRTL_GENERIC_TABLE PRTL_AVL_TABLE
#define RtlInitializeGenericTable RtlInitializeGenericTableAvl
#define RtlInsertElementGenericTable RtlInsertElementGenericTableAvl
#define RtlInsertElementGenericTableFull RtlInsertElementGenericTableFullAvl
#define RtlDeleteElementGenericTable RtlDeleteElementGenericTableAvl
#define RtlLookupElementGenericTable RtlLookupElementGenericTableAvl
#define RtlLookupElementGenericTableFull RtlLookupElementGenericTableFullAvl
#define RtlEnumerateGenericTable RtlEnumerateGenericTableAvl
#define RtlEnumerateGenericTableWithoutSplaying RtlEnumerateGenericTableWithoutSplayingAvl
#define RtlGetElementGenericTable RtlGetElementGenericTableAvl
#define RtlNumberGenericTableElements RtlNumberGenericTableElementsAvl
#define RtlIsGenericTableEmpty RtlIsGenericTableEmptyAvl
#endif

#endif
