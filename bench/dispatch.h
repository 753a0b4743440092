/* SPDX-License-Identifier: MIT
 *
 * dispatch.h - what a dispatch scheme under measurement offers.
 */
#ifndef BENCH_DISPATCH_H
#define BENCH_DISPATCH_H

#include <ntcallback/dispatch.h>

#define BENCH_MAX_CALLBACKS 64

/* The arguments every scheme hands to every callback. */
struct bench_event {
    UNICODE_STRING name;
    HANDLE pid;
    IMAGE_INFO info;
    struct ntcb_image image; /* the same, as ours takes it */
};

struct bench_scheme {
    const char *name;
    /* Register `count` of the routines. Called with no thread inside. */
    void (*setup)(PLOAD_IMAGE_NOTIFY_ROUTINE const *routines, unsigned count);
    void (*teardown)(void);
    void (*thread_enter)(void); /* around a measuring thread's passes */
    void (*thread_leave)(void);
    /* Call every registered routine once. */
    void (*pass)(struct bench_event *event);
    /* Take `routine` away and wait as the scheme waits; NULL: not measured. */
    void (*unregister)(PLOAD_IMAGE_NOTIFY_ROUTINE routine);
};

extern const struct bench_scheme bench_bare;
extern const struct bench_scheme bench_ours;          /* asymmetric; absent hosts fall back */
extern const struct bench_scheme bench_ours_exchange;
extern const struct bench_scheme bench_urcu;
extern const struct bench_scheme bench_rwlock;
extern const struct bench_scheme bench_classic;

/* Which protocol bench_ours really uses on this host. */
const char *bench_ours_mode(void);

struct bench_wait {
    double p50_us;
    double p99_us;
    double max_us;
};

/* Unregister one callback again and again while another thread is inside a callback that sleeps
 * 5 ms. */
struct bench_wait bench_measure_wait(const struct bench_scheme *scheme, unsigned rounds);

double bench_now_ns(void);

void bench_event_init(struct bench_event *event);

#endif
