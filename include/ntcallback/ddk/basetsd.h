/* SPDX-License-Identifier: MIT */
/*
 * basetsd.h - the same as windef.h here.
 */
#ifndef NTCB_BASETSD_H
#define NTCB_BASETSD_H

#include "windef.h"

#endif
