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

#include <string.h>

struct EXW_EVENT {
    KEVENT Event;        /* first: what drivers get who reference the handle */
    UNICODE_STRING Path; /* of ntsim__allocate; empty: no name */
};

static VOID ExwCloseEvent(PVOID Body)
{
    struct EXW_EVENT *Event = Body;
    if (Event->Path.Length != 0) {
        ObpRemoveName(&Event->Path);
    }
}

static VOID ExwDeleteEvent(PVOID Body)
{
    struct EXW_EVENT *Event = Body;
    ntsim__release(Event->Path.Buffer);
}

/* Immutable; one for all simulators. */
static const struct OBP_TYPE ExwEventType = {
    .Name = "Event",
    .GenericMapping = {STANDARD_RIGHTS_READ | EVENT_QUERY_STATE,
                       STANDARD_RIGHTS_WRITE | EVENT_MODIFY_STATE,
                       STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, EVENT_ALL_ACCESS},
    .ValidAccess = EVENT_ALL_ACCESS,
    .Close = ExwCloseEvent,
    .Delete = ExwDeleteEvent,
    .Waitable = TRUE,
};
static const POBJECT_TYPE ExwEventTypePointer = (POBJECT_TYPE)(ULONG_PTR)&ExwEventType;
POBJECT_TYPE *ExEventObjectType = (POBJECT_TYPE *)(ULONG_PTR)&ExwEventTypePointer;

/* ---- arguments ---- */

struct EXW_CREATION {
    KPROCESSOR_MODE Mode;
    PHANDLE Handle;
    POBJECT_ATTRIBUTES Given; /* NULL: none */
    ULONG Attributes;
    UNICODE_STRING Path; /* copied, of ntsim__allocate */
};

static NTSTATUS ExwCopyPath(struct EXW_CREATION *Creation, const UNICODE_STRING *Name)
{
    NTSTATUS Status = MmpProbe(Creation->Mode, Name->Buffer, Name->Length, FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Creation->Path.Buffer = ntsim__allocate(Name->Length + sizeof(WCHAR));
    if (Creation->Path.Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(Creation->Path.Buffer, Name->Buffer, Name->Length);
    Creation->Path.Length = Name->Length;
    Creation->Path.MaximumLength = (USHORT)(Name->Length + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static NTSTATUS ExwCaptureGuarded(PVOID Context)
{
    struct EXW_CREATION *Creation = Context;
    NTSTATUS Status = MmpProbe(Creation->Mode, Creation->Handle, sizeof(HANDLE), TRUE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    *Creation->Handle = NULL;
    if (Creation->Given == NULL) {
        return STATUS_SUCCESS;
    }
    Status = MmpProbe(Creation->Mode, Creation->Given, sizeof(*Creation->Given), FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    OBJECT_ATTRIBUTES Given = *Creation->Given;
    if (Given.Length != sizeof(Given) || (Given.Attributes & ~(ULONG)OBJ_VALID_ATTRIBUTES) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Creation->Attributes = Given.Attributes;
    if (Creation->Mode != KernelMode) {
        Creation->Attributes &= ~(ULONG)OBJ_KERNEL_HANDLE; /* REG-MODE-04 */
    }
    if (Given.ObjectName == NULL) {
        return STATUS_SUCCESS;
    }
    Status = MmpProbe(Creation->Mode, Given.ObjectName, sizeof(*Given.ObjectName), FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    UNICODE_STRING Name = *Given.ObjectName;
    if (Name.Length == 0) {
        return STATUS_SUCCESS;
    }
    return Given.RootDirectory != NULL ? STATUS_NOT_IMPLEMENTED : ExwCopyPath(Creation, &Name);
}

/* ---- services ---- */

/* The event that has the name already, opened: OBJECT_NAME_EXISTS, or why not. */
static NTSTATUS ExwOpenExisting(const struct EXW_CREATION *Creation, ACCESS_MASK DesiredAccess,
                                PHANDLE Handle)
{
    UNICODE_STRING Path = Creation->Path;
    OBJECT_ATTRIBUTES Attributes = {
        .Length = sizeof(Attributes), .ObjectName = &Path, .Attributes = Creation->Attributes};
    if ((Creation->Attributes & OBJ_OPENIF) == 0) {
        return STATUS_OBJECT_NAME_COLLISION;
    }
    NTSTATUS Status = ObpOpenObjectByName(&Attributes, *ExEventObjectType, KernelMode,
                                          DesiredAccess, NULL, Handle);
    return NT_SUCCESS(Status) ? STATUS_OBJECT_NAME_EXISTS : Status;
}

static NTSTATUS ExwMakeEvent(struct EXW_CREATION *Creation, ACCESS_MASK DesiredAccess,
                             EVENT_TYPE EventType, BOOLEAN InitialState, PHANDLE Handle)
{
    struct EXW_EVENT *Event;
    PVOID Body;
    NTSTATUS Status = ObpCreateObject(*ExEventObjectType, sizeof(*Event), &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Event = Body;
    KeInitializeEvent(&Event->Event, EventType, InitialState);
    if (Creation->Path.Length != 0) {
        Status = ObpInsertName(&Creation->Path, Event);
        if (!NT_SUCCESS(Status)) {
            ObpDereference(Event, NULL);
            return Status == STATUS_OBJECT_NAME_COLLISION
                       ? ExwOpenExisting(Creation, DesiredAccess, Handle)
                       : Status;
        }
        Event->Path = Creation->Path;
        Creation->Path.Buffer = NULL;
    }
    Status = ObpInsertHandle(Event, ObpMapAccess(*ExEventObjectType, DesiredAccess),
                             Creation->Attributes, Handle);
    if (!NT_SUCCESS(Status)) {
        ExwCloseEvent(Event);
        ObpDereference(Event, NULL);
    }
    return Status;
}

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
    struct EXW_CREATION Creation = {
        .Mode = ExGetPreviousMode(), .Handle = EventHandle, .Given = ObjectAttributes};
    HANDLE Handle = NULL;
    if (EventType != NotificationEvent && EventType != SynchronizationEvent) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = MmpGuard(Creation.Mode, ExwCaptureGuarded, &Creation);
    if (NT_SUCCESS(Status)) {
        Status = ExwMakeEvent(&Creation, DesiredAccess, EventType, InitialState, &Handle);
    }
    ntsim__release(Creation.Path.Buffer);
    if (NT_SUCCESS(Status)) {
        NTSTATUS Written = MmpCopy(Creation.Mode, EventHandle, &Handle, sizeof(Handle));
        Status = NT_SUCCESS(Written) ? Status : Written;
    }
    return Status;
}

/* NtOpenEvent - a handle to the event of that name. As NtOpenKey, without links. */
NTSTATUS NTAPI NtOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    HANDLE Handle;
    NTSTATUS Status = MmpProbe(Mode, EventHandle, sizeof(HANDLE), TRUE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObpOpenObjectByName(ObjectAttributes, *ExEventObjectType, Mode, DesiredAccess, NULL,
                                 &Handle);
    NTSTATUS Written = MmpCopy(Mode, EventHandle, &Handle, sizeof(Handle));
    return NT_SUCCESS(Written) ? Status : Written;
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
