/* SPDX-License-Identifier: MIT
 *
 * cmarray.c - growing arrays of pointers.
 */
#include "cm/cmtree.h"

#include <string.h>

NTSTATUS CmpArrayReserve(struct CMP_ARRAY *Array, ULONG More)
{
    ULONG Needed = Array->Count + More;
    if (Needed <= Array->Capacity) {
        return STATUS_SUCCESS;
    }
    ULONG Capacity = Array->Capacity < 2 ? 2 : Array->Capacity * 2;
    Capacity = Capacity < Needed ? Needed : Capacity;
    PVOID *Items = ntsim__allocate((SIZE_T)Capacity * sizeof(PVOID));
    if (Items == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Array->Count != 0) {
        memcpy(Items, Array->Items, Array->Count * sizeof(PVOID));
    }
    ntsim__release(Array->Items);
    Array->Items = Items;
    Array->Capacity = Capacity;
    return STATUS_SUCCESS;
}

VOID CmpArrayInsert(struct CMP_ARRAY *Array, ULONG Index, PVOID Item)
{
    memmove(&Array->Items[Index + 1], &Array->Items[Index], (Array->Count - Index) * sizeof(PVOID));
    Array->Items[Index] = Item;
    Array->Count++;
}

VOID CmpArrayRemove(struct CMP_ARRAY *Array, ULONG Index)
{
    Array->Count--;
    memmove(&Array->Items[Index], &Array->Items[Index + 1], (Array->Count - Index) * sizeof(PVOID));
}

VOID CmpArrayFree(struct CMP_ARRAY *Array)
{
    ntsim__release(Array->Items);
    *Array = (struct CMP_ARRAY){0};
}
