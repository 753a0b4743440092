/* SPDX-License-Identifier: MIT
 *
 * inherit.c - the descriptor of a new container, and one with parts replaced.
 *
 * What an entry of the parent's list means for a new container below it (REG-CRT-12):
 *     CONTAINER_INHERIT        it applies; and goes on below, unless NO_PROPAGATE
 *     OBJECT_INHERIT alone     it only goes on below, unless NO_PROPAGATE
 *     neither                  nothing
 * One that applies and names the creator, or generic rights, applies as what they stand for; as it
 * was, it goes on below.
 */
#include "se/sepsd.h"

#include <string.h>

#define SEP_GENERIC (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL)
#define SEP_PASSES (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE)
#define SEP_ACL_MAX 0xFFFCu
/* An entry that is split becomes two, whose identifier may be replaced by a longer one. */
#define SEP_ROOM(acl) \
    ((acl) != NULL ? 2u * (acl)->AclSize + (acl)->AceCount * (ULONG)sizeof(struct SEP_SID) : 0u)

struct SEP_CREATION {
    PSID Owner;
    PSID Group;
    const GENERIC_MAPPING *Mapping;
};

static const void *SepCreator(const struct SEP_CREATION *New, const void *Sid)
{
    return SepEqualSid(Sid, SepSid(SepCreatorOwner))   ? New->Owner
           : SepEqualSid(Sid, SepSid(SepCreatorGroup)) ? New->Group
                                                       : Sid;
}

static VOID SepInheritAce(PACL To, const ACE_HEADER *Ace, const struct SEP_CREATION *New)
{
    BOOLEAN Applies = (Ace->AceFlags & CONTAINER_INHERIT_ACE) != 0;
    BOOLEAN Passes =
        (Ace->AceFlags & SEP_PASSES) != 0 && (Ace->AceFlags & NO_PROPAGATE_INHERIT_ACE) == 0;
    UCHAR Kept = (UCHAR)((Ace->AceFlags & SEP_PASSES) | INHERITED_ACE |
                         (Ace->AceFlags & (UCHAR)~VALID_INHERIT_FLAGS));
    const void *Sid = SepAceSid(Ace);
    ACCESS_MASK Mask = ((const ACCESS_ALLOWED_ACE *)Ace)->Mask;
    if (Sid == NULL) {
        return; /* a kind that the simulator does not act on */
    }
    BOOLEAN Label = Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE;
    const void *Meant = Label ? Sid : SepCreator(New, Sid);
    ACCESS_MASK Rights = Label ? Mask : SepMapGeneric(Mask, New->Mapping);
    BOOLEAN Split = Meant != Sid || Rights != Mask;
    if (Applies) {
        UCHAR Flags = Passes && !Split ? Kept : (UCHAR)(Kept & ~SEP_PASSES);
        SepAppendAce(To, Ace->AceType, Flags, Rights, Meant);
    }
    if (Passes && (Split || !Applies)) {
        SepAppendAce(To, Ace->AceType, Kept | INHERIT_ONLY_ACE, Mask, Sid);
    }
}

static VOID SepInheritAcl(PACL To, const ACL *From, const struct SEP_CREATION *New)
{
    const ACE_HEADER *Ace = SEP_FIRST_ACE(From);
    for (ULONG Count = From->AceCount; Count != 0; Count--, Ace = SEP_NEXT_ACE(Ace)) {
        SepInheritAce(To, Ace, New);
    }
}

/* An explicit list as it stands, generic rights and creators replaced where it applies. */
static VOID SepAssignAcl(PACL To, const ACL *From, const struct SEP_CREATION *New)
{
    const ACE_HEADER *Ace = SEP_FIRST_ACE(From);
    for (ULONG Count = From->AceCount; Count != 0; Count--, Ace = SEP_NEXT_ACE(Ace)) {
        const void *Sid = SepAceSid(Ace);
        if (Sid == NULL || Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE ||
            (Ace->AceFlags & INHERIT_ONLY_ACE) != 0) {
            SepCopyAce(To, Ace);
            continue;
        }
        const void *Meant = SepCreator(New, Sid);
        ACCESS_MASK Mask = ((const ACCESS_ALLOWED_ACE *)Ace)->Mask;
        ACCESS_MASK Rights = SepMapGeneric(Mask, New->Mapping);
        BOOLEAN Split = (Meant != Sid || Rights != Mask) && (Ace->AceFlags & SEP_PASSES) != 0;
        SepAppendAce(To, Ace->AceType, Split ? Ace->AceFlags & (UCHAR)~SEP_PASSES : Ace->AceFlags,
                     Rights, Meant);
        if (Split) {
            SepAppendAce(To, Ace->AceType, Ace->AceFlags | INHERIT_ONLY_ACE, Mask, Sid);
        }
    }
}

/* One of the two lists of the new descriptor; NULL: none. Present, Request, Protected, Inherited
 * are its control bits. */
struct SEP_LIST {
    const ACL *Parent;
    const ACL *Explicit;
    USHORT Present, Request, Protected, Inherited;
};

static PACL SepBuildList(PACL To, const struct SEP_LIST *List, const struct SEP_CREATION *New,
                         USHORT Explicit, USHORT *Control)
{
    SepStartAcl(To);
    if ((Explicit & List->Present) != 0) {
        *Control |= List->Present | (Explicit & List->Protected);
        if (List->Explicit == NULL) {
            return NULL; /* everybody may do everything: said, not forgotten */
        }
        SepAssignAcl(To, List->Explicit, New);
        if ((Explicit & List->Request) == 0 || (Explicit & List->Protected) != 0) {
            return To;
        }
    }
    if (List->Parent != NULL && (Explicit & List->Protected) == 0) {
        SepInheritAcl(To, List->Parent, New);
    }
    if (To->AceCount == 0 && (Explicit & List->Present) == 0) {
        return NULL;
    }
    *Control |= List->Present | List->Inherited;
    return To;
}

/* The token's default: its owner and SYSTEM may do everything. */
static PACL SepDefaultDacl(PACL To, const struct SEP_CREATION *New)
{
    SepStartAcl(To);
    SepAppendAce(To, ACCESS_ALLOWED_ACE_TYPE, 0, New->Mapping->GenericAll, New->Owner);
    SepAppendAce(To, ACCESS_ALLOWED_ACE_TYPE, 0, New->Mapping->GenericAll, SepSid(SepLocalSystem));
    return To;
}

NTSTATUS SepInherit(const struct SEP_PARTS *Parent, const struct SEP_PARTS *Explicit,
                    const struct SEP_ACCOUNT *Account, const GENERIC_MAPPING *Mapping,
                    struct SEP_DESCRIPTOR *Out)
{
    static const struct SEP_PARTS Nothing = {0};
    const struct SEP_PARTS *Given = Explicit != NULL ? Explicit : &Nothing;
    const struct SEP_CREATION New = {
        .Owner = Given->Owner != NULL ? Given->Owner : SepSid(Account->Owner),
        .Group = Given->Group != NULL ? Given->Group : SepSid(Account->PrimaryGroup),
        .Mapping = Mapping,
    };
    const struct SEP_LIST Dacl = {Parent->Dacl,      Given->Dacl,
                                  SE_DACL_PRESENT,   SE_DACL_AUTO_INHERIT_REQ,
                                  SE_DACL_PROTECTED, SE_DACL_AUTO_INHERITED};
    const struct SEP_LIST Sacl = {Parent->Sacl,      Given->Sacl,
                                  SE_SACL_PRESENT,   SE_SACL_AUTO_INHERIT_REQ,
                                  SE_SACL_PROTECTED, SE_SACL_AUTO_INHERITED};
    /* All of it multiples of 4. */
    SIZE_T DaclRoom = SEP_ROOM(Parent->Dacl) + SEP_ROOM(Given->Dacl) + 128u;
    SIZE_T SaclRoom = SEP_ROOM(Parent->Sacl) + SEP_ROOM(Given->Sacl) + 128u;
    if (DaclRoom > SEP_ACL_MAX || SaclRoom > SEP_ACL_MAX) {
        return STATUS_INVALID_ACL;
    }
    PUCHAR Scratch = ntsim__allocate(DaclRoom + SaclRoom);
    if (Scratch == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    struct SEP_PARTS Parts = {.Owner = New.Owner, .Group = New.Group};
    Parts.Dacl = SepBuildList((PACL)(PVOID)Scratch, &Dacl, &New, Given->Control, &Parts.Control);
    if (Parts.Dacl == NULL && (Parts.Control & SE_DACL_PRESENT) == 0) {
        Parts.Dacl = SepDefaultDacl((PACL)(PVOID)Scratch, &New);
        Parts.Control |= SE_DACL_PRESENT;
    }
    Parts.Sacl = SepBuildList((PACL)(PVOID)(Scratch + DaclRoom), &Sacl, &New, Given->Control,
                              &Parts.Control);
    NTSTATUS Status = SepMake(&Parts, Out);
    ntsim__release(Scratch);
    return Status;
}

/* ---- parts replaced ---- */

/* The label entries, or the others, of a list. */
static VOID SepFilter(PACL To, const ACL *From, BOOLEAN Labels)
{
    const ACE_HEADER *Ace = From != NULL ? SEP_FIRST_ACE(From) : NULL;
    for (ULONG Count = From != NULL ? From->AceCount : 0; Count != 0;
         Count--, Ace = SEP_NEXT_ACE(Ace)) {
        if ((Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE) == Labels) {
            SepCopyAce(To, Ace);
        }
    }
}

PACL SepSelectSacl(PACL To, const ACL *Audit, const ACL *Label)
{
    SepStartAcl(To);
    SepFilter(To, Audit, FALSE);
    SepFilter(To, Label, TRUE);
    return To->AceCount != 0 ? To : NULL;
}

static VOID SepMergeControl(USHORT *Control, const struct SEP_PARTS *Given,
                            SECURITY_INFORMATION Information)
{
    const USHORT Dacl =
        SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_PROTECTED | SE_DACL_AUTO_INHERITED;
    const USHORT Sacl = SE_SACL_PROTECTED | SE_SACL_AUTO_INHERITED;
    USHORT Mask = ((Information & DACL_SECURITY_INFORMATION) != 0 ? Dacl : 0) |
                  ((Information & SACL_SECURITY_INFORMATION) != 0 ? Sacl : 0);
    USHORT Kept = *Control & (USHORT)~Mask;
    *Control = Kept | (Given->Control & Mask);
    if ((Information & DACL_SECURITY_INFORMATION) != 0) {
        *Control |= SE_DACL_PRESENT; /* an absent list is set as one that lets everybody in */
    }
    *Control |= (Information & PROTECTED_DACL_SECURITY_INFORMATION) != 0 ? SE_DACL_PROTECTED : 0;
    *Control |= (Information & PROTECTED_SACL_SECURITY_INFORMATION) != 0 ? SE_SACL_PROTECTED : 0;
    if ((Information & UNPROTECTED_DACL_SECURITY_INFORMATION) != 0) {
        *Control &= (USHORT)~SE_DACL_PROTECTED;
    }
    if ((Information & UNPROTECTED_SACL_SECURITY_INFORMATION) != 0) {
        *Control &= (USHORT)~SE_SACL_PROTECTED;
    }
}

NTSTATUS SepMerge(const struct SEP_PARTS *Old, const struct SEP_PARTS *Given,
                  SECURITY_INFORMATION Information, const GENERIC_MAPPING *Mapping,
                  struct SEP_DESCRIPTOR *Out)
{
    struct SEP_PARTS Parts = *Old;
    if ((Information & OWNER_SECURITY_INFORMATION) != 0) {
        Parts.Owner = Given->Owner;
    }
    if ((Information & GROUP_SECURITY_INFORMATION) != 0) {
        Parts.Group = Given->Group;
    }
    if (Parts.Owner == NULL) {
        return STATUS_INVALID_OWNER;
    }
    if (Parts.Group == NULL) {
        return STATUS_INVALID_PRIMARY_GROUP;
    }
    SIZE_T DaclRoom = SEP_ROOM(Given->Dacl) + sizeof(ACL);
    SIZE_T SaclRoom = SEP_ROOM(Given->Sacl) + SEP_ROOM(Old->Sacl) + sizeof(ACL);
    if (DaclRoom > SEP_ACL_MAX || SaclRoom > SEP_ACL_MAX) {
        return STATUS_INVALID_ACL;
    }
    PUCHAR Scratch = ntsim__allocate(DaclRoom + SaclRoom);
    if (Scratch == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if ((Information & DACL_SECURITY_INFORMATION) != 0) {
        const struct SEP_CREATION New = {Parts.Owner, Parts.Group, Mapping};
        Parts.Dacl = NULL;
        if (Given->Dacl != NULL) {
            Parts.Dacl = (PACL)(PVOID)Scratch;
            SepStartAcl(Parts.Dacl);
            SepAssignAcl(Parts.Dacl, Given->Dacl, &New);
        }
    }
    Parts.Sacl =
        SepSelectSacl((PACL)(PVOID)(Scratch + DaclRoom),
                      (Information & SACL_SECURITY_INFORMATION) != 0 ? Given->Sacl : Old->Sacl,
                      (Information & LABEL_SECURITY_INFORMATION) != 0 ? Given->Sacl : Old->Sacl);
    SepMergeControl(&Parts.Control, Given, Information);
    Parts.Control &= (USHORT)~SE_SACL_PRESENT;
    Parts.Control |= Parts.Sacl != NULL ? SE_SACL_PRESENT : 0;
    NTSTATUS Status = SepMake(&Parts, Out);
    ntsim__release(Scratch);
    return Status;
}
