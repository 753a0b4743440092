/* SPDX-License-Identifier: MIT
 *
 * winkey.c - registry keys as advapi32 opens, makes and removes them: which services are called, in
 * which order, with which names; that is what registry filters see.
 *
 * A predefined key is opened when it is first used, with MAXIMUM_ALLOWED, and kept by the process;
 * everything else is relative to that handle.
 */
#include "win32/win.h"
#include "win32/winkey.h"

#include <stdio.h>

#define WIN_TRIES_WHEN_DENIED 2 /* CM-CO-05 */

static NTSTATUS WinOpenPath(const char *Path, HANDLE *Handle)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    NTSTATUS Status;

    if (!ntsim__utf16(Path, &Name)) {
        return STATUS_NO_MEMORY;
    }
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    Status = NtOpenKey(Handle, MAXIMUM_ALLOWED, &Attributes);
    ntsim__release(Name.Buffer);
    return Status;
}

/* The hive of whom the process acts as; without one, that of nobody. */
static NTSTATUS WinOpenUser(HANDLE *Handle)
{
    const UCHAR *Sid = SepSid(SepCurrentToken()->Account->User);
    char Path[320];
    int At = snprintf(Path, sizeof(Path), "\\Registry\\User\\S-%u-%u", Sid[0], Sid[7]);
    NTSTATUS Status;

    for (UCHAR Index = 0; Index < Sid[1]; Index++) {
        const UCHAR *Part = Sid + 8 + 4 * (size_t)Index;

        At += snprintf(Path + At, sizeof(Path) - (size_t)At, "-%u",
                       (unsigned)Part[0] | (unsigned)Part[1] << 8 | (unsigned)Part[2] << 16 |
                           (unsigned)Part[3] << 24);
    }
    Status = WinOpenPath(Path, Handle);
    return Status == STATUS_OBJECT_NAME_NOT_FOUND
               ? WinOpenPath("\\Registry\\User\\.Default", Handle)
               : Status;
}

/* Indexed by the low bits of the predefined key; NULL: the user's. */
static const char *const WinPredefined[WIN_PREDEFINED] = {
    [0] = "\\Registry\\Machine\\Software\\Classes",
    [2] = "\\Registry\\Machine",
    [3] = "\\Registry\\User",
    [5] = "\\Registry\\Machine\\System\\CurrentControlSet\\Hardware Profiles\\Current",
};

static BOOLEAN WinIsPredefined(HKEY Key)
{
    return ((ULONG)(ULONG_PTR)Key & 0xFFFFFFF8u) == 0x80000000u;
}

NTSTATUS WinKeyHandle(HKEY Key, HANDLE *Handle)
{
    ULONG Index = (ULONG)(ULONG_PTR)Key & 7;
    HANDLE *Kept;
    NTSTATUS Status;

    *Handle = (HANDLE)Key;
    if (!WinIsPredefined(Key)) {
        return STATUS_SUCCESS;
    }
    if (Index >= WIN_PREDEFINED || (Index != 1 && WinPredefined[Index] == NULL)) {
        return STATUS_INVALID_HANDLE;
    }
    Kept = &PspCurrentProcess()->Predefined[Index];
    if (*Kept == NULL) {
        Status = Index == 1 ? WinOpenUser(Handle) : WinOpenPath(WinPredefined[Index], Handle);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        if (*Kept == NULL) {
            *Kept = *Handle;
        } else {
            NtClose(*Handle); /* another thread was faster */
        }
    }
    *Handle = *Kept;
    return STATUS_SUCCESS;
}

/* The 32-bit view of HKLM\\Software is another key; the kernel itself knows no views. *Name becomes
 * what the kernel is asked for; free *Longer afterwards. */
static NTSTATUS WinApplyView(HKEY Key, REGSAM Access, PUNICODE_STRING Name, PWCH *Longer)
{
    UNICODE_STRING Software = RTL_CONSTANT_STRING(u"Software");
    static const WCHAR Node[] = u"\\WOW6432Node";
    BOOLEAN Narrow = (Access & KEY_WOW64_32KEY) != 0 ||
                     (PspCurrentProcess()->Wow64 && (Access & KEY_WOW64_64KEY) == 0);
    USHORT Added = sizeof(Node) - sizeof(WCHAR);

    *Longer = NULL;
    if (!Narrow || Key != HKEY_LOCAL_MACHINE || !RtlPrefixUnicodeString(&Software, Name, TRUE) ||
        (Name->Length > Software.Length &&
         Name->Buffer[Software.Length / sizeof(WCHAR)] != u'\\') ||
        Name->Length > 0xFFFE - Added) {
        return STATUS_SUCCESS;
    }
    *Longer = ntsim__allocate((size_t)Name->Length + Added);
    if (*Longer == NULL) {
        return STATUS_NO_MEMORY;
    }
    memcpy(*Longer, Name->Buffer, Software.Length);
    memcpy((PUCHAR)*Longer + Software.Length, Node, Added);
    memcpy((PUCHAR)*Longer + Software.Length + Added, (PUCHAR)Name->Buffer + Software.Length,
           Name->Length - Software.Length);
    Name->Buffer = *Longer;
    Name->Length = (USHORT)(Name->Length + Added);
    Name->MaximumLength = Name->Length;
    return STATUS_SUCCESS;
}

/* ---- creating ------------------------------------------------------------------------------- */

struct WIN_CREATION {
    DWORD Options;
    REGSAM Access;
    PUNICODE_STRING Class;
    PSECURITY_DESCRIPTOR Descriptor;
    HANDLE Transaction; /* NULL: none */
    DWORD Disposition;
};

static NTSTATUS WinCreateOne(HANDLE Root, PUNICODE_STRING Name, REGSAM Access,
                             struct WIN_CREATION *Creation, HANDLE *Handle)
{
    OBJECT_ATTRIBUTES Attributes;

    InitializeObjectAttributes(&Attributes, Name, OBJ_CASE_INSENSITIVE, Root, Creation->Descriptor);
    if ((Creation->Options & REG_OPTION_OPEN_LINK) != 0) {
        Attributes.Attributes |= OBJ_OPENLINK;
    }
    return Creation->Transaction != NULL
               ? NtCreateKeyTransacted(Handle, Access, &Attributes, 0, Creation->Class,
                                       Creation->Options, Creation->Transaction,
                                       &Creation->Disposition)
               : NtCreateKey(Handle, Access, &Attributes, 0, Creation->Class, Creation->Options,
                             &Creation->Disposition);
}

/* Component by component, each relative to the one before. */
static NTSTATUS WinCreateLevels(HANDLE Root, const UNICODE_STRING *Path,
                                struct WIN_CREATION *Creation, HANDLE *Handle)
{
    USHORT At = 0, End = Path->Length / sizeof(WCHAR);
    HANDLE Above = Root, Made = NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    while (At < End && NT_SUCCESS(Status)) {
        USHORT Start = At;
        UNICODE_STRING Name = {0, 0, Path->Buffer + Start};
        BOOLEAN Last;

        while (At < End && Path->Buffer[At] != u'\\') {
            At++;
        }
        Name.Length = Name.MaximumLength = (USHORT)((At - Start) * sizeof(WCHAR));
        while (At < End && Path->Buffer[At] == u'\\') {
            At++;
        }
        Last = At == End;
        Status =
            WinCreateOne(Above, &Name, Last ? Creation->Access : MAXIMUM_ALLOWED, Creation, &Made);
        if (Above != Root) {
            NtClose(Above);
        }
        Above = Made;
    }
    *Handle = Made;
    return Status;
}

static LSTATUS WinCreateKey(const char *Function, HKEY Key, LPCWSTR Path, LPCWSTR Class,
                            const SECURITY_ATTRIBUTES *Security, struct WIN_CREATION *Creation,
                            PHKEY Result, LPDWORD Disposition)
{
    UNICODE_STRING Name, ClassName;
    HANDLE Root, Handle = NULL;
    PWCH Longer = NULL;
    KPROCESSOR_MODE Mode;
    NTSTATUS Status;
    int Tries = 0;

    if (Path == NULL || Result == NULL || !WinString(Path, &Name) ||
        !WinString(Class, &ClassName)) {
        return ERROR_INVALID_PARAMETER;
    }
    if (Name.Length != 0 && Name.Buffer[0] == u'\\') {
        return ERROR_BAD_PATHNAME;
    }
    Creation->Class = Class != NULL ? &ClassName : NULL;
    Creation->Descriptor = Security != NULL ? Security->lpSecurityDescriptor : NULL;
    Mode = WinEnter(Function);
    Status = WinKeyHandle(Key, &Root);
    Status = NT_SUCCESS(Status) ? WinApplyView(Key, Creation->Access, &Name, &Longer) : Status;
    if (NT_SUCCESS(Status)) {
        do {
            Status = WinCreateOne(Root, &Name, Creation->Access, Creation, &Handle);
        } while (Status == STATUS_ACCESS_DENIED && ++Tries < WIN_TRIES_WHEN_DENIED);
        if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
            Status = WinCreateLevels(Root, &Name, Creation, &Handle);
        }
    }
    ntsim__release(Longer);
    WinLeave(Mode);
    if (!NT_SUCCESS(Status)) {
        return (LSTATUS)WinError(Status);
    }
    *Result = (HKEY)Handle;
    if (Disposition != NULL) {
        *Disposition = Creation->Disposition;
    }
    return ERROR_SUCCESS;
}

LSTATUS WINAPI RegCreateKeyExW(HKEY hKey, LPCWSTR lpSubKey, DWORD Reserved, LPWSTR lpClass,
                               DWORD dwOptions, REGSAM samDesired,
                               const SECURITY_ATTRIBUTES *lpSecurityAttributes, PHKEY phkResult,
                               LPDWORD lpdwDisposition)
{
    struct WIN_CREATION Creation = {.Options = dwOptions, .Access = samDesired};

    if (Reserved != 0) {
        return ERROR_INVALID_PARAMETER;
    }
    return WinCreateKey("RegCreateKeyExW", hKey, lpSubKey, lpClass, lpSecurityAttributes, &Creation,
                        phkResult, lpdwDisposition);
}

LSTATUS WINAPI RegCreateKeyTransactedW(HKEY hKey, LPCWSTR lpSubKey, DWORD Reserved, LPWSTR lpClass,
                                       DWORD dwOptions, REGSAM samDesired,
                                       const SECURITY_ATTRIBUTES *lpSecurityAttributes,
                                       PHKEY phkResult, LPDWORD lpdwDisposition,
                                       HANDLE hTransaction, PVOID pExtendedParemeter)
{
    struct WIN_CREATION Creation = {
        .Options = dwOptions, .Access = samDesired, .Transaction = hTransaction};

    if (Reserved != 0 || pExtendedParemeter != NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    if (hTransaction == NULL) {
        return ERROR_INVALID_HANDLE;
    }
    return WinCreateKey("RegCreateKeyTransactedW", hKey, lpSubKey, lpClass, lpSecurityAttributes,
                        &Creation, phkResult, lpdwDisposition);
}

/* ---- opening and removing ------------------------------------------------------------------- */

static NTSTATUS WinOpen(HKEY Key, LPCWSTR Path, DWORD Options, REGSAM Access, HANDLE Transaction,
                        HANDLE *Handle)
{
    OBJECT_ATTRIBUTES Attributes;
    PWCH Longer = NULL;
    UNICODE_STRING Name;
    HANDLE Root;
    NTSTATUS Status = WinKeyHandle(Key, &Root);

    if (NT_SUCCESS(Status) && !WinString(Path, &Name)) {
        Status = STATUS_INVALID_PARAMETER;
    }
    Status = NT_SUCCESS(Status) ? WinApplyView(Key, Access, &Name, &Longer) : Status;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, Root, NULL);
    if ((Options & REG_OPTION_OPEN_LINK) != 0) {
        Attributes.Attributes |= OBJ_OPENLINK;
    }
    Options &= ~(DWORD)REG_OPTION_OPEN_LINK;
    if (Transaction != NULL) {
        Status = NtOpenKeyTransactedEx(Handle, Access, &Attributes, Options, Transaction);
    } else if (Options != 0) {
        Status = NtOpenKeyEx(Handle, Access, &Attributes, Options);
    } else {
        Status = NtOpenKey(Handle, Access, &Attributes); /* all there was before Windows 7 */
    }
    ntsim__release(Longer);
    return Status;
}

static LSTATUS WinOpenKey(const char *Function, HKEY Key, LPCWSTR Path, DWORD Options,
                          REGSAM Access, HANDLE Transaction, PHKEY Result)
{
    KPROCESSOR_MODE Mode;
    HANDLE Handle = NULL;
    NTSTATUS Status;

    if (Result == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    if ((Path == NULL || Path[0] == 0) && WinIsPredefined(Key)) {
        *Result = Key; /* nothing is opened */
        return ERROR_SUCCESS;
    }
    if (Path != NULL && Path[0] == u'\\') {
        return ERROR_BAD_PATHNAME;
    }
    Mode = WinEnter(Function);
    Status = WinOpen(Key, Path, Options, Access, Transaction, &Handle);
    WinLeave(Mode);
    if (NT_SUCCESS(Status)) {
        *Result = (HKEY)Handle;
    }
    return (LSTATUS)WinError(Status);
}

LSTATUS WINAPI RegOpenKeyExW(HKEY hKey, LPCWSTR lpSubKey, DWORD ulOptions, REGSAM samDesired,
                             PHKEY phkResult)
{
    return WinOpenKey("RegOpenKeyExW", hKey, lpSubKey, ulOptions, samDesired, NULL, phkResult);
}

LSTATUS WINAPI RegOpenKeyTransactedW(HKEY hKey, LPCWSTR lpSubKey, DWORD ulOptions,
                                     REGSAM samDesired, PHKEY phkResult, HANDLE hTransaction,
                                     PVOID pExtendedParemeter)
{
    if (pExtendedParemeter != NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    if (hTransaction == NULL) {
        return ERROR_INVALID_HANDLE;
    }
    return WinOpenKey("RegOpenKeyTransactedW", hKey, lpSubKey, ulOptions, samDesired, hTransaction,
                      phkResult);
}

/* The link itself, not what it leads to. */
LSTATUS WINAPI RegDeleteKeyExW(HKEY hKey, LPCWSTR lpSubKey, REGSAM samDesired, DWORD Reserved)
{
    KPROCESSOR_MODE Mode;
    HANDLE Handle;
    NTSTATUS Status;

    if (lpSubKey == NULL || Reserved != 0 || (samDesired & ~(REGSAM)KEY_WOW64_RES) != 0) {
        return ERROR_INVALID_PARAMETER;
    }
    Mode = WinEnter("RegDeleteKeyExW");
    Status = WinOpen(hKey, lpSubKey, REG_OPTION_OPEN_LINK, DELETE | samDesired, NULL, &Handle);
    if (NT_SUCCESS(Status)) {
        Status = NtDeleteKey(Handle);
        NtClose(Handle);
    }
    WinLeave(Mode);
    return (LSTATUS)WinError(Status);
}

LSTATUS WINAPI RegDeleteKeyW(HKEY hKey, LPCWSTR lpSubKey)
{
    return RegDeleteKeyExW(hKey, lpSubKey, 0, 0);
}

LSTATUS WINAPI RegFlushKey(HKEY hKey)
{
    KPROCESSOR_MODE Mode = WinEnter("RegFlushKey");
    HANDLE Handle;
    NTSTATUS Status = WinKeyHandle(hKey, &Handle);

    if (NT_SUCCESS(Status)) {
        Status = NtFlushKey(Handle);
    }
    WinLeave(Mode);
    return (LSTATUS)WinError(Status);
}

LSTATUS WINAPI RegCloseKey(HKEY hKey)
{
    ULONG Index = (ULONG)(ULONG_PTR)hKey & 7;
    KPROCESSOR_MODE Mode = WinEnter("RegCloseKey");
    NTSTATUS Status = STATUS_SUCCESS;

    if (!WinIsPredefined(hKey)) {
        Status = NtClose((HANDLE)hKey);
    } else if (Index < WIN_PREDEFINED && PspCurrentProcess()->Predefined[Index] != NULL) {
        Status = NtClose(PspCurrentProcess()->Predefined[Index]);
        PspCurrentProcess()->Predefined[Index] = NULL;
    }
    WinLeave(Mode);
    return (LSTATUS)WinError(Status);
}
