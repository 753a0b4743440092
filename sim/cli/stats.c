/* SPDX-License-Identifier: MIT
 *
 * stats.c - the sink that counts calls by class and by callback. The trace's lock guards it while
 * events are played.
 */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

struct cli_callback_stats *cli_stats_callback(struct cli_stats *stats,
                                              const struct ntsim_trace_callback *callback)
{
    if (callback->number >= stats->callback_count) {
        size_t count = callback->number + 1;
        struct cli_callback_stats *grown =
            realloc(stats->callbacks, count * sizeof(*stats->callbacks));

        if (grown == NULL) {
            stats->failed = true;
            return NULL;
        }
        memset(grown + stats->callback_count, 0,
               (count - stats->callback_count) * sizeof(*stats->callbacks));
        stats->callbacks = grown;
        stats->callback_count = count;
    }
    stats->callbacks[callback->number].callback = callback;
    return &stats->callbacks[callback->number];
}

const struct cli_class_stats *cli_stats_class(const struct cli_stats *stats, int notify_class)
{
    return &stats->classes[notify_class - NTSIM_CLASS_FIRST];
}

void cli_stats_call(void *context, const struct ntsim_trace_call *call)
{
    struct cli_stats *stats = context;
    struct cli_class_stats *class_stats =
        (struct cli_class_stats *)cli_stats_class(stats, call->notify_class);
    struct cli_callback_stats *entry = cli_stats_callback(stats, call->callback);
    char buffer[32];

    class_stats->delivered += call->first;
    class_stats->calls++;
    class_stats->blocked += call->decision == NTSIM_DECISION_BLOCKED;
    class_stats->bypassed += call->decision == NTSIM_DECISION_BYPASSED;
    class_stats->overridden += call->decision == NTSIM_DECISION_OVERRODE;
    if (entry == NULL)
        return;
    entry->calls++;
    entry->own_ns += call->duration_ns - call->nested_ns;
    entry->blocked += call->decision == NTSIM_DECISION_BLOCKED;
    entry->bypassed += call->decision == NTSIM_DECISION_BYPASSED;
    entry->overridden += call->decision == NTSIM_DECISION_OVERRODE;
    if (call->notify_class >= 0 &&
        !cli_tally_add(&entry->statuses, ntsim_status_text(call->status, buffer, sizeof(buffer)),
                       call->event, NULL))
        stats->failed = true;
}

void cli_stats_free(struct cli_stats *stats)
{
    for (size_t i = 0; i < stats->callback_count; i++)
        cli_tally_free(&stats->callbacks[i].statuses);
    free(stats->callbacks);
}
