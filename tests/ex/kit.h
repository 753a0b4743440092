/* SPDX-License-Identifier: MIT
 *
 * kit.h - a kernel under test: one that counts its memory, announces its sleeps, keeps its reports.
 *
 * Role   KIT_CASE makes two cases of one function: with the host's own way of publishing a call,
 *        and with the exchange protocol. The function calls kit_begin() and is then bound to a
 *        fresh kernel. The teardown destroys it and fails the case when memory is left, when
 *        a report came that kit_expect_report() did not take, or when the destruction's result is
 *        not kit->destroys_as.
 * Locks  kit.mutex is a leaf; every wait is for an event, none for time.
 *
 * A worker thread records with kit_log() or in its own variables; only the thread of the case may
 * use EXPECT_*.
 */
#ifndef TESTS_EX_KIT_H
#define TESTS_EX_KIT_H

#include "host.h"
#include "test.h"

#include <ntcallback/dispatch.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

#define KIT_REPORTS 32

struct kit_report {
    char rule[16];
    char what[256];
    char routine[160];
    enum ntcb_severity severity;
    uint32_t bugcheck;
    uint64_t parameter[4];
    bool expected;
};

struct kit {
    struct ntcb_kernel *kernel;
    struct ntcb_config config;
    struct ntcb_host_ops host;
    enum ntcb_publication publication;
    int destroys_as;

    _Atomic uint64_t allocations; /* since kit_begin */
    _Atomic int64_t live;         /* blocks of memory not released yet */
    _Atomic uint64_t fail_at;     /* the allocation of this number fails; 0: none */

    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned sleeping; /* threads inside monitor_wait */
    struct kit_report reports[KIT_REPORTS];
    size_t report_count;
    char trace[2048];
    size_t trace_length;
    char taken[2048];
};

/* The kit of the running case, for callbacks that have no context. */
static struct kit *here;

/* ---- events ---------------------------------------------------------------------------------- */

static inline void kit_set(struct kit *kit, bool *event)
{
    pthread_mutex_lock(&kit->mutex);
    *event = true;
    pthread_cond_broadcast(&kit->changed);
    pthread_mutex_unlock(&kit->mutex);
}

static inline void kit_wait(struct kit *kit, const bool *event)
{
    pthread_mutex_lock(&kit->mutex);
    while (!*event) {
        pthread_cond_wait(&kit->changed, &kit->mutex);
    }
    pthread_mutex_unlock(&kit->mutex);
}

static inline bool kit_is_set(struct kit *kit, const bool *event)
{
    bool is_set;

    pthread_mutex_lock(&kit->mutex);
    is_set = *event;
    pthread_mutex_unlock(&kit->mutex);
    return is_set;
}

/* Until that many threads have found that they must sleep in the kernel. */
static inline void kit_wait_sleepers(struct kit *kit, unsigned count)
{
    pthread_mutex_lock(&kit->mutex);
    while (kit->sleeping < count) {
        pthread_cond_wait(&kit->changed, &kit->mutex);
    }
    pthread_mutex_unlock(&kit->mutex);
}

/* ---- trace ----------------------------------------------------------------------------------- */

static inline void kit_log(struct kit *kit, char mark)
{
    pthread_mutex_lock(&kit->mutex);
    if (kit->trace_length + 1 < sizeof(kit->trace)) {
        kit->trace[kit->trace_length++] = mark;
    }
    pthread_mutex_unlock(&kit->mutex);
}

/* What was logged since the last time. */
static inline const char *kit_take(struct kit *kit)
{
    pthread_mutex_lock(&kit->mutex);
    memcpy(kit->taken, kit->trace, kit->trace_length);
    kit->taken[kit->trace_length] = 0;
    kit->trace_length = 0;
    pthread_mutex_unlock(&kit->mutex);
    return kit->taken;
}

/* ---- host table ------------------------------------------------------------------------------ */

static inline void *kit_allocate(void *context, size_t bytes)
{
    struct kit *kit = context;
    void *memory;

    if (atomic_fetch_add(&kit->allocations, 1) + 1 == atomic_load(&kit->fail_at)) {
        return NULL;
    }
    memory = malloc(bytes);
    atomic_fetch_add(&kit->live, memory != NULL);
    return memory;
}

static inline void kit_release(void *context, void *memory)
{
    struct kit *kit = context;

    atomic_fetch_sub(&kit->live, memory != NULL);
    free(memory);
}

static inline bool kit_monitor_wait(void *context, struct ntcb_monitor *monitor,
                                    uint64_t nanoseconds)
{
    struct kit *kit = context;
    bool woken;

    pthread_mutex_lock(&kit->mutex);
    ++kit->sleeping;
    pthread_cond_broadcast(&kit->changed);
    pthread_mutex_unlock(&kit->mutex);
    woken = ntcb_host_default()->monitor_wait(NULL, monitor, nanoseconds);
    pthread_mutex_lock(&kit->mutex);
    --kit->sleeping;
    pthread_mutex_unlock(&kit->mutex);
    return woken;
}

static inline void kit_report(void *context, const struct ntcb_report *report)
{
    struct kit *kit = context;
    struct kit_report *copy;

    pthread_mutex_lock(&kit->mutex);
    if (kit->report_count < KIT_REPORTS) {
        copy = &kit->reports[kit->report_count++];
        memset(copy, 0, sizeof(*copy));
        snprintf(copy->rule, sizeof(copy->rule), "%s", report->rule);
        snprintf(copy->what, sizeof(copy->what), "%s", report->what);
        snprintf(copy->routine, sizeof(copy->routine), "%s", report->routine);
        copy->severity = report->severity;
        copy->bugcheck = report->bugcheck;
        memcpy(copy->parameter, report->parameter, sizeof(copy->parameter));
    }
    pthread_cond_broadcast(&kit->changed);
    pthread_mutex_unlock(&kit->mutex);
}

/* The next report of that rule that nobody has taken yet; NULL: there is none. */
static inline const struct kit_report *kit_expect_report(struct kit *kit, const char *rule)
{
    struct kit_report *found = NULL;
    size_t index;

    pthread_mutex_lock(&kit->mutex);
    for (index = 0; index < kit->report_count && found == NULL; ++index) {
        if (!kit->reports[index].expected && strcmp(kit->reports[index].rule, rule) == 0) {
            found = &kit->reports[index];
            found->expected = true;
        }
    }
    pthread_mutex_unlock(&kit->mutex);
    return found;
}

static inline size_t kit_unexpected_reports(struct kit *kit)
{
    size_t count = 0;
    size_t index;

    for (index = 0; index < kit->report_count; ++index) {
        if (!kit->reports[index].expected) {
            print_error("unexpected report %s: %s\n", kit->reports[index].rule,
                        kit->reports[index].what);
            ++count;
        }
    }
    return count;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* Fill in everything that config leaves open and that a case does not choose. */
static inline void kit_configure(struct kit *kit, const struct ntcb_config *config)
{
    const struct ntcb_config defaults = NTCB_CONFIG_INIT;

    kit->config = config == NULL ? defaults : *config;
    kit->config.version = NTCB_CONFIG_VERSION;
    kit->config.publication = kit->publication;
    kit->config.report = kit_report;
    kit->config.callback_context = kit;
    if (kit->config.host == NULL) {
        kit->config.host = &kit->host;
    }
}

/* A fresh kernel, and the calling thread in it. */
static inline struct kit *kit_begin(void **state, const struct ntcb_config *config)
{
    struct kit *kit = *state;

    here = kit;
    kit_configure(kit, config);
    EXPECT_EQ(ntcb_kernel_create(&kit->kernel, &kit->config), NTCB_OK);
    ntcb_kernel_enter(kit->kernel);
    atomic_store(&kit->allocations, 0);
    return kit;
}

static inline int kit_close(struct kit *kit)
{
    int result;

    atomic_store(&kit->fail_at, 0);
    ntcb_kernel_enter(NULL);
    result = ntcb_kernel_destroy(kit->kernel);
    if (result == NTCB_EBUSY) {
        print_error("the kernel is still in use\n");
        return -1;
    }
    kit->kernel = NULL;
    if (result != kit->destroys_as || atomic_load(&kit->live) != 0) {
        print_error("destruction: expected %d and nothing live, seen %d and %lld live\n",
                    kit->destroys_as, result, (long long)atomic_load(&kit->live));
        return -1;
    }
    return kit_unexpected_reports(kit) == 0 ? 0 : -1;
}

/* The same kit with another kernel. */
static inline void kit_restart(struct kit *kit, const struct ntcb_config *config)
{
    void *state = kit;

    EXPECT_EQ(kit_close(kit), 0);
    kit->report_count = 0;
    kit_begin(&state, config);
}

static inline int kit_make(void **state, enum ntcb_publication publication)
{
    struct kit *kit = calloc(1, sizeof(*kit));

    if (kit == NULL) {
        return -1;
    }
    kit->host = *ntcb_host_default();
    kit->host.context = kit;
    kit->host.allocate = kit_allocate;
    kit->host.release = kit_release;
    kit->host.monitor_wait = kit_monitor_wait;
    kit->publication = publication;
    pthread_mutex_init(&kit->mutex, NULL);
    pthread_cond_init(&kit->changed, NULL);
    *state = kit;
    return 0;
}

static inline int kit_setup(void **state)
{
    return kit_make(state, NTCB_PUBLISH_AUTO);
}

static inline int kit_setup_exchange(void **state)
{
    return kit_make(state, NTCB_PUBLISH_EXCHANGE);
}

/* After a failed case threads may still be parked in the kernel: then it is left alone. */
static inline int kit_teardown(void **state)
{
    struct kit *kit = *state;

    if (kit->kernel != NULL && kit_close(kit) != 0) {
        return -1;
    }
    pthread_cond_destroy(&kit->changed);
    pthread_mutex_destroy(&kit->mutex);
    free(kit);
    return 0;
}

#define KIT_CASE(name, rules, function)                                     \
    {name, rules, function, kit_setup, kit_teardown},                       \
    {                                                                       \
        name ".exchange", rules, function, kit_setup_exchange, kit_teardown \
    }

/* ---- dying ----------------------------------------------------------------------------------- */

static inline int kit_run(void *die)
{
    (*(void (**)(void))die)();
    return 0;
}

/* Run die() in a process of its own; as ntcb_test_child(). */
static inline int kit_die(void (*die)(void), char *text, size_t bytes)
{
    return ntcb_test_child(kit_run, &die, text, bytes);
}

/* ---- threads --------------------------------------------------------------------------------- */

struct kit_thread {
    pthread_t host;
    struct kit *kit;
    void (*run)(struct kit *kit, void *argument);
    void *argument;
};

static inline void *kit_thread_main(void *argument)
{
    struct kit_thread *thread = argument;
    struct ntcb_kernel *previous = ntcb_kernel_enter(thread->kit->kernel);

    thread->run(thread->kit, thread->argument);
    ntcb_kernel_enter(previous);
    return NULL;
}

static inline void kit_start(struct kit_thread *thread, struct kit *kit,
                             void (*run)(struct kit *kit, void *argument), void *argument)
{
    *thread = (struct kit_thread){.kit = kit, .run = run, .argument = argument};
    EXPECT_EQ(pthread_create(&thread->host, NULL, kit_thread_main, thread), 0);
}

static inline void kit_join(struct kit_thread *thread)
{
    EXPECT_EQ(pthread_join(thread->host, NULL), 0);
}

#endif
