/* SPDX-License-Identifier: MIT
 *
 * ndjson_docs_test.c - docs/events.md and docs/events.schema.json say what the parser does: all
 * three are compared with the parser's own table of fields (sim/feed/ndjsonp.h).
 */
#include "feed_input.h"

#include "feed/ndjsonp.h"

struct row {
    const char *name;
    const char *type;
    uint32_t allowed;
    uint32_t required;
};

#define ROW(name, type, member, has, allowed, required) {#name, #type, (allowed), (required)},
static const struct row event_rows[] = {NTSIM__NDJSON_FIELDS(ROW)};
static const struct row expect_rows[] = {NTSIM__NDJSON_EXPECT_FIELDS(ROW)};
#undef ROW

#define TYPE(type, wanted) #type,
static const char *const types[] = {NTSIM__NDJSON_TYPES(TYPE)};
#undef TYPE

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- schema --------------------------------------------------------------------------------- */

static json_t *load_schema(void)
{
    json_error_t error;
    json_t *schema = json_load_file(ntcb_test_file("docs/events.schema.json"), 0, &error);

    if (schema == NULL)
        fail_msg("docs/events.schema.json:%d: %s", error.line, error.text);
    return schema;
}

static void check_properties(const json_t *properties, const struct row *rows, size_t count)
{
    EXPECT_EQ(json_object_size(properties), count);
    for (size_t i = 0; i < count; i++) {
        const json_t *property = json_object_get(properties, rows[i].name);
        char reference[64];

        snprintf(reference, sizeof(reference), "#/$defs/%s", rows[i].type);
        EXPECT_STR(json_string_value(json_object_get(property, "$ref")), reference);
        EXPECT_TRUE(json_string_length(json_object_get(property, "description")) > 0);
    }
}

/* The array names exactly the rows whose mask has the bit. */
static void check_names(const json_t *array, const struct row *rows, size_t count, uint32_t bit,
                        bool required)
{
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        if ((required ? rows[i].required : rows[i].allowed) & bit)
            EXPECT_STR(json_string_value(json_array_get(array, at++)), rows[i].name);
    }
    EXPECT_EQ(json_array_size(array), at);
}

static void schema_is_the_parsers(void **state)
{
    json_t *schema = load_schema();
    json_t *definitions = json_object_get(schema, "$defs");
    json_t *expect = json_object_get(definitions, "expect");
    json_t *kinds = json_object_get(json_object_get(definitions, "kind"), "enum");
    json_t *rules = json_object_get(schema, "allOf");

    (void)state;
    EXPECT_TRUE(json_is_false(json_object_get(schema, "additionalProperties")));
    EXPECT_TRUE(json_is_false(json_object_get(expect, "additionalProperties")));
    check_properties(json_object_get(schema, "properties"), event_rows, COUNT(event_rows));
    check_properties(json_object_get(expect, "properties"), expect_rows, COUNT(expect_rows));
    EXPECT_EQ(json_object_size(definitions), COUNT(types));
    for (size_t i = 0; i < COUNT(types); i++)
        EXPECT_TRUE(json_object_get(definitions, types[i]) != NULL);
    EXPECT_EQ(json_array_size(kinds), NTSIM_EVENT_KIND_COUNT);
    EXPECT_EQ(json_array_size(rules), NTSIM_EVENT_KIND_COUNT);
    for (size_t i = 0; i < NTSIM_EVENT_KIND_COUNT; i++) {
        const char *name = ntsim_event_name((enum ntsim_event_kind)i);
        const char *of = NULL;
        json_t *required = NULL, *allowed = NULL, *expected = NULL;

        EXPECT_STR(json_string_value(json_array_get(kinds, i)), name);
        EXPECT_EQ(json_unpack(json_array_get(rules, i),
                              "{s:{s:{s:{s:s}}},s:{s:o,s:{s:o},s:{s:{s:{s:o}}}}}", "if",
                              "properties", "event", "const", &of, "then", "required", &required,
                              "propertyNames", "enum", &allowed, "properties", "expect",
                              "propertyNames", "enum", &expected),
                  0);
        EXPECT_STR(of, name);
        check_names(required, event_rows, COUNT(event_rows), 1u << i, true);
        check_names(allowed, event_rows, COUNT(event_rows), 1u << i, false);
        check_names(expected, expect_rows, COUNT(expect_rows), 1u << i, false);
    }
    json_decref(schema);
}

/* ---- page ----------------------------------------------------------------------------------- */

/* The whole page; the caller frees it. */
static char *load_page(void)
{
    FILE *file = fopen(ntcb_test_file("docs/events.md"), "rb");
    char *text = calloc(1, 256 * 1024);

    EXPECT_TRUE(file != NULL && text != NULL);
    EXPECT_TRUE(fread(text, 1, 256 * 1024 - 1, file) > 0);
    fclose(file);
    return text;
}

/* The rows "| `name` | ..." below a heading, up to the next heading. */
static size_t table_rows(const char *page, const char *heading, const char **rows, size_t most)
{
    const char *at = strstr(page, heading);
    const char *end;
    size_t count = 0;

    EXPECT_TRUE(at != NULL);
    at += strlen(heading) - 1;
    end = strstr(at, "\n#");
    while ((at = strstr(at, "\n| `")) != NULL && (end == NULL || at < end)) {
        EXPECT_TRUE(count < most);
        rows[count++] = ++at;
    }
    return count;
}

static void starts_with(const char *row, const char *wanted)
{
    char *seen = strdup(row);

    if (strlen(seen) > strlen(wanted))
        seen[strlen(wanted)] = '\0';
    EXPECT_STR(seen, wanted);
    free(seen);
}

static void check_table(const char *page, const char *heading, const struct row *rows, size_t count)
{
    const char *lines[128];

    EXPECT_EQ(table_rows(page, heading, lines, COUNT(lines)), count);
    for (size_t i = 0; i < count; i++) {
        char wanted[128];

        snprintf(wanted, sizeof(wanted), "| `%s` | %s | ", rows[i].name, rows[i].type);
        starts_with(lines[i], wanted);
    }
}

static void page_is_the_parsers(void **state)
{
    char *page = load_page();
    const char *lines[128];

    (void)state;
    check_table(page, "\n### Fields\n", event_rows, COUNT(event_rows));
    check_table(page, "\n### Expectations\n", expect_rows, COUNT(expect_rows));
    EXPECT_EQ(table_rows(page, "\n### Events\n", lines, COUNT(lines)), NTSIM_EVENT_KIND_COUNT);
    for (size_t i = 0; i < NTSIM_EVENT_KIND_COUNT; i++) {
        char wanted[256];
        size_t used = (size_t)snprintf(wanted, sizeof(wanted), "| `%s` | ",
                                       ntsim_event_name((enum ntsim_event_kind)i));
        const char *separator = "";

        for (size_t j = 1; j < COUNT(event_rows); j++) { /* all need "event" */
            if (!(event_rows[j].required & 1u << i))
                continue;
            used += (size_t)snprintf(wanted + used, sizeof(wanted) - used, "%s`%s`", separator,
                                     event_rows[j].name);
            separator = ", ";
        }
        snprintf(wanted + used, sizeof(wanted) - used, "%s |", *separator == '\0' ? "-" : "");
        starts_with(lines[i], wanted);
    }
    free(page);
}

static void examples_on_the_page_are_read(void **state)
{
    static const char opening[] = "\n```json\n";
    char *page = load_page();
    uint32_t seen = 0;
    size_t blocks = 0;

    (void)state;
    for (const char *at = page; (at = strstr(at, opening)) != NULL; blocks++) {
        const char *end;
        struct feed_input input;
        struct ntsim_event event;
        int result;

        at += sizeof(opening) - 1;
        end = strstr(at, "\n```");
        EXPECT_TRUE(end != NULL);
        feed_input_open(&input, at, (size_t)(end - at), NULL, false);
        EXPECT_EQ(input.result, 0);
        while ((result = feed_input_next(&input, &event)) == 1)
            seen |= 1u << event.kind;
        if (result != 0)
            fail_msg("line %d of an example: %s", (int)input.error.place.line, input.error.reason);
        feed_input_close(&input);
    }
    EXPECT_TRUE(blocks >= 3);
    EXPECT_EQ(seen, (1u << NTSIM_EVENT_KIND_COUNT) - 1);
    free(page);
}

static const struct ntcb_test tests[] = {
    {"feed.ndjson.schema_is_the_parsers", "", schema_is_the_parsers, NULL, NULL},
    {"feed.ndjson.page_is_the_parsers", "", page_is_the_parsers, NULL, NULL},
    {"feed.ndjson.examples_on_the_page_are_read", "", examples_on_the_page_are_read, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
