/* SPDX-License-Identifier: MIT
 *
 * avltable.c - generic tables as AVL trees.
 */
#include "rtl/avltree.h"
#include "rtl/rtlp_table.h"

#include <string.h>

struct RTLP_BALANCED_ELEMENT {
    RTL_BALANCED_LINKS Links; /* first: what NodeOrParent and RestartKey point to */
    ULONG_PTR Data[];
};
NTCB_STATIC_ASSERT(sizeof(struct RTLP_BALANCED_ELEMENT) == sizeof(RTL_BALANCED_LINKS));

static PVOID RtlpBalancedData(PRTL_BALANCED_LINKS Links)
{
    return Links != NULL ? CONTAINING_RECORD(Links, struct RTLP_BALANCED_ELEMENT, Links)->Data
                         : NULL;
}

static BOOLEAN RtlpCheckAvl(const char *Function, const RTL_AVL_TABLE *Table)
{
    const RTL_BALANCED_LINKS *Root = Table->BalancedRoot.RightChild;
    return RtlpCheckTable(Function, Table,
                          Table->BalancedRoot.Parent == &Table->BalancedRoot &&
                              Table->CompareRoutine != NULL &&
                              (Root == NULL || Root->Parent == &Table->BalancedRoot));
}

static VOID RtlpForgetBalancedOrder(PRTL_AVL_TABLE Table)
{
    Table->OrderedPointer = NULL;
    Table->WhichOrderedElement = 0;
}

static TABLE_SEARCH_RESULT RtlpFindBalanced(PRTL_AVL_TABLE Table, PVOID Buffer,
                                            PRTL_BALANCED_LINKS *NodeOrParent)
{
    TABLE_SEARCH_RESULT Result = TableEmptyTree;
    PRTL_BALANCED_LINKS Next = Table->BalancedRoot.RightChild;
    *NodeOrParent = NULL;
    while (Next != NULL) {
        *NodeOrParent = Next;
        switch (Table->CompareRoutine(Table, Buffer, RtlpBalancedData(Next))) {
        case GenericLessThan:
            Result = TableInsertAsLeft;
            Next = Next->LeftChild;
            break;
        case GenericGreaterThan:
            Result = TableInsertAsRight;
            Next = Next->RightChild;
            break;
        default:
            return TableFoundNode;
        }
    }
    return Result;
}

VOID NTAPI RtlInitializeGenericTableAvl(PRTL_AVL_TABLE Table,
                                        PRTL_AVL_COMPARE_ROUTINE CompareRoutine,
                                        PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine,
                                        PRTL_AVL_FREE_ROUTINE FreeRoutine, PVOID TableContext)
{
    *Table = (RTL_AVL_TABLE){.CompareRoutine = CompareRoutine,
                             .AllocateRoutine = AllocateRoutine,
                             .FreeRoutine = FreeRoutine,
                             .TableContext = TableContext};
    Table->BalancedRoot.Parent = &Table->BalancedRoot;
    RtlpCheckAvl(__func__, Table);
}

static PVOID RtlpInsertBalanced(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                PBOOLEAN NewElement, PRTL_BALANCED_LINKS At,
                                TABLE_SEARCH_RESULT Result)
{
    struct RTLP_BALANCED_ELEMENT *Element = NULL;
    if (NewElement != NULL) {
        *NewElement = FALSE;
    }
    if (Result == TableFoundNode) {
        return RtlpBalancedData(At);
    }
    if (BufferSize <= MAXULONG - sizeof(*Element)) {
        Element = Table->AllocateRoutine(Table, (CLONG)sizeof(*Element) + BufferSize);
    }
    if (Element == NULL) {
        return NULL;
    }
    RtlpLinkBalanced(Table, &Element->Links, At, Result);
    Table->NumberGenericTableElements++;
    RtlpForgetBalancedOrder(Table);
    memcpy(Element->Data, Buffer, BufferSize);
    if (NewElement != NULL) {
        *NewElement = TRUE;
    }
    return Element->Data;
}

PVOID NTAPI RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer,
                                                CLONG BufferSize, PBOOLEAN NewElement,
                                                PVOID NodeOrParent,
                                                TABLE_SEARCH_RESULT SearchResult)
{
    return RtlpCheckAvl(__func__, Table) ? RtlpInsertBalanced(Table, Buffer, BufferSize, NewElement,
                                                              NodeOrParent, SearchResult)
                                         : NULL;
}

PVOID NTAPI RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                            PBOOLEAN NewElement)
{
    PRTL_BALANCED_LINKS At;
    if (!RtlpCheckAvl(__func__, Table)) {
        return NULL;
    }
    TABLE_SEARCH_RESULT Result = RtlpFindBalanced(Table, Buffer, &At);
    return RtlpInsertBalanced(Table, Buffer, BufferSize, NewElement, At, Result);
}

static VOID RtlpDeleteBalanced(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Node)
{
    if (Table->RestartKey == Node) {
        Table->RestartKey = RtlpLastBalanced(Node);
    }
    RtlpUnlinkBalanced(Table, Node);
    Table->NumberGenericTableElements--;
    Table->DeleteCount++;
    RtlpForgetBalancedOrder(Table);
    Table->FreeRoutine(Table, Node);
}

BOOLEAN NTAPI RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer)
{
    PRTL_BALANCED_LINKS Node;
    if (!RtlpCheckAvl(__func__, Table) ||
        RtlpFindBalanced(Table, Buffer, &Node) != TableFoundNode) {
        return FALSE;
    }
    RtlpDeleteBalanced(Table, Node);
    return TRUE;
}

VOID NTAPI RtlDeleteElementGenericTableAvlEx(PRTL_AVL_TABLE Table, PVOID NodeOrParent)
{
    if (RtlpCheckAvl(__func__, Table)) {
        RtlpDeleteBalanced(Table, NodeOrParent);
    }
}

PVOID NTAPI RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer,
                                                PVOID *NodeOrParent,
                                                TABLE_SEARCH_RESULT *SearchResult)
{
    PRTL_BALANCED_LINKS Node = NULL;
    *SearchResult = TableEmptyTree;
    if (RtlpCheckAvl(__func__, Table)) {
        *SearchResult = RtlpFindBalanced(Table, Buffer, &Node);
    }
    *NodeOrParent = Node;
    return *SearchResult == TableFoundNode ? RtlpBalancedData(Node) : NULL;
}

PVOID NTAPI RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer)
{
    TABLE_SEARCH_RESULT Result;
    PVOID NodeOrParent;
    return RtlLookupElementGenericTableFullAvl(Table, Buffer, &NodeOrParent, &Result);
}

PVOID NTAPI RtlLookupFirstMatchingElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer,
                                                         PVOID *RestartKey)
{
    PRTL_BALANCED_LINKS Node, Before;
    *RestartKey = NULL;
    if (!RtlpCheckAvl(__func__, Table) ||
        RtlpFindBalanced(Table, Buffer, &Node) != TableFoundNode) {
        return NULL;
    }
    while ((Before = RtlpLastBalanced(Node)) != NULL &&
           Table->CompareRoutine(Table, Buffer, RtlpBalancedData(Before)) == GenericEqual) {
        Node = Before;
    }
    *RestartKey = Node;
    return RtlpBalancedData(Node);
}

PVOID NTAPI RtlGetElementGenericTableAvl(PRTL_AVL_TABLE Table, ULONG I)
{
    if (!RtlpCheckAvl(__func__, Table) || I >= Table->NumberGenericTableElements) {
        return NULL;
    }
    PRTL_BALANCED_LINKS Node = Table->OrderedPointer;
    ULONG At = Table->WhichOrderedElement; /* of Node; counts from 0 */
    if (Node == NULL || (At > I && I < At - I)) {
        Node = RtlpFirstBalanced(Table);
        At = 0;
    }
    for (; At < I; At++) {
        Node = RtlpNextBalanced(Node);
    }
    for (; At > I; At--) {
        Node = RtlpLastBalanced(Node);
    }
    Table->OrderedPointer = Node;
    Table->WhichOrderedElement = I;
    return RtlpBalancedData(Node);
}

PVOID NTAPI RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE Table, PVOID *RestartKey)
{
    if (!RtlpCheckAvl(__func__, Table)) {
        return NULL;
    }
    PRTL_BALANCED_LINKS Next =
        *RestartKey == NULL ? RtlpFirstBalanced(Table) : RtlpNextBalanced(*RestartKey);
    if (Next != NULL) {
        *RestartKey = Next;
    }
    return RtlpBalancedData(Next);
}

PVOID NTAPI RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE Table, BOOLEAN Restart)
{
    PVOID Key = Restart ? NULL : Table->RestartKey;
    PVOID Data = RtlEnumerateGenericTableWithoutSplayingAvl(Table, &Key);
    Table->RestartKey = Key;
    return Data;
}

/* Where an enumeration like a directory's begins. */
static PRTL_BALANCED_LINKS RtlpResume(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Key, PVOID Buffer,
                                      BOOLEAN Next)
{
    PRTL_BALANCED_LINKS Node = Key;
    if (Key == NULL) {
        switch (RtlpFindBalanced(Table, Buffer, &Node)) {
        case TableFoundNode:
            break;
        case TableInsertAsRight: /* Buffer would be behind Node */
            Next = TRUE;
            break;
        default: /* would be in front of Node, or there is none */
            Next = FALSE;
            break;
        }
    }
    return Next && Node != NULL ? RtlpNextBalanced(Node) : Node;
}

PVOID NTAPI RtlEnumerateGenericTableLikeADirectory(PRTL_AVL_TABLE Table,
                                                   PRTL_AVL_MATCH_FUNCTION MatchFunction,
                                                   PVOID MatchData, ULONG NextFlag,
                                                   PVOID *RestartKey, PULONG DeleteCount,
                                                   PVOID Buffer)
{
    if (!RtlpCheckAvl(__func__, Table)) {
        return NULL;
    }
    PRTL_BALANCED_LINKS Key = *DeleteCount == Table->DeleteCount ? *RestartKey : NULL;
    PRTL_BALANCED_LINKS Node = RtlpResume(Table, Key, Buffer, NextFlag != 0);
    for (; Node != NULL; Node = RtlpNextBalanced(Node)) {
        NTSTATUS Status = MatchFunction == NULL
                              ? STATUS_SUCCESS
                              : MatchFunction(Table, RtlpBalancedData(Node), MatchData);
        if (Status == STATUS_NO_MORE_MATCHES) {
            return NULL;
        }
        if (Status == STATUS_SUCCESS) {
            break;
        }
    }
    *RestartKey = Node;
    *DeleteCount = Table->DeleteCount;
    return RtlpBalancedData(Node);
}

ULONG NTAPI RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE Table)
{
    return RtlpCheckAvl(__func__, Table) ? Table->NumberGenericTableElements : 0;
}

BOOLEAN NTAPI RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE Table)
{
    return !RtlpCheckAvl(__func__, Table) || Table->NumberGenericTableElements == 0;
}
