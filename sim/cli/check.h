/* SPDX-License-Identifier: MIT
 *
 * check.h - what the files of "ntcallback check" share.
 *
 * Role   check.c reads the arguments and goes through the passes; each pass (checkpass.c,
 *        checkbusy.c) runs in a process of its own (checkchild_*.c) and writes what it found as
 *        one JSON object a line; checkgather.c makes one result of them, checkaltitude.c adds to
 *        it; checktell.c prints it.
 */
#ifndef SIM_CLI_CHECK_H
#define SIM_CLI_CHECK_H

#include "cli/cli.h"

#include <jansson.h>

struct check_options {
    const char *driver;
    const char *sys;       /* the .sys file of the Windows build, or NULL */
    const char *altitudes; /* table of allocated ones, or NULL */
    const char *pass;      /* the one to run, in this process; NULL: all */
    const char **events;   /* event_count paths; 0: the stream that comes with the command */
    size_t event_count;
    const char **regs;
    size_t reg_count;
    enum ntcb_windows windows;
    const char *windows_name;
    unsigned seconds; /* for each pass; 0: as long as the pass says */
    bool json, quiet, strict, verbose;
    bool no_integrity_bit; /* found out: sys lacks it */
};

/* ---- the passes ----------------------------------------------------------------------------- */

/* One pass while it runs. */
struct check_run {
    const struct check_options *options;
    const char *pass;
    FILE *out; /* a line is written by one call, so that threads do not mix theirs */
    struct ntsim *sim;
    ntcb_observer_fn *observer; /* or NULL; runs with observer_context */
    void *observer_context;
    bool no_integrity_check;
    _Atomic uint64_t calls; /* of callbacks */
    bool cannot;            /* a message was printed: the check cannot be made */
};

struct check_pass {
    const char *name;
    void (*run)(struct check_run *run);
    unsigned seconds; /* it hangs when it takes longer */
};

extern const struct check_pass check_passes[];
extern const size_t check_pass_count;

void check_pass_busy(struct check_run *run);

/* checkpass.c: for the passes. */

/* A kernel, and this thread a system thread in it. False after a message. */
bool check_kernel_begin(struct check_run *run);
void check_kernel_end(struct check_run *run);
/* False when the driver could not be loaded, which is then a finding, or, when there is no such
 * module, a message. */
bool check_load(struct check_run *run, struct ntsim_driver **driver);
void check_unload(struct check_run *run, struct ntsim_driver *driver);
/* What is going on, for a pass that does not come to its end. */
void check_step(struct check_run *run, const char *step);

/* ---- checkgather.c: what the passes wrote --------------------------------------------------- */

/* Lines that passes write: an object with one member. All take over `value`. */
void check_write(FILE *out, const char *member, json_t *value);
/* A finding of the check's own; the strings are copied. */
json_t *check_finding(const char *kind, enum ntcb_severity severity, const char *rule,
                      const char *what, const char *on_windows, const char *fix);
json_t *check_finding_of_report(const struct ntcb_report *report);

/* The result: passes, registrations, findings, notes. NULL: no memory. */
json_t *check_result(const struct check_options *options);
/* Reads what a pass wrote, from the file's beginning. `ended`: 0, or the signal that ended it. */
void check_gather(json_t *result, const struct check_pass *pass, FILE *lines, int ended);
/* Adds a finding, or the pass to one that says the same. Takes it over. */
void check_add(json_t *result, const char *pass, json_t *finding);
void check_note(json_t *result, const char *text);

/* ---- checkchild_*.c ------------------------------------------------------------------------- */

#define CHECK_SANITIZER 1000 /* no signal: a sanitizer found something and ended the process */

#define CHECK_CHILD_CANNOT 100 /* exit status of a pass after a message */

/* Runs it in a process of its own, which a signal ends when it takes longer than that. 0, the
 * signal that ended it, or -1 after a message. run->cannot: as the pass left it. */
int check_isolated(const struct check_pass *pass, struct check_run *run);
extern const int check_hung; /* the signal that ends one which takes longer */
const char *check_end_name(int signal);
/* Where a process cannot be split in two, the command runs again for each pass: true in there,
 * with run->pass and run->out set. */
bool check_is_handed_down(struct check_run *run);

/* ---- checkaltitude.c ------------------------------------------------------------------------ */

/* Compares the altitudes of the registrations in `result` with the table. False after a message:
 * the table that was asked for cannot be read. */
bool check_altitudes(const struct check_options *options, json_t *result);

/* ---- checktell.c ---------------------------------------------------------------------------- */

enum cli_exit check_verdict(const struct check_options *options, const json_t *result);
void check_tell(const struct check_options *options, json_t *result);

int cli_check(int argc, char **argv);
void cli_help_check(FILE *stream);

#endif
