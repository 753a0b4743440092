/* SPDX-License-Identifier: MIT
 *
 * driver.c - keeps programs from changing values in the policy key of Contoso.
 */
#include <ntddk.h>

#define DRIVER_TAG 'ylop'

static const UNICODE_STRING PolicyKey =
    RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\SOFTWARE\\Contoso\\Policy");

static LARGE_INTEGER Cookie;
static volatile LONG *Refusals;

/* The key of a request by its object, however the program came to it. */
static BOOLEAN IsPolicy(PVOID Object)
{
    PCUNICODE_STRING Name;
    BOOLEAN Same;

    if (!NT_SUCCESS(CmCallbackGetKeyObjectIDEx(&Cookie, Object, NULL, &Name, 0)))
        return FALSE;
    Same = RtlEqualUnicodeString(Name, &PolicyKey, TRUE);
    CmCallbackReleaseKeyObjectIDEx(Name);
    return Same;
}

static NTSTATUS OnRegistry(PVOID Context, PVOID NotifyClass, PVOID Information)
{
    PVOID Object;

    UNREFERENCED_PARAMETER(Context);
    switch ((REG_NOTIFY_CLASS)(ULONG_PTR)NotifyClass) {
    case RegNtPreSetValueKey:
        Object = ((PREG_SET_VALUE_KEY_INFORMATION)Information)->Object;
        break;
    case RegNtPreDeleteValueKey:
        Object = ((PREG_DELETE_VALUE_KEY_INFORMATION)Information)->Object;
        break;
    default:
        return STATUS_SUCCESS;
    }
    if (!IsPolicy(Object))
        return STATUS_SUCCESS;
    DbgPrint("policy: refusal %d, process %p\n", InterlockedIncrement(Refusals),
             PsGetCurrentProcessId());
    return STATUS_ACCESS_DENIED;
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    CmUnRegisterCallback(Cookie); /* waits for calls in flight; only then may the state go */
    ExFreePoolWithTag((PVOID)Refusals, DRIVER_TAG);
}

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Altitude = RTL_CONSTANT_STRING(L"360123.4567");
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Refusals = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Refusals), DRIVER_TAG);
    if (Refusals == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    DriverObject->DriverUnload = Unload;
    Status = CmRegisterCallbackEx(OnRegistry, &Altitude, DriverObject, NULL, &Cookie, NULL);
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag((PVOID)Refusals, DRIVER_TAG);
    return Status;
}
