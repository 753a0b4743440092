/* SPDX-License-Identifier: MIT
 *
 * source.h - what the debug information of a module says of an address in it.
 */
#ifndef SIM_VERIFIER_SOURCE_H
#define SIM_VERIFIER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NTSIM__FILE_BYTES 512

struct ntsim__source {
    char routine[128];            /* static ones too; "": not known */
    size_t offset;                /* of the address in it */
    char file[NTSIM__FILE_BYTES]; /* as the compiler was given it; "": not known */
    uint32_t line;
};

/* ntsim__source - address is one that a call returns to, or where a routine begins. Reads the file
 * of the module each time, so for reports only. `open_module` may give a descriptor of that file,
 * which becomes ours, or -1: then it is looked for under its name. False: nothing is known, or this
 * was built without libdw. */
bool ntsim__source(const void *address, int (*open_module)(const void *address),
                   struct ntsim__source *source);

#endif
