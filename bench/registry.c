/* SPDX-License-Identifier: MIT
 *
 * registry.c - what registry operations cost in trees of 10 thousand, 100 thousand and a million
 * keys, with and without callbacks, on one thread and on two, beside libhivex in the same run.
 *
 * usage: registry [--rounds N] [--wide N] [--only OPERATION]
 * Prints ns per operation, the ratios to the smallest tree, to no callbacks, to one thread and to
 * libhivex. Each figure is the least of several rounds. --wide measures one tree alone, of N * 1024
 * keys.
 */
#include "registry.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PER_ROUND 16384u
#define THREADS 2
#define SIZES 3

static const unsigned wides[SIZES] = {10, 98, 1024}; /* 10 240, 100 352 and 1 048 576 keys */
static const unsigned counts[] = {0, 1, 8};
#define COUNTS (sizeof(counts) / sizeof(counts[0]))

void bench_fail(const char *what, long status)
{
    fprintf(stderr, "registry: %s (%lx)\n", what, (unsigned long)status);
    exit(2);
}

double bench_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* ---- the operations ---- */

static NTSTATUS open_path(struct bench_tree *tree, ULONG i, HANDLE *key)
{
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, &tree->paths[i % BENCH_SAMPLES],
                               OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, tree->root, NULL);
    return ZwOpenKey(key, KEY_READ, &attributes);
}

static NTSTATUS query(HANDLE key)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(u"Data");
    UCHAR buffer[64];
    ULONG length;

    return ZwQueryValueKey(key, &name, KeyValuePartialInformation, buffer, sizeof(buffer), &length);
}

static NTSTATUS do_open(struct bench_tree *tree, ULONG i)
{
    HANDLE key;
    NTSTATUS status = open_path(tree, i, &key);

    return NT_SUCCESS(status) ? ZwClose(key) : status;
}

static NTSTATUS do_query(struct bench_tree *tree, ULONG i)
{
    return query(tree->handles[i % BENCH_HANDLES]);
}

static NTSTATUS do_open_query(struct bench_tree *tree, ULONG i)
{
    HANDLE key;
    NTSTATUS status = open_path(tree, i, &key);

    if (NT_SUCCESS(status)) {
        status = query(key);
        ZwClose(key);
    }
    return status;
}

static NTSTATUS do_set(struct bench_tree *tree, ULONG i)
{
    static _Thread_local ULONG data;
    UNICODE_STRING name = RTL_CONSTANT_STRING(u"Data");

    ++data;
    return ZwSetValueKey(tree->handles[i % BENCH_HANDLES], &name, 0, REG_DWORD, &data,
                         sizeof(data));
}

static NTSTATUS do_enumerate(struct bench_tree *tree, ULONG i)
{
    UCHAR buffer[64];
    ULONG length;

    return ZwEnumerateKey(tree->flat, (ULONG)((ULONGLONG)i * 2654435761u % tree->keys),
                          KeyBasicInformation, buffer, sizeof(buffer), &length);
}

static const struct operation {
    const char *name;
    NTSTATUS (*once)(struct bench_tree *tree, ULONG i);
} operations[] = {
    {"open", do_open}, {"query", do_query},         {"open+query", do_open_query},
    {"set", do_set},   {"enumerate", do_enumerate},
};
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))
#define OPEN 0
#define OPEN_QUERY 2

/* ---- measuring ---- */

struct runner {
    const struct operation *operation;
    struct bench_tree *tree;
    pthread_barrier_t *start;
    ULONG from;
    double ns; /* for each */
};

static void run_some(const struct runner *runner, ULONG from, ULONG count)
{
    for (ULONG i = 0; i < count; ++i) {
        NTSTATUS status = runner->operation->once(runner->tree, from + i);
        if (status != STATUS_SUCCESS) {
            bench_fail(runner->operation->name, status);
        }
    }
}

static void *run(void *argument)
{
    struct runner *runner = argument;
    struct ntsim_thread *previous = ntsim_enter(runner->tree->sim);

    run_some(runner, runner->from, PER_ROUND / 8);
    pthread_barrier_wait(runner->start);
    double before = bench_now_ns();
    run_some(runner, runner->from + PER_ROUND / 8, PER_ROUND);
    runner->ns = (bench_now_ns() - before) / PER_ROUND;
    ntsim_leave(previous);
    return NULL;
}

/* ns per operation and thread. Threads work on different keys. */
static double measure(const struct operation *operation, struct bench_tree *tree, unsigned threads,
                      unsigned round)
{
    struct runner runners[THREADS];
    pthread_t ids[THREADS];
    pthread_barrier_t start;
    double sum = 0;

    pthread_barrier_init(&start, NULL, threads);
    for (unsigned i = 0; i < threads; ++i) {
        ULONG from = round * PER_ROUND + i * (BENCH_HANDLES / THREADS);
        runners[i] = (struct runner){operation, tree, &start, from, 0};
        if (pthread_create(&ids[i], NULL, run, &runners[i]) != 0) {
            bench_fail("no thread", 0);
        }
    }
    for (unsigned i = 0; i < threads; ++i) {
        pthread_join(ids[i], NULL);
        sum += runners[i].ns;
    }
    pthread_barrier_destroy(&start);
    return sum / threads;
}

static NTSTATUS NTAPI callback(PVOID context, PVOID argument1, PVOID argument2)
{
    (void)context;
    return (ULONG_PTR)argument1 == MaxRegNtNotifyClass && argument2 == NULL ? STATUS_UNSUCCESSFUL
                                                                            : STATUS_SUCCESS;
}

static void register_callbacks(LARGE_INTEGER *cookies, unsigned count)
{
    for (unsigned i = 0; i < count; ++i) {
        NTSTATUS status = CmRegisterCallback(callback, NULL, &cookies[i]);
        if (status != STATUS_SUCCESS) {
            bench_fail("CmRegisterCallback", status);
        }
    }
}

struct results {
    unsigned keys;
    double bytes_per_key;
    double ns[OPERATIONS][COUNTS];
    double threads[OPERATIONS]; /* on THREADS threads, no callback */
    double hivex;
};

static void keep_least(double *least, double ns)
{
    *least = *least == 0 || ns < *least ? ns : *least;
}

static void measure_tree(struct results *results, unsigned wide, unsigned rounds, const char *only)
{
    struct bench_tree tree;
    LARGE_INTEGER cookies[8];

    bench_tree_make(&tree, wide);
    results->keys = tree.keys;
    results->bytes_per_key = tree.bytes_per_key;
    for (unsigned round = 0; round < rounds; ++round) {
        for (size_t c = 0; c < COUNTS; ++c) {
            register_callbacks(cookies, counts[c]);
            for (size_t o = 0; o < OPERATIONS; ++o) {
                if (only != NULL && strcmp(only, operations[o].name) != 0) {
                    continue;
                }
                keep_least(&results->ns[o][c], measure(&operations[o], &tree, 1, round));
                if (counts[c] == 0) {
                    keep_least(&results->threads[o],
                               measure(&operations[o], &tree, THREADS, round));
                }
            }
            for (unsigned i = 0; i < counts[c]; ++i) {
                CmUnRegisterCallback(cookies[i]);
            }
        }
    }
    results->hivex = only == NULL ? bench_hivex(&tree, rounds) : 0;
    bench_tree_free(&tree);
}

/* ---- printing ---- */

static void print_sizes(const struct results *results, unsigned sizes)
{
    printf("ns per operation, and the ratio to the smallest tree\n\n%-14s", "keys");
    for (unsigned s = 0; s < sizes; ++s) {
        printf(" %16u", results[s].keys);
    }
    for (size_t o = 0; o < OPERATIONS; ++o) {
        if (results->ns[o][0] == 0) {
            continue;
        }
        printf("\n%-14s", operations[o].name);
        for (unsigned s = 0; s < sizes; ++s) {
            printf(" %8.0f (%5.2f)", results[s].ns[o][0],
                   results[s].ns[o][0] / results[0].ns[o][0]);
        }
    }
    printf("\n%-14s", "bytes per key");
    for (unsigned s = 0; s < sizes; ++s) {
        printf(" %16.0f", results[s].bytes_per_key);
    }
    printf("\n");
}

static void print_callbacks(const struct results *results)
{
    printf("\nthe ratio to no callbacks, %u keys\n\n%-14s", results->keys, "callbacks");
    for (size_t c = 1; c < COUNTS; ++c) {
        printf(" %8u", counts[c]);
    }
    for (size_t o = 0; o < OPERATIONS; ++o) {
        if (results->ns[o][0] == 0) {
            continue;
        }
        printf("\n%-14s", operations[o].name);
        for (size_t c = 1; c < COUNTS; ++c) {
            printf(" %8.2f", results->ns[o][c] / results->ns[o][0]);
        }
    }
    printf("\n");
}

static void print_threads(const struct results *results, unsigned sizes)
{
    printf("\noperations a second on %u threads and different keys, the ratio to one thread\n\n"
           "%-14s",
           THREADS, "keys");
    for (unsigned s = 0; s < sizes; ++s) {
        printf(" %8u", results[s].keys);
    }
    for (size_t o = 0; o < OPERATIONS; ++o) {
        if (results->ns[o][0] == 0) {
            continue;
        }
        printf("\n%-14s", operations[o].name);
        for (unsigned s = 0; s < sizes; ++s) {
            printf(" %8.2f", THREADS * results[s].ns[o][0] / results[s].threads[o]);
        }
    }
    printf("\n");
}

static void print_hivex(const struct results *results, unsigned sizes)
{
    printf("\nthe same lookup by libhivex: ns, and how often ours fits in\n\n");
    for (unsigned s = 0; s < sizes; ++s) {
        printf("%8u keys %10.0f %8.1f\n", results[s].keys, results[s].hivex,
               results[s].hivex / results[s].ns[OPEN_QUERY][0]);
    }
}

int main(int argc, char **argv)
{
    static struct results results[SIZES];
    unsigned rounds = 20, wide = 0, sizes = SIZES;
    const char *only = NULL;

    for (int i = 1; i < argc; i += 2) {
        if (i + 1 < argc && strcmp(argv[i], "--rounds") == 0 && atoi(argv[i + 1]) > 0) {
            rounds = (unsigned)atoi(argv[i + 1]);
        } else if (i + 1 < argc && strcmp(argv[i], "--wide") == 0 && atoi(argv[i + 1]) > 0 &&
                   atoi(argv[i + 1]) <= 4096) {
            wide = (unsigned)atoi(argv[i + 1]);
        } else if (i + 1 < argc && strcmp(argv[i], "--only") == 0) {
            only = argv[i + 1];
        } else {
            fprintf(stderr, "usage: %s [--rounds N] [--wide 1..4096] [--only OPERATION]\n",
                    argv[0]);
            return 2;
        }
    }
    sizes = wide != 0 ? 1 : SIZES;
    for (unsigned s = 0; s < sizes; ++s) {
        measure_tree(&results[s], wide != 0 ? wide : wides[s], rounds, only);
    }
    print_sizes(results, sizes);
    print_callbacks(&results[sizes - 1]);
    print_threads(results, sizes);
    if (results[0].hivex != 0) {
        print_hivex(results, sizes);
    } else if (only == NULL) {
        printf("\nbuilt without libhivex: nothing to compare lookups with\n");
    }
    return 0;
}
