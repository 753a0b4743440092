/* SPDX-License-Identifier: MIT
 *
 * sim.c - composition root of the simulator: struct ntsim, its start and its end.
 *
 * Start-up goes ke, mm, ob, ps, ex, etw, tm, cm, io, win32, with the calling thread bound to the
 * new kernel. The end goes
 *   io        drivers are unloaded, and what they left is reported
 *   ex        work that is queued is done, worker threads end
 *   ps        processes exit, which closes their handles
 *   ob        the kernel's handles are closed, the namespace emptied; references left are reported
 *   etw       providers left are reported
 *   cm tm ps ob  free what they hold
 *   mm        pool left is reported
 *   ke        nobody is left to wait
 * and then the kernel is destroyed, which reports registrations left.
 */
#include "simp.h"
#include "ke/fault.h"
#include "ke/host.h"
#include "ke/clock.h"
#include "verifier/report.h"
#include "ex/exw.h"
#include "etw/etwp.h"
#include "mm/mmp_state.h"
#include "ob/obp_state.h"
#include "ps/psp_state.h"
#include "cm/cmtree.h"
#include "tm/tmp.h"
#include "io/iop_state.h"
#include "win32/win.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ntsim {
    struct ntcb_kernel *Kernel; /* NULL: destroyed, but for this structure */
    struct ntsim_config Config;
    struct ntsim__host_state Host; /* what the kernel was given */
    bool Ended;                    /* components are torn down */
    struct ntsim__reports Reports;
    struct KIP_STATE Ke;
    struct EXW_STATE Ex;
    struct ETWP_STATE Etw;
    struct MMP_STATE Mm;
    struct OBP_STATE Ob;
    struct PSP_STATE Ps;
    struct TMP_STATE Tm;
    struct CMP_STATE Cm;
    struct IOP_STATE Io;
    struct WIN_STATE Win;
};

#define NTSIM_ACCESSOR(name, type, member)               \
    struct type *name(void)                              \
    {                                                    \
        return &ntsim__require("an NT routine")->member; \
    }
NTSIM_ACCESSOR(KipState, KIP_STATE, Ke)
NTSIM_ACCESSOR(ExwState, EXW_STATE, Ex)
NTSIM_ACCESSOR(EtwpState, ETWP_STATE, Etw)
NTSIM_ACCESSOR(MmpState, MMP_STATE, Mm)
NTSIM_ACCESSOR(ObpState, OBP_STATE, Ob)
NTSIM_ACCESSOR(PspState, PSP_STATE, Ps)
NTSIM_ACCESSOR(TmpState, TMP_STATE, Tm)
NTSIM_ACCESSOR(CmpState, CMP_STATE, Cm)
NTSIM_ACCESSOR(IopState, IOP_STATE, Io)
NTSIM_ACCESSOR(WinState, WIN_STATE, Win)

struct PSP_STATE *ntsim__ps(struct ntsim *sim)
{
    return &sim->Ps;
}

struct MMP_STATE *ntsim__mm(struct ntsim *sim)
{
    return &sim->Mm;
}

struct ntsim__reports *ntsim__reports(struct ntsim *sim)
{
    return &sim->Reports;
}

const struct ntsim_config *ntsim__config(struct ntsim *sim)
{
    return &sim->Config;
}

struct ntsim *ntsim__require(const char *function)
{
    struct ntsim *sim = ntcb_kernel_simulator(ntcb_require_kernel(function));

    if (sim == NULL) {
        ntsim__fatal("%s: the current kernel has no simulator; make one with ntsim_create()",
                     function);
    }
    return sim;
}

struct ntsim *ntsim_current(void)
{
    struct ntcb_kernel *kernel = ntcb_kernel_current();

    return kernel == NULL ? NULL : ntcb_kernel_simulator(kernel);
}

struct ntcb_kernel *ntsim_kernel(struct ntsim *sim)
{
    return sim->Kernel;
}

enum ntcb_windows ntsim__windows(void)
{
    return ntcb_kernel_config(ntcb_require_kernel("an NT routine"))->windows;
}

struct ntsim__host_state *ntsim__host_state(struct ntsim *sim)
{
    return &sim->Host;
}

/* ---- start and end ---- */

/* The kernel's own configuration, with the simulator in the places it takes. */
static int create_kernel(struct ntsim *sim)
{
    struct ntcb_config config = sim->Config.kernel;
    int error;

    config.host = &sim->Host.ops;
    config.report = ntsim__on_report;
    config.callback_context = sim;
    config.observer = sim->Config.kernel.observer == NULL ? NULL : ntsim__on_call;
    error = ntcb_kernel_create(&sim->Kernel, &config);
    if (error == NTCB_OK) {
        ntcb_kernel_set_simulator(sim->Kernel, sim);
    }
    return error;
}

static NTSTATUS start_components(struct ntsim *sim)
{
    NTSTATUS status = KipInitialize(&sim->Ke);

    status = NT_SUCCESS(status) ? MmpInitialize(&sim->Mm) : status;
    status = NT_SUCCESS(status) ? ObpInitialize(&sim->Ob) : status;
    status = NT_SUCCESS(status) ? PspInitialize(&sim->Ps) : status;
    status = NT_SUCCESS(status) ? ExwInitialize(&sim->Ex) : status;
    status = NT_SUCCESS(status) ? EtwpInitialize(&sim->Etw) : status;
    status = NT_SUCCESS(status) ? TmpInitialize(&sim->Tm) : status;
    status = NT_SUCCESS(status) ? CmpInitialize(&sim->Cm) : status;
    status = NT_SUCCESS(status) ? IopInitialize(&sim->Io) : status;
    status = NT_SUCCESS(status) ? WinInitialize(&sim->Win) : status;
    return status;
}

/* Also after a start that stopped half-way: a component that was not started is all zero. */
static void end_components(struct ntsim *sim)
{
    WinTeardown(&sim->Win);
    IopEndDrivers(&sim->Io);
    if (sim->Ps.System != NULL) {
        PspEndSystemThreads();
    }
    KipStopClock();
    ExwStop(&sim->Ex);
    if (sim->Ps.System != NULL) {
        PspExitAll(&sim->Ps);
        ObpCloseProcessHandles(sim->Ps.System);
        MmpFreeProcessImages(sim->Ps.System);
        MmpFreeUserMemory(sim->Ps.System);
    }
    if (sim->Ob.RootDirectory != NULL) {
        ObpEndNamespace(&sim->Ob);
        ObpReportLeaks(&sim->Ob);
    }
    EtwpTeardown(&sim->Etw);
    CmpTeardown(&sim->Cm);
    TmpTeardown(&sim->Tm);
    PspTeardown(&sim->Ps);
    ObpTeardown(&sim->Ob);
    MmpTeardown(&sim->Mm);
    ExwTeardown(&sim->Ex);
    IopTeardown(&sim->Io); /* after the threads whose reports name drivers */
    KipTeardown(&sim->Ke);
    sim->Ended = true;
}

/* Run `routine` bound to sim's kernel (as the first system thread once there is one), and come back
 * to what the thread was. */
static struct ntsim_thread *bind(struct ntsim *sim)
{
    struct ntsim_thread *previous = ntcb_kernel_current() == NULL ? NULL : ntcb_thread_simulator();

    ntcb_kernel_enter(sim->Kernel);
    if (sim->Ps.System != NULL) {
        PspBecome(ntsim_process_thread(sim->Ps.System));
    }
    return previous;
}

static void unbind(struct ntsim_thread *previous)
{
    ntcb_thread_set_simulator(NULL);
    if (previous == NULL) {
        ntcb_kernel_enter(NULL);
    } else {
        PspBecome(previous);
    }
}

static void free_sim(struct ntsim *sim)
{
    const struct ntcb_host_ops *inner = sim->Host.inner;

    ntsim__reports_free(&sim->Reports, inner);
    inner->release(inner->context, sim);
    ntsim__faults_end();
}

int ntsim_create(struct ntsim **out, const struct ntsim_config *config)
{
    static const struct ntsim_config defaults = NTSIM_CONFIG_INIT;
    const struct ntsim_config *chosen = config != NULL ? config : &defaults;
    const struct ntcb_host_ops *inner =
        chosen->kernel.host != NULL ? chosen->kernel.host : ntcb_host_default();
    struct ntsim_thread *previous;
    struct ntsim *sim;
    NTSTATUS status;
    int error;

    *out = NULL;
    if (chosen->version != NTSIM_CONFIG_VERSION) {
        return NTCB_EVERSION;
    }
    sim = inner->allocate(inner->context, sizeof(*sim));
    if (sim == NULL) {
        return NTCB_ENOMEM;
    }
    memset(sim, 0, sizeof(*sim));
    ntsim__faults_begin();
    sim->Config = *chosen;
    ntsim__host_init(&sim->Host, inner);
    error = ntsim__reports_init(&sim->Reports, inner);
    if (error == NTCB_OK) {
        error = create_kernel(sim);
    }
    if (error != NTCB_OK) {
        free_sim(sim);
        return error;
    }
    previous = bind(sim);
    status = start_components(sim);
    if (!NT_SUCCESS(status)) {
        end_components(sim);
    }
    unbind(previous);
    if (!NT_SUCCESS(status)) {
        ntcb_kernel_destroy(sim->Kernel);
        free_sim(sim);
        return NTCB_ENOMEM; /* the only thing that can go wrong above */
    }
    *out = sim;
    return NTCB_OK;
}

int ntsim_destroy(struct ntsim *sim)
{
    struct ntsim_thread *previous;
    int error;

    if (sim == NULL) {
        return NTCB_OK;
    }
    if (!sim->Ended) {
        if (ntsim_current() == sim || PspBoundThreads(&sim->Ps) != 0) {
            return ntsim__fail(sim, NTCB_EBUSY,
                               "ntsim_destroy: a thread is still bound: leave the "
                               "simulator first (ntsim_leave)");
        }
        ntsim_fail_allocation(sim, 0);
        previous = bind(sim);
        end_components(sim);
        unbind(previous);
    }
    error = ntcb_kernel_destroy(sim->Kernel);
    if (error == NTCB_EBUSY) {
        return error;
    }
    sim->Kernel = NULL;
    ntsim__reports_summarise(sim);
    error = ntsim_unexpected_reports(sim) != 0 ? NTCB_ELEAK : NTCB_OK;
    free_sim(sim);
    return error;
}

struct ntsim *ntsim_start(const struct ntsim_config *config)
{
    struct ntsim *sim;
    int error = ntsim_create(&sim, config);

    if (error != NTCB_OK) {
        ntsim__fatal("ntsim_start: %s", ntcb_error_text(error));
    }
    ntsim_enter(sim);
    return sim;
}

int ntsim_stop(struct ntsim *sim)
{
    if (ntsim_current() == sim) {
        ntsim_leave(NULL);
    }
    return ntsim_destroy(sim);
}

void ntsim__fatal(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("ntcallback: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    fflush(stderr);
    abort();
}
