/* SPDX-License-Identifier: MIT */
/*
 * wdm_rundown.h - run-down protection: references that a tear-down can wait for.
 *
 * Role    Acquire fails once a run-down has begun; ExWaitForRundownProtectionRelease begins it and
 *         waits until every acquired reference is released. ExRundownCompleted ends it,
 *         ExReInitialize* opens the gate again. The cache-aware form spreads the count over
 *         processors and must be allocated or given its size's memory.
 */
#ifndef NTCB_WDM_RUNDOWN_H
#define NTCB_WDM_RUNDOWN_H

#include "wdm_ex.h"

NTCB_DDK_BEGIN_DECLS

#define EX_RUNDOWN_ACTIVE 1
#define EX_RUNDOWN_COUNT_INC 2
#define EX_RUNDOWN_COUNT_SHIFT 1
typedef struct _EX_RUNDOWN_REF {
    union {
        ULONG_PTR Count;
        PVOID Ptr;
    };
} EX_RUNDOWN_REF, *PEX_RUNDOWN_REF;
typedef struct _EX_RUNDOWN_REF_CACHE_AWARE *PEX_RUNDOWN_REF_CACHE_AWARE;

NTKERNELAPI VOID NTAPI ExInitializeRundownProtection(_Out_ PEX_RUNDOWN_REF RunRef);
NTKERNELAPI VOID NTAPI ExReInitializeRundownProtection(_Inout_ PEX_RUNDOWN_REF RunRef);
NTKERNELAPI BOOLEAN NTAPI ExAcquireRundownProtection(_Inout_ PEX_RUNDOWN_REF RunRef);
NTKERNELAPI BOOLEAN NTAPI ExAcquireRundownProtectionEx(_Inout_ PEX_RUNDOWN_REF RunRef,
                                                       _In_ ULONG Count);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI VOID NTAPI
    ExReleaseRundownProtection(_Inout_ PEX_RUNDOWN_REF RunRef);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI VOID NTAPI
    ExReleaseRundownProtectionEx(_Inout_ PEX_RUNDOWN_REF RunRef, _In_ ULONG Count);
NTKERNELAPI VOID NTAPI ExRundownCompleted(_Out_ PEX_RUNDOWN_REF RunRef);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID NTAPI
    ExWaitForRundownProtectionRelease(_Inout_ PEX_RUNDOWN_REF RunRef);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI PEX_RUNDOWN_REF_CACHE_AWARE NTAPI
    ExAllocateCacheAwareRundownProtection(_In_ POOL_TYPE PoolType, _In_ ULONG PoolTag);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID NTAPI
    ExFreeCacheAwareRundownProtection(_Inout_ PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID NTAPI
    ExInitializeRundownProtectionCacheAware(_Out_ PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
                                            _In_ SIZE_T RunRefSize);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID NTAPI
    ExInitializeRundownProtectionCacheAwareEx(_Out_ PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
                                              _In_ ULONG Flags);
NTKERNELAPI VOID NTAPI
ExReInitializeRundownProtectionCacheAware(_Inout_ PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware);
NTKERNELAPI BOOLEAN NTAPI
ExAcquireRundownProtectionCacheAware(_Inout_ PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware);
NTKERNELAPI BOOLEAN NTAPI ExAcquireRundownProtectionCacheAwareEx(
    _Inout_ PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware, _In_ ULONG Count);
NTKERNELAPI VOID NTAPI
ExReleaseRundownProtectionCacheAware(_Inout_ PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware);
NTKERNELAPI VOID NTAPI ExReleaseRundownProtectionCacheAwareEx(
    _Inout_ PEX_RUNDOWN_REF_CACHE_AWARE RunRef, _In_ ULONG Count);
NTKERNELAPI VOID NTAPI
ExRundownCompletedCacheAware(_Inout_ PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware);
NTKERNELAPI VOID NTAPI
ExWaitForRundownProtectionReleaseCacheAware(_Inout_ PEX_RUNDOWN_REF_CACHE_AWARE RunRef);
NTKERNELAPI SIZE_T NTAPI ExSizeOfRundownProtectionCacheAware(VOID);

NTCB_DDK_END_DECLS

#endif
