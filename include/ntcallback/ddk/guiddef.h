/* SPDX-License-Identifier: MIT */
/*
 * guiddef.h - GUID and DEFINE_GUID.
 */
#ifndef NTCB_GUIDDEF_H
#define NTCB_GUIDDEF_H

#include "ntdef.h"

#endif
