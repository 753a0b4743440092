/* SPDX-License-Identifier: MIT
 *
 * devicehost.c - <ntsim/device.h>: a program's calls, made for the harness.
 */
#include "io/device.h"
#include "ps/psp.h"

#include <ntsim/device.h>

#include <stdio.h>
#include <string.h>

struct as {
    struct ntsim_thread *previous;
    bool entered;
    KPROCESSOR_MODE mode;
};

/* Be the process in user mode. */
static struct as be(struct ntsim_process *process)
{
    struct as as = {NULL, false, KernelMode};

    if (ntcb_kernel_current() == NULL || ntcb_thread_simulator() == NULL ||
        PspCurrentProcess() != process) {
        as.previous = ntsim_thread_enter(ntsim_process_thread(process));
        as.entered = true;
    }
    as.mode = ntsim_previous_mode(UserMode);
    return as;
}

static void be_again(struct as as)
{
    ntsim_previous_mode(as.mode);
    if (as.entered)
        ntsim_thread_leave(as.previous);
}

NTSTATUS ntsim_device_open(struct ntsim_process *process, const char *path, uint32_t access,
                           HANDLE *handle)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK block;
    UNICODE_STRING name;
    char kernel_path[1024];
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    struct as as;

    *handle = NULL;
    snprintf(kernel_path, sizeof(kernel_path), "%s%s",
             strncmp(path, "\\\\.\\", 4) == 0 ? "\\??\\" : "",
             strncmp(path, "\\\\.\\", 4) == 0 ? path + 4 : path);
    as = be(process);
    if (ntsim__utf16(kernel_path, &name)) {
        InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
        status = NtCreateFile(handle, access | SYNCHRONIZE | FILE_READ_ATTRIBUTES, &attributes,
                              &block, NULL, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN,
                              FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
        ntsim__release(name.Buffer);
    }
    be_again(as);
    return status;
}

static NTSTATUS finish(struct as as, NTSTATUS status, const IO_STATUS_BLOCK *block,
                       uint32_t *returned)
{
    be_again(as);
    if (returned != NULL)
        *returned = NT_ERROR(status) ? 0 : (uint32_t)block->Information;
    return status;
}

NTSTATUS ntsim_device_ioctl(struct ntsim_process *process, HANDLE handle, uint32_t code,
                            const void *in, uint32_t in_bytes, void *out, uint32_t out_bytes,
                            uint32_t *returned)
{
    IO_STATUS_BLOCK block = {.Information = 0};
    struct as as = be(process);

    return finish(as,
                  NtDeviceIoControlFile(handle, NULL, NULL, NULL, &block, code,
                                        (PVOID)(uintptr_t)in, in_bytes, out, out_bytes),
                  &block, returned);
}

NTSTATUS ntsim_device_read(struct ntsim_process *process, HANDLE handle, void *buffer,
                           uint32_t bytes, int64_t offset, uint32_t *returned)
{
    LARGE_INTEGER at = {.QuadPart = offset};
    IO_STATUS_BLOCK block = {.Information = 0};
    struct as as = be(process);

    return finish(as, NtReadFile(handle, NULL, NULL, NULL, &block, buffer, bytes, &at, NULL),
                  &block, returned);
}

NTSTATUS ntsim_device_write(struct ntsim_process *process, HANDLE handle, const void *buffer,
                            uint32_t bytes, int64_t offset, uint32_t *returned)
{
    LARGE_INTEGER at = {.QuadPart = offset};
    IO_STATUS_BLOCK block = {.Information = 0};
    struct as as = be(process);

    return finish(
        as,
        NtWriteFile(handle, NULL, NULL, NULL, &block, (PVOID)(uintptr_t)buffer, bytes, &at, NULL),
        &block, returned);
}

NTSTATUS ntsim_device_cancel(struct ntsim_process *process, HANDLE handle)
{
    IO_STATUS_BLOCK block;
    struct as as = be(process);
    NTSTATUS status = NtCancelIoFile(handle, &block);

    be_again(as);
    return status;
}

NTSTATUS ntsim_device_close(struct ntsim_process *process, HANDLE handle)
{
    struct as as = be(process);
    NTSTATUS status = NtClose(handle);

    be_again(as);
    return status;
}
