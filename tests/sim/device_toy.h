/* SPDX-License-Identifier: MIT
 *
 * device_toy.h - a driver with one device that does, well or badly, what a case asks of it.
 */
#ifndef TESTS_SIM_DEVICE_TOY_H
#define TESTS_SIM_DEVICE_TOY_H

#include "simkit.h"

#include <ntsim/device.h>
#include <ntsim/memory.h>
#include <ntsim/security.h>
#include <ntcallback/ddk/wdmsec.h>

#include <pthread.h>

#define CODE(function, method) CTL_CODE(FILE_DEVICE_UNKNOWN, function, method, FILE_ANY_ACCESS)
#define ECHO(method) CODE(0x800, method)
#define ASK_READ CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_READ_ACCESS)
#define WAIT CODE(0x802, METHOD_BUFFERED)
#define EARLY CODE(0x803, METHOD_BUFFERED) /* pending, and completed before that is said */
#define HOLD CODE(0x804, METHOD_BUFFERED)  /* until it is cancelled */
#define MISUSE(n) CODE(0x900 + (n), METHOD_BUFFERED)

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(u"\\Device\\Toy");
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(u"\\DosDevices\\Toy");

/* What the driver saw, and how it is made. One case runs at a time. */
static struct {
    unsigned majors[IRP_MJ_MAXIMUM_FUNCTION + 1];
    HANDLE requestor;
    PIRP kept, held;
    ULONG key;
    KIRQL closing_irql;
    PDEVICE_OBJECT device;
    const WCHAR *sddl;
    BOOLEAN exclusive, leave_device, leave_link;
    ULONG flags;
    NTSTATUS create_status;
    pthread_mutex_t lock;
    pthread_cond_t changed;
} toy;

static inline NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

/* Every byte of the input, one more, to the output. */
static inline NTSTATUS echo(PIRP irp, PIO_STACK_LOCATION stack)
{
    ULONG method = METHOD_FROM_CTL_CODE(stack->Parameters.DeviceIoControl.IoControlCode);
    ULONG bytes = stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG room = stack->Parameters.DeviceIoControl.OutputBufferLength;
    UCHAR *in = method == METHOD_NEITHER ? stack->Parameters.DeviceIoControl.Type3InputBuffer
                                         : irp->AssociatedIrp.SystemBuffer;
    UCHAR *out = method == METHOD_NEITHER ? irp->UserBuffer
                 : method == METHOD_BUFFERED
                     ? irp->AssociatedIrp.SystemBuffer
                     : MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);

    if (bytes > room) {
        return complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    for (ULONG i = 0; i < bytes; ++i) {
        out[i] = (UCHAR)(in[i] + 1);
    }
    return complete(irp, STATUS_SUCCESS, bytes);
}

static inline void wake(void)
{
    pthread_mutex_lock(&toy.lock);
    pthread_cond_broadcast(&toy.changed);
    pthread_mutex_unlock(&toy.lock);
}

static inline VOID cancelled(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    complete(irp, STATUS_CANCELLED, 0);
}

static inline NTSTATUS keep(PIRP irp)
{
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, cancelled);
    pthread_mutex_lock(&toy.lock);
    toy.kept = irp;
    pthread_mutex_unlock(&toy.lock);
    wake();
    return STATUS_PENDING;
}

static inline NTSTATUS hold(PIRP irp)
{
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, cancelled);
    pthread_mutex_lock(&toy.lock);
    toy.held = irp;
    pthread_mutex_unlock(&toy.lock);
    wake();
    return STATUS_PENDING;
}

/* Somebody has asked for HOLD; the request may be over since. */
static inline void wait_until_held(void)
{
    pthread_mutex_lock(&toy.lock);
    while (toy.held == NULL) {
        pthread_cond_wait(&toy.changed, &toy.lock);
    }
    toy.held = NULL;
    pthread_mutex_unlock(&toy.lock);
}

static inline NTSTATUS misuse(PIRP irp, ULONG which)
{
    KIRQL irql;

    switch (which) {
    case 0: /* not completed */
        return STATUS_SUCCESS;
    case 1: /* pending, not marked */
        complete(irp, STATUS_SUCCESS, 0);
        return STATUS_PENDING;
    case 2: /* marked, not pending */
        IoMarkIrpPending(irp);
        return complete(irp, STATUS_SUCCESS, 0);
    case 3: /* twice */
        complete(irp, STATUS_SUCCESS, 0);
        return complete(irp, STATUS_SUCCESS, 0);
    case 4: /* more than there is room for */
        return complete(irp, STATUS_SUCCESS, 4096);
    case 5: /* another status */
        complete(irp, STATUS_NOT_FOUND, 0);
        return STATUS_SUCCESS;
    case 6: /* another IRQL */
        KeRaiseIrql(APC_LEVEL, &irql);
        return complete(irp, STATUS_SUCCESS, 0);
    default: /* a request that was never one's own */
        return complete(irp, STATUS_PENDING, 0);
    }
}

static inline NTSTATUS dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG code;

    (void)device;
    toy.majors[stack->MajorFunction]++;
    switch (stack->MajorFunction) {
    case IRP_MJ_CLOSE:
        toy.closing_irql = KeGetCurrentIrql();
        return complete(irp, STATUS_SUCCESS, 0);
    case IRP_MJ_CREATE:
        toy.requestor = PsGetCurrentProcessId();
        return complete(irp, toy.create_status, 0);
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
        code = stack->Parameters.Read.Length;
        toy.key = stack->Parameters.Read.Key;
        return complete(irp, STATUS_SUCCESS,
                        irp->AssociatedIrp.SystemBuffer != NULL || irp->MdlAddress != NULL ? code
                                                                                           : 0);
    case IRP_MJ_DEVICE_CONTROL:
        code = stack->Parameters.DeviceIoControl.IoControlCode;
        if (code == WAIT) {
            return keep(irp);
        }
        if (code == HOLD) {
            return hold(irp);
        }
        if (code == EARLY) {
            IoMarkIrpPending(irp);
            complete(irp, STATUS_SUCCESS, 0);
            return STATUS_PENDING;
        }
        if (code >= MISUSE(0) && code <= MISUSE(7)) {
            return misuse(irp, ((code >> 2) & 0xFFF) - 0x900);
        }
        return echo(irp, stack);
    default:
        return complete(irp, STATUS_SUCCESS, 0);
    }
}

static inline VOID unload(PDRIVER_OBJECT driver)
{
    if (!toy.leave_link) {
        IoDeleteSymbolicLink(&link_name);
    }
    if (!toy.leave_device) {
        IoDeleteDevice(driver->DeviceObject);
    }
}

static inline NTSTATUS enter(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNICODE_STRING sddl;
    NTSTATUS status;

    (void)path;
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; ++i) {
        driver->MajorFunction[i] = dispatch;
    }
    driver->DriverUnload = unload;
    if (toy.sddl != NULL) {
        RtlInitUnicodeString(&sddl, toy.sddl);
        status =
            IoCreateDeviceSecure(driver, 16, &device_name, FILE_DEVICE_UNKNOWN,
                                 FILE_DEVICE_SECURE_OPEN, toy.exclusive, &sddl, NULL, &toy.device);
    } else {
        status = IoCreateDevice(driver, 16, &device_name, FILE_DEVICE_UNKNOWN, 0, toy.exclusive,
                                &toy.device);
    }
    if (!NT_SUCCESS(status)) {
        return status;
    }
    toy.device->Flags |= toy.flags;
    return IoCreateSymbolicLink(&link_name, &device_name);
}

static struct ntsim_driver *driver;
static struct ntsim_process *process;
static HANDLE handle;

static inline void begin(void)
{
    driver = ntsim_driver_start(sim, "toy", enter);
    process = make_process("C:\\tool.exe");
    EXPECT_SUCCESS(ntsim_device_open(process, "\\\\.\\Toy", GENERIC_READ | GENERIC_WRITE, &handle));
}

static inline void finish(void)
{
    EXPECT_SUCCESS(ntsim_device_close(process, handle));
    EXPECT_EQ(ntsim_driver_stop(driver), NTCB_OK);
}

static inline int start_toy(void **state)
{
    memset(&toy, 0, sizeof(toy));
    pthread_mutex_init(&toy.lock, NULL);
    pthread_cond_init(&toy.changed, NULL);
    return start(state);
}

#endif
