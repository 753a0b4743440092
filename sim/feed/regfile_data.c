/* SPDX-License-Identifier: MIT
 *
 * regfile_data.c - data that is no quoted text: dword:, hex:, hex(n):.
 *
 * Bytes are taken as they are written, with one exception: REGEDIT4 has the strings of types 1, 2
 * and 7 in 8-bit characters, which become UTF-16.
 */
#include "feed/regfilep.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TYPE_SZ 1u
#define TYPE_EXPAND_SZ 2u
#define TYPE_BINARY 3u
#define TYPE_DWORD 4u
#define TYPE_MULTI_SZ 7u

static const struct ntsim__word forms[] = {{"dword", TYPE_DWORD}, {"hex", TYPE_BINARY}, {NULL, 0}};

static int digit_of(char c)
{
    int lower = c | 0x20;

    if (c >= '0' && c <= '9')
        return c - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Up to `most` hexadecimal digits; returns how many there were, `most` + 1 for more. */
static unsigned read_digits(const struct regfile *file, struct regfile_cursor *cursor,
                            unsigned most, uint32_t *value)
{
    unsigned count = 0;

    *value = 0;
    for (; cursor->at < file->end && digit_of(*cursor->at) >= 0; cursor->at++) {
        if (count == most)
            return most + 1;
        *value = *value << 4 | (uint32_t)digit_of(*cursor->at);
        count++;
    }
    return count;
}

/* ---- dword: ---------------------------------------------------------------------------------- */

static int read_dword(struct regfile *file, struct regfile_cursor *cursor,
                      struct ntsim_event *event, struct ntsim_feed_error *error)
{
    const struct regfile_cursor start = *cursor;
    uint8_t *data = ntsim__arena_alloc(&file->arena, 4);
    uint32_t value;
    unsigned count = read_digits(file, cursor, 8, &value);
    int length = regfile_rest(file, &start, 40);

    if (data == NULL)
        return NTCB_ENOMEM;
    regfile_skip_blanks(file, cursor);
    if (count == 0 || count > 8 || !regfile_at_value_end(file, cursor)) {
        regfile_bad(file, &start, error, "\"%.*s\" is not a number of 1 to 8 hexadecimal digits",
                    length, start.at);
        if (length > 2 && strncasecmp(start.at, "0x", 2) == 0)
            ntsim__feed_advise(error,
                               "The digits are hexadecimal without 0x; did you mean dword:%.*s?",
                               length - 2, start.at + 2);
        else
            ntsim__feed_advise(error, "Write dword:0000000a for 10; hex(b): holds 64 bits.");
        return NTCB_EFORMAT;
    }
    for (unsigned i = 0; i < 4; i++)
        data[i] = (uint8_t)(value >> 8 * i);
    event->type = TYPE_DWORD;
    event->data = data;
    event->data_bytes = 4;
    return 0;
}

/* ---- hex: ------------------------------------------------------------------------------------ */

struct bytes {
    uint8_t *data;
    size_t count, capacity;
};

static bool add_byte(struct regfile *file, struct bytes *bytes, uint8_t byte)
{
    if (bytes->count == bytes->capacity) {
        size_t capacity = bytes->capacity == 0 ? 64 : 2 * bytes->capacity;
        uint8_t *data = ntsim__arena_alloc(&file->arena, capacity);

        if (data == NULL)
            return false;
        if (bytes->count != 0)
            memcpy(data, bytes->data, bytes->count);
        bytes->data = data;
        bytes->capacity = capacity;
    }
    bytes->data[bytes->count++] = byte;
    return true;
}

/* A backslash at the end of a line: the next one that is not empty or a comment goes on. */
static int continue_line(struct regfile *file, struct regfile_cursor *cursor,
                         struct ntsim_feed_error *error)
{
    const struct regfile_cursor backslash = *cursor;

    cursor->at++;
    regfile_skip_blanks(file, cursor);
    if (!regfile_at_value_end(file, cursor)) {
        regfile_bad(file, &backslash, error, "a backslash inside the data");
        ntsim__feed_advise(error, "A backslash ends a line that the next one goes on with; "
                                  "between bytes there are commas only.");
        return NTCB_EFORMAT;
    }
    do {
        regfile_next_line(file, cursor);
        regfile_skip_blanks(file, cursor);
    } while (cursor->at < file->end && regfile_at_value_end(file, cursor));
    if (cursor->at < file->end)
        return 0;
    regfile_bad(file, &backslash, error, "the data goes on in the next line, and there is none");
    ntsim__feed_advise(error,
                       "Drop the \",\\\" at the end, or restore the lines that were cut off.");
    return NTCB_EFORMAT;
}

static int bad_byte(struct regfile *file, const struct regfile_cursor *where,
                    struct ntsim_feed_error *error)
{
    if (regfile_at_value_end(file, where)) {
        regfile_bad(file, where, error, "a comma, and no byte behind it");
        ntsim__feed_advise(error, "End the line in \",\\\" if the data goes on in the next; "
                                  "otherwise drop the comma.");
    } else {
        regfile_bad(file, where, error, "\"%.*s\" does not begin with a byte of data",
                    regfile_rest(file, where, 40), where->at);
        ntsim__feed_advise(error, "Write bytes as two hexadecimal digits with commas between them, "
                                  "00,1f,a0, and \",\\\" only where another line of them follows.");
    }
    return NTCB_EFORMAT;
}

/* One byte, and what separates it from the next. *more: a comma was there. */
static int read_byte(struct regfile *file, struct regfile_cursor *cursor, struct bytes *bytes,
                     bool *more, struct ntsim_feed_error *error)
{
    struct regfile_cursor start;
    unsigned count;
    uint32_t value;
    int result = 0;

    while (result == 0 && cursor->at < file->end && *cursor->at == '\\')
        result = continue_line(file, cursor, error);
    if (result != 0)
        return result;
    start = *cursor;
    count = read_digits(file, cursor, 2, &value);
    if (count == 0 || count > 2)
        return bad_byte(file, &start, error);
    if (!add_byte(file, bytes, (uint8_t)value))
        return NTCB_ENOMEM;
    regfile_skip_blanks(file, cursor);
    *more = cursor->at < file->end && *cursor->at == ',';
    if (!*more && !regfile_at_value_end(file, cursor)) {
        regfile_bad(file, cursor, error, "no comma between two bytes of data");
        ntsim__feed_advise(error, "Write 00,1f,a0; a line that the next one goes on with ends in "
                                  "\",\\\".");
        return NTCB_EFORMAT;
    }
    cursor->at += *more;
    regfile_skip_blanks(file, cursor);
    return 0;
}

static bool is_text(uint32_t type)
{
    return type == TYPE_SZ || type == TYPE_EXPAND_SZ || type == TYPE_MULTI_SZ;
}

/* Bytes of Windows-1252 to UTF-16LE. */
static int widen(struct regfile *file, struct bytes *bytes)
{
    uint8_t *wide = ntsim__arena_alloc(&file->arena, 2 * bytes->count + 1);

    if (wide == NULL)
        return NTCB_ENOMEM;
    for (size_t i = 0; i < bytes->count; i++) {
        uint16_t unit = regfile_ansi_unit(bytes->data[i]);

        wide[2 * i] = (uint8_t)unit;
        wide[2 * i + 1] = (uint8_t)(unit >> 8);
    }
    bytes->data = wide;
    bytes->count *= 2;
    return 0;
}

static int read_hex(struct regfile *file, struct regfile_cursor *cursor, struct ntsim_event *event,
                    struct ntsim_feed_error *error)
{
    struct bytes bytes = {0};
    bool more;
    int result = 0;

    regfile_skip_blanks(file, cursor);
    more = !regfile_at_value_end(file, cursor);
    while (more && result == 0)
        result = read_byte(file, cursor, &bytes, &more, error);
    if (result == 0 && file->old && is_text(event->type))
        result = widen(file, &bytes);
    event->data = bytes.data;
    event->data_bytes = bytes.count;
    return result;
}

/* ---- which of them --------------------------------------------------------------------------- */

/* "(b)" of hex(b). */
static int read_type(struct regfile *file, struct regfile_cursor *cursor, uint32_t *type,
                     struct ntsim_feed_error *error)
{
    const struct regfile_cursor start = *cursor;
    unsigned count;

    if (cursor->at == file->end || *cursor->at != '(')
        return 0;
    cursor->at++;
    count = read_digits(file, cursor, 8, type);
    if (count >= 1 && count <= 8 && cursor->at < file->end && *cursor->at == ')') {
        cursor->at++;
        return 0;
    }
    regfile_bad(file, &start, error, "hex is followed by no type of 1 to 8 hexadecimal digits");
    ntsim__feed_advise(error, "Write hex: for REG_BINARY, hex(2): for REG_EXPAND_SZ, hex(7): for "
                              "REG_MULTI_SZ, hex(b): for REG_QWORD.");
    return NTCB_EFORMAT;
}

static int unknown_form(struct regfile *file, const struct regfile_cursor *start, size_t letters,
                        struct ntsim_feed_error *error)
{
    const char *near = ntsim__word_near(forms, start->at, letters);
    int length = regfile_rest(file, start, 40);

    regfile_bad(file, start, error, "\"%.*s\" is no data", length, start->at);
    if (letters == 5 && strncasecmp(start->at, "qword", 5) == 0)
        ntsim__feed_advise(error, "Write hex(b): and eight bytes, the lowest first.");
    else if (near != NULL && letters >= 3)
        ntsim__feed_advise(error, "Did you mean %s:?", near);
    else
        ntsim__feed_advise(
            error,
            "Write \"text\", dword:, hex:, hex(2):, ... or - to delete the value; did "
            "you mean \"%.*s\"?",
            length, start->at);
    return NTCB_EFORMAT;
}

int regfile_data(struct regfile *file, struct regfile_cursor *cursor, struct ntsim_event *event,
                 struct ntsim_feed_error *error)
{
    const struct regfile_cursor start = *cursor;
    const struct ntsim__word *form = forms;
    size_t letters = 0;
    int result;

    while (start.at + letters < file->end && ((start.at[letters] | 0x20) >= 'a') &&
           (start.at[letters] | 0x20) <= 'z')
        letters++;
    while (form->text != NULL &&
           (strlen(form->text) != letters || strncasecmp(start.at, form->text, letters) != 0))
        form++;
    if (form->text == NULL)
        return unknown_form(file, &start, letters, error);
    cursor->at += letters;
    event->type = form->value;
    result = form->value == TYPE_BINARY ? read_type(file, cursor, &event->type, error) : 0;
    if (result != 0)
        return result;
    if (cursor->at == file->end || *cursor->at != ':') {
        regfile_bad(file, cursor, error, "no colon behind %s", form->text);
        ntsim__feed_advise(error, "Write %s",
                           form->value == TYPE_DWORD ? "dword:00000001" : "hex:00,1f,a0");
        return NTCB_EFORMAT;
    }
    cursor->at++;
    return form->value == TYPE_DWORD ? read_dword(file, cursor, event, error)
                                     : read_hex(file, cursor, event, error);
}
