/* SPDX-License-Identifier: MIT
 *
 * windows.h - the part of the Windows API that ntcb_win32.h has, for programs that
 * ntcallback_add_program compiles (docs/win32.md).
 *
 * What is not there is not declared: a program that needs it does not compile. The narrow
 * printf family has Microsoft's meaning (%ws, %I64x, `l` of 32 bits), so <stdio.h> comes first.
 */
#ifndef NTCB_WINDOWS_H
#define NTCB_WINDOWS_H

/* The host's, where drivers have the kernel's. */
#include_next <stdio.h>
#include_next <stdlib.h>
#include_next <string.h>

#include "ntcb_win32.h"

/* The result and Microsoft's formats, to a stream, as UTF-8. Returns the characters, or -1. */
NTSYSAPI int ntsim_program_printf(const char *Format, ...);
NTSYSAPI int ntsim_program_fprintf(FILE *Stream, const char *Format, ...);
NTSYSAPI int ntsim_program_wprintf(const WCHAR *Format, ...);
NTSYSAPI int ntsim_program_fwprintf(FILE *Stream, const WCHAR *Format, ...);
#undef printf
#undef fprintf
#define printf ntsim_program_printf
#define fprintf ntsim_program_fprintf
#define wprintf ntsim_program_wprintf
#define fwprintf ntsim_program_fwprintf

#ifdef UNICODE
#define RegCreateKeyEx RegCreateKeyExW
#define RegCreateKeyTransacted RegCreateKeyTransactedW
#define RegOpenKeyEx RegOpenKeyExW
#define RegOpenKeyTransacted RegOpenKeyTransactedW
#define RegSetValueEx RegSetValueExW
#define RegQueryValueEx RegQueryValueExW
#define RegDeleteValue RegDeleteValueW
#define RegDeleteKey RegDeleteKeyW
#define RegDeleteKeyEx RegDeleteKeyExW
#define RegEnumKeyEx RegEnumKeyExW
#define RegEnumValue RegEnumValueW
#define RegQueryInfoKey RegQueryInfoKeyW
#define CreateFile CreateFileW
#define CreateEvent CreateEventW
#define FindFirstFile FindFirstFileW
#define FindNextFile FindNextFileW
#define WIN32_FIND_DATA WIN32_FIND_DATAW
#define OpenSCManager OpenSCManagerW
#define CreateService CreateServiceW
#define OpenService OpenServiceW
#define StartService StartServiceW
#define TEXT(text) L##text
#define _T(text) L##text
#endif

#endif
