/* SPDX-License-Identifier: MIT
 *
 * cmkey.c - keys: finding, making, moving and removing them; everything here is called locked.
 *
 * Evidence  REG-EK-02 (order), REG-CRT-13 (marks of the parent), REG-NS-09 (times), REG-DEL-04,
 * -05.
 */
#include "cm/cmsecurity.h"
#include "cm/cmtxn.h"

#include <stdatomic.h>
#include <string.h>

static int CmpOrderChildren(const void *Sought, const void *Item)
{
    const struct CMP_KEY *Key = Item;
    return CmpCompareName(Sought, Key->Name);
}

static ULONG CmpSearchChildren(const struct CMP_INDEX *Children, const struct CMP_KEY *Key)
{
    UNICODE_STRING Name = CmpNameString(Key->Name);
    PVOID Found;
    return CmpIndexFind(Children, CmpOrderChildren, &Name, &Found);
}

static ULONG CmpStorageOf(ULONG Flags)
{
    return (Flags & CMP_KEY_VOLATILE) != 0 ? CmpVolatile : CmpStable;
}

static struct CMP_INDEX *CmpSiblings(struct CMP_KEY *Parent, const struct CMP_KEY *Key)
{
    return &Parent->Children[CmpStorageOf(Key->Flags)];
}

/* Where Key hangs: a private key hangs in a view. */
static struct CMP_KEY *CmpParentOf(const struct CMP_KEY *Key)
{
    return CmpViewOf(Key->Maker, Key->Parent);
}

VOID CmpGiveName(struct CMP_KEY *Key, struct CMP_NAME *Name)
{
    if (Key->Name != (PVOID)(Key + 1)) {
        ntsim__release(Key->Name);
    }
    Key->Name = Name;
}

VOID CmpReferenceKey(struct CMP_KEY *Key)
{
    atomic_fetch_add_explicit(&Key->References, 1, memory_order_relaxed);
}

/* TRUE: it was the last one. */
static BOOLEAN CmpDropReference(struct CMP_KEY *Key)
{
    return Key != NULL && atomic_fetch_sub_explicit(&Key->References, 1, memory_order_acq_rel) == 1;
}

/* Key has no reference left; those that it held may be the last ones too. */
static VOID CmpFreeKeys(struct CMP_STATE *State, struct CMP_KEY *Key)
{
    BOOLEAN Last = TRUE;
    while (Last) {
        struct CMP_KEY *Parent = Key->Parent;
        CmpFreeValues(Key);
        for (ULONG Type = 0; Type < CmpStorageTypes; Type++) {
            CmpIndexFree(&Key->Children[Type]);
        }
        CmpDropSecurity(State, Key->Security);
        ntsim__release(Key->Class);
        CmpGiveName(Key, NULL);
        ntsim__release(Key);
        Key = Parent;
        Last = CmpDropReference(Key);
    }
}

VOID CmpDereferenceKey(struct CMP_STATE *State, struct CMP_KEY *Key)
{
    if (CmpDropReference(Key)) {
        CmpFreeKeys(State, Key);
    }
}

VOID CmpReleaseKey(struct CMP_STATE *State, struct CMP_KEY *Key)
{
    if (CmpDropReference(Key)) {
        CmpLock(State);
        CmpFreeKeys(State, Key);
        CmpUnlock(State);
    }
}

struct CMP_KEY *CmpFindOnRoute(const struct CMP_KEY *Key, UNICODE_STRING Name, UNICODE_STRING Rest,
                               struct CMP_ROUTE *Route)
{
    PVOID Found = NULL;
    if ((Key->Flags & CMP_KEY_VIEW) == 0) {
        return CmpLookUp(CmpState(), Key, Name, Rest, Route);
    }
    const struct CMP_SHADOW *Shadow = CONTAINING_RECORD(Key, struct CMP_SHADOW, View);
    if (!Shadow->OwnsChildren) {
        return CmpLookUp(CmpState(), Shadow->Key, Name, Rest, Route);
    }
    for (ULONG Type = 0; Found == NULL && Type < CmpStorageTypes; Type++) {
        CmpIndexFind(&Key->Children[Type], CmpOrderChildren, &Name, &Found);
    }
    Route->Next = Route->Count;
    return Found;
}

struct CMP_KEY *CmpFindChild(const struct CMP_KEY *Key, PCUNICODE_STRING Name)
{
    struct CMP_ROUTE Route;
    Route.Next = Route.Count = 0;
    return CmpFindOnRoute(Key, *Name, (UNICODE_STRING){0}, &Route);
}

ULONG CmpChildCount(const struct CMP_KEY *Key)
{
    return Key->Children[CmpStable].Count + Key->Children[CmpVolatile].Count;
}

ULONG CmpStableChildCount(const struct CMP_KEY *Key)
{
    return Key->Children[CmpStable].Count;
}

struct CMP_KEY *CmpChildAt(const struct CMP_KEY *Key, ULONG Index)
{
    ULONG Stable = Key->Children[CmpStable].Count;
    return Index < Stable ? CmpIndexAt(&Key->Children[CmpStable], Index)
                          : CmpIndexAt(&Key->Children[CmpVolatile], Index - Stable);
}

VOID CmpTouch(struct CMP_STATE *State, struct CMP_KEY *Key)
{
    LONGLONG Now = State->Host->system_time(State->Host->context);
    /* Behind the last time of all, which a caller may have set (REG-SIK-02), comes the clock's. */
    BOOLEAN Takes = Now > Key->LastWriteTime || Key->LastWriteTime == MAXLONGLONG;
    Key->LastWriteTime = Takes ? Now : Key->LastWriteTime + 1;
}

VOID CmpInsertKey(struct CMP_STATE *State, struct CMP_KEY *Parent, struct CMP_KEY *Key)
{
    struct CMP_INDEX *Siblings = CmpSiblings(Parent, Key);
    CmpIndexInsert(Siblings, CmpSearchChildren(Siblings, Key), Key);
    if ((Parent->Flags & CMP_KEY_VIEW) == 0) {
        CmpAddToLookup(State, Key);
    }
    if (Parent->MaxNameLength < Key->Name->Length) {
        Parent->MaxNameLength = Key->Name->Length;
    }
    if (Key->Class != NULL && Parent->MaxClassLength < Key->Class->Length) {
        Parent->MaxClassLength = Key->Class->Length;
    }
    CmpTouch(State, Parent);
    for (struct CMP_SHADOW *Shadow = Parent->Shadows; Shadow != NULL; Shadow = Shadow->Next) {
        if (Shadow->OwnsChildren) {
            CmpInsertKey(State, &Shadow->View, Key);
        }
    }
    CmpBorrowAnew(Parent);
}

/* The marks stay: a rename puts the key back. */
static VOID CmpTakeOut(struct CMP_STATE *State, struct CMP_KEY *Parent, const struct CMP_KEY *Key)
{
    struct CMP_INDEX *Siblings = CmpSiblings(Parent, Key);
    CmpIndexRemove(Siblings, CmpSearchChildren(Siblings, Key));
    if ((Parent->Flags & CMP_KEY_VIEW) == 0) {
        CmpRemoveFromLookup(State, Key);
    }
    for (struct CMP_SHADOW *Shadow = Parent->Shadows; Shadow != NULL; Shadow = Shadow->Next) {
        if (Shadow->OwnsChildren) {
            CmpTakeOut(State, &Shadow->View, Key);
        }
    }
}

static VOID CmpLowerMarks(struct CMP_STATE *State, struct CMP_KEY *Parent)
{
    if (CmpChildCount(Parent) == 0) {
        Parent->MaxNameLength = 0;
        Parent->MaxClassLength = 0;
    }
    CmpTouch(State, Parent);
    for (struct CMP_SHADOW *Shadow = Parent->Shadows; Shadow != NULL; Shadow = Shadow->Next) {
        if (Shadow->OwnsChildren) {
            CmpLowerMarks(State, &Shadow->View);
        }
    }
}

VOID CmpDropChild(struct CMP_STATE *State, struct CMP_KEY *Parent, struct CMP_KEY *Key)
{
    CmpTakeOut(State, Parent, Key);
    CmpLowerMarks(State, Parent);
    CmpBorrowAnew(Parent);
}

NTSTATUS CmpReserveChild(struct CMP_KEY *Parent, PCUNICODE_STRING Name, ULONG Flags)
{
    ULONG Type = CmpStorageOf(Flags);
    NTSTATUS Status =
        Parent->Shadows != NULL ? CmpAdmitChild(Parent, Name, NULL, Type) : STATUS_SUCCESS;
    return NT_SUCCESS(Status) ? CmpIndexReserve(&Parent->Children[Type], 1) : Status;
}

NTSTATUS CmpCreateChild(struct CMP_STATE *State, struct CMP_KEY *Parent, PCUNICODE_STRING Name,
                        PCUNICODE_STRING Class, ULONG Flags, struct CMP_KEY **Out)
{
    struct CMP_SECURITY *Security;
    NTSTATUS Status = CmpSecurityBelow(State, Parent, NULL, &SepAccounts[NTSIM_SYSTEM], &Security);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpCreateSecuredChild(State, Parent, Name, Class, Flags, Security, Out);
    if (!NT_SUCCESS(Status)) {
        CmpDropSecurity(State, Security);
    }
    return Status;
}

NTSTATUS CmpCreateSecuredChild(struct CMP_STATE *State, struct CMP_KEY *Parent,
                               PCUNICODE_STRING Name, PCUNICODE_STRING Class, ULONG Flags,
                               struct CMP_SECURITY *Security, struct CMP_KEY **Out)
{
    struct CMP_KEY *Key = ntsim__allocate(sizeof(*Key) + CmpNameMemory(Name->Length));
    if (Key == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    Key->Flags = Flags;
    Key->Parent = CmpBaseOf(Parent);
    Key->Maker = CmpMakerBelow(Parent);
    Key->Name = CmpWriteName(Key + 1, Name->Buffer, Name->Length);
    Key->Seed = CmpHashKey(Key);
    if (Class != NULL && Class->Length != 0) {
        Key->Class = CmpCreateName(Class->Buffer, Class->Length);
        if (Key->Class == NULL) {
            goto Cleanup;
        }
    }
    if (Parent != NULL) {
        Status = CmpReserveChild(Parent, Name, Flags);
        if (!NT_SUCCESS(Status)) {
            goto Cleanup;
        }
        CmpReferenceKey(Key->Parent);
        CmpInsertKey(State, Parent, Key);
    }
    Key->Security = Security;
    atomic_init(&Key->References, 1);
    Key->Id = ++State->NextId;
    State->KeyCount += Key->Maker == NULL;
    CmpTouch(State, Key);
    *Out = Key;
    return STATUS_SUCCESS;

Cleanup:
    ntsim__release(Key->Class);
    ntsim__release(Key);
    return Status;
}

VOID CmpUnlinkKey(struct CMP_STATE *State, struct CMP_KEY *Key)
{
    if (Key->Parent != NULL) {
        CmpDropChild(State, CmpParentOf(Key), Key);
    }
    Key->Flags |= CMP_KEY_DELETED;
    CmpDropWatches(Key);
    State->KeyCount -= Key->Maker == NULL;
    Key->Maker = NULL;
    CmpDereferenceKey(State, Key);
}

VOID CmpUnlinkTree(struct CMP_STATE *State, struct CMP_KEY *Key)
{
    struct CMP_KEY *Current = Key;
    for (;;) {
        ULONG Count = CmpChildCount(Current);
        if (Count != 0) {
            Current = CmpChildAt(Current, Count - 1);
            continue;
        }
        struct CMP_KEY *Parent = Current->Parent;
        BOOLEAN Done = Current == Key;
        CmpUnlinkKey(State, Current);
        if (Done) {
            return;
        }
        Current = Parent;
    }
}

NTSTATUS CmpRenameKey(struct CMP_STATE *State, struct CMP_KEY *Key, PCUNICODE_STRING Name)
{
    if (Key->Shadows != NULL) {
        return STATUS_TRANSACTIONAL_CONFLICT;
    }
    NTSTATUS Status = CmpReserveChild(Key->Parent, Name, Key->Flags);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    struct CMP_NAME *NewName = CmpCreateName(Name->Buffer, Name->Length);
    if (NewName == NULL) {
        CmpBorrowAnew(Key->Parent); /* a block may have moved */
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    CmpTakeOut(State, Key->Parent, Key);
    CmpGiveName(Key, NewName);
    CmpInsertKey(State, Key->Parent, Key);
    CmpTouch(State, Key);
    return STATUS_SUCCESS;
}

ULONG CmpDepth(const struct CMP_KEY *Key)
{
    ULONG Depth = 0;
    for (; Key != NULL; Key = Key->Parent) {
        Depth++;
    }
    return Depth;
}

ULONG CmpPathLength(const struct CMP_KEY *Key)
{
    ULONG Bytes = 0;
    for (; Key != NULL; Key = Key->Parent) {
        Bytes += (ULONG)sizeof(WCHAR) + Key->Name->Length;
    }
    return Bytes;
}

/* Copy Bytes to Offset of a buffer of Limit bytes, as far as they fit. */
static VOID CmpCopyClipped(PVOID Buffer, ULONG Limit, ULONG Offset, const void *From, ULONG Bytes)
{
    if (Offset < Limit) {
        memcpy((PUCHAR)Buffer + Offset, From, Bytes < Limit - Offset ? Bytes : Limit - Offset);
    }
}

VOID CmpCopyPath(const struct CMP_KEY *Key, PVOID Buffer, ULONG Bytes)
{
    static const WCHAR Backslash = u'\\';
    ULONG Offset = CmpPathLength(Key);
    for (; Key != NULL; Key = Key->Parent) {
        Offset -= Key->Name->Length;
        CmpCopyClipped(Buffer, Bytes, Offset, Key->Name->Text, Key->Name->Length);
        Offset -= (ULONG)sizeof(WCHAR);
        CmpCopyClipped(Buffer, Bytes, Offset, &Backslash, sizeof(WCHAR));
    }
}
