/* SPDX-License-Identifier: MIT
 *
 * host.c - memory and the other services of the host: forwarded to the configured table, but for
 * the allocation that a test wants to fail.
 */
#include "ke/host.h"
#include "verifier/report.h"
#include "verifier/where.h"

#include <string.h>

#define INNER(context) (((struct ntsim__host_state *)(context))->inner)

/* ---- memory: the host's, with one allocation made to fail on request ---- */

static void *allocate(void *context, size_t bytes)
{
    struct ntsim__host_state *host = context;

    if (atomic_load_explicit(&host->fail_in, memory_order_relaxed) != 0 &&
        atomic_fetch_sub(&host->fail_in, 1) == 1) {
        atomic_store(&host->failed, true);
        return NULL;
    }
    return host->inner->allocate(host->inner->context, bytes);
}

static void release(void *context, void *memory)
{
    INNER(context)->release(INNER(context)->context, memory);
}

const struct ntcb_host_ops *ntsim__host(struct ntsim *sim)
{
    return ntsim__host_state(sim)->inner;
}

void *ntsim__allocate_in(struct ntsim *sim, size_t bytes)
{
    void *memory = allocate(ntsim__host_state(sim), bytes);

    if (memory != NULL) {
        memset(memory, 0, bytes);
    }
    return memory;
}

void ntsim__release_in(struct ntsim *sim, void *memory)
{
    if (memory != NULL) {
        release(ntsim__host_state(sim), memory);
    }
}

void *ntsim__allocate(size_t bytes)
{
    return ntsim__allocate_in(ntsim__require("an NT routine"), bytes);
}

void *ntsim__allocate_raw(size_t bytes)
{
    return allocate(ntsim__host_state(ntsim__require("an NT routine")), bytes);
}

void ntsim__release(void *memory)
{
    ntsim__release_in(ntsim__require("an NT routine"), memory);
}

void ntsim_fail_allocation(struct ntsim *sim, uint64_t n)
{
    atomic_store(&ntsim__host_state(sim)->failed, false);
    atomic_store(&ntsim__host_state(sim)->fail_in, n);
}

bool ntsim_allocation_failed(struct ntsim *sim)
{
    return atomic_load(&ntsim__host_state(sim)->failed);
}

/* ---- the host table the kernel sees: every service forwarded to the one configured ---- */

static struct ntcb_monitor *monitor_create(void *context)
{
    return INNER(context)->monitor_create(INNER(context)->context);
}

static void monitor_destroy(void *context, struct ntcb_monitor *monitor)
{
    INNER(context)->monitor_destroy(INNER(context)->context, monitor);
}

static void monitor_enter(void *context, struct ntcb_monitor *monitor)
{
    INNER(context)->monitor_enter(INNER(context)->context, monitor);
}

static void monitor_leave(void *context, struct ntcb_monitor *monitor)
{
    INNER(context)->monitor_leave(INNER(context)->context, monitor);
}

static bool monitor_wait(void *context, struct ntcb_monitor *monitor, uint64_t nanoseconds)
{
    return INNER(context)->monitor_wait(INNER(context)->context, monitor, nanoseconds);
}

static void monitor_wake(void *context, struct ntcb_monitor *monitor)
{
    INNER(context)->monitor_wake(INNER(context)->context, monitor);
}

static uint64_t clock_ns(void *context)
{
    return INNER(context)->clock_ns(INNER(context)->context);
}

static int64_t system_time(void *context)
{
    return INNER(context)->system_time(INNER(context)->context);
}

static uint64_t thread_id(void *context)
{
    return INNER(context)->thread_id(INNER(context)->context);
}

static bool heavy_fence_available(void *context)
{
    return INNER(context)->heavy_fence_available(INNER(context)->context);
}

static void heavy_fence(void *context)
{
    INNER(context)->heavy_fence(INNER(context)->context);
}

static void symbol(void *context, const void *address, char *buffer, size_t bytes)
{
    INNER(context)->symbol(INNER(context)->context, address, buffer, bytes);
    ntsim__name_routine(address, buffer, bytes);
}

void ntsim__host_init(struct ntsim__host_state *host, const struct ntcb_host_ops *inner)
{
    host->inner = inner;
    host->ops = (struct ntcb_host_ops){
        .version = NTCB_HOST_OPS_VERSION,
        .context = host,
        .allocate = allocate,
        .release = release,
        .monitor_create = monitor_create,
        .monitor_destroy = monitor_destroy,
        .monitor_enter = monitor_enter,
        .monitor_leave = monitor_leave,
        .monitor_wait = monitor_wait,
        .monitor_wake = monitor_wake,
        .clock_ns = clock_ns,
        .system_time = system_time,
        .thread_id = thread_id,
        .heavy_fence_available = heavy_fence_available,
        .heavy_fence = heavy_fence,
        .symbol = symbol,
    };
}
