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

/* tmpfile() of the C run-time library wants to write to the root of the drive. */
FILE *cli_temporary(void)
{
    char prefix[32]; /* no other process has it */
    char *path;
    int file;

    snprintf(prefix, sizeof(prefix), "ntcb%d-", _getpid());
    path = _tempnam(NULL, prefix);
    if (path == NULL)
        return NULL;
    file = _open(path, _O_RDWR | _O_CREAT | _O_EXCL | _O_TEMPORARY | _O_BINARY | _O_NOINHERIT,
                 _S_IREAD | _S_IWRITE);
    free(path);
    return file >= 0 ? _fdopen(file, "w+b") : NULL;
}
