/* SPDX-License-Identifier: MIT */
/*
 * stdlib.h - the kernel's C run-time library.
 *
 * What a driver gets for <stdlib.h>: the host's header would declare functions for the host's wide
 * characters.
 */
#ifndef NTCB_STDLIB_H
#define NTCB_STDLIB_H

#include "ntcb_crt.h"

#endif
