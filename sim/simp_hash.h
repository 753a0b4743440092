/* SPDX-License-Identifier: MIT
 *
 * simp_hash.h - uthash as the simulator uses it: with the kernel's allocator, and without memory an
 * element is simply not added (its hh.tbl is then NULL).
 */
#ifndef SIM_SIMP_HASH_H
#define SIM_SIMP_HASH_H

#include "simp.h"

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(bytes) ntsim__allocate(bytes)
#define uthash_free(memory, bytes) ntsim__release(memory)
#include <uthash.h>

#endif
