/* SPDX-License-Identifier: MIT */
/*
 * driverspecs.h - annotations for drivers.
 */
#ifndef NTCB_DRIVERSPECS_H
#define NTCB_DRIVERSPECS_H

#include "sal.h"

#endif
