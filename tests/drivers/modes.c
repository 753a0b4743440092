/* SPDX-License-Identifier: MIT
 *
 * modes.c - a driver that behaves, or forgets something, as its service name says.
 */
#include <ntddk.h>

static LONG Loads;
static LARGE_INTEGER Cookie;

static VOID OnImage(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    UNREFERENCED_PARAMETER(ImageInfo);
    DbgPrint("image %wZ %lu\n", FullImageName, HandleToULong(ProcessId));
}

static NTSTATUS OnRegistry(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(CallbackContext);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    return STATUS_SUCCESS;
}

static BOOLEAN Is(PUNICODE_STRING RegistryPath, PCWSTR Mode)
{
    UNICODE_STRING Suffix;

    RtlInitUnicodeString(&Suffix, Mode);
    return RtlSuffixUnicodeString(&Suffix, RegistryPath, TRUE);
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    DbgPrint("unload %wZ\n", &DriverObject->DriverName);
}

static VOID CleanUnload(PDRIVER_OBJECT DriverObject)
{
    PsRemoveLoadImageNotifyRoutine(OnImage);
    Unload(DriverObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Altitude = RTL_CONSTANT_STRING(L"320000");
    NTSTATUS Status = STATUS_SUCCESS;

    DbgPrint("load %ld %wZ\n", ++Loads, RegistryPath);
    DriverObject->DriverUnload = Unload;
    if (Is(RegistryPath, L"clean")) {
        DriverObject->DriverUnload = CleanUnload;
        Status = PsSetLoadImageNotifyRoutine(OnImage);
    } else if (Is(RegistryPath, L"image")) {
        Status = PsSetLoadImageNotifyRoutine(OnImage);
    } else if (Is(RegistryPath, L"registry")) {
        Status = CmRegisterCallbackEx(OnRegistry, &Altitude, DriverObject, NULL, &Cookie, NULL);
    } else if (Is(RegistryPath, L"pool")) {
        ExAllocatePoolWithTag(NonPagedPool, 48, 'looP');
    } else if (Is(RegistryPath, L"stays")) {
        DriverObject->DriverUnload = NULL;
        Status = PsSetLoadImageNotifyRoutine(OnImage);
    } else if (Is(RegistryPath, L"fails")) {
        PsSetLoadImageNotifyRoutine(OnImage);
        Status = STATUS_DEVICE_NOT_READY;
    }
    return Status;
}
