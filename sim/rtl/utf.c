/* SPDX-License-Identifier: MIT
 *
 * utf.c - between the host's UTF-8 and the kernel's UTF-16.
 *
 * Lenient both ways: malformed UTF-8 and lone surrogates become U+FFFD, because names in recordings
 * and in drivers may hold anything.
 */
#include "simp.h"

#include <string.h>

#define RTLP_REPLACEMENT 0xFFFDu
#define RTLP_UNITS_MAX 32766u

/* The character at Text, *Bytes of Left long; malformed: U+FFFD, one byte. */
static uint32_t RtlpDecode(const unsigned char *Text, size_t Left, size_t *Bytes)
{
    static const uint32_t Least[] = {0, 0x80, 0x800, 0x10000};
    size_t More = Text[0] < 0xE0 ? 1 : Text[0] < 0xF0 ? 2 : 3;
    uint32_t Character = Text[0] & (0x3Fu >> More);

    *Bytes = 1;
    if (Text[0] < 0x80) {
        return Text[0];
    }
    if (Text[0] < 0xC2 || Text[0] > 0xF4 || More >= Left) {
        return RTLP_REPLACEMENT;
    }
    for (size_t Index = 1; Index <= More; Index++) {
        if ((Text[Index] & 0xC0) != 0x80) {
            return RTLP_REPLACEMENT;
        }
        Character = Character << 6 | (Text[Index] & 0x3Fu);
    }
    if (Character < Least[More] || Character > 0x10FFFF ||
        (Character >= 0xD800 && Character < 0xE000)) {
        return RTLP_REPLACEMENT;
    }
    *Bytes = More + 1;
    return Character;
}

size_t ntsim__utf16_character(const char *utf8, size_t left, WCHAR units[2], size_t *bytes)
{
    uint32_t character = RtlpDecode((const unsigned char *)utf8, left, bytes);

    if (character < 0x10000) {
        units[0] = (WCHAR)character;
        return 1;
    }
    units[0] = (WCHAR)(0xD800 + ((character - 0x10000) >> 10));
    units[1] = (WCHAR)(0xDC00 + ((character - 0x10000) & 0x3FF));
    return 2;
}

bool ntsim__utf16(const char *utf8, UNICODE_STRING *out)
{
    size_t left = strlen(utf8), most = left < RTLP_UNITS_MAX ? left : RTLP_UNITS_MAX;
    size_t units = 0, count, bytes;
    WCHAR pair[2], *text;

    /* A byte of UTF-8 never takes more than one unit. */
    text = ntsim__allocate((most + 1) * sizeof(WCHAR));
    if (text == NULL) {
        return false;
    }
    for (; left != 0; utf8 += bytes, left -= bytes) {
        count = ntsim__utf16_character(utf8, left, pair, &bytes);
        if (units + count > most) {
            break;
        }
        memcpy(text + units, pair, count * sizeof(WCHAR));
        units += count;
    }
    *out = (UNICODE_STRING){(USHORT)(units * sizeof(WCHAR)), (USHORT)((units + 1) * sizeof(WCHAR)),
                            text};
    return true;
}

/* The character at Text, *Units of Left long; a lone surrogate: U+FFFD. */
static uint32_t RtlpDecode16(const WCHAR *Text, size_t Left, size_t *Units)
{
    *Units = 1;
    if (Text[0] < 0xD800 || Text[0] >= 0xE000) {
        return Text[0];
    }
    if (Text[0] >= 0xDC00 || Left < 2 || Text[1] < 0xDC00 || Text[1] >= 0xE000) {
        return RTLP_REPLACEMENT;
    }
    *Units = 2;
    return 0x10000 + ((uint32_t)(Text[0] - 0xD800) << 10) + (uint32_t)(Text[1] - 0xDC00);
}

static size_t RtlpEncode(uint32_t Character, char Out[4])
{
    if (Character < 0x80) {
        Out[0] = (char)Character;
        return 1;
    }
    if (Character < 0x800) {
        Out[0] = (char)(0xC0 | Character >> 6);
        Out[1] = (char)(0x80 | (Character & 0x3F));
        return 2;
    }
    if (Character < 0x10000) {
        Out[0] = (char)(0xE0 | Character >> 12);
        Out[1] = (char)(0x80 | (Character >> 6 & 0x3F));
        Out[2] = (char)(0x80 | (Character & 0x3F));
        return 3;
    }
    Out[0] = (char)(0xF0 | Character >> 18);
    Out[1] = (char)(0x80 | (Character >> 12 & 0x3F));
    Out[2] = (char)(0x80 | (Character >> 6 & 0x3F));
    Out[3] = (char)(0x80 | (Character & 0x3F));
    return 4;
}

size_t ntsim__utf8(const WCHAR *text, size_t units, char *buffer, size_t bytes)
{
    size_t whole = 0, kept = 0, step;
    bool full = bytes == 0;
    char encoded[4];

    for (size_t at = 0; at < units; at += step) {
        size_t length = RtlpEncode(RtlpDecode16(text + at, units - at, &step), encoded);

        whole += length;
        full = full || kept + length >= bytes;
        if (!full) {
            memcpy(buffer + kept, encoded, length);
            kept += length;
        }
    }
    if (bytes != 0) {
        buffer[kept] = '\0';
    }
    return whole;
}
