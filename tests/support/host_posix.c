/* SPDX-License-Identifier: MIT
 *
 * host_posix.c - what tests need of a POSIX system.
 */
#include "host.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A crash must end the child by its signal: the handlers that it inherits would make an ordinary
 * exit or, where they do not return, no end of it. */
static void fall_by_signals(void)
{
    static const int crashes[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};

    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        signal(crashes[i], SIG_DFL);
}

int ntcb_test_is_child(void)
{
    return 0;
}

static void read_all(int descriptor, char *text, size_t bytes)
{
    size_t length = 0;
    ssize_t got = 1;

    while (got > 0 && length + 1 < bytes) {
        got = read(descriptor, text + length, bytes - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    text[length] = '\0';
}

int ntcb_test_child(int (*run)(void *argument), void *argument, char *text, size_t bytes)
{
    int status = 0;
    int ends[2];
    pid_t child;

    if (pipe(ends) != 0)
        abort();
    fflush(NULL);
    child = fork();
    if (child == 0) {
        fall_by_signals();
        if (text != NULL)
            dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        _exit(run(argument));
    }
    close(ends[1]);
    if (text != NULL)
        read_all(ends[0], text, bytes);
    close(ends[0]);
    if (child < 0 || waitpid(child, &status, 0) != child)
        abort();
    if (!WIFSIGNALED(status))
        return WEXITSTATUS(status);
    return WTERMSIG(status) == SIGABRT ? NTCB_TEST_ABORTED : NTCB_TEST_CRASHED;
}

static const char *temporary(void)
{
    const char *folder = getenv("TMPDIR");

    return folder != NULL ? folder : "/tmp";
}

int ntcb_test_temporary_directory(char *path, size_t bytes)
{
    snprintf(path, bytes, "%s/ntcallback-XXXXXX", temporary());
    return mkdtemp(path) != NULL ? 0 : -1;
}

int ntcb_test_temporary_file(char *path, size_t bytes)
{
    snprintf(path, bytes, "%s/ntcallback-XXXXXX", temporary());
    return mkstemp(path);
}

int ntcb_test_remove_tree(const char *path)
{
    char command[512];

    snprintf(command, sizeof(command), "rm -rf '%s'", path);
    return system(command) == 0 ? 0 : -1;
}

int ntcb_test_make_directory(const char *path)
{
    return mkdir(path, 0777);
}

void *ntcb_test_forbidden_page(void)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED || mprotect(pages + 4096, 4096, PROT_NONE) != 0)
        return NULL;
    return pages + 4096;
}

int ntcb_test_pipe(int ends[2])
{
    return pipe(ends);
}
