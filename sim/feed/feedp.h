/* SPDX-License-Identifier: MIT
 *
 * feedp.h - private face of the feed: bytes in, a reader per format, events out.
 *
 * Role   feed.c reads the whole input into memory (bytes.c), asks each reader of one static table
 *        whether it knows the text, and passes events on from the one that does.
 * Text   Readers always see UTF-8 without a byte-order mark: bytes.c strips the UTF-8 mark and
 * turns UTF-16 with a mark into UTF-8 (an unpaired surrogate becomes U+FFFD, as Windows does it).
 *        Line ends are left as they are. The text is followed by one NUL that is not counted.
 *        A place that a reader reports counts in this text.
 * State  all in struct ntsim_feed and the reader's own state; nothing here is static.
 */
#ifndef SIM_FEED_FEEDP_H
#define SIM_FEED_FEEDP_H

#include <ntcallback/kernel.h>
#include <ntsim/feed.h>

#include <stdarg.h>

/* ---- memory that lives as long as something else -------------------------------------------- */

/* An arena: many small pieces, freed together. {0} is an empty one. */
struct ntsim__arena {
    struct ntsim__arena_block *blocks;
};

/* Aligned for any type, zeroed; NULL without memory. */
void *ntsim__arena_alloc(struct ntsim__arena *arena, size_t bytes);
/* The first `length` bytes of text and a NUL. */
char *ntsim__arena_text(struct ntsim__arena *arena, const char *text, size_t length);
char *ntsim__arena_format(struct ntsim__arena *arena, const char *format, ...) NTCB_PRINTF(2, 3);
/* Frees every piece; keeps one block for the next round. */
void ntsim__arena_reset(struct ntsim__arena *arena);
void ntsim__arena_free(struct ntsim__arena *arena);

/* ---- errors -----------------------------------------------------------------------------------
 */

struct ntsim__source;

/* Fills *error (may be NULL) and returns `code`. column 0: the whole line; line 0: the whole file.
 */
int ntsim__feed_fail(struct ntsim_feed_error *error, int code, const char *file, uint64_t line,
                     uint64_t column, const char *reason_format, ...) NTCB_PRINTF(6, 7);
/* Adds the advice to what ntsim__feed_fail has filled in. */
void ntsim__feed_advise(struct ntsim_feed_error *error, const char *format, ...) NTCB_PRINTF(2, 3);

/* ---- bytes.c: containers ----------------------------------------------------------------------
 */

struct ntsim__bytes {
    char *text; /* malloc; size bytes, then a NUL */
    size_t size;
};

/* The same as it is in its container: no text. */
int ntsim__bytes_read_raw(struct ntsim__bytes *out, const char *path,
                          struct ntsim_feed_error *error);
/* The whole input, decompressed, as UTF-8. path "-" is standard input.
 * 0, NTCB_ENOENT, NTCB_EIO, NTCB_EFORMAT (damaged or cut off: the reason names the byte offset),
 * NTCB_ENOMEM. */
int ntsim__bytes_read(struct ntsim__bytes *out, const char *path, struct ntsim_feed_error *error);
/* The same from memory; `raw` stays the caller's. `name` is for messages. */
int ntsim__bytes_unpack(struct ntsim__bytes *out, const char *name, const void *raw, size_t size,
                        struct ntsim_feed_error *error);
void ntsim__bytes_free(struct ntsim__bytes *bytes);
/* Replaces UTF-16 or UTF-8 with a byte-order mark by plain UTF-8. 0 or NTCB_ENOMEM. (utf16.c) */
int ntsim__bytes_to_utf8(struct ntsim__bytes *bytes);

/* UTF-8 to UTF-16LE registry data, a terminating NUL character appended. Bad UTF-8 becomes U+FFFD.
 * NULL without memory. (utf16.c) */
uint8_t *ntsim__utf16_data(struct ntsim__arena *arena, const char *text, size_t length,
                           size_t *data_bytes);

/* ---- lines ------------------------------------------------------------------------------------
 */

/* Walks lines ended by LF; a CR before the LF is not part of the line. */
struct ntsim__lines {
    const char *text;
    size_t size;
    size_t offset;   /* where the next line starts */
    uint64_t number; /* of the line last handed out, 1-based */
};

bool ntsim__lines_next(struct ntsim__lines *lines, const char **line, size_t *length);

/* ---- a reader per format ----------------------------------------------------------------------
 */

struct ntsim__source {
    const char *file; /* for messages and places; lives as long as the feed */
    const char *text; /* UTF-8, NUL after the last byte; lives as long as the feed */
    size_t size;
    const char *host; /* NULL: the first seen */
    bool skip_bad;
    /* The reader keeps records, synthesised, ignored, bad and bytes_read; feed.c keeps events and
     * bytes_total and zeroes all but bytes_total before `open` and before `rewind`. */
    struct ntsim_feed_counts *counts;
};

struct ntsim__reader_ops {
    const char *name;

    /* Does the text look like this format? Must not read beyond size; may look at a part only. */
    bool (*recognise)(const char *text, size_t size);

    /* 0 and *state, NTCB_EFORMAT with *error, NTCB_ENOMEM. *source lives as long as the feed. */
    int (*open)(void **state, const struct ntsim__source *source, struct ntsim_feed_error *error);

    /* As ntsim_feed_next. *event comes zeroed, with place.file set. After an error or 0 it is not
     * called again before `rewind`. A malformed record with source->skip_bad: count it and go on.
     */
    int (*next)(void *state, struct ntsim_event *event, struct ntsim_feed_error *error);

    void (*rewind)(void *state);
    void (*close)(void *state);

    /* Name for ntsim_feed_format; NULL: ops->name. */
    const char *(*format)(const void *state);
};

extern const struct ntsim__reader_ops ntsim__procmon_reader; /* procmon.c */
extern const struct ntsim__reader_ops ntsim__sysmon_reader;  /* sysmon.c */
extern const struct ntsim__reader_ops ntsim__ndjson_reader;  /* ndjson.c */
extern const struct ntsim__reader_ops ntsim__regfile_reader; /* regfile.c */

/* ---- words.c: names of numbers ----------------------------------------------------------------
 */

struct ntsim__word {
    const char *text;
    uint32_t value;
};

/* Tables end with a NULL text. */
extern const struct ntsim__word ntsim__status_words[];
extern const struct ntsim__word ntsim__access_words[];
extern const struct ntsim__word ntsim__value_type_words[];
extern const struct ntsim__word ntsim__disposition_words[];
extern const struct ntsim__word ntsim__option_words[];
extern const struct ntsim__word ntsim__machine_words[];
extern const struct ntsim__word ntsim__key_class_words[];
extern const struct ntsim__word ntsim__value_class_words[];
extern const struct ntsim__word ntsim__set_class_words[];

/* Exact match of the first `length` bytes of text; NULL: no such word. */
const struct ntsim__word *ntsim__word_find(const struct ntsim__word *words, const char *text,
                                           size_t length);

/* How many letters must change to turn one into the other; 3 stands for 3 and more. */
unsigned ntsim__word_distance(const char *a, size_t a_length, const char *b);
/* The word of the table that was probably meant; NULL: none is near. */
const char *ntsim__word_near(const struct ntsim__word *words, const char *text, size_t length);

/* ---- names.c: registry names (FORMATS section 3) ----------------------------------------------
 */

#define NTSIM__SID_BYTES 72

/* SID of an account as the recordings name it ("NT AUTHORITY\SYSTEM", "PC\user"; any case): the
 * well-known ones, otherwise an invented S-1-5-21-a-b-c-1001 that depends on nothing but the name.
 * NULL or "": the SID of an unnamed user. */
void ntsim__account_sid(const char *account, char sid[NTSIM__SID_BYTES]);

/* HKLM\System\CurrentControlSet -> \REGISTRY\MACHINE\SYSTEM\ControlSet001 (Sysmon, which recorded
 * the target of the link); without it the name stays as the caller passed it (Process Monitor). */
#define NTSIM__NAME_RESOLVE_CONTROL_SET 0x1u

/* Trailing backslashes belong to the name (it ends in a value name). */
#define NTSIM__NAME_KEEP_TAIL 0x2u

/* Expands HKLM, HKU, HKCU, HKCR, HKCC (and HKEY_LOCAL_MACHINE, ...) to \REGISTRY\...; keeps names
 * that start with \REGISTRY; strips trailing backslashes. HKCU\x -> \REGISTRY\USER\<sid>\x,
 * HKCU\Software\Classes\x -> \REGISTRY\USER\<sid>_Classes\x.
 * 0 and *out (in the arena), NTCB_EINVAL for a root that is none of these, NTCB_ENOMEM. */
int ntsim__registry_name(struct ntsim__arena *arena, const char *name, const char *sid,
                         unsigned flags, char **out);

/* Splits "key\value" in place: *value points into `name`, the key ends where it must. In this
 * order: two backslashes in a row (the value name starts with a backslash), "\C:\" (the value name
 * is a path), the last backslash. "(Default)" becomes "". A caller that knows the open keys looks
 * there first. False when there is no backslash to split at. */
bool ntsim__registry_split(char *name, char **value);

#endif
