/* SPDX-License-Identifier: MIT
 *
 * busy_driver_test.c - what a driver module does besides its callbacks, and forgets to end.
 */
#include "simkit.h"

static struct ntsim_driver *load(const char *name)
{
    const struct ntsim_driver_options options = {.name = name, .module = ntcb_test_driver("busy")};
    struct ntsim_driver *driver = NULL;
    NTSTATUS status;

    EXPECT_EQ(ntsim_driver_load(sim, &options, &driver, &status), NTCB_OK);
    EXPECT_SUCCESS(status);
    return driver;
}

static void a_busy_driver_ends_clean(void **state)
{
    (void)state;
    EXPECT_EQ(ntsim_driver_unload(load("clean")), NTCB_OK);
    EXPECT_TRUE(strstr(printed, "counted 2") != NULL);
}

static void a_timer_left_behind_is_reported(void **state)
{
    (void)state;
    EXPECT_EQ(ntsim_driver_unload(load("timer")), NTCB_ELEAK);
    EXPECT_TRUE(strstr(take_report("DV-20")->what, "1 of its timers or DPCs") != NULL);
    EXPECT_EQ(ntsim_driver_unload(load("clean")), NTCB_OK);
}

static const struct ntcb_test tests[] = {
    {"sim.busy_driver.clean", "", a_busy_driver_ends_clean, start, stop},
    {"sim.busy_driver.timer", "DV-20", a_timer_left_behind_is_reported, start, stop},
};

NTCB_TEST_MAIN("library", tests)
