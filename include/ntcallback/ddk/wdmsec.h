/* SPDX-License-Identifier: MIT */
/*
 * wdmsec.h - devices with a security descriptor, and descriptors for them.
 */
#ifndef NTCB_WDMSEC_H
#define NTCB_WDMSEC_H

#include "wdm.h"

NTCB_DDK_BEGIN_DECLS

/* IoCreateDeviceSecure - IoCreateDevice with a descriptor in SDDL. PASSIVE_LEVEL. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI NTSTATUS NTAPI WdmlibIoCreateDeviceSecure(
    _In_ PDRIVER_OBJECT DriverObject, _In_ ULONG DeviceExtensionSize,
    _In_opt_ PUNICODE_STRING DeviceName, _In_ DEVICE_TYPE DeviceType,
    _In_ ULONG DeviceCharacteristics, _In_ BOOLEAN Exclusive,
    _In_ PCUNICODE_STRING DefaultSDDLString, _In_opt_ LPCGUID DeviceClassGuid,
    _Outptr_result_nullonfailure_ PDEVICE_OBJECT *DeviceObject);
#define IoCreateDeviceSecure WdmlibIoCreateDeviceSecure

NTCB_DDK_END_DECLS

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
