/* SPDX-License-Identifier: MIT
 *
 * winfile.c - transactions, and files and devices being opened, as kernel32 and ktmw32 ask for
 * them.
 */
#include "win32/win.h"

/* ---- transactions --------------------------------------------------------------------------- */

HANDLE WINAPI CreateTransaction(LPSECURITY_ATTRIBUTES lpTransactionAttributes, LPGUID UOW,
                                DWORD CreateOptions, DWORD IsolationLevel, DWORD IsolationFlags,
                                DWORD Timeout, LPWSTR Description)
{
    KPROCESSOR_MODE Mode = WinEnter("CreateTransaction");
    LARGE_INTEGER Limit = {.QuadPart = -10000LL * Timeout};
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle = NULL;
    UNICODE_STRING Text;
    NTSTATUS Status = STATUS_INVALID_PARAMETER;

    InitializeObjectAttributes(
        &Attributes, NULL, 0, NULL,
        lpTransactionAttributes != NULL ? lpTransactionAttributes->lpSecurityDescriptor : NULL);
    if (UOW == NULL && WinString(Description, &Text)) {
        Status = NtCreateTransaction(&Handle, TRANSACTION_ALL_ACCESS, &Attributes, NULL, NULL,
                                     CreateOptions, IsolationLevel, IsolationFlags,
                                     Timeout == 0 || Timeout == INFINITE ? NULL : &Limit,
                                     Description != NULL ? &Text : NULL);
    }
    WinLeave(Mode);
    if (!NT_SUCCESS(Status)) {
        WinFail(Status);
        return INVALID_HANDLE_VALUE;
    }
    return Handle;
}

static BOOL WinEndTransaction(const char *Function, HANDLE Transaction,
                              NTSTATUS(NTAPI *End)(HANDLE TransactionHandle, BOOLEAN Wait))
{
    KPROCESSOR_MODE Mode = WinEnter(Function);
    NTSTATUS Status = End(Transaction, TRUE);

    WinLeave(Mode);
    return NT_SUCCESS(Status) ? TRUE : WinFail(Status);
}

BOOL WINAPI CommitTransaction(HANDLE TransactionHandle)
{
    return WinEndTransaction("CommitTransaction", TransactionHandle, NtCommitTransaction);
}

BOOL WINAPI RollbackTransaction(HANDLE TransactionHandle)
{
    return WinEndTransaction("RollbackTransaction", TransactionHandle, NtRollbackTransaction);
}

/* ---- opening -------------------------------------------------------------------------------- */

static const struct {
    ULONG Disposition;
    ULONG Existed; /* IO_STATUS_BLOCK.Information that makes the last error ERROR_ALREADY_EXISTS */
} WinDispositions[] = {
    [CREATE_NEW] = {FILE_CREATE, MAXULONG},
    [CREATE_ALWAYS] = {FILE_OVERWRITE_IF, FILE_OVERWRITTEN},
    [OPEN_EXISTING] = {FILE_OPEN, MAXULONG},
    [OPEN_ALWAYS] = {FILE_OPEN_IF, FILE_OPENED},
    [TRUNCATE_EXISTING] = {FILE_OVERWRITE, MAXULONG},
};

NTSTATUS WinFileName(LPCWSTR Path, PUNICODE_STRING Name)
{
    static const WCHAR Prefix[] = u"\\??\\";
    UNICODE_STRING Text;
    ULONG Skip;

    if (Path == NULL || !WinString(Path, &Text) || Text.Length > 32000 * sizeof(WCHAR)) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    if (Path[0] == u'\\' && Path[1] == u'\\' && (Path[2] == u'.' || Path[2] == u'?') &&
        Path[3] == u'\\') {
        Skip = 4;
    } else if (Path[0] != 0 && Path[1] == u':' && Path[2] == u'\\') {
        Skip = 0;
    } else {
        return STATUS_OBJECT_PATH_NOT_FOUND;
    }
    Name->Length = (USHORT)(sizeof(Prefix) - sizeof(WCHAR) + Text.Length - Skip * sizeof(WCHAR));
    Name->MaximumLength = Name->Length;
    Name->Buffer = ntsim__allocate(Name->Length);
    if (Name->Buffer == NULL) {
        return STATUS_NO_MEMORY;
    }
    memcpy(Name->Buffer, Prefix, sizeof(Prefix) - sizeof(WCHAR));
    memcpy(Name->Buffer + RTL_NUMBER_OF(Prefix) - 1, Path + Skip,
           Text.Length - Skip * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

HANDLE WINAPI CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                          LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition,
                          DWORD dwFlagsAndAttributes, HANDLE hTemplateFile)
{
    KPROCESSOR_MODE Mode = WinEnter("CreateFileW");
    ULONG Options =
        (dwFlagsAndAttributes & FILE_FLAG_OVERLAPPED) != 0 ? 0 : FILE_SYNCHRONOUS_IO_NONALERT;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Block = {.Information = 0};
    UNICODE_STRING Name = {0, 0, NULL};
    HANDLE Handle = INVALID_HANDLE_VALUE;
    NTSTATUS Status;

    if (dwCreationDisposition < CREATE_NEW || dwCreationDisposition > TRUNCATE_EXISTING) {
        Status = STATUS_INVALID_PARAMETER;
    } else if (hTemplateFile != NULL) {
        Status = STATUS_NOT_SUPPORTED;
    } else {
        Status = WinFileName(lpFileName, &Name);
    }
    if (NT_SUCCESS(Status)) {
        Options |=
            (dwFlagsAndAttributes & FILE_FLAG_BACKUP_SEMANTICS) != 0 ? 0 : FILE_NON_DIRECTORY_FILE;
        Options |= (dwFlagsAndAttributes & FILE_FLAG_WRITE_THROUGH) != 0 ? FILE_WRITE_THROUGH : 0;
        InitializeObjectAttributes(
            &Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL,
            lpSecurityAttributes != NULL ? lpSecurityAttributes->lpSecurityDescriptor : NULL);
        Status =
            NtCreateFile(&Handle, dwDesiredAccess | SYNCHRONIZE | FILE_READ_ATTRIBUTES, &Attributes,
                         &Block, NULL, dwFlagsAndAttributes & 0x0000FFFFu, dwShareMode,
                         WinDispositions[dwCreationDisposition].Disposition, Options, NULL, 0);
        ntsim__release(Name.Buffer);
    }
    WinLeave(Mode);
    if (!NT_SUCCESS(Status)) {
        WinFailWith(Status == STATUS_OBJECT_NAME_COLLISION ? ERROR_FILE_EXISTS : WinError(Status));
        return INVALID_HANDLE_VALUE;
    }
    WinFailWith(Block.Information == WinDispositions[dwCreationDisposition].Existed
                    ? ERROR_ALREADY_EXISTS
                    : ERROR_SUCCESS);
    return Handle;
}

BOOL WINAPI CloseHandle(HANDLE hObject)
{
    KPROCESSOR_MODE Mode = WinEnter("CloseHandle");
    NTSTATUS Status = NtClose(hObject);

    WinLeave(Mode);
    return NT_SUCCESS(Status) ? TRUE : WinFail(Status);
}
