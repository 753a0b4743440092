/* SPDX-License-Identifier: MIT
 *
 * altitude.c - altitudes: decimal numbers of any length, written as text.
 */
#include "rtl/rtlp.h"

struct ALTITUDE {
    const WCHAR *Whole;    /* without leading zeros */
    ULONG WholeDigits;
    const WCHAR *Fraction; /* without trailing zeros */
    ULONG FractionDigits;
};

static ULONG RtlpDigits(const WCHAR *Text, ULONG Length)
{
    ULONG Count = 0;

    while (Count < Length && Text[Count] >= u'0' && Text[Count] <= u'9') {
        ++Count;
    }
    return Count;
}

bool RtlpIsAltitude(PCUNICODE_STRING Altitude)
{
    ULONG Length = Altitude->Length / sizeof(WCHAR);
    ULONG Whole;

    if (Altitude->Buffer == NULL || Altitude->Length % sizeof(WCHAR) != 0) {
        return false;
    }
    Whole = RtlpDigits(Altitude->Buffer, Length);
    if (Whole == 0 || Whole == Length) {
        return Whole != 0;
    }
    return Altitude->Buffer[Whole] == u'.' &&
           Whole + 1 + RtlpDigits(Altitude->Buffer + Whole + 1, Length - Whole - 1) == Length;
}

static VOID RtlpSplitAltitude(PCUNICODE_STRING Text, struct ALTITUDE *Altitude)
{
    ULONG Length = Text->Length / sizeof(WCHAR);

    Altitude->Whole = Text->Buffer;
    Altitude->WholeDigits = RtlpDigits(Text->Buffer, Length);
    Altitude->Fraction = Text->Buffer + Altitude->WholeDigits + 1;
    Altitude->FractionDigits =
        Altitude->WholeDigits < Length ? Length - Altitude->WholeDigits - 1 : 0;
    while (Altitude->WholeDigits != 0 && *Altitude->Whole == u'0') {
        ++Altitude->Whole;
        --Altitude->WholeDigits;
    }
    while (Altitude->FractionDigits != 0 &&
           Altitude->Fraction[Altitude->FractionDigits - 1] == u'0') {
        --Altitude->FractionDigits;
    }
}

static LONG RtlpCompareUnits(const WCHAR *Left, ULONG LeftLength, const WCHAR *Right,
                             ULONG RightLength)
{
    ULONG Common = LeftLength < RightLength ? LeftLength : RightLength;
    ULONG Index;

    for (Index = 0; Index < Common; ++Index) {
        if (Left[Index] != Right[Index]) {
            return Left[Index] < Right[Index] ? -1 : 1;
        }
    }
    return LeftLength == RightLength ? 0 : LeftLength < RightLength ? -1 : 1;
}

/*
 * RtlCompareAltitudes - compare two altitudes as numbers (CM-ORD-02..06).
 *
 * IRQL     any, if the strings are nonpaged
 * Returns  less than, equal to or greater than 0. Zeros before the whole part and behind the
 *          fraction do not count. Text that is not a decimal number is ordered by code unit, and
 *          below every number (CM-REG-16, lenient).
 */
LONG NTAPI RtlCompareAltitudes(PCUNICODE_STRING Altitude1, PCUNICODE_STRING Altitude2)
{
    bool Number1 = RtlpIsAltitude(Altitude1);
    bool Number2 = RtlpIsAltitude(Altitude2);
    struct ALTITUDE Left;
    struct ALTITUDE Right;
    LONG Order;

    if (!Number1 || !Number2) {
        if (Number1 != Number2) {
            return Number1 ? 1 : -1;
        }
        return RtlpCompareUnits(Altitude1->Buffer, Altitude1->Length / sizeof(WCHAR),
                                Altitude2->Buffer, Altitude2->Length / sizeof(WCHAR));
    }
    RtlpSplitAltitude(Altitude1, &Left);
    RtlpSplitAltitude(Altitude2, &Right);
    if (Left.WholeDigits != Right.WholeDigits) {
        return Left.WholeDigits < Right.WholeDigits ? -1 : 1;
    }
    Order = RtlpCompareUnits(Left.Whole, Left.WholeDigits, Right.Whole, Right.WholeDigits);
    if (Order != 0) {
        return Order;
    }
    return RtlpCompareUnits(Left.Fraction, Left.FractionDigits, Right.Fraction,
                            Right.FractionDigits);
}
