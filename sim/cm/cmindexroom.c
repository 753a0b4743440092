/* SPDX-License-Identifier: MIT
 *
 * cmindexroom.c - the memory of an index: reservations, copies, the end (I4 of cmindex.h).
 */
#include "cm/cmindexp.h"

#include <assert.h>
#include <string.h>

/* An array of another size, at height 0. */
static NTSTATUS CmpResizeArray(struct CMP_INDEX *Index, ULONG Capacity)
{
    PVOID *Items = ntsim__allocate_raw((SIZE_T)Capacity * sizeof(PVOID));
    if (Items == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(Items, CmpIndexArray(Index), Index->Count * sizeof(PVOID));
    ntsim__release(Index->Capacity != 0 ? Index->Root : NULL);
    Index->Root = Items;
    Index->Capacity = (USHORT)Capacity;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpReserveArray(struct CMP_INDEX *Index, ULONG Needed)
{
    if (Needed <= Index->Capacity || (Index->Capacity == 0 && Needed <= 1)) {
        return STATUS_SUCCESS;
    }
    ULONG Capacity = 2;
    while (Capacity < Needed) {
        Capacity *= 2;
    }
    return CmpResizeArray(Index, Capacity);
}

/* The array becomes the only leaf of a tree, which has a place for spares. */
static NTSTATUS CmpRaise(struct CMP_INDEX *Index)
{
    if (Index->Capacity != CMP_LEAF) {
        NTSTATUS Status = CmpResizeArray(Index, CMP_LEAF);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    struct CMP_NODE *Root = ntsim__allocate_raw(CMP_BLOCK);
    if (Root == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Root->Count = 1;
    Root->Spares = 0;
    Root->SpareList = NULL;
    Root->Totals[0] = Index->Count;
    Root->Children[0] = Index->Root;
    Root->Firsts[0] = Index->Count != 0 ? CmpFirstBelow(Index->Root, 0) : NULL;
    Index->Root = Root;
    Index->Capacity = 0;
    Index->Height = 1;
    return STATUS_SUCCESS;
}

static VOID CmpFreeSpares(struct CMP_NODE *Root, ULONG Kept)
{
    while (Root->Spares > Kept) {
        struct CMP_SPARE *Spare = Root->SpareList;
        Root->SpareList = Spare->Next;
        Root->Spares--;
        ntsim__release(Spare);
    }
}

/* The reverse of CmpRaise, for a tree that has shrunk to a leaf of which half would do. */
static VOID CmpLower(struct CMP_INDEX *Index)
{
    struct CMP_NODE *Root = Index->Root;
    CmpFreeSpares(Root, 0);
    Index->Root = Root->Children[0];
    Index->Capacity = CMP_LEAF;
    Index->Height = 0;
    ntsim__release(Root);
}

static NTSTATUS CmpReserveBlocks(struct CMP_NODE *Root, ULONG Needed)
{
    while (Root->Spares < Needed) {
        struct CMP_SPARE *Spare = ntsim__allocate_raw(CMP_BLOCK);
        if (Spare == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Spare->Next = Root->SpareList;
        Root->SpareList = Spare;
        Root->Spares++;
    }
    CmpFreeSpares(Root, Needed);
    return STATUS_SUCCESS;
}

NTSTATUS CmpIndexReserve(struct CMP_INDEX *Index, ULONG More)
{
    struct CMP_NODE *Root = Index->Root;
    if (Index->Height == 1 && Root->Count == 1 && Index->Count + More <= CMP_LEAF / 2) {
        CmpLower(Index);
    }
    if (Index->Height == 0 && Index->Count + More <= CMP_LEAF) {
        return CmpReserveArray(Index, Index->Count + More);
    }
    if (Index->Height == 0) {
        NTSTATUS Status = CmpRaise(Index);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    return CmpReserveBlocks(Index->Root, More * (Index->Height + 2u));
}

PVOID CmpIndexBlock(struct CMP_INDEX *Index)
{
    struct CMP_NODE *Root = Index->Root;
    struct CMP_SPARE *Spare = Root->SpareList;
    assert(Spare != NULL);
    Root->SpareList = Spare->Next;
    Root->Spares--;
    return Spare;
}

NTSTATUS CmpIndexCopy(const struct CMP_INDEX *From, struct CMP_INDEX *To)
{
    struct CMP_INDEX Copy = {0};
    for (ULONG Position = 0; Position < From->Count; Position++) {
        if (!NT_SUCCESS(CmpIndexReserve(&Copy, 1))) {
            CmpIndexFree(&Copy);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        CmpIndexInsert(&Copy, Position, CmpIndexAt(From, Position));
    }
    *To = Copy;
    return STATUS_SUCCESS;
}

/* Recursion is as deep as the tree is high: five levels hold 100 million items. */
static VOID CmpFreeNode(struct CMP_NODE *Node, ULONG Height)
{
    for (ULONG Child = 0; Child < Node->Count; Child++) {
        if (Height > 1) {
            CmpFreeNode(Node->Children[Child], Height - 1);
        } else {
            ntsim__release(Node->Children[Child]);
        }
    }
    ntsim__release(Node);
}

VOID CmpIndexFree(struct CMP_INDEX *Index)
{
    if (Index->Height != 0) {
        CmpFreeSpares(Index->Root, 0);
        CmpFreeNode(Index->Root, Index->Height);
    } else if (Index->Capacity != 0) {
        ntsim__release(Index->Root);
    }
    *Index = (struct CMP_INDEX){0};
}
