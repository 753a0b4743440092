/* SPDX-License-Identifier: MIT
 *
 * tally.h - what befell the calls of a thread, for whoever plays it: counted as it happens, read
 * before and after a call.
 */
#ifndef SIM_PS_TALLY_H
#define SIM_PS_TALLY_H

#include <ntsim/process.h>

struct ntsim__tally {
    uint64_t overrides; /* results that a registry callback changed: block, bypass, override */
    uint64_t reparses;  /* STATUS_REPARSE hops that were followed */
};

/* Of a simulated thread; of the calling one. */
struct ntsim__tally *ntsim__tally(struct ntsim_thread *thread);
struct ntsim__tally *PspTally(void);

#endif
