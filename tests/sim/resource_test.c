/* SPDX-License-Identifier: MIT
 *
 * resource_test.c - executive resources: who may own one, who waits, and misuse.
 */
#include "crew_kit.h"

#define TAG 0x73655245u

static ERESOURCE resource;

static int begin(void **state)
{
    start(state);
    KeEnterCriticalRegion();
    return ExInitializeResourceLite(&resource) == STATUS_SUCCESS ? 0 : -1;
}

static int end(void **state)
{
    ExDeleteResourceLite(&resource);
    KeLeaveCriticalRegion();
    return stop(state);
}

/* ---- another thread that acquires, says so, and releases when it is told to ---- */

struct other {
    BOOLEAN NTAPI (*acquire)(PERESOURCE Resource, BOOLEAN Wait);
    BOOLEAN wait;
    BOOLEAN taken;
    KEVENT done; /* acquiring */
    KEVENT release;
    HANDLE thread;
};

static VOID NTAPI OtherThread(PVOID Context)
{
    struct other *other = Context;

    KeEnterCriticalRegion();
    other->taken = other->acquire(&resource, other->wait);
    KeSetEvent(&other->done, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&other->release, Executive, KernelMode, FALSE, NULL);
    if (other->taken) {
        ExReleaseResourceLite(&resource);
    }
    KeLeaveCriticalRegion();
}

static void other_begins(struct other *other,
                         BOOLEAN NTAPI (*acquire)(PERESOURCE Resource, BOOLEAN Wait), BOOLEAN wait)
{
    other->acquire = acquire;
    other->wait = wait;
    other->taken = 77;
    KeInitializeEvent(&other->done, NotificationEvent, FALSE);
    KeInitializeEvent(&other->release, NotificationEvent, FALSE);
    other->thread = begin_thread(OtherThread, other);
}

static BOOLEAN other_has_it(struct other *other)
{
    KeWaitForSingleObject(&other->done, Executive, KernelMode, FALSE, NULL);
    return other->taken;
}

static void other_ends(struct other *other)
{
    KeSetEvent(&other->release, IO_NO_INCREMENT, FALSE);
    end_thread(other->thread);
}

/* Acquires without waiting, and is done. */
static BOOLEAN other_can(BOOLEAN NTAPI (*acquire)(PERESOURCE Resource, BOOLEAN Wait))
{
    struct other other;
    BOOLEAN taken;

    other_begins(&other, acquire, FALSE);
    taken = other_has_it(&other);
    other_ends(&other);
    return taken;
}

/* There is no event for a thread's having begun to wait: the counts say it. */
static void await_waiters(ULONG shared, ULONG exclusive)
{
    LARGE_INTEGER moment = {.QuadPart = -1000};

    while (ExGetSharedWaiterCount(&resource) != shared ||
           ExGetExclusiveWaiterCount(&resource) != exclusive) {
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    }
}

/* ---- */

static void one_owner_or_many_that_share(void **state)
{
    (void)state;
    EXPECT_TRUE(ExAcquireResourceExclusiveLite(&resource, TRUE));
    EXPECT_FALSE(other_can(ExAcquireResourceExclusiveLite));
    EXPECT_FALSE(other_can(ExAcquireResourceSharedLite));
    EXPECT_FALSE(other_can(ExAcquireSharedStarveExclusive));
    ExConvertExclusiveToSharedLite(&resource);
    EXPECT_FALSE(other_can(ExAcquireResourceExclusiveLite));
    EXPECT_TRUE(other_can(ExAcquireResourceSharedLite));
    EXPECT_TRUE(other_can(ExAcquireSharedWaitForExclusive));
    ExReleaseResourceLite(&resource);
    EXPECT_TRUE(other_can(ExAcquireResourceExclusiveLite));
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static void an_owner_acquires_again(void **state)
{
    (void)state;
    EXPECT_TRUE(ExTryToAcquireResourceExclusiveLite(&resource));
    EXPECT_TRUE(ExAcquireResourceExclusiveLite(&resource, FALSE));
    EXPECT_TRUE(ExAcquireResourceSharedLite(&resource, FALSE));
    EXPECT_TRUE(ExIsResourceAcquiredExclusiveLite(&resource));
    EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 3);
    ExReleaseResourceLite(&resource);
    ExReleaseResourceLite(&resource);
    EXPECT_FALSE(other_can(ExAcquireResourceSharedLite));
    ExReleaseResourceLite(&resource);
    EXPECT_EQ(ExIsResourceAcquiredLite(&resource), 0);
    EXPECT_TRUE(ExAcquireResourceSharedLite(&resource, TRUE));
    EXPECT_FALSE(ExIsResourceAcquiredExclusiveLite(&resource));
    EXPECT_FALSE(ExAcquireResourceExclusiveLite(&resource, FALSE));
    ExReleaseResourceLite(&resource);
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static void a_waiter_goes_on_when_it_can(void **state)
{
    struct other exclusive, shared, late;

    (void)state;
    ExEnterCriticalRegionAndAcquireResourceShared(&resource);
    other_begins(&exclusive, ExAcquireResourceExclusiveLite, TRUE);
    await_waiters(0, 1);
    /* who shares already may share again; a new sharer waits for the one that waits */
    EXPECT_TRUE(ExAcquireResourceSharedLite(&resource, FALSE));
    ExReleaseResourceLite(&resource);
    EXPECT_FALSE(ExAcquireSharedWaitForExclusive(&resource, FALSE));
    EXPECT_FALSE(other_can(ExAcquireResourceSharedLite));
    EXPECT_FALSE(other_can(ExAcquireSharedWaitForExclusive));
    EXPECT_TRUE(other_can(ExAcquireSharedStarveExclusive));
    other_begins(&shared, ExAcquireResourceSharedLite, TRUE);
    await_waiters(1, 1);
    ExReleaseResourceAndLeaveCriticalRegion(&resource);
    EXPECT_TRUE(other_has_it(&exclusive));
    EXPECT_EQ(ExGetSharedWaiterCount(&resource), 1);
    other_begins(&late, ExAcquireSharedStarveExclusive, TRUE);
    await_waiters(2, 0);
    other_ends(&exclusive);
    EXPECT_TRUE(other_has_it(&shared)); /* both at once */
    EXPECT_TRUE(other_has_it(&late));
    other_ends(&shared);
    other_ends(&late);
    ExEnterCriticalRegionAndAcquireResourceExclusive(&resource);
    ExReleaseResourceAndLeaveCriticalRegion(&resource);
    ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(&resource);
    ExReleaseResourceAndLeaveCriticalRegion(&resource);
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static VOID NTAPI ReleaseForOther(PVOID Context)
{
    ExReleaseResourceForThreadLite(&resource, (ERESOURCE_THREAD)Context);
}

static void another_thread_releases(void **state)
{
    ULONG owner = 0;
    PVOID pointer = (PVOID)((ULONG_PTR)&owner | 3);

    (void)state;
    EXPECT_TRUE(ExAcquireResourceExclusiveLite(&resource, TRUE));
    end_thread(begin_thread(ReleaseForOther, (PVOID)ExGetCurrentResourceThread()));
    EXPECT_FALSE(ExIsResourceAcquiredExclusiveLite(&resource));
    EXPECT_TRUE(ExAcquireResourceExclusiveLite(&resource, TRUE));
    ExSetResourceOwnerPointer(&resource, pointer);
    EXPECT_FALSE(ExIsResourceAcquiredExclusiveLite(&resource));
    end_thread(begin_thread(ReleaseForOther, pointer));
    EXPECT_TRUE(other_can(ExAcquireResourceExclusiveLite));
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static void misuse_is_reported(void **state)
{
    (void)state;
    ExReleaseResourceLite(&resource);
    EXPECT_EQ(take_report("EX-RESOURCE")->bugcheck, RESOURCE_NOT_OWNED);
    ExConvertExclusiveToSharedLite(&resource);
    EXPECT_EQ(take_report("EX-RESOURCE")->bugcheck, RESOURCE_NOT_OWNED);
    KeLeaveCriticalRegion();
    EXPECT_TRUE(ExAcquireResourceSharedLite(&resource, TRUE));
    EXPECT_EQ(take_report("EX-RESOURCE")->parameter[0], 0x37);
    KeEnterCriticalRegion();
    EXPECT_FALSE(ExAcquireResourceExclusiveLite(&resource, TRUE)); /* would wait for itself */
    EXPECT_TRUE(strstr(take_report("EX-RESOURCE")->what, "deadlock") != NULL);
    ExSetResourceOwnerPointer(&resource, (PVOID)(ExGetCurrentResourceThread() & ~(ULONG_PTR)3));
    EXPECT_EQ(take_report("EX-RESOURCE")->bugcheck, RESOURCE_OWNER_POINTER_INVALID);
    EXPECT_SUCCESS(ExReinitializeResourceLite(&resource)); /* it is owned */
    EXPECT_TRUE(strstr(take_report("EX-RESOURCE")->what, "still owned") != NULL);
}

static void what_is_no_resource_is_reported(void **state)
{
    ERESOURCE copy = resource;

    (void)state;
    EXPECT_FALSE(ExAcquireResourceExclusiveLite(&copy, TRUE));
    EXPECT_EQ(take_report("EX-RESOURCE")->parameter[0], (uintptr_t)&copy);
    EXPECT_STATUS(ExDeleteResourceLite(&copy), STATUS_INVALID_PARAMETER);
    take_report("EX-RESOURCE");
    EXPECT_SUCCESS(ExInitializeResourceLite(&resource)); /* it is already */
    take_report("EX-RESOURCE");
}

static void who_waits_for_what_is_deleted_goes_on(void **state)
{
    struct other other;

    (void)state;
    EXPECT_TRUE(ExAcquireResourceExclusiveLite(&resource, TRUE));
    other_begins(&other, ExAcquireResourceExclusiveLite, TRUE);
    await_waiters(0, 1);
    EXPECT_SUCCESS(ExDeleteResourceLite(&resource));
    EXPECT_FALSE(other_has_it(&other));
    other_ends(&other);
    EXPECT_TRUE(strstr(take_report("EX-RESOURCE")->what, "1 wait") != NULL);
    EXPECT_SUCCESS(ExInitializeResourceLite(&resource));
}

static void memory_of_a_live_resource_is_not_to_be_freed(void **state)
{
    PERESOURCE pool = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*pool), TAG);

    (void)state;
    EXPECT_SUCCESS(ExInitializeResourceLite(pool));
    ExFreePool(pool);
    EXPECT_EQ(take_report("EX-RESOURCE")->parameter[0], (uintptr_t)pool);
}

static void initialising_without_memory_fails(void **state)
{
    ERESOURCE other;

    (void)state;
    ntsim_fail_allocation(sim, 1);
    EXPECT_STATUS(ExInitializeResourceLite(&other), STATUS_INSUFFICIENT_RESOURCES);
    ntsim_fail_allocation(sim, 1);
    EXPECT_TRUE(ExAcquireResourceExclusiveLite(&resource, TRUE)); /* never fails */
    ntsim_fail_allocation(sim, 0);
    ExReleaseResourceLite(&resource);
}

static void irql_limits_hold(void **state)
{
    KIRQL old;

    (void)state;
    EXPECT_TRUE(ExAcquireResourceExclusiveLite(&resource, TRUE));
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ExReleaseResourceLite(&resource);
    EXPECT_EQ(ntsim_report_count(sim), 0);
    EXPECT_TRUE(ExAcquireResourceExclusiveLite(&resource, FALSE));
    KeLowerIrql(old);
    take_report("DV-31");
    ExReleaseResourceLite(&resource);
}

static const struct ntcb_test tests[] = {
    {"ex.resource.one_owner_or_many_that_share", "", one_owner_or_many_that_share, begin, end},
    {"ex.resource.owner_acquires_again", "", an_owner_acquires_again, begin, end},
    {"ex.resource.waiter_goes_on_when_it_can", "", a_waiter_goes_on_when_it_can, begin, end},
    {"ex.resource.another_thread_releases", "", another_thread_releases, begin, end},
    {"ex.resource.misuse_is_reported", "", misuse_is_reported, begin, end},
    {"ex.resource.what_is_none_is_reported", "", what_is_no_resource_is_reported, begin, end},
    {"ex.resource.waiter_for_what_is_deleted_goes_on", "", who_waits_for_what_is_deleted_goes_on,
     begin, end},
    {"ex.resource.memory_of_a_live_one_is_not_freed", "",
     memory_of_a_live_resource_is_not_to_be_freed, begin, end},
    {"ex.resource.initialising_without_memory_fails", "", initialising_without_memory_fails, begin,
     end},
    {"ex.resource.irql_limits_hold", "DV-31", irql_limits_hold, begin, end},
};

NTCB_TEST_MAIN("library", tests)
