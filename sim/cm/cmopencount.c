/* SPDX-License-Identifier: MIT
 *
 * cmopencount.c - which keys are open at and below a key; everything here is called locked.
 */
#include "cm/cmhiveservice.h"

BOOLEAN CmpIsBelow(const struct CMP_KEY *Key, const struct CMP_KEY *Root)
{
    while (Key != NULL && Key != Root) {
        Key = Key->Parent;
    }
    return Key != NULL;
}

ULONG CmpCountOpen(const struct CMP_STATE *State, const struct CMP_KEY *Root,
                   const struct CMP_OBJECT *Own)
{
    ULONG Count = 0;
    for (const struct CMP_OBJECT *Object = State->Objects; Object != NULL;
         Object = Object->hh.next) {
        Count += Object != Own && Object->Key != NULL && CmpIsBelow(Object->Key, Root);
    }
    return Count;
}

struct CMP_KEY *CmpRootToUnload(const struct CMP_STATE *State, const struct CMP_KEY *Key)
{
    if (State->LateHives == 0) {
        return NULL;
    }
    const struct CMP_HIVE *Hive = CmpHiveAbove(State, Key);
    if (Hive == NULL || !Hive->Late || CmpCountOpen(State, Hive->Root, NULL) != 0) {
        return NULL;
    }
    CmpReferenceKey(Hive->Root);
    return Hive->Root;
}
