/* SPDX-License-Identifier: MIT
 *
 * cli.h - what the files of the ntcallback command share.
 *
 * Role   main.c picks the command; options.c reads its arguments; run.c plays the events; stats.c
 * and tally.c count; table.c, report.c and junit.c tell. Nothing here is static: a run hangs off
 *        the struct cli_run of its caller.
 */
#ifndef SIM_CLI_CLI_H
#define SIM_CLI_CLI_H

#include <ntsim/driver.h>
#include <ntsim/feed.h>
#include <ntsim/image.h>
#include <ntsim/play.h>
#include <ntsim/trace.h>

#include <stdatomic.h>
#include <stdio.h>

/* What the command ends with. */
enum cli_exit {
    CLI_MET = 0,       /* everything written was met, and no driver did wrong */
    CLI_NOT_MET = 1,   /* an expectation was missed, or a driver was reported */
    CLI_CANNOT_RUN = 2 /* usage, unreadable or malformed input, interrupted */
};

/* ---- options.c ------------------------------------------------------------------------------ */

struct cli_hive {
    const char *file;
    const char *key; /* what it becomes */
};

struct cli_options {
    const char **drivers; /* driver_count module paths, in order */
    size_t driver_count;
    struct cli_hive *hives; /* in order */
    size_t hive_count;
    const char **regs; /* reg_count registry files, in order */
    size_t reg_count;
    const char **events; /* event_count paths, in order; "-" is standard input */
    size_t event_count;
    enum ntcb_windows windows;
    const char *windows_name;
    const char *trace, *report, *junit; /* NULL: not wanted */
    const char *host;
    bool quiet, no_prime, skip_bad, strict;
};

/* Reads the arguments after "run". 0, or CLI_CANNOT_RUN after a message; -1: help was asked for and
 * given. The strings belong to argv. */
int cli_options_read(struct cli_options *options, int argc, char **argv);
void cli_options_free(struct cli_options *options);
/* A version as --windows names it. False after a message. */
bool cli_read_windows(const char *name, enum ntcb_windows *windows, const char **known_name);
/* Each line and its end. */
void cli_print_lines(FILE *stream, const char *const *lines, size_t count);
/* getopt_long's answer `option` to an argument of the command: ':', or it is not known. False,
 * after a message. */
bool cli_bad_option(int option, const char *command, char **argv);
void cli_help(FILE *stream);
void cli_help_run(FILE *stream);

/* ---- output.c: files that appear whole or not at all ---------------------------------------- */

struct cli_output {
    const char *path; /* NULL: not wanted; every function below then does nothing and succeeds */
    char *target;     /* path with links resolved */
    char *temporary;  /* NULL: the target is no regular file and is written directly */
    FILE *stream;
};

/* The files of a run. */
enum { CLI_TRACE, CLI_REPORT, CLI_JUNIT, CLI_OUTPUTS };

/* False after a message when the file cannot be made. */
bool cli_output_open(struct cli_output *output, const char *path);
/* Puts the file in its place. False after a message when it could not be written; it is then gone.
 */
bool cli_output_commit(struct cli_output *output);
void cli_output_discard(struct cli_output *output);

/* ---- hostpath_*.c --------------------------------------------------------------------------- */

extern const int cli_create_flags;     /* of open(): a new file that others do not inherit */
char *cli_real_path(const char *path); /* the caller's to free */
int cli_replace(const char *path, const char *target); /* as rename() does it on POSIX systems */
FILE *cli_temporary(void); /* for writing and reading, gone when it is closed; or NULL */

/* ---- interrupt_*.c: SIGINT and SIGTERM ------------------------------------------------------ */

struct cli_interrupt;

/* From here on the signals wait. NULL after a message. */
struct cli_interrupt *cli_interrupt_create(void);
/* From here on they end the process after removing the temporary files of `outputs`, which the
 * caller leaves alone until cli_interrupt_stop. False after a message. */
bool cli_interrupt_watch(struct cli_interrupt *interrupt,
                         const struct cli_output outputs[CLI_OUTPUTS]);
/* From here on the first signal sets a flag instead. */
void cli_interrupt_defer(struct cli_interrupt *interrupt);
bool cli_interrupt_seen(const struct cli_interrupt *interrupt);
void cli_interrupt_stop(struct cli_interrupt *interrupt);

/* ---- tally.c: things counted by name -------------------------------------------------------- */

struct cli_count {
    const char *name;
    uint64_t count;
    struct ntsim_place first; /* where it was first seen; line 0: nowhere */
    const char *example;      /* or NULL */
};

struct cli_tally_row;

struct cli_tally {
    struct cli_tally_row *rows;
};

/* False: no memory. place and example may be NULL; they are kept from the first time. */
bool cli_tally_add(struct cli_tally *tally, const char *name, const struct ntsim_place *place,
                   const char *example);
/* The rows, most frequent first, *count of them; the array is the caller's to free. NULL: no memory
 * or no rows. */
struct cli_count *cli_tally_sorted(const struct cli_tally *tally, size_t *count);
void cli_tally_free(struct cli_tally *tally);

/* ---- stats.c: what the callbacks were told and decided --------------------------------------- */

struct cli_class_stats {
    uint64_t delivered; /* notifications that reached at least one callback */
    uint64_t calls;     /* calls of callbacks that they led to */
    uint64_t blocked, bypassed, overridden;
};

struct cli_callback_stats {
    const struct ntsim_trace_callback *callback; /* NULL: an empty place */
    uint64_t calls;
    uint64_t own_ns; /* without the time of callbacks that it caused to be called */
    uint64_t blocked, bypassed, overridden;
    struct cli_tally statuses;
};

struct cli_stats {
    struct cli_class_stats classes[NTSIM_CLASS_COUNT - NTSIM_CLASS_FIRST]; /* cli_stats_class */
    struct cli_callback_stats *callbacks;                                  /* by callback number */
    size_t callback_count;
    bool failed; /* no memory: the figures are not complete */
};

void cli_stats_call(void *stats, const struct ntsim_trace_call *call); /* a sink */
/* The entry of a callback, so that one that is never called is shown too. */
struct cli_callback_stats *cli_stats_callback(struct cli_stats *stats,
                                              const struct ntsim_trace_callback *callback);
const struct cli_class_stats *cli_stats_class(const struct cli_stats *stats, int notify_class);
void cli_stats_free(struct cli_stats *stats);

/* ---- run.c ---------------------------------------------------------------------------------- */

struct cli_expectation {
    struct ntsim_place place;
    enum ntsim_event_kind kind;
    bool met;
    char *difference; /* NULL when met */
};

struct cli_report {
    enum ntcb_severity severity;
    bool at_unload; /* made while its driver was being unloaded */
    char *rule, *what, *routine, *file, *on_windows, *fix, *details;
    uint32_t line;
    uint32_t bugcheck;
    uint64_t parameter[4];
};

struct cli_input {
    const char *path;
    struct ntsim_feed *feed;
    char format[32];
    struct ntsim_feed_counts counts;
};

struct cli_driver {
    const char *module;
    struct ntsim_driver *driver;
    const char *unload; /* how it went, for the reader: "clean", ... */
};

struct cli_run {
    const struct cli_options *options;
    struct ntsim *sim;
    struct ntsim_player *player;
    struct ntsim_trace *trace;
    struct ntsim_trace_writer *writer;
    struct cli_interrupt *interrupt;
    struct cli_output outputs[CLI_OUTPUTS];
    struct cli_input *inputs;
    struct cli_driver *drivers;
    struct cli_stats stats;

    uint64_t start_ns, elapsed_ns; /* the events alone, without preparing the registry */
    uint64_t progress_ns;          /* when the line was last drawn */
    uint64_t played, not_played, exits;
    bool interrupted;
    bool exhausted; /* memory ran out */
    bool unclean;   /* the kernel's end found something no report tells of */
    uint64_t compared, agreed, driver_changed;
    struct cli_tally differences; /* of recorded outcomes */
    struct cli_tally statuses;    /* what the callers of registry services got */
    struct cli_expectation *expectations;
    size_t expectation_count, expectation_capacity;
    size_t met;
    struct cli_report *reports;
    size_t report_count;
};

enum cli_exit cli_run(const struct cli_options *options);
/* Plays one input to its end. False after a message: malformed, or no memory. */
bool cli_play_input(struct cli_run *run, size_t index);
enum cli_exit cli_verdict(const struct cli_run *run);
/* Reports that make the verdict "not met". */
size_t cli_failing_reports(const struct cli_run *run);
const char *cli_severity_name(enum ntcb_severity severity);
void cli_feed_error(const struct ntsim_feed_error *error);
/* One line to stderr, "ntcallback: ...". */
void cli_complain(const char *format, ...) NTCB_PRINTF(1, 2);

/* ---- collect.c: what the kernel found -------------------------------------------------------- */

/* Copies the reports that were made since the last call. False: no memory. */
bool cli_collect_reports(struct cli_run *run, bool at_unload);
bool cli_collect_callbacks(struct cli_run *run);
void cli_reports_free(struct cli_run *run);

/* ---- progress.c ------------------------------------------------------------------------------ */

/* Redraws the line on a terminal, at most ten times a second. */
void cli_progress(struct cli_run *run);
void cli_progress_clear(const struct cli_run *run);

/* ---- table.c, report.c, junit.c -------------------------------------------------------------- */

void cli_table_print(const struct cli_run *run, FILE *stream);
void cli_verdict_print(const struct cli_run *run, FILE *stream);
/* False: no memory or not written. */
bool cli_report_write(const struct cli_run *run, FILE *stream);
bool cli_junit_write(const struct cli_run *run, FILE *stream);

#endif
