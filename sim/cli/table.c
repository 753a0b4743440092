/* SPDX-License-Identifier: MIT
 *
 * table.c - what a run shows a reader.
 */
#include "cli/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TOP_ROWS 10u

struct duration {
    char text[24];
};

static struct duration duration_of(double ns)
{
    static const struct {
        double unit;
        const char *name;
    } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}};
    struct duration duration;

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (ns >= units[i].unit) {
            snprintf(duration.text, sizeof(duration.text), "%.2f %s", ns / units[i].unit,
                     units[i].name);
            return duration;
        }
    }
    snprintf(duration.text, sizeof(duration.text), "%.0f ns", ns);
    return duration;
}

static void print_inputs(const struct cli_run *run, FILE *stream)
{
    struct ntsim_feed_counts sum;
    double seconds = (double)run->elapsed_ns / 1e9;

    memset(&sum, 0, sizeof(sum));
    for (size_t i = 0; i < run->options->event_count; i++) {
        const struct cli_input *input = &run->inputs[i];

        fprintf(stream, "%s: %s\n", input->path, input->format);
        sum.records += input->counts.records;
        sum.bad += input->counts.bad;
        sum.ignored += input->counts.ignored;
        sum.synthesised += input->counts.synthesised;
    }
    fprintf(stream,
            "%" PRIu64 " records read, %" PRIu64 " skipped as malformed, %" PRIu64
            " of no concern, %" PRIu64 " events synthesised\n",
            sum.records, sum.bad, sum.ignored, sum.synthesised);
    fprintf(stream, "%" PRIu64 " events played in %s (%.0f/s)", run->played,
            duration_of((double)run->elapsed_ns).text,
            seconds > 0 ? (double)run->played / seconds : 0.0);
    if (run->not_played > 0)
        fprintf(stream, ", %" PRIu64 " not played: nothing here corresponds to them",
                run->not_played);
    if (run->exits > 0)
        fprintf(stream, ", %" PRIu64 " processes ended at the end", run->exits);
    fputc('\n', stream);
}

struct cell {
    char text[24];
};

/* A count, or "-" where there cannot be one. */
static struct cell cell_of(bool possible, uint64_t count)
{
    struct cell cell = {"-"};

    if (possible)
        snprintf(cell.text, sizeof(cell.text), "%" PRIu64, count);
    return cell;
}

static void print_row(const char *name, const struct cli_class_stats *pre, bool decides,
                      const struct cli_class_stats *post, FILE *stream)
{
    if (pre->calls + (post != NULL ? post->calls : 0) == 0)
        return;
    fprintf(
        stream, "%-28s %10" PRIu64 " %10s %10" PRIu64 " %10s %10s %10s\n", name, pre->delivered,
        cell_of(post != NULL, post != NULL ? post->delivered : 0).text,
        pre->calls + (post != NULL ? post->calls : 0), cell_of(decides, pre->blocked).text,
        cell_of(decides, pre->bypassed).text,
        cell_of(decides && post != NULL, pre->overridden + (post != NULL ? post->overridden : 0))
            .text);
}

/* The class whose name is `prefix` and then `operation`, or NULL. */
static const struct cli_class_stats *find_class(const struct cli_run *run, const char *prefix,
                                                const char *operation)
{
    size_t length = strlen(prefix);

    for (int i = 0; i < NTSIM_CLASS_COUNT; i++) {
        const char *name = ntsim_notify_class_name(i);

        if (strncmp(name, prefix, length) == 0 && strcmp(name + length, operation) == 0)
            return cli_stats_class(&run->stats, i);
    }
    return NULL;
}

/* One row for each pair of classes. */
static void print_classes(const struct cli_run *run, FILE *stream)
{
    static const char pre[] = "RegNtPre", post[] = "RegNtPost", plain[] = "RegNt";
    uint64_t calls = 0;

    for (int i = NTSIM_CLASS_FIRST; i < NTSIM_CLASS_COUNT; i++)
        calls += cli_stats_class(&run->stats, i)->calls;
    if (calls == 0) {
        fputs("\nno callback was called\n", stream);
        return;
    }
    fprintf(stream, "\n%-28s %10s %10s %10s %10s %10s %10s\n", "notification", "delivered", "post",
            "calls", "blocked", "bypassed", "overridden");
    for (int i = NTSIM_CLASS_FIRST; i < 0; i++) {
        if (i == NTSIM_CLASS_HANDLE_PRE)
            print_row("Handle", cli_stats_class(&run->stats, i), true,
                      cli_stats_class(&run->stats, NTSIM_CLASS_HANDLE_POST), stream);
        else if (i != NTSIM_CLASS_HANDLE_POST)
            print_row(ntsim_notify_class_name(i), cli_stats_class(&run->stats, i),
                      i == NTSIM_CLASS_PROCESS_CREATE, NULL, stream);
    }
    for (int i = 0; i < NTSIM_CLASS_COUNT; i++) {
        const char *name = ntsim_notify_class_name(i);

        if (strncmp(name, post, sizeof(post) - 1) == 0)
            continue;
        name += strncmp(name, pre, sizeof(pre) - 1) == 0 ? sizeof(pre) - 1 : sizeof(plain) - 1;
        print_row(name, cli_stats_class(&run->stats, i),
                  ntsim_notify_class_phase(i) == NTSIM_PHASE_PRE, find_class(run, post, name),
                  stream);
    }
}

static void print_statuses(const struct cli_tally *tally, const char *indent, FILE *stream)
{
    size_t count;
    struct cli_count *rows = cli_tally_sorted(tally, &count);

    for (size_t i = 0; i < count && i < TOP_ROWS; i++)
        fprintf(stream, "%s%10" PRIu64 "  %s\n", indent, rows[i].count, rows[i].name);
    if (count > TOP_ROWS)
        fprintf(stream, "%s            and %zu others\n", indent, count - TOP_ROWS);
    free(rows);
}

static void print_callbacks(const struct cli_run *run, FILE *stream)
{
    if (run->stats.callback_count > 0)
        fprintf(stream, "\n%-34s %-9s %-10s %8s %10s %10s\n", "callback", "manager", "place",
                "calls", "time", "mean");
    for (size_t i = 0; i < run->stats.callback_count; i++) {
        const struct cli_callback_stats *row = &run->stats.callbacks[i];
        const struct ntsim_trace_callback *callback = row->callback;
        bool slot;

        if (callback == NULL)
            continue;
        slot = ntsim_trace_has_slot(callback->manager);
        fprintf(stream, "%-34s %-9s %s%-*s %8" PRIu64 " %10s %10s\n", callback->routine,
                ntcb_manager_info(callback->manager)->name, slot ? "slot " : "", slot ? 5 : 10,
                callback->place[0] != '\0'                   ? callback->place
                : callback->manager == NTCB_MANAGER_REGISTRY ? "legacy"
                                                             : "-",
                row->calls, duration_of((double)row->own_ns).text,
                row->calls == 0 ? "-" : duration_of((double)row->own_ns / (double)row->calls).text);
        if (callback->driver[0] != '\0')
            fprintf(stream, "    %s\n", callback->driver);
        print_statuses(&row->statuses, "    ", stream);
    }
}

static void print_recorded(const struct cli_run *run, FILE *stream)
{
    size_t count;
    struct cli_count *rows;

    if (run->options->no_prime) {
        fputs("\nrecorded outcomes were not compared (--no-prime)\n", stream);
        return;
    }
    if (run->compared + run->driver_changed == 0)
        return;
    fprintf(stream, "\nrecorded outcomes: %" PRIu64 " compared, %" PRIu64 " agreed", run->compared,
            run->agreed);
    if (run->compared > 0)
        fprintf(stream, " (%.2f %%)", 100.0 * (double)run->agreed / (double)run->compared);
    fprintf(stream, ", %" PRIu64 " changed by a driver\n", run->driver_changed);
    rows = cli_tally_sorted(&run->differences, &count);
    for (size_t i = 0; i < count && i < TOP_ROWS; i++) {
        fprintf(stream, "%10" PRIu64 "  %s\n", rows[i].count, rows[i].name);
        fprintf(stream, "            first at %s:%" PRIu64 ": %s\n", rows[i].first.file,
                rows[i].first.line, rows[i].example);
    }
    if (count > TOP_ROWS)
        fprintf(stream, "            and %zu other kinds; --report has them all\n",
                count - TOP_ROWS);
    free(rows);
}

static void print_unload(const struct cli_run *run, FILE *stream)
{
    if (run->options->driver_count > 0)
        fputc('\n', stream);
    for (size_t i = 0; i < run->options->driver_count; i++)
        fprintf(stream, "unload of %s: %s\n", run->drivers[i].module, run->drivers[i].unload);
}

void cli_table_print(const struct cli_run *run, FILE *stream)
{
    print_inputs(run, stream);
    print_classes(run, stream);
    print_callbacks(run, stream);
    if (run->statuses.rows != NULL) {
        fputs("\nregistry services returned\n", stream);
        print_statuses(&run->statuses, "", stream);
    }
    print_recorded(run, stream);
    print_unload(run, stream);
    fputc('\n', stream);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static void print_report(const struct cli_report *report, FILE *stream)
{
    fprintf(stream, "%s %s: %s\n", cli_severity_name(report->severity), report->rule, report->what);
    if (report->routine[0] != '\0')
        fprintf(stream, "    routine     %s\n", report->routine);
    if (report->line != 0)
        fprintf(stream, "    source      %s:%u\n", base_name(report->file), (unsigned)report->line);
    if (report->bugcheck != 0)
        fprintf(stream,
                "    bug check   0x%X (0x%" PRIX64 ", 0x%" PRIX64 ", 0x%" PRIX64 ", 0x%" PRIX64
                ")\n",
                report->bugcheck, report->parameter[0], report->parameter[1], report->parameter[2],
                report->parameter[3]);
    if (report->on_windows[0] != '\0')
        fprintf(stream, "    on Windows  %s\n", report->on_windows);
    if (report->fix[0] != '\0')
        fprintf(stream, "    fix         %s\n", report->fix);
    for (const char *line = report->details; *line != '\0';) {
        size_t length = strcspn(line, "\n");

        fprintf(stream, "      %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

void cli_verdict_print(const struct cli_run *run, FILE *stream)
{
    static const char *const words[] = {
        [CLI_MET] = "passed", [CLI_NOT_MET] = "failed", [CLI_CANNOT_RUN] = "interrupted"};

    for (size_t i = 0; i < run->report_count; i++) {
        if (!run->options->quiet || run->options->strict ||
            run->reports[i].severity != NTCB_WARNING)
            print_report(&run->reports[i], stream);
    }
    for (size_t i = 0; i < run->expectation_count; i++) {
        const struct cli_expectation *entry = &run->expectations[i];

        if (!entry->met)
            fprintf(stream, "%s:%" PRIu64 ": %s: not as expected: %s\n", entry->place.file,
                    entry->place.line, ntsim_event_name(entry->kind), entry->difference);
    }
    if (run->unclean)
        fputs("the kernel's end found registrations, objects or pool that were left behind\n",
              stream);
    fprintf(stream, "%s: %zu of %zu expectations met, %zu reports about drivers\n",
            words[cli_verdict(run)], run->met, run->expectation_count, run->report_count);
}
