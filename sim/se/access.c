/* SPDX-License-Identifier: MIT
 *
 * access.c - who may do what: a token against a descriptor.
 *
 *     privileges -> mandatory label -> owner -> entries of the DACL, in the order stored
 *
 * A right is decided by the first entry that names it, be it allowed or denied (REG-OPN-11).
 */
#include "se/sepsd.h"

#define SEP_ALL_STANDARD (DELETE | READ_CONTROL | WRITE_DAC | WRITE_OWNER)

ACCESS_MASK SepMapGeneric(ACCESS_MASK Access, const GENERIC_MAPPING *Mapping)
{
    ACCESS_MASK Mapped = Access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
    Mapped |= (Access & GENERIC_READ) != 0 ? Mapping->GenericRead : 0;
    Mapped |= (Access & GENERIC_WRITE) != 0 ? Mapping->GenericWrite : 0;
    Mapped |= (Access & GENERIC_EXECUTE) != 0 ? Mapping->GenericExecute : 0;
    Mapped |= (Access & GENERIC_ALL) != 0 ? Mapping->GenericAll : 0;
    return Mapped;
}

/* Is Sid the token's user or one of its groups? Deny: a group for denial only counts too. */
static BOOLEAN SepIsOneOf(const struct SEP_ACCOUNT *Account, const void *Sid, BOOLEAN Deny)
{
    if (SepEqualSid(SepSid(Account->User), Sid)) {
        return TRUE;
    }
    for (ULONG Index = 0; Index < Account->GroupCount; Index++) {
        ULONG Wanted = SE_GROUP_ENABLED | (Deny ? SE_GROUP_USE_FOR_DENY_ONLY : 0);
        if ((Account->Groups[Index].Attributes & Wanted) != 0 &&
            SepEqualSid(SepSid(Account->Groups[Index].Sid), Sid)) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN SepMayOwn(const struct SEP_TOKEN *Token, const void *Sid)
{
    const struct SEP_ACCOUNT *Account = Token->Account;
    if (SepEqualSid(SepSid(Account->User), Sid) || SepHasPrivilege(Token, SE_RESTORE_PRIVILEGE)) {
        return TRUE;
    }
    for (ULONG Index = 0; Index < Account->GroupCount; Index++) {
        if ((Account->Groups[Index].Attributes & SE_GROUP_OWNER) != 0 &&
            SepEqualSid(SepSid(Account->Groups[Index].Sid), Sid)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What the mandatory label leaves. Without a label an object is medium, no write up. */
static ACCESS_MASK SepMandatory(const struct SEP_PARTS *Parts, const struct SEP_TOKEN *Token,
                                const GENERIC_MAPPING *Mapping)
{
    const SID *Mine = SepSid(Token->Account->Label);
    ULONG Level = SECURITY_MANDATORY_MEDIUM_RID;
    ULONG Policy = SYSTEM_MANDATORY_LABEL_NO_WRITE_UP;
    ULONG Count = Parts->Sacl != NULL ? Parts->Sacl->AceCount : 0;
    const ACE_HEADER *Ace = Count != 0 ? SEP_FIRST_ACE(Parts->Sacl) : NULL;
    for (; Count != 0; Count--, Ace = SEP_NEXT_ACE(Ace)) {
        if (Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE &&
            (Ace->AceFlags & INHERIT_ONLY_ACE) == 0) {
            const SID *Label = SepAceSid(Ace);
            Level = Label->SubAuthorityCount != 0 ? Label->SubAuthority[0] : 0;
            Policy = ((const ACCESS_ALLOWED_ACE *)Ace)->Mask;
            break;
        }
    }
    if (Mine->SubAuthority[0] >= Level) {
        return ~(ACCESS_MASK)0;
    }
    ACCESS_MASK Read = Mapping->GenericRead;
    ACCESS_MASK Execute = Mapping->GenericExecute;
    ACCESS_MASK Left = (Policy & SYSTEM_MANDATORY_LABEL_NO_WRITE_UP) != 0
                           ? Read | Execute | SYNCHRONIZE | ACCESS_SYSTEM_SECURITY
                           : ~(ACCESS_MASK)0;
    /* Rights of two kinds are kept while one of the kinds is. */
    Left &= (Policy & SYSTEM_MANDATORY_LABEL_NO_READ_UP) != 0 ? ~(Read & ~Execute) : Left;
    Left &= (Policy & SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP) != 0 ? ~(Execute & ~Read) : Left;
    return Left;
}

/* READ_CONTROL and WRITE_DAC are the owner's, unless the list says itself what owners may. */
static ACCESS_MASK SepOwnersRights(const struct SEP_PARTS *Parts, const struct SEP_TOKEN *Token)
{
    const ACE_HEADER *Ace = SEP_FIRST_ACE(Parts->Dacl);
    if (Parts->Owner == NULL || !SepIsOneOf(Token->Account, Parts->Owner, FALSE)) {
        return 0;
    }
    for (ULONG Count = Parts->Dacl->AceCount; Count != 0; Count--, Ace = SEP_NEXT_ACE(Ace)) {
        PSID Sid = SepAceSid(Ace);
        if (Sid != NULL && (Ace->AceFlags & INHERIT_ONLY_ACE) == 0 &&
            SepEqualSid(Sid, SepSid(SepOwnerRights))) {
            return 0;
        }
    }
    return READ_CONTROL | WRITE_DAC;
}

/* Rights that the list grants, beyond those granted before it. */
static ACCESS_MASK SepWalkDacl(const struct SEP_PARTS *Parts, const struct SEP_TOKEN *Token,
                               const GENERIC_MAPPING *Mapping, ACCESS_MASK Granted)
{
    ACCESS_MASK Denied = 0;
    BOOLEAN Owner = Parts->Owner != NULL && SepIsOneOf(Token->Account, Parts->Owner, FALSE);
    const ACE_HEADER *Ace = SEP_FIRST_ACE(Parts->Dacl);
    for (ULONG Count = Parts->Dacl->AceCount; Count != 0; Count--, Ace = SEP_NEXT_ACE(Ace)) {
        BOOLEAN Deny = Ace->AceType == ACCESS_DENIED_ACE_TYPE;
        if ((!Deny && Ace->AceType != ACCESS_ALLOWED_ACE_TYPE) ||
            (Ace->AceFlags & INHERIT_ONLY_ACE) != 0) {
            continue;
        }
        PSID Sid = SepAceSid(Ace);
        if (!SepIsOneOf(Token->Account, Sid, Deny) &&
            !(Owner && SepEqualSid(Sid, SepSid(SepOwnerRights)))) {
            continue;
        }
        ACCESS_MASK Mask = SepMapGeneric(((const ACCESS_ALLOWED_ACE *)Ace)->Mask, Mapping);
        Denied |= Deny ? Mask & ~Granted : 0;
        Granted |= Deny ? 0 : Mask & ~Denied;
    }
    return Granted;
}

NTSTATUS SepCheckAccess(const struct SEP_PARTS *Parts, const struct SEP_TOKEN *Token,
                        ACCESS_MASK Desired, const GENERIC_MAPPING *Mapping, ACCESS_MASK *Granted)
{
    BOOLEAN Maximum = (Desired & MAXIMUM_ALLOWED) != 0;
    ACCESS_MASK Mandatory = SepMandatory(Parts, Token, Mapping);
    ACCESS_MASK Mine = 0;
    *Granted = 0;
    Desired &= ~(ACCESS_MASK)MAXIMUM_ALLOWED;
    if ((Desired & ACCESS_SYSTEM_SECURITY) != 0) {
        if (!SepHasPrivilege(Token, SE_SECURITY_PRIVILEGE)) {
            return STATUS_PRIVILEGE_NOT_HELD;
        }
        Mine |= ACCESS_SYSTEM_SECURITY;
    }
    if (Parts->Dacl == NULL) {
        Mine |= (Desired | SEP_ALL_STANDARD | Mapping->GenericAll) &
                ~(ACCESS_MASK)ACCESS_SYSTEM_SECURITY;
    } else {
        Mine |= SepWalkDacl(Parts, Token, Mapping, SepOwnersRights(Parts, Token));
    }
    Mine &= Mandatory;
    /* Taking ownership is above the label too. */
    Mine |= SepHasPrivilege(Token, SE_TAKE_OWNERSHIP_PRIVILEGE) ? WRITE_OWNER : 0;
    Mine |= Desired & ACCESS_SYSTEM_SECURITY;
    if ((Desired & ~Mine) != 0) {
        return STATUS_ACCESS_DENIED;
    }
    *Granted = Maximum ? Desired | (Mine & Mapping->GenericAll) : Desired;
    return *Granted != 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}
