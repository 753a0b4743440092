/* SPDX-License-Identifier: MIT
 *
 * procmonp.h - the reader of Process Monitor's CSV, part by part:
 *
 *   procmon_csv.c     the container: rows and columns out of bytes
 *   procmon_detail.c  words and numbers of the Result and Detail columns
 *   procmon_path.c    registry paths as the kernel spells them; where a value's name begins
 *   procmon_row.c     a row into an event: processes, threads, images
 *   procmon_key.c     a row into an event: the registry
 *   procmon.c         the feed: order, links folded into one event, counts
 *
 * State  One struct procmon per recording; no locks: one thread reads a feed.
 */
#ifndef SIM_FEED_PROCMONP_H
#define SIM_FEED_PROCMONP_H

#include "feed/feedp.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* Columns that are read; a file may have more, and in any order. The first five must be there. */
#define PROCMON_COLUMNS(X)          \
    X(OPERATION, "Operation")       \
    X(PATH, "Path")                 \
    X(RESULT, "Result")             \
    X(DETAIL, "Detail")             \
    X(PID, "PID")                   \
    X(TID, "TID")                   \
    X(PROCESS_NAME, "Process Name") \
    X(IMAGE_PATH, "Image Path")     \
    X(USER, "User")

#define PROCMON_COLUMN_ENUM(name, text) PROCMON_##name,
enum procmon_column { PROCMON_COLUMNS(PROCMON_COLUMN_ENUM) PROCMON_COLUMN_COUNT };
#undef PROCMON_COLUMN_ENUM
#define PROCMON_REQUIRED 5
#define PROCMON_MAX_FIELDS 64

/* ---- the container ------------------------------------------------------------------------- */

struct procmon_row {
    uint64_t line;                           /* where the row starts, 1-based */
    const char *start;                       /* the row in the recording */
    const char *field[PROCMON_COLUMN_COUNT]; /* unquoted; "" when the column is absent */
    size_t column[PROCMON_COLUMN_COUNT];     /* byte of the row at which it starts, 1-based */
};

/* A position in the text and the layout of its columns. */
struct procmon_csv {
    const char *file;
    const char *end, *at;
    uint64_t line;
    unsigned fields;                      /* per row, from the header */
    signed char slot[PROCMON_MAX_FIELDS]; /* field -> enum procmon_column or -1 */
    bool present[PROCMON_COLUMN_COUNT];
};

/* Reads the header. 0 or NTCB_EFORMAT. */
int procmon_csv_open(struct procmon_csv *csv, const struct ntsim__source *source,
                     struct ntsim_feed_error *error);
/* 1 and *row (in the arena), 0 at the end, NTCB_EFORMAT (the position is then at the row after it),
 * NTCB_ENOMEM. */
int procmon_csv_next(struct procmon_csv *csv, struct ntsim__arena *arena, struct procmon_row *row,
                     struct ntsim_feed_error *error);

/* ---- Result and Detail --------------------------------------------------------------------- */

struct procmon_span {
    const char *at;
    size_t length;
};

/* A number in hexadecimal, or in decimal with groups parted by , . ' or any blank. */
bool procmon_number(struct procmon_span text, uint64_t *value);
/* The value of "Key: value", at the start of `detail` or after ", ". It ends at the next ", " or,
 * greedy, where the detail ends. */
bool procmon_field(const char *detail, const char *key, bool greedy, struct procmon_span *value);
bool procmon_field_number(const char *detail, const char *key, uint64_t *value);
/* Words joined by ", " into an access mask. False: *bad is the word that is not known. */
bool procmon_access(struct procmon_span list, uint32_t *access, struct procmon_span *bad);
bool procmon_status(const char *result, int32_t *status);
bool procmon_query_class(struct procmon_span word, uint32_t *information_class);
bool procmon_set_class(struct procmon_span word, uint32_t *information_class);

/* "T, Length: n[, Data: d]". */
struct procmon_value {
    uint32_t type;
    uint32_t length;     /* bytes of data */
    const uint8_t *data; /* the first `bytes` of them */
    size_t bytes;
};
/* 1, 0: not such a text, NTCB_ENOMEM. */
int procmon_value(const char *text, struct ntsim__arena *arena, struct procmon_value *value);

/* ---- what outlives a row -------------------------------------------------------------------- */

/* A member of one of the sets below. */
struct procmon_name {
    UT_hash_handle hh;
    uint64_t generation; /* processes: 1 for the first with this pid */
    bool alive;          /* processes: not seen to exit */
    bool created;        /* processes: its creation was an event */
    uint64_t line;       /* links: of the row; processes: of the first row of this generation */
    const char *start;   /* links: the row in the recording */
    char text[];
};

struct procmon {
    const struct ntsim__source *source;
    struct procmon_csv csv, first_row;
    char sid[NTSIM__SID_BYTES];     /* of the user whose hive is shown as HKCU */
    struct procmon_name *keys;      /* "pid|path in lower case": used as a key by that process */
    struct procmon_name *processes; /* "pid" */
    struct procmon_name *links;     /* "pid|tid": a REPARSE row that waits for its other half */
    struct ntsim__arena arena;      /* strings of the event last handed out, and of the held one */
    struct ntsim_event held;        /* comes after the event just handed out */
    bool holding;
};

struct procmon_name *procmon_find(struct procmon_name *set, const char *text);
/* The member, made if it is new; NULL: no memory. */
struct procmon_name *procmon_add(struct procmon_name **set, const char *text);
void procmon_remove(struct procmon_name **set, struct procmon_name *name);
void procmon_clear(struct procmon_name **set);

/* ---- paths --------------------------------------------------------------------------------- */

/* The kernel's name for `path`. asked: it is spelt as the caller asked for it, links included;
 * otherwise it is what the name resolved to. 0, NTCB_EINVAL (no such root), NTCB_ENOMEM. */
int procmon_expand(struct procmon *procmon, const char *path, bool asked, char **out);
/* Remember that the process used `path` as a key. False: no memory. */
bool procmon_know(struct procmon *procmon, const char *pid, const char *path);
/* Part path in key and value name, both in the arena. False: no memory. */
bool procmon_split(struct procmon *procmon, const char *pid, const char *path, char **key,
                   char **value);

/* ---- rows ---------------------------------------------------------------------------------- */

/* Says what is wrong with a row's column (PROCMON_COLUMN_COUNT: with the row). NTCB_EFORMAT. */
int procmon_bad(struct procmon *procmon, const struct procmon_row *row, enum procmon_column column,
                struct ntsim_feed_error *error, const char *format, ...) NTCB_PRINTF(5, 6);

/* 1 and *event (strings in the arena), 0: of no concern here, NTCB_EFORMAT, NTCB_ENOMEM. */
int procmon_event(struct procmon *procmon, const struct procmon_row *row, struct ntsim_event *event,
                  struct ntsim_feed_error *error);
/* The same for rows of the registry, whose actor is filled in. */
int procmon_key_event(struct procmon *procmon, const struct procmon_row *row,
                      struct ntsim_event *event, struct ntsim_feed_error *error);

#define PROCMON_REPARSE 0x104

#endif
