/* SPDX-License-Identifier: MIT */
/*++

Module Name:

    oldcm.c

Abstract:

    Registry monitor for Windows XP and Server 2003: CmRegisterCallback, no altitude, no context.
    Notifications of values set and deleted below the frozen key are refused; all others are kept
    in a ring that is written to the debugger when the driver goes.

Environment:

    Kernel mode only.

--*/

#include <ntddk.h>

#define OLDCM_TAG           'mCdO'
#define MAX_RECORDS         16

//
// Not in ntddk.h; ntifs.h has it, which this driver does without.
//
NTSYSAPI
NTSTATUS
NTAPI
ObQueryNameString(
    __in PVOID Object,
    __out_bcount_opt(Length) POBJECT_NAME_INFORMATION ObjectNameInfo,
    __in ULONG Length,
    __out PULONG ReturnLength
    );

typedef struct _RECORD {
    LIST_ENTRY      ListEntry;
    REG_NOTIFY_CLASS NotifyClass;
    HANDLE          ProcessId;
    NTSTATUS        Answer;
    USHORT          NameLength;
    WCHAR           Name[1];
} RECORD, *PRECORD;

typedef struct _GLOBALS {
    LARGE_INTEGER   Cookie;
    KSPIN_LOCK      Lock;
    LIST_ENTRY      Records;
    ULONG           RecordCount;
    LONG            Lost;
    UNICODE_STRING  Frozen;
} GLOBALS;

static GLOBALS Globals;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD OldcmUnload;

NTSTATUS
OldcmCallback(
    __in PVOID CallbackContext,
    __in PVOID Argument1,
    __in PVOID Argument2
    );

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, OldcmUnload)
#pragma alloc_text(PAGE, OldcmCallback)
#endif

static
POBJECT_NAME_INFORMATION
OldcmQueryName(
    __in PVOID Object
    )
{
    POBJECT_NAME_INFORMATION NameInfo;
    ULONG Length = 0;
    NTSTATUS Status;

    Status = ObQueryNameString(Object, NULL, 0, &Length);
    if (Status != STATUS_INFO_LENGTH_MISMATCH) {
        return NULL;
    }

    NameInfo = (POBJECT_NAME_INFORMATION)ExAllocatePoolWithTag(PagedPool, Length, OLDCM_TAG);
    if (NameInfo == NULL) {
        return NULL;
    }

    Status = ObQueryNameString(Object, NameInfo, Length, &Length);
    if (!NT_SUCCESS(Status) || NameInfo->Name.Length == 0) {
        ExFreePoolWithTag(NameInfo, OLDCM_TAG);
        return NULL;
    }

    return NameInfo;
}

static
VOID
OldcmRecord(
    __in REG_NOTIFY_CLASS NotifyClass,
    __in NTSTATUS Answer,
    __in_opt PUNICODE_STRING Name
    )
{
    PRECORD Record, Oldest = NULL;
    USHORT NameLength = (Name != NULL) ? Name->Length : 0;
    KIRQL OldIrql;

    Record = (PRECORD)ExAllocatePoolWithTag(NonPagedPool,
                                            FIELD_OFFSET(RECORD, Name) + NameLength,
                                            OLDCM_TAG);
    if (Record == NULL) {
        InterlockedIncrement(&Globals.Lost);
        return;
    }

    Record->NotifyClass = NotifyClass;
    Record->ProcessId = PsGetCurrentProcessId();
    Record->Answer = Answer;
    Record->NameLength = NameLength;
    if (NameLength != 0) {
        RtlCopyMemory(Record->Name, Name->Buffer, NameLength);
    }

    KeAcquireSpinLock(&Globals.Lock, &OldIrql);
    InsertTailList(&Globals.Records, &Record->ListEntry);
    if (++Globals.RecordCount > MAX_RECORDS) {
        Oldest = CONTAINING_RECORD(RemoveHeadList(&Globals.Records), RECORD, ListEntry);
        Globals.RecordCount--;
        Globals.Lost++;
    }
    KeReleaseSpinLock(&Globals.Lock, OldIrql);

    if (Oldest != NULL) {
        ExFreePoolWithTag(Oldest, OLDCM_TAG);
    }
}

NTSTATUS
OldcmCallback(
    __in PVOID CallbackContext,
    __in PVOID Argument1,
    __in PVOID Argument2
    )
{
    REG_NOTIFY_CLASS NotifyClass = (REG_NOTIFY_CLASS)(ULONG_PTR)Argument1;
    POBJECT_NAME_INFORMATION NameInfo = NULL;
    NTSTATUS Status = STATUS_SUCCESS;
    PVOID Object = NULL;

    UNREFERENCED_PARAMETER(CallbackContext);
    PAGED_CODE();

    switch (NotifyClass) {

    case RegNtPreSetValueKey:
        Object = ((PREG_SET_VALUE_KEY_INFORMATION)Argument2)->Object;
        break;

    case RegNtPreDeleteValueKey:
        Object = ((PREG_DELETE_VALUE_KEY_INFORMATION)Argument2)->Object;
        break;

    case RegNtPreDeleteKey:
        Object = ((PREG_DELETE_KEY_INFORMATION)Argument2)->Object;
        break;

    case RegNtPreCreateKeyEx:
        OldcmRecord(NotifyClass,
                    STATUS_SUCCESS,
                    ((PREG_CREATE_KEY_INFORMATION)Argument2)->CompleteName);
        return STATUS_SUCCESS;

    case RegNtPreCreateKey:
        OldcmRecord(NotifyClass,
                    STATUS_SUCCESS,
                    ((PREG_PRE_CREATE_KEY_INFORMATION)Argument2)->CompleteName);
        return STATUS_SUCCESS;

    default:
        return STATUS_SUCCESS;
    }

    NameInfo = OldcmQueryName(Object);
    if (NameInfo == NULL) {
        return STATUS_SUCCESS;
    }

    if (RtlPrefixUnicodeString(&Globals.Frozen, &NameInfo->Name, TRUE)) {
        Status = STATUS_ACCESS_DENIED;
    }

    OldcmRecord(NotifyClass, Status, &NameInfo->Name);
    ExFreePoolWithTag(NameInfo, OLDCM_TAG);
    return Status;
}

VOID
OldcmUnload(
    __in PDRIVER_OBJECT DriverObject
    )
{
    PRECORD Record;
    UNICODE_STRING Name;

    UNREFERENCED_PARAMETER(DriverObject);
    PAGED_CODE();

    CmUnRegisterCallback(Globals.Cookie);

    while (!IsListEmpty(&Globals.Records)) {
        Record = CONTAINING_RECORD(RemoveHeadList(&Globals.Records), RECORD, ListEntry);
        Name.Buffer = Record->Name;
        Name.Length = Name.MaximumLength = Record->NameLength;
        DbgPrint("oldcm: %d 0x%08X %wZ\n", Record->NotifyClass, Record->Answer, &Name);
        ExFreePoolWithTag(Record, OLDCM_TAG);
    }

    DbgPrint("oldcm: %ld lost\n", Globals.Lost);
}

NTSTATUS
DriverEntry(
    __in PDRIVER_OBJECT DriverObject,
    __in PUNICODE_STRING RegistryPath
    )
{
    UNREFERENCED_PARAMETER(RegistryPath);

    RtlInitUnicodeString(&Globals.Frozen, L"\\REGISTRY\\MACHINE\\SOFTWARE\\Frozen");
    KeInitializeSpinLock(&Globals.Lock);
    InitializeListHead(&Globals.Records);
    DriverObject->DriverUnload = OldcmUnload;

    return CmRegisterCallback(OldcmCallback, NULL, &Globals.Cookie);
}
