/* SPDX-License-Identifier: MIT */
/*
 * wdmsec.h - security descriptor strings for device objects. Only the strings:
 * WdmlibIoCreateDeviceSecure is not implemented and so not declared.
 */
#ifndef NTCB_WDMSEC_H
#define NTCB_WDMSEC_H

#include "wdm.h"

#ifdef NTCB_DRIVER_DIALECT
#define NTCB_SDDL(name, text)                                                \
    static const UNICODE_STRING __attribute__((unused)) SDDL_DEVOBJ_##name = \
        RTL_CONSTANT_STRING(L##text)
NTCB_SDDL(KERNEL_ONLY, "D:P");
NTCB_SDDL(SYS_ALL, "D:P(A;;GA;;;SY)");
NTCB_SDDL(SYS_ALL_ADM_ALL, "D:P(A;;GA;;;SY)(A;;GA;;;BA)");
NTCB_SDDL(SYS_ALL_ADM_RX, "D:P(A;;GA;;;SY)(A;;GRGX;;;BA)");
NTCB_SDDL(SYS_ALL_ADM_RWX_WORLD_R, "D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)");
NTCB_SDDL(SYS_ALL_ADM_RWX_WORLD_R_RES_R, "D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)(A;;GR;;;RC)");
NTCB_SDDL(SYS_ALL_ADM_RWX_WORLD_RW_RES_R,
          "D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)(A;;GR;;;RC)");
NTCB_SDDL(SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX,
          "D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGWGX;;;WD)(A;;GRGWGX;;;RC)");
#endif

#endif
