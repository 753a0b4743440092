/* SPDX-License-Identifier: MIT
 *
 * collect.c - copies of what the kernel found about the drivers, and the verdict.
 */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

struct visit {
    struct cli_run *run;
    bool good;
};

static void note_registration(void *context, const struct ntcb_registration *registration)
{
    struct visit *visit = context;
    const struct ntsim_trace_callback *callback =
        ntsim_trace_callback(visit->run->trace, registration);

    if (callback == NULL || cli_stats_callback(&visit->run->stats, callback) == NULL)
        visit->good = false;
}

bool cli_collect_callbacks(struct cli_run *run)
{
    struct visit visit = {run, true};

    ntcb_registrations(ntsim_kernel(run->sim), note_registration, &visit);
    return visit.good;
}

static char *copy(const char *text, bool *good)
{
    char *copied = strdup(text != NULL ? text : "");

    if (copied == NULL)
        *good = false;
    return copied;
}

static bool copy_report(struct cli_report *to, const struct ntcb_report *from, bool at_unload)
{
    bool good = true;

    to->severity = from->severity;
    to->at_unload = at_unload;
    to->bugcheck = from->bugcheck;
    memcpy(to->parameter, from->parameter, sizeof(to->parameter));
    to->rule = copy(from->rule, &good);
    to->what = copy(from->what, &good);
    to->routine = copy(from->routine, &good);
    to->file = copy(from->file, &good);
    to->line = from->line;
    to->details = copy(from->details, &good);
    to->on_windows = copy(from->on_windows, &good);
    to->fix = copy(from->fix, &good);
    return good;
}

bool cli_collect_reports(struct cli_run *run, bool at_unload)
{
    size_t count = ntsim_report_count(run->sim);
    struct cli_report *grown;

    if (count <= run->report_count)
        return true;
    grown = realloc(run->reports, count * sizeof(*run->reports));
    if (grown == NULL)
        return false;
    run->reports = grown;
    while (run->report_count < count) {
        size_t i = run->report_count++;

        if (!copy_report(&run->reports[i], ntsim_report(run->sim, i), at_unload))
            return false;
    }
    return true;
}

void cli_reports_free(struct cli_run *run)
{
    for (size_t i = 0; i < run->report_count; i++) {
        free(run->reports[i].rule);
        free(run->reports[i].what);
        free(run->reports[i].routine);
        free(run->reports[i].file);
        free(run->reports[i].details);
        free(run->reports[i].on_windows);
        free(run->reports[i].fix);
    }
    free(run->reports);
}

size_t cli_failing_reports(const struct cli_run *run)
{
    size_t count = 0;

    for (size_t i = 0; i < run->report_count; i++)
        count += run->options->strict || run->reports[i].severity != NTCB_WARNING;
    return count;
}

const char *cli_severity_name(enum ntcb_severity severity)
{
    return severity == NTCB_BUGCHECK    ? "bug check"
           : severity == NTCB_VIOLATION ? "violation"
                                        : "warning";
}

enum cli_exit cli_verdict(const struct cli_run *run)
{
    if (run->interrupted)
        return CLI_CANNOT_RUN;
    if (run->met < run->expectation_count || cli_failing_reports(run) > 0 || run->unclean)
        return CLI_NOT_MET;
    return CLI_MET;
}
