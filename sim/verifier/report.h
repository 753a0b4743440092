/* SPDX-License-Identifier: MIT
 *
 * report.h - what the simulator keeps of reports, and why host-side calls failed.
 */
#ifndef SIM_VERIFIER_REPORT_H
#define SIM_VERIFIER_REPORT_H

#include "simp.h"

struct ntsim__report {
    struct ntcb_report public; /* first: handed out by address */
    bool expected;
    char text[]; /* its strings */
};

/* Why the last call failed, one a host thread. */
struct ntsim__error {
    struct ntsim__error *next;
    uint64_t thread;
    char text[256];
};

struct ntsim__reports {
    struct ntcb_monitor *monitor; /* protects all below; a leaf */
    struct ntsim__report **list;
    size_t count;
    size_t capacity;
    size_t lost; /* for want of memory */
    struct ntsim__error *errors;
};

struct ntsim__reports *ntsim__reports(struct ntsim *sim);
const struct ntsim_config *ntsim__config(struct ntsim *sim);
/* The host table that was configured: memory from it is not subject to fault injection. */
const struct ntcb_host_ops *ntsim__host(struct ntsim *sim);

int ntsim__reports_init(struct ntsim__reports *reports, const struct ntcb_host_ops *host);
void ntsim__reports_free(struct ntsim__reports *reports, const struct ntcb_host_ops *host);
/* Print what was not expected; in one line each if it was printed when it happened. */
void ntsim__reports_summarise(struct ntsim *sim);

ntcb_report_fn ntsim__on_report;
ntcb_observer_fn ntsim__on_call;

#endif
