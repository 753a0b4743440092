/* SPDX-License-Identifier: MIT
 *
 * host_win32.c - what tests need of Windows.
 */
#include "host.h"

#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What the calls of ntcb_test_child() before the one that the process is there for have returned,
 * each followed by a comma. A child believes what is expected of what else they have seen. */
#define CHILD_VARIABLE "NTCB_TEST_CHILD"

static struct {
    const char *of_case;
    char text[16384];
} returned;

int ntcb_test_is_child(void)
{
    return getenv(CHILD_VARIABLE) != NULL;
}

static void be_the_child(int (*run)(void *argument), void *argument)
{
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    SetUnhandledExceptionFilter(NULL);
    signal(SIGABRT, SIG_DFL);
    _exit(run(argument));
}

static void read_back(int descriptor, char *text, size_t bytes)
{
    int got;

    _lseek(descriptor, 0, SEEK_SET);
    got = _read(descriptor, text, (unsigned)(bytes - 1));
    text[got > 0 ? got : 0] = '\0';
}

/* Start it, with its standard error in the file if there is one. */
static intptr_t start_child(int file)
{
    char variable[sizeof(CHILD_VARIABLE) + sizeof(returned.text)];
    const char *const arguments[] = {ntcb_test_program, ntcb_test_case, NULL};
    int saved_output = _dup(1), saved_error = _dup(2), null = _open("NUL", _O_WRONLY);
    intptr_t result;

    snprintf(variable, sizeof(variable), CHILD_VARIABLE "=%s.", returned.text);
    _putenv(variable);
    fflush(NULL);
    _dup2(null, 1);
    if (file >= 0)
        _dup2(file, 2);
    result = _spawnv(_P_WAIT, ntcb_test_program, arguments);
    _dup2(saved_output, 1);
    _dup2(saved_error, 2);
    _close(saved_output);
    _close(saved_error);
    _close(null);
    _putenv(CHILD_VARIABLE "=");
    return result;
}

/* What the parent has seen this call return; or the call is the child's, and does not. */
static int replay(int (*run)(void *argument), void *argument)
{
    static const char *at;
    char *end;
    long result;

    if (at == NULL)
        at = getenv(CHILD_VARIABLE);
    if (*at == '.')
        be_the_child(run, argument);
    result = strtol(at, &end, 10);
    at = end + 1;
    return (int)result;
}

static int meaning_of(unsigned exit_code)
{
    if (exit_code == 3) /* what abort() ends with */
        return NTCB_TEST_ABORTED;
    return exit_code < 128 ? (int)exit_code : NTCB_TEST_CRASHED;
}

int ntcb_test_child(int (*run)(void *argument), void *argument, char *text, size_t bytes)
{
    char path[MAX_PATH];
    int file = -1, result;
    size_t length;

    if (ntcb_test_is_child()) {
        if (text != NULL)
            text[0] = '\0';
        return replay(run, argument);
    }
    if (returned.of_case != ntcb_test_case)
        returned.text[0] = '\0';
    returned.of_case = ntcb_test_case;
    if (text != NULL && (file = ntcb_test_temporary_file(path, sizeof(path))) < 0)
        abort();
    result = meaning_of((unsigned)start_child(file));
    if (text != NULL) {
        read_back(file, text, bytes);
        _close(file);
        _unlink(path);
    }
    length = strlen(returned.text);
    snprintf(returned.text + length, sizeof(returned.text) - length, "%d,", result);
    return result;
}

static int temporary_name(char *path, size_t bytes)
{
    static unsigned number;
    char folder[MAX_PATH];
    DWORD length = GetTempPathA(sizeof(folder), folder);

    for (DWORD i = 0; i < length; i++)
        folder[i] = folder[i] == '\\' ? '/' : folder[i];
    return length != 0 && snprintf(path, bytes, "%sntcallback-test-%lu-%u", folder,
                                   GetCurrentProcessId(), number++) < (int)bytes
               ? 0
               : -1;
}

int ntcb_test_temporary_directory(char *path, size_t bytes)
{
    if (temporary_name(path, bytes) != 0)
        return -1;
    return CreateDirectoryA(path, NULL) ? 0 : -1;
}

int ntcb_test_temporary_file(char *path, size_t bytes)
{
    if (temporary_name(path, bytes) != 0)
        return -1;
    return _open(path, _O_RDWR | _O_CREAT | _O_EXCL | _O_BINARY, _S_IREAD | _S_IWRITE);
}

int ntcb_test_remove_tree(const char *path)
{
    char name[MAX_PATH];
    WIN32_FIND_DATAA found;
    HANDLE search;

    snprintf(name, sizeof(name), "%s/*", path);
    search = FindFirstFileA(name, &found);
    if (search != INVALID_HANDLE_VALUE) {
        do {
            if (strcmp(found.cFileName, ".") == 0 || strcmp(found.cFileName, "..") == 0)
                continue;
            snprintf(name, sizeof(name), "%s/%s", path, found.cFileName);
            SetFileAttributesA(name, FILE_ATTRIBUTE_NORMAL);
            if ((found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
                ntcb_test_remove_tree(name);
            else
                DeleteFileA(name);
        } while (FindNextFileA(search, &found));
        FindClose(search);
    }
    return RemoveDirectoryA(path) ? 0 : -1;
}

int ntcb_test_make_directory(const char *path)
{
    return CreateDirectoryA(path, NULL) ? 0 : -1;
}

void *ntcb_test_forbidden_page(void)
{
    char *pages = VirtualAlloc(NULL, 8192, MEM_RESERVE, PAGE_NOACCESS);

    if (pages == NULL || VirtualAlloc(pages, 4096, MEM_COMMIT, PAGE_READWRITE) == NULL)
        return NULL;
    return pages + 4096;
}

int ntcb_test_pipe(int ends[2])
{
    return _pipe(ends, 65536, _O_BINARY);
}
