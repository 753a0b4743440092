/* SPDX-License-Identifier: MIT */
/*
 * ntstrsafe_u.h - counted wide strings: Length counts bytes, no terminator is written or expected.
 * Part of ntstrsafe.h.
 */
#ifndef NTCB_NTSTRSAFE_U_H
#define NTCB_NTSTRSAFE_U_H

#include "ntstrsafe.h"

NTCB_DDK_BEGIN_DECLS

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

NTSTRSAFEDDI RtlUnicodeStringInitEx(_Out_ PUNICODE_STRING DestinationString,
                                    _In_opt_ NTSTRSAFE_PCWSTR pszSrc, _In_ ULONG dwFlags)
{
    if ((dwFlags & ~STRSAFE_UNICODE_STRING_VALID_FLAGS) != 0 ||
        (DestinationString == NULL && (dwFlags & STRSAFE_IGNORE_NULLS) == 0))
        return STATUS_INVALID_PARAMETER;
    return DestinationString != NULL ? RtlUnicodeStringInit(DestinationString, pszSrc)
                                     : STATUS_SUCCESS;
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

NTSTRSAFEDDI RtlUnicodeStringValidateEx(_In_ PCUNICODE_STRING SourceString, _In_ ULONG dwFlags)
{
    if ((dwFlags & ~STRSAFE_UNICODE_STRING_VALID_FLAGS) != 0)
        return STATUS_INVALID_PARAMETER;
    if (SourceString == NULL && (dwFlags & STRSAFE_IGNORE_NULLS) != 0)
        return STATUS_SUCCESS;
    return RtlUnicodeStringValidate(SourceString);
}

/* What the flags want done with Destination, of which Kept bytes were there before; and what is
 * left of it. */
NTSTRSAFEDDI NtcbFinishUnicode(_Inout_ PUNICODE_STRING Destination, USHORT Kept, NTSTATUS Status,
                               _Out_opt_ PUNICODE_STRING Remaining, ULONG Flags)
{
    int Fill = STRSAFE_GET_FILL_PATTERN(Flags);

    if (Status == STATUS_SUCCESS && (Flags & STRSAFE_FILL_BEHIND) != 0)
        __builtin_memset((PUCHAR)Destination->Buffer + Destination->Length, Fill,
                         (size_t)(Destination->MaximumLength - Destination->Length));
    if (Status != STATUS_SUCCESS && Destination->Buffer != NULL) {
        if ((Flags & STRSAFE_FILL_ON_FAILURE) != 0) {
            __builtin_memset(Destination->Buffer, Fill, Destination->MaximumLength);
            Destination->Length = Fill == 0 ? 0 : Destination->MaximumLength;
            Kept = 0;
        }
        if ((Flags & STRSAFE_ZERO_LENGTH_ON_FAILURE) != 0)
            Destination->Length = 0;
        else if ((Flags & STRSAFE_NO_TRUNCATION) != 0 && Destination->Length > Kept)
            Destination->Length = Kept;
    }
    if (Remaining != NULL && (Status == STATUS_SUCCESS || Status == STATUS_BUFFER_OVERFLOW)) {
        Remaining->Length = 0;
        Remaining->MaximumLength = (USHORT)(Destination->MaximumLength - Destination->Length);
        Remaining->Buffer = Destination->Buffer != NULL
                                ? Destination->Buffer + Destination->Length / sizeof(WCHAR)
                                : NULL;
    }
    return Status;
}

/* Copying (or appending) Count characters: what all of these functions do. */
NTSTRSAFEDDI NtcbCopyUnicode(_Inout_ PUNICODE_STRING Destination, BOOLEAN Append,
                             const WCHAR *Source, size_t Count, _Out_opt_ PUNICODE_STRING Remaining,
                             ULONG Flags)
{
    USHORT Kept = Append ? Destination->Length : 0;
    size_t Room = (size_t)(Destination->MaximumLength - Kept) / sizeof(WCHAR);
    size_t Copied = Count < Room ? Count : Room;

    if (Copied != 0)
        __builtin_memmove((PUCHAR)Destination->Buffer + Kept, Source, Copied * sizeof(WCHAR));
    Destination->Length = (USHORT)(Kept + Copied * sizeof(WCHAR));
    return NtcbFinishUnicode(Destination, Kept,
                             Copied == Count ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW, Remaining,
                             Flags);
}

/* At most Count characters of a counted or of a terminated Source. */
NTSTRSAFEDDI NtcbCopyCounted(_Inout_ PUNICODE_STRING Destination, BOOLEAN Append,
                             PCUNICODE_STRING Source, size_t Count, PUNICODE_STRING Remaining,
                             ULONG Flags)
{
    size_t Length;

    if (Destination == NULL || !NT_SUCCESS(RtlUnicodeStringValidateEx(Destination, Flags)))
        return STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(RtlUnicodeStringValidateEx(Source, Flags)) ||
        (Count != NTSTRSAFE_MAX_LENGTH && Count > NTSTRSAFE_UNICODE_STRING_MAX_CCH))
        return NtcbFinishUnicode(Destination, Append ? Destination->Length : 0,
                                 STATUS_INVALID_PARAMETER, NULL, Flags);
    Length = Source != NULL ? Source->Length / sizeof(WCHAR) : 0;
    return NtcbCopyUnicode(Destination, Append, Source != NULL ? Source->Buffer : NULL,
                           Length < Count ? Length : Count, Remaining, Flags);
}

NTSTRSAFEDDI NtcbCopyTerminated(_Inout_ PUNICODE_STRING Destination, BOOLEAN Append,
                                const WCHAR *Source, size_t Count, PUNICODE_STRING Remaining,
                                ULONG Flags)
{
    size_t Length = 0;

    if (Destination == NULL || !NT_SUCCESS(RtlUnicodeStringValidateEx(Destination, Flags)))
        return STATUS_INVALID_PARAMETER;
    if ((Source == NULL && (Flags & STRSAFE_IGNORE_NULLS) == 0) ||
        (Count != NTSTRSAFE_MAX_LENGTH && Count > NTSTRSAFE_UNICODE_STRING_MAX_CCH))
        return NtcbFinishUnicode(Destination, Append ? Destination->Length : 0,
                                 STATUS_INVALID_PARAMETER, NULL, Flags);
    while (Source != NULL && Length < Count && Source[Length] != 0)
        Length++;
    return NtcbCopyUnicode(Destination, Append, Source, Length, Remaining, Flags);
}

/* The twelve functions of copying, or of appending: from a counted or a terminated string, all or
 * at most so many characters or bytes, with or without what the Ex functions have. */
#define NTCB_UNICODE_FUNCTIONS(Verb, Append, Suffix, Source, Copy)                               \
    NTSTRSAFEDDI RtlUnicodeString##Verb##Suffix(_Inout_ PUNICODE_STRING Destination, Source Src) \
    {                                                                                            \
        return Copy(Destination, Append, Src, NTSTRSAFE_MAX_LENGTH, NULL, 0);                    \
    }                                                                                            \
    NTSTRSAFEDDI RtlUnicodeString##Verb##Suffix##Ex(                                             \
        _Inout_ PUNICODE_STRING Destination, Source Src, PUNICODE_STRING Remaining, ULONG Flags) \
    {                                                                                            \
        return Copy(Destination, Append, Src, NTSTRSAFE_MAX_LENGTH, Remaining, Flags);           \
    }                                                                                            \
    NTSTRSAFEDDI RtlUnicodeStringCch##Verb##Suffix##N(_Inout_ PUNICODE_STRING Destination,       \
                                                      Source Src, size_t Count)                  \
    {                                                                                            \
        return Copy(Destination, Append, Src, Count, NULL, 0);                                   \
    }                                                                                            \
    NTSTRSAFEDDI RtlUnicodeStringCb##Verb##Suffix##N(_Inout_ PUNICODE_STRING Destination,        \
                                                     Source Src, size_t Bytes)                   \
    {                                                                                            \
        return Copy(Destination, Append, Src, Bytes / sizeof(WCHAR), NULL, 0);                   \
    }                                                                                            \
    NTSTRSAFEDDI RtlUnicodeStringCch##Verb##Suffix##NEx(_Inout_ PUNICODE_STRING Destination,     \
                                                        Source Src, size_t Count,                \
                                                        PUNICODE_STRING Remaining, ULONG Flags)  \
    {                                                                                            \
        return Copy(Destination, Append, Src, Count, Remaining, Flags);                          \
    }                                                                                            \
    NTSTRSAFEDDI RtlUnicodeStringCb##Verb##Suffix##NEx(_Inout_ PUNICODE_STRING Destination,      \
                                                       Source Src, size_t Bytes,                 \
                                                       PUNICODE_STRING Remaining, ULONG Flags)   \
    {                                                                                            \
        return Copy(Destination, Append, Src, Bytes / sizeof(WCHAR), Remaining, Flags);          \
    }

NTCB_UNICODE_FUNCTIONS(Copy, FALSE, , PCUNICODE_STRING, NtcbCopyCounted)
NTCB_UNICODE_FUNCTIONS(Copy, FALSE, String, NTSTRSAFE_PCWSTR, NtcbCopyTerminated)
NTCB_UNICODE_FUNCTIONS(Cat, TRUE, , PCUNICODE_STRING, NtcbCopyCounted)
NTCB_UNICODE_FUNCTIONS(Cat, TRUE, String, NTSTRSAFE_PCWSTR, NtcbCopyTerminated)
#undef NTCB_UNICODE_FUNCTIONS

NTSTRSAFEDDI RtlUnicodeStringVPrintfEx(_Inout_ PUNICODE_STRING DestinationString,
                                       _Out_opt_ PUNICODE_STRING RemainingString,
                                       _In_ ULONG dwFlags, _In_ NTSTRSAFE_PCWSTR pszFormat,
                                       _In_ va_list argList)
{
    size_t Room;
    int Written;

    if (DestinationString == NULL ||
        !NT_SUCCESS(RtlUnicodeStringValidateEx(DestinationString, dwFlags)))
        return STATUS_INVALID_PARAMETER;
    if (pszFormat == NULL && (dwFlags & STRSAFE_IGNORE_NULLS) == 0)
        return NtcbFinishUnicode(DestinationString, 0, STATUS_INVALID_PARAMETER, NULL, dwFlags);
    Room = DestinationString->MaximumLength / sizeof(WCHAR);
    Written = pszFormat != NULL
                  ? ntcb_vsnwprintf(DestinationString->Buffer, Room, pszFormat, argList)
                  : 0;
    if (Written < 0 || (size_t)Written > Room) {
        DestinationString->Length = (USHORT)(Room * sizeof(WCHAR));
        return NtcbFinishUnicode(DestinationString, 0, STATUS_BUFFER_OVERFLOW, RemainingString,
                                 dwFlags);
    }
    DestinationString->Length = (USHORT)((size_t)Written * sizeof(WCHAR));
    return NtcbFinishUnicode(DestinationString, 0, STATUS_SUCCESS, RemainingString, dwFlags);
}

NTSTRSAFEDDI RtlUnicodeStringVPrintf(_Inout_ PUNICODE_STRING DestinationString,
                                     _In_ NTSTRSAFE_PCWSTR pszFormat, _In_ va_list argList)
{
    return RtlUnicodeStringVPrintfEx(DestinationString, NULL, 0, pszFormat, argList);
}

NTCB_VARIADIC RtlUnicodeStringPrintf(_Inout_ PUNICODE_STRING DestinationString,
                                     _In_ NTSTRSAFE_PCWSTR pszFormat, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, pszFormat);
    Status = RtlUnicodeStringVPrintf(DestinationString, pszFormat, Arguments);
    va_end(Arguments);
    return Status;
}

NTCB_VARIADIC RtlUnicodeStringPrintfEx(_Inout_ PUNICODE_STRING DestinationString,
                                       _Out_opt_ PUNICODE_STRING RemainingString,
                                       _In_ ULONG dwFlags, _In_ NTSTRSAFE_PCWSTR pszFormat, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, pszFormat);
    Status = RtlUnicodeStringVPrintfEx(DestinationString, RemainingString, dwFlags, pszFormat,
                                       Arguments);
    va_end(Arguments);
    return Status;
}

NTCB_DDK_END_DECLS

#endif
