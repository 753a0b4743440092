/* SPDX-License-Identifier: MIT
 *
 * cmlookup.c - from a key and a name to the subkey: one hash table for the whole tree.
 *
 * The indexes (cmindex.h) keep order; a path is looked up here, at a cost that does not grow with
 * the number of siblings.
 *
 * Invariants
 *   H1  A key is in the table exactly while it is in a child index of its Parent itself. What is in
 *       the index of a transaction's view alone is found there.
 *   H2  Nothing here can fail: a table that cannot grow gets slower.
 */
#include "cm/cmtxn.h"

#include <string.h>

#define CMP_FIRST_BUCKETS 1024u

NTSTATUS CmpStartLookup(struct CMP_STATE *State)
{
    State->Buckets = ntsim__allocate(CMP_FIRST_BUCKETS * sizeof(State->Buckets[0]));
    State->BucketCount = CMP_FIRST_BUCKETS;
    return State->Buckets != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID CmpEndLookup(struct CMP_STATE *State)
{
    ntsim__release(State->Buckets);
    State->Buckets = NULL;
}

/* A name upcased, with room to be taken four characters at a step. */
struct CMP_UPPER {
    WCHAR Units[CMP_COMPONENT_MAX + 4];
};

static ULONG CmpHashName(const struct CMP_KEY *Parent, struct CMP_UPPER *Name, ULONG Units)
{
    ULONGLONG Hash = (ULONG_PTR)Parent;
    memset(&Name->Units[Units], 0, 3 * sizeof(WCHAR));
    for (ULONG Index = 0; Index < Units; Index += 4) {
        ULONGLONG Four;
        memcpy(&Four, &Name->Units[Index], sizeof(Four));
        Hash = (Hash ^ Four) * 0x9E3779B97F4A7C15u;
        Hash ^= Hash >> 32;
    }
    return (ULONG)Hash;
}

static struct CMP_KEY **CmpBucket(const struct CMP_STATE *State, ULONG Hash)
{
    return &State->Buckets[Hash & (State->BucketCount - 1)];
}

static VOID CmpGrowLookup(struct CMP_STATE *State)
{
    SIZE_T Count = State->BucketCount * 2;
    struct CMP_KEY **Old = State->Buckets;
    struct CMP_KEY **New = ntsim__allocate(Count * sizeof(*New));
    if (New == NULL) {
        return; /* H2 */
    }
    State->Buckets = New;
    State->BucketCount = Count;
    for (SIZE_T Bucket = 0; Bucket < Count / 2; Bucket++) {
        struct CMP_KEY *Next;
        for (struct CMP_KEY *Key = Old[Bucket]; Key != NULL; Key = Next) {
            struct CMP_KEY **Place = CmpBucket(State, Key->Hash);
            Next = Key->NextInBucket;
            Key->NextInBucket = *Place;
            *Place = Key;
        }
    }
    ntsim__release(Old);
}

VOID CmpAddToLookup(struct CMP_STATE *State, struct CMP_KEY *Key)
{
    struct CMP_UPPER Upper;
    ULONG Units = Key->Name->Length / sizeof(WCHAR);
    if (State->LookupCount++ >= State->BucketCount) {
        CmpGrowLookup(State);
    }
    memcpy(Upper.Units, Key->Name->Text + Units, Key->Name->Length);
    Key->Hash = CmpHashName(Key->Parent, &Upper, Units);
    struct CMP_KEY **Bucket = CmpBucket(State, Key->Hash);
    Key->NextInBucket = *Bucket;
    *Bucket = Key;
}

VOID CmpRemoveFromLookup(struct CMP_STATE *State, const struct CMP_KEY *Key)
{
    struct CMP_KEY **Place = CmpBucket(State, Key->Hash);
    while (*Place != Key) {
        Place = &(*Place)->NextInBucket;
    }
    *Place = Key->NextInBucket;
    State->LookupCount--;
}

struct CMP_KEY *CmpLookUp(const struct CMP_STATE *State, const struct CMP_KEY *Parent,
                          PCUNICODE_STRING Name)
{
    struct CMP_UPPER Upper;
    ULONG Units = Name->Length / sizeof(WCHAR);
    if (Units > CMP_COMPONENT_MAX) {
        return NULL; /* REG-NS-05: there is no such key */
    }
    for (ULONG Index = 0; Index < Units; Index++) {
        Upper.Units[Index] = CmpUpcase(Name->Buffer[Index]);
    }
    USHORT Bytes = (USHORT)(Units * sizeof(WCHAR));
    ULONG Hash = CmpHashName(Parent, &Upper, Units);
    struct CMP_KEY *Key = *CmpBucket(State, Hash);
    while (Key != NULL &&
           (Key->Hash != Hash || Key->Parent != Parent || Key->Name->Length != Bytes ||
            memcmp(Key->Name->Text + Units, Upper.Units, Bytes) != 0)) {
        Key = Key->NextInBucket;
    }
    return Key;
}
