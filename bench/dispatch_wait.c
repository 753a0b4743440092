/* SPDX-License-Identifier: MIT
 *
 * dispatch_wait.c - how long an unregister takes while somebody else's callback sleeps.
 */
#include "dispatch.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static _Atomic bool inside;
static _Atomic bool stop;

static void NTAPI sleeper(PUNICODE_STRING name, HANDLE pid, PIMAGE_INFO info)
{
    struct timespec nap = {0, 5000000};

    (void)name;
    (void)pid;
    (void)info;
    atomic_store(&inside, true);
    while (nanosleep(&nap, &nap) != 0 && errno == EINTR) {
    }
    atomic_store(&inside, false);
}

static void NTAPI victim(PUNICODE_STRING name, HANDLE pid, PIMAGE_INFO info)
{
    (void)name;
    (void)pid;
    (void)info;
}

static void *dispatch_all_the_time(void *argument)
{
    const struct bench_scheme *scheme = argument;
    struct bench_event event;

    bench_event_init(&event);
    scheme->thread_enter();
    while (!atomic_load(&stop)) {
        scheme->pass(&event);
    }
    scheme->thread_leave();
    return NULL;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

static double one_round(const struct bench_scheme *scheme)
{
    PLOAD_IMAGE_NOTIFY_ROUTINE const routines[] = {sleeper, victim};
    pthread_t thread;
    double before;
    double after;

    scheme->setup(routines, 2);
    atomic_store(&stop, false);
    atomic_store(&inside, false);
    if (pthread_create(&thread, NULL, dispatch_all_the_time,
                       (void *)(uintptr_t)(const void *)scheme) != 0) {
        fprintf(stderr, "dispatch: no thread\n");
        exit(2);
    }
    scheme->thread_enter();
    while (!atomic_load(&inside)) {
    }
    before = bench_now_ns();
    scheme->unregister(victim);
    after = bench_now_ns();
    scheme->thread_leave();
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    scheme->teardown();
    return (after - before) / 1000.0;
}

struct bench_wait bench_measure_wait(const struct bench_scheme *scheme, unsigned rounds)
{
    double *samples = calloc(rounds, sizeof(*samples));
    struct bench_wait result;

    if (samples == NULL) {
        fprintf(stderr, "dispatch: out of memory\n");
        exit(2);
    }
    for (unsigned i = 0; i < rounds; ++i) {
        samples[i] = one_round(scheme);
    }
    qsort(samples, rounds, sizeof(*samples), by_value);
    result.p50_us = samples[rounds / 2];
    result.p99_us = samples[(rounds * 99) / 100];
    result.max_us = samples[rounds - 1];
    free(samples);
    return result;
}
