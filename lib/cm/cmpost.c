/* SPDX-License-Identifier: MIT
 *
 * cmpost.c - the post notification of a registry operation, back up the stack (D1 of cmdispatch.c).
 */
#include "cm/cmpass.h"

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
static NTSTATUS CmpWalkXpPost(struct CMP_PASS *Cmp, PVOID Context)
{
    ULONG NotifyClass =
        Cmp->Class->Pre == RegNtPreCreateKeyEx ? RegNtPostCreateKey : RegNtPostOpenKey;

    for (; Cmp->Next < Cmp->Reached; ++Cmp->Next) { /* CM-ORD-14 */
        if (ExpEnterBlock(&Cmp->Pass, Cmp->Snapshot->Blocks[Cmp->Next])) {
            (void)CmpCall(Cmp, Cmp->Snapshot->Blocks[Cmp->Next], NotifyClass, Context);
        }
    }
    return STATUS_SUCCESS;
}

static VOID CmpRunXpPost(struct CMP_PASS *Cmp, PVOID Object, NTSTATUS Status)
{
    REG_POST_CREATE_KEY_INFORMATION Post = {
        .CompleteName = ((PREG_CREATE_KEY_INFORMATION)(PVOID)Cmp->Information)->CompleteName,
        .Object = Object,
        .Status = Status,
    };

    Cmp->Next = Cmp->First;
    (void)CmpGuardWalk(Cmp, CmpWalkXpPost, &Post);
}

struct CMP_POST {
    REG_POST_OPERATION_INFORMATION Information;
    NTSTATUS Status; /* what the caller is about to get */
    bool Forward;
    bool Ignored; /* nobody can change it */
};

static NTSTATUS CmpWalkPost(struct CMP_PASS *Cmp, PVOID Context)
{
    struct CMP_POST *Post = Context;
    REG_POST_OPERATION_INFORMATION *Information = &Post->Information;
    ULONG Count = Cmp->Reached - Cmp->First;

    for (; Cmp->Next < Count; ++Cmp->Next) {
        ULONG Index = Post->Forward ? Cmp->Next : Count - 1 - Cmp->Next;
        struct EXP_BLOCK *Block = Cmp->Snapshot->Blocks[Cmp->First + Index];

        if (!ExpEnterBlock(&Cmp->Pass, Block)) {
            continue; /* CM-UNR-07 */
        }
        Information->Status = Post->Status; /* CM-POST-07: what the last one wrote does not count */
        Information->ReturnStatus = Post->Status;
        Information->CallContext = Cmp->Forgetful ? NULL : Cmp->Contexts[Index];
        Information->ObjectContext =
            CmpObjectContext(Cmp->Pass.Thread, Information->Object, Block); /* -18 */
        Information->Reserved = NULL;
        if (CmpCall(Cmp, Block, Cmp->Class->Post, Information) == STATUS_CALLBACK_BYPASS &&
            !Post->Ignored) {
            Post->Status = Information->ReturnStatus; /* CM-POST-05, -17 */
        }
    }
    return STATUS_SUCCESS;
}

static NTSTATUS CmpRunPost(struct CMP_PASS *Cmp, PVOID *Object, NTSTATUS Status)
{
    const struct ntcb_config *Config = &Cmp->Pass.Thread->Ke->Config;
    struct CMP_POST Post = {
        .Information = {.Object = *Object, .PreInformation = Cmp->Information},
        .Status = Status,
        .Forward = (Config->switches & NTCB_SWITCH_POST_ORDER_FORWARD) != 0 ||
                   Config->windows < NTCB_WINDOWS_VISTA,                            /* CM-ORD-14 */
        .Ignored = (Cmp->Class->Flags & CMP_NO_VERDICT) != 0 ||                     /* CM-CLS-07 */
                   Config->windows < NTCB_WINDOWS_VISTA ||                          /* CM-PRE-18 */
                   (Config->windows < NTCB_WINDOWS_7 && !NT_SUCCESS(Cmp->Verdict)), /* CM-VER-05 */
    };

    Cmp->Next = 0;
    (void)CmpGuardWalk(Cmp, CmpWalkPost, &Post);
    *Object = Post.Information.Object;
    return Post.Status;
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
