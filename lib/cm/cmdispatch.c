/* SPDX-License-Identifier: MIT
 *
 * cmdispatch.c - one registry operation: beginning it, and its pre notification down the stack.
 *
 * Role        A pass freezes the list when it begins (CM-REG-10) and remembers, per callback that
 *             took part, the call context it left. Nothing is locked while a callback runs.
 * Invariants  D1  Post goes to exactly the callbacks whose pre let the operation go on, in reverse
 *                 (CM-POST-03, CM-ORD-12); one that was unregistered in between hears no more
 *                 (CM-UNR-07): its block is retired, and no pass enters a retired block.
 *             D2  A pass begun inside a callback starts below that callback (CM-RE-01): the thread
 *                 remembers the innermost one it is in, and that one is published, so it is there.
 *             D3  An exception that leaves a callback ends in CmpWalk, which goes on with the next
 *                 callback or ends the pass (CM-EXC). One frame guards the whole walk.
 */
#include "cm/cmpass.h"

/* The first callback of the snapshot that this thread may call (D2). */
static ULONG CmpFirstAllowed(const struct KE_THREAD *Thread, const struct EXP_SNAPSHOT *Snapshot)
{
    const struct CMP_CALLBACK *Limit = Thread->RegistryLimit;
    ULONG Low = 0;
    ULONG High = Snapshot->Count;

    if (Limit == NULL) {
        return 0;
    }
    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        const struct CMP_CALLBACK *Callback = (const struct CMP_CALLBACK *)Snapshot->Blocks[Middle];

        if (Callback == Limit || CmpOrder(Callback, Limit) < 0) {
            Low = Middle + 1;
        } else {
            High = Middle;
        }
    }
    return Low;
}

/* Open the frame and freeze the list. *Nobody: no callback takes part, the pass is already over. */
static NTSTATUS CmpBeginPass(struct CMP_PASS *Cmp, struct KE_THREAD *Thread, bool *Nobody)
{
    ULONG Count;

    *Nobody = true;
    Cmp->Snapshot = NULL;
    if (atomic_load_explicit(&Thread->Cm->Callbacks.Head, memory_order_acquire) == NULL) {
        return STATUS_SUCCESS;
    }
    Cmp->Contexts = Cmp->Inline;
    ExpBeginPass(&Cmp->Pass, Thread, &Thread->Cm->Callbacks.Waiters);
    Cmp->Snapshot = ExpFreeze(&Cmp->Pass, &Thread->Cm->Callbacks);
    Cmp->First = Cmp->Snapshot == NULL ? 0 : CmpFirstAllowed(Thread, Cmp->Snapshot);
    Count = Cmp->Snapshot == NULL ? 0 : Cmp->Snapshot->Count - Cmp->First;
    if (Count > CMP_INLINE_CONTEXTS) {
        Cmp->Contexts = KiAllocate(Thread->Ke, Count * sizeof(Cmp->Contexts[0]));
    }
    if (Cmp->Contexts == NULL && (Cmp->Class->Flags & CMP_NO_VERDICT) != 0) {
        Cmp->Forgetful = true; /* a close cannot fail: its callbacks do without call contexts */
        Cmp->Contexts = Cmp->Inline;
    }
    if (Count == 0 || Cmp->Contexts == NULL) {
        CmpEndPass(Cmp);
        Cmp->Snapshot = NULL;
        return Count == 0 ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    *Nobody = false;
    return STATUS_SUCCESS;
}

static PVOID *CmpField(const struct CMP_PASS *Cmp, USHORT Offset)
{
    return (PVOID *)(PVOID)(Cmp->Information + Offset);
}

/* Whose context a pre notification shows: the root's for create and open (CM-CTX-06). */
static PVOID CmpContextObject(const struct CMP_PASS *Cmp)
{
    if ((Cmp->Class->Flags & CMP_CREATE_OPEN) != 0) {
        return ((PREG_CREATE_KEY_INFORMATION)(PVOID)Cmp->Information)->RootObject;
    }
    return *(PVOID *)(PVOID)Cmp->Information; /* CM-LAY-01 */
}

/* What the manager itself owns of the pre structure, fresh for each callback (CM-PRE-08..10). */
static VOID CmpPreparePre(const struct CMP_PASS *Cmp, const struct EXP_BLOCK *Block)
{
    enum ntcb_windows Windows = Cmp->Pass.Thread->Ke->Config.windows;
    ULONG_PTR Version = 0;

    if (Windows < NTCB_WINDOWS_2003) {
        return; /* the structures of XP end before these members */
    }
    if ((Cmp->Class->Flags & CMP_CREATE_OPEN) != 0 && Windows >= NTCB_WINDOWS_7) {
        Version = 1; /* CM-CO-09 */
    } else if (Cmp->Class->Pre == RegNtPreLoadKey && Windows >= NTCB_WINDOWS_10_1507) {
        Version = 2; /* CM-NC-64 */
    }
    *CmpField(Cmp, Cmp->Class->CallContext) = NULL;
    *CmpField(Cmp, Cmp->Class->ObjectContext) =
        CmpObjectContext(Cmp->Pass.Thread, CmpContextObject(Cmp), Block);
    *CmpField(Cmp, Cmp->Class->Reserved) = (PVOID)Version;
}

/* XP's own create and open classes (CM-VER-01, CM-CO-19). */
static ULONG CmpPreClass(const struct CMP_PASS *Cmp, PVOID *Information,
                         REG_PRE_CREATE_KEY_INFORMATION *Xp)
{
    if (!CmpIsXp(Cmp->Pass.Thread) || (Cmp->Class->Flags & CMP_CREATE_OPEN) == 0) {
        return Cmp->Class->Pre;
    }
    Xp->CompleteName = ((PREG_CREATE_KEY_INFORMATION)(PVOID)Cmp->Information)->CompleteName;
    *Information = Xp;
    return Cmp->Class->Pre == RegNtPreCreateKeyEx ? RegNtPreCreateKey : RegNtPreOpenKey;
}

static NTSTATUS CmpCallPre(struct CMP_PASS *Cmp, struct EXP_BLOCK *Block, ULONG NotifyClass,
                           PVOID Information)
{
    const struct ntcb_config *Config = &Cmp->Pass.Thread->Ke->Config;
    struct CMP_LINT Lint;
    NTSTATUS Status;

    if ((Config->switches & NTCB_SWITCH_LINT) == 0 || CmpIsXp(Cmp->Pass.Thread)) {
        return CmpCall(Cmp, Block, NotifyClass, Information);
    }
    CmpLintBefore(Cmp->Class, Config->windows, Information, &Lint);
    Status = CmpCall(Cmp, Block, NotifyClass, Information);
    CmpLintAfter(Cmp->Class, Information, Block, Status, &Lint);
    return Status;
}

/* What the callback that is being called has left of a pre notification. True: it ends the pass.
 */
static bool CmpTakePre(struct CMP_PASS *Cmp, NTSTATUS Status)
{
    if (!CmpIsXp(Cmp->Pass.Thread) && !Cmp->Forgetful) {
        Cmp->Contexts[Cmp->Reached - Cmp->First] = *CmpField(Cmp, Cmp->Class->CallContext);
    }
    return !NT_SUCCESS(Status) &&
           (Cmp->Class->Flags & CMP_NO_VERDICT) == 0; /* CM-PRE-03, -BYP-10 */
}

static NTSTATUS CmpWalkPre(struct CMP_PASS *Cmp, PVOID Context)
{
    REG_PRE_CREATE_KEY_INFORMATION Xp;
    PVOID Information = Cmp->Information;
    ULONG NotifyClass = CmpPreClass(Cmp, &Information, &Xp);

    (void)Context;
    for (; Cmp->Next < Cmp->Snapshot->Count; ++Cmp->Next) {
        struct EXP_BLOCK *Block = Cmp->Snapshot->Blocks[Cmp->Next];
        NTSTATUS Status;

        Cmp->Reached = Cmp->Next;
        if (!ExpEnterBlock(&Cmp->Pass, Block)) {
            continue;
        }
        CmpPreparePre(Cmp, Block);
        Status = CmpCallPre(Cmp, Block, NotifyClass, Information);
        if (CmpTakePre(Cmp, Status)) {
            return Status;
        }
    }
    Cmp->Reached = Cmp->Snapshot->Count;
    return STATUS_SUCCESS;
}

NTSTATUS CmpGuardWalk(struct CMP_PASS *Cmp, CMP_WALK *Walk, PVOID Context)
{
    struct ntcb_seh_frame Guard;
    NTSTATUS Status;

    Guard.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&Guard)) != 0) {
        const struct EXP_BLOCK *Block =
            atomic_load_explicit(&Cmp->Pass.Frame->Block, memory_order_relaxed);

        Status = CmpEscaped(Cmp->Pass.Thread, Block, Cmp->CallClass, Cmp->CallInformation);
        if (Walk == CmpWalkPre && CmpTakePre(Cmp, Status)) {
            return Status;
        }
        ++Cmp->Next;
        (void)ntcb_seh_open(&Guard); /* the buffer is still good: this function is active */
    }
    Status = Walk(Cmp, Context);
    ntcb_seh_done(&Guard);
    return Status;
}

static NTSTATUS CmpRunPre(struct CMP_PASS *Cmp)
{
    NTSTATUS Status;

    Cmp->Next = Cmp->First;
    Status = CmpGuardWalk(Cmp, CmpWalkPre, NULL);
    ExpMoveTo(&Cmp->Pass, NULL);
    return Status;
}

NTSTATUS ntcb_registry_pre(struct ntcb_registry_pass *pass, REG_NOTIFY_CLASS pre_class,
                           PVOID information)
{
    struct KE_THREAD *Thread = KiRequireThread(__func__);
    struct CMP_PASS *Cmp = (struct CMP_PASS *)(PVOID)pass;
    NTSTATUS Status;
    bool Nobody;

    Cmp->Class = CmpFindClass(pre_class);
    Cmp->Information = information;
    Cmp->Verdict = STATUS_SUCCESS;
    Cmp->Snapshot = NULL;
    Cmp->Forgetful = false;
    if (Cmp->Class == NULL || Thread->Ke->Config.windows < Cmp->Class->Since) {
        return STATUS_SUCCESS; /* this Windows has no such notification (CM-VER) */
    }
    Status = CmpBeginPass(Cmp, Thread, &Nobody);
    if (Nobody) {
        /* Without memory a close still goes on, unheard (CM-BYP-10). */
        return (Cmp->Class->Flags & CMP_NO_VERDICT) != 0 ? STATUS_SUCCESS : Status;
    }
    Cmp->Verdict = CmpRunPre(Cmp);
    return Cmp->Verdict;
}

bool ntcb_registry_wanted(REG_NOTIFY_CLASS pre_class)
{
    struct KE_THREAD *Thread = KiRequireThread(__func__);
    const struct CMP_CLASS *Class = CmpFindClass(pre_class);
    struct EXP_SNAPSHOT *Snapshot;
    struct EXP_PASS Pass;
    bool Wanted;

    if (Class == NULL || Thread->Ke->Config.windows < Class->Since) {
        return false;
    }
    ExpBeginPass(&Pass, Thread, &Thread->Cm->Callbacks.Waiters);
    Snapshot = ExpFreeze(&Pass, &Thread->Cm->Callbacks);
    Wanted = Snapshot != NULL && CmpFirstAllowed(Thread, Snapshot) < Snapshot->Count;
    ExpThaw(&Pass);
    ExpEndPass(&Pass);
    return Wanted;
}
