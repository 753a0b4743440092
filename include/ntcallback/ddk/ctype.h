/* SPDX-License-Identifier: MIT */
/*
 * ctype.h - the kernel's C run-time library.
 *
 * What a driver gets for <ctype.h>: the host's header would declare functions for the host's wide
 * characters.
 */
#ifndef NTCB_CTYPE_H
#define NTCB_CTYPE_H

#include "ntcb_crt.h"

#endif
