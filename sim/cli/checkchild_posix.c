/* SPDX-License-Identifier: MIT
 *
 * checkchild_posix.c - a pass in a process of its own: a driver that falls over or hangs takes
 * nothing along but its pass.
 */
#include "cli/check.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const int check_hung = SIGALRM;

const char *check_end_name(int signal)
{
    return strsignal(signal);
}

bool check_is_handed_down(struct check_run *run)
{
    (void)run;
    return false;
}

int check_isolated(const struct check_pass *pass, struct check_run *run)
{
    pid_t child;
    int status;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        alarm(run->options->seconds != 0 ? run->options->seconds : pass->seconds);
        pass->run(run);
        fflush(NULL);
        _exit(run->cannot ? CHECK_CHILD_CANNOT : 0);
    }
    if (child < 0) {
        cli_complain("no process could be made: %s", strerror(errno));
        return -1;
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status))
        return WTERMSIG(status);
    if (WEXITSTATUS(status) == CHECK_CHILD_CANNOT || WEXITSTATUS(status) == CLI_CANNOT_RUN)
        run->cannot = true;
    /* A sanitizer ends a process that it found something about by its own exit status. */
    return WEXITSTATUS(status) == 0 || run->cannot ? 0 : CHECK_SANITIZER;
}
