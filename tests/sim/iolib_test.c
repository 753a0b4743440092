/* SPDX-License-Identifier: MIT
 *
 * iolib_test.c - remove locks, events by name, the system's end, and what a thread has of its own.
 */
#include "crew_kit.h"

#include <ntsim/device.h>

#include <stdatomic.h>

/* ---- remove locks ---- */

static IO_REMOVE_LOCK lock;

static void a_removed_device_is_not_entered(void **state)
{
    KIRQL old;

    (void)state;
    IoInitializeRemoveLock(&lock, 0, 0, 0);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_SUCCESS(IoAcquireRemoveLock(&lock, NULL));
    EXPECT_SUCCESS(IoAcquireRemoveLock(&lock, NULL));
    IoReleaseRemoveLock(&lock, NULL);
    KeLowerIrql(old);
    IoReleaseRemoveLockAndWait(&lock, NULL);
    EXPECT_STATUS(IoAcquireRemoveLock(&lock, NULL), STATUS_DELETE_PENDING);
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static _Atomic unsigned inside, refused;

static VOID NTAPI EnterDevice(PVOID Context)
{
    KEVENT *Entered = Context;

    while (NT_SUCCESS(IoAcquireRemoveLock(&lock, NULL))) {
        atomic_fetch_add(&inside, 1);
        KeSetEvent(Entered, IO_NO_INCREMENT, FALSE);
        atomic_fetch_sub(&inside, 1);
        IoReleaseRemoveLock(&lock, NULL);
    }
    atomic_fetch_add(&refused, 1);
}

static void a_removal_waits_for_those_inside(void **state)
{
    HANDLE threads[CREW];
    KEVENT entered;

    (void)state;
    IoInitializeRemoveLock(&lock, 0, 0, 0);
    KeInitializeEvent(&entered, NotificationEvent, FALSE);
    atomic_store(&inside, 0);
    atomic_store(&refused, 0);
    EXPECT_SUCCESS(IoAcquireRemoveLock(&lock, NULL));
    for (int i = 0; i < CREW; i++) {
        threads[i] = begin_thread(EnterDevice, &entered);
    }
    KeWaitForSingleObject(&entered, Executive, KernelMode, FALSE, NULL);
    IoReleaseRemoveLockAndWait(&lock, NULL);
    EXPECT_EQ(inside, 0);
    for (int i = 0; i < CREW; i++) {
        end_thread(threads[i]);
    }
    EXPECT_EQ(refused, CREW);
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static void misuse_of_a_remove_lock_is_reported(void **state)
{
    IO_REMOVE_LOCK zero = {0};

    (void)state;
    EXPECT_STATUS(IoAcquireRemoveLock(&zero, NULL), STATUS_DELETE_PENDING);
    take_report("IO-REMLOCK");
    IoInitializeRemoveLock(&lock, 0, 0, 0);
    IoReleaseRemoveLock(&lock, NULL);
    take_report("IO-REMLOCK");
    IoReleaseRemoveLockAndWait(&lock, NULL); /* without acquiring it */
    take_report("IO-REMLOCK");
    IoReleaseRemoveLockAndWait(&lock, NULL);
    take_report("IO-REMLOCK");
}

/* ---- events by name ---- */

static void a_named_event_is_made_once(void **state)
{
    HANDLE first, second, third;
    PKEVENT event = IoCreateNotificationEvent(STRING(u"\\BaseNamedObjects\\Ready"), &first);

    (void)state;
    EXPECT_TRUE(event != NULL);
    EXPECT_EQ(KeReadStateEvent(event), 1);
    KeClearEvent(event);
    EXPECT_PTR(IoCreateNotificationEvent(STRING(u"\\BaseNamedObjects\\ready"), &second), event);
    EXPECT_EQ(KeReadStateEvent(event), 0); /* it was there already */
    EXPECT_SUCCESS(ZwClose(first));
    EXPECT_SUCCESS(ZwClose(second));
    event = IoCreateSynchronizationEvent(STRING(u"\\BaseNamedObjects\\Turn"), &third);
    EXPECT_SUCCESS(KeWaitForSingleObject(event, Executive, KernelMode, FALSE, NULL));
    EXPECT_EQ(KeReadStateEvent(event), 0);
    EXPECT_SUCCESS(ZwClose(third));
    EXPECT_TRUE(IoCreateNotificationEvent(STRING(u"Ready"), &first) == NULL);
    EXPECT_TRUE(first == NULL);
}

/* ---- the system's end ---- */

static PDEVICE_OBJECT devices[4];
static int told[4], tells;

static NTSTATUS NTAPI OnShutdown(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    EXPECT_EQ(IoGetCurrentIrpStackLocation(Irp)->MajorFunction, IRP_MJ_SHUTDOWN);
    for (int i = 0; i < 4; i++) {
        if (devices[i] == DeviceObject) {
            told[i] = ++tells;
        }
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID NTAPI LastUnload(PDRIVER_OBJECT DriverObject)
{
    while (DriverObject->DeviceObject != NULL) {
        IoDeleteDevice(DriverObject->DeviceObject);
    }
}

static NTSTATUS NTAPI LastEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status = STATUS_SUCCESS;

    (void)RegistryPath;
    DriverObject->DriverUnload = LastUnload;
    DriverObject->MajorFunction[IRP_MJ_SHUTDOWN] = OnShutdown;
    for (int i = 0; i < 4 && NT_SUCCESS(status); i++) {
        status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &devices[i]);
    }
    return status;
}

static void devices_hear_of_the_end(void **state)
{
    struct ntsim_driver *driver = ntsim_driver_start(sim, "last", LastEntry);
    static const int expected[] = {2, 3, 1, 0};

    (void)state;
    tells = 0;
    memset(told, 0, sizeof(told));
    EXPECT_SUCCESS(IoRegisterShutdownNotification(devices[0]));
    EXPECT_SUCCESS(IoRegisterLastChanceShutdownNotification(devices[1]));
    EXPECT_SUCCESS(IoRegisterShutdownNotification(devices[2]));
    EXPECT_SUCCESS(IoRegisterShutdownNotification(devices[3]));
    EXPECT_TRUE((devices[3]->Flags & DO_SHUTDOWN_REGISTERED) != 0);
    IoUnregisterShutdownNotification(devices[3]);
    EXPECT_TRUE((devices[3]->Flags & DO_SHUTDOWN_REGISTERED) == 0);
    ntsim_fail_allocation(sim, 1);
    EXPECT_STATUS(IoRegisterShutdownNotification(devices[3]), STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(ntsim_shutdown(sim), 3);
    for (int i = 0; i < 4; i++) {
        EXPECT_EQ(told[i], expected[i]);
    }
    EXPECT_EQ(ntsim_shutdown(sim), 0);
    EXPECT_SUCCESS(IoRegisterShutdownNotification(devices[0])); /* the deletion takes it back */
    ntsim_driver_stop(driver);
    EXPECT_EQ(ntsim_shutdown(sim), 0);
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

/* ---- a thread's own ---- */

static VOID NTAPI LookAtThread(PVOID Context)
{
    ULONG_PTR Low, High;

    IoGetStackLimits(&Low, &High);
    *(bool *)Context = Low < (ULONG_PTR)&Low && (ULONG_PTR)&Low < High &&
                       IoGetRemainingStackSize() < High - Low && IoGetTopLevelIrp() == NULL &&
                       IoSetThreadHardErrorMode(TRUE);
}

static void a_thread_has_its_own(void **state)
{
    PIRP irp = (PIRP)FSRTL_FSP_TOP_LEVEL_IRP;
    bool good = false;

    (void)state;
    EXPECT_TRUE(IoSetThreadHardErrorMode(FALSE));
    EXPECT_FALSE(IoSetThreadHardErrorMode(FALSE));
    IoSetTopLevelIrp(irp);
    EXPECT_PTR(IoGetTopLevelIrp(), irp);
    end_thread(begin_thread(LookAtThread, &good));
    EXPECT_TRUE(good);
    EXPECT_FALSE(IoSetThreadHardErrorMode(TRUE));
    IoSetTopLevelIrp(NULL);
}

static const struct ntcb_test tests[] = {
    {"io.removelock.removed_device_is_not_entered", "", a_removed_device_is_not_entered, start,
     stop},
    {"io.removelock.removal_waits_for_those_inside", "", a_removal_waits_for_those_inside, start,
     stop},
    {"io.removelock.misuse_is_reported", "", misuse_of_a_remove_lock_is_reported, start, stop},
    {"io.event.named_one_is_made_once", "", a_named_event_is_made_once, start, stop},
    {"io.shutdown.devices_hear_of_the_end", "", devices_hear_of_the_end, start, stop},
    {"io.thread.has_its_own", "", a_thread_has_its_own, start, stop},
};

NTCB_TEST_MAIN("library", tests)
