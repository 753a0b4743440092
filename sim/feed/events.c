/* SPDX-License-Identifier: MIT
 *
 * events.c - the words for kinds of events.
 */
#include <ntsim/event.h>

#include <string.h>

#define NTSIM_EVENT_TEXT(name, text) text,
static const char *const names[NTSIM_EVENT_KIND_COUNT] = {NTSIM_EVENT_KINDS(NTSIM_EVENT_TEXT)};
#undef NTSIM_EVENT_TEXT

const char *ntsim_event_name(enum ntsim_event_kind kind)
{
    return (unsigned)kind < NTSIM_EVENT_KIND_COUNT ? names[kind] : "unknown";
}

int ntsim_event_kind_of(const char *name)
{
    for (int i = 0; i < NTSIM_EVENT_KIND_COUNT; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return -1;
}
