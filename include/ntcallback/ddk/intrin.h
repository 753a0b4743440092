/* SPDX-License-Identifier: MIT */
/*
 * intrin.h - the compiler's intrinsic functions.
 */
#ifndef NTCB_INTRIN_H
#define NTCB_INTRIN_H

#include "wdm.h"

#endif
