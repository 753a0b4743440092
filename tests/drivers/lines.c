/* SPDX-License-Identifier: MIT
 *
 * lines.c - a driver that does wrong what its service name says, and prints the line it is on.
 */
#include <ntifs.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

/* Known to nobody by name, as most routines of drivers are. */
static VOID Fault(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    volatile ULONG *Nowhere = (volatile ULONG *)(ULONG_PTR)(FullImageName != NULL ? 0x10 : 0);

    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(ImageInfo);
    DbgPrint("line %u\n", __LINE__ + 1);
    *Nowhere = 1;
}

static VOID Raise(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    UNREFERENCED_PARAMETER(FullImageName);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(ImageInfo);
    DbgPrint("line %u\n", __LINE__ + 1);
    ExRaiseStatus(STATUS_INVALID_DEVICE_STATE);
}

/* What is reported without an address: the stack tells. */
static VOID Region(VOID)
{
    DbgPrint("line %u\n", __LINE__ + 1);
    KeLeaveCriticalRegion();
    DbgPrint("after it\n");
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    (VOID) PsRemoveLoadImageNotifyRoutine(Fault);
    (VOID) PsRemoveLoadImageNotifyRoutine(Raise);
}

static BOOLEAN Is(PUNICODE_STRING RegistryPath, PCWSTR Mode)
{
    UNICODE_STRING Suffix;

    RtlInitUnicodeString(&Suffix, Mode);
    return RtlSuffixUnicodeString(&Suffix, RegistryPath, TRUE);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status = STATUS_SUCCESS;

    DriverObject->DriverUnload = Unload;
    if (Is(RegistryPath, L"fault")) {
        Status = PsSetLoadImageNotifyRoutine(Fault);
    } else if (Is(RegistryPath, L"raise")) {
        Status = PsSetLoadImageNotifyRoutine(Raise);
    } else if (Is(RegistryPath, L"region")) {
        Region();
    } else if (Is(RegistryPath, L"pool")) {
        DbgPrint("line %u\n", __LINE__ + 1);
        (VOID) ExAllocatePoolWithTag(NonPagedPool, 48, 'looP');
    } else if (Is(RegistryPath, L"twice")) {
        DbgPrint("line %u\n", __LINE__ + 1);
        (VOID) ZwClose((HANDLE)(ULONG_PTR)0x1234);
    }
    return Status;
}
