/* SPDX-License-Identifier: MIT
 *
 * timer_test.c - timers and DPCs.
 */
#include "simkit.h"

#include <ntcallback/ddk/ntexapi.h>

static NTSTATUS wait_for(PVOID object)
{
    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL);
}

static LARGE_INTEGER in_milliseconds(LONGLONG count)
{
    return (LARGE_INTEGER){.QuadPart = -count * 10000};
}

struct call {
    KDPC dpc;
    KEVENT done;
    PVOID arguments[2];
    ULONG count;
    ULONG wanted; /* calls until done is set */
    KIRQL irql;
    KIRQL leave_at; /* 0: as it was called */
};

static VOID NTAPI on_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct call *call = context;
    KIRQL irql;

    (void)dpc;
    call->irql = KeGetCurrentIrql();
    call->arguments[0] = argument1;
    call->arguments[1] = argument2;
    if (++call->count >= call->wanted) {
        KeSetEvent(&call->done, 0, FALSE);
    }
    if (call->leave_at != 0) {
        KeRaiseIrql(call->leave_at, &irql);
    }
}

static void prepare(struct call *call, ULONG wanted)
{
    *call = (struct call){.wanted = wanted};
    KeInitializeEvent(&call->done, NotificationEvent, FALSE);
    KeInitializeDpc(&call->dpc, on_dpc, call);
}

static void a_dpc_runs_at_dispatch_level(void **state)
{
    struct call call;

    (void)state;
    prepare(&call, 1);
    EXPECT_TRUE(KeInsertQueueDpc(&call.dpc, &call, &state));
    EXPECT_SUCCESS(wait_for(&call.done));
    KeFlushQueuedDpcs();
    EXPECT_EQ(call.irql, DISPATCH_LEVEL);
    EXPECT_PTR(call.arguments[0], &call);
    EXPECT_PTR(call.arguments[1], &state);
    EXPECT_FALSE(KeRemoveQueueDpc(&call.dpc));
    KeInitializeThreadedDpc(&call.dpc, on_dpc, &call);
    KeInsertQueueDpc(&call.dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    EXPECT_EQ(call.count, 2);
    EXPECT_EQ(call.irql, PASSIVE_LEVEL);
}

/* While one DPC queues others, none of them runs: what is queued then is queued once. */
struct chain {
    KDPC first;
    struct call second, third;
    BOOLEAN again, removed;
};

static VOID NTAPI on_first(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct chain *chain = context;

    (void)dpc;
    KeInsertQueueDpc(&chain->second.dpc, argument1, argument2);
    chain->again = KeInsertQueueDpc(&chain->second.dpc, NULL, NULL);
    KeInsertQueueDpc(&chain->third.dpc, NULL, NULL);
    chain->removed = KeRemoveQueueDpc(&chain->third.dpc);
}

static void a_dpc_is_queued_once(void **state)
{
    struct chain chain;

    (void)state;
    KeInitializeDpc(&chain.first, on_first, &chain);
    prepare(&chain.second, 1);
    prepare(&chain.third, 1);
    KeInsertQueueDpc(&chain.first, &chain, NULL);
    KeFlushQueuedDpcs();
    EXPECT_FALSE(chain.again);
    EXPECT_TRUE(chain.removed);
    EXPECT_EQ(chain.second.count, 1);
    EXPECT_PTR(chain.second.arguments[0], &chain);
    EXPECT_EQ(chain.third.count, 0);
}

static void a_timer_expires(void **state)
{
    struct call call;
    KTIMER timer;

    (void)state;
    prepare(&call, 1);
    KeInitializeTimer(&timer);
    EXPECT_FALSE(KeReadStateTimer(&timer));
    LARGE_INTEGER before = KeQueryPerformanceCounter(NULL);
    EXPECT_FALSE(KeSetTimer(&timer, in_milliseconds(2), &call.dpc));
    EXPECT_SUCCESS(wait_for(&timer));
    EXPECT_TRUE(KeQueryPerformanceCounter(NULL).QuadPart - before.QuadPart >= 20000);
    EXPECT_SUCCESS(wait_for(&call.done));
    EXPECT_TRUE(KeReadStateTimer(&timer)); /* a notification timer stays signalled */
    EXPECT_FALSE(KeCancelTimer(&timer));
    KeFlushQueuedDpcs();
}

static void a_synchronization_timer_is_reset(void **state)
{
    KTIMER timer;

    (void)state;
    KeInitializeTimerEx(&timer, SynchronizationTimer);
    KeSetTimer(&timer, in_milliseconds(0), NULL); /* due at once */
    EXPECT_SUCCESS(wait_for(&timer));
    EXPECT_FALSE(KeReadStateTimer(&timer));
}

static void timers_expire_in_order_of_time(void **state)
{
    KTIMER late, early;

    (void)state;
    KeInitializeTimer(&late);
    KeInitializeTimer(&early);
    KeSetTimer(&late, in_milliseconds(3600 * 1000), NULL);
    KeSetTimer(&early, in_milliseconds(1), NULL);
    EXPECT_SUCCESS(wait_for(&early));
    EXPECT_FALSE(KeReadStateTimer(&late));
    EXPECT_TRUE(KeSetTimer(&late, in_milliseconds(1), NULL)); /* it was set */
    EXPECT_SUCCESS(wait_for(&late));
    KeSetTimer(&late, in_milliseconds(3600 * 1000), NULL);
    EXPECT_TRUE(KeCancelTimer(&late));
    EXPECT_FALSE(KeCancelTimer(&late));
    EXPECT_FALSE(KeReadStateTimer(&late));
}

static void a_periodic_timer_comes_again(void **state)
{
    struct call call;
    KTIMER timer;

    (void)state;
    prepare(&call, 3);
    KeInitializeTimer(&timer);
    KeSetTimerEx(&timer, in_milliseconds(1), 1, &call.dpc);
    EXPECT_SUCCESS(wait_for(&call.done));
    EXPECT_TRUE(KeCancelTimer(&timer));
    KeFlushQueuedDpcs();
    EXPECT_TRUE(call.count >= 3);
}

static void a_changed_irql_is_reported(void **state)
{
    struct call call, next;

    (void)state;
    prepare(&call, 1);
    prepare(&next, 1);
    call.leave_at = DISPATCH_LEVEL + 1;
    KeInsertQueueDpc(&call.dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    EXPECT_EQ(take_report("DV-18")->bugcheck, IRQL_UNEXPECTED_VALUE);
    KeInsertQueueDpc(&next.dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    EXPECT_EQ(next.irql, DISPATCH_LEVEL);
}

#define CASE(name, rules, function)               \
    {                                             \
        "sim." name, rules, function, start, stop \
    }
static const struct ntcb_test tests[] = {
    CASE("dpc.runs", "", a_dpc_runs_at_dispatch_level),
    CASE("dpc.once", "", a_dpc_is_queued_once),
    CASE("dpc.irql", "DV-18", a_changed_irql_is_reported),
    CASE("timer.expires", "", a_timer_expires),
    CASE("timer.synchronization", "", a_synchronization_timer_is_reset),
    CASE("timer.order", "", timers_expire_in_order_of_time),
    CASE("timer.periodic", "", a_periodic_timer_comes_again),
};

NTCB_TEST_MAIN("library", tests)
