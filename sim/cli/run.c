/* SPDX-License-Identifier: MIT
 *
 * run.c - one run from its first file to its verdict.
 *
 * Everything that can be refused is tried before the first event: the output files, the inputs, the
 * drivers.
 */
#include "cli/cli.h"

#include <ntsim/registry.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void cli_feed_error(const struct ntsim_feed_error *error)
{
    const char *file = error->place.file != NULL ? error->place.file : "input";

    if (error->place.line == 0)
        fprintf(stderr, "%s: %s\n", file, error->reason);
    else if (error->place.column == 0)
        fprintf(stderr, "%s:%" PRIu64 ": %s\n", file, error->place.line, error->reason);
    else
        fprintf(stderr, "%s:%" PRIu64 ":%" PRIu64 ": %s\n", file, error->place.line,
                error->place.column, error->reason);
    if (error->advice[0] != '\0')
        fprintf(stderr, "  %s\n", error->advice);
}

static bool open_outputs(struct cli_run *run)
{
    if (!cli_output_open(&run->outputs[CLI_TRACE], run->options->trace) ||
        !cli_output_open(&run->outputs[CLI_REPORT], run->options->report) ||
        !cli_output_open(&run->outputs[CLI_JUNIT], run->options->junit))
        return false;
    if (!cli_interrupt_watch(run->interrupt, run->outputs))
        return false;
    if (run->options->trace == NULL)
        return true;
    if (ntsim_trace_writer_create(&run->writer, run->outputs[CLI_TRACE].stream,
                                  ntsim_trace_format_of(run->options->trace)) == NTCB_OK)
        return true;
    cli_complain("out of memory");
    return false;
}

static bool open_inputs(struct cli_run *run)
{
    run->inputs = calloc(run->options->event_count, sizeof(*run->inputs));
    run->drivers = calloc(run->options->driver_count + 1, sizeof(*run->drivers));
    if (run->inputs == NULL || run->drivers == NULL) {
        cli_complain("out of memory");
        return false;
    }
    for (size_t i = 0; i < run->options->event_count; i++) {
        struct cli_input *input = &run->inputs[i];
        struct ntsim_feed_error error = {{run->options->events[i], 0, 0}, "", ""};
        int result;

        input->path = run->options->events[i];
        result = ntsim_feed_open(&input->feed, input->path, run->options->host,
                                 run->options->skip_bad, &error);
        if (result != NTCB_OK) {
            if (error.reason[0] == '\0')
                snprintf(error.reason, sizeof(error.reason), "%s", ntcb_error_text(result));
            cli_feed_error(&error);
            return false;
        }
        snprintf(input->format, sizeof(input->format), "%s", ntsim_feed_format(input->feed));
        ntsim_feed_counts(input->feed, &input->counts);
    }
    return true;
}

static void print_debug_output(void *context, const char *text)
{
    struct cli_run *run = context;
    size_t length = strlen(text);

    if (run->options->quiet || length == 0)
        return;
    cli_progress_clear(run);
    fprintf(stderr, "DbgPrint: %s%s", text, text[length - 1] == '\n' ? "" : "\n");
}

static bool make_kernel(struct cli_run *run)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    int result = ntsim_trace_create(&run->trace, run->writer != NULL ? NTSIM_TRACE_NAMES : 0);

    if (result == NTCB_OK)
        result = ntsim_trace_add_sink(run->trace, cli_stats_call, &run->stats);
    if (result == NTCB_OK && run->writer != NULL)
        result = ntsim_trace_add_sink(run->trace, ntsim_trace_writer_call, run->writer);
    config.kernel.windows = run->options->windows;
    config.kernel.observer = ntsim_trace_observe;
    config.kernel.callback_context = run->trace;
    config.quiet = true;
    config.debug_output = print_debug_output;
    config.debug_context = run;
    if (result == NTCB_OK)
        result = ntsim_create(&run->sim, &config);
    if (result != NTCB_OK)
        cli_complain("the kernel could not be made: %s", ntcb_error_text(result));
    return result == NTCB_OK;
}

/* The registry as the drivers find it. */
static bool import_registry(struct cli_run *run)
{
    for (size_t i = 0; i < run->options->hive_count; i++) {
        const struct cli_hive *hive = &run->options->hives[i];

        if (ntsim_registry_load_hive(run->sim, hive->key, hive->file) != NTCB_OK) {
            cli_complain("--hive: %s", ntsim_last_error(run->sim));
            return false;
        }
    }
    for (size_t i = 0; i < run->options->reg_count; i++) {
        const char *file = run->options->regs[i];
        struct ntsim_feed_error error = {{file, 0, 0}, "", ""};
        uint64_t passed_over = 0;
        int result =
            ntsim_registry_import(run->sim, file, run->options->skip_bad, &passed_over, &error);

        if (result != NTCB_OK) {
            if (error.reason[0] == '\0')
                snprintf(error.reason, sizeof(error.reason), "%s", ntcb_error_text(result));
            cli_feed_error(&error);
            return false;
        }
        if (passed_over != 0)
            cli_complain("%s: %" PRIu64 " entries passed over", file, passed_over);
    }
    return true;
}

static bool load_driver(struct cli_run *run, struct cli_driver *driver, const char *module)
{
    struct ntsim_driver_options options = {.module = module};
    NTSTATUS status = STATUS_SUCCESS;
    char text[32];
    int result = ntsim_driver_load(run->sim, &options, &driver->driver, &status);

    driver->module = module;
    if (result == NTCB_OK)
        return true;
    driver->driver = NULL;
    if (result != NTCB_ESTATUS) {
        cli_complain("%s: cannot be loaded: %s", module, ntcb_error_text(result));
        return false;
    }
    cli_complain("%s: cannot be loaded: %s (0x%08X)", module,
                 ntsim_status_text(status, text, sizeof(text)), (unsigned)status);
    switch (status) {
    case STATUS_OBJECT_NAME_NOT_FOUND:
        fputs("  there is no such file; give the path of the module, for example ./guard.so\n",
              stderr);
        break;
    case STATUS_INVALID_IMAGE_FORMAT:
        fprintf(stderr, "  %s; build the module with ntcallback_add_driver\n",
                ntsim_last_error(run->sim));
        break;
    case STATUS_DRIVER_ENTRYPOINT_NOT_FOUND:
        fprintf(stderr, "  %s\n", ntsim_last_error(run->sim));
        break;
    case STATUS_IMAGE_ALREADY_LOADED:
        fputs("  the same driver was named before\n", stderr);
        break;
    default:
        fputs("  this is what its DriverEntry returned\n", stderr);
        break;
    }
    return false;
}

static bool load_drivers(struct cli_run *run)
{
    for (size_t i = 0; i < run->options->driver_count; i++) {
        if (!load_driver(run, &run->drivers[i], run->options->drivers[i]))
            return false;
    }
    return true;
}

static void unload_drivers(struct cli_run *run)
{
    for (size_t i = run->options->driver_count; i-- > 0;) {
        struct cli_driver *driver = &run->drivers[i];
        int result;

        if (driver->driver == NULL)
            continue;
        result = ntsim_driver_unload(driver->driver);
        driver->unload = result == NTCB_OK       ? "clean"
                         : result == NTCB_ELEAK  ? "left something behind"
                         : result == NTCB_EINVAL ? "has no unload routine"
                                                 : ntcb_error_text(result);
        run->exhausted |= !cli_collect_reports(run, true);
    }
}

static bool play(struct cli_run *run)
{
    bool good = true;
    int result = ntsim_player_create(&run->player, run->sim);

    if (result != NTCB_OK) {
        cli_complain("the player could not be made: %s", ntcb_error_text(result));
        return false;
    }
    run->exhausted |= !cli_collect_callbacks(run);
    cli_interrupt_defer(run->interrupt);
    for (size_t i = 0; i < run->options->event_count && good && !run->interrupted; i++)
        good = cli_play_input(run, i);
    ntsim_trace_event(run->trace, NULL);
    ntsim_player_finish(run->player, &run->exits);
    cli_progress_clear(run);
    run->exhausted |= !cli_collect_callbacks(run) || run->stats.failed;
    return good;
}

/* Ends the kernel, with everything that it still has to say. */
static void end_kernel(struct cli_run *run)
{
    run->exhausted |= !cli_collect_reports(run, false);
    unload_drivers(run);
    for (size_t i = 0; i < ntsim_report_count(run->sim); i++)
        ntsim_expect_report(run->sim, ntsim_report(run->sim, i)->rule);
}

static bool write_files(struct cli_run *run)
{
    struct cli_output *report = &run->outputs[CLI_REPORT], *junit = &run->outputs[CLI_JUNIT];
    bool written = true;

    if (run->writer != NULL && ntsim_trace_writer_end(run->writer) != NTCB_OK) {
        cli_complain("%s: could not be written", run->options->trace);
        written = false;
    }
    run->writer = NULL;
    if (report->path != NULL && !cli_report_write(run, report->stream)) {
        cli_complain("%s: could not be written", report->path);
        written = false;
    }
    if (junit->path != NULL && !cli_junit_write(run, junit->stream)) {
        cli_complain("%s: could not be written", junit->path);
        written = false;
    }
    cli_interrupt_stop(run->interrupt);
    run->interrupt = NULL;
    for (int i = 0; i < CLI_OUTPUTS && written; i++)
        written = cli_output_commit(&run->outputs[i]);
    return written;
}

static enum cli_exit tell(struct cli_run *run, bool played)
{
    if (run->exhausted) {
        cli_complain("out of memory: what was counted is not complete");
        return CLI_CANNOT_RUN;
    }
    if (!run->options->quiet)
        cli_table_print(run, stdout);
    if (!played) {
        puts("stopped before the end of the input; the figures are those up to there");
        return CLI_CANNOT_RUN;
    }
    cli_verdict_print(run, stdout);
    return write_files(run) ? cli_verdict(run) : CLI_CANNOT_RUN;
}

static void free_run(struct cli_run *run)
{
    if (run->writer != NULL)
        ntsim_trace_writer_end(run->writer);
    for (size_t i = 0; run->inputs != NULL && i < run->options->event_count; i++)
        ntsim_feed_close(run->inputs[i].feed);
    for (size_t i = 0; i < run->expectation_count; i++)
        free(run->expectations[i].difference);
    free(run->expectations);
    free(run->inputs);
    free(run->drivers);
    cli_reports_free(run);
    cli_tally_free(&run->differences);
    cli_tally_free(&run->statuses);
    cli_stats_free(&run->stats);
    ntsim_trace_destroy(run->trace);
    cli_interrupt_stop(run->interrupt);
    for (int i = 0; i < CLI_OUTPUTS; i++)
        cli_output_discard(&run->outputs[i]);
}

enum cli_exit cli_run(const struct cli_options *options)
{
    struct cli_run run;
    struct ntsim_thread *outside;
    enum cli_exit result = CLI_CANNOT_RUN;
    bool ready, played = false;

    memset(&run, 0, sizeof(run));
    run.options = options;
    run.interrupt = cli_interrupt_create();
    if (run.interrupt == NULL || !open_outputs(&run) || !open_inputs(&run) || !make_kernel(&run))
        goto Cleanup;
    outside = ntsim_enter(run.sim);
    ready = import_registry(&run) && load_drivers(&run);
    if (ready)
        played = play(&run);
    ntsim_player_destroy(run.player);
    end_kernel(&run);
    ntsim_leave(outside);
    run.unclean = ntsim_destroy(run.sim) != NTCB_OK;
    if (ready && run.player != NULL)
        result = tell(&run, played);
Cleanup:
    free_run(&run);
    return result;
}
