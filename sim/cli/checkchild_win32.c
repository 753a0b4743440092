/* SPDX-License-Identifier: MIT
 *
 * checkchild_win32.c - a pass in a process of its own. Windows has no fork(): the command runs
 * again with the same arguments, and finds the pass and the file for its lines in the environment.
 */
#include "cli/check.h"

#include "ke/win32.h"

#include <fcntl.h>
#include <io.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLE "NTCALLBACK_CHECK_PASS" /* <handle>:<pass> */
#define EXIT_OF_ABORT 3u

const int check_hung = SIGTERM;

const char *check_end_name(int signal)
{
    return signal == SIGABRT  ? "abort"
           : signal == SIGILL ? "illegal instruction"
           : signal == SIGFPE ? "arithmetic exception"
                              : "access violation";
}

bool check_is_handed_down(struct check_run *run)
{
    const char *value = getenv(VARIABLE);
    char *pass;
    intptr_t handle;
    int file;

    if (value == NULL)
        return false;
    handle = (intptr_t)strtoll(value, &pass, 10);
    file = _open_osfhandle(handle, _O_BINARY);
    run->out = file >= 0 ? _fdopen(file, "wb") : NULL;
    if (*pass != ':' || run->out == NULL) {
        cli_complain(VARIABLE
                     " is in the environment, and is nothing that \"check\" has put there");
        exit(CLI_CANNOT_RUN);
    }
    run->pass = pass + 1;
    SetErrorMode(WIN32_NO_FAULT_DIALOG);
    return true;
}

/* NULL after a message. */
static WIN32_HANDLE start(const struct check_pass *pass, FILE *lines)
{
    struct win32_startup startup = {.bytes = sizeof(startup)};
    WIN32_CHAR *command = _wcsdup(GetCommandLineW());
    intptr_t handle = _get_osfhandle(_fileno(lines));
    struct win32_process child;
    char variable[80];
    bool made;

    snprintf(variable, sizeof(variable), VARIABLE "=%lld:%s", (long long)handle, pass->name);
    _putenv(variable);
    fflush(NULL);
    made = command != NULL &&
           SetHandleInformation((WIN32_HANDLE)handle, WIN32_INHERIT, WIN32_INHERIT) &&
           CreateProcessW(NULL, command, NULL, NULL, 1, 0, NULL, NULL, &startup, &child);
    if (!made)
        cli_complain("no process could be made: Windows error %u", GetLastError());
    _putenv(VARIABLE "=");
    free(command);
    if (!made)
        return NULL;
    CloseHandle(child.thread);
    return child.process;
}

static int signal_of(uint32_t exit_status)
{
    switch ((NTSTATUS)exit_status) {
    case EXIT_OF_ABORT:
        return SIGABRT;
    case STATUS_ILLEGAL_INSTRUCTION:
        return SIGILL;
    case STATUS_INTEGER_DIVIDE_BY_ZERO:
        return SIGFPE;
    default:
        return exit_status == 0 ? 0 : SIGSEGV;
    }
}

int check_isolated(const struct check_pass *pass, struct check_run *run)
{
    unsigned seconds = run->options->seconds != 0 ? run->options->seconds : pass->seconds;
    WIN32_HANDLE child = start(pass, run->out);
    uint32_t status = 0;
    bool hung;

    if (child == NULL)
        return -1;
    hung = WaitForSingleObject(child, seconds * 1000u) != 0;
    if (hung)
        TerminateProcess(child, 0);
    else
        GetExitCodeProcess(child, &status);
    CloseHandle(child);
    run->cannot = status == CHECK_CHILD_CANNOT || status == CLI_CANNOT_RUN;
    return hung ? check_hung : run->cannot ? 0 : signal_of(status);
}
