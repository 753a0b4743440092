/* SPDX-License-Identifier: MIT */
/*
 * ntstrsafe_w.h - terminated wide strings. Part of ntstrsafe.h.
 */
#ifndef NTCB_NTSTRSAFE_W_H
#define NTCB_NTSTRSAFE_W_H

#include "ntstrsafe_base.h"

NTCB_DDK_BEGIN_DECLS

/* Length without terminator, at most cchMax characters including it. */
NTSTRSAFEDDI RtlStringCchLengthW(_In_ NTSTRSAFE_PCWSTR psz, _In_ size_t cchMax,
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

NTSTRSAFEDDI RtlStringCbLengthW(_In_ NTSTRSAFE_PCWSTR psz, _In_ size_t cbMax,
                                _Out_opt_ size_t *pcbLength)
{
    size_t Length = 0;
    NTSTATUS Status = RtlStringCchLengthW(psz, cbMax / sizeof(WCHAR), &Length);

    if (pcbLength != NULL)
        *pcbLength = Length * sizeof(WCHAR);
    return Status;
}

/* Copies at most cchToCopy characters of pszSrc. */
NTSTRSAFEDDI RtlStringCchCopyNW(_Out_ NTSTRSAFE_PWSTR pszDest, _In_ size_t cchDest,
                                _In_ NTSTRSAFE_PCWSTR pszSrc, _In_ size_t cchToCopy)
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

NTSTRSAFEDDI RtlStringCchCopyW(_Out_ NTSTRSAFE_PWSTR pszDest, _In_ size_t cchDest,
                               _In_ NTSTRSAFE_PCWSTR pszSrc)
{
    return RtlStringCchCopyNW(pszDest, cchDest, pszSrc, NTSTRSAFE_MAX_LENGTH);
}

NTSTRSAFEDDI RtlStringCbCopyW(_Out_ NTSTRSAFE_PWSTR pszDest, _In_ size_t cbDest,
                              _In_ NTSTRSAFE_PCWSTR pszSrc)
{
    return RtlStringCchCopyW(pszDest, cbDest / sizeof(WCHAR), pszSrc);
}

NTSTRSAFEDDI RtlStringCbCopyNW(_Out_ NTSTRSAFE_PWSTR pszDest, _In_ size_t cbDest,
                               _In_ NTSTRSAFE_PCWSTR pszSrc, _In_ size_t cbToCopy)
{
    return RtlStringCchCopyNW(pszDest, cbDest / sizeof(WCHAR), pszSrc, cbToCopy / sizeof(WCHAR));
}

/* Appends at most cchToAppend characters. */
NTSTRSAFEDDI RtlStringCchCatNW(_Inout_ NTSTRSAFE_PWSTR pszDest, _In_ size_t cchDest,
                               _In_ NTSTRSAFE_PCWSTR pszSrc, _In_ size_t cchToAppend)
{
    size_t Length;
    NTSTATUS Status = RtlStringCchLengthW(pszDest, cchDest, &Length);

    if (!NT_SUCCESS(Status))
        return Status;
    if (cchToAppend > NTSTRSAFE_MAX_LENGTH)
        return STATUS_INVALID_PARAMETER;
    return RtlStringCchCopyNW(pszDest + Length, cchDest - Length, pszSrc, cchToAppend);
}

NTSTRSAFEDDI RtlStringCchCatW(_Inout_ NTSTRSAFE_PWSTR pszDest, _In_ size_t cchDest,
                              _In_ NTSTRSAFE_PCWSTR pszSrc)
{
    return RtlStringCchCatNW(pszDest, cchDest, pszSrc, NTSTRSAFE_MAX_LENGTH);
}

NTSTRSAFEDDI RtlStringCbCatW(_Inout_ NTSTRSAFE_PWSTR pszDest, _In_ size_t cbDest,
                             _In_ NTSTRSAFE_PCWSTR pszSrc)
{
    return RtlStringCchCatW(pszDest, cbDest / sizeof(WCHAR), pszSrc);
}

NTSTRSAFEDDI RtlStringCbCatNW(_Inout_ NTSTRSAFE_PWSTR pszDest, _In_ size_t cbDest,
                              _In_ NTSTRSAFE_PCWSTR pszSrc, _In_ size_t cbToAppend)
{
    return RtlStringCchCatNW(pszDest, cbDest / sizeof(WCHAR), pszSrc, cbToAppend / sizeof(WCHAR));
}

NTSTRSAFEDDI RtlStringCchVPrintfW(_Out_ NTSTRSAFE_PWSTR pszDest, _In_ size_t cchDest,
                                  _In_ NTSTRSAFE_PCWSTR pszFormat, _In_ va_list argList)
{
    int Written;

    if (cchDest == 0 || cchDest > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    Written = ntcb_vsnwprintf(pszDest, cchDest - 1, pszFormat, argList);
    if (Written < 0 || (size_t)Written > cchDest - 1) {
        pszDest[cchDest - 1] = 0;
        return STATUS_BUFFER_OVERFLOW;
    }
    pszDest[Written] = 0;
    return STATUS_SUCCESS;
}

NTSTRSAFEDDI RtlStringCbVPrintfW(_Out_ NTSTRSAFE_PWSTR pszDest, _In_ size_t cbDest,
                                 _In_ NTSTRSAFE_PCWSTR pszFormat, _In_ va_list argList)
{
    return RtlStringCchVPrintfW(pszDest, cbDest / sizeof(WCHAR), pszFormat, argList);
}

NTCB_VARIADIC NTSTATUS RtlStringCchPrintfW(_Out_ NTSTRSAFE_PWSTR pszDest, _In_ size_t cchDest,
                                           _In_ NTSTRSAFE_PCWSTR pszFormat, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, pszFormat);
    Status = RtlStringCchVPrintfW(pszDest, cchDest, pszFormat, Arguments);
    va_end(Arguments);
    return Status;
}

NTCB_VARIADIC NTSTATUS RtlStringCbPrintfW(_Out_ NTSTRSAFE_PWSTR pszDest, _In_ size_t cbDest,
                                          _In_ NTSTRSAFE_PCWSTR pszFormat, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, pszFormat);
    Status = RtlStringCbVPrintfW(pszDest, cbDest, pszFormat, Arguments);
    va_end(Arguments);
    return Status;
}

NTCB_DDK_END_DECLS

#endif
