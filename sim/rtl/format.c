/* SPDX-License-Identifier: MIT
 *
 * format.c - the formatter behind DbgPrint and the kernel's C run-time library.
 *
 * The host's printf cannot serve: %wZ and %Z are unknown to it, %I64d and %ws mean something else,
 * wchar_t has another size, and %ld would take 64 bits. Byte strings are UTF-8 on both sides.
 * Floating point is not formatted, as in the kernel: the conversion appears as written.
 */
#include "rtl/rtlp_convert.h"

#include <string.h>

static WCHAR RtlpPeek(const struct RTLP_FORMAT *Format)
{
    return Format->Wide != NULL ? *Format->Wide : (WCHAR)(UCHAR)*Format->Narrow;
}

static WCHAR RtlpNext(struct RTLP_FORMAT *Format)
{
    return Format->Wide != NULL ? *Format->Wide++ : (WCHAR)(UCHAR)*Format->Narrow++;
}

/* Length of a string of which at most Precision elements may be read. */
static size_t RtlpNarrowLength(const char *Text, int Precision)
{
    return Precision >= 0 ? strnlen(Text, (size_t)Precision) : strlen(Text);
}

static size_t RtlpWideLength(const WCHAR *Text, int Precision)
{
    size_t Length = 0;

    while ((Precision < 0 || Length < (size_t)Precision) && Text[Length] != 0) {
        Length++;
    }
    return Length;
}

/* Is the text of this conversion wide? Lower case: as the format itself; upper case: the other. */
static BOOLEAN RtlpIsWide(const struct RTLP_FORMAT *Format, BOOLEAN UpperCase)
{
    if (Format->WideText) {
        return TRUE;
    }
    if (Format->NarrowText) {
        return FALSE;
    }
    return (Format->Wide != NULL) != UpperCase;
}

static VOID RtlpString(struct RTLP_FORMAT *Format, BOOLEAN UpperCase)
{
    const void *Text = va_arg(Format->Arguments, const void *);

    if (Text == NULL) {
        RtlpText(Format, "(null)", NULL, 6);
    } else if (RtlpIsWide(Format, UpperCase)) {
        RtlpText(Format, NULL, Text, RtlpWideLength(Text, Format->Precision));
    } else {
        RtlpText(Format, Text, NULL, RtlpNarrowLength(Text, Format->Precision));
    }
}

static VOID RtlpCharacter(struct RTLP_FORMAT *Format, BOOLEAN UpperCase)
{
    int Value = va_arg(Format->Arguments, int);
    WCHAR Unit = (WCHAR)Value;
    char Byte = (char)Value;

    Format->Precision = -1;
    if (RtlpIsWide(Format, UpperCase)) {
        RtlpText(Format, NULL, &Unit, 1);
    } else {
        RtlpText(Format, &Byte, NULL, 1);
    }
}

/* %wZ and %lZ take a UNICODE_STRING, %Z and %hZ an ANSI_STRING. */
static VOID RtlpCounted(struct RTLP_FORMAT *Format)
{
    const void *Argument = va_arg(Format->Arguments, const void *);
    const ANSI_STRING *Ansi = Argument;
    const UNICODE_STRING *Unicode = Argument;

    if (Argument == NULL || Ansi->Buffer == NULL) {
        RtlpText(Format, "(null)", NULL, 6);
    } else if (Format->WideText) {
        RtlpText(Format, NULL, Unicode->Buffer, Unicode->Length / sizeof(WCHAR));
    } else {
        RtlpText(Format, Ansi->Buffer, NULL, Ansi->Length);
    }
}

static ULONGLONG RtlpInteger(struct RTLP_FORMAT *Format, BOOLEAN Signed)
{
    if (Format->Size == RTLP_INT64 || (Format->Size == RTLP_POINTER && sizeof(void *) == 8)) {
        return va_arg(Format->Arguments, ULONGLONG);
    }
    if (Signed) {
        int Value = va_arg(Format->Arguments, int);

        Value = Format->Size == RTLP_SHORT ? (SHORT)Value : Value;
        return (ULONGLONG)(LONGLONG)(Format->Size == RTLP_CHAR ? (signed char)Value : Value);
    } else {
        unsigned Value = va_arg(Format->Arguments, unsigned);

        Value = Format->Size == RTLP_SHORT ? (USHORT)Value : Value;
        return Format->Size == RTLP_CHAR ? (UCHAR)Value : Value;
    }
}

static VOID RtlpSigned(struct RTLP_FORMAT *Format)
{
    LONGLONG Value = (LONGLONG)RtlpInteger(Format, TRUE);

    RtlpNumber(Format, Value < 0 ? 0 - (ULONGLONG)Value : (ULONGLONG)Value, 10, FALSE,
               Value < 0       ? "-"
               : Format->Plus  ? "+"
               : Format->Space ? " "
                               : "");
}

static VOID RtlpUnsigned(struct RTLP_FORMAT *Format, WCHAR Conversion)
{
    ULONGLONG Value = RtlpInteger(Format, FALSE);
    BOOLEAN Show = Format->Alternate && Value != 0;

    if (Conversion == u'u') {
        RtlpNumber(Format, Value, 10, FALSE, "");
    } else if (Conversion == u'o') {
        RtlpNumber(Format, Value, 8, FALSE, Show ? "0" : "");
    } else if (Conversion == u'x') {
        RtlpNumber(Format, Value, 16, FALSE, Show ? "0x" : "");
    } else {
        RtlpNumber(Format, Value, 16, TRUE, Show ? "0X" : "");
    }
}

/* All digits in upper case, no prefix. */
static VOID RtlpPointer(struct RTLP_FORMAT *Format)
{
    Format->Size = RTLP_POINTER;
    Format->Precision = (int)sizeof(void *) * 2;
    RtlpNumber(Format, RtlpInteger(Format, FALSE), 16, TRUE, "");
}

static VOID RtlpFlags(struct RTLP_FORMAT *Format)
{
    for (;;) {
        switch (RtlpPeek(Format)) {
        case u'-':
            Format->Left = TRUE;
            break;
        case u'+':
            Format->Plus = TRUE;
            break;
        case u' ':
            Format->Space = TRUE;
            break;
        case u'#':
            Format->Alternate = TRUE;
            break;
        case u'0':
            Format->Zero = TRUE;
            break;
        default:
            return;
        }
        RtlpNext(Format);
    }
}

/* A number in the format or, for '*', from the arguments. */
static int RtlpCount(struct RTLP_FORMAT *Format)
{
    int Value = 0;

    if (RtlpPeek(Format) == u'*') {
        RtlpNext(Format);
        return va_arg(Format->Arguments, int);
    }
    while (RtlpPeek(Format) >= u'0' && RtlpPeek(Format) <= u'9') {
        Value = Value < 100000 ? Value * 10 + (RtlpPeek(Format) - u'0') : Value;
        RtlpNext(Format);
    }
    return Value;
}

static VOID RtlpWidthAndPrecision(struct RTLP_FORMAT *Format)
{
    Format->Width = RtlpCount(Format);
    if (Format->Width < 0) {
        Format->Left = TRUE;
        Format->Width = Format->Width == -2147483647 - 1 ? 0 : -Format->Width;
    }
    Format->Precision = -1;
    if (RtlpPeek(Format) == u'.') {
        RtlpNext(Format);
        Format->Precision = RtlpCount(Format);
        Format->Precision = Format->Precision < 0 ? -1 : Format->Precision;
    }
}

/* After an I: 64, 32, or nothing for the size of a pointer. */
static enum RTLP_SIZE RtlpMicrosoftSize(struct RTLP_FORMAT *Format)
{
    WCHAR First = RtlpPeek(Format);
    WCHAR Second =
        First == 0 ? 0 : (Format->Wide != NULL ? Format->Wide[1] : (WCHAR)(UCHAR)Format->Narrow[1]);

    if ((First == u'6' && Second == u'4') || (First == u'3' && Second == u'2')) {
        RtlpNext(Format);
        RtlpNext(Format);
        return First == u'6' ? RTLP_INT64 : RTLP_INT;
    }
    return RTLP_POINTER;
}

static VOID RtlpSizes(struct RTLP_FORMAT *Format)
{
    for (;;) {
        switch (RtlpPeek(Format)) {
        case u'h':
            Format->Size = Format->NarrowText ? RTLP_CHAR : RTLP_SHORT;
            Format->NarrowText = TRUE;
            break;
        case u'l': /* 32 bits; twice: 64 */
            Format->Size = Format->WideText ? RTLP_INT64 : RTLP_INT;
            Format->WideText = TRUE;
            break;
        case u'w':
            Format->WideText = TRUE;
            break;
        case u'L':
        case u'j':
            Format->Size = RTLP_INT64;
            break;
        case u'z':
        case u't':
            Format->Size = RTLP_POINTER;
            break;
        case u'I':
            RtlpNext(Format);
            Format->Size = RtlpMicrosoftSize(Format);
            continue;
        default:
            return;
        }
        RtlpNext(Format);
    }
}

static VOID RtlpConvert(struct RTLP_FORMAT *Format, const char *Narrow, const WCHAR *Wide)
{
    WCHAR Conversion = RtlpPeek(Format);

    if (Conversion == 0) { /* the format ends within a conversion: nothing is printed of it */
        return;
    }
    RtlpNext(Format);
    switch (Conversion) {
    case u'd':
    case u'i':
        RtlpSigned(Format);
        break;
    case u'u':
    case u'o':
    case u'x':
    case u'X':
        RtlpUnsigned(Format, Conversion);
        break;
    case u'p':
        RtlpPointer(Format);
        break;
    case u's':
    case u'S':
        RtlpString(Format, Conversion == u'S');
        break;
    case u'c':
    case u'C':
        RtlpCharacter(Format, Conversion == u'C');
        break;
    case u'Z':
        RtlpCounted(Format);
        break;
    case u'n': /* never written through */
        (void)va_arg(Format->Arguments, void *);
        break;
    case u'e':
    case u'E':
    case u'f':
    case u'g':
    case u'G':
    case u'a':
    case u'A':
        (void)va_arg(Format->Arguments, double);
        if (Narrow != NULL) {
            RtlpPutNarrow(Format->Sink, Narrow, (size_t)(Format->Narrow - Narrow));
        } else {
            RtlpPutWide(Format->Sink, Wide, (size_t)(Format->Wide - Wide));
        }
        break;
    default: /* %% and what nobody knows: the character itself */
        RtlpPut(Format->Sink, Conversion);
        break;
    }
}

VOID RtlpFormat(struct RTLP_SINK *Sink, const char *Narrow, const WCHAR *Wide, va_list Arguments)
{
    struct RTLP_FORMAT Format = {.Sink = Sink, .Narrow = Narrow, .Wide = Wide};

    va_copy(Format.Arguments, Arguments);
    while (RtlpPeek(&Format) != 0) {
        const char *NarrowStart = Format.Narrow;
        const WCHAR *WideStart = Format.Wide;
        WCHAR Element = RtlpNext(&Format);

        if (Element != u'%') {
            RtlpPut(Sink, Element);
            continue;
        }
        Format.Left = Format.Plus = Format.Space = Format.Alternate = Format.Zero = FALSE;
        Format.WideText = Format.NarrowText = FALSE;
        Format.Size = RTLP_INT;
        RtlpFlags(&Format);
        RtlpWidthAndPrecision(&Format);
        RtlpSizes(&Format);
        RtlpConvert(&Format, NarrowStart, WideStart);
    }
    va_end(Format.Arguments);
}
