/* SPDX-License-Identifier: MIT */
/*
 * wdm_etw.h - event providers. What they write goes to the harness (ntsim/etw.h).
 */
#ifndef NTCB_WDM_ETW_H
#define NTCB_WDM_ETW_H

#include "evntprov.h"

NTCB_DDK_BEGIN_DECLS

#define EVENT_CONTROL_CODE_DISABLE_PROVIDER 0
#define EVENT_CONTROL_CODE_ENABLE_PROVIDER 1
#define EVENT_CONTROL_CODE_CAPTURE_STATE 2
typedef struct _EVENT_FILTER_DESCRIPTOR {
    ULONGLONG Ptr;
    ULONG Size;
    ULONG Type;
} EVENT_FILTER_DESCRIPTOR, *PEVENT_FILTER_DESCRIPTOR;
typedef enum _EVENT_INFO_CLASS {
    EventProviderBinaryTrackInfo,
    EventProviderSetReserved1,
    EventProviderSetTraits,
    EventProviderUseDescriptorType,
    MaxEventInfo
} EVENT_INFO_CLASS;
typedef VOID NTAPI ETWENABLECALLBACK(_In_ LPCGUID SourceId, _In_ ULONG ControlCode,
                                     _In_ UCHAR Level, _In_ ULONGLONG MatchAnyKeyword,
                                     _In_ ULONGLONG MatchAllKeyword,
                                     _In_opt_ PEVENT_FILTER_DESCRIPTOR FilterData,
                                     _Inout_opt_ PVOID CallbackContext);
typedef ETWENABLECALLBACK *PETWENABLECALLBACK;

/* EtwRegister - PASSIVE_LEVEL. The callback is called before it returns when somebody listens.
 * SUCCESS, NO_MEMORY. A provider that is left behind is reported (ETW-LEFT): its callback would be
 * called when the driver is gone. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    EtwRegister(_In_ LPCGUID ProviderId, _In_opt_ PETWENABLECALLBACK EnableCallback,
                _In_opt_ PVOID CallbackContext, _Out_ PREGHANDLE RegHandle);
/* SUCCESS, INVALID_HANDLE. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    EtwUnregister(_In_ REGHANDLE RegHandle);
/* Would an event be heard? Any IRQL. */
NTKERNELAPI BOOLEAN NTAPI EtwEventEnabled(_In_ REGHANDLE RegHandle,
                                          _In_ PCEVENT_DESCRIPTOR EventDescriptor);
NTKERNELAPI BOOLEAN NTAPI EtwProviderEnabled(_In_ REGHANDLE RegHandle, _In_ UCHAR Level,
                                             _In_ ULONGLONG Keyword);
/* EtwWrite and its kin - SUCCESS, also when nobody listens; INVALID_HANDLE; INTEGER_OVERFLOW (over
 * 64 KiB); NO_MEMORY. Any IRQL. */
NTKERNELAPI NTSTATUS NTAPI EtwWrite(_In_ REGHANDLE RegHandle,
                                    _In_ PCEVENT_DESCRIPTOR EventDescriptor,
                                    _In_opt_ LPCGUID ActivityId, _In_ ULONG UserDataCount,
                                    _In_reads_opt_(UserDataCount) PEVENT_DATA_DESCRIPTOR UserData);
NTKERNELAPI NTSTATUS NTAPI EtwWriteTransfer(
    _In_ REGHANDLE RegHandle, _In_ PCEVENT_DESCRIPTOR EventDescriptor, _In_opt_ LPCGUID ActivityId,
    _In_opt_ LPCGUID RelatedActivityId, _In_ ULONG UserDataCount,
    _In_reads_opt_(UserDataCount) PEVENT_DATA_DESCRIPTOR UserData);
NTKERNELAPI NTSTATUS NTAPI EtwWriteEx(_In_ REGHANDLE RegHandle,
                                      _In_ PCEVENT_DESCRIPTOR EventDescriptor, _In_ ULONG64 Filter,
                                      _In_ ULONG Flags, _In_opt_ LPCGUID ActivityId,
                                      _In_opt_ LPCGUID RelatedActivityId, _In_ ULONG UserDataCount,
                                      _In_reads_opt_(UserDataCount)
                                          PEVENT_DATA_DESCRIPTOR UserData);
NTKERNELAPI NTSTATUS NTAPI EtwWriteString(_In_ REGHANDLE RegHandle, _In_ UCHAR Level,
                                          _In_ ULONGLONG Keyword, _In_opt_ LPCGUID ActivityId,
                                          _In_ PCWSTR String);
/* What a provider says of itself; taken note of by nobody. SUCCESS, INVALID_HANDLE,
 * INVALID_PARAMETER (no such class). */
NTKERNELAPI NTSTATUS NTAPI EtwSetInformation(_In_ REGHANDLE RegHandle,
                                             _In_ EVENT_INFO_CLASS InformationClass,
                                             _In_reads_bytes_opt_(InformationLength)
                                                 PVOID EventInformation,
                                             _In_ ULONG InformationLength);

NTCB_DDK_END_DECLS

#endif
