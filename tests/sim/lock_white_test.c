/* SPDX-License-Identifier: MIT
 *
 * lock_white_test.c - the lock that many hold to read and one to write: readers see no half of a
 * write, no write is lost, and neither side keeps the other out for ever.
 */
#include "simkit.h"

#include "simp.h"

#include <pthread.h>
#include <stdatomic.h>

#define WRITERS 2
#define READERS 4
#define WRITES 4000u

static struct ntsim__shared_lock *lock;
static struct ntsim__lock *mutex;
/* Under the shared lock: always equal. */
static ULONG left, right;
/* Under both: changed by readers, one at a time. */
static ULONG reads;
static _Atomic ULONG torn;
static _Atomic ULONG writers_left;
static _Atomic ULONG inside; /* readers */

static void *write_pairs(void *unused)
{
    (void)unused;
    for (ULONG i = 0; i < WRITES; ++i) {
        ntsim__lock_exclusive(lock);
        ++left;
        torn += atomic_load(&inside) != 0;
        ++right;
        ntsim__unlock_exclusive(lock);
    }
    --writers_left;
    return NULL;
}

static void *read_pairs(void *count)
{
    do {
        ntsim__lock_shared(lock);
        atomic_fetch_add(&inside, 1);
        torn += left != right;
        ntsim__lock(mutex);
        ++reads;
        ntsim__unlock(mutex);
        atomic_fetch_sub(&inside, 1);
        ntsim__unlock_shared(lock);
        ++*(ULONG *)count;
    } while (atomic_load(&writers_left) != 0);
    return NULL;
}

static void readers_see_whole_writes(void **state)
{
    pthread_t writers[WRITERS], readers[READERS];
    ULONG counts[READERS] = {0}, sum = 0;

    (void)state;
    left = right = reads = 0;
    torn = 0;
    writers_left = WRITERS;
    lock = ntsim__shared_lock_create(sim);
    mutex = ntsim__lock_create(sim);
    for (ULONG i = 0; i < READERS; ++i) {
        EXPECT_EQ(pthread_create(&readers[i], NULL, read_pairs, &counts[i]), 0);
    }
    for (ULONG i = 0; i < WRITERS; ++i) {
        EXPECT_EQ(pthread_create(&writers[i], NULL, write_pairs, NULL), 0);
    }
    for (ULONG i = 0; i < WRITERS; ++i) {
        pthread_join(writers[i], NULL);
    }
    for (ULONG i = 0; i < READERS; ++i) {
        pthread_join(readers[i], NULL);
        sum += counts[i];
    }
    EXPECT_EQ(torn, 0);
    EXPECT_EQ(left, WRITERS * WRITES);
    EXPECT_EQ(reads, sum);
    ntsim__shared_lock_destroy(sim, lock);
    ntsim__lock_destroy(sim, mutex);
}

static pthread_barrier_t both_inside;

static void *stay_inside(void *unused)
{
    (void)unused;
    ntsim__lock_shared(lock);
    pthread_barrier_wait(&both_inside);
    ntsim__unlock_shared(lock);
    return NULL;
}

static void two_readers_hold_it_at_once(void **state)
{
    pthread_t other;

    (void)state;
    lock = ntsim__shared_lock_create(sim);
    pthread_barrier_init(&both_inside, NULL, 2);
    EXPECT_EQ(pthread_create(&other, NULL, stay_inside, NULL), 0);
    stay_inside(NULL);
    pthread_join(other, NULL);
    pthread_barrier_destroy(&both_inside);
    ntsim__lock_exclusive(lock);
    ntsim__unlock_exclusive(lock);
    ntsim__shared_lock_destroy(sim, lock);
}

static void no_memory_no_lock(void **state)
{
    ULONG nth;

    (void)state;
    lock = NULL;
    for (nth = 1; lock == NULL; ++nth) {
        ntsim_fail_allocation(sim, nth);
        lock = ntsim__shared_lock_create(sim);
        ntsim_fail_allocation(sim, 0);
    }
    EXPECT_TRUE(nth > 2);
    ntsim__shared_lock_destroy(sim, lock);
}

static const struct ntcb_test cases[] = {
    {"sim.lock.readers_see_whole_writes", "", readers_see_whole_writes, start, stop},
    {"sim.lock.two_readers_hold_it_at_once", "", two_readers_hold_it_at_once, start, stop},
    {"sim.lock.no_memory_no_lock", "", no_memory_no_lock, start, stop},
};
NTCB_TEST_MAIN("library", cases)
