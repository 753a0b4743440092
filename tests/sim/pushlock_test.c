/* SPDX-License-Identifier: MIT
 *
 * pushlock_test.c - push locks, and threads that contend for them and for a resource.
 */
#include "crew_kit.h"

#include <ntcallback/ddk/flt_pushlock.h>
#include <ntcallback/ddk/ntundoc_apc.h>

#define ROUNDS 1000

static EX_PUSH_LOCK push;
static ERESOURCE resource;

/* ---- threads that contend ---- */

struct contest {
    void (*acquire)(BOOLEAN exclusive);
    void (*release)(BOOLEAN exclusive);
    ULONG counter; /* written by who owns exclusively, read by sharers; not atomic */
    ULONG twin;
    ULONG wrong;
    ULONG sharers; /* atomic */
};

static void push_acquire(BOOLEAN exclusive)
{
    KeEnterCriticalRegion();
    if (exclusive) {
        ExAcquirePushLockExclusive(&push);
    } else {
        ExAcquirePushLockShared(&push);
    }
}

static void push_release(BOOLEAN exclusive)
{
    if (exclusive) {
        ExReleasePushLockExclusive(&push);
    } else {
        ExReleasePushLockShared(&push);
    }
    KeLeaveCriticalRegion();
}

static void flt_acquire(BOOLEAN exclusive)
{
    if (exclusive) {
        FltAcquirePushLockExclusive(&push);
    } else {
        FltAcquirePushLockShared(&push);
    }
}

static void flt_release(BOOLEAN exclusive)
{
    (void)exclusive;
    FltReleasePushLock(&push);
}

static void resource_acquire(BOOLEAN exclusive)
{
    if (exclusive) {
        ExEnterCriticalRegionAndAcquireResourceExclusive(&resource);
    } else {
        ExEnterCriticalRegionAndAcquireResourceShared(&resource);
    }
}

static void resource_release(BOOLEAN exclusive)
{
    (void)exclusive;
    ExReleaseResourceAndLeaveCriticalRegion(&resource);
}

static VOID NTAPI Contend(PVOID Context)
{
    struct contest *Contest = Context;

    for (ULONG i = 0; i < ROUNDS; i++) {
        BOOLEAN exclusive = i % 3 == 0;

        Contest->acquire(exclusive);
        if (exclusive) {
            Contest->counter++;
            Contest->twin++;
            if (__atomic_load_n(&Contest->sharers, __ATOMIC_RELAXED) != 0) {
                __atomic_add_fetch(&Contest->wrong, 1, __ATOMIC_RELAXED);
            }
        } else {
            __atomic_add_fetch(&Contest->sharers, 1, __ATOMIC_RELAXED);
            if (Contest->counter != Contest->twin) {
                __atomic_add_fetch(&Contest->wrong, 1, __ATOMIC_RELAXED);
            }
            __atomic_sub_fetch(&Contest->sharers, 1, __ATOMIC_RELAXED);
        }
        Contest->release(exclusive);
    }
}

static void one_writer_or_many_readers(void **state)
{
    static void (*const ways[][2])(BOOLEAN exclusive) = {{push_acquire, push_release},
                                                         {flt_acquire, flt_release},
                                                         {resource_acquire, resource_release}};

    (void)state;
    EXPECT_SUCCESS(ExInitializeResourceLite(&resource));
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct contest contest = {.acquire = ways[i][0], .release = ways[i][1]};

        ExInitializePushLock(&push);
        run_crew(Contend, &contest);
        EXPECT_EQ(contest.counter, CREW * ((ROUNDS + 2) / 3));
        EXPECT_EQ(contest.wrong, 0);
        EXPECT_EQ(push, 0);
    }
    EXPECT_SUCCESS(ExDeleteResourceLite(&resource));
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

/* ---- who waits, and in what order ---- */

static KEVENT held;

static VOID NTAPI ShareOnce(PVOID Context)
{
    (void)Context;
    KeEnterCriticalRegion();
    ExAcquirePushLockSharedEx(&push, EX_DEFAULT_PUSH_LOCK_FLAGS);
    KeSetEvent(&held, IO_NO_INCREMENT, FALSE);
    ExReleasePushLockSharedEx(&push, EX_DEFAULT_PUSH_LOCK_FLAGS);
    KeLeaveCriticalRegion();
}

static void sharers_do_not_wait_for_one_another(void **state)
{
    HANDLE thread;

    (void)state;
    ExInitializePushLock(&push);
    KeInitializeEvent(&held, NotificationEvent, FALSE);
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&push);
    thread = begin_thread(ShareOnce, NULL);
    KeWaitForSingleObject(&held, Executive, KernelMode, FALSE, NULL);
    ExReleasePushLockShared(&push);
    ExAcquirePushLockExclusiveEx(&push, 0);
    ExReleasePushLockExclusiveEx(&push, 0);
    KeLeaveCriticalRegion();
    end_thread(thread);
}

/* ---- misuse ---- */

static void misuse_is_reported(void **state)
{
    (void)state;
    ExInitializePushLock(&push);
    ExAcquirePushLockShared(&push); /* APCs are not disabled */
    take_report("EX-PUSHLOCK");
    KeEnterCriticalRegion();
    ExReleasePushLockExclusive(&push); /* it is shared */
    take_report("EX-PUSHLOCK");
    ExReleasePushLockShared(&push);
    ExReleasePushLockShared(&push); /* it is free */
    take_report("EX-PUSHLOCK");
    ExAcquirePushLockExclusive(&push);
    ExAcquirePushLockExclusive(&push); /* it is this thread's */
    take_report("EX-PUSHLOCK");
    ExAcquirePushLockShared(&push);
    EXPECT_TRUE(strstr(take_report("EX-PUSHLOCK")->what, "recursive") == NULL);
    ExReleasePushLockExclusive(&push);
    EXPECT_EQ(push, 0);
    KeLeaveCriticalRegion();
}

static void nobody_blocks_on_an_address(void **state)
{
    (void)state;
    ExInitializePushLock(&push);
    ExfUnblockPushLock(&push, NULL);
    EXPECT_EQ(push, 0);
    EXPECT_EQ(ntsim_report_count(sim), 0);
    ExfUnblockPushLock(&push, &resource);
    take_report("EX-PUSHLOCK");
}

static void the_filter_managers_keep_their_region(void **state)
{
    (void)state;
    FltInitializePushLock(&push);
    FltAcquirePushLockExclusiveEx(&push, 0);
    EXPECT_TRUE(KeAreApcsDisabled());
    FltReleasePushLockEx(&push, 0);
    EXPECT_FALSE(KeAreApcsDisabled());
    FltAcquirePushLockSharedEx(&push, 0);
    FltDeletePushLock(&push); /* it is held */
    take_report("EX-PUSHLOCK");
    FltReleasePushLock(&push);
    FltDeletePushLock(&push);
    EXPECT_EQ(ntsim_unexpected_reports(sim), 0);
}

static void irql_limits_hold(void **state)
{
    KIRQL old;

    (void)state;
    ExInitializePushLock(&push);
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&push);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ExReleasePushLockExclusive(&push);
    EXPECT_EQ(ntsim_report_count(sim), 0);
    ExAcquirePushLockShared(&push);
    KeLowerIrql(old);
    take_report("DV-31");
    ExReleasePushLockShared(&push);
    KeLeaveCriticalRegion();
}

static const struct ntcb_test tests[] = {
    {"ex.pushlock.one_writer_or_many_readers", "", one_writer_or_many_readers, start, stop},
    {"ex.pushlock.sharers_do_not_wait_for_one_another", "", sharers_do_not_wait_for_one_another,
     start, stop},
    {"ex.pushlock.misuse_is_reported", "", misuse_is_reported, start, stop},
    {"ex.pushlock.filter_managers_keep_their_region", "", the_filter_managers_keep_their_region,
     start, stop},
    {"ex.pushlock.nobody_blocks_on_an_address", "", nobody_blocks_on_an_address, start, stop},
    {"ex.pushlock.irql_limits_hold", "DV-31", irql_limits_hold, start, stop},
};

NTCB_TEST_MAIN("library", tests)
