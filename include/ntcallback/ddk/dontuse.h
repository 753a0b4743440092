/* SPDX-License-Identifier: MIT */
/*
 * dontuse.h - Microsoft bans C library functions here; nothing is banned.
 */
#ifndef NTCB_DONTUSE_H
#define NTCB_DONTUSE_H

#include "ntdef.h"

#endif
