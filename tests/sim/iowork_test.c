/* SPDX-License-Identifier: MIT
 *
 * iowork_test.c - the I/O manager's work items, and the driver that is unloaded meanwhile.
 */
#include "crew_kit.h"

#include <stdatomic.h>

#define TAG 0x6B726F57u

static struct ntsim_driver *driver;
static PDRIVER_OBJECT driver_object;
static PDEVICE_OBJECT device;
static KEVENT called, entered, go;
static _Atomic(PVOID) seen_object, seen_context;
static PIO_WORKITEM seen_item;
static _Atomic bool unloaded;

static VOID NTAPI WorkUnload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteDevice(DriverObject->DeviceObject);
}

static NTSTATUS NTAPI WorkEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    DriverObject->DriverUnload = WorkUnload;
    driver_object = DriverObject;
    return IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
}

static int begin(void **state)
{
    start(state);
    driver = ntsim_driver_start(sim, "worker", WorkEntry);
    KeInitializeEvent(&called, SynchronizationEvent, FALSE);
    KeInitializeEvent(&entered, SynchronizationEvent, FALSE);
    KeInitializeEvent(&go, NotificationEvent, FALSE);
    return 0;
}

static int end(void **state)
{
    if (driver != NULL) {
        ntsim_driver_stop(driver);
    }
    return stop(state);
}

static void await(PKEVENT event)
{
    KeWaitForSingleObject(event, Executive, KernelMode, FALSE, NULL);
}

static VOID NTAPI Work(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    seen_object = DeviceObject;
    seen_context = Context;
    KeSetEvent(&entered, IO_NO_INCREMENT, FALSE);
    await(&go);
    KeSetEvent(&called, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI WorkEx(PVOID IoObject, PVOID Context, PIO_WORKITEM IoWorkItem)
{
    seen_object = IoObject;
    seen_context = Context;
    seen_item = IoWorkItem;
    IoUninitializeWorkItem(IoWorkItem);
    ExFreePool(IoWorkItem);
    KeSetEvent(&called, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI WorkAndFree(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    (void)DeviceObject;
    IoFreeWorkItem(Context);
    KeSetEvent(&called, IO_NO_INCREMENT, FALSE);
}

static void a_routine_is_called_with_its_device(void **state)
{
    PIO_WORKITEM item = IoAllocateWorkItem(device);
    int context;
    KIRQL old;

    (void)state;
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    IoQueueWorkItem(item, Work, DelayedWorkQueue, &context);
    KeLowerIrql(old);
    await(&called);
    EXPECT_PTR(seen_object, device);
    EXPECT_PTR(seen_context, &context);
    IoQueueWorkItem(item, Work, CriticalWorkQueue, NULL); /* again */
    await(&called);
    EXPECT_TRUE(seen_context == NULL);
    IoFreeWorkItem(item);
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static void a_routine_may_free_its_item(void **state)
{
    PIO_WORKITEM item = IoAllocateWorkItem(device);

    (void)state;
    IoQueueWorkItem(item, WorkAndFree, DelayedWorkQueue, item);
    await(&called);
    item = ExAllocatePoolWithTag(NonPagedPoolNx, IoSizeofWorkItem(), TAG);
    IoInitializeWorkItem(driver_object, item);
    IoQueueWorkItemEx(item, WorkEx, DelayedWorkQueue, &go);
    await(&called);
    EXPECT_PTR(seen_object, driver_object);
    EXPECT_PTR(seen_context, &go);
    EXPECT_PTR(seen_item, item);
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static void without_memory_there_is_none(void **state)
{
    (void)state;
    ntsim_fail_allocation(sim, 1);
    EXPECT_TRUE(IoAllocateWorkItem(device) == NULL);
}

/* The routine is on when the driver is unloaded, and is let go on by another thread. */
static VOID NTAPI LetGo(PVOID Context)
{
    (void)Context;
    atomic_store(&unloaded, false);
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI WorkLong(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    KeSetEvent(&called, IO_NO_INCREMENT, FALSE);
    await(&go);
    *(bool *)Context = !atomic_load(&unloaded) && DeviceObject == device;
    KeSetEvent(&called, IO_NO_INCREMENT, FALSE);
}

static void a_driver_stays_until_its_work_is_done(void **state)
{
    PIO_WORKITEM item = IoAllocateWorkItem(device);
    bool in_time = false;
    HANDLE thread;

    (void)state;
    atomic_store(&unloaded, false);
    IoQueueWorkItem(item, WorkLong, DelayedWorkQueue, &in_time);
    await(&called);
    thread = begin_thread(LetGo, NULL);
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_OK);
    atomic_store(&unloaded, true);
    driver = NULL;
    EXPECT_TRUE(in_time);
    end_thread(thread);
    IoFreeWorkItem(item);
}

static VOID NTAPI WorkRaise(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    (void)DeviceObject;
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    KfRaiseIrql(APC_LEVEL);
}

static void misuse_is_reported(void **state)
{
    PIO_WORKITEM item = IoAllocateWorkItem(device);

    (void)state;
    IoQueueWorkItem(item, Work, DelayedWorkQueue, NULL);
    await(&entered); /* the item has left the queue */
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
    await(&called);
    IoFreeWorkItem(item);
    EXPECT_EQ(ntsim_report_count(sim), 0);
    item = ExAllocatePoolZero(NonPagedPoolNx, IoSizeofWorkItem(), TAG);
    IoQueueWorkItem(item, Work, DelayedWorkQueue, NULL); /* never initialised */
    EXPECT_EQ(take_report("IO-WORK")->bugcheck, WORKER_INVALID);
    IoFreeWorkItem(item);
    take_report("IO-WORK");
    ExFreePool(item);
}

/* All workers are busy with the items in front: so the last one is still queued. */
#define BUSY 64

static void an_item_that_is_queued_is_left_alone(void **state)
{
    PIO_WORKITEM busy[BUSY], item = IoAllocateWorkItem(device);

    (void)state;
    for (int i = 0; i < BUSY; i++) {
        busy[i] = IoAllocateWorkItem(device);
        IoQueueWorkItem(busy[i], Work, DelayedWorkQueue, NULL);
    }
    IoQueueWorkItem(item, Work, DelayedWorkQueue, &called);
    IoQueueWorkItem(item, Work, DelayedWorkQueue, NULL); /* twice */
    take_report("IO-WORK");
    IoFreeWorkItem(item); /* it is freed when it leaves the queue */
    take_report("IO-WORK");
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
    EXPECT_EQ(ntsim_driver_unload(driver), NTCB_OK); /* waits for them all */
    driver = NULL;
    for (int i = 0; i < BUSY; i++) {
        IoFreeWorkItem(busy[i]);
    }
    EXPECT_EQ(ntsim_unexpected_reports(sim), 0);
}

static void a_raised_irql_is_reported(void **state)
{
    PIO_WORKITEM item = IoAllocateWorkItem(device);

    (void)state;
    IoQueueWorkItem(item, WorkRaise, DelayedWorkQueue, &called);
    await(&called);
    (void)ntsim_driver_unload(
        driver); /* waits until the routine is back; the report may come now */
    driver = NULL;
    take_report("DV-18");
    IoFreeWorkItem(item);
}

static const struct ntcb_test tests[] = {
    {"io.work.routine_is_called_with_its_device", "", a_routine_is_called_with_its_device, begin,
     end},
    {"io.work.routine_may_free_its_item", "", a_routine_may_free_its_item, begin, end},
    {"io.work.none_without_memory", "", without_memory_there_is_none, begin, end},
    {"io.work.driver_stays_until_it_is_done", "", a_driver_stays_until_its_work_is_done, begin,
     end},
    {"io.work.misuse_is_reported", "", misuse_is_reported, begin, end},
    {"io.work.queued_item_is_left_alone", "", an_item_that_is_queued_is_left_alone, begin, end},
    {"io.work.raised_irql_is_reported", "DV-18", a_raised_irql_is_reported, begin, end},
};

NTCB_TEST_MAIN("library", tests)
