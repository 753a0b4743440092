/* SPDX-License-Identifier: MIT
 *
 * utf8.c - UTF-16 to UTF-8, for names in reports.
 */
#include "rtl/rtlp.h"

static ULONG RtlpCodePoint(PCUNICODE_STRING Source, ULONG *Index)
{
    ULONG Count = Source->Length / sizeof(WCHAR);
    ULONG Unit = Source->Buffer[(*Index)++];
    ULONG Low;

    if (Unit < 0xD800 || Unit > 0xDFFF) {
        return Unit;
    }
    Low = Unit <= 0xDBFF && *Index < Count ? Source->Buffer[*Index] : 0;
    if (Low < 0xDC00 || Low > 0xDFFF) {
        return 0xFFFD;
    }
    ++*Index;
    return 0x10000 + ((Unit - 0xD800) << 10) + (Low - 0xDC00);
}

SIZE_T RtlpToUtf8(PCUNICODE_STRING Source, char *Buffer, SIZE_T Bytes)
{
    static const UCHAR Lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    ULONG Index = 0;
    SIZE_T Needed = 0;
    SIZE_T End = 0;

    while (Index < Source->Length / sizeof(WCHAR)) {
        ULONG Code = RtlpCodePoint(Source, &Index);
        ULONG Length = Code < 0x80 ? 1 : Code < 0x800 ? 2 : Code < 0x10000 ? 3 : 4;
        ULONG Byte;

        if (Needed == End && Needed + Length < Bytes) {
            for (Byte = Length; Byte-- > 1; Code >>= 6) {
                Buffer[Needed + Byte] = (char)(0x80 | (Code & 0x3F));
            }
            Buffer[Needed] = (char)(Length == 1 ? Code : Lead[Length] | Code);
            End = Needed + Length;
        }
        Needed += Length;
    }
    if (Bytes != 0) {
        Buffer[End] = 0;
    }
    return Needed;
}
