/* SPDX-License-Identifier: MIT */
/*
 * windef.h - the types of the Windows API that driver sources use all the same.
 */
#ifndef NTCB_WINDEF_H
#define NTCB_WINDEF_H

#include "ntdef.h"

NTCB_DDK_BEGIN_DECLS

#ifdef NTCB_DRIVER_DIALECT
#define FAR
#define NEAR
#define far
#define near
#define CALLBACK __stdcall
#define WINAPI __stdcall
#define WINAPIV __cdecl
#define APIENTRY WINAPI
#define APIPRIVATE __stdcall
#define PASCAL __stdcall
#endif
#define MAX_PATH 260
#ifndef NULL
#define NULL ((void *)0)
#endif
#define MAKEWORD(a, b) ((WORD)(((BYTE)(a)) | (((WORD)((BYTE)(b))) << 8)))
#define MAKELONG(a, b) ((LONG)(((WORD)(a)) | (((DWORD)((WORD)(b))) << 16)))
#define LOBYTE(w) ((BYTE)((ULONG_PTR)(w)&0xFF))
#define HIBYTE(w) ((BYTE)(((ULONG_PTR)(w) >> 8) & 0xFF))

typedef BYTE *LPBYTE;
typedef WORD *LPWORD;
typedef DWORD *LPDWORD;
typedef LONG *LPLONG;
typedef INT *LPINT;
typedef BOOL *LPBOOL;
typedef FLOAT *PFLOAT;
typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM, LRESULT;
typedef WORD ATOM;
typedef DWORD COLORREF;
typedef HANDLE HINSTANCE, HMODULE, HWND, HKEY, HGLOBAL, HLOCAL, HRSRC, HDESK, HWINSTA;
typedef HKEY *PHKEY;
typedef int(NTAPI *FARPROC)(void);
typedef int(NTAPI *NEARPROC)(void);
typedef int(NTAPI *PROC)(void);

typedef struct tagPOINT {
    LONG x;
    LONG y;
} POINT, *PPOINT, *LPPOINT;
typedef struct tagSIZE {
    LONG cx;
    LONG cy;
} SIZE, *PSIZE, *LPSIZE;
typedef struct tagRECT {
    LONG left;
    LONG top;
    LONG right;
    LONG bottom;
} RECT, *PRECT, *LPRECT;
typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

NTCB_DDK_END_DECLS

#endif
