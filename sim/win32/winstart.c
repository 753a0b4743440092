/* SPDX-License-Identifier: MIT
 *
 * winstart.c - services started and stopped: drivers loaded and unloaded.
 */
#include "win32/win.h"

#include <ntsim/driver.h>

#include <strings.h>
#include <unistd.h>

/* The driver that the service's file stands for. */
static BOOLEAN WinImageOf(const struct WIN_SERVICE *Service, struct ntsim_driver_options *Options)
{
    const char *File = Service->Path;
    struct WIN_STATE *State = WinState();
    PLIST_ENTRY Entry;

    for (const char *At = File; *At != '\0'; At++) {
        File = *At == '\\' || *At == '/' ? At + 1 : File;
    }
    ntsim__lock(State->Lock);
    for (Entry = State->Images.Flink; Entry != &State->Images; Entry = Entry->Flink) {
        const struct WIN_IMAGE *Image = CONTAINING_RECORD(Entry, struct WIN_IMAGE, Link);

        if (strcasecmp(Image->File, File) == 0) {
            *Options = Image->Options;
            break;
        }
    }
    ntsim__unlock(State->Lock);
    if (Entry != &State->Images) {
        Options->image_path = Options->image_path != NULL ? Options->image_path : Service->Path;
    } else if (access(Service->Path, R_OK) == 0) {
        *Options = (struct ntsim_driver_options){.module = Service->Path};
    } else {
        return FALSE;
    }
    Options->name = Service->Name;
    return TRUE;
}

/* One thread at a time starts or stops a service: FALSE when another does. */
static BOOLEAN WinBeginChange(struct WIN_SERVICE *Service)
{
    BOOLEAN Mine;

    ntsim__lock(WinState()->Lock);
    Mine = !Service->Busy;
    Service->Busy = TRUE;
    ntsim__unlock(WinState()->Lock);
    return Mine;
}

static VOID WinEndChange(struct WIN_SERVICE *Service, struct ntsim_driver *Driver)
{
    ntsim__lock(WinState()->Lock);
    Service->Driver = Driver;
    Service->Busy = FALSE;
    ntsim__unlock(WinState()->Lock);
}

static DWORD WinStart(struct WIN_SERVICE *Service, struct ntsim_driver **Driver)
{
    struct ntsim_driver_options Options;
    NTSTATUS Status;

    if (*Driver != NULL) {
        return ERROR_SERVICE_ALREADY_RUNNING;
    }
    if (Service->Doomed) {
        return ERROR_SERVICE_MARKED_FOR_DELETE;
    }
    if (Service->Start == SERVICE_DISABLED) {
        return ERROR_SERVICE_DISABLED;
    }
    if (!WinImageOf(Service, &Options)) {
        return ERROR_FILE_NOT_FOUND;
    }
    return ntsim_driver_load(ntsim_current(), &Options, Driver, &Status) == NTCB_OK
               ? ERROR_SUCCESS
               : WinError(Status);
}

BOOL WINAPI StartServiceW(SC_HANDLE hService, DWORD dwNumServiceArgs, LPCWSTR *lpServiceArgVectors)
{
    struct ntsim_driver *Driver;
    DWORD Error;

    UNREFERENCED_PARAMETER(dwNumServiceArgs);
    UNREFERENCED_PARAMETER(lpServiceArgVectors);
    ntsim__require("StartServiceW");
    if (hService == NULL || hService->Service == NULL) {
        return WinFailWith(ERROR_INVALID_HANDLE);
    }
    if ((hService->Access & SERVICE_START) == 0) {
        return WinFailWith(ERROR_ACCESS_DENIED);
    }
    if (!WinBeginChange(hService->Service)) {
        return WinFailWith(ERROR_SERVICE_ALREADY_RUNNING);
    }
    Driver = hService->Service->Driver;
    Error = WinStart(hService->Service, &Driver);
    WinEndChange(hService->Service, Driver);
    return Error == ERROR_SUCCESS ? TRUE : WinFailWith(Error);
}

static VOID WinTellStatus(const struct WIN_SERVICE *Service, LPSERVICE_STATUS Status)
{
    *Status = (SERVICE_STATUS){
        .dwServiceType = Service->Type,
        .dwCurrentState = Service->Driver != NULL ? SERVICE_RUNNING : SERVICE_STOPPED,
        .dwControlsAccepted = Service->Driver != NULL ? SERVICE_ACCEPT_STOP : 0,
    };
}

BOOL WINAPI QueryServiceStatus(SC_HANDLE hService, LPSERVICE_STATUS lpServiceStatus)
{
    ntsim__require("QueryServiceStatus");
    if (hService == NULL || hService->Service == NULL) {
        return WinFailWith(ERROR_INVALID_HANDLE);
    }
    if ((hService->Access & SERVICE_QUERY_STATUS) == 0) {
        return WinFailWith(ERROR_ACCESS_DENIED);
    }
    ntsim__lock(WinState()->Lock);
    WinTellStatus(hService->Service, lpServiceStatus);
    ntsim__unlock(WinState()->Lock);
    return TRUE;
}

static DWORD WinStop(struct ntsim_driver **Driver)
{
    int Error;

    if (*Driver == NULL) {
        return ERROR_SERVICE_NOT_ACTIVE;
    }
    Error = ntsim_driver_unload(*Driver);
    if (Error == NTCB_EBUSY) {
        return ERROR_BUSY; /* handles to its devices are open */
    }
    if (Error == NTCB_EINVAL) {
        return ERROR_INVALID_SERVICE_CONTROL; /* it has no unload routine */
    }
    *Driver = NULL; /* also when it left something behind, which was reported */
    return ERROR_SUCCESS;
}

BOOL WINAPI ControlService(SC_HANDLE hService, DWORD dwControl, LPSERVICE_STATUS lpServiceStatus)
{
    struct WIN_SERVICE *Service;
    struct ntsim_driver *Driver;
    DWORD Error = ERROR_SUCCESS;

    ntsim__require("ControlService");
    if (hService == NULL || hService->Service == NULL) {
        return WinFailWith(ERROR_INVALID_HANDLE);
    }
    Service = hService->Service;
    if (dwControl != SERVICE_CONTROL_STOP && dwControl != SERVICE_CONTROL_INTERROGATE) {
        return WinFailWith(ERROR_INVALID_SERVICE_CONTROL);
    }
    if (dwControl == SERVICE_CONTROL_STOP && (hService->Access & SERVICE_STOP) == 0) {
        return WinFailWith(ERROR_ACCESS_DENIED);
    }
    if (!WinBeginChange(Service)) {
        return WinFailWith(ERROR_BUSY);
    }
    Driver = Service->Driver;
    if (dwControl == SERVICE_CONTROL_STOP) {
        Error = WinStop(&Driver);
    } else if (Driver == NULL) {
        Error = ERROR_SERVICE_NOT_ACTIVE;
    }
    WinEndChange(Service, Driver);
    if (lpServiceStatus != NULL) {
        WinTellStatus(Service, lpServiceStatus);
    }
    return Error == ERROR_SUCCESS ? TRUE : WinFailWith(Error);
}
