/* SPDX-License-Identifier: MIT */
/*
 * ntstrsafe_a.h - terminated byte strings. Part of ntstrsafe.h.
 */
#ifndef NTCB_NTSTRSAFE_A_H
#define NTCB_NTSTRSAFE_A_H

#include "ntstrsafe_base.h"

NTCB_DDK_BEGIN_DECLS

/* Length without terminator, at most cchMax characters including it. */
NTSTRSAFEDDI RtlStringCchLengthA(_In_ NTSTRSAFE_PCSTR psz, _In_ size_t cchMax,
                                 _Out_opt_ size_t *pcchLength)
{
    size_t Length = 0;

    if (pcchLength != NULL)
        *pcchLength = 0;
    if (psz == NULL || cchMax > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    while (Length < cchMax && psz[Length] != 0)
        Length++;
    if (Length == cchMax)
        return STATUS_INVALID_PARAMETER;
    if (pcchLength != NULL)
        *pcchLength = Length;
    return STATUS_SUCCESS;
}

NTSTRSAFEDDI RtlStringCbLengthA(_In_ NTSTRSAFE_PCSTR psz, _In_ size_t cbMax,
                                _Out_opt_ size_t *pcbLength)
{
    size_t Length = 0;
    NTSTATUS Status = RtlStringCchLengthA(psz, cbMax / sizeof(char), &Length);

    if (pcbLength != NULL)
        *pcbLength = Length * sizeof(char);
    return Status;
}

/* Copies at most cchToCopy characters of pszSrc. */
NTSTRSAFEDDI RtlStringCchCopyNA(_Out_ NTSTRSAFE_PSTR pszDest, _In_ size_t cchDest,
                                _In_ NTSTRSAFE_PCSTR pszSrc, _In_ size_t cchToCopy)
{
    size_t Index = 0;

    if (cchDest == 0 || cchDest > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    if (cchToCopy > NTSTRSAFE_MAX_LENGTH) {
        pszDest[0] = 0;
        return STATUS_INVALID_PARAMETER;
    }
    while (Index < cchToCopy && pszSrc[Index] != 0) {
        if (Index == cchDest - 1) {
            pszDest[Index] = 0;
            return STATUS_BUFFER_OVERFLOW;
        }
        pszDest[Index] = pszSrc[Index];
        Index++;
    }
    pszDest[Index] = 0;
    return STATUS_SUCCESS;
}

NTSTRSAFEDDI RtlStringCchCopyA(_Out_ NTSTRSAFE_PSTR pszDest, _In_ size_t cchDest,
                               _In_ NTSTRSAFE_PCSTR pszSrc)
{
    return RtlStringCchCopyNA(pszDest, cchDest, pszSrc, NTSTRSAFE_MAX_LENGTH);
}

NTSTRSAFEDDI RtlStringCbCopyA(_Out_ NTSTRSAFE_PSTR pszDest, _In_ size_t cbDest,
                              _In_ NTSTRSAFE_PCSTR pszSrc)
{
    return RtlStringCchCopyA(pszDest, cbDest / sizeof(char), pszSrc);
}

NTSTRSAFEDDI RtlStringCbCopyNA(_Out_ NTSTRSAFE_PSTR pszDest, _In_ size_t cbDest,
                               _In_ NTSTRSAFE_PCSTR pszSrc, _In_ size_t cbToCopy)
{
    return RtlStringCchCopyNA(pszDest, cbDest / sizeof(char), pszSrc, cbToCopy / sizeof(char));
}

/* Appends at most cchToAppend characters. */
NTSTRSAFEDDI RtlStringCchCatNA(_Inout_ NTSTRSAFE_PSTR pszDest, _In_ size_t cchDest,
                               _In_ NTSTRSAFE_PCSTR pszSrc, _In_ size_t cchToAppend)
{
    size_t Length;
    NTSTATUS Status = RtlStringCchLengthA(pszDest, cchDest, &Length);

    if (!NT_SUCCESS(Status))
        return Status;
    if (cchToAppend > NTSTRSAFE_MAX_LENGTH)
        return STATUS_INVALID_PARAMETER;
    return RtlStringCchCopyNA(pszDest + Length, cchDest - Length, pszSrc, cchToAppend);
}

NTSTRSAFEDDI RtlStringCchCatA(_Inout_ NTSTRSAFE_PSTR pszDest, _In_ size_t cchDest,
                              _In_ NTSTRSAFE_PCSTR pszSrc)
{
    return RtlStringCchCatNA(pszDest, cchDest, pszSrc, NTSTRSAFE_MAX_LENGTH);
}

NTSTRSAFEDDI RtlStringCbCatA(_Inout_ NTSTRSAFE_PSTR pszDest, _In_ size_t cbDest,
                             _In_ NTSTRSAFE_PCSTR pszSrc)
{
    return RtlStringCchCatA(pszDest, cbDest / sizeof(char), pszSrc);
}

NTSTRSAFEDDI RtlStringCbCatNA(_Inout_ NTSTRSAFE_PSTR pszDest, _In_ size_t cbDest,
                              _In_ NTSTRSAFE_PCSTR pszSrc, _In_ size_t cbToAppend)
{
    return RtlStringCchCatNA(pszDest, cbDest / sizeof(char), pszSrc, cbToAppend / sizeof(char));
}

NTSTRSAFEDDI RtlStringCchVPrintfA(_Out_ NTSTRSAFE_PSTR pszDest, _In_ size_t cchDest,
                                  _In_ NTSTRSAFE_PCSTR pszFormat, _In_ va_list argList)
{
    int Written;

    if (cchDest == 0 || cchDest > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    Written = ntcb_vsnprintf(pszDest, cchDest - 1, pszFormat, argList);
    if (Written < 0 || (size_t)Written > cchDest - 1) {
        pszDest[cchDest - 1] = 0;
        return STATUS_BUFFER_OVERFLOW;
    }
    pszDest[Written] = 0;
    return STATUS_SUCCESS;
}

NTSTRSAFEDDI RtlStringCbVPrintfA(_Out_ NTSTRSAFE_PSTR pszDest, _In_ size_t cbDest,
                                 _In_ NTSTRSAFE_PCSTR pszFormat, _In_ va_list argList)
{
    return RtlStringCchVPrintfA(pszDest, cbDest / sizeof(char), pszFormat, argList);
}

NTCB_VARIADIC NTSTATUS RtlStringCchPrintfA(_Out_ NTSTRSAFE_PSTR pszDest, _In_ size_t cchDest,
                                           _In_ NTSTRSAFE_PCSTR pszFormat, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, pszFormat);
    Status = RtlStringCchVPrintfA(pszDest, cchDest, pszFormat, Arguments);
    va_end(Arguments);
    return Status;
}

NTCB_VARIADIC NTSTATUS RtlStringCbPrintfA(_Out_ NTSTRSAFE_PSTR pszDest, _In_ size_t cbDest,
                                          _In_ NTSTRSAFE_PCSTR pszFormat, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, pszFormat);
    Status = RtlStringCbVPrintfA(pszDest, cbDest, pszFormat, Arguments);
    va_end(Arguments);
    return Status;
}

NTCB_DDK_END_DECLS

#endif
