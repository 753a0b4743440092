/* SPDX-License-Identifier: MIT
 *
 * policy.c - which images are protected, and which may not run.
 *
 *   Protect  REG_MULTI_SZ  names of executables whose processes may not be terminated
 *   Deny     REG_MULTI_SZ  names of executables that may not be started
 *
 * under Parameters of the service key. Names are without a path. An absent value names nothing.
 */
#include "procguard.h"

#define PG_NAMES_MAX 16

typedef struct _PG_NAMES {
    ULONG Count;
    UNICODE_STRING Names[PG_NAMES_MAX];
} PG_NAMES, *PPG_NAMES;

/* Written by DriverEntry alone. */
static PG_NAMES PgProtected;
static PG_NAMES PgDenied;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, PgReadPolicy)
#pragma alloc_text(PAGE, PgFreePolicy)
#pragma alloc_text(PAGE, PgIsProtected)
#pragma alloc_text(PAGE, PgIsDenied)
#endif

/* Called for each string of a REG_MULTI_SZ. */
static NTSTATUS NTAPI PgAddName(_In_ PWSTR ValueName, _In_ ULONG ValueType,
                                _In_reads_bytes_opt_(ValueLength) PVOID ValueData,
                                _In_ ULONG ValueLength, _In_opt_ PVOID Context,
                                _In_opt_ PVOID EntryContext)
{
    PPG_NAMES Names = EntryContext;
    UNICODE_STRING Name;

    UNREFERENCED_PARAMETER(ValueName);
    UNREFERENCED_PARAMETER(Context);
    if (ValueType != REG_SZ || ValueLength <= sizeof(WCHAR))
        return ValueType == REG_SZ ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
    if (Names->Count == PG_NAMES_MAX)
        return STATUS_BUFFER_OVERFLOW;
    RtlInitUnicodeString(&Name, ValueData);
    Names->Names[Names->Count].Buffer =
        ExAllocatePool2(POOL_FLAG_PAGED, Name.Length + sizeof(WCHAR), PG_TAG);
    if (Names->Names[Names->Count].Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Names->Names[Names->Count].MaximumLength = (USHORT)(Name.Length + sizeof(WCHAR));
    RtlCopyUnicodeString(&Names->Names[Names->Count], &Name);
    Names->Count++;
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ NTSTATUS PgReadPolicy(PUNICODE_STRING RegistryPath)
{
    RTL_QUERY_REGISTRY_TABLE Table[4] = {
        {NULL, RTL_QUERY_REGISTRY_SUBKEY, L"Parameters", NULL, REG_NONE, NULL, 0},
        {PgAddName, 0, L"Protect", &PgProtected, REG_NONE, NULL, 0},
        {PgAddName, 0, L"Deny", &PgDenied, REG_NONE, NULL, 0},
    };
    NTSTATUS Status;

    PAGED_CODE();
    RtlZeroMemory(&PgProtected, sizeof(PgProtected));
    RtlZeroMemory(&PgDenied, sizeof(PgDenied));
    Status = RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, Table, NULL, NULL);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND)
        Status = STATUS_SUCCESS; /* no Parameters: nothing is guarded */
    if (!NT_SUCCESS(Status))
        PgFreePolicy();
    return Status;
}

static VOID PgFreeNames(_Inout_ PPG_NAMES Names)
{
    while (Names->Count != 0)
        ExFreePoolWithTag(Names->Names[--Names->Count].Buffer, PG_TAG);
}

_Use_decl_annotations_ VOID PgFreePolicy(VOID)
{
    PAGED_CODE();
    PgFreeNames(&PgProtected);
    PgFreeNames(&PgDenied);
}

static BOOLEAN PgHasName(_In_ const PG_NAMES *Names, _In_ PCUNICODE_STRING ImageName)
{
    UNICODE_STRING Last = *ImageName;
    USHORT Units = ImageName->Length / sizeof(WCHAR);
    ULONG Index;

    while (Units != 0 && ImageName->Buffer[Units - 1] != L'\\')
        Units--;
    Last.Buffer += Units;
    Last.Length = (USHORT)(Last.Length - Units * sizeof(WCHAR));
    for (Index = 0; Index < Names->Count; Index++) {
        if (RtlEqualUnicodeString(&Names->Names[Index], &Last, TRUE))
            return TRUE;
    }
    return FALSE;
}

_Use_decl_annotations_ BOOLEAN PgIsProtected(PCUNICODE_STRING ImageName)
{
    PAGED_CODE();
    return PgHasName(&PgProtected, ImageName);
}

_Use_decl_annotations_ BOOLEAN PgIsDenied(PCUNICODE_STRING ImageName)
{
    PAGED_CODE();
    return PgHasName(&PgDenied, ImageName);
}
