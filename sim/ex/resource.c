/* SPDX-License-Identifier: MIT
 *
 * resource.c - acquiring and releasing executive resources (resource.h).
 */
#include "ex/resource.h"
#include "verifier/report.h"

#define EXW_RESOURCE_EXCLUSIVE 0x80u /* ERESOURCE.Flag */

/* On the stack of a thread that waits. */
struct EXW_RESOURCE_WAIT {
    LIST_ENTRY Link;
    KEVENT Granted;
    struct EXW_OWNER *Owner; /* becomes the entry; NULL: the resource is no more */
    BOOLEAN Exclusive;
};

VOID ExwReportResource(const char *Function, const ERESOURCE *Resource, ULONG BugCheck,
                       const uint64_t Parameter[3], const char *What, const char *Fix)
{
    ntcb_report_f(&(struct ntcb_report){.severity = BugCheck != 0 ? NTCB_BUGCHECK : NTCB_VIOLATION,
                                        .rule = "EX-RESOURCE",
                                        .bugcheck = BugCheck,
                                        .parameter = {Parameter[0], Parameter[1], Parameter[2],
                                                      (uintptr_t)Resource},
                                        .fix = Fix},
                  "%s: %s", Function, What);
}

ERESOURCE_THREAD ExwSelf(VOID)
{
    return (ERESOURCE_THREAD)KipCurrentThread();
}

struct EXW_RESOURCE *ExwEnterResource(const char *Function, const ERESOURCE *Resource)
{
    ntcb_require_kernel(Function);
    ExwLockBodies();
    struct EXW_RESOURCE *Body = ExwFindBody(&ExwResourceKind, Resource);
    if (Body == NULL) {
        ExwUnlockBodies();
        ExwReportNoBody(Function, &ExwResourceKind, Resource);
        return NULL;
    }
    ntsim__lock(KipState()->Lock);
    return Body;
}

VOID ExwLeaveResource(VOID)
{
    ntsim__unlock(KipState()->Lock);
    ExwUnlockBodies();
}

/* An entry comes without fail: the host's own memory, which no test lets run out. */
static struct EXW_OWNER *ExwNewOwner(VOID)
{
    const struct ntcb_host_ops *Host = ntsim__host(ntsim_current());
    struct EXW_OWNER *Owner = Host->allocate(Host->context, sizeof(*Owner));
    if (Owner == NULL) {
        ntsim__fatal("ExAcquireResource: the host has no memory left");
    }
    Owner->Thread = ExwSelf();
    Owner->Count = 1;
    return Owner;
}

static VOID ExwFreeOwner(struct EXW_OWNER *Owner)
{
    const struct ntcb_host_ops *Host = ntsim__host(ntsim_current());
    if (Owner != NULL) {
        Host->release(Host->context, Owner);
    }
}

/* ---- locked ---- */

struct EXW_OWNER *ExwFindOwner(const struct EXW_RESOURCE *Body, ERESOURCE_THREAD Thread)
{
    for (PLIST_ENTRY Entry = Body->Owners.Flink; Entry != &Body->Owners; Entry = Entry->Flink) {
        struct EXW_OWNER *Owner = CONTAINING_RECORD(Entry, struct EXW_OWNER, Link);
        if (Owner->Thread == Thread) {
            return Owner;
        }
    }
    return NULL;
}

static VOID ExwAddOwner(struct EXW_RESOURCE *Body, struct EXW_OWNER *Owner, BOOLEAN Exclusive)
{
    PERESOURCE Resource = Body->Body.Object;
    InsertTailList(&Body->Owners, &Owner->Link);
    Body->Exclusive = Exclusive;
    Resource->ActiveCount = 1;
    Resource->ActiveEntries++;
    Resource->Flag = (USHORT)(Exclusive ? EXW_RESOURCE_EXCLUSIVE : 0);
}

static BOOLEAN ExwIsFreeFor(const struct EXW_RESOURCE *Body, BOOLEAN Exclusive)
{
    return IsListEmpty(&Body->Owners) || (!Exclusive && !Body->Exclusive);
}

static ULONG *ExwWaiterCount(const struct EXW_RESOURCE *Body, BOOLEAN Exclusive)
{
    PERESOURCE Resource = Body->Body.Object;
    return Exclusive ? &Resource->NumberOfExclusiveWaiters : &Resource->NumberOfSharedWaiters;
}

static VOID ExwEndWait(struct EXW_RESOURCE_WAIT *Wait)
{
    RemoveEntryList(&Wait->Link);
    Wait->Granted.Header.SignalState = 1;
    KipSignal(&Wait->Granted.Header);
}

VOID ExwGrantResource(struct EXW_RESOURCE *Body)
{
    while (!IsListEmpty(&Body->Waiters)) {
        struct EXW_RESOURCE_WAIT *Wait =
            CONTAINING_RECORD(Body->Waiters.Flink, struct EXW_RESOURCE_WAIT, Link);
        if (!ExwIsFreeFor(Body, Wait->Exclusive)) {
            return;
        }
        --*ExwWaiterCount(Body, Wait->Exclusive);
        ExwAddOwner(Body, Wait->Owner, Wait->Exclusive);
        ExwEndWait(Wait);
    }
}

ULONG ExwEndResourceWaits(struct EXW_RESOURCE *Body)
{
    ULONG Count = 0;
    for (; !IsListEmpty(&Body->Waiters); Count++) {
        struct EXW_RESOURCE_WAIT *Wait =
            CONTAINING_RECORD(Body->Waiters.Flink, struct EXW_RESOURCE_WAIT, Link);
        InsertTailList(&Body->Owners, &Wait->Owner->Link); /* freed with the others */
        Wait->Owner = NULL;
        ExwEndWait(Wait);
    }
    return Count;
}

/* TRUE: it is the caller's. New goes into use, or stays the caller's to free. */
static BOOLEAN ExwTryResource(struct EXW_RESOURCE *Body, enum EXW_ACQUIRE How,
                              struct EXW_OWNER **New)
{
    BOOLEAN Exclusive = How == ExwExclusive;
    struct EXW_OWNER *Mine = ExwFindOwner(Body, ExwSelf());
    BOOLEAN Again =
        Mine != NULL && (Body->Exclusive || How == ExwShared || How == ExwSharedStarveExclusive);
    BOOLEAN PassesWaiters = IsListEmpty(&Body->Waiters) || How == ExwSharedStarveExclusive;
    if (!Again && (!ExwIsFreeFor(Body, Exclusive) || !PassesWaiters)) {
        return FALSE;
    }
    if (Mine != NULL) {
        Mine->Count++;
    } else {
        ExwAddOwner(Body, *New, Exclusive);
        *New = NULL;
    }
    return TRUE;
}

static VOID ExwQueue(struct EXW_RESOURCE *Body, struct EXW_RESOURCE_WAIT *Wait, BOOLEAN First)
{
    PERESOURCE Resource = Body->Body.Object;
    if (First) {
        InsertHeadList(&Body->Waiters, &Wait->Link);
    } else {
        InsertTailList(&Body->Waiters, &Wait->Link);
    }
    Resource->ContentionCount++;
    ++*ExwWaiterCount(Body, Wait->Exclusive);
}

/* ---- acquiring ---- */

static VOID ExwCheckAcquire(const char *Function, const ERESOURCE *Resource)
{
    ntcb_require_kernel(Function);
    ntcb_check_irql(Function, APC_LEVEL, "DV-31", 0x00020006);
    if (!KeAreApcsDisabled()) {
        ExwReportResource(Function, Resource, DRIVER_VERIFIER_DETECTED_VIOLATION,
                          (const uint64_t[]){0x37, KeGetCurrentIrql(), 0},
                          "normal kernel APCs are not disabled: a thread that is suspended now "
                          "keeps the resource",
                          "call KeEnterCriticalRegion first, KeLeaveCriticalRegion after the "
                          "release");
    }
}

/* Would the calling thread wait for itself? It shares the resource, and waits for all sharers. */
static BOOLEAN ExwIsSelfWait(const struct EXW_RESOURCE *Body)
{
    return ExwFindOwner(Body, ExwSelf()) != NULL;
}

static BOOLEAN ExwAcquireOrWait(const char *Function, PERESOURCE Resource, enum EXW_ACQUIRE How,
                                BOOLEAN Wait, struct EXW_OWNER **New)
{
    struct EXW_RESOURCE_WAIT Mine = {.Owner = *New, .Exclusive = How == ExwExclusive};
    struct EXW_RESOURCE *Body = ExwEnterResource(Function, Resource);
    if (Body == NULL) {
        return FALSE;
    }
    KipInitializeObject(&Mine.Granted.Header, KipEventNotification, sizeof(Mine.Granted), 0);
    BOOLEAN Taken = ExwTryResource(Body, How, New);
    BOOLEAN SelfWait = !Taken && Wait && ExwIsSelfWait(Body);
    BOOLEAN Queued = !Taken && Wait && !SelfWait;
    if (Queued) {
        ExwQueue(Body, &Mine, How == ExwSharedStarveExclusive);
        *New = NULL;
    }
    ExwLeaveResource();
    if (SelfWait) {
        ExwReportResource(Function, Resource, 0, (const uint64_t[]){ExwSelf(), 0, 0},
                          "this thread shares the resource, and waits for all who share it to "
                          "release it: a deadlock. It is not acquired",
                          "release it before acquiring it exclusively");
    }
    if (Queued) {
        PVOID Object = &Mine.Granted;
        KWAIT_BLOCK Block;
        KipWait(&(struct KIP_WAIT_FOR){.Objects = &Object, .Count = 1, .Blocks = &Block});
        return Mine.Owner != NULL; /* written before the event was set */
    }
    return Taken;
}

BOOLEAN ExwAcquireResource(const char *Function, PERESOURCE Resource, enum EXW_ACQUIRE How,
                           BOOLEAN Wait)
{
    ExwCheckAcquire(Function, Resource);
    struct EXW_OWNER *New = ExwNewOwner();
    BOOLEAN Taken = ExwAcquireOrWait(Function, Resource, How, Wait, &New);
    ExwFreeOwner(New);
    return Taken;
}

/* ---- releasing ---- */

VOID ExwReleaseResource(const char *Function, PERESOURCE Resource, ERESOURCE_THREAD Thread)
{
    struct EXW_OWNER *Gone = NULL;
    ntcb_require_kernel(Function);
    ntcb_check_irql(Function, DISPATCH_LEVEL, "DV-31", 0);
    struct EXW_RESOURCE *Body = ExwEnterResource(Function, Resource);
    if (Body == NULL) {
        return;
    }
    struct EXW_OWNER *Owner = ExwFindOwner(Body, Thread);
    if (Owner != NULL && --Owner->Count == 0) {
        Gone = Owner;
        RemoveEntryList(&Gone->Link);
        Resource->ActiveEntries--;
        if (IsListEmpty(&Body->Owners)) {
            Body->Exclusive = FALSE;
            Resource->ActiveCount = 0;
            Resource->Flag = 0;
        }
        ExwGrantResource(Body);
    }
    ExwLeaveResource();
    ExwFreeOwner(Gone);
    if (Owner == NULL) {
        ExwReportResource(Function, Resource, RESOURCE_NOT_OWNED,
                          (const uint64_t[]){(uintptr_t)Resource, Thread, 0},
                          "the thread does not own the resource",
                          "release once what was acquired, on the same thread");
    }
}

/* ---- the end of a body ---- */

static VOID ExwFreeResource(PVOID Freed)
{
    struct EXW_RESOURCE *Body = Freed;
    ntsim__lock(KipState()->Lock);
    ExwEndResourceWaits(Body);
    ntsim__unlock(KipState()->Lock);
    while (!IsListEmpty(&Body->Owners)) {
        ExwFreeOwner(CONTAINING_RECORD(RemoveHeadList(&Body->Owners), struct EXW_OWNER, Link));
    }
    ntsim__release(Body);
}

const struct EXW_BODY_KIND ExwResourceKind = {
    .Rule = "EX-RESOURCE",
    .Name = "resource",
    .Initialize = "ExInitializeResourceLite",
    .Delete = "ExDeleteResourceLite",
    .Free = ExwFreeResource,
};
