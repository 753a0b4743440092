/* SPDX-License-Identifier: MIT
 *
 * junit.c - each written expectation as a test case, each report about a driver as a failed one.
 */
#include "cli/cli.h"

#include <inttypes.h>
#include <string.h>

/* XML 1.0 cannot hold most control characters, not even as references: they become U+FFFD. */
static void put_xml(const char *text, FILE *stream)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", stream);
            break;
        case '<':
            fputs("&lt;", stream);
            break;
        case '>':
            fputs("&gt;", stream);
            break;
        case '"':
            fputs("&quot;", stream);
            break;
        case '\n':
        case '\r':
        case '\t':
            fprintf(stream, "&#%d;", *text);
            break;
        default:
            if ((unsigned char)*text < 0x20)
                fputs("\xEF\xBF\xBD", stream);
            else
                fputc(*text, stream);
            break;
        }
    }
}

static void put_attribute(const char *name, const char *text, FILE *stream)
{
    fprintf(stream, " %s=\"", name);
    put_xml(text, stream);
    fputc('"', stream);
}

static void put_failure(const char *message, FILE *stream)
{
    fputs("><failure", stream);
    put_attribute("message", message, stream);
    fputs("/></testcase>\n", stream);
}

static void put_expectation(const struct cli_expectation *entry, FILE *stream)
{
    fputs("    <testcase", stream);
    put_attribute("classname", entry->place.file, stream);
    fprintf(stream, " name=\"line %" PRIu64 ": %s\"", entry->place.line,
            ntsim_event_name(entry->kind));
    put_attribute("file", entry->place.file, stream);
    fprintf(stream, " line=\"%" PRIu64 "\"", entry->place.line);
    if (entry->met)
        fputs("/>\n", stream);
    else
        put_failure(entry->difference, stream);
}

static void put_report(const struct cli_report *report, FILE *stream)
{
    fputs("    <testcase classname=\"driver\"", stream);
    put_attribute("name", report->rule, stream);
    put_failure(report->what, stream);
}

bool cli_junit_write(const struct cli_run *run, FILE *stream)
{
    size_t reports = cli_failing_reports(run);
    size_t tests = run->expectation_count + reports;
    size_t failures = run->expectation_count - run->met + reports;

    fprintf(stream,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites tests=\"%zu\" failures=\"%zu\">\n"
            "  <testsuite name=\"ntcallback run\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
            "skipped=\"0\" time=\"%.6f\">\n",
            tests, failures, tests, failures, (double)run->elapsed_ns / 1e9);
    for (size_t i = 0; i < run->expectation_count; i++)
        put_expectation(&run->expectations[i], stream);
    for (size_t i = 0; i < run->report_count; i++) {
        if (run->options->strict || run->reports[i].severity != NTCB_WARNING)
            put_report(&run->reports[i], stream);
    }
    fputs("  </testsuite>\n</testsuites>\n", stream);
    return !ferror(stream);
}
