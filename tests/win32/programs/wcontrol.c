/* SPDX-License-Identifier: MIT
 *
 * wcontrol.c - a program with wmain and generic names, which leaves by ExitProcess.
 */
#include <windows.h>
#include <wchar.h>

int wmain(int argc, wchar_t **argv)
{
    HKEY key;

    if (argc != 2 || wcscmp(argv[1], L"\x00E4tsch") != 0) {
        return 2;
    }
    if (RegOpenKeyEx(HKEY_LOCAL_MACHINE, TEXT("SOFTWARE\\Nowhere"), 0, KEY_READ, &key) !=
        ERROR_FILE_NOT_FOUND) {
        return 3;
    }
    wprintf(L"%s %u\n", argv[1], GetCurrentProcessId());
    ExitProcess(7);
}
