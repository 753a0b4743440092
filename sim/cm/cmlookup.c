/* SPDX-License-Identifier: MIT
 *
 * cmlookup.c - from a key and a name to the subkey: one hash table for the whole tree.
 *
 * The indexes (cmindex.h) keep order; a path is looked up here, at a cost that does not grow with
 * the number of siblings.
 *
 * In a large tree each step of a path would wait for memory three times: for the bucket, the key
 * and its name. A key's hash is made from its name and its parent's seed alone, and the seed of a
 * key is the hash it was born with; so the hashes of a whole path are known before its first key
 * is, and a route asks for all of that memory at once.
 *
 * Invariants
 *   H1  A key is in the table exactly while it is in a child index of its Parent itself. What is in
 *       the index of a transaction's view alone is found there.
 *   H2  Nothing here can fail: a table that cannot grow gets slower.
 *   H3  A key's Seed never changes, whatever becomes of its name and its place: its subkeys are
 *       found by it. Where a step of a route has another seed than the key it has come to, the
 *       route is made anew from there.
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

/* Name is followed by room for three units more. */
static ULONG CmpHashName(ULONG Seed, WCHAR *Name, ULONG Units)
{
    ULONGLONG Hash = Seed * 0x9E3779B97F4A7C15u;
    memset(&Name[Units], 0, 3 * sizeof(WCHAR));
    for (ULONG Index = 0; Index < Units; Index += 4) {
        ULONGLONG Four;
        memcpy(&Four, &Name[Index], sizeof(Four));
        Hash = (Hash ^ Four) * 0x9E3779B97F4A7C15u;
        Hash ^= Hash >> 32;
    }
    return (ULONG)Hash;
}

ULONG CmpHashKey(const struct CMP_KEY *Key)
{
    WCHAR Upper[CMP_COMPONENT_MAX + 3];
    ULONG Units = Key->Name->Length / sizeof(WCHAR);
    memcpy(Upper, Key->Name->Text + Units, Key->Name->Length);
    return CmpHashName(Key->Parent != NULL ? Key->Parent->Seed : 0, Upper, Units);
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
    if (State->LookupCount++ >= State->BucketCount) {
        CmpGrowLookup(State);
    }
    Key->Hash = CmpHashKey(Key);
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

/* A key's last members, and the name behind them. */
static VOID CmpFetchKey(const struct CMP_KEY *Key)
{
    if (Key != NULL) {
        __builtin_prefetch(&Key->Security);
        __builtin_prefetch(Key + 1);
        __builtin_prefetch((const UCHAR *)(Key + 1) + 48);
    }
}

static VOID CmpFetchKeys(const struct CMP_STATE *State, const struct CMP_ROUTE *Route)
{
    for (ULONG Index = 0; Index < Route->Count; Index++) {
        CmpFetchKey(*CmpBucket(State, Route->Steps[Index].Hash));
    }
    for (ULONG Index = 0; Index < Route->Count; Index++) {
        const struct CMP_KEY *Key = *CmpBucket(State, Route->Steps[Index].Hash);
        if (Key != NULL && Key->Hash != Route->Steps[Index].Hash) {
            CmpFetchKey(Key->NextInBucket);
        }
    }
}

/* Name, and the steps of Rest that there is room for: what they need is on its way on return. */
static VOID CmpMakeRoute(const struct CMP_STATE *State, const struct CMP_KEY *Parent,
                         UNICODE_STRING Name, UNICODE_STRING Rest, struct CMP_ROUTE *Route)
{
    ULONG Seed = Parent->Seed;
    WCHAR *Upper = Route->Upper;
    Route->Next = Route->Count = 0;
    do {
        ULONG Units = Name.Length / sizeof(WCHAR);
        if (Units > (ULONG)(&Route->Upper[CMP_ROUTE_UNITS] - Upper)) {
            break;
        }
        for (ULONG Index = 0; Index < Units; Index++) {
            Upper[Index] = CmpUpcase(Name.Buffer[Index]);
        }
        ULONG Hash = CmpHashName(Seed, Upper, Units);
        __builtin_prefetch(CmpBucket(State, Hash));
        Route->Steps[Route->Count++] =
            (struct CMP_ROUTE_STEP){.Upper = Upper, .Length = Name.Length, Seed, Hash};
        Seed = Hash;
        Upper += Units;
    } while (Route->Count < CMP_ROUTE_STEPS && CmpNextComponent(&Rest, &Name));
    if (Route->Count > 1) {
        CmpFetchKeys(State, Route);
    }
}

struct CMP_KEY *CmpLookUp(const struct CMP_STATE *State, const struct CMP_KEY *Parent,
                          UNICODE_STRING Name, UNICODE_STRING Rest, struct CMP_ROUTE *Route)
{
    if (Name.Length > CMP_COMPONENT_MAX * sizeof(WCHAR)) {
        return NULL; /* REG-NS-05: there is no such key */
    }
    if (Route->Next == Route->Count || Route->Steps[Route->Next].Seed != Parent->Seed) {
        CmpMakeRoute(State, Parent, Name, Rest, Route); /* H3 */
    }
    const struct CMP_ROUTE_STEP *Step = &Route->Steps[Route->Next++];
    struct CMP_KEY *Key = *CmpBucket(State, Step->Hash);
    while (
        Key != NULL &&
        (Key->Hash != Step->Hash || Key->Parent != Parent || Key->Name->Length != Step->Length ||
         memcmp(Key->Name->Text + Step->Length / sizeof(WCHAR), Step->Upper, Step->Length) != 0)) {
        Key = Key->NextInBucket;
    }
    return Key;
}
