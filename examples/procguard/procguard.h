/* SPDX-License-Identifier: MIT
 *
 * procguard.h - what the parts of the driver know of each other.
 */
#ifndef PROCGUARD_H
#define PROCGUARD_H

#include <ntifs.h>

#include "procguard_ioctl.h"

#define PG_TAG 'GcrP'

/* ---- policy.c: Parameters of the service key, read once ---- */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS PgReadPolicy(_In_ PUNICODE_STRING RegistryPath);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID PgFreePolicy(VOID);
/* By the last component of an image's name. */
_IRQL_requires_max_(PASSIVE_LEVEL) BOOLEAN PgIsProtected(_In_ PCUNICODE_STRING ImageName);
_IRQL_requires_max_(PASSIVE_LEVEL) BOOLEAN PgIsDenied(_In_ PCUNICODE_STRING ImageName);

/* ---- tree.c: the processes that were created since the driver was loaded ---- */
VOID PgInitializeTree(VOID);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID PgFreeTree(VOID);
/* Of a process that is not there: nothing happens, FALSE. */
_IRQL_requires_max_(APC_LEVEL) BOOLEAN
    PgLookup(_In_ HANDLE ProcessId, _Out_ PPROCGUARD_PROCESS Process);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NTAPI
    PgProcess(_Inout_ PEPROCESS Process, _In_ HANDLE ProcessId,
              _Inout_opt_ PPS_CREATE_NOTIFY_INFO CreateInfo);
_IRQL_requires_max_(APC_LEVEL) VOID NTAPI
    PgThread(_In_ HANDLE ProcessId, _In_ HANDLE ThreadId, _In_ BOOLEAN Create);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NTAPI
    PgImage(_In_opt_ PUNICODE_STRING FullImageName, _In_ HANDLE ProcessId,
            _In_ PIMAGE_INFO ImageInfo);

/* ---- handles.c: what others may do with a protected process ---- */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS PgGuardHandles(VOID);
_IRQL_requires_max_(PASSIVE_LEVEL) VOID PgReleaseHandles(VOID);

#endif
