/* SPDX-License-Identifier: MIT
 *
 * calls.h - may a driver call this routine where it is?
 */
#ifndef SIM_VERIFIER_CALLS_H
#define SIM_VERIFIER_CALLS_H

/* ntsim__check_zw - a Zw routine is called, by the code at `caller`: DV-04, DV-29. */
void ntsim__check_zw(const char *function, const void *caller);
/* ntsim__check_blocking - a routine that may block is called: DV-29. */
void ntsim__check_blocking(const char *function, const void *caller);

#endif
