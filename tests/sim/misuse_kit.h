/* SPDX-License-Identifier: MIT
 *
 * misuse_kit.h - a fault and its absence: each row is a piece of a driver that runs twice, each
 * time in a kernel of its own. With the fault it brings exactly one report, whose rule, bug check
 * and parameters the row says; without it none.
 */
#ifndef TESTS_SIM_MISUSE_KIT_H
#define TESTS_SIM_MISUSE_KIT_H

#include "simkit.h"

#define ANY 0xA5A5A5A5A5A5A5A5ull     /* whatever it is */
#define ROUTINE 0x5A5A5A5A5A5A5A5Aull /* address of the routine concerned */

/* What the one report says. */
struct verdict {
    const char *rule;
    enum ntcb_severity severity;
    uint32_t bugcheck;
    uint64_t parameter[4];
};

struct misuse {
    const char *name;
    void (*run)(bool wrong); /* as a routine of the driver */
    struct verdict verdict;
    uint32_t switches;
    enum ntcb_windows windows;
};

static PDRIVER_UNLOAD misuse_unload; /* what DriverUnload does besides */
static const void *misuse_routine;   /* what ROUTINE stands for */
static struct ntsim_driver *misuse_driver;
static void (*misuse_entry)(bool wrong); /* runs in DriverEntry */
static bool misuse_wrong;

static inline VOID NTAPI MisuseUnload(PDRIVER_OBJECT DriverObject)
{
    if (misuse_unload != NULL) {
        misuse_unload(DriverObject);
    }
}

static inline NTSTATUS NTAPI MisuseEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    DriverObject->DriverUnload = MisuseUnload;
    if (misuse_entry != NULL) {
        misuse_entry(misuse_wrong);
    }
    return STATUS_SUCCESS;
}

static inline void misuse_begin(enum ntcb_windows windows, uint32_t switches)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;

    config.kernel.windows = windows;
    config.kernel.switches = switches;
    config.quiet = true;
    misuse_unload = NULL;
    misuse_routine = NULL;
    sim = ntsim_start(&config);
}

static inline void misuse_load(void)
{
    misuse_driver = ntsim_driver_start(sim, "misuse", MisuseEntry);
}

/* The reports so far are `verdict`'s one, or none if that is NULL. */
static inline void misuse_expect(const char *name, const struct verdict *verdict)
{
    const struct ntcb_report *report = ntsim_report(sim, 0);

    if (ntsim_report_count(sim) != (verdict != NULL)) {
        print_message("%s%s:\n", name, verdict != NULL ? "" : " without the fault");
        for (size_t i = 0; i < ntsim_report_count(sim); i++) {
            print_message("  %s: %s\n", ntsim_report(sim, i)->rule, ntsim_report(sim, i)->what);
        }
    }
    EXPECT_EQ(ntsim_report_count(sim), verdict != NULL);
    if (verdict == NULL) {
        return;
    }
    print_message("%s\n", name);
    EXPECT_STR(report->rule, verdict->rule);
    EXPECT_EQ(report->severity, verdict->severity);
    EXPECT_EQ(report->bugcheck, verdict->bugcheck);
    for (size_t i = 0; i < 4; i++) {
        uint64_t expected = verdict->parameter[i];

        if (expected == ROUTINE) {
            EXPECT_EQ(report->parameter[i], (uintptr_t)misuse_routine);
        } else if (expected != ANY) {
            EXPECT_EQ(report->parameter[i], expected);
        }
    }
    EXPECT_TRUE(report->what[0] != '\0' && report->fix[0] != '\0');
    EXPECT_TRUE(ntsim_expect_report(sim, verdict->rule));
}

static inline void misuse_both(const struct misuse *row)
{
    for (int wrong = 1; wrong >= 0; wrong--) {
        misuse_begin(row->windows, row->switches);
        misuse_load();
        row->run(wrong != 0);
        (void)ntsim_driver_stop(misuse_driver);
        misuse_expect(row->name, wrong != 0 ? &row->verdict : NULL);
        EXPECT_EQ(ntsim_stop(sim), NTCB_OK);
    }
}

static inline KIRQL misuse_raise(bool wrong, KIRQL level)
{
    KIRQL old;

    KeRaiseIrql(wrong ? level : PASSIVE_LEVEL, &old);
    return old;
}

#endif
