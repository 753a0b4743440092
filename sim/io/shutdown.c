/* SPDX-License-Identifier: MIT
 *
 * shutdown.c - devices that want to hear of the system's end.
 *
 * IOP_STATE.Shutdown lists them, newest first; IOP_STATE.Lock protects it. An entry has a reference
 * of its device until it is taken out: by the driver, by IoDeleteDevice, or when the device has
 * been told.
 */
#include "io/device.h"
#include "io/iop_state.h"
#include "ps/psp.h"

#include <ntsim/device.h>

struct IOP_SHUTDOWN {
    LIST_ENTRY Link;
    PDEVICE_OBJECT Device;
    BOOLEAN LastChance;
};

static NTSTATUS IopRegisterShutdown(const char *Function, PDEVICE_OBJECT Device, BOOLEAN LastChance)
{
    struct IOP_STATE *State = IopState();
    ntcb_check_irql(Function, PASSIVE_LEVEL, "IO-DEV", 0);
    struct IOP_SHUTDOWN *Entry = ntsim__allocate(sizeof(*Entry));
    if (Entry == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObfReferenceObject(Device);
    Entry->Device = Device;
    Entry->LastChance = LastChance;
    ntsim__lock(State->Lock);
    Device->Flags |= DO_SHUTDOWN_REGISTERED;
    InsertHeadList(&State->Shutdown, &Entry->Link);
    ntsim__unlock(State->Lock);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoRegisterShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    return IopRegisterShutdown(__func__, DeviceObject, FALSE);
}

NTSTATUS NTAPI IoRegisterLastChanceShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    return IopRegisterShutdown(__func__, DeviceObject, TRUE);
}

/* Take one out, of Device if that is not NULL and else of that kind; NULL: there is none. */
static struct IOP_SHUTDOWN *IopTakeShutdown(const DEVICE_OBJECT *Device, BOOLEAN LastChance)
{
    struct IOP_STATE *State = IopState();
    struct IOP_SHUTDOWN *Found = NULL;
    ntsim__lock(State->Lock);
    for (PLIST_ENTRY At = State->Shutdown.Flink; At != &State->Shutdown && Found == NULL;
         At = At->Flink) {
        struct IOP_SHUTDOWN *Entry = CONTAINING_RECORD(At, struct IOP_SHUTDOWN, Link);
        if (Device != NULL ? Entry->Device == Device : Entry->LastChance == LastChance) {
            Found = Entry;
        }
    }
    if (Found != NULL) {
        RemoveEntryList(&Found->Link);
    }
    ntsim__unlock(State->Lock);
    return Found;
}

VOID IopForgetShutdown(PDEVICE_OBJECT Device)
{
    struct IOP_SHUTDOWN *Entry;
    while ((Entry = IopTakeShutdown(Device, FALSE)) != NULL) {
        ObfDereferenceObject(Device);
        ntsim__release(Entry);
    }
}

VOID NTAPI IoUnregisterShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "IO-DEV", 0);
    IopForgetShutdown(DeviceObject);
    DeviceObject->Flags &= ~(ULONG)DO_SHUTDOWN_REGISTERED;
}

/* ---- the system's end ---- */

static NTSTATUS NTAPI IopShutdownDone(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS IopSendShutdown(PDEVICE_OBJECT Device)
{
    PIRP Irp = IoAllocateIrp(Device->StackSize, FALSE);
    KEVENT Done;
    if (Irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_SHUTDOWN;
    IoSetCompletionRoutine(Irp, IopShutdownDone, &Done, TRUE, TRUE, TRUE);
    Irp->RequestorMode = KernelMode;
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    IofCallDriver(Device, Irp);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    NTSTATUS Status = Irp->IoStatus.Status;
    IoFreeIrp(Irp);
    return Status;
}

int ntsim_shutdown(struct ntsim *sim)
{
    int Count = 0;
    if (ntsim_current() != sim) {
        ntsim__fatal("ntsim_shutdown: enter the simulator first (ntsim_enter)");
    }
    for (int LastChance = 0; LastChance <= 1; LastChance++) {
        struct IOP_SHUTDOWN *Entry;
        while ((Entry = IopTakeShutdown(NULL, LastChance != 0)) != NULL) {
            IopSendShutdown(Entry->Device);
            ObfDereferenceObject(Entry->Device);
            ntsim__release(Entry);
            Count++;
        }
    }
    return Count;
}
