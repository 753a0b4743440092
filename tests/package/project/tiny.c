/* SPDX-License-Identifier: MIT
 *
 * tiny.c - a driver that counts the images it hears of, and says so when it goes.
 */
#include <ntddk.h>

static volatile LONG Heard;

static VOID ImageLoaded(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    UNREFERENCED_PARAMETER(FullImageName);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(ImageInfo);
    InterlockedIncrement(&Heard);
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    PsRemoveLoadImageNotifyRoutine(ImageLoaded);
    DbgPrint("%ws heard %d images\n", L"tiny", Heard);
}

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Heard = 0;
    DriverObject->DriverUnload = Unload;
    return PsSetLoadImageNotifyRoutine(ImageLoaded);
}
