/* SPDX-License-Identifier: MIT
 *
 * descriptor.c - security descriptors between bytes and parts.
 *
 * Evidence  REG-SEC-01, -02.
 */
#include "mm/mmp.h"
#include "se/sepsd.h"

#include <string.h>

/* A part at Offset; FALSE when it lies outside. Offset 0: there is none. */
static BOOLEAN SepLocate(const void *Bytes, ULONG Length, ULONG Offset, ULONG Least, PVOID *Part)
{
    *Part = NULL;
    if (Offset == 0) {
        return TRUE;
    }
    if (Offset % 4 != 0 || Offset < sizeof(SECURITY_DESCRIPTOR_RELATIVE) || Offset > Length ||
        Length - Offset < Least) {
        return FALSE;
    }
    *Part = (PUCHAR)(ULONG_PTR)Bytes + Offset;
    return TRUE;
}

NTSTATUS SepReadRelative(const void *Bytes, ULONG Length, struct SEP_PARTS *Parts)
{
    const SECURITY_DESCRIPTOR_RELATIVE *Head = Bytes;
    PVOID Owner, Group, Sacl, Dacl;
    if (Length < sizeof(*Head)) {
        return STATUS_INVALID_SECURITY_DESCR;
    }
    if (Head->Revision != SECURITY_DESCRIPTOR_REVISION) {
        return STATUS_UNKNOWN_REVISION;
    }
    if ((Head->Control & SE_SELF_RELATIVE) == 0 ||
        !SepLocate(Bytes, Length, Head->Owner, 8, &Owner) ||
        !SepLocate(Bytes, Length, Head->Group, 8, &Group) ||
        !SepLocate(Bytes, Length, Head->Sacl, sizeof(ACL), &Sacl) ||
        !SepLocate(Bytes, Length, Head->Dacl, sizeof(ACL), &Dacl)) {
        return STATUS_INVALID_SECURITY_DESCR;
    }
    if ((Owner != NULL && !SepValidSid(Owner, Length - Head->Owner)) ||
        (Group != NULL && !SepValidSid(Group, Length - Head->Group))) {
        return STATUS_INVALID_SID;
    }
    *Parts = (struct SEP_PARTS){
        .Control = Head->Control & (USHORT)~SE_SELF_RELATIVE,
        .Owner = Owner,
        .Group = Group,
        .Sacl = (Head->Control & SE_SACL_PRESENT) != 0 ? Sacl : NULL,
        .Dacl = (Head->Control & SE_DACL_PRESENT) != 0 ? Dacl : NULL,
    };
    if ((Parts->Sacl != NULL && !SepValidAcl(Sacl, Length - Head->Sacl)) ||
        (Parts->Dacl != NULL && !SepValidAcl(Dacl, Length - Head->Dacl))) {
        return STATUS_INVALID_ACL;
    }
    return STATUS_SUCCESS;
}

/* Where the next part goes, and how much it takes. */
static ULONG SepPlace(ULONG *At, const void *Part, ULONG Bytes)
{
    ULONG Offset = Part != NULL ? *At : 0;
    *At += Part != NULL ? Bytes : 0;
    return Offset;
}

static ULONG SepLayOut(const struct SEP_PARTS *Parts, SECURITY_DESCRIPTOR_RELATIVE *Head)
{
    ULONG At = sizeof(*Head);
    *Head = (SECURITY_DESCRIPTOR_RELATIVE){
        .Revision = SECURITY_DESCRIPTOR_REVISION,
        .Control = Parts->Control | SE_SELF_RELATIVE,
    };
    Head->Sacl = SepPlace(&At, Parts->Sacl, Parts->Sacl != NULL ? Parts->Sacl->AclSize : 0);
    Head->Dacl = SepPlace(&At, Parts->Dacl, Parts->Dacl != NULL ? Parts->Dacl->AclSize : 0);
    Head->Owner =
        SepPlace(&At, Parts->Owner, Parts->Owner != NULL ? SepSidLength(Parts->Owner) : 0);
    Head->Group =
        SepPlace(&At, Parts->Group, Parts->Group != NULL ? SepSidLength(Parts->Group) : 0);
    return At;
}

ULONG SepMeasure(const struct SEP_PARTS *Parts)
{
    SECURITY_DESCRIPTOR_RELATIVE Head;
    return SepLayOut(Parts, &Head);
}

VOID SepWrite(const struct SEP_PARTS *Parts, PVOID Buffer)
{
    SECURITY_DESCRIPTOR_RELATIVE Head;
    PUCHAR To = Buffer;
    SepLayOut(Parts, &Head);
    memcpy(To, &Head, sizeof(Head));
    if (Parts->Sacl != NULL) {
        memcpy(To + Head.Sacl, Parts->Sacl, Parts->Sacl->AclSize);
    }
    if (Parts->Dacl != NULL) {
        memcpy(To + Head.Dacl, Parts->Dacl, Parts->Dacl->AclSize);
    }
    if (Parts->Owner != NULL) {
        memcpy(To + Head.Owner, Parts->Owner, SepSidLength(Parts->Owner));
    }
    if (Parts->Group != NULL) {
        memcpy(To + Head.Group, Parts->Group, SepSidLength(Parts->Group));
    }
}

NTSTATUS SepMake(const struct SEP_PARTS *Parts, struct SEP_DESCRIPTOR *Out)
{
    ULONG Length = SepMeasure(Parts);
    PVOID Bytes = ntsim__allocate(Length);
    if (Bytes == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    SepWrite(Parts, Bytes);
    *Out = (struct SEP_DESCRIPTOR){Length, Bytes};
    return STATUS_SUCCESS;
}

/* ---- capture: every byte of the caller's is read once ---- */

enum { SepOwnerPart, SepGroupPart, SepSaclPart, SepDaclPart, SepPartCount };

static NTSTATUS SepReadHead(KPROCESSOR_MODE Mode, const UCHAR *From,
                            SECURITY_DESCRIPTOR_RELATIVE *Head, const void *Where[SepPartCount])
{
    NTSTATUS Status = MmpProbe(Mode, From, sizeof(*Head), FALSE);
    Status = NT_SUCCESS(Status) ? MmpCopy(Mode, Head, From, sizeof(*Head)) : Status;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Head->Revision != SECURITY_DESCRIPTOR_REVISION) {
        return STATUS_UNKNOWN_REVISION;
    }
    if ((Head->Control & SE_SELF_RELATIVE) != 0) {
        Where[SepOwnerPart] = Head->Owner != 0 ? From + Head->Owner : NULL;
        Where[SepGroupPart] = Head->Group != 0 ? From + Head->Group : NULL;
        Where[SepSaclPart] = Head->Sacl != 0 ? From + Head->Sacl : NULL;
        Where[SepDaclPart] = Head->Dacl != 0 ? From + Head->Dacl : NULL;
    } else {
        SECURITY_DESCRIPTOR Absolute;
        Status = MmpProbe(Mode, From, sizeof(Absolute), FALSE);
        Status = NT_SUCCESS(Status) ? MmpCopy(Mode, &Absolute, From, sizeof(Absolute)) : Status;
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Where[SepOwnerPart] = Absolute.Owner;
        Where[SepGroupPart] = Absolute.Group;
        Where[SepSaclPart] = Absolute.Sacl;
        Where[SepDaclPart] = Absolute.Dacl;
    }
    Where[SepSaclPart] = (Head->Control & SE_SACL_PRESENT) != 0 ? Where[SepSaclPart] : NULL;
    Where[SepDaclPart] = (Head->Control & SE_DACL_PRESENT) != 0 ? Where[SepDaclPart] : NULL;
    return STATUS_SUCCESS;
}

/* How long the part says it is. */
static NTSTATUS SepReadLength(KPROCESSOR_MODE Mode, const void *From, ULONG Part, ULONG *Bytes)
{
    union {
        SID Sid;
        ACL Acl;
    } Head;
    NTSTATUS Status = MmpProbe(Mode, From, 8, FALSE);
    Status = NT_SUCCESS(Status) ? MmpCopy(Mode, &Head, From, 8) : Status;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Part < SepSaclPart) {
        *Bytes = SepSidLength(&Head.Sid);
        return SepValidSid(&Head.Sid, *Bytes) ? STATUS_SUCCESS : STATUS_INVALID_SID;
    }
    *Bytes = Head.Acl.AclSize;
    return *Bytes >= sizeof(ACL) && *Bytes % 4 == 0 ? STATUS_SUCCESS : STATUS_INVALID_ACL;
}

NTSTATUS SepCapture(KPROCESSOR_MODE Mode, const void *Descriptor, struct SEP_DESCRIPTOR *Out)
{
    SECURITY_DESCRIPTOR_RELATIVE Head;
    const void *Where[SepPartCount];
    ULONG Bytes[SepPartCount] = {0};
    ULONG Total = sizeof(Head);
    NTSTATUS Status =
        Descriptor != NULL ? SepReadHead(Mode, Descriptor, &Head, Where) : STATUS_ACCESS_VIOLATION;
    for (ULONG Part = 0; NT_SUCCESS(Status) && Part < SepPartCount; Part++) {
        if (Where[Part] != NULL) {
            Status = SepReadLength(Mode, Where[Part], Part, &Bytes[Part]);
            Total += Bytes[Part];
        }
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PUCHAR Copy = ntsim__allocate(Total);
    if (Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ULONG *const Offsets[] = {&Head.Owner, &Head.Group, &Head.Sacl, &Head.Dacl};
    ULONG At = sizeof(Head);
    for (ULONG Part = 0; NT_SUCCESS(Status) && Part < SepPartCount; Part++) {
        *Offsets[Part] = Where[Part] != NULL ? At : 0;
        if (Where[Part] != NULL) {
            Status = MmpProbe(Mode, Where[Part], Bytes[Part], FALSE);
            Status =
                NT_SUCCESS(Status) ? MmpCopy(Mode, Copy + At, Where[Part], Bytes[Part]) : Status;
            At += Bytes[Part];
        }
    }
    Head.Control |= SE_SELF_RELATIVE;
    memcpy(Copy, &Head, sizeof(Head));
    struct SEP_PARTS Parts;
    Status = NT_SUCCESS(Status) ? SepReadRelative(Copy, Total, &Parts) : Status;
    if (!NT_SUCCESS(Status)) {
        ntsim__release(Copy);
        return Status;
    }
    *Out = (struct SEP_DESCRIPTOR){Total, Copy};
    return STATUS_SUCCESS;
}
