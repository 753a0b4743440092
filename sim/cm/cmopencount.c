/* SPDX-License-Identifier: MIT
 *
 * cmopencount.c - which keys are open at and below a key; and hives that go when none is.
 */
#include "cm/cmhiveservice.h"

BOOLEAN CmpIsBelow(const struct CMP_KEY *Key, const struct CMP_KEY *Root)
{
    while (Key != NULL && Key != Root) {
        Key = Key->Parent;
    }
    return Key != NULL;
}

struct CMP_COUNT {
    const struct CMP_KEY *Root;
    const struct CMP_OBJECT *Own;
    ULONG Open;
};

static VOID CmpCountOne(const struct CMP_OBJECT *Object, PVOID Context)
{
    struct CMP_COUNT *Count = Context;
    Count->Open += Object != Count->Own && CmpIsBelow(Object->Key, Count->Root);
}

ULONG CmpCountOpen(const struct CMP_STATE *State, const struct CMP_KEY *Root,
                   const struct CMP_OBJECT *Own)
{
    struct CMP_COUNT Count = {.Root = Root, .Own = Own};
    CmpEachObject(State, CmpCountOne, &Count);
    return Count.Open;
}

/* The root of a hive that goes with the last key object in it, referenced, or NULL. Locked. */
static struct CMP_KEY *CmpRootToUnload(const struct CMP_STATE *State, const struct CMP_KEY *Key)
{
    const struct CMP_HIVE *Hive = CmpHiveAbove(State, Key);
    if (Hive == NULL || !Hive->Late || CmpCountOpen(State, Hive->Root, NULL) != 0) {
        return NULL;
    }
    CmpReferenceKey(Hive->Root);
    return Hive->Root;
}

VOID CmpLeaveKey(struct CMP_STATE *State, struct CMP_KEY *Key)
{
    if (atomic_load(&State->LateHives) == 0) {
        CmpReleaseKey(State, Key);
        return;
    }
    CmpLock(State);
    struct CMP_KEY *Root = CmpRootToUnload(State, Key);
    CmpUnlock(State);
    CmpReleaseKey(State, Key);
    if (Root != NULL) {
        CmpUnloadLate(State, Root);
    }
}
