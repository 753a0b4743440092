/* SPDX-License-Identifier: MIT
 *
 * rundown_test.c - run-down protection: the state machine step by step, its word, its waiter.
 */
#include "../ex/kit.h"

#define POOL_TAG 0x526E7564u /* "dunR" */

enum step { INITIALIZE, ACQUIRE, ACQUIRE_5, RELEASE, RELEASE_5, WAIT, COMPLETE, REOPEN, END };

/* One step: what it returns (acquire alone), the word after it, and whether it is misuse. */
struct move {
    enum step step;
    BOOLEAN granted;
    ULONG_PTR word;
    bool misuse;
};

#define MOVES 12

static const struct {
    const char *what;
    struct move moves[MOVES];
} paths[] = {
    {"count up and down",
     {{INITIALIZE, 0, 0, false},
      {ACQUIRE, TRUE, 2, false},
      {ACQUIRE, TRUE, 4, false},
      {RELEASE, 0, 2, false},
      {RELEASE, 0, 0, false},
      {ACQUIRE, TRUE, 2, false},
      {RELEASE, 0, 0, false},
      {END, 0, 0, false}}},
    {"several at once",
     {{INITIALIZE, 0, 0, false},
      {ACQUIRE_5, TRUE, 10, false},
      {RELEASE, 0, 8, false},
      {RELEASE, 0, 6, false},
      {RELEASE, 0, 4, false},
      {RELEASE, 0, 2, false},
      {RELEASE, 0, 0, false},
      {ACQUIRE_5, TRUE, 10, false},
      {RELEASE_5, 0, 0, false},
      {END, 0, 0, false}}},
    {"run down with nobody inside",
     {{INITIALIZE, 0, 0, false},
      {WAIT, 0, 1, false},
      {ACQUIRE, FALSE, 1, false},
      {ACQUIRE_5, FALSE, 1, false},
      {WAIT, 0, 1, false},
      {COMPLETE, 0, 1, false},
      {WAIT, 0, 1, false},
      {ACQUIRE, FALSE, 1, false},
      {END, 0, 0, false}}},
    {"open again",
     {{INITIALIZE, 0, 0, false},
      {WAIT, 0, 1, false},
      {COMPLETE, 0, 1, false},
      {REOPEN, 0, 0, false},
      {ACQUIRE, TRUE, 2, false},
      {RELEASE, 0, 0, false},
      {WAIT, 0, 1, false},
      {REOPEN, 0, 0, false},
      {END, 0, 0, false}}},
    {"released too often",
     {{INITIALIZE, 0, 0, false},
      {RELEASE, 0, 0, true},
      {ACQUIRE, TRUE, 2, false},
      {RELEASE_5, 0, 2, true},
      {RELEASE, 0, 0, false},
      {WAIT, 0, 1, false},
      {RELEASE, 0, 1, true},
      {END, 0, 0, false}}},
    {"completed or reopened while live",
     {{INITIALIZE, 0, 0, false},
      {COMPLETE, 0, 0, true},
      {REOPEN, 0, 0, true},
      {ACQUIRE, TRUE, 2, false},
      {COMPLETE, 0, 2, true},
      {REOPEN, 0, 2, true},
      {RELEASE, 0, 0, false},
      {END, 0, 0, false}}},
};

/* The plain and the cache-aware family behind one face. */
static BOOLEAN make_move(enum step step, PEX_RUNDOWN_REF plain, PEX_RUNDOWN_REF_CACHE_AWARE aware)
{
    switch (step) {
    case INITIALIZE:
        aware != NULL
            ? ExInitializeRundownProtectionCacheAware(aware, ExSizeOfRundownProtectionCacheAware())
            : ExInitializeRundownProtection(plain);
        break;
    case ACQUIRE:
        return aware != NULL ? ExAcquireRundownProtectionCacheAware(aware)
                             : ExAcquireRundownProtection(plain);
    case ACQUIRE_5:
        return aware != NULL ? ExAcquireRundownProtectionCacheAwareEx(aware, 5)
                             : ExAcquireRundownProtectionEx(plain, 5);
    case RELEASE:
        aware != NULL ? ExReleaseRundownProtectionCacheAware(aware)
                      : ExReleaseRundownProtection(plain);
        break;
    case RELEASE_5:
        aware != NULL ? ExReleaseRundownProtectionCacheAwareEx(aware, 5)
                      : ExReleaseRundownProtectionEx(plain, 5);
        break;
    case WAIT:
        aware != NULL ? ExWaitForRundownProtectionReleaseCacheAware(aware)
                      : ExWaitForRundownProtectionRelease(plain);
        break;
    case COMPLETE:
        aware != NULL ? ExRundownCompletedCacheAware(aware) : ExRundownCompleted(plain);
        break;
    case REOPEN:
        aware != NULL ? ExReInitializeRundownProtectionCacheAware(aware)
                      : ExReInitializeRundownProtection(plain);
        break;
    case END:
        break;
    }
    return FALSE;
}

static void walk_paths(struct kit *kit, PEX_RUNDOWN_REF plain, PEX_RUNDOWN_REF_CACHE_AWARE aware)
{
    size_t row;
    size_t index;

    for (row = 0; row < RTL_NUMBER_OF(paths); ++row) {
        print_message("%s\n", paths[row].what);
        for (index = 0; paths[row].moves[index].step != END; ++index) {
            const struct move *move = &paths[row].moves[index];

            EXPECT_EQ(make_move(move->step, plain, aware), move->granted);
            if (plain != NULL) {
                EXPECT_EQ(plain->Count, move->word);
            }
            EXPECT_EQ(kit_expect_report(kit, "DV-16") != NULL, move->misuse);
        }
    }
}

static void state_machine(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    EX_RUNDOWN_REF reference = {.Count = 0xDEAD};

    walk_paths(kit, &reference, NULL);
    EXPECT_EQ(sizeof(reference), sizeof(void *));
}

static void cache_aware_family_behaves_alike(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    PEX_RUNDOWN_REF_CACHE_AWARE reference =
        ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, POOL_TAG);

    EXPECT_TRUE(reference != NULL);
    walk_paths(kit, NULL, reference);
    ExFreeCacheAwareRundownProtection(reference);
}

static void cache_aware_flags(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    PVOID memory = malloc(ExSizeOfRundownProtectionCacheAware());
    PEX_RUNDOWN_REF_CACHE_AWARE reference = memory;
    ULONG bit;

    for (bit = 0; bit < 4; ++bit) {
        ExInitializeRundownProtectionCacheAwareEx(reference, bit);
        EXPECT_EQ(ExAcquireRundownProtectionCacheAware(reference), TRUE);
    }
    for (bit = 2; bit < 32; ++bit) {
        const struct kit_report *report;

        ExInitializeRundownProtectionCacheAwareEx(reference, 1u << bit);
        report = kit_expect_report(kit, "DV-16");
        EXPECT_TRUE(report != NULL);
        EXPECT_EQ(report->bugcheck, 0x16C);
        EXPECT_EQ(report->parameter[0], 1u << bit);
        EXPECT_EQ(report->parameter[1], (uintptr_t)reference);
    }
    ExInitializeRundownProtectionCacheAware(reference, 1);
    EXPECT_TRUE(kit_expect_report(kit, "DV-16") != NULL);
    free(memory);
}

static void cache_aware_allocation_may_fail(void **state)
{
    struct kit *kit = kit_begin(state, NULL);

    atomic_store(&kit->fail_at, 1);
    EXPECT_PTR(ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, POOL_TAG), NULL);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static EX_RUNDOWN_REF shared;

static void wait_for_release(struct kit *kit, void *argument)
{
    (void)argument;
    ExWaitForRundownProtectionRelease(&shared);
    kit_log(kit, 'w');
}

static void waiter_sleeps_until_the_last_release(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    struct kit_thread waiter;

    ExInitializeRundownProtection(&shared);
    EXPECT_EQ(ExAcquireRundownProtection(&shared), TRUE);
    EXPECT_EQ(ExAcquireRundownProtectionEx(&shared, 2), TRUE);
    kit_start(&waiter, kit, wait_for_release, NULL);
    kit_wait_sleepers(kit, 1);
    EXPECT_EQ(shared.Count & EX_RUNDOWN_ACTIVE, 1);
    EXPECT_EQ(ExAcquireRundownProtection(&shared), FALSE);
    EXPECT_EQ(ExAcquireRundownProtectionEx(&shared, 3), FALSE);
    ExReleaseRundownProtectionEx(&shared, 2);
    EXPECT_STR(kit_take(kit), "");
    kit_log(kit, 'r');
    ExReleaseRundownProtection(&shared);
    kit_join(&waiter);
    EXPECT_STR(kit_take(kit), "rw");
    EXPECT_EQ(shared.Count, 1);
    EXPECT_EQ(ExAcquireRundownProtection(&shared), FALSE);
    ExRundownCompleted(&shared);
    ExReInitializeRundownProtection(&shared);
    EXPECT_EQ(ExAcquireRundownProtection(&shared), TRUE);
}

static const struct {
    enum step step;
    KIRQL limit;
} limits[] = {
    {INITIALIZE, APC_LEVEL}, {WAIT, APC_LEVEL},         {COMPLETE, APC_LEVEL},
    {REOPEN, APC_LEVEL},     {ACQUIRE, DISPATCH_LEVEL}, {RELEASE, DISPATCH_LEVEL},
};

static void irql_limits(void **state)
{
    struct kit *kit = kit_begin(state, NULL);
    EX_RUNDOWN_REF reference;
    size_t row;
    int level;

    for (level = PASSIVE_LEVEL; level <= DISPATCH_LEVEL; ++level) {
        for (row = 0; row < RTL_NUMBER_OF(limits); ++row) {
            KIRQL old;

            KeRaiseIrql((KIRQL)level, &old);
            make_move(limits[row].step, &reference, NULL);
            KeLowerIrql(old);
            EXPECT_EQ(kit_expect_report(kit, limits[row].step == WAIT ? "DV-06" : "RUN-07") != NULL,
                      level > limits[row].limit);
        }
    }
}

static const struct ntcb_test tests[] = {
    KIT_CASE("rundown.reference.state_machine",
             "RUN-01 RUN-02 RUN-03 RUN-04 RUN-05 RUN-06 RUN-08 RUN-10 DV-16", state_machine),
    KIT_CASE("rundown.reference.waiter_sleeps_until_the_last_release",
             "RUN-02 RUN-04 RUN-08 RUN-10 RUN-11", waiter_sleeps_until_the_last_release),
    KIT_CASE("rundown.reference.irql_limits", "RUN-07 DV-06", irql_limits),
    KIT_CASE("rundown.cache_aware.behaves_alike", "RUN-13", cache_aware_family_behaves_alike),
    KIT_CASE("rundown.cache_aware.flags", "RUN-13 DV-16", cache_aware_flags),
    KIT_CASE("rundown.cache_aware.allocation_may_fail", "RUN-13", cache_aware_allocation_may_fail),
};

NTCB_TEST_MAIN("conformance", tests)
