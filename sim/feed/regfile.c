/* SPDX-License-Identifier: MIT
 *
 * regfile.c - the feed of a registry editor file: what regedit.exe does to import it.
 *
 * One process, made at the first line and gone after the last. Each [key] is a create, whose handle
 * is closed when the next key begins; each [-key] the deletion of a tree; each value a set or a
 * delete. All of them are NTSIM_HAS_API: calls of the Windows API, not single services.
 *
 * State  I1: event strings live in `arena` (key names in `section`) until the next event. I2: when
 *        `open`, a key.create was handed out whose key.close was not.
 */
#include "feed/regfilep.h"
#include "simp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADER_NEW "Windows Registry Editor Version 5.00"
#define HEADER_OLD "REGEDIT4"

/* ---- the first line -------------------------------------------------------------------------- */

static bool begins(const char *text, size_t size, const char *prefix)
{
    size_t length = strlen(prefix);

    return size >= length && strncasecmp(text, prefix, length) == 0;
}

/* Also what its author thinks is one: open says what is wrong with it. */
static bool recognise(const char *text, size_t size)
{
    return begins(text, size, "Windows Registry") || begins(text, size, "REGEDIT") ||
           begins(text, size, "[HK") || begins(text, size, "[-HK");
}

static int read_header(struct regfile *file, struct ntsim_feed_error *error)
{
    static const char *const Headers[] = {HEADER_NEW, HEADER_OLD};
    struct regfile_cursor *cursor = &file->cursor;
    int length = regfile_rest(file, cursor, 80);

    for (int i = 0; i < 2; i++) {
        if ((size_t)length == strlen(Headers[i]) &&
            memcmp(cursor->at, Headers[i], (size_t)length) == 0) {
            file->old = i == 1;
            regfile_next_line(file, cursor);
            return 0;
        }
    }
    regfile_bad(file, cursor, error, "\"%.*s\" is not the first line of a .reg file", length,
                cursor->at);
    ntsim__feed_advise(error, "Did you mean %s?",
                       begins(cursor->at, (size_t)length, "REGEDIT") ? HEADER_OLD : HEADER_NEW);
    return NTCB_EFORMAT;
}

/* Is every byte part of a character? */
static bool is_utf8(const char *text, size_t size)
{
    WCHAR units[2];
    size_t bytes;

    for (size_t at = 0; at < size; at += bytes) {
        ntsim__utf16_character(text + at, size - at, units, &bytes);
        if (units[0] == 0xFFFD && bytes < 3)
            return false;
    }
    return true;
}

/* ---- events ---------------------------------------------------------------------------------- */

static void set_actor(const struct regfile *file, struct ntsim_event *event)
{
    event->has |= NTSIM_HAS_API;
    event->process_key = REGFILE_PROCESS;
    event->process_image = REGFILE_IMAGE;
    if (event->place.line == 0)
        event->place.line = file->cursor.line;
}

/* The process that does it all; System makes it. */
static int start(struct regfile *file, struct ntsim_event *event)
{
    file->phase = REGFILE_ENTRIES;
    event->kind = NTSIM_EVENT_PROCESS_CREATE;
    event->place.line = 1;
    event->has = NTSIM_HAS_PID;
    event->pid = 4;
    event->target_key = REGFILE_PROCESS;
    event->path = REGFILE_IMAGE;
    event->command_line =
        ntsim__arena_format(&file->arena, "regedit.exe /s \"%s\"", file->source->file);
    file->source->counts->synthesised++;
    return event->command_line != NULL ? 1 : NTCB_ENOMEM;
}

static int finish(struct regfile *file, struct ntsim_event *event)
{
    file->phase = REGFILE_END;
    event->kind = NTSIM_EVENT_PROCESS_EXIT;
    set_actor(file, event);
    file->source->counts->synthesised++;
    return 1;
}

static int close_key(struct regfile *file, struct ntsim_event *event)
{
    file->open = false;
    event->kind = NTSIM_EVENT_KEY_CLOSE;
    event->key = file->key;
    set_actor(file, event);
    file->source->counts->synthesised++;
    return 1;
}

/* Past empty lines and comments. False at the end of the text. */
static bool find_entry(struct regfile *file)
{
    for (;;) {
        regfile_skip_blanks(file, &file->cursor);
        if (file->cursor.at == file->end)
            return false;
        if (!regfile_at_value_end(file, &file->cursor))
            return true;
        regfile_next_line(file, &file->cursor);
    }
}

/* ---- the reader ------------------------------------------------------------------------------ */

static void regfile_close(void *state)
{
    struct regfile *file = state;

    ntsim__arena_free(&file->arena);
    ntsim__arena_free(&file->section);
    free(file);
}

static void regfile_rewind(void *state)
{
    struct regfile *file = state;

    file->cursor = (struct regfile_cursor){file->source->text, file->source->text, 1};
    regfile_next_line(file, &file->cursor);
    file->phase = REGFILE_START;
    file->key = NULL;
    file->open = false;
}

static int regfile_open(void **state, const struct ntsim__source *source,
                        struct ntsim_feed_error *error)
{
    struct regfile *file = calloc(1, sizeof(*file));
    int result;

    if (file == NULL)
        return NTCB_ENOMEM;
    file->source = source;
    file->end = source->text + source->size;
    file->cursor = (struct regfile_cursor){source->text, source->text, 1};
    file->ansi = !is_utf8(source->text, source->size);
    result = read_header(file, error);
    if (result != 0) {
        regfile_close(file);
        return result;
    }
    *state = file;
    return 0;
}

static int next_entry(struct regfile *file, struct ntsim_event *event,
                      struct ntsim_feed_error *error)
{
    struct ntsim_feed_counts *counts = file->source->counts;
    const struct ntsim_event empty = *event;
    int result;

    while (find_entry(file)) {
        if (*file->cursor.at == '[' && file->open)
            return close_key(file, event);
        ntsim__arena_reset(&file->arena);
        counts->records++;
        result = regfile_entry(file, event, error);
        counts->bytes_read = (uint64_t)(file->cursor.at - file->source->text);
        if (result == 1) {
            set_actor(file, event);
            return 1;
        }
        if (result == NTCB_ENOMEM || !file->source->skip_bad)
            return result;
        counts->bad++;
        *event = empty;
    }
    file->phase = REGFILE_EXIT;
    return file->open ? close_key(file, event) : finish(file, event);
}

static int regfile_next(void *state, struct ntsim_event *event, struct ntsim_feed_error *error)
{
    struct regfile *file = state;

    ntsim__arena_reset(&file->arena);
    switch (file->phase) {
    case REGFILE_START:
        return start(file, event);
    case REGFILE_ENTRIES:
        return next_entry(file, event, error);
    case REGFILE_EXIT:
        return finish(file, event);
    default:
        return 0;
    }
}

const struct ntsim__reader_ops ntsim__regfile_reader = {
    .name = NTSIM__REGFILE,
    .recognise = recognise,
    .open = regfile_open,
    .next = regfile_next,
    .rewind = regfile_rewind,
    .close = regfile_close,
};
