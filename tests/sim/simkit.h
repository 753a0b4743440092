/* SPDX-License-Identifier: MIT
 *
 * simkit.h - a simulator for one case, what it printed, and its end.
 */
#ifndef TESTS_SIM_SIMKIT_H
#define TESTS_SIM_SIMKIT_H

#include "test.h"

#include <ntsim/driver.h>
#include <ntsim/image.h>
#include <ntsim/process.h>
#include <ntsim/registry.h>
#include <ntsim/sim.h>
#include <ntcallback/ddk/ntregapi.h>
#include <ntcallback/ddk/ntundoc.h>

#include <stdio.h>

/* A counted string of a literal. It outlives the block it is written in, as the block that
 * InitializeObjectAttributes opens, but not the 64 strings that its thread
 * makes after it. */
static inline UNICODE_STRING *sim_string(const WCHAR *text, size_t bytes)
{
    static _Thread_local UNICODE_STRING strings[64];
    static _Thread_local unsigned next;
    UNICODE_STRING *string = &strings[next++ % 64];

    *string =
        (UNICODE_STRING){(USHORT)(bytes - sizeof(WCHAR)), (USHORT)bytes, (PWCH)(uintptr_t)text};
    return string;
}
#define STRING(text) sim_string(text, sizeof(text))

/* One case runs at a time. */
static struct ntsim *sim;
static char printed[8192];

static inline void on_print(void *context, const char *text)
{
    (void)context;
    strncat(printed, text, sizeof(printed) - strlen(printed) - 1);
}

static inline int start_windows(enum ntcb_windows windows)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;

    config.kernel.windows = windows;
    config.quiet = true;
    config.debug_output = on_print;
    printed[0] = '\0';
    sim = ntsim_start(&config);
    return 0;
}

static inline int start(void **state)
{
    (void)state;
    return start_windows(NTCB_WINDOWS_DEFAULT);
}

/* Fails the case when something was left behind or reported unexpectedly. */
static inline int stop(void **state)
{
    (void)state;
    return ntsim_stop(sim) == NTCB_OK ? 0 : -1;
}

static inline struct ntsim_process *make_process(const char *path)
{
    const struct ntsim_process_options options = {.image_path = path};
    struct ntsim_process *process = NULL;

    EXPECT_EQ(ntsim_process_create(sim, &options, &process), NTCB_OK);
    return process;
}

/* The newest report, which must be of that rule and is then expected. */
static inline const struct ntcb_report *take_report(const char *rule)
{
    size_t count = ntsim_report_count(sim);

    EXPECT_TRUE(count > 0);
    EXPECT_STR(ntsim_report(sim, count - 1)->rule, rule);
    EXPECT_TRUE(ntsim_expect_report(sim, rule));
    return ntsim_report(sim, count - 1);
}

#endif
