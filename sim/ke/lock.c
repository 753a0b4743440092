/* SPDX-License-Identifier: MIT
 *
 * lock.c - the simulator's mutex: a monitor of the host's that nobody waits in.
 */
#include "simp.h"
#include "verifier/report.h"

struct ntsim__lock {
    const struct ntcb_host_ops *Host;
    struct ntcb_monitor *Monitor;
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

void ntsim__lock(struct ntsim__lock *lock)
{
    lock->Host->monitor_enter(lock->Host->context, lock->Monitor);
}

void ntsim__unlock(struct ntsim__lock *lock)
{
    lock->Host->monitor_leave(lock->Host->context, lock->Monitor);
}
