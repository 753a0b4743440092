/* SPDX-License-Identifier: MIT
 *
 * device_test.c - devices: opened, asked by every way to pass memory, cancelled, closed.
 */
#include "device_toy.h"

static void file_lives_from_create_to_close(void **state)
{
    (void)state;
    begin();
    EXPECT_EQ((uintptr_t)toy.requestor, ntsim_process_id(process));
    EXPECT_EQ(toy.majors[IRP_MJ_CREATE], 1);
    EXPECT_EQ(toy.majors[IRP_MJ_CLEANUP], 0);
    EXPECT_EQ(ntsim_driver_stop(driver), NTCB_EBUSY);
    EXPECT_SUCCESS(ntsim_device_close(process, handle));
    EXPECT_EQ(toy.majors[IRP_MJ_CLEANUP], 1);
    EXPECT_EQ(toy.majors[IRP_MJ_CLOSE], 1);
    toy.create_status = STATUS_NO_SUCH_FILE;
    EXPECT_STATUS(ntsim_device_open(process, "\\\\.\\Toy", GENERIC_READ, &handle),
                  STATUS_NO_SUCH_FILE);
    EXPECT_EQ(toy.majors[IRP_MJ_CLOSE], 1); /* none for what was never opened */
    toy.create_status = STATUS_SUCCESS;
    EXPECT_SUCCESS(ntsim_device_open(process, "\\\\.\\Toy\\a\\b", GENERIC_READ, &handle));
    ntsim_process_exit(process, STATUS_SUCCESS);
    EXPECT_EQ(toy.majors[IRP_MJ_CLEANUP], 2);
    EXPECT_EQ(toy.majors[IRP_MJ_CLOSE], 2);
    EXPECT_EQ(ntsim_driver_stop(driver), NTCB_OK);
}

static void every_method_passes_memory(void **state)
{
    (void)state;
    begin();
    for (ULONG method = METHOD_BUFFERED; method <= METHOD_NEITHER; ++method) {
        char in[4] = "abc", out[4] = "";
        uint32_t bytes = 0;

        EXPECT_SUCCESS(ntsim_device_ioctl(process, handle, ECHO(method), in, 3, out, 4, &bytes));
        EXPECT_STR(out, "bcd");
        EXPECT_EQ(bytes, 3);
        EXPECT_STATUS(ntsim_device_ioctl(process, handle, ECHO(method), in, 3, out, 2, &bytes),
                      STATUS_BUFFER_TOO_SMALL);
        EXPECT_STR(out, "bcd");
        EXPECT_EQ(bytes, 0);
    }
    finish();
}

static void bad_memory_does_not_reach_the_driver(void **state)
{
    void *readonly;
    char in[4] = "abc";

    (void)state;
    begin();
    readonly = ntsim_user_allocate(process, 4096, PAGE_READONLY);
    for (ULONG method = METHOD_BUFFERED; method < METHOD_NEITHER; ++method) {
        NTSTATUS expected = method == METHOD_IN_DIRECT ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION;

        EXPECT_STATUS(ntsim_device_ioctl(process, handle, ECHO(method), (void *)16, 3, in, 4, NULL),
                      STATUS_ACCESS_VIOLATION);
        if (NT_SUCCESS(expected)) {
            continue; /* read by the driver only: allowed */
        }
        EXPECT_STATUS(ntsim_device_ioctl(process, handle, ECHO(method), in, 3, readonly, 4, NULL),
                      expected);
    }
    EXPECT_EQ(toy.majors[IRP_MJ_DEVICE_CONTROL], 0);
    finish();
}

static void code_asks_for_rights(void **state)
{
    HANDLE writer;
    char byte = 0;

    (void)state;
    begin();
    EXPECT_SUCCESS(ntsim_device_ioctl(process, handle, ASK_READ, &byte, 1, &byte, 1, NULL));
    EXPECT_SUCCESS(ntsim_device_open(process, "\\\\.\\Toy", GENERIC_WRITE, &writer));
    EXPECT_STATUS(ntsim_device_ioctl(process, writer, ASK_READ, &byte, 1, &byte, 1, NULL),
                  STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(ntsim_device_close(process, writer));
    finish();
}

static void read_and_write_go_by_the_devices_flags(void **state)
{
    static const struct {
        ULONG flags;
        uint32_t bytes;
    } rows[] = {{DO_BUFFERED_IO, 3}, {DO_DIRECT_IO, 3}, {0, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        char buffer[4] = "";
        uint32_t bytes = 9;

        toy.flags = rows[i].flags;
        begin();
        EXPECT_SUCCESS(ntsim_device_write(process, handle, "abc", 3, 0, &bytes));
        EXPECT_EQ(bytes, rows[i].bytes);
        EXPECT_SUCCESS(ntsim_device_read(process, handle, buffer, 3, 0, &bytes));
        EXPECT_EQ(bytes, rows[i].bytes);
        finish();
    }
    EXPECT_EQ(toy.majors[IRP_MJ_READ], 3);
    EXPECT_EQ(toy.majors[IRP_MJ_WRITE], 3);
}

static void *wait_for_answer(void *context)
{
    static NTSTATUS status;

    (void)context;
    status = ntsim_device_ioctl(process, handle, WAIT, NULL, 0, NULL, 0, NULL);
    return &status;
}

static PIRP wait_until_kept(void)
{
    PIRP irp;

    pthread_mutex_lock(&toy.lock);
    while (toy.kept == NULL) {
        pthread_cond_wait(&toy.changed, &toy.lock);
    }
    irp = toy.kept;
    toy.kept = NULL;
    pthread_mutex_unlock(&toy.lock);
    return irp;
}

static void pending_request_is_waited_for(void **state)
{
    struct ntsim_thread *previous;
    pthread_t thread;
    void *status;
    PIRP irp;

    (void)state;
    begin();
    EXPECT_EQ(pthread_create(&thread, NULL, wait_for_answer, NULL), 0);
    irp = wait_until_kept();
    previous = ntsim_enter(sim);
    EXPECT_TRUE(IoSetCancelRoutine(irp, NULL) == cancelled);
    complete(irp, STATUS_NOT_FOUND, 0);
    ntsim_leave(previous);
    pthread_join(thread, &status);
    EXPECT_STATUS(*(NTSTATUS *)status, STATUS_NOT_FOUND);
    finish();
}

static void pending_request_is_cancelled(void **state)
{
    struct ntsim_thread *other, *previous;
    pthread_t thread;
    void *status;

    (void)state;
    begin();
    EXPECT_EQ(pthread_create(&thread, NULL, wait_for_answer, NULL), 0);
    (void)wait_until_kept();
    other = ntsim_thread_create(process, 0);
    previous = ntsim_thread_enter(other);
    EXPECT_SUCCESS(ntsim_device_cancel(process, handle));
    ntsim_thread_leave(previous);
    pthread_join(thread, &status);
    EXPECT_STATUS(*(NTSTATUS *)status, STATUS_CANCELLED);
    finish();
}

static void descriptor_decides_who_may_open(void **state)
{
    static const struct {
        const WCHAR *sddl;
        enum ntsim_account account;
        uint32_t access;
        NTSTATUS status;
    } rows[] = {
        {NULL, NTSIM_STANDARD_USER, GENERIC_READ | GENERIC_WRITE, STATUS_SUCCESS},
        {u"D:P(A;;GA;;;SY)(A;;GA;;;BA)", NTSIM_ADMINISTRATOR, GENERIC_READ, STATUS_SUCCESS},
        {u"D:P(A;;GA;;;SY)(A;;GA;;;BA)", NTSIM_STANDARD_USER, GENERIC_READ, STATUS_ACCESS_DENIED},
        {u"D:P(A;;GA;;;SY)(A;;GR;;;WD)", NTSIM_STANDARD_USER, GENERIC_READ, STATUS_SUCCESS},
        {u"D:P(A;;GA;;;SY)(A;;GR;;;WD)", NTSIM_STANDARD_USER, GENERIC_WRITE, STATUS_ACCESS_DENIED},
        {u"D:P", NTSIM_SYSTEM, GENERIC_READ, STATUS_ACCESS_DENIED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        toy.sddl = rows[i].sddl;
        driver = ntsim_driver_start(sim, "toy", enter);
        process = make_process("C:\\tool.exe");
        EXPECT_EQ(ntsim_process_set_account(process, rows[i].account), NTCB_OK);
        EXPECT_STATUS(ntsim_device_open(process, "\\\\.\\Toy", rows[i].access, &handle),
                      rows[i].status);
        ntsim_process_exit(process, STATUS_SUCCESS);
        EXPECT_EQ(ntsim_driver_stop(driver), NTCB_OK);
    }
}

static void exclusive_device_is_opened_once(void **state)
{
    HANDLE second;

    (void)state;
    toy.exclusive = TRUE;
    begin();
    EXPECT_STATUS(ntsim_device_open(process, "\\Device\\Toy", GENERIC_READ, &second),
                  STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(ntsim_device_close(process, handle));
    EXPECT_SUCCESS(ntsim_device_open(process, "\\??\\Toy", GENERIC_READ, &handle));
    finish();
}

static void driver_opens_anothers_device(void **state)
{
    struct ntsim_thread *previous;
    PDEVICE_OBJECT device;
    PFILE_OBJECT file;
    WCHAR target[32];
    UNICODE_STRING answer = {0, sizeof(target), target};
    OBJECT_ATTRIBUTES attributes;
    HANDLE link;

    (void)state;
    begin();
    previous = ntsim_enter(sim);
    EXPECT_SUCCESS(IoGetDeviceObjectPointer(&device_name, FILE_READ_DATA, &file, &device));
    EXPECT_PTR(device, toy.device);
    EXPECT_EQ(toy.majors[IRP_MJ_CLEANUP], 1); /* the handle is gone, the file is not */
    ObDereferenceObject(file);
    EXPECT_EQ(toy.majors[IRP_MJ_CLOSE], 1);
    InitializeObjectAttributes(&attributes, &link_name, OBJ_KERNEL_HANDLE, NULL, NULL);
    EXPECT_SUCCESS(ZwOpenSymbolicLinkObject(&link, 1, &attributes));
    EXPECT_SUCCESS(ZwQuerySymbolicLinkObject(link, &answer, NULL));
    EXPECT_TRUE(RtlEqualUnicodeString(&answer, &device_name, FALSE));
    EXPECT_SUCCESS(ZwClose(link));
    EXPECT_STATUS(IoCreateSymbolicLink(&link_name, &device_name), STATUS_OBJECT_NAME_COLLISION);
    ntsim_leave(previous);
    finish();
}

/* A routine that the driver has not set completes what comes with INVALID_DEVICE_REQUEST. */
static NTSTATUS enter_bare(PDRIVER_OBJECT bare, PUNICODE_STRING path)
{
    (void)path;
    bare->DriverUnload = unload;
    EXPECT_SUCCESS(
        IoCreateDevice(bare, 0, &device_name, FILE_DEVICE_UNKNOWN, 0, FALSE, &toy.device));
    return IoCreateSymbolicLink(&link_name, &device_name);
}

static void bare_driver_refuses(void **state)
{
    (void)state;
    driver = ntsim_driver_start(sim, "bare", enter_bare);
    process = make_process("C:\\tool.exe");
    EXPECT_STATUS(ntsim_device_open(process, "\\\\.\\Toy", GENERIC_READ, &handle),
                  STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(ntsim_driver_stop(driver), NTCB_OK);
}

#define CASE(name)                                     \
    {                                                  \
        "sim.device." #name, "", name, start_toy, stop \
    }

static const struct ntcb_test tests[] = {
    CASE(file_lives_from_create_to_close),
    CASE(every_method_passes_memory),
    CASE(bad_memory_does_not_reach_the_driver),
    CASE(code_asks_for_rights),
    CASE(read_and_write_go_by_the_devices_flags),
    CASE(pending_request_is_waited_for),
    CASE(pending_request_is_cancelled),
    CASE(descriptor_decides_who_may_open),
    CASE(exclusive_device_is_opened_once),
    CASE(driver_opens_anothers_device),
    CASE(bare_driver_refuses),
};

NTCB_TEST_MAIN("library", tests)
