/* SPDX-License-Identifier: MIT
 *
 * trace.h - every call of every callback as one record: for statistics, for files, for a test that
 * wants to see what happened.
 *
 *     struct ntsim_trace *trace;
 *     ntsim_trace_create(&trace, NTSIM_TRACE_NAMES);
 *     ntsim_trace_add_sink(trace, collect, &mine);
 *     config.kernel.observer = ntsim_trace_observe;
 *     config.kernel.callback_context = trace;
 *
 * The trace outlives the kernel that it observes. Records are made when a call returns, so a call
 * that was made inside another one comes before it.
 */
#ifndef NTSIM_TRACE_H
#define NTSIM_TRACE_H

#include <ntcallback/kernel.h>
#include <ntsim/event.h>

#include <stdio.h>

NTCB_BEGIN_DECLS

/* ---- notification classes ------------------------------------------------------------------- */

/* The notify_class of a call by another manager than the registry's, whose are REG_NOTIFY_CLASS. */
enum {
    NTSIM_CLASS_FIRST = -8,
    NTSIM_CLASS_PROCESS_CREATE = NTSIM_CLASS_FIRST,
    NTSIM_CLASS_PROCESS_EXIT,
    NTSIM_CLASS_THREAD_CREATE,
    NTSIM_CLASS_THREAD_EXIT,
    NTSIM_CLASS_HANDLE_PRE,
    NTSIM_CLASS_HANDLE_POST,
    NTSIM_CLASS_CALLBACK, /* ExNotifyCallback */
    NTSIM_CLASS_IMAGE     /* -1 */
};
#define NTSIM_CLASS_COUNT 51 /* values of REG_NOTIFY_CLASS: 0 .. 50 (CM-NC-00 .. CM-NC-50) */

enum ntsim_phase {
    NTSIM_PHASE_NOTIFY = 0, /* nothing to decide, but for the creation of a process */
    NTSIM_PHASE_PRE,        /* may block or bypass; handles: may take rights away */
    NTSIM_PHASE_POST,       /* may override the status */
    NTSIM_PHASE_CLOSING     /* handle close and context cleanup: what is returned is ignored
                             * (CM-BYP-10, CM-BYP-11, CM-CLS-07) */
};

/* "RegNtPreSetValueKey", "LoadImage"; "RegNt?" for a value that names no class. Static lifetime. */
NTCB_EXPORT const char *ntsim_notify_class_name(int notify_class);
NTCB_EXPORT enum ntsim_phase ntsim_notify_class_phase(int notify_class);

/* "STATUS_ACCESS_DENIED", for the statuses that registry services and their callbacks give; NULL
 * for others. Static lifetime. */
NTCB_EXPORT const char *ntsim_status_name(int32_t status);
/* ntsim_status_text - the name, or "0xC0000022" written to buffer (at least 11 bytes). */
NTCB_EXPORT const char *ntsim_status_text(int32_t status, char *buffer, size_t bytes);

/* ---- records -------------------------------------------------------------------------------- */

/* What a callback's answer meant for its operation. */
enum ntsim_decision {
    NTSIM_DECISION_NONE = 0, /* went on unchanged */
    NTSIM_DECISION_BLOCKED,  /* pre: !NT_SUCCESS, the caller gets that status (CM-PRE-04); process:
                              * a veto (PROC-40) */
    NTSIM_DECISION_BYPASSED, /* pre: STATUS_CALLBACK_BYPASS (CM-BYP-01) */
    NTSIM_DECISION_OVERRODE  /* post: STATUS_CALLBACK_BYPASS with ReturnStatus (CM-POST-05); handle:
                              * other rights than were asked for */
};

/* A registered callback. Lives as long as the trace; its strings too, after its driver has gone. */
struct ntsim_trace_callback {
    size_t number; /* 0 for the first that the trace heard of */
    enum ntcb_manager manager;
    const char *routine; /* symbol */
    const char *driver;  /* DRIVER_OBJECT.DriverName, or "" when the owner is not known */
    const char *place;   /* registry, object: altitude, "" for CmRegisterCallback; image, process,
                          * thread: slot number; executive: "" */
};

/* Is the place of that manager's callbacks a slot? Else it is an altitude, or nothing. */
NTCB_EXPORT bool ntsim_trace_has_slot(enum ntcb_manager manager);

/* One call of one callback. Strings are UTF-8 and valid only during the sink's call; NULL: the
 * notification has none, or the trace was made without NTSIM_TRACE_NAMES. */
struct ntsim_trace_call {
    const struct ntsim_trace_callback *callback;
    int notify_class;
    enum ntsim_phase phase;
    enum ntsim_decision decision;
    bool first;                      /* the first callback that this notification reached */
    int32_t status;                  /* registry: what the callback returned; else 0 */
    uint32_t pid, tid;               /* the simulated thread that it ran on */
    uint32_t depth;                  /* 0; 1 inside another callback on the same thread; ... */
    uint64_t start_ns;               /* since the trace was created */
    uint64_t duration_ns;            /* nested calls included */
    uint64_t nested_ns;              /* the part of duration_ns spent in callbacks below this one */
    const struct ntsim_place *event; /* the event being played, or NULL */
    const char *key;   /* full path; create and open: path of the root and the name given */
    const char *value; /* value name ("" for the default value); rename: the new name */
    const char *image; /* image path; process: of the executable */
};

typedef void ntsim_trace_fn(void *context, const struct ntsim_trace_call *call);

struct ntsim_trace;

#define NTSIM_TRACE_NAMES 0x1u /* look up keys, values and images; costs about 1 us a call */

/* ntsim_trace_create - flags: NTSIM_TRACE_*. Returns 0 and *out, NTCB_EINVAL, NTCB_ENOMEM. */
NTCB_EXPORT int ntsim_trace_create(struct ntsim_trace **out, uint32_t flags);
/* NULL is accepted. Nothing may observe through it any more. */
NTCB_EXPORT void ntsim_trace_destroy(struct ntsim_trace *trace);

/* ntsim_trace_add_sink - call sink for every record from now on, one record at a time, on the
 * thread of the callback. The sink must not call NT functions. Returns 0 or NTCB_ENOMEM. */
NTCB_EXPORT int ntsim_trace_add_sink(struct ntsim_trace *trace, ntsim_trace_fn *sink,
                                     void *context);

/* The ntcb_observer_fn; its context is the trace. */
NTCB_EXPORT void ntsim_trace_observe(void *trace, const struct ntcb_call *call);

/* ntsim_trace_event - records from now on belong to this event (NULL: to none). Copied, file names
 * excepted. */
NTCB_EXPORT void ntsim_trace_event(struct ntsim_trace *trace, const struct ntsim_event *event);

/* ntsim_trace_callback - the entry for a registration, made if it is new; NULL: no memory. For the
 * callbacks that are never called: hand it to ntcb_registrations(). */
NTCB_EXPORT const struct ntsim_trace_callback *
ntsim_trace_callback(struct ntsim_trace *trace, const struct ntcb_registration *registration);

/* Records that were lost for want of memory. */
NTCB_EXPORT uint64_t ntsim_trace_lost(struct ntsim_trace *trace);

/* ---- files ---------------------------------------------------------------------------------- */

enum ntsim_trace_format {
    NTSIM_TRACE_NDJSON,  /* one JSON object a line: docs/trace.md */
    NTSIM_TRACE_PERFETTO /* trace-event JSON, for ui.perfetto.dev and chrome://tracing */
};

/* The format that a file's name asks for: ".json" is Perfetto, everything else NDJSON. */
NTCB_EXPORT enum ntsim_trace_format ntsim_trace_format_of(const char *path);

struct ntsim_trace_writer;

/* ntsim_trace_writer_create - write records to stream, which stays the caller's. Returns 0 and
 * *out, NTCB_EINVAL, NTCB_ENOMEM. */
NTCB_EXPORT int ntsim_trace_writer_create(struct ntsim_trace_writer **out, FILE *stream,
                                          enum ntsim_trace_format format);
/* The sink; its context is the writer. */
NTCB_EXPORT void ntsim_trace_writer_call(void *writer, const struct ntsim_trace_call *call);
/* ntsim_trace_writer_process - name a process in a Perfetto trace. */
NTCB_EXPORT void ntsim_trace_writer_process(struct ntsim_trace_writer *writer, uint32_t pid,
                                            const char *image);
/* ntsim_trace_writer_end - complete the text and free the writer. Returns 0, or NTCB_EIO when
 * anything could not be written. */
NTCB_EXPORT int ntsim_trace_writer_end(struct ntsim_trace_writer *writer);

NTCB_END_DECLS

#endif
