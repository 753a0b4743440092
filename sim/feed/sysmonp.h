/* SPDX-License-Identifier: MIT
 *
 * sysmonp.h - the Sysmon reader's parts.
 *
 * A Sysmon log must be seen whole before its first event can be told: a process's exit may be
 * logged before its last image load, its creation not at all. So `open` reads every line into
 * records (sysmon_read.c, sysmon_line.c, sysmon_record.c), joins records of one process
 * (sysmon_process.c), and lays down the events in the order the kernel would have had them
 * (sysmon_order.c); `next` only hands them out.
 *
 * Invariants
 * S1  A record belongs to one line; it becomes one event, or is dropped and counted as ignored.
 * S2  In the output every process but System is created before anything mentions it and exits after
 *     everything that mentions it, between two boots at least.
 * S3  All strings live in struct sysmon's arena, as long as the feed.
 */
#ifndef SIM_FEED_SYSMONP_H
#define SIM_FEED_SYSMONP_H

#include "feed/feedp.h"

#include <jansson.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* ---- one line ------------------------------------------------------------------------------- */

enum sysmon_flavour {
    SYSMON_NONE,
    SYSMON_FLAT,
    SYSMON_WINLOGBEAT6,
    SYSMON_ECS,
    SYSMON_EVTX,
    SYSMON_WAZUH
};

/* A parsed line; everything in it lives as long as `root`. */
struct sysmon_line {
    json_t *root;
    enum sysmon_flavour flavour;
    const json_t *data; /* the object that holds the event's own fields */
    const char *channel;
    const char *host;
    uint32_t id;            /* EventID */
    uint64_t record_number; /* 0: none */
    const char *text;
    size_t length;
    uint64_t number;
    uint64_t offset; /* of the line's end in the text */
};

const char *ntsim__sysmon_flavour_name(enum sysmon_flavour flavour);
/* Which flavour is this object? */
enum sysmon_flavour ntsim__sysmon_flavour_of(const json_t *root);
/* Fills flavour, data, channel, host, id and record_number from root. */
void ntsim__sysmon_line_read(struct sysmon_line *line);
/* May the line hold a Sysmon record? A cheap look at the bytes. */
bool ntsim__sysmon_line_mentions(const char *text, size_t length);
/* One object, its strings closed, its brackets balanced, nothing after it. A cheap look. */
bool ntsim__sysmon_line_shape(const char *text, size_t length);
/* A field of the event, NULL when it is not there or empty ("-"). */
const json_t *ntsim__sysmon_field(const struct sysmon_line *line, const char *name);
/* The field as a number: a JSON number, decimal text or "0x..." text. */
bool ntsim__sysmon_number(const struct sysmon_line *line, const char *name, uint64_t *out);
/* The field as text, in the arena; HTML entities undone in the flat flavour. 1 and *out, 0: not
 * there, NTCB_EFORMAT: it holds a NUL or is no text, NTCB_ENOMEM. */
int ntsim__sysmon_text(const struct sysmon_line *line, const char *name, struct ntsim__arena *arena,
                       const char **out);

/* ---- processes and records ------------------------------------------------------------------ */

struct sysmon_record;

struct sysmon_thread {
    struct sysmon_thread *next;
    uint32_t tid;
};

struct sysmon_process {
    const char *guid; /* lower case, no braces; "pid:8" without one */
    const char *key;  /* for events: "host|guid" */
    const char *image;
    const char *account;
    uint32_t pid;                  /* 0: not known */
    size_t first, last;            /* indexes of the first and last record that mention it */
    size_t mentions;               /* by records other than its creation */
    struct sysmon_process *joined; /* the process this one turned out to be */
    struct sysmon_record *create, *exit, *main_image, *ntdll;
    struct sysmon_thread *threads;
    struct sysmon_process *live_next, *live_previous;
    bool live;
    struct sysmon_process *child; /* chain of creations being laid down, oldest first */
    bool laying;                  /* in that chain: breaks cycles of parents */
    bool unhashed;
    UT_hash_handle hh;
};

struct sysmon_pid {
    uint32_t pid;
    struct sysmon_process *latest; /* last one seen under it, while reading */
    struct sysmon_process *live;   /* the live one, while laying down */
    bool unhashed;
    UT_hash_handle hh;
};

struct sysmon_record {
    size_t index;
    uint32_t id;
    uint32_t boot;  /* boot number in the actor's GUID; 0: not told */
    bool is_reboot; /* everything is gone */
    bool is_used;   /* already laid down */
    uint64_t record_number;
    uint64_t offset;
    struct sysmon_process *actor, *target;
    struct ntsim_event event; /* all but who and whom */
    const char *second_value; /* RenameValue: the new name */
};

struct sysmon_output {
    const struct ntsim_event *event;
    uint64_t offset;
    bool synthesised;
};

#define SYSMON_HOSTS_NAMED 8

struct sysmon {
    const struct ntsim__source *source;
    struct ntsim__arena arena;
    enum sysmon_flavour flavour;
    const char *host;                      /* the one that is played */
    const char *hosts[SYSMON_HOSTS_NAMED]; /* the first ones seen, for a message */
    bool host_found;
    struct sysmon_process *processes;
    struct sysmon_pid *pids;
    struct sysmon_record **records;
    size_t record_count, record_capacity;
    struct sysmon_output *outputs;
    size_t output_count, output_capacity;
    size_t position;
    uint32_t highest_id;           /* of process and thread ids seen; fresh ones lie above */
    struct sysmon_process *live;   /* newest first */
    struct ntsim_feed_counts read; /* records, ignored and bad, of the whole text */
    uint64_t sysmon_lines;
    int failed; /* a malformed line ends the feed: NTCB_EFORMAT */
    struct ntsim_feed_error error;
};

/* sysmon_read.c: all lines into records. 0, NTCB_EFORMAT for a text without use, NTCB_ENOMEM; a
 * malformed line only sets `failed`. */
int ntsim__sysmon_read(struct sysmon *sysmon, struct ntsim_feed_error *error);

/* sysmon_record.c: a line of one of our event ids into a record. 1 and a filled record, 0: of no
 * concern, NTCB_EFORMAT, NTCB_ENOMEM. */
int ntsim__sysmon_record_read(struct sysmon *sysmon, const struct sysmon_line *line,
                              struct sysmon_record *record, struct ntsim_feed_error *error);

/* sysmon_registry.c: events 12, 13 and 14. Results as above. */
int ntsim__sysmon_registry_read(struct sysmon *sysmon, const struct sysmon_line *line,
                                struct sysmon_record *record, struct ntsim_feed_error *error);
int ntsim__sysmon_missing(const struct sysmon *sysmon, const struct sysmon_line *line,
                          const char *name, struct ntsim_feed_error *error);

/* sysmon_process.c. *out is NULL when neither GUID nor pid says who; NTCB_ENOMEM. */
int ntsim__sysmon_process_find(struct sysmon *sysmon, const char *guid, uint32_t pid,
                               struct sysmon_process **out);
/* The boot number in a GUID, 0 when its form does not tell. */
uint32_t ntsim__sysmon_boot_of(const char *guid);
/* Joins a creation whose GUID nothing else uses to the process with that pid. */
int ntsim__sysmon_process_join(struct sysmon *sysmon);
struct sysmon_pid *ntsim__sysmon_pid(struct sysmon *sysmon, uint32_t pid);
uint32_t ntsim__sysmon_fresh_id(struct sysmon *sysmon);
void ntsim__sysmon_process_free(struct sysmon *sysmon);

/* sysmon_order.c: records into outputs. 0 or NTCB_ENOMEM. */
int ntsim__sysmon_lay_down(struct sysmon *sysmon);
/* sysmon_life.c: creation and end of a process in the output. 0 or NTCB_ENOMEM. */
int ntsim__sysmon_begin(struct sysmon *sysmon, struct sysmon_process *process,
                        const struct sysmon_record *because);
int ntsim__sysmon_end(struct sysmon *sysmon, struct sysmon_process *process,
                      const struct sysmon_record *because);
int ntsim__sysmon_end_all(struct sysmon *sysmon, const struct sysmon_record *because);
int ntsim__sysmon_add_thread(struct sysmon *sysmon, struct sysmon_process *process, uint32_t tid);
/* Adds the record's event to the output, with who and whom filled in. */
int ntsim__sysmon_put_record(struct sysmon *sysmon, struct sysmon_record *record);
int ntsim__sysmon_put(struct sysmon *sysmon, struct ntsim_event *event, uint64_t offset,
                      bool synthesised);
void ntsim__sysmon_name_actor(struct ntsim_event *event, const struct sysmon_process *process);

#define SYSMON_SYSTEM_PID 4u
bool ntsim__sysmon_is_system(const struct sysmon_process *process);

#endif
