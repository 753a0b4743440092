/* SPDX-License-Identifier: MIT */
/*
 * flt_pushlock.h - push locks as the filter manager has them: they enter and leave a critical
 * region by themselves.
 */
#ifndef NTCB_FLT_PUSHLOCK_H
#define NTCB_FLT_PUSHLOCK_H

#include "wdm_resource.h"

NTCB_DDK_BEGIN_DECLS

#ifndef FLTAPI
#define FLTAPI NTAPI
#endif

NTKERNELAPI VOID FLTAPI FltInitializePushLock(_Out_ PEX_PUSH_LOCK PushLock);
/* Nobody holds it or waits for it any more. */
NTKERNELAPI VOID FLTAPI FltDeletePushLock(_In_ PEX_PUSH_LOCK PushLock);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID FLTAPI
    FltAcquirePushLockExclusive(_Inout_ PEX_PUSH_LOCK PushLock);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID FLTAPI
    FltAcquirePushLockShared(_Inout_ PEX_PUSH_LOCK PushLock);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID FLTAPI
    FltReleasePushLock(_Inout_ PEX_PUSH_LOCK PushLock);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID FLTAPI
    FltAcquirePushLockExclusiveEx(_Inout_ PEX_PUSH_LOCK PushLock, _In_ ULONG Flags);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID FLTAPI
    FltAcquirePushLockSharedEx(_Inout_ PEX_PUSH_LOCK PushLock, _In_ ULONG Flags);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID FLTAPI
    FltReleasePushLockEx(_Inout_ PEX_PUSH_LOCK PushLock, _In_ ULONG Flags);

NTCB_DDK_END_DECLS

#endif
