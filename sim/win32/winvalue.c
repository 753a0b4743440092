/* SPDX-License-Identifier: MIT
 *
 * winvalue.c - values, enumeration and information as advapi32 asks for them.
 *
 * An answer is first asked for with a buffer of its own, and again with one that is large enough
 * when that was too small: a filter sees both.
 */
#include "win32/winkey.h"
#include "cm/cmservice.h"

/* Advapi's first buffer: what fits causes one call. */
#define WIN_FIRST_BYTES 144

struct WIN_ANSWER {
    ULONG64 First[WIN_FIRST_BYTES / sizeof(ULONG64)];
    PVOID Large; /* NULL: First was enough */
};

static PVOID WinAnswer(struct WIN_ANSWER *Answer)
{
    return Answer->Large != NULL ? Answer->Large : Answer->First;
}

typedef NTSTATUS WIN_ASK(HANDLE Key, const VOID *What, PVOID Buffer, ULONG Bytes, PULONG Needed);

/* Free Answer->Large afterwards. */
static NTSTATUS WinAsk(WIN_ASK *Ask, HKEY Key, const VOID *What, struct WIN_ANSWER *Answer)
{
    HANDLE Handle;
    ULONG Bytes = sizeof(Answer->First), Needed = 0;
    NTSTATUS Status = WinKeyHandle(Key, &Handle);

    Answer->Large = NULL;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Ask(Handle, What, Answer->First, Bytes, &Needed);
    while ((Status == STATUS_BUFFER_OVERFLOW || Status == STATUS_BUFFER_TOO_SMALL) &&
           Needed > Bytes) { /* it may grow meanwhile */
        ntsim__release(Answer->Large);
        Bytes = Needed;
        Answer->Large = ntsim__allocate(Bytes);
        if (Answer->Large == NULL) {
            return STATUS_NO_MEMORY;
        }
        Status = Ask(Handle, What, Answer->Large, Bytes, &Needed);
    }
    return Status;
}

/* ---- values --------------------------------------------------------------------------------- */

LSTATUS WINAPI RegSetValueExW(HKEY hKey, LPCWSTR lpValueName, DWORD Reserved, DWORD dwType,
                              const BYTE *lpData, DWORD cbData)
{
    UNICODE_STRING Name;
    KPROCESSOR_MODE Mode;
    HANDLE Handle;
    NTSTATUS Status;

    if (Reserved != 0 || (lpData == NULL && cbData != 0) || !WinString(lpValueName, &Name)) {
        return ERROR_INVALID_PARAMETER;
    }
    Mode = WinEnter("RegSetValueExW");
    Status = WinKeyHandle(hKey, &Handle);
    if (NT_SUCCESS(Status)) {
        Status = NtSetValueKey(Handle, &Name, 0, dwType, (PVOID)(ULONG_PTR)lpData, cbData);
    }
    WinLeave(Mode);
    return (LSTATUS)WinError(Status);
}

/* With no room for the data no second buffer is asked for: the length is known. */
static NTSTATUS WinQueryValue(HANDLE Key, PUNICODE_STRING Name, DWORD Room,
                              struct WIN_ANSWER *Answer)
{
    PKEY_VALUE_PARTIAL_INFORMATION Value = (PVOID)Answer->First;
    ULONG Needed;
    NTSTATUS Status = NtQueryValueKey(Key, Name, KeyValuePartialInformation, Answer->First,
                                      sizeof(Answer->First), &Needed);

    Answer->Large = NULL;
    if (Status != STATUS_BUFFER_OVERFLOW || Room < Value->DataLength) {
        return Status;
    }
    Answer->Large = ntsim__allocate(Needed);
    if (Answer->Large == NULL) {
        return STATUS_NO_MEMORY;
    }
    return NtQueryValueKey(Key, Name, KeyValuePartialInformation, Answer->Large, Needed, &Needed);
}

LSTATUS WINAPI RegQueryValueExW(HKEY hKey, LPCWSTR lpValueName, LPDWORD lpReserved, LPDWORD lpType,
                                LPBYTE lpData, LPDWORD lpcbData)
{
    DWORD Room = lpData != NULL && lpcbData != NULL ? *lpcbData : 0;
    struct WIN_ANSWER Answer = {.Large = NULL};
    const KEY_VALUE_PARTIAL_INFORMATION *Value;
    UNICODE_STRING Name;
    KPROCESSOR_MODE Mode;
    LSTATUS Result;
    HANDLE Handle;
    NTSTATUS Status;

    if (lpReserved != NULL || (lpData != NULL && lpcbData == NULL) ||
        !WinString(lpValueName, &Name)) {
        return ERROR_INVALID_PARAMETER;
    }
    Mode = WinEnter("RegQueryValueExW");
    Status = WinKeyHandle(hKey, &Handle);
    if (NT_SUCCESS(Status)) {
        Status = WinQueryValue(Handle, &Name, Room, &Answer);
    }
    WinLeave(Mode);
    Result = (LSTATUS)WinError(Status);
    if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW) {
        Value = WinAnswer(&Answer);
        Result = ERROR_SUCCESS;
        if (lpType != NULL) {
            *lpType = Value->Type;
        }
        if (lpcbData != NULL) {
            *lpcbData = Value->DataLength;
        }
        if (lpData != NULL && Room < Value->DataLength) {
            Result = ERROR_MORE_DATA;
        } else if (lpData != NULL) {
            memcpy(lpData, Value->Data, Value->DataLength);
        }
    }
    ntsim__release(Answer.Large);
    return Result;
}

LSTATUS WINAPI RegDeleteValueW(HKEY hKey, LPCWSTR lpValueName)
{
    UNICODE_STRING Name;
    KPROCESSOR_MODE Mode;
    HANDLE Handle;
    NTSTATUS Status;

    if (!WinString(lpValueName, &Name)) {
        return ERROR_INVALID_PARAMETER;
    }
    Mode = WinEnter("RegDeleteValueW");
    Status = WinKeyHandle(hKey, &Handle);
    if (NT_SUCCESS(Status)) {
        Status = NtDeleteValueKey(Handle, &Name);
    }
    WinLeave(Mode);
    return (LSTATUS)WinError(Status);
}

/* ---- enumeration ---------------------------------------------------------------------------- */

/* A counted name to a terminated one; *Characters: room, then length, both without and with the
 * terminator as Windows has it. */
static LSTATUS WinPutName(const WCHAR *Name, ULONG Bytes, LPWSTR Buffer, LPDWORD Characters)
{
    DWORD Length = Bytes / (DWORD)sizeof(WCHAR);

    if (*Characters <= Length) {
        return ERROR_MORE_DATA;
    }
    memcpy(Buffer, Name, Bytes);
    Buffer[Length] = 0;
    *Characters = Length;
    return ERROR_SUCCESS;
}

static NTSTATUS WinAskKey(HANDLE Key, const VOID *What, PVOID Buffer, ULONG Bytes, PULONG Needed)
{
    return NtEnumerateKey(Key, *(const DWORD *)What, KeyNodeInformation, Buffer, Bytes, Needed);
}

LSTATUS WINAPI RegEnumKeyExW(HKEY hKey, DWORD dwIndex, LPWSTR lpName, LPDWORD lpcchName,
                             LPDWORD lpReserved, LPWSTR lpClass, LPDWORD lpcchClass,
                             PFILETIME lpftLastWriteTime)
{
    struct WIN_ANSWER Answer;
    const KEY_NODE_INFORMATION *Node;
    KPROCESSOR_MODE Mode;
    LSTATUS Result;
    NTSTATUS Status;

    if (lpReserved != NULL || lpName == NULL || lpcchName == NULL ||
        (lpClass != NULL && lpcchClass == NULL)) {
        return ERROR_INVALID_PARAMETER;
    }
    Mode = WinEnter("RegEnumKeyExW");
    Status = WinAsk(WinAskKey, hKey, &dwIndex, &Answer);
    WinLeave(Mode);
    Result = (LSTATUS)WinError(Status);
    if (NT_SUCCESS(Status)) {
        Node = WinAnswer(&Answer);
        Result = WinPutName(Node->Name, Node->NameLength, lpName, lpcchName);
        if (Result == ERROR_SUCCESS && lpClass != NULL) {
            Result = WinPutName(
                (const WCHAR *)(const VOID *)((const UCHAR *)Node +
                                              (Node->ClassLength != 0 ? Node->ClassOffset : 0)),
                Node->ClassLength, lpClass, lpcchClass);
        }
        if (lpftLastWriteTime != NULL) {
            lpftLastWriteTime->dwLowDateTime = Node->LastWriteTime.LowPart;
            lpftLastWriteTime->dwHighDateTime = (DWORD)Node->LastWriteTime.HighPart;
        }
    }
    ntsim__release(Answer.Large);
    return Result;
}

static NTSTATUS WinAskValue(HANDLE Key, const VOID *What, PVOID Buffer, ULONG Bytes, PULONG Needed)
{
    return NtEnumerateValueKey(Key, *(const DWORD *)What, KeyValueFullInformation, Buffer, Bytes,
                               Needed);
}

LSTATUS WINAPI RegEnumValueW(HKEY hKey, DWORD dwIndex, LPWSTR lpValueName, LPDWORD lpcchValueName,
                             LPDWORD lpReserved, LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData)
{
    struct WIN_ANSWER Answer;
    const KEY_VALUE_FULL_INFORMATION *Value;
    KPROCESSOR_MODE Mode;
    LSTATUS Result;
    NTSTATUS Status;
    DWORD Room;

    if (lpReserved != NULL || lpValueName == NULL || lpcchValueName == NULL ||
        (lpData != NULL && lpcbData == NULL)) {
        return ERROR_INVALID_PARAMETER;
    }
    Mode = WinEnter("RegEnumValueW");
    Status = WinAsk(WinAskValue, hKey, &dwIndex, &Answer);
    WinLeave(Mode);
    Result = (LSTATUS)WinError(Status);
    if (NT_SUCCESS(Status)) {
        Value = WinAnswer(&Answer);
        Result = WinPutName(Value->Name, Value->NameLength, lpValueName, lpcchValueName);
        if (lpType != NULL) {
            *lpType = Value->Type;
        }
        if (lpcbData != NULL) {
            Room = *lpcbData;
            *lpcbData = Value->DataLength;
            if (lpData != NULL && Room < Value->DataLength) {
                Result = ERROR_MORE_DATA;
            } else if (lpData != NULL && Value->DataLength != 0) {
                memcpy(lpData, (const UCHAR *)Value + Value->DataOffset, Value->DataLength);
            }
        }
    }
    ntsim__release(Answer.Large);
    return Result;
}

/* ---- information ---------------------------------------------------------------------------- */

static NTSTATUS WinAskInformation(HANDLE Key, const VOID *What, PVOID Buffer, ULONG Bytes,
                                  PULONG Needed)
{
    UNREFERENCED_PARAMETER(What);
    return NtQueryKey(Key, KeyFullInformation, Buffer, Bytes, Needed);
}

static VOID WinPutNumber(LPDWORD Where, DWORD Number)
{
    if (Where != NULL) {
        *Where = Number;
    }
}

LSTATUS WINAPI RegQueryInfoKeyW(HKEY hKey, LPWSTR lpClass, LPDWORD lpcchClass, LPDWORD lpReserved,
                                LPDWORD lpcSubKeys, LPDWORD lpcbMaxSubKeyLen,
                                LPDWORD lpcbMaxClassLen, LPDWORD lpcValues,
                                LPDWORD lpcbMaxValueNameLen, LPDWORD lpcbMaxValueLen,
                                LPDWORD lpcbSecurityDescriptor, PFILETIME lpftLastWriteTime)
{
    struct WIN_ANSWER Answer;
    const KEY_FULL_INFORMATION *Full;
    KPROCESSOR_MODE Mode;
    LSTATUS Result;
    NTSTATUS Status;
    HANDLE Handle;
    ULONG Security = 0;

    if (lpReserved != NULL || (lpClass != NULL && lpcchClass == NULL)) {
        return ERROR_INVALID_PARAMETER;
    }
    Mode = WinEnter("RegQueryInfoKeyW");
    Status = WinAsk(WinAskInformation, hKey, NULL, &Answer);
    if (NT_SUCCESS(Status) && lpcbSecurityDescriptor != NULL &&
        NT_SUCCESS(WinKeyHandle(hKey, &Handle))) {
        (VOID) NtQuerySecurityObject(Handle,
                                     OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |
                                         DACL_SECURITY_INFORMATION,
                                     NULL, 0, &Security);
    }
    WinLeave(Mode);
    Result = (LSTATUS)WinError(Status);
    if (NT_SUCCESS(Status)) {
        Full = WinAnswer(&Answer);
        if (lpClass != NULL) {
            Result = WinPutName(Full->Class, Full->ClassLength, lpClass, lpcchClass);
        }
        WinPutNumber(lpcSubKeys, Full->SubKeys);
        WinPutNumber(lpcbMaxSubKeyLen, Full->MaxNameLen / (DWORD)sizeof(WCHAR));
        WinPutNumber(lpcbMaxClassLen, Full->MaxClassLen / (DWORD)sizeof(WCHAR));
        WinPutNumber(lpcValues, Full->Values);
        WinPutNumber(lpcbMaxValueNameLen, Full->MaxValueNameLen / (DWORD)sizeof(WCHAR));
        WinPutNumber(lpcbMaxValueLen, Full->MaxValueDataLen);
        WinPutNumber(lpcbSecurityDescriptor, Security);
        if (lpftLastWriteTime != NULL) {
            lpftLastWriteTime->dwLowDateTime = Full->LastWriteTime.LowPart;
            lpftLastWriteTime->dwHighDateTime = (DWORD)Full->LastWriteTime.HighPart;
        }
    }
    ntsim__release(Answer.Large);
    return Result;
}
