/* SPDX-License-Identifier: MIT
 *
 * ndjson_line.c - one line of our own format: known fields, needed fields, and messages that name
 * file, line, column and the fix.
 */
#include "feed/ndjsonp.h"

#include <stdio.h>
#include <string.h>

#define WANTED(type, text) static const char *const wanted_##type = text;
NTSIM__NDJSON_TYPES(WANTED)
#undef WANTED

#define FIELD(name, type, member, has, allowed, required)                                \
    {#name,     wanted_##type, ntsim__ndjson_##type, offsetof(STRUCTURE, member), (has), \
     (allowed), (required)},

#define STRUCTURE struct ntsim_event
static const struct ntsim__ndjson_field *event_fields(void)
{
    static const struct ntsim__ndjson_field fields[] = {NTSIM__NDJSON_FIELDS(FIELD){.name = NULL}};

    return fields;
}
#undef STRUCTURE

#define STRUCTURE struct ntsim_expect
static const struct ntsim__ndjson_field *expect_fields(void)
{
    static const struct ntsim__ndjson_field fields[] = {
        NTSIM__NDJSON_EXPECT_FIELDS(FIELD){.name = NULL}};

    return fields;
}
#undef STRUCTURE

/* ---- places --------------------------------------------------------------------------------- */

/* Column of the key "name" in the line; `name` may hold any bytes but a quote that jansson decoded
 * from an escape, and is then not found: 0. */
static uint64_t column_of(const struct ntsim__ndjson_line *line, const char *name, bool in_expect)
{
    size_t length = strlen(name);
    const char *end = line->text + line->length;
    const char *at = line->text;

    if (in_expect) {
        uint64_t column = column_of(line, "expect", false);

        at += column > 0 ? column : 0;
    }
    for (; at < end && (at = memchr(at, '"', (size_t)(end - at))) != NULL; at++) {
        const char *after = at + 1 + length;

        if ((size_t)(end - at) < length + 2 || memcmp(at + 1, name, length) != 0 || *after != '"')
            continue;
        for (after++; after < end && (*after == ' ' || *after == '\t'); after++) {
        }
        if (after < end && *after == ':')
            return (uint64_t)(at - line->text) + 1;
    }
    return 0;
}

static bool is_of(const struct ntsim__ndjson_field *fields, const struct ntsim__ndjson_field *field)
{
    for (; fields->name != NULL; fields++) {
        if (fields == field)
            return true;
    }
    return false;
}

int ntsim__ndjson_wrong(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                        const char *format, ...)
{
    bool in_expect = is_of(expect_fields(), field);
    char reason[192];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    ntsim__feed_fail(line->error, NTCB_EFORMAT, line->file, line->number,
                     column_of(line, field->name, in_expect), "field \"%s%s\" %s",
                     in_expect ? "expect." : "", field->name, reason);
    ntsim__feed_advise(line->error, "It must be %s.", field->wanted);
    return NTCB_EFORMAT;
}

int ntsim__ndjson_wrong_type(struct ntsim__ndjson_line *line,
                             const struct ntsim__ndjson_field *field, const json_t *value)
{
    static const char *const what[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array",  [JSON_STRING] = "text",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a fraction", [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null"};

    if (json_is_string(value))
        return ntsim__ndjson_wrong(line, field, "cannot be \"%.80s\"", json_string_value(value));
    if (json_is_integer(value))
        return ntsim__ndjson_wrong(line, field, "cannot be %lld",
                                   (long long)json_integer_value(value));
    return ntsim__ndjson_wrong(line, field, "cannot be %s", what[json_typeof(value)]);
}

/* ---- objects -------------------------------------------------------------------------------- */

static void advise_field(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *fields,
                         const char *name, uint32_t kind_bit)
{
    const char *nearest = NULL;
    unsigned least = 3;

    for (; fields->name != NULL; fields++) {
        unsigned distance = ntsim__word_distance(name, strlen(name), fields->name);

        if (distance < least && (fields->allowed & kind_bit)) {
            least = distance;
            nearest = fields->name;
        }
    }
    if (nearest != NULL)
        ntsim__feed_advise(line->error, "Did you mean \"%s\"?", nearest);
    else
        ntsim__feed_advise(line->error, "docs/events.md lists the fields; remove it, or put it in "
                                        "a comment line that starts with #.");
}

static int check_known(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *fields,
                       json_t *object, bool in_expect)
{
    uint32_t kind_bit = 1u << line->event->kind;
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        const struct ntsim__ndjson_field *field = fields;

        while (field->name != NULL && strcmp(field->name, name) != 0)
            field++;
        if (field->name != NULL && (field->allowed & kind_bit))
            continue;
        ntsim__feed_fail(line->error, NTCB_EFORMAT, line->file, line->number,
                         column_of(line, name, in_expect), "%s field \"%s%.80s\"%s%s",
                         field->name == NULL ? "unknown" : "misplaced", in_expect ? "expect." : "",
                         name, field->name == NULL ? "" : ": it says nothing about ",
                         field->name == NULL ? "" : ntsim_event_name(line->event->kind));
        advise_field(line, fields, name, kind_bit);
        return NTCB_EFORMAT;
    }
    return 0;
}

/* Reads the object's fields, in the table's order, into `out`, whose bits are *has. */
static int read_fields(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *fields,
                       const json_t *object, void *out, uint32_t *has)
{
    uint32_t kind_bit = 1u << line->event->kind;

    for (const struct ntsim__ndjson_field *field = fields; field->name != NULL; field++) {
        const json_t *value = json_object_get(object, field->name);
        int result;

        if (value == NULL && (field->required & kind_bit)) {
            ntsim__feed_fail(line->error, NTCB_EFORMAT, line->file, line->number, 0,
                             "%s needs the field \"%s\"", ntsim_event_name(line->event->kind),
                             field->name);
            ntsim__feed_advise(line->error, "Add \"%s\": it must be %s.", field->name,
                               field->wanted);
            return NTCB_EFORMAT;
        }
        if (value == NULL)
            continue;
        result = field->read(line, field, value, (char *)out + field->offset);
        if (result != 0)
            return result;
        if (field->read != ntsim__ndjson_flag)
            *has |= field->has;
    }
    return 0;
}

int ntsim__ndjson_expect(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                         const json_t *value, void *object)
{
    struct ntsim_expect *expect = object;
    int result;

    if (!json_is_object(value))
        return ntsim__ndjson_wrong_type(line, field, value);
    expect->written = true;
    result = check_known(line, expect_fields(), (json_t *)(uintptr_t)value, true);
    return result != 0 ? result : read_fields(line, expect_fields(), value, expect, &expect->has);
}

/* ---- needs that a table cannot tell --------------------------------------------------------- */

static int check_identity(struct ntsim__ndjson_line *line)
{
    const struct ntsim_event *event = line->event;
    const char *missing = NULL;
    const char *kind = ntsim_event_name(event->kind);

    if (!event->kernel_image && event->process_key == NULL && !(event->has & NTSIM_HAS_PID))
        missing = "\"pid\" or \"process\"";
    else if ((event->kind == NTSIM_EVENT_PROCESS_CREATE ||
              event->kind == NTSIM_EVENT_THREAD_CREATE || event->kind == NTSIM_EVENT_HANDLE_OPEN) &&
             event->target_key == NULL && event->target_pid == 0)
        missing = "\"target_pid\" or \"target\"";
    else if (event->kind == NTSIM_EVENT_THREAD_EXIT && event->target_tid == 0 &&
             !(event->has & NTSIM_HAS_TID))
        missing = "\"tid\"";
    else if (event->kind == NTSIM_EVENT_IMAGE_LOAD && event->path == NULL && !event->no_name)
        missing = "\"path\" (or \"no_name\": true)";
    if (missing == NULL)
        return 0;
    ntsim__feed_fail(line->error, NTCB_EFORMAT, line->file, line->number, 0, "%s needs %s", kind,
                     missing);
    ntsim__feed_advise(line->error, "Add it; docs/events.md shows an example of %s.", kind);
    return NTCB_EFORMAT;
}

static int bad_json(struct ntsim__ndjson_line *line, const json_error_t *from)
{
    uint64_t column = from->position > 0 ? (uint64_t)from->position : 1;

    if (json_error_code(from) == json_error_out_of_memory)
        return NTCB_ENOMEM;
    ntsim__feed_fail(line->error, NTCB_EFORMAT, line->file, line->number, column, "bad JSON: %s",
                     from->text);
    ntsim__feed_advise(line->error, "%s",
                       json_error_code(from) == json_error_premature_end_of_input
                           ? "Each event is one whole object on one line; is this line cut off?"
                       : strncmp(from->text, "invalid escape", 14) == 0
                           ? "Write each backslash of a name twice: \"HKLM\\\\Software\"."
                       : json_error_code(from) == json_error_duplicate_key
                           ? "Name each field once."
                           : "Each event is one JSON object on one line; comment lines start with "
                             "#.");
    return NTCB_EFORMAT;
}

int ntsim__ndjson_parse(struct ntsim__ndjson_line *line)
{
    json_error_t error;
    json_t *object =
        json_loadb(line->text, line->length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    const struct ntsim__ndjson_field *fields = event_fields();
    const json_t *kind;
    int result;

    if (object == NULL)
        return bad_json(line, &error);
    if (!json_is_object(object)) {
        ntsim__feed_fail(line->error, NTCB_EFORMAT, line->file, line->number, 1,
                         "the line is no JSON object");
        ntsim__feed_advise(line->error, "Write {\"event\": ..., ...}.");
        result = NTCB_EFORMAT;
        goto Cleanup;
    }
    kind = json_object_get(object, "event");
    if (kind == NULL) {
        ntsim__feed_fail(line->error, NTCB_EFORMAT, line->file, line->number, 1,
                         "the line does not say which event it is");
        ntsim__feed_advise(line->error, "Add \"event\": it must be %s.", fields[0].wanted);
        result = NTCB_EFORMAT;
        goto Cleanup;
    }
    result = fields[0].read(line, &fields[0], kind, &line->event->kind);
    if (result == 0)
        result = check_known(line, fields, object, false);
    if (result == 0)
        result = read_fields(line, fields, object, line->event, &line->event->has);
    if (result == 0)
        result = check_identity(line);
Cleanup:
    json_decref(object);
    return result;
}
