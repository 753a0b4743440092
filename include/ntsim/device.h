/* SPDX-License-Identifier: MIT
 *
 * device.h - devices of drivers as a program uses them.
 *
 * Each call is made in user mode by `process`: by the calling thread's own simulated thread if that
 * is one of the process's, else by the process's first one. A request that the driver keeps pending
 * is waited for; to have several on their way, enter threads of the process (<ntsim/process.h>) on
 * as many host threads. Buffers may be any memory, or user memory of <ntsim/memory.h>.
 */
#ifndef NTSIM_DEVICE_H
#define NTSIM_DEVICE_H

#include <ntsim/sim.h>
#include <ntcallback/ddk/wdm.h>

NTCB_BEGIN_DECLS

/* ntsim_device_open - CreateFile: `path` is "\\.\Name" (\??\Name) or a kernel name, `access` as
 * GENERIC_READ | GENERIC_WRITE. *handle is the process's own and is closed when it exits. Returns
 * what the driver's IRP_MJ_CREATE completes with, or why there was none. */
NTCB_EXPORT NTSTATUS ntsim_device_open(struct ntsim_process *process, const char *path,
                                       uint32_t access, HANDLE *handle);
/* ntsim_device_ioctl - DeviceIoControl. *returned, which may be NULL: bytes of output. */
NTCB_EXPORT NTSTATUS ntsim_device_ioctl(struct ntsim_process *process, HANDLE handle, uint32_t code,
                                        const void *in, uint32_t in_bytes, void *out,
                                        uint32_t out_bytes, uint32_t *returned);
/* ntsim_device_read, ntsim_device_write - ReadFile, WriteFile at `offset`. */
NTCB_EXPORT NTSTATUS ntsim_device_read(struct ntsim_process *process, HANDLE handle, void *buffer,
                                       uint32_t bytes, int64_t offset, uint32_t *returned);
NTCB_EXPORT NTSTATUS ntsim_device_write(struct ntsim_process *process, HANDLE handle,
                                        const void *buffer, uint32_t bytes, int64_t offset,
                                        uint32_t *returned);
/* ntsim_device_cancel - CancelIoEx: cancel every request on the file that is on its way. */
NTCB_EXPORT NTSTATUS ntsim_device_cancel(struct ntsim_process *process, HANDLE handle);
/* ntsim_device_close - CloseHandle. */
NTCB_EXPORT NTSTATUS ntsim_device_close(struct ntsim_process *process, HANDLE handle);

/* ntsim_shutdown - the simulated machine is about to be shut down: each device that asked for it
 * (IoRegisterShutdownNotification) is sent IRP_MJ_SHUTDOWN, the newest first, then those that asked
 * for the last chance. Nobody is asked twice; the simulator goes on. By a thread that is in the
 * simulator. Returns how many were told. */
NTCB_EXPORT int ntsim_shutdown(struct ntsim *sim);

NTCB_END_DECLS

#endif
