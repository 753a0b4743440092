/* SPDX-License-Identifier: MIT
 *
 * driver.h - load a driver into the simulated kernel: a module built by ntcallback_add_driver, or
 * an entry point linked into the test.
 */
#ifndef NTSIM_DRIVER_H
#define NTSIM_DRIVER_H

#include <ntsim/sim.h>

NTCB_BEGIN_DECLS

struct ntsim_driver;

struct ntsim_driver_options {
    const char *name;         /* service name, UTF-8: \Driver\<name>; NULL: that of the module */
    const char *module;       /* host path of the module; NULL when entry is given */
    PDRIVER_INITIALIZE entry; /* linked-in DriverEntry; NULL when module is given */
    const char *image_path;   /* the service's ImagePath, from which the image routines' name is
                               * made; NULL: \SystemRoot\System32\drivers\<name>.sys */
    bool no_integrity_check;  /* linked without /INTEGRITYCHECK: process routines of the Ex kinds
                               * and object callbacks are refused (PROC-05, OB-08) */
    uint64_t fail_allocation; /* the n-th allocation that DriverEntry causes fails, once (whether it
                               * came: ntsim_allocation_failed); 0: none */
};

/* ntsim_driver_load - notify the image routines with process id 0 (IMG-56), make the DRIVER_OBJECT
 * and the service key, and call DriverEntry on a system thread's context (the caller's, as
 * KernelMode). *status is what DriverEntry returned, or why it was not called:
 * STATUS_IMAGE_ALREADY_LOADED (IMG-55), STATUS_OBJECT_NAME_NOT_FOUND (no such module),
 * STATUS_INVALID_IMAGE_FORMAT, STATUS_DRIVER_ENTRYPOINT_NOT_FOUND.
 * Returns 0 and *out, NTCB_ESTATUS (see *status), NTCB_EINVAL, NTCB_ENOMEM. */
NTCB_EXPORT int ntsim_driver_load(struct ntsim *sim, const struct ntsim_driver_options *options,
                                  struct ntsim_driver **out, NTSTATUS *status);

/* ntsim_driver_unload - call DriverUnload, then report what the driver left: registrations, threads
 * and work (DV-20), pool (DV-22), references and handles (DV-23). Of a driver whose code cannot be
 * told from the program's, as of a DriverEntry that the test itself defines, only the registrations
 * are known that DriverEntry made or that name its DRIVER_OBJECT. A driver without an unload
 * routine cannot be unloaded: NTCB_EINVAL. Registrations left behind are taken away, so that
 * nothing calls into the gone module.
 * Returns 0, or NTCB_ELEAK when something was reported. */
NTCB_EXPORT int ntsim_driver_unload(struct ntsim_driver *driver);

NTCB_EXPORT PDRIVER_OBJECT ntsim_driver_object(struct ntsim_driver *driver);

/* For tests: load or abort with a message; unload and report. */
NTCB_EXPORT struct ntsim_driver *ntsim_driver_start(struct ntsim *sim, const char *name,
                                                    PDRIVER_INITIALIZE entry);
NTCB_EXPORT int ntsim_driver_stop(struct ntsim_driver *driver);

NTCB_END_DECLS

#endif
