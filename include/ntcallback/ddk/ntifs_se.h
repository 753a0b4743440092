/* SPDX-License-Identifier: MIT */
/*
 * ntifs_se.h - tokens: their rights, what they say, and the routines that ask them.
 */
#ifndef NTCB_NTIFS_SE_H
#define NTCB_NTIFS_SE_H

#include "ntddk.h"
#include "ntifs_sd.h"

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

#define SE_SACL_DEFAULTED 0x0020
#define SE_DACL_UNTRUSTED 0x0040
#define SE_SERVER_SECURITY 0x0080
#define SE_DACL_AUTO_INHERIT_REQ 0x0100
#define SE_SACL_AUTO_INHERIT_REQ 0x0200
#define SE_DACL_AUTO_INHERITED 0x0400
#define SE_SACL_AUTO_INHERITED 0x0800
#define SE_DACL_PROTECTED 0x1000
#define SE_SACL_PROTECTED 0x2000
#define PROTECTED_DACL_SECURITY_INFORMATION 0x80000000
#define PROTECTED_SACL_SECURITY_INFORMATION 0x40000000
#define UNPROTECTED_DACL_SECURITY_INFORMATION 0x20000000
#define UNPROTECTED_SACL_SECURITY_INFORMATION 0x10000000
#define SYSTEM_AUDIT_ACE_TYPE 2
#define SYSTEM_MANDATORY_LABEL_ACE_TYPE 0x11
#define OBJECT_INHERIT_ACE 0x01
#define CONTAINER_INHERIT_ACE 0x02
#define NO_PROPAGATE_INHERIT_ACE 0x04
#define INHERIT_ONLY_ACE 0x08
#define INHERITED_ACE 0x10
#define VALID_INHERIT_FLAGS 0x1F
#define SYSTEM_MANDATORY_LABEL_NO_WRITE_UP 0x1
#define SYSTEM_MANDATORY_LABEL_NO_READ_UP 0x2
#define SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP 0x4

typedef struct _TOKEN_GROUPS {
    ULONG GroupCount;
    SID_AND_ATTRIBUTES Groups[1];
} TOKEN_GROUPS, *PTOKEN_GROUPS;
typedef struct _TOKEN_PRIVILEGES {
    ULONG PrivilegeCount;
    LUID_AND_ATTRIBUTES Privileges[1];
} TOKEN_PRIVILEGES, *PTOKEN_PRIVILEGES;
typedef struct _TOKEN_OWNER {
    PSID Owner;
} TOKEN_OWNER, *PTOKEN_OWNER;
typedef struct _TOKEN_PRIMARY_GROUP {
    PSID PrimaryGroup;
} TOKEN_PRIMARY_GROUP, *PTOKEN_PRIMARY_GROUP;
typedef struct _TOKEN_MANDATORY_LABEL {
    SID_AND_ATTRIBUTES Label;
} TOKEN_MANDATORY_LABEL, *PTOKEN_MANDATORY_LABEL;
typedef struct _TOKEN_ELEVATION {
    ULONG TokenIsElevated;
} TOKEN_ELEVATION, *PTOKEN_ELEVATION;
typedef enum _TOKEN_ELEVATION_TYPE {
    TokenElevationTypeDefault = 1,
    TokenElevationTypeFull,
    TokenElevationTypeLimited
} TOKEN_ELEVATION_TYPE,
    *PTOKEN_ELEVATION_TYPE;

/* What a token says. The classes User, Groups, Privileges, Owner, PrimaryGroup, Source, Type,
 * Statistics, SessionId, ElevationType, Elevation, IntegrityLevel and IsAppContainer;
 * NOT_IMPLEMENTED for other classes of Windows, INVALID_INFO_CLASS for none. PASSIVE_LEVEL.
 *
 * ZwQueryInformationToken - BUFFER_TOO_SMALL, and *ReturnLength is what it takes; the handle needs
 * TOKEN_QUERY, for the source TOKEN_QUERY_SOURCE.
 * SeQueryInformationToken - *TokenInformation is pool that the caller frees; the session's number
 * stands there itself. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwQueryInformationToken(_In_ HANDLE TokenHandle,
                            _In_ TOKEN_INFORMATION_CLASS TokenInformationClass,
                            _Out_writes_bytes_(Length) PVOID TokenInformation, _In_ ULONG Length,
                            _Out_ PULONG ReturnLength);
NTSYSAPI NTSTATUS NTAPI NtQueryInformationToken(_In_ HANDLE TokenHandle,
                                                _In_ TOKEN_INFORMATION_CLASS TokenInformationClass,
                                                _Out_writes_bytes_(Length) PVOID TokenInformation,
                                                _In_ ULONG Length, _Out_ PULONG ReturnLength);
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    SeQueryInformationToken(_In_ PACCESS_TOKEN Token,
                            _In_ TOKEN_INFORMATION_CLASS TokenInformationClass,
                            _Outptr_ PVOID *TokenInformation);
/* Is Administrators one of its groups, and enabled? Has it restricting identifiers? Any IRQL. */
NTKERNELAPI BOOLEAN NTAPI SeTokenIsAdmin(_In_ PACCESS_TOKEN Token);
NTKERNELAPI BOOLEAN NTAPI SeTokenIsRestricted(_In_ PACCESS_TOKEN Token);
NTKERNELAPI TOKEN_TYPE NTAPI SeTokenType(_In_ PACCESS_TOKEN Token);
NTKERNELAPI NTSTATUS NTAPI SeQueryAuthenticationIdToken(_In_ PACCESS_TOKEN Token,
                                                        _Out_ PLUID AuthenticationId);
NTKERNELAPI NTSTATUS NTAPI SeQuerySessionIdToken(_In_ PACCESS_TOKEN Token, _Out_ PULONG SessionId);

/* A handle to a process's token, which needs PROCESS_QUERY_INFORMATION. A thread has none of its
 * own here: NO_TOKEN. PASSIVE_LEVEL. */
NTSYSAPI NTSTATUS NTAPI NtOpenProcessToken(_In_ HANDLE ProcessHandle,
                                           _In_ ACCESS_MASK DesiredAccess,
                                           _Out_ PHANDLE TokenHandle);
NTSYSAPI NTSTATUS NTAPI NtOpenProcessTokenEx(_In_ HANDLE ProcessHandle,
                                             _In_ ACCESS_MASK DesiredAccess,
                                             _In_ ULONG HandleAttributes,
                                             _Out_ PHANDLE TokenHandle);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwOpenProcessTokenEx(_In_ HANDLE ProcessHandle, _In_ ACCESS_MASK DesiredAccess,
                         _In_ ULONG HandleAttributes, _Out_ PHANDLE TokenHandle);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwOpenThreadTokenEx(_In_ HANDLE ThreadHandle, _In_ ACCESS_MASK DesiredAccess,
                        _In_ BOOLEAN OpenAsSelf, _In_ ULONG HandleAttributes,
                        _Out_ PHANDLE TokenHandle);

/* Threads act as their processes: none impersonates, and so there is no token: NULL, FALSE. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI PACCESS_TOKEN NTAPI
    PsReferenceImpersonationToken(_Inout_ PETHREAD Thread, _Out_ PBOOLEAN CopyOnOpen,
                                  _Out_ PBOOLEAN EffectiveOnly,
                                  _Out_ PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel);
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI VOID NTAPI
    PsDereferenceImpersonationToken(_In_opt_ PACCESS_TOKEN ImpersonationToken);
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI BOOLEAN NTAPI
    PsIsThreadImpersonating(_In_ PETHREAD Thread);

/* A process's token, referenced: give it back with PsDereferencePrimaryToken. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI PACCESS_TOKEN NTAPI
    PsReferencePrimaryToken(_Inout_ PEPROCESS Process);
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI VOID NTAPI
    PsDereferencePrimaryToken(_In_ PACCESS_TOKEN PrimaryToken);

NTCB_DDK_END_DECLS

#endif
