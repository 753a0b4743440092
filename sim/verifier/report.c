/* SPDX-License-Identifier: MIT
 *
 * report.c - collects what the managers and the simulator report about a driver.
 *
 * Memory comes from the host's own table, so that injected faults cannot lose a report.
 */
#include <ntsim/image.h>

#include "verifier/report.h"
#include "verifier/where.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const severity_names[] = {
    [NTCB_WARNING] = "WARNING", [NTCB_VIOLATION] = "VIOLATION", [NTCB_BUGCHECK] = "BUG CHECK"};

static void enter(struct ntsim *sim)
{
    ntsim__host(sim)->monitor_enter(ntsim__host(sim)->context, ntsim__reports(sim)->monitor);
}

static void leave(struct ntsim *sim)
{
    ntsim__host(sim)->monitor_leave(ntsim__host(sim)->context, ntsim__reports(sim)->monitor);
}

int ntsim__reports_init(struct ntsim__reports *reports, const struct ntcb_host_ops *host)
{
    reports->monitor = host->monitor_create(host->context);
    return reports->monitor == NULL ? NTCB_ENOMEM : NTCB_OK;
}

void ntsim__reports_free(struct ntsim__reports *reports, const struct ntcb_host_ops *host)
{
    struct ntsim__error *error;

    for (size_t i = 0; i < reports->count; i++) {
        host->release(host->context, reports->list[i]);
    }
    host->release(host->context, reports->list);
    while ((error = reports->errors) != NULL) {
        reports->errors = error->next;
        host->release(host->context, error);
    }
    if (reports->monitor != NULL) {
        host->monitor_destroy(host->context, reports->monitor);
    }
}

/* What of a report is a line of its own when it is printed. */
static size_t print_lines(const struct ntcb_report *report, char *text, size_t bytes)
{
    char source[300] = "";
    const struct {
        const char *label;
        const char *value;
    } lines[] = {{"routine   ", report->routine},
                 {"source    ", source},
                 {"on Windows", report->on_windows},
                 {"fix       ", report->fix}};
    size_t at = 0;

    if (report->line != 0) {
        snprintf(source, sizeof(source), "%s:%" PRIu32, ntsim__base_name(report->file),
                 report->line);
    }
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]) && at < bytes; i++) {
        if (lines[i].value[0] != '\0') {
            at += (size_t)snprintf(text + at, bytes - at, "    %s  %s\n", lines[i].label,
                                   lines[i].value);
        }
    }
    for (const char *line = report->details; *line != '\0' && at < bytes;) {
        size_t length = strcspn(line, "\n");

        at += (size_t)snprintf(text + at, bytes - at, "      %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
    return at;
}

/* One write, so that the lines of two threads do not mix. */
static void print(const struct ntcb_host_ops *host, const struct ntcb_report *report)
{
    size_t bytes = 4096 + 8 * strlen(report->details);
    char *text = host->allocate(host->context, bytes);
    size_t at;

    if (text == NULL) {
        fprintf(stderr, "*** %s: %s\n", report->rule, report->what);
        return;
    }
    at = (size_t)snprintf(text, bytes, "*** %s %s: %s\n", severity_names[report->severity],
                          report->rule, report->what);
    if (report->bugcheck != 0 && at < bytes) {
        at += (size_t)snprintf(text + at, bytes - at,
                               "    code        0x%08" PRIX32 " (0x%" PRIX64 ", 0x%" PRIX64
                               ", 0x%" PRIX64 ", 0x%" PRIX64 ")\n",
                               report->bugcheck, report->parameter[0], report->parameter[1],
                               report->parameter[2], report->parameter[3]);
    }
    if (at < bytes) {
        print_lines(report, text + at, bytes - at);
    }
    fputs(text, stderr);
    host->release(host->context, text);
}

#define TEXTS 7u

/* A copy with its strings behind it, or NULL. */
static struct ntsim__report *copy(const struct ntcb_host_ops *host,
                                  const struct ntcb_report *report)
{
    const char *from[TEXTS] = {report->rule,       report->what, report->routine, report->file,
                               report->on_windows, report->fix,  report->details};
    struct ntsim__report *mine;
    size_t bytes[TEXTS], total = 0;
    char *at;

    for (size_t i = 0; i < TEXTS; i++) {
        bytes[i] = strlen(from[i]) + 1;
        total += bytes[i];
    }
    mine = host->allocate(host->context, sizeof(*mine) + total);
    if (mine == NULL) {
        return NULL;
    }
    at = mine->text;
    for (size_t i = 0; i < TEXTS; i++) {
        from[i] = memcpy(at, from[i], bytes[i]);
        at += bytes[i];
    }
    mine->public = *report;
    mine->public.rule = from[0];
    mine->public.what = from[1];
    mine->public.routine = from[2];
    mine->public.file = from[3];
    mine->public.on_windows = from[4];
    mine->public.fix = from[5];
    mine->public.details = from[6];
    mine->expected = false;
    return mine;
}

/* With the monitor held. */
static bool append(struct ntsim__reports *reports, const struct ntcb_host_ops *host,
                   struct ntsim__report *report)
{
    size_t capacity = reports->capacity == 0 ? 8 : reports->capacity * 2;
    struct ntsim__report **list;

    if (reports->count == reports->capacity) {
        list = host->allocate(host->context, capacity * sizeof(struct ntsim__report *));
        if (list == NULL) {
            return false;
        }
        if (reports->count != 0) {
            memcpy(list, reports->list, reports->count * sizeof(struct ntsim__report *));
        }
        host->release(host->context, reports->list);
        reports->list = list;
        reports->capacity = capacity;
    }
    reports->list[reports->count++] = report;
    return true;
}

void ntsim__on_report(void *context, const struct ntcb_report *report)
{
    struct ntsim *sim = context;
    const struct ntcb_host_ops *host = ntsim__host(sim);
    struct ntsim__place place;
    struct ntcb_report located = *report;
    struct ntsim__report *mine;

    if (located.address == NULL && located.routine[0] == '\0') {
        located.address = ntsim__driver_caller();
    }
    ntsim__locate(located.address, &place);
    if (located.routine[0] == '\0') {
        located.routine = place.routine;
    }
    located.file = place.file;
    located.line = place.line;
    report = &located;
    mine = copy(host, report);
    if (mine != NULL) {
        mine->expected = ntsim__config(sim)->report != NULL;
    }
    enter(sim);
    if (mine == NULL || !append(ntsim__reports(sim), host, mine)) {
        ntsim__reports(sim)->lost++;
        host->release(host->context, mine);
    }
    leave(sim);
    if (ntsim__config(sim)->report != NULL) {
        ntsim__config(sim)->report(ntsim__config(sim)->report_context, report);
    } else if (!ntsim__config(sim)->quiet) {
        print(host, report);
    }
}

void ntsim__on_call(void *context, const struct ntcb_call *call)
{
    const struct ntcb_config *config = &ntsim__config(context)->kernel;

    config->observer(config->callback_context, call);
}

size_t ntsim_report_count(struct ntsim *sim)
{
    size_t count;

    enter(sim);
    count = ntsim__reports(sim)->count;
    leave(sim);
    return count;
}

const struct ntcb_report *ntsim_report(struct ntsim *sim, size_t index)
{
    const struct ntcb_report *report = NULL;

    enter(sim);
    if (index < ntsim__reports(sim)->count) {
        report = &ntsim__reports(sim)->list[index]->public;
    }
    leave(sim);
    return report;
}

bool ntsim_expect_report(struct ntsim *sim, const char *rule)
{
    struct ntsim__reports *reports = ntsim__reports(sim);
    bool found = false;

    enter(sim);
    for (size_t i = 0; i < reports->count && !found; i++) {
        if (!reports->list[i]->expected && strcmp(reports->list[i]->public.rule, rule) == 0) {
            reports->list[i]->expected = true;
            found = true;
        }
    }
    leave(sim);
    return found;
}

size_t ntsim_unexpected_reports(struct ntsim *sim)
{
    struct ntsim__reports *reports = ntsim__reports(sim);
    size_t count;

    enter(sim);
    count = reports->lost;
    for (size_t i = 0; i < reports->count; i++) {
        count += !reports->list[i]->expected;
    }
    leave(sim);
    return count;
}

/* In full, or in one line when it was printed as it happened. */
static void print_unexpected(struct ntsim *sim, const struct ntcb_report *report)
{
    if (ntsim__config(sim)->quiet) {
        print(ntsim__host(sim), report);
    } else {
        fprintf(stderr, "    %s: %s\n", report->rule, report->what);
    }
}

void ntsim__reports_summarise(struct ntsim *sim)
{
    struct ntsim__reports *reports = ntsim__reports(sim);
    size_t unexpected = ntsim_unexpected_reports(sim);

    if (unexpected == 0) {
        return;
    }
    fprintf(stderr, "ntcallback: %zu report(s) that nobody expected", unexpected);
    if (reports->lost != 0) {
        fprintf(stderr, ", %zu of them lost for want of memory", reports->lost);
    }
    fputs(":\n", stderr);
    for (size_t i = 0; i < reports->count; i++) {
        if (!reports->list[i]->expected) {
            print_unexpected(sim, &reports->list[i]->public);
        }
    }
}

/* ---- why a host-side call failed ---- */

/* With the monitor held: the calling thread's, made if `make`; NULL if there is none. */
static struct ntsim__error *error_of_thread(struct ntsim *sim, bool make)
{
    const struct ntcb_host_ops *host = ntsim__host(sim);
    struct ntsim__reports *reports = ntsim__reports(sim);
    uint64_t thread = host->thread_id(host->context);
    struct ntsim__error *error = reports->errors;

    while (error != NULL && error->thread != thread) {
        error = error->next;
    }
    if (error == NULL && make) {
        error = host->allocate(host->context, sizeof(*error));
        if (error != NULL) {
            *error = (struct ntsim__error){.next = reports->errors, .thread = thread};
            reports->errors = error;
        }
    }
    return error;
}

int ntsim__fail(struct ntsim *sim, int error, const char *format, ...)
{
    struct ntsim__error *mine;
    va_list arguments;

    va_start(arguments, format);
    enter(sim);
    mine = error_of_thread(sim, true);
    if (mine != NULL) {
        vsnprintf(mine->text, sizeof(mine->text), format, arguments);
    }
    leave(sim);
    va_end(arguments);
    return error;
}

const char *ntsim_last_error(struct ntsim *sim)
{
    struct ntsim__error *mine;

    enter(sim);
    mine = error_of_thread(sim, false);
    leave(sim);
    return mine == NULL ? "" : mine->text;
}
