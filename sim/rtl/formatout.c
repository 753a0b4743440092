/* SPDX-License-Identifier: MIT
 *
 * formatout.c - the formatter's output: text and digits with their padding, into either kind of
 * sink.
 */
#include "rtl/rtlp_convert.h"

#include <string.h>

/* One element of the sink's own kind. */
VOID RtlpPut(struct RTLP_SINK *Sink, WCHAR Element)
{
    if (Sink->Count < Sink->Capacity) {
        if (Sink->Wide) {
            Sink->Units[Sink->Count] = Element;
        } else {
            Sink->Bytes[Sink->Count] = (char)Element;
        }
    }
    Sink->Count++;
}

static VOID RtlpFill(struct RTLP_SINK *Sink, WCHAR Element, int Count)
{
    while (Count-- > 0) {
        RtlpPut(Sink, Element);
    }
}

/* Wide text into a byte sink, or bytes into a wide one, character by character. */
VOID RtlpPutWide(struct RTLP_SINK *Sink, const WCHAR *Text, size_t Units)
{
    char Bytes[8];
    size_t At, Step, Index;

    for (At = 0; At < Units; At += Step) {
        Step = 1;
        if (Sink->Wide) {
            RtlpPut(Sink, Text[At]);
            continue;
        }
        if (Text[At] >= 0xD800 && Text[At] < 0xDC00 && At + 1 < Units && Text[At + 1] >= 0xDC00 &&
            Text[At + 1] < 0xE000) {
            Step = 2;
        }
        ntsim__utf8(Text + At, Step, Bytes, sizeof(Bytes));
        for (Index = 0; Bytes[Index] != '\0' || (Index == 0 && Text[At] == 0); Index++) {
            RtlpPut(Sink, (WCHAR)(UCHAR)Bytes[Index]);
        }
    }
}

VOID RtlpPutNarrow(struct RTLP_SINK *Sink, const char *Text, size_t Bytes)
{
    WCHAR Units[2];
    size_t At, Step, Count;

    for (At = 0; At < Bytes; At += Step) {
        Step = 1;
        if (!Sink->Wide) {
            RtlpPut(Sink, (WCHAR)(UCHAR)Text[At]);
            continue;
        }
        Count = ntsim__utf16_character(Text + At, Bytes - At, Units, &Step);
        RtlpPut(Sink, Units[0]);
        if (Count == 2) {
            RtlpPut(Sink, Units[1]);
        }
    }
}

/* Text with its padding; Length is in its own elements, and so are width and precision. */
VOID RtlpText(struct RTLP_FORMAT *Format, const char *Narrow, const WCHAR *Wide, size_t Length)
{
    int Pad;

    if (Format->Precision >= 0 && Length > (size_t)Format->Precision) {
        Length = (size_t)Format->Precision;
    }
    Pad = Length < (size_t)Format->Width ? Format->Width - (int)Length : 0;
    if (!Format->Left) {
        RtlpFill(Format->Sink, Format->Zero ? u'0' : u' ', Pad);
    }
    if (Wide != NULL) {
        RtlpPutWide(Format->Sink, Wide, Length);
    } else {
        RtlpPutNarrow(Format->Sink, Narrow, Length);
    }
    if (Format->Left) {
        RtlpFill(Format->Sink, u' ', Pad);
    }
}

VOID RtlpNumber(struct RTLP_FORMAT *Format, ULONGLONG Value, unsigned Base, BOOLEAN UpperCase,
                const char *Prefix)
{
    const char *Digits = UpperCase ? "0123456789ABCDEF" : "0123456789abcdef";
    char Text[24];
    int Length = 0, Zeros, Pad;

    while (Value != 0) {
        Text[Length++] = Digits[Value % Base];
        Value /= Base;
    }
    if (Length == 0 && Format->Precision != 0) {
        Text[Length++] = '0';
    }
    Zeros = Format->Precision > Length ? Format->Precision - Length : 0;
    Pad = Format->Width - Length - Zeros - (int)strlen(Prefix);
    if (Format->Zero && !Format->Left && Format->Precision < 0 && Pad > 0) {
        Zeros = Pad;
        Pad = 0;
    }
    if (!Format->Left) {
        RtlpFill(Format->Sink, u' ', Pad);
    }
    RtlpPutNarrow(Format->Sink, Prefix, strlen(Prefix));
    RtlpFill(Format->Sink, u'0', Zeros);
    while (Length > 0) {
        RtlpPut(Format->Sink, (WCHAR)Text[--Length]);
    }
    if (Format->Left) {
        RtlpFill(Format->Sink, u' ', Pad);
    }
}
