/* SPDX-License-Identifier: MIT
 *
 * version.h - the library's version, and the markers every public header uses.
 */
#ifndef NTCALLBACK_VERSION_H
#define NTCALLBACK_VERSION_H

#define NTCB_VERSION_MAJOR 0
#define NTCB_VERSION_MINOR 1
#define NTCB_VERSION_PATCH 0
#define NTCB_VERSION_STRING "0.1.0"

#if defined(_WIN32)
#define NTCB_EXPORT __declspec(dllexport)
#else
#define NTCB_EXPORT __attribute__((visibility("default")))
#endif

/* A function that formats as C does, also where the compiler's own printf is Microsoft's. */
#if defined(__MINGW32__) && !defined(__clang__)
#define NTCB_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#else
#define NTCB_PRINTF(text, first) __attribute__((format(printf, text, first)))
#endif

#ifdef __cplusplus
#define NTCB_BEGIN_DECLS extern "C" {
#define NTCB_END_DECLS }
#else
#define NTCB_BEGIN_DECLS
#define NTCB_END_DECLS
#endif

#endif
