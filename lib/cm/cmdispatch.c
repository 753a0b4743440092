/* SPDX-License-Identifier: MIT
 *
 * cmdispatch.c - one registry operation: pre down the stack, then post back up.
 *
 * Role        A pass freezes the list when it begins (CM-REG-10) and remembers, per callback that
 *             took part, the call context it left. Nothing is locked while a callback runs.
 * Invariants  D1  Post goes to exactly the callbacks whose pre let the operation go on, in reverse
 *                 (CM-POST-03, CM-ORD-12); one that was unregistered in between hears no more
 *                 (CM-UNR-07): its block is retired, and no pass enters a retired block.
 *             D2  A pass begun inside a callback starts below that callback (CM-RE-01): the thread
 *                 remembers the innermost one it is in, and that one is published, so it is there.
 */
#include "cm/cmp.h"

#include <string.h>

#define CMP_INLINE_CONTEXTS 8

struct CMP_PASS {
    struct EXP_PASS Pass;
    const struct CMP_CLASS *Class;
    struct EXP_SNAPSHOT *Snapshot; /* NULL: nobody takes part, and there is nothing to end */
    PUCHAR Information;            /* the pre structure */
    ULONG First;                   /* callbacks First..Reached-1 get the post notification */
    ULONG Reached;
    NTSTATUS Verdict; /* of the pre pass */
    bool Forgetful;   /* no memory for the call contexts */
    PVOID *Contexts;  /* one per callback from First on */
    PVOID Inline[CMP_INLINE_CONTEXTS];
};

_Static_assert(sizeof(struct CMP_PASS) <= sizeof(struct ntcb_registry_pass),
               "grow ntcb_registry_pass.reserved");

static bool CmpIsXp(const struct KE_THREAD *Thread)
{
    return Thread->Ke->Config.windows == NTCB_WINDOWS_XP;
}

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

static VOID CmpEndPass(struct CMP_PASS *Cmp)
{
    ExpThaw(&Cmp->Pass);
    ExpEndPass(&Cmp->Pass);
    if (Cmp->Contexts != Cmp->Inline) {
        KiFree(Cmp->Pass.Thread->Ke, Cmp->Contexts);
    }
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

/* Call one callback that has been entered; the environment it runs in is CM-IRQL-02, -03. */
static NTSTATUS CmpCall(struct CMP_PASS *Cmp, struct EXP_BLOCK *Block, ULONG NotifyClass,
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
    Thread->RegistryLimit = Block;
    ExpBeforeCall(&Cmp->Pass, Block, (int)NotifyClass, Information);
    Status = ((PEX_CALLBACK_FUNCTION)Block->Routine)((PVOID)(ULONG_PTR)Block->Context,
                                                     (PVOID)(ULONG_PTR)NotifyClass, Information);
    ExpAfterCall(&Cmp->Pass, Block, (int)NotifyClass, Information, Status);
    Thread->RegistryLimit = Limit;
    Thread->Environment.s.Irql = Irql;
    return Status;
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

static NTSTATUS CmpRunPre(struct CMP_PASS *Cmp)
{
    REG_PRE_CREATE_KEY_INFORMATION Xp;
    PVOID Information = Cmp->Information;
    ULONG NotifyClass = CmpPreClass(Cmp, &Information, &Xp);
    ULONG Index;

    for (Index = Cmp->First; Index < Cmp->Snapshot->Count; ++Index) {
        struct EXP_BLOCK *Block = Cmp->Snapshot->Blocks[Index];
        NTSTATUS Status;

        Cmp->Reached = Index;
        if (!ExpEnterBlock(&Cmp->Pass, Block)) {
            continue;
        }
        CmpPreparePre(Cmp, Block);
        Status = CmpCallPre(Cmp, Block, NotifyClass, Information);
        if (!CmpIsXp(Cmp->Pass.Thread) && !Cmp->Forgetful) {
            Cmp->Contexts[Index - Cmp->First] = *CmpField(Cmp, Cmp->Class->CallContext);
        }
        if (NT_SUCCESS(Status) || (Cmp->Class->Flags & CMP_NO_VERDICT) != 0) {
            continue; /* CM-PRE-03, CM-BYP-10 */
        }
        ExpMoveTo(&Cmp->Pass, NULL);
        return Status;
    }
    Cmp->Reached = Cmp->Snapshot->Count;
    ExpMoveTo(&Cmp->Pass, NULL);
    return STATUS_SUCCESS;
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

/* The Object a post notification of create or open starts with (CM-POST-12, CM-VER-04). */
static PVOID CmpPostObject(const struct CMP_PASS *Cmp, PVOID Object, NTSTATUS Status)
{
    enum ntcb_windows Windows = Cmp->Pass.Thread->Ke->Config.windows;

    if ((Cmp->Class->Flags & CMP_NO_OBJECT) != 0) {
        return NULL; /* CM-POST-14 */
    }
    if ((Cmp->Class->Flags & CMP_CREATE_OPEN) == 0 || Status == STATUS_SUCCESS) {
        return Object;
    }
    if (NT_SUCCESS(Status)) {
        return CMP_UNDEFINED_OBJECT;
    }
    if (Windows < NTCB_WINDOWS_7 && !NT_SUCCESS(Cmp->Verdict)) {
        return ((PREG_CREATE_KEY_INFORMATION)(PVOID)Cmp->Information)->RootObject;
    }
    return NULL;
}

/* XP: create and open have post notifications of their own kind, nothing else has any. */
static VOID CmpRunXpPost(struct CMP_PASS *Cmp, PVOID Object, NTSTATUS Status)
{
    REG_POST_CREATE_KEY_INFORMATION Post = {
        .CompleteName = ((PREG_CREATE_KEY_INFORMATION)(PVOID)Cmp->Information)->CompleteName,
        .Object = Object,
        .Status = Status,
    };
    ULONG NotifyClass =
        Cmp->Class->Pre == RegNtPreCreateKeyEx ? RegNtPostCreateKey : RegNtPostOpenKey;
    ULONG Index;

    for (Index = Cmp->First; Index < Cmp->Reached; ++Index) { /* CM-ORD-14 */
        if (ExpEnterBlock(&Cmp->Pass, Cmp->Snapshot->Blocks[Index])) {
            (void)CmpCall(Cmp, Cmp->Snapshot->Blocks[Index], NotifyClass, &Post);
        }
    }
}

static NTSTATUS CmpRunPost(struct CMP_PASS *Cmp, PVOID *Object, NTSTATUS Status)
{
    const struct ntcb_config *Config = &Cmp->Pass.Thread->Ke->Config;
    bool Forward = (Config->switches & NTCB_SWITCH_POST_ORDER_FORWARD) != 0 ||
                   Config->windows < NTCB_WINDOWS_VISTA;                            /* CM-ORD-14 */
    bool Ignored = (Cmp->Class->Flags & CMP_NO_VERDICT) != 0 ||                     /* CM-CLS-07 */
                   Config->windows < NTCB_WINDOWS_VISTA ||                          /* CM-PRE-18 */
                   (Config->windows < NTCB_WINDOWS_7 && !NT_SUCCESS(Cmp->Verdict)); /* CM-VER-05 */
    REG_POST_OPERATION_INFORMATION Post = {.Object = *Object, .PreInformation = Cmp->Information};
    ULONG Count = Cmp->Reached - Cmp->First;
    ULONG Step;

    for (Step = 0; Step < Count; ++Step) {
        ULONG Index = Forward ? Step : Count - 1 - Step;
        struct EXP_BLOCK *Block = Cmp->Snapshot->Blocks[Cmp->First + Index];

        if (!ExpEnterBlock(&Cmp->Pass, Block)) {
            continue; /* CM-UNR-07 */
        }
        Post.Status = Status; /* CM-POST-07: what the last one wrote here does not count */
        Post.ReturnStatus = Status;
        Post.CallContext = Cmp->Forgetful ? NULL : Cmp->Contexts[Index];
        Post.ObjectContext = CmpObjectContext(Cmp->Pass.Thread, Post.Object, Block); /* -18 */
        Post.Reserved = NULL;
        if (CmpCall(Cmp, Block, Cmp->Class->Post, &Post) == STATUS_CALLBACK_BYPASS && !Ignored) {
            Status = Post.ReturnStatus; /* CM-POST-05, -17 */
        }
    }
    *Object = Post.Object;
    return Status;
}

NTSTATUS ntcb_registry_post(struct ntcb_registry_pass *pass, PVOID object, NTSTATUS status,
                            PVOID *object_out)
{
    struct CMP_PASS *Cmp = (struct CMP_PASS *)(PVOID)pass;
    PVOID Shown;
    PVOID Left;

    if (object_out != NULL) {
        *object_out = object;
    }
    if (Cmp->Class != NULL && Cmp->Class->Pre == RegNtPreKeyHandleClose) {
        CmpCleanupObject(KiRequireThread(__func__), object); /* CM-CLS-04: between the two */
    }
    if (Cmp->Snapshot == NULL) {
        return status;
    }
    if (Cmp->Pass.Thread->Ke->Config.windows < NTCB_WINDOWS_VISTA && !NT_SUCCESS(Cmp->Verdict)) {
        status = Cmp->Verdict; /* a bypass blocks there, like any other status (CM-PRE-18) */
    }
    Shown = CmpPostObject(Cmp, object, status);
    Left = Shown;
    if (CmpIsXp(Cmp->Pass.Thread)) {
        if ((Cmp->Class->Flags & CMP_CREATE_OPEN) != 0) {
            CmpRunXpPost(Cmp, Shown, status);
        }
    } else if (Cmp->Pass.Thread->Ke->Config.windows >= Cmp->Class->PostSince) {
        status = CmpRunPost(Cmp, &Left, status);
    }
    if (object_out != NULL && Left != Shown) {
        *object_out = Left;
    }
    CmpEndPass(Cmp);
    return status;
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
