/* SPDX-License-Identifier: MIT
 *
 * registry_nohivex.c - a build without libhivex has nobody to be measured beside.
 */
#include "registry.h"

double bench_hivex(const struct bench_tree *tree, unsigned rounds)
{
    (void)tree;
    (void)rounds;
    return 0;
}
