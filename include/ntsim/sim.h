/* SPDX-License-Identifier: MIT
 *
 * sim.h - the simulated kernel: make one, be a thread in it, look at what it found, end it.
 *
 *     struct ntsim *sim = ntsim_start(NULL);            a kernel, and this thread a system thread
 *     struct ntsim_driver *guard = ntsim_driver_start(sim, "guard", DriverEntry);
 *     ...                                               call Zw*, load images, be a process
 *     ntsim_driver_stop(guard);
 *     assert_int_equal(ntsim_stop(sim), NTCB_OK);       and nothing was left behind
 *
 * A driver's faults never stop the test: they are kept as reports, and any report that the test did
 * not expect makes ntsim_stop() fail with NTCB_ELEAK after printing it.
 */
#ifndef NTSIM_SIM_H
#define NTSIM_SIM_H

#include <ntcallback/kernel.h>
#include <ntcallback/version.h>
#include <ntcallback/ddk/ntifs.h>

NTCB_BEGIN_DECLS

struct ntsim;
struct ntsim_process;
struct ntsim_thread;

#define NTSIM_CONFIG_VERSION 1u

struct ntsim_config {
    uint32_t version;          /* NTSIM_CONFIG_VERSION */
    struct ntcb_config kernel; /* report is the simulator's own and ignored here;
                                 * callback_context is the observer's alone */
    bool quiet;                /* do not print reports and DbgPrint as they happen */
    bool poison;               /* overwrite what a callback was shown once it returns (IMG-45) */
    /* Where DbgPrint goes; NULL: stderr. text is UTF-8, terminated, one call a DbgPrint. */
    void (*debug_output)(void *context, const char *text);
    void *debug_context;
    /* Takes the reports as they are made, those of the simulator's end too, on the thread that made
     * them, possibly on several at once. They are then not printed and count as expected. NULL:
     * they are printed unless quiet. What the report points to lives until the call returns. */
    void (*report)(void *context, const struct ntcb_report *report);
    void *report_context;
};

#define NTSIM_CONFIG_INIT                                                           \
    {                                                                               \
        NTSIM_CONFIG_VERSION, NTCB_CONFIG_INIT, false, true, NULL, NULL, NULL, NULL \
    }

/* ntsim_create - a kernel with the System process (pid 4), an empty object namespace and a registry
 * with \REGISTRY\MACHINE, \REGISTRY\USER and the standard keys below them (REG-NS-01, REG-LNK-08).
 * config may be NULL. Returns 0, or as ntcb_kernel_create. The calling thread is not bound. */
NTCB_EXPORT int ntsim_create(struct ntsim **out, const struct ntsim_config *config);

/* ntsim_destroy - end it. Unloads what is still loaded, reports what drivers left (registrations
 * DV-20, pool DV-22, references DV-23). Returns 0, NTCB_EBUSY (a thread is still bound; nothing was
 * freed), NTCB_ELEAK (a report that was not expected). */
NTCB_EXPORT int ntsim_destroy(struct ntsim *sim);

/* ntsim_start, ntsim_stop - create and become a system thread; leave and destroy. ntsim_start
 * aborts with a message on failure: it is meant for tests. */
NTCB_EXPORT struct ntsim *ntsim_start(const struct ntsim_config *config);
NTCB_EXPORT int ntsim_stop(struct ntsim *sim);

NTCB_EXPORT struct ntcb_kernel *ntsim_kernel(struct ntsim *sim);
/* The simulator the calling thread is bound to, or NULL. */
NTCB_EXPORT struct ntsim *ntsim_current(void);

/* ---- reports -------------------------------------------------------------------------------- */
/* Copies of what was reported, in order; valid until ntsim_destroy. */
NTCB_EXPORT size_t ntsim_report_count(struct ntsim *sim);
NTCB_EXPORT const struct ntcb_report *ntsim_report(struct ntsim *sim, size_t index);
/* ntsim_expect_report - true, and the report no longer counts against ntsim_stop, if one of that
 * rule was made and not yet expected. */
NTCB_EXPORT bool ntsim_expect_report(struct ntsim *sim, const char *rule);
/* Number of reports that were not expected (yet). */
NTCB_EXPORT size_t ntsim_unexpected_reports(struct ntsim *sim);

/* ---- the machine's clock -------------------------------------------------------------------- */
/* ntsim_set_time_bias - local time (ExSystemTimeToLocalTime) is UTC less so many minutes; 0 at
 * first. By a thread that is in the simulator. */
NTCB_EXPORT void ntsim_set_time_bias(struct ntsim *sim, int minutes);

/* ---- fault injection ------------------------------------------------------------------------ */
/* ntsim_fail_allocation - let the n-th allocation from now (1 = the next) fail, once; 0: none.
 * Counts the managers' allocations as well as pool. ntsim_allocation_failed: whether it came. */
NTCB_EXPORT void ntsim_fail_allocation(struct ntsim *sim, uint64_t n);
NTCB_EXPORT bool ntsim_allocation_failed(struct ntsim *sim);

NTCB_END_DECLS

#endif
