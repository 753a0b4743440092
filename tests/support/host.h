/* SPDX-License-Identifier: MIT
 *
 * host.h - what tests need of the machine they run on: other processes, files for a while.
 */
#ifndef NTCB_TEST_HOST_H
#define NTCB_TEST_HOST_H

#include <stddef.h>

/* Run run(argument) in a process of its own, as far as the case has come (fork(); where there is
 * none, the program runs the same case again and gets here). Returns what run() has returned (0 to
 * 127), or how the process died: by abort(), or of a fault. text, unless it is NULL: its standard
 * error. */
#define NTCB_TEST_ABORTED (-1)
#define NTCB_TEST_CRASHED (-2)
int ntcb_test_child(int (*run)(void *argument), void *argument, char *text, size_t bytes);
/* Is this the process of a child on its way there? Nothing fails then. */
int ntcb_test_is_child(void);

/* A directory, or a file for writing, that nobody else has. Returns 0, or the descriptor; else -1.
 */
int ntcb_test_temporary_directory(char *path, size_t bytes);
int ntcb_test_temporary_file(char *path, size_t bytes);
/* Remove a directory with all that is in it. Returns 0, or -1. */
int ntcb_test_remove_tree(const char *path);
int ntcb_test_make_directory(const char *path);
int ntcb_test_pipe(int ends[2]); /* of bytes, which also Windows leaves alone */

/* A page that nobody may touch, behind one that all may write; the process keeps both. Or NULL. */
void *ntcb_test_forbidden_page(void);

/* host_*.c asks test.c: the program, and the case that runs. */
extern const char *ntcb_test_program;
extern const char *ntcb_test_case;

#endif
