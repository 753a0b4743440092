/* SPDX-License-Identifier: MIT */
/*
 * wdm_misc.h - small things: times, versions, GUIDs, numbers, processors.
 */
#ifndef NTCB_WDM_MISC_H
#define NTCB_WDM_MISC_H

#include "wdm_ex.h"
#include "wdm_rtl.h"

NTCB_DDK_BEGIN_DECLS

/* Times, in units of 100 ns since 1601. RtlTimeFieldsToTime returns FALSE for what is no date (the
 * weekday is not looked at). Local time is the simulated machine's, which is set up in UTC
 * (ntsim_set_time_bias). Any IRQL. */
NTSYSAPI VOID NTAPI RtlTimeToTimeFields(_In_ PLARGE_INTEGER Time, _Out_ PTIME_FIELDS TimeFields);
NTSYSAPI BOOLEAN NTAPI RtlTimeFieldsToTime(_In_ PTIME_FIELDS TimeFields, _Out_ PLARGE_INTEGER Time);
/* Seconds since 1970 or 1980. FALSE: the time is none of those 32 bits can say. */
NTSYSAPI BOOLEAN NTAPI RtlTimeToSecondsSince1970(_In_ PLARGE_INTEGER Time,
                                                 _Out_ PULONG ElapsedSeconds);
NTSYSAPI VOID NTAPI RtlSecondsSince1970ToTime(_In_ ULONG ElapsedSeconds, _Out_ PLARGE_INTEGER Time);
NTKERNELAPI VOID NTAPI ExSystemTimeToLocalTime(_In_ PLARGE_INTEGER SystemTime,
                                               _Out_ PLARGE_INTEGER LocalTime);
NTKERNELAPI VOID NTAPI ExLocalTimeToSystemTime(_In_ PLARGE_INTEGER LocalTime,
                                               _Out_ PLARGE_INTEGER SystemTime);

/* Is the simulated Windows as VersionInfo wants? TypeMask names its members (VER_*), ConditionMask
 * how they are compared, made by VerSetConditionMask, one member a call. Version numbers and
 * service packs are compared as one number, by the condition of the first that is named.
 * Returns  STATUS_SUCCESS
 *          STATUS_REVISION_MISMATCH    it is not
 *          STATUS_INVALID_PARAMETER    nothing is to be compared */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    RtlVerifyVersionInfo(_In_ PRTL_OSVERSIONINFOEXW VersionInfo, _In_ ULONG TypeMask,
                         _In_ ULONGLONG ConditionMask);
NTSYSAPI ULONGLONG NTAPI VerSetConditionMask(_In_ ULONGLONG ConditionMask, _In_ ULONG TypeMask,
                                             _In_ UCHAR Condition);
#define VER_SET_CONDITION(_m_, _t_, _c_) ((_m_) = VerSetConditionMask((_m_), (_t_), (_c_)))

/* "{00000000-0000-0000-0000-000000000000}". RtlStringFromGUID allocates the string; RtlFreeUnicode-
 * String frees it. STATUS_SUCCESS, STATUS_INVALID_PARAMETER (no such text), STATUS_NO_MEMORY. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    RtlGUIDFromString(_In_ PCUNICODE_STRING GuidString, _Out_ GUID *Guid);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    RtlStringFromGUID(_In_ const GUID *Guid, _Out_ PUNICODE_STRING GuidString);

/* A number at the beginning of String, behind white space and a sign. Base 0: 0x, 0o and 0b say it,
 * else 10. STATUS_SUCCESS (0 when there is none), STATUS_INVALID_PARAMETER (no such base). */
NTSYSAPI NTSTATUS NTAPI RtlCharToInteger(_In_z_ PCSZ String, _In_opt_ ULONG Base,
                                         _Out_ PULONG Value);
/* Can it be a counted string? STATUS_SUCCESS, STATUS_INVALID_PARAMETER. Flags is 0. */
NTSYSAPI NTSTATUS NTAPI RtlValidateUnicodeString(_In_ ULONG Flags, _In_ PCUNICODE_STRING String);
/* A number below 0x7FFFFFFF, which is the next seed as well: the same seeds give the same
 * numbers. */
_IRQL_requires_max_(APC_LEVEL) NTSYSAPI ULONG NTAPI RtlRandomEx(_Inout_ PULONG Seed);
_IRQL_requires_max_(APC_LEVEL) NTSYSAPI ULONG NTAPI RtlRandom(_Inout_ PULONG Seed);

/* The simulated machine has four processors, all of one group; which of them a thread runs on is
 * not known. Any IRQL. */
extern NTKERNELAPI CCHAR const KeNumberProcessors;
#define ALL_PROCESSOR_GROUPS 0xFFFF
NTKERNELAPI ULONG NTAPI KeQueryActiveProcessorCount(_Out_opt_ PKAFFINITY ActiveProcessors);
NTKERNELAPI ULONG NTAPI KeQueryActiveProcessorCountEx(_In_ USHORT GroupNumber);
NTKERNELAPI ULONG NTAPI KeQueryMaximumProcessorCount(VOID);
NTKERNELAPI ULONG NTAPI KeQueryMaximumProcessorCountEx(_In_ USHORT GroupNumber);
NTKERNELAPI KAFFINITY NTAPI KeQueryActiveProcessors(VOID);

/* Vector registers are the host thread's own, and stay as they are: nothing need be saved. That the
 * two calls pair up, on one thread and at one IRQL, is checked (KE-XSTATE). STATUS_SUCCESS. */
typedef struct _XSAVE_AREA *PXSAVE_AREA;
typedef struct _XSTATE_CONTEXT {
    ULONG64 Mask;
    ULONG Length;
    ULONG Reserved1;
    PXSAVE_AREA Area;
#if UINTPTR_MAX <= 0xFFFFFFFFU
    ULONG Reserved2;
#endif
    PVOID Buffer;
#if UINTPTR_MAX <= 0xFFFFFFFFU
    ULONG Reserved3;
#endif
} XSTATE_CONTEXT, *PXSTATE_CONTEXT;
typedef struct _XSTATE_SAVE {
    struct _XSTATE_SAVE *Prev;
    struct _KTHREAD *Thread;
    UCHAR Level;
    XSTATE_CONTEXT XStateContext;
} XSTATE_SAVE, *PXSTATE_SAVE;
#define XSTATE_LEGACY_FLOATING_POINT (0)
#define XSTATE_LEGACY_SSE (1)
#define XSTATE_GSSE (2)
#define XSTATE_AVX (XSTATE_GSSE)
#define XSTATE_MASK_LEGACY_FLOATING_POINT (1ull << (XSTATE_LEGACY_FLOATING_POINT))
#define XSTATE_MASK_LEGACY_SSE (1ull << (XSTATE_LEGACY_SSE))
#define XSTATE_MASK_LEGACY (XSTATE_MASK_LEGACY_FLOATING_POINT | XSTATE_MASK_LEGACY_SSE)
#define XSTATE_MASK_GSSE (1ull << (XSTATE_GSSE))
#define XSTATE_MASK_AVX (XSTATE_MASK_GSSE)
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    KeSaveExtendedProcessorState(_In_ ULONG64 Mask, _Out_ PXSTATE_SAVE XStateSave);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI VOID NTAPI
    KeRestoreExtendedProcessorState(_In_ PXSTATE_SAVE XStateSave);

/* As ExAllocatePoolWithTag, but without memory it raises STATUS_INSUFFICIENT_RESOURCES, unless
 * PoolType says POOL_QUOTA_FAIL_INSTEAD_OF_RAISE. No quota is charged. IRQL as the pool's. */
NTKERNELAPI PVOID NTAPI ExAllocatePoolWithQuotaTag(_In_ POOL_TYPE PoolType,
                                                   _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag);

/* Copy memory that may not be there, as far as it is. There is no physical memory.
 * Returns  STATUS_SUCCESS             all of it
 *          STATUS_INVALID_ADDRESS     *NumberOfBytesTransferred bytes
 *          STATUS_INVALID_PARAMETER   Flags is not one of the two
 *          STATUS_NOT_IMPLEMENTED     MM_COPY_MEMORY_PHYSICAL */
typedef struct _MM_COPY_ADDRESS {
    union {
        PVOID VirtualAddress;
        PHYSICAL_ADDRESS PhysicalAddress;
    };
} MM_COPY_ADDRESS, *PMMCOPY_ADDRESS;
#define MM_COPY_MEMORY_PHYSICAL 0x1
#define MM_COPY_MEMORY_VIRTUAL 0x2
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    MmCopyMemory(_In_ PVOID TargetAddress, _In_ MM_COPY_ADDRESS SourceAddress,
                 _In_ SIZE_T NumberOfBytes, _In_ ULONG Flags,
                 _Out_ PSIZE_T NumberOfBytesTransferred);

NTCB_DDK_END_DECLS

#endif
