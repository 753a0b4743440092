/* SPDX-License-Identifier: MIT
 *
 * evtq_test.c - what a service gets from evtq.c: events that are there already, by chunks; events
 * that it waits for; nothing, when it gives up.
 */
#include "authors_kit.h"

#include <pthread.h>
#include <sched.h>

#define GET CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_OUT_DIRECT, FILE_READ_ACCESS)
#define COUNTS CTL_CODE(FILE_DEVICE_UNKNOWN, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)

struct record {
    uint32_t pid;
    uint32_t created;
};

static struct ntsim_process *service;
static HANDLE device;

static void open_device(void)
{
    service = make_process("C:\\service.exe");
    EXPECT_SUCCESS(ntsim_device_open(service, "\\\\.\\EvtQ", GENERIC_READ, &device));
}

static void close_device(void)
{
    EXPECT_SUCCESS(ntsim_device_close(service, device));
    ntsim_process_exit(service, STATUS_SUCCESS);
}

struct counts {
    uint32_t queued, lost, pending;
};

static struct counts counts(void)
{
    struct counts got;

    EXPECT_SUCCESS(ntsim_device_ioctl(service, device, COUNTS, NULL, 0, &got, sizeof(got), NULL));
    return got;
}

static NTSTATUS get(struct record *records, size_t count, uint32_t *got)
{
    uint32_t bytes = 0;
    NTSTATUS status = ntsim_device_ioctl(service, device, GET, NULL, 0, records,
                                         (uint32_t)(count * sizeof(*records)), &bytes);

    *got = bytes / (uint32_t)sizeof(*records);
    return status;
}

static void events_come_by_chunks(void)
{
    struct record records[4];
    uint32_t got, pids[3];

    open_device(); /* its own creation is the first */
    for (size_t i = 0; i < 3; i++) {
        struct ntsim_process *process = make_process("C:\\child.exe");

        pids[i] = ntsim_process_id(process);
        ntsim_process_exit(process, STATUS_SUCCESS);
    }
    EXPECT_EQ(counts().queued, 7);
    EXPECT_SUCCESS(get(records, 1, &got));
    EXPECT_EQ(got, 1);
    EXPECT_EQ(records[0].pid, ntsim_process_id(service));
    EXPECT_SUCCESS(get(records, 4, &got));
    EXPECT_EQ(got, 4);
    EXPECT_EQ(records[0].pid, pids[0]);
    EXPECT_EQ(records[0].created, 1);
    EXPECT_EQ(records[1].pid, pids[0]);
    EXPECT_EQ(records[1].created, 0);
    EXPECT_SUCCESS(get(records, 4, &got));
    EXPECT_EQ(got, 2);
    EXPECT_EQ(records[1].pid, pids[2]);
    EXPECT_STATUS(get(records, 0, &got), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(counts().queued, 0);
    close_device();
}

static void what_nobody_reads_is_lost(void)
{
    open_device();
    for (size_t i = 0; i < 20; i++) {
        ntsim_process_exit(make_process("C:\\child.exe"), STATUS_SUCCESS);
    }
    EXPECT_EQ(counts().queued, 32);
    EXPECT_EQ(counts().lost, 9);
    close_device(); /* and the driver frees what it has queued */
}

/* ---- a service that waits ---- */

/* Waits on a thread of its own, as the service does. */
struct waiter {
    struct ntsim_thread *thread;
    struct record record;
    uint32_t got;
    NTSTATUS status;
};

static void *wait_for_event(void *context)
{
    struct waiter *waiter = context;
    struct ntsim_thread *before = ntsim_thread_enter(waiter->thread);

    waiter->status = get(&waiter->record, 1, &waiter->got);
    ntsim_thread_leave(before);
    return NULL;
}

static void until_pending(void)
{
    while (counts().pending != 1) {
        sched_yield();
    }
}

static void begin_waiting(pthread_t *thread, struct waiter *waiter)
{
    struct record drained[4];
    uint32_t got;

    open_device();
    waiter->thread = ntsim_thread_create(service, 0);
    EXPECT_TRUE(waiter->thread != NULL);
    EXPECT_SUCCESS(get(drained, 4, &got));
    EXPECT_EQ(pthread_create(thread, NULL, wait_for_event, waiter), 0);
    until_pending();
}

static void waiting_request_gets_the_event(void)
{
    struct waiter waiter = {.got = 0};
    struct ntsim_process *child;
    pthread_t thread;

    begin_waiting(&thread, &waiter);
    child = make_process("C:\\child.exe");
    EXPECT_EQ(pthread_join(thread, NULL), 0);
    EXPECT_SUCCESS(waiter.status);
    EXPECT_EQ(waiter.got, 1);
    EXPECT_EQ(waiter.record.pid, ntsim_process_id(child));
    EXPECT_EQ(counts().pending, 0);
    close_device();
    ntsim_process_exit(child, STATUS_SUCCESS);
}

static void cancelled_request_comes_back(void)
{
    struct waiter waiter = {.got = 0};
    pthread_t thread;

    begin_waiting(&thread, &waiter);
    EXPECT_SUCCESS(ntsim_device_cancel(service, device));
    EXPECT_EQ(pthread_join(thread, NULL), 0);
    EXPECT_STATUS(waiter.status, STATUS_CANCELLED);
    EXPECT_EQ(counts().pending, 0);
    close_device();
}

/* The handle goes while the request waits: cleanup completes it. */
static void closing_ends_the_wait(void)
{
    struct waiter waiter = {.got = 0};
    pthread_t thread;

    begin_waiting(&thread, &waiter);
    EXPECT_SUCCESS(ntsim_device_close(service, device));
    EXPECT_EQ(pthread_join(thread, NULL), 0);
    EXPECT_STATUS(waiter.status, STATUS_CANCELLED);
    ntsim_process_exit(service, STATUS_SUCCESS);
}

AUTHOR_CASE(evtq, events_come_by_chunks)
AUTHOR_CASE(evtq, what_nobody_reads_is_lost)
AUTHOR_CASE(evtq, waiting_request_gets_the_event)
AUTHOR_CASE(evtq, cancelled_request_comes_back)
AUTHOR_CASE(evtq, closing_ends_the_wait)

static const struct ntcb_test tests[] = {
    AUTHOR_ROWS(evtq, events_come_by_chunks),
    AUTHOR_ROWS(evtq, what_nobody_reads_is_lost),
    AUTHOR_ROWS(evtq, waiting_request_gets_the_event),
    AUTHOR_ROWS(evtq, cancelled_request_comes_back),
    AUTHOR_ROWS(evtq, closing_ends_the_wait),
};

NTCB_TEST_MAIN("library", tests)
