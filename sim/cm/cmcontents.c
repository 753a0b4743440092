/* SPDX-License-Identifier: MIT
 *
 * cmcontents.c - all that is in a key and below it, copied or moved; everything here is called
 * locked.
 */
#include "cm/cmhiveservice.h"
#include "cm/cmsecurity.h"

#include <string.h>

static NTSTATUS CmpOverlayValues(struct CMP_STATE *State, const struct CMP_KEY *From,
                                 struct CMP_KEY *To)
{
    const struct CMP_VALUE *Value;
    NTSTATUS Status = STATUS_SUCCESS;
    for (ULONG Index = 0; NT_SUCCESS(Status) && (Value = CmpValueAt(From, Index)) != NULL;
         Index++) {
        UNICODE_STRING Name = CmpNameString(Value->Name);
        Status = CmpSetValue(State, To, &Name, Value->Type, Value->Data, Value->DataLength);
    }
    return Status;
}

/* The child of To that stands for Child of another tree. */
static NTSTATUS CmpOverlayChild(struct CMP_STATE *State, const struct CMP_KEY *Child,
                                struct CMP_KEY *To, ULONG Flags, struct CMP_KEY **Out)
{
    UNICODE_STRING Name = CmpNameString(Child->Name);
    UNICODE_STRING Class = {0, 0, NULL};
    *Out = CmpFindChild(To, &Name);
    if (*Out != NULL) {
        return STATUS_SUCCESS;
    }
    if (Child->Class != NULL) {
        Class = CmpNameString(Child->Class);
    }
    return CmpCreateChild(State, To, &Name, &Class, (Child->Flags & CMP_KEY_LINK) | Flags, Out);
}

/* Recursion: CMP_DEPTH_MAX. */
NTSTATUS CmpOverlay(struct CMP_STATE *State, const struct CMP_KEY *From, struct CMP_KEY *To,
                    ULONG Flags)
{
    ULONG Count = CmpStableChildCount(From);
    ULONG SecurityLength;
    const void *Security = CmpKeySecurity(From, &SecurityLength);
    NTSTATUS Status = CmpGiveKeySecurity(State, To, Security, SecurityLength);
    if (NT_SUCCESS(Status)) {
        Status = CmpOverlayValues(State, From, To);
    }
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < Count; Index++) {
        const struct CMP_KEY *Child = CmpChildAt(From, Index);
        struct CMP_KEY *Made;
        Status = CmpOverlayChild(State, Child, To, Flags, &Made);
        if (NT_SUCCESS(Status)) {
            Status = CmpOverlay(State, Child, Made, Flags);
        }
    }
    To->LastWriteTime = From->LastWriteTime;
    return Status;
}

/* Whatever its type. */
#define CMP_EXCHANGE(member)                                \
    do {                                                    \
        UCHAR Moved[sizeof(Key->member)];                   \
        memcpy(Moved, &Key->member, sizeof(Moved));         \
        memcpy(&Key->member, &From->member, sizeof(Moved)); \
        memcpy(&From->member, Moved, sizeof(Moved));        \
    } while (0)

VOID CmpTakeContents(struct CMP_STATE *State, struct CMP_KEY *Key, struct CMP_KEY *From)
{
    ULONG Count;
    while ((Count = CmpChildCount(Key)) != 0) {
        CmpUnlinkTree(State, CmpChildAt(Key, Count - 1));
    }
    Count = CmpChildCount(From);
    for (ULONG Index = 0; Index < Count; Index++) {
        struct CMP_KEY *Child = CmpChildAt(From, Index);
        CmpRemoveFromLookup(State, Child);
        Child->Parent = Key;
        CmpAddToLookup(State, Child);
    }
    Key->References += Count;
    From->References -= Count;
    CMP_EXCHANGE(Children);
    CMP_EXCHANGE(Values);
    CMP_EXCHANGE(ValuesByName);
    CMP_EXCHANGE(Class);
    CMP_EXCHANGE(Security);
    CMP_EXCHANGE(MaxNameLength);
    CMP_EXCHANGE(MaxClassLength);
    CMP_EXCHANGE(MaxValueNameLength);
    CMP_EXCHANGE(MaxValueDataLength);
    CmpTouch(State, Key);
}
