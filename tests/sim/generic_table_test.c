/* SPDX-License-Identifier: MIT
 *
 * generic_table_test.c - splay and AVL tables against an array of flags, and what goes wrong.
 */
#include "table_kit.h"

static void for_each_kind(void (*run)(void))
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        begin(&kinds[i]);
        run();
        EXPECT_EQ(live, kind->count());
        for (struct item item = {0}; item.key < KEYS; item.key++) {
            kind->delete (&item);
        }
        EXPECT_EQ(live, 0);
    }
}

static int height(const RTL_BALANCED_LINKS *node, const RTL_BALANCED_LINKS *parent)
{
    int left, right;

    if (node == NULL) {
        return 0;
    }
    EXPECT_PTR(node->Parent, parent);
    left = height(node->LeftChild, node);
    right = height(node->RightChild, node);
    EXPECT_EQ(node->Balance, right - left);
    EXPECT_TRUE(node->Balance >= -1 && node->Balance <= 1);
    return 1 + (left > right ? left : right);
}

static void check_contents(const bool *there)
{
    PVOID key = NULL;
    ULONG count = 0;

    for (ULONG i = 0; i < KEYS; i++) {
        if (there[i]) {
            const struct item *item = kind->walk(&key);

            EXPECT_TRUE(item != NULL);
            EXPECT_EQ(item->key, i);
            count++;
        }
    }
    EXPECT_TRUE(kind->walk(&key) == NULL);
    EXPECT_EQ(kind->count(), count);
    EXPECT_EQ(kind->empty(), count == 0);
    EXPECT_EQ(live, count);
}

static void change_at_random(void)
{
    bool there[KEYS] = {false};
    uint32_t random = 1;

    for (int i = 0; i < 4000; i++) {
        random = random * 1664525u + 1013904223u;
        struct item item = {random >> 8 & 0xFF, random}, *found;
        BOOLEAN new_element = 77;

        if (item.key >= KEYS) {
            continue;
        }
        if ((random >> 20 & 1) != 0) {
            found = kind->insert(&item, &new_element);
            EXPECT_EQ(new_element, !there[item.key]);
            EXPECT_EQ(found->key, item.key);
            EXPECT_EQ(found->value == random, new_element);
            EXPECT_EQ(asked_bytes, kind->header + sizeof(item));
            there[item.key] = true;
        } else {
            EXPECT_EQ(kind->delete (&item), there[item.key]);
            there[item.key] = false;
        }
        item.key = random >> 3 & 0x7F;
        EXPECT_EQ(kind->lookup(&item) != NULL, there[item.key]);
        if (i % 16 == 0) {
            check_contents(there);
        }
        if (kind == &kinds[1]) {
            EXPECT_EQ(height(avl.BalancedRoot.RightChild, &avl.BalancedRoot), avl.DepthOfTree);
        }
    }
}

static void tables_are_as_the_model(void **state)
{
    (void)state;
    for_each_kind(change_at_random);
}

static void enumerate_both_ways(void)
{
    static const ULONG keys[] = {5, 1, 9, 3, 7}, order[2][5] = {{5, 1, 9, 3, 7}, {1, 3, 5, 7, 9}};
    struct item *found;

    EXPECT_TRUE(kind->enumerate(TRUE) == NULL);
    EXPECT_TRUE(kind->get(0) == NULL);
    for (size_t i = 0; i < 5; i++) {
        struct item item = {keys[i], 0};
        EXPECT_TRUE(kind->insert(&item, NULL) != NULL);
    }
    for (ULONG i = 0; i < 5; i++) {
        found = kind->enumerate(i == 0);
        EXPECT_EQ(found->key, 1 + 2 * i);
    }
    EXPECT_TRUE(kind->enumerate(FALSE) == NULL);
    /* a splay table counts in the order of insertion, an AVL table in that of keys */
    for (ULONG i = 0; i < 5; i++) {
        found = kind->get(i * 3 % 5);
        EXPECT_EQ(found->key, order[kind - kinds][i * 3 % 5]);
    }
    EXPECT_TRUE(kind->get(5) == NULL);
    EXPECT_TRUE(kind->delete (&(struct item){order[kind - kinds][0], 0}));
    found = kind->get(0);
    EXPECT_EQ(found->key, order[kind - kinds][1]);
}

static void elements_come_in_their_order(void **state)
{
    (void)state;
    for_each_kind(enumerate_both_ways);
}

static void fail_to_insert(void)
{
    struct item item = {3, 4};
    BOOLEAN new_element = TRUE;

    no_memory = true;
    EXPECT_TRUE(kind->insert(&item, &new_element) == NULL);
    EXPECT_FALSE(new_element);
    EXPECT_TRUE(kind->empty());
    no_memory = false;
    EXPECT_TRUE(kind->insert(&item, &new_element) != NULL);
    no_memory = true;
    EXPECT_TRUE(kind->insert(&item, &new_element) != NULL); /* is there already */
    EXPECT_FALSE(new_element);
}

static void insertion_without_memory_changes_nothing(void **state)
{
    (void)state;
    for_each_kind(fail_to_insert);
}

static void a_lookup_says_where_to_insert(void **state)
{
    struct item item = {10, 1};
    TABLE_SEARCH_RESULT result;
    BOOLEAN new_element;
    PVOID at, found;

    (void)state;
    begin(&kinds[0]);
    EXPECT_TRUE(RtlLookupElementGenericTableFull(&splay, &item, &at, &result) == NULL);
    EXPECT_EQ(result, TableEmptyTree);
    RtlInsertElementGenericTableFull(&splay, &item, sizeof(item), &new_element, at, result);
    item.key = 20;
    EXPECT_TRUE(RtlLookupElementGenericTableFull(&splay, &item, &at, &result) == NULL);
    EXPECT_EQ(result, TableInsertAsRight);
    RtlInsertElementGenericTableFull(&splay, &item, sizeof(item), &new_element, at, result);
    EXPECT_TRUE(new_element);
    found = RtlLookupElementGenericTableFull(&splay, &item, &at, &result);
    EXPECT_PTR(found, (PCHAR)at + kinds[0].header);
    EXPECT_EQ(result, TableFoundNode);
    EXPECT_TRUE(Splay_delete(&item));
    item.key = 10;
    EXPECT_TRUE(Splay_delete(&item));

    Avl_initialize();
    EXPECT_TRUE(RtlLookupElementGenericTableFullAvl(&avl, &item, &at, &result) == NULL);
    EXPECT_EQ(result, TableEmptyTree);
    RtlInsertElementGenericTableFullAvl(&avl, &item, sizeof(item), &new_element, at, result);
    item.key = 5;
    EXPECT_TRUE(RtlLookupElementGenericTableFullAvl(&avl, &item, &at, &result) == NULL);
    EXPECT_EQ(result, TableInsertAsLeft);
    RtlInsertElementGenericTableFullAvl(&avl, &item, sizeof(item), &new_element, at, result);
    EXPECT_TRUE(new_element);
    found = RtlLookupElementGenericTableFullAvl(&avl, &item, &at, &result);
    EXPECT_PTR(found, (PCHAR)at + kinds[1].header);
    RtlDeleteElementGenericTableAvlEx(&avl, at);
    item.key = 10;
    EXPECT_TRUE(Avl_delete(&item));
    EXPECT_EQ(live, 0);
}

static void tables_that_are_none_are_reported(void **state)
{
    struct item item = {1, 1};
    RTL_GENERIC_TABLE copy;
    RTL_AVL_TABLE zero = {.TableContext = NULL};

    (void)state;
    begin(&kinds[0]);
    EXPECT_TRUE(RtlInsertElementGenericTableAvl(&zero, &item, sizeof(item), NULL) == NULL);
    EXPECT_EQ(take_report("RTL-TABLE")->parameter[0], (uintptr_t)&zero);
    EXPECT_TRUE(RtlIsGenericTableEmptyAvl(&zero));
    take_report("RTL-TABLE");
    Splay_initialize();
    Splay_insert(&item, NULL);
    copy = splay;
    EXPECT_TRUE(RtlLookupElementGenericTable(&copy, &item) == NULL);
    EXPECT_EQ(take_report("RTL-TABLE")->parameter[0], (uintptr_t)&copy);
    EXPECT_TRUE(Splay_delete(&item));
}

static void above_dispatch_level_is_reported(void **state)
{
    KIRQL old;

    (void)state;
    Avl_initialize();
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_TRUE(Avl_empty());
    KfRaiseIrql(DISPATCH_LEVEL + 1);
    EXPECT_TRUE(Avl_empty());
    KeLowerIrql(old);
    take_report("DV-26");
}

static const struct ntcb_test tests[] = {
    {"rtl.table.as_the_model", "", tables_are_as_the_model, start, stop},
    {"rtl.table.elements_come_in_their_order", "", elements_come_in_their_order, start, stop},
    {"rtl.table.insertion_without_memory_changes_nothing", "",
     insertion_without_memory_changes_nothing, start, stop},
    {"rtl.table.lookup_says_where_to_insert", "", a_lookup_says_where_to_insert, start, stop},
    {"rtl.table.what_is_none_is_reported", "", tables_that_are_none_are_reported, start, stop},
    {"rtl.table.above_dispatch_level_is_reported", "DV-26", above_dispatch_level_is_reported, start,
     stop},
};

NTCB_TEST_MAIN("library", tests)
