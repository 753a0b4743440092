/* SPDX-License-Identifier: MIT
 *
 * cmindexp.h - what the files of the index share: the node (cmindex.h has the invariants).
 */
#ifndef SIM_CM_CMINDEXP_H
#define SIM_CM_CMINDEXP_H

#include "cm/cmindex.h"

#define CMP_BLOCK (CMP_LEAF * sizeof(PVOID)) /* bytes of a leaf, a node and a spare */
/* As many children as fit: 24, and 20 where pointers have 32 bits. */
#define CMP_FANOUT ((ULONG)((CMP_BLOCK - 2 * sizeof(PVOID)) / (2 * sizeof(PVOID) + sizeof(ULONG))))

/* A block to make a leaf or a node of. */
struct CMP_SPARE {
    struct CMP_SPARE *Next;
};

struct CMP_NODE {
    ULONG Count;  /* of children */
    ULONG Spares; /* of a root; as many as SpareList holds */
    struct CMP_SPARE *SpareList;
    ULONG Totals[CMP_FANOUT]; /* items below each child */
    PVOID Firsts[CMP_FANOUT]; /* the first of these */
    PVOID Children[CMP_FANOUT];
};
_Static_assert(sizeof(struct CMP_NODE) <= CMP_BLOCK, "a node is made of a block");

/* The array of an index of height 0. */
static inline PVOID *CmpIndexArray(const struct CMP_INDEX *Index)
{
    return Index->Capacity == 0 ? (PVOID *)(ULONG_PTR)&Index->Root : Index->Root;
}

static inline PVOID CmpFirstBelow(PVOID Block, ULONG Height)
{
    return Height == 0 ? ((PVOID *)Block)[0] : ((struct CMP_NODE *)Block)->Firsts[0];
}

/* cmindexroom.c: a block that a reservation has left. */
PVOID CmpIndexBlock(struct CMP_INDEX *Index);

#endif
