/* SPDX-License-Identifier: MIT
 *
 * host.h - what the callback managers need from the machine they run on.
 *
 * One table of functions, chosen when a kernel is created and never changed afterwards. The default
 * table (ntcb_host_default) uses the host's own threads; a scheduler that wants to decide who runs
 * when supplies its own. Every function may be called from any thread. `context` is the table's
 * own.
 */
#ifndef NTCALLBACK_HOST_H
#define NTCALLBACK_HOST_H

#include <ntcallback/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

NTCB_BEGIN_DECLS

#define NTCB_HOST_OPS_VERSION 1u
#define NTCB_FOREVER UINT64_MAX

/* A mutex and a condition variable in one: enter, wait until woken, leave. Not recursive. */
struct ntcb_monitor;

struct ntcb_host_ops {
    uint32_t version; /* NTCB_HOST_OPS_VERSION */
    void *context;

    /* Memory: as malloc and free. NULL is an answer the managers expect. */
    void *(*allocate)(void *context, size_t bytes);
    void (*release)(void *context, void *memory);

    /* Returns NULL when there is no memory. Destroyed only when nobody is inside. */
    struct ntcb_monitor *(*monitor_create)(void *context);
    void (*monitor_destroy)(void *context, struct ntcb_monitor *monitor);
    void (*monitor_enter)(void *context, struct ntcb_monitor *monitor);
    void (*monitor_leave)(void *context, struct ntcb_monitor *monitor);
    /* Leaves, sleeps until a wake or for at most nanoseconds (NTCB_FOREVER: no limit), enters
     * again. False when the time ran out. May wake for no reason. */
    bool (*monitor_wait)(void *context, struct ntcb_monitor *monitor, uint64_t nanoseconds);
    /* Wakes all that wait; the caller is inside. */
    void (*monitor_wake)(void *context, struct ntcb_monitor *monitor);

    /* Monotonic time in nanoseconds, and wall-clock time in 100 ns units since 1601-01-01 UTC. */
    uint64_t (*clock_ns)(void *context);
    int64_t (*system_time)(void *context);

    /* A number that is never 0 and that no two live threads share. */
    uint64_t (*thread_id)(void *context);

    /* Asymmetric fence: heavy_fence makes every other running thread of the process execute a full
     * memory barrier. heavy_fence_available is asked once per kernel; false selects the exchange
     * protocol, and heavy_fence is then never called. */
    bool (*heavy_fence_available)(void *context);
    void (*heavy_fence)(void *context);

    /* Name of the routine at `address` for reports, "module!name+0x12" or so, written to buffer
     * (always terminated). */
    void (*symbol)(void *context, const void *address, char *buffer, size_t bytes);
};

/* The table for the machine this was built for. Static lifetime. */
NTCB_EXPORT const struct ntcb_host_ops *ntcb_host_default(void);

NTCB_END_DECLS

#endif
