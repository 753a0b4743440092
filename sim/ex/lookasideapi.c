/* SPDX-License-Identifier: MIT
 *
 * lookasideapi.c - look-aside lists as drivers use them.
 *
 * Windows has the allocating and freeing ones inline in its headers; what they do is the same.
 */
#include "ex/lookaside.h"
#include "mm/mmp.h"

#define EXW_KIND(name, initialize, delete)                                                \
    {                                                                                     \
        .Rule = "EX-LOOKASIDE", .Name = name, .Initialize = initialize, .Delete = delete, \
        .BugCheck = DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS,                \
        .Free = ExwFreeLookaside                                                          \
    }
static const struct EXW_BODY_KIND ExwKindEx =
    EXW_KIND("look-aside list", "ExInitializeLookasideListEx", "ExDeleteLookasideListEx");
static const struct EXW_BODY_KIND ExwKindPaged = EXW_KIND(
    "paged look-aside list", "ExInitializePagedLookasideList", "ExDeletePagedLookasideList");
static const struct EXW_BODY_KIND ExwKindNonPaged = EXW_KIND(
    "non-paged look-aside list", "ExInitializeNPagedLookasideList", "ExDeleteNPagedLookasideList");

#define EXW_CALL(kind, limit) \
    (&(struct EXW_LOOKASIDE_CALL){__func__, kind, limit, Lookaside, __builtin_return_address(0)})

/* ---- the system's own routines, as a driver finds them in the structure ---- */

static PVOID NTAPI ExwAllocateEx(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
                                 PLOOKASIDE_LIST_EX Lookaside)
{
    UNREFERENCED_PARAMETER(Lookaside);
    return MmpAllocateTyped("ExAllocateFromLookasideListEx", PoolType, NumberOfBytes, Tag,
                            __builtin_return_address(0));
}

static VOID NTAPI ExwFreeEx(PVOID Buffer, PLOOKASIDE_LIST_EX Lookaside)
{
    UNREFERENCED_PARAMETER(Lookaside);
    MmpFreePool(Buffer, 0, __builtin_return_address(0));
}

static PVOID NTAPI ExwAllocate(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return MmpAllocateTyped("ExAllocateFromNPagedLookasideList", PoolType, NumberOfBytes, Tag,
                            __builtin_return_address(0));
}

static VOID NTAPI ExwFree(PVOID Buffer)
{
    MmpFreePool(Buffer, 0, __builtin_return_address(0));
}

PVOID ExwNewEntry(const struct EXW_LOOKASIDE_CALL *Call)
{
    const GENERAL_LOOKASIDE_POOL *General = Call->List;
    if (Call->Kind == &ExwKindEx && General->AllocateEx != ExwAllocateEx) {
        return General->AllocateEx(General->Type, General->Size, General->Tag, Call->List);
    }
    if (Call->Kind != &ExwKindEx && General->Allocate != ExwAllocate) {
        return General->Allocate(General->Type, General->Size, General->Tag);
    }
    return MmpAllocateTyped(Call->Function, General->Type, General->Size, General->Tag,
                            Call->Caller);
}

VOID ExwOldEntry(const struct EXW_LOOKASIDE_CALL *Call, PVOID Entry)
{
    const GENERAL_LOOKASIDE_POOL *General = Call->List;
    if (Call->Kind == &ExwKindEx && General->FreeEx != ExwFreeEx) {
        General->FreeEx(Entry, Call->List);
    } else if (Call->Kind != &ExwKindEx && General->Free != ExwFree) {
        General->Free(Entry);
    } else {
        MmpFreePool(Entry, 0, Call->Caller);
    }
}

/* ---- LOOKASIDE_LIST_EX ---- */

#define EXW_POOL_FLAGS (POOL_NX_ALLOCATION | POOL_COLD_ALLOCATION | POOL_ZERO_ALLOCATION)

static BOOLEAN ExwIsPoolType(POOL_TYPE PoolType)
{
    ULONG Kind = (ULONG)PoolType & ~(ULONG)EXW_POOL_FLAGS;
    return Kind == NonPagedPool || Kind == PagedPool || Kind == NonPagedPoolCacheAligned ||
           Kind == PagedPoolCacheAligned;
}

NTSTATUS NTAPI ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside,
                                           PALLOCATE_FUNCTION_EX Allocate, PFREE_FUNCTION_EX Free,
                                           POOL_TYPE PoolType, ULONG Flags, SIZE_T Size, ULONG Tag,
                                           USHORT Depth)
{
    static const ULONG PoolFlags[] = {0, POOL_RAISE_IF_ALLOCATION_FAILURE,
                                      POOL_QUOTA_FAIL_INSTEAD_OF_RAISE};
    UNREFERENCED_PARAMETER(Depth); /* reserved */
    if (!ExwIsPoolType(PoolType)) {
        return STATUS_INVALID_PARAMETER_4;
    }
    if (Flags >= RTL_NUMBER_OF(PoolFlags)) {
        return STATUS_INVALID_PARAMETER_5;
    }
    ExwInitializeLookaside(
        EXW_CALL(&ExwKindEx, DISPATCH_LEVEL),
        &(struct EXW_LOOKASIDE_SHAPE){.Type = (POOL_TYPE)((ULONG)PoolType | PoolFlags[Flags]),
                                      .Size = Size,
                                      .Tag = Tag,
                                      .Bytes = sizeof(*Lookaside),
                                      .FromPool = Allocate == NULL && Free == NULL});
    Lookaside->L.AllocateEx = Allocate != NULL ? Allocate : ExwAllocateEx;
    Lookaside->L.FreeEx = Free != NULL ? Free : ExwFreeEx;
    return STATUS_SUCCESS;
}

VOID NTAPI ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    ExwDeleteLookaside(EXW_CALL(&ExwKindEx, DISPATCH_LEVEL));
}

VOID NTAPI ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    ExwFlushLookaside(EXW_CALL(&ExwKindEx, DISPATCH_LEVEL));
}

PVOID NTAPI ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    return ExwAllocateEntry(EXW_CALL(&ExwKindEx, DISPATCH_LEVEL));
}

VOID NTAPI ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry)
{
    ExwFreeEntry(EXW_CALL(&ExwKindEx, DISPATCH_LEVEL), Entry);
}

/* ---- NPAGED_LOOKASIDE_LIST ---- */

/* One of the two that have one kind of pool each. */
static VOID ExwInitializeOld(const struct EXW_LOOKASIDE_CALL *Call,
                             struct EXW_LOOKASIDE_SHAPE Shape, PALLOCATE_FUNCTION Allocate,
                             PFREE_FUNCTION Free)
{
    GENERAL_LOOKASIDE_POOL *General = Call->List;
    Shape.FromPool = Allocate == NULL && Free == NULL;
    ExwInitializeLookaside(Call, &Shape);
    General->Allocate = Allocate != NULL ? Allocate : ExwAllocate;
    General->Free = Free != NULL ? Free : ExwFree;
}

VOID NTAPI ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside,
                                           PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
                                           ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
    UNREFERENCED_PARAMETER(Depth); /* reserved */
    ExwInitializeOld(EXW_CALL(&ExwKindNonPaged, DISPATCH_LEVEL),
                     (struct EXW_LOOKASIDE_SHAPE){.Type = (POOL_TYPE)((ULONG)NonPagedPool | Flags),
                                                  .Size = Size,
                                                  .Tag = Tag,
                                                  .Bytes = sizeof(*Lookaside)},
                     Allocate, Free);
}

VOID NTAPI ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    ExwDeleteLookaside(EXW_CALL(&ExwKindNonPaged, DISPATCH_LEVEL));
}

PVOID NTAPI ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    return ExwAllocateEntry(EXW_CALL(&ExwKindNonPaged, DISPATCH_LEVEL));
}

VOID NTAPI ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
    ExwFreeEntry(EXW_CALL(&ExwKindNonPaged, DISPATCH_LEVEL), Entry);
}

/* ---- PAGED_LOOKASIDE_LIST ---- */

VOID NTAPI ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside,
                                          PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
                                          ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
    UNREFERENCED_PARAMETER(Depth); /* reserved */
    ExwInitializeOld(EXW_CALL(&ExwKindPaged, APC_LEVEL),
                     (struct EXW_LOOKASIDE_SHAPE){.Type = (POOL_TYPE)((ULONG)PagedPool | Flags),
                                                  .Size = Size,
                                                  .Tag = Tag,
                                                  .Bytes = sizeof(*Lookaside)},
                     Allocate, Free);
}

VOID NTAPI ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
    ExwDeleteLookaside(EXW_CALL(&ExwKindPaged, APC_LEVEL));
}

PVOID NTAPI ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
    return ExwAllocateEntry(EXW_CALL(&ExwKindPaged, APC_LEVEL));
}

VOID NTAPI ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
    ExwFreeEntry(EXW_CALL(&ExwKindPaged, APC_LEVEL), Entry);
}
