/* SPDX-License-Identifier: MIT
 *
 * cmhivezw.c - the Zw forms of the services that deal with hives, as in cmzw.c.
 */
#include "cm/cmservice.h"
#include "ps/zw.h"

NTSTATUS NTAPI ZwSaveKey(HANDLE KeyHandle, HANDLE FileHandle)
{
    PSP_ZW(NtSaveKey(KeyHandle, FileHandle));
}

NTSTATUS NTAPI ZwSaveKeyEx(HANDLE KeyHandle, HANDLE FileHandle, ULONG Format)
{
    PSP_ZW(NtSaveKeyEx(KeyHandle, FileHandle, Format));
}

NTSTATUS NTAPI ZwRestoreKey(HANDLE KeyHandle, HANDLE FileHandle, ULONG Flags)
{
    PSP_ZW(NtRestoreKey(KeyHandle, FileHandle, Flags));
}

NTSTATUS NTAPI ZwReplaceKey(POBJECT_ATTRIBUTES NewFile, HANDLE TargetHandle,
                            POBJECT_ATTRIBUTES OldFile)
{
    PSP_ZW(NtReplaceKey(NewFile, TargetHandle, OldFile));
}

NTSTATUS NTAPI ZwLoadKey(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile)
{
    PSP_ZW(NtLoadKey(TargetKey, SourceFile));
}

NTSTATUS NTAPI ZwLoadKeyEx(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile, ULONG Flags,
                           HANDLE TrustClassKey, HANDLE Event, ACCESS_MASK DesiredAccess,
                           PHANDLE RootHandle, PVOID Reserved)
{
    PSP_ZW(NtLoadKeyEx(TargetKey, SourceFile, Flags, TrustClassKey, Event, DesiredAccess,
                       RootHandle, Reserved));
}

NTSTATUS NTAPI ZwUnloadKeyEx(POBJECT_ATTRIBUTES TargetKey, HANDLE Event)
{
    PSP_ZW(NtUnloadKeyEx(TargetKey, Event));
}

NTSTATUS NTAPI ZwUnloadKey(POBJECT_ATTRIBUTES TargetKey)
{
    PSP_ZW(NtUnloadKey(TargetKey));
}
