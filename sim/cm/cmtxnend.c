/* SPDX-License-Identifier: MIT
 *
 * cmtxnend.c - the end of a transaction in the registry: its changes merged, or discarded.
 *
 * The merge first makes the room it will need, which is all that can fail; then it changes
 * everything, in the same hold of the lock (X1). There is no conflict left to find (X4).
 */
#include "cm/cmtxn.h"

#define CMP_SHADOW_OF(entry) CONTAINING_RECORD((entry), struct CMP_SHADOW, Link)

VOID CmpStartTransaction(struct CMP_TRANSACTION *Transaction)
{
    InitializeListHead(&Transaction->Shadows);
    Transaction->Active = TRUE;
}

static BOOLEAN CmpIsDeleted(const struct CMP_SHADOW *Shadow)
{
    return (Shadow->View.Flags & CMP_KEY_DELETED) != 0;
}

/* Room in Key itself, and in the views of other transactions, for the private keys of Shadow. */
static NTSTATUS CmpReserveMerge(const struct CMP_SHADOW *Shadow, ULONG Type)
{
    const struct CMP_INDEX *Children = &Shadow->View.Children[Type];
    ULONG Private = 0;
    for (ULONG Index = 0; Index < Children->Count; Index++) {
        const struct CMP_KEY *Child = CmpIndexAt(Children, Index);
        Private += Child->Maker != NULL;
    }
    NTSTATUS Status = CmpIndexReserve(&Shadow->Key->Children[Type], Private);
    for (struct CMP_SHADOW *Other = Shadow->Key->Shadows; NT_SUCCESS(Status) && Other != NULL;
         Other = Other->Next) {
        if (Other != Shadow && Other->OwnsChildren) {
            Status = CmpIndexReserve(&Other->View.Children[Type], Private);
        }
    }
    CmpBorrowAnew(Shadow->Key); /* a block may have moved */
    return Status;
}

static VOID CmpDetach(struct CMP_SHADOW *Shadow)
{
    struct CMP_SHADOW **Place = &Shadow->Key->Shadows;
    while (*Place != Shadow) {
        Place = &(*Place)->Next;
    }
    *Place = Shadow->Next;
}

/* X3: a private key, and all below it, belongs to everybody. Recursion: CMP_DEPTH_MAX. */
static VOID CmpPublish(struct CMP_STATE *State, struct CMP_KEY *Key)
{
    struct CMP_KEY *Child;
    Key->Maker = NULL;
    State->KeyCount++;
    for (ULONG Index = 0; (Child = CmpChildAt(Key, Index)) != NULL; Index++) {
        CmpPublish(State, Child);
    }
}

static VOID CmpMergeChildren(struct CMP_STATE *State, struct CMP_SHADOW *Shadow)
{
    struct CMP_KEY *Child;
    for (ULONG Index = 0; (Child = CmpChildAt(&Shadow->View, Index)) != NULL; Index++) {
        if (Child->Maker != NULL) {
            CmpPublish(State, Child);
            CmpInsertKey(State, Shadow->Key, Child);
            CmpReportChange(Child, REG_NOTIFY_CHANGE_NAME);
        }
    }
}

static VOID CmpMergeValues(struct CMP_SHADOW *Shadow)
{
    struct CMP_KEY *Key = Shadow->Key;
    struct CMP_KEY *View = &Shadow->View;
    CmpFreeValues(Key);
    CmpLendValues(Key, View);
    Key->LastWriteTime = View->LastWriteTime;
    Shadow->OwnsValues = FALSE; /* they are the key's now */
    CmpBorrowAnew(Key);
}

static NTSTATUS CmpReserveAll(const struct CMP_TRANSACTION *Transaction)
{
    NTSTATUS Status = STATUS_SUCCESS;
    for (PLIST_ENTRY Entry = Transaction->Shadows.Flink;
         NT_SUCCESS(Status) && Entry != &Transaction->Shadows; Entry = Entry->Flink) {
        const struct CMP_SHADOW *Shadow = CMP_SHADOW_OF(Entry);
        for (ULONG Type = 0; NT_SUCCESS(Status) && Shadow->OwnsChildren && Type < CmpStorageTypes;
             Type++) {
            Status = CmpReserveMerge(Shadow, Type);
        }
    }
    return Status;
}

/* Deletions go first: a deleted key's name may have been given to a new one. */
static VOID CmpMerge(struct CMP_STATE *State, struct CMP_TRANSACTION *Transaction)
{
    PLIST_ENTRY Head = &Transaction->Shadows;
    for (PLIST_ENTRY Entry = Head->Flink; Entry != Head; Entry = Entry->Flink) {
        CmpDetach(CMP_SHADOW_OF(Entry));
    }
    for (PLIST_ENTRY Entry = Head->Flink; Entry != Head; Entry = Entry->Flink) {
        if (CmpIsDeleted(CMP_SHADOW_OF(Entry))) {
            CmpReportChange(CMP_SHADOW_OF(Entry)->Key, REG_NOTIFY_CHANGE_NAME);
            CmpUnlinkKey(State, CMP_SHADOW_OF(Entry)->Key);
        }
    }
    while (!IsListEmpty(Head)) {
        struct CMP_SHADOW *Shadow = CMP_SHADOW_OF(Head->Flink);
        if (!CmpIsDeleted(Shadow) && Shadow->OwnsChildren) {
            CmpMergeChildren(State, Shadow);
        }
        if (!CmpIsDeleted(Shadow) && Shadow->OwnsValues) {
            CmpMergeValues(Shadow);
            CmpReportChange(Shadow->Key, REG_NOTIFY_CHANGE_LAST_SET);
        }
        CmpFreeShadow(State, Shadow);
    }
}

NTSTATUS CmpMergeTransaction(struct CMP_TRANSACTION *Transaction)
{
    struct CMP_STATE *State = CmpState();
    NTSTATUS Status = STATUS_TRANSACTION_NOT_ACTIVE;
    CmpLock(State);
    if (Transaction->Active) {
        Status = CmpReserveAll(Transaction);
    }
    if (NT_SUCCESS(Status)) {
        CmpMerge(State, Transaction);
        Transaction->Active = FALSE;
    }
    CmpUnlock(State);
    return Status;
}

static VOID CmpDeletePrivate(struct CMP_STATE *State, struct CMP_SHADOW *Shadow)
{
    for (ULONG Index = CmpChildCount(&Shadow->View); Index-- != 0;) {
        struct CMP_KEY *Child = CmpChildAt(&Shadow->View, Index);
        if (Child->Maker != NULL) {
            CmpUnlinkTree(State, Child);
        }
    }
}

NTSTATUS CmpDiscardTransaction(struct CMP_TRANSACTION *Transaction)
{
    struct CMP_STATE *State = CmpState();
    NTSTATUS Status = STATUS_TRANSACTION_NOT_ACTIVE;
    CmpLock(State);
    if (Transaction->Active) {
        while (!IsListEmpty(&Transaction->Shadows)) {
            struct CMP_SHADOW *Shadow = CMP_SHADOW_OF(Transaction->Shadows.Flink);
            CmpDeletePrivate(State, Shadow);
            CmpDetach(Shadow);
            CmpFreeShadow(State, Shadow);
        }
        Transaction->Active = FALSE;
        Status = STATUS_SUCCESS;
    }
    CmpUnlock(State);
    return Status;
}
