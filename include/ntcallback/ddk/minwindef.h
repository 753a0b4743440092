/* SPDX-License-Identifier: MIT */
/*
 * minwindef.h - the same as windef.h here.
 */
#ifndef NTCB_MINWINDEF_H
#define NTCB_MINWINDEF_H

#include "windef.h"

#endif
