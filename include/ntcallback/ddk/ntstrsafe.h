/* SPDX-License-Identifier: MIT */
/*
 * ntstrsafe.h - bounded string functions.
 *
 * Role    The RtlString* family over the kernel's two formatters, as inline functions: counts in
 *         characters (Cch) or bytes (Cb), wide (W) or bytes (A); and RtlUnicodeString* for counted
 *         strings. The result is always terminated when there is room for a terminator at all.
 * Status  STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW if the result was truncated;
 *         STATUS_INVALID_PARAMETER for a size of zero or above the limit (2147483647 characters;
 *         32767 for counted strings), an unterminated input, or a flag there is not. IRQL
 *         PASSIVE_LEVEL for the printf family, any for the others on resident buffers.
 */
#ifndef NTCB_NTSTRSAFE_H
#define NTCB_NTSTRSAFE_H

#include "ntstrsafe_base.h"

NTCB_DDK_BEGIN_DECLS

#define NTCB_CHAR WCHAR
#define NTCB_S(name) name##W
#define NTCB_VPRINT ntcb_vsnwprintf
#include "ntstrsafe_t.h"
#undef NTCB_CHAR
#undef NTCB_S
#undef NTCB_VPRINT

#define NTCB_CHAR char
#define NTCB_S(name) name##A
#define NTCB_VPRINT ntcb_vsnprintf
#include "ntstrsafe_t.h"
#undef NTCB_CHAR
#undef NTCB_S
#undef NTCB_VPRINT

/* Wide strings at any address. */
NTSTRSAFEDDI RtlUnalignedStringCchLengthW(_In_ const WCHAR *psz, _In_ size_t cchMax,
                                          _Out_opt_ size_t *pcchLength)
{
    size_t Length = 0;
    WCHAR Character = 1;

    if (pcchLength != NULL)
        *pcchLength = 0;
    if (psz == NULL || cchMax > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    for (; Length < cchMax; Length++) {
        __builtin_memcpy(&Character, (const CHAR *)psz + Length * sizeof(WCHAR), sizeof(Character));
        if (Character == 0)
            break;
    }
    if (Length == cchMax)
        return STATUS_INVALID_PARAMETER;
    if (pcchLength != NULL)
        *pcchLength = Length;
    return STATUS_SUCCESS;
}

NTSTRSAFEDDI RtlUnalignedStringCbLengthW(_In_ const WCHAR *psz, _In_ size_t cbMax,
                                         _Out_opt_ size_t *pcbLength)
{
    size_t Length = 0;
    NTSTATUS Status = RtlUnalignedStringCchLengthW(psz, cbMax / sizeof(WCHAR), &Length);

    if (pcbLength != NULL)
        *pcbLength = Length * sizeof(WCHAR);
    return Status;
}

NTCB_DDK_END_DECLS

#include "ntstrsafe_u.h"

#ifdef NTCB_DRIVER_DIALECT
#define RtlStringCchCopy RtlStringCchCopyW
#define RtlStringCbCopy RtlStringCbCopyW
#define RtlStringCchCat RtlStringCchCatW
#define RtlStringCbCat RtlStringCbCatW
#define RtlStringCchPrintf RtlStringCchPrintfW
#define RtlStringCbPrintf RtlStringCbPrintfW
#define RtlStringCchVPrintf RtlStringCchVPrintfW
#define RtlStringCbVPrintf RtlStringCbVPrintfW
#define RtlStringCchLength RtlStringCchLengthW
#define RtlStringCbLength RtlStringCbLengthW
#endif

#endif
