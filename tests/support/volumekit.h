/* SPDX-License-Identifier: MIT
 *
 * volumekit.h - a directory of the host that is C: while a case runs. To be included after the kit
 * that has sim, start and stop.
 */
#ifndef TESTS_SUPPORT_VOLUMEKIT_H
#define TESTS_SUPPORT_VOLUMEKIT_H

#include "host.h"

#include <ntsim/file.h>

static char directory[256];

static int start_volume(void **state)
{
    if (ntcb_test_temporary_directory(directory, sizeof(directory)) != 0 || start(state) != 0) {
        return -1;
    }
    return ntsim_volume(sim, directory);
}

static int stop_volume(void **state)
{
    int result = stop(state);

    return ntcb_test_remove_tree(directory) == 0 ? result : -1;
}

#endif
