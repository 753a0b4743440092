/* SPDX-License-Identifier: MIT
 *
 * userbuf.c - a registry filter that touches the buffers of its callers, as its service name says:
 *
 *     careless   reads data and writes answers where they lie
 *     careful    does so inside __try, and blocks what it cannot read
 *     replay     captures name and data, does the operation with its copies, and bypasses
 *     passes     hands the caller's output buffer to a Zw routine
 */
#include <ntifs.h>

#define TAG 'fubU'

static LARGE_INTEGER Cookie;
static ULONG Sum;
static enum { CARELESS, CAREFUL, REPLAY, PASSES } Mode;

static VOID Read(PREG_SET_VALUE_KEY_INFORMATION Set)
{
    ULONG Index;

    for (Index = 0; Index < Set->DataSize; Index++) {
        Sum += ((volatile UCHAR *)Set->Data)[Index];
    }
}

static NTSTATUS ReadCarefully(PREG_SET_VALUE_KEY_INFORMATION Set)
{
    NTSTATUS Status = STATUS_SUCCESS;
    PVOID Copy = ExAllocatePoolWithTag(PagedPool, Set->DataSize + 1, TAG);

    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    try {
        RtlCopyMemory(Copy, Set->Data, Set->DataSize);
        Read(Set);
    } except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    ExFreePoolWithTag(Copy, TAG);
    return Status;
}

/* The caller's string and what follows it, in pool. */
static NTSTATUS Capture(PCUNICODE_STRING Name, PVOID Data, ULONG Bytes, PUNICODE_STRING NameCopy,
                        PVOID *DataCopy)
{
    NTSTATUS Status = STATUS_SUCCESS;

    NameCopy->Length = NameCopy->MaximumLength = Name->Length;
    NameCopy->Buffer = ExAllocatePoolWithTag(PagedPool, Name->Length + 1, TAG);
    *DataCopy = ExAllocatePoolWithTag(PagedPool, Bytes + 1, TAG);
    __try {
        if (NameCopy->Buffer == NULL || *DataCopy == NULL) {
            Status = STATUS_INSUFFICIENT_RESOURCES;
            __leave;
        }
        RtlCopyMemory(NameCopy->Buffer, Name->Buffer, Name->Length);
        if (Bytes != 0)
            RtlCopyMemory(*DataCopy, Data, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

static NTSTATUS Replay(PVOID Object, PCUNICODE_STRING Name, PREG_SET_VALUE_KEY_INFORMATION Set)
{
    UNICODE_STRING NameCopy;
    PVOID DataCopy;
    HANDLE Key = NULL;
    NTSTATUS Status = Capture(Name, Set != NULL ? Set->Data : NULL, Set != NULL ? Set->DataSize : 0,
                              &NameCopy, &DataCopy);

    if (NT_SUCCESS(Status))
        Status = ObOpenObjectByPointer(Object, OBJ_KERNEL_HANDLE, NULL, KEY_SET_VALUE,
                                       *CmKeyObjectType, KernelMode, &Key);
    if (NT_SUCCESS(Status)) {
        Status = Set != NULL
                     ? ZwSetValueKey(Key, &NameCopy, 0, Set->Type, DataCopy, Set->DataSize)
                     : ZwDeleteValueKey(Key, &NameCopy);
        ZwClose(Key);
    }
    if (NameCopy.Buffer != NULL)
        ExFreePoolWithTag(NameCopy.Buffer, TAG);
    if (DataCopy != NULL)
        ExFreePoolWithTag(DataCopy, TAG);
    return NT_SUCCESS(Status) ? STATUS_CALLBACK_BYPASS : Status;
}

static NTSTATUS OnSet(PREG_SET_VALUE_KEY_INFORMATION Set)
{
    switch (Mode) {
    case CARELESS:
        Read(Set);
        return STATUS_SUCCESS;
    case CAREFUL:
        return ReadCarefully(Set);
    case REPLAY:
        return Replay(Set->Object, Set->ValueName, Set);
    default:
        return STATUS_SUCCESS;
    }
}

/* After the operation: the answer's first byte. */
static NTSTATUS OnQueried(PREG_POST_OPERATION_INFORMATION Post)
{
    PREG_QUERY_VALUE_KEY_INFORMATION Query = Post->PreInformation;

    if (!NT_SUCCESS(Post->Status) || Mode == REPLAY)
        return STATUS_SUCCESS;
    if (Mode == CARELESS) {
        *(volatile UCHAR *)Query->KeyValueInformation = 0x77;
        return STATUS_SUCCESS;
    }
    __try {
        *(volatile UCHAR *)Query->KeyValueInformation = 0x77;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Post->ReturnStatus = GetExceptionCode();
        return STATUS_CALLBACK_BYPASS;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS OnQuery(PREG_QUERY_VALUE_KEY_INFORMATION Query)
{
    HANDLE Key;
    NTSTATUS Status;

    if (Mode != PASSES)
        return STATUS_SUCCESS;
    Status = ObOpenObjectByPointer(Query->Object, OBJ_KERNEL_HANDLE, NULL, KEY_QUERY_VALUE,
                                   *CmKeyObjectType, KernelMode, &Key);
    if (NT_SUCCESS(Status)) {
        Status = ZwQueryValueKey(Key, Query->ValueName, Query->KeyValueInformationClass,
                                 Query->KeyValueInformation, Query->Length, Query->ResultLength);
        ZwClose(Key);
    }
    return NT_SUCCESS(Status) ? STATUS_CALLBACK_BYPASS : Status;
}

static NTSTATUS OnRegistry(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(CallbackContext);
    switch ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1) {
    case RegNtPreSetValueKey:
        return OnSet(Argument2);
    case RegNtPreQueryValueKey:
        return OnQuery(Argument2);
    case RegNtPostQueryValueKey:
        return OnQueried(Argument2);
    case RegNtPreDeleteValueKey: {
        PREG_DELETE_VALUE_KEY_INFORMATION Delete = Argument2;

        return Mode == REPLAY ? Replay(Delete->Object, Delete->ValueName, NULL) : STATUS_SUCCESS;
    }
    default:
        return STATUS_SUCCESS;
    }
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    CmUnRegisterCallback(Cookie);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Altitude = RTL_CONSTANT_STRING(L"380000");
    static const PCWSTR Modes[] = {L"careless", L"careful", L"replay", L"passes"};
    ULONG Index;

    for (Index = 0; Index < RTL_NUMBER_OF(Modes); Index++) {
        UNICODE_STRING Name;

        RtlInitUnicodeString(&Name, Modes[Index]);
        if (RtlSuffixUnicodeString(&Name, RegistryPath, TRUE))
            Mode = Index;
    }
    DriverObject->DriverUnload = Unload;
    return CmRegisterCallbackEx(OnRegistry, &Altitude, DriverObject, NULL, &Cookie, NULL);
}
