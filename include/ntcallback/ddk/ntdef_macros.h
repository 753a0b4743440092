/* SPDX-License-Identifier: MIT */
/*
 * ntdef_macros.h - the base macros: statuses, strings, fields, attributes, flags. Part of ntdef.h.
 */
#ifndef NTCB_NTDEF_MACROS_H
#define NTCB_NTDEF_MACROS_H

#ifndef NTCB_NTDEF_H
#include "ntdef.h"
#endif

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef ANSI_NULL
#define ANSI_NULL ((CHAR)0)
#define UNICODE_NULL ((WCHAR)0)
#endif
#define ANYSIZE_ARRAY 1
#define UNICODE_STRING_MAX_BYTES ((USHORT)65534)
#define UNICODE_STRING_MAX_CHARS (32767)
#define MINCHAR 0x80
#define MAXCHAR 0x7F
#define MINSHORT 0x8000
#define MAXSHORT 0x7FFF
#define MAXUCHAR 0xFF
#define MAXUSHORT 0xFFFF
#define MINLONG ((LONG)0x80000000)
#define MAXLONG 0x7FFFFFFF
#define MAXULONG 0xFFFFFFFFU
#define MAXLONG32 ((LONG32)0x7FFFFFFF)
#define MAXULONG32 ((ULONG32)0xFFFFFFFFU)
#define MAXLONG64 ((LONG64)0x7FFFFFFFFFFFFFFFLL)
#define MAXULONG64 ((ULONG64)0xFFFFFFFFFFFFFFFFULL)
#define MAXLONGLONG 0x7FFFFFFFFFFFFFFFLL
#define MAXULONGLONG 0xFFFFFFFFFFFFFFFFULL
#define MAXULONG_PTR (~((ULONG_PTR)0))
#define MAXLONG_PTR ((LONG_PTR)(MAXULONG_PTR >> 1))
#define MINLONG_PTR (~MAXLONG_PTR)
#define MAXSIZE_T ((SIZE_T) ~((SIZE_T)0))

/* Statuses: the two top bits are the severity. */
#define NT_SUCCESS(Status) (((NTSTATUS)(Status)) >= 0)
#define NT_INFORMATION(Status) ((((ULONG)(Status)) >> 30) == 1)
#define NT_WARNING(Status) ((((ULONG)(Status)) >> 30) == 2)
#define NT_ERROR(Status) ((((ULONG)(Status)) >> 30) == 3)
#define APPLICATION_ERROR_MASK 0x20000000
#define ERROR_SEVERITY_SUCCESS 0x00000000
#define ERROR_SEVERITY_INFORMATIONAL 0x40000000
#define ERROR_SEVERITY_WARNING 0x80000000
#define ERROR_SEVERITY_ERROR 0xC0000000

/* Fields, arrays, parameters. */
#define FIELD_OFFSET(type, field) ((LONG) __builtin_offsetof(type, field))
#define UFIELD_OFFSET(type, field) ((ULONG) __builtin_offsetof(type, field))
#define CONTAINING_RECORD(address, type, field) \
    ((type *)((PCHAR)(address) - __builtin_offsetof(type, field)))
#define RTL_FIELD_SIZE(type, field) (sizeof(((type *)0)->field))
#define FIELD_SIZE(type, field) RTL_FIELD_SIZE(type, field)
#define RTL_FIELD_TYPE(type, field) (((type *)0)->field)
#define RTL_SIZEOF_THROUGH_FIELD(type, field) \
    (__builtin_offsetof(type, field) + RTL_FIELD_SIZE(type, field))
#define RTL_CONTAINS_FIELD(Struct, Size, Field) \
    ((((PCHAR)(&(Struct)->Field)) + sizeof((Struct)->Field)) <= (((PCHAR)(Struct)) + (Size)))
#define RTL_NUMBER_OF(A) (sizeof(A) / sizeof((A)[0]))
#define RTL_NUMBER_OF_FIELD(type, field) (RTL_NUMBER_OF(RTL_FIELD_TYPE(type, field)))
#define RTL_BITS_OF(sizeOfArg) (sizeof(sizeOfArg) * 8)
#define ARRAYSIZE(A) RTL_NUMBER_OF(A)
#define UNREFERENCED_PARAMETER(P) ((void)(P))
#define DBG_UNREFERENCED_PARAMETER(P) ((void)(P))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(V) ((void)(V))
#define ARGUMENT_PRESENT(ArgumentPointer) ((CHAR *)((ULONG_PTR)(ArgumentPointer)) != (CHAR *)NULL)
#define C_ASSERT(e) NTCB_STATIC_ASSERT(e)
#define TEXT(quote) L##quote
#define __TEXT(quote) L##quote
#define DEFAULT_UNREACHABLE \
    default:                \
        __builtin_unreachable()
#define RtlOffsetToPointer(B, O) ((PCHAR)(((PCHAR)(B)) + ((ULONG_PTR)(O))))
#define RtlPointerToOffset(B, P) ((ULONG)(((PCHAR)(P)) - ((PCHAR)(B))))
#define Int32x32To64(a, b) (((LONGLONG)((LONG)(a))) * ((LONGLONG)((LONG)(b))))
#define UInt32x32To64(a, b) (((ULONGLONG)((ULONG)(a))) * ((ULONGLONG)((ULONG)(b))))
#define LOWORD(l) ((USHORT)((ULONG_PTR)(l)&0xFFFF))
#define HIWORD(l) ((USHORT)(((ULONG_PTR)(l) >> 16) & 0xFFFF))
#define MAKELANGID(p, s) ((((USHORT)(s)) << 10) | (USHORT)(p))
#define MAKELCID(lgid, srtid) \
    ((ULONG)((((ULONG)((USHORT)(srtid))) << 16) | ((ULONG)((USHORT)(lgid)))))

#define PtrToUlong(p) ((ULONG)(ULONG_PTR)(p))
#define PtrToLong(p) ((LONG)(LONG_PTR)(p))
#define PtrToUint(p) ((UINT)(UINT_PTR)(p))
#define PtrToInt(p) ((INT)(INT_PTR)(p))
#define PtrToUshort(p) ((USHORT)(ULONG_PTR)(p))
#define HandleToUlong(h) ((ULONG)(ULONG_PTR)(h))
#define HandleToULong(h) HandleToUlong(h)
#define HandleToLong(h) ((LONG)(LONG_PTR)(h))
#define HandleToHandle32(h) HandleToUlong(h)
#define UlongToHandle(ul) ((HANDLE)(ULONG_PTR)(ULONG)(ul))
#define ULongToHandle(ul) UlongToHandle(ul)
#define LongToHandle(l) ((HANDLE)(LONG_PTR)(LONG)(l))
#define UlongToPtr(ul) ((PVOID)(ULONG_PTR)(ULONG)(ul))
#define ULongToPtr(ul) UlongToPtr(ul)
#define LongToPtr(l) ((PVOID)(LONG_PTR)(LONG)(l))

#if defined(NTCB_DRIVER_DIALECT) && !defined(NOMINMAX)
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#endif

#define FlagOn(_F, _SF) ((_F) & (_SF))
#define BooleanFlagOn(F, SF) ((BOOLEAN)(((F) & (SF)) != 0))
#define SetFlag(_F, _SF) ((_F) |= (_SF))
#define ClearFlag(_F, _SF) ((_F) &= ~(_SF))

/* Constant strings. Lengths are in bytes; the literal is L"" in drivers, u"" in host code. */
#ifdef __cplusplus
#define RTL_CONSTANT_STRING(s)                                    \
    {                                                             \
        sizeof(s) - sizeof((s)[0]), sizeof(s), NtcbRemoveConst(s) \
    }
extern "C++" {
template <typename T> constexpr T *NtcbRemoveConst(const T *Literal)
{
    return const_cast<T *>(Literal);
}
}
#else
#define RTL_CONSTANT_STRING(s)                   \
    {                                            \
        sizeof(s) - sizeof((s)[0]), sizeof(s), s \
    }
#endif
#define DECLARE_CONST_UNICODE_STRING(_var, _string)                                \
    const WCHAR _var##_buffer[] = _string;                                         \
    const UNICODE_STRING _var = {sizeof(_string) - sizeof(WCHAR), sizeof(_string), \
                                 (PWCH)_var##_buffer}
#define DECLARE_GLOBAL_CONST_UNICODE_STRING(_var, _str) \
    extern const UNICODE_STRING _var;                   \
    const UNICODE_STRING _var = RTL_CONSTANT_STRING(_str)
#define DECLARE_UNICODE_STRING_SIZE(_var, _size) \
    WCHAR _var##_buffer[_size];                  \
    UNICODE_STRING _var = {0, (_size) * sizeof(WCHAR), _var##_buffer}
#define RTL_CONSTANT_OBJECT_ATTRIBUTES(n, a)                                 \
    {                                                                        \
        sizeof(OBJECT_ATTRIBUTES), NULL, (PUNICODE_STRING)(n), a, NULL, NULL \
    }

/* Handle and object attributes. */
#define OBJ_CASE_INSENSITIVE 0x00000040
#define OBJ_DONT_REPARSE 0x00001000
#define OBJ_EXCLUSIVE 0x00000020
#define OBJ_FORCE_ACCESS_CHECK 0x00000400
#define OBJ_HANDLE_TAGBITS 3
#define OBJ_IGNORE_IMPERSONATED_DEVICEMAP 0x00000800
#define OBJ_INHERIT 2
#define OBJ_KERNEL_HANDLE 0x00000200
#define OBJ_OPENIF 0x00000080
#define OBJ_OPENLINK 0x00000100
#define OBJ_PERMANENT 0x00000010
#define OBJ_VALID_ATTRIBUTES 0x00001FF2
#define OBJ_NAME_PATH_SEPARATOR ((WCHAR)0x5C)
#define InitializeObjectAttributes(p, n, a, r, s) \
    {                                             \
        (p)->Length = sizeof(OBJECT_ATTRIBUTES);  \
        (p)->RootDirectory = (r);                 \
        (p)->Attributes = (a);                    \
        (p)->ObjectName = (n);                    \
        (p)->SecurityDescriptor = (s);            \
        (p)->SecurityQualityOfService = NULL;     \
    }

/* Access rights common to all object types. */
#define ACCESS_SYSTEM_SECURITY 0x01000000
#define DELETE 0x00010000
#define GENERIC_ALL 0x10000000
#define GENERIC_EXECUTE 0x20000000
#define GENERIC_READ 0x80000000
#define GENERIC_WRITE 0x40000000
#define MAXIMUM_ALLOWED 0x02000000
#define READ_CONTROL 0x00020000
#define SPECIFIC_RIGHTS_ALL 0x0000FFFF
#define STANDARD_RIGHTS_ALL 0x001F0000
#define STANDARD_RIGHTS_EXECUTE 0x00020000
#define STANDARD_RIGHTS_READ 0x00020000
#define STANDARD_RIGHTS_REQUIRED 0x000F0000
#define STANDARD_RIGHTS_WRITE 0x00020000
#define SYNCHRONIZE 0x00100000
#define WRITE_DAC 0x00040000
#define WRITE_OWNER 0x00080000

/* Windows versions, for NTDDI_VERSION conditions in driver source. */
#define NTDDI_LONGHORN 0x06000000
#define NTDDI_VISTA 0x06000000
#define NTDDI_VISTASP1 0x06000100
#define NTDDI_VISTASP2 0x06000200
#define NTDDI_VISTASP3 0x06000300
#define NTDDI_VISTASP4 0x06000400
#define NTDDI_WIN10 0x0A000000
#define NTDDI_WIN10_19H1 0x0A000007
#define NTDDI_WIN10_CO 0x0A00000B
#define NTDDI_WIN10_FE 0x0A00000A
#define NTDDI_WIN10_MN 0x0A000009
#define NTDDI_WIN10_NI 0x0A00000C
#define NTDDI_WIN10_RS1 0x0A000002
#define NTDDI_WIN10_RS2 0x0A000003
#define NTDDI_WIN10_RS3 0x0A000004
#define NTDDI_WIN10_RS4 0x0A000005
#define NTDDI_WIN10_RS5 0x0A000006
#define NTDDI_WIN10_TH2 0x0A000001
#define NTDDI_WIN10_VB 0x0A000008
#define NTDDI_WIN2K 0x05000000
#define NTDDI_WIN2KSP1 0x05000100
#define NTDDI_WIN2KSP2 0x05000200
#define NTDDI_WIN2KSP3 0x05000300
#define NTDDI_WIN2KSP4 0x05000400
#define NTDDI_WIN4 0x04000000
#define NTDDI_WIN6 0x06000000
#define NTDDI_WIN6SP1 0x06000100
#define NTDDI_WIN6SP2 0x06000200
#define NTDDI_WIN6SP3 0x06000300
#define NTDDI_WIN6SP4 0x06000400
#define NTDDI_WIN7 0x06010000
#define NTDDI_WIN8 0x06020000
#define NTDDI_WINBLUE 0x06030000
#define NTDDI_WINTHRESHOLD 0x0A000000
#define NTDDI_WINXP 0x05010000
#define NTDDI_WINXPSP1 0x05010100
#define NTDDI_WINXPSP2 0x05010200
#define NTDDI_WINXPSP3 0x05010300
#define NTDDI_WINXPSP4 0x05010400
#define NTDDI_WS03 0x05020000
#define NTDDI_WS03SP1 0x05020100
#define NTDDI_WS03SP2 0x05020200
#define NTDDI_WS03SP3 0x05020300
#define NTDDI_WS03SP4 0x05020400
#define NTDDI_WS08 0x06000100
#define NTDDI_WS08SP2 0x06000200
#define NTDDI_WS08SP3 0x06000300
#define NTDDI_WS08SP4 0x06000400
#define _WIN32_WINNT_WIN7 0x0601
#define _WIN32_WINNT_WIN8 0x0602
#define _WIN32_WINNT_WINBLUE 0x0603
#define _WIN32_WINNT_WIN10 0x0A00
#ifdef NTCB_DRIVER_DIALECT
#ifndef NTDDI_VERSION
#define NTDDI_VERSION NTDDI_WIN10_NI
#endif
#ifndef _WIN32_WINNT
#define _WIN32_WINNT _WIN32_WINNT_WIN10
#endif
#ifndef WINVER
#define WINVER _WIN32_WINNT
#endif
#endif

#endif
