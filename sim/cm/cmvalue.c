/* SPDX-License-Identifier: MIT
 *
 * cmvalue.c - the values of a key; everything here is called locked.
 *
 * Evidence  REG-SET-04, -05, -08, -09, REG-NS-10, REG-DLV-01.
 */
#include "cm/cmtxn.h"

#include <string.h>

static ULONG CmpSearchValues(const struct CMP_ARRAY *Array, PCUNICODE_STRING Name, BOOLEAN *Found)
{
    ULONG Low = 0;
    ULONG High = Array->Count;
    *Found = FALSE;
    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        const struct CMP_VALUE *Value = Array->Items[Middle];
        int Order = CmpCompareName(Name, Value->Name);
        if (Order == 0) {
            *Found = TRUE;
            return Middle;
        }
        if (Order < 0) {
            High = Middle;
        } else {
            Low = Middle + 1;
        }
    }
    return Low;
}

struct CMP_VALUE *CmpFindValue(const struct CMP_KEY *Key, PCUNICODE_STRING Name)
{
    BOOLEAN Found;
    ULONG Index = CmpSearchValues(&Key->ValuesByName, Name, &Found);
    return Found ? Key->ValuesByName.Items[Index] : NULL;
}

ULONG CmpValueCount(const struct CMP_KEY *Key)
{
    return Key->Values.Count;
}

struct CMP_VALUE *CmpValueAt(const struct CMP_KEY *Key, ULONG Index)
{
    return Index < Key->Values.Count ? Key->Values.Items[Index] : NULL;
}

static VOID CmpFreeValue(struct CMP_VALUE *Value)
{
    ntsim__release(Value->Data);
    ntsim__release(Value->Name);
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
    struct CMP_VALUE *Value = ntsim__allocate(sizeof(*Value));
    if (Value == NULL) {
        return NULL;
    }
    Value->Name = CmpCreateName(Name->Buffer, Name->Length);
    if (Value->Name == NULL || !NT_SUCCESS(CmpArrayReserve(&Key->Values, 1)) ||
        !NT_SUCCESS(CmpArrayReserve(&Key->ValuesByName, 1))) {
        ntsim__release(Value->Name);
        ntsim__release(Value);
        return NULL;
    }
    BOOLEAN Found;
    CmpArrayInsert(&Key->ValuesByName, CmpSearchValues(&Key->ValuesByName, Name, &Found), Value);
    CmpArrayInsert(&Key->Values, Key->Values.Count, Value);
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
    if (Bytes != 0) {
        Copy = ntsim__allocate(Bytes);
        if (Copy == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        memcpy(Copy, Data, Bytes);
    }
    if (Value == NULL) {
        Value = CmpInsertValue(Key, Name);
        if (Value == NULL) {
            CmpBorrowAnew(Key); /* an array may have moved */
            ntsim__release(Copy);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    ntsim__release(Value->Data);
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
    BOOLEAN Found;
    ULONG Position = CmpSearchValues(&Key->ValuesByName, Name, &Found);
    if (!Found) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (Key->Shadows != NULL && CmpValuesTaken(Key)) {
        return STATUS_TRANSACTIONAL_CONFLICT;
    }
    struct CMP_VALUE *Value = Key->ValuesByName.Items[Position];
    ULONG Index = 0;
    while (Key->Values.Items[Index] != Value) {
        Index++;
    }
    CmpArrayRemove(&Key->Values, Index);
    CmpArrayRemove(&Key->ValuesByName, Position);
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
        const struct CMP_VALUE *Value = From->Values.Items[Index];
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
        CmpFreeValue(Key->Values.Items[Index]);
    }
    CmpArrayFree(&Key->Values);
    CmpArrayFree(&Key->ValuesByName);
}
