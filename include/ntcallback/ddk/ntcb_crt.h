/* SPDX-License-Identifier: MIT */
/*
 * ntcb_crt.h - the kernel's C run-time library.
 *
 * Role    Wide characters have two bytes in driver source, so the host's wide functions would run
 *         past the end of a driver's strings; its narrow formatters do not know %wZ or %I64x.
 *         Every such name is renamed to ntcb_* for drivers, and only the ntcb_* functions are
 *         declared. Byte functions whose meaning is the same everywhere (memcpy, strlen, ...) come
 *         from the host.
 * Notes   The formatters have Microsoft's semantics: _vsnprintf and _vsnwprintf return -1 and may
 *         leave the buffer unterminated when the result does not fit; counts are in characters;
 *         `l` means 32 bits. Host code never includes this for its own strings: there the names
 *         are declared, but not renamed.
 */
#ifndef NTCB_CRT_H
#define NTCB_CRT_H

#include "ntdef.h"

NTCB_DDK_BEGIN_DECLS

/* Formatters. */
NTSYSAPI int ntcb_vsnwprintf(WCHAR *Buffer, size_t Count, const WCHAR *Format, va_list Arguments);
NTSYSAPI int ntcb_vsnprintf(char *Buffer, size_t Count, const char *Format, va_list Arguments);
NTSYSAPI int ntcb_snwprintf(WCHAR *Buffer, size_t Count, const WCHAR *Format, ...);
NTSYSAPI int ntcb_snprintf(char *Buffer, size_t Count, const char *Format, ...);
NTSYSAPI int ntcb_swprintf(WCHAR *Buffer, const WCHAR *Format, ...);
NTSYSAPI int ntcb_sprintf(char *Buffer, const char *Format, ...);
NTSYSAPI int ntcb_vsprintf(char *Buffer, const char *Format, va_list Arguments);

/* Wide strings. */
NTSYSAPI size_t ntcb_wcslen(const WCHAR *String);
NTSYSAPI size_t ntcb_wcsnlen(const WCHAR *String, size_t Count);
NTSYSAPI WCHAR *ntcb_wcscpy(WCHAR *Destination, const WCHAR *Source);
NTSYSAPI WCHAR *ntcb_wcsncpy(WCHAR *Destination, const WCHAR *Source, size_t Count);
NTSYSAPI WCHAR *ntcb_wcscat(WCHAR *Destination, const WCHAR *Source);
NTSYSAPI WCHAR *ntcb_wcsncat(WCHAR *Destination, const WCHAR *Source, size_t Count);
NTSYSAPI int ntcb_wcscmp(const WCHAR *String1, const WCHAR *String2);
NTSYSAPI int ntcb_wcsncmp(const WCHAR *String1, const WCHAR *String2, size_t Count);
NTSYSAPI int ntcb_wcsicmp(const WCHAR *String1, const WCHAR *String2);
NTSYSAPI int ntcb_wcsnicmp(const WCHAR *String1, const WCHAR *String2, size_t Count);
NTSYSAPI WCHAR *ntcb_wcschr(const WCHAR *String, WCHAR Character);
NTSYSAPI WCHAR *ntcb_wcsrchr(const WCHAR *String, WCHAR Character);
NTSYSAPI WCHAR *ntcb_wcsstr(const WCHAR *String, const WCHAR *Pattern);
NTSYSAPI WCHAR ntcb_towupper(WCHAR Character);
NTSYSAPI WCHAR ntcb_towlower(WCHAR Character);

/* Byte strings that the host lacks or names otherwise. */
NTSYSAPI int ntcb_stricmp(const char *String1, const char *String2);
NTSYSAPI int ntcb_strnicmp(const char *String1, const char *String2, size_t Count);

#ifdef NTCB_DRIVER_DIALECT
#define _vsnwprintf ntcb_vsnwprintf
#define _vsnprintf ntcb_vsnprintf
#define vsnprintf ntcb_vsnprintf
#define _snwprintf ntcb_snwprintf
#define _snprintf ntcb_snprintf
#define snprintf ntcb_snprintf
#define swprintf ntcb_swprintf
#define sprintf ntcb_sprintf
#define vsprintf ntcb_vsprintf
#define wcslen ntcb_wcslen
#define wcsnlen ntcb_wcsnlen
#define wcscpy ntcb_wcscpy
#define wcsncpy ntcb_wcsncpy
#define wcscat ntcb_wcscat
#define wcsncat ntcb_wcsncat
#define wcscmp ntcb_wcscmp
#define wcsncmp ntcb_wcsncmp
#define _wcsicmp ntcb_wcsicmp
#define _wcsnicmp ntcb_wcsnicmp
#define wcschr ntcb_wcschr
#define wcsrchr ntcb_wcsrchr
#define wcsstr ntcb_wcsstr
#define towupper ntcb_towupper
#define towlower ntcb_towlower
#define _stricmp ntcb_stricmp
#define _strnicmp ntcb_strnicmp

/* The same everywhere. */
void *memcpy(void *Destination, const void *Source, size_t Length);
void *memmove(void *Destination, const void *Source, size_t Length);
void *memset(void *Destination, int Fill, size_t Length);
int memcmp(const void *Source1, const void *Source2, size_t Length);
size_t strlen(const char *String);
char *strcpy(char *Destination, const char *Source);
char *strncpy(char *Destination, const char *Source, size_t Count);
char *strcat(char *Destination, const char *Source);
char *strncat(char *Destination, const char *Source, size_t Count);
int strcmp(const char *String1, const char *String2);
int strncmp(const char *String1, const char *String2, size_t Count);
size_t strspn(const char *String, const char *Control);
#ifndef __cplusplus
void *memchr(const void *Buffer, int Character, size_t Length);
char *strchr(const char *String, int Character);
char *strrchr(const char *String, int Character);
char *strstr(const char *String, const char *Pattern);
#endif
int tolower(int Character);
int toupper(int Character);
#endif

NTCB_DDK_END_DECLS

#endif
