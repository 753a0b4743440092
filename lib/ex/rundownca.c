/* SPDX-License-Identifier: MIT
 *
 * rundownca.c - the cache-aware run-down reference: behaves as the plain one (RUN-13).
 *
 * Windows spreads the count over processors to make acquiring scale. What a driver can see is the
 * same with one word, so here it is one word behind the same interface.
 */
#include "ex/exp.h"

struct _EX_RUNDOWN_REF_CACHE_AWARE {
    EX_RUNDOWN_REF Ref;
};

#define RUN_VALID_FLAGS 3u /* nonpaged, no expansion */

SIZE_T NTAPI ExSizeOfRundownProtectionCacheAware(VOID)
{
    return sizeof(struct _EX_RUNDOWN_REF_CACHE_AWARE);
}

/*
 * ExAllocateCacheAwareRundownProtection - allocate and initialise one; NULL when there is no
 * memory. IRQL <= APC_LEVEL. Freed with ExFreeCacheAwareRundownProtection.
 */
PEX_RUNDOWN_REF_CACHE_AWARE NTAPI ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType,
                                                                        ULONG PoolTag)
{
    PEX_RUNDOWN_REF_CACHE_AWARE RunRef;

    (void)PoolType;
    (void)PoolTag;
    KiRequireThread(__func__);
    RunRef = KiAllocate(KiState(), sizeof(*RunRef));
    if (RunRef != NULL) {
        ExInitializeRundownProtection(&RunRef->Ref);
    }
    return RunRef;
}

VOID NTAPI ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    KiRequireThread(__func__);
    KiFree(KiState(), RunRefCacheAware);
}

/* RunRefSize is what ExSizeOfRundownProtectionCacheAware returned; less is reported (DV-16). */
VOID NTAPI ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
                                                   SIZE_T RunRefSize)
{
    if (RunRefSize < sizeof(*RunRefCacheAware)) {
        ntcb_report_f(&(struct ntcb_report){.severity = NTCB_VIOLATION,
                                            .rule = "DV-16",
                                            .fix = "allocate what "
                                                   "ExSizeOfRundownProtectionCacheAware returns"},
                      "%s: %llu bytes are too few", __func__, (unsigned long long)RunRefSize);
        return;
    }
    ExInitializeRundownProtection(&RunRefCacheAware->Ref);
}

/* Flags: bit 0 nonpaged, bit 1 no expansion; any other is bug check 0x16C (RUN-13, DV-16). */
VOID NTAPI ExInitializeRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
                                                     ULONG Flags)
{
    if ((Flags & ~RUN_VALID_FLAGS) != 0) {
        ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                            .rule = "DV-16",
                                            .bugcheck = 0x16C,
                                            .parameter = {Flags, (uintptr_t)RunRefCacheAware},
                                            .on_windows = "INVALID_RUNDOWN_PROTECTION_FLAGS",
                                            .fix = "pass 0, 1, 2 or 3"},
                      "%s: flags 0x%X", __func__, Flags);
        return;
    }
    ExInitializeRundownProtection(&RunRefCacheAware->Ref);
}

VOID NTAPI ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    ExReInitializeRundownProtection(&RunRefCacheAware->Ref);
}

BOOLEAN NTAPI ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    return ExAcquireRundownProtection(&RunRefCacheAware->Ref);
}

BOOLEAN NTAPI ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
                                                     ULONG Count)
{
    return ExAcquireRundownProtectionEx(&RunRefCacheAware->Ref, Count);
}

VOID NTAPI ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    ExReleaseRundownProtection(&RunRefCacheAware->Ref);
}

VOID NTAPI ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Count)
{
    ExReleaseRundownProtectionEx(&RunRef->Ref, Count);
}

VOID NTAPI ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    ExRundownCompleted(&RunRefCacheAware->Ref);
}

VOID NTAPI ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef)
{
    ExWaitForRundownProtectionRelease(&RunRef->Ref);
}
