/* SPDX-License-Identifier: MIT
 *
 * signals_posix_test.c - the signals that the simulator takes.
 */
#include "simkit.h"

#include <signal.h>

/* The signals are the process's again when the last simulator has ended. */
static void signals_are_given_back(void **state)
{
    struct sigaction before, with, after;
    struct ntsim *other;

    (void)state;
    sigaction(SIGSEGV, NULL, &before);
    EXPECT_EQ(ntsim_create(&sim, NULL), NTCB_OK);
    EXPECT_EQ(ntsim_create(&other, NULL), NTCB_OK);
    sigaction(SIGSEGV, NULL, &with);
    EXPECT_TRUE(before.sa_sigaction != with.sa_sigaction);
    EXPECT_EQ(ntsim_destroy(other), NTCB_OK);
    sigaction(SIGSEGV, NULL, &after);
    EXPECT_TRUE(after.sa_sigaction == with.sa_sigaction);
    EXPECT_EQ(ntsim_destroy(sim), NTCB_OK);
    sigaction(SIGSEGV, NULL, &after);
    EXPECT_TRUE(before.sa_sigaction == after.sa_sigaction);
}

static const struct ntcb_test tests[] = {
    {"sim.seh.signals_are_given_back", "", signals_are_given_back, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
