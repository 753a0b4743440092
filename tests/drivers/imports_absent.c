/* SPDX-License-Identifier: MIT
 *
 * imports_absent.c - a driver that needs a routine of Windows that is known not to be here.
 */
#include <ntddk.h>

NTKERNELAPI VOID NTAPI HalSendNMI(VOID);

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    HalSendNMI();
    return STATUS_SUCCESS;
}
