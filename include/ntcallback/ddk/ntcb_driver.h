/* SPDX-License-Identifier: MIT */
/*
 * ntcb_driver.h - what the driver kit's build puts in front of every source of a driver.
 *
 * The kit's own warning.h does the same for C: try, except, finally and leave are keywords there.
 * A variable changed inside a __try body is read in its handler, after a longjmp: that is only
 * defined when the function is not optimised, whatever the command line says.
 */
#ifndef NTCB_DRIVER_H
#define NTCB_DRIVER_H

#include "excpt.h"

#if defined(__clang__)
#pragma clang optimize off
#else
#pragma GCC optimize("O0")
#endif

#ifndef __cplusplus
#define try __try
#define except __except
#define finally __finally
#define leave __leave
#endif

#endif
