/* SPDX-License-Identifier: MIT
 *
 * dispatch.c - what one pass over the callbacks costs, beside peers measured in the same run.
 *
 * usage: dispatch [--json] [--empty] [--rounds N]
 * Prints ns per pass and the ratio to a bare loop of the same indirect calls, for 1, 8 and 64
 * callbacks on 1 and 2 threads; then the time of an unregister while another callback sleeps 5 ms.
 * Each figure is the least of several interleaved rounds: what the machine does when left alone.
 */
#include "dispatch.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct bench_scheme *const schemes[] = {
    &bench_bare, &bench_ours, &bench_ours_exchange, &bench_urcu, &bench_rwlock, &bench_classic,
};
static const unsigned counts[] = {1, 8, 64};

#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))
#define COUNTS (sizeof(counts) / sizeof(counts[0]))
#define MAX_THREADS 2

static _Thread_local uintptr_t work; /* so that a call does something */

/* The last eight characters, hashed: what a routine that looks a file up would begin with. */
static ULONG hash_name(const UNICODE_STRING *name)
{
    const WCHAR *end = name->Buffer + name->Length / sizeof(WCHAR);
    ULONG hash = 2166136261u;

    for (int i = name->Length >= 8 * sizeof(WCHAR) ? -8 : 0; i < 0; ++i) {
        hash = (hash ^ end[i]) * 16777619u;
    }
    return hash;
}

/* Eight different routines, as one target would teach the branch predictor too well. With --empty
 * they only count. */
#define ROUTINE(n)                                                                    \
    static void NTAPI routine_##n(PUNICODE_STRING name, HANDLE pid, PIMAGE_INFO info) \
    {                                                                                 \
        if (pid != NULL && !info->SystemModeImage) {                                  \
            work += hash_name(name) + n;                                              \
        }                                                                             \
    }                                                                                 \
    static void NTAPI empty_##n(PUNICODE_STRING name, HANDLE pid, PIMAGE_INFO info)   \
    {                                                                                 \
        (void)name;                                                                   \
        (void)pid;                                                                    \
        work += info->ImageSize + n;                                                  \
    }
ROUTINE(0)
ROUTINE(1)
ROUTINE(2)
ROUTINE(3)
ROUTINE(4)
ROUTINE(5)
ROUTINE(6)
ROUTINE(7)

static PLOAD_IMAGE_NOTIFY_ROUTINE const small[] = {routine_0, routine_1, routine_2, routine_3,
                                                   routine_4, routine_5, routine_6, routine_7};
static PLOAD_IMAGE_NOTIFY_ROUTINE const empty[] = {empty_0, empty_1, empty_2, empty_3,
                                                   empty_4, empty_5, empty_6, empty_7};
static PLOAD_IMAGE_NOTIFY_ROUTINE const *distinct = small;

double bench_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

void bench_event_init(struct bench_event *event)
{
    static const WCHAR name[] = u"\\Device\\HarddiskVolume1\\Windows\\System32\\ntdll.dll";

    memset(event, 0, sizeof(*event));
    RtlInitUnicodeString(&event->name, name);
    event->info.ImageSize = 4096;
    event->image.FullImageName = &event->name;
    event->image.ImageSize = 4096;
    event->pid = (HANDLE)(ULONG_PTR)1234;
    event->image.ProcessId = event->pid;
}

struct runner {
    const struct bench_scheme *scheme;
    pthread_barrier_t *start;
    unsigned passes;
    double ns;
};

static void *run_passes(void *argument)
{
    struct runner *runner = argument;
    struct bench_event event;
    double before;

    bench_event_init(&event);
    runner->scheme->thread_enter();
    for (unsigned i = 0; i < runner->passes / 16; ++i) {
        runner->scheme->pass(&event);
    }
    pthread_barrier_wait(runner->start);
    before = bench_now_ns();
    for (unsigned i = 0; i < runner->passes; ++i) {
        runner->scheme->pass(&event);
    }
    runner->ns = bench_now_ns() - before;
    runner->scheme->thread_leave();
    return NULL;
}

/* ns per pass and thread, averaged over the threads. */
static double measure(const struct bench_scheme *scheme, unsigned count, unsigned threads)
{
    PLOAD_IMAGE_NOTIFY_ROUTINE routines[BENCH_MAX_CALLBACKS];
    struct runner runners[MAX_THREADS];
    pthread_t ids[MAX_THREADS];
    pthread_barrier_t start;
    double total = 0;

    for (unsigned i = 0; i < count; ++i) {
        routines[i] = distinct[i % 8];
    }
    scheme->setup(routines, count);
    pthread_barrier_init(&start, NULL, threads);
    for (unsigned i = 0; i < threads; ++i) {
        runners[i] = (struct runner){scheme, &start, 4000000 / (count + 7), 0};
        if (pthread_create(&ids[i], NULL, run_passes, &runners[i]) != 0) {
            fprintf(stderr, "dispatch: no thread\n");
            exit(2);
        }
    }
    for (unsigned i = 0; i < threads; ++i) {
        pthread_join(ids[i], NULL);
        total += runners[i].ns / runners[i].passes;
    }
    pthread_barrier_destroy(&start);
    scheme->teardown();
    return total / threads;
}

struct results {
    double ns[SCHEMES][COUNTS][MAX_THREADS];
    struct bench_wait ours;
    struct bench_wait urcu;
};

static void measure_all(struct results *results, unsigned rounds)
{
    for (unsigned round = 0; round < rounds; ++round) {
        for (size_t c = 0; c < COUNTS; ++c) {
            for (unsigned t = 0; t < MAX_THREADS; ++t) {
                for (size_t s = 0; s < SCHEMES; ++s) {
                    double ns = measure(schemes[s], counts[c], t + 1);
                    double *best = &results->ns[s][c][t];

                    *best = round == 0 || ns < *best ? ns : *best;
                }
            }
        }
    }
    results->ours = bench_measure_wait(&bench_ours, 200);
    results->urcu = bench_measure_wait(&bench_urcu, 200);
}

/* How passes per second grow from one thread to two, relative to how the bare loop's grow. */
static double scaling(const struct results *results, size_t scheme, size_t count)
{
    double bare = results->ns[0][count][0] / results->ns[0][count][1];

    return results->ns[scheme][count][0] / results->ns[scheme][count][1] / bare;
}

static void print_text(const struct results *results)
{
    printf("ns per pass over N callbacks, and the ratio to the bare loop (ours: %s)\n\n",
           bench_ours_mode());
    printf("%-20s", "");
    for (unsigned t = 0; t < MAX_THREADS; ++t) {
        for (size_t c = 0; c < COUNTS; ++c) {
            printf("   %2u cb %u thread%s", counts[c], t + 1, t == 0 ? " " : "s");
        }
    }
    printf("\n");
    for (size_t s = 0; s < SCHEMES; ++s) {
        printf("%-20s", schemes[s]->name);
        for (unsigned t = 0; t < MAX_THREADS; ++t) {
            for (size_t c = 0; c < COUNTS; ++c) {
                printf(" %8.1f %7.2f", results->ns[s][c][t],
                       results->ns[s][c][t] / results->ns[0][c][t]);
            }
        }
        printf("\n");
    }
    printf("\ntwo-thread scaling relative to the bare loop's (1 is as good)\n");
    for (size_t s = 1; s < SCHEMES; ++s) {
        printf("%-20s", schemes[s]->name);
        for (size_t c = 0; c < COUNTS; ++c) {
            printf("   %2u cb %5.2f", counts[c], scaling(results, s, c));
        }
        printf("\n");
    }
    printf("\nunregister while another callback sleeps 5 ms, us\n");
    printf("%-20s p50 %8.1f   p99 %8.1f   max %8.1f\n", "ours", results->ours.p50_us,
           results->ours.p99_us, results->ours.max_us);
    printf("%-20s p50 %8.1f   p99 %8.1f   max %8.1f\n", "liburcu memb", results->urcu.p50_us,
           results->urcu.p99_us, results->urcu.max_us);
}

static void print_json(const struct results *results)
{
    printf("{\"mode\": \"%s\", \"passes\": [", bench_ours_mode());
    for (size_t s = 0; s < SCHEMES; ++s) {
        for (size_t c = 0; c < COUNTS; ++c) {
            for (unsigned t = 0; t < MAX_THREADS; ++t) {
                printf("%s\n {\"scheme\": \"%s\", \"callbacks\": %u, \"threads\": %u, "
                       "\"ns\": %.2f, \"ratio\": %.3f, \"scaling\": %.3f}",
                       s + c + t == 0 ? "" : ",", schemes[s]->name, counts[c], t + 1,
                       results->ns[s][c][t], results->ns[s][c][t] / results->ns[0][c][t],
                       scaling(results, s, c));
            }
        }
    }
    printf("],\n \"unregister_us\": {\"ours\": {\"p50\": %.2f, \"p99\": %.2f, \"max\": %.2f},\n"
           "  \"liburcu memb\": {\"p50\": %.2f, \"p99\": %.2f, \"max\": %.2f}}}\n",
           results->ours.p50_us, results->ours.p99_us, results->ours.max_us, results->urcu.p50_us,
           results->urcu.p99_us, results->urcu.max_us);
}

int main(int argc, char **argv)
{
    struct results *results = calloc(1, sizeof(*results));
    unsigned rounds = 7;
    bool json = false;

    for (int i = 1; i < argc; ++i) {
        if (strcmp(argv[i], "--json") == 0) {
            json = true;
        } else if (strcmp(argv[i], "--empty") == 0) {
            distinct = empty;
        } else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc && atoi(argv[i + 1]) > 0) {
            rounds = (unsigned)atoi(argv[++i]);
        } else {
            fprintf(stderr, "usage: %s [--json] [--empty] [--rounds N]\n", argv[0]);
            return 2;
        }
    }
    if (results == NULL) {
        fprintf(stderr, "dispatch: out of memory\n");
        return 2;
    }
    measure_all(results, rounds);
    if (json) {
        print_json(results);
    } else {
        print_text(results);
    }
    free(results);
    return 0;
}
