/* SPDX-License-Identifier: MIT
 *
 * regvirtual.c - a driver that gives one process its own copy of what it changes in the registry,
 * and hides one key from everybody.
 *
 * Which process and which key, the driver's service key says, under Parameters:
 *   ProcessId  REG_DWORD  whose writes below \REGISTRY\MACHINE\SOFTWARE are redirected; absent or
 *                         0: nobody's
 *   HiddenKey  REG_SZ     full name of the key to hide, \REGISTRY\...; absent: none
 * They are read once, when the driver is loaded.
 */
#include "regvirtual.h"

/* Of the group "FSFilter Virtualization". The redirector is the higher filter: what it does on the
 * process's behalf, the other one sees. A product gets its own from Microsoft. */
#define RV_REDIRECT_ALTITUDE L"135020"
#define RV_HIDE_ALTITUDE L"135010"

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD RvUnload;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, RvUnload)
#pragma alloc_text(PAGE, RvNewTag)
#pragma alloc_text(PAGE, RvFreeTag)
#endif

RV_SETTINGS RvSettings;
LARGE_INTEGER RvRedirectCookie;
LARGE_INTEGER RvHideCookie;
const UNICODE_STRING RvSoftware = RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\SOFTWARE");

static WCHAR RvShadowRootText[64];
static PKEY_VALUE_PARTIAL_INFORMATION RvHiddenText; /* RvSettings.Hidden points into it */
static LONG RvTagsMade, RvTagsFreed;

/* ---- tags ----------------------------------------------------------------------------------- */

_Use_decl_annotations_ PVOID RvNewTag(SIZE_T Bytes)
{
    PVOID Tag;

    PAGED_CODE();
    Tag = ExAllocatePool2(POOL_FLAG_PAGED, Bytes, RV_TAG);
    if (Tag != NULL)
        InterlockedIncrement(&RvTagsMade);
    return Tag;
}

_Use_decl_annotations_ VOID RvFreeTag(PVOID Tag)
{
    PAGED_CODE();
    if (Tag != NULL) {
        InterlockedIncrement(&RvTagsFreed);
        ExFreePoolWithTag(Tag, RV_TAG);
    }
}

/* ---- settings ------------------------------------------------------------------------------- */

/* A value of that type, with that many bytes at least, in pool. STATUS_SUCCESS and NULL: there is
 * no such value. */
_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvReadValue(_In_ HANDLE Key, _In_ PUNICODE_STRING Name, _In_ ULONG Type, _In_ ULONG Least,
                _Outptr_result_maybenull_ PKEY_VALUE_PARTIAL_INFORMATION *Value)
{
    ULONG Bytes;
    NTSTATUS Status = ZwQueryValueKey(Key, Name, KeyValuePartialInformation, NULL, 0, &Bytes);

    *Value = NULL;
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND)
        return STATUS_SUCCESS;
    if (Status != STATUS_BUFFER_TOO_SMALL)
        return Status;
    *Value = ExAllocatePool2(POOL_FLAG_PAGED, Bytes, RV_TAG);
    if (*Value == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ZwQueryValueKey(Key, Name, KeyValuePartialInformation, *Value, Bytes, &Bytes);
    if (NT_SUCCESS(Status) && ((*Value)->Type != Type || (*Value)->DataLength < Least))
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(*Value, RV_TAG);
        *Value = NULL;
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL,
                   "regvirtual: Parameters\\%wZ cannot be used, status 0x%08X\n", Name, Status);
    }
    return Status;
}

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS RvReadProcess(_In_ HANDLE Parameters)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"ProcessId");
    UNICODE_STRING Digits;
    PKEY_VALUE_PARTIAL_INFORMATION Value;
    ULONG ProcessId = 0;
    NTSTATUS Status = RvReadValue(Parameters, &Name, REG_DWORD, sizeof(ProcessId), &Value);

    if (!NT_SUCCESS(Status) || Value == NULL)
        return Status;
    RtlCopyMemory(&ProcessId, Value->Data, sizeof(ProcessId));
    ExFreePoolWithTag(Value, RV_TAG);

    RtlInitEmptyUnicodeString(&RvSettings.ShadowRoot, RvShadowRootText, sizeof(RvShadowRootText));
    RtlCopyUnicodeString(&RvSettings.ShadowRoot, &RvSoftware);
    (VOID) RtlAppendUnicodeToString(&RvSettings.ShadowRoot, L"\\RegVirtual\\");
    Digits.Buffer = RvShadowRootText + RvSettings.ShadowRoot.Length / sizeof(WCHAR);
    Digits.Length = 0;
    Digits.MaximumLength = sizeof(RvShadowRootText) - RvSettings.ShadowRoot.Length;
    Status = RtlIntegerToUnicodeString(ProcessId, 10, &Digits);
    RvSettings.ShadowRoot.Length += Digits.Length;
    RvSettings.ProcessId = UlongToHandle(ProcessId);
    return Status;
}

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS RvReadHidden(_In_ HANDLE Parameters)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"HiddenKey");
    UNICODE_STRING Registry = RTL_CONSTANT_STRING(L"\\REGISTRY");
    UNICODE_STRING Component, Text = {0};
    RV_PATH Path = {0};
    NTSTATUS Status = RvReadValue(Parameters, &Name, REG_SZ, 0, &RvHiddenText);

    if (!NT_SUCCESS(Status) || RvHiddenText == NULL)
        return Status;
    Text.Buffer = (PWCH)RvHiddenText->Data;
    Path.Rest[0].Buffer = Text.Buffer;
    while (Path.Rest[0].Length + sizeof(WCHAR) <= min(RvHiddenText->DataLength, 32766) &&
           Text.Buffer[Path.Rest[0].Length / sizeof(WCHAR)] != 0)
        Path.Rest[0].Length += sizeof(WCHAR);

    /* Back into the same place with single backslashes: it does not get longer. */
    while (Path.Rest[0].Length != 0 && Text.Buffer[0] == L'\\' &&
           RvNextComponent(&Path, &Component)) {
        RvSettings.HiddenParent = Text;
        Text.Buffer[Text.Length / sizeof(WCHAR)] = L'\\';
        RvSettings.HiddenName.Buffer = Text.Buffer + Text.Length / sizeof(WCHAR) + 1;
        RvSettings.HiddenName.Length = Component.Length;
        RtlMoveMemory(RvSettings.HiddenName.Buffer, Component.Buffer, Component.Length);
        Text.Length += sizeof(WCHAR) + Component.Length;
    }
    if (RtlPrefixUnicodeString(&Registry, &RvSettings.HiddenParent, TRUE)) {
        RvSettings.Hidden = Text;
        return STATUS_SUCCESS;
    }
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL,
               "regvirtual: Parameters\\HiddenKey has to be \\REGISTRY\\...\\Name\n");
    return STATUS_OBJECT_NAME_INVALID;
}

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS RvReadSettings(_In_ PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Parameters");
    HANDLE Service, Parameters;
    NTSTATUS Status = RvOpenKey(&Service, KEY_READ, NULL, RegistryPath, 0);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = RvOpenKey(&Parameters, KEY_QUERY_VALUE, Service, &Name, 0);
    (VOID) ZwClose(Service);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND)
        return STATUS_SUCCESS;
    if (!NT_SUCCESS(Status))
        return Status;
    Status = RvReadProcess(Parameters);
    if (NT_SUCCESS(Status))
        Status = RvReadHidden(Parameters);
    (VOID) ZwClose(Parameters);
    return Status;
}

_IRQL_requires_max_(PASSIVE_LEVEL) static VOID RvFreeSettings(VOID)
{
    if (RvHiddenText != NULL)
        ExFreePoolWithTag(RvHiddenText, RV_TAG);
    RvHiddenText = NULL;
    RtlZeroMemory(&RvSettings, sizeof(RvSettings));
}

/* ---- coming and going ----------------------------------------------------------------------- */

_Use_decl_annotations_ VOID RvUnload(PDRIVER_OBJECT DriverObject)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DriverObject);

    /* Each returns after the cleanup of all tags that the filter still had out. */
    (VOID) CmUnRegisterCallback(RvRedirectCookie);
    (VOID) CmUnRegisterCallback(RvHideCookie);
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL,
               "regvirtual: unloaded; %ld tags made, %ld freed\n", RvTagsMade, RvTagsFreed);
    NT_ASSERT(RvTagsMade == RvTagsFreed);
    RvFreeSettings();
}

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject,
                                            PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING RedirectAltitude = RTL_CONSTANT_STRING(RV_REDIRECT_ALTITUDE);
    UNICODE_STRING HideAltitude = RTL_CONSTANT_STRING(RV_HIDE_ALTITUDE);
    NTSTATUS Status;

    RvTagsMade = RvTagsFreed = 0;
    Status = RvReadSettings(RegistryPath);
    if (!NT_SUCCESS(Status))
        goto Cleanup;
    Status = CmRegisterCallbackEx(RvHide, &HideAltitude, DriverObject, NULL, &RvHideCookie, NULL);
    if (!NT_SUCCESS(Status))
        goto Cleanup;
    Status = CmRegisterCallbackEx(RvRedirect, &RedirectAltitude, DriverObject, NULL,
                                  &RvRedirectCookie, NULL);
    if (!NT_SUCCESS(Status)) {
        (VOID) CmUnRegisterCallback(RvHideCookie);
        goto Cleanup;
    }
    DriverObject->DriverUnload = RvUnload;

Cleanup:
    if (!NT_SUCCESS(Status))
        RvFreeSettings();
    return Status;
}
