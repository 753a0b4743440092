/* SPDX-License-Identifier: MIT
 *
 * fault.h - hardware faults as exceptions of the simulated kernel.
 */
#ifndef SIM_KE_FAULT_H
#define SIM_KE_FAULT_H

/* While at least one simulator lives, a fault of a thread that has a frame for exceptions becomes
 * an exception. Every other fault goes where it would have gone. Any thread. */
void ntsim__faults_begin(void);
void ntsim__faults_end(void);
/* Take the signals back from whoever has taken them since: test harnesses set theirs before every
 * fixture and every case. Called where a host thread turns to the simulator; one system call. */
void ntsim__faults_arm(void);

#endif
