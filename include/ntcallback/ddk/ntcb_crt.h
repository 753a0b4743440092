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

NTSYSAPI size_t ntcb_wcsspn(const WCHAR *String, const WCHAR *Control);
NTSYSAPI size_t ntcb_wcscspn(const WCHAR *String, const WCHAR *Control);
NTSYSAPI WCHAR *ntcb_wcspbrk(const WCHAR *String, const WCHAR *Control);
NTSYSAPI WCHAR *ntcb_wcstok_s(WCHAR *String, const WCHAR *Delimiters, WCHAR **Context);
NTSYSAPI WCHAR *ntcb_wcslwr(WCHAR *String);
NTSYSAPI WCHAR *ntcb_wcsupr(WCHAR *String);

/* Byte strings that the host lacks or names otherwise. */
NTSYSAPI int ntcb_stricmp(const char *String1, const char *String2);
NTSYSAPI int ntcb_strnicmp(const char *String1, const char *String2, size_t Count);
NTSYSAPI char *ntcb_strlwr(char *String);
NTSYSAPI char *ntcb_strupr(char *String);

/* Numbers: 32 bits, saturating. */
NTSYSAPI ULONG ntcb_strtoul(const char *String, char **End, int Base);
NTSYSAPI LONG ntcb_strtol(const char *String, char **End, int Base);
NTSYSAPI ULONG ntcb_wcstoul(const WCHAR *String, WCHAR **End, int Base);
NTSYSAPI LONG ntcb_wcstol(const WCHAR *String, WCHAR **End, int Base);
NTSYSAPI int ntcb_wtoi(const WCHAR *String);
NTSYSAPI int ntcb_atoi(const char *String);

/* Bounded functions: 0; 22 (EINVAL) for a missing buffer or source, 34 (ERANGE) for a buffer that
 * is too small, and then the destination is empty; 80 (STRUNCATE) when the count is _TRUNCATE and
 * the text was cut. The formatters return the length, or -1 and leave an empty buffer, or with
 * _TRUNCATE what fits. */
NTSYSAPI int ntcb_wcscpy_s(WCHAR *Destination, size_t Size, const WCHAR *Source);
NTSYSAPI int ntcb_wcsncpy_s(WCHAR *Destination, size_t Size, const WCHAR *Source, size_t Count);
NTSYSAPI int ntcb_wcscat_s(WCHAR *Destination, size_t Size, const WCHAR *Source);
NTSYSAPI int ntcb_wcsncat_s(WCHAR *Destination, size_t Size, const WCHAR *Source, size_t Count);
NTSYSAPI int ntcb_strcpy_s(char *Destination, size_t Size, const char *Source);
NTSYSAPI int ntcb_strncpy_s(char *Destination, size_t Size, const char *Source, size_t Count);
NTSYSAPI int ntcb_strcat_s(char *Destination, size_t Size, const char *Source);
NTSYSAPI int ntcb_strncat_s(char *Destination, size_t Size, const char *Source, size_t Count);
NTSYSAPI int ntcb_memmove_s(void *Destination, size_t Size, const void *Source, size_t Count);
NTSYSAPI int ntcb_vsnprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format,
                              va_list Arguments);
NTSYSAPI int ntcb_vsnwprintf_s(WCHAR *Buffer, size_t Size, size_t Count, const WCHAR *Format,
                               va_list Arguments);
NTSYSAPI int ntcb_vsprintf_s(char *Buffer, size_t Size, const char *Format, va_list Arguments);
NTSYSAPI int ntcb_vswprintf_s(WCHAR *Buffer, size_t Size, const WCHAR *Format, va_list Arguments);
NTSYSAPI int ntcb_sprintf_s(char *Buffer, size_t Size, const char *Format, ...);
NTSYSAPI int ntcb_swprintf_s(WCHAR *Buffer, size_t Size, const WCHAR *Format, ...);
NTSYSAPI int ntcb_snprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, ...);
NTSYSAPI int ntcb_snwprintf_s(WCHAR *Buffer, size_t Size, size_t Count, const WCHAR *Format, ...);

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
#define wcsspn ntcb_wcsspn
#define wcscspn ntcb_wcscspn
#define wcspbrk ntcb_wcspbrk
#define wcstok_s ntcb_wcstok_s
#define _wcslwr ntcb_wcslwr
#define _wcsupr ntcb_wcsupr
#define _strlwr ntcb_strlwr
#define _strupr ntcb_strupr
#define strtoul ntcb_strtoul
#define strtol ntcb_strtol
#define wcstoul ntcb_wcstoul
#define wcstol ntcb_wcstol
#define _wtoi ntcb_wtoi
#define atoi ntcb_atoi
#define wcscpy_s ntcb_wcscpy_s
#define wcsncpy_s ntcb_wcsncpy_s
#define wcscat_s ntcb_wcscat_s
#define wcsncat_s ntcb_wcsncat_s
#define strcpy_s ntcb_strcpy_s
#define strncpy_s ntcb_strncpy_s
#define strcat_s ntcb_strcat_s
#define strncat_s ntcb_strncat_s
#define memmove_s ntcb_memmove_s
#define _vsnprintf_s ntcb_vsnprintf_s
#define _vsnwprintf_s ntcb_vsnwprintf_s
#define vsprintf_s ntcb_vsprintf_s
#define vswprintf_s ntcb_vswprintf_s
#define sprintf_s ntcb_sprintf_s
#define swprintf_s ntcb_swprintf_s
#define _snprintf_s ntcb_snprintf_s
#define _snwprintf_s ntcb_snwprintf_s
#define memcpy_s ntcb_memmove_s
#define _TRUNCATE ((size_t)-1)
typedef int errno_t;

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
size_t strcspn(const char *String, const char *Control);
size_t strnlen(const char *String, size_t Count);
int isdigit(int Character);
int isxdigit(int Character);
int isalpha(int Character);
int isalnum(int Character);
int isspace(int Character);
int isupper(int Character);
int islower(int Character);
int isprint(int Character);
int abs(int Value);
void qsort(void *Base, size_t Count, size_t Width, int (*Compare)(const void *, const void *));
void *bsearch(const void *Key, const void *Base, size_t Count, size_t Width,
              int (*Compare)(const void *, const void *));
#ifdef __cplusplus
extern "C++" {
NTCB_INLINE char *strchr(char *String, int Character)
{
    return __builtin_strchr(String, Character);
}
NTCB_INLINE const char *strchr(const char *String, int Character)
{
    return __builtin_strchr(String, Character);
}
NTCB_INLINE char *strrchr(char *String, int Character)
{
    return __builtin_strrchr(String, Character);
}
NTCB_INLINE const char *strrchr(const char *String, int Character)
{
    return __builtin_strrchr(String, Character);
}
NTCB_INLINE char *strstr(char *String, const char *Pattern)
{
    return __builtin_strstr(String, Pattern);
}
NTCB_INLINE const char *strstr(const char *String, const char *Pattern)
{
    return __builtin_strstr(String, Pattern);
}
/* The bounded functions find the size of an array themselves. */
template <size_t Size>
NTCB_INLINE int ntcb_wcscpy_s(WCHAR (&Destination)[Size], const WCHAR *Source)
{
    return ntcb_wcscpy_s(Destination, Size, Source);
}
template <size_t Size>
NTCB_INLINE int ntcb_wcscat_s(WCHAR (&Destination)[Size], const WCHAR *Source)
{
    return ntcb_wcscat_s(Destination, Size, Source);
}
template <size_t Size>
NTCB_INLINE int ntcb_wcsncpy_s(WCHAR (&Destination)[Size], const WCHAR *Source, size_t Count)
{
    return ntcb_wcsncpy_s(Destination, Size, Source, Count);
}
template <size_t Size> NTCB_INLINE int ntcb_strcpy_s(char (&Destination)[Size], const char *Source)
{
    return ntcb_strcpy_s(Destination, Size, Source);
}
template <size_t Size> NTCB_INLINE int ntcb_strcat_s(char (&Destination)[Size], const char *Source)
{
    return ntcb_strcat_s(Destination, Size, Source);
}
template <size_t Size, typename... Rest>
NTCB_INLINE int ntcb_swprintf_s(WCHAR (&Buffer)[Size], const WCHAR *Format, Rest... Arguments)
{
    return ntcb_swprintf_s(Buffer, Size, Format, Arguments...);
}
template <size_t Size, typename... Rest>
NTCB_INLINE int ntcb_sprintf_s(char (&Buffer)[Size], const char *Format, Rest... Arguments)
{
    return ntcb_sprintf_s(Buffer, Size, Format, Arguments...);
}
}
#else
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
