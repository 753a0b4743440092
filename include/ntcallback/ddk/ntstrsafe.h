/* SPDX-License-Identifier: MIT */
/*
 * ntstrsafe.h - bounded string functions.
 *
 * Role    The RtlString* family over the kernel's two formatters, as inline functions: counts in
 *         characters (Cch) or bytes (Cb). The result is always terminated when there is room for a
 *         terminator at all.
 * Status  STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW if the result was truncated;
 *         STATUS_INVALID_PARAMETER for a size of zero or above the limit (2147483647 characters;
 *         32767 for counted strings), or an unterminated input. IRQL PASSIVE_LEVEL for the printf
 *         family, any for the others on resident buffers.
 */
#ifndef NTCB_NTSTRSAFE_H
#define NTCB_NTSTRSAFE_H

#include "ntstrsafe_w.h"
#include "ntstrsafe_a.h"
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
