/* SPDX-License-Identifier: MIT
 *
 * hostpath_win32.c - what Windows has of its own for output files.
 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <stdlib.h>
#include <sys/stat.h>

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

/* tmpfile() of the C run-time library wants to write to the root of the drive, and the names of
 * _tempnam() are those of other processes, too. */
FILE *cli_temporary(void)
{
    const char *folder = getenv("TEMP");
    int file = -1, error = EEXIST;
    char path[260];

    for (unsigned n = 0; file < 0 && error == EEXIST && n < 1000; n++) {
        snprintf(path, sizeof(path), "%s\\ntcallback-%d-%u.tmp", folder != NULL ? folder : ".",
                 _getpid(), n);
        file = _open(path, _O_RDWR | _O_CREAT | _O_EXCL | _O_TEMPORARY | _O_BINARY | _O_NOINHERIT,
                     _S_IREAD | _S_IWRITE);
        error = errno;
    }
    return file >= 0 ? _fdopen(file, "w+b") : NULL;
}
