/* SPDX-License-Identifier: MIT
 *
 * tiny_test.c - the driver as a module, and linked into this program.
 */
#include <ntsim/driver.h>
#include <ntsim/image.h>
#include <stdio.h>
#include <string.h>

extern DRIVER_INITIALIZE tiny_DriverEntry;

static void remember(void *context, const char *text)
{
    snprintf(context, 64, "%s", text);
}

static int play(struct ntsim_driver_options driver_options)
{
    char said[64] = "";
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    struct ntsim_image_options image = {.path = "\\SystemRoot\\System32\\drivers\\other.sys"};
    struct ntsim_driver *driver;
    struct ntsim *sim;
    NTSTATUS status;

    config.debug_output = remember;
    config.debug_context = said;
    sim = ntsim_start(&config);
    if (ntsim_driver_load(sim, &driver_options, &driver, &status) != NTCB_OK) {
        fprintf(stderr, "load: 0x%08x\n", (unsigned)status);
        return 1;
    }
    if (ntsim_image_load(sim, &image, NULL) != NTCB_OK) {
        fprintf(stderr, "image: %s\n", ntsim_last_error(sim));
        return 1;
    }
    if (ntsim_driver_stop(driver) != NTCB_OK || ntsim_stop(sim) != NTCB_OK)
        return 1;
    if (strcmp(said, "tiny heard 1 images\n") != 0) {
        fprintf(stderr, "the driver said \"%s\"\n", said);
        return 1;
    }
    return 0;
}

int main(void)
{
    if (play((struct ntsim_driver_options){.name = "tiny", .module = TINY_MODULE}) != 0)
        return 1;
    return play((struct ntsim_driver_options){.name = "tiny", .entry = tiny_DriverEntry});
}
