/* SPDX-License-Identifier: MIT
 *
 * mmp_state.h - the memory manager's state: the pool.
 *
 * Locks   MMP_STATE.Lock protects the table of blocks and the quarantine; a leaf.
 */
#ifndef SIM_MM_MMP_STATE_H
#define SIM_MM_MMP_STATE_H

#include "ke/poison.h"
#include "mm/mmp.h"
#include "simp_hash.h"

#define MMP_GUARD 16u
/* AddressSanitizer checks the end better than a guard: there the block's end is the allocation's.
 */
#define MMP_BACK_GUARD (NTSIM_ASAN ? 0u : MMP_GUARD)

/* In front of every block; kept in a table, so that any pointer at all can be given to a free. */
struct MMP_BLOCK {
    UT_hash_handle hh; /* by Body; the table remembers the order of allocation */
    PVOID Body;
    SIZE_T Bytes;
    const VOID *Owner; /* NULL: the simulator */
    const VOID *Freer; /* address within the routine that freed it */
    ULONG Tag;
    BOOLEAN Freed;
    _Alignas(16) UCHAR Guard[MMP_GUARD];
};

/* Freed blocks rest here before their memory goes back: a second free is recognised, and so is a
 * write after the free. */
#define MMP_REST_BLOCKS 64u

struct MMP_STATE {
    struct ntsim__lock *Lock;
    struct MMP_BLOCK *Blocks; /* hash head: live blocks and resting ones */
    struct MMP_BLOCK *Resting[MMP_REST_BLOCKS];
    ULONG NextResting;
};

#endif
