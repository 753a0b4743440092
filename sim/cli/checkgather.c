/* SPDX-License-Identifier: MIT
 *
 * checkgather.c - what the passes of a check write, and the one result that is made of it.
 *
 * jansson frees what it is handed even when it fails: a value that could not be made is left out.
 */
#include "cli/check.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* What a rule is about, for whoever filters, and whether a mere warning of it counts in full: a
 * driver that frees before it unregisters is wrong, whoever notices. */
static const struct {
    const char *rule;
    const char *kind;
    bool raise;
} kinds[] = {
    {"DV-10", "hang", false},         {"DV-11", "hang", false},      {"DV-15", "fault", false},
    {"DV-20", "registration", false}, {"DV-21", "order", true},      {"DV-22", "pool", false},
    {"DV-23", "reference", false},    {"DV-24", "handle", false},    {"MM-POOL", "pool", false},
    {"PROC-05", "integrity", false},  {"OB-08", "integrity", false},
};

void check_write(FILE *out, const char *member, json_t *value)
{
    json_t *line = json_pack("{s:o}", member, value);
    char *text = line != NULL ? json_dumps(line, JSON_COMPACT) : NULL;

    if (text != NULL)
        fprintf(out, "%s\n", text);
    fflush(out); /* what was written before a fault is there */
    free(text);
    json_decref(line);
}

json_t *check_finding(const char *kind, enum ntcb_severity severity, const char *rule,
                      const char *what, const char *on_windows, const char *fix)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kind", kind, "severity",
                     cli_severity_name(severity), "rule", rule, "what", what, "on_windows",
                     on_windows, "fix", fix);
}

json_t *check_finding_of_report(const struct ntcb_report *report)
{
    enum ntcb_severity severity = report->severity;
    const char *kind = "rule";
    json_t *finding;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].rule, report->rule) == 0) {
            kind = kinds[i].kind;
            if (kinds[i].raise && severity == NTCB_WARNING)
                severity = NTCB_VIOLATION;
        }
    }
    finding =
        check_finding(kind, severity, report->rule, report->what, report->on_windows, report->fix);
    if (finding == NULL)
        return NULL;
    if (report->routine[0] != '\0')
        json_object_set_new(finding, "routine", json_string(report->routine));
    if (report->file != NULL && report->file[0] != '\0')
        json_object_set_new(finding, "source", json_sprintf("%s:%u", report->file, report->line));
    if (report->bugcheck != 0)
        json_object_set_new(finding, "bugcheck", json_sprintf("0x%X", report->bugcheck));
    return finding;
}

json_t *check_result(const struct check_options *options)
{
    return json_pack("{s:s, s:s, s:s, s:[], s:[], s:[], s:[]}", "ntcallback", NTCB_VERSION_STRING,
                     "driver", options->driver, "windows", options->windows_name, "passes",
                     "registrations", "findings", "notes");
}

static bool same(const json_t *one, const json_t *other, const char *member)
{
    const json_t *left = json_object_get(one, member), *right = json_object_get(other, member);

    return left == NULL || right == NULL ? left == right : json_equal(left, right) == 1;
}

/* The same rule about the same routine; where no routine is named, in the same words. */
static bool says_the_same(const json_t *one, const json_t *other)
{
    return same(one, other, "rule") && same(one, other, "kind") && same(one, other, "routine") &&
           (json_object_get(one, "routine") != NULL || same(one, other, "what"));
}

void check_add(json_t *result, const char *pass, json_t *finding)
{
    json_t *findings = json_object_get(result, "findings"), *entry, *passes;
    size_t index;

    json_array_foreach(findings, index, entry)
    {
        if (says_the_same(entry, finding)) {
            passes = json_object_get(entry, "passes");
            entry = json_array_get(passes, json_array_size(passes) - 1);
            if (strcmp(json_string_value(entry), pass) != 0)
                json_array_append_new(passes, json_string(pass));
            json_decref(finding);
            return;
        }
    }
    json_object_set_new(finding, "passes", json_pack("[s]", pass));
    json_array_append_new(findings, finding);
}

void check_note(json_t *result, const char *text)
{
    json_t *notes = json_object_get(result, "notes"), *entry;
    size_t index;

    json_array_foreach(notes, index, entry)
    {
        if (strcmp(json_string_value(entry), text) == 0)
            return;
    }
    json_array_append_new(notes, json_string(text));
}

static void gather_line(json_t *result, json_t *pass, const json_t *line, char step[160])
{
    const char *name = json_string_value(json_object_get(pass, "name"));
    const json_t *value;

    if ((value = json_object_get(line, "step")) != NULL)
        snprintf(step, 160, "%s", json_string_value(value));
    else if ((value = json_object_get(line, "finding")) != NULL)
        check_add(result, name, json_deep_copy(value));
    else if ((value = json_object_get(line, "note")) != NULL)
        check_note(result, json_string_value(value));
    else if ((value = json_object_get(line, "registration")) != NULL)
        json_array_append_new(json_object_get(result, "registrations"), json_deep_copy(value));
    else
        json_object_update(pass, (json_t *)(uintptr_t)line); /* events, calls, failures */
}

/* The pass did not come to its end. */
static void add_end(json_t *result, const char *pass, int signal, const char *step)
{
    bool hung = signal == check_hung;
    char text[320];

    if (signal == SIGABRT && strcmp(pass, "memory") == 0) {
        check_note(result, "the memory pass did not come to its end: the simulator itself had no "
                           "memory for a thread that DriverEntry needs");
        return;
    }
    if (signal == CHECK_SANITIZER)
        snprintf(text, sizeof(text), "a sanitizer, which has told why, ended the pass while %s",
                 step);
    else if (hung)
        snprintf(text, sizeof(text), "the pass did not come to its end: it hung while %s", step);
    else
        snprintf(text, sizeof(text), "signal %d (%s) ended the pass while %s", signal,
                 check_end_name(signal), step);
    check_add(result, pass,
              check_finding(hung ? "hang" : "fault", NTCB_BUGCHECK, hung ? "DV-11" : "DV-15", text,
                            hung ? "the machine hangs, or the unload never ends"
                                 : "a bug check, with the driver's code on the stack",
                            "run this pass alone under a debugger: ntcallback check --pass NAME"));
}

void check_gather(json_t *result, const struct check_pass *pass, FILE *lines, int ended)
{
    json_t *entry = json_pack("{s:s}", "name", pass->name), *line;
    json_t *findings = json_object_get(result, "findings"), *finding;
    char step[160] = "beginning";
    const char *outcome = "clean";
    size_t index;

    rewind(lines);
    while ((line = json_loadf(lines, JSON_DISABLE_EOF_CHECK, NULL)) != NULL) {
        gather_line(result, entry, line, step);
        json_decref(line);
    }
    if (ended != 0)
        add_end(result, pass->name, ended, step);
    json_array_foreach(findings, index, finding)
    {
        json_t *passes = json_object_get(finding, "passes");
        const json_t *last = json_array_get(passes, json_array_size(passes) - 1);

        if (strcmp(json_string_value(last), pass->name) == 0)
            outcome = "findings";
    }
    if (ended != 0)
        outcome = ended == check_hung ? "hung" : "faulted";
    if (ended == SIGABRT && strcmp(pass->name, "memory") == 0)
        outcome = "stopped";
    json_object_set_new(entry, "outcome", json_string(outcome));
    json_array_append_new(json_object_get(result, "passes"), entry);
}
