/* SPDX-License-Identifier: MIT
 *
 * lookaside_test.c - look-aside lists of all three kinds, their misuse, and what a driver leaves.
 */
#include "crew_kit.h"

#include "ke/poison.h"

#define TAG 0x6B6F6F4Cu /* "Look" */

static NPAGED_LOOKASIDE_LIST nonpaged;
static PAGED_LOOKASIDE_LIST paged;
static LOOKASIDE_LIST_EX both;

/* The three kinds as one. */
static void init_nonpaged(void)
{
    ExInitializeNPagedLookasideList(&nonpaged, NULL, NULL, POOL_NX_ALLOCATION, 100, TAG, 0);
}

static void init_paged(void)
{
    ExInitializePagedLookasideList(&paged, NULL, NULL, 0, 100, TAG, 0);
}

static void init_ex(void)
{
    EXPECT_SUCCESS(ExInitializeLookasideListEx(&both, NULL, NULL, NonPagedPoolNx, 0, 100, TAG, 0));
}

#define KIND(name, list, from, to, end)  \
    static PVOID allocate_##name(void)   \
    {                                    \
        return from(&list);              \
    }                                    \
    static void free_##name(PVOID entry) \
    {                                    \
        to(&list, entry);                \
    }                                    \
    static void delete_##name(void)      \
    {                                    \
        end(&list);                      \
    }
KIND(nonpaged, nonpaged, ExAllocateFromNPagedLookasideList, ExFreeToNPagedLookasideList,
     ExDeleteNPagedLookasideList)
KIND(paged, paged, ExAllocateFromPagedLookasideList, ExFreeToPagedLookasideList,
     ExDeletePagedLookasideList)
KIND(ex, both, ExAllocateFromLookasideListEx, ExFreeToLookasideListEx, ExDeleteLookasideListEx)

static const struct kind {
    void (*init)(void);
    PVOID (*allocate)(void);
    void (*free)(PVOID entry);
    void (*delete)(void);
    PVOID list;
    const ULONG *allocates; /* TotalAllocates, AllocateMisses, TotalFrees */
} kinds[] = {
    {init_nonpaged, allocate_nonpaged, free_nonpaged, delete_nonpaged, &nonpaged,
     &nonpaged.L.TotalAllocates},
    {init_paged, allocate_paged, free_paged, delete_paged, &paged, &paged.L.TotalAllocates},
    {init_ex, allocate_ex, free_ex, delete_ex, &both, &both.L.TotalAllocates},
};
#define FOR_EACH_KIND(k) \
    for (const struct kind *k = kinds; k < kinds + sizeof(kinds) / sizeof(kinds[0]); k++)

static void a_freed_entry_is_the_next_one(void **state)
{
    (void)state;
    FOR_EACH_KIND(k)
    {
        PVOID first, second, blocks[10];

        k->init();
        first = k->allocate();
        second = k->allocate();
        EXPECT_TRUE(first != NULL && second != NULL && first != second);
        memset(first, 1, 100);
        k->free(first);
        EXPECT_PTR(k->allocate(), first);
        k->free(first);
        k->free(second);
        EXPECT_EQ(k->allocates[0], 3); /* three calls, two of which found nothing */
        EXPECT_EQ(k->allocates[1], 2);
        for (int i = 0; i < 10; i++) { /* more than are kept */
            blocks[i] = k->allocate();
        }
        for (int i = 0; i < 10; i++) {
            k->free(blocks[i]);
        }
        k->delete ();
        EXPECT_EQ(ntsim_report_count(sim), 0);
    }
}

static unsigned own_allocations, own_frees;
static PLOOKASIDE_LIST_EX seen_list;

static PVOID NTAPI OwnAllocate(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
                               PLOOKASIDE_LIST_EX Lookaside)
{
    own_allocations++;
    seen_list = Lookaside;
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

static VOID NTAPI OwnFree(PVOID Buffer, PLOOKASIDE_LIST_EX Lookaside)
{
    own_frees++;
    seen_list = Lookaside;
    ExFreePool(Buffer);
}

static void own_routines_are_called_when_the_list_is_empty(void **state)
{
    PCHAR entry;

    (void)state;
    own_allocations = own_frees = 0;
    EXPECT_SUCCESS(
        ExInitializeLookasideListEx(&both, OwnAllocate, OwnFree, PagedPool, 0, 32, TAG, 0));
    entry = ExAllocateFromLookasideListEx(&both);
    EXPECT_PTR(seen_list, &both);
    memcpy(entry, "contents", 9);
    ExFreeToLookasideListEx(&both, entry);
    EXPECT_PTR(ExAllocateFromLookasideListEx(&both), entry);
    EXPECT_STR(entry, "contents"); /* what is the driver's own is left as it is */
    ExFreeToLookasideListEx(&both, entry);
    EXPECT_EQ(own_allocations, 1);
    EXPECT_EQ(own_frees, 0);
    ExFlushLookasideListEx(&both);
    EXPECT_EQ(own_frees, 1);
    entry = ExAllocateFromLookasideListEx(&both);
    ExFreeToLookasideListEx(&both, entry);
    ExDeleteLookasideListEx(&both);
    EXPECT_EQ(own_frees, 2);
}

static void arguments_are_checked(void **state)
{
    (void)state;
    EXPECT_STATUS(ExInitializeLookasideListEx(&both, NULL, NULL, MaxPoolType, 0, 32, TAG, 0),
                  STATUS_INVALID_PARAMETER_4);
    EXPECT_STATUS(ExInitializeLookasideListEx(&both, NULL, NULL, PagedPool, 3, 32, TAG, 0),
                  STATUS_INVALID_PARAMETER_5);
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static void without_memory_null_is_returned(void **state)
{
    PVOID entry;

    (void)state;
    FOR_EACH_KIND(k)
    {
        k->init();
        ntsim_fail_allocation(sim, 1);
        EXPECT_TRUE(k->allocate() == NULL);
        entry = k->allocate();
        EXPECT_TRUE(entry != NULL);
        k->free(entry);
        k->delete ();
    }
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static void a_list_without_memory_of_its_own_works(void **state)
{
    PVOID entry;

    (void)state;
    for (uint64_t n = 1; n <= 3; n++) {
        ntsim_fail_allocation(sim, n);
        init_nonpaged();
        ntsim_fail_allocation(sim, 0);
        entry = allocate_nonpaged();
        EXPECT_TRUE(entry != NULL);
        free_nonpaged(entry);
        delete_nonpaged();
    }
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static void misuse_is_reported(void **state)
{
    (void)state;
    FOR_EACH_KIND(k)
    {
        PVOID entry, foreign = ExAllocatePoolWithTag(PagedPool, 64, TAG);

        EXPECT_TRUE(k->allocate() == NULL); /* not initialised */
        EXPECT_EQ(take_report("EX-LOOKASIDE")->parameter[0], (uintptr_t)k->list);
        k->init();
        entry = k->allocate();
        k->free(entry);
        k->free(entry);
        EXPECT_EQ(take_report("EX-LOOKASIDE")->parameter[1], (uintptr_t)entry);
        k->free(foreign); /* pool, but not of the list's size */
        EXPECT_EQ(take_report("EX-LOOKASIDE")->parameter[1], (uintptr_t)foreign);
        ExFreePool(foreign);
        k->init(); /* once more, without an end */
        take_report("EX-LOOKASIDE");
        entry = k->allocate();
        k->delete ();
        EXPECT_EQ(take_report("EX-LOOKASIDE")->parameter[1], 1); /* one is in use */
        ExFreePool(entry);
        k->delete ();
        take_report("EX-LOOKASIDE");
    }
}

static void memory_of_a_live_list_is_not_to_be_freed(void **state)
{
    PLOOKASIDE_LIST_EX list = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*list), TAG);

    (void)state;
    ExInitializeLookasideListEx(list, NULL, NULL, NonPagedPoolNx, 0, 32, TAG, 0);
    ExFreeToLookasideListEx(list, ExAllocateFromLookasideListEx(list));
    ExFreePool(list);
    EXPECT_EQ(take_report("EX-LOOKASIDE")->parameter[0], (uintptr_t)list);
}

static void a_list_left_behind_is_reported(void **state)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;

    (void)state;
    config.quiet = true;
    sim = ntsim_start(&config);
    init_nonpaged();
    free_nonpaged(allocate_nonpaged());
    EXPECT_EQ(ntsim_stop(sim), NTCB_ELEAK);
}

static void irql_limits_hold(void **state)
{
    PVOID entry;
    KIRQL old;

    (void)state;
    init_nonpaged();
    init_paged();
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    free_nonpaged(allocate_nonpaged());
    EXPECT_EQ(ntsim_report_count(sim), 0);
    entry = allocate_paged();
    KeLowerIrql(old);
    EXPECT_TRUE(ntsim_expect_report(sim, "DV-26"));
    while (ntsim_expect_report(sim, "DV-26")) { /* and of the pool below */
    }
    free_paged(entry);
    delete_paged();
    delete_nonpaged();
}

#if !NTSIM_ASAN
static void a_write_to_a_freed_entry_is_reported(void **state)
{
    UCHAR *volatile entry;

    (void)state;
    init_nonpaged();
    entry = allocate_nonpaged();
    free_nonpaged(entry);
    entry[50] = 7;
    EXPECT_PTR(allocate_nonpaged(), entry);
    EXPECT_EQ(take_report("EX-LOOKASIDE")->parameter[1], (uintptr_t)entry);
    free_nonpaged(entry);
    delete_nonpaged();
}
#endif

static VOID NTAPI UseEntries(PVOID Context)
{
    ULONG *Wrong = Context;

    for (int i = 0; i < 1000; i++) {
        ULONG *a = allocate_ex(), *b = allocate_ex();

        *a = (ULONG)(ULONG_PTR)a;
        *b = (ULONG)(ULONG_PTR)b;
        if (a == b || *a != (ULONG)(ULONG_PTR)a) {
            __atomic_add_fetch(Wrong, 1, __ATOMIC_RELAXED);
        }
        free_ex(a);
        free_ex(b);
    }
}

static void threads_share_a_list(void **state)
{
    ULONG wrong = 0;

    (void)state;
    init_ex();
    run_crew(UseEntries, &wrong);
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(both.L.TotalAllocates, CREW * 2000);
    EXPECT_EQ(both.L.TotalFrees, CREW * 2000);
    delete_ex();
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static const struct ntcb_test tests[] = {
    {"ex.lookaside.freed_entry_is_the_next_one", "", a_freed_entry_is_the_next_one, start, stop},
    {"ex.lookaside.own_routines_are_called_when_empty", "",
     own_routines_are_called_when_the_list_is_empty, start, stop},
    {"ex.lookaside.arguments_are_checked", "", arguments_are_checked, start, stop},
    {"ex.lookaside.null_without_memory", "", without_memory_null_is_returned, start, stop},
    {"ex.lookaside.works_without_memory_of_its_own", "", a_list_without_memory_of_its_own_works,
     start, stop},
    {"ex.lookaside.misuse_is_reported", "", misuse_is_reported, start, stop},
    {"ex.lookaside.memory_of_a_live_list_is_not_freed", "",
     memory_of_a_live_list_is_not_to_be_freed, start, stop},
    {"ex.lookaside.left_behind_is_reported", "", a_list_left_behind_is_reported, NULL, NULL},
    {"ex.lookaside.irql_limits_hold", "DV-26", irql_limits_hold, start, stop},
#if !NTSIM_ASAN
    {"ex.lookaside.write_after_free_is_reported", "", a_write_to_a_freed_entry_is_reported, start,
     stop},
#endif
    {"ex.lookaside.threads_share_one", "", threads_share_a_list, start, stop},
};

NTCB_TEST_MAIN("library", tests)
