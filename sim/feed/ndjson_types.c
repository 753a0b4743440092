/* SPDX-License-Identifier: MIT
 *
 * ndjson_types.c - one JSON value into one member, per type of field.
 */
#include "feed/ndjsonp.h"

#include <string.h>

/* ---- numbers -------------------------------------------------------------------------------- */

static bool hexadecimal(const char *text, uint64_t *out)
{
    uint64_t value = 0;
    size_t digits = 0;

    if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
        return false;
    for (text += 2; *text != '\0'; text++, digits++) {
        const char *all = "0123456789abcdefABCDEF";
        const char *digit = strchr(all, *text);
        size_t index;

        if (digit == NULL || digits == 16)
            return false;
        index = (size_t)(digit - all);
        value = value << 4 | (index < 16 ? index : index - 6);
    }
    *out = value;
    return digits > 0;
}

bool ntsim__ndjson_number(const json_t *value, uint64_t max, uint64_t *out)
{
    if (json_is_integer(value)) {
        if (json_integer_value(value) < 0)
            return false;
        *out = (uint64_t)json_integer_value(value);
    } else if (!json_is_string(value) || !hexadecimal(json_string_value(value), out)) {
        return false;
    }
    return *out <= max;
}

int ntsim__ndjson_u8(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                     const json_t *value, void *object)
{
    uint64_t number = 0;

    if (!ntsim__ndjson_number(value, UINT8_MAX, &number))
        return ntsim__ndjson_wrong_type(line, field, value);
    *(uint8_t *)object = (uint8_t)number;
    return 0;
}

int ntsim__ndjson_u32(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                      const json_t *value, void *object)
{
    uint64_t number = 0;

    if (!ntsim__ndjson_number(value, UINT32_MAX, &number))
        return ntsim__ndjson_wrong_type(line, field, value);
    *(uint32_t *)object = (uint32_t)number;
    return 0;
}

int ntsim__ndjson_u64(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                      const json_t *value, void *object)
{
    if (!ntsim__ndjson_number(value, UINT64_MAX, (uint64_t *)object))
        return ntsim__ndjson_wrong_type(line, field, value);
    return 0;
}

/* ---- truth ---------------------------------------------------------------------------------- */

int ntsim__ndjson_boolean(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                          const json_t *value, void *object)
{
    if (!json_is_boolean(value))
        return ntsim__ndjson_wrong_type(line, field, value);
    *(bool *)object = json_is_true(value);
    return 0;
}

/* A bit of `has` and nothing else: `object` is the bits. */
int ntsim__ndjson_flag(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                       const json_t *value, void *object)
{
    if (!json_is_boolean(value))
        return ntsim__ndjson_wrong_type(line, field, value);
    if (json_is_true(value))
        *(uint32_t *)object |= field->has;
    return 0;
}

/* ---- text ----------------------------------------------------------------------------------- */

static bool is_plain_text(const json_t *value)
{
    return json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value);
}

int ntsim__ndjson_text(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                       const json_t *value, void *object)
{
    const char *copy;

    if (!is_plain_text(value))
        return ntsim__ndjson_wrong_type(line, field, value);
    copy = ntsim__arena_text(line->arena, json_string_value(value), json_string_length(value));
    *(const char **)object = copy;
    return copy != NULL ? 0 : NTCB_ENOMEM;
}

int ntsim__ndjson_registry_name(struct ntsim__ndjson_line *line,
                                const struct ntsim__ndjson_field *field, const json_t *value,
                                void *object)
{
    char sid[NTSIM__SID_BYTES];
    char *name = NULL;
    int result;

    if (!is_plain_text(value))
        return ntsim__ndjson_wrong_type(line, field, value);
    ntsim__account_sid(line->event->account, sid);
    result = ntsim__registry_name(line->arena, json_string_value(value), sid, 0, &name);
    *(const char **)object = name;
    return result == NTCB_EINVAL ? ntsim__ndjson_wrong_type(line, field, value) : result;
}

int ntsim__ndjson_kind(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                       const json_t *value, void *object)
{
    const char *nearest = NULL;
    unsigned least = 3;
    int kind;

    if (!is_plain_text(value))
        return ntsim__ndjson_wrong_type(line, field, value);
    kind = ntsim_event_kind_of(json_string_value(value));
    if (kind >= 0) {
        *(enum ntsim_event_kind *)object = (enum ntsim_event_kind)kind;
        return 0;
    }
    for (int i = 0; i < NTSIM_EVENT_KIND_COUNT; i++) {
        const char *name = ntsim_event_name((enum ntsim_event_kind)i);
        unsigned distance =
            ntsim__word_distance(json_string_value(value), json_string_length(value), name);

        if (distance < least) {
            least = distance;
            nearest = name;
        }
    }
    ntsim__ndjson_wrong_type(line, field, value);
    if (nearest != NULL)
        ntsim__feed_advise(line->error, "Did you mean \"%s\"?", nearest);
    return NTCB_EFORMAT;
}

/* ---- words ---------------------------------------------------------------------------------- */

static int unknown_word(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                        const struct ntsim__word *words, const json_t *value, const char *word,
                        size_t length)
{
    const char *nearest = ntsim__word_near(words, word, length);

    ntsim__ndjson_wrong_type(line, field, value);
    if (nearest != NULL)
        ntsim__feed_advise(line->error, "Did you mean \"%s\"?", nearest);
    return NTCB_EFORMAT;
}

static int one_word(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                    const struct ntsim__word *words, const json_t *value, uint64_t max,
                    uint64_t *out)
{
    const struct ntsim__word *word;

    if (ntsim__ndjson_number(value, max, out))
        return 0;
    if (!json_is_string(value))
        return ntsim__ndjson_wrong_type(line, field, value);
    word = ntsim__word_find(words, json_string_value(value), json_string_length(value));
    if (word == NULL)
        return unknown_word(line, field, words, value, json_string_value(value),
                            json_string_length(value));
    *out = word->value;
    return 0;
}

static int word_u32(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                    const struct ntsim__word *words, const json_t *value, void *object)
{
    uint64_t number = 0;
    int result = one_word(line, field, words, value, UINT32_MAX, &number);

    if (result == 0)
        *(uint32_t *)object = (uint32_t)number;
    return result;
}

/* "A|B|C", with blanks around the bars if one likes. */
static int joined_words(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                        const struct ntsim__word *words, const json_t *value, void *object)
{
    uint64_t number = 0;
    uint32_t bits = 0;
    const char *text, *end;

    if (ntsim__ndjson_number(value, UINT32_MAX, &number)) {
        *(uint32_t *)object = (uint32_t)number;
        return 0;
    }
    if (!is_plain_text(value))
        return ntsim__ndjson_wrong_type(line, field, value);
    text = json_string_value(value);
    do {
        const struct ntsim__word *word;
        size_t length;

        text += strspn(text, " ");
        end = text + strcspn(text, "|");
        for (length = (size_t)(end - text); length > 0 && text[length - 1] == ' '; length--) {
        }
        word = ntsim__word_find(words, text, length);
        if (word == NULL)
            return unknown_word(line, field, words, value, text, length);
        bits |= word->value;
        text = end + 1;
    } while (*end != '\0');
    *(uint32_t *)object = bits;
    return 0;
}

int ntsim__ndjson_status(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                         const json_t *value, void *object)
{
    if (json_is_integer(value) && json_integer_value(value) < 0 &&
        json_integer_value(value) >= INT32_MIN) {
        *(int32_t *)object = (int32_t)json_integer_value(value);
        return 0;
    }
    return word_u32(line, field, ntsim__status_words, value, object);
}

int ntsim__ndjson_access(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                         const json_t *value, void *object)
{
    return joined_words(line, field, ntsim__access_words, value, object);
}

int ntsim__ndjson_options(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                          const json_t *value, void *object)
{
    return joined_words(line, field, ntsim__option_words, value, object);
}

int ntsim__ndjson_class(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                        const json_t *value, void *object)
{
    const struct ntsim__word *words = line->event->kind == NTSIM_EVENT_KEY_SET_INFORMATION
                                          ? ntsim__set_class_words
                                      : line->event->kind == NTSIM_EVENT_VALUE_QUERY ||
                                              line->event->kind == NTSIM_EVENT_VALUE_ENUMERATE
                                          ? ntsim__value_class_words
                                          : ntsim__key_class_words;

    return word_u32(line, field, words, value, object);
}

int ntsim__ndjson_value_type(struct ntsim__ndjson_line *line,
                             const struct ntsim__ndjson_field *field, const json_t *value,
                             void *object)
{
    return word_u32(line, field, ntsim__value_type_words, value, object);
}

int ntsim__ndjson_disposition(struct ntsim__ndjson_line *line,
                              const struct ntsim__ndjson_field *field, const json_t *value,
                              void *object)
{
    uint64_t number = 0;
    int result = one_word(line, field, ntsim__disposition_words, value, 2, &number);

    if (result == 0 && number == 0)
        return ntsim__ndjson_wrong_type(line, field, value);
    if (result == 0)
        *(uint32_t *)object = (uint32_t)number;
    return result;
}

int ntsim__ndjson_machine(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                          const json_t *value, void *object)
{
    uint64_t number = 0;
    int result = one_word(line, field, ntsim__machine_words, value, UINT16_MAX, &number);

    if (result == 0)
        *(uint16_t *)object = (uint16_t)number;
    return result;
}

/* ---- data ----------------------------------------------------------------------------------- */

int ntsim__ndjson_data(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                       const json_t *value, void *object)
{
    struct ntsim_event *event = line->event;
    struct ntsim_expect *expect = &event->expect;
    bool in_event = object == (void *)&event->data;
    uint32_t *has = in_event ? &event->has : &expect->has;
    uint32_t *type = in_event ? &event->type : &expect->type;
    uint32_t known = *has & NTSIM_HAS_TYPE ? *type : UINT32_MAX;
    int result =
        ntsim__ndjson_bytes(line, field, value, &known, in_event ? &event->data : &expect->data,
                            in_event ? &event->data_bytes : &expect->data_bytes);

    if (result == 0)
        *type = known;
    if (result == 0 && in_event)
        *has |= NTSIM_HAS_TYPE;
    return result;
}
