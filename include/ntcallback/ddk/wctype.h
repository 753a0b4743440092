/* SPDX-License-Identifier: MIT */
/*
 * wctype.h - the kernel's C run-time library.
 *
 * What a driver gets for <wctype.h>: the host's header would declare functions for the host's wide
 * characters.
 */
#ifndef NTCB_WCTYPE_H
#define NTCB_WCTYPE_H

#include "ntcb_crt.h"

#endif
