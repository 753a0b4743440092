/* SPDX-License-Identifier: MIT
 *
 * win.h - the Windows API of simulated programs: what its files share.
 *
 * State   WIN_STATE: services and what their files stand for. Of a thread: its last error and the
 *         program it runs; of a process: its predefined keys (ps/psp_state.h).
 * Locks   WIN_STATE.Lock, a leaf, protects the lists and the counts and flags of services. A
 *         service is freed by whoever closes its last handle.
 */
#ifndef SIM_WIN32_WIN_H
#define SIM_WIN32_WIN_H

#include "ps/psp_state.h"
#include "se/sep.h"

#include <ntsim/image.h>
#include <ntsim/registry.h>
#include <ntsim/win32.h>
#include <ntcallback/ddk/ntregapi.h>
#include <ntcallback/ddk/ntundoc.h>

#include <string.h>

#define WIN_NAME_BYTES 512

struct WIN_IMAGE {
    LIST_ENTRY Link;
    struct ntsim_driver_options Options;
    char File[WIN_NAME_BYTES];
};

struct WIN_SERVICE {
    LIST_ENTRY Link;
    char Name[WIN_NAME_BYTES];
    char Path[WIN_NAME_BYTES];
    DWORD Type, Start;
    ULONG Handles;
    BOOLEAN Doomed;              /* DeleteService was called */
    BOOLEAN Busy;                /* one thread starts or stops it */
    struct ntsim_driver *Driver; /* NULL: stopped */
};

/* What a SC_HANDLE points to. The manager's has no service. */
struct NTCB_SC_HANDLE {
    LIST_ENTRY Link;
    struct WIN_SERVICE *Service;
    DWORD Access;
};

struct WIN_STATE {
    struct ntsim__lock *Lock;
    LIST_ENTRY Handles; /* NTCB_SC_HANDLE.Link */
    LIST_ENTRY Images;
    LIST_ENTRY Services;
    LIST_ENTRY Searches; /* winfind.c */
};

/* Speak as a program: user mode, whatever the thread is. Hand the result to WinLeave. */
KPROCESSOR_MODE WinEnter(const char *Function);
VOID WinLeave(KPROCESSOR_MODE Mode);

/* The code of Windows for a status; and the same as the last error, with FALSE. */
DWORD WinError(NTSTATUS Status);
BOOL WinFail(NTSTATUS Status);
BOOL WinFailWith(DWORD Error);

/* ---- winfile.c ---- */
/* \\.\X and \\?\X are \??\X, C:\X is \??\C:\X; there is no current directory. Free Name->Buffer. */
NTSTATUS WinFileName(LPCWSTR Path, PUNICODE_STRING Name);

/* ---- winfind.c ---- */
VOID WinForgetSearches(struct WIN_STATE *State);

/* A terminated string as a counted one; NULL is empty. FALSE: too long. */
BOOLEAN WinString(LPCWSTR Text, PUNICODE_STRING String);

#endif
