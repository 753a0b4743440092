/* SPDX-License-Identifier: MIT
 *
 * imports.c - a driver that needs a routine no kernel exports.
 */
#include <ntddk.h>

NTKERNELAPI VOID NTAPI KeNoSuchRoutine(VOID);

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeNoSuchRoutine();
    return STATUS_SUCCESS;
}
