/* SPDX-License-Identifier: MIT
 *
 * registry.h - what the files of the registry's benchmark share.
 */
#ifndef BENCH_REGISTRY_H
#define BENCH_REGISTRY_H

#include <ntsim/process.h>
#include <ntsim/registry.h>
#include <ntsim/sim.h>
#include <ntcallback/ddk/ntregapi.h>

#include <stdbool.h>
#include <stddef.h>

#define BENCH_LEVELS 5
#define BENCH_SAMPLES 262144u /* paths looked up, in this order, again and again */
#define BENCH_HANDLES 16384u  /* of keys, for what needs one open */
#define BENCH_NAME 24         /* characters of a component, at most */

/* A tree of BENCH_LEVELS levels like a machine's SOFTWARE: what is installed makes one level wide
 * (there, Classes\CLSID), the others are the same in a small tree and a large one. Every key of the
 * last level has a value. Beside it one key with as many subkeys as that level has keys. */
#define BENCH_FANS(wide)   \
    {                      \
        4, 8, (wide), 4, 8 \
    }

struct bench_tree {
    struct ntsim *sim;
    unsigned fans[BENCH_LEVELS]; /* subkeys of a key */
    unsigned keys;               /* of the last level */
    double bytes_per_key;
    HANDLE root;
    HANDLE flat;
    HANDLE *handles;                              /* BENCH_HANDLES */
    char (*components)[BENCH_LEVELS][BENCH_NAME]; /* BENCH_SAMPLES */
    UNICODE_STRING *paths;                        /* BENCH_SAMPLES, relative to root */
};

#define BENCH_ROOT "\\REGISTRY\\MACHINE\\Bench"

/* All end the program with a message when something fails. */
void bench_fail(const char *what, long status);
double bench_now_ns(void);
/* The calling thread becomes a system thread until bench_tree_free. */
void bench_tree_make(struct bench_tree *tree, unsigned wide);
void bench_tree_free(struct bench_tree *tree);

/* registry_hivex.c, registry_nohivex.c: ns of finding a key and the value in it by libhivex, in a
 * hive of the same tree; 0 without libhivex. The least of several rounds. */
double bench_hivex(const struct bench_tree *tree, unsigned rounds);

#endif
