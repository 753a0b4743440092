/* SPDX-License-Identifier: MIT
 *
 * rtlp_convert.h - between the formatter's two halves: what a conversion asks for, and writing it.
 */
#ifndef SIM_RTL_RTLP_CONVERT_H
#define SIM_RTL_RTLP_CONVERT_H

#include "rtl/rtlp_format.h"

enum RTLP_SIZE { RTLP_INT, RTLP_CHAR, RTLP_SHORT, RTLP_INT64, RTLP_POINTER };

struct RTLP_FORMAT {
    struct RTLP_SINK *Sink;
    const char *Narrow; /* what is left of the format: one of the two */
    const WCHAR *Wide;
    va_list Arguments;

    /* The conversion at hand. */
    BOOLEAN Left, Plus, Space, Alternate, Zero;
    BOOLEAN WideText;   /* an l or w, */
    BOOLEAN NarrowText; /* or an h was given */
    int Width;
    int Precision; /* -1: none */
    enum RTLP_SIZE Size;
};

/* One element of the sink's own kind. */
VOID RtlpPut(struct RTLP_SINK *Sink, WCHAR Element);
/* Text of one kind into a sink of either. */
VOID RtlpPutWide(struct RTLP_SINK *Sink, const WCHAR *Text, size_t Units);
VOID RtlpPutNarrow(struct RTLP_SINK *Sink, const char *Text, size_t Bytes);
/* Text (one of the two) with its padding; Length is in its own elements, as width and precision. */
VOID RtlpText(struct RTLP_FORMAT *Format, const char *Narrow, const WCHAR *Wide, size_t Length);
VOID RtlpNumber(struct RTLP_FORMAT *Format, ULONGLONG Value, unsigned Base, BOOLEAN UpperCase,
                const char *Prefix);

#endif
