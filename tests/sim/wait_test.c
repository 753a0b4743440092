/* SPDX-License-Identifier: MIT
 *
 * wait_test.c - events and waits, as drivers use them.
 *
 * Two threads meet by events alone: what a case has seen is so because one of them waited for it.
 */
#include "simkit.h"

#include <ntcallback/ddk/ntexapi.h>

#include <pthread.h>
#include <stdatomic.h>

static LARGE_INTEGER none = {.QuadPart = 0};

static NTSTATUS poll_object(PVOID object)
{
    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &none);
}

static NTSTATUS wait_for(PVOID object)
{
    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL);
}

/* ---- one thread ---- */

static void notification_event_stays_set(void **state)
{
    KEVENT event;

    (void)state;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    EXPECT_STATUS(poll_object(&event), STATUS_TIMEOUT);
    EXPECT_EQ(KeSetEvent(&event, 0, FALSE), 0);
    EXPECT_EQ(KeSetEvent(&event, 0, FALSE), 1);
    EXPECT_SUCCESS(poll_object(&event));
    EXPECT_SUCCESS(wait_for(&event));
    EXPECT_EQ(KeReadStateEvent(&event), 1);
    EXPECT_EQ(KeResetEvent(&event), 1);
    EXPECT_EQ(KeResetEvent(&event), 0);
    EXPECT_STATUS(poll_object(&event), STATUS_TIMEOUT);
}

static void synchronization_event_is_reset_by_a_wait(void **state)
{
    KEVENT event;

    (void)state;
    KeInitializeEvent(&event, SynchronizationEvent, TRUE);
    EXPECT_SUCCESS(wait_for(&event));
    EXPECT_EQ(KeReadStateEvent(&event), 0);
    EXPECT_STATUS(poll_object(&event), STATUS_TIMEOUT);
    KeSetEvent(&event, 0, FALSE);
    KeClearEvent(&event);
    EXPECT_STATUS(poll_object(&event), STATUS_TIMEOUT);
}

static void timeouts_are_relative_or_absolute(void **state)
{
    LARGE_INTEGER before, after, timeout = {.QuadPart = -20000}; /* 2 ms */
    KEVENT event;

    (void)state;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    before = KeQueryPerformanceCounter(NULL);
    EXPECT_STATUS(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &timeout),
                  STATUS_TIMEOUT);
    after = KeQueryPerformanceCounter(NULL);
    EXPECT_TRUE(after.QuadPart - before.QuadPart >= 20000);
    KeQuerySystemTime(&timeout); /* has passed when it is looked at */
    EXPECT_STATUS(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &timeout),
                  STATUS_TIMEOUT);
    timeout.QuadPart = -10000;
    EXPECT_SUCCESS(KeDelayExecutionThread(KernelMode, FALSE, &timeout));
}

static void any_of_several_is_told_by_its_index(void **state)
{
    KEVENT events[4];
    KWAIT_BLOCK blocks[4];
    PVOID objects[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        KeInitializeEvent(&events[i], SynchronizationEvent, FALSE);
        objects[i] = &events[i];
    }
    EXPECT_STATUS(
        KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, &none, NULL),
        STATUS_TIMEOUT);
    KeSetEvent(&events[3], 0, FALSE);
    KeSetEvent(&events[2], 0, FALSE);
    EXPECT_STATUS(
        KeWaitForMultipleObjects(4, objects, WaitAny, Executive, KernelMode, FALSE, NULL, blocks),
        STATUS_WAIT_0 + 2);
    EXPECT_EQ(KeReadStateEvent(&events[2]), 0);
    EXPECT_EQ(KeReadStateEvent(&events[3]), 1);
}

static void all_of_several_are_taken_at_once(void **state)
{
    KEVENT events[2];
    PVOID objects[2] = {&events[0], &events[1]};

    (void)state;
    KeInitializeEvent(&events[0], SynchronizationEvent, TRUE);
    KeInitializeEvent(&events[1], SynchronizationEvent, FALSE);
    EXPECT_STATUS(
        KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE, &none, NULL),
        STATUS_TIMEOUT);
    EXPECT_EQ(KeReadStateEvent(&events[0]), 1); /* nothing is taken until all can be */
    KeSetEvent(&events[1], 0, FALSE);
    EXPECT_SUCCESS(
        KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE, NULL, NULL));
    EXPECT_EQ(KeReadStateEvent(&events[0]), 0);
    EXPECT_EQ(KeReadStateEvent(&events[1]), 0);
}

static void many_objects_need_wait_blocks(void **state)
{
    KEVENT event;
    PVOID objects[4] = {&event, &event, &event, &event};

    (void)state;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    EXPECT_STATUS(
        KeWaitForMultipleObjects(4, objects, WaitAny, Executive, KernelMode, FALSE, &none, NULL),
        STATUS_INVALID_PARAMETER);
    EXPECT_EQ(take_report("KE-OBJECT")->bugcheck, MAXIMUM_WAIT_OBJECTS_EXCEEDED);
}

static void waiting_at_dispatch_is_reported(void **state)
{
    LARGE_INTEGER soon = {.QuadPart = -1};
    KEVENT event;
    KIRQL irql;

    (void)state;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    EXPECT_SUCCESS(poll_object(&event)); /* not to wait at all is allowed */
    EXPECT_EQ(ntsim_report_count(sim), 0);
    EXPECT_SUCCESS(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &soon));
    KeLowerIrql(irql);
    const struct ntcb_report *report = take_report("DV-06");
    EXPECT_EQ(report->bugcheck, 0xC4);
    EXPECT_EQ(report->parameter[0], 0x3B);
    EXPECT_EQ(report->parameter[1], DISPATCH_LEVEL);
    KeRaiseIrql(DISPATCH_LEVEL + 1, &irql);
    EXPECT_SUCCESS(poll_object(&event));
    KeLowerIrql(irql);
    EXPECT_EQ(take_report("DV-31")->parameter[0], 0x121);
}

static void an_object_that_is_none_is_reported(void **state)
{
    KEVENT event;

    (void)state;
    memset(&event, 0, sizeof(event));
    EXPECT_EQ(KeSetEvent(&event, 0, FALSE), 0);
    take_report("KE-OBJECT");
    EXPECT_STATUS(poll_object(&event), STATUS_INVALID_PARAMETER);
    take_report("KE-OBJECT");
}

/* ---- two threads ---- */

struct peer {
    pthread_t thread;
    struct ntsim_thread *as; /* NULL: a fresh system thread */
    void (*run)(struct peer *peer);
    KEVENT begun;
    KEVENT *event; /* what the case says */
    PVOID objects[2];
    _Atomic NTSTATUS status;
};

static void *run_peer(void *context)
{
    struct peer *peer = context;
    struct ntsim_thread *previous =
        peer->as != NULL ? ntsim_thread_enter(peer->as) : ntsim_enter(sim);

    KeSetEvent(&peer->begun, 0, FALSE);
    peer->run(peer);
    ntsim_thread_leave(previous);
    return NULL;
}

static void begin(struct peer *peer)
{
    KeInitializeEvent(&peer->begun, NotificationEvent, FALSE);
    EXPECT_EQ(pthread_create(&peer->thread, NULL, run_peer, peer), 0);
    EXPECT_SUCCESS(wait_for(&peer->begun));
}

static void end(struct peer *peer)
{
    EXPECT_EQ(pthread_join(peer->thread, NULL), 0);
}

static void wait_once(struct peer *peer)
{
    atomic_store(&peer->status, wait_for(peer->event));
}

static void a_wait_ends_when_the_event_is_set(void **state)
{
    KEVENT event;
    struct peer peer = {.run = wait_once, .event = &event, .status = STATUS_PENDING};

    (void)state;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    begin(&peer);
    EXPECT_STATUS(atomic_load(&peer.status), STATUS_PENDING);
    KeSetEvent(&event, 0, FALSE);
    end(&peer);
    EXPECT_STATUS(atomic_load(&peer.status), STATUS_SUCCESS);
}

/* The event lives on the waiting thread's stack: nobody may touch it once the wait is over. */
static void answer(struct peer *peer)
{
    for (int i = 0; i < 200; i++) {
        wait_for(peer->objects[0]);
        KeSetEvent(*(KEVENT * _Atomic *)peer->objects[1], 0, FALSE);
    }
}

static void an_event_may_go_when_its_wait_is_over(void **state)
{
    KEVENT question;
    KEVENT *_Atomic place;
    struct peer peer = {.run = answer, .objects = {&question, (PVOID)&place}};

    (void)state;
    KeInitializeEvent(&question, SynchronizationEvent, FALSE);
    begin(&peer);
    for (int i = 0; i < 200; i++) {
        KEVENT *done = malloc(sizeof(*done));

        KeInitializeEvent(done, NotificationEvent, FALSE);
        atomic_store(&place, done);
        KeSetEvent(&question, 0, FALSE);
        EXPECT_SUCCESS(wait_for(done));
        free(done);
    }
    end(&peer);
}

static void wait_for_both(struct peer *peer)
{
    atomic_store(&peer->status, KeWaitForMultipleObjects(2, peer->objects, WaitAll, Executive,
                                                         KernelMode, FALSE, NULL, NULL));
}

static void a_wait_for_all_ends_with_the_last(void **state)
{
    KEVENT first, second;
    struct peer peer = {
        .run = wait_for_both, .objects = {&first, &second}, .status = STATUS_PENDING};

    (void)state;
    KeInitializeEvent(&first, SynchronizationEvent, FALSE);
    KeInitializeEvent(&second, SynchronizationEvent, FALSE);
    begin(&peer);
    KeSetEvent(&first, 0, FALSE);
    EXPECT_STATUS(atomic_load(&peer.status), STATUS_PENDING);
    KeSetEvent(&second, 0, FALSE);
    end(&peer);
    EXPECT_STATUS(atomic_load(&peer.status), STATUS_SUCCESS);
    EXPECT_EQ(KeReadStateEvent(&first), 0);
}

static void wait_and_tell(struct peer *peer)
{
    wait_once(peer);
    KeSetEvent(peer->objects[0], 0, FALSE);
}

static void a_synchronization_event_lets_one_go(void **state)
{
    KEVENT event, taken;
    struct peer peers[4];

    (void)state;
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    KeInitializeEvent(&taken, SynchronizationEvent, FALSE);
    for (int i = 0; i < 4; i++) {
        peers[i] = (struct peer){
            .run = wait_and_tell, .event = &event, .objects = {&taken}, .status = STATUS_PENDING};
        begin(&peers[i]);
    }
    for (int i = 0; i < 4; i++) {
        KeSetEvent(&event, 0, FALSE);
        EXPECT_SUCCESS(wait_for(&taken));
        EXPECT_EQ(KeReadStateEvent(&event), 0);
        EXPECT_EQ(KeReadStateEvent(&taken), 0); /* nobody else has been let go */
    }
    for (int i = 0; i < 4; i++) {
        end(&peers[i]);
        EXPECT_STATUS(atomic_load(&peers[i].status), STATUS_SUCCESS);
    }
}

static void threads_and_processes_are_signalled_by_their_end(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_thread *thread = ntsim_thread_create(process, 0);

    (void)state;
    ObReferenceObject(thread);
    ObReferenceObject(process);
    EXPECT_STATUS(poll_object(thread), STATUS_TIMEOUT);
    ntsim_thread_exit(thread);
    EXPECT_SUCCESS(poll_object(thread));
    EXPECT_STATUS(poll_object(process), STATUS_TIMEOUT);
    ntsim_process_exit(process, STATUS_SUCCESS);
    EXPECT_SUCCESS(wait_for(process));
    ObDereferenceObject(thread);
    ObDereferenceObject(process);
}

#define CASE(name, rules, function)                    \
    {                                                  \
        "sim.wait." name, rules, function, start, stop \
    }
static const struct ntcb_test tests[] = {
    CASE("notification_event", "", notification_event_stays_set),
    CASE("synchronization_event", "", synchronization_event_is_reset_by_a_wait),
    CASE("timeouts", "", timeouts_are_relative_or_absolute),
    CASE("any", "", any_of_several_is_told_by_its_index),
    CASE("all", "", all_of_several_are_taken_at_once),
    CASE("blocks", "", many_objects_need_wait_blocks),
    CASE("irql", "DV-06 DV-31", waiting_at_dispatch_is_reported),
    CASE("no_object", "", an_object_that_is_none_is_reported),
    CASE("set_ends_wait", "", a_wait_ends_when_the_event_is_set),
    CASE("event_on_stack", "", an_event_may_go_when_its_wait_is_over),
    CASE("all_on_last", "", a_wait_for_all_ends_with_the_last),
    CASE("one_goes", "", a_synchronization_event_lets_one_go),
    CASE("ends_signal", "", threads_and_processes_are_signalled_by_their_end),
};

NTCB_TEST_MAIN("library", tests)
