/* SPDX-License-Identifier: MIT
 *
 * registryp.h - the registry helpers of the run-time library: callers of the Zw services like any
 * other, so callbacks hear of each service they use (CM-PRE-16).
 */
#ifndef SIM_RTL_REGISTRYP_H
#define SIM_RTL_REGISTRYP_H

#include "mm/mmp.h"

/* A key to work in. */
struct RTLP_KEY {
    HANDLE Handle;
    BOOLEAN Borrowed; /* the caller's (RTL_REGISTRY_HANDLE): not to be closed */
};

/* RtlpOpenRelative - open, or with Create make, the key that RelativeTo and Path name.
 * INVALID_PARAMETER (no such RelativeTo, no Path where one is needed), NAME_TOO_LONG,
 * INSUFFICIENT_RESOURCES, or what the service says. */
NTSTATUS RtlpOpenRelative(ULONG RelativeTo, PCWSTR Path, ACCESS_MASK Access, BOOLEAN Create,
                          struct RTLP_KEY *Key);
VOID RtlpCloseKey(struct RTLP_KEY *Key);

/* One value as it was read, or a default. */
struct RTLP_VALUE {
    PWSTR Name; /* terminated */
    ULONG Type;
    PVOID Data; /* of text: terminated by two NULs that Length does not count */
    ULONG Length;
    PVOID Memory; /* ntsim__release */
};

struct RTLP_QUERY {
    HANDLE Key;
    PVOID Context;
    const WCHAR *Environment; /* name=value strings, the last one empty; NULL: none */
    const VOID *Caller;       /* who is to free what DIRECT allocates */
};

/* RtlpReadValue, RtlpReadValueAt - by name; by index. OBJECT_NAME_NOT_FOUND, NO_MORE_ENTRIES,
 * INSUFFICIENT_RESOURCES, or what the service says. */
NTSTATUS RtlpReadValue(HANDLE Key, PWSTR Name, struct RTLP_VALUE *Value);
NTSTATUS RtlpReadValueAt(HANDLE Key, ULONG Index, struct RTLP_VALUE *Value);

/* RtlpExpand - Value's text with every %name% that Environment knows replaced. */
NTSTATUS RtlpExpand(const WCHAR *Environment, struct RTLP_VALUE *Value);

/* RtlpDeliver - hand Value to the entry's routine, or into its buffer (DIRECT). */
NTSTATUS RtlpDeliver(const struct RTLP_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry,
                     struct RTLP_VALUE *Value);

#endif
