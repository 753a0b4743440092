/* SPDX-License-Identifier: MIT */
/*
 * D E F E R Q . C
 *
 * Objects callbacks and process callbacks must not wait. So this driver does nothing there but note
 * what happened; a work item writes it to the service key afterwards:
 *
 *      Parameters\Opened   (REG_DWORD)     handles to other processes that could terminate them
 *      Parameters\Last     (REG_SZ)        the image of the process that was opened last
 *
 * One work item is enough: it is queued when the first note is made, and works until there is none.
 */
#include <ntifs.h>
#include <ntstrsafe.h>

/* In no header, and exported since Windows XP. */
NTKERNELAPI PUCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process);

#define DEFERQ_TAG          'qfeD'
#define DEFERQ_NAME_CHARS   16

typedef struct _DEFERQ_NOTE {
    LIST_ENTRY  Link;
    CHAR        Image[DEFERQ_NAME_CHARS];
} DEFERQ_NOTE, *PDEFERQ_NOTE;

typedef struct _DEFERQ {
    PDEVICE_OBJECT  Device;         /* for the work item's sake only: nobody opens it */
    PIO_WORKITEM    Item;
    EX_RUNDOWN_REF  Rundown;        /* held while the item is queued or being done */
    KSPIN_LOCK      Lock;
    LIST_ENTRY      Notes;
    BOOLEAN         Queued;
    ULONG           Opened;
    HANDLE          Key;
    PVOID           Handles;
} DEFERQ, *PDEFERQ;

static DEFERQ Dq;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DeferqUnload;
IO_WORKITEM_ROUTINE DeferqWork;

/* The next note; NULL: there is none, and the item is not queued any more. */
static PDEFERQ_NOTE DeferqNext(VOID)
{
    PDEFERQ_NOTE Note = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&Dq.Lock, &Irql);
    if (IsListEmpty(&Dq.Notes))
        Dq.Queued = FALSE;
    else
        Note = CONTAINING_RECORD(RemoveHeadList(&Dq.Notes), DEFERQ_NOTE, Link);
    KeReleaseSpinLock(&Dq.Lock, Irql);
    return Note;
}

static VOID DeferqWrite(const CHAR *Image)
{
    UNICODE_STRING Name, Text;
    ANSI_STRING Ansi;

    ++Dq.Opened;
    RtlInitUnicodeString(&Name, L"Opened");
    (VOID)ZwSetValueKey(Dq.Key, &Name, 0, REG_DWORD, &Dq.Opened, sizeof(Dq.Opened));

    RtlInitAnsiString(&Ansi, Image);
    if (!NT_SUCCESS(RtlAnsiStringToUnicodeString(&Text, &Ansi, TRUE)))
        return;
    RtlInitUnicodeString(&Name, L"Last");
    (VOID)ZwSetValueKey(Dq.Key, &Name, 0, REG_SZ, Text.Buffer, Text.Length + sizeof(WCHAR));
    RtlFreeUnicodeString(&Text);
}

_Use_decl_annotations_
VOID DeferqWork(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    PDEFERQ_NOTE Note;

    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Context);
    PAGED_CODE();
    while ((Note = DeferqNext()) != NULL) {
        DeferqWrite(Note->Image);
        ExFreePoolWithTag(Note, DEFERQ_TAG);
    }
    ExReleaseRundownProtection(&Dq.Rundown);
}

static VOID DeferqNoteOpened(PEPROCESS Target)
{
    PDEFERQ_NOTE Note = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Note), DEFERQ_TAG);
    BOOLEAN Queue;
    KIRQL Irql;

    if (Note == NULL)
        return;
    (VOID)RtlStringCbCopyA(Note->Image, sizeof(Note->Image),
                           (const CHAR *)PsGetProcessImageFileName(Target));

    KeAcquireSpinLock(&Dq.Lock, &Irql);
    InsertTailList(&Dq.Notes, &Note->Link);
    Queue = !Dq.Queued && ExAcquireRundownProtection(&Dq.Rundown);
    Dq.Queued = Dq.Queued || Queue;
    KeReleaseSpinLock(&Dq.Lock, Irql);

    if (Queue)
        IoQueueWorkItem(Dq.Item, DeferqWork, DelayedWorkQueue, NULL);
}

static OB_PREOP_CALLBACK_STATUS DeferqOnHandle(PVOID Context, POB_PRE_OPERATION_INFORMATION Info)
{
    UNREFERENCED_PARAMETER(Context);
    if (!Info->KernelHandle && Info->Object != PsGetCurrentProcess() &&
        FlagOn(Info->Parameters->CreateHandleInformation.OriginalDesiredAccess, PROCESS_TERMINATE))
        DeferqNoteOpened((PEPROCESS)Info->Object);
    return OB_PREOP_SUCCESS;
}

static NTSTATUS DeferqOpenKey(PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Parameters = RTL_CONSTANT_STRING(L"Parameters");
    OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status;
    HANDLE Service;

    InitializeObjectAttributes(&Attributes, RegistryPath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    Status = ZwOpenKey(&Service, KEY_CREATE_SUB_KEY, &Attributes);
    if (!NT_SUCCESS(Status))
        return Status;
    InitializeObjectAttributes(&Attributes, &Parameters, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               Service, NULL);
    Status = ZwCreateKey(&Dq.Key, KEY_SET_VALUE, &Attributes, 0, NULL, REG_OPTION_VOLATILE, NULL);
    ZwClose(Service);
    return Status;
}

static NTSTATUS DeferqRegister(VOID)
{
    OB_OPERATION_REGISTRATION Operation = {
        PsProcessType, OB_OPERATION_HANDLE_CREATE, DeferqOnHandle, NULL
    };
    OB_CALLBACK_REGISTRATION Registration = {
        OB_FLT_REGISTRATION_VERSION, 1, RTL_CONSTANT_STRING(L"368200"), NULL, &Operation
    };

    return ObRegisterCallbacks(&Registration, &Dq.Handles);
}

/* Whatever there is of it. */
static VOID DeferqTearDown(VOID)
{
    if (Dq.Handles != NULL)
        ObUnRegisterCallbacks(Dq.Handles);
    ExWaitForRundownProtectionRelease(&Dq.Rundown);
    if (Dq.Item != NULL)
        IoFreeWorkItem(Dq.Item);
    if (Dq.Key != NULL)
        ZwClose(Dq.Key);
    if (Dq.Device != NULL)
        IoDeleteDevice(Dq.Device);
}

_Use_decl_annotations_
VOID DeferqUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    PAGED_CODE();
    DeferqTearDown();
}

_Use_decl_annotations_
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status;

    ExInitializeRundownProtection(&Dq.Rundown);
    KeInitializeSpinLock(&Dq.Lock);
    InitializeListHead(&Dq.Notes);
    DriverObject->DriverUnload = DeferqUnload;

    Status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Dq.Device);
    if (NT_SUCCESS(Status)) {
        Dq.Item = IoAllocateWorkItem(Dq.Device);
        Status = Dq.Item != NULL ? DeferqOpenKey(RegistryPath) : STATUS_INSUFFICIENT_RESOURCES;
    }
    if (NT_SUCCESS(Status))
        Status = DeferqRegister();
    if (!NT_SUCCESS(Status))
        DeferqTearDown();
    return Status;
}
