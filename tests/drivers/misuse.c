/* SPDX-License-Identifier: MIT
 *
 * misuse.c - a driver that registers at the wrong IRQL, and leaves one routine of each manager
 * behind.
 */
#include <ntifs.h>

static LARGE_INTEGER Cookie;
static PVOID Handle;

static VOID NTAPI OnImage(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    UNREFERENCED_PARAMETER(FullImageName);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(ImageInfo);
}

static VOID NTAPI OnProcess(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ParentId);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(Create);
}

static VOID NTAPI OnThread(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(ThreadId);
    UNREFERENCED_PARAMETER(Create);
}

static NTSTATUS NTAPI OnRegistry(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(CallbackContext);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    return STATUS_SUCCESS;
}

static OB_PREOP_CALLBACK_STATUS NTAPI OnHandle(PVOID RegistrationContext,
                                               POB_PRE_OPERATION_INFORMATION OperationInformation)
{
    UNREFERENCED_PARAMETER(RegistrationContext);
    UNREFERENCED_PARAMETER(OperationInformation);
    return OB_PREOP_SUCCESS;
}

static VOID NTAPI OnCallback(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(CallbackContext);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
}

static NTSTATUS RegisterObjects(VOID)
{
    OB_OPERATION_REGISTRATION Operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, OnHandle,
                                           NULL};
    OB_CALLBACK_REGISTRATION Registration = {OB_FLT_REGISTRATION_VERSION, 1, {0}, NULL, &Operation};

    RtlInitUnicodeString(&Registration.Altitude, L"380000");
    return ObRegisterCallbacks(&Registration, &Handle);
}

static NTSTATUS RegisterCallback(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Callback\\Left");
    OBJECT_ATTRIBUTES Attributes;
    PCALLBACK_OBJECT Object;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    Status = ExCreateCallback(&Object, &Attributes, TRUE, TRUE);
    if (NT_SUCCESS(Status)) {
        (VOID) ExRegisterCallback(Object, OnCallback, NULL);
        ObDereferenceObject(Object);
    }
    return Status;
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status;
    KIRQL Irql;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    KeRaiseIrql(APC_LEVEL, &Irql);
    Status = PsSetLoadImageNotifyRoutine(OnImage);
    KeLowerIrql(Irql);
    if (NT_SUCCESS(Status)) {
        Status = PsSetCreateProcessNotifyRoutine(OnProcess, FALSE);
    }
    if (NT_SUCCESS(Status)) {
        Status = PsSetCreateThreadNotifyRoutine(OnThread);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmRegisterCallback(OnRegistry, NULL, &Cookie);
    }
    if (NT_SUCCESS(Status)) {
        Status = RegisterObjects();
    }
    return NT_SUCCESS(Status) ? RegisterCallback() : Status;
}
