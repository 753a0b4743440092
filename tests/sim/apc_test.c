/* SPDX-License-Identifier: MIT
 *
 * apc_test.c - APCs that drivers queue: what is recorded of them, and how they end.
 */
#include "simkit.h"

#include <ntcallback/ddk/ntundoc_apc.h>
#include <ntsim/apc.h>

#define TAG 0x20637041u

static unsigned kernel_calls, rundowns;

static VOID NTAPI KernelRoutine(PRKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                                PVOID *SystemArgument1, PVOID *SystemArgument2)
{
    (void)NormalRoutine;
    (void)NormalContext;
    (void)SystemArgument1;
    (void)SystemArgument2;
    kernel_calls++;
    ExFreePool(Apc);
}

static VOID NTAPI RundownRoutine(PRKAPC Apc)
{
    EXPECT_FALSE(Apc->Inserted);
    rundowns++;
    ExFreePool(Apc);
}

static VOID NTAPI NormalRoutine(PVOID NormalContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    (void)NormalContext;
    (void)SystemArgument1;
    (void)SystemArgument2;
}

static PKAPC make_apc(PKTHREAD thread, PKRUNDOWN_ROUTINE rundown)
{
    PKAPC apc = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*apc), TAG);

    KeInitializeApc(apc, thread, OriginalApcEnvironment, KernelRoutine, rundown, NormalRoutine,
                    UserMode, &kernel_calls);
    return apc;
}

static PETHREAD thread_of(struct ntsim_process *process)
{
    return (PETHREAD)(PVOID)ntsim_process_thread(process);
}

static void an_apc_is_recorded(void **state)
{
    struct ntsim_process *process = make_process("C:\\victim.exe");
    PKAPC apc = make_apc((PKTHREAD)thread_of(process), NULL);
    struct ntsim_apc seen;

    (void)state;
    EXPECT_EQ(ntsim_apc_count(sim), 0);
    EXPECT_TRUE(KeInsertQueueApc(apc, &seen, &process, IO_NO_INCREMENT));
    EXPECT_TRUE(apc->Inserted);
    EXPECT_FALSE(KeInsertQueueApc(apc, NULL, NULL, IO_NO_INCREMENT)); /* it is already */
    EXPECT_EQ(ntsim_apc_count(sim), 1);
    EXPECT_TRUE(ntsim_apc(sim, 0, &seen));
    EXPECT_PTR(seen.apc, apc);
    EXPECT_EQ(seen.tid, (ULONG_PTR)PsGetThreadId(thread_of(process)));
    EXPECT_EQ(seen.pid, (ULONG_PTR)PsGetThreadProcessId(thread_of(process)));
    EXPECT_TRUE(seen.user_mode);
    EXPECT_TRUE(seen.kernel_routine == (const void *)(uintptr_t)KernelRoutine);
    EXPECT_TRUE(seen.normal_routine == (const void *)(uintptr_t)NormalRoutine);
    EXPECT_TRUE(seen.rundown_routine == NULL);
    EXPECT_PTR(seen.normal_context, &kernel_calls);
    EXPECT_PTR(seen.arguments[0], &seen);
    EXPECT_PTR(seen.arguments[1], &process);
    EXPECT_FALSE(ntsim_apc(sim, 1, &seen));
    EXPECT_TRUE(strstr(printed, "recorded, not run") != NULL);
    EXPECT_TRUE(KeRemoveQueueApc(apc));
    EXPECT_FALSE(KeRemoveQueueApc(apc));
    EXPECT_FALSE(apc->Inserted);
    EXPECT_EQ(ntsim_apc_count(sim), 0);
    ExFreePool(apc);
    EXPECT_EQ(kernel_calls, 0);
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static void without_a_normal_routine_it_is_the_kernels(void **state)
{
    struct ntsim_apc seen;
    KAPC apc;

    (void)state;
    KeInitializeApc(&apc, KeGetCurrentThread(), CurrentApcEnvironment, KernelRoutine, NULL, NULL,
                    UserMode, &seen);
    EXPECT_EQ(apc.ApcMode, KernelMode);
    EXPECT_TRUE(KeInsertQueueApc(&apc, NULL, NULL, IO_NO_INCREMENT));
    EXPECT_TRUE(ntsim_apc(sim, 0, &seen));
    EXPECT_FALSE(seen.user_mode);
    EXPECT_TRUE(seen.normal_context == NULL);
    EXPECT_FALSE(KeTestAlertThread(UserMode));
    EXPECT_TRUE(KeRemoveQueueApc(&apc));
}

static void a_thread_that_ends_runs_them_down(void **state)
{
    struct ntsim_process *process = make_process("C:\\victim.exe");
    PETHREAD thread = thread_of(process);
    PKAPC late;

    (void)state;
    rundowns = 0;
    EXPECT_TRUE(KeInsertQueueApc(make_apc((PKTHREAD)thread, RundownRoutine), NULL, NULL, 0));
    EXPECT_TRUE(KeInsertQueueApc(make_apc((PKTHREAD)thread, NULL), NULL, NULL, 0));
    EXPECT_EQ(ntsim_apc_count(sim), 2);
    ObReferenceObject(thread);
    ntsim_process_exit(process, 0);
    EXPECT_EQ(rundowns, 1); /* the other was freed */
    EXPECT_EQ(ntsim_apc_count(sim), 0);
    late = make_apc((PKTHREAD)thread, NULL);
    EXPECT_FALSE(KeInsertQueueApc(late, NULL, NULL, 0));
    ExFreePool(late);
    ObDereferenceObject(thread);
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static void what_is_queued_at_the_end_is_no_leak(void **state)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;

    (void)state;
    config.quiet = true;
    sim = ntsim_start(&config);
    EXPECT_TRUE(KeInsertQueueApc(make_apc(KeGetCurrentThread(), NULL), NULL, NULL, 0));
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
}

static void misuse_is_reported(void **state)
{
    KAPC zero = {0};
    PKAPC apc = make_apc(KeGetCurrentThread(), NULL);

    (void)state;
    EXPECT_FALSE(KeInsertQueueApc(&zero, NULL, NULL, 0));
    take_report("KE-APC");
    EXPECT_TRUE(KeInsertQueueApc(apc, NULL, NULL, 0));
    ExFreePool(apc); /* it is queued */
    take_report("KE-APC");
    EXPECT_EQ(ntsim_apc_count(sim), 0);
    KeInitializeApc(&zero, NULL, OriginalApcEnvironment, KernelRoutine, NULL, NULL, KernelMode,
                    NULL);
    take_report("KE-OBJECT");
}

static void queueing_without_memory_fails(void **state)
{
    PKAPC apc = make_apc(KeGetCurrentThread(), NULL);

    (void)state;
    ntsim_fail_allocation(sim, 1);
    EXPECT_FALSE(KeInsertQueueApc(apc, NULL, NULL, 0));
    EXPECT_FALSE(apc->Inserted);
    ExFreePool(apc);
}

static const struct ntcb_test tests[] = {
    {"ke.apc.is_recorded", "", an_apc_is_recorded, start, stop},
    {"ke.apc.without_a_normal_routine_it_is_the_kernels", "",
     without_a_normal_routine_it_is_the_kernels, start, stop},
    {"ke.apc.thread_that_ends_runs_them_down", "", a_thread_that_ends_runs_them_down, start, stop},
    {"ke.apc.queued_at_the_end_is_no_leak", "", what_is_queued_at_the_end_is_no_leak, NULL, NULL},
    {"ke.apc.misuse_is_reported", "", misuse_is_reported, start, stop},
    {"ke.apc.queueing_without_memory_fails", "", queueing_without_memory_fails, start, stop},
};

NTCB_TEST_MAIN("library", tests)
