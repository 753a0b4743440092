/* SPDX-License-Identifier: MIT */
/*
 * ntstrsafe_base.h - limits, flags and types of the bounded string functions. Part of ntstrsafe.h.
 */
#ifndef NTCB_NTSTRSAFE_BASE_H
#define NTCB_NTSTRSAFE_BASE_H

#include "ntdef.h"
#include "ntstatus.h"
#include "ntcb_crt.h"

#define NTSTRSAFE_MAX_CCH 2147483647
#ifndef NTSTRSAFE_MAX_LENGTH
#define NTSTRSAFE_MAX_LENGTH (NTSTRSAFE_MAX_CCH - 1)
#endif
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xFFFF / sizeof(WCHAR))
#define NTSTRSAFEDDI NTCB_INLINE NTSTATUS NTAPI

/* The flags of the Ex functions. The low byte is what is filled with. */
#define STRSAFE_IGNORE_NULLS 0x00000100U /* a NULL source is an empty string */
#define STRSAFE_FILL_BEHIND_NULL 0x00000200U
#define STRSAFE_FILL_BEHIND STRSAFE_FILL_BEHIND_NULL
#define STRSAFE_FILL_ON_FAILURE 0x00000400U
#define STRSAFE_NULL_ON_FAILURE 0x00000800U
#define STRSAFE_ZERO_LENGTH_ON_FAILURE STRSAFE_NULL_ON_FAILURE
#define STRSAFE_NO_TRUNCATION 0x00001000U /* a copy that does not fit leaves nothing */
#define STRSAFE_VALID_FLAGS 0x00001FFFU
#define STRSAFE_UNICODE_STRING_VALID_FLAGS STRSAFE_VALID_FLAGS
#define STRSAFE_FILL_BYTE(x) ((ULONG)(((x)&0x000000FF) | STRSAFE_FILL_BEHIND_NULL))
#define STRSAFE_FAILURE_BYTE(x) ((ULONG)(((x)&0x000000FF) | STRSAFE_FILL_ON_FAILURE))
#define STRSAFE_GET_FILL_PATTERN(Flags) ((int)((Flags)&0x000000FF))

typedef char *NTSTRSAFE_PSTR;
typedef const char *NTSTRSAFE_PCSTR;
typedef WCHAR *NTSTRSAFE_PWSTR;
typedef const WCHAR *NTSTRSAFE_PCWSTR;

/* Variadic functions cannot be forced in line. */
#define NTCB_VARIADIC static inline __attribute__((unused)) NTSTATUS

#endif
