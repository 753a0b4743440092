/* SPDX-License-Identifier: MIT
 *
 * frozen.h - a pass over a list as it was when the pass began, with a call context per callback.
 *
 * Who is entered on the way down is asked again on the way back: a block that was retired in
 * between is not (E1).
 */
#ifndef LIB_EX_FROZEN_H
#define LIB_EX_FROZEN_H

#include "ex/exp.h"

#define EXP_INLINE_CONTEXTS 8

struct EXP_FROZEN {
    struct EXP_PASS Pass;
    struct EXP_SNAPSHOT *Snapshot; /* NULL: nobody takes part, and there is nothing to end */
    PVOID *Contexts;               /* one for each block of it */
    PVOID Inline[EXP_INLINE_CONTEXTS];
};

/* Open a frame and freeze the list. FALSE: no memory for the contexts. When Snapshot is NULL
 * afterwards the pass is already over. */
static inline bool ExpBeginFrozen(struct EXP_FROZEN *Frozen, struct KE_THREAD *Thread,
                                  struct EXP_LIST *List)
{
    Frozen->Snapshot = NULL;
    Frozen->Contexts = Frozen->Inline;
    if (atomic_load_explicit(&List->Head, memory_order_acquire) == NULL) {
        return true;
    }
    ExpBeginPass(&Frozen->Pass, Thread, &List->Waiters);
    Frozen->Snapshot = ExpFreeze(&Frozen->Pass, List);
    if (Frozen->Snapshot != NULL && Frozen->Snapshot->Count > EXP_INLINE_CONTEXTS) {
        Frozen->Contexts =
            KiAllocate(Thread->Ke, Frozen->Snapshot->Count * sizeof(Frozen->Contexts[0]));
    }
    if (Frozen->Snapshot != NULL && Frozen->Contexts != NULL) {
        return true;
    }
    ExpThaw(&Frozen->Pass);
    ExpEndPass(&Frozen->Pass);
    Frozen->Snapshot = NULL;
    return Frozen->Contexts != NULL;
}

static inline VOID ExpEndFrozen(struct EXP_FROZEN *Frozen)
{
    ExpThaw(&Frozen->Pass);
    ExpEndPass(&Frozen->Pass);
    if (Frozen->Contexts != Frozen->Inline) {
        KiFree(Frozen->Pass.Thread->Ke, Frozen->Contexts);
    }
}

#endif
