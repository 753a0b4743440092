/* SPDX-License-Identifier: MIT
 *
 * cli_guard.c - refuses to let values named "Forbidden" be set, and hears of images.
 */
#include <ntddk.h>

static LARGE_INTEGER Cookie;

NTSTATUS Registry(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    static const UNICODE_STRING Forbidden = RTL_CONSTANT_STRING(L"Forbidden");
    PREG_SET_VALUE_KEY_INFORMATION Set = Argument2;

    UNREFERENCED_PARAMETER(CallbackContext);
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1 != RegNtPreSetValueKey)
        return STATUS_SUCCESS;
    if (!RtlEqualUnicodeString(Set->ValueName, &Forbidden, TRUE))
        return STATUS_SUCCESS;
    DbgPrint("cli_guard: refused %wZ\n", Set->ValueName);
    return STATUS_ACCESS_DENIED;
}

VOID Image(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    UNREFERENCED_PARAMETER(FullImageName);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(ImageInfo);
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    CmUnRegisterCallback(Cookie);
    PsRemoveLoadImageNotifyRoutine(Image);
}

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Altitude = RTL_CONSTANT_STRING(L"361000");
    NTSTATUS Status = PsSetLoadImageNotifyRoutine(Image);

    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(Status))
        return Status;
    DriverObject->DriverUnload = Unload;
    Status = CmRegisterCallbackEx(Registry, &Altitude, DriverObject, NULL, &Cookie, NULL);
    if (!NT_SUCCESS(Status))
        PsRemoveLoadImageNotifyRoutine(Image);
    return Status;
}
