/* SPDX-License-Identifier: MIT
 *
 * apc.h - the asynchronous procedure calls that drivers have queued: recorded, not run.
 *
 * A driver's KeInsertQueueApc succeeds, and that is all: neither its kernel routine nor its normal
 * routine is ever called, for a kernel-mode APC either. What was queued is listed here until its
 * thread ends, or the driver takes it back or is unloaded. The first one of a simulator is
 * mentioned in the debug output.
 */
#ifndef NTSIM_APC_H
#define NTSIM_APC_H

#include <ntsim/sim.h>

NTCB_BEGIN_DECLS

struct ntsim_apc {
    PKAPC apc;                  /* the driver's structure, which may be gone */
    uint32_t tid;               /* to whom */
    uint32_t pid;               /* whose */
    bool user_mode;             /* KeInitializeApc's ProcessorMode */
    const void *kernel_routine; /* NULL: none; also the two below */
    const void *normal_routine;
    const void *rundown_routine;
    const void *normal_context;
    const void *arguments[2]; /* SystemArgument1, SystemArgument2 */
    const void *caller;       /* the code that queued it */
};

/* ntsim_apc_count, ntsim_apc - what is queued now, oldest first. false: there are not so many. By a
 * thread that is in the simulator; valid until somebody queues or takes back another. */
NTCB_EXPORT size_t ntsim_apc_count(struct ntsim *sim);
NTCB_EXPORT bool ntsim_apc(struct ntsim *sim, size_t index, struct ntsim_apc *out);

NTCB_END_DECLS

#endif
