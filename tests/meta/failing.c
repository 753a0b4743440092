/* SPDX-License-Identifier: MIT
 *
 * failing.c - cases that must not pass. tests/meta runs them and checks what the harness says.
 */
#include "test.h"

static void wrong_status(void **state)
{
    (void)state;
    EXPECT_STATUS(0xC0000022, 0);
}

static void wrong_number(void **state)
{
    (void)state;
    EXPECT_EQ(1 + 1, 3);
}

static void wrong_string(void **state)
{
    (void)state;
    EXPECT_STR("seen", "wanted");
}

static void wrong_condition(void **state)
{
    (void)state;
    EXPECT_TRUE(1 > 2);
}

static void no_recording(void **state)
{
    (void)state;
    ntcb_test_data("no/such/recording");
}

static int refuse(void **state)
{
    (void)state;
    return -1;
}

static void unreached(void **state)
{
    (void)state;
}

static const struct ntcb_test tests[] = {
    {"meta.failing.status", "", wrong_status, NULL, NULL},
    {"meta.failing.number", "", wrong_number, NULL, NULL},
    {"meta.failing.string", "", wrong_string, NULL, NULL},
    {"meta.failing.condition", "", wrong_condition, NULL, NULL},
    {"meta.failing.no_recording", "NO-SUCH-01", no_recording, NULL, NULL},
    {"meta.failing.setup", "", unreached, refuse, NULL},
};

NTCB_TEST_MAIN("conformance", tests)
