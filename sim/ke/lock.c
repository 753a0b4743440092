/* SPDX-License-Identifier: MIT
 *
 * lock.c - the simulator's locks: a short lock, and one that many threads can hold to read.
 *
 * A short lock is a word. Who finds it taken looks again for a while, then sleeps in a monitor of
 * the host's, longer each time: the locks are held for less than a microsecond, but a holder can be
 * preempted.
 *
 * Invariants of the shared lock
 *   L1  A reader is counted in the slot of its thread, and in no other: readers write to no memory
 *       in common.
 *   L2  A reader counts itself, then looks for a writer; a writer shows itself, then looks at the
 *       counts (all of it sequentially consistent): one of the two sees the other.
 *   L3  A reader that sees a writer takes its count back and waits for the writers' lock, which the
 *       writer holds from before it shows itself until after it has gone. With that lock held it
 *       counts itself: there is no writer then, and the next one will see the count.
 *   L4  So no reader comes past a writer that waits: writers do not starve, and who holds the lock
 *       to read must not take it again.
 */
#include "simp.h"
#include "verifier/report.h"

#include <stdatomic.h>

#define SPINS 200u
#define FIRST_SLEEP_NS 20000u
#define LAST_SLEEP_NS 1000000u
#define SLOT_BYTES 128u /* no two slots in what a processor fetches at once */

struct ntsim__lock {
    _Atomic ULONG Taken;
    const struct ntcb_host_ops *Host;
    struct ntcb_monitor *Monitor;
    UCHAR Padding[40]; /* no two locks in a cache line */
};

struct ntsim__slot {
    _Alignas(16) _Atomic ULONG Readers;
    UCHAR Padding[SLOT_BYTES - 16];
};

struct ntsim__shared_lock {
    struct ntsim__lock *Writers;
    _Atomic ULONG Writing;
    struct ntsim__slot Slots[NTSIM__SLOTS + 1]; /* the first only keeps the others apart */
};

struct ntsim__lock *ntsim__lock_create(struct ntsim *sim)
{
    struct ntsim__lock *lock = ntsim__allocate_in(sim, sizeof(*lock));

    if (lock == NULL) {
        return NULL;
    }
    lock->Host = ntsim__host(sim);
    lock->Monitor = lock->Host->monitor_create(lock->Host->context);
    if (lock->Monitor == NULL) {
        ntsim__release_in(sim, lock);
        return NULL;
    }
    return lock;
}

void ntsim__lock_destroy(struct ntsim *sim, struct ntsim__lock *lock)
{
    if (lock != NULL) {
        lock->Host->monitor_destroy(lock->Host->context, lock->Monitor);
        ntsim__release_in(sim, lock);
    }
}

void ntsim__lock_pause(struct ntsim__lock *lock, ULONG *Tries)
{
    uint64_t Sleep = FIRST_SLEEP_NS;

    if (++*Tries < SPINS) {
        atomic_signal_fence(memory_order_seq_cst); /* and look again */
        return;
    }
    for (ULONG Slept = SPINS; Slept < *Tries && Sleep < LAST_SLEEP_NS; ++Slept) {
        Sleep *= 2;
    }
    lock->Host->monitor_enter(lock->Host->context, lock->Monitor);
    lock->Host->monitor_wait(lock->Host->context, lock->Monitor, Sleep);
    lock->Host->monitor_leave(lock->Host->context, lock->Monitor);
}

void ntsim__lock(struct ntsim__lock *lock)
{
    ULONG Tries = 0;

    while (atomic_exchange_explicit(&lock->Taken, 1, memory_order_acquire) != 0) {
        do {
            ntsim__lock_pause(lock, &Tries);
        } while (atomic_load_explicit(&lock->Taken, memory_order_relaxed) != 0);
    }
}

void ntsim__unlock(struct ntsim__lock *lock)
{
    atomic_store_explicit(&lock->Taken, 0, memory_order_release);
}

ULONG ntsim__slot(const struct ntcb_host_ops *host)
{
    return (ULONG)(host->thread_id(host->context) * 0x9E3779B97F4A7C15u >> 32) % NTSIM__SLOTS;
}

struct ntsim__shared_lock *ntsim__shared_lock_create(struct ntsim *sim)
{
    struct ntsim__shared_lock *lock = ntsim__allocate_in(sim, sizeof(*lock));

    if (lock == NULL) {
        return NULL;
    }
    lock->Writers = ntsim__lock_create(sim);
    if (lock->Writers == NULL) {
        ntsim__release_in(sim, lock);
        return NULL;
    }
    return lock;
}

void ntsim__shared_lock_destroy(struct ntsim *sim, struct ntsim__shared_lock *lock)
{
    if (lock != NULL) {
        ntsim__lock_destroy(sim, lock->Writers);
        ntsim__release_in(sim, lock);
    }
}

static _Atomic ULONG *readers_here(struct ntsim__shared_lock *lock)
{
    return &lock->Slots[1 + ntsim__slot(lock->Writers->Host)].Readers;
}

void ntsim__lock_shared(struct ntsim__shared_lock *lock)
{
    _Atomic ULONG *Readers = readers_here(lock);

    atomic_fetch_add(Readers, 1);
    if (atomic_load(&lock->Writing) != 0) { /* L2 */
        atomic_fetch_sub(Readers, 1);
        ntsim__lock(lock->Writers); /* L3 */
        atomic_fetch_add(Readers, 1);
        ntsim__unlock(lock->Writers);
    }
}

void ntsim__unlock_shared(struct ntsim__shared_lock *lock)
{
    atomic_fetch_sub_explicit(readers_here(lock), 1, memory_order_release);
}

void ntsim__lock_exclusive(struct ntsim__shared_lock *lock)
{
    ntsim__lock(lock->Writers);
    atomic_store(&lock->Writing, 1); /* L2 */
    for (ULONG Slot = 1; Slot <= NTSIM__SLOTS; ++Slot) {
        for (ULONG Tries = 0; atomic_load(&lock->Slots[Slot].Readers) != 0;) {
            ntsim__lock_pause(lock->Writers, &Tries);
        }
    }
}

void ntsim__unlock_exclusive(struct ntsim__shared_lock *lock)
{
    atomic_store_explicit(&lock->Writing, 0, memory_order_release);
    ntsim__unlock(lock->Writers);
}
