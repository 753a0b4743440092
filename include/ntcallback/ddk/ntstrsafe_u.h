/* SPDX-License-Identifier: MIT */
/*
 * ntstrsafe_u.h - counted wide strings. Part of ntstrsafe.h.
 */
#ifndef NTCB_NTSTRSAFE_U_H
#define NTCB_NTSTRSAFE_U_H

#include "ntstrsafe_w.h"

NTCB_DDK_BEGIN_DECLS

/*
 * Counted strings: Length counts bytes, no terminator is written or expected.
 */

/* RtlUnicodeStringInit - describe a terminated string of at most NTSTRSAFE_UNICODE_STRING_MAX_CCH
 * characters. */
NTSTRSAFEDDI RtlUnicodeStringInit(_Out_ PUNICODE_STRING DestinationString,
                                  _In_opt_ NTSTRSAFE_PCWSTR pszSrc)
{
    size_t Length = 0;

    DestinationString->Length = DestinationString->MaximumLength = 0;
    DestinationString->Buffer = NULL;
    if (pszSrc == NULL)
        return STATUS_SUCCESS;
    if (!NT_SUCCESS(RtlStringCchLengthW(pszSrc, NTSTRSAFE_UNICODE_STRING_MAX_CCH, &Length)))
        return STATUS_INVALID_PARAMETER;
    DestinationString->Length = (USHORT)(Length * sizeof(WCHAR));
    DestinationString->MaximumLength = (USHORT)((Length + 1) * sizeof(WCHAR));
    DestinationString->Buffer = (PWCH)pszSrc;
    return STATUS_SUCCESS;
}

/* A counted string is valid if both lengths are even and Length fits in a buffer that exists. */
NTSTRSAFEDDI RtlUnicodeStringValidate(_In_ PCUNICODE_STRING SourceString)
{
    if (SourceString == NULL || (SourceString->Length & 1) != 0 ||
        (SourceString->MaximumLength & 1) != 0 ||
        SourceString->Length > SourceString->MaximumLength ||
        (SourceString->Buffer == NULL && SourceString->MaximumLength != 0))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

/* Appends Count characters as far as they fit. */
NTSTRSAFEDDI NtcbAppendCharacters(_Inout_ PUNICODE_STRING Destination, const WCHAR *Source,
                                  size_t Count)
{
    size_t Room = (size_t)(Destination->MaximumLength - Destination->Length) / sizeof(WCHAR);
    size_t Copied = Count < Room ? Count : Room;

    if (Copied != 0)
        __builtin_memmove((PUCHAR)Destination->Buffer + Destination->Length, Source,
                          Copied * sizeof(WCHAR));
    Destination->Length = (USHORT)(Destination->Length + Copied * sizeof(WCHAR));
    return Copied == Count ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

NTSTRSAFEDDI RtlUnicodeStringCat(_Inout_ PUNICODE_STRING DestinationString,
                                 _In_ PCUNICODE_STRING SourceString)
{
    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)) ||
        !NT_SUCCESS(RtlUnicodeStringValidate(SourceString)))
        return STATUS_INVALID_PARAMETER;
    return NtcbAppendCharacters(DestinationString, SourceString->Buffer,
                                SourceString->Length / sizeof(WCHAR));
}

NTSTRSAFEDDI RtlUnicodeStringCatString(_Inout_ PUNICODE_STRING DestinationString,
                                       _In_ NTSTRSAFE_PCWSTR pszSrc)
{
    size_t Length = 0;

    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)) ||
        !NT_SUCCESS(RtlStringCchLengthW(pszSrc, NTSTRSAFE_MAX_CCH, &Length)))
        return STATUS_INVALID_PARAMETER;
    return NtcbAppendCharacters(DestinationString, pszSrc, Length);
}

NTSTRSAFEDDI RtlUnicodeStringCopy(_Inout_ PUNICODE_STRING DestinationString,
                                  _In_ PCUNICODE_STRING SourceString)
{
    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)) ||
        !NT_SUCCESS(RtlUnicodeStringValidate(SourceString)))
        return STATUS_INVALID_PARAMETER;
    DestinationString->Length = 0;
    return NtcbAppendCharacters(DestinationString, SourceString->Buffer,
                                SourceString->Length / sizeof(WCHAR));
}

NTSTRSAFEDDI RtlUnicodeStringCopyString(_Inout_ PUNICODE_STRING DestinationString,
                                        _In_ NTSTRSAFE_PCWSTR pszSrc)
{
    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)))
        return STATUS_INVALID_PARAMETER;
    DestinationString->Length = 0;
    return RtlUnicodeStringCatString(DestinationString, pszSrc);
}

NTSTRSAFEDDI RtlUnicodeStringVPrintf(_Inout_ PUNICODE_STRING DestinationString,
                                     _In_ NTSTRSAFE_PCWSTR pszFormat, _In_ va_list argList)
{
    size_t Room;
    int Written;

    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString)))
        return STATUS_INVALID_PARAMETER;
    Room = DestinationString->MaximumLength / sizeof(WCHAR);
    DestinationString->Length = 0;
    Written = ntcb_vsnwprintf(DestinationString->Buffer, Room, pszFormat, argList);
    if (Written < 0 || (size_t)Written > Room) {
        DestinationString->Length = (USHORT)(Room * sizeof(WCHAR));
        return STATUS_BUFFER_OVERFLOW;
    }
    DestinationString->Length = (USHORT)((size_t)Written * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTCB_VARIADIC NTSTATUS RtlUnicodeStringPrintf(_Inout_ PUNICODE_STRING DestinationString,
                                              _In_ NTSTRSAFE_PCWSTR pszFormat, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, pszFormat);
    Status = RtlUnicodeStringVPrintf(DestinationString, pszFormat, Arguments);
    va_end(Arguments);
    return Status;
}

NTCB_DDK_END_DECLS

#endif
