/* SPDX-License-Identifier: MIT */
/*
 * ntcb_guard.h - which dialect is this translation unit compiled in?
 *
 * Role    Driver source says L"..." and expects two-byte wide characters; the library, the
 *         simulator and the tests are plain C11 and keep the host's wchar_t. Every header of the
 *         driver face includes this file first, so that a driver built without the flags stops
 *         here with a sentence that names the fix, instead of failing later in a hundred
 *         initialisers.
 * Macros  NTCB_HOST_DIALECT    defined by the library's, simulator's and tests' targets: no flags
 *         needed
 *         NTCB_DRIVER_DIALECT  defined here when it is not: the unit is a driver's
 *
 * The kind of compiler is never asked by __GNUC__ alone: clang -fms-compatibility does not define
 * it.
 */
#ifndef NTCB_GUARD_H
#define NTCB_GUARD_H

#if defined(NTCB_HOST_DIALECT)
/* u"" literals and the host's wchar_t: nothing to check. */
#elif defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ != 2
#error "ntcallback: driver source needs a two-byte wchar_t: link the CMake target \
ntcallback::ddk (it passes -fshort-wchar and the other driver flags); code that is no driver \
defines NTCB_HOST_DIALECT"
#else
#define NTCB_DRIVER_DIALECT 1
#endif

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Anonymous structures are C11 but an extension in every C++ compiler. */
#ifdef __cplusplus
#if defined(__clang__)
#define NTCB_DDK_BEGIN_DECLS                                                       \
    _Pragma("clang diagnostic push")                                               \
        _Pragma("clang diagnostic ignored \"-Wgnu-anonymous-struct\"")             \
            _Pragma("clang diagnostic ignored \"-Wnested-anon-types\"") extern "C" \
    {
#define NTCB_DDK_END_DECLS \
    }                      \
    _Pragma("clang diagnostic pop")
#else
#define NTCB_DDK_BEGIN_DECLS                                                                   \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wpedantic\"") extern "C" \
    {
#define NTCB_DDK_END_DECLS \
    }                      \
    _Pragma("GCC diagnostic pop")
#endif
#define NTCB_STATIC_ASSERT(e) static_assert(e, #e)
#else
#define NTCB_DDK_BEGIN_DECLS
#define NTCB_DDK_END_DECLS
#define NTCB_STATIC_ASSERT(e) _Static_assert(e, #e)
#endif

/* Inline functions of these headers. Drivers use FORCEINLINE, which must also survive `static
 * FORCEINLINE`. */
#define NTCB_INLINE static inline __attribute__((always_inline, unused))

#endif
