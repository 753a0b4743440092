/* SPDX-License-Identifier: MIT
 *
 * primitives_driver_test.c - a driver module that uses tables, lists and locks as drivers do, and
 * what is said when it deletes none of them.
 */
#include "simkit.h"

static struct ntsim_driver *load(const char *name)
{
    const struct ntsim_driver_options options = {.name = name,
                                                 .module = ntcb_test_driver("primitives")};
    struct ntsim_driver *driver = NULL;
    NTSTATUS status;

    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_OK);
    EXPECT_SUCCESS(status);
    return driver;
}

static void the_driver_works_and_ends_clean(void **state)
{
    (void)state;
    EXPECT_EQ(ntsim_driver_unload(load("tidy")), NTCB_OK);
    EXPECT_TRUE(strstr(printed, "seen 2, 1") != NULL);
    EXPECT_TRUE(strstr(printed, "drained 42") != NULL);
    EXPECT_EQ(ntsim_report_count(sim), 0);
}

static void what_it_leaves_is_reported_once_each(void **state)
{
    (void)state;
    EXPECT_EQ(ntsim_driver_unload(load("forgets")), NTCB_ELEAK);
    EXPECT_TRUE(ntsim_expect_report(sim, "EX-RESOURCE"));
    EXPECT_TRUE(ntsim_expect_report(sim, "EX-LOOKASIDE"));
    EXPECT_TRUE(ntsim_expect_report(sim, "EX-LOOKASIDE"));
    EXPECT_EQ(ntsim_unexpected_reports(sim), 0);
    EXPECT_EQ(ntsim_driver_unload(load("tidy")), NTCB_OK);
}

static const struct ntcb_test tests[] = {
    {"sim.primitives_driver.clean", "", the_driver_works_and_ends_clean, start, stop},
    {"sim.primitives_driver.forgets", "", what_it_leaves_is_reported_once_each, start, stop},
};

NTCB_TEST_MAIN("library", tests)
