/* SPDX-License-Identifier: MIT
 *
 * splay.c - binary trees of splay links. A root is its own parent.
 */
#include "simp.h"

/* What points to Links from above; NULL: it is the root. */
static PRTL_SPLAY_LINKS *RtlpLinkTo(PRTL_SPLAY_LINKS Links)
{
    if (RtlIsRoot(Links)) {
        return NULL;
    }
    return RtlIsLeftChild(Links) ? &Links->Parent->LeftChild : &Links->Parent->RightChild;
}

/* Child, which may be NULL, takes Links's place below its parent. */
static VOID RtlpReplace(PRTL_SPLAY_LINKS Links, PRTL_SPLAY_LINKS Child)
{
    PRTL_SPLAY_LINKS *Above = RtlpLinkTo(Links);
    if (Above != NULL) {
        *Above = Child;
    }
    if (Child != NULL) {
        Child->Parent = Above != NULL ? Links->Parent : Child;
    }
}

/* Links and its parent change places. */
static VOID RtlpRotate(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS Parent = Links->Parent;
    BOOLEAN Left = RtlIsLeftChild(Links);
    PRTL_SPLAY_LINKS Inner = Left ? Links->RightChild : Links->LeftChild;
    RtlpReplace(Parent, Links);
    *(Left ? &Parent->LeftChild : &Parent->RightChild) = Inner;
    if (Inner != NULL) {
        Inner->Parent = Parent;
    }
    *(Left ? &Links->RightChild : &Links->LeftChild) = Parent;
    Parent->Parent = Links;
}

PRTL_SPLAY_LINKS NTAPI RtlSplay(PRTL_SPLAY_LINKS Links)
{
    while (!RtlIsRoot(Links)) {
        PRTL_SPLAY_LINKS Parent = Links->Parent;
        if (!RtlIsRoot(Parent)) {
            RtlpRotate(RtlIsLeftChild(Links) == RtlIsLeftChild(Parent) ? Parent : Links);
        }
        RtlpRotate(Links);
    }
    return Links;
}

PRTL_SPLAY_LINKS NTAPI RtlSubtreeSuccessor(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS Next = Links->RightChild;
    while (Next != NULL && Next->LeftChild != NULL) {
        Next = Next->LeftChild;
    }
    return Next;
}

PRTL_SPLAY_LINKS NTAPI RtlSubtreePredecessor(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS Last = Links->LeftChild;
    while (Last != NULL && Last->RightChild != NULL) {
        Last = Last->RightChild;
    }
    return Last;
}

PRTL_SPLAY_LINKS NTAPI RtlRealSuccessor(PRTL_SPLAY_LINKS Links)
{
    if (Links->RightChild != NULL) {
        return RtlSubtreeSuccessor(Links);
    }
    while (RtlIsRightChild(Links)) {
        Links = Links->Parent;
    }
    return RtlIsLeftChild(Links) ? Links->Parent : NULL;
}

PRTL_SPLAY_LINKS NTAPI RtlRealPredecessor(PRTL_SPLAY_LINKS Links)
{
    if (Links->LeftChild != NULL) {
        return RtlSubtreePredecessor(Links);
    }
    while (RtlIsLeftChild(Links)) {
        Links = Links->Parent;
    }
    return RtlIsRightChild(Links) ? Links->Parent : NULL;
}

/* Links has both children: the one before it, which has no right child, takes its place. */
static VOID RtlpReplaceByPredecessor(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS Last = RtlSubtreePredecessor(Links);
    RtlpReplace(Last, Last->LeftChild);
    RtlpReplace(Links, Last);
    Last->LeftChild = Links->LeftChild;
    if (Last->LeftChild != NULL) {
        Last->LeftChild->Parent = Last;
    }
    Last->RightChild = Links->RightChild;
    Last->RightChild->Parent = Last;
}

/* Take Links out. Returns the lowest that has lost something below it, else what is now the root;
 * NULL: nothing is left. */
static PRTL_SPLAY_LINKS RtlpUnlink(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS Changed = RtlIsRoot(Links) ? NULL : Links->Parent;
    if (Links->LeftChild != NULL && Links->RightChild != NULL) {
        PRTL_SPLAY_LINKS Last = RtlSubtreePredecessor(Links);
        Changed = Last->Parent == Links ? Last : Last->Parent;
        RtlpReplaceByPredecessor(Links);
        return Changed;
    }
    PRTL_SPLAY_LINKS Child = Links->LeftChild != NULL ? Links->LeftChild : Links->RightChild;
    RtlpReplace(Links, Child);
    return Changed != NULL ? Changed : Child;
}

PRTL_SPLAY_LINKS NTAPI RtlDelete(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS Changed = RtlpUnlink(Links);
    return Changed != NULL ? RtlSplay(Changed) : NULL;
}

VOID NTAPI RtlDeleteNoSplay(PRTL_SPLAY_LINKS Links, PRTL_SPLAY_LINKS *Root)
{
    PRTL_SPLAY_LINKS Top = RtlpUnlink(Links);
    while (Top != NULL && !RtlIsRoot(Top)) {
        Top = Top->Parent;
    }
    *Root = Top;
}
