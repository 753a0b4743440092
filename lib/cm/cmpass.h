/* SPDX-License-Identifier: MIT
 *
 * cmpass.h - one registry operation between its two notifications (cmdispatch.c, cmpost.c).
 */
#ifndef LIB_CM_CMPASS_H
#define LIB_CM_CMPASS_H

#include "cm/cmp.h"

#define CMP_INLINE_CONTEXTS 8

struct CMP_PASS {
    struct EXP_PASS Pass;
    const struct CMP_CLASS *Class;
    struct EXP_SNAPSHOT *Snapshot; /* NULL: nobody takes part, and there is nothing to end */
    PUCHAR Information;            /* the pre structure */
    ULONG First;                   /* callbacks First..Reached-1 get the post notification */
    ULONG Reached;
    ULONG Next;      /* index or step of the callback that is being called */
    ULONG CallClass; /* what it was called with */
    PVOID CallInformation;
    NTSTATUS Verdict; /* of the pre pass */
    bool Forgetful;   /* no memory for the call contexts */
    PVOID *Contexts;  /* one per callback from First on */
    PVOID Inline[CMP_INLINE_CONTEXTS];
};

_Static_assert(sizeof(struct CMP_PASS) <= sizeof(struct ntcb_registry_pass),
               "grow ntcb_registry_pass.reserved");

static inline bool CmpIsXp(const struct KE_THREAD *Thread)
{
    return Thread->Ke->Config.windows == NTCB_WINDOWS_XP;
}

static inline VOID CmpEndPass(struct CMP_PASS *Cmp)
{
    ExpThaw(&Cmp->Pass);
    ExpEndPass(&Cmp->Pass);
    if (Cmp->Contexts != Cmp->Inline) {
        KiFree(Cmp->Pass.Thread->Ke, Cmp->Contexts);
    }
}

/* Call one callback that has been entered; the environment it runs in is CM-IRQL-02, -03. */
static inline NTSTATUS CmpCall(struct CMP_PASS *Cmp, struct EXP_BLOCK *Block, ULONG NotifyClass,
                               PVOID Information)
{
    struct KE_THREAD *Thread = Cmp->Pass.Thread;
    const struct ntcb_config *Config = &Thread->Ke->Config;
    const void *Limit = Thread->RegistryLimit;
    KIRQL Irql = Thread->Environment.s.Irql;
    NTSTATUS Status;

    if ((Config->switches & NTCB_SWITCH_CALLBACKS_AT_APC) != 0 && Irql < APC_LEVEL) {
        Thread->Environment.s.Irql = APC_LEVEL;
    }
    ExpWatch(&Cmp->Pass);
    Cmp->CallClass = NotifyClass;
    Cmp->CallInformation = Information;
    Thread->RegistryLimit = Block;
    ExpBeforeCall(&Cmp->Pass, Block, (int)NotifyClass, Information);
    Status = ((PEX_CALLBACK_FUNCTION)Block->Routine)((PVOID)(ULONG_PTR)Block->Context,
                                                     (PVOID)(ULONG_PTR)NotifyClass, Information);
    ExpAfterCall(&Cmp->Pass, Block, (int)NotifyClass, Information, Status);
    Thread->RegistryLimit = Limit;
    Thread->Environment.s.Irql = Irql;
    return Status;
}

/* A CMP_WALK goes on from Cmp->Next. */
typedef NTSTATUS CMP_WALK(struct CMP_PASS *Cmp, PVOID Context);

/* Run the walk to its end; what leaves one of its callbacks is what that callback returned (D3). */
NTSTATUS CmpGuardWalk(struct CMP_PASS *Cmp, CMP_WALK *Walk, PVOID Context);

#endif
