/* SPDX-License-Identifier: MIT
 *
 * iop_state.h - the I/O manager's state: the drivers that are loaded.
 *
 * Locks   IOP_STATE.Lock protects the lists of drivers, of their devices and links; a leaf.
 *         IOP_STATE.Monitor protects the requests; nothing is called inside. A driver is loaded and
 *         unloaded by one thread at a time.
 */
#ifndef SIM_IO_IOP_STATE_H
#define SIM_IO_IOP_STATE_H

#include <ntsim/driver.h>
#include <ntsim/image.h>

#include "io/iop.h"
#include "simp.h"

#include <stdatomic.h>

#define IOP_NAME_BYTES 256
#define IOP_PATH_BYTES 1024

#define IOP_ABSENT_BYTES 256 /* of the words about a routine that is not here */

/* Where a driver's code lies: in a module of the host, loaded as a copy of its own, or in the
 * program. */
struct IOP_MODULE {
    void *Handle;     /* NULL: the driver is linked into the program */
    const char *Code; /* then: its code among the program's; NULL: cannot be told */
    SIZE_T CodeBytes;
    const void *Base;          /* of the copy */
    int File;                  /* the copy, open, while Handle is not NULL */
    char Copy[IOP_PATH_BYTES]; /* of a file still to be removed, or "" */
};

struct ntsim_driver {
    LIST_ENTRY Link;
    struct ntsim *Sim;
    char Name[IOP_NAME_BYTES];
    char ImagePath[IOP_PATH_BYTES];
    struct IOP_MODULE Module;
    PDRIVER_INITIALIZE Entry;
    BOOLEAN NoIntegrityCheck;
    uint64_t FailAllocation; /* of DriverEntry; 0: none */
    PDRIVER_OBJECT Object;
    struct ntsim_image *Image;
    UNICODE_STRING RegistryPath;
    uint64_t FirstId; /* registrations made while DriverEntry ran: FirstId <= id < EndId */
    uint64_t EndId;
};

struct IOP_REQUEST;
struct IOP_STATE {
    struct ntsim__lock *Lock;
    LIST_ENTRY Drivers;                       /* ntsim_driver.Link */
    LIST_ENTRY Links;                         /* that drivers have made (link.c) */
    _Atomic ULONG Known;                      /* of them, those that IopIsKnown */
    LIST_ENTRY Shutdown;                      /* shutdown.c */
    _Atomic(struct ntsim_driver *) Unloading; /* its DriverUnload runs, and frees nothing yet */
    _Atomic(PETHREAD) UnloadingThread;        /* where */
    /* Requests on their way (irp.h). */
    const struct ntcb_host_ops *Host;
    struct ntcb_monitor *Monitor;
    struct ntsim__lock *CancelLock; /* the cancel spin lock: drivers' */
    struct IOP_REQUEST *Requests;   /* hash by Irp; under Monitor */
};

/* IopOpenModule - load a private copy of Path and find DriverEntry. Returns what ntsim_driver_load
 * promises as *status, with the reason in ntsim_last_error. */
NTSTATUS IopOpenModule(struct ntsim *Sim, const char *Path, struct IOP_MODULE *Module,
                       PDRIVER_INITIALIZE *Entry);
VOID IopCloseModule(struct IOP_MODULE *Module);
/* Does Address lie in the host's module? */
BOOLEAN IopWithinModule(PVOID Module, const VOID *Address);
/* Module->Code of a driver that ntcallback_add_driver has linked into the program, in a section of
 * its own, which its DriverEntry lies in. It stays NULL for any other routine. */
VOID IopFindLinked(const VOID *Entry, struct IOP_MODULE *Module);
/* Does Address lie in the driver's code? FALSE where that cannot be told from the program's. */
BOOLEAN IopWithinDriver(PVOID Module, const VOID *Address);
/* Can it? */
BOOLEAN IopIsKnown(const struct IOP_MODULE *Module);

/* A descriptor of the file it was loaded from, the caller's; -1 on failure. */
int IopModuleFile(const struct IOP_MODULE *Module);

/* Do both addresses lie in one image of the host's? */
BOOLEAN IopSameImage(const VOID *Left, const VOID *Right);
extern const struct ntcb_module_services IopModuleServices; /* leftover.c */

/* The DRIVER_OBJECT \Driver\<Name>, with what it points to. */
NTSTATUS IopCreateDriverObject(struct ntsim_driver *Driver);
VOID IopDeleteDriverObject(struct ntsim_driver *Driver);

/* One more than the highest id a registration has had. */
uint64_t IopNextRegistrationId(VOID);
/* One of the driver's registrations; FALSE: it has none. */
BOOLEAN IopFindRegistration(struct ntsim_driver *Driver, struct ntcb_registration *Found);
/* Take away the driver's registrations, reporting each (DV-20) if Report. Returns their number. */
ULONG IopRemoveRegistrations(struct ntsim_driver *Driver, BOOLEAN Report);
/* Wait until no work item of the module is queued or being done. Returns how many were, reported
 * (DV-20) if Report. */
ULONG IopFinishWork(struct ntsim_driver *Driver, BOOLEAN Report);
/* Wait until no work item of the I/O manager's is; Windows waits for them, too. */
VOID IopFinishIoWork(struct ntsim_driver *Driver);

#endif
