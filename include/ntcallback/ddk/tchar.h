/* SPDX-License-Identifier: MIT */
/*
 * tchar.h - the kernel's C run-time library.
 *
 * What a driver gets for <tchar.h>: the host's header would declare functions for the host's wide
 * characters.
 */
#ifndef NTCB_TCHAR_H
#define NTCB_TCHAR_H

#include "ntcb_crt.h"

#endif
