/* SPDX-License-Identifier: MIT
 *
 * trace.c - turns what the observer hears (before and after each call) into records.
 *
 * Role   One stack of running calls for each host thread; a record is made when a call leaves it.
 * State  struct ntsim_trace, made by the harness; nothing is static.
 * Locks  trace->lock guards everything in the trace, and is held while a sink runs. It is a leaf:
 *        names are looked up before it is taken, and sinks may not call NT functions.
 *
 * Which notification a call belongs to is not told. A call begins another notification when, at the
 * same depth of the same thread, the class or the event is another than that of the call before it,
 * or when this callback, or one that ended the pass, was already heard in it. Two notifications are
 * taken for one only when a callback was removed between them.
 */
#include "trace/tracep.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64u

struct callback_entry {
    struct ntsim_trace_callback shown;
    uint64_t id;
    struct callback_entry *next;
};

/* One notification as heard at one depth of one thread. */
struct pass {
    int notify_class;
    uint64_t event_number;
    bool ended;   /* blocked or bypassed: nobody else is called */
    size_t *seen; /* numbers of the callbacks heard */
    size_t count, capacity;
};

struct frame {
    const struct ntsim_trace_callback *callback;
    struct ntsim__names names;
    uint64_t start_ns;
    uint64_t nested_ns;
    int64_t before; /* what a callback may change, as it found it (ntsim__changeable) */
    bool first;
};

struct thread_entry {
    uint64_t id;
    unsigned depth;
    unsigned skipped; /* calls entered without a frame, all above the frames */
    struct frame frames[DEPTH_MAX];
    struct pass passes[DEPTH_MAX];
    struct thread_entry *next;
};

struct sink_entry {
    ntsim_trace_fn *sink;
    void *context;
    struct sink_entry *next;
};

struct ntsim_trace {
    pthread_mutex_t lock;
    uint32_t flags;
    const struct ntcb_host_ops *host;
    uint64_t origin_ns;
    uint64_t lost;
    struct callback_entry *callbacks;
    size_t callback_count;
    struct thread_entry *threads;
    struct sink_entry *sinks;
    bool has_event;
    uint64_t event_number;
    struct ntsim_place event;
    char *event_image;
};

int ntsim_trace_create(struct ntsim_trace **out, uint32_t flags)
{
    struct ntsim_trace *trace;

    if (out == NULL || (flags & ~NTSIM_TRACE_NAMES) != 0)
        return NTCB_EINVAL;
    trace = calloc(1, sizeof(*trace));
    if (trace == NULL)
        return NTCB_ENOMEM;
    if (pthread_mutex_init(&trace->lock, NULL) != 0) {
        free(trace);
        return NTCB_ENOMEM;
    }
    trace->flags = flags;
    trace->host = ntcb_host_default();
    trace->origin_ns = trace->host->clock_ns(trace->host->context);
    *out = trace;
    return NTCB_OK;
}

static void free_thread(struct thread_entry *thread)
{
    for (unsigned i = 0; i < thread->depth; i++)
        ntsim__names_free(&thread->frames[i].names);
    for (unsigned i = 0; i < DEPTH_MAX; i++)
        free(thread->passes[i].seen);
    free(thread);
}

static void free_callback(struct callback_entry *entry)
{
    free((char *)entry->shown.routine);
    free((char *)entry->shown.driver);
    free((char *)entry->shown.place);
    free(entry);
}

void ntsim_trace_destroy(struct ntsim_trace *trace)
{
    if (trace == NULL)
        return;
    while (trace->callbacks != NULL) {
        struct callback_entry *entry = trace->callbacks;

        trace->callbacks = entry->next;
        free_callback(entry);
    }
    while (trace->threads != NULL) {
        struct thread_entry *thread = trace->threads;

        trace->threads = thread->next;
        free_thread(thread);
    }
    while (trace->sinks != NULL) {
        struct sink_entry *sink = trace->sinks;

        trace->sinks = sink->next;
        free(sink);
    }
    free(trace->event_image);
    pthread_mutex_destroy(&trace->lock);
    free(trace);
}

int ntsim_trace_add_sink(struct ntsim_trace *trace, ntsim_trace_fn *sink, void *context)
{
    struct sink_entry *entry = malloc(sizeof(*entry));
    struct sink_entry **end = &trace->sinks;

    if (entry == NULL)
        return NTCB_ENOMEM;
    *entry = (struct sink_entry){sink, context, NULL};
    pthread_mutex_lock(&trace->lock);
    while (*end != NULL)
        end = &(*end)->next;
    *end = entry;
    pthread_mutex_unlock(&trace->lock);
    return NTCB_OK;
}

void ntsim_trace_event(struct ntsim_trace *trace, const struct ntsim_event *event)
{
    char *image = NULL;

    if ((trace->flags & NTSIM_TRACE_NAMES) != 0 && event != NULL &&
        event->kind == NTSIM_EVENT_IMAGE_LOAD && event->path != NULL)
        image = strdup(event->path);
    pthread_mutex_lock(&trace->lock);
    trace->event_number++;
    trace->has_event = event != NULL;
    if (event != NULL)
        trace->event = event->place;
    free(trace->event_image);
    trace->event_image = image;
    pthread_mutex_unlock(&trace->lock);
}

static char *place_of(const struct ntcb_registration *registration)
{
    char slot[24];

    if (!ntsim_trace_has_slot(registration->manager))
        return strdup(registration->altitude != NULL ? registration->altitude : "");
    snprintf(slot, sizeof(slot), "%u", registration->slot);
    return strdup(slot);
}

static const struct ntsim_trace_callback *
find_callback(struct ntsim_trace *trace, const struct ntcb_registration *registration)
{
    struct callback_entry *entry;
    char symbol[256];

    for (entry = trace->callbacks; entry != NULL; entry = entry->next) {
        if (entry->id == registration->id)
            return &entry->shown;
    }
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL)
        return NULL;
    trace->host->symbol(trace->host->context, registration->routine, symbol, sizeof(symbol));
    entry->id = registration->id;
    entry->shown.manager = registration->manager;
    entry->shown.routine = strdup(symbol);
    entry->shown.driver = ntsim__driver_name(registration->owner);
    entry->shown.place = place_of(registration);
    if (entry->shown.routine == NULL || entry->shown.driver == NULL || entry->shown.place == NULL) {
        free_callback(entry);
        return NULL;
    }
    entry->shown.number = trace->callback_count++;
    entry->next = trace->callbacks;
    trace->callbacks = entry;
    return &entry->shown;
}

const struct ntsim_trace_callback *
ntsim_trace_callback(struct ntsim_trace *trace, const struct ntcb_registration *registration)
{
    const struct ntsim_trace_callback *callback;

    pthread_mutex_lock(&trace->lock);
    callback = find_callback(trace, registration);
    pthread_mutex_unlock(&trace->lock);
    return callback;
}

uint64_t ntsim_trace_lost(struct ntsim_trace *trace)
{
    uint64_t lost;

    pthread_mutex_lock(&trace->lock);
    lost = trace->lost;
    pthread_mutex_unlock(&trace->lock);
    return lost;
}

/* ---- calls ---------------------------------------------------------------------------------- */

static struct thread_entry *find_thread(struct ntsim_trace *trace, uint64_t id)
{
    struct thread_entry *thread;

    for (thread = trace->threads; thread != NULL; thread = thread->next) {
        if (thread->id == id)
            return thread;
    }
    thread = calloc(1, sizeof(*thread));
    if (thread == NULL)
        return NULL;
    thread->id = id;
    thread->next = trace->threads;
    trace->threads = thread;
    return thread;
}

static bool is_seen(const struct pass *pass, size_t number)
{
    for (size_t i = 0; i < pass->count; i++) {
        if (pass->seen[i] == number)
            return true;
    }
    return false;
}

/* True when this call begins a notification. */
static bool join_pass(struct pass *pass, int notify_class, uint64_t event_number, size_t number)
{
    bool same = pass->count > 0 && !pass->ended && pass->notify_class == notify_class &&
                pass->event_number == event_number && !is_seen(pass, number);

    /* A cleanup is for one callback alone (CM-CTX-11). */
    if (notify_class == RegNtCallbackObjectContextCleanup)
        same = false;
    if (!same) {
        pass->notify_class = notify_class;
        pass->event_number = event_number;
        pass->ended = false;
        pass->count = 0;
    }
    if (pass->count == pass->capacity) {
        size_t capacity = pass->capacity == 0 ? 8 : pass->capacity * 2;
        size_t *seen = realloc(pass->seen, capacity * sizeof(*seen));

        if (seen == NULL)
            return !same;
        pass->seen = seen;
        pass->capacity = capacity;
    }
    pass->seen[pass->count++] = number;
    return !same;
}

static void enter(struct ntsim_trace *trace, struct thread_entry *thread,
                  const struct ntcb_call *call, struct ntsim__names *names)
{
    const struct ntsim_trace_callback *callback = find_callback(trace, call->registration);
    int notify_class = ntsim__trace_class(call);
    struct frame *frame;

    if (thread->skipped > 0 || thread->depth == DEPTH_MAX || callback == NULL) {
        thread->skipped++;
        trace->lost++;
        ntsim__names_free(names);
        return;
    }
    frame = &thread->frames[thread->depth];
    frame->callback = callback;
    frame->names = *names;
    /* The file object knows its path on the volume, the event the one that was recorded. */
    if (notify_class == NTSIM_CLASS_IMAGE && trace->event_image != NULL && thread->depth == 0) {
        free(frame->names.image);
        frame->names.image = strdup(trace->event_image);
    }
    frame->nested_ns = 0;
    frame->before = ntsim__changeable(call);
    frame->first = join_pass(&thread->passes[thread->depth], notify_class, trace->event_number,
                             callback->number);
    thread->depth++;
    if (thread->depth < DEPTH_MAX)
        thread->passes[thread->depth].count = 0;
    frame->start_ns = trace->host->clock_ns(trace->host->context);
}

static void leave(struct ntsim_trace *trace, struct thread_entry *thread,
                  const struct ntcb_call *call, uint64_t now_ns)
{
    struct ntsim_trace_call record;
    struct frame *frame;

    if (thread->skipped > 0) {
        thread->skipped--;
        return;
    }
    if (thread->depth == 0)
        return;
    frame = &thread->frames[--thread->depth];
    record.callback = frame->callback;
    record.notify_class = ntsim__trace_class(call);
    record.phase = ntsim_notify_class_phase(record.notify_class);
    record.decision = ntsim__decision(call, frame->before);
    record.first = frame->first;
    record.status = call->status;
    record.pid = (uint32_t)(uintptr_t)PsGetCurrentProcessId();
    record.tid = (uint32_t)(uintptr_t)PsGetCurrentThreadId();
    record.depth = thread->depth;
    record.start_ns = frame->start_ns - trace->origin_ns;
    record.duration_ns = now_ns - frame->start_ns;
    record.nested_ns = frame->nested_ns;
    record.event = trace->has_event ? &trace->event : NULL;
    record.key = frame->names.key;
    record.value = frame->names.value;
    record.image = frame->names.image;
    if (record.decision == NTSIM_DECISION_BLOCKED || record.decision == NTSIM_DECISION_BYPASSED)
        thread->passes[thread->depth].ended = true;
    if (thread->depth > 0)
        thread->frames[thread->depth - 1].nested_ns += record.duration_ns;
    for (struct sink_entry *sink = trace->sinks; sink != NULL; sink = sink->next)
        sink->sink(sink->context, &record);
    ntsim__names_free(&frame->names);
}

void ntsim_trace_observe(void *context, const struct ntcb_call *call)
{
    struct ntsim_trace *trace = context;
    struct ntsim__names names = {NULL, NULL, NULL};
    uint64_t now_ns = trace->host->clock_ns(trace->host->context);
    struct thread_entry *thread;

    if (call->entering && (trace->flags & NTSIM_TRACE_NAMES) != 0)
        ntsim__names_get(&names, call);
    pthread_mutex_lock(&trace->lock);
    thread = find_thread(trace, trace->host->thread_id(trace->host->context));
    if (thread == NULL) {
        trace->lost++;
        ntsim__names_free(&names);
    } else if (call->entering) {
        enter(trace, thread, call, &names);
    } else {
        leave(trace, thread, call, now_ns);
    }
    pthread_mutex_unlock(&trace->lock);
}
