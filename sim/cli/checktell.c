/* SPDX-License-Identifier: MIT
 *
 * checktell.c - the result of a check for a reader, or as JSON; and the verdict.
 */
#include "cli/check.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));

    return text != NULL ? text : "";
}

static bool is_warning(const json_t *finding)
{
    return strcmp(text_of(finding, "severity"), cli_severity_name(NTCB_WARNING)) == 0;
}

/* How many findings are warnings, or are none. */
static size_t count(const json_t *result, bool warnings)
{
    size_t index, found = 0;
    json_t *finding;

    json_array_foreach(json_object_get(result, "findings"), index, finding) found +=
        is_warning(finding) == warnings;
    return found;
}

enum cli_exit check_verdict(const struct check_options *options, const json_t *result)
{
    return count(result, false) != 0 || (options->strict && count(result, true) != 0) ? CLI_NOT_MET
                                                                                      : CLI_MET;
}

static void print_passes(const json_t *result)
{
    static const struct {
        const char *member;
        const char *what;
    } figures[] = {
        {"events", "events"}, {"calls", "calls of callbacks"}, {"failures", "failed allocations"}};
    json_t *pass;
    size_t index;

    json_array_foreach(json_object_get(result, "passes"), index, pass)
    {
        const char *separator = "   ";

        printf("  %-10s %-8s", text_of(pass, "name"), text_of(pass, "outcome"));
        for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
            const json_t *figure = json_object_get(pass, figures[i].member);

            if (figure != NULL) {
                printf("%s%lld %s", separator, (long long)json_integer_value(figure),
                       figures[i].what);
                separator = ", ";
            }
        }
        putchar('\n');
    }
    putchar('\n');
}

static void print_finding(const json_t *finding)
{
    static const struct {
        const char *member;
        const char *label;
    } rows[] = {{"routine", "routine"},
                {"source", "source"},
                {"bugcheck", "bug check"},
                {"on_windows", "on Windows"},
                {"fix", "fix"}};
    const char *rule = text_of(finding, "rule");
    const json_t *passes = json_object_get(finding, "passes");
    json_t *pass;
    size_t index;

    printf("%s (%s%s%s): %s\n", text_of(finding, "severity"), text_of(finding, "kind"),
           rule[0] != '\0' ? ", " : "", rule, text_of(finding, "what"));
    fputs("    pass        ", stdout);
    json_array_foreach(passes, index, pass)
        printf("%s%s", index == 0 ? "" : ", ", json_string_value(pass));
    putchar('\n');
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (text_of(finding, rows[i].member)[0] != '\0')
            printf("    %-10s  %s\n", rows[i].label, text_of(finding, rows[i].member));
    }
}

static void print(const struct check_options *options, const json_t *result)
{
    size_t faults = count(result, false), warnings = count(result, true), index;
    json_t *entry;

    if (!options->quiet) {
        puts(options->driver);
        print_passes(result);
    }
    json_array_foreach(json_object_get(result, "findings"), index, entry) print_finding(entry);
    json_array_foreach(json_object_get(result, "notes"), index, entry)
    {
        if (!options->quiet)
            printf("note: %s\n", json_string_value(entry));
    }
    printf("%s: %zu finding%s, %zu warning%s\n",
           check_verdict(options, result) == CLI_MET ? "passed" : "failed", faults,
           faults == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
}

void check_tell(const struct check_options *options, json_t *result)
{
    enum cli_exit verdict = check_verdict(options, result);

    if (!options->json) {
        print(options, result);
        return;
    }
    json_object_set_new(result, "outcome", json_string(verdict == CLI_MET ? "passed" : "failed"));
    json_object_set_new(result, "exit", json_integer((json_int_t)verdict));
    json_dumpf(result, stdout, JSON_INDENT(2));
    putchar('\n');
}
