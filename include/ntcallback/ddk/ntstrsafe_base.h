/* SPDX-License-Identifier: MIT */
/*
 * ntstrsafe_base.h - limits and types of the bounded string functions. Part of ntstrsafe.h.
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

typedef char *NTSTRSAFE_PSTR;
typedef const char *NTSTRSAFE_PCSTR;
typedef WCHAR *NTSTRSAFE_PWSTR;
typedef const WCHAR *NTSTRSAFE_PCWSTR;

/* Variadic functions cannot be forced in line. */
#define NTCB_VARIADIC static inline __attribute__((unused))

#endif
