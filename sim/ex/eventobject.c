/* SPDX-License-Identifier: MIT
 *
 * eventobject.c - events that handles refer to.
 *
 * A name lives as long as the event has a handle.
 */
#include "ke/kip.h"
#include "mm/mmp.h"
#include "ob/obp.h"
#include "ps/zw.h"

#include <ntcallback/ddk/ntexapi.h>

/* Immutable; one for all simulators. */
static const struct OBP_TYPE ExwEventType = {
    .Name = "Event",
    .GenericMapping = {STANDARD_RIGHTS_READ | EVENT_QUERY_STATE,
                       STANDARD_RIGHTS_WRITE | EVENT_MODIFY_STATE,
                       STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, EVENT_ALL_ACCESS},
    .ValidAccess = EVENT_ALL_ACCESS,
    .Close = ObpForgetName,
    .Waitable = TRUE,
};
static const POBJECT_TYPE ExwEventTypePointer = (POBJECT_TYPE)(ULONG_PTR)&ExwEventType;
POBJECT_TYPE *ExEventObjectType = (POBJECT_TYPE *)(ULONG_PTR)&ExwEventTypePointer;

/*
 * NtCreateEvent - an event with a handle to it.
 *
 * A name is absolute; below a directory handle it is NOT_IMPLEMENTED.
 * Context  a driver (Zw), or a program (Nt); PASSIVE_LEVEL
 * Returns  STATUS_SUCCESS, STATUS_OBJECT_NAME_EXISTS (OBJ_OPENIF)  *EventHandle is the caller's
 *          STATUS_INVALID_PARAMETER      EventType is none, or the attributes are malformed
 *          STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_ACCESS_VIOLATION,
 *          STATUS_INSUFFICIENT_RESOURCES, STATUS_NOT_IMPLEMENTED
 */
NTSTATUS NTAPI NtCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
                             POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType,
                             BOOLEAN InitialState)
{
    struct OBP_CREATION Creation = {
        .Handle = EventHandle, .Given = ObjectAttributes, .DesiredAccess = DesiredAccess};
    PVOID Event = NULL;
    ntcb_require_kernel(__func__);
    if (EventType != NotificationEvent && EventType != SynchronizationEvent) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = ObpBeginCreation(&Creation);
    if (NT_SUCCESS(Status)) {
        Status = ObpCreateObject(*ExEventObjectType, sizeof(KEVENT), &Event);
    }
    if (NT_SUCCESS(Status)) {
        KeInitializeEvent(Event, EventType, InitialState);
    }
    return ObpEndCreation(&Creation, Status, Event);
}

/* NtOpenEvent - a handle to the event of that name. As NtOpenKey, without links. */
NTSTATUS NTAPI NtOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes)
{
    ntcb_require_kernel(__func__);
    return ObpOpenForCaller(EventHandle, DesiredAccess, ObjectAttributes, *ExEventObjectType);
}

/* Set the event to SignalState; what it was goes to *PreviousState unless that is NULL. */
static NTSTATUS ExwChangeEvent(HANDLE EventHandle, LONG SignalState, PLONG PreviousState)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PVOID Event;
    NTSTATUS Status = PreviousState != NULL
                          ? MmpProbe(Mode, PreviousState, sizeof(*PreviousState), TRUE)
                          : STATUS_SUCCESS;
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(EventHandle, EVENT_MODIFY_STATE, *ExEventObjectType,
                                           Mode, &Event, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    LONG Old = KipSetState(Event, SignalState);
    ObpDereference(Event, NULL);
    return PreviousState != NULL ? MmpCopy(Mode, PreviousState, &Old, sizeof(Old)) : Status;
}

NTSTATUS NTAPI NtSetEvent(HANDLE EventHandle, PLONG PreviousState)
{
    ntcb_require_kernel(__func__);
    return ExwChangeEvent(EventHandle, 1, PreviousState);
}

NTSTATUS NTAPI NtResetEvent(HANDLE EventHandle, PLONG PreviousState)
{
    ntcb_require_kernel(__func__);
    return ExwChangeEvent(EventHandle, 0, PreviousState);
}

NTSTATUS NTAPI NtClearEvent(HANDLE EventHandle)
{
    ntcb_require_kernel(__func__);
    return ExwChangeEvent(EventHandle, 0, NULL);
}

NTSTATUS NTAPI ZwCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
                             POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType,
                             BOOLEAN InitialState)
{
    PSP_ZW(NtCreateEvent(EventHandle, DesiredAccess, ObjectAttributes, EventType, InitialState));
}

NTSTATUS NTAPI ZwOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes)
{
    PSP_ZW(NtOpenEvent(EventHandle, DesiredAccess, ObjectAttributes));
}

NTSTATUS NTAPI ZwSetEvent(HANDLE EventHandle, PLONG PreviousState)
{
    PSP_ZW(NtSetEvent(EventHandle, PreviousState));
}

NTSTATUS NTAPI ZwResetEvent(HANDLE EventHandle, PLONG PreviousState)
{
    PSP_ZW(NtResetEvent(EventHandle, PreviousState));
}

NTSTATUS NTAPI ZwClearEvent(HANDLE EventHandle)
{
    PSP_ZW(NtClearEvent(EventHandle));
}
