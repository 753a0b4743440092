/* SPDX-License-Identifier: MIT
 *
 * thread_test.c - processes and threads, and being one.
 */
#include "simkit.h"

#include <pthread.h>

static void system_process_is_number_four(void **state)
{
    (void)state;
    EXPECT_EQ((ULONG_PTR)PsGetCurrentProcessId(), 4);
    EXPECT_EQ(ntsim_process_id(ntsim_system_process(sim)), 4);
    EXPECT_TRUE(PsIsSystemThread(PsGetCurrentThread()));
    EXPECT_EQ(ExGetPreviousMode(), KernelMode);
    EXPECT_PTR(IoThreadToProcess(PsGetCurrentThread()), PsGetCurrentProcess());
    EXPECT_PTR(ntsim_process_find(sim, 4), ntsim_system_process(sim));
}

static void ids_are_fresh_multiples_of_four(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    uint32_t pid = ntsim_process_id(process);
    uint32_t tid = ntsim_thread_id(ntsim_process_thread(process));

    (void)state;
    EXPECT_TRUE(pid % 4 == 0 && tid % 4 == 0 && pid != tid && pid > 4);
    EXPECT_PTR(ntsim_process_find(sim, pid), process);
    EXPECT_TRUE(ntsim_process_find(sim, tid) == NULL);
    EXPECT_PTR(ntsim_thread_find(sim, tid), ntsim_process_thread(process));
}

static void bad_options_are_refused(void **state)
{
    struct ntsim_process_options options = {.image_path = "C:\\a.exe", .pid = 4};
    struct ntsim_process *process = NULL;

    (void)state;
    EXPECT_EQ(ntsim_process_create(sim, &options, &process), NTCB_EINVAL);
    EXPECT_TRUE(strstr(ntsim_last_error(sim), "pid 4") != NULL);
    options.pid = 1001;
    EXPECT_EQ(ntsim_process_create(sim, &options, &process), NTCB_EINVAL);
    options.pid = 0;
    options.image_path = NULL;
    EXPECT_EQ(ntsim_process_create(sim, &options, &process), NTCB_EINVAL);
    EXPECT_TRUE(strstr(ntsim_last_error(sim), "image_path") != NULL);
    EXPECT_TRUE(process == NULL);
}

static void given_pid_is_taken_and_free_after_exit(void **state)
{
    const struct ntsim_process_options options = {.image_path = "C:\\a.exe", .pid = 4242 * 4};
    struct ntsim_process *process;

    (void)state;
    EXPECT_EQ(ntsim_process_create(sim, &options, &process), NTCB_OK);
    EXPECT_EQ(ntsim_process_id(process), 4242 * 4);
    ntsim_process_exit(process, STATUS_SUCCESS);
    EXPECT_TRUE(ntsim_process_find(sim, 4242 * 4) == NULL);
    EXPECT_EQ(ntsim_process_create(sim, &options, &process), NTCB_OK);
}

static void user_thread_calls_from_user_mode(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_thread *thread = ntsim_process_thread(process);
    PETHREAD mine = PsGetCurrentThread();
    struct ntsim_thread *previous = ntsim_thread_enter(thread);

    (void)state;
    EXPECT_EQ(ExGetPreviousMode(), UserMode);
    EXPECT_FALSE(PsIsSystemThread(PsGetCurrentThread()));
    EXPECT_EQ((ULONG_PTR)PsGetCurrentProcessId(), ntsim_process_id(process));
    EXPECT_EQ((ULONG_PTR)PsGetCurrentThreadId(), ntsim_thread_id(thread));
    EXPECT_PTR(PsGetThreadProcessId(PsGetCurrentThread()), PsGetCurrentProcessId());
    EXPECT_EQ(ntsim_previous_mode(KernelMode), UserMode);
    EXPECT_EQ(ExGetPreviousMode(), KernelMode);
    EXPECT_EQ(ntsim_previous_mode(UserMode), KernelMode);
    ntsim_thread_leave(previous);
    EXPECT_PTR(PsGetCurrentThread(), mine);
    EXPECT_EQ(ExGetPreviousMode(), KernelMode);
}

static void lookup_references(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    HANDLE pid = (HANDLE)(ULONG_PTR)ntsim_process_id(process);
    HANDLE tid = (HANDLE)(ULONG_PTR)ntsim_thread_id(ntsim_process_thread(process));
    PEPROCESS found = NULL;
    PETHREAD thread = NULL;

    (void)state;
    EXPECT_SUCCESS(PsLookupProcessByProcessId(pid, &found));
    EXPECT_PTR(PsGetProcessId(found), pid);
    EXPECT_SUCCESS(PsLookupThreadByThreadId(tid, &thread));
    EXPECT_PTR(PsGetThreadId(thread), tid);
    EXPECT_PTR(IoThreadToProcess(thread), found);
    ObDereferenceObject(found);
    ObDereferenceObject(thread);
    EXPECT_STATUS(PsLookupProcessByProcessId(tid, &found), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(PsLookupThreadByThreadId(pid, &thread), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(PsLookupProcessByProcessId((HANDLE)(~(MAXULONG_PTR >> 1) | 4), &found),
                  STATUS_INVALID_PARAMETER);
}

static void more_threads_come_and_go(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_thread *first = ntsim_process_thread(process);
    struct ntsim_thread *second = ntsim_thread_create(process, 40000);
    uint32_t pid;

    (void)state;
    EXPECT_EQ(ntsim_thread_id(second), 40000);
    EXPECT_TRUE(ntsim_thread_create(process, 40000) == NULL);
    EXPECT_PTR(ntsim_process_thread(process), first);
    ntsim_thread_exit(first);
    EXPECT_PTR(ntsim_process_thread(process), second);
    EXPECT_EQ(ntsim_process_thread_count(process), 1);
    pid = ntsim_process_id(process);
    ntsim_thread_exit(second);
    EXPECT_TRUE(ntsim_process_find(sim, pid) == NULL); /* it went with its last thread */
}

/* The exiting thread is the caller: it goes on as a system thread. */
static void process_can_end_itself(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_thread *previous = ntsim_thread_enter(ntsim_process_thread(process));
    uint32_t pid = ntsim_process_id(process);

    (void)state;
    ntsim_process_exit(process, STATUS_SUCCESS);
    EXPECT_TRUE(ntsim_process_find(sim, pid) == NULL);
    EXPECT_EQ((ULONG_PTR)PsGetCurrentProcessId(), 4);
    ntsim_thread_leave(previous);
    EXPECT_EQ((ULONG_PTR)PsGetCurrentProcessId(), 4);
}

static void exit_closes_handles(void **state)
{
    struct ntsim_process *process = make_process("C:\\a.exe");
    struct ntsim_thread *previous = ntsim_thread_enter(ntsim_process_thread(process));
    PEPROCESS system;
    HANDLE handle;

    (void)state;
    EXPECT_SUCCESS(PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)4, &system));
    EXPECT_SUCCESS(ObOpenObjectByPointer(system, 0, NULL, 0, *PsProcessType, KernelMode, &handle));
    ObReferenceObject(system);
    ntsim_thread_leave(previous);
    EXPECT_TRUE(ObReferenceObject(system) > ObDereferenceObject(system));
    ntsim_process_exit(process, STATUS_SUCCESS);
    ObDereferenceObject(system);
    ObDereferenceObject(system);
}

static void image_name_is_found_three_ways(void **state)
{
    struct ntsim_process *process = make_process("C:\\Windows\\System32\\notepad.exe");
    PUNICODE_STRING name = NULL;
    PEPROCESS object;

    (void)state;
    EXPECT_SUCCESS(
        PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)ntsim_process_id(process), &object));
    EXPECT_STR((const char *)PsGetProcessImageFileName(object), "notepad.exe");
    EXPECT_SUCCESS(SeLocateProcessImageName(object, &name));
    EXPECT_TRUE(RtlEqualUnicodeString(
        name, STRING(u"\\Device\\HarddiskVolume3\\Windows\\System32\\notepad.exe"), FALSE));
    ExFreePool(name);
    ObDereferenceObject(object);
}

struct worker {
    struct ntsim_thread *thread;
    HANDLE process_id;
    bool unbound_after;
};

static void *work(void *context)
{
    struct worker *worker = context;
    struct ntsim_thread *previous = ntsim_thread_enter(worker->thread);

    worker->process_id = PsGetCurrentProcessId();
    ntsim_thread_leave(previous);
    worker->unbound_after = previous == NULL && ntsim_current() == NULL;
    return NULL;
}

static void host_threads_act_side_by_side(void **state)
{
    struct worker workers[4];
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        workers[i] = (struct worker){.thread = ntsim_process_thread(make_process("C:\\a.exe"))};
    }
    for (size_t i = 0; i < 4; i++) {
        EXPECT_EQ(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        EXPECT_PTR(workers[i].process_id, PsGetThreadProcessId((PETHREAD)(PVOID)workers[i].thread));
        EXPECT_TRUE(workers[i].unbound_after);
    }
}

static void *churn(void *context)
{
    const struct ntsim_process_options options = {.image_path = "C:\\churn.exe"};
    struct ntsim_thread *previous = ntsim_enter(context);
    size_t failures = 0;

    for (int i = 0; i < 200; i++) {
        struct ntsim_process *process;
        PEPROCESS object;
        HANDLE handle;

        if (ntsim_process_create(context, &options, &process) != NTCB_OK ||
            !NT_SUCCESS(PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)ntsim_process_id(process),
                                                   &object)) ||
            !NT_SUCCESS(ObOpenObjectByPointer(object, OBJ_KERNEL_HANDLE, NULL, 0, *PsProcessType,
                                              KernelMode, &handle)) ||
            !NT_SUCCESS(ZwClose(handle))) {
            failures++;
            break;
        }
        ntsim_process_exit(process, STATUS_SUCCESS);
        ObDereferenceObject(object);
        ExFreePool(ExAllocatePoolWithTag(NonPagedPool, 32, 0x74736554));
    }
    ntsim_leave(previous);
    return (void *)failures;
}

static void tables_survive_concurrent_use(void **state)
{
    pthread_t threads[4];
    void *failures;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        EXPECT_EQ(pthread_create(&threads[i], NULL, churn, sim), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        EXPECT_EQ(pthread_join(threads[i], &failures), 0);
        EXPECT_TRUE(failures == NULL);
    }
}

static const struct ntcb_test tests[] = {
    {"ps.process.system_is_number_four", "", system_process_is_number_four, start, stop},
    {"ps.process.ids_are_fresh_multiples_of_four", "", ids_are_fresh_multiples_of_four, start,
     stop},
    {"ps.process.bad_options_are_refused", "", bad_options_are_refused, start, stop},
    {"ps.process.given_pid_is_free_after_exit", "", given_pid_is_taken_and_free_after_exit, start,
     stop},
    {"ps.process.can_end_itself", "", process_can_end_itself, start, stop},
    {"ps.process.exit_closes_handles", "", exit_closes_handles, start, stop},
    {"ps.process.image_name_is_found", "", image_name_is_found_three_ways, start, stop},
    {"ps.thread.user_thread_calls_from_user_mode", "REG-MODE-01", user_thread_calls_from_user_mode,
     start, stop},
    {"ps.thread.lookup_references", "", lookup_references, start, stop},
    {"ps.thread.more_threads_come_and_go", "", more_threads_come_and_go, start, stop},
    {"ps.thread.host_threads_act_side_by_side", "", host_threads_act_side_by_side, start, stop},
    {"ps.thread.tables_survive_concurrent_use", "", tables_survive_concurrent_use, start, stop},
};

NTCB_TEST_MAIN("library", tests)
