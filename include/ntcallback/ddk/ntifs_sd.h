/* SPDX-License-Identifier: MIT */
/*
 * ntifs_sd.h - identifiers, access lists and descriptors built and taken apart by drivers. Any IRQL
 * at which the memory is resident, but for what allocates (PASSIVE_LEVEL).
 */
#ifndef NTCB_NTIFS_SD_H
#define NTCB_NTIFS_SD_H

#include "ntddk.h"

NTCB_DDK_BEGIN_DECLS

/* Identifiers. RtlCopySid: BUFFER_TOO_SMALL. RtlInitializeSid: INVALID_PARAMETER (more than 15 sub
 * authorities, which the caller fills in). */
NTSYSAPI ULONG NTAPI RtlLengthSid(_In_ PSID Sid);
NTSYSAPI ULONG NTAPI RtlLengthRequiredSid(_In_ ULONG SubAuthorityCount);
NTSYSAPI BOOLEAN NTAPI RtlValidSid(_In_ PSID Sid);
NTSYSAPI BOOLEAN NTAPI RtlEqualSid(_In_ PSID Sid1, _In_ PSID Sid2);
NTSYSAPI NTSTATUS NTAPI RtlCopySid(_In_ ULONG DestinationSidLength,
                                   _Out_writes_bytes_(DestinationSidLength) PSID DestinationSid,
                                   _In_ PSID SourceSid);
NTSYSAPI NTSTATUS NTAPI RtlInitializeSid(_Out_ PSID Sid,
                                         _In_ PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                                         _In_ UCHAR SubAuthorityCount);
NTSYSAPI PULONG NTAPI RtlSubAuthoritySid(_In_ PSID Sid, _In_ ULONG SubAuthority);
NTSYSAPI PUCHAR NTAPI RtlSubAuthorityCountSid(_In_ PSID Sid);
/* RtlConvertSidToUnicodeString - "S-1-5-18". INVALID_SID; BUFFER_OVERFLOW; NO_MEMORY. What is
 * allocated the caller gives to RtlFreeUnicodeString. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    RtlConvertSidToUnicodeString(_Inout_ PUNICODE_STRING UnicodeString, _In_ PSID Sid,
                                 _In_ BOOLEAN AllocateDestinationString);

/* Access lists. RtlCreateAcl: BUFFER_TOO_SMALL, INVALID_PARAMETER (length over 65535, or revision).
 * RtlAddAccessAllowedAce(Ex): INVALID_ACL, INVALID_SID, REVISION_MISMATCH, ALLOTTED_SPACE_EXCEEDED.
 * RtlGetAce: INVALID_PARAMETER (no such entry). RtlDeleteAce the same. */
NTSYSAPI NTSTATUS NTAPI RtlCreateAcl(_Out_writes_bytes_(AclLength) PACL Acl, _In_ ULONG AclLength,
                                     _In_ ULONG AclRevision);
NTSYSAPI NTSTATUS NTAPI RtlAddAccessAllowedAce(_Inout_ PACL Acl, _In_ ULONG AceRevision,
                                               _In_ ACCESS_MASK AccessMask, _In_ PSID Sid);
NTSYSAPI NTSTATUS NTAPI RtlAddAccessAllowedAceEx(_Inout_ PACL Acl, _In_ ULONG AceRevision,
                                                 _In_ ULONG AceFlags, _In_ ACCESS_MASK AccessMask,
                                                 _In_ PSID Sid);
NTSYSAPI NTSTATUS NTAPI RtlGetAce(_In_ PACL Acl, _In_ ULONG AceIndex, _Outptr_ PVOID *Ace);
NTSYSAPI NTSTATUS NTAPI RtlDeleteAce(_Inout_ PACL Acl, _In_ ULONG AceIndex);

/* Descriptors: absolute ones are changed, both kinds read. UNKNOWN_REVISION,
 * INVALID_SECURITY_DESCR (a self-relative one cannot be changed). */
NTSYSAPI NTSTATUS NTAPI
RtlSetOwnerSecurityDescriptor(_Inout_ PSECURITY_DESCRIPTOR SecurityDescriptor, _In_opt_ PSID Owner,
                              _In_ BOOLEAN OwnerDefaulted);
NTSYSAPI NTSTATUS NTAPI
RtlSetGroupSecurityDescriptor(_Inout_ PSECURITY_DESCRIPTOR SecurityDescriptor, _In_opt_ PSID Group,
                              _In_ BOOLEAN GroupDefaulted);
NTSYSAPI NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(_In_ PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                      _Out_ PSID *Owner,
                                                      _Out_ PBOOLEAN OwnerDefaulted);
NTSYSAPI NTSTATUS NTAPI RtlGetGroupSecurityDescriptor(_In_ PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                      _Out_ PSID *Group,
                                                      _Out_ PBOOLEAN GroupDefaulted);
NTSYSAPI NTSTATUS NTAPI RtlGetDaclSecurityDescriptor(_In_ PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                     _Out_ PBOOLEAN DaclPresent, _Out_ PACL *Dacl,
                                                     _Out_ PBOOLEAN DaclDefaulted);
NTSYSAPI NTSTATUS NTAPI RtlGetSaclSecurityDescriptor(_In_ PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                     _Out_ PBOOLEAN SaclPresent, _Out_ PACL *Sacl,
                                                     _Out_ PBOOLEAN SaclDefaulted);
/* RtlAbsoluteToSelfRelativeSD - BAD_DESCRIPTOR_FORMAT (it is that already); BUFFER_TOO_SMALL, and
 * *BufferLength is what it takes. */
NTSYSAPI NTSTATUS NTAPI RtlAbsoluteToSelfRelativeSD(
    _In_ PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
    _Out_ PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor, _Inout_ PULONG BufferLength);

NTCB_DDK_END_DECLS

#endif
