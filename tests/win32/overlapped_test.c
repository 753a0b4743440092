/* SPDX-License-Identifier: MIT
 *
 * overlapped_test.c - calls that return before their driver has answered, and how a program hears
 * of that: events, GetOverlappedResult, completion routines, cancelling.
 */
#include "win32_kit.h"

#include <ntsim/driver.h>

#define IOCTL_LATER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_NOW CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

/* ---- a driver that keeps requests until it is told to answer -------------------------------- */

#undef DeviceIoControl /* a member of a driver's structures */

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(u"\\Device\\Later");
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(u"\\DosDevices\\Later");
static PIRP kept;

static NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static VOID on_cancel(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    kept = NULL;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

    (void)device;
    switch (stack->MajorFunction) {
    case IRP_MJ_DEVICE_CONTROL:
        if (stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_NOW) {
            return complete(irp, STATUS_SUCCESS, 2);
        }
        break;
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
        break;
    default:
        return complete(irp, STATUS_SUCCESS, 0);
    }
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, on_cancel);
    kept = irp;
    return STATUS_PENDING;
}

static void answer(NTSTATUS status, const char *text)
{
    PIRP irp = kept;

    kept = NULL;
    EXPECT_TRUE(irp != NULL && IoSetCancelRoutine(irp, NULL) != NULL);
    if (irp->AssociatedIrp.SystemBuffer != NULL) {
        memcpy(irp->AssociatedIrp.SystemBuffer, text, strlen(text));
    }
    complete(irp, status, strlen(text));
}

static VOID unload(PDRIVER_OBJECT driver)
{
    IoDeleteSymbolicLink(&link_name);
    IoDeleteDevice(driver->DeviceObject);
}

static NTSTATUS enter(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    PDEVICE_OBJECT device;
    NTSTATUS status;

    (void)path;
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) {
        driver->MajorFunction[i] = dispatch;
    }
    driver->DriverUnload = unload;
    status = IoCreateDevice(driver, 0, &device_name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    device->Flags |= DO_BUFFERED_IO;
    return IoCreateSymbolicLink(&link_name, &device_name);
}

#define DeviceIoControl ntsim_DeviceIoControl

/* ---- the program ---------------------------------------------------------------------------- */

static HANDLE device;
static OVERLAPPED overlapped;
static char buffer[8];
static DWORD bytes;

static int set_up_device(void **state)
{
    int result = set_up(state);

    kept = NULL;
    memset(buffer, 0, sizeof(buffer));
    memset(&overlapped, 0, sizeof(overlapped));
    bytes = 99;
    ntsim_driver_start(kit_of(state)->sim, "later", enter);
    device = CreateFileW(u"\\\\.\\Later", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                         FILE_FLAG_OVERLAPPED, NULL);
    EXPECT_TRUE(device != INVALID_HANDLE_VALUE);
    overlapped.hEvent = CreateEventW(NULL, TRUE, TRUE, NULL);
    EXPECT_TRUE(overlapped.hEvent != NULL);
    return result;
}

static int tear_down_device(void **state)
{
    EXPECT_TRUE(CloseHandle(device));
    EXPECT_TRUE(CloseHandle(overlapped.hEvent));
    return tear_down(state);
}

static void expect_pending(BOOL result)
{
    EXPECT_FALSE(result);
    EXPECT_EQ(GetLastError(), ERROR_IO_PENDING);
    EXPECT_FALSE(HasOverlappedIoCompleted(&overlapped));
    EXPECT_EQ(bytes, 0);
    EXPECT_EQ(WaitForSingleObject(overlapped.hEvent, 0), WAIT_TIMEOUT);
    EXPECT_FALSE(GetOverlappedResult(device, &overlapped, &bytes, FALSE));
    EXPECT_EQ(GetLastError(), ERROR_IO_INCOMPLETE);
}

static void result_comes_later(void **state)
{
    (void)state;
    expect_pending(DeviceIoControl(device, IOCTL_LATER, "ab", 2, buffer, 4, &bytes, &overlapped));
    answer(STATUS_SUCCESS, "xyz");
    EXPECT_TRUE(HasOverlappedIoCompleted(&overlapped));
    EXPECT_EQ(WaitForSingleObject(overlapped.hEvent, INFINITE), WAIT_OBJECT_0);
    EXPECT_TRUE(GetOverlappedResult(device, &overlapped, &bytes, TRUE));
    EXPECT_EQ(bytes, 3);
    EXPECT_STR(buffer, "xyz");
    expect_pending(WriteFile(device, "abc", 3, &bytes, &overlapped));
    answer(STATUS_DEVICE_NOT_READY, "");
    EXPECT_FALSE(GetOverlappedResult(device, &overlapped, &bytes, TRUE));
    EXPECT_EQ(GetLastError(), 21);
    EXPECT_EQ(bytes, 0);
}

static void result_may_come_at_once(void **state)
{
    (void)state;
    EXPECT_TRUE(DeviceIoControl(device, IOCTL_NOW, "ab", 2, buffer, 4, &bytes, &overlapped));
    EXPECT_EQ(bytes, 2);
    EXPECT_EQ(WaitForSingleObject(overlapped.hEvent, 0), WAIT_OBJECT_0);
    EXPECT_TRUE(GetOverlappedResult(device, &overlapped, &bytes, FALSE));
    EXPECT_STR(buffer, "ab");
}

static void file_is_waited_for_without_an_event(void **state)
{
    OVERLAPPED bare = {.Offset = 7};

    (void)state;
    EXPECT_FALSE(ReadFile(device, buffer, 4, &bytes, &bare));
    EXPECT_EQ(GetLastError(), ERROR_IO_PENDING);
    EXPECT_EQ(WaitForSingleObject(device, 0), WAIT_TIMEOUT);
    EXPECT_EQ(IoGetCurrentIrpStackLocation(kept)->Parameters.Read.ByteOffset.QuadPart, 7);
    answer(STATUS_SUCCESS, "q");
    EXPECT_EQ(WaitForSingleObject(device, INFINITE), WAIT_OBJECT_0);
    EXPECT_TRUE(GetOverlappedResult(device, &bare, &bytes, TRUE));
    EXPECT_EQ(bytes, 1);
}

static void requests_are_cancelled(void **state)
{
    (void)state;
    EXPECT_FALSE(CancelIoEx(device, &overlapped));
    EXPECT_EQ(GetLastError(), ERROR_NOT_FOUND);
    expect_pending(ReadFile(device, buffer, 4, &bytes, &overlapped));
    EXPECT_TRUE(CancelIoEx(device, &overlapped));
    EXPECT_FALSE(GetOverlappedResult(device, &overlapped, &bytes, TRUE));
    EXPECT_EQ(GetLastError(), ERROR_OPERATION_ABORTED);
    expect_pending(ReadFile(device, buffer, 4, &bytes, &overlapped));
    EXPECT_TRUE(CancelIo(device));
    EXPECT_FALSE(GetOverlappedResult(device, &overlapped, &bytes, TRUE));
    EXPECT_TRUE(CancelIo(device)); /* there is none, and that is no error */
    EXPECT_FALSE(CancelIo(NULL));
    EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

/* ---- completion routines -------------------------------------------------------------------- */

static struct {
    int calls;
    DWORD error, bytes;
} completion;

static VOID WINAPI on_completion(DWORD error, DWORD transferred, LPOVERLAPPED of)
{
    EXPECT_PTR(of, &overlapped);
    completion.calls++;
    completion.error = error;
    completion.bytes = transferred;
}

static void routine_is_called_in_an_alertable_wait(void **state)
{
    (void)state;
    memset(&completion, 0, sizeof(completion));
    EXPECT_TRUE(ReadFileEx(device, buffer, 4, &overlapped, on_completion));
    answer(STATUS_SUCCESS, "abcd");
    EXPECT_EQ(WaitForSingleObject(device, INFINITE), WAIT_OBJECT_0);
    EXPECT_EQ(SleepEx(0, FALSE), 0);
    EXPECT_EQ(completion.calls, 0);
    EXPECT_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    EXPECT_EQ(completion.calls, 1);
    EXPECT_EQ(completion.error, ERROR_SUCCESS);
    EXPECT_EQ(completion.bytes, 4);
    EXPECT_TRUE(WriteFileEx(device, "x", 1, &overlapped, on_completion));
    EXPECT_TRUE(CancelIo(device));
    EXPECT_TRUE(ResetEvent(overlapped.hEvent));
    EXPECT_EQ(WaitForSingleObjectEx(overlapped.hEvent, INFINITE, TRUE), WAIT_IO_COMPLETION);
    EXPECT_EQ(completion.calls, 2);
    EXPECT_EQ(completion.error, ERROR_OPERATION_ABORTED);
    EXPECT_FALSE(ReadFileEx(NULL, buffer, 4, &overlapped, on_completion));
    EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    EXPECT_FALSE(WriteFileEx(NULL, buffer, 4, &overlapped, on_completion));
    EXPECT_EQ(SleepEx(0, TRUE), 0);
}

/* ---- events --------------------------------------------------------------------------------- */

static void events_are_set_reset_and_waited_for(void **state)
{
    HANDLE automatic = CreateEventW(NULL, FALSE, FALSE, NULL);

    (void)state;
    EXPECT_TRUE(SetEvent(automatic));
    EXPECT_EQ(WaitForSingleObject(automatic, 0), WAIT_OBJECT_0);
    EXPECT_EQ(WaitForSingleObject(automatic, 1), WAIT_TIMEOUT);
    EXPECT_TRUE(CloseHandle(automatic));
    EXPECT_EQ(WaitForSingleObject(automatic, 0), WAIT_FAILED);
    EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    EXPECT_FALSE(SetEvent(automatic));
    EXPECT_FALSE(ResetEvent(device));
    EXPECT_PTR(CreateEventW(NULL, FALSE, FALSE, u"Named"), NULL);
    EXPECT_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
}

static void any_or_all_are_waited_for(void **state)
{
    HANDLE both[] = {CreateEventW(NULL, FALSE, FALSE, NULL), CreateEventW(NULL, TRUE, TRUE, NULL)};
    HANDLE twice[] = {both[1], both[1]};

    (void)state;
    EXPECT_EQ(WaitForMultipleObjects(2, both, FALSE, INFINITE), WAIT_OBJECT_0 + 1);
    EXPECT_EQ(WaitForMultipleObjects(2, both, TRUE, 0), WAIT_TIMEOUT);
    EXPECT_TRUE(SetEvent(both[0]));
    EXPECT_EQ(WaitForMultipleObjectsEx(2, both, TRUE, INFINITE, TRUE), WAIT_OBJECT_0);
    EXPECT_EQ(WaitForSingleObject(both[0], 0), WAIT_TIMEOUT); /* which reset it */
    EXPECT_EQ(WaitForMultipleObjects(0, both, FALSE, 0), WAIT_FAILED);
    EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    EXPECT_EQ(WaitForMultipleObjects(2, twice, TRUE, 0), WAIT_FAILED);
    EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    EXPECT_TRUE(CloseHandle(both[0]) && CloseHandle(both[1]));
    EXPECT_EQ(WaitForMultipleObjects(2, both, FALSE, 0), WAIT_FAILED);
    EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

#define CASE(name)                                                           \
    {                                                                        \
        "win32.overlapped." #name, "", name, set_up_device, tear_down_device \
    }

static const struct ntcb_test tests[] = {
    CASE(result_comes_later),
    CASE(result_may_come_at_once),
    CASE(file_is_waited_for_without_an_event),
    CASE(requests_are_cancelled),
    CASE(routine_is_called_in_an_alertable_wait),
    CASE(events_are_set_reset_and_waited_for),
    CASE(any_or_all_are_waited_for),
};

NTCB_TEST_MAIN("library", tests)
