/* SPDX-License-Identifier: MIT
 *
 * event_test.c - events behind handles, work items.
 */
#include "simkit.h"

#include <ntcallback/ddk/ntexapi.h>

static LARGE_INTEGER none = {.QuadPart = 0};

static HANDLE make_event(EVENT_TYPE type)
{
    HANDLE handle;

    EXPECT_SUCCESS(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, type, FALSE));
    return handle;
}

static void handle_and_object_are_one_event(void **state)
{
    HANDLE handle = make_event(SynchronizationEvent);
    PVOID object;
    LONG previous;

    (void)state;
    EXPECT_SUCCESS(ObReferenceObjectByHandle(handle, EVENT_MODIFY_STATE, *ExEventObjectType,
                                             KernelMode, &object, NULL));
    EXPECT_STATUS(ZwWaitForSingleObject(handle, FALSE, &none), STATUS_TIMEOUT);
    EXPECT_EQ(KeSetEvent(object, 0, FALSE), 0);
    EXPECT_SUCCESS(ZwWaitForSingleObject(handle, FALSE, NULL));
    EXPECT_SUCCESS(ZwSetEvent(handle, &previous));
    EXPECT_EQ(previous, 0);
    EXPECT_SUCCESS(ZwResetEvent(handle, &previous));
    EXPECT_EQ(previous, 1);
    EXPECT_SUCCESS(ZwSetEvent(handle, NULL));
    EXPECT_SUCCESS(ZwClearEvent(handle));
    EXPECT_EQ(KeReadStateEvent(object), 0);
    EXPECT_SUCCESS(ZwClose(handle));
    EXPECT_EQ(KeSetEvent(object, 0, FALSE), 0); /* the reference keeps it */
    ObDereferenceObject(object);
}

static void bad_calls_are_refused(void **state)
{
    HANDLE handle, key;
    OBJECT_ATTRIBUTES attributes;

    (void)state;
    EXPECT_STATUS(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, (EVENT_TYPE)2, FALSE),
                  STATUS_INVALID_PARAMETER);
    InitializeObjectAttributes(&attributes, STRING(u"\\REGISTRY"), 0, NULL, NULL);
    EXPECT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes));
    EXPECT_STATUS(ZwSetEvent(key, NULL), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_STATUS(ZwWaitForSingleObject(key, FALSE, &none), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_STATUS(ZwWaitForMultipleObjects(1, &key, WaitAny, FALSE, &none),
                  STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_SUCCESS(ZwClose(key));
    EXPECT_STATUS(NtWaitForSingleObject((HANDLE)0x7000, FALSE, &none), STATUS_INVALID_HANDLE);
}

static void user_mode_needs_the_rights(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_thread *previous = ntsim_thread_enter(ntsim_process_thread(process));
    HANDLE handle;

    (void)state;
    EXPECT_SUCCESS(NtCreateEvent(&handle, SYNCHRONIZE, NULL, NotificationEvent, TRUE));
    EXPECT_STATUS(NtSetEvent(handle, NULL), STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(NtWaitForSingleObject(handle, FALSE, &none));
    EXPECT_SUCCESS(NtClose(handle));
    EXPECT_SUCCESS(NtCreateEvent(&handle, EVENT_MODIFY_STATE, NULL, NotificationEvent, TRUE));
    EXPECT_STATUS(NtWaitForSingleObject(handle, FALSE, &none), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtWaitForSingleObject(handle, FALSE, (PLARGE_INTEGER)8), STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtSetEvent(handle, (PLONG)8), STATUS_ACCESS_VIOLATION);
    EXPECT_SUCCESS(NtClose(handle));
    EXPECT_STATUS(NtCreateEvent((PHANDLE)8, SYNCHRONIZE, NULL, NotificationEvent, TRUE),
                  STATUS_ACCESS_VIOLATION);
    ntsim_thread_leave(previous);
}

static void many_are_waited_for(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_thread *previous = ntsim_thread_enter(ntsim_process_thread(process));
    HANDLE all[MAXIMUM_WAIT_OBJECTS + 1], deaf, mixed[2], twice[2];

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(all); i++) {
        EXPECT_SUCCESS(NtCreateEvent(&all[i], EVENT_ALL_ACCESS, NULL, SynchronizationEvent, i > 1));
    }
    EXPECT_SUCCESS(NtCreateEvent(&deaf, EVENT_MODIFY_STATE, NULL, NotificationEvent, TRUE));
    EXPECT_STATUS(NtWaitForMultipleObjects(2, all, WaitAny, FALSE, &none), STATUS_TIMEOUT);
    EXPECT_STATUS(NtWaitForMultipleObjects(64, all, WaitAny, FALSE, NULL), (NTSTATUS)2);
    EXPECT_SUCCESS(NtSetEvent(all[2], NULL));
    EXPECT_STATUS(NtWaitForMultipleObjects(64, all, WaitAll, FALSE, &none), STATUS_TIMEOUT);
    EXPECT_SUCCESS(NtSetEvent(all[0], NULL));
    EXPECT_SUCCESS(NtSetEvent(all[1], NULL));
    EXPECT_SUCCESS(NtWaitForMultipleObjects(64, all, WaitAll, TRUE, NULL));
    EXPECT_STATUS(NtWaitForMultipleObjects(64, all, WaitAny, FALSE, &none), STATUS_TIMEOUT);

    EXPECT_STATUS(NtWaitForMultipleObjects(0, all, WaitAny, FALSE, &none),
                  STATUS_INVALID_PARAMETER_1);
    EXPECT_STATUS(NtWaitForMultipleObjects(65, all, WaitAny, FALSE, &none),
                  STATUS_INVALID_PARAMETER_1);
    EXPECT_STATUS(NtWaitForMultipleObjects(1, all, (WAIT_TYPE)7, FALSE, &none),
                  STATUS_INVALID_PARAMETER_3);
    twice[0] = twice[1] = all[64];
    EXPECT_STATUS(NtWaitForMultipleObjects(2, twice, WaitAll, FALSE, &none),
                  STATUS_INVALID_PARAMETER_MIX);
    EXPECT_STATUS(NtWaitForMultipleObjects(2, twice, WaitAny, FALSE, &none), STATUS_WAIT_0);
    mixed[0] = all[0];
    mixed[1] = deaf;
    EXPECT_STATUS(NtWaitForMultipleObjects(2, mixed, WaitAny, FALSE, &none), STATUS_ACCESS_DENIED);
    mixed[1] = (HANDLE)0x7000;
    EXPECT_STATUS(NtWaitForMultipleObjects(2, mixed, WaitAny, FALSE, &none), STATUS_INVALID_HANDLE);
    EXPECT_STATUS(NtWaitForMultipleObjects(1, (PHANDLE)8, WaitAny, FALSE, &none),
                  STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtWaitForMultipleObjects(1, all, WaitAny, FALSE, (PLARGE_INTEGER)8),
                  STATUS_ACCESS_VIOLATION);
    ntsim_thread_leave(previous);
}

static void a_name_lives_as_long_as_a_handle(void **state)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE first, second;

    (void)state;
    InitializeObjectAttributes(&attributes, STRING(u"\\BaseNamedObjects\\Gate"), OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    EXPECT_SUCCESS(ZwCreateEvent(&first, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE));
    EXPECT_STATUS(ZwCreateEvent(&second, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
                  STATUS_OBJECT_NAME_COLLISION);
    EXPECT_SUCCESS(ZwOpenEvent(&second, EVENT_ALL_ACCESS, &attributes));
    EXPECT_SUCCESS(ZwSetEvent(second, NULL));
    EXPECT_SUCCESS(ZwWaitForSingleObject(first, FALSE, &none));
    EXPECT_SUCCESS(ZwClose(second));
    attributes.Attributes |= OBJ_OPENIF;
    EXPECT_STATUS(ZwCreateEvent(&second, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
                  STATUS_OBJECT_NAME_EXISTS);
    EXPECT_SUCCESS(ZwWaitForSingleObject(second, FALSE, &none));
    EXPECT_SUCCESS(ZwClose(second));
    EXPECT_SUCCESS(ZwClose(first));
    EXPECT_STATUS(ZwOpenEvent(&second, EVENT_ALL_ACCESS, &attributes),
                  STATUS_OBJECT_NAME_NOT_FOUND);
}

static void a_failed_allocation_leaves_nothing(void **state)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    NTSTATUS status;
    uint64_t n = 0;

    (void)state;
    InitializeObjectAttributes(&attributes, STRING(u"\\BaseNamedObjects\\Gate"), OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    do {
        ntsim_fail_allocation(sim, ++n);
        status = ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE);
        ntsim_fail_allocation(sim, 0);
        EXPECT_TRUE(status == STATUS_SUCCESS || status == STATUS_INSUFFICIENT_RESOURCES);
    } while (status != STATUS_SUCCESS);
    EXPECT_TRUE(n > 1);
    EXPECT_SUCCESS(ZwClose(handle));
}

/* ---- work items ---- */

struct work {
    WORK_QUEUE_ITEM item;
    KEVENT done;
    KEVENT *before; /* waited for first; NULL: nothing */
    PETHREAD by;
    KPROCESSOR_MODE mode;
    KIRQL leave_at;
};

static VOID NTAPI do_work(PVOID parameter)
{
    struct work *work = parameter;
    KIRQL irql;

    if (work->before != NULL) {
        KeWaitForSingleObject(work->before, Executive, KernelMode, FALSE, NULL);
    }
    work->by = PsGetCurrentThread();
    work->mode = ExGetPreviousMode();
    if (work->leave_at != PASSIVE_LEVEL) {
        KeRaiseIrql(work->leave_at, &irql);
    }
    KeSetEvent(&work->done, 0, FALSE);
}

static void queue(struct work *work)
{
    KeInitializeEvent(&work->done, NotificationEvent, FALSE);
    ExInitializeWorkItem(&work->item, do_work, work);
    ExQueueWorkItem(&work->item, DelayedWorkQueue);
}

static void finish(struct work *work)
{
    EXPECT_SUCCESS(KeWaitForSingleObject(&work->done, Executive, KernelMode, FALSE, NULL));
}

static void a_system_thread_does_the_work(void **state)
{
    struct work work = {.mode = UserMode};

    (void)state;
    queue(&work);
    finish(&work);
    EXPECT_TRUE(work.by != PsGetCurrentThread());
    EXPECT_TRUE(PsIsSystemThread(work.by));
    EXPECT_EQ(work.mode, KernelMode);
    queue(&work); /* an item may be used again */
    finish(&work);
}

static void work_may_wait_for_later_work(void **state)
{
    struct work last = {.before = NULL};
    struct work first[8];

    (void)state;
    for (int i = 0; i < 8; i++) {
        first[i] = (struct work){.before = &last.done};
    }
    KeInitializeEvent(&last.done, NotificationEvent, FALSE);
    for (int i = 0; i < 8; i++) {
        queue(&first[i]);
    }
    ExInitializeWorkItem(&last.item, do_work, &last);
    ExQueueWorkItem(&last.item, CriticalWorkQueue);
    for (int i = 0; i < 8; i++) {
        finish(&first[i]);
    }
}

static void what_is_queued_is_done_before_the_end(void **state)
{
    static struct work works[32]; /* outlive the simulator's end */

    (void)state;
    memset(works, 0, sizeof(works));
    for (int i = 0; i < 32; i++) {
        queue(&works[i]);
    }
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
    for (int i = 0; i < 32; i++) {
        EXPECT_TRUE(works[i].by != NULL);
    }
    start(NULL);
}

static void coming_back_at_a_higher_irql_is_reported(void **state)
{
    struct work work = {.leave_at = APC_LEVEL}, next = {.leave_at = PASSIVE_LEVEL};

    (void)state;
    queue(&work);
    finish(&work);
    EXPECT_EQ(ntsim_stop(sim), NTCB_ELEAK);
    start(NULL);
    queue(&next);
    finish(&next);
}

#define CASE(name, function)                   \
    {                                          \
        "sim." name, "", function, start, stop \
    }
static const struct ntcb_test tests[] = {
    CASE("event.handle", handle_and_object_are_one_event),
    CASE("event.bad_calls", bad_calls_are_refused),
    CASE("event.user_rights", user_mode_needs_the_rights),
    CASE("event.many", many_are_waited_for),
    CASE("event.name", a_name_lives_as_long_as_a_handle),
    CASE("event.memory", a_failed_allocation_leaves_nothing),
    CASE("work.system_thread", a_system_thread_does_the_work),
    CASE("work.more_threads", work_may_wait_for_later_work),
    CASE("work.finished", what_is_queued_is_done_before_the_end),
    CASE("work.irql", coming_back_at_a_higher_irql_is_reported),
};

NTCB_TEST_MAIN("library", tests)
