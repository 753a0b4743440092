/* SPDX-License-Identifier: MIT
 *
 * cmindex.h - an ordered sequence of pointers: the subkeys and the values of a key.
 *
 * Up to CMP_LEAF items are one growing array, and a single item needs none. More are a B+tree that
 * counts: finding by an order of the user's, inserting, removing and going to a position all cost
 * O(log n). Nothing here locks; whoever owns the index does.
 *
 * Invariants
 *   I1  Height 0: Root is an array of Capacity items, or the item itself when Capacity is 0.
 *       Otherwise Root is a CMP_NODE, below which all leaves are Height levels down.
 *   I2  A node knows of every child how many items are below it and which is the first; none is
 *       empty, but for the only leaf of an empty tree.
 *   I3  Two neighbours in one node hold more than half of what one could: the height is O(log n).
 *   I4  CmpIndexInsert cannot fail. The spare blocks that a reservation leaves with the root are
 *       enough for the insertions it was made for, whatever else is inserted or removed meanwhile:
 *       an insertion makes at most one block per level and one root, and only an insertion takes
 *       spares, only a reservation frees any.
 *   I5  A copy of the struct (not CmpIndexCopy) may be read until the original is next inserted
 *       into, reserved or removed from. It is not to be changed, nor freed.
 */
#ifndef SIM_CM_CMINDEX_H
#define SIM_CM_CMINDEX_H

#include "simp.h"

#define CMP_LEAF 64u

struct CMP_INDEX {
    PVOID Root;
    ULONG Count;
    USHORT Capacity; /* of Root, at height 0 */
    USHORT Height;
};

/* <0, 0, >0: what is sought against an item. */
typedef int CMP_ORDER(const void *Sought, const void *Item);

/* Room for so many more; INSUFFICIENT_RESOURCES, and nothing has changed for a reader, but copies
 * of the struct are stale (I5). */
NTSTATUS CmpIndexReserve(struct CMP_INDEX *Index, ULONG More);
/* Before the item at Position (Count: at the end). Needs a reservation. */
VOID CmpIndexInsert(struct CMP_INDEX *Index, ULONG Position, PVOID Item);
/* The item that was at Position, which there was. */
PVOID CmpIndexRemove(struct CMP_INDEX *Index, ULONG Position);
PVOID CmpIndexAt(const struct CMP_INDEX *Index, ULONG Position); /* NULL past the end */
/* The position of the first item not below what is sought; *Found: that item if it is equal, or
 * NULL. The items are in that order, and no two are equal. */
ULONG CmpIndexFind(const struct CMP_INDEX *Index, CMP_ORDER *Order, const void *Sought,
                   PVOID *Found);
/* Into To, which is empty and, after INSUFFICIENT_RESOURCES, stays so. */
NTSTATUS CmpIndexCopy(const struct CMP_INDEX *From, struct CMP_INDEX *To);
/* The blocks, not the items; the index is empty then. */
VOID CmpIndexFree(struct CMP_INDEX *Index);

#endif
