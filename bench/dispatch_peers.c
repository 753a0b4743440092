/* SPDX-License-Identifier: MIT
 *
 * dispatch_peers.c - the schemes: a bare loop, ours in both modes, liburcu, a read-write lock, and
 * the kernel's classic scheme (a fast reference in the slot's low bits before a run-down count).
 *
 * A benchmark is one program with one experiment at a time, so its state is static.
 */
#include "dispatch.h"

#define RCU_MEMBARRIER
#define _LGPL_SOURCE /* the read side inlined, as its users build it */
#include <urcu.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static PLOAD_IMAGE_NOTIFY_ROUTINE table[BENCH_MAX_CALLBACKS];
static unsigned table_count;

static void nothing(void)
{
}

static void set_table(PLOAD_IMAGE_NOTIFY_ROUTINE const *routines, unsigned count)
{
    for (unsigned i = 0; i < count; ++i) {
        table[i] = routines[i];
    }
    table_count = count;
}

/* ---- bare loop ------------------------------------------------------------------------------- */

static void bare_pass(struct bench_event *event)
{
    PLOAD_IMAGE_NOTIFY_ROUTINE const *entry = table;
    unsigned left = *(volatile unsigned *)&table_count;

    for (; left != 0; --left) {
        (*entry++)(&event->name, event->pid, &event->info);
    }
}

const struct bench_scheme bench_bare = {"bare loop", set_table, nothing, nothing,
                                        nothing,     bare_pass, NULL};

/* ---- ours ------------------------------------------------------------------------------------ */

static struct ntcb_kernel *kernel;

static void ours_setup_mode(PLOAD_IMAGE_NOTIFY_ROUTINE const *routines, unsigned count,
                            enum ntcb_publication publication)
{
    struct ntcb_config config = NTCB_CONFIG_INIT;
    struct ntcb_kernel *previous;
    int error;

    config.publication = publication;
    error = ntcb_kernel_create(&kernel, &config);
    if (error != NTCB_OK) {
        fprintf(stderr, "dispatch: ntcb_kernel_create: %s\n", ntcb_error_text(error));
        exit(2);
    }
    previous = ntcb_kernel_enter(kernel);
    for (unsigned i = 0; i < count; ++i) {
        if (!NT_SUCCESS(PsSetLoadImageNotifyRoutine(routines[i]))) {
            fprintf(stderr, "dispatch: PsSetLoadImageNotifyRoutine failed\n");
            exit(2);
        }
    }
    set_table(routines, count);
    ntcb_kernel_enter(previous);
}

static void ours_setup(PLOAD_IMAGE_NOTIFY_ROUTINE const *routines, unsigned count)
{
    ours_setup_mode(routines, count, NTCB_PUBLISH_AUTO);
}

static void ours_setup_exchange(PLOAD_IMAGE_NOTIFY_ROUTINE const *routines, unsigned count)
{
    ours_setup_mode(routines, count, NTCB_PUBLISH_EXCHANGE);
}

static void ours_teardown(void)
{
    struct ntcb_kernel *previous = ntcb_kernel_enter(kernel);
    int error;

    for (unsigned i = 0; i < table_count; ++i) {
        (void)PsRemoveLoadImageNotifyRoutine(table[i]); /* the wait bench took some already */
    }
    ntcb_kernel_enter(previous);
    error = ntcb_kernel_destroy(kernel);
    if (error != NTCB_OK) {
        fprintf(stderr, "dispatch: ntcb_kernel_destroy: %s\n", ntcb_error_text(error));
        exit(2);
    }
}

static void ours_enter(void)
{
    ntcb_kernel_enter(kernel);
}

static void ours_leave(void)
{
    ntcb_kernel_enter(NULL);
}

static void ours_pass(struct bench_event *event)
{
    ntcb_image_loaded(&event->image);
}

static void ours_unregister(PLOAD_IMAGE_NOTIFY_ROUTINE routine)
{
    (void)PsRemoveLoadImageNotifyRoutine(routine);
}

const char *bench_ours_mode(void)
{
    const char *mode;

    ours_setup(NULL, 0);
    mode = ntcb_kernel_config(kernel)->publication == NTCB_PUBLISH_ASYMMETRIC ? "asymmetric"
                                                                              : "exchange";
    ours_teardown();
    return mode;
}

const struct bench_scheme bench_ours = {"ours",     ours_setup, ours_teardown,  ours_enter,
                                        ours_leave, ours_pass,  ours_unregister};
const struct bench_scheme bench_ours_exchange = {
    "ours, exchange", ours_setup_exchange, ours_teardown,  ours_enter,
    ours_leave,       ours_pass,           ours_unregister};

/* ---- liburcu (memb): the table is read inside one read-side section -------------------------- */

static PLOAD_IMAGE_NOTIFY_ROUTINE rcu_slots[BENCH_MAX_CALLBACKS];

static void urcu_setup(PLOAD_IMAGE_NOTIFY_ROUTINE const *routines, unsigned count)
{
    set_table(routines, count);
    for (unsigned i = 0; i < BENCH_MAX_CALLBACKS; ++i) {
        rcu_slots[i] = i < count ? routines[i] : NULL;
    }
}

static void urcu_pass(struct bench_event *event)
{
    unsigned count = table_count;

    rcu_read_lock();
    for (unsigned i = 0; i < count; ++i) {
        PLOAD_IMAGE_NOTIFY_ROUTINE routine = __atomic_load_n(&rcu_slots[i], __ATOMIC_CONSUME);

        if (routine != NULL) {
            routine(&event->name, event->pid, &event->info);
        }
    }
    rcu_read_unlock();
}

static void urcu_enter(void)
{
    rcu_register_thread();
}

static void urcu_leave(void)
{
    rcu_unregister_thread();
}

static void urcu_unregister(PLOAD_IMAGE_NOTIFY_ROUTINE routine)
{
    for (unsigned i = 0; i < table_count; ++i) {
        if (rcu_slots[i] == routine) {
            __atomic_store_n(&rcu_slots[i], NULL, __ATOMIC_RELEASE);
            break;
        }
    }
    synchronize_rcu();
}

const struct bench_scheme bench_urcu = {"liburcu memb", urcu_setup, nothing,        urcu_enter,
                                        urcu_leave,     urcu_pass,  urcu_unregister};

/* ---- read-write lock ------------------------------------------------------------------------- */

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;

static void rwlock_pass(struct bench_event *event)
{
    pthread_rwlock_rdlock(&rwlock);
    bare_pass(event);
    pthread_rwlock_unlock(&rwlock);
}

const struct bench_scheme bench_rwlock = {"read-write lock", set_table,   nothing, nothing,
                                          nothing,           rwlock_pass, NULL};

/* ---- the classic scheme ------------------------------------------------------------------------
 * A slot is one word: the block's address with up to 15 cached references in its low bits. A caller
 * takes one of them by compare and swap, and puts it back the same way; when none is left it takes
 * a reference from the block's run-down count. Enough of the scheme to measure its calls. */

#define CACHED_MAX 15u

struct classic_block {
    _Alignas(16) _Atomic uintptr_t rundown;
    PLOAD_IMAGE_NOTIFY_ROUTINE routine;
};

static struct classic_block blocks[BENCH_MAX_CALLBACKS];
static _Atomic uintptr_t slots[BENCH_MAX_CALLBACKS];

static void classic_setup(PLOAD_IMAGE_NOTIFY_ROUTINE const *routines, unsigned count)
{
    set_table(routines, count);
    for (unsigned i = 0; i < count; ++i) {
        blocks[i].routine = routines[i];
        atomic_store(&blocks[i].rundown, 2 * CACHED_MAX);
        atomic_store(&slots[i], (uintptr_t)&blocks[i] | CACHED_MAX);
    }
}

static struct classic_block *classic_acquire(unsigned slot)
{
    uintptr_t old = atomic_load_explicit(&slots[slot], memory_order_relaxed);
    struct classic_block *block;

    do {
        block = (struct classic_block *)(old & ~(uintptr_t)15);
        if (block == NULL) {
            return NULL;
        }
        if ((old & 15) == 0) {
            atomic_fetch_add(&block->rundown, 2);
            return block;
        }
    } while (!atomic_compare_exchange_weak(&slots[slot], &old, old - 1));
    return block;
}

static void classic_release(unsigned slot, struct classic_block *block)
{
    uintptr_t old = atomic_load_explicit(&slots[slot], memory_order_relaxed);

    do {
        if ((old & ~(uintptr_t)15) != (uintptr_t)block || (old & 15) == CACHED_MAX) {
            atomic_fetch_sub(&block->rundown, 2);
            return;
        }
    } while (!atomic_compare_exchange_weak(&slots[slot], &old, old + 1));
}

static void classic_pass(struct bench_event *event)
{
    unsigned count = table_count;

    for (unsigned i = 0; i < count; ++i) {
        struct classic_block *block = classic_acquire(i);

        if (block != NULL) {
            block->routine(&event->name, event->pid, &event->info);
            classic_release(i, block);
        }
    }
}

const struct bench_scheme bench_classic = {
    "fast ref + run-down", classic_setup, nothing, nothing, nothing, classic_pass, NULL};
