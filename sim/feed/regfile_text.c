/* SPDX-License-Identifier: MIT
 *
 * regfile_text.c - the text of a .reg file: lines, quoted strings, 8-bit characters.
 *
 * 8-bit files are UTF-8 if all of their bytes are, else Windows-1252: nothing in them says which.
 * A quoted string may go on over line ends, which then belong to it: so regedit writes strings that
 * hold them. A backslash makes the next character stand for itself, whichever it is: files that
 * people wrote have "a\b" for "ab".
 */
#include "feed/regfilep.h"

#include <string.h>

bool regfile_at_line_end(const struct regfile *file, const struct regfile_cursor *cursor)
{
    const char *at = cursor->at;

    if (at < file->end && *at == '\r')
        at++;
    return at == file->end || *at == '\n';
}

void regfile_skip_blanks(const struct regfile *file, struct regfile_cursor *cursor)
{
    while (cursor->at < file->end && (*cursor->at == ' ' || *cursor->at == '\t'))
        cursor->at++;
}

bool regfile_at_value_end(const struct regfile *file, const struct regfile_cursor *cursor)
{
    return regfile_at_line_end(file, cursor) || *cursor->at == ';';
}

void regfile_next_line(const struct regfile *file, struct regfile_cursor *cursor)
{
    const char *at = memchr(cursor->at, '\n', (size_t)(file->end - cursor->at));

    cursor->at = at != NULL ? at + 1 : file->end;
    cursor->start = cursor->at;
    cursor->line++;
}

int regfile_rest(const struct regfile *file, const struct regfile_cursor *cursor, int most)
{
    struct regfile_cursor at = *cursor;
    int length = 0, count = 0;

    for (; !regfile_at_line_end(file, &at) && count < most; at.at++) {
        count++;
        if (*at.at != ' ' && *at.at != '\t')
            length = count;
    }
    return length;
}

/* ---- 8-bit text ------------------------------------------------------------------------------ */

uint16_t regfile_ansi_unit(uint8_t byte)
{
    /* 0x80 to 0x9F; those that Windows-1252 leaves open are the C1 controls, as Windows has it. */
    static const uint16_t High[] = {0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
                                    0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

    return byte >= 0x80 && byte < 0xA0 ? High[byte - 0x80] : byte;
}

char *regfile_utf8(const struct regfile *file, struct ntsim__arena *arena, const char *text,
                   size_t length, size_t *out_length)
{
    char *out, *to;

    *out_length = length;
    if (!file->ansi)
        return ntsim__arena_text(arena, text, length);
    to = out = ntsim__arena_alloc(arena, 3 * length + 1);
    for (size_t i = 0; out != NULL && i < length; i++) {
        uint16_t unit = regfile_ansi_unit((uint8_t)text[i]);

        if (unit >= 0x800) {
            *to++ = (char)(0xE0 | unit >> 12);
            *to++ = (char)(0x80 | (unit >> 6 & 0x3F));
        } else if (unit >= 0x80) {
            *to++ = (char)(0xC0 | unit >> 6);
        }
        *to++ = (char)(unit >= 0x80 ? 0x80 | (unit & 0x3F) : unit);
    }
    *out_length = (size_t)(to - out);
    return out;
}

/* ---- quoted strings -------------------------------------------------------------------------- */

static int unclosed(const struct regfile *file, const struct regfile_cursor *quote,
                    struct ntsim_feed_error *error)
{
    regfile_bad(file, quote, error, "this quote is never closed");
    ntsim__feed_advise(error,
                       "Put a \" at the end of the text; inside it write \\\" for a quote and "
                       "\\\\ for a backslash, before the closing quote too.");
    return NTCB_EFORMAT;
}

/* Finds the closing quote; *length: bytes of the text without the backslashes of escapes. */
static int find_quote(const struct regfile *file, struct regfile_cursor *cursor, size_t *length,
                      struct ntsim_feed_error *error)
{
    const struct regfile_cursor quote = *cursor;

    *length = 0;
    for (cursor->at++; cursor->at < file->end && *cursor->at != '"'; cursor->at++) {
        cursor->at += *cursor->at == '\\';
        if (cursor->at == file->end)
            break;
        if (*cursor->at == '\0') {
            regfile_bad(file, cursor, error, "a NUL character in a string");
            ntsim__feed_advise(error, "Write the data as hex(1):, two bytes a character.");
            return NTCB_EFORMAT;
        }
        if (*cursor->at == '\n') {
            cursor->line++;
            cursor->start = cursor->at + 1;
        }
        ++*length;
    }
    return cursor->at < file->end ? 0 : unclosed(file, &quote, error);
}

int regfile_quoted(const struct regfile *file, struct regfile_cursor *cursor,
                   struct ntsim__arena *arena, char **text, size_t *length,
                   struct ntsim_feed_error *error)
{
    const struct regfile_cursor quote = *cursor;
    struct regfile_cursor after;
    char *raw, *to;
    int result = find_quote(file, cursor, length, error);

    if (result != 0)
        return result;
    to = raw = ntsim__arena_alloc(arena, *length + 1);
    if (raw == NULL)
        return NTCB_ENOMEM;
    for (const char *from = quote.at + 1; from < cursor->at; from++) {
        from += *from == '\\';
        *to++ = *from;
    }
    cursor->at++;
    after = *cursor;
    regfile_skip_blanks(file, &after);
    /* Text behind a string of several lines: rather a quote was left out on the first. */
    if (cursor->line != quote.line && !regfile_at_value_end(file, &after) && *after.at != '=')
        return unclosed(file, &quote, error);
    *text = regfile_utf8(file, arena, raw, *length, length);
    return *text != NULL ? 0 : NTCB_ENOMEM;
}
