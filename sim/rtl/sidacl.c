/* SPDX-License-Identifier: MIT
 *
 * sidacl.c - identifiers and access lists as drivers build them.
 */
#include "mm/mmp.h"
#include "se/sepsd.h"

#include <string.h>

#define RTLP_SID_TEXT 192 /* units: "S-1-" and sixteen numbers */
#define RTLP_SID_HEAD 8u

ULONG NTAPI RtlLengthSid(PSID Sid)
{
    return SepSidLength(Sid);
}

ULONG NTAPI RtlLengthRequiredSid(ULONG SubAuthorityCount)
{
    return RTLP_SID_HEAD + 4 * SubAuthorityCount;
}

BOOLEAN NTAPI RtlValidSid(PSID Sid)
{
    return Sid != NULL && SepValidSid(Sid, RtlLengthRequiredSid(SID_MAX_SUB_AUTHORITIES));
}

BOOLEAN NTAPI RtlEqualSid(PSID Sid1, PSID Sid2)
{
    return SepEqualSid(Sid1, Sid2);
}

NTSTATUS NTAPI RtlCopySid(ULONG DestinationSidLength, PSID DestinationSid, PSID SourceSid)
{
    if (DestinationSidLength < SepSidLength(SourceSid)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memmove(DestinationSid, SourceSid, SepSidLength(SourceSid));
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                                UCHAR SubAuthorityCount)
{
    PISID Head = Sid;

    if (SubAuthorityCount > SID_MAX_SUB_AUTHORITIES) {
        return STATUS_INVALID_PARAMETER;
    }
    Head->Revision = SID_REVISION;
    Head->SubAuthorityCount = SubAuthorityCount;
    Head->IdentifierAuthority = *IdentifierAuthority;
    return STATUS_SUCCESS;
}

PULONG NTAPI RtlSubAuthoritySid(PSID Sid, ULONG SubAuthority)
{
    return (PULONG)((PUCHAR)Sid + RTLP_SID_HEAD) + SubAuthority;
}

PUCHAR NTAPI RtlSubAuthorityCountSid(PSID Sid)
{
    return &((PISID)Sid)->SubAuthorityCount;
}

/* "S-1-5-32-544"; an authority of more than 32 bits is hexadecimal. */
static USHORT RtlpSidText(PISID Sid, WCHAR Text[RTLP_SID_TEXT])
{
    const UCHAR *Value = Sid->IdentifierAuthority.Value;
    ULONG Low = (ULONG)Value[2] << 24 | (ULONG)Value[3] << 16 | (ULONG)Value[4] << 8 | Value[5];
    int Used = Value[0] == 0 && Value[1] == 0
                   ? ntcb_snwprintf(Text, RTLP_SID_TEXT, u"S-%u-%u", Sid->Revision, Low)
                   : ntcb_snwprintf(Text, RTLP_SID_TEXT, u"S-%u-0x%02x%02x%08x", Sid->Revision,
                                    Value[0], Value[1], Low);

    for (ULONG Index = 0; Index < Sid->SubAuthorityCount; Index++) {
        Used += ntcb_snwprintf(Text + Used, RTLP_SID_TEXT - (size_t)Used, u"-%u",
                               *RtlSubAuthoritySid(Sid, Index));
    }
    return (USHORT)((size_t)Used * sizeof(WCHAR));
}

NTSTATUS NTAPI RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid,
                                            BOOLEAN AllocateDestinationString)
{
    WCHAR Text[RTLP_SID_TEXT];
    UNICODE_STRING Source = {0, 0, Text};

    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-05", 0);
    if (!RtlValidSid(Sid)) {
        return STATUS_INVALID_SID;
    }
    Source.Length = RtlpSidText(Sid, Text);
    if (AllocateDestinationString) {
        PWCH Buffer = MmpAllocatePool(Source.Length + sizeof(WCHAR), 0x53537452u /* "RtSS" */,
                                      __builtin_return_address(0));

        if (Buffer == NULL) {
            return STATUS_NO_MEMORY;
        }
        *UnicodeString = (UNICODE_STRING){0, (USHORT)(Source.Length + sizeof(WCHAR)), Buffer};
    } else if (UnicodeString->MaximumLength < Source.Length) {
        return STATUS_BUFFER_OVERFLOW;
    }
    RtlCopyUnicodeString(UnicodeString, &Source);
    return STATUS_SUCCESS;
}

/* ---- access lists ---- */

NTSTATUS NTAPI RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision)
{
    if (AclLength < sizeof(*Acl)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (AclRevision < ACL_REVISION || AclRevision > 4 || AclLength > MAXUSHORT) {
        return STATUS_INVALID_PARAMETER;
    }
    *Acl = (ACL){.AclRevision = (UCHAR)AclRevision, .AclSize = (USHORT)(AclLength & ~3u)};
    return STATUS_SUCCESS;
}

/* The entry of that number, or the end of the last one; NULL: they exceed the list. */
static PACE_HEADER RtlpAce(PACL Acl, ULONG Number)
{
    PUCHAR End = (PUCHAR)Acl + Acl->AclSize;
    PACE_HEADER Ace = SEP_FIRST_ACE(Acl);

    for (; Number != 0; Number--) {
        if ((PUCHAR)(Ace + 1) > End || Ace->AceSize < sizeof(*Ace) ||
            (PUCHAR)SEP_NEXT_ACE(Ace) > End) {
            return NULL;
        }
        Ace = SEP_NEXT_ACE(Ace);
    }
    return Ace;
}

NTSTATUS NTAPI RtlAddAccessAllowedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags,
                                        ACCESS_MASK AccessMask, PSID Sid)
{
    PACCESS_ALLOWED_ACE Ace;
    ULONG Bytes;

    if (!RtlValidSid(Sid)) {
        return STATUS_INVALID_SID;
    }
    if (Acl->AclRevision > 4 || AceRevision > 4) {
        return STATUS_REVISION_MISMATCH;
    }
    if ((AceFlags & ~(ULONG)VALID_INHERIT_FLAGS) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Ace = (PACCESS_ALLOWED_ACE)RtlpAce(Acl, Acl->AceCount);
    Bytes = (ULONG)FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + SepSidLength(Sid);
    if (Ace == NULL) {
        return STATUS_INVALID_ACL;
    }
    if ((PUCHAR)Ace + Bytes > (PUCHAR)Acl + Acl->AclSize) {
        return STATUS_ALLOTTED_SPACE_EXCEEDED;
    }
    Ace->Header = (ACE_HEADER){ACCESS_ALLOWED_ACE_TYPE, (UCHAR)AceFlags, (USHORT)Bytes};
    Ace->Mask = AccessMask;
    memcpy((PUCHAR)Ace + FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart), Sid, SepSidLength(Sid));
    Acl->AceCount++;
    if (AceRevision > Acl->AclRevision) {
        Acl->AclRevision = (UCHAR)AceRevision;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid)
{
    return RtlAddAccessAllowedAceEx(Acl, AceRevision, 0, AccessMask, Sid);
}

NTSTATUS NTAPI RtlGetAce(PACL Acl, ULONG AceIndex, PVOID *Ace)
{
    if (AceIndex >= Acl->AceCount) {
        return STATUS_INVALID_PARAMETER;
    }
    *Ace = RtlpAce(Acl, AceIndex);
    return *Ace != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI RtlDeleteAce(PACL Acl, ULONG AceIndex)
{
    PACE_HEADER End = RtlpAce(Acl, Acl->AceCount);
    PVOID Ace;
    NTSTATUS Status = RtlGetAce(Acl, AceIndex, &Ace);

    if (!NT_SUCCESS(Status) || End == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    PACE_HEADER Next = SEP_NEXT_ACE((PACE_HEADER)Ace);

    memmove(Ace, Next, (SIZE_T)((PUCHAR)End - (PUCHAR)Next));
    Acl->AceCount--;
    return STATUS_SUCCESS;
}
