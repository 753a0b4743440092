/* SPDX-License-Identifier: MIT
 *
 * utf16.c - UTF-16 files to UTF-8, and UTF-8 strings to registry data.
 *
 * What cannot be decoded becomes U+FFFD, as Windows' own conversions have it.
 */
#include "feed/feedp.h"

#include <stdlib.h>
#include <string.h>

#define REPLACEMENT 0xFFFDu

static size_t put_utf8(char *out, uint32_t point)
{
    unsigned char *bytes = (unsigned char *)out;
    size_t count = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};

    for (size_t i = count - 1; i > 0; i--) {
        bytes[i] = (unsigned char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    bytes[0] = (unsigned char)(marks[count] | point);
    return count;
}

static uint32_t unit_at(const unsigned char *bytes, bool big_endian)
{
    return (uint32_t)(big_endian ? bytes[0] << 8 | bytes[1] : bytes[1] << 8 | bytes[0]);
}

static int from_utf16(struct ntsim__bytes *bytes, bool big_endian)
{
    const unsigned char *in = (const unsigned char *)bytes->text;
    size_t units = bytes->size / 2;
    bool odd = bytes->size % 2 != 0;
    char *out;
    size_t used = 0;

    if (units > (SIZE_MAX - 4) / 3)
        return NTCB_ENOMEM;
    out = malloc(units * 3 + 4);
    if (out == NULL)
        return NTCB_ENOMEM;
    for (size_t i = 1; i < units; i++) {
        uint32_t point = unit_at(in + 2 * i, big_endian);

        if (point >= 0xD800 && point < 0xE000) {
            uint32_t low = i + 1 < units ? unit_at(in + 2 * (i + 1), big_endian) : 0;

            if (point < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
                point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
                i++;
            } else {
                point = REPLACEMENT;
            }
        }
        used += put_utf8(out + used, point);
    }
    if (odd)
        used += put_utf8(out + used, REPLACEMENT);
    out[used] = '\0';
    free(bytes->text);
    bytes->text = out;
    bytes->size = used;
    return 0;
}

int ntsim__bytes_to_utf8(struct ntsim__bytes *bytes)
{
    const unsigned char *mark = (const unsigned char *)bytes->text;

    if (bytes->size >= 3 && mark[0] == 0xEF && mark[1] == 0xBB && mark[2] == 0xBF) {
        bytes->size -= 3;
        memmove(bytes->text, bytes->text + 3, bytes->size + 1);
        return 0;
    }
    if (bytes->size >= 2 && mark[0] == 0xFF && mark[1] == 0xFE)
        return from_utf16(bytes, false);
    if (bytes->size >= 2 && mark[0] == 0xFE && mark[1] == 0xFF)
        return from_utf16(bytes, true);
    return 0;
}

/* Decodes one character at text, which has at least one byte left; returns the bytes it took. */
static size_t get_utf8(const unsigned char *text, size_t left, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t count = text[0] < 0x80             ? 1
                   : (text[0] & 0xE0) == 0xC0 ? 2
                   : (text[0] & 0xF0) == 0xE0 ? 3
                   : (text[0] & 0xF8) == 0xF0 ? 4
                                              : 0;
    uint32_t value = count == 1 ? text[0] : (uint32_t)(text[0] & (0x7F >> count));

    *point = REPLACEMENT;
    if (count == 0 || count > left)
        return 1;
    for (size_t i = 1; i < count; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 1;
        value = value << 6 | (text[i] & 0x3F);
    }
    if (value < least[count] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 1;
    *point = value;
    return count;
}

static size_t put_unit(uint8_t *out, uint32_t unit)
{
    out[0] = (uint8_t)unit;
    out[1] = (uint8_t)(unit >> 8);
    return 2;
}

uint8_t *ntsim__utf16_data(struct ntsim__arena *arena, const char *text, size_t length,
                           size_t *data_bytes)
{
    const unsigned char *in = (const unsigned char *)text;
    size_t used = 0;
    uint8_t *out;

    if (length > SIZE_MAX / 4)
        return NULL;
    out = ntsim__arena_alloc(arena, 2 * length + 2);
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < length;) {
        uint32_t point;

        i += get_utf8(in + i, length - i, &point);
        if (point >= 0x10000) {
            used += put_unit(out + used, 0xD800 + ((point - 0x10000) >> 10));
            point = 0xDC00 + ((point - 0x10000) & 0x3FF);
        }
        used += put_unit(out + used, point);
    }
    *data_bytes = used + put_unit(out + used, 0);
    return out;
}
