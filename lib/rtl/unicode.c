/* SPDX-License-Identifier: MIT
 *
 * unicode.c - counted UTF-16 strings: compare, copy, append, convert numbers. Nothing here
 * allocates. Case is folded per code unit, without normalisation (REG-NS-02).
 */
#include "rtl/rtlp.h"
#include "rtl/upcase_table.h"

#include <string.h>

SIZE_T NTAPI RtlCompareMemory(const void *Source1, const void *Source2, SIZE_T Length)
{
    const UCHAR *Left = Source1;
    const UCHAR *Right = Source2;
    SIZE_T Index = 0;

    while (Index < Length && Left[Index] == Right[Index]) {
        ++Index;
    }
    return Index;
}

/* Length in bytes of a terminated string, at most what a counted string can hold. */
static USHORT RtlpTextBytes(PCWSTR Text)
{
    SIZE_T Count = 0;

    while (Text[Count] != 0 && Count < UNICODE_STRING_MAX_CHARS - 1) {
        ++Count;
    }
    return (USHORT)(Count * sizeof(WCHAR));
}

VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    DestinationString->Buffer = (PWSTR)(ULONG_PTR)SourceString;
    DestinationString->Length = SourceString == NULL ? 0 : RtlpTextBytes(SourceString);
    DestinationString->MaximumLength =
        SourceString == NULL ? 0 : (USHORT)(DestinationString->Length + sizeof(WCHAR));
}

VOID NTAPI RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString)
{
    SIZE_T Length = SourceString == NULL ? 0 : strlen((const char *)SourceString);

    Length = Length > 0xFFFE ? 0xFFFE : Length;
    DestinationString->Buffer = (PCHAR)(ULONG_PTR)SourceString;
    DestinationString->Length = (USHORT)Length;
    DestinationString->MaximumLength = (USHORT)(SourceString == NULL ? 0 : Length + 1);
}

WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR SourceCharacter)
{
    return RtlpUpcase(SourceCharacter);
}

WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR SourceCharacter)
{
    return RtlpDowncase(SourceCharacter);
}

/* Lengths are in code units. */
LONG NTAPI RtlCompareUnicodeStrings(PCWCH String1, SIZE_T String1Length, PCWCH String2,
                                    SIZE_T String2Length, BOOLEAN CaseInSensitive)
{
    SIZE_T Common = String1Length < String2Length ? String1Length : String2Length;
    SIZE_T Index;

    for (Index = 0; Index < Common; ++Index) {
        WCHAR Left = String1[Index];
        WCHAR Right = String2[Index];

        if (Left != Right && CaseInSensitive) {
            Left = RtlpUpcase(Left);
            Right = RtlpUpcase(Right);
        }
        if (Left != Right) {
            return (LONG)Left - (LONG)Right;
        }
    }
    return String1Length == String2Length ? 0 : String1Length < String2Length ? -1 : 1;
}

LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                                   BOOLEAN CaseInSensitive)
{
    return RtlCompareUnicodeStrings(String1->Buffer, String1->Length / sizeof(WCHAR),
                                    String2->Buffer, String2->Length / sizeof(WCHAR),
                                    CaseInSensitive);
}

BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                                    BOOLEAN CaseInSensitive)
{
    return String1->Length == String2->Length &&
           RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0;
}

BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                                     BOOLEAN CaseInSensitive)
{
    UNICODE_STRING Head = {String1->Length, String1->Length, String2->Buffer};

    return String1->Length <= String2->Length &&
           RtlEqualUnicodeString(String1, &Head, CaseInSensitive);
}

BOOLEAN NTAPI RtlSuffixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                                     BOOLEAN CaseInSensitive)
{
    UNICODE_STRING Tail = {String1->Length, String1->Length, NULL};

    if (String1->Length > String2->Length) {
        return FALSE;
    }
    Tail.Buffer = String2->Buffer + (String2->Length - String1->Length) / sizeof(WCHAR);
    return RtlEqualUnicodeString(String1, &Tail, CaseInSensitive);
}

VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    USHORT Bytes = SourceString == NULL ? 0 : SourceString->Length;

    if (Bytes > DestinationString->MaximumLength) {
        Bytes = DestinationString->MaximumLength;
    }
    if (Bytes != 0) {
        memmove(DestinationString->Buffer, SourceString->Buffer, Bytes);
    }
    DestinationString->Length = Bytes;
    if (Bytes + sizeof(WCHAR) <= DestinationString->MaximumLength) {
        DestinationString->Buffer[Bytes / sizeof(WCHAR)] = 0;
    }
}

NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    ULONG Length = (ULONG)Destination->Length + Source->Length;

    if (Length > Destination->MaximumLength) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (Source->Length != 0) {
        memmove((PUCHAR)Destination->Buffer + Destination->Length, Source->Buffer, Source->Length);
    }
    Destination->Length = (USHORT)Length;
    if (Length + sizeof(WCHAR) <= Destination->MaximumLength) {
        Destination->Buffer[Length / sizeof(WCHAR)] = 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source)
{
    UNICODE_STRING Text;

    RtlInitUnicodeString(&Text, Source);
    return RtlAppendUnicodeStringToString(Destination, &Text);
}

/* X65599, the only algorithm and so also the default one. */
NTSTATUS NTAPI RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive,
                                    ULONG HashAlgorithm, PULONG HashValue)
{
    ULONG Hash = 0;
    ULONG Index;

    if (String == NULL || HashValue == NULL || HashAlgorithm > HASH_STRING_ALGORITHM_X65599) {
        return STATUS_INVALID_PARAMETER;
    }
    for (Index = 0; Index < String->Length / sizeof(WCHAR); ++Index) {
        WCHAR Unit = String->Buffer[Index];

        Hash = Hash * 65599u + (CaseInSensitive ? RtlpUpcase(Unit) : Unit);
    }
    *HashValue = Hash;
    return STATUS_SUCCESS;
}

/* 0x, 0o and 0b choose the base when Base is 0; otherwise 10. Stops at the first other
 * character. */
NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value)
{
    ULONG Length = String->Length / sizeof(WCHAR);
    const WCHAR *Text = String->Buffer;
    ULONG Result = 0;
    ULONG Index = 0;
    bool Negative = false;

    while (Index < Length && Text[Index] <= u' ') {
        ++Index;
    }
    if (Index < Length && (Text[Index] == u'-' || Text[Index] == u'+')) {
        Negative = Text[Index++] == u'-';
    }
    if (Base == 0) {
        WCHAR Mark = Index + 1 < Length && Text[Index] == u'0' ? Text[Index + 1] : 0;

        Base = Mark == u'x' ? 16 : Mark == u'o' ? 8 : Mark == u'b' ? 2 : 10;
        Index += Base == 10 ? 0 : 2;
    } else if (Base != 2 && Base != 8 && Base != 10 && Base != 16) {
        return STATUS_INVALID_PARAMETER;
    }
    for (; Index < Length; ++Index) {
        WCHAR Unit = RtlpUpcase(Text[Index]);
        ULONG Digit = Unit >= u'0' && Unit <= u'9'   ? (ULONG)(Unit - u'0')
                      : Unit >= u'A' && Unit <= u'F' ? (ULONG)(Unit - u'A' + 10)
                                                     : 99;

        if (Digit >= Base) {
            break;
        }
        Result = Result * Base + Digit;
    }
    *Value = Negative ? 0u - Result : Result;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String)
{
    WCHAR Digits[33];
    ULONG At = RTL_NUMBER_OF(Digits);
    UNICODE_STRING Text;

    Base = Base == 0 ? 10 : Base;
    if (Base != 2 && Base != 8 && Base != 10 && Base != 16) {
        return STATUS_INVALID_PARAMETER;
    }
    do {
        Digits[--At] = u"0123456789ABCDEF"[Value % Base];
        Value /= Base;
    } while (Value != 0);
    Text.Buffer = &Digits[At];
    Text.Length = (USHORT)((RTL_NUMBER_OF(Digits) - At) * sizeof(WCHAR));
    Text.MaximumLength = Text.Length;
    if (Text.Length > String->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    RtlCopyUnicodeString(String, &Text);
    return STATUS_SUCCESS;
}
