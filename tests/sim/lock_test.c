/* SPDX-License-Identifier: MIT
 *
 * lock_test.c - spin locks, mutexes of every kind, semaphores, and the threads that contend.
 */
#include "simkit.h"

#include <ntcallback/ddk/ntexapi.h>

#define THREADS 4
#define ROUNDS 500

static LARGE_INTEGER none = {.QuadPart = 0};

static NTSTATUS wait_for(PVOID object)
{
    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL);
}

static NTSTATUS poll_object(PVOID object)
{
    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &none);
}

/* ---- threads ---- */

static HANDLE begin(PKSTART_ROUTINE routine, PVOID context)
{
    HANDLE handle;

    EXPECT_SUCCESS(
        PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, routine, context));
    return handle;
}

static void end(HANDLE handle)
{
    EXPECT_SUCCESS(ZwWaitForSingleObject(handle, FALSE, NULL));
    EXPECT_SUCCESS(ZwClose(handle));
}

/* ---- each lock keeps a counter that is not atomic ---- */

struct contest {
    void (*acquire)(struct contest *contest, KLOCK_QUEUE_HANDLE *queue);
    void (*release)(struct contest *contest, KLOCK_QUEUE_HANDLE *queue);
    KIRQL inside; /* IRQL while it is held */
    KSPIN_LOCK spin;
    FAST_MUTEX fast;
    KGUARDED_MUTEX guarded;
    KMUTEX mutex;
    KSEMAPHORE semaphore;
    ULONG counter;
    ULONG wrong;
};

static void take_spin(struct contest *contest, KLOCK_QUEUE_HANDLE *queue)
{
    KeAcquireSpinLock(&contest->spin, &queue->OldIrql);
}

static void give_spin(struct contest *contest, KLOCK_QUEUE_HANDLE *queue)
{
    KeReleaseSpinLock(&contest->spin, queue->OldIrql);
}

static void take_queued(struct contest *contest, KLOCK_QUEUE_HANDLE *queue)
{
    KeAcquireInStackQueuedSpinLock(&contest->spin, queue);
}

static void give_queued(struct contest *contest, KLOCK_QUEUE_HANDLE *queue)
{
    (void)contest;
    KeReleaseInStackQueuedSpinLock(queue);
}

static void take_fast(struct contest *contest, KLOCK_QUEUE_HANDLE *queue)
{
    (void)queue;
    ExAcquireFastMutex(&contest->fast);
}

static void give_fast(struct contest *contest, KLOCK_QUEUE_HANDLE *queue)
{
    (void)queue;
    ExReleaseFastMutex(&contest->fast);
}

static void take_guarded(struct contest *contest, KLOCK_QUEUE_HANDLE *queue)
{
    (void)queue;
    KeAcquireGuardedMutex(&contest->guarded);
}

static void give_guarded(struct contest *contest, KLOCK_QUEUE_HANDLE *queue)
{
    (void)queue;
    KeReleaseGuardedMutex(&contest->guarded);
}

static void take_mutex(struct contest *contest, KLOCK_QUEUE_HANDLE *queue)
{
    (void)queue;
    KeWaitForSingleObject(&contest->mutex, Executive, KernelMode, FALSE, NULL);
}

static void give_mutex(struct contest *contest, KLOCK_QUEUE_HANDLE *queue)
{
    (void)queue;
    KeReleaseMutex(&contest->mutex, FALSE);
}

static void take_semaphore(struct contest *contest, KLOCK_QUEUE_HANDLE *queue)
{
    (void)queue;
    KeWaitForSingleObject(&contest->semaphore, Executive, KernelMode, FALSE, NULL);
}

static void give_semaphore(struct contest *contest, KLOCK_QUEUE_HANDLE *queue)
{
    (void)queue;
    KeReleaseSemaphore(&contest->semaphore, 0, 1, FALSE);
}

static VOID NTAPI contend(PVOID context)
{
    struct contest *contest = context;

    for (int i = 0; i < ROUNDS; i++) {
        KLOCK_QUEUE_HANDLE queue;

        contest->acquire(contest, &queue);
        contest->wrong += KeGetCurrentIrql() != contest->inside;
        contest->counter++;
        contest->release(contest, &queue);
    }
}

static void one_thread_at_a_time(void **state)
{
    static const struct contest kinds[] = {
        {.acquire = take_spin, .release = give_spin, .inside = DISPATCH_LEVEL},
        {.acquire = take_queued, .release = give_queued, .inside = DISPATCH_LEVEL},
        {.acquire = take_fast, .release = give_fast, .inside = APC_LEVEL},
        {.acquire = take_guarded, .release = give_guarded},
        {.acquire = take_mutex, .release = give_mutex},
        {.acquire = take_semaphore, .release = give_semaphore},
    };

    (void)state;
    for (size_t kind = 0; kind < RTL_NUMBER_OF(kinds); kind++) {
        struct contest contest = kinds[kind];
        HANDLE threads[THREADS];

        KeInitializeSpinLock(&contest.spin);
        ExInitializeFastMutex(&contest.fast);
        KeInitializeGuardedMutex(&contest.guarded);
        KeInitializeMutex(&contest.mutex, 0);
        KeInitializeSemaphore(&contest.semaphore, 1, 1);
        for (int i = 0; i < THREADS; i++) {
            threads[i] = begin(contend, &contest);
        }
        for (int i = 0; i < THREADS; i++) {
            end(threads[i]);
        }
        EXPECT_EQ(contest.counter, THREADS * ROUNDS);
        EXPECT_EQ(contest.wrong, 0);
    }
}

/* ---- what each does besides ---- */

static void locks_keep_apcs_off(void **state)
{
    KGUARDED_MUTEX guarded;
    FAST_MUTEX fast;
    KMUTEX mutex;

    (void)state;
    KeInitializeGuardedMutex(&guarded);
    ExInitializeFastMutex(&fast);
    KeInitializeMutex(&mutex, 0);
    KeAcquireGuardedMutex(&guarded);
    EXPECT_TRUE(KeAreAllApcsDisabled());
    KeReleaseGuardedMutex(&guarded);
    EXPECT_TRUE(ExTryToAcquireFastMutex(&fast));
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
    EXPECT_FALSE(ExTryToAcquireFastMutex(&fast));
    ExReleaseFastMutex(&fast);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    EXPECT_SUCCESS(wait_for(&mutex));
    EXPECT_TRUE(KeAreApcsDisabled() && !KeAreAllApcsDisabled());
    KeReleaseMutex(&mutex, FALSE);
    EXPECT_FALSE(KeAreApcsDisabled());
}

static void a_mutex_is_recursive(void **state)
{
    KMUTEX mutex;

    (void)state;
    KeInitializeMutex(&mutex, 0);
    EXPECT_EQ(KeReadStateMutex(&mutex), 1);
    EXPECT_SUCCESS(wait_for(&mutex));
    EXPECT_SUCCESS(wait_for(&mutex));
    EXPECT_TRUE(KeReleaseMutex(&mutex, FALSE) != 0);
    EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), 0);
    EXPECT_EQ(KeReadStateMutex(&mutex), 1);
}

static VOID NTAPI keep_mutex(PVOID context)
{
    KeWaitForSingleObject(context, Executive, KernelMode, FALSE, NULL);
    KeLeaveCriticalRegion(); /* so that only the mutex is left behind */
}

static void a_mutex_of_an_ended_thread_is_abandoned(void **state)
{
    KMUTEX mutex;

    (void)state;
    KeInitializeMutex(&mutex, 0);
    end(begin(keep_mutex, &mutex));
    EXPECT_EQ(take_report("KE-OBJECT")->bugcheck, THREAD_TERMINATE_HELD_MUTEX);
    EXPECT_STATUS(wait_for(&mutex), STATUS_ABANDONED_WAIT_0);
    EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), 0);
    EXPECT_SUCCESS(wait_for(&mutex));
    EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), 0);
}

static void a_semaphore_counts(void **state)
{
    KSEMAPHORE semaphore;

    (void)state;
    KeInitializeSemaphore(&semaphore, 0, 3);
    EXPECT_STATUS(poll_object(&semaphore), STATUS_TIMEOUT);
    EXPECT_EQ(KeReleaseSemaphore(&semaphore, 0, 2, FALSE), 0);
    EXPECT_SUCCESS(poll_object(&semaphore));
    EXPECT_EQ(KeReadStateSemaphore(&semaphore), 1);
    EXPECT_SUCCESS(poll_object(&semaphore));
    EXPECT_STATUS(poll_object(&semaphore), STATUS_TIMEOUT);
}

static void misuse_is_reported(void **state)
{
    FAST_MUTEX fast;
    KSPIN_LOCK spin;
    KIRQL irql;

    (void)state;
    KeInitializeSpinLock(&spin);
    ExInitializeFastMutex(&fast);
    KeAcquireSpinLock(&spin, &irql);
    KeAcquireSpinLockAtDpcLevel(&spin);
    EXPECT_EQ(take_report("KE-SPIN")->bugcheck, SPIN_LOCK_ALREADY_OWNED);
    KeReleaseSpinLock(&spin, irql);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeReleaseSpinLockFromDpcLevel(&spin);
    KeLowerIrql(irql);
    EXPECT_EQ(take_report("KE-SPIN")->bugcheck, SPIN_LOCK_NOT_OWNED);
    ExAcquireFastMutex(&fast);
    ExAcquireFastMutex(&fast);
    take_report("EX-MUTEX");
    ExReleaseFastMutex(&fast);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    ExReleaseFastMutexUnsafe(&fast);
    take_report("EX-MUTEX");
}

/* ---- system threads ---- */

struct seen {
    PETHREAD thread;
    HANDLE tid;
    KPROCESSOR_MODE mode;
    BOOLEAN went_on;
};

static VOID NTAPI look(PVOID context)
{
    struct seen *seen = context;

    seen->thread = PsGetCurrentThread();
    seen->tid = PsGetCurrentThreadId();
    seen->mode = ExGetPreviousMode();
}

static VOID NTAPI look_and_terminate(PVOID context)
{
    struct seen *seen = context;

    look(context);
    PsTerminateSystemThread(STATUS_SUCCESS);
    seen->went_on = TRUE;
}

static void a_system_thread_runs_and_is_signalled(void **state)
{
    struct seen seen = {.mode = UserMode};
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID id;
    HANDLE handle;
    PVOID thread;

    (void)state;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    EXPECT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, NULL, &id,
                                        look_and_terminate, &seen));
    EXPECT_SUCCESS(ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode,
                                             &thread, NULL));
    EXPECT_SUCCESS(ZwClose(handle));
    EXPECT_SUCCESS(wait_for(thread));
    EXPECT_PTR(seen.thread, thread);
    EXPECT_PTR(seen.tid, id.UniqueThread);
    EXPECT_EQ((ULONG_PTR)id.UniqueProcess, 4);
    EXPECT_EQ(seen.mode, KernelMode);
    EXPECT_FALSE(seen.went_on);
    ObDereferenceObject(thread);
    EXPECT_STATUS(PsTerminateSystemThread(STATUS_SUCCESS), STATUS_INVALID_PARAMETER);
}

static void many_threads_come_and_go(void **state)
{
    struct seen seen[8];

    (void)state;
    for (int round = 0; round < 20; round++) {
        HANDLE handles[8];

        for (int i = 0; i < 8; i++) {
            seen[i] = (struct seen){.mode = UserMode};
            handles[i] = begin(i % 2 == 0 ? look : look_and_terminate, &seen[i]);
        }
        for (int i = 0; i < 8; i++) {
            end(handles[i]);
            EXPECT_EQ(seen[i].mode, KernelMode);
            EXPECT_FALSE(seen[i].went_on);
        }
    }
}

static VOID NTAPI stay_raised(PVOID context)
{
    KIRQL irql;

    (void)context;
    KeEnterCriticalRegion();
    KeRaiseIrql(APC_LEVEL, &irql);
}

static void ending_raised_is_reported(void **state)
{
    (void)state;
    end(begin(stay_raised, NULL));
    EXPECT_EQ(take_report("DV-19")->bugcheck, KERNEL_APC_PENDING_DURING_EXIT);
}

static void without_memory_no_thread_begins(void **state)
{
    struct seen seen;
    HANDLE handle;
    NTSTATUS status;
    uint64_t n = 0;

    (void)state;
    do {
        ntsim_fail_allocation(sim, ++n);
        status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, look, &seen);
        ntsim_fail_allocation(sim, 0);
        EXPECT_TRUE(status == STATUS_SUCCESS || status == STATUS_INSUFFICIENT_RESOURCES);
    } while (status != STATUS_SUCCESS);
    EXPECT_TRUE(n > 1);
    end(handle);
}

#define CASE(name, rules, function)               \
    {                                             \
        "sim." name, rules, function, start, stop \
    }
static const struct ntcb_test tests[] = {
    CASE("lock.one_at_a_time", "", one_thread_at_a_time),
    CASE("lock.apcs", "", locks_keep_apcs_off),
    CASE("lock.mutex_recursive", "", a_mutex_is_recursive),
    CASE("lock.mutex_abandoned", "", a_mutex_of_an_ended_thread_is_abandoned),
    CASE("lock.semaphore", "", a_semaphore_counts),
    CASE("lock.misuse", "", misuse_is_reported),
    CASE("system_thread.runs", "", a_system_thread_runs_and_is_signalled),
    CASE("system_thread.many", "", many_threads_come_and_go),
    CASE("system_thread.raised", "DV-19", ending_raised_is_reported),
    CASE("system_thread.memory", "", without_memory_no_thread_begins),
};

NTCB_TEST_MAIN("library", tests)
