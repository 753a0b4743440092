/* SPDX-License-Identifier: MIT
 *
 * event.h - the one event model behind every source: our own lines, Sysmon, Process Monitor.
 *
 * A source turns its records into events; the player turns events into what a process on Windows
 * would have done. Strings are UTF-8, belong to the source, and live until its next event is asked
 * for. A NULL string or a field whose bit is not set in `has` was not in the record.
 */
#ifndef NTSIM_EVENT_H
#define NTSIM_EVENT_H

#include <ntcallback/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

NTCB_BEGIN_DECLS

#define NTSIM_EVENT_KINDS(X)                        \
    X(PROCESS_CREATE, "process.create")             \
    X(PROCESS_EXIT, "process.exit")                 \
    X(THREAD_CREATE, "thread.create")               \
    X(THREAD_EXIT, "thread.exit")                   \
    X(IMAGE_LOAD, "image.load")                     \
    X(HANDLE_OPEN, "handle.open")                   \
    X(KEY_CREATE, "key.create")                     \
    X(KEY_OPEN, "key.open")                         \
    X(KEY_CLOSE, "key.close")                       \
    X(KEY_DELETE, "key.delete")                     \
    X(KEY_RENAME, "key.rename")                     \
    X(KEY_FLUSH, "key.flush")                       \
    X(KEY_QUERY, "key.query")                       \
    X(KEY_ENUMERATE, "key.enumerate")               \
    X(KEY_SET_INFORMATION, "key.set_information")   \
    X(KEY_QUERY_SECURITY, "key.query_security")     \
    X(KEY_SET_SECURITY, "key.set_security")         \
    X(KEY_LOAD, "key.load")                         \
    X(KEY_UNLOAD, "key.unload")                     \
    X(VALUE_SET, "value.set")                       \
    X(VALUE_DELETE, "value.delete")                 \
    X(VALUE_QUERY, "value.query")                   \
    X(VALUE_QUERY_MULTIPLE, "value.query_multiple") \
    X(VALUE_ENUMERATE, "value.enumerate")

#define NTSIM_EVENT_ENUM(name, text) NTSIM_EVENT_##name,
enum ntsim_event_kind { NTSIM_EVENT_KINDS(NTSIM_EVENT_ENUM) NTSIM_EVENT_KIND_COUNT };
#undef NTSIM_EVENT_ENUM

/* "key.open" and back; -1 for an unknown word. */
NTCB_EXPORT const char *ntsim_event_name(enum ntsim_event_kind kind);
NTCB_EXPORT int ntsim_event_kind_of(const char *name);

/* Bits of ntsim_event.has and ntsim_expect.has. */
#define NTSIM_HAS_PID 0x0001u
#define NTSIM_HAS_TID 0x0002u
#define NTSIM_HAS_ACCESS 0x0004u
#define NTSIM_HAS_CLASS 0x0008u /* information_class */
#define NTSIM_HAS_INDEX 0x0010u
#define NTSIM_HAS_TYPE 0x0020u
#define NTSIM_HAS_LENGTH 0x0040u /* length: of the value's data (expect), of the buffer (event) */
#define NTSIM_HAS_DATA 0x0080u
#define NTSIM_HAS_STATUS 0x0100u
#define NTSIM_HAS_DISPOSITION 0x0200u
#define NTSIM_HAS_NAME 0x0400u
#define NTSIM_HAS_BLOCKED 0x0800u
#define NTSIM_HAS_REPARSE 0x1000u   /* the call passed a link: a REPARSE record came first */
#define NTSIM_HAS_SYNTHETIC 0x2000u /* data was not recorded in full: data holds what is known */
#define NTSIM_HAS_EXIT_STATUS 0x4000u
/* A call of the Windows API, which can be several services: key.create makes missing keys above,
 * key.delete deletes what is below, the others need a handle that is open. */
#define NTSIM_HAS_API 0x8000u

/* What should come of an event: recorded by a real Windows, or written by the author of the
 * stream. */
struct ntsim_expect {
    uint32_t has;
    bool written;         /* written by an author: a miss makes the run fail (exit 1); otherwise
                              * recorded: a miss is counted and shown by class */
    int32_t status;       /* NTSTATUS the caller gets */
    bool blocked;         /* a callback refused or bypassed it */
    uint32_t access;      /* granted */
    uint32_t disposition; /* REG_CREATED_NEW_KEY 1, REG_OPENED_EXISTING_KEY 2 */
    uint32_t index;
    uint32_t type;
    uint32_t length;     /* bytes of data */
    const char *name;    /* enumerated or queried name */
    const uint8_t *data; /* the first data_bytes bytes */
    size_t data_bytes;
};

struct ntsim_place {
    const char *file; /* as given on the command line; "-" for standard input */
    uint64_t line;    /* 1-based */
    uint64_t column;  /* 1-based byte; 0: the whole line */
};

struct ntsim_event {
    enum ntsim_event_kind kind;
    struct ntsim_place place;
    uint32_t has;

    /* Who did it. process_key names the process beyond pid reuse ("host|GUID", "pid#generation");
     * NULL: the live process with that pid. One of process_key and HAS_PID is always there, except
     * for image.load of a driver. */
    const char *process_key;
    uint32_t pid;
    uint32_t tid;
    const char *process_image; /* path of the actor's executable, for processes first seen here */
    const char *account;       /* owner of the process, or NULL */

    /* process.create: the new process. thread.create / handle.open: the target process. */
    const char *target_key;
    uint32_t target_pid; /* 0: not known */
    uint32_t target_tid; /* thread.create, thread.exit */
    const char *parent_key;
    uint32_t parent_pid;
    const char *command_line;
    bool no_thread; /* process.create: a record of its own tells of its first thread */
    int32_t exit_status;

    /* image.load: the file; process.create: the executable; key.load: the hive file. */
    const char *path;
    uint64_t image_base;
    uint64_t image_size;
    bool kernel_image;
    bool no_name;
    bool is_signed;
    uint8_t signature_level; /* 0 unchecked, 1 unsigned, ... (IMG-65) */
    uint16_t machine;        /* 0: native */

    /* registry */
    const char *key;   /* full path, \REGISTRY\... */
    const char *value; /* value name, "" = default; or new name (key.rename) */
    uint32_t access;   /* desired */
    uint32_t information_class;
    uint32_t index;
    uint32_t type;
    uint32_t length;  /* size of the caller's buffer, bytes */
    uint32_t options; /* REG_OPTION_* */
    const uint8_t *data;
    size_t data_bytes;

    struct ntsim_expect expect;
};

NTCB_END_DECLS

#endif
