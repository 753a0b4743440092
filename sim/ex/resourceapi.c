/* SPDX-License-Identifier: MIT
 *
 * resourceapi.c - executive resources as drivers use them.
 */
#include "ex/resource.h"

#include <stdio.h>

/* ---- acquiring and releasing ---- */

BOOLEAN NTAPI ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait)
{
    return ExwAcquireResource(__func__, Resource, ExwExclusive, Wait);
}

BOOLEAN NTAPI ExTryToAcquireResourceExclusiveLite(PERESOURCE Resource)
{
    return ExwAcquireResource(__func__, Resource, ExwExclusive, FALSE);
}

BOOLEAN NTAPI ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait)
{
    return ExwAcquireResource(__func__, Resource, ExwShared, Wait);
}

BOOLEAN NTAPI ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
    return ExwAcquireResource(__func__, Resource, ExwSharedStarveExclusive, Wait);
}

BOOLEAN NTAPI ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
    return ExwAcquireResource(__func__, Resource, ExwSharedWaitForExclusive, Wait);
}

/* What they return is for the matching release alone, which has no parameter for it. */
PVOID FASTCALL ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    ExwAcquireResource(__func__, Resource, ExwExclusive, TRUE);
    return KipCurrentThread();
}

PVOID FASTCALL ExEnterCriticalRegionAndAcquireResourceShared(PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    ExwAcquireResource(__func__, Resource, ExwShared, TRUE);
    return KipCurrentThread();
}

PVOID FASTCALL ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    ExwAcquireResource(__func__, Resource, ExwSharedWaitForExclusive, TRUE);
    return KipCurrentThread();
}

VOID FASTCALL ExReleaseResourceLite(PERESOURCE Resource)
{
    ExwReleaseResource(__func__, Resource, ExwSelf());
}

VOID NTAPI ExReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId)
{
    ExwReleaseResource(__func__, Resource, ResourceThreadId);
}

VOID FASTCALL ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource)
{
    ExwReleaseResource(__func__, Resource, ExwSelf());
    KeLeaveCriticalRegion();
}

VOID NTAPI ExConvertExclusiveToSharedLite(PERESOURCE Resource)
{
    struct EXW_RESOURCE *Body = ExwEnterResource(__func__, Resource);
    if (Body == NULL) {
        return;
    }
    BOOLEAN Mine = Body->Exclusive && ExwFindOwner(Body, ExwSelf()) != NULL;
    if (Mine) {
        Body->Exclusive = FALSE;
        Resource->Flag = 0;
        ExwGrantResource(Body);
    }
    ExwLeaveResource();
    if (!Mine) {
        ExwReportResource(__func__, Resource, RESOURCE_NOT_OWNED,
                          (const uint64_t[]){(uintptr_t)Resource, ExwSelf(), 0},
                          "the thread does not own the resource exclusively",
                          "convert what ExAcquireResourceExclusiveLite has acquired");
    }
}

/* The resource becomes another owner's, who is no thread and releases it by
 * ExReleaseResourceForThreadLite. */
VOID NTAPI ExSetResourceOwnerPointer(PERESOURCE Resource, PVOID OwnerPointer)
{
    struct EXW_RESOURCE *Body = ExwEnterResource(__func__, Resource);
    if (Body == NULL) {
        return;
    }
    struct EXW_OWNER *Owner = ExwFindOwner(Body, ExwSelf());
    if (Owner != NULL) {
        Owner->Thread = (ERESOURCE_THREAD)OwnerPointer;
    }
    ExwLeaveResource();
    if (Owner == NULL || ((ULONG_PTR)OwnerPointer & 3) != 3) {
        ExwReportResource(__func__, Resource,
                          Owner == NULL ? RESOURCE_NOT_OWNED : RESOURCE_OWNER_POINTER_INVALID,
                          (const uint64_t[]){(uintptr_t)Resource, (uintptr_t)OwnerPointer, 0},
                          Owner == NULL ? "the thread does not own the resource"
                                        : "an owner pointer has its two lowest bits set",
                          "acquire the resource, and pass (PVOID)((ULONG_PTR)pointer | 3)");
    }
}

/* ---- asking ---- */

/* How often the calling thread owns it. */
static ULONG ExwCountMine(const char *Function, PERESOURCE Resource, BOOLEAN *Exclusive)
{
    struct EXW_RESOURCE *Body = ExwEnterResource(Function, Resource);
    *Exclusive = FALSE;
    if (Body == NULL) {
        return 0;
    }
    const struct EXW_OWNER *Owner = ExwFindOwner(Body, ExwSelf());
    ULONG Count = Owner != NULL ? Owner->Count : 0;
    *Exclusive = Count != 0 && Body->Exclusive;
    ExwLeaveResource();
    return Count;
}

BOOLEAN NTAPI ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource)
{
    BOOLEAN Exclusive;
    ExwCountMine(__func__, Resource, &Exclusive);
    return Exclusive;
}

ULONG NTAPI ExIsResourceAcquiredSharedLite(PERESOURCE Resource)
{
    BOOLEAN Exclusive;
    return ExwCountMine(__func__, Resource, &Exclusive);
}

static ULONG ExwReadCount(const char *Function, PERESOURCE Resource, const ULONG *Count)
{
    ULONG Value = 0;
    if (ExwEnterResource(Function, Resource) != NULL) {
        Value = *Count;
        ExwLeaveResource();
    }
    return Value;
}

ULONG NTAPI ExGetExclusiveWaiterCount(PERESOURCE Resource)
{
    return ExwReadCount(__func__, Resource, &Resource->NumberOfExclusiveWaiters);
}

ULONG NTAPI ExGetSharedWaiterCount(PERESOURCE Resource)
{
    return ExwReadCount(__func__, Resource, &Resource->NumberOfSharedWaiters);
}

/* ---- beginning and end ---- */

NTSTATUS NTAPI ExInitializeResourceLite(PERESOURCE Resource)
{
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-31", 0);
    struct EXW_RESOURCE *Body = ntsim__allocate(sizeof(*Body));
    if (Body == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Resource = (ERESOURCE){.ActiveCount = 0};
    InitializeListHead(&Resource->SystemResourcesList);
    Body->Body = (struct EXW_BODY){.Object = Resource,
                                   .Bytes = sizeof(*Resource),
                                   .Kind = &ExwResourceKind,
                                   .Owner = __builtin_return_address(0)};
    InitializeListHead(&Body->Owners);
    InitializeListHead(&Body->Waiters);
    if (!ExwAddBody(__func__, &Body->Body)) {
        ntsim__release(Body);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ExDeleteResourceLite(PERESOURCE Resource)
{
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, DISPATCH_LEVEL, "DV-31", 0);
    struct EXW_RESOURCE *Body = ExwTakeBody(__func__, &ExwResourceKind, Resource);
    if (Body == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    ntsim__lock(KipState()->Lock);
    BOOLEAN Owned = !IsListEmpty(&Body->Owners);
    ULONG Waiters = ExwEndResourceWaits(Body);
    ntsim__unlock(KipState()->Lock);
    if (Owned) {
        char What[96];
        snprintf(What, sizeof(What), "the resource is still owned, and %u wait for it", Waiters);
        ExwReportResource(__func__, Resource, 0, (const uint64_t[]){0, 0, 0}, What,
                          "delete it when nobody can use it any more");
    }
    ExwResourceKind.Free(Body);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ExReinitializeResourceLite(PERESOURCE Resource)
{
    NTSTATUS Status = ExDeleteResourceLite(Resource);
    return NT_SUCCESS(Status) ? ExInitializeResourceLite(Resource) : Status;
}
