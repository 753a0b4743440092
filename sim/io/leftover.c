/* SPDX-License-Identifier: MIT
 *
 * leftover.c - what a driver still had registered or queued when it was unloaded (DV-20).
 *
 * Whose a registration is: a module's by the address of its routine. A driver linked into the test
 * shares its address range with the test's own callbacks; its are those that name its
 * DRIVER_OBJECT, and those made while its DriverEntry ran.
 */
#include "ex/exw.h"
#include "io/iop_state.h"
#include "ke/clock.h"
#include "ps/psp.h"

#include <stdio.h>

struct IOP_SEARCH {
    struct ntsim_driver *Driver;
    uint64_t Highest;
    BOOLEAN Found;
    struct ntcb_registration Registration;
};

static BOOLEAN IopIsOf(struct ntsim_driver *Driver, const struct ntcb_registration *Registration)
{
    if (Registration->owner != NULL) {
        return Registration->owner == (const void *)Driver->Object;
    }
    if (Driver->Module.Handle != NULL) {
        return IopWithinModule(&Driver->Module, Registration->routine);
    }
    return Registration->id >= Driver->FirstId && Registration->id < Driver->EndId;
}

static void IopVisit(void *Context, const struct ntcb_registration *Registration)
{
    struct IOP_SEARCH *Search = Context;

    if (Registration->id > Search->Highest) {
        Search->Highest = Registration->id;
    }
    if (!Search->Found && Search->Driver != NULL && IopIsOf(Search->Driver, Registration)) {
        Search->Found = TRUE;
        Search->Registration = *Registration;
    }
}

uint64_t IopNextRegistrationId(VOID)
{
    struct IOP_SEARCH Search = {0};

    ntcb_registrations(ntcb_kernel_current(), IopVisit, &Search);
    return Search.Highest + 1;
}

static VOID IopReport(struct ntsim_driver *Driver, const struct ntcb_registration *Registration)
{
    const struct ntcb_manager_info *Manager = ntcb_manager_info(Registration->manager);
    char Fix[192];

    snprintf(Fix, sizeof(Fix), "%s in DriverUnload, and on the failing paths of DriverEntry",
             Manager->fix);
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_BUGCHECK,
            .rule = "DV-20",
            .bugcheck = DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS,
            .parameter = {(uintptr_t)Registration->routine, 0, (uintptr_t)Registration->routine, 0},
            .address = Registration->routine,
            .on_windows = "the next event calls into the unloaded driver: this bug check",
            .fix = Fix,
        },
        "driver %s is gone, but its %s routine is still registered (%s %lld)", Driver->Name,
        Manager->name, Manager->key_name, ntcb_registration_key(Registration));
}

BOOLEAN IopFindRegistration(struct ntsim_driver *Driver, struct ntcb_registration *Found)
{
    struct IOP_SEARCH Search = {.Driver = Driver};

    ntcb_registrations(ntcb_kernel_current(), IopVisit, &Search);
    *Found = Search.Registration;
    return Search.Found;
}

ULONG IopRemoveRegistrations(struct ntsim_driver *Driver, BOOLEAN Report)
{
    struct ntcb_registration Left;
    ULONG Count = 0;

    while (IopFindRegistration(Driver, &Left)) {
        if (Report) {
            IopReport(Driver, &Left);
        }
        ntcb_registration_remove(&Left);
        Count++;
    }
    return Count;
}

/* ---- which driver a routine belongs to ------------------------------------------------------- */

static bool IopFindModule(const void *Address, struct ntcb_module *Module)
{
    struct IOP_STATE *State = IopState();
    PLIST_ENTRY Entry;
    bool Found = false;

    ntsim__lock(State->Lock);
    for (Entry = State->Drivers.Flink; Entry != &State->Drivers && !Found; Entry = Entry->Flink) {
        struct ntsim_driver *Driver = CONTAINING_RECORD(Entry, struct ntsim_driver, Link);
        const void *Start = *(const void **)&Driver->Entry;

        Found = IopSameImage(Address, Start);
        if (Found) {
            *Module = (struct ntcb_module){Driver->Name, !Driver->NoIntegrityCheck};
        }
    }
    ntsim__unlock(State->Lock);
    return Found;
}

const struct ntcb_module_services IopModuleServices = {IopFindModule};

/* The file of the driver in whose module Address lies, if File; TRUE: there is one. */
static BOOLEAN IopFindDriverOf(const VOID *Address, int *File)
{
    struct IOP_STATE *State = IopState();
    PLIST_ENTRY Entry;
    BOOLEAN Found = FALSE;

    if (State->Lock == NULL) { /* not yet, or no more: a report has to say where it comes from */
        return FALSE;
    }
    ntsim__lock(State->Lock);
    for (Entry = State->Drivers.Flink; Entry != &State->Drivers && !Found; Entry = Entry->Flink) {
        struct ntsim_driver *Driver = CONTAINING_RECORD(Entry, struct ntsim_driver, Link);

        Found = IopWithinModule(&Driver->Module, Address);
        if (Found && File != NULL) {
            *File = IopModuleFile(&Driver->Module);
        }
    }
    ntsim__unlock(State->Lock);
    return Found;
}

BOOLEAN IopIsDriverAddress(const volatile VOID *Address)
{
    return IopFindDriverOf((const VOID *)(ULONG_PTR)Address, NULL);
}

BOOLEAN IopHasModules(VOID)
{
    return atomic_load_explicit(&IopState()->Modules, memory_order_relaxed) != 0;
}

int IopOpenDriverFile(const void *Address)
{
    int File = -1;

    return IopFindDriverOf(Address, &File) ? File : -1;
}

static VOID IopReportRunning(const struct ntsim_driver *Driver, ULONG Count, const char *What,
                             const char *Fix)
{
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_BUGCHECK,
            .rule = "DV-20",
            .bugcheck = DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS,
            .on_windows = "a thread runs on in the unloaded driver: this bug check",
            .fix = Fix,
        },
        "driver %s is gone, but %u of its %s", Driver->Name, Count, What);
}

/* Threads and work must be done before the code goes; the driver ought to have waited for them. */
ULONG IopFinishWork(struct ntsim_driver *Driver, BOOLEAN Report)
{
    ULONG Threads = PspFinishSystemThreads(IopWithinModule, &Driver->Module);
    ULONG Dpcs = KipFinishDpcs(IopWithinModule, &Driver->Module);
    ULONG Items = ExwFinish(IopWithinModule, &Driver->Module);

    if (Threads != 0 && Report) {
        IopReportRunning(Driver, Threads, "system threads still run",
                         "let DriverUnload tell each thread to end, and wait for its object");
    }
    if (Items != 0 && Report) {
        IopReportRunning(Driver, Items, "work items are not done",
                         "let DriverUnload wait for an event that the last work item sets");
    }
    if (Dpcs != 0 && Report) {
        IopReportRunning(Driver, Dpcs, "timers or DPCs are set or queued",
                         "let DriverUnload cancel each timer, then call KeFlushQueuedDpcs");
    }
    return Threads + Dpcs + Items +
           ExwReportBodies(IopWithinModule, &Driver->Module, Report ? Driver->Name : NULL);
}

VOID IopFinishIoWork(struct ntsim_driver *Driver)
{
    if (Driver->Object != NULL) {
        ExwFinishIoWork(Driver->Object, Driver->Module.Handle != NULL ? IopWithinModule : NULL,
                        &Driver->Module);
    }
}
