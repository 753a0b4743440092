/* SPDX-License-Identifier: MIT
 *
 * async_test.c - requests that are answered after the service has returned: status blocks, events,
 * APCs. Who is told what at immediate and at late errors is inference from what Windows does.
 */
#include "async_kit.h"

static void pended_request_is_answered_later(void **state)
{
    struct asked asked;

    (void)state;
    begin_async();
    prepare(&asked);
    EXPECT_TRUE(is_set(async)); /* by its opening */
    EXPECT_STATUS(ask(async, WAIT, &asked), STATUS_PENDING);
    EXPECT_FALSE(is_set(asked.event));
    EXPECT_FALSE(is_set(async));
    EXPECT_EQ(asked.block.Status, UNTOUCHED);
    answer_kept(STATUS_SUCCESS);
    EXPECT_TRUE(is_set(asked.event));
    EXPECT_FALSE(is_set(async)); /* the other event is told alone */
    EXPECT_SUCCESS(asked.block.Status);
    EXPECT_EQ(asked.block.Information, 3);
    EXPECT_STR(asked.out, "xyz");
    EXPECT_EQ(asked.apcs, 0);
    EXPECT_SUCCESS(NtTestAlert());
    EXPECT_EQ(asked.apcs, 1);
    EXPECT_SUCCESS(NtTestAlert());
    EXPECT_EQ(asked.apcs, 1);
    finish_async();
}

static void late_error_is_told_as_success_is(void **state)
{
    struct asked asked;

    (void)state;
    begin_async();
    prepare(&asked);
    EXPECT_STATUS(ask(async, WAIT, &asked), STATUS_PENDING);
    answer_kept(STATUS_DEVICE_NOT_READY);
    EXPECT_TRUE(is_set(asked.event));
    EXPECT_STATUS(asked.block.Status, STATUS_DEVICE_NOT_READY);
    EXPECT_STR(asked.out, ""); /* an error brings no bytes */
    EXPECT_SUCCESS(NtTestAlert());
    EXPECT_EQ(asked.apcs, 1);
    finish_async();
}

/* On both kinds of handles. */
static void what_is_done_at_once_is_told_at_once(void **state)
{
    const HANDLE *const files[] = {&async, &handle};

    (void)state;
    begin_async();
    for (size_t i = 0; i < RTL_NUMBER_OF(files); i++) {
        struct asked asked;

        prepare(&asked);
        EXPECT_SUCCESS(ask(*files[i], ECHO(METHOD_BUFFERED), &asked));
        EXPECT_TRUE(is_set(asked.event));
        EXPECT_EQ(is_set(*files[i]), *files[i] == handle);
        EXPECT_SUCCESS(asked.block.Status);
        EXPECT_EQ(asked.block.Information, 3);
        EXPECT_STR(asked.out, "bcd");
        EXPECT_SUCCESS(NtTestAlert());
        EXPECT_EQ(asked.apcs, 1);
    }
    finish_async();
}

static void immediate_error_is_told_by_the_service_alone(void **state)
{
    const HANDLE *const files[] = {&async, &handle};

    (void)state;
    begin_async();
    for (size_t i = 0; i < RTL_NUMBER_OF(files); i++) {
        struct asked asked;

        prepare(&asked);
        EXPECT_STATUS(NtDeviceIoControlFile(*files[i], asked.event, on_apc, &asked, &asked.block,
                                            ECHO(METHOD_BUFFERED), (PVOID)(uintptr_t) "abc", 3,
                                            asked.out, 2),
                      STATUS_BUFFER_TOO_SMALL);
        EXPECT_FALSE(is_set(asked.event)); /* it was reset, and nobody has set it */
        EXPECT_FALSE(is_set(*files[i]));
        EXPECT_EQ(asked.block.Status, UNTOUCHED);
        EXPECT_SUCCESS(NtTestAlert());
        EXPECT_EQ(asked.apcs, 0);
    }
    finish_async();
}

static void pended_and_completed_at_once_is_pending_all_the_same(void **state)
{
    struct asked asked;

    (void)state;
    begin_async();
    prepare(&asked);
    EXPECT_STATUS(ask(async, EARLY, &asked), STATUS_PENDING);
    EXPECT_TRUE(is_set(asked.event));
    EXPECT_SUCCESS(asked.block.Status);
    EXPECT_SUCCESS(NtTestAlert());
    EXPECT_EQ(asked.apcs, 1);
    prepare(&asked);
    EXPECT_SUCCESS(ask(handle, EARLY, &asked)); /* never on a synchronous handle */
    EXPECT_TRUE(is_set(asked.event));
    finish_async();
}

static void file_is_told_when_there_is_no_event(void **state)
{
    IO_STATUS_BLOCK block = {.Status = UNTOUCHED};

    (void)state;
    begin_async();
    EXPECT_STATUS(NtDeviceIoControlFile(async, NULL, NULL, NULL, &block, WAIT, NULL, 0, NULL, 0),
                  STATUS_PENDING);
    EXPECT_FALSE(is_set(async));
    complete(take_kept(), STATUS_SUCCESS, 0);
    EXPECT_SUCCESS(NtWaitForSingleObject(async, FALSE, NULL));
    EXPECT_SUCCESS(block.Status);
    finish_async();
}

static void apc_ends_an_alertable_wait(void **state)
{
    struct asked asked;

    (void)state;
    begin_async();
    prepare(&asked);
    EXPECT_STATUS(ask(async, WAIT, &asked), STATUS_PENDING);
    answer_kept(STATUS_SUCCESS);
    EXPECT_STATUS(NtWaitForSingleObject(async, FALSE, &at_once), STATUS_TIMEOUT);
    EXPECT_EQ(asked.apcs, 0); /* such a wait does not let it in */
    EXPECT_STATUS(NtWaitForSingleObject(async, TRUE, NULL), STATUS_USER_APC);
    EXPECT_EQ(asked.apcs, 1);
    finish_async();
}

/* ---- synchronous handles ---- */

static struct asked shared;

static void *wait_for_answer(void *context)
{
    static NTSTATUS status;
    struct ntsim_thread *before = ntsim_thread_enter(ntsim_thread_create(process, 0));

    status = ask(*(HANDLE *)context, WAIT, &shared);
    ntsim_thread_leave(before);
    return &status;
}

static void synchronous_handle_waits(void **state)
{
    static const struct {
        NTSTATUS status;
        bool told;
    } rows[] = {{STATUS_SUCCESS, true}, {STATUS_BUFFER_OVERFLOW, true}, {STATUS_NOT_FOUND, false}};

    (void)state;
    begin_async();
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        pthread_t thread;
        void *status;

        prepare(&shared);
        EXPECT_EQ(pthread_create(&thread, NULL, wait_for_answer, &handle), 0);
        answer_kept(rows[i].status);
        pthread_join(thread, &status);
        EXPECT_STATUS(*(NTSTATUS *)status, rows[i].status);
        EXPECT_STATUS(shared.block.Status, rows[i].told ? rows[i].status : UNTOUCHED);
        EXPECT_EQ(is_set(shared.event), rows[i].told);
        EXPECT_TRUE(is_set(handle));
    }
    finish_async();
}

/* An APC of another request comes while the thread waits. */
static void *wait_alertably(void *context)
{
    static NTSTATUS status;
    struct ntsim_thread *before = ntsim_thread_enter(ntsim_thread_create(process, 0));
    IO_STATUS_BLOCK block;

    EXPECT_STATUS(ask(async, WAIT, &shared), STATUS_PENDING);
    status =
        NtDeviceIoControlFile(*(HANDLE *)context, NULL, NULL, NULL, &block, HOLD, NULL, 0, NULL, 0);
    ntsim_thread_leave(before);
    return &status;
}

static void apc_cancels_what_an_alertable_file_waits_for(void **state)
{
    HANDLE alertable;
    pthread_t thread;
    void *status;
    PIRP irp;

    (void)state;
    begin_async();
    prepare(&shared);
    EXPECT_SUCCESS(open_with(FILE_SYNCHRONOUS_IO_ALERT, &alertable));
    EXPECT_EQ(pthread_create(&thread, NULL, wait_alertably, &alertable), 0);
    irp = take_kept();
    wait_until_held();
    complete(irp, STATUS_SUCCESS, 0);
    pthread_join(thread, &status);
    EXPECT_STATUS(*(NTSTATUS *)status, STATUS_CANCELLED);
    EXPECT_EQ(shared.apcs, 1);
    EXPECT_SUCCESS(NtClose(alertable));
    finish_async();
}

/* ---- parameters ---- */

static void bad_events_are_refused(void **state)
{
    struct asked asked;
    HANDLE poor;
    struct {
        HANDLE event;
        NTSTATUS status;
    } rows[3];

    (void)state;
    begin_async();
    prepare(&asked);
    EXPECT_SUCCESS(NtCreateEvent(&poor, EVENT_QUERY_STATE, NULL, NotificationEvent, TRUE));
    rows[0].event = (HANDLE)(ULONG_PTR)0x7770;
    rows[0].status = STATUS_INVALID_HANDLE;
    rows[1].event = async;
    rows[1].status = STATUS_OBJECT_TYPE_MISMATCH;
    rows[2].event = poor;
    rows[2].status = STATUS_ACCESS_DENIED;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        char byte;

        EXPECT_STATUS(NtDeviceIoControlFile(async, rows[i].event, NULL, NULL, &asked.block, WAIT,
                                            NULL, 0, NULL, 0),
                      rows[i].status);
        EXPECT_STATUS(
            NtReadFile(async, rows[i].event, NULL, NULL, &asked.block, &byte, 1, &at_once, NULL),
            rows[i].status);
    }
    EXPECT_STATUS(
        NtReadFile(async, asked.event, NULL, NULL, &asked.block, asked.out, 1, NULL, NULL),
        STATUS_INVALID_PARAMETER); /* there is no position */
    EXPECT_STATUS(NtReadFile(async, asked.event, NULL, NULL, &asked.block, asked.out, 1, &at_once,
                             (PULONG)16),
                  STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(
        NtDeviceIoControlFile(async, asked.event, NULL, NULL, NULL, WAIT, NULL, 0, NULL, 0),
        STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(toy.majors[IRP_MJ_DEVICE_CONTROL] + toy.majors[IRP_MJ_READ], 0);
    finish_async();
}

static void request_shows_what_was_asked(void **state)
{
    struct asked asked;
    ULONG key = 9;
    PIRP irp;

    (void)state;
    begin_async();
    prepare(&asked);
    EXPECT_STATUS(ask(async, WAIT, &asked), STATUS_PENDING);
    irp = take_kept();
    EXPECT_PTR(irp->UserIosb, &asked.block);
    EXPECT_TRUE(irp->UserEvent != NULL);
    EXPECT_TRUE(irp->Overlay.AsynchronousParameters.UserApcRoutine == on_apc);
    EXPECT_PTR(irp->Overlay.AsynchronousParameters.UserApcContext, &asked);
    complete(irp, STATUS_SUCCESS, 0);
    EXPECT_SUCCESS(NtReadFile(async, NULL, NULL, NULL, &asked.block, asked.out, 1, &at_once, &key));
    EXPECT_EQ(toy.key, 9);
    finish_async();
}

static void harness_waits_on_any_handle(void **state)
{
    NTSTATUS status;
    uint32_t bytes = 9;

    (void)state;
    begin_async();
    EXPECT_SUCCESS(ntsim_device_ioctl(process, async, EARLY, "abc", 3, NULL, 0, &bytes));
    EXPECT_EQ(bytes, 0);
    status = ntsim_device_read(process, async, NULL, 0, 0, &bytes);
    EXPECT_SUCCESS(status);
    finish_async();
}

#define CASE(name)                                    \
    {                                                 \
        "sim.async." #name, "", name, start_toy, stop \
    }

static const struct ntcb_test tests[] = {
    CASE(pended_request_is_answered_later),
    CASE(late_error_is_told_as_success_is),
    CASE(what_is_done_at_once_is_told_at_once),
    CASE(immediate_error_is_told_by_the_service_alone),
    CASE(pended_and_completed_at_once_is_pending_all_the_same),
    CASE(file_is_told_when_there_is_no_event),
    CASE(apc_ends_an_alertable_wait),
    CASE(synchronous_handle_waits),
    CASE(apc_cancels_what_an_alertable_file_waits_for),
    CASE(bad_events_are_refused),
    CASE(request_shows_what_was_asked),
    CASE(harness_waits_on_any_handle),
};

NTCB_TEST_MAIN("library", tests)
