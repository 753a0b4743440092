/* SPDX-License-Identifier: MIT
 *
 * writer.c - records as NDJSON or as trace-event JSON (docs/trace.md).
 *
 * State  struct ntsim_trace_writer. The trace hands over one record at a time, so there is no lock.
 */
#include <ntsim/trace.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct ntsim_trace_writer {
    FILE *stream;
    enum ntsim_trace_format format;
    bool failed;
    bool separate; /* Perfetto: an element was written, a comma must come first */
};

static const char *const decision_names[] = {
    [NTSIM_DECISION_NONE] = NULL,
    [NTSIM_DECISION_BLOCKED] = "blocked",
    [NTSIM_DECISION_BYPASSED] = "bypassed",
    [NTSIM_DECISION_OVERRODE] = "overrode",
};

static void put_text(struct ntsim_trace_writer *writer, const char *text)
{
    if (fputs(text, writer->stream) == EOF)
        writer->failed = true;
}

/* Takes object's reference. */
static void put_object(struct ntsim_trace_writer *writer, json_t *object)
{
    if (writer->format == NTSIM_TRACE_PERFETTO)
        put_text(writer, writer->separate ? ",\n" : "\n");
    writer->separate = true;
    if (object == NULL || json_dumpf(object, writer->stream, JSON_COMPACT) != 0)
        writer->failed = true;
    if (writer->format == NTSIM_TRACE_NDJSON)
        put_text(writer, "\n");
    json_decref(object);
}

/* Takes *object and value; NULL when there is no memory, and then for good. */
static void set(json_t **object, const char *name, json_t *value)
{
    if (json_object_set_new(*object, name, value) == 0)
        return;
    json_decref(*object);
    *object = NULL;
}

static void set_text(json_t **object, const char *name, const char *text)
{
    if (text != NULL)
        set(object, name, json_string(text));
}

/* The members that both formats share. */
static json_t *details(const struct ntsim_trace_call *call)
{
    json_t *object = json_object();
    char buffer[32];

    set_text(&object, "callback", call->callback->routine);
    if (call->callback->driver[0] != '\0')
        set_text(&object, "driver", call->callback->driver);
    if (ntsim_trace_has_slot(call->callback->manager))
        set(&object, "slot", json_integer(atoi(call->callback->place)));
    else if (call->callback->place[0] != '\0')
        set_text(&object, "altitude", call->callback->place);
    if (call->callback->manager == NTCB_MANAGER_REGISTRY)
        set_text(&object, "status", ntsim_status_text(call->status, buffer, sizeof(buffer)));
    set_text(&object, "decision", decision_names[call->decision]);
    set_text(&object, "key", call->key);
    set_text(&object, "value", call->value);
    set_text(&object, "image", call->image);
    if (call->event != NULL)
        json_object_set_new(
            object, "event",
            json_sprintf("%s:%llu", call->event->file, (unsigned long long)call->event->line));
    return object;
}

static json_t *line_of(const struct ntsim_trace_call *call)
{
    json_t *object = json_pack(
        "{s:I, s:I, s:i, s:i, s:i, s:s}", "time_ns", (json_int_t)call->start_ns, "duration_ns",
        (json_int_t)call->duration_ns, "pid", (int)call->pid, "tid", (int)call->tid, "depth",
        (int)call->depth, "class", ntsim_notify_class_name(call->notify_class));
    json_t *more = details(call);

    if (json_object_update(object, more) != 0) {
        json_decref(object);
        object = NULL;
    }
    json_decref(more);
    return object;
}

static json_t *slice_of(const struct ntsim_trace_call *call)
{
    return json_pack("{s:s, s:s, s:s, s:f, s:f, s:i, s:i, s:o}", "ph", "X", "name",
                     ntsim_notify_class_name(call->notify_class), "cat",
                     ntcb_manager_info(call->callback->manager)->name, "ts",
                     (double)call->start_ns / 1e3, "dur", (double)call->duration_ns / 1e3, "pid",
                     (int)call->pid, "tid", (int)call->tid, "args", details(call));
}

int ntsim_trace_writer_create(struct ntsim_trace_writer **out, FILE *stream,
                              enum ntsim_trace_format format)
{
    struct ntsim_trace_writer *writer;

    if (out == NULL || stream == NULL)
        return NTCB_EINVAL;
    writer = calloc(1, sizeof(*writer));
    if (writer == NULL)
        return NTCB_ENOMEM;
    writer->stream = stream;
    writer->format = format;
    if (format == NTSIM_TRACE_PERFETTO)
        put_text(writer, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
    *out = writer;
    return NTCB_OK;
}

void ntsim_trace_writer_call(void *context, const struct ntsim_trace_call *call)
{
    struct ntsim_trace_writer *writer = context;

    if (!writer->failed)
        put_object(writer, writer->format == NTSIM_TRACE_PERFETTO ? slice_of(call) : line_of(call));
}

void ntsim_trace_writer_process(struct ntsim_trace_writer *writer, uint32_t pid, const char *image)
{
    if (writer->format != NTSIM_TRACE_PERFETTO || writer->failed)
        return;
    put_object(writer, json_pack("{s:s, s:s, s:i, s:{s:s}}", "ph", "M", "name", "process_name",
                                 "pid", (int)pid, "args", "name", image));
}

int ntsim_trace_writer_end(struct ntsim_trace_writer *writer)
{
    bool failed;

    if (writer->format == NTSIM_TRACE_PERFETTO)
        put_text(writer, "\n]}\n");
    failed = writer->failed || fflush(writer->stream) != 0 || ferror(writer->stream);
    free(writer);
    return failed ? NTCB_EIO : NTCB_OK;
}
