/* SPDX-License-Identifier: MIT
 *
 * cli_faulty.c - a driver that is built once for each fault that "ntcallback check" is to find:
 * CLI_<FAULT> names it.
 */
#include <ntifs.h>

#define TAG 'tluF'

static LARGE_INTEGER Cookie;
static PVOID State, Handle;

static VOID OnImage(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    UNREFERENCED_PARAMETER(ImageInfo);
    UNREFERENCED_PARAMETER(ProcessId);
#if defined(CLI_FAULT)
    /* The name may be missing (IMG-44): the stream has such an image. */
    DbgPrint("%u\n", FullImageName->Length);
#else
    UNREFERENCED_PARAMETER(FullImageName);
#endif
#if defined(CLI_REFERENCE)
    {
        PEPROCESS Process;

        (VOID) PsLookupProcessByProcessId(PsGetCurrentProcessId(), &Process);
    }
#endif
}

static NTSTATUS OnRegistry(PVOID Context, PVOID NotifyClass, PVOID Information)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(NotifyClass);
    UNREFERENCED_PARAMETER(Information);
    return STATUS_SUCCESS;
}

#if defined(CLI_INTEGRITY)
static OB_PREOP_CALLBACK_STATUS OnHandle(PVOID Context, POB_PRE_OPERATION_INFORMATION Information)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Information);
    return OB_PREOP_SUCCESS;
}

/* Goes on without, as careless drivers do. */
static VOID WatchHandles(VOID)
{
    OB_OPERATION_REGISTRATION Operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, OnHandle,
                                           NULL};
    OB_CALLBACK_REGISTRATION Registration = {OB_FLT_REGISTRATION_VERSION, 1, {0}, NULL, &Operation};

    RtlInitUnicodeString(&Registration.Altitude, L"380000.1");
    (VOID) ObRegisterCallbacks(&Registration, &Handle);
}
#endif

#if !defined(CLI_NO_UNLOAD)
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
#if defined(CLI_HANG)
    {
        KEVENT Never;

        KeInitializeEvent(&Never, NotificationEvent, FALSE);
        (VOID) KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, NULL);
    }
#endif
#if defined(CLI_ORDER) || defined(CLI_CONTEXT)
    ExFreePoolWithTag(State, TAG);
#endif
    if (Handle != NULL) {
        ObUnRegisterCallbacks(Handle);
    }
    CmUnRegisterCallback(Cookie);
    PsRemoveLoadImageNotifyRoutine(OnImage);
#if !defined(CLI_ORDER) && !defined(CLI_CONTEXT) && !defined(CLI_POOL)
    ExFreePoolWithTag(State, TAG);
#endif
}
#endif

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
#if defined(CLI_ALTITUDE)
    UNICODE_STRING Altitude = RTL_CONSTANT_STRING(L"0328010.50");
#else
    UNICODE_STRING Altitude = RTL_CONSTANT_STRING(L"360000.77");
#endif
    PVOID Context = NULL;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
#if defined(CLI_ENTRY_FAULT)
    DriverObject = NULL;
#endif
    State = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, TAG);
    if (State == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
#if !defined(CLI_NO_UNLOAD)
    DriverObject->DriverUnload = Unload;
#endif
#if defined(CLI_CONTEXT)
    Context = State;
#endif
    Status = PsSetLoadImageNotifyRoutine(OnImage);
    if (NT_SUCCESS(Status)) {
        Status = CmRegisterCallbackEx(OnRegistry, &Altitude, DriverObject, Context, &Cookie, NULL);
#if !defined(CLI_ENTRY_LEAK)
        if (!NT_SUCCESS(Status)) {
            PsRemoveLoadImageNotifyRoutine(OnImage);
        }
#endif
    }
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(State, TAG);
        return Status;
    }
#if defined(CLI_INTEGRITY)
    WatchHandles();
#endif
    return STATUS_SUCCESS;
}
