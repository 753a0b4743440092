/* SPDX-License-Identifier: MIT
 *
 * slist_test.c - sequenced singly linked lists, alone and with threads that contend.
 */
#include "crew_kit.h"

#include <stdatomic.h>

#define ENTRIES 64
#define ROUNDS 2000

struct item {
    _Alignas(MEMORY_ALLOCATION_ALIGNMENT) SLIST_ENTRY link;
    ULONG owned; /* by how many threads; not atomic */
    ULONG uses;
};

static SLIST_HEADER head;
static struct item items[ENTRIES];

static void entries_come_back_last_first(void **state)
{
    PSLIST_ENTRY entry;

    (void)state;
    InitializeSListHead(&head);
    EXPECT_EQ(ExQueryDepthSList(&head), 0);
    EXPECT_TRUE(ExpInterlockedPopEntrySList(&head) == NULL);
    EXPECT_TRUE(ExpInterlockedPushEntrySList(&head, &items[0].link) == NULL);
    EXPECT_PTR(ExpInterlockedPushEntrySList(&head, &items[1].link), &items[0].link);
    EXPECT_PTR(ExInterlockedPushEntrySList(&head, &items[2].link, NULL), &items[1].link);
    EXPECT_EQ(ExQueryDepthSList(&head), 3);
    EXPECT_PTR(FirstEntrySList(&head), &items[2].link);
    EXPECT_PTR(ExInterlockedPopEntrySList(&head, NULL), &items[2].link);
    entry = ExpInterlockedFlushSList(&head);
    EXPECT_PTR(entry, &items[1].link);
    EXPECT_PTR(entry->Next, &items[0].link);
    EXPECT_TRUE(entry->Next->Next == NULL);
    EXPECT_EQ(ExQueryDepthSList(&head), 0);
    EXPECT_TRUE(FirstEntrySList(&head) == NULL);
}

static void a_list_works_at_any_irql(void **state)
{
    KIRQL old;

    (void)state;
    InitializeSListHead(&head);
    KeRaiseIrql(HIGH_LEVEL, &old);
    ExpInterlockedPushEntrySList(&head, &items[0].link);
    EXPECT_PTR(ExpInterlockedPopEntrySList(&head), &items[0].link);
    KeLowerIrql(old);
}

static VOID NTAPI PushAndPop(PVOID Context)
{
    (void)Context;
    for (int i = 0; i < ROUNDS; i++) {
        PSLIST_ENTRY entry = ExpInterlockedPopEntrySList(&head);
        struct item *item = CONTAINING_RECORD(entry, struct item, link);

        if (entry == NULL) {
            continue; /* the others have them all */
        }
        item->owned++;
        item->uses += item->owned; /* more than 1 each when two threads have it */
        item->owned--;
        ExpInterlockedPushEntrySList(&head, entry);
    }
}

static void an_entry_has_one_owner_at_a_time(void **state)
{
    ULONG left = 0;

    (void)state;
    InitializeSListHead(&head);
    memset(items, 0, sizeof(items));
    for (int i = 0; i < CREW - 1; i++) { /* fewer than threads */
        ExpInterlockedPushEntrySList(&head, &items[i].link);
    }
    run_crew(PushAndPop, NULL);
    EXPECT_EQ(ExQueryDepthSList(&head), CREW - 1);
    for (PSLIST_ENTRY entry = ExpInterlockedFlushSList(&head); entry != NULL; entry = entry->Next) {
        EXPECT_EQ(CONTAINING_RECORD(entry, struct item, link)->owned, 0);
        left++;
    }
    EXPECT_EQ(left, CREW - 1);
}

static _Atomic ULONG popped;

static VOID NTAPI PushShare(PVOID Context)
{
    ULONG First = (ULONG)atomic_fetch_add((_Atomic ULONG *)Context, ENTRIES / CREW);

    for (ULONG i = First; i < First + ENTRIES / CREW; i++) {
        ExpInterlockedPushEntrySList(&head, &items[i].link);
    }
    for (PSLIST_ENTRY entry = ExpInterlockedFlushSList(&head); entry != NULL;) {
        PSLIST_ENTRY next = entry->Next;

        CONTAINING_RECORD(entry, struct item, link)->uses++;
        atomic_fetch_add(&popped, 1);
        entry = next;
    }
}

static void a_flush_takes_each_entry_once(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        _Atomic ULONG next = 0;

        InitializeSListHead(&head);
        memset(items, 0, sizeof(items));
        popped = 0;
        run_crew(PushShare, &next);
        EXPECT_EQ(popped, ENTRIES);
        for (int i = 0; i < ENTRIES; i++) {
            EXPECT_EQ(items[i].uses, 1);
        }
        EXPECT_EQ(ExQueryDepthSList(&head), 0);
    }
}

static void misaligned_is_reported(void **state)
{
    _Alignas(16) UCHAR memory[48];
    PUCHAR volatile odd =
        memory + MEMORY_ALLOCATION_ALIGNMENT / 2; /* of an origin that the compiler does not see */

    (void)state;
    InitializeSListHead(&head);
    ExpInterlockedPushEntrySList(&head, (PSLIST_ENTRY)(PVOID)odd);
    EXPECT_EQ(take_report("EX-SLIST")->parameter[0], (uintptr_t)odd);
    EXPECT_EQ(ExQueryDepthSList(&head), 0);
    InitializeSListHead((PSLIST_HEADER)(PVOID)odd);
    take_report("EX-SLIST");
}

static void an_entry_pushed_twice_is_reported(void **state)
{
    (void)state;
    InitializeSListHead(&head);
    ExpInterlockedPushEntrySList(&head, &items[0].link);
    ExpInterlockedPushEntrySList(&head, &items[0].link);
    EXPECT_EQ(take_report("EX-SLIST")->parameter[0], (uintptr_t)&items[0].link);
    EXPECT_EQ(ExQueryDepthSList(&head), 1);
}

static void strictly_any_entry_pushed_twice_is_reported(void **state)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;

    (void)state;
    config.kernel.switches = NTCB_SWITCH_LINT;
    config.quiet = true;
    sim = ntsim_start(&config);
    InitializeSListHead(&head);
    ExpInterlockedPushEntrySList(&head, &items[0].link);
    ExpInterlockedPushEntrySList(&head, &items[1].link);
    ExpInterlockedPushEntrySList(&head, &items[0].link);
    take_report("EX-SLIST");
    EXPECT_EQ(ExQueryDepthSList(&head), 2);
    EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
}

static const struct ntcb_test tests[] = {
    {"ex.slist.entries_come_back_last_first", "", entries_come_back_last_first, start, stop},
    {"ex.slist.works_at_any_irql", "", a_list_works_at_any_irql, start, stop},
    {"ex.slist.entry_has_one_owner_at_a_time", "", an_entry_has_one_owner_at_a_time, start, stop},
    {"ex.slist.flush_takes_each_entry_once", "", a_flush_takes_each_entry_once, start, stop},
    {"ex.slist.misaligned_is_reported", "", misaligned_is_reported, start, stop},
    {"ex.slist.pushed_twice_is_reported", "", an_entry_pushed_twice_is_reported, start, stop},
    {"ex.slist.any_pushed_twice_is_reported", "", strictly_any_entry_pushed_twice_is_reported, NULL,
     NULL},
};

NTCB_TEST_MAIN("library", tests)
