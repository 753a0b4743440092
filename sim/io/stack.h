/* SPDX-License-Identifier: MIT
 *
 * stack.h - where the calling host thread's stack begins and ends.
 */
#ifndef SIM_IO_STACK_H
#define SIM_IO_STACK_H

/* *low: its lowest byte; *high: behind its highest. */
void ntsim__stack_limits(void **low, void **high);

#endif
