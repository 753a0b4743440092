/* SPDX-License-Identifier: MIT
 *
 * hostpath_win32.c - what Windows has of its own for output files.
 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

__declspec(dllimport) int __stdcall MoveFileExA(const char *path, const char *target,
                                                unsigned flags);
#define REPLACE_EXISTING 1u

const int cli_create_flags = _O_WRONLY | _O_CREAT | _O_EXCL | _O_NOINHERIT | _O_BINARY;

char *cli_real_path(const char *path)
{
    return _fullpath(NULL, path, 0);
}

int cli_replace(const char *path, const char *target)
{
    if (MoveFileExA(path, target, REPLACE_EXISTING))
        return 0;
    errno = EACCES;
    return -1;
}
