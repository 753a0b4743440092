/* SPDX-License-Identifier: MIT
 *
 * primitives_stress_test.c - resources, push locks, look-aside lists, SLISTs, tables and work items
 * on many threads. An oracle counts.
 *
 * Role   Each thread takes steps at random and remembers what they add up to: elements in a table
 *        that a resource keeps, tokens that are always as many, pairs that are only unequal while a
 *        push lock is held, work that is done once. At the end all of it must come out even, and
 *        the lists give everything back.
 *        A case that ends in .soak goes on for a minute, the other for some rounds.
 */
#include "../sim/simkit.h"

#include <ntcallback/ddk/ntexapi.h>
#include <ntcallback/host.h>

#include <stdatomic.h>

#define TAG 0x73727453u
#define THREADS 8
#define KEYS 64
#define TOKENS 5
#define QUICK_STEPS 10000
#define SOAK_SECONDS 60

struct token {
    SLIST_ENTRY link;
    ULONG owners; /* not atomic: whoever has popped it owns it */
};

static struct {
    ERESOURCE resource;
    RTL_AVL_TABLE table;
    LOOKASIDE_LIST_EX elements;
    NPAGED_LOOKASIDE_LIST scratch;
    SLIST_HEADER stack;
    struct token tokens[TOKENS];
    EX_PUSH_LOCK push;
    ULONG pair[2];
    PDEVICE_OBJECT device;
    _Atomic long balance; /* elements that were inserted and not deleted */
    _Atomic long queued, worked;
    _Atomic unsigned wrong;
    _Atomic ULONG seed;
    unsigned steps; /* of a thread; 0: until the clock says so */
    uint64_t deadline;
} stress;

static void wrong_if(bool wrong)
{
    atomic_fetch_add(&stress.wrong, wrong);
}

/* ---- the table, under the resource ---- */

static RTL_GENERIC_COMPARE_RESULTS NTAPI CompareKeys(PRTL_AVL_TABLE Table, PVOID First,
                                                     PVOID Second)
{
    ULONG A = *(ULONG *)First, B = *(ULONG *)Second;

    (void)Table;
    return A < B ? GenericLessThan : A > B ? GenericGreaterThan : GenericEqual;
}

static PVOID NTAPI AllocateElement(PRTL_AVL_TABLE Table, CLONG ByteSize)
{
    (void)Table;
    wrong_if(ByteSize != sizeof(RTL_BALANCED_LINKS) + sizeof(ULONG));
    return ExAllocateFromLookasideListEx(&stress.elements);
}

static VOID NTAPI FreeElement(PRTL_AVL_TABLE Table, PVOID Buffer)
{
    (void)Table;
    ExFreeToLookasideListEx(&stress.elements, Buffer);
}

static void change_table(ULONG random)
{
    ULONG key = random >> 8 & (KEYS - 1);
    BOOLEAN is_new;

    ExEnterCriticalRegionAndAcquireResourceExclusive(&stress.resource);
    if ((random & 1) != 0) {
        RtlInsertElementGenericTableAvl(&stress.table, &key, sizeof(key), &is_new);
        atomic_fetch_add(&stress.balance, is_new);
    } else {
        atomic_fetch_sub(&stress.balance, RtlDeleteElementGenericTableAvl(&stress.table, &key));
    }
    wrong_if(RtlNumberGenericTableElementsAvl(&stress.table) != (ULONG)stress.balance);
    if ((random & 2) != 0) {
        ExConvertExclusiveToSharedLite(&stress.resource);
        wrong_if((RtlLookupElementGenericTableAvl(&stress.table, &key) != NULL) != (random & 1));
    }
    ExReleaseResourceAndLeaveCriticalRegion(&stress.resource);
}

/* With the resource shared: as many as there are, in order. */
static void read_table(ULONG random)
{
    BOOLEAN(NTAPI *const ways[])
    (PERESOURCE, BOOLEAN) = {ExAcquireResourceSharedLite, ExAcquireSharedStarveExclusive,
                             ExAcquireSharedWaitForExclusive};
    const ULONG *element, *last = NULL;
    PVOID key = NULL;
    ULONG count = 0;

    KeEnterCriticalRegion();
    if (ways[random >> 8 & 1 ? 0 : random % 3](&stress.resource, (random & 4) != 0)) {
        while ((element = RtlEnumerateGenericTableWithoutSplayingAvl(&stress.table, &key)) !=
               NULL) {
            wrong_if(last != NULL && *last >= *element);
            last = element;
            count++;
        }
        wrong_if(count != RtlNumberGenericTableElementsAvl(&stress.table));
        wrong_if(ExIsResourceAcquiredSharedLite(&stress.resource) != 1);
        ExReleaseResourceLite(&stress.resource);
    }
    KeLeaveCriticalRegion();
}

/* ---- tokens, pairs, scratch, work ---- */

static void pass_a_token(ULONG random)
{
    PSLIST_ENTRY entry = ExpInterlockedPopEntrySList(&stress.stack);
    struct token *token = CONTAINING_RECORD(entry, struct token, link);

    (void)random;
    if (entry != NULL) {
        wrong_if(token->owners++ != 0);
        token->owners--;
        ExpInterlockedPushEntrySList(&stress.stack, entry);
    }
}

static void change_pair(ULONG random)
{
    KeEnterCriticalRegion();
    if ((random & 3) == 0) {
        ExAcquirePushLockExclusive(&stress.push);
        stress.pair[0]++;
        stress.pair[1]++;
        ExReleasePushLockExclusive(&stress.push);
    } else {
        ExAcquirePushLockShared(&stress.push);
        wrong_if(stress.pair[0] != stress.pair[1]);
        ExReleasePushLockShared(&stress.push);
    }
    KeLeaveCriticalRegion();
}

static void use_scratch(ULONG random)
{
    ULONG *blocks[6];
    size_t count = 1 + random % 6;

    for (size_t i = 0; i < count; i++) {
        blocks[i] = ExAllocateFromNPagedLookasideList(&stress.scratch);
        *blocks[i] = random;
    }
    for (size_t i = 0; i < count; i++) {
        wrong_if(*blocks[i] != random);
        ExFreeToNPagedLookasideList(&stress.scratch, blocks[i]);
    }
}

static VOID NTAPI DoWork(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    wrong_if(DeviceObject != stress.device);
    IoFreeWorkItem(Context);
    atomic_fetch_add(&stress.worked, 1);
}

static void queue_work(ULONG random)
{
    PIO_WORKITEM item;

    if (random % 16 == 0) {
        item = IoAllocateWorkItem(stress.device);
        atomic_fetch_add(&stress.queued, 1);
        IoQueueWorkItem(item, DoWork, DelayedWorkQueue, item);
    }
}

/* ---- threads ---- */

static bool over(unsigned step)
{
    const struct ntcb_host_ops *host = ntcb_host_default();

    return stress.steps != 0 ? step >= stress.steps
                             : host->clock_ns(host->context) >= stress.deadline;
}

static VOID NTAPI Strain(PVOID Context)
{
    static void (*const steps[])(ULONG random) = {change_table, read_table,  pass_a_token,
                                                  change_pair,  use_scratch, queue_work};
    ULONG random = atomic_fetch_add(&stress.seed, 77);

    (void)Context;
    for (unsigned step = 0; !over(step); step++) {
        random = random * 1664525u + 1013904223u;
        steps[(random >> 16) % (sizeof(steps) / sizeof(steps[0]))](random >> 5);
    }
}

static VOID NTAPI StressUnload(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
    IoDeleteDevice(stress.device);
}

static NTSTATUS NTAPI StressEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    DriverObject->DriverUnload = StressUnload;
    return IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &stress.device);
}

static void run_threads(void)
{
    HANDLE threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        EXPECT_SUCCESS(
            PsCreateSystemThread(&threads[i], THREAD_ALL_ACCESS, NULL, NULL, NULL, Strain, NULL));
    }
    for (int i = 0; i < THREADS; i++) {
        EXPECT_SUCCESS(ZwWaitForSingleObject(threads[i], FALSE, NULL));
        EXPECT_SUCCESS(ZwClose(threads[i]));
    }
}

static void strain(unsigned steps)
{
    const struct ntcb_host_ops *host = ntcb_host_default();
    struct ntsim_driver *driver = ntsim_driver_start(sim, "stress", StressEntry);

    stress.steps = steps;
    stress.deadline = host->clock_ns(host->context) + SOAK_SECONDS * 1000000000ull;
    EXPECT_SUCCESS(ExInitializeResourceLite(&stress.resource));
    EXPECT_SUCCESS(ExInitializeLookasideListEx(&stress.elements, NULL, NULL, NonPagedPoolNx, 0,
                                               sizeof(RTL_BALANCED_LINKS) + sizeof(ULONG), TAG, 0));
    ExInitializeNPagedLookasideList(&stress.scratch, NULL, NULL, 0, 24, TAG, 0);
    RtlInitializeGenericTableAvl(&stress.table, CompareKeys, AllocateElement, FreeElement, NULL);
    InitializeSListHead(&stress.stack);
    ExInitializePushLock(&stress.push);
    for (int i = 0; i < TOKENS; i++) {
        ExpInterlockedPushEntrySList(&stress.stack, &stress.tokens[i].link);
    }
    run_threads();
    ntsim_driver_stop(driver); /* waits for the work */
    EXPECT_EQ(stress.wrong, 0);
    EXPECT_EQ(stress.worked, stress.queued);
    EXPECT_EQ(stress.pair[0], stress.pair[1]);
    EXPECT_EQ(stress.push, 0);
    EXPECT_EQ(ExQueryDepthSList(&stress.stack), TOKENS);
    EXPECT_EQ(RtlNumberGenericTableElementsAvl(&stress.table), stress.balance);
    for (ULONG key = 0; key < KEYS; key++) {
        RtlDeleteElementGenericTableAvl(&stress.table, &key);
    }
    ExDeleteLookasideListEx(&stress.elements);
    ExDeleteNPagedLookasideList(&stress.scratch);
    EXPECT_SUCCESS(ExDeleteResourceLite(&stress.resource));
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static int begin(void **state)
{
    memset(&stress, 0, sizeof(stress));
    return start(state);
}

static void all_comes_out_even(void **state)
{
    (void)state;
    strain(QUICK_STEPS);
}

static void all_comes_out_even_for_long(void **state)
{
    (void)state;
    strain(0);
}

static const struct ntcb_test tests[] = {
    {"stress.primitives.come_out_even", "", all_comes_out_even, begin, stop},
    {"stress.primitives.come_out_even.soak", "", all_comes_out_even_for_long, begin, stop},
};

NTCB_TEST_MAIN("library", tests)
