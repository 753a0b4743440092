/* SPDX-License-Identifier: MIT
 *
 * csq_test.c - cancel-safe queues: inserting, removing and cancelling, also at the same time.
 */
#include "crew_kit.h"

#include <stdatomic.h>

#define IRPS 32
#define ROUNDS 40

struct queue {
    IO_CSQ csq;
    LIST_ENTRY irps; /* Tail.Overlay.ListEntry */
    KSPIN_LOCK lock;
    _Atomic unsigned completed; /* by IoCsq, as cancelled */
};

static struct queue queue;
static PIRP irps[IRPS];

static struct queue *of(PIO_CSQ csq)
{
    return CONTAINING_RECORD(csq, struct queue, csq);
}

static VOID NTAPI QueueInsert(PIO_CSQ Csq, PIRP Irp)
{
    InsertTailList(&of(Csq)->irps, &Irp->Tail.Overlay.ListEntry);
}

static NTSTATUS NTAPI QueueInsertEx(PIO_CSQ Csq, PIRP Irp, PVOID InsertContext)
{
    if (InsertContext == Csq) {
        return STATUS_DEVICE_BUSY;
    }
    QueueInsert(Csq, Irp);
    return STATUS_PENDING;
}

static VOID NTAPI QueueRemove(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI QueuePeek(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    PLIST_ENTRY head = &of(Csq)->irps;
    PLIST_ENTRY entry = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : head->Flink;

    for (; entry != head; entry = entry->Flink) {
        PIRP next = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);

        if (PeekContext == NULL || next == PeekContext) {
            return next;
        }
    }
    return NULL;
}

static VOID NTAPI QueueAcquire(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&of(Csq)->lock, Irql);
}

static VOID NTAPI QueueRelease(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&of(Csq)->lock, Irql);
}

static VOID NTAPI QueueCancelled(PIO_CSQ Csq, PIRP Irp)
{
    Irp->IoStatus.Status = STATUS_CANCELLED;
    atomic_fetch_add(&of(Csq)->completed, 1);
}

static int begin(void **state)
{
    start(state);
    InitializeListHead(&queue.irps);
    KeInitializeSpinLock(&queue.lock);
    atomic_store(&queue.completed, 0);
    for (int i = 0; i < IRPS; i++) {
        irps[i] = IoAllocateIrp(1, FALSE);
        IoSetNextIrpStackLocation(irps[i]);
    }
    return IoCsqInitialize(&queue.csq, QueueInsert, QueueRemove, QueuePeek, QueueAcquire,
                           QueueRelease, QueueCancelled);
}

static int end(void **state)
{
    for (int i = 0; i < IRPS; i++) {
        IoFreeIrp(irps[i]);
    }
    return stop(state);
}

static void requests_come_out_first_in_first(void **state)
{
    (void)state;
    EXPECT_TRUE(IoCsqRemoveNextIrp(&queue.csq, NULL) == NULL);
    IoCsqInsertIrp(&queue.csq, irps[0], NULL);
    IoCsqInsertIrp(&queue.csq, irps[1], NULL);
    IoCsqInsertIrp(&queue.csq, irps[2], NULL);
    EXPECT_TRUE((IoGetCurrentIrpStackLocation(irps[0])->Control & SL_PENDING_RETURNED) != 0);
    EXPECT_TRUE(irps[0]->CancelRoutine != NULL);
    EXPECT_PTR(IoCsqRemoveNextIrp(&queue.csq, irps[1]), irps[1]);
    EXPECT_TRUE(irps[1]->CancelRoutine == NULL);
    EXPECT_PTR(IoCsqRemoveNextIrp(&queue.csq, NULL), irps[0]);
    EXPECT_PTR(IoCsqRemoveNextIrp(&queue.csq, NULL), irps[2]);
    EXPECT_TRUE(IoCsqRemoveNextIrp(&queue.csq, NULL) == NULL);
}

static void one_request_is_removed_by_its_context(void **state)
{
    IO_CSQ_IRP_CONTEXT context[2];

    (void)state;
    IoCsqInsertIrp(&queue.csq, irps[0], &context[0]);
    IoCsqInsertIrp(&queue.csq, irps[1], &context[1]);
    EXPECT_PTR(IoCsqRemoveIrp(&queue.csq, &context[1]), irps[1]);
    EXPECT_TRUE(IoCsqRemoveIrp(&queue.csq, &context[1]) == NULL); /* it is gone */
    EXPECT_TRUE(IoCancelIrp(irps[0]));
    EXPECT_EQ(queue.completed, 1);
    EXPECT_TRUE(IoCsqRemoveIrp(&queue.csq, &context[0]) == NULL);
    EXPECT_STATUS(irps[0]->IoStatus.Status, STATUS_CANCELLED);
}

static void a_cancelled_request_is_completed(void **state)
{
    (void)state;
    IoCsqInsertIrp(&queue.csq, irps[0], NULL);
    EXPECT_TRUE(IoCancelIrp(irps[0]));
    EXPECT_EQ(queue.completed, 1);
    EXPECT_TRUE(IoCsqRemoveNextIrp(&queue.csq, NULL) == NULL);
    /* before it is inserted */
    EXPECT_FALSE(IoCancelIrp(irps[1]));
    IoCsqInsertIrp(&queue.csq, irps[1], NULL);
    EXPECT_EQ(queue.completed, 2);
    EXPECT_TRUE(irps[1]->CancelRoutine == NULL);
    EXPECT_TRUE(IsListEmpty(&queue.irps));
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void an_insert_routine_may_refuse(void **state)
{
    IO_CSQ_IRP_CONTEXT context;

    (void)state;
    EXPECT_SUCCESS(IoCsqInitializeEx(&queue.csq, QueueInsertEx, QueueRemove, QueuePeek,
                                     QueueAcquire, QueueRelease, QueueCancelled));
    EXPECT_STATUS(IoCsqInsertIrpEx(&queue.csq, irps[0], &context, &queue.csq), STATUS_DEVICE_BUSY);
    EXPECT_TRUE(irps[0]->CancelRoutine == NULL);
    EXPECT_TRUE(IoCsqRemoveIrp(&queue.csq, &context) == NULL);
    EXPECT_STATUS(IoCsqInsertIrpEx(&queue.csq, irps[0], &context, NULL), STATUS_PENDING);
    EXPECT_PTR(IoCsqRemoveIrp(&queue.csq, &context), irps[0]);
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static void misuse_is_reported(void **state)
{
    IO_CSQ zero = {0};
    IO_CSQ_IRP_CONTEXT context = {0};

    (void)state;
    EXPECT_TRUE(IoCsqRemoveNextIrp(&zero, NULL) == NULL);
    take_report("IO-CSQ");
    IoCsqInsertIrp(&queue.csq, irps[0], NULL);
    EXPECT_STATUS(IoCsqInsertIrpEx(&queue.csq, irps[0], NULL, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(take_report("IO-CSQ")->parameter[1], (uintptr_t)irps[0]);
    EXPECT_TRUE(IoCsqRemoveIrp(&queue.csq, &context) == NULL);
    take_report("IO-CSQ");
    EXPECT_PTR(IoCsqRemoveNextIrp(&queue.csq, NULL), irps[0]);
}

static void a_request_is_begun_anew(void **state)
{
    PIRP irp = irps[0];
    CHAR locations = irp->StackCount;

    (void)state;
    irp->Cancel = TRUE;
    irp->IoStatus.Information = 5;
    IoReuseIrp(irp, STATUS_NOT_SUPPORTED);
    EXPECT_STATUS(irp->IoStatus.Status, STATUS_NOT_SUPPORTED);
    EXPECT_EQ(irp->IoStatus.Information, 0);
    EXPECT_FALSE(irp->Cancel);
    EXPECT_EQ(irp->StackCount, locations);
    EXPECT_EQ(irp->CurrentLocation, locations + 1);
    EXPECT_EQ(irp->Size, IoSizeOfIrp((size_t)locations));
    IoInitializeIrp(irp, irp->Size, locations);
    EXPECT_SUCCESS(irp->IoStatus.Status);
    IoSetNextIrpStackLocation(irp);
    EXPECT_PTR(IoGetCurrentIrpStackLocation(irp), irp + 1);
}

/* ---- some insert, some remove, some cancel: each request ends once ---- */

static _Atomic unsigned next, removed;

static VOID NTAPI QueueRace(PVOID Context)
{
    unsigned i;

    (void)Context;
    while ((i = atomic_fetch_add(&next, 1)) < IRPS) {
        IoCsqInsertIrp(&queue.csq, irps[i], NULL);
        if (i % 2 == 0) {
            IoCancelIrp(irps[i]);
        } else if (IoCsqRemoveNextIrp(&queue.csq, NULL) != NULL) {
            atomic_fetch_add(&removed, 1);
        }
    }
}

static void each_request_ends_once(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        atomic_store(&next, 0);
        atomic_store(&removed, 0);
        atomic_store(&queue.completed, 0);
        for (int i = 0; i < IRPS; i++) {
            irps[i]->Cancel = FALSE;
        }
        run_crew(QueueRace, NULL);
        while (IoCsqRemoveNextIrp(&queue.csq, NULL) != NULL) {
            atomic_fetch_add(&removed, 1);
        }
        EXPECT_EQ(removed + queue.completed, IRPS);
        EXPECT_TRUE(IsListEmpty(&queue.irps));
    }
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static const struct ntcb_test tests[] = {
    {"io.csq.first_in_first_out", "", requests_come_out_first_in_first, begin, end},
    {"io.csq.one_is_removed_by_its_context", "", one_request_is_removed_by_its_context, begin, end},
    {"io.csq.cancelled_request_is_completed", "", a_cancelled_request_is_completed, begin, end},
    {"io.csq.insert_routine_may_refuse", "", an_insert_routine_may_refuse, begin, end},
    {"io.csq.misuse_is_reported", "", misuse_is_reported, begin, end},
    {"io.irp.begun_anew", "", a_request_is_begun_anew, begin, end},
    {"io.csq.each_request_ends_once", "", each_request_ends_once, begin, end},
};

NTCB_TEST_MAIN("library", tests)
