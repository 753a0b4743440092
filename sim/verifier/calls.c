/* SPDX-License-Identifier: MIT
 *
 * calls.c - may a driver call this routine where it is?
 *
 *     DV-04  Zw routines want PASSIVE_LEVEL and special kernel APCs
 *     DV-29  what Microsoft advises process, thread, image and object callbacks against:
 *            NTCB_SWITCH_LINT reports it
 */
#include "verifier/calls.h"
#include "simp.h"

#include <stdio.h>
#include <string.h>

#define IRQL_ZW_PASSIVE 0x0002001Fu /* Driver Verifier's IrqlZwPassive */

/* The groups of services that are advised against, by a word in the name. */
static const struct {
    const char *word;
    const char *kind;
} kinds[] = {
    {"Key", "a registry call"},    {"File", "a file call"},        {"Transaction", "a file call"},
    {"Wait", "a call that waits"}, {"Delay", "a call that waits"},
};

static const char *kind_of(const char *function)
{
    for (size_t i = 0; i < RTL_NUMBER_OF(kinds); i++) {
        if (strstr(function, kinds[i].word) != NULL) {
            return kinds[i].kind;
        }
    }
    return NULL;
}

void ntsim__check_blocking(const char *function, const void *caller)
{
    uint32_t switches = ntcb_kernel_config(ntcb_kernel_current())->switches;
    struct ntcb_registration inside;
    char symbol[NTSIM__SYMBOL_BYTES], place[NTSIM__SYMBOL_BYTES];
    const char *kind;

    if ((switches & NTCB_SWITCH_LINT) == 0 || (kind = kind_of(function)) == NULL ||
        !ntcb_current_call(&inside) || inside.manager == NTCB_MANAGER_REGISTRY ||
        inside.manager == NTCB_MANAGER_CALLBACK) {
        return;
    }
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_WARNING,
            .rule = "DV-29",
            .routine = ntsim__symbol(inside.routine, symbol, sizeof(symbol)),
            .address = caller,
            .on_windows = "works, slows every process down, and deadlocks when somebody else does "
                          "the same",
            .fix = "note what is needed, and let a work item of the driver do it; do not wait for "
                   "that work item",
        },
        "%s, %s, from within a callback, at %s", function, kind,
        ntsim__symbol(caller, place, sizeof(place)));
}

/* Special APCs are off in a guarded region: asynchronous I/O cannot complete. */
static void report_guarded(const char *function, const void *caller)
{
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_BUGCHECK,
            .rule = "DV-04",
            .bugcheck = DRIVER_VERIFIER_DETECTED_VIOLATION,
            .parameter = {0xE6, (uintptr_t)caller, KeGetCurrentIrql(), 1},
            .address = caller,
            .on_windows = "this bug check of Driver Verifier; without it the call may never return",
            .fix = "leave the guarded region (a guarded or fast mutex makes one) before the call",
        },
        "%s with special kernel APCs off", function);
}

void ntsim__check_zw(const char *function, const void *caller)
{
    struct ntcb_registration inside;

    if (ntcb_check_irql(function, PASSIVE_LEVEL, "DV-04", IRQL_ZW_PASSIVE) &&
        KeAreAllApcsDisabled() && !ntcb_current_call(&inside)) {
        report_guarded(function, caller); /* a callback did not ask for them to be off */
    }
    ntsim__check_blocking(function, caller);
}
