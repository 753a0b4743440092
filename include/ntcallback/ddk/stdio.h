/* SPDX-License-Identifier: MIT */
/*
 * stdio.h - the kernel's C run-time library.
 *
 * What a driver gets for <stdio.h>: the host's header would declare functions for the host's wide
 * characters.
 */
#ifndef NTCB_STDIO_H
#define NTCB_STDIO_H

#include "ntcb_crt.h"

#endif
