/* SPDX-License-Identifier: MIT */
/*
 * initguid.h - include it before headers whose DEFINE_GUIDs this unit shall define. It may come
 * first or again.
 */
#ifndef INITGUID
#define INITGUID
#endif

#include "ntdef.h"

#undef DEFINE_GUID
#define DEFINE_GUID NTCB_DEFINE_GUID
