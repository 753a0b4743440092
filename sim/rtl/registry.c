/* SPDX-License-Identifier: MIT
 *
 * registry.c - RtlCheckRegistryKey, RtlCreateRegistryKey, RtlWriteRegistryValue,
 * RtlDeleteRegistryValue: a key by a short name, used once.
 */
#include "rtl/registryp.h"

#include <string.h>

/* Where each RelativeTo begins. User: what it is for a thread of the system. */
static const WCHAR *const RtlpPlaces[RTL_REGISTRY_MAXIMUM] = {
    [RTL_REGISTRY_ABSOLUTE] = u"",
    [RTL_REGISTRY_SERVICES] = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\",
    [RTL_REGISTRY_CONTROL] = u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\",
    [RTL_REGISTRY_WINDOWS_NT] =
        u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\",
    [RTL_REGISTRY_DEVICEMAP] = u"\\Registry\\Machine\\Hardware\\DeviceMap\\",
    [RTL_REGISTRY_USER] = u"\\Registry\\User\\.Default\\",
};

static SIZE_T RtlpLength(PCWSTR Text)
{
    SIZE_T Length = 0;
    while (Text != NULL && Text[Length] != 0) {
        Length++;
    }
    return Length;
}

/* Name.Buffer is ntsim__allocate's. */
static NTSTATUS RtlpMakePath(PCWSTR Place, PCWSTR Path, PUNICODE_STRING Name)
{
    SIZE_T PlaceLength = RtlpLength(Place);
    SIZE_T Length = PlaceLength + RtlpLength(Path);
    if (Length > UNICODE_STRING_MAX_CHARS) {
        return STATUS_NAME_TOO_LONG;
    }
    Name->Buffer = ntsim__allocate((Length + 1) * sizeof(WCHAR));
    if (Name->Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(Name->Buffer, Place, PlaceLength * sizeof(WCHAR));
    memcpy(Name->Buffer + PlaceLength, Path != NULL ? Path : u"",
           (Length - PlaceLength) * sizeof(WCHAR));
    Name->Length = Name->MaximumLength = (USHORT)(Length * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS RtlpOpenRelative(ULONG RelativeTo, PCWSTR Path, ACCESS_MASK Access, BOOLEAN Create,
                          struct RTLP_KEY *Key)
{
    ULONG Place = RelativeTo & ~(ULONG)(RTL_REGISTRY_HANDLE | RTL_REGISTRY_OPTIONAL);
    UNICODE_STRING Name;
    *Key = (struct RTLP_KEY){NULL, FALSE};
    if ((RelativeTo & RTL_REGISTRY_HANDLE) != 0) {
        *Key = (struct RTLP_KEY){(HANDLE)(ULONG_PTR)Path, TRUE};
        return STATUS_SUCCESS;
    }
    if (Place >= RTL_REGISTRY_MAXIMUM || (Place == RTL_REGISTRY_ABSOLUTE && Path == NULL)) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = RtlpMakePath(RtlpPlaces[Place], Path, &Name);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    OBJECT_ATTRIBUTES Attributes = {
        sizeof(Attributes), NULL, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL};
    Status = Create ? ZwCreateKey(&Key->Handle, Access, &Attributes, 0, NULL,
                                  REG_OPTION_NON_VOLATILE, NULL)
                    : ZwOpenKey(&Key->Handle, Access, &Attributes);
    ntsim__release(Name.Buffer);
    return Status;
}

VOID RtlpCloseKey(struct RTLP_KEY *Key)
{
    if (Key->Handle != NULL && !Key->Borrowed) {
        ZwClose(Key->Handle);
    }
    Key->Handle = NULL;
}

/*
 * RtlCheckRegistryKey - is there such a key? IRQL PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS, or why it cannot be opened, as ZwOpenKey says.
 */
NTSTATUS NTAPI RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path)
{
    struct RTLP_KEY Key;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = RtlpOpenRelative(RelativeTo, Path, KEY_READ, FALSE, &Key);
    RtlpCloseKey(&Key);
    return Status;
}

/*
 * RtlCreateRegistryKey - make the key if it is not there; the one above it must be (REG-CRT-03).
 * IRQL PASSIVE_LEVEL. Returns as ZwCreateKey.
 */
NTSTATUS NTAPI RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path)
{
    struct RTLP_KEY Key;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = RtlpOpenRelative(RelativeTo, Path, KEY_WRITE, TRUE, &Key);
    RtlpCloseKey(&Key);
    return Status;
}

/*
 * RtlWriteRegistryValue - set a value; its key is made if it is not there. IRQL PASSIVE_LEVEL.
 * Returns as ZwCreateKey and ZwSetValueKey.
 */
NTSTATUS NTAPI RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName,
                                     ULONG ValueType, PVOID ValueData, ULONG ValueLength)
{
    struct RTLP_KEY Key;
    UNICODE_STRING Name;
    ntcb_require_kernel(__func__);
    RtlInitUnicodeString(&Name, ValueName);
    NTSTATUS Status = RtlpOpenRelative(RelativeTo, Path, KEY_WRITE, TRUE, &Key);
    if (NT_SUCCESS(Status)) {
        Status = ZwSetValueKey(Key.Handle, &Name, 0, ValueType, ValueData, ValueLength);
    }
    RtlpCloseKey(&Key);
    return Status;
}

/*
 * RtlDeleteRegistryValue - remove a value. IRQL PASSIVE_LEVEL.
 * Returns as ZwOpenKey and ZwDeleteValueKey.
 */
NTSTATUS NTAPI RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName)
{
    struct RTLP_KEY Key;
    UNICODE_STRING Name;
    ntcb_require_kernel(__func__);
    RtlInitUnicodeString(&Name, ValueName);
    NTSTATUS Status = RtlpOpenRelative(RelativeTo, Path, KEY_WRITE, FALSE, &Key);
    if (NT_SUCCESS(Status)) {
        Status = ZwDeleteValueKey(Key.Handle, &Name);
    }
    RtlpCloseKey(&Key);
    return Status;
}
