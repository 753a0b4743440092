/* SPDX-License-Identifier: MIT
 *
 * drivertest.c - drivers as tests load them: or abort with a message.
 */
#include <ntsim/driver.h>
#include <ntsim/image.h>

#include "io/iop_state.h"

PDRIVER_OBJECT ntsim_driver_object(struct ntsim_driver *driver)
{
    return driver->Object;
}

struct ntsim_driver *ntsim_driver_start(struct ntsim *sim, const char *name,
                                        PDRIVER_INITIALIZE entry)
{
    const struct ntsim_driver_options options = {.name = name, .entry = entry};
    struct ntsim_driver *driver;
    NTSTATUS status;
    int error = ntsim_driver_load(sim, &options, &driver, &status);

    if (error != NTCB_OK) {
        ntsim__fatal("ntsim_driver_start(%s): %s (%s), status 0x%08X", name, ntcb_error_text(error),
                     ntsim_last_error(sim), (unsigned)status);
    }
    return driver;
}

int ntsim_driver_stop(struct ntsim_driver *driver)
{
    return ntsim_driver_unload(driver);
}
