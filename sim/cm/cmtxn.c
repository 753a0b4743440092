/* SPDX-License-Identifier: MIT
 *
 * cmtxn.c - shadows: finding them, making them, and keeping them in step with their keys (cmtxn.h).
 */
#include "cm/cmtxn.h"

#include <string.h>

static struct CMP_SHADOW *CmpFindShadow(const struct CMP_TRANSACTION *Transaction,
                                        const struct CMP_KEY *Key)
{
    struct CMP_SHADOW *Shadow = Key->Shadows;
    while (Shadow != NULL && Shadow->Transaction != Transaction) {
        Shadow = Shadow->Next;
    }
    return Shadow;
}

struct CMP_KEY *CmpFindView(const struct CMP_TRANSACTION *Transaction, struct CMP_KEY *Key)
{
    struct CMP_SHADOW *Shadow = CmpFindShadow(Transaction, Key);
    return Shadow != NULL ? &Shadow->View : Key;
}

struct CMP_KEY *CmpBaseOf(struct CMP_KEY *Key)
{
    return Key != NULL && (Key->Flags & CMP_KEY_VIEW) != 0
               ? CONTAINING_RECORD(Key, struct CMP_SHADOW, View)->Key
               : Key;
}

struct CMP_TRANSACTION *CmpMakerBelow(struct CMP_KEY *Parent)
{
    if (Parent == NULL) {
        return NULL;
    }
    return (Parent->Flags & CMP_KEY_VIEW) != 0
               ? CONTAINING_RECORD(Parent, struct CMP_SHADOW, View)->Transaction
               : Parent->Maker;
}

VOID CmpLendValues(struct CMP_KEY *To, const struct CMP_KEY *From)
{
    To->Values = From->Values;
    To->ValuesByName = From->ValuesByName;
    To->MaxValueNameLength = From->MaxValueNameLength;
    To->MaxValueDataLength = From->MaxValueDataLength;
    To->Wow64Flags = From->Wow64Flags;
    To->ControlFlags = From->ControlFlags;
    To->DebugFlags = From->DebugFlags;
    To->VirtualizationFlags = From->VirtualizationFlags;
}

static VOID CmpBorrow(struct CMP_SHADOW *Shadow)
{
    const struct CMP_KEY *Key = Shadow->Key;
    struct CMP_KEY *View = &Shadow->View;
    if (!Shadow->OwnsChildren) {
        memcpy(View->Children, Key->Children, sizeof(View->Children));
        View->MaxNameLength = Key->MaxNameLength;
        View->MaxClassLength = Key->MaxClassLength;
    }
    if (!Shadow->OwnsValues) {
        CmpLendValues(View, Key);
    }
    if (View->LastWriteTime < Key->LastWriteTime) {
        View->LastWriteTime = Key->LastWriteTime;
    }
}

VOID CmpBorrowAnew(struct CMP_KEY *Key)
{
    for (struct CMP_SHADOW *Shadow = Key->Shadows; Shadow != NULL; Shadow = Shadow->Next) {
        CmpBorrow(Shadow);
    }
}

enum CMP_SHARE { CmpShareChildren, CmpShareValues, CmpShareAll };

/* X4: does a shadow of another transaction keep this one (NULL: none) from changing Share? */
static BOOLEAN CmpIsTaken(const struct CMP_TRANSACTION *Transaction, const struct CMP_KEY *Key,
                          enum CMP_SHARE Share)
{
    for (const struct CMP_SHADOW *Shadow = Key->Shadows; Shadow != NULL; Shadow = Shadow->Next) {
        if (Shadow->Transaction != Transaction &&
            (Share == CmpShareAll || (Share == CmpShareValues && Shadow->OwnsValues) ||
             (Shadow->View.Flags & CMP_KEY_DELETED) != 0)) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN CmpValuesTaken(const struct CMP_KEY *Key)
{
    return CmpIsTaken(NULL, Key, CmpShareValues);
}

NTSTATUS CmpAdmitChild(struct CMP_KEY *Key, PCUNICODE_STRING Name,
                       const struct CMP_TRANSACTION *Maker, ULONG StorageType)
{
    for (struct CMP_SHADOW *Shadow = Key->Shadows; Shadow != NULL; Shadow = Shadow->Next) {
        if (Shadow->Transaction == Maker) {
            continue;
        }
        if ((Shadow->View.Flags & CMP_KEY_DELETED) != 0) {
            return STATUS_TRANSACTIONAL_CONFLICT;
        }
        const struct CMP_KEY *Child =
            Shadow->OwnsChildren ? CmpFindChild(&Shadow->View, Name) : NULL;
        if (Child != NULL && Child->Maker != NULL) {
            return STATUS_TRANSACTIONAL_CONFLICT;
        }
        if (Maker == NULL && Shadow->OwnsChildren &&
            !NT_SUCCESS(CmpIndexReserve(&Shadow->View.Children[StorageType], 1))) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    return STATUS_SUCCESS;
}

/* A shadow that borrows everything, known to nobody yet; NULL without memory. */
static struct CMP_SHADOW *CmpCreateShadow(struct CMP_TRANSACTION *Transaction, struct CMP_KEY *Key)
{
    struct CMP_SHADOW *Shadow = ntsim__allocate(sizeof(*Shadow));
    if (Shadow != NULL) {
        Shadow->View = (struct CMP_KEY){
            .Class = Key->Class,
            .Id = Key->Id,
            .LastWriteTime = Key->LastWriteTime,
            .Flags = Key->Flags | CMP_KEY_VIEW,
            .Denied = Key->Denied,
            .Parent = Key->Parent,
            .Name = Key->Name,
        };
        Shadow->Key = Key;
        Shadow->Transaction = Transaction;
        CmpBorrow(Shadow);
    }
    return Shadow;
}

static VOID CmpLinkShadow(struct CMP_SHADOW *Shadow)
{
    CmpReferenceKey(Shadow->Key);
    Shadow->Next = Shadow->Key->Shadows;
    Shadow->Key->Shadows = Shadow;
    InsertTailList(&Shadow->Transaction->Shadows, &Shadow->Link);
}

VOID CmpFreeShadow(struct CMP_STATE *State, struct CMP_SHADOW *Shadow)
{
    for (ULONG Type = 0; Shadow->OwnsChildren && Type < CmpStorageTypes; Type++) {
        CmpIndexFree(&Shadow->View.Children[Type]);
    }
    if (Shadow->OwnsValues) {
        CmpFreeValues(&Shadow->View);
    }
    RemoveEntryList(&Shadow->Link);
    CmpDereferenceKey(State, Shadow->Key);
    ntsim__release(Shadow);
}

static NTSTATUS CmpCopyChildren(const struct CMP_KEY *Key, struct CMP_INDEX *Copies)
{
    NTSTATUS Status = CmpIndexCopy(&Key->Children[CmpStable], &Copies[CmpStable]);
    if (NT_SUCCESS(Status)) {
        Status = CmpIndexCopy(&Key->Children[CmpVolatile], &Copies[CmpVolatile]);
    }
    if (!NT_SUCCESS(Status)) {
        CmpIndexFree(&Copies[CmpStable]);
    }
    return Status;
}

NTSTATUS CmpOwnChildren(struct CMP_TRANSACTION *Transaction, struct CMP_KEY *Key,
                        struct CMP_KEY **View)
{
    struct CMP_SHADOW *Shadow = CmpFindShadow(Transaction, Key);
    struct CMP_INDEX Copies[CmpStorageTypes] = {{0}};
    *View = Key;
    if (Key->Maker != NULL) {
        return STATUS_SUCCESS; /* it is this transaction's, or it could not have been reached */
    }
    if (CmpIsTaken(Transaction, Key, CmpShareChildren)) {
        return STATUS_TRANSACTIONAL_CONFLICT;
    }
    if (Shadow == NULL || !Shadow->OwnsChildren) {
        NTSTATUS Status = CmpCopyChildren(Key, Copies);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    if (Shadow == NULL) {
        Shadow = CmpCreateShadow(Transaction, Key);
        if (Shadow == NULL) {
            CmpIndexFree(&Copies[CmpStable]);
            CmpIndexFree(&Copies[CmpVolatile]);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        CmpLinkShadow(Shadow);
    }
    if (!Shadow->OwnsChildren) {
        memcpy(Shadow->View.Children, Copies, sizeof(Copies));
        Shadow->OwnsChildren = TRUE;
    }
    *View = &Shadow->View;
    return STATUS_SUCCESS;
}

NTSTATUS CmpOwnValues(struct CMP_TRANSACTION *Transaction, struct CMP_KEY *Key,
                      struct CMP_KEY **View)
{
    struct CMP_SHADOW *Shadow = CmpFindShadow(Transaction, Key);
    struct CMP_KEY Copy = {0};
    *View = Key;
    if (Key->Maker != NULL) {
        return STATUS_SUCCESS;
    }
    if (CmpIsTaken(Transaction, Key, CmpShareValues)) {
        return STATUS_TRANSACTIONAL_CONFLICT;
    }
    if (Shadow == NULL || !Shadow->OwnsValues) {
        NTSTATUS Status = CmpCopyValues(Key, &Copy);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    if (Shadow == NULL) {
        Shadow = CmpCreateShadow(Transaction, Key);
        if (Shadow == NULL) {
            CmpFreeValues(&Copy);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        CmpLinkShadow(Shadow);
    }
    if (!Shadow->OwnsValues) {
        Shadow->View.Values = Copy.Values;
        Shadow->View.ValuesByName = Copy.ValuesByName;
        Shadow->OwnsValues = TRUE;
    }
    *View = &Shadow->View;
    return STATUS_SUCCESS;
}

NTSTATUS CmpDeleteInTransaction(struct CMP_STATE *State, struct CMP_TRANSACTION *Transaction,
                                struct CMP_KEY *Key)
{
    struct CMP_SHADOW *Shadow = CmpFindShadow(Transaction, Key);
    struct CMP_SHADOW *New = NULL;
    struct CMP_KEY *Parent;
    if (CmpIsTaken(Transaction, Key, CmpShareAll)) {
        return STATUS_TRANSACTIONAL_CONFLICT;
    }
    if (Shadow == NULL) {
        New = CmpCreateShadow(Transaction, Key);
        if (New == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    NTSTATUS Status = CmpOwnChildren(Transaction, Key->Parent, &Parent);
    if (!NT_SUCCESS(Status)) {
        ntsim__release(New);
        return Status;
    }
    if (New != NULL) {
        CmpLinkShadow(New);
        Shadow = New;
    }
    CmpDropChild(State, Parent, Key);
    Shadow->View.Flags |= CMP_KEY_DELETED;
    return STATUS_SUCCESS;
}

/* Recursion is as deep as keys nest, CMP_DEPTH_MAX. */
BOOLEAN CmpTreeHasShadows(const struct CMP_KEY *Key)
{
    const struct CMP_KEY *Child;
    if (Key->Shadows != NULL) {
        return TRUE;
    }
    for (ULONG Index = 0; (Child = CmpChildAt(Key, Index)) != NULL; Index++) {
        if (CmpTreeHasShadows(Child)) {
            return TRUE;
        }
    }
    return FALSE;
}
