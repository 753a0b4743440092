/* SPDX-License-Identifier: MIT
 *
 * crtsafe.c - the bounded string functions of the kernel's C run-time library (wcscpy_s and its
 * kin): 0, or an error number, and then the destination is empty.
 */
#include "rtl/rtlp_format.h"

#include <string.h>

#define RTLP_EINVAL 22
#define RTLP_ERANGE 34
#define RTLP_STRUNCATE 80
#define RTLP_TRUNCATE ((size_t)-1) /* as a count: as much as fits */

/* Source, at most Count characters of it, behind the first Used of Destination. */
#define RTLP_SAFE_PUT(Char, Name)                                                                  \
    static int Name(Char *Destination, size_t Size, size_t Used, const Char *Source, size_t Count) \
    {                                                                                              \
        if (Source == NULL) {                                                                      \
            Destination[0] = 0;                                                                    \
            return RTLP_EINVAL;                                                                    \
        }                                                                                          \
        for (size_t i = 0; i < Count && Source[i] != 0; i++) {                                     \
            if (Used == Size - 1) {                                                                \
                Destination[Count == RTLP_TRUNCATE ? Used : 0] = 0;                                \
                return Count == RTLP_TRUNCATE ? RTLP_STRUNCATE : RTLP_ERANGE;                      \
            }                                                                                      \
            Destination[Used++] = Source[i];                                                       \
        }                                                                                          \
        Destination[Used] = 0;                                                                     \
        return 0;                                                                                  \
    }                                                                                              \
    /* The characters that are there already; Size when they are not terminated. */                \
    static size_t Name##Used(const Char *Destination, size_t Size)                                 \
    {                                                                                              \
        size_t Used = 0;                                                                           \
                                                                                                   \
        while (Used < Size && Destination[Used] != 0) {                                            \
            Used++;                                                                                \
        }                                                                                          \
        return Used;                                                                               \
    }

RTLP_SAFE_PUT(WCHAR, RtlpPutWide)
RTLP_SAFE_PUT(char, RtlpPutNarrow)

#define RTLP_WHOLE (RTLP_TRUNCATE - 1)

#define RTLP_SAFE_FUNCTIONS(Char, Put, cpy, ncpy, cat, ncat)                           \
    int ncpy(Char *Destination, size_t Size, const Char *Source, size_t Count)         \
    {                                                                                  \
        if (Destination == NULL && Size == 0 && Count == 0) {                          \
            return 0;                                                                  \
        }                                                                              \
        if (Destination == NULL || Size == 0) {                                        \
            return RTLP_EINVAL;                                                        \
        }                                                                              \
        return Put(Destination, Size, 0, Count == 0 ? Destination : Source, Count);    \
    }                                                                                  \
    int cpy(Char *Destination, size_t Size, const Char *Source)                        \
    {                                                                                  \
        return ncpy(Destination, Size, Source, RTLP_WHOLE);                            \
    }                                                                                  \
    int ncat(Char *Destination, size_t Size, const Char *Source, size_t Count)         \
    {                                                                                  \
        size_t Used;                                                                   \
                                                                                       \
        if (Destination == NULL || Size == 0) {                                        \
            return Destination == NULL && Size == 0 && Count == 0 ? 0 : RTLP_EINVAL;   \
        }                                                                              \
        Used = Put##Used(Destination, Size);                                           \
        if (Used == Size) {                                                            \
            Destination[0] = 0;                                                        \
            return RTLP_EINVAL;                                                        \
        }                                                                              \
        return Put(Destination, Size, Used, Count == 0 ? Destination : Source, Count); \
    }                                                                                  \
    int cat(Char *Destination, size_t Size, const Char *Source)                        \
    {                                                                                  \
        return ncat(Destination, Size, Source, RTLP_WHOLE);                            \
    }

RTLP_SAFE_FUNCTIONS(WCHAR, RtlpPutWide, ntcb_wcscpy_s, ntcb_wcsncpy_s, ntcb_wcscat_s,
                    ntcb_wcsncat_s)
RTLP_SAFE_FUNCTIONS(char, RtlpPutNarrow, ntcb_strcpy_s, ntcb_strncpy_s, ntcb_strcat_s,
                    ntcb_strncat_s)

int ntcb_memmove_s(void *Destination, size_t Size, const void *Source, size_t Count)
{
    if (Count == 0) {
        return 0;
    }
    if (Destination == NULL) {
        return RTLP_EINVAL;
    }
    if (Source == NULL || Size < Count) {
        memset(Destination, 0, Size);
        return Source == NULL ? RTLP_EINVAL : RTLP_ERANGE;
    }
    memmove(Destination, Source, Count);
    return 0;
}

/* The length, or -1 and an empty buffer; with RTLP_TRUNCATE, -1 and what fits. */
static int RtlpSafeEnd(struct RTLP_SINK *Sink, size_t Size, size_t Count)
{
    size_t Fits = Count < Size ? Count : Size - 1;
    size_t End = Sink->Count;
    int Length = (int)Sink->Count;

    if (Sink->Count > Fits) {
        End = Count < Size || Count == RTLP_TRUNCATE ? Fits : 0;
        Length = -1;
    }
    if (Sink->Wide) {
        Sink->Units[End] = 0;
    } else {
        Sink->Bytes[End] = '\0';
    }
    return Length;
}

int ntcb_vsnprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, va_list Arguments)
{
    struct RTLP_SINK Sink = {.Bytes = Buffer, .Capacity = Size};

    if (Buffer == NULL || Size == 0 || Format == NULL) {
        return -1;
    }
    RtlpFormat(&Sink, Format, NULL, Arguments);
    return RtlpSafeEnd(&Sink, Size, Count);
}

int ntcb_vsnwprintf_s(WCHAR *Buffer, size_t Size, size_t Count, const WCHAR *Format,
                      va_list Arguments)
{
    struct RTLP_SINK Sink = {.Units = Buffer, .Wide = TRUE, .Capacity = Size};

    if (Buffer == NULL || Size == 0 || Format == NULL) {
        return -1;
    }
    RtlpFormat(&Sink, NULL, Format, Arguments);
    return RtlpSafeEnd(&Sink, Size, Count);
}

int ntcb_vsprintf_s(char *Buffer, size_t Size, const char *Format, va_list Arguments)
{
    return ntcb_vsnprintf_s(Buffer, Size, RTLP_WHOLE, Format, Arguments);
}

int ntcb_vswprintf_s(WCHAR *Buffer, size_t Size, const WCHAR *Format, va_list Arguments)
{
    return ntcb_vsnwprintf_s(Buffer, Size, RTLP_WHOLE, Format, Arguments);
}

#define RTLP_VARIADIC(Name, Char, Parameters, ...) \
    int Name Parameters                            \
    {                                              \
        va_list Arguments;                         \
        int Length;                                \
                                                   \
        va_start(Arguments, Format);               \
        Length = __VA_ARGS__;                      \
        va_end(Arguments);                         \
        return Length;                             \
    }

RTLP_VARIADIC(ntcb_sprintf_s, char, (char *Buffer, size_t Size, const char *Format, ...),
              ntcb_vsprintf_s(Buffer, Size, Format, Arguments))
RTLP_VARIADIC(ntcb_swprintf_s, WCHAR, (WCHAR * Buffer, size_t Size, const WCHAR *Format, ...),
              ntcb_vswprintf_s(Buffer, Size, Format, Arguments))
RTLP_VARIADIC(ntcb_snprintf_s, char,
              (char *Buffer, size_t Size, size_t Count, const char *Format, ...),
              ntcb_vsnprintf_s(Buffer, Size, Count, Format, Arguments))
RTLP_VARIADIC(ntcb_snwprintf_s, WCHAR,
              (WCHAR * Buffer, size_t Size, size_t Count, const WCHAR *Format, ...),
              ntcb_vsnwprintf_s(Buffer, Size, Count, Format, Arguments))
