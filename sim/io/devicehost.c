/* SPDX-License-Identifier: MIT
 *
 * devicehost.c - <ntsim/device.h>: a program's calls, made for the harness.
 */
#include "io/device.h"
#include "ps/psp.h"

#include <ntsim/device.h>
#include <ntcallback/ddk/ntexapi.h>

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

/* One call of the program's. Handles that are not synchronous are waited for by an event. */
struct call {
    struct as as;
    HANDLE event;
    IO_STATUS_BLOCK block;
};

static struct call begin_call(struct ntsim_process *process, HANDLE handle)
{
    struct call call = {.as = be(process)};
    struct IOP_FILE *file;

    if (NT_SUCCESS(IopReferenceFile(handle, 0, UserMode, &file))) {
        if ((file->Public.Flags & FO_SYNCHRONOUS_IO) == 0 &&
            !NT_SUCCESS(
                NtCreateEvent(&call.event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE)))
            ntsim__fatal("ntsim_device_...: no memory for an event");
        ObpDereference(file, NULL);
    }
    return call;
}

static NTSTATUS finish(struct call *call, NTSTATUS status, uint32_t *returned)
{
    if (status == STATUS_PENDING) {
        (void)NtWaitForSingleObject(call->event, FALSE, NULL);
        status = call->block.Status;
    }
    if (call->event != NULL)
        (void)NtClose(call->event);
    be_again(call->as);
    if (returned != NULL)
        *returned = NT_ERROR(status) ? 0 : (uint32_t)call->block.Information;
    return status;
}

NTSTATUS ntsim_device_ioctl(struct ntsim_process *process, HANDLE handle, uint32_t code,
                            const void *in, uint32_t in_bytes, void *out, uint32_t out_bytes,
                            uint32_t *returned)
{
    struct call call = begin_call(process, handle);

    return finish(&call,
                  NtDeviceIoControlFile(handle, call.event, NULL, NULL, &call.block, code,
                                        (PVOID)(uintptr_t)in, in_bytes, out, out_bytes),
                  returned);
}

NTSTATUS ntsim_device_read(struct ntsim_process *process, HANDLE handle, void *buffer,
                           uint32_t bytes, int64_t offset, uint32_t *returned)
{
    LARGE_INTEGER at = {.QuadPart = offset};
    struct call call = begin_call(process, handle);

    return finish(&call,
                  NtReadFile(handle, call.event, NULL, NULL, &call.block, buffer, bytes, &at, NULL),
                  returned);
}

NTSTATUS ntsim_device_write(struct ntsim_process *process, HANDLE handle, const void *buffer,
                            uint32_t bytes, int64_t offset, uint32_t *returned)
{
    LARGE_INTEGER at = {.QuadPart = offset};
    struct call call = begin_call(process, handle);

    return finish(&call,
                  NtWriteFile(handle, call.event, NULL, NULL, &call.block, (PVOID)(uintptr_t)buffer,
                              bytes, &at, NULL),
                  returned);
}

NTSTATUS ntsim_device_cancel(struct ntsim_process *process, HANDLE handle)
{
    IO_STATUS_BLOCK block;
    struct as as = be(process);
    NTSTATUS status = NtCancelIoFileEx(handle, NULL, &block);

    be_again(as);
    return status == STATUS_NOT_FOUND ? STATUS_SUCCESS : status;
}

NTSTATUS ntsim_device_close(struct ntsim_process *process, HANDLE handle)
{
    struct as as = be(process);
    NTSTATUS status = NtClose(handle);

    be_again(as);
    return status;
}
