/* SPDX-License-Identifier: MIT */
/*
 * kernelspecs.h - annotations of IRQL.
 */
#ifndef NTCB_KERNELSPECS_H
#define NTCB_KERNELSPECS_H

#include "sal.h"

#endif
