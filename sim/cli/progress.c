/* SPDX-License-Identifier: MIT
 *
 * progress.c - the moving line of a run, on a terminal only.
 */
#include "cli/cli.h"

#include <inttypes.h>
#include <unistd.h>

#define REDRAW_NS 100000000u

static bool is_wanted(const struct cli_run *run)
{
    return !run->options->quiet && isatty(STDERR_FILENO) == 1;
}

void cli_progress(struct cli_run *run)
{
    const struct ntcb_host_ops *host = ntcb_host_default();
    uint64_t now_ns = host->clock_ns(host->context);
    uint64_t done = 0, total = 0, events = run->played + run->not_played;
    double seconds;

    if (now_ns - run->progress_ns < REDRAW_NS || !is_wanted(run))
        return;
    run->progress_ns = now_ns;
    for (size_t i = 0; i < run->options->event_count; i++) {
        done += run->inputs[i].counts.bytes_read;
        total += run->inputs[i].counts.bytes_total;
    }
    seconds = (double)(run->elapsed_ns + now_ns - run->start_ns) / 1e9;
    fprintf(stderr, "\r%" PRIu64 " events, %.0f/s, %.0f %%\033[K", events,
            seconds > 0 ? (double)events / seconds : 0.0,
            total > 0 ? 100.0 * (double)done / (double)total : 0.0);
}

void cli_progress_clear(const struct cli_run *run)
{
    if (is_wanted(run))
        fputs("\r\033[K", stderr);
}
