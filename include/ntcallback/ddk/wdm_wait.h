/* SPDX-License-Identifier: MIT */
/*
 * wdm_wait.h - events, waits and work items.
 *
 * Timeouts are in units of 100 ns: negative from now on, positive since 1601 UTC, NULL for ever.
 */
#ifndef NTCB_WDM_WAIT_H
#define NTCB_WDM_WAIT_H

#include "wdm_ex.h"
#include "wdm_ke.h"

NTCB_DDK_BEGIN_DECLS

#define EVENT_QUERY_STATE 0x0001
#define EVENT_MODIFY_STATE 0x0002
#define EVENT_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 0x3)
#define EVENT_INCREMENT 1

extern NTKERNELAPI POBJECT_TYPE *ExEventObjectType;

/* Events. A notification event stays set until it is reset; a synchronization event lets one wait
 * end and is reset by that. Set, Reset and Read return the state before. */
NTKERNELAPI VOID NTAPI KeInitializeEvent(_Out_ PRKEVENT Event, _In_ EVENT_TYPE Type,
                                         _In_ BOOLEAN State);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI LONG NTAPI
    KeSetEvent(_Inout_ PRKEVENT Event, _In_ KPRIORITY Increment, _In_ BOOLEAN Wait);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI VOID NTAPI KeClearEvent(_Inout_ PRKEVENT Event);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI LONG NTAPI KeResetEvent(_Inout_ PRKEVENT Event);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI LONG NTAPI KeReadStateEvent(_In_ PRKEVENT Event);

/* Waits, for events, threads, processes and whatever else begins with a DISPATCHER_HEADER. IRQL <=
 * APC_LEVEL, or DISPATCH_LEVEL with a timeout of 0 (DV-06).
 * Returns  STATUS_SUCCESS (plus the object's index, when any of several ends the wait),
 *          STATUS_TIMEOUT, STATUS_USER_APC (UserMode and Alertable), STATUS_ABANDONED_WAIT_0. */
NTKERNELAPI NTSTATUS NTAPI KeWaitForSingleObject(_In_ PVOID Object, _In_ KWAIT_REASON WaitReason,
                                                 _In_ KPROCESSOR_MODE WaitMode,
                                                 _In_ BOOLEAN Alertable,
                                                 _In_opt_ PLARGE_INTEGER Timeout);
#define KeWaitForMutexObject KeWaitForSingleObject
/* WaitBlockArray: Count of them, needed for more than THREAD_WAIT_OBJECTS. */
NTKERNELAPI NTSTATUS NTAPI KeWaitForMultipleObjects(
    _In_ ULONG Count, _In_reads_(Count) PVOID Object[], _In_ WAIT_TYPE WaitType,
    _In_ KWAIT_REASON WaitReason, _In_ KPROCESSOR_MODE WaitMode, _In_ BOOLEAN Alertable,
    _In_opt_ PLARGE_INTEGER Timeout, _Out_opt_ PKWAIT_BLOCK WaitBlockArray);
NTKERNELAPI NTSTATUS NTAPI KeDelayExecutionThread(_In_ KPROCESSOR_MODE WaitMode,
                                                  _In_ BOOLEAN Alertable,
                                                  _In_ PLARGE_INTEGER Interval);

/* Work items: Routine is called once, by a system thread, at PASSIVE_LEVEL; it may free the item.
 */
#define ExInitializeWorkItem(Item, Routine, Context) \
    (Item)->WorkerRoutine = (Routine);               \
    (Item)->Parameter = (Context);                   \
    (Item)->List.Flink = NULL;
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI VOID NTAPI
    ExQueueWorkItem(_Inout_ PWORK_QUEUE_ITEM WorkItem, _In_ WORK_QUEUE_TYPE QueueType);

NTCB_DDK_END_DECLS

#endif
