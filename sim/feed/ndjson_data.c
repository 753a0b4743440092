/* SPDX-License-Identifier: MIT
 *
 * ndjson_data.c - the data of a registry value, written as its type is read by people.
 *
 *   REG_SZ, REG_EXPAND_SZ, REG_LINK   text; the terminating NUL is added (not to REG_LINK)
 *   REG_DWORD, REG_QWORD, big-endian  a number or "0x..."
 *   REG_MULTI_SZ                      an array of texts; the terminators are added
 *   every other type                  hexadecimal text, "de ad be ef" or "deadbeef"
 *   any type                          {"hex": "..."}: exactly these bytes
 */
#include "feed/ndjsonp.h"

#include <string.h>

enum { TYPE_SZ = 1, TYPE_EXPAND_SZ = 2, TYPE_BINARY = 3, TYPE_DWORD = 4 };
enum { TYPE_DWORD_BIG_ENDIAN = 5, TYPE_LINK = 6, TYPE_MULTI_SZ = 7, TYPE_QWORD = 11 };

struct data {
    const uint8_t *bytes;
    size_t size;
};

/* 0, NTCB_EINVAL: it is no hexadecimal text, NTCB_ENOMEM. */
static int from_hex(struct ntsim__arena *arena, const json_t *value, struct data *out)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    uint8_t *bytes;
    size_t count = 0;

    if (text == NULL)
        return NTCB_EINVAL;
    bytes = ntsim__arena_alloc(arena, length / 2 + 1);
    if (bytes == NULL)
        return NTCB_ENOMEM;
    for (size_t i = 0; i < length; i++) {
        const char *digit;
        size_t nibble;

        if (text[i] == ' ' && count % 2 == 0)
            continue;
        digit = memchr(digits, text[i], sizeof(digits) - 1);
        if (digit == NULL)
            return NTCB_EINVAL;
        nibble = (size_t)(digit - digits);
        nibble = nibble < 16 ? nibble : nibble - 6;
        bytes[count / 2] = (uint8_t)((size_t)bytes[count / 2] << 4 | nibble);
        count++;
    }
    *out = (struct data){bytes, count / 2};
    return count % 2 == 0 ? 0 : NTCB_EINVAL;
}

static int from_text(struct ntsim__arena *arena, const json_t *value, bool terminated,
                     struct data *out)
{
    if (!json_is_string(value))
        return NTCB_EINVAL;
    out->bytes =
        ntsim__utf16_data(arena, json_string_value(value), json_string_length(value), &out->size);
    if (out->bytes == NULL)
        return NTCB_ENOMEM;
    if (!terminated)
        out->size -= 2;
    return 0;
}

static int from_number(struct ntsim__arena *arena, const json_t *value, size_t size,
                       bool big_endian, struct data *out)
{
    uint64_t number;
    uint8_t *bytes;

    if (!ntsim__ndjson_number(value, size == 4 ? UINT32_MAX : UINT64_MAX, &number))
        return NTCB_EINVAL;
    bytes = ntsim__arena_alloc(arena, size);
    if (bytes == NULL)
        return NTCB_ENOMEM;
    for (size_t i = 0; i < size; i++)
        bytes[big_endian ? size - 1 - i : i] = (uint8_t)(number >> (8 * i));
    *out = (struct data){bytes, size};
    return 0;
}

static int from_texts(struct ntsim__arena *arena, const json_t *value, struct data *out)
{
    size_t most = 2, used = 0;
    uint8_t *bytes;
    json_t *item;
    size_t i;

    if (!json_is_array(value))
        return NTCB_EINVAL;
    json_array_foreach(value, i, item)
    {
        if (!json_is_string(item))
            return NTCB_EINVAL;
        most += 2 * json_string_length(item) + 2;
    }
    bytes = ntsim__arena_alloc(arena, most);
    if (bytes == NULL)
        return NTCB_ENOMEM;
    json_array_foreach(value, i, item)
    {
        struct data one;
        int result = from_text(arena, item, true, &one);

        if (result != 0)
            return result;
        memcpy(bytes + used, one.bytes, one.size);
        used += one.size;
    }
    *out = (struct data){bytes, used + 2};
    return 0;
}

static uint32_t natural_type(const json_t *value)
{
    return json_is_string(value)    ? TYPE_SZ
           : json_is_integer(value) ? TYPE_DWORD
           : json_is_array(value)   ? TYPE_MULTI_SZ
                                    : TYPE_BINARY;
}

int ntsim__ndjson_bytes(struct ntsim__ndjson_line *line, const struct ntsim__ndjson_field *field,
                        const json_t *value, uint32_t *type, const uint8_t **data,
                        size_t *data_bytes)
{
    struct data out = {NULL, 0};
    int result;

    if (*type == UINT32_MAX)
        *type = natural_type(value);
    if (json_is_object(value) && json_object_size(value) == 1 &&
        json_object_get(value, "hex") != NULL) {
        result = from_hex(line->arena, json_object_get(value, "hex"), &out);
    } else {
        switch (*type) {
        case TYPE_SZ:
        case TYPE_EXPAND_SZ:
        case TYPE_LINK:
            result = from_text(line->arena, value, *type != TYPE_LINK, &out);
            break;
        case TYPE_DWORD:
        case TYPE_DWORD_BIG_ENDIAN:
            result = from_number(line->arena, value, 4, *type == TYPE_DWORD_BIG_ENDIAN, &out);
            break;
        case TYPE_QWORD:
            result = from_number(line->arena, value, 8, false, &out);
            break;
        case TYPE_MULTI_SZ:
            result = from_texts(line->arena, value, &out);
            break;
        default:
            result = from_hex(line->arena, value, &out);
        }
    }
    *data = out.bytes;
    *data_bytes = out.size;
    return result == NTCB_EINVAL ? ntsim__ndjson_wrong_type(line, field, value) : result;
}
