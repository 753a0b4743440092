/* SPDX-License-Identifier: MIT
 *
 * registry_hivex.c - the same lookups by libhivex: hivex_node_get_child from the root down, then
 * hivex_node_get_value and its data, in a hive file saved from the same tree.
 */
#include "registry.h"

#include <ntsim/image.h>

#include <stdint.h>
#include <hivex.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOKUPS 4000u

static hive_h *open_copy(const struct bench_tree *tree)
{
    char file[] = "/tmp/bench-registry-XXXXXX";
    int descriptor = mkstemp(file);
    hive_h *hive;

    if (descriptor < 0 || close(descriptor) != 0) {
        bench_fail("no temporary file", descriptor);
    }
    int error = ntsim_registry_save_hive(tree->sim, BENCH_ROOT, file);
    if (error != NTCB_OK) {
        bench_fail(ntsim_last_error(tree->sim), error);
    }
    hive = hivex_open(file, 0);
    unlink(file);
    if (hive == NULL) {
        bench_fail("hivex_open", 0);
    }
    return hive;
}

static int32_t look_up(hive_h *hive, char (*components)[BENCH_NAME])
{
    hive_node_h node = hivex_root(hive);

    for (unsigned level = 0; level < BENCH_LEVELS && node != 0; ++level) {
        node = hivex_node_get_child(hive, node, components[level]);
    }
    hive_value_h value = node != 0 ? hivex_node_get_value(hive, node, "Data") : 0;
    if (value == 0) {
        bench_fail("libhivex does not find a key that was saved", 0);
    }
    return hivex_value_dword(hive, value);
}

double bench_hivex(const struct bench_tree *tree, unsigned rounds)
{
    hive_h *hive = open_copy(tree);
    double least = 0;
    int64_t sum = 0;

    for (unsigned round = 0; round < rounds; ++round) {
        double before = bench_now_ns();
        for (unsigned i = 0; i < LOOKUPS; ++i) {
            sum += look_up(hive, tree->components[(round * LOOKUPS + i) % BENCH_SAMPLES]);
        }
        double ns = (bench_now_ns() - before) / LOOKUPS;
        least = round == 0 || ns < least ? ns : least;
    }
    hivex_close(hive);
    return sum != 0 ? least : 0;
}
