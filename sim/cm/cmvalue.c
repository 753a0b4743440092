/* SPDX-License-Identifier: MIT
 *
 * cmvalue.c - the values of a key; everything here is called locked.
 *
 * Evidence  REG-SET-04, -05, -08, -09, REG-NS-10, REG-DLV-01.
 */
#include "cm/cmtxn.h"

#include <string.h>

static int CmpOrderNames(const void *Sought, const void *Item)
{
    const struct CMP_VALUE *Value = Item;
    return CmpCompareName(Sought, Value->Name);
}

static int CmpOrderAges(const void *Sought, const void *Item)
{
    const ULONGLONG *Sequence = Sought;
    const struct CMP_VALUE *Value = Item;
    return *Sequence < Value->Sequence ? -1 : *Sequence > Value->Sequence;
}

struct CMP_VALUE *CmpFindValue(const struct CMP_KEY *Key, PCUNICODE_STRING Name)
{
    PVOID Found;
    CmpIndexFind(&Key->ValuesByName, CmpOrderNames, Name, &Found);
    return Found;
}

ULONG CmpValueCount(const struct CMP_KEY *Key)
{
    return Key->Values.Count;
}

struct CMP_VALUE *CmpValueAt(const struct CMP_KEY *Key, ULONG Index)
{
    return CmpIndexAt(&Key->Values, Index);
}

static VOID CmpFreeData(struct CMP_VALUE *Value)
{
    if (Value->Data != Value->Small) {
        ntsim__release(Value->Data);
    }
}

static VOID CmpFreeValue(struct CMP_VALUE *Value)
{
    CmpFreeData(Value);
    ntsim__release(Value);
}

static VOID CmpRaiseMarks(struct CMP_KEY *Key, const struct CMP_VALUE *Value)
{
    if (Key->MaxValueNameLength < Value->Name->Length) {
        Key->MaxValueNameLength = Value->Name->Length;
    }
    if (Key->MaxValueDataLength < Value->DataLength) {
        Key->MaxValueDataLength = Value->DataLength;
    }
}

/* Returns NULL when there is no memory; Data is the value's from then on. */
static struct CMP_VALUE *CmpInsertValue(struct CMP_KEY *Key, PCUNICODE_STRING Name)
{
    struct CMP_VALUE *Value = ntsim__allocate(sizeof(*Value) + CmpNameMemory(Name->Length));
    if (Value == NULL) {
        return NULL;
    }
    Value->Name = CmpWriteName(Value + 1, Name->Buffer, Name->Length);
    if (!NT_SUCCESS(CmpIndexReserve(&Key->Values, 1)) ||
        !NT_SUCCESS(CmpIndexReserve(&Key->ValuesByName, 1))) {
        ntsim__release(Value);
        return NULL;
    }
    const struct CMP_VALUE *Last = CmpIndexAt(&Key->Values, Key->Values.Count - 1);
    Value->Sequence = Last != NULL ? Last->Sequence + 1 : 0;
    PVOID Found;
    ULONG Position = CmpIndexFind(&Key->ValuesByName, CmpOrderNames, Name, &Found);
    CmpIndexInsert(&Key->ValuesByName, Position, Value);
    CmpIndexInsert(&Key->Values, Key->Values.Count, Value);
    return Value;
}

NTSTATUS CmpSetValue(struct CMP_STATE *State, struct CMP_KEY *Key, PCUNICODE_STRING Name,
                     ULONG Type, const void *Data, ULONG Bytes)
{
    struct CMP_VALUE *Value = CmpFindValue(Key, Name);
    if (Key->Shadows != NULL && CmpValuesTaken(Key)) {
        return STATUS_TRANSACTIONAL_CONFLICT;
    }
    if (Value != NULL && Value->Type == Type && Value->DataLength == Bytes &&
        (Bytes == 0 || memcmp(Value->Data, Data, Bytes) == 0)) {
        return STATUS_SUCCESS;
    }
    PVOID Copy = NULL;
    if (Bytes > sizeof(Value->Small)) {
        Copy = ntsim__allocate_raw(Bytes);
        if (Copy == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        memcpy(Copy, Data, Bytes);
    }
    if (Value == NULL) {
        Value = CmpInsertValue(Key, Name);
        if (Value == NULL) {
            CmpBorrowAnew(Key); /* a block may have moved */
            ntsim__release(Copy);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    CmpFreeData(Value);
    if (Bytes != 0 && Copy == NULL) {
        Copy = memcpy(Value->Small, Data, Bytes);
    }
    Value->Data = Copy;
    Value->DataLength = Bytes;
    Value->Type = Type;
    CmpRaiseMarks(Key, Value);
    CmpTouch(State, Key);
    CmpBorrowAnew(Key);
    return STATUS_SUCCESS;
}

NTSTATUS CmpDeleteValue(struct CMP_STATE *State, struct CMP_KEY *Key, PCUNICODE_STRING Name)
{
    PVOID Found;
    ULONG Position = CmpIndexFind(&Key->ValuesByName, CmpOrderNames, Name, &Found);
    if (Found == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (Key->Shadows != NULL && CmpValuesTaken(Key)) {
        return STATUS_TRANSACTIONAL_CONFLICT;
    }
    struct CMP_VALUE *Value = CmpIndexRemove(&Key->ValuesByName, Position);
    Position = CmpIndexFind(&Key->Values, CmpOrderAges, &Value->Sequence, &Found);
    CmpIndexRemove(&Key->Values, Position);
    CmpFreeValue(Value);
    if (Key->Values.Count == 0) {
        Key->MaxValueNameLength = 0;
        Key->MaxValueDataLength = 0;
    }
    CmpTouch(State, Key);
    CmpBorrowAnew(Key);
    return STATUS_SUCCESS;
}

NTSTATUS CmpCopyValues(const struct CMP_KEY *From, struct CMP_KEY *To)
{
    for (ULONG Index = 0; Index < From->Values.Count; Index++) {
        const struct CMP_VALUE *Value = CmpValueAt(From, Index);
        UNICODE_STRING Name = CmpNameString(Value->Name);
        NTSTATUS Status =
            CmpSetValue(CmpState(), To, &Name, Value->Type, Value->Data, Value->DataLength);
        if (!NT_SUCCESS(Status)) {
            CmpFreeValues(To);
            return Status;
        }
    }
    return STATUS_SUCCESS;
}

VOID CmpFreeValues(struct CMP_KEY *Key)
{
    for (ULONG Index = 0; Index < Key->Values.Count; Index++) {
        CmpFreeValue(CmpValueAt(Key, Index));
    }
    CmpIndexFree(&Key->Values);
    CmpIndexFree(&Key->ValuesByName);
}
