/* SPDX-License-Identifier: MIT
 *
 * win32.h - programs: the Windows API for tests, and running a program's main (docs/win32.md).
 *
 * The calls of <ntcallback/win32/ntcb_win32.h> are made by the process that the calling thread is:
 * enter one of a process's threads first (ntsim_thread_enter), or run a program.
 */
#ifndef NTSIM_WIN32_H
#define NTSIM_WIN32_H

#include <ntsim/driver.h>
#include <ntsim/process.h>
#include <ntcallback/win32/ntcb_win32.h>

NTCB_BEGIN_DECLS

/* A program that ntcallback_add_program compiled: its main or its wmain, under their new names. */
struct ntsim_program {
    const char *image_path;       /* "C:\\Tools\\control.exe"; also argv[0] */
    const char *const *arguments; /* argv[1] and so on, UTF-8, ended by NULL; NULL: none */
    int (*main)(int argc, char **argv);
    int (*wmain)(int argc, WCHAR **argv); /* one of the two */
};

/* ntsim_program_run - a process of that image, main on its first thread, and its exit with what
 * main returns or ExitProcess was given: *exit_code. From any thread.
 * Returns 0, NTCB_ESTATUS (a driver let no process start), NTCB_EINVAL, NTCB_ENOMEM. */
NTCB_EXPORT int ntsim_program_run(struct ntsim *sim, const struct ntsim_program *program,
                                  int *exit_code);

/* ntsim_service_image - what StartService loads for a service whose binary path ends in `file`
 * ("guard.sys", any case). The strings and the entry must live until the simulator ends; the
 * service's name is its own, options->name is ignored. Without it a path of the host to a module is
 * loaded as it is. Returns 0, NTCB_EINVAL, NTCB_ENOMEM. */
NTCB_EXPORT int ntsim_service_image(struct ntsim *sim, const char *file,
                                    const struct ntsim_driver_options *options);

NTCB_END_DECLS

#endif
