/* SPDX-License-Identifier: MIT
 *
 * cmindex.c - a counted B+tree: finding, inserting, removing (cmindex.h).
 */
#include "cm/cmindexp.h"

#include <assert.h>
#include <string.h>

/* ---- reading ---- */

PVOID CmpIndexAt(const struct CMP_INDEX *Index, ULONG Position)
{
    if (Position >= Index->Count) {
        return NULL;
    }
    if (Index->Height == 0) {
        return CmpIndexArray(Index)[Position];
    }
    PVOID Block = Index->Root;
    for (ULONG Height = Index->Height; Height != 0; Height--) {
        const struct CMP_NODE *Node = Block;
        ULONG Child = 0;
        while (Position >= Node->Totals[Child]) {
            Position -= Node->Totals[Child++];
        }
        Block = Node->Children[Child];
    }
    return ((PVOID *)Block)[Position];
}

/* How many of Items are below what is sought; *Found as CmpIndexFind says. */
static ULONG CmpSearch(PVOID *Items, ULONG Count, CMP_ORDER *Order, const void *Sought,
                       PVOID *Found)
{
    ULONG Low = 0;
    ULONG High = Count;
    *Found = NULL;
    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        int Difference = Order(Sought, Items[Middle]);
        if (Difference == 0) {
            *Found = Items[Middle];
            return Middle;
        }
        if (Difference < 0) {
            High = Middle;
        } else {
            Low = Middle + 1;
        }
    }
    return Low;
}

ULONG CmpIndexFind(const struct CMP_INDEX *Index, CMP_ORDER *Order, const void *Sought,
                   PVOID *Found)
{
    ULONG Before = 0;
    *Found = NULL;
    if (Index->Count == 0) {
        return 0;
    }
    if (Index->Height == 0) {
        return CmpSearch(CmpIndexArray(Index), Index->Count, Order, Sought, Found);
    }
    PVOID Block = Index->Root;
    ULONG Total = Index->Count;
    for (ULONG Height = Index->Height; Height != 0; Height--) {
        struct CMP_NODE *Node = Block;
        ULONG Child = CmpSearch(Node->Firsts, Node->Count, Order, Sought, Found);
        Child -= *Found == NULL && Child != 0;
        for (ULONG Passed = 0; Passed < Child; Passed++) {
            Before += Node->Totals[Passed];
        }
        if (*Found != NULL) {
            return Before;
        }
        Total = Node->Totals[Child];
        Block = Node->Children[Child];
    }
    return Before + CmpSearch(Block, Total, Order, Sought, Found);
}

/* ---- inserting ---- */

/* A block that came into being to the right of one that was full; Block NULL: it was not. */
struct CMP_SPLIT {
    PVOID Block;
    PVOID First;
    ULONG Total;
};

/* One insertion on its way down. */
struct CMP_INSERTION {
    struct CMP_INDEX *Index;
    PVOID Item;
    BOOLEAN AtStart; /* of everything */
    BOOLEAN AtEnd;
};

/* How many of Count entries stay on the left. Names that arrive sorted leave full blocks behind. */
static ULONG CmpSplitPoint(const struct CMP_INSERTION *Insertion, ULONG Count)
{
    return Insertion->AtEnd ? Count : Insertion->AtStart ? 1 : Count / 2;
}

static VOID CmpPlace(PVOID *Items, ULONG Count, ULONG Position, PVOID Item)
{
    memmove(&Items[Position + 1], &Items[Position], (Count - Position) * sizeof(PVOID));
    Items[Position] = Item;
}

static struct CMP_SPLIT CmpInsertInLeaf(const struct CMP_INSERTION *Insertion, PVOID *Items,
                                        ULONG Count, ULONG Position)
{
    struct CMP_SPLIT Split = {0};
    if (Count < CMP_LEAF) {
        CmpPlace(Items, Count, Position, Insertion->Item);
        return Split;
    }
    ULONG Left = CmpSplitPoint(Insertion, Count);
    PVOID *Right = CmpIndexBlock(Insertion->Index);
    Split.Block = Right;
    Split.Total = Count - Left;
    memcpy(Right, &Items[Left], Split.Total * sizeof(PVOID));
    if (Position < Left) {
        CmpPlace(Items, Left, Position, Insertion->Item);
    } else {
        CmpPlace(Right, Split.Total, Position - Left, Insertion->Item);
        Split.Total++;
    }
    Split.First = Right[0];
    return Split;
}

static VOID CmpPlaceChild(struct CMP_NODE *Node, ULONG Child, const struct CMP_SPLIT *New)
{
    ULONG Moved = Node->Count - Child;
    memmove(&Node->Totals[Child + 1], &Node->Totals[Child], Moved * sizeof(Node->Totals[0]));
    Node->Totals[Child] = New->Total;
    CmpPlace(Node->Firsts, Node->Count, Child, New->First);
    CmpPlace(Node->Children, Node->Count, Child, New->Block);
    Node->Count++;
}

/* Move what is behind the first Left children to Right, behind what it has. */
static ULONG CmpMoveChildren(struct CMP_NODE *Node, ULONG Left, struct CMP_NODE *Right)
{
    ULONG Moved = Node->Count - Left;
    ULONG Total = 0;
    for (ULONG Child = Left; Child < Node->Count; Child++) {
        Total += Node->Totals[Child];
    }
    memcpy(&Right->Totals[Right->Count], &Node->Totals[Left], Moved * sizeof(Node->Totals[0]));
    memcpy(&Right->Firsts[Right->Count], &Node->Firsts[Left], Moved * sizeof(PVOID));
    memcpy(&Right->Children[Right->Count], &Node->Children[Left], Moved * sizeof(PVOID));
    Right->Count += Moved;
    Node->Count = Left;
    return Total;
}

static struct CMP_NODE *CmpMakeNode(struct CMP_INDEX *Index)
{
    struct CMP_NODE *Node = CmpIndexBlock(Index);
    Node->Count = 0;
    Node->Spares = 0;
    Node->SpareList = NULL;
    return Node;
}

static struct CMP_SPLIT CmpInsertChild(const struct CMP_INSERTION *Insertion, struct CMP_NODE *Node,
                                       ULONG Child, const struct CMP_SPLIT *New)
{
    struct CMP_SPLIT Split = {0};
    if (Node->Count < CMP_FANOUT) {
        CmpPlaceChild(Node, Child, New);
        return Split;
    }
    ULONG Left = CmpSplitPoint(Insertion, Node->Count);
    struct CMP_NODE *Right = CmpMakeNode(Insertion->Index);
    Split.Block = Right;
    Split.Total = CmpMoveChildren(Node, Left, Right);
    if (Child < Left) {
        CmpPlaceChild(Node, Child, New);
    } else {
        CmpPlaceChild(Right, Child - Left, New);
        Split.Total += New->Total;
    }
    Split.First = Right->Firsts[0];
    return Split;
}

/* Recursion is as deep as the tree is high. */
static struct CMP_SPLIT CmpInsertInNode(const struct CMP_INSERTION *Insertion,
                                        struct CMP_NODE *Node, ULONG Height, ULONG Position)
{
    ULONG Child = 0;
    while (Position > Node->Totals[Child]) {
        Position -= Node->Totals[Child++];
    }
    PVOID Below = Node->Children[Child];
    struct CMP_SPLIT New = Height == 1
                               ? CmpInsertInLeaf(Insertion, Below, Node->Totals[Child], Position)
                               : CmpInsertInNode(Insertion, Below, Height - 1, Position);
    Node->Totals[Child] += 1 - New.Total;
    if (Position == 0) {
        Node->Firsts[Child] = Insertion->Item;
    }
    return New.Block == NULL ? New : CmpInsertChild(Insertion, Node, Child + 1, &New);
}

static VOID CmpAddRoot(struct CMP_INDEX *Index, const struct CMP_SPLIT *Right)
{
    struct CMP_NODE *Old = Index->Root;
    struct CMP_NODE *Root = CmpMakeNode(Index);
    const struct CMP_SPLIT Left = {Old, Old->Firsts[0], Index->Count - Right->Total};
    CmpPlaceChild(Root, 0, &Left);
    CmpPlaceChild(Root, 1, Right);
    Root->Spares = Old->Spares;
    Root->SpareList = Old->SpareList;
    Index->Root = Root;
    Index->Height++;
}

VOID CmpIndexInsert(struct CMP_INDEX *Index, ULONG Position, PVOID Item)
{
    if (Index->Height == 0) {
        assert(Index->Count < Index->Capacity || Index->Count == 0);
        CmpPlace(CmpIndexArray(Index), Index->Count++, Position, Item);
        return;
    }
    const struct CMP_INSERTION Insertion = {Index, Item, Position == 0, Position == Index->Count};
    struct CMP_SPLIT Right = CmpInsertInNode(&Insertion, Index->Root, Index->Height, Position);
    Index->Count++;
    if (Right.Block != NULL) {
        CmpAddRoot(Index, &Right);
    }
}

/* ---- removing ---- */

static PVOID CmpTakeItem(PVOID *Items, ULONG Count, ULONG Position)
{
    PVOID Item = Items[Position];
    memmove(&Items[Position], &Items[Position + 1], (Count - Position - 1) * sizeof(PVOID));
    return Item;
}

/* The block itself goes too. */
static VOID CmpDropBlock(struct CMP_NODE *Node, ULONG Child)
{
    ULONG Moved = Node->Count - Child - 1;
    ntsim__release(Node->Children[Child]);
    memmove(&Node->Totals[Child], &Node->Totals[Child + 1], Moved * sizeof(Node->Totals[0]));
    CmpTakeItem(Node->Firsts, Node->Count, Child);
    CmpTakeItem(Node->Children, Node->Count, Child);
    Node->Count--;
}

/* I3 for Child and its right neighbour. */
static VOID CmpMergeChildrenAt(struct CMP_NODE *Node, ULONG Height, ULONG Child)
{
    if (Child + 1 >= Node->Count) {
        return;
    }
    if (Height == 1) {
        PVOID *Left = Node->Children[Child];
        if (Node->Totals[Child] + Node->Totals[Child + 1] > CMP_LEAF / 2) {
            return;
        }
        memcpy(&Left[Node->Totals[Child]], Node->Children[Child + 1],
               Node->Totals[Child + 1] * sizeof(PVOID));
    } else {
        struct CMP_NODE *Left = Node->Children[Child];
        struct CMP_NODE *Right = Node->Children[Child + 1];
        if (Left->Count + Right->Count > CMP_FANOUT / 2) {
            return;
        }
        CmpMoveChildren(Right, 0, Left);
    }
    Node->Totals[Child] += Node->Totals[Child + 1];
    CmpDropBlock(Node, Child + 1);
}

static PVOID CmpRemoveFromNode(struct CMP_NODE *Node, ULONG Height, ULONG Position)
{
    ULONG Child = 0;
    while (Position >= Node->Totals[Child]) {
        Position -= Node->Totals[Child++];
    }
    PVOID Below = Node->Children[Child];
    PVOID Item = Height == 1 ? CmpTakeItem(Below, Node->Totals[Child], Position)
                             : CmpRemoveFromNode(Below, Height - 1, Position);
    Node->Totals[Child]--;
    if (Node->Totals[Child] == 0) {
        CmpDropBlock(Node, Child);
        return Item;
    }
    if (Position == 0) {
        Node->Firsts[Child] = CmpFirstBelow(Below, Height - 1);
    }
    CmpMergeChildrenAt(Node, Height, Child);
    if (Child != 0) {
        CmpMergeChildrenAt(Node, Height, Child - 1);
    }
    return Item;
}

PVOID CmpIndexRemove(struct CMP_INDEX *Index, ULONG Position)
{
    if (Index->Height == 0) {
        return CmpTakeItem(CmpIndexArray(Index), Index->Count--, Position);
    }
    if (Index->Count == 1) { /* the last leaf stays, for what has been reserved: height 1, by I2 */
        struct CMP_NODE *Last = Index->Root;
        Last->Totals[0] = 0;
        Index->Count = 0;
        return CmpFirstBelow(Last->Children[0], 0);
    }
    PVOID Item = CmpRemoveFromNode(Index->Root, Index->Height, Position);
    Index->Count--;
    while (Index->Height > 1 && ((struct CMP_NODE *)Index->Root)->Count == 1) {
        struct CMP_NODE *Root = Index->Root;
        struct CMP_NODE *Only = Root->Children[0];
        Only->Spares = Root->Spares;
        Only->SpareList = Root->SpareList;
        Index->Root = Only;
        Index->Height--;
        ntsim__release(Root);
    }
    return Item;
}
