/* SPDX-License-Identifier: MIT
 *
 * leftover.c - what a driver still had registered or queued when it was unloaded (DV-20).
 *
 * Whose a registration is: a driver's by the address of its routine, where its code is known. One
 * that the test defines itself shares its address range with the test's own callbacks; its are
 * those that name its DRIVER_OBJECT, and those made while its DriverEntry ran.
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
    if (IopIsKnown(&Driver->Module)) {
        return IopWithinDriver(&Driver->Module, Registration->routine);
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

    *Module = (struct ntcb_module){NULL, false};
    ntsim__lock(State->Lock);
    for (Entry = State->Drivers.Flink; Entry != &State->Drivers && !Found; Entry = Entry->Flink) {
        struct ntsim_driver *Driver = CONTAINING_RECORD(Entry, struct ntsim_driver, Link);
        const void *Start = *(const void **)&Driver->Entry;

        Found = IopWithinDriver(&Driver->Module, Address);
        if (Found || (Module->name == NULL && IopSameImage(Address, Start))) {
            *Module = (struct ntcb_module){Driver->Name, !Driver->NoIntegrityCheck};
        }
    }
    ntsim__unlock(State->Lock);
    return Module->name != NULL;
}

const struct ntcb_module_services IopModuleServices = {IopFindModule};

BOOLEAN IopIsKnown(const struct IOP_MODULE *Module)
{
    return Module->Handle != NULL || Module->Code != NULL;
}

BOOLEAN IopWithinDriver(PVOID Module_, const VOID *Address)
{
    const struct IOP_MODULE *Module = Module_;

    return Module->Code != NULL ? (ULONG_PTR)Address - (ULONG_PTR)Module->Code < Module->CodeBytes
                                : IopWithinModule(Module_, Address);
}

/* Ask of the driver in whose code Address lies; TRUE: there is one. */
static BOOLEAN IopAskDriverOf(const VOID *Address,
                              VOID (*Ask)(PVOID Context, const struct ntsim_driver *Driver),
                              PVOID Context)
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

        Found = IopWithinDriver(&Driver->Module, Address);
        if (Found) {
            Ask(Context, Driver);
        }
    }
    ntsim__unlock(State->Lock);
    return Found;
}

static VOID IopAskNothing(PVOID Context, const struct ntsim_driver *Driver)
{
    (void)Context, (void)Driver;
}

BOOLEAN IopIsDriverAddress(const volatile VOID *Address)
{
    return IopAskDriverOf((const VOID *)(ULONG_PTR)Address, IopAskNothing, NULL);
}

BOOLEAN IopHasDrivers(VOID)
{
    return atomic_load_explicit(&IopState()->Known, memory_order_relaxed) != 0;
}

static VOID IopAskFile(PVOID File, const struct ntsim_driver *Driver)
{
    *(int *)File = Driver->Module.Handle != NULL ? IopModuleFile(&Driver->Module) : -1;
}

int IopOpenDriverFile(const void *Address)
{
    int File = -1;

    (void)IopAskDriverOf(Address, IopAskFile, &File);
    return File;
}

struct IOP_LINKED {
    const void *Code;
    char *Name;
    SIZE_T Bytes;
};

static VOID IopAskLinked(PVOID Context, const struct ntsim_driver *Driver)
{
    struct IOP_LINKED *Linked = Context;

    Linked->Code = Driver->Module.Code;
    snprintf(Linked->Name, Linked->Bytes, "%s", Driver->Name);
}

const void *IopNameLinked(const void *Address, char *Name, SIZE_T Bytes)
{
    struct IOP_LINKED Linked = {NULL, Name, Bytes};

    (void)IopAskDriverOf(Address, IopAskLinked, &Linked);
    return Linked.Code;
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
    ULONG Threads = PspFinishSystemThreads(IopWithinDriver, &Driver->Module);
    ULONG Dpcs = KipFinishDpcs(IopWithinDriver, &Driver->Module);
    ULONG Items = ExwFinish(IopWithinDriver, &Driver->Module);

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
           ExwReportBodies(IopWithinDriver, &Driver->Module, Report ? Driver->Name : NULL);
}

VOID IopFinishIoWork(struct ntsim_driver *Driver)
{
    if (Driver->Object != NULL) {
        ExwFinishIoWork(Driver->Object, IopIsKnown(&Driver->Module) ? IopWithinDriver : NULL,
                        &Driver->Module);
    }
}
