/* SPDX-License-Identifier: MIT
 *
 * threadio.c - what the I/O manager keeps of a thread, and events by name.
 */
#include "io/stack.h"
#include "ke/kip.h"

BOOLEAN NTAPI IoSetThreadHardErrorMode(BOOLEAN EnableHardErrors)
{
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, APC_LEVEL, "DV-26", 0);
    return !__atomic_exchange_n(&KipCurrentThread()->HardErrorsOff, !EnableHardErrors,
                                __ATOMIC_RELAXED);
}

PIRP NTAPI IoGetTopLevelIrp(VOID)
{
    ntcb_require_kernel(__func__);
    return __atomic_load_n(&KipCurrentThread()->TopLevelIrp, __ATOMIC_RELAXED);
}

VOID NTAPI IoSetTopLevelIrp(PIRP Irp)
{
    ntcb_require_kernel(__func__);
    __atomic_store_n(&KipCurrentThread()->TopLevelIrp, Irp, __ATOMIC_RELAXED);
}

VOID NTAPI IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit)
{
    void *Low, *High;
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, APC_LEVEL, "DV-26", 0);
    ntsim__stack_limits(&Low, &High);
    *LowLimit = (ULONG_PTR)Low;
    *HighLimit = (ULONG_PTR)High;
}

/* ---- events by name ---- */

static PKEVENT IopCreateNamedEvent(const char *Function, PUNICODE_STRING Name, EVENT_TYPE Type,
                                   PHANDLE EventHandle)
{
    OBJECT_ATTRIBUTES Attributes;
    PVOID Event;
    ntcb_require_kernel(Function);
    ntcb_check_irql(Function, PASSIVE_LEVEL, "DV-26", 0);
    *EventHandle = NULL;
    InitializeObjectAttributes(&Attributes, Name,
                               OBJ_OPENIF | OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS Status = ZwCreateEvent(EventHandle, EVENT_ALL_ACCESS, &Attributes, Type, TRUE);
    if (!NT_SUCCESS(Status)) {
        return NULL;
    }
    Status =
        ObReferenceObjectByHandle(*EventHandle, 0, *ExEventObjectType, KernelMode, &Event, NULL);
    if (!NT_SUCCESS(Status)) {
        return NULL;
    }
    ObfDereferenceObject(Event); /* the handle keeps it */
    return Event;
}

PKEVENT NTAPI IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
    return IopCreateNamedEvent(__func__, EventName, NotificationEvent, EventHandle);
}

PKEVENT NTAPI IoCreateSynchronizationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
    return IopCreateNamedEvent(__func__, EventName, SynchronizationEvent, EventHandle);
}
