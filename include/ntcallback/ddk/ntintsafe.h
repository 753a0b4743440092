/* SPDX-License-Identifier: MIT */
/*
 * ntintsafe.h - arithmetic and conversions of integers that say when the result does not fit.
 *
 * Role    Rtl<Type>Add, Rtl<Type>Sub, Rtl<Type>Mult and Rtl<Type>To<Type>, all inline.
 * Status  STATUS_SUCCESS; STATUS_INTEGER_OVERFLOW, and the result is then the type's error value:
 *         the greatest of an unsigned type, -1 of a signed one, 0 of CHAR. Any IRQL.
 */
#ifndef NTCB_NTINTSAFE_H
#define NTCB_NTINTSAFE_H

#include "ntdef.h"
#include "ntstatus.h"

NTCB_DDK_BEGIN_DECLS

#define INT8_ERROR (-1)
#define UINT8_ERROR 0xff
#define BYTE_ERROR 0xff
#define UCHAR_ERROR 0xff
#define CHAR_ERROR '\0'
#define SHORT_ERROR (-1)
#define USHORT_ERROR 0xffff
#define WORD_ERROR USHORT_ERROR
#define INT_ERROR (-1)
#define UINT_ERROR 0xffffffffU
#define LONG_ERROR (-1)
#define ULONG_ERROR 0xffffffffU
#define DWORD_ERROR ULONG_ERROR
#define LONGLONG_ERROR (-1LL)
#define ULONGLONG_ERROR 0xffffffffffffffffULL
#define INT_PTR_ERROR ((INT_PTR)-1)
#define UINT_PTR_ERROR (~(UINT_PTR)0)
#define LONG_PTR_ERROR ((LONG_PTR)-1)
#define ULONG_PTR_ERROR (~(ULONG_PTR)0)
#define DWORD_PTR_ERROR ULONG_PTR_ERROR
#define SIZE_T_ERROR (~(SIZE_T)0)
#define SSIZE_T_ERROR ((SSIZE_T)-1)

/* The types: name in function names, type, error value. The preprocessor does not enter a macro
 * again while it expands it, so the list is there twice. */
#define NTCB_INTEGERS(X, ...)                             \
    X(Int8, INT8, INT8_ERROR, __VA_ARGS__)                \
    X(UInt8, UINT8, UINT8_ERROR, __VA_ARGS__)             \
    X(Byte, BYTE, BYTE_ERROR, __VA_ARGS__)                \
    X(Char, CHAR, CHAR_ERROR, __VA_ARGS__)                \
    X(UChar, UCHAR, UCHAR_ERROR, __VA_ARGS__)             \
    X(Short, SHORT, SHORT_ERROR, __VA_ARGS__)             \
    X(UShort, USHORT, USHORT_ERROR, __VA_ARGS__)          \
    X(Word, WORD, WORD_ERROR, __VA_ARGS__)                \
    X(Int, INT, INT_ERROR, __VA_ARGS__)                   \
    X(UInt, UINT, UINT_ERROR, __VA_ARGS__)                \
    X(Long, LONG, LONG_ERROR, __VA_ARGS__)                \
    X(ULong, ULONG, ULONG_ERROR, __VA_ARGS__)             \
    X(DWord, DWORD, DWORD_ERROR, __VA_ARGS__)             \
    X(LongLong, LONGLONG, LONGLONG_ERROR, __VA_ARGS__)    \
    X(ULongLong, ULONGLONG, ULONGLONG_ERROR, __VA_ARGS__) \
    X(IntPtr, INT_PTR, INT_PTR_ERROR, __VA_ARGS__)        \
    X(UIntPtr, UINT_PTR, UINT_PTR_ERROR, __VA_ARGS__)     \
    X(LongPtr, LONG_PTR, LONG_PTR_ERROR, __VA_ARGS__)     \
    X(ULongPtr, ULONG_PTR, ULONG_PTR_ERROR, __VA_ARGS__)  \
    X(DWordPtr, DWORD_PTR, DWORD_PTR_ERROR, __VA_ARGS__)  \
    X(SizeT, SIZE_T, SIZE_T_ERROR, __VA_ARGS__)           \
    X(SIZET, SIZE_T, SIZE_T_ERROR, __VA_ARGS__)           \
    X(SSizeT, SSIZE_T, SSIZE_T_ERROR, __VA_ARGS__)        \
    X(SSIZET, SSIZE_T, SSIZE_T_ERROR, __VA_ARGS__)
#define NTCB_INTEGERS_AGAIN(X) \
    X(Int8, INT8)              \
    X(UInt8, UINT8)            \
    X(Byte, BYTE)              \
    X(Char, CHAR)              \
    X(UChar, UCHAR)            \
    X(Short, SHORT)            \
    X(UShort, USHORT)          \
    X(Word, WORD)              \
    X(Int, INT)                \
    X(UInt, UINT)              \
    X(Long, LONG)              \
    X(ULong, ULONG)            \
    X(DWord, DWORD)            \
    X(LongLong, LONGLONG)      \
    X(ULongLong, ULONGLONG)    \
    X(IntPtr, INT_PTR)         \
    X(UIntPtr, UINT_PTR)       \
    X(LongPtr, LONG_PTR)       \
    X(ULongPtr, ULONG_PTR)     \
    X(DWordPtr, DWORD_PTR)     \
    X(SizeT, SIZE_T)           \
    X(SIZET, SIZE_T)           \
    X(SSizeT, SSIZE_T)         \
    X(SSIZET, SSIZE_T)

#define NTCB_CHECKED(overflown, result, error) \
    if (overflown) {                           \
        *(result) = (error);                   \
        return STATUS_INTEGER_OVERFLOW;        \
    }                                          \
    return STATUS_SUCCESS;

#define NTCB_ARITHMETIC(Name, Type, Error, ...)                                               \
    NTCB_INLINE NTSTATUS Rtl##Name##Add(_In_ Type Left, _In_ Type Right, _Out_ Type *Result){ \
        NTCB_CHECKED(__builtin_add_overflow(Left, Right, Result), Result,                     \
                     (Type)Error)} NTCB_INLINE NTSTATUS Rtl##Name##Sub(_In_ Type Left,        \
                                                                       _In_ Type Right,       \
                                                                       _Out_ Type *Result){   \
        NTCB_CHECKED(__builtin_sub_overflow(Left, Right, Result), Result,                     \
                     (Type)Error)} NTCB_INLINE NTSTATUS Rtl##Name##Mult(_In_ Type Left,       \
                                                                        _In_ Type Right,      \
                                                                        _Out_ Type *Result)   \
    {                                                                                         \
        NTCB_CHECKED(__builtin_mul_overflow(Left, Right, Result), Result, (Type)Error)        \
    }
NTCB_INTEGERS(NTCB_ARITHMETIC, )

#define NTCB_CONVERT(Name, Type, Error, From, FromType)                                         \
    NTCB_INLINE NTSTATUS Rtl##From##To##Name(_In_ FromType Operand, _Out_ Type *Result)         \
    {                                                                                           \
        NTCB_CHECKED(__builtin_add_overflow(Operand, (FromType)0, Result), Result, (Type)Error) \
    }
#define NTCB_CONVERT_FROM(From, FromType) NTCB_INTEGERS(NTCB_CONVERT, From, FromType)
NTCB_INTEGERS_AGAIN(NTCB_CONVERT_FROM)

#undef NTCB_CONVERT_FROM
#undef NTCB_CONVERT
#undef NTCB_ARITHMETIC
#undef NTCB_CHECKED
#undef NTCB_INTEGERS_AGAIN
#undef NTCB_INTEGERS

NTCB_DDK_END_DECLS

#endif
