/* SPDX-License-Identifier: MIT
 *
 * control.c - a control program as its author would write it for Windows: installs the driver's
 * service, starts it, makes registry calls, asks the device for the count, and removes it all.
 */
#include <Windows.h>
#include <WinIoCtl.h>
#include <winsvc.h>
#include <stdio.h>
#include "toaster.h"

static int Fail(const char *what)
{
    fprintf(stderr, "%s: error %lu\n", what, GetLastError());
    return 1;
}

static int WriteSettings(void)
{
    static const WCHAR text[] = L"sourdough";
    WCHAR back[32];
    DWORD size = sizeof(back), type;
    LONG error;
    HKEY key;

    error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Toaster\\Settings", 0, NULL, 0,
                            KEY_READ | KEY_WRITE, NULL, &key, NULL);
    if (error == ERROR_SUCCESS) {
        error = RegSetValueExW(key, L"Bread", 0, REG_SZ, (const BYTE *)text, sizeof(text));
    }
    if (error == ERROR_SUCCESS) {
        error = RegQueryValueExW(key, L"Bread", NULL, &type, (BYTE *)back, &size);
    }
    RegCloseKey(key);
    return error == ERROR_SUCCESS && type == REG_SZ && wcscmp(text, back) == 0 ? 0 : 1;
}

static int AskDevice(void)
{
    DWORD returned = 0;
    LONG count = -1;
    HANDLE device = CreateFileW(L"\\\\.\\Toaster", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);

    if (device == INVALID_HANDLE_VALUE) {
        return Fail("CreateFile");
    }
    if (!DeviceIoControl(device, IOCTL_TOASTER_COUNT, NULL, 0, &count, sizeof(count), &returned,
                         NULL)) {
        CloseHandle(device);
        return Fail("DeviceIoControl");
    }
    CloseHandle(device);
    printf("%d value set, %u bytes\n", count, returned);
    return count == 1 && returned == sizeof(count) ? 0 : 1;
}

int main(int argc, char **argv)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    SC_HANDLE service =
        CreateServiceW(manager, L"Toaster", L"Toaster", SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
                       SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, L"C:\\Drivers\\toaster.sys",
                       NULL, NULL, NULL, NULL, NULL);
    SERVICE_STATUS status;
    int result;

    if (argc != 2 || strcmp(argv[1], "bake") != 0) {
        return 2;
    }
    if (service == NULL) {
        return Fail("CreateService");
    }
    if (!StartServiceW(service, 0, NULL)) {
        return Fail("StartService");
    }
    result = WriteSettings();
    if (result == 0) {
        result = AskDevice();
    }
    if (!ControlService(service, SERVICE_CONTROL_STOP, &status) ||
        status.dwCurrentState != SERVICE_STOPPED) {
        return Fail("ControlService");
    }
    DeleteService(service);
    CloseServiceHandle(service);
    CloseServiceHandle(manager);
    return result;
}
