/* SPDX-License-Identifier: MIT
 *
 * async_end_test.c - how requests that are on their way end otherwise than by their driver's own
 * will: cancelled, with their thread, their process, their handle.
 */
#include "async_kit.h"

static void cancel_is_for_the_calling_thread(void **state)
{
    struct ntsim_thread *previous;
    struct asked first, second;
    IO_STATUS_BLOCK block;

    (void)state;
    begin_async();
    prepare(&first);
    prepare(&second);
    EXPECT_STATUS(ask(async, HOLD, &first), STATUS_PENDING);
    previous = ntsim_thread_enter(ntsim_thread_create(process, 0));
    EXPECT_STATUS(ask(async, HOLD, &second), STATUS_PENDING);
    EXPECT_SUCCESS(NtCancelIoFile(async, &block));
    EXPECT_STATUS(second.block.Status, STATUS_CANCELLED);
    EXPECT_SUCCESS(NtCancelIoFile(async, &block)); /* there are none, and that is no error */
    ntsim_thread_leave(previous);
    EXPECT_EQ(first.block.Status, UNTOUCHED);
    EXPECT_SUCCESS(NtCancelIoFile(async, &block));
    EXPECT_STATUS(first.block.Status, STATUS_CANCELLED);
    EXPECT_TRUE(is_set(first.event));
    EXPECT_STATUS(NtCancelIoFile(first.event, &block), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_STATUS(NtCancelIoFile(NULL, &block), STATUS_INVALID_HANDLE);
    EXPECT_STATUS(NtCancelIoFile(async, NULL), STATUS_ACCESS_VIOLATION);
    finish_async();
}

static void one_request_is_cancelled_by_its_status_block(void **state)
{
    struct ntsim_thread *previous;
    struct asked first, second;
    IO_STATUS_BLOCK block;

    (void)state;
    begin_async();
    prepare(&first);
    prepare(&second);
    EXPECT_STATUS(ask(async, HOLD, &first), STATUS_PENDING);
    EXPECT_STATUS(ask(async, HOLD, &second), STATUS_PENDING);
    previous = ntsim_thread_enter(ntsim_thread_create(process, 0));
    EXPECT_SUCCESS(NtCancelIoFileEx(async, &second.block, &block)); /* of another thread, too */
    EXPECT_STATUS(second.block.Status, STATUS_CANCELLED);
    EXPECT_EQ(first.block.Status, UNTOUCHED);
    EXPECT_STATUS(NtCancelIoFileEx(async, &second.block, &block), STATUS_NOT_FOUND);
    EXPECT_SUCCESS(NtCancelIoFileEx(async, NULL, &block));
    EXPECT_STATUS(first.block.Status, STATUS_CANCELLED);
    EXPECT_STATUS(NtCancelIoFileEx(async, NULL, &block), STATUS_NOT_FOUND);
    EXPECT_STATUS(NtCancelIoFileEx(first.event, NULL, &block), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_STATUS(NtCancelIoFileEx(async, NULL, NULL), STATUS_ACCESS_VIOLATION);
    ntsim_thread_leave(previous);
    EXPECT_SUCCESS(NtTestAlert());
    EXPECT_EQ(first.apcs, 1);
    EXPECT_EQ(second.apcs, 1);
    finish_async();
}

static void requests_end_with_their_thread(void **state)
{
    struct ntsim_thread *thread, *previous;
    struct asked asked, other;

    (void)state;
    begin_async();
    prepare(&asked);
    prepare(&other);
    EXPECT_STATUS(ask(async, HOLD, &other), STATUS_PENDING);
    thread = ntsim_thread_create(process, 0);
    previous = ntsim_thread_enter(thread);
    EXPECT_STATUS(ask(async, HOLD, &asked), STATUS_PENDING);
    ntsim_thread_leave(previous);
    ntsim_thread_exit(thread);
    EXPECT_STATUS(asked.block.Status, STATUS_CANCELLED);
    EXPECT_TRUE(is_set(asked.event));
    EXPECT_EQ(asked.apcs, 0); /* there is no thread for it */
    EXPECT_EQ(other.block.Status, UNTOUCHED);
    EXPECT_EQ(ntsim_device_cancel(process, async), STATUS_SUCCESS);
    finish_async();
}

static void requests_end_with_their_process(void **state)
{
    static struct asked asked;

    (void)state;
    begin_async();
    prepare(&asked);
    EXPECT_STATUS(ask(async, HOLD, &asked), STATUS_PENDING);
    ntsim_thread_leave(outside);
    ntsim_process_exit(process, STATUS_SUCCESS);
    EXPECT_STATUS(asked.block.Status, STATUS_CANCELLED);
    EXPECT_EQ(toy.majors[IRP_MJ_CLEANUP], 2);
    EXPECT_EQ(toy.majors[IRP_MJ_CLOSE], 2);
    EXPECT_EQ(ntsim_driver_stop(driver), NTCB_OK);
}

/* Nobody is told of its end: the memory may be somebody else's by then. */
static void driver_that_keeps_a_request_is_reported(void **state)
{
    struct ntsim_thread *thread, *previous;
    struct asked asked;
    PIRP irp;

    (void)state;
    begin_async();
    prepare(&asked);
    thread = ntsim_thread_create(process, 0);
    previous = ntsim_thread_enter(thread);
    EXPECT_STATUS(ask(async, WAIT, &asked), STATUS_PENDING);
    ntsim_thread_leave(previous);
    irp = take_kept(); /* and its cancel routine with it */
    ntsim_thread_exit(thread);
    EXPECT_STR(take_report("IO-IRP")->rule, "IO-IRP");
    complete(irp, STATUS_SUCCESS, 0);
    EXPECT_EQ(asked.block.Status, UNTOUCHED);
    EXPECT_FALSE(is_set(asked.event));
    finish_async();
}

static int start_impatient(void **state)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;

    if (start_toy(state) != 0 || stop(state) != 0) {
        return -1;
    }
    config.kernel.watchdog_ms = 1;
    config.quiet = true;
    config.debug_output = on_print;
    sim = ntsim_start(&config);
    return 0;
}

/* IRP_MJ_CLEANUP with the last handle, IRP_MJ_CLOSE with the last request. */
static void file_lives_as_long_as_its_requests(void **state)
{
    struct asked asked;
    KIRQL irql;
    PIRP irp;

    (void)state;
    begin_async();
    prepare(&asked);
    EXPECT_STATUS(ask(async, WAIT, &asked), STATUS_PENDING);
    EXPECT_SUCCESS(NtClose(async));
    EXPECT_EQ(toy.majors[IRP_MJ_CLEANUP], 1);
    EXPECT_EQ(toy.majors[IRP_MJ_CLOSE], 0);
    EXPECT_EQ(asked.block.Status, UNTOUCHED); /* cancelling is the driver's to do */
    irp = take_kept();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    complete(irp, STATUS_SUCCESS, 0);
    KeLowerIrql(irql);
    EXPECT_TRUE(is_set(asked.event));
    ntsim_thread_leave(outside);
    EXPECT_SUCCESS(ntsim_device_close(process, handle));
    EXPECT_EQ(ntsim_driver_stop(driver), NTCB_OK); /* waits for it */
    EXPECT_EQ(toy.majors[IRP_MJ_CLOSE], 2);
    EXPECT_EQ(toy.closing_irql, PASSIVE_LEVEL);
}

/* ---- drivers' own requests ---- */

static struct asked *delivered;

static VOID NTAPI on_kernel_apc(PVOID context, PIO_STATUS_BLOCK answered, ULONG reserved)
{
    delivered = context;
    EXPECT_PTR(answered, &delivered->block);
    EXPECT_EQ(reserved, 0);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    delivered->apcs++;
}

static NTSTATUS open_for_kernel(HANDLE *opened)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK block;

    InitializeObjectAttributes(&attributes, &link_name, OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenFile(opened, GENERIC_READ | SYNCHRONIZE, &attributes, &block,
                      FILE_SHARE_VALID_FLAGS, 0);
}

static void drivers_are_answered_as_programs_are(void **state)
{
    struct asked asked = {.block = {.Status = UNTOUCHED}};
    struct ntsim_thread *previous;
    HANDLE file;
    PIRP irp;

    (void)state;
    begin();
    previous = ntsim_enter(sim);
    EXPECT_SUCCESS(open_for_kernel(&file));
    EXPECT_SUCCESS(
        ZwCreateEvent(&asked.event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE));
    EXPECT_STATUS(ZwDeviceIoControlFile(file, asked.event, on_kernel_apc, &asked, &asked.block,
                                        WAIT, NULL, 0, NULL, 0),
                  STATUS_PENDING);
    irp = take_kept();
    EXPECT_EQ(irp->RequestorMode, KernelMode);
    KeEnterCriticalRegion();
    complete(irp, STATUS_SUCCESS, 0);
    EXPECT_SUCCESS(ZwWaitForSingleObject(asked.event, FALSE, NULL));
    EXPECT_EQ(asked.apcs, 0); /* not in there */
    KeLeaveCriticalRegion();
    EXPECT_STATUS(ZwWaitForSingleObject(asked.event, FALSE, &at_once), STATUS_TIMEOUT);
    EXPECT_EQ(asked.apcs, 1); /* a wait lets it in, and goes on */
    EXPECT_SUCCESS(asked.block.Status);
    EXPECT_SUCCESS(ZwDeviceIoControlFile(file, asked.event, on_kernel_apc, &asked, &asked.block,
                                         ECHO(METHOD_BUFFERED), NULL, 0, NULL, 0));
    EXPECT_EQ(asked.apcs, 2); /* before the service returns */
    EXPECT_SUCCESS(ZwClose(asked.event));
    EXPECT_SUCCESS(ZwClose(file));
    ntsim_leave(previous);
    finish();
}

/* The APC comes to a thread that waits for something else. */
static VOID NTAPI wait_for_another(PVOID context)
{
    struct asked *asked = context;
    HANDLE file;

    EXPECT_SUCCESS(open_for_kernel(&file));
    EXPECT_STATUS(ZwDeviceIoControlFile(file, NULL, on_kernel_apc, asked, &asked->block, WAIT, NULL,
                                        0, NULL, 0),
                  STATUS_PENDING);
    EXPECT_SUCCESS(ZwWaitForSingleObject(asked->event, FALSE, NULL));
    EXPECT_EQ(asked->apcs, 1);
    EXPECT_SUCCESS(ZwClose(file));
}

static void apc_comes_to_a_driver_that_waits(void **state)
{
    struct asked asked = {.event = NULL};
    struct ntsim_thread *previous;
    HANDLE thread;

    (void)state;
    begin();
    previous = ntsim_enter(sim);
    EXPECT_SUCCESS(ZwCreateEvent(&asked.event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE));
    EXPECT_SUCCESS(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL,
                                        wait_for_another, &asked));
    complete(take_kept(), STATUS_SUCCESS, 0); /* before the other event is set: it is first */
    EXPECT_SUCCESS(ZwSetEvent(asked.event, NULL));
    EXPECT_SUCCESS(ZwWaitForSingleObject(thread, FALSE, NULL));
    EXPECT_SUCCESS(ZwClose(thread));
    EXPECT_SUCCESS(ZwClose(asked.event));
    ntsim_leave(previous);
    finish();
}

#define CASE(name)                                        \
    {                                                     \
        "sim.async_end." #name, "", name, start_toy, stop \
    }

static const struct ntcb_test tests[] = {
    CASE(cancel_is_for_the_calling_thread),
    CASE(one_request_is_cancelled_by_its_status_block),
    CASE(requests_end_with_their_thread),
    CASE(requests_end_with_their_process),
    {"sim.async_end.driver_that_keeps_a_request_is_reported", "",
     driver_that_keeps_a_request_is_reported, start_impatient, stop},
    CASE(file_lives_as_long_as_its_requests),
    CASE(drivers_are_answered_as_programs_are),
    CASE(apc_comes_to_a_driver_that_waits),
};

NTCB_TEST_MAIN("library", tests)
