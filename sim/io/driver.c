/* SPDX-License-Identifier: MIT
 *
 * driver.c - loading a driver and unloading it.
 */
#include <ntcallback/exception.h>
#include <ntsim/driver.h>
#include <ntsim/registry.h>
#include <ntcallback/dispatch.h>

#include "io/iop_state.h"
#include "io/link.h"
#include "io/request.h"
#include "mm/mmp.h"
#include "ob/obp.h"
#include "ps/psp.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Where a new kernel's link CurrentControlSet leads: set-up does not follow links (REG-LNK-08). */
#define IOP_SERVICES "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\"
#define IOP_SERVICES_BY_LINK "\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Services\\"

/* The service's name: as given, or the module's base name without what follows its first dot. */
static VOID IopSetName(struct ntsim_driver *Driver, const struct ntsim_driver_options *Options)
{
    const char *Name = Options->name;
    size_t Length;

    if (Name == NULL) {
        Name = strrchr(Options->module, '/');
        Name = Name != NULL ? Name + 1 : Options->module;
        Length = strcspn(Name, ".");
    } else {
        Length = strlen(Name);
    }
    snprintf(Driver->Name, sizeof(Driver->Name), "%.*s", (int)Length, Name);
    if (Options->image_path != NULL) {
        snprintf(Driver->ImagePath, sizeof(Driver->ImagePath), "%s", Options->image_path);
    } else {
        snprintf(Driver->ImagePath, sizeof(Driver->ImagePath),
                 "\\SystemRoot\\System32\\drivers\\%s.sys", Driver->Name);
    }
}

/* IMG-48: the service's ImagePath as it is written, or from Windows 10 on what it resolves to. */
static VOID IopNotifiedPath(const struct ntsim_driver *Driver, char *Path, size_t Bytes)
{
    static const struct {
        const char *Prefix;
        const char *Device;
    } Links[] = {
        {"\\SystemRoot\\", "\\Device\\HarddiskVolume3\\Windows\\"},
        {"\\??\\C:\\", "\\Device\\HarddiskVolume3\\"},
        {"C:\\", "\\Device\\HarddiskVolume3\\"},
        {"System32\\", "\\Device\\HarddiskVolume3\\Windows\\System32\\"},
    };
    size_t Index;

    if (ntsim__windows() >= NTCB_WINDOWS_10_1507) {
        for (Index = 0; Index < sizeof(Links) / sizeof(Links[0]); Index++) {
            size_t Length = strlen(Links[Index].Prefix);

            if (strncasecmp(Driver->ImagePath, Links[Index].Prefix, Length) == 0) {
                snprintf(Path, Bytes, "%s%s", Links[Index].Device, Driver->ImagePath + Length);
                return;
            }
        }
    }
    snprintf(Path, Bytes, "%s", Driver->ImagePath);
}

static struct ntsim_driver *IopFindDriver(struct IOP_STATE *State, const char *Name)
{
    struct ntsim_driver *Found = NULL;
    PLIST_ENTRY Entry;

    ntsim__lock(State->Lock);
    for (Entry = State->Drivers.Flink; Entry != &State->Drivers && Found == NULL;
         Entry = Entry->Flink) {
        struct ntsim_driver *Driver = CONTAINING_RECORD(Entry, struct ntsim_driver, Link);

        if (strcasecmp(Driver->Name, Name) == 0) {
            Found = Driver;
        }
    }
    ntsim__unlock(State->Lock);
    return Found;
}

static int IopMakeServiceKey(struct ntsim_driver *Driver)
{
    const uint32_t Numbers[] = {1 /* Type */, 3 /* Start */, 1 /* ErrorControl */};
    const char *const Names[] = {"Type", "Start", "ErrorControl"};
    char Path[sizeof(IOP_SERVICES_BY_LINK) + IOP_NAME_BYTES];
    UNICODE_STRING Image = {0, 0, NULL};
    int Error = NTCB_OK;
    size_t Index;

    snprintf(Path, sizeof(Path), "%s%s", IOP_SERVICES, Driver->Name);
    for (Index = 0; Index < 3 && Error == NTCB_OK; Index++) {
        Error = ntsim_registry_value(Driver->Sim, Path, Names[Index], REG_DWORD, &Numbers[Index],
                                     sizeof(Numbers[Index]));
    }
    if (Error == NTCB_OK && !ntsim__utf16(Driver->ImagePath, &Image)) {
        Error = NTCB_ENOMEM;
    }
    if (Error == NTCB_OK) {
        Error = ntsim_registry_value(Driver->Sim, Path, "ImagePath", REG_EXPAND_SZ, Image.Buffer,
                                     Image.MaximumLength);
    }
    ntsim__release(Image.Buffer);
    if (Error == NTCB_OK) {
        snprintf(Path, sizeof(Path), "%s%s", IOP_SERVICES_BY_LINK, Driver->Name);
        Error = ntsim__utf16(Path, &Driver->RegistryPath) ? NTCB_OK : NTCB_ENOMEM;
    }
    return Error;
}

/* Give back everything but the memory of the driver itself. */
static VOID IopDismantle(struct ntsim_driver *Driver)
{
    struct IOP_STATE *State = IopState();

    if (Driver->Link.Flink != NULL) {
        ntsim__lock(State->Lock);
        RemoveEntryList(&Driver->Link);
        ntsim__unlock(State->Lock);
        atomic_fetch_sub(&State->Known, IopIsKnown(&Driver->Module));
    }
    IopDeleteDriverObject(Driver);
    ntsim_image_unload(Driver->Image);
    IopCloseModule(&Driver->Module);
    ntsim__release(Driver->RegistryPath.Buffer);
    ntsim__release(Driver);
}

/* What the driver left: removed, and reported if Report. */
static ULONG IopCollectLeftovers(struct ntsim_driver *Driver, BOOLEAN Report)
{
    ULONG Count = IopRemoveRegistrations(Driver, Report);

    IopFinishIoWork(Driver);
    Count += Driver->Object != NULL ? IopRemoveDevices(Driver->Object, Driver->Name, Report) : 0;
    if (IopIsKnown(&Driver->Module)) {
        Count += IopFinishWork(Driver, Report);
        Count += ObpReportTaken(IopWithinDriver, &Driver->Module, Report ? Driver->Name : NULL);
        Count += MmpReportPoolLeaks(IopWithinDriver, &Driver->Module, Report ? Driver->Name : NULL);
    }
    return Count;
}

/* IMG-56: the image routines hear of it before its first instruction. */
static int IopLoadImage(struct ntsim_driver *Driver)
{
    char Path[IOP_PATH_BYTES + 64];
    struct ntsim_image_options Options = {.path = Path};

    IopNotifiedPath(Driver, Path, sizeof(Path));
    return ntsim_image_load(Driver->Sim, &Options, &Driver->Image);
}

/* An exception has left a routine of the driver: the status it counts as. */
static NTSTATUS IopReportException(const VOID *Routine, const char *What)
{
    NTSTATUS Status = ntcb_exception_record()->ExceptionCode;

    ntcb_exception_report("DV-15", Routine, What);
    return NT_SUCCESS(Status) ? STATUS_UNSUCCESSFUL : Status;
}

static NTSTATUS IopCallEntry(struct ntsim_driver *Driver)
{
    uint64_t Before = ntcb_environment();
    struct ntcb_seh_frame Guard;
    NTSTATUS Status;

    Guard.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&Guard)) != 0) {
        return IopReportException((const VOID *)(uintptr_t)Driver->Entry,
                                  "an exception left DriverEntry");
    }
    Status = Driver->Entry(Driver->Object, &Driver->RegistryPath);
    ntcb_seh_done(&Guard);
    ntcb_environment_check(Before, (const VOID *)(uintptr_t)Driver->Entry, "DriverEntry");
    return Status;
}

static VOID IopCallUnload(struct ntsim_driver *Driver)
{
    uint64_t Before = ntcb_environment();
    struct ntcb_seh_frame Guard;

    Guard.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&Guard)) != 0) {
        (void)IopReportException((const VOID *)(uintptr_t)Driver->Object->DriverUnload,
                                 "an exception left DriverUnload");
        return;
    }
    atomic_store(&IopState()->UnloadingThread, PsGetCurrentThread());
    atomic_store(&IopState()->Unloading, Driver);
    Driver->Object->DriverUnload(Driver->Object);
    ntcb_seh_done(&Guard);
    ntcb_environment_check(Before, (const VOID *)(uintptr_t)Driver->Object->DriverUnload,
                           "DriverUnload");
}

static NTSTATUS IopStartDriver(struct ntsim_driver *Driver)
{
    struct IOP_STATE *State = IopState();
    NTSTATUS Status;

    if (IopLoadImage(Driver) != NTCB_OK || IopMakeServiceKey(Driver) != NTCB_OK) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = IopCreateDriverObject(Driver);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ntsim__lock(State->Lock);
    InsertTailList(&State->Drivers, &Driver->Link);
    ntsim__unlock(State->Lock);
    atomic_fetch_add(&State->Known, IopIsKnown(&Driver->Module));
    Driver->FirstId = IopNextRegistrationId();
    if (Driver->FailAllocation != 0) {
        ntsim_fail_allocation(Driver->Sim, Driver->FailAllocation);
    }
    Status = IopCallEntry(Driver);
    if (Driver->FailAllocation != 0 && !ntsim_allocation_failed(Driver->Sim)) {
        ntsim_fail_allocation(Driver->Sim, 0);
    }
    Driver->EndId = IopNextRegistrationId();
    IopDevicesReady(Driver->Object);
    return Status;
}

/* As a system thread. On failure the driver is gone. */
static NTSTATUS IopLoadDriver(struct ntsim *Sim, const struct ntsim_driver_options *Options,
                              struct ntsim_driver **Out)
{
    struct ntsim_driver *Driver = ntsim__allocate(sizeof(*Driver));
    NTSTATUS Status = STATUS_SUCCESS;

    if (Driver == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Driver->Sim = Sim;
    Driver->Entry = Options->entry;
    Driver->NoIntegrityCheck = Options->no_integrity_check;
    Driver->FailAllocation = Options->fail_allocation;
    IopSetName(Driver, Options);
    if (IopFindDriver(IopState(), Driver->Name) != NULL) {
        ntsim__fail(Sim, NTCB_ESTATUS, "driver %s is already loaded", Driver->Name);
        Status = STATUS_IMAGE_ALREADY_LOADED; /* IMG-55 */
    } else if (Options->module != NULL) {
        Status = IopOpenModule(Sim, Options->module, &Driver->Module, &Driver->Entry);
    } else {
        IopFindLinked(*(const void **)&Driver->Entry, &Driver->Module);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopStartDriver(Driver);
        if (!NT_SUCCESS(Status)) {
            ntsim__fail(Sim, NTCB_ESTATUS, "driver %s did not start: status 0x%08X", Driver->Name,
                        (unsigned)Status);
            IopCollectLeftovers(Driver, TRUE);
        }
    }
    if (!NT_SUCCESS(Status)) {
        IopDismantle(Driver);
        return Status;
    }
    *Out = Driver;
    return Status;
}

int ntsim_driver_load(struct ntsim *sim, const struct ntsim_driver_options *options,
                      struct ntsim_driver **out, NTSTATUS *status)
{
    struct ntsim_thread *previous;

    *out = NULL;
    *status = STATUS_INVALID_PARAMETER;
    if (options == NULL || (options->module == NULL) == (options->entry == NULL) ||
        (options->module == NULL && options->name == NULL)) {
        return ntsim__fail(sim, NTCB_EINVAL,
                           "ntsim_driver_load: give either a module or an entry with a name");
    }
    if ((options->name != NULL && (options->name[0] == '\0' || strchr(options->name, '\\') ||
                                   strlen(options->name) >= IOP_NAME_BYTES)) ||
        (options->image_path != NULL && strlen(options->image_path) >= IOP_PATH_BYTES)) {
        return ntsim__fail(sim, NTCB_EINVAL,
                           "ntsim_driver_load: the name must be 1..%d bytes without a backslash, "
                           "the image path shorter than %d bytes",
                           IOP_NAME_BYTES - 1, IOP_PATH_BYTES);
    }
    previous = ntsim_enter(sim);
    *status = IopLoadDriver(sim, options, out);
    ntsim_leave(previous);
    if (NT_SUCCESS(*status)) {
        return NTCB_OK;
    }
    return *status == STATUS_INSUFFICIENT_RESOURCES ? NTCB_ENOMEM : NTCB_ESTATUS;
}

static VOID IopUnload(struct ntsim_driver *Driver)
{
    IopCallUnload(Driver);
    atomic_store(&IopState()->Unloading, NULL);
    IopCollectLeftovers(Driver, TRUE);
    IopDismantle(Driver);
}

int ntsim_driver_unload(struct ntsim_driver *driver)
{
    struct ntsim *sim = driver->Sim;
    struct ntsim_thread *previous;
    size_t before = ntsim_report_count(sim);

    if (driver->Object->DriverUnload == NULL) {
        return ntsim__fail(sim, NTCB_EINVAL,
                           "driver %s has no unload routine: set DriverObject->DriverUnload",
                           driver->Name);
    }
    previous = ntsim_enter(sim);
    IopSettleRequests(driver->Object);
    if (IopDevicesInUse(driver->Object)) {
        ntsim_leave(previous);
        return ntsim__fail(sim, NTCB_EBUSY,
                           "driver %s cannot go while handles to its devices are open: close them "
                           "first (Windows puts the unload off until then)",
                           driver->Name);
    }
    IopUnload(driver);
    ntsim_leave(previous);
    return ntsim_report_count(sim) == before ? NTCB_OK : NTCB_ELEAK;
}

NTSTATUS IopInitialize(struct IOP_STATE *State)
{
    InitializeListHead(&State->Drivers);
    ntcb_set_module_services(ntsim_kernel(ntsim_current()), &IopModuleServices);
    InitializeListHead(&State->Links);
    InitializeListHead(&State->Shutdown);
    State->Lock = ntsim__lock_create(ntsim_current());
    State->Host = ntcb_kernel_config(ntsim_kernel(ntsim_current()))->host;
    State->CancelLock = State->Lock != NULL ? ntsim__lock_create(ntsim_current()) : NULL;
    State->Monitor =
        State->CancelLock != NULL ? State->Host->monitor_create(State->Host->context) : NULL;
    return State->Monitor == NULL ? STATUS_INSUFFICIENT_RESOURCES : IopNameLinks();
}

/* Newest first. A driver without an unload routine stays to the end on Windows: that it is still
 * registered is no fault. */
VOID IopEndDrivers(struct IOP_STATE *State)
{
    while (State->Lock != NULL && !IsListEmpty(&State->Drivers)) {
        struct ntsim_driver *Driver =
            CONTAINING_RECORD(State->Drivers.Blink, struct ntsim_driver, Link);

        if (IopDevicesInUse(Driver->Object)) {
            PspExitAll(PspState()); /* which closes handles */
            IopAbandonFiles(Driver->Object);
        }
        if (Driver->Object->DriverUnload != NULL) {
            IopUnload(Driver);
        } else {
            IopCollectLeftovers(Driver, FALSE);
            IopDismantle(Driver);
        }
    }
}

VOID IopTeardown(struct IOP_STATE *State)
{
    ntsim__lock_destroy(ntsim_current(), State->Lock);
    State->Lock = NULL;
    if (State->CancelLock != NULL) {
        ntsim__lock_destroy(ntsim_current(), State->CancelLock);
    }
    if (State->Monitor != NULL) {
        State->Host->monitor_destroy(State->Host->context, State->Monitor);
    }
}
