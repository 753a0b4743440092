/* SPDX-License-Identifier: MIT
 *
 * regfile_line.c - one entry of a .reg file: [key], [-key], "name"=data, @=data, "name"=-.
 *
 * A key ends at the last bracket of its line: names of keys may hold brackets themselves.
 */
#include "feed/regfilep.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct ntsim__word roots[] = {{"HKEY_LOCAL_MACHINE", 0},
                                           {"HKEY_CURRENT_USER", 0},
                                           {"HKEY_CLASSES_ROOT", 0},
                                           {"HKEY_USERS", 0},
                                           {"HKEY_CURRENT_CONFIG", 0},
                                           {"HKLM", 0},
                                           {"HKCU", 0},
                                           {"HKCR", 0},
                                           {"HKU", 0},
                                           {"HKCC", 0},
                                           {NULL, 0}};

/* ---- keys ------------------------------------------------------------------------------------ */

/* The bracket that ends the key; NULL: none. */
static const char *closing_bracket(const struct regfile *file, const struct regfile_cursor *cursor)
{
    struct regfile_cursor at = *cursor;
    const char *bracket = NULL;

    for (; !regfile_at_line_end(file, &at); at.at++) {
        if (*at.at == ']')
            bracket = at.at;
    }
    return bracket;
}

static int unknown_root(const struct regfile *file, const struct regfile_cursor *where,
                        const char *name, struct ntsim_feed_error *error)
{
    char upper[32];
    size_t length = strcspn(name, "\\");
    const char *near = NULL;

    if (length < sizeof(upper)) {
        for (size_t i = 0; i < length; i++)
            upper[i] = (char)toupper((unsigned char)name[i]);
        near = ntsim__word_near(roots, upper, length);
    }
    regfile_bad(file, where, error, "\"%.*s\" is no root of the registry",
                length < 60 ? (int)length : 60, name);
    if (near != NULL)
        ntsim__feed_advise(error, "Did you mean %s?", near);
    else
        ntsim__feed_advise(error, "Begin the key with HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER, "
                                  "HKEY_CLASSES_ROOT, HKEY_USERS or HKEY_CURRENT_CONFIG.");
    return NTCB_EFORMAT;
}

static int no_bracket(const struct regfile *file, const struct regfile_cursor *line,
                      struct ntsim_feed_error *error)
{
    regfile_bad(file, line, error, "this key has no closing bracket");
    ntsim__feed_advise(error, "Did you mean %.*s]?", regfile_rest(file, line, 200), line->at);
    return NTCB_EFORMAT;
}

/* The cursor is behind the bracket, or the minus. */
static int read_name(struct regfile *file, struct regfile_cursor *cursor, const char *bracket,
                     struct ntsim_feed_error *error)
{
    size_t length = (size_t)(bracket - cursor->at);
    char *name;
    int result;

    if (memchr(cursor->at, '\0', length) != NULL) {
        regfile_bad(file, cursor, error, "a NUL character in the name of a key");
        ntsim__feed_advise(error, "Save the file as text again.");
        return NTCB_EFORMAT;
    }
    name = regfile_utf8(file, &file->arena, cursor->at, length, &length);
    if (name == NULL)
        return NTCB_ENOMEM;
    result = ntsim__registry_name(&file->section, name, NULL, 0, &file->key);
    return result == NTCB_EINVAL ? unknown_root(file, cursor, name, error) : result;
}

static int read_key(struct regfile *file, struct regfile_cursor *cursor, struct ntsim_event *event,
                    struct ntsim_feed_error *error)
{
    const struct regfile_cursor line = *cursor;
    const char *bracket = closing_bracket(file, cursor);
    struct regfile_cursor after = line;
    int result;

    ntsim__arena_reset(&file->section);
    file->key = NULL;
    if (bracket == NULL)
        return no_bracket(file, &line, error);
    after.at = bracket + 1;
    regfile_skip_blanks(file, &after);
    if (!regfile_at_value_end(file, &after)) {
        regfile_bad(file, &after, error, "text behind the key");
        ntsim__feed_advise(error, "Begin a new line, or a comment with ;");
        return NTCB_EFORMAT;
    }
    cursor->at++;
    event->kind = *cursor->at == '-' ? NTSIM_EVENT_KEY_DELETE : NTSIM_EVENT_KEY_CREATE;
    cursor->at += *cursor->at == '-';
    result = read_name(file, cursor, bracket, error);
    if (result != 0)
        return result;
    event->key = file->key;
    file->open = event->kind == NTSIM_EVENT_KEY_CREATE;
    if (!file->open)
        file->key = NULL; /* its memory is the section's, until the next key */
    *cursor = after;
    return 0;
}

/* ---- values ---------------------------------------------------------------------------------- */

static int read_string(struct regfile *file, struct regfile_cursor *cursor,
                       struct ntsim_event *event, struct ntsim_feed_error *error)
{
    char *text;
    size_t length;
    int result = regfile_quoted(file, cursor, &file->arena, &text, &length, error);

    if (result != 0)
        return result;
    event->type = 1; /* REG_SZ */
    event->data = ntsim__utf16_data(&file->arena, text, length, &event->data_bytes);
    return event->data != NULL ? 0 : NTCB_ENOMEM;
}

static int read_data(struct regfile *file, struct regfile_cursor *cursor, struct ntsim_event *event,
                     struct ntsim_feed_error *error)
{
    event->kind = NTSIM_EVENT_VALUE_SET;
    event->has |= NTSIM_HAS_TYPE | NTSIM_HAS_DATA;
    if (regfile_at_value_end(file, cursor)) {
        regfile_bad(file, cursor, error, "no data behind the =");
        ntsim__feed_advise(error,
                           "Write \"\" for an empty text, hex: for no bytes, - to delete the "
                           "value.");
        return NTCB_EFORMAT;
    }
    if (*cursor->at == '"')
        return read_string(file, cursor, event, error);
    if (*cursor->at != '-')
        return regfile_data(file, cursor, event, error);
    event->kind = NTSIM_EVENT_VALUE_DELETE;
    event->has &= ~(NTSIM_HAS_TYPE | NTSIM_HAS_DATA);
    cursor->at++;
    return 0;
}

static int neither(const struct regfile *file, const struct regfile_cursor *line,
                   struct ntsim_feed_error *error)
{
    int length = regfile_rest(file, line, 60);
    const char *equals = memchr(line->at, '=', (size_t)length);

    regfile_bad(file, line, error, "\"%.*s\" is neither a key nor a value", length, line->at);
    if (*line->at == '#' || *line->at == '/')
        ntsim__feed_advise(error, "A comment begins with ;");
    else if (equals != NULL && equals > line->at)
        ntsim__feed_advise(error, "Put the name in quotes; did you mean \"%.*s\"%.*s?",
                           (int)(equals - line->at), line->at, length - (int)(equals - line->at),
                           equals);
    else if (strncasecmp(line->at, "HK", 2) == 0)
        ntsim__feed_advise(error, "Put the key in brackets; did you mean [%.*s]?", length,
                           line->at);
    else
        ntsim__feed_advise(error, "Write [HKEY_...\\key], \"name\"=..., @=... or ; and a comment.");
    return NTCB_EFORMAT;
}

static int read_value(struct regfile *file, struct regfile_cursor *cursor,
                      struct ntsim_event *event, struct ntsim_feed_error *error)
{
    const struct regfile_cursor line = *cursor;
    char *name = NULL;
    size_t length;
    int result = 0;

    if (*cursor->at == '"')
        result = regfile_quoted(file, cursor, &file->arena, &name, &length, error);
    else if (*cursor->at == '@')
        cursor->at++;
    else
        return neither(file, &line, error);
    if (result != 0)
        return result;
    regfile_skip_blanks(file, cursor);
    if (cursor->at == file->end || *cursor->at != '=') {
        regfile_bad(file, cursor, error, "no = behind the name of the value");
        ntsim__feed_advise(error,
                           "Write \"name\"=\"text\", \"name\"=dword:00000001, \"name\"=- ...");
        return NTCB_EFORMAT;
    }
    cursor->at++;
    regfile_skip_blanks(file, cursor);
    event->value = name != NULL ? name : "";
    event->key = file->key;
    result = read_data(file, cursor, event, error);
    if (result == 0 && file->key == NULL) {
        regfile_bad(file, &line, error, "this value belongs to no key");
        ntsim__feed_advise(error,
                           "Put it below a line [HKEY_...\\key] that is well-formed and does "
                           "not delete the key.");
        result = NTCB_EFORMAT;
    }
    return result;
}

/* ---- either ---------------------------------------------------------------------------------- */

/* Behind a malformed entry: its line, and those that it says go on with it. */
static void pass_over(struct regfile *file)
{
    struct regfile_cursor *cursor = &file->cursor;
    bool goes_on = *cursor->at != '[';

    while (cursor->at < file->end) {
        int length = regfile_rest(file, cursor, INT32_MAX);

        goes_on = goes_on && length > 0 && cursor->at[length - 1] == '\\';
        regfile_next_line(file, cursor);
        regfile_skip_blanks(file, cursor);
        if (!goes_on || cursor->at == file->end || strchr("[\"@", *cursor->at) != NULL)
            return;
    }
}

int regfile_entry(struct regfile *file, struct ntsim_event *event, struct ntsim_feed_error *error)
{
    struct regfile_cursor cursor = file->cursor;
    int result = *cursor.at == '[' ? read_key(file, &cursor, event, error)
                                   : read_value(file, &cursor, event, error);

    if (result == 0) {
        regfile_skip_blanks(file, &cursor);
        if (!regfile_at_value_end(file, &cursor)) {
            result = regfile_bad(file, &cursor, error, "text behind the value");
            ntsim__feed_advise(error, "Begin a new line, or a comment with ;, or write \\\" for a "
                                      "quote inside text.");
        }
    }
    if (result != 0) {
        pass_over(file);
        return result;
    }
    event->place.line = file->cursor.line;
    file->cursor = cursor;
    regfile_next_line(file, &file->cursor);
    return 1;
}
