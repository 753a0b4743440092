/* SPDX-License-Identifier: MIT
 *
 * avl_table_test.c - what AVL tables alone can do, and splay links without a table.
 */
#include "table_kit.h"

/* Accepts keys up to the one that MatchData says, if they are odd. */
static NTSTATUS NTAPI MatchOdd(PRTL_AVL_TABLE Table, PVOID UserData, PVOID MatchData)
{
    ULONG Key = ((const struct item *)UserData)->key;

    (void)Table;
    if (Key > ((const struct item *)MatchData)->key) {
        return STATUS_NO_MORE_MATCHES;
    }
    return Key % 2 != 0 ? STATUS_SUCCESS : STATUS_NO_MATCH;
}

static void a_directory_is_resumed(void **state)
{
    struct item from = {2, 0}, upto = {9, 0};
    PVOID key = NULL;
    ULONG deletes = 0;
    struct item *found;

    (void)state;
    begin(&kinds[1]);
    for (struct item item = {1, 0}; item.key <= 12; item.key++) {
        Avl_insert(&item, NULL);
    }
    for (ULONG expected = 3; expected <= 9; expected += 2) {
        found = RtlEnumerateGenericTableLikeADirectory(&avl, MatchOdd, &upto, TRUE, &key, &deletes,
                                                       &from);
        EXPECT_EQ(found->key, expected);
    }
    EXPECT_TRUE(RtlEnumerateGenericTableLikeADirectory(&avl, MatchOdd, &upto, TRUE, &key, &deletes,
                                                       &from) == NULL);
    /* a deletion makes the place void: the buffer says where to go on */
    key = NULL;
    found = RtlEnumerateGenericTableLikeADirectory(&avl, NULL, NULL, FALSE, &key, &deletes, &from);
    EXPECT_EQ(found->key, 2);
    found = RtlEnumerateGenericTableLikeADirectory(&avl, NULL, NULL, FALSE, &key, &deletes, &from);
    EXPECT_EQ(found->key, 2);
    EXPECT_TRUE(Avl_delete(&from));
    found = RtlEnumerateGenericTableLikeADirectory(&avl, NULL, NULL, TRUE, &key, &deletes, &from);
    EXPECT_EQ(found->key, 3);
    EXPECT_EQ(deletes, avl.DeleteCount);
    for (struct item item = {1, 0}; item.key <= 12; item.key++) {
        Avl_delete(&item);
    }
    EXPECT_EQ(live, 0);
}

static void avl_enumeration_survives_deletion(void **state)
{
    struct item *found;
    ULONG seen = 0;

    (void)state;
    begin(&kinds[1]);
    for (struct item item = {0, 0}; item.key < 20; item.key++) {
        Avl_insert(&item, NULL);
    }
    for (found = Avl_enumerate(TRUE); found != NULL; found = Avl_enumerate(FALSE)) {
        struct item copy = *found;

        EXPECT_EQ(copy.key, seen++);
        EXPECT_TRUE(Avl_delete(&copy));
    }
    EXPECT_EQ(seen, 20);
    EXPECT_EQ(live, 0);
}

/* Compares decades alone, so that ten keys are equal to one. */
static RTL_GENERIC_COMPARE_RESULTS NTAPI CompareDecades(PRTL_AVL_TABLE Table, PVOID First,
                                                        PVOID Second)
{
    struct item A = {((const struct item *)First)->key / 10, 0};
    struct item B = {((const struct item *)Second)->key / 10, 0};

    (void)Table;
    return compare(&A, &B);
}

static void the_first_of_many_equal_is_found(void **state)
{
    struct item item = {25, 0}, *found;
    PVOID key;

    (void)state;
    begin(&kinds[1]);
    for (item.key = 0; item.key < 50; item.key++) {
        Avl_insert(&item, NULL);
    }
    avl.CompareRoutine = CompareDecades;
    item.key = 25;
    found = RtlLookupFirstMatchingElementGenericTableAvl(&avl, &item, &key);
    EXPECT_EQ(found->key, 20);
    found = Avl_walk(&key);
    EXPECT_EQ(found->key, 21);
    item.key = 77;
    EXPECT_TRUE(RtlLookupFirstMatchingElementGenericTableAvl(&avl, &item, &key) == NULL);
    avl.CompareRoutine = AvlCompare;
    for (item.key = 0; item.key < 50; item.key++) {
        Avl_delete(&item);
    }
}

struct node {
    RTL_SPLAY_LINKS links;
    int key;
};

static void splay_links_keep_their_order(void **state)
{
    struct node nodes[8];
    PRTL_SPLAY_LINKS root = &nodes[0].links;

    (void)state;
    for (int i = 0; i < 8; i++) {
        nodes[i].key = i;
        RtlInitializeSplayLinks(&nodes[i].links);
        if (i > 0) {
            RtlInsertAsRightChild(&nodes[i - 1].links, &nodes[i].links);
        }
    }
    root = RtlSplay(&nodes[7].links);
    EXPECT_TRUE(RtlIsRoot(root) && RtlRealSuccessor(root) == NULL);
    for (int i = 7; i > 0; i--) {
        EXPECT_PTR(RtlRealPredecessor(&nodes[i].links), &nodes[i - 1].links);
        EXPECT_PTR(RtlRealSuccessor(&nodes[i - 1].links), &nodes[i].links);
    }
    root = RtlSplay(&nodes[3].links);
    EXPECT_PTR(RtlSubtreeSuccessor(root), &nodes[4].links);
    EXPECT_PTR(RtlSubtreePredecessor(root), &nodes[2].links);
    root = RtlDelete(root);
    EXPECT_TRUE(RtlIsRoot(root));
    EXPECT_PTR(RtlRealSuccessor(&nodes[2].links), &nodes[4].links);
    RtlDeleteNoSplay(&nodes[5].links, &root);
    EXPECT_TRUE(RtlIsRoot(root));
    EXPECT_PTR(RtlRealSuccessor(&nodes[4].links), &nodes[6].links);
    for (int i = 0; i < 8; i++) {
        if (i != 3 && i != 5) {
            root = RtlDelete(&nodes[i].links);
        }
    }
    EXPECT_TRUE(root == NULL);
}

static const struct ntcb_test tests[] = {
    {"rtl.avl.directory_is_resumed", "", a_directory_is_resumed, start, stop},
    {"rtl.avl.enumeration_survives_deletion", "", avl_enumeration_survives_deletion, start, stop},
    {"rtl.avl.first_of_many_equal_is_found", "", the_first_of_many_equal_is_found, start, stop},
    {"rtl.splay.links_keep_their_order", "", splay_links_keep_their_order, start, stop},
};

NTCB_TEST_MAIN("library", tests)
