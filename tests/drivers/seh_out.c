/* SPDX-License-Identifier: MIT
 *
 * seh_out.c - leaves a __try body with a __finally in a way that the build cannot see.
 */
#include <ntddk.h>

#define GET_OUT return STATUS_UNSUCCESSFUL

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    __try {
        if (DriverObject != NULL)
            GET_OUT;
    } __finally {
        DriverObject = NULL;
    }
    return STATUS_SUCCESS;
}
