/* SPDX-License-Identifier: MIT
 *
 * conform.h - the surroundings of a conformance case.
 *
 * A case speaks to the kernel through the driver face alone; what it needs besides is here, so that
 * the same source can be built against a real kernel with another version of this header:
 *   ConformSetup, ConformTeardown      a kernel of the case's own; the case is a system thread
 *   ConformUserSetup                   the same, but the case is a thread of a user process, whose
 *                                      Nt calls come from user mode
 *   ConformAsUser(Routine, Context)    run Routine as a thread of that process
 *   ConformAsKernel(Routine, Context)  and the other way round
 *   ConformDeny(Path, Rights)          user mode is refused these rights to the key
 *   ConformExpectReport(Rule)          the case breaks this rule on purpose
 * The teardown fails a case that left something behind.
 */
#ifndef CONFORM_H
#define CONFORM_H

#include "test.h"

#include <ntsim/process.h>
#include <ntsim/registry.h>
#include <ntsim/sim.h>
#include <ntcallback/ddk/ntregapi.h>

#define CONFORM_DEPTH_MAX 8

struct CONFORM {
    struct ntsim *Sim;
    struct ntsim_process *Process;
    struct ntsim_thread *Previous[CONFORM_DEPTH_MAX]; /* what the thread was, before each change */
    ULONG Depth;
};

/* One case runs at a time. */
static struct CONFORM Conform;

static inline VOID ConformBecome(KPROCESSOR_MODE Mode)
{
    Conform.Previous[Conform.Depth++] =
        Mode == UserMode ? ntsim_thread_enter(ntsim_process_thread(Conform.Process))
                         : ntsim_enter(Conform.Sim);
}

static inline VOID ConformComeBack(void)
{
    ntsim_thread_leave(Conform.Previous[--Conform.Depth]);
}

static inline int ConformStart(enum ntcb_windows Windows)
{
    struct ntsim_config Config = NTSIM_CONFIG_INIT;
    struct ntsim_process_options Options = {.image_path = "C:\\Windows\\System32\\conform.exe"};
    Config.kernel.windows = Windows;
    Config.quiet = true;
    int Error = ntsim_create(&Conform.Sim, &Config);
    if (Error != NTCB_OK) {
        return Error;
    }
    ConformBecome(KernelMode);
    return ntsim_process_create(Conform.Sim, &Options, &Conform.Process);
}

static inline int ConformSetup(void **State)
{
    (void)State;
    return ConformStart(NTCB_WINDOWS_DEFAULT);
}

static inline int ConformUserSetup(void **State)
{
    int Error = ConformSetup(State);
    ConformBecome(UserMode);
    return Error;
}

/* Also after a case that failed half-way, as whatever thread it then was. */
static inline int ConformTeardown(void **State)
{
    (void)State;
    while (Conform.Depth != 0) {
        ConformComeBack();
    }
    int Error = ntsim_destroy(Conform.Sim);
    Conform = (struct CONFORM){.Depth = 0};
    return Error;
}

static inline VOID ConformAsUser(VOID (*Routine)(PVOID), PVOID Context)
{
    ConformBecome(UserMode);
    Routine(Context);
    ConformComeBack();
}

static inline VOID ConformAsKernel(VOID (*Routine)(PVOID), PVOID Context)
{
    ConformBecome(KernelMode);
    Routine(Context);
    ConformComeBack();
}

static inline VOID ConformDeny(const char *Path, ULONG Rights)
{
    EXPECT_EQ(ntsim_registry_deny(Conform.Sim, Path, Rights), 0);
}

static inline VOID ConformExpectReport(const char *Rule)
{
    EXPECT_TRUE(ntsim_expect_report(Conform.Sim, Rule));
}

#define CONFORM_CASE(name, rules, function)                  \
    {                                                        \
        name, rules, function, ConformSetup, ConformTeardown \
    }
#define CONFORM_USER_CASE(name, rules, function)                 \
    {                                                            \
        name, rules, function, ConformUserSetup, ConformTeardown \
    }

#endif
