/* SPDX-License-Identifier: MIT
 *
 * generictable.c - generic tables as splay trees.
 */
#include "rtl/rtlp_table.h"

#include <string.h>

struct RTLP_ELEMENT {
    RTL_SPLAY_LINKS Links; /* first: what NodeOrParent and RestartKey point to */
    LIST_ENTRY Order;      /* RTL_GENERIC_TABLE.InsertOrderList */
    ULONG_PTR Data[];
};
NTCB_STATIC_ASSERT(sizeof(struct RTLP_ELEMENT) == sizeof(RTL_SPLAY_LINKS) + sizeof(LIST_ENTRY));

static struct RTLP_ELEMENT *RtlpElement(PRTL_SPLAY_LINKS Links)
{
    return CONTAINING_RECORD(Links, struct RTLP_ELEMENT, Links);
}

static PVOID RtlpData(PRTL_SPLAY_LINKS Links)
{
    return Links != NULL ? RtlpElement(Links)->Data : NULL;
}

static BOOLEAN RtlpCheckGeneric(const char *Function, const RTL_GENERIC_TABLE *Table)
{
    const LIST_ENTRY *First = Table->InsertOrderList.Flink;
    return RtlpCheckTable(Function, Table,
                          First != NULL && Table->CompareRoutine != NULL &&
                              First->Blink == &Table->InsertOrderList);
}

static VOID RtlpForgetOrder(PRTL_GENERIC_TABLE Table)
{
    Table->OrderedPointer = &Table->InsertOrderList;
    Table->WhichOrderedElement = 0;
}

static TABLE_SEARCH_RESULT RtlpFind(PRTL_GENERIC_TABLE Table, PVOID Buffer,
                                    PRTL_SPLAY_LINKS *NodeOrParent)
{
    TABLE_SEARCH_RESULT Result = TableEmptyTree;
    PRTL_SPLAY_LINKS Next = Table->TableRoot;
    *NodeOrParent = NULL;
    while (Next != NULL) {
        *NodeOrParent = Next;
        switch (Table->CompareRoutine(Table, Buffer, RtlpElement(Next)->Data)) {
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

VOID NTAPI RtlInitializeGenericTable(PRTL_GENERIC_TABLE Table,
                                     PRTL_GENERIC_COMPARE_ROUTINE CompareRoutine,
                                     PRTL_GENERIC_ALLOCATE_ROUTINE AllocateRoutine,
                                     PRTL_GENERIC_FREE_ROUTINE FreeRoutine, PVOID TableContext)
{
    *Table = (RTL_GENERIC_TABLE){.CompareRoutine = CompareRoutine,
                                 .AllocateRoutine = AllocateRoutine,
                                 .FreeRoutine = FreeRoutine,
                                 .TableContext = TableContext};
    InitializeListHead(&Table->InsertOrderList);
    RtlpForgetOrder(Table);
    RtlpCheckGeneric(__func__, Table);
}

static struct RTLP_ELEMENT *RtlpNewElement(PRTL_GENERIC_TABLE Table, const VOID *Buffer,
                                           CLONG BufferSize)
{
    struct RTLP_ELEMENT *Element;
    if (BufferSize > MAXULONG - sizeof(*Element)) {
        return NULL;
    }
    Element = Table->AllocateRoutine(Table, (CLONG)sizeof(*Element) + BufferSize);
    if (Element != NULL) {
        RtlInitializeSplayLinks(&Element->Links);
        InsertTailList(&Table->InsertOrderList, &Element->Order);
        Table->NumberGenericTableElements++;
        memcpy(Element->Data, Buffer, BufferSize);
    }
    return Element;
}

static PVOID RtlpInsert(PRTL_GENERIC_TABLE Table, PVOID Buffer, CLONG BufferSize,
                        PBOOLEAN NewElement, PRTL_SPLAY_LINKS At, TABLE_SEARCH_RESULT Result)
{
    BOOLEAN New = Result != TableFoundNode;
    PRTL_SPLAY_LINKS Links = At;
    if (New) {
        struct RTLP_ELEMENT *Element = RtlpNewElement(Table, Buffer, BufferSize);
        if (Element == NULL) {
            if (NewElement != NULL) {
                *NewElement = FALSE;
            }
            return NULL;
        }
        Links = &Element->Links;
        if (Result == TableInsertAsLeft) {
            RtlInsertAsLeftChild(At, Links);
        } else if (Result == TableInsertAsRight) {
            RtlInsertAsRightChild(At, Links);
        }
    }
    Table->TableRoot = RtlSplay(Links);
    if (NewElement != NULL) {
        *NewElement = New;
    }
    return RtlpData(Links);
}

PVOID NTAPI RtlInsertElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer,
                                             CLONG BufferSize, PBOOLEAN NewElement,
                                             PVOID NodeOrParent, TABLE_SEARCH_RESULT SearchResult)
{
    return RtlpCheckGeneric(__func__, Table)
               ? RtlpInsert(Table, Buffer, BufferSize, NewElement, NodeOrParent, SearchResult)
               : NULL;
}

PVOID NTAPI RtlInsertElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                         PBOOLEAN NewElement)
{
    PRTL_SPLAY_LINKS At;
    if (!RtlpCheckGeneric(__func__, Table)) {
        return NULL;
    }
    TABLE_SEARCH_RESULT Result = RtlpFind(Table, Buffer, &At);
    return RtlpInsert(Table, Buffer, BufferSize, NewElement, At, Result);
}

BOOLEAN NTAPI RtlDeleteElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer)
{
    PRTL_SPLAY_LINKS Links;
    if (!RtlpCheckGeneric(__func__, Table) || RtlpFind(Table, Buffer, &Links) != TableFoundNode) {
        return FALSE;
    }
    Table->TableRoot = RtlDelete(Links);
    Table->NumberGenericTableElements--;
    RemoveEntryList(&RtlpElement(Links)->Order);
    RtlpForgetOrder(Table);
    Table->FreeRoutine(Table, Links);
    return TRUE;
}

PVOID NTAPI RtlLookupElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer,
                                             PVOID *NodeOrParent, TABLE_SEARCH_RESULT *SearchResult)
{
    PRTL_SPLAY_LINKS Links = NULL;
    *SearchResult = TableEmptyTree;
    if (RtlpCheckGeneric(__func__, Table)) {
        *SearchResult = RtlpFind(Table, Buffer, &Links);
    }
    *NodeOrParent = Links;
    if (*SearchResult != TableFoundNode) {
        return NULL;
    }
    Table->TableRoot = RtlSplay(Links);
    return RtlpData(Links);
}

PVOID NTAPI RtlLookupElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer)
{
    TABLE_SEARCH_RESULT Result;
    PVOID NodeOrParent;
    return RtlLookupElementGenericTableFull(Table, Buffer, &NodeOrParent, &Result);
}

PVOID NTAPI RtlGetElementGenericTable(PRTL_GENERIC_TABLE Table, ULONG I)
{
    if (!RtlpCheckGeneric(__func__, Table) || I >= Table->NumberGenericTableElements) {
        return NULL;
    }
    if (Table->WhichOrderedElement == 0 || I + 1 < Table->WhichOrderedElement) {
        RtlpForgetOrder(Table);
    }
    while (Table->WhichOrderedElement < I + 1) { /* it counts from 1; 0 is the head */
        Table->OrderedPointer = Table->OrderedPointer->Flink;
        Table->WhichOrderedElement++;
    }
    return CONTAINING_RECORD(Table->OrderedPointer, struct RTLP_ELEMENT, Order)->Data;
}

static PRTL_SPLAY_LINKS RtlpFirst(const RTL_GENERIC_TABLE *Table)
{
    PRTL_SPLAY_LINKS Links = Table->TableRoot;
    while (Links != NULL && Links->LeftChild != NULL) {
        Links = Links->LeftChild;
    }
    return Links;
}

PVOID NTAPI RtlEnumerateGenericTable(PRTL_GENERIC_TABLE Table, BOOLEAN Restart)
{
    if (!RtlpCheckGeneric(__func__, Table) || Table->TableRoot == NULL) {
        return NULL;
    }
    PRTL_SPLAY_LINKS Next = Restart ? RtlpFirst(Table) : RtlRealSuccessor(Table->TableRoot);
    if (Next != NULL) {
        Table->TableRoot = RtlSplay(Next);
    }
    return RtlpData(Next);
}

PVOID NTAPI RtlEnumerateGenericTableWithoutSplaying(PRTL_GENERIC_TABLE Table, PVOID *RestartKey)
{
    if (!RtlpCheckGeneric(__func__, Table)) {
        return NULL;
    }
    PRTL_SPLAY_LINKS Next =
        *RestartKey == NULL ? RtlpFirst(Table) : RtlRealSuccessor((PRTL_SPLAY_LINKS)*RestartKey);
    if (Next != NULL) {
        *RestartKey = Next;
    }
    return RtlpData(Next);
}

ULONG NTAPI RtlNumberGenericTableElements(PRTL_GENERIC_TABLE Table)
{
    return RtlpCheckGeneric(__func__, Table) ? Table->NumberGenericTableElements : 0;
}

BOOLEAN NTAPI RtlIsGenericTableEmpty(PRTL_GENERIC_TABLE Table)
{
    return !RtlpCheckGeneric(__func__, Table) || Table->TableRoot == NULL;
}
