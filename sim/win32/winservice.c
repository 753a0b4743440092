/* SPDX-License-Identifier: MIT
 *
 * winservice.c - the service control manager, as far as kernel drivers need it.
 *
 * What services.exe does in Windows, the System process does here: the service's key is made and
 * removed through the Zw services, and registry callbacks hear of it.
 */
#include "win32/win.h"

#include <stdio.h>
#include <strings.h>

#define WIN_SERVICES "\\Registry\\Machine\\System\\CurrentControlSet\\Services"

static SC_HANDLE WinNewHandle(struct WIN_SERVICE *Service, DWORD Access)
{
    SC_HANDLE Handle = ntsim__allocate(sizeof(*Handle));

    if (Handle == NULL) {
        WinFailWith(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    Handle->Service = Service;
    Handle->Access = Access;
    ntsim__lock(WinState()->Lock);
    InsertTailList(&WinState()->Handles, &Handle->Link);
    ntsim__unlock(WinState()->Lock);
    return Handle;
}

SC_HANDLE WINAPI OpenSCManagerW(LPCWSTR lpMachineName, LPCWSTR lpDatabaseName,
                                DWORD dwDesiredAccess)
{
    UNREFERENCED_PARAMETER(lpDatabaseName);
    ntsim__require("OpenSCManagerW");
    if (lpMachineName != NULL && lpMachineName[0] != 0) {
        WinFailWith(ERROR_NOT_SUPPORTED); /* another machine */
        return NULL;
    }
    return WinNewHandle(NULL, dwDesiredAccess);
}

/* ---- the service's key ---------------------------------------------------------------------- */

static NTSTATUS WinSetServiceValue(HANDLE Key, const char *Name, ULONG Type, const VOID *Data,
                                   ULONG Bytes)
{
    UNICODE_STRING Value;
    NTSTATUS Status;

    if (!ntsim__utf16(Name, &Value)) {
        return STATUS_NO_MEMORY;
    }
    Status = ZwSetValueKey(Key, &Value, 0, Type, (PVOID)(ULONG_PTR)Data, Bytes);
    ntsim__release(Value.Buffer);
    return Status;
}

static NTSTATUS WinServiceKey(const struct WIN_SERVICE *Service, BOOLEAN Make, HANDLE *Key)
{
    char Path[sizeof(WIN_SERVICES) + WIN_NAME_BYTES];
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    NTSTATUS Status;

    snprintf(Path, sizeof(Path), "%s\\%s", WIN_SERVICES, Service->Name);
    if (!ntsim__utf16(Path, &Name)) {
        return STATUS_NO_MEMORY;
    }
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    Status = Make ? ZwCreateKey(Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, 0, NULL)
                  : ZwOpenKey(Key, DELETE, &Attributes);
    ntsim__release(Name.Buffer);
    return Status;
}

/* What the System process does: on a thread of its own. */
static NTSTATUS WinWriteKey(const struct WIN_SERVICE *Service, DWORD ErrorControl)
{
    struct ntsim_thread *Previous = ntsim_enter(ntsim_current());
    UNICODE_STRING Path = {0, 0, NULL};
    HANDLE Key;
    NTSTATUS Status = WinServiceKey(Service, TRUE, &Key);

    if (NT_SUCCESS(Status)) {
        const struct {
            const char *Name;
            DWORD Number;
        } Numbers[] = {
            {"Type", Service->Type}, {"Start", Service->Start}, {"ErrorControl", ErrorControl}};

        for (size_t Index = 0; Index < RTL_NUMBER_OF(Numbers) && NT_SUCCESS(Status); Index++) {
            Status = WinSetServiceValue(Key, Numbers[Index].Name, REG_DWORD, &Numbers[Index].Number,
                                        sizeof(DWORD));
        }
        if (NT_SUCCESS(Status)) {
            Status = ntsim__utf16(Service->Path, &Path)
                         ? WinSetServiceValue(Key, "ImagePath", REG_EXPAND_SZ, Path.Buffer,
                                              Path.Length + (ULONG)sizeof(WCHAR))
                         : STATUS_NO_MEMORY;
        }
        ntsim__release(Path.Buffer);
        ZwClose(Key);
    }
    ntsim_leave(Previous);
    return Status;
}

static VOID WinRemoveKey(const struct WIN_SERVICE *Service)
{
    struct ntsim_thread *Previous = ntsim_enter(ntsim_current());
    HANDLE Key;

    if (NT_SUCCESS(WinServiceKey(Service, FALSE, &Key))) {
        ZwDeleteKey(Key);
        ZwClose(Key);
    }
    ntsim_leave(Previous);
}

/* ---- services ------------------------------------------------------------------------------- */

static BOOLEAN WinNarrow(LPCWSTR Text, char Narrow[WIN_NAME_BYTES])
{
    UNICODE_STRING String;

    return Text != NULL && WinString(Text, &String) && String.Length != 0 &&
           ntsim__utf8(Text, String.Length / sizeof(WCHAR), Narrow, WIN_NAME_BYTES) <
               WIN_NAME_BYTES;
}

/* With the lock held. */
static struct WIN_SERVICE *WinFindService(struct WIN_STATE *State, const char *Name)
{
    PLIST_ENTRY Entry;

    for (Entry = State->Services.Flink; Entry != &State->Services; Entry = Entry->Flink) {
        struct WIN_SERVICE *Service = CONTAINING_RECORD(Entry, struct WIN_SERVICE, Link);

        if (strcasecmp(Service->Name, Name) == 0) {
            return Service;
        }
    }
    return NULL;
}

static struct WIN_SERVICE *WinNewService(LPCWSTR Name, LPCWSTR Path, DWORD Type, DWORD Start)
{
    struct WIN_SERVICE *Service = ntsim__allocate(sizeof(*Service));

    if (Service == NULL) {
        WinFailWith(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    if (!WinNarrow(Name, Service->Name) || strpbrk(Service->Name, "\\/") != NULL) {
        ntsim__release(Service);
        WinFailWith(ERROR_INVALID_NAME);
        return NULL;
    }
    if (!WinNarrow(Path, Service->Path)) {
        ntsim__release(Service);
        WinFailWith(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    Service->Type = Type;
    Service->Start = Start;
    Service->Handles = 1;
    return Service;
}

SC_HANDLE WINAPI CreateServiceW(SC_HANDLE hSCManager, LPCWSTR lpServiceName, LPCWSTR lpDisplayName,
                                DWORD dwDesiredAccess, DWORD dwServiceType, DWORD dwStartType,
                                DWORD dwErrorControl, LPCWSTR lpBinaryPathName,
                                LPCWSTR lpLoadOrderGroup, LPDWORD lpdwTagId, LPCWSTR lpDependencies,
                                LPCWSTR lpServiceStartName, LPCWSTR lpPassword)
{
    struct WIN_STATE *State = WinState();
    struct WIN_SERVICE *Service, *Other;
    SC_HANDLE Handle;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(lpDisplayName);
    UNREFERENCED_PARAMETER(lpLoadOrderGroup);
    UNREFERENCED_PARAMETER(lpDependencies);
    UNREFERENCED_PARAMETER(lpServiceStartName);
    UNREFERENCED_PARAMETER(lpPassword);
    if (hSCManager == NULL || hSCManager->Service != NULL) {
        WinFailWith(ERROR_INVALID_HANDLE);
        return NULL;
    }
    if ((hSCManager->Access & SC_MANAGER_CREATE_SERVICE) == 0) {
        WinFailWith(ERROR_ACCESS_DENIED);
        return NULL;
    }
    if ((dwServiceType != SERVICE_KERNEL_DRIVER && dwServiceType != SERVICE_FILE_SYSTEM_DRIVER) ||
        dwStartType > SERVICE_DISABLED || lpdwTagId != NULL) {
        WinFailWith(ERROR_INVALID_PARAMETER); /* programs as services there are none */
        return NULL;
    }
    Service = WinNewService(lpServiceName, lpBinaryPathName, dwServiceType, dwStartType);
    if (Service == NULL) {
        return NULL;
    }
    ntsim__lock(State->Lock);
    Other = WinFindService(State, Service->Name);
    if (Other == NULL) {
        InsertTailList(&State->Services, &Service->Link);
    }
    ntsim__unlock(State->Lock);
    if (Other != NULL) {
        WinFailWith(Other->Doomed ? ERROR_SERVICE_MARKED_FOR_DELETE : ERROR_SERVICE_EXISTS);
        ntsim__release(Service);
        return NULL;
    }
    Status = WinWriteKey(Service, dwErrorControl);
    Handle = NT_SUCCESS(Status) ? WinNewHandle(Service, dwDesiredAccess) : NULL;
    if (Handle == NULL) {
        ntsim__lock(State->Lock);
        RemoveEntryList(&Service->Link);
        ntsim__unlock(State->Lock);
        if (!NT_SUCCESS(Status)) {
            WinFail(Status);
        }
        WinRemoveKey(Service);
        ntsim__release(Service);
    }
    return Handle;
}

SC_HANDLE WINAPI OpenServiceW(SC_HANDLE hSCManager, LPCWSTR lpServiceName, DWORD dwDesiredAccess)
{
    struct WIN_STATE *State = WinState();
    struct WIN_SERVICE *Service = NULL;
    char Name[WIN_NAME_BYTES];
    SC_HANDLE Handle;

    if (hSCManager == NULL || hSCManager->Service != NULL) {
        WinFailWith(ERROR_INVALID_HANDLE);
        return NULL;
    }
    if (WinNarrow(lpServiceName, Name)) {
        ntsim__lock(State->Lock);
        Service = WinFindService(State, Name);
        if (Service != NULL) {
            Service->Handles++;
        }
        ntsim__unlock(State->Lock);
    }
    if (Service == NULL) {
        WinFailWith(ERROR_SERVICE_DOES_NOT_EXIST);
        return NULL;
    }
    Handle = WinNewHandle(Service, dwDesiredAccess);
    if (Handle == NULL) {
        ntsim__lock(State->Lock);
        Service->Handles--;
        ntsim__unlock(State->Lock);
    }
    return Handle;
}

/* The last handle to a stopped service that is to be deleted: it goes. */
BOOL WINAPI CloseServiceHandle(SC_HANDLE hSCObject)
{
    struct WIN_STATE *State = WinState();
    struct WIN_SERVICE *Service;
    BOOLEAN Gone = FALSE;

    if (hSCObject == NULL) {
        return WinFailWith(ERROR_INVALID_HANDLE);
    }
    Service = hSCObject->Service;
    ntsim__lock(State->Lock);
    RemoveEntryList(&hSCObject->Link);
    if (Service != NULL) {
        Gone = --Service->Handles == 0 && Service->Doomed && Service->Driver == NULL;
    }
    if (Gone) {
        RemoveEntryList(&Service->Link);
    }
    ntsim__unlock(State->Lock);
    ntsim__release(hSCObject);
    if (Gone) {
        WinRemoveKey(Service);
        ntsim__release(Service);
    }
    return TRUE;
}

BOOL WINAPI DeleteService(SC_HANDLE hService)
{
    BOOLEAN Doomed;

    ntsim__require("DeleteService");
    if (hService == NULL || hService->Service == NULL) {
        return WinFailWith(ERROR_INVALID_HANDLE);
    }
    if ((hService->Access & DELETE) == 0) {
        return WinFailWith(ERROR_ACCESS_DENIED);
    }
    ntsim__lock(WinState()->Lock);
    Doomed = hService->Service->Doomed;
    hService->Service->Doomed = TRUE;
    ntsim__unlock(WinState()->Lock);
    return Doomed ? WinFailWith(ERROR_SERVICE_MARKED_FOR_DELETE) : TRUE;
}
