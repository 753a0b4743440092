/* SPDX-License-Identifier: MIT */
/*
 * wchar.h - the kernel's C run-time library.
 *
 * What a driver gets for <wchar.h>: the host's header would declare functions for the host's wide
 * characters.
 */
#ifndef NTCB_WCHAR_H
#define NTCB_WCHAR_H

#include "ntcb_crt.h"

#endif
