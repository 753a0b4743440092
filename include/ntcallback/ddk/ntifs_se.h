/* SPDX-License-Identifier: MIT */
/*
 * ntifs_se.h - tokens: their rights, what they say, and the routines that ask them.
 */
#ifndef NTCB_NTIFS_SE_H
#define NTCB_NTIFS_SE_H

#include "ntddk.h"

NTCB_DDK_BEGIN_DECLS

#define TOKEN_ASSIGN_PRIMARY 0x0001
#define TOKEN_DUPLICATE 0x0002
#define TOKEN_IMPERSONATE 0x0004
#define TOKEN_QUERY 0x0008
#define TOKEN_QUERY_SOURCE 0x0010
#define TOKEN_ADJUST_PRIVILEGES 0x0020
#define TOKEN_ADJUST_GROUPS 0x0040
#define TOKEN_ADJUST_DEFAULT 0x0080
#define TOKEN_ADJUST_SESSIONID 0x0100
#define TOKEN_ALL_ACCESS 0x000F01FF
#define TOKEN_READ 0x00020008
#define TOKEN_WRITE 0x000200E0
#define TOKEN_EXECUTE 0x00020000

#define SE_GROUP_MANDATORY 0x00000001
#define SE_GROUP_ENABLED_BY_DEFAULT 0x00000002
#define SE_GROUP_ENABLED 0x00000004
#define SE_GROUP_OWNER 0x00000008
#define SE_GROUP_USE_FOR_DENY_ONLY 0x00000010
#define SE_GROUP_INTEGRITY 0x00000020
#define SE_GROUP_INTEGRITY_ENABLED 0x00000040

/* A process's token, referenced: give it back with PsDereferencePrimaryToken. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI PACCESS_TOKEN NTAPI
    PsReferencePrimaryToken(_Inout_ PEPROCESS Process);
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI VOID NTAPI
    PsDereferencePrimaryToken(_In_ PACCESS_TOKEN PrimaryToken);

NTCB_DDK_END_DECLS

#endif
