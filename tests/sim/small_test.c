/* SPDX-License-Identifier: MIT
 *
 * small_test.c - routines that have no page of their own: devices of a driver, memory of another
 * process, callers.
 */
#include "device_toy.h"

#include <ntcallback/exception.h>

static void devices_of_a_driver_are_listed(void **state)
{
    PDEVICE_OBJECT devices[2] = {NULL, NULL}, second;
    struct ntsim_thread *previous;
    PDRIVER_OBJECT object;
    ULONG count = 9;

    (void)state;
    begin();
    previous = ntsim_enter(sim);
    object = toy.device->DriverObject;
    EXPECT_STATUS(IoEnumerateDeviceObjectList(object, NULL, 0, &count), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(count, 1);
    EXPECT_SUCCESS(IoEnumerateDeviceObjectList(object, devices, sizeof(devices), &count));
    EXPECT_EQ(count, 1);
    EXPECT_PTR(devices[0], toy.device);
    EXPECT_PTR(devices[1], NULL);
    ObDereferenceObject(devices[0]);
    EXPECT_SUCCESS(IoCreateDevice(object, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &second));
    EXPECT_STATUS(IoEnumerateDeviceObjectList(object, devices, sizeof(devices[0]), &count),
                  STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(count, 2);
    EXPECT_PTR(devices[0], second); /* the newest first */
    IoDeleteDevice(second);
    ObDereferenceObject(devices[0]); /* it was there until now */
    ntsim_leave(previous);
    finish();
}

static void memory_of_another_process_is_locked(void **state)
{
    struct ntsim_thread *previous;
    struct ntsim_process *other;
    volatile NTSTATUS status = STATUS_SUCCESS;
    PUCHAR memory;
    PMDL mdl;

    (void)state;
    other = make_process("C:\\other.exe");
    process = make_process("C:\\tool.exe");
    memory = ntsim_user_copy(other, "abc", 4);
    previous = ntsim_thread_enter(ntsim_process_thread(process));
    mdl = IoAllocateMdl(memory, 4, FALSE, FALSE, NULL);
    MmProbeAndLockProcessPages(mdl, (PEPROCESS)other, UserMode, IoReadAccess);
    EXPECT_TRUE((mdl->MdlFlags & MDL_PAGES_LOCKED) != 0);
    EXPECT_PTR(mdl->Process, other);
    EXPECT_TRUE(PsGetCurrentProcess() == (PEPROCESS)process);
    MmUnlockPages(mdl);
    struct ntcb_seh_frame guard;
    guard.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&guard)) != 0) {
        status = ntcb_exception_record()->ExceptionCode;
    } else {
        MmProbeAndLockProcessPages(mdl, (PEPROCESS)process, UserMode, IoReadAccess);
        ntcb_seh_done(&guard);
    }
    EXPECT_STATUS(status, STATUS_ACCESS_VIOLATION); /* it is not that process's */
    EXPECT_TRUE(PsGetCurrentProcess() == (PEPROCESS)process);
    IoFreeMdl(mdl);
    ntsim_thread_leave(previous);
}

static volatile ULONG frames_found;

__attribute__((noinline)) static void look_up(PVOID *frames, ULONG count, ULONG flags, PVOID *above)
{
    *above = __builtin_return_address(0);
    frames_found = RtlWalkFrameChain(frames, count, flags);
}

static void callers_are_told(void **state)
{
    PVOID frames[4] = {NULL}, fewer[1] = {NULL}, above;

    (void)state;
    look_up(frames, 4, 0, &above);
    EXPECT_TRUE(frames_found >= 2);
    EXPECT_PTR(frames[1], above);
    look_up(fewer, 1, 1 << 8, &above);
    EXPECT_EQ(frames_found, 1);
    EXPECT_PTR(fewer[0], above);
    look_up(frames, 0, 0, &above);
    EXPECT_EQ(frames_found, 0);
    look_up(frames, 4, 1, &above); /* a program's stack */
    EXPECT_EQ(frames_found, 0);
}

static const struct ntcb_test tests[] = {
    {"sim.small.devices_of_a_driver_are_listed", "", devices_of_a_driver_are_listed, start_toy,
     stop},
    {"sim.small.memory_of_another_process_is_locked", "", memory_of_another_process_is_locked,
     start_toy, stop},
    {"sim.small.callers_are_told", "", callers_are_told, start, stop},
};

NTCB_TEST_MAIN("library", tests)
