/* SPDX-License-Identifier: MIT
 *
 * early.c - state of a driver's that goes before its callbacks do (DV-21).
 *
 * A context in freed pool is certain; that DriverUnload frees pool first and takes callbacks away
 * later is a habit which NTCB_SWITCH_LINT reports, once an unload.
 */
#include "io/iop_state.h"

struct IOP_CONTEXT_SEARCH {
    uintptr_t Start;
    SIZE_T Bytes;
    BOOLEAN Found;
    struct ntcb_registration Registration;
};

static void IopVisitContext(void *Context, const struct ntcb_registration *Registration)
{
    struct IOP_CONTEXT_SEARCH *Search = Context;
    uintptr_t At = (uintptr_t)Registration->context;

    if (!Search->Found && At >= Search->Start && At - Search->Start < Search->Bytes) {
        Search->Found = TRUE;
        Search->Registration = *Registration;
    }
}

static VOID IopReportEarly(const struct ntcb_registration *Registration,
                           enum ntcb_severity Severity, const VOID *Caller, const char *What)
{
    const struct ntcb_manager_info *Manager = ntcb_manager_info(Registration->manager);
    char Symbol[NTSIM__SYMBOL_BYTES], Place[NTSIM__SYMBOL_BYTES];

    ntcb_report_f(
        &(struct ntcb_report){
            .severity = Severity,
            .rule = "DV-21",
            .bugcheck = SYSTEM_SERVICE_EXCEPTION,
            .parameter = {(ULONG)STATUS_ACCESS_VIOLATION, (uintptr_t)Registration->routine},
            .routine = ntsim__symbol(Registration->routine, Symbol, sizeof(Symbol)),
            .address = Caller,
            .on_windows = "an event that comes now meets freed memory: this bug check, some day",
            .fix = "take callbacks away first (their removal waits for calls in flight), and free "
                   "what they use afterwards",
        },
        "%s while its %s routine is still registered (%s %lld), at %s", What, Manager->name,
        Manager->key_name, ntcb_registration_key(Registration),
        ntsim__symbol(Caller, Place, sizeof(Place)));
}

/* Does DriverUnload free something before the last callback is gone? */
static VOID IopCheckOrder(const VOID *Caller)
{
    struct ntsim_driver *Driver = atomic_load(&IopState()->Unloading);
    struct ntcb_registration Left;

    if (Driver == NULL || atomic_load(&IopState()->UnloadingThread) != PsGetCurrentThread() ||
        (ntcb_kernel_config(ntcb_kernel_current())->switches & NTCB_SWITCH_LINT) == 0 ||
        (IopIsKnown(&Driver->Module) && !IopWithinDriver(&Driver->Module, Caller)) ||
        !IopFindRegistration(Driver, &Left)) {
        return;
    }
    if (atomic_exchange(&IopState()->Unloading, NULL) != NULL) {
        IopReportEarly(&Left, NTCB_WARNING, Caller, "DriverUnload frees pool");
    }
}

VOID IopCheckPoolFree(const VOID *Body, SIZE_T Bytes, const VOID *Caller)
{
    struct IOP_CONTEXT_SEARCH Search = {.Start = (uintptr_t)Body, .Bytes = Bytes};

    ntcb_registrations(ntcb_kernel_current(), IopVisitContext, &Search);
    if (Search.Found) {
        IopReportEarly(&Search.Registration, NTCB_VIOLATION, Caller, "pool is freed");
    } else {
        IopCheckOrder(Caller);
    }
}
