/* SPDX-License-Identifier: MIT
 *
 * procmon_detail.c - the words and numbers that Process Monitor writes into Result and Detail.
 *
 * Operations, results and keys are English in every locale; numbers are grouped as the locale says.
 */
#include "procmonp.h"

#include <string.h>

#define MAX_DATA 0x4000000u /* bytes; more is no value but a damaged row */

/* As those of words.c: a NULL text is the end. */
static const struct ntsim__word Results[] = {
    {"SUCCESS", 0},
    {"REPARSE", 0x104},
    {"BUFFER OVERFLOW", 0x80000005},
    {"NO MORE ENTRIES", 0x8000001A},
    {"INVALID HANDLE", 0xC0000008},
    {"INVALID PARAMETER", 0xC000000D},
    {"ACCESS DENIED", 0xC0000022},
    {"BUFFER TOO SMALL", 0xC0000023},
    {"OBJECT TYPE MISMATCH", 0xC0000024},
    {"NAME INVALID", 0xC0000033},
    {"NAME NOT FOUND", 0xC0000034},
    {"NAME COLLISION", 0xC0000035},
    {"PATH NOT FOUND", 0xC000003A},
    {"SHARING VIOLATION", 0xC0000043},
    {"PRIVILEGE NOT HELD", 0xC0000061},
    {"INSUFFICIENT RESOURCES", 0xC000009A},
    {"CANNOT DELETE", 0xC0000121},
    {"KEY DELETED", 0xC000017C},
    {"KEY HAS CHILDREN", 0xC0000180},
    {"CHILD MUST BE VOLATILE", 0xC0000181},
    {NULL, 0},
};

static const struct ntsim__word Accesses[] = {
    {"Read", 0x20019},
    {"Write", 0x20006},
    {"Read/Write", 0x2001F},
    {"All Access", 0xF003F},
    {"Query Value", 0x0001},
    {"Set Value", 0x0002},
    {"Create Sub Key", 0x0004},
    {"Enumerate Sub Keys", 0x0008},
    {"Notify", 0x0010},
    {"Create Link", 0x0020},
    {"WOW64_64Key", 0x0100},
    {"WOW64_32Key", 0x0200},
    {"WOW64_Res", 0x0300},
    {"Delete", 0x10000},
    {"Read Control", 0x20000},
    {"Write DAC", 0x40000},
    {"Write Owner", 0x80000},
    {"Synchronize", 0x100000},
    {"Access System Security", 0x01000000},
    {"Maximum Allowed", 0x02000000},
    {"Generic All", 0x10000000},
    {"Generic Execute", 0x20000000},
    {"Generic Write", 0x40000000},
    {"Generic Read", 0x80000000},
    {"None 0x0", 0},
    {NULL, 0},
};

static const struct ntsim__word QueryClasses[] = {
    {"Basic", 0}, {"Node", 1},           {"Full", 2},       {"Name", 3},  {"Cached", 4},
    {"Flags", 5}, {"Virtualization", 6}, {"HandleTags", 7}, {"Trust", 8}, {"Layer", 9},
    {NULL, 0},
};

static const struct ntsim__word SetClasses[] = {
    {"KeyWriteTimeInformation", 0},
    {"KeySetWriteTimeInformation", 0},
    {"KeyWow64FlagsInformation", 1},
    {"KeySetWow64FlagsInformation", 1},
    {"KeyControlFlagsInformation", 2},
    {"KeySetControlFlagsInformation", 2},
    {"KeySetVirtualizationInformation", 3},
    {"KeySetDebugInformation", 4},
    {"KeySetHandleTagsInformation", 5},
    {"KeySetLayerInformation", 6},
    {NULL, 0},
};

/* Besides ntsim__value_type_words. */
static const struct ntsim__word Types[] = {
    {"REG_DWORD_LITTLE_ENDIAN", 4},
    {"REG_QWORD_LITTLE_ENDIAN", 11},
    {NULL, 0},
};

static bool look_up(const struct ntsim__word *row, struct procmon_span word, uint32_t *value)
{
    for (; row->text != NULL; row++) {
        if (strlen(row->text) == word.length && memcmp(row->text, word.at, word.length) == 0) {
            *value = row->value;
            return true;
        }
    }
    return false;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : 99;
}

/* Bytes of a group separator at `at`: , . blank ' or a no-break space. */
static size_t separator(const char *at, size_t left)
{
    if (strchr(",. '", *at))
        return 1;
    if (left >= 2 && memcmp(at, "\xC2\xA0", 2) == 0)
        return 2;
    return left >= 3 && (memcmp(at, "\xE2\x80\xAF", 3) == 0 || memcmp(at, "\xE2\x80\x99", 3) == 0)
               ? 3
               : 0;
}

static bool hexadecimal(struct procmon_span text, uint64_t *value)
{
    *value = 0;
    if (text.length < 3 || text.length > 18 || text.at[0] != '0' || (text.at[1] | 0x20) != 'x')
        return false;
    for (size_t i = 2; i < text.length; i++) {
        if (digit_of(text.at[i]) > 15)
            return false;
        *value = *value << 4 | (uint64_t)digit_of(text.at[i]);
    }
    return true;
}

bool procmon_number(struct procmon_span text, uint64_t *value)
{
    size_t i = 0;

    if (hexadecimal(text, value))
        return true;
    *value = 0;
    if (!text.length || digit_of(text.at[0]) > 9)
        return false;
    while (i < text.length) {
        int digit = digit_of(text.at[i]);
        size_t skip = digit > 9 ? separator(text.at + i, text.length - i) : 1;

        if (!skip || (digit <= 9 && *value > (UINT64_MAX - 9) / 10))
            return false;
        if (digit <= 9)
            *value = *value * 10 + (uint64_t)digit;
        i += skip;
    }
    return digit_of(text.at[text.length - 1]) <= 9;
}

bool procmon_field(const char *detail, const char *key, bool greedy, struct procmon_span *value)
{
    size_t length = strlen(key);
    const char *at = detail, *stop;

    while ((at = strstr(at, key))) {
        if ((at == detail || (at >= detail + 2 && at[-2] == ',' && at[-1] == ' ')) &&
            at[length] == ':' && (at[length + 1] == ' ' || at[length + 1] == '\0'))
            break;
        at++;
    }
    if (!at)
        return false;
    at += length + 1;
    at += *at == ' ';
    stop = greedy ? NULL : strstr(at, ", ");
    *value = (struct procmon_span){at, stop ? (size_t)(stop - at) : strlen(at)};
    return true;
}

bool procmon_field_number(const char *detail, const char *key, uint64_t *value)
{
    struct procmon_span text;

    return procmon_field(detail, key, false, &text) && procmon_number(text, value);
}

bool procmon_access(struct procmon_span list, uint32_t *access, struct procmon_span *bad)
{
    const char *at = list.at, *end = list.at + list.length;

    *access = 0;
    for (;;) {
        const char *comma = at;
        uint64_t number;
        uint32_t bits;

        while (comma < end && !(comma[0] == ',' && comma + 1 < end && comma[1] == ' '))
            comma++;
        *bad = (struct procmon_span){at, (size_t)(comma - at)};
        if (hexadecimal(*bad, &number) && number <= UINT32_MAX)
            bits = (uint32_t)number;
        else if (!look_up(Accesses, *bad, &bits))
            return false;
        *access |= bits;
        if (comma == end)
            return true;
        at = comma + 2;
    }
}

bool procmon_status(const char *result, int32_t *status)
{
    struct procmon_span word = {result, strlen(result)};
    uint64_t number;
    uint32_t value;

    if (look_up(Results, word, &value)) {
        *status = (int32_t)value;
        return true;
    }
    *status = hexadecimal(word, &number) ? (int32_t)(uint32_t)number : 0;
    return hexadecimal(word, &number) && number <= UINT32_MAX;
}

bool procmon_query_class(struct procmon_span word, uint32_t *information_class)
{
    return look_up(QueryClasses, word, information_class);
}

bool procmon_set_class(struct procmon_span word, uint32_t *information_class)
{
    return look_up(SetClasses, word, information_class);
}

/* ---- value data ------------------------------------------------------------------------------ */

static int put_hex_pairs(struct ntsim__arena *arena, const char *text, struct procmon_value *value)
{
    uint8_t *data = ntsim__arena_alloc(arena, strlen(text) / 2 + 1);

    if (!data)
        return NTCB_ENOMEM;
    value->data = data;
    while (digit_of(text[0]) <= 15 && digit_of(text[1]) <= 15) {
        data[value->bytes++] = (uint8_t)(digit_of(text[0]) << 4 | digit_of(text[1]));
        text += 2;
        text += *text == ' ';
    }
    return 0;
}

static int put_number(struct ntsim__arena *arena, const char *text, struct procmon_value *value,
                      size_t bytes)
{
    uint8_t *data = ntsim__arena_alloc(arena, 8);
    uint64_t number;

    if (!data)
        return NTCB_ENOMEM;
    if (!procmon_number((struct procmon_span){text, strlen(text)}, &number))
        return 0;
    for (size_t i = 0; i < bytes; i++)
        data[i] = (uint8_t)(number >> 8 * i);
    value->data = data;
    value->bytes = bytes;
    return 0;
}

/* Decode what Data shows. Strings are shown to their first NUL; the one that ends the data is
 * there if Length leaves room for it. A multi-string is joined by ", ", which nothing can undo, and
 * the other types are not shown. */
static int put_data(struct ntsim__arena *arena, const char *text, struct procmon_value *value)
{
    switch (value->type) {
    case 1:
    case 2:
    case 6:
        value->data = ntsim__utf16_data(arena, text, strlen(text), &value->bytes);
        if (!value->data)
            return NTCB_ENOMEM;
        if (value->bytes != value->length)
            value->bytes -= 2;
        break;
    case 3:
        return put_hex_pairs(arena, text, value);
    case 4:
        return put_number(arena, text, value, 4);
    case 11:
        return put_number(arena, text, value, 8);
    default:
        break;
    }
    return 0;
}

int procmon_value(const char *text, struct ntsim__arena *arena, struct procmon_value *value)
{
    static const char Unknown[] = "<Unknown: ", Length[] = ", Length: ", Data[] = ", Data: ";
    const char *length = strstr(text, Length), *data;
    struct procmon_span word;
    uint64_t number;

    *value = (struct procmon_value){0};
    if (!length)
        return 0;
    word = (struct procmon_span){text, (size_t)(length - text)};
    if (word.length > sizeof(Unknown) && memcmp(text, Unknown, sizeof(Unknown) - 1) == 0) {
        word = (struct procmon_span){text + sizeof(Unknown) - 1, word.length - sizeof(Unknown)};
        if (!procmon_number(word, &number) || number > UINT32_MAX)
            return 0;
        value->type = (uint32_t)number;
    } else if (!look_up(ntsim__value_type_words, word, &value->type) &&
               !look_up(Types, word, &value->type)) {
        return 0;
    }
    length += sizeof(Length) - 1;
    data = strstr(length, Data);
    word = (struct procmon_span){length, data ? (size_t)(data - length) : strlen(length)};
    if (!procmon_number(word, &number) || number > MAX_DATA)
        return 0;
    value->length = (uint32_t)number;
    if (data && put_data(arena, data + sizeof(Data) - 1, value) != 0)
        return NTCB_ENOMEM;
    if (value->bytes > value->length)
        value->bytes = value->length;
    return 1;
}
