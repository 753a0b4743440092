/* SPDX-License-Identifier: MIT
 *
 * host.h - the host table the simulator gives its kernel: the configured one, with faults injected.
 */
#ifndef SIM_KE_HOST_H
#define SIM_KE_HOST_H

#include "simp.h"

#include <stdatomic.h>

struct ntsim__host_state {
    struct ntcb_host_ops ops; /* its context is this structure */
    const struct ntcb_host_ops *inner;
    _Atomic uint64_t fail_in; /* allocations until one fails; 0: none */
    _Atomic bool failed;
};

void ntsim__host_init(struct ntsim__host_state *host, const struct ntcb_host_ops *inner);
struct ntsim__host_state *ntsim__host_state(struct ntsim *sim);

#endif
