/* SPDX-License-Identifier: MIT
 *
 * hive_data_test.c - real hives: what is counted in them, and the same after a save and a load.
 */
#include "hive_tools.h"

#include <ntsim/registry.h>

#include <jansson.h>
#include <unistd.h>

#define AT "\\REGISTRY\\MACHINE\\Loaded"
#define AT_WIDE u"\\REGISTRY\\MACHINE\\Loaded"

static uint64_t count_of(const json_t *row, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(row, name));
}

static void check_types(const char *file, const json_t *row, const struct hive_tree *tree)
{
    const json_t *types = json_object_get(row, "value_types");
    const char *type;
    json_t *count;
    uint64_t named = 0;

    json_object_foreach((json_t *)(uintptr_t)types, type, count)
    {
        if (strcmp(type, "other") != 0) {
            uint64_t seen = tree->types[strtoul(type, NULL, 10)];

            named += seen;
            if (seen != (uint64_t)json_integer_value(count)) {
                fail_msg("%s: %lld values of type %s expected, %llu seen", file,
                         json_integer_value(count), type, (unsigned long long)seen);
            }
        }
    }
    EXPECT_EQ(tree->values - named, count_of(types, "other"));
}

/* What comes back is what went, and others see the same in it. */
static void check_round_trip(const char *file, const struct hive_tree *first)
{
    char *saved = strdup(hive_scratch("saved.hiv"));
    struct hive_tree again;

    EXPECT_EQ(ntsim_registry_save_hive(sim, AT, saved), NTCB_OK);
    EXPECT_EQ(ntsim_registry_load_hive(sim, AT, saved), NTCB_OK);
    again = hive_tree_at(AT_WIDE);
    if (again.digest != first->digest || again.keys != first->keys) {
        fail_msg("%s: %llu keys of digest %llx expected after save and load, %llu of %llx seen",
                 file, (unsigned long long)first->keys, (unsigned long long)first->digest,
                 (unsigned long long)again.keys, (unsigned long long)again.digest);
    }
    if (!first->control) {
        hive_check_hivexregedit(saved, first);
    }
    hive_check_reglookup(saved, first);
    hive_check_regfinfo(saved, first);
    unlink(saved);
    free(saved);
}

static void every_file_holds_what_was_counted(void **state)
{
    json_t *stats = json_load_file(ntcb_test_data("STATS.json"), 0, NULL);
    const char *file;
    json_t *row;
    unsigned files = 0;

    (void)state;
    EXPECT_TRUE(stats != NULL);
    json_object_foreach(stats, file, row)
    {
        struct hive_tree tree;

        if (strncmp(file, "hive/", 5) != 0) {
            continue;
        }
        if (count_of(row, "hivex_errors") != 0) {
            /* Its lists are damaged: nothing of it is taken (REG-LOD-03). */
            EXPECT_EQ(ntsim_registry_load_hive(sim, AT, ntcb_test_data(file)), NTCB_EFORMAT);
            print_message("%-45s refused: %s\n", file, ntsim_last_error(sim));
            ++files;
            continue;
        }
        if (ntsim_registry_load_hive(sim, AT, ntcb_test_data(file)) != NTCB_OK) {
            fail_msg("%s: %s", file, ntsim_last_error(sim));
        }
        tree = hive_tree_at(AT_WIDE);
        print_message("%-45s %6llu keys %6llu values %8llu bytes\n", file,
                      (unsigned long long)tree.keys, (unsigned long long)tree.values,
                      (unsigned long long)tree.data_bytes);
        EXPECT_EQ(tree.keys, count_of(row, "keys"));
        EXPECT_EQ(tree.values, count_of(row, "values"));
        EXPECT_EQ(tree.data_bytes, count_of(row, "data_bytes"));
        EXPECT_EQ(tree.largest, count_of(row, "largest_value"));
        EXPECT_EQ(tree.depth, count_of(row, "max_depth"));
        check_types(file, row, &tree);
        check_round_trip(file, &tree);
        ++files;
    }
    json_decref(stats);
    EXPECT_EQ(files, 14);
}

static const struct ntcb_test tests[] = {
    {"cm.hive.every_file_holds_what_was_counted", "", every_file_holds_what_was_counted, start,
     stop},
};

NTCB_TEST_MAIN("library", tests)
