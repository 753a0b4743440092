/* SPDX-License-Identifier: MIT
 *
 * index_white_test.c - the counted tree against a sorted array: random and sorted operations, its
 * invariants, reservations that must last, and no memory.
 */
#include "../sim/simkit.h"

#include "cm/cmindexp.h"

#define MOST 20000u

/* The items are addresses in here, in the order that they sort in. */
static char universe[4 * MOST];
static struct CMP_INDEX tree;
static PVOID model[MOST];
static ULONG count;
static uint64_t seed;

static ULONG random_below(ULONG limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (ULONG)((seed >> 33) % limit);
}

static int by_address(const void *sought, const void *item)
{
    return sought < item ? -1 : sought > item;
}

/* I1-I3 below one block; the items that it holds. */
static ULONG check_block(PVOID block, ULONG height, ULONG total)
{
    const struct CMP_NODE *node = block;
    ULONG child, sum = 0, before = CMP_BLOCK;

    if (height == 0) {
        return total;
    }
    EXPECT_TRUE(node->Count <= CMP_FANOUT);
    for (child = 0; child < node->Count; ++child) {
        const struct CMP_NODE *below = node->Children[child];
        ULONG held = height == 1 ? node->Totals[child] : below->Count;

        EXPECT_NE(node->Totals[child], 0);
        EXPECT_PTR(node->Firsts[child], CmpFirstBelow(node->Children[child], height - 1));
        EXPECT_EQ(check_block(node->Children[child], height - 1, node->Totals[child]),
                  node->Totals[child]);
        EXPECT_TRUE(held <= (height == 1 ? CMP_LEAF : CMP_FANOUT));
        /* Where nothing was removed a block may stand nearly empty beside a full one. */
        EXPECT_TRUE(before + held > (height == 1 ? CMP_LEAF / 2 : CMP_FANOUT / 2));
        before = held;
        sum += node->Totals[child];
    }
    return sum;
}

static void check(void)
{
    ULONG position;
    PVOID found;

    EXPECT_EQ(tree.Count, count);
    if (count != 0) {
        EXPECT_EQ(check_block(tree.Root, tree.Height, count), count);
    }
    for (position = 0; position < count; ++position) {
        EXPECT_PTR(CmpIndexAt(&tree, position), model[position]);
        EXPECT_EQ(CmpIndexFind(&tree, by_address, model[position], &found), position);
        EXPECT_PTR(found, model[position]);
    }
    EXPECT_PTR(CmpIndexAt(&tree, count), NULL);
    EXPECT_PTR(CmpIndexAt(&tree, 0xFFFFFFFFu), NULL);
}

static ULONG model_position(const char *item)
{
    ULONG low = 0, high = count;

    while (low < high) {
        ULONG middle = low + (high - low) / 2;

        if ((const char *)model[middle] < item) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool model_has(const char *item, ULONG position)
{
    return position < count && model[position] == item;
}

/* Not there yet, and reserved for. */
static void put(char *item)
{
    ULONG expected = model_position(item);
    PVOID found;
    ULONG position = CmpIndexFind(&tree, by_address, item, &found);

    EXPECT_EQ(position, expected);
    EXPECT_PTR(found, NULL);
    CmpIndexInsert(&tree, position, item);
    memmove(&model[position + 1], &model[position], (count - position) * sizeof(PVOID));
    model[position] = item;
    ++count;
}

static void insert(char *item)
{
    EXPECT_SUCCESS(CmpIndexReserve(&tree, 1));
    put(item);
}

static void remove_at(ULONG position)
{
    EXPECT_PTR(CmpIndexRemove(&tree, position), model[position]);
    --count;
    memmove(&model[position], &model[position + 1], (count - position) * sizeof(PVOID));
}

static void begin(void)
{
    CmpIndexFree(&tree);
    EXPECT_EQ(tree.Count, 0);
    count = 0;
    seed = 0x9E3779B97F4A7C15u;
}

static int start_index(void **state)
{
    memset(&tree, 0, sizeof(tree));
    return start(state);
}

static int stop_index(void **state)
{
    CmpIndexFree(&tree);
    return stop(state);
}

/* Grow to the size, shrink to nothing, with as many operations the other way in between. */
static void random_operations(void **state)
{
    static const ULONG sizes[] = {1, 2, 3, 40, 64, 65, 66, 130, 1000, 1600, 6000};
    ULONG row, step;

    (void)state;
    for (row = 0; row < RTL_NUMBER_OF(sizes); ++row) {
        ULONG size = sizes[row];

        begin();
        for (step = 0; step < 12 * size; ++step) {
            char *item = &universe[random_below(2 * size)];
            ULONG position = model_position(item);

            if (model_has(item, position)) {
                remove_at(position);
            } else if (count < size) {
                insert(item);
            }
            if (step % (size + 1) == size) {
                check();
            }
        }
        check();
        while (count != 0) {
            remove_at(random_below(count));
            if (count % 512 == 0) {
                check();
            }
        }
        check();
        insert(&universe[0]);
        check();
    }
}

/* What names that arrive sorted leave behind: up, down, and both ways from the middle. */
static void sorted_insertions(void **state)
{
    ULONG step;

    (void)state;
    begin();
    for (step = 0; step < MOST; ++step) {
        insert(&universe[step]);
    }
    check();
    EXPECT_EQ(tree.Height, 2); /* 313 full leaves in 14 nodes */
    begin();
    for (step = MOST; step-- != 0;) {
        insert(&universe[step]);
    }
    check();
    EXPECT_EQ(tree.Height, 2);
    begin();
    for (step = 0; step < MOST / 2; ++step) {
        insert(&universe[MOST + step]);
    }
    for (step = MOST / 2; step-- != 0;) {
        insert(&universe[step]);
    }
    check();
    while (count > MOST / 4) {
        remove_at(count - 1);
    }
    check();
    while (count > 1) {
        remove_at(0);
    }
    check();
}

/* I4: one reservation serves all the insertions it was made for, between any removals, wherever
 * they go; and spares that were not needed are given back. */
static void a_reservation_lasts(void **state)
{
    static const ULONG before[] = {0, 1, 33, 63, 64, 65, 2000};
    static const ULONG more[] = {1, 2, 64, 500};
    ULONG row, wish, step;

    (void)state;
    for (row = 0; row < RTL_NUMBER_OF(before); ++row) {
        for (wish = 0; wish < RTL_NUMBER_OF(more); ++wish) {
            begin();
            for (step = 0; step < before[row]; ++step) {
                insert(&universe[10 * step]);
            }
            EXPECT_SUCCESS(CmpIndexReserve(&tree, more[wish]));
            ntsim_fail_allocation(sim, 1);
            while (count != 0 && random_below(10) != 0) {
                remove_at(random_below(count));
            }
            for (step = 0; step < more[wish]; ++step) {
                put(&universe[10 * step + 5]);
                if (step % 3 == 0 && count > 1) {
                    ULONG position = random_below(count - 1);

                    if ((ULONG)((char *)model[position] - universe) % 10 == 0) {
                        remove_at(position);
                    }
                }
            }
            ntsim_fail_allocation(sim, 0);
            check();
            EXPECT_SUCCESS(CmpIndexReserve(&tree, 1));
            EXPECT_TRUE(tree.Height == 0 ||
                        ((struct CMP_NODE *)tree.Root)->Spares <= tree.Height + 2u);
        }
    }
}

static void copies(void **state)
{
    static const ULONG sizes[] = {0, 1, 2, 64, 65, 5000};
    struct CMP_INDEX from, copy = {0};
    ULONG row, step, nth;

    (void)state;
    for (row = 0; row < RTL_NUMBER_OF(sizes); ++row) {
        begin();
        for (step = 0; step < sizes[row]; ++step) {
            insert(&universe[random_below(2) == 0 ? step : 4 * MOST - 1 - step]);
        }
        NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
        for (nth = 1; status != STATUS_SUCCESS; nth += 1 + nth / 4) {
            ntsim_fail_allocation(sim, nth);
            status = CmpIndexCopy(&tree, &copy);
            ntsim_fail_allocation(sim, 0);
            EXPECT_TRUE(status == STATUS_SUCCESS || status == STATUS_INSUFFICIENT_RESOURCES);
            EXPECT_EQ(copy.Count, status == STATUS_SUCCESS ? count : 0);
        }
        from = tree;
        tree = copy;
        check();
        CmpIndexFree(&tree);
        tree = from;
        copy = (struct CMP_INDEX){0};
        check();
    }
}

static void no_memory_changes_nothing(void **state)
{
    ULONG step, nth;

    (void)state;
    begin();
    for (step = 0; step < 3000; ++step) {
        NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

        for (nth = 1; status != STATUS_SUCCESS; ++nth) {
            ntsim_fail_allocation(sim, nth);
            status = CmpIndexReserve(&tree, 1 + step % 5);
            ntsim_fail_allocation(sim, 0);
            EXPECT_EQ(tree.Count, count);
            EXPECT_TRUE(status == STATUS_SUCCESS || status == STATUS_INSUFFICIENT_RESOURCES);
            EXPECT_TRUE(nth < 100);
        }
        put(&universe[(step * 7919u) % (4 * MOST)]);
        if (step % 300 == 0 || (step >= 60 && step < 70)) {
            check();
        }
    }
    check();
}

static const struct ntcb_test cases[] = {
    {"registry.index.random_operations_against_an_array", "", random_operations, start_index,
     stop_index},
    {"registry.index.sorted_insertions_fill_blocks", "", sorted_insertions, start_index,
     stop_index},
    {"registry.index.a_reservation_lasts", "", a_reservation_lasts, start_index, stop_index},
    {"registry.index.copies", "", copies, start_index, stop_index},
    {"registry.index.no_memory_changes_nothing", "", no_memory_changes_nothing, start_index,
     stop_index},
};
NTCB_TEST_MAIN("library", cases)
