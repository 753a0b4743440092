/* SPDX-License-Identifier: MIT
 *
 * where.h - which code of a driver's is running.
 */
#ifndef SIM_VERIFIER_WHERE_H
#define SIM_VERIFIER_WHERE_H

#include "simp.h"
#include "verifier/source.h"

/* The innermost return address on the calling thread's stack that lies in a module of a loaded
 * driver; or else, where debug information tells them apart, in code of the program that was called
 * as a driver's is. NULL: none does. */
const void *ntsim__driver_caller(void);

/* The return addresses on the calling thread's stack from `first` outwards, at most `count`;
 * returns how many. 0: `first` is not on it. */
size_t ntsim__walk_stack(const void *first, void **frames, size_t count);

struct ntsim__place {
    char routine[NTSIM__SYMBOL_BYTES]; /* "regguard.so!OnKey+0x2a"; "": of no address */
    char file[NTSIM__FILE_BYTES];      /* "": not known, and line is 0 */
    uint32_t line;
};
/* As ntcb_report.address; NULL is no address. */
void ntsim__locate(const void *address, struct ntsim__place *place);

/* What follows the last slash. */
const char *ntsim__base_name(const char *path);

/* `buffer` holds what the host calls the routine at `address`: "module+0x1234" becomes
 * "module!Routine+0x12" when there is debug information. */
void ntsim__name_routine(const void *address, char *buffer, size_t bytes);

#endif
