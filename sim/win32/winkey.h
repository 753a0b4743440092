/* SPDX-License-Identifier: MIT
 *
 * winkey.h - keys as the files of the registry's part share them.
 */
#ifndef SIM_WIN32_WINKEY_H
#define SIM_WIN32_WINKEY_H

#include "win32/win.h"

/* The handle that a key stands for; a predefined key is opened when it is first used. */
NTSTATUS WinKeyHandle(HKEY Key, HANDLE *Handle);

#endif
