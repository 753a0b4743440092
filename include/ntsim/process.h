/* SPDX-License-Identifier: MIT
 *
 * process.h - processes and threads of the simulated kernel, and being one of them.
 *
 * A host thread acts as one simulated thread at a time. As a thread of a user process its Nt* calls
 * come from user mode (ExGetPreviousMode() == UserMode); a system thread's from kernel mode.
 */
#ifndef NTSIM_PROCESS_H
#define NTSIM_PROCESS_H

#include <ntsim/sim.h>

NTCB_BEGIN_DECLS

struct ntsim_process_options {
    const char *image_path;       /* UTF-8, "C:\\Windows\\notepad.exe" or an NT name; required */
    const char *command_line;     /* UTF-8 or NULL */
    uint32_t pid;                 /* a multiple of 4 that no live process has; 0: the next free */
    struct ntsim_process *parent; /* NULL: System */
    bool wow64;                   /* a 32-bit process */
    struct ntsim_thread *creator; /* NULL: the thread that the caller is, else a system thread */
    uint32_t tid;                 /* of the first thread; as pid */
    bool suspended;               /* its thread does not run before ntsim_process_resume (ORD-03) */
    bool no_thread;               /* nobody is told before ntsim_thread_create (ORD-05) */
    bool subsystem;               /* not a Win32 process; image_path may be NULL (PROC-37) */
    bool name_unavailable;        /* FileOpenNameAvailable is 0 (PROC-36) */
    const char *const *images;    /* what the first thread maps before its first instruction, in
                                   * order: the executable, ntdll...; ends with NULL; may be NULL */
    NTSTATUS *status;             /* out, may be NULL: the veto (PROC-40) */
    HANDLE *process_handle;       /* out, may be NULL: the creator's handles, all rights, which */
    HANDLE *thread_handle;        /* object callbacks hear of and may take rights from (ORD-07) */
};

/* ntsim_process_create - a process with one thread, as NtCreateUserProcess makes it: the process
 * and thread routines are told on the creator's thread, then, on the new one, those that want to
 * hear there and the image routines (ORD-01).
 * Returns 0 and *out (owned by the simulator, valid until exit), NTCB_ESTATUS (a driver's veto:
 * *options->status), NTCB_EINVAL, NTCB_ENOMEM; *out is NULL unless 0. */
NTCB_EXPORT int ntsim_process_create(struct ntsim *sim, const struct ntsim_process_options *options,
                                     struct ntsim_process **out);
/* ntsim_process_resume - let a process that was created suspended run; images as above. Nothing
 * happens when it runs already. */
NTCB_EXPORT void ntsim_process_resume(struct ntsim_process *process, const char *const *images);
/* ntsim_process_exit - end its threads, each told on that thread; on the last one the process
 * routines are told and its handles closed, which may raise key-close notifications. No host thread
 * may be one of its threads except the caller. */
NTCB_EXPORT void ntsim_process_exit(struct ntsim_process *process, NTSTATUS exit_status);
NTCB_EXPORT struct ntsim_process *ntsim_process_find(struct ntsim *sim, uint32_t pid);
NTCB_EXPORT struct ntsim_process *ntsim_system_process(struct ntsim *sim);
NTCB_EXPORT uint32_t ntsim_process_id(const struct ntsim_process *process);
/* Opaque to the simulator: for whoever drives it. */
NTCB_EXPORT void ntsim_process_set_data(struct ntsim_process *process, void *data);
NTCB_EXPORT void *ntsim_process_data(const struct ntsim_process *process);

/* ntsim_thread_create - another thread in the process, made by the thread that the caller is, else
 * by a system thread; tid 0: the next free id. NULL: no memory, or the tid is taken, or it was the
 * first thread of its process and a driver's veto has ended that. */
NTCB_EXPORT struct ntsim_thread *ntsim_thread_create(struct ntsim_process *process, uint32_t tid);
/* ntsim_thread_exit - end a thread, told on that thread; with the last one the process ends. */
NTCB_EXPORT void ntsim_thread_exit(struct ntsim_thread *thread);
NTCB_EXPORT size_t ntsim_process_thread_count(struct ntsim_process *process);
NTCB_EXPORT struct ntsim_thread *ntsim_thread_find(struct ntsim *sim, uint32_t tid);
/* The process's first thread that has not exited. */
NTCB_EXPORT struct ntsim_thread *ntsim_process_thread(struct ntsim_process *process);
NTCB_EXPORT uint32_t ntsim_thread_id(const struct ntsim_thread *thread);

/* ntsim_thread_enter - the calling host thread becomes `thread` (and is bound to its kernel);
 * returns what it was before, NULL for unbound: hand that to ntsim_thread_leave. */
NTCB_EXPORT struct ntsim_thread *ntsim_thread_enter(struct ntsim_thread *thread);
NTCB_EXPORT void ntsim_thread_leave(struct ntsim_thread *previous);
/* ntsim_enter, ntsim_leave - become a fresh system thread; leave it and end it. */
NTCB_EXPORT struct ntsim_thread *ntsim_enter(struct ntsim *sim);
NTCB_EXPORT void ntsim_leave(struct ntsim_thread *previous);

/* ntsim_previous_mode - set what ExGetPreviousMode() says on this thread; returns the old value. */
NTCB_EXPORT KPROCESSOR_MODE ntsim_previous_mode(KPROCESSOR_MODE mode);

NTCB_END_DECLS

#endif
