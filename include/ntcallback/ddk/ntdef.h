/* SPDX-License-Identifier: MIT */
/*
 * ntdef.h - the base types and macros of the NT interface.
 *
 * Role    Every other header of the driver face builds on this one.
 * Notes   LONG and ULONG are int based, because `long` has eight bytes on the hosts. WCHAR has 16
 *         bits in every dialect: unsigned short in C (the type of wchar_t under -fshort-wchar and
 *         of u"" literals), wchar_t in C++ drivers, char16_t in C++ host code. NTAPI and its kin
 *         are empty: one calling convention exists on 64-bit hosts; they are kept on every
 *         function so that a 32-bit Windows build stays possible.
 */
#ifndef NTCB_NTDEF_H
#define NTCB_NTDEF_H

#include "ntcb_guard.h"
#include "sal.h"

NTCB_DDK_BEGIN_DECLS

/* Calling conventions, linkage. */
#if defined(_WIN32) && defined(__i386__)
#define NTAPI __stdcall
#define FASTCALL __fastcall
#define CDECL __cdecl
#else
#define NTAPI
#define FASTCALL
#define CDECL
#endif
#ifdef NTCB_DRIVER_DIALECT
#undef __stdcall
#undef __cdecl
#undef __fastcall
#undef __inline
#undef __unaligned
#define __stdcall
#define __cdecl
#define __fastcall
#define __unaligned
/* A bare C99 inline has no definition at -O0; forcing it in line gives it Microsoft's meaning. */
#define __inline inline __attribute__((always_inline))
#endif

/* The kernel's exports stay visible when the library hides everything else. On Windows a driver
 * module imports them; one that is linked into a program has them there. */
#if defined(_WIN32) && defined(NTCB_DRIVER_MODULE)
#define NTKERNELAPI __declspec(dllimport)
#elif defined(_WIN32) && defined(NTCB_HOST_DIALECT)
#define NTKERNELAPI __declspec(dllexport)
#elif defined(_WIN32)
#define NTKERNELAPI
#else
#define NTKERNELAPI __attribute__((visibility("default")))
#endif
#define NTSYSAPI NTKERNELAPI
#define NTSYSCALLAPI NTKERNELAPI
#define NTHALAPI NTKERNELAPI
#define DECLSPEC_IMPORT
#define DECLSPEC_NORETURN __attribute__((noreturn))
#define DECLSPEC_NOINLINE __attribute__((noinline))
#define DECLSPEC_ALIGN(x) __attribute__((aligned(x)))
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(64)
#define DECLSPEC_SELECTANY __attribute__((weak))
#define DECLSPEC_DEPRECATED_DDK
#define DECLSPEC_RESTRICT
#define FORCEINLINE inline __attribute__((always_inline))
#define CFORCEINLINE FORCEINLINE
#define FASTINLINE FORCEINLINE
#ifdef __cplusplus
#define EXTERN_C extern "C"
#define EXTERN_C_START extern "C" {
#define EXTERN_C_END }
#else
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#endif
#ifdef NTCB_DRIVER_DIALECT
#define IN
#define OUT
#define OPTIONAL
#define CRITICAL
#define RESTRICTED_POINTER
#endif
#define POINTER_32
#define POINTER_64
#undef UNALIGNED /* the C runtime of Windows has one */
#define UNALIGNED
#define UNALIGNED64
#define VOLATILE volatile
#define CONST const
#ifndef VOID
#define VOID void
#endif
/* Members of some structures are aligned like a pointer on 64-bit kernels only. */
#if UINTPTR_MAX > 0xFFFFFFFFU
#define POINTER_ALIGNMENT DECLSPEC_ALIGN(8)
#define MEMORY_ALLOCATION_ALIGNMENT 16
#define MAX_NATURAL_ALIGNMENT 8
#ifndef _WIN64
#define _WIN64 1
#endif
#else
#define POINTER_ALIGNMENT
#define MEMORY_ALLOCATION_ALIGNMENT 8
#define MAX_NATURAL_ALIGNMENT 4
#endif
#ifdef NTCB_DRIVER_DIALECT
#if defined(__x86_64__) && !defined(_AMD64_)
#define _AMD64_ 1
#elif defined(__aarch64__) && !defined(_ARM64_)
#define _ARM64_ 1
#elif defined(__i386__) && !defined(_X86_)
#define _X86_ 1
#endif
#endif

/* Integers. */
typedef char CHAR, CCHAR;
typedef signed char SCHAR;
typedef unsigned char UCHAR;
typedef short SHORT, CSHORT;
typedef unsigned short USHORT, WORD;
typedef int LONG, INT, LONG32, INT32;
typedef unsigned int ULONG, UINT, ULONG32, UINT32, DWORD32, DWORD, CLONG, LOGICAL, FLONG;
/* i386 hosts align long long to 4 inside structures, Windows to 8. */
#if defined(__i386__) && !defined(_WIN32)
#define NTCB_ALIGN_INT64 DECLSPEC_ALIGN(8)
#else
#define NTCB_ALIGN_INT64
#endif
typedef long long NTCB_ALIGN_INT64 LONGLONG;
typedef unsigned long long NTCB_ALIGN_INT64 ULONGLONG;
typedef LONGLONG LONG64, INT64, USN;
typedef ULONGLONG ULONG64, UINT64, DWORD64, DWORDLONG;
typedef signed char INT8;
typedef unsigned char UINT8, BYTE;
typedef short INT16;
typedef unsigned short UINT16;
typedef UCHAR BOOLEAN;
typedef int BOOL;
typedef float FLOAT;
typedef double DOUBLE;
#if UINTPTR_MAX > 0xFFFFFFFFU
typedef long long INT_PTR, LONG_PTR, SSIZE_T;
typedef unsigned long long UINT_PTR, ULONG_PTR, DWORD_PTR, SIZE_T, KAFFINITY;
#else
typedef int INT_PTR;
typedef int LONG_PTR, SSIZE_T;
typedef unsigned int UINT_PTR;
typedef unsigned int ULONG_PTR, DWORD_PTR, SIZE_T, KAFFINITY;
#endif
typedef LONG NTSTATUS, KPRIORITY, HRESULT;
typedef ULONG ACCESS_MASK, SECURITY_INFORMATION, LCID, DEVICE_TYPE;
typedef USHORT LANGID;
typedef void *PVOID, *HANDLE;
typedef CHAR *PCHAR, *LPSTR, *PSTR, *PSZ, *PNZCH, *LPCH, *PCH;
typedef CCHAR *PCCHAR;
typedef const CHAR *LPCSTR, *PCSTR, *PCSZ, *LPCCH, *PCCH, *PCNZCH;
typedef UCHAR *PUCHAR, *PBOOLEAN, *PBYTE;
typedef const UCHAR *PCUCHAR;
typedef SCHAR *PSCHAR;
typedef SHORT *PSHORT, *PCSHORT;
typedef USHORT *PUSHORT, *PWORD;
typedef LONG *PLONG, *PLONG32, *PNTSTATUS, *PINT;
typedef ULONG *PULONG, *PULONG32, *PUINT, *PDWORD, *PLOGICAL, *PACCESS_MASK, *PSECURITY_INFORMATION,
    *PUINT32;
typedef const ULONG *PCULONG;
typedef LONGLONG *PLONGLONG, *PLONG64;
typedef ULONGLONG *PULONGLONG, *PULONG64, *PUINT64;
typedef INT_PTR *PINT_PTR;
typedef LONG_PTR *PLONG_PTR;
typedef SSIZE_T *PSSIZE_T;
typedef UINT_PTR *PUINT_PTR;
typedef ULONG_PTR *PULONG_PTR;
typedef SIZE_T *PSIZE_T;
typedef KAFFINITY *PKAFFINITY;
typedef HANDLE *PHANDLE, *LPHANDLE;
typedef BOOL *PBOOL;
typedef PVOID *PPVOID;
typedef const void *PCVOID, *LPCVOID;
typedef void *LPVOID;

#if !defined(__cplusplus)
typedef unsigned short WCHAR;
#elif defined(NTCB_HOST_DIALECT)
typedef char16_t WCHAR;
#else
typedef wchar_t WCHAR;
#endif
typedef WCHAR *PWCHAR, *PWCH, *LPWCH, *PWSTR, *LPWSTR, *NWPSTR, *PNZWCH;
typedef const WCHAR *PCWCHAR, *LPCWCH, *PCWCH, *PCWSTR, *LPCWSTR, *PCNZWCH;
typedef PWSTR *PZPWSTR;
typedef WCHAR *PZZWSTR;
typedef const WCHAR *PCZZWSTR;
typedef WCHAR TCHAR, *PTCHAR, *PTSTR, *LPTSTR;
typedef const WCHAR *LPCTSTR, *PCTSTR;

NTCB_STATIC_ASSERT(sizeof(LONG) == 4);
NTCB_STATIC_ASSERT(sizeof(WCHAR) == 2);
NTCB_STATIC_ASSERT(sizeof(SIZE_T) == sizeof(void *));

#ifdef NTCB_DRIVER_DIALECT
/* These name the limits of Microsoft's 32-bit long; the host's <limits.h>, if included, must come
 * before. */
#undef LONG_MIN
#undef LONG_MAX
#undef ULONG_MAX
#define LONG_MIN (-2147483647 - 1)
#define LONG_MAX 2147483647
#define ULONG_MAX 0xFFFFFFFFU
#endif

#include "ntdef_types.h"
#include "ntdef_macros.h"

NTCB_DDK_END_DECLS

#endif
