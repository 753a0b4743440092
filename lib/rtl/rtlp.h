/* SPDX-License-Identifier: MIT
 *
 * rtlp.h - altitudes as the callback managers use them.
 */
#ifndef LIB_RTL_RTLP_H
#define LIB_RTL_RTLP_H

#include <ntcallback/ddk/ntifs.h>

#include <stdbool.h>

/* Digits, then at most one point and more digits (CM-REG-16). A point that ends the text is taken
 * (CM-ORD-05). */
bool RtlpIsAltitude(PCUNICODE_STRING Altitude);

/* UTF-8 of Source into Buffer, terminated, as much as fits; returns the bytes it takes in all,
 * without the terminator. Unpaired surrogates become U+FFFD. */
SIZE_T RtlpToUtf8(PCUNICODE_STRING Source, char *Buffer, SIZE_T Bytes);

#endif
