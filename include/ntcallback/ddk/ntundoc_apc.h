/* SPDX-License-Identifier: MIT */
/*
 * ntundoc_apc.h - asynchronous procedure calls, and a routine of push locks, which no WDK header
 * declares: drivers do it themselves.
 *
 * Notes   An APC is recorded for the harness (<ntsim/apc.h>) and not run: there is no user mode to
 *         return to. When its thread ends, it is run down as on Windows: RundownRoutine is called,
 *         or, if there is none, the APC is freed as pool. Misuse is reported: KE-APC.
 */
#ifndef NTCB_NTUNDOC_APC_H
#define NTCB_NTUNDOC_APC_H

#include "ntifs.h"

NTCB_DDK_BEGIN_DECLS

typedef enum _KAPC_ENVIRONMENT {
    OriginalApcEnvironment,
    AttachedApcEnvironment,
    CurrentApcEnvironment,
    InsertApcEnvironment
} KAPC_ENVIRONMENT,
    *PKAPC_ENVIRONMENT;
typedef VOID(NTAPI *PKNORMAL_ROUTINE)(_In_ PVOID NormalContext, _In_ PVOID SystemArgument1,
                                      _In_ PVOID SystemArgument2);
typedef VOID(NTAPI *PKKERNEL_ROUTINE)(_In_ PRKAPC Apc, _Inout_ PKNORMAL_ROUTINE *NormalRoutine,
                                      _Inout_ PVOID *NormalContext, _Inout_ PVOID *SystemArgument1,
                                      _Inout_ PVOID *SystemArgument2);
typedef VOID(NTAPI *PKRUNDOWN_ROUTINE)(_In_ PRKAPC Apc);

/* Without NormalRoutine it is a special kernel APC. IRQL <= DISPATCH_LEVEL. */
NTKERNELAPI VOID NTAPI KeInitializeApc(_Out_ PRKAPC Apc, _In_ PKTHREAD Thread,
                                       _In_ KAPC_ENVIRONMENT Environment,
                                       _In_ PKKERNEL_ROUTINE KernelRoutine,
                                       _In_opt_ PKRUNDOWN_ROUTINE RundownRoutine,
                                       _In_opt_ PKNORMAL_ROUTINE NormalRoutine,
                                       _In_opt_ KPROCESSOR_MODE ProcessorMode,
                                       _In_opt_ PVOID NormalContext);
/* TRUE: it is queued, that is recorded. FALSE: it is queued already, or its thread has ended. */
NTKERNELAPI BOOLEAN NTAPI KeInsertQueueApc(_Inout_ PRKAPC Apc, _In_opt_ PVOID SystemArgument1,
                                           _In_opt_ PVOID SystemArgument2,
                                           _In_ KPRIORITY Increment);
/* TRUE: it was queued, and is the caller's again. */
NTKERNELAPI BOOLEAN NTAPI KeRemoveQueueApc(_Inout_ PRKAPC Apc);
/* FALSE: nobody alerts a thread here. */
NTKERNELAPI BOOLEAN NTAPI KeTestAlertThread(_In_ KPROCESSOR_MODE AlertMode);

/* Wake who blocks on the address of a push lock, as the kernel's handle tables do: here nobody. A
 * WaitBlock that is not NULL is reported (EX-PUSHLOCK). IRQL <= DISPATCH_LEVEL. */
NTKERNELAPI VOID FASTCALL ExfUnblockPushLock(_Inout_ PEX_PUSH_LOCK PushLock,
                                             _In_opt_ PVOID WaitBlock);

NTCB_DDK_END_DECLS

#endif
