/* SPDX-License-Identifier: MIT
 *
 * psp.h - the Ps component's state: three tables of notify routines, and the one walk over them.
 */
#ifndef LIB_PS_PSP_H
#define LIB_PS_PSP_H

#include "ex/exp.h"

enum PSP_TABLE { PspImage, PspProcess, PspThread, PspTables };

struct PSP_STATE {
    struct EXP_SLOTS Table[PspTables];
    ULONG ImageBits;   /* IMAGE_INFO.Properties: bits this Windows has (IMG-63..67) */
    ULONG ImageAlways; /* ... and those it always sets */
    ULONGLONG Regions; /* what image and process routines run inside of (IMG-40, PROC-20), for
                        * KE_ENVIRONMENT.Word */
};

struct PSP_STATE *PspCallbackState(struct ntcb_kernel *Kernel);

VOID PspInitializeCallbacks(struct PSP_STATE *Ps, struct ntcb_kernel *Kernel);
/* Free the tables' blocks; nobody is bound any more. */
VOID PspTeardownCallbacks(struct PSP_STATE *Ps, struct ntcb_kernel *Kernel);

/* psimage.c: what its IMAGE_INFO has by profile. */
VOID PspInitializeImage(struct PSP_STATE *Ps, const struct ntcb_config *Config);

/* What a registration is, and where it goes. */
struct PSP_REGISTRATION {
    enum PSP_TABLE Table;
    EXP_ROUTINE Routine;
    EXP_ROUTINE Null; /* stands in for NULL, if NULL is accepted (Q-01, DV-30) */
    ULONG_PTR Flags;  /* kept in the block */
    bool Once;        /* a second registration of the routine is refused */
    const char *Function;
};

/* SUCCESS, INSUFFICIENT_RESOURCES (no memory, a full table of images or threads), INVALID_PARAMETER
 * (a full table of processes, Once), INVALID_PARAMETER_1 (NULL); each refusal with its reason. */
NTSTATUS PspRegister(const struct PSP_REGISTRATION *Registration);
/* The first registration of Routine whose Flags under Mask are those. SUCCESS, PROCEDURE_NOT_FOUND,
 * POSSIBLE_DEADLOCK. */
NTSTATUS PspRemove(enum PSP_TABLE Table, EXP_ROUTINE Routine, ULONG_PTR Mask, ULONG_PTR Flags,
                   const char *Function);
/* A NULL routine was reached: reported, not called. */
VOID PspReportNull(const char *Kind);

/* Is anybody registered? Tested before anything is gathered (IMG-25). */
static inline bool PspWanted(const struct PSP_STATE *Ps, enum PSP_TABLE Table)
{
    return atomic_load_explicit(&Ps->Table[Table].Limit, memory_order_acquire) != 0;
}

/* How a manager takes part in the walk: is Block to hear of this, and the typed call. */
struct PSP_VISIT {
    bool (*Wants)(const struct EXP_BLOCK *Block, const void *Event);
    VOID (*Call)(const struct EXP_BLOCK *Block, PVOID Event);
    int NotifyClass;         /* for the observer */
    const void *Information; /* likewise */
};

/* The walk over a table, live (IMG-22, IMG-23). Asymmetric and Rare (there is an observer, or not
 * everybody is to hear) are constants where it matters: the common walk then has no code for the
 * rest; and where Visit is one, its functions are inlined. */
__attribute__((always_inline)) static inline VOID
PspWalk(struct EXP_PASS *Pass, struct EXP_SLOTS *Slots, const struct PSP_VISIT *Visit, PVOID Event,
        const bool Asymmetric, const bool Rare)
{
    SIZE_T Slot;

    for (Slot = 0; ExpHasSlot(Pass, Slots, Slot); ++Slot) {
        struct EXP_BLOCK *Block = ExpEnterSlot(Pass, Slots, Slot, Asymmetric);

        if (EXP_UNLIKELY(Block == NULL)) {
            continue;
        }
        if (Rare) {
            if (!Visit->Wants(Block, Event)) {
                continue;
            }
            ExpBeforeCall(Pass, Block, Visit->NotifyClass, Visit->Information);
        }
        Visit->Call(Block, Event);
        ExpAfterCall(Pass, Block, Visit->NotifyClass, Visit->Information, STATUS_SUCCESS);
    }
}

/* One notification of a table whose pass need not be the fastest, in the environment Regions more
 * than the thread's own, at Irql at least. */
VOID PspNotify(struct KE_THREAD *Thread, enum PSP_TABLE Table, const struct PSP_VISIT *Visit,
               PVOID Event, ULONGLONG Regions, KIRQL Irql);

#endif
