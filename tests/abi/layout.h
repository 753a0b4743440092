/* SPDX-License-Identifier: MIT */
/*
 * layout.h - what the generated layout files are written in.
 *
 * Sizes, alignments, offsets and values are proved by the compiler. Where a bit-field lies can only
 * be seen in memory: an object with that field's bits all ones must have exactly those bits set.
 */
#ifndef NTCB_TEST_LAYOUT_H
#define NTCB_TEST_LAYOUT_H

/* The figures hold in both dialects; a driver's include path ends in ddk. */
#ifdef NTCB_HOST_DIALECT
#include <ntcallback/ddk/evntprov.h>
#include <ntcallback/ddk/ntregapi.h>
#include <ntcallback/ddk/ntundoc.h>
#else
#include <evntprov.h>
#include <ntregapi.h>
#include <ntundoc.h>
#endif

/* A freestanding compilation (another machine's target without its C library) proves only the
 * layout. */
#if __STDC_HOSTED__
#ifdef NTCB_DRIVER_DIALECT
int printf(const char *Format, ...); /* a driver's <stdio.h> has none */
#else
#include <stdio.h>
#endif
#else
struct FILE_;
extern struct FILE_ *stderr;
int fprintf(struct FILE_ *Stream, const char *Format, ...);
int printf(const char *Format, ...);
#endif

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define TYPE(t, size, align)                           \
    _Static_assert(sizeof(t) == (size), "sizeof " #t); \
    _Static_assert(_Alignof(t) == (align), "alignof " #t)
#define MEMBER(t, m, offset, size)                                                \
    _Static_assert(__builtin_offsetof(t, m) == (offset), "offset of " #t "." #m); \
    _Static_assert(sizeof(((t *)0)->m) == (size), "sizeof " #t "." #m)
#define ENUMERATOR(name, value) _Static_assert((name) == (value), #name)
#define CONSTANT(name, mask, value) \
    _Static_assert(((unsigned long long)(name) & (mask)) == (value), #name)
#if UINTPTR_MAX > 0xFFFFFFFFU
#define BY_MACHINE(x64, x86) (x64)
#else
#define BY_MACHINE(x64, x86) (x86)
#endif

#include "values.h"

struct BIT_FIELD {
    const void *Object;
    size_t Size;
    size_t FirstBit;
    size_t Width;
    const char *Name;
};

/* Returns 0 if every field lies where the table says, else 1 after naming those that do not. */
static int CheckBitFields(const struct BIT_FIELD *Fields, size_t Count)
{
    int Result = 0;

    for (size_t i = 0; i < Count; i++) {
        const unsigned char *Bytes = Fields[i].Object;

        for (size_t Bit = 0; Bit < Fields[i].Size * 8; Bit++) {
            int Set = (Bytes[Bit / 8] >> (Bit % 8)) & 1;
            int Expected = Bit >= Fields[i].FirstBit && Bit < Fields[i].FirstBit + Fields[i].Width;

            if (Set == Expected)
                continue;
            printf("%s: bit %zu is %d\n", Fields[i].Name, Bit, Set);
            Result = 1;
            break;
        }
    }
    printf("%zu bit-fields compared\n", Count);
    return Result;
}

#endif
