/* SPDX-License-Identifier: MIT
 *
 * crtword.c - words and numbers of the kernel's C run-time library: spans, tokens, conversions.
 * A Microsoft long has 32 bits: strtoul and its kin saturate there.
 */
#include "simp.h"

size_t ntcb_wcsspn(const WCHAR *String, const WCHAR *Control)
{
    size_t Length = 0;

    while (String[Length] != 0 && ntcb_wcschr(Control, String[Length]) != NULL) {
        Length++;
    }
    return Length;
}

size_t ntcb_wcscspn(const WCHAR *String, const WCHAR *Control)
{
    size_t Length = 0;

    while (String[Length] != 0 && ntcb_wcschr(Control, String[Length]) == NULL) {
        Length++;
    }
    return Length;
}

WCHAR *ntcb_wcspbrk(const WCHAR *String, const WCHAR *Control)
{
    String += ntcb_wcscspn(String, Control);
    return *String != 0 ? (WCHAR *)String : NULL;
}

WCHAR *ntcb_wcstok_s(WCHAR *String, const WCHAR *Delimiters, WCHAR **Context)
{
    WCHAR *Token = String != NULL ? String : *Context;
    WCHAR *End;

    Token += ntcb_wcsspn(Token, Delimiters);
    End = Token + ntcb_wcscspn(Token, Delimiters);
    *Context = *End != 0 ? End + 1 : End;
    *End = 0;
    return End != Token ? Token : NULL;
}

WCHAR *ntcb_wcslwr(WCHAR *String)
{
    for (WCHAR *Next = String; *Next != 0; Next++) {
        *Next = ntcb_towlower(*Next);
    }
    return String;
}

WCHAR *ntcb_wcsupr(WCHAR *String)
{
    for (WCHAR *Next = String; *Next != 0; Next++) {
        *Next = ntcb_towupper(*Next);
    }
    return String;
}

char *ntcb_strlwr(char *String)
{
    for (char *Next = String; *Next != '\0'; Next++) {
        *Next = (char)(*Next >= 'A' && *Next <= 'Z' ? *Next + 0x20 : *Next);
    }
    return String;
}

char *ntcb_strupr(char *String)
{
    for (char *Next = String; *Next != '\0'; Next++) {
        *Next = (char)(*Next >= 'a' && *Next <= 'z' ? *Next - 0x20 : *Next);
    }
    return String;
}

/* A text of either width, by characters. */
struct RTLP_TEXT {
    const char *Narrow;
    const WCHAR *Wide;
    size_t Next;
};

static ULONG RtlpPeek(const struct RTLP_TEXT *Text)
{
    return Text->Wide != NULL ? Text->Wide[Text->Next] : (UCHAR)Text->Narrow[Text->Next];
}

static ULONG RtlpDigit(ULONG Character)
{
    if (Character >= '0' && Character <= '9') {
        return Character - '0';
    }
    Character |= 0x20;
    return Character >= 'a' && Character <= 'z' ? Character - 'a' + 10 : MAXULONG;
}

/* Leaves Text->Next at 0 when there is no number. */
static ULONG RtlpToULong(struct RTLP_TEXT *Text, ULONG Base, BOOLEAN *Negative, BOOLEAN *Overflown)
{
    ULONGLONG Value = 0;
    size_t Last = 0;

    while (RtlpPeek(Text) == ' ' || (RtlpPeek(Text) >= '\t' && RtlpPeek(Text) <= '\r')) {
        Text->Next++;
    }
    *Overflown = FALSE;
    *Negative = RtlpPeek(Text) == '-';
    Text->Next += *Negative || RtlpPeek(Text) == '+';
    if ((Base == 0 || Base == 16) && RtlpPeek(Text) == '0') {
        Last = ++Text->Next;
        if ((RtlpPeek(Text) | 0x20) == 'x') {
            Text->Next++;
            Base = 16;
        }
        Base = Base == 0 ? 8 : Base;
    }
    Base = Base == 0 ? 10 : Base;
    for (; RtlpDigit(RtlpPeek(Text)) < Base; Last = ++Text->Next) {
        Value = Value * Base + RtlpDigit(RtlpPeek(Text));
        if (Value > MAXULONG) {
            Value = MAXULONG;
            *Overflown = TRUE;
        }
    }
    Text->Next = Last;
    return (ULONG)Value;
}

static ULONG RtlpUnsigned(struct RTLP_TEXT *Text, int Base)
{
    BOOLEAN Negative, Overflown;
    ULONG Value = RtlpToULong(Text, (ULONG)Base, &Negative, &Overflown);

    return Negative && !Overflown ? 0U - Value : Value;
}

static LONG RtlpSigned(struct RTLP_TEXT *Text, int Base)
{
    BOOLEAN Negative, Overflown;
    ULONG Value = RtlpToULong(Text, (ULONG)Base, &Negative, &Overflown);

    if (Negative) {
        return Value > 0x80000000U ? MINLONG : (LONG)(0U - Value);
    }
    return Value > MAXLONG ? MAXLONG : (LONG)Value;
}

ULONG ntcb_strtoul(const char *String, char **End, int Base)
{
    struct RTLP_TEXT Text = {.Narrow = String};
    ULONG Value = RtlpUnsigned(&Text, Base);

    if (End != NULL) {
        *End = (char *)String + Text.Next;
    }
    return Value;
}

LONG ntcb_strtol(const char *String, char **End, int Base)
{
    struct RTLP_TEXT Text = {.Narrow = String};
    LONG Value = RtlpSigned(&Text, Base);

    if (End != NULL) {
        *End = (char *)String + Text.Next;
    }
    return Value;
}

ULONG ntcb_wcstoul(const WCHAR *String, WCHAR **End, int Base)
{
    struct RTLP_TEXT Text = {.Wide = String};
    ULONG Value = RtlpUnsigned(&Text, Base);

    if (End != NULL) {
        *End = (WCHAR *)String + Text.Next;
    }
    return Value;
}

LONG ntcb_wcstol(const WCHAR *String, WCHAR **End, int Base)
{
    struct RTLP_TEXT Text = {.Wide = String};
    LONG Value = RtlpSigned(&Text, Base);

    if (End != NULL) {
        *End = (WCHAR *)String + Text.Next;
    }
    return Value;
}

int ntcb_wtoi(const WCHAR *String)
{
    return ntcb_wcstol(String, NULL, 10);
}

int ntcb_atoi(const char *String)
{
    return ntcb_strtol(String, NULL, 10);
}
