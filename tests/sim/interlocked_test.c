/* SPDX-License-Identifier: MIT
 *
 * interlocked_test.c - lists under a spin lock.
 */
#include "simkit.h"

#include <pthread.h>

#define THREADS 4
#define EACH 1000

struct item {
    LIST_ENTRY link;
    int number;
};

static LIST_ENTRY list;
static KSPIN_LOCK spin;

static int number_of(PLIST_ENTRY entry)
{
    return entry == NULL ? 0 : CONTAINING_RECORD(entry, struct item, link)->number;
}

static void neighbours_are_returned(void **state)
{
    struct item items[] = {{.number = 1}, {.number = 2}, {.number = 3}};
    KIRQL old;

    (void)state;
    InitializeListHead(&list);
    KeInitializeSpinLock(&spin);
    EXPECT_TRUE(ExInterlockedRemoveHeadList(&list, &spin) == NULL);
    EXPECT_EQ(number_of(ExInterlockedInsertTailList(&list, &items[0].link, &spin)), 0);
    EXPECT_EQ(number_of(ExInterlockedInsertTailList(&list, &items[1].link, &spin)), 1);
    KeRaiseIrql(HIGH_LEVEL, &old); /* as an interrupt's routine calls it */
    EXPECT_EQ(number_of(ExInterlockedInsertHeadList(&list, &items[2].link, &spin)), 1);
    EXPECT_EQ(number_of(ExInterlockedRemoveHeadList(&list, &spin)), 3);
    EXPECT_EQ(KeGetCurrentIrql(), HIGH_LEVEL);
    KeLowerIrql(old);
    EXPECT_EQ(number_of(ExInterlockedRemoveHeadList(&list, &spin)), 1);
    EXPECT_EQ(number_of(ExInterlockedInsertHeadList(&list, &items[0].link, &spin)), 2);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static struct item pools[THREADS][EACH];

static void *insert_all(void *context)
{
    struct ntsim_thread *before = ntsim_enter(sim);
    struct item *items = context;

    for (int i = 0; i < EACH; i++) {
        items[i].number = 1;
        ExInterlockedInsertTailList(&list, &items[i].link, &spin);
    }
    ntsim_leave(before);
    return NULL;
}

static void threads_lose_nothing(void **state)
{
    pthread_t threads[THREADS];
    int count = 0;

    (void)state;
    InitializeListHead(&list);
    KeInitializeSpinLock(&spin);
    for (int i = 0; i < THREADS; i++) {
        EXPECT_EQ(pthread_create(&threads[i], NULL, insert_all, pools[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
    }
    while (number_of(ExInterlockedRemoveHeadList(&list, &spin)) != 0) {
        count++;
    }
    EXPECT_EQ(count, THREADS * EACH);
}

static const struct ntcb_test tests[] = {
    {"ex.interlocked.neighbours_are_returned", "", neighbours_are_returned, start, stop},
    {"ex.interlocked.threads_lose_nothing", "", threads_lose_nothing, start, stop},
};

NTCB_TEST_MAIN("library", tests)
