/* SPDX-License-Identifier: MIT
 *
 * volumekit.h - a directory of the host that is C: while a case runs. To be included after the kit
 * that has sim, start and stop.
 */
#ifndef TESTS_SUPPORT_VOLUMEKIT_H
#define TESTS_SUPPORT_VOLUMEKIT_H

#include <ntsim/file.h>

#include <stdio.h>
#include <stdlib.h>

static char directory[256];

static int start_volume(void **state)
{
    const char *temporary = getenv("TMPDIR");

    snprintf(directory, sizeof(directory), "%s/ntcallback-volume-XXXXXX",
             temporary != NULL ? temporary : "/tmp");
    if (mkdtemp(directory) == NULL || start(state) != 0) {
        return -1;
    }
    return ntsim_volume(sim, directory);
}

static int stop_volume(void **state)
{
    char command[512];
    int result = stop(state);

    snprintf(command, sizeof(command), "rm -rf '%s'", directory);
    return system(command) == 0 ? result : -1;
}

#endif
