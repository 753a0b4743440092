/* SPDX-License-Identifier: MIT
 *
 * where.h - which code of a driver's is running.
 */
#ifndef SIM_VERIFIER_WHERE_H
#define SIM_VERIFIER_WHERE_H

/* The innermost return address on the calling thread's stack that lies in a module of a loaded
 * driver; NULL: none does (a driver that is linked into the program cannot be told from it). */
const void *ntsim__driver_caller(void);

#endif
