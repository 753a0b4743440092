/* SPDX-License-Identifier: MIT */
/*
 * ntddk.h - the interface of drivers outside the device stacks: wdm.h plus process, thread and
 * image callbacks.
 */
#ifndef NTCB_NTDDK_H
#define NTCB_NTDDK_H

#include "wdm.h"
#include "ntddk_ex.h"
#include "ntddk_ps.h"
#include "ntddk_rtl.h"
#include "ntddk_table.h"

#endif
