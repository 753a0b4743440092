/* SPDX-License-Identifier: MIT
 *
 * rtlp_format.h - the kernel's formatter.
 */
#ifndef SIM_RTL_RTLP_FORMAT_H
#define SIM_RTL_RTLP_FORMAT_H

#include "simp.h"

#include <stdarg.h>

/* Where text goes: into Bytes as UTF-8, or into Units. What exceeds Capacity is counted only. */
struct RTLP_SINK {
    char *Bytes; /* one of these two is not NULL unless Capacity is 0 */
    WCHAR *Units;
    BOOLEAN Wide;
    size_t Capacity;
    size_t Count; /* bytes or units the whole text takes */
};

/* Format with Microsoft's meaning: l is 32 bits, I64, I32, I, w and Z are known, %s follows the
 * format's own width and %S is the other one. One of Narrow and Wide is NULL. */
VOID RtlpFormat(struct RTLP_SINK *Sink, const char *Narrow, const WCHAR *Wide, va_list Arguments);

#endif
