/* SPDX-License-Identifier: MIT
 *
 * hostpath_posix.c - what POSIX systems have of their own for output files.
 */
#include "cli/cli.h"

#include <fcntl.h>
#include <stdlib.h>

const int cli_create_flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;

char *cli_real_path(const char *path)
{
    return realpath(path, NULL);
}

int cli_replace(const char *path, const char *target)
{
    return rename(path, target);
}

FILE *cli_temporary(void)
{
    return tmpfile();
}
