/* SPDX-License-Identifier: MIT
 *
 * report.c - everything that was counted, as JSON. The form is docs/report.schema.json.
 *
 * jansson frees what it is handed even when it fails, so a missing piece shows as a NULL that
 * spreads to the whole.
 */
#include "cli/cli.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Takes the value. */
static void append(json_t **array, json_t *value)
{
    if (json_array_append_new(*array, value) == 0)
        return;
    json_decref(*array);
    *array = NULL;
}

/* Takes both; the object with the member, or NULL. */
static json_t *with(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *tally_of(const struct cli_tally *tally)
{
    json_t *object = json_object();
    size_t count;
    struct cli_count *rows = cli_tally_sorted(tally, &count);
    bool good = object != NULL;

    for (size_t i = 0; i < count && good; i++)
        good =
            json_object_set_new(object, rows[i].name, json_integer((json_int_t)rows[i].count)) == 0;
    free(rows);
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *place_of(const struct ntsim_place *place)
{
    json_t *object = json_pack("{s:s, s:I}", "file", place->file, "line", (json_int_t)place->line);

    if (place->column != 0)
        object = with(object, "column", json_integer((json_int_t)place->column));
    return object;
}

static json_t *inputs_of(const struct cli_run *run)
{
    json_t *array = json_array();

    for (size_t i = 0; i < run->options->event_count; i++) {
        const struct cli_input *input = &run->inputs[i];

        append(&array,
               json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "file", input->path, "format",
                         input->format, "records", (json_int_t)input->counts.records, "events",
                         (json_int_t)input->counts.events, "skipped", (json_int_t)input->counts.bad,
                         "ignored", (json_int_t)input->counts.ignored, "synthesised",
                         (json_int_t)input->counts.synthesised));
    }
    return array;
}

static json_t *drivers_of(const struct cli_run *run)
{
    json_t *array = json_array();

    for (size_t i = 0; i < run->options->driver_count; i++)
        append(&array, json_pack("{s:s, s:s}", "module", run->drivers[i].module, "unload",
                                 run->drivers[i].unload));
    return array;
}

static json_t *events_of(const struct cli_run *run)
{
    struct ntsim_feed_counts sum;

    memset(&sum, 0, sizeof(sum));
    for (size_t i = 0; i < run->options->event_count; i++) {
        sum.records += run->inputs[i].counts.records;
        sum.bad += run->inputs[i].counts.bad;
        sum.ignored += run->inputs[i].counts.ignored;
        sum.synthesised += run->inputs[i].counts.synthesised;
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "read", (json_int_t)sum.records,
                     "skipped", (json_int_t)sum.bad, "ignored", (json_int_t)sum.ignored,
                     "synthesised", (json_int_t)sum.synthesised, "played", (json_int_t)run->played,
                     "not_played", (json_int_t)run->not_played, "processes_ended",
                     (json_int_t)run->exits);
}

static const char *phase_name(enum ntsim_phase phase)
{
    static const char *const names[] = {[NTSIM_PHASE_NOTIFY] = "notify",
                                        [NTSIM_PHASE_PRE] = "pre",
                                        [NTSIM_PHASE_POST] = "post",
                                        [NTSIM_PHASE_CLOSING] = "closing"};

    return names[phase];
}

static json_t *notifications_of(const struct cli_run *run)
{
    json_t *array = json_array();

    for (int i = NTSIM_CLASS_FIRST; i < NTSIM_CLASS_COUNT; i++) {
        const struct cli_class_stats *row = cli_stats_class(&run->stats, i);

        if (row->calls > 0)
            append(&array,
                   json_pack("{s:s, s:i, s:s, s:I, s:I, s:I, s:I, s:I}", "class",
                             ntsim_notify_class_name(i), "value", i, "phase",
                             phase_name(ntsim_notify_class_phase(i)), "delivered",
                             (json_int_t)row->delivered, "calls", (json_int_t)row->calls, "blocked",
                             (json_int_t)row->blocked, "bypassed", (json_int_t)row->bypassed,
                             "overridden", (json_int_t)row->overridden));
    }
    return array;
}

static json_t *callbacks_of(const struct cli_run *run)
{
    json_t *array = json_array();

    for (size_t i = 0; i < run->stats.callback_count; i++) {
        const struct cli_callback_stats *row = &run->stats.callbacks[i];
        const struct ntsim_trace_callback *callback = row->callback;
        json_t *object;

        if (callback == NULL)
            continue;
        object = json_pack(
            "{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o}", "routine", callback->routine, "driver",
            callback->driver, "manager", ntcb_manager_info(callback->manager)->name, "calls",
            (json_int_t)row->calls, "time_ns", (json_int_t)row->own_ns, "blocked",
            (json_int_t)row->blocked, "bypassed", (json_int_t)row->bypassed, "overridden",
            (json_int_t)row->overridden, "statuses", tally_of(&row->statuses));
        append(&array, ntsim_trace_has_slot(callback->manager)
                           ? with(object, "slot", json_integer(atoi(callback->place)))
                           : with(object, "altitude", json_string(callback->place)));
    }
    return array;
}

static json_t *recorded_of(const struct cli_run *run)
{
    json_t *array = json_array();
    json_t *share =
        run->compared == 0 ? json_null() : json_real((double)run->agreed / (double)run->compared);
    size_t count;
    struct cli_count *rows = cli_tally_sorted(&run->differences, &count);

    for (size_t i = 0; i < count; i++)
        append(&array, json_pack("{s:s, s:I, s:o, s:s}", "class", rows[i].name, "count",
                                 (json_int_t)rows[i].count, "first", place_of(&rows[i].first),
                                 "example", rows[i].example));
    free(rows);
    return json_pack("{s:I, s:I, s:o, s:I, s:o}", "compared", (json_int_t)run->compared, "agreed",
                     (json_int_t)run->agreed, "share", share, "driver_changed",
                     (json_int_t)run->driver_changed, "differences", array);
}

static json_t *expectations_of(const struct cli_run *run)
{
    json_t *missed = json_array();

    for (size_t i = 0; i < run->expectation_count; i++) {
        const struct cli_expectation *entry = &run->expectations[i];

        if (!entry->met)
            append(&missed,
                   json_pack("{s:o, s:s, s:s}", "place", place_of(&entry->place), "event",
                             ntsim_event_name(entry->kind), "difference", entry->difference));
    }
    return json_pack("{s:I, s:I, s:o}", "written", (json_int_t)run->expectation_count, "met",
                     (json_int_t)run->met, "missed", missed);
}

static json_t *lines_of(const char *text)
{
    json_t *array = json_array();

    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        append(&array, json_stringn(text, length));
        text += length + (text[length] == '\n');
    }
    return array;
}

static json_t *report_of(const struct cli_report *report)
{
    json_t *parameters = json_array();
    json_t *bugcheck =
        report->bugcheck == 0 ? json_null() : json_sprintf("0x%X", (unsigned)report->bugcheck);

    for (size_t i = 0; i < 4; i++)
        append(&parameters, json_sprintf("0x%llX", (unsigned long long)report->parameter[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:s, s:s, s:o}", "severity",
                     cli_severity_name(report->severity), "rule", report->rule, "what",
                     report->what, "routine", report->routine, "file", report->file, "line",
                     (json_int_t)report->line, "bugcheck", bugcheck, "parameters", parameters,
                     "on_windows", report->on_windows, "fix", report->fix, "details",
                     lines_of(report->details));
}

/* at_unload: only what was found while drivers were unloaded, or only the rest. */
static json_t *reports_of(const struct cli_run *run, bool at_unload)
{
    json_t *array = json_array();

    for (size_t i = 0; i < run->report_count; i++) {
        if (run->reports[i].at_unload == at_unload)
            append(&array, report_of(&run->reports[i]));
    }
    return array;
}

bool cli_report_write(const struct cli_run *run, FILE *stream)
{
    static const char *const outcomes[] = {
        [CLI_MET] = "met", [CLI_NOT_MET] = "not met", [CLI_CANNOT_RUN] = "interrupted"};
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:i, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                  "ntcallback", NTCB_VERSION_STRING, "windows", run->options->windows_name,
                  "outcome", outcomes[cli_verdict(run)], "exit", (int)cli_verdict(run), "seconds",
                  (double)run->elapsed_ns / 1e9, "inputs", inputs_of(run), "drivers",
                  drivers_of(run), "events", events_of(run), "notifications", notifications_of(run),
                  "callbacks", callbacks_of(run), "statuses", tally_of(&run->statuses), "recorded",
                  recorded_of(run), "expectations", expectations_of(run), "reports",
                  reports_of(run, false), "leftovers", reports_of(run, true));
    bool good = root != NULL &&
                json_dumpf(root, stream, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0 &&
                fputc('\n', stream) != EOF;

    json_decref(root);
    return good;
}
