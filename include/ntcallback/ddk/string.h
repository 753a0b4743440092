/* SPDX-License-Identifier: MIT */
/*
 * string.h - the kernel's C run-time library.
 *
 * What a driver gets for <string.h>: the host's header would declare functions for the host's wide
 * characters.
 */
#ifndef NTCB_STRING_H
#define NTCB_STRING_H

#include "ntcb_crt.h"

#endif
