/* SPDX-License-Identifier: MIT */
/*
 * ntddk_ex.h - unique identifiers.
 */
#ifndef NTCB_NTDDK_EX_H
#define NTCB_NTDDK_EX_H

#include "wdm_base.h"

NTCB_DDK_BEGIN_DECLS

typedef GUID UUID;

_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI NTSTATUS NTAPI ExUuidCreate(_Out_ UUID *Uuid);

NTCB_DDK_END_DECLS

#endif
