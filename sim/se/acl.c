/* SPDX-License-Identifier: MIT
 *
 * acl.c - identifiers and access lists as bytes: are they valid, the same, and how to build them.
 */
#include "se/sepsd.h"

#include <string.h>

#define SEP_SID_HEAD 8u
#define SEP_ACE_HEAD 8u /* header and mask */

ULONG SepSidLength(const void *Sid)
{
    return SEP_SID_HEAD + 4u * ((const SID *)Sid)->SubAuthorityCount;
}

BOOLEAN SepEqualSid(const void *A, const void *B)
{
    return SepSidLength(A) == SepSidLength(B) && memcmp(A, B, SepSidLength(A)) == 0;
}

BOOLEAN SepValidSid(const void *Sid, SIZE_T Bytes)
{
    const SID *Head = Sid;
    return Bytes >= SEP_SID_HEAD && Head->Revision == SID_REVISION &&
           Head->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES && SepSidLength(Sid) <= Bytes;
}

PSID SepAceSid(const ACE_HEADER *Ace)
{
    return Ace->AceType <= SYSTEM_AUDIT_ACE_TYPE || Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE
               ? (PSID)((PUCHAR)(ULONG_PTR)Ace + SEP_ACE_HEAD)
               : NULL;
}

BOOLEAN SepValidAcl(const ACL *Acl, SIZE_T Bytes)
{
    if (Bytes < sizeof(*Acl) || Acl->AclSize < sizeof(*Acl) || Acl->AclSize > Bytes ||
        Acl->AclSize % 4 != 0 || Acl->AclRevision < ACL_REVISION || Acl->AclRevision > 4) {
        return FALSE;
    }
    SIZE_T Left = Acl->AclSize - sizeof(*Acl);
    const ACE_HEADER *Ace = SEP_FIRST_ACE(Acl);
    for (ULONG Index = 0; Index < Acl->AceCount; Index++) {
        if (Left < SEP_ACE_HEAD || Ace->AceSize < SEP_ACE_HEAD || Ace->AceSize % 4 != 0 ||
            Ace->AceSize > Left) {
            return FALSE;
        }
        PSID Sid = SepAceSid(Ace);
        if (Sid != NULL && !SepValidSid(Sid, Ace->AceSize - SEP_ACE_HEAD)) {
            return FALSE;
        }
        Left -= Ace->AceSize;
        Ace = SEP_NEXT_ACE(Ace);
    }
    return TRUE;
}

VOID SepStartAcl(PACL Acl)
{
    *Acl = (ACL){.AclRevision = ACL_REVISION, .AclSize = sizeof(*Acl)};
}

VOID SepCopyAce(PACL Acl, const ACE_HEADER *Ace)
{
    memmove((PUCHAR)Acl + Acl->AclSize, Ace, Ace->AceSize);
    Acl->AclSize = (USHORT)(Acl->AclSize + Ace->AceSize);
    Acl->AceCount++;
}

PACE_HEADER SepAppendAce(PACL Acl, UCHAR Type, UCHAR Flags, ACCESS_MASK Mask, const void *Sid)
{
    PACCESS_ALLOWED_ACE Ace = (PACCESS_ALLOWED_ACE)((PUCHAR)Acl + Acl->AclSize);
    ULONG Bytes = SEP_ACE_HEAD + SepSidLength(Sid);
    Ace->Header = (ACE_HEADER){Type, Flags, (USHORT)Bytes};
    Ace->Mask = Mask;
    memcpy((PUCHAR)Ace + SEP_ACE_HEAD, Sid, SepSidLength(Sid));
    Acl->AclSize = (USHORT)(Acl->AclSize + Bytes);
    Acl->AceCount++;
    return &Ace->Header;
}
