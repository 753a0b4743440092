/* SPDX-License-Identifier: MIT
 *
 * procmon_csv.c - rows and columns of Process Monitor's CSV.
 *
 * Every field is quoted, and "" stands for a quote. Details hold bare carriage returns, and any
 * line end may stand inside quotes: only CRLF (or LF, after a conversion) outside them ends a row.
 * Lines are counted by LF, as editors and grep do; a row's place is the line it starts on.
 */
#include "procmonp.h"

#include <string.h>

#define PROCMON_COLUMN_TEXT(name, text) text,
static const char *const ColumnName[] = {PROCMON_COLUMNS(PROCMON_COLUMN_TEXT)};

static uint64_t count_lines(const char *from, const char *to)
{
    uint64_t lines = 0;

    while (from < to && (from = memchr(from, '\n', (size_t)(to - from)))) {
        lines++;
        from++;
    }
    return lines;
}

/* A quoted field that begins at `at`: the byte after its closing quote, or NULL without one. */
static const char *field_end(const char *at, const char *end, bool *escaped)
{
    const char *quote = at + 1;

    *escaped = false;
    while (quote < end && (quote = memchr(quote, '"', (size_t)(end - quote)))) {
        if (quote + 1 == end || quote[1] != '"')
            return quote + 1;
        *escaped = true;
        quote += 2;
    }
    return NULL;
}

/* What stands between the quotes, in the arena. */
static char *copy_field(struct ntsim__arena *arena, const char *at, const char *after, bool escaped)
{
    const char *from = at + 1, *to = after - 1;
    char *text = ntsim__arena_text(arena, from, (size_t)(to - from)), *out = text;

    if (!text || !escaped)
        return text;
    for (; from < to; from++) {
        *out++ = *from;
        from += *from == '"';
    }
    *out = '\0';
    return text;
}

/* The row end at `at`: bytes it takes, 0 when there is none. */
static size_t row_end(const char *at, const char *end)
{
    if (at < end && *at == '\n')
        return 1;
    return end - at >= 2 && at[0] == '\r' && at[1] == '\n' ? 2 : 0;
}

/* Leave a row that cannot be read: on to the next line that begins as rows do. */
static void resynchronise(struct procmon_csv *csv, const char *row)
{
    const char *at = row;

    while (at < csv->end && (at = memchr(at, '\n', (size_t)(csv->end - at)))) {
        at++;
        if (at == csv->end || *at == '"')
            break;
    }
    csv->at = at ? at : csv->end;
    csv->line += count_lines(row, csv->at);
}

static int bad_row(struct procmon_csv *csv, const char *row, const char *at,
                   struct ntsim_feed_error *error, const char *reason)
{
    uint64_t line = csv->line;

    resynchronise(csv, row);
    ntsim__feed_fail(error, NTCB_EFORMAT, csv->file, line, (uint64_t)(at - row) + 1, "%s", reason);
    ntsim__feed_advise(error, "Save it again from Process Monitor as CSV; spreadsheets and line "
                              "tools change it.");
    return NTCB_EFORMAT;
}

/* UTF-8 without NUL? Lax about overlong forms and surrogates: whoever decodes must be safe. */
static bool is_text(const char *at, size_t length)
{
    const unsigned char *byte = (const unsigned char *)at, *end = byte + length;

    while (byte < end) {
        unsigned follow = *byte < 0x80 ? 0 : *byte < 0xE0 ? 1 : *byte < 0xF0 ? 2 : 3;

        if (*byte == 0 || (*byte >= 0x80 && (*byte < 0xC2 || *byte > 0xF4)) ||
            (size_t)(end - byte) <= follow)
            return false;
        for (byte++; follow; follow--, byte++)
            if ((*byte & 0xC0) != 0x80)
                return false;
    }
    return true;
}

/* Receives a field from its opening quote to the byte after the closing one. False: no memory. */
typedef bool take_fn(void *context, unsigned index, const char *at, const char *after,
                     bool escaped);

/* Split the row at csv->at, whose fields that have a slot (all, in the header) go to `take`. */
static int split_row(struct procmon_csv *csv, take_fn *take, void *context, unsigned *fields,
                     struct ntsim_feed_error *error)
{
    const char *row = csv->at, *at = row, *after;
    unsigned index;
    size_t ending;
    bool escaped;

    for (index = 0;; index++) {
        if (at == csv->end || *at != '"')
            return bad_row(csv, row, at, error, "a field does not begin with a quote");
        if (index == PROCMON_MAX_FIELDS)
            return bad_row(csv, row, at, error, "too many fields in a row");
        after = field_end(at, csv->end, &escaped);
        if (!after)
            return bad_row(csv, row, at, error, "a quote is never closed");
        if (!csv->fields || (index < csv->fields && csv->slot[index] >= 0)) {
            if (!is_text(at + 1, (size_t)(after - at) - 2))
                return bad_row(csv, row, at, error, "a field is not UTF-8 text");
            if (!take(context, index, at, after, escaped))
                return NTCB_ENOMEM;
        }
        at = after;
        if (at == csv->end || *at != ',')
            break;
        at++;
    }
    ending = row_end(at, csv->end);
    if (at != csv->end && !ending)
        return bad_row(csv, row, at, error, "text follows a closing quote");
    *fields = index + 1;
    csv->at = at + ending;
    return 1;
}

static bool take_header(void *context, unsigned index, const char *at, const char *after,
                        bool escaped)
{
    struct procmon_csv *csv = context;
    size_t length = (size_t)(after - at) - 2;

    (void)escaped;
    csv->slot[index] = -1;
    for (size_t i = 0; i < PROCMON_COLUMN_COUNT; i++) {
        if (strlen(ColumnName[i]) == length && memcmp(ColumnName[i], at + 1, length) == 0 &&
            !csv->present[i]) {
            csv->slot[index] = (signed char)i;
            csv->present[i] = true;
        }
    }
    return true;
}

int procmon_csv_open(struct procmon_csv *csv, const struct ntsim__source *source,
                     struct ntsim_feed_error *error)
{
    unsigned fields = 0;
    int result;

    *csv = (struct procmon_csv){
        .file = source->file, .end = source->text + source->size, .at = source->text, .line = 1};
    result = split_row(csv, take_header, csv, &fields, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < PROCMON_REQUIRED; i++) {
        if (csv->present[i])
            continue;
        ntsim__feed_fail(error, NTCB_EFORMAT, csv->file, 1, 0, "there is no column \"%s\"",
                         ColumnName[i]);
        ntsim__feed_advise(error, "Show it in Process Monitor (Options, Select Columns) and save "
                                  "again.");
        return NTCB_EFORMAT;
    }
    csv->fields = fields;
    csv->line += count_lines(source->text, csv->at);
    return 0;
}

struct taking {
    struct procmon_csv *csv;
    struct ntsim__arena *arena;
    struct procmon_row *row;
};

static bool take_row(void *context, unsigned index, const char *at, const char *after, bool escaped)
{
    struct taking *taking = context;
    int slot = taking->csv->slot[index];

    taking->row->column[slot] = (size_t)(at - taking->row->start) + 1;
    taking->row->field[slot] = copy_field(taking->arena, at, after, escaped);
    return taking->row->field[slot] != NULL;
}

int procmon_csv_next(struct procmon_csv *csv, struct ntsim__arena *arena, struct procmon_row *row,
                     struct ntsim_feed_error *error)
{
    struct taking taking = {csv, arena, row};
    unsigned fields = 0;
    int result;

    if (csv->at == csv->end)
        return 0;
    *row = (struct procmon_row){.line = csv->line, .start = csv->at};
    for (size_t i = 0; i < PROCMON_COLUMN_COUNT; i++)
        row->field[i] = "";
    result = split_row(csv, take_row, &taking, &fields, error);
    if (result < 0)
        return result;
    csv->line += count_lines(row->start, csv->at);
    if (fields == csv->fields)
        return 1;
    ntsim__feed_fail(error, NTCB_EFORMAT, csv->file, row->line, 0,
                     "the row has %u fields, the header %u", fields, csv->fields);
    ntsim__feed_advise(error, "Save the recording again from Process Monitor as CSV.");
    return NTCB_EFORMAT;
}
