/* SPDX-License-Identifier: MIT
 *
 * crtprint.c - the formatters of the kernel's C run-time library, with Microsoft's returns: the
 * length when text and terminator fit; the length and no terminator when just the text fits; -1 and
 * a full buffer without terminator when it does not. A NULL buffer of 0 measures.
 */
#include "rtl/rtlp_format.h"

#define RTLP_NO_LIMIT ((size_t)1 << 30)

int ntcb_vsnprintf(char *Buffer, size_t Count, const char *Format, va_list Arguments)
{
    struct RTLP_SINK Sink = {.Bytes = Buffer, .Capacity = Buffer != NULL ? Count : 0};

    RtlpFormat(&Sink, Format, NULL, Arguments);
    if (Sink.Count < Sink.Capacity) {
        Buffer[Sink.Count] = '\0';
    }
    return Sink.Count <= Count || Buffer == NULL ? (int)Sink.Count : -1;
}

int ntcb_vsnwprintf(WCHAR *Buffer, size_t Count, const WCHAR *Format, va_list Arguments)
{
    struct RTLP_SINK Sink = {.Units = Buffer, .Wide = TRUE, .Capacity = Buffer != NULL ? Count : 0};

    RtlpFormat(&Sink, NULL, Format, Arguments);
    if (Sink.Count < Sink.Capacity) {
        Buffer[Sink.Count] = 0;
    }
    return Sink.Count <= Count || Buffer == NULL ? (int)Sink.Count : -1;
}

int ntcb_snprintf(char *Buffer, size_t Count, const char *Format, ...)
{
    va_list Arguments;
    int Length;

    va_start(Arguments, Format);
    Length = ntcb_vsnprintf(Buffer, Count, Format, Arguments);
    va_end(Arguments);
    return Length;
}

int ntcb_snwprintf(WCHAR *Buffer, size_t Count, const WCHAR *Format, ...)
{
    va_list Arguments;
    int Length;

    va_start(Arguments, Format);
    Length = ntcb_vsnwprintf(Buffer, Count, Format, Arguments);
    va_end(Arguments);
    return Length;
}

int ntcb_vsprintf(char *Buffer, const char *Format, va_list Arguments)
{
    return ntcb_vsnprintf(Buffer, RTLP_NO_LIMIT, Format, Arguments);
}

int ntcb_sprintf(char *Buffer, const char *Format, ...)
{
    va_list Arguments;
    int Length;

    va_start(Arguments, Format);
    Length = ntcb_vsprintf(Buffer, Format, Arguments);
    va_end(Arguments);
    return Length;
}

int ntcb_swprintf(WCHAR *Buffer, const WCHAR *Format, ...)
{
    va_list Arguments;
    int Length;

    va_start(Arguments, Format);
    Length = ntcb_vsnwprintf(Buffer, RTLP_NO_LIMIT, Format, Arguments);
    va_end(Arguments);
    return Length;
}
