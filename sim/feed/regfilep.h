/* SPDX-License-Identifier: MIT
 *
 * regfilep.h - the feed of registry editor files (.reg), part by part:
 *
 *   regfile.c         the reader: which event comes next
 *   regfile_line.c    one key header or value line
 *   regfile_text.c    quoted strings, and 8-bit text
 *   regfile_data.c    dword: and hex: data
 *   regfile_import.c  the same events put straight into a registry
 *   regfile_play.c    what a program does with the Windows API for one event
 *
 * Places  A cursor knows its line and column, so that every complaint names the very character.
 * State   struct regfile; one reader, one thread.
 */
#ifndef SIM_FEED_REGFILEP_H
#define SIM_FEED_REGFILEP_H

#include "feed/feedp.h"

#define NTSIM__REGFILE "regedit" /* ntsim_feed_format */

#define REGFILE_PROCESS "regedit" /* process_key of the program that imports */
#define REGFILE_IMAGE "C:\\Windows\\regedit.exe"

struct regfile_cursor {
    const char *at;
    const char *start; /* of the line */
    uint64_t line;     /* 1-based */
};

/* What comes next. */
enum regfile_phase { REGFILE_START, REGFILE_ENTRIES, REGFILE_EXIT, REGFILE_END };

struct regfile {
    const struct ntsim__source *source;
    const char *end;
    struct ntsim__arena arena;   /* of the event handed out */
    struct ntsim__arena section; /* of the key that the values go to */
    struct regfile_cursor cursor;
    enum regfile_phase phase;
    char *key; /* \REGISTRY\...; NULL: values have no key to go to */
    bool open; /* regedit holds a handle to it */
    bool ansi; /* the bytes are Windows-1252 */
    bool old;  /* REGEDIT4 */
};

/* NTCB_EFORMAT, after filling *error: `where` is what is wrong. */
#define regfile_bad(file, where, error, ...)                                     \
    ntsim__feed_fail((error), NTCB_EFORMAT, (file)->source->file, (where)->line, \
                     (uint64_t)((where)->at - (where)->start) + 1, __VA_ARGS__)

/* ---- regfile_text.c -------------------------------------------------------------------------- */

bool regfile_at_line_end(const struct regfile *file, const struct regfile_cursor *cursor);
void regfile_skip_blanks(const struct regfile *file, struct regfile_cursor *cursor);
/* At the end of the line, or at a comment that reaches to it. */
bool regfile_at_value_end(const struct regfile *file, const struct regfile_cursor *cursor);
/* To the start of the next line, or the end of the text. */
void regfile_next_line(const struct regfile *file, struct regfile_cursor *cursor);
/* Bytes of the line from the cursor on, at most `most`; blanks at its end do not count. */
int regfile_rest(const struct regfile *file, const struct regfile_cursor *cursor, int most);
/* The bytes of the file as UTF-8; NULL: no memory. */
char *regfile_utf8(const struct regfile *file, struct ntsim__arena *arena, const char *text,
                   size_t length, size_t *out_length);
/* The character of a Windows-1252 byte. */
uint16_t regfile_ansi_unit(uint8_t byte);
/* A quoted string; the cursor is at its quote, and then behind the closing one. 0, NTCB_EFORMAT,
 * NTCB_ENOMEM. *text holds no NUL but the one at its end. */
int regfile_quoted(const struct regfile *file, struct regfile_cursor *cursor,
                   struct ntsim__arena *arena, char **text, size_t *length,
                   struct ntsim_feed_error *error);

/* ---- regfile_data.c -------------------------------------------------------------------------- */

/* dword:..., hex:... or hex(n):...; the cursor is at its first letter, and then at the value's end.
 * Fills type and data of the event. */
int regfile_data(struct regfile *file, struct regfile_cursor *cursor, struct ntsim_event *event,
                 struct ntsim_feed_error *error);

/* ---- regfile_line.c -------------------------------------------------------------------------- */

/* The entry at the cursor, which is then behind it, whatever comes of it. 1 and *event, or
 * NTCB_EFORMAT, NTCB_ENOMEM. */
int regfile_entry(struct regfile *file, struct ntsim_event *event, struct ntsim_feed_error *error);

#endif
