/* SPDX-License-Identifier: MIT
 *
 * refchoose.c - the choices of a player: names from a small alphabet, sizes at their edges.
 */
#include "refplay.h"

#include <stdlib.h>
#include <string.h>

#define LONG_NAME 255
#define LONG_VALUE_NAME 16383

/* NUL is a letter here: the lengths are given. */
static const struct {
    const WCHAR *text;
    USHORT count;
} letters[] = {
    {u"a", 1},
    {u"A", 1},
    {u"b", 1},
    {u"B", 1},
    {u"ab", 2},
    {u"aB", 2},
    {u"c", 1},
    {u"\u00E4", 1},
    {u"\u00C4", 1},
    {u"\u00FF", 1},
    {u"\u0178", 1},
    {u"link", 4},
    {u"Link", 4},
    {u"x/y", 3},
    {u"n\0", 2},
    {u"\xD800"
     u"a",
     2},
    {u".", 1},
    {u"..", 2},
    {u"\u0131I", 2},
    {u"long name", 9},
    {u"z\0\0", 3},
    {u"Z", 1},
    {u"\0z", 2},
    {u"\uFFFF", 1},
    {u"SymbolicLinkValue", 17},
};
#define LETTERS (sizeof(letters) / sizeof(letters[0]))

static const ULONG sizes[] = {0, 1, 2, 3, 4, 8, 15, 16, 17, 255, 1000, 4096, 16384, 65535, 65536};

uint8_t ref_choose(struct ref_play *play)
{
    if (play->bytes == NULL) {
        play->seed ^= play->seed << 13;
        play->seed ^= play->seed >> 7;
        play->seed ^= play->seed << 17;
        return (uint8_t)(play->seed >> 32);
    }
    if (play->left == 0) {
        return 0;
    }
    play->left--;
    return *play->bytes++;
}

uint32_t ref_choose_word(struct ref_play *play)
{
    uint32_t word = ref_choose(play);
    for (unsigned index = 1; index < 4; index++) {
        word = word << 8 | ref_choose(play);
    }
    return word;
}

KPROCESSOR_MODE ref_choose_mode(struct ref_play *play)
{
    return (ref_choose(play) & 1) != 0 ? UserMode : KernelMode;
}

struct ref_slot *ref_choose_slot(struct ref_play *play)
{
    uint8_t choice = ref_choose(play);
    return &play->slots[choice % (choice < 0x80 ? REF_SLOTS : 2)];
}

/* A handle that nobody has is given for an empty slot now and then, else NULL. */
HANDLE ref_slot_handle(const struct ref_slot *slot)
{
    return slot->mine != NULL ? slot->handle : (HANDLE)(ULONG_PTR)0x7FFF0;
}

static void append(WCHAR *text, size_t *count, const WCHAR *from, size_t units)
{
    memcpy(text + *count, from, units * sizeof(WCHAR));
    *count += units;
}

static void append_many(WCHAR *text, size_t *count, WCHAR unit, size_t units)
{
    for (size_t index = 0; index < units; index++) {
        text[(*count)++] = unit;
    }
}

/* Half of the names are among the first few: they are to be met again. */
static void append_component(struct ref_play *play, WCHAR *text, size_t *count)
{
    uint8_t choice = ref_choose(play);
    size_t letter = choice % (choice < 0x80 ? LETTERS : 6);
    if (choice >= 0xF8) {
        append_many(text, count, u'L', choice >= 0xFC ? LONG_NAME : LONG_NAME + 1);
    } else {
        append(text, count, letters[letter].text, letters[letter].count);
    }
}

/* Takes what a caller's memory would hold: not one unit more. */
static void keep(struct ref_text *text, const WCHAR *from, size_t count)
{
    USHORT bytes = (USHORT)(count * sizeof(WCHAR));
    text->string = ref_copy_text((UNICODE_STRING){bytes, bytes, (PWCH)(ULONG_PTR)from});
    text->pointer = &text->string;
}

static size_t count_units(const WCHAR *text)
{
    size_t count = 0;
    while (text[count] != 0) {
        count++;
    }
    return count;
}

void ref_choose_path(struct ref_play *play, bool absolute, struct ref_text *text)
{
    static const WCHAR *const special[] = {
        u"Machine", u"\\", u"\\\\\\", u"\\Foobar", u"\\Foobar\\Machine", u"\\Machine\\Software",
        u""};
    WCHAR *units = ref_allocate(4096 * sizeof(WCHAR));
    uint8_t choice = ref_choose(play);
    size_t count = 0;
    if (absolute && choice >= 0xF0) {
        const WCHAR *chosen = special[choice % (sizeof(special) / sizeof(special[0]))];
        append(units, &count, chosen, count_units(chosen));
    } else {
        if (absolute) {
            append(units, &count, play->base, count_units(play->base));
        }
        for (unsigned index = 0; index < (choice & 3); index++) {
            if (index != 0 || absolute) {
                append_many(units, &count, u'\\', (choice & 0x30) == 0x30 ? 2 : 1);
            }
            append_component(play, units, &count);
        }
        append_many(units, &count, u'\\', (choice & 0x0C) == 0x0C ? 1 : 0);
        if (!absolute && (choice & 0xC0) == 0xC0 && count != 0) {
            memmove(units + 1, units, count * sizeof(WCHAR)); /* not relative after all */
            units[0] = u'\\';
            count++;
        }
    }
    keep(text, units, count);
    free(units);
}

void ref_choose_name(struct ref_play *play, struct ref_text *text)
{
    WCHAR *units = ref_allocate((LONG_VALUE_NAME + 32) * sizeof(WCHAR));
    uint8_t choice = ref_choose(play);
    size_t count = 0;
    if (choice == 0xFF) {
        append_many(units, &count, u'v', LONG_VALUE_NAME);
    } else if (choice == 0xFE) {
        append_many(units, &count, u'v', LONG_VALUE_NAME + 1);
    } else if (choice >= 0x10) {
        append_component(play, units, &count);
        append_many(units, &count, 0, (choice & 0x1C) == 0x1C ? choice & 3 : 0);
        append_many(units, &count, u'\\', (choice & 0x1F) == 0x13 ? 1 : 0);
    }
    keep(text, units, count);
    if (choice == 0x0F) {
        text->pointer = NULL;
    } else if (choice == 0xFD && count != 0) {
        text->string.Length--;
    }
    free(units);
}

UCHAR *ref_choose_data(struct ref_play *play, ULONG *bytes)
{
    uint8_t choice = ref_choose(play);
    uint8_t fill = ref_choose(play);
    if (choice >= 0x80) {
        struct ref_text target;
        ref_choose_path(play, (choice & 0x70) != 0x70, &target);
        *bytes = target.string.Length;
        return (UCHAR *)target.string.Buffer;
    }
    *bytes = sizes[choice % (sizeof(sizes) / sizeof(sizes[0]))];
    UCHAR *data = ref_allocate(*bytes);
    for (ULONG index = 0; index < *bytes; index++) {
        data[index] = (UCHAR)(fill + index);
    }
    return data;
}

void ref_free_text(struct ref_text *text)
{
    free(text->string.Buffer);
}
