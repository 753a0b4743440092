/* SPDX-License-Identifier: MIT
 *
 * avltree.c - balanced trees (avltree.h).
 */
#include "rtl/avltree.h"

enum RTLP_SIDE { RtlpLeft = -1, RtlpRight = 1 };

static PRTL_BALANCED_LINKS *RtlpChild(PRTL_BALANCED_LINKS Node, int Side)
{
    return Side == RtlpLeft ? &Node->LeftChild : &Node->RightChild;
}

static int RtlpSideOf(const RTL_BALANCED_LINKS *Node)
{
    return Node->Parent->LeftChild == Node ? RtlpLeft : RtlpRight;
}

/* Child, which may be NULL, comes below Parent. */
static VOID RtlpSetChild(PRTL_BALANCED_LINKS Parent, int Side, PRTL_BALANCED_LINKS Child)
{
    *RtlpChild(Parent, Side) = Child;
    if (Child != NULL) {
        Child->Parent = Parent;
    }
}

/* Node and its parent change places; balances are the caller's business. */
static VOID RtlpPromote(PRTL_BALANCED_LINKS Node)
{
    PRTL_BALANCED_LINKS Parent = Node->Parent;
    int Side = RtlpSideOf(Node);
    RtlpSetChild(Parent->Parent, RtlpSideOf(Parent), Node);
    RtlpSetChild(Parent, Side, *RtlpChild(Node, -Side));
    RtlpSetChild(Node, -Side, Parent);
}

/* Top is higher by two on Side. Returns who is above now; *Lower: and the whole is lower by one. */
static PRTL_BALANCED_LINKS RtlpRebalance(PRTL_BALANCED_LINKS Top, int Side, BOOLEAN *Lower)
{
    PRTL_BALANCED_LINKS Child = *RtlpChild(Top, Side);
    if (Child->Balance == -Side) {
        PRTL_BALANCED_LINKS Middle = *RtlpChild(Child, -Side);
        RtlpPromote(Middle);
        RtlpPromote(Middle);
        Top->Balance = (CHAR)(Middle->Balance == Side ? -Side : 0);
        Child->Balance = (CHAR)(Middle->Balance == -Side ? Side : 0);
        Middle->Balance = 0;
        *Lower = TRUE;
        return Middle;
    }
    RtlpPromote(Child);
    *Lower = Child->Balance != 0;
    Top->Balance = (CHAR)(*Lower ? 0 : Side);
    Child->Balance = (CHAR)(*Lower ? 0 : -Side);
    return Child;
}

VOID RtlpLinkBalanced(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Node, PRTL_BALANCED_LINKS Parent,
                      TABLE_SEARCH_RESULT Result)
{
    *Node = (RTL_BALANCED_LINKS){.Balance = 0};
    if (Parent == NULL) {
        RtlpSetChild(&Table->BalancedRoot, RtlpRight, Node);
        Table->DepthOfTree = 1;
        return;
    }
    RtlpSetChild(Parent, Result == TableInsertAsLeft ? RtlpLeft : RtlpRight, Node);
    for (; Parent != &Table->BalancedRoot; Node = Parent, Parent = Parent->Parent) {
        int Side = RtlpSideOf(Node);
        if (Parent->Balance == Side) {
            BOOLEAN Lower;
            RtlpRebalance(Parent, Side, &Lower);
            return;
        }
        Parent->Balance = (CHAR)(Parent->Balance + Side);
        if (Parent->Balance == 0) {
            return;
        }
    }
    Table->DepthOfTree++;
}

/* What is below Parent on Side has become lower by one. */
static VOID RtlpShrunk(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Parent, int Side)
{
    while (Parent != &Table->BalancedRoot) {
        BOOLEAN Lower = Parent->Balance != 0;
        if (Parent->Balance == -Side) {
            Parent = RtlpRebalance(Parent, -Side, &Lower);
        } else {
            Parent->Balance = (CHAR)(Parent->Balance - Side);
        }
        if (!Lower) {
            return;
        }
        Side = RtlpSideOf(Parent);
        Parent = Parent->Parent;
    }
    Table->DepthOfTree--;
}

VOID RtlpUnlinkBalanced(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Node)
{
    PRTL_BALANCED_LINKS Gone = Node; /* the place that is given up */
    if (Node->LeftChild != NULL && Node->RightChild != NULL) {
        Gone = RtlpNextBalanced(Node);
    }
    PRTL_BALANCED_LINKS Parent = Gone->Parent;
    int Side = RtlpSideOf(Gone);
    RtlpSetChild(Parent, Side, Gone->LeftChild != NULL ? Gone->LeftChild : Gone->RightChild);
    if (Gone != Node) { /* who was there takes Node's place */
        RtlpSetChild(Node->Parent, RtlpSideOf(Node), Gone);
        RtlpSetChild(Gone, RtlpLeft, Node->LeftChild);
        RtlpSetChild(Gone, RtlpRight, Node->RightChild);
        Gone->Balance = Node->Balance;
        Parent = Parent == Node ? Gone : Parent;
    }
    RtlpShrunk(Table, Parent, Side);
}

PRTL_BALANCED_LINKS RtlpFirstBalanced(const RTL_AVL_TABLE *Table)
{
    PRTL_BALANCED_LINKS Node = Table->BalancedRoot.RightChild;
    while (Node != NULL && Node->LeftChild != NULL) {
        Node = Node->LeftChild;
    }
    return Node;
}

/* The next in order on Side. */
static PRTL_BALANCED_LINKS RtlpWalk(PRTL_BALANCED_LINKS Node, int Side)
{
    PRTL_BALANCED_LINKS Next = *RtlpChild(Node, Side);
    if (Next != NULL) {
        while (*RtlpChild(Next, -Side) != NULL) {
            Next = *RtlpChild(Next, -Side);
        }
        return Next;
    }
    while (Node->Parent != Node && RtlpSideOf(Node) == Side) {
        Node = Node->Parent;
    }
    Next = Node->Parent;
    return Next->Parent == Next ? NULL : Next; /* not BalancedRoot */
}

PRTL_BALANCED_LINKS RtlpNextBalanced(PRTL_BALANCED_LINKS Node)
{
    return RtlpWalk(Node, RtlpRight);
}

PRTL_BALANCED_LINKS RtlpLastBalanced(PRTL_BALANCED_LINKS Node)
{
    return RtlpWalk(Node, RtlpLeft);
}
