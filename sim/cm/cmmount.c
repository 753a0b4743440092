/* SPDX-License-Identifier: MIT
 *
 * cmmount.c - hives put into the tree and taken out of it; everything here is called locked.
 */
#include "cm/cmmount.h"
#include "cm/cmhiveservice.h"
#include "cm/cmtxn.h"
#include "ob/obp.h"

#include <string.h>

static VOID CmpFreeHive(struct CMP_STATE *State, struct CMP_HIVE *Hive)
{
    CmpMarkHive(State, Hive, FALSE, FALSE);
    CmpDereferenceKey(State, Hive->Root);
    ntsim__release(Hive->File.Buffer);
    ntsim__release(Hive);
}

/* Who a hive is, apart from its keys. */
static struct CMP_HIVE *CmpCreateHive(struct CMP_KEY *Root, ULONG Flags, PCUNICODE_STRING File)
{
    struct CMP_HIVE *Hive = ntsim__allocate(sizeof(*Hive));
    if (Hive == NULL) {
        return NULL;
    }
    Hive->Root = Root;
    Hive->Flags = Flags;
    if (File != NULL && File->Length != 0) {
        Hive->File.Buffer = ntsim__allocate(File->Length);
        if (Hive->File.Buffer == NULL) {
            ntsim__release(Hive);
            return NULL;
        }
        memcpy(Hive->File.Buffer, File->Buffer, File->Length);
        Hive->File.Length = Hive->File.MaximumLength = File->Length;
    }
    return Hive;
}

NTSTATUS CmpMountHive(struct CMP_STATE *State, struct CMP_KEY *Parent, PCUNICODE_STRING Name,
                      struct CMP_KEY *Root, ULONG Flags, PCUNICODE_STRING File,
                      struct CMP_HIVE **Out)
{
    struct CMP_HIVE *Hive = CmpCreateHive(Root, Flags, File);
    struct CMP_NAME *NewName = CmpCreateName(Name->Buffer, Name->Length);
    NTSTATUS Status = Hive != NULL && NewName != NULL ? CmpReserveChild(Parent, Name, Root->Flags)
                                                      : STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(Status)) {
        if (Hive != NULL) {
            ntsim__release(Hive->File.Buffer);
        }
        ntsim__release(Hive);
        ntsim__release(NewName);
        CmpBorrowAnew(Parent); /* a block may have moved */
        return Status;
    }
    CmpGiveName(Root, NewName);
    Root->Flags |= CMP_KEY_HIVE_ROOT;
    Root->Parent = Parent;
    CmpReferenceKey(Parent);
    CmpReferenceKey(Root); /* Hive's */
    CmpInsertKey(State, Parent, Root);
    InsertTailList(&State->Hives, &Hive->Link);
    *Out = Hive;
    return STATUS_SUCCESS;
}

VOID CmpMarkHive(struct CMP_STATE *State, struct CMP_HIVE *Hive, BOOLEAN ReadOnly, BOOLEAN Late)
{
    atomic_fetch_add(&State->ReadOnlyHives, (unsigned)ReadOnly - (unsigned)Hive->ReadOnly);
    atomic_fetch_add(&State->LateHives, (unsigned)Late - (unsigned)Hive->Late);
    Hive->ReadOnly = ReadOnly;
    Hive->Late = Late;
}

/* Recursion: CMP_DEPTH_MAX. */
static VOID CmpMarkUnloaded(struct CMP_KEY *Key)
{
    ULONG Count = CmpChildCount(Key);
    Key->Flags |= CMP_KEY_UNLOADED;
    for (ULONG Index = 0; Index < Count; Index++) {
        CmpMarkUnloaded(CmpChildAt(Key, Index));
    }
}

VOID CmpUnmountHive(struct CMP_STATE *State, struct CMP_HIVE *Hive, BOOLEAN Unloaded,
                    struct CMP_LEFT *Left)
{
    *Left = (struct CMP_LEFT){Hive->FileObject, {Hive->LoadEvent, Hive->UnloadEvent}};
    RemoveEntryList(&Hive->Link);
    if (Unloaded) {
        CmpMarkUnloaded(Hive->Root);
    }
    CmpUnlinkTree(State, Hive->Root);
    CmpFreeHive(State, Hive);
}

VOID CmpLeave(const struct CMP_LEFT *Left)
{
    if (Left->File != NULL) {
        ObpDereference(Left->File, NULL);
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Left->Events); Index++) {
        if (Left->Events[Index] != NULL) {
            KeSetEvent(Left->Events[Index], EVENT_INCREMENT, FALSE);
            ObpDereference(Left->Events[Index], NULL);
        }
    }
}

NTSTATUS CmpUnmountBelow(struct CMP_STATE *State, const struct CMP_KEY *Key,
                         struct CMP_LEFT_ALL *All)
{
    ULONG Count = 0;
    for (PLIST_ENTRY Entry = State->Hives.Flink; Entry != &State->Hives; Entry = Entry->Flink) {
        Count++;
    }
    *All = (struct CMP_LEFT_ALL){0, NULL};
    struct CMP_HIVE *Hive = CmpHiveBelow(State, Key);
    if (Hive == NULL) {
        return STATUS_SUCCESS;
    }
    All->Left = ntsim__allocate(Count * sizeof(All->Left[0]));
    if (All->Left == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (; Hive != NULL; Hive = CmpHiveBelow(State, Key)) {
        CmpUnmountHive(State, Hive, TRUE, &All->Left[All->Count++]);
    }
    return STATUS_SUCCESS;
}

VOID CmpLeaveAll(struct CMP_LEFT_ALL *All)
{
    for (ULONG Index = 0; Index < All->Count; Index++) {
        CmpLeave(&All->Left[Index]);
    }
    ntsim__release(All->Left);
}

struct CMP_HIVE *CmpHiveOf(const struct CMP_STATE *State, const struct CMP_KEY *Root)
{
    for (PLIST_ENTRY Entry = State->Hives.Flink; Entry != &State->Hives; Entry = Entry->Flink) {
        struct CMP_HIVE *Hive = CONTAINING_RECORD(Entry, struct CMP_HIVE, Link);
        if (Hive->Root == Root) {
            return Hive;
        }
    }
    return NULL;
}

struct CMP_HIVE *CmpHiveBelow(const struct CMP_STATE *State, const struct CMP_KEY *Key)
{
    for (PLIST_ENTRY Entry = State->Hives.Flink; Entry != &State->Hives; Entry = Entry->Flink) {
        struct CMP_HIVE *Hive = CONTAINING_RECORD(Entry, struct CMP_HIVE, Link);
        if (CmpIsBelow(Hive->Root->Parent, Key)) {
            return Hive;
        }
    }
    return NULL;
}

struct CMP_HIVE *CmpHiveAbove(const struct CMP_STATE *State, const struct CMP_KEY *Key)
{
    while (Key != NULL && (Key->Flags & CMP_KEY_HIVE_ROOT) == 0) {
        Key = Key->Parent;
    }
    return Key != NULL ? CmpHiveOf(State, Key) : NULL;
}

VOID CmpFreeHives(struct CMP_STATE *State)
{
    while (!IsListEmpty(&State->Hives)) {
        CmpFreeHive(State, CONTAINING_RECORD(RemoveHeadList(&State->Hives), struct CMP_HIVE, Link));
    }
}
