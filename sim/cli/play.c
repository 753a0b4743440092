/* SPDX-License-Identifier: MIT
 *
 * play.c - the events of one input, and what is noted about each.
 */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY 64u /* events between two looks at the clock and at the interrupt flag */

static bool note_expectation(struct cli_run *run, const struct ntsim_event *event,
                             const struct ntsim_outcome *outcome)
{
    struct cli_expectation *entry;
    const char *why = NULL;

    if (run->expectation_count == run->expectation_capacity) {
        size_t capacity = run->expectation_capacity == 0 ? 64 : run->expectation_capacity * 2;
        struct cli_expectation *grown =
            realloc(run->expectations, capacity * sizeof(*run->expectations));

        if (grown == NULL)
            return false;
        run->expectations = grown;
        run->expectation_capacity = capacity;
    }
    /* What could not be checked was not met: a test must not pass for want of an answer. */
    if (!outcome->played)
        why = "the event could not be played, so nothing was there to check";
    else if (!outcome->compared)
        why = "nothing came of the event that the expectation could be checked against";
    else if (!outcome->agreed)
        why = outcome->difference;
    entry = &run->expectations[run->expectation_count];
    *entry = (struct cli_expectation){event->place, event->kind, why == NULL, NULL};
    if (why != NULL && (entry->difference = strdup(why)) == NULL)
        return false;
    run->expectation_count++;
    run->met += why == NULL;
    return true;
}

static bool note_recorded(struct cli_run *run, const struct ntsim_event *event,
                          const struct ntsim_outcome *outcome)
{
    if (run->options->no_prime || !outcome->played)
        return true;
    if (outcome->driver_changed) {
        run->driver_changed++;
        return true;
    }
    if (!outcome->compared)
        return true;
    run->compared++;
    run->agreed += outcome->agreed;
    if (outcome->agreed)
        return true;
    return cli_tally_add(&run->differences, outcome->difference_class, &event->place,
                         outcome->difference);
}

static bool is_registry(enum ntsim_event_kind kind)
{
    return kind >= NTSIM_EVENT_KEY_CREATE;
}

static bool note(struct cli_run *run, const struct ntsim_event *event,
                 const struct ntsim_outcome *outcome)
{
    char buffer[32];
    bool good = true;

    run->played += outcome->played;
    run->not_played += !outcome->played;
    if (outcome->played && is_registry(event->kind))
        good = cli_tally_add(&run->statuses,
                             ntsim_status_text(outcome->status, buffer, sizeof(buffer)),
                             &event->place, NULL);
    if (event->expect.written)
        return note_expectation(run, event, outcome) && good;
    return note_recorded(run, event, outcome) && good;
}

static bool play_event(struct cli_run *run, const struct ntsim_event *event)
{
    struct ntsim_outcome outcome;

    memset(&outcome, 0, sizeof(outcome));
    ntsim_trace_event(run->trace, event);
    if (run->writer != NULL && event->kind == NTSIM_EVENT_PROCESS_CREATE &&
        event->target_pid != 0 && event->path != NULL)
        ntsim_trace_writer_process(run->writer, event->target_pid, event->path);
    if (ntsim_player_play(run->player, event, &outcome) != NTCB_OK)
        return false;
    return note(run, event, &outcome);
}

bool cli_play_input(struct cli_run *run, size_t index)
{
    struct cli_input *input = &run->inputs[index];
    const struct ntcb_host_ops *host = ntcb_host_default();
    struct ntsim_feed_error error = {{input->path, 0, 0}, "", ""};
    struct ntsim_event event;
    int result = NTCB_OK;

    if (!run->options->no_prime)
        result = ntsim_player_prime(run->player, input->feed, &error);
    run->start_ns = host->clock_ns(host->context);
    for (uint64_t count = 0; result == NTCB_OK; count++) {
        if (count % LOOK_EVERY == 0) {
            run->interrupted = cli_interrupt_seen(run->interrupt);
            if (run->interrupted)
                break;
            ntsim_feed_counts(input->feed, &input->counts);
            cli_progress(run);
        }
        result = ntsim_feed_next(input->feed, &event, &error);
        if (result != 1)
            break;
        result = NTCB_OK;
        if (!play_event(run, &event))
            result = NTCB_ENOMEM;
    }
    run->elapsed_ns += host->clock_ns(host->context) - run->start_ns;
    ntsim_feed_counts(input->feed, &input->counts);
    cli_progress_clear(run);
    if (result == NTCB_OK)
        return true;
    if (error.reason[0] == '\0')
        snprintf(error.reason, sizeof(error.reason), "%s", ntcb_error_text(result));
    cli_feed_error(&error);
    return false;
}
