/* SPDX-License-Identifier: MIT
 *
 * checkchild_win32.c - Windows cannot go on in a second process from where the first one is: there
 * is no `ntcallback check` of all passes yet, but of each (--pass).
 */
#include "cli/check.h"

const int check_hung = 14;

const char *check_end_name(int signal)
{
    (void)signal;
    return "no process of its own has been made";
}

int check_isolated(const struct check_pass *pass, struct check_run *run)
{
    (void)run;
    cli_complain("on Windows no pass can run in a process of its own; run one with --pass %s",
                 pass->name);
    return -1;
}
