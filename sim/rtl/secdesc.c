/* SPDX-License-Identifier: MIT
 *
 * secdesc.c - security descriptors as drivers build them and take them apart.
 */
#include "se/sepsd.h"

#include <string.h>

NTSTATUS NTAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Revision)
{
    if (Revision != SECURITY_DESCRIPTOR_REVISION) {
        return STATUS_UNKNOWN_REVISION;
    }
    *(PISECURITY_DESCRIPTOR)SecurityDescriptor = (SECURITY_DESCRIPTOR){.Revision = (UCHAR)Revision};
    return STATUS_SUCCESS;
}

static NTSTATUS RtlpMayChange(PISECURITY_DESCRIPTOR Descriptor)
{
    if (Descriptor->Revision != SECURITY_DESCRIPTOR_REVISION) {
        return STATUS_UNKNOWN_REVISION;
    }
    return (Descriptor->Control & SE_SELF_RELATIVE) != 0 ? STATUS_INVALID_SECURITY_DESCR
                                                         : STATUS_SUCCESS;
}

static VOID RtlpSetControl(PISECURITY_DESCRIPTOR Descriptor, SECURITY_DESCRIPTOR_CONTROL Bit,
                           BOOLEAN Value)
{
    Descriptor->Control = (SECURITY_DESCRIPTOR_CONTROL)(Value ? Descriptor->Control | Bit
                                                              : Descriptor->Control & ~Bit);
}

NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                            BOOLEAN DaclPresent, PACL Dacl, BOOLEAN DaclDefaulted)
{
    PISECURITY_DESCRIPTOR Descriptor = SecurityDescriptor;
    NTSTATUS Status = RtlpMayChange(Descriptor);

    if (NT_SUCCESS(Status)) {
        RtlpSetControl(Descriptor, SE_DACL_PRESENT, DaclPresent);
        RtlpSetControl(Descriptor, SE_DACL_DEFAULTED, DaclPresent && DaclDefaulted);
        Descriptor->Dacl = DaclPresent ? Dacl : NULL;
    }
    return Status;
}

NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Owner,
                                             BOOLEAN OwnerDefaulted)
{
    PISECURITY_DESCRIPTOR Descriptor = SecurityDescriptor;
    NTSTATUS Status = RtlpMayChange(Descriptor);

    if (NT_SUCCESS(Status)) {
        RtlpSetControl(Descriptor, SE_OWNER_DEFAULTED, OwnerDefaulted);
        Descriptor->Owner = Owner;
    }
    return Status;
}

NTSTATUS NTAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Group,
                                             BOOLEAN GroupDefaulted)
{
    PISECURITY_DESCRIPTOR Descriptor = SecurityDescriptor;
    NTSTATUS Status = RtlpMayChange(Descriptor);

    if (NT_SUCCESS(Status)) {
        RtlpSetControl(Descriptor, SE_GROUP_DEFAULTED, GroupDefaulted);
        Descriptor->Group = Group;
    }
    return Status;
}

/* A part at an offset; 0: there is none. */
static PVOID RtlpAt(PVOID Descriptor, ULONG Offset)
{
    return Offset != 0 ? (PUCHAR)Descriptor + Offset : NULL;
}

/* Both kinds alike. Nothing is said of whether the parts are valid. */
static NTSTATUS RtlpRead(PVOID Given, struct SEP_PARTS *Parts)
{
    PISECURITY_DESCRIPTOR Absolute = Given;
    PISECURITY_DESCRIPTOR_RELATIVE Relative = Given;

    if (Absolute->Revision != SECURITY_DESCRIPTOR_REVISION) {
        return STATUS_UNKNOWN_REVISION;
    }
    if ((Absolute->Control & SE_SELF_RELATIVE) != 0) {
        *Parts = (struct SEP_PARTS){
            .Control = Relative->Control,
            .Owner = RtlpAt(Given, Relative->Owner),
            .Group = RtlpAt(Given, Relative->Group),
            .Sacl = RtlpAt(Given, Relative->Sacl),
            .Dacl = RtlpAt(Given, Relative->Dacl),
        };
    } else {
        *Parts = (struct SEP_PARTS){Absolute->Control, Absolute->Owner, Absolute->Group,
                                    Absolute->Sacl, Absolute->Dacl};
    }
    if ((Parts->Control & SE_DACL_PRESENT) == 0) {
        Parts->Dacl = NULL;
    }
    if ((Parts->Control & SE_SACL_PRESENT) == 0) {
        Parts->Sacl = NULL;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Owner,
                                             PBOOLEAN OwnerDefaulted)
{
    struct SEP_PARTS Parts;
    NTSTATUS Status = RtlpRead(SecurityDescriptor, &Parts);

    if (NT_SUCCESS(Status)) {
        *Owner = Parts.Owner;
        *OwnerDefaulted = (Parts.Control & SE_OWNER_DEFAULTED) != 0;
    }
    return Status;
}

NTSTATUS NTAPI RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Group,
                                             PBOOLEAN GroupDefaulted)
{
    struct SEP_PARTS Parts;
    NTSTATUS Status = RtlpRead(SecurityDescriptor, &Parts);

    if (NT_SUCCESS(Status)) {
        *Group = Parts.Group;
        *GroupDefaulted = (Parts.Control & SE_GROUP_DEFAULTED) != 0;
    }
    return Status;
}

NTSTATUS NTAPI RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                            PBOOLEAN DaclPresent, PACL *Dacl,
                                            PBOOLEAN DaclDefaulted)
{
    struct SEP_PARTS Parts;
    NTSTATUS Status = RtlpRead(SecurityDescriptor, &Parts);

    if (NT_SUCCESS(Status)) {
        *DaclPresent = (Parts.Control & SE_DACL_PRESENT) != 0;
        if (*DaclPresent) {
            *Dacl = Parts.Dacl;
            *DaclDefaulted = (Parts.Control & SE_DACL_DEFAULTED) != 0;
        }
    }
    return Status;
}

NTSTATUS NTAPI RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                            PBOOLEAN SaclPresent, PACL *Sacl,
                                            PBOOLEAN SaclDefaulted)
{
    struct SEP_PARTS Parts;
    NTSTATUS Status = RtlpRead(SecurityDescriptor, &Parts);

    if (NT_SUCCESS(Status)) {
        *SaclPresent = (Parts.Control & SE_SACL_PRESENT) != 0;
        if (*SaclPresent) {
            *Sacl = Parts.Sacl;
            *SaclDefaulted = (Parts.Control & SE_SACL_DEFAULTED) != 0;
        }
    }
    return Status;
}

static BOOLEAN RtlpIsValid(const struct SEP_PARTS *Parts)
{
    return (Parts->Owner == NULL || RtlValidSid(Parts->Owner)) &&
           (Parts->Group == NULL || RtlValidSid(Parts->Group)) &&
           (Parts->Sacl == NULL || SepValidAcl(Parts->Sacl, Parts->Sacl->AclSize)) &&
           (Parts->Dacl == NULL || SepValidAcl(Parts->Dacl, Parts->Dacl->AclSize));
}

BOOLEAN NTAPI RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    struct SEP_PARTS Parts;

    return NT_SUCCESS(RtlpRead(SecurityDescriptor, &Parts)) && RtlpIsValid(&Parts);
}

/* Its structure and its parts, each from a multiple of four. */
ULONG NTAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    struct SEP_PARTS Parts;
    ULONG Bytes;

    if (!NT_SUCCESS(RtlpRead(SecurityDescriptor, &Parts))) {
        return 0;
    }
    Bytes = (Parts.Control & SE_SELF_RELATIVE) != 0 ? sizeof(SECURITY_DESCRIPTOR_RELATIVE)
                                                    : sizeof(SECURITY_DESCRIPTOR);
    Bytes += Parts.Owner != NULL ? SepSidLength(Parts.Owner) : 0;
    Bytes += Parts.Group != NULL ? SepSidLength(Parts.Group) : 0;
    Bytes += Parts.Sacl != NULL ? (Parts.Sacl->AclSize + 3u) & ~3u : 0;
    Bytes += Parts.Dacl != NULL ? (Parts.Dacl->AclSize + 3u) & ~3u : 0;
    return Bytes;
}

NTSTATUS NTAPI RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                           PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                           PULONG BufferLength)
{
    struct SEP_PARTS Parts;
    ULONG Bytes;
    NTSTATUS Status = RtlpRead(AbsoluteSecurityDescriptor, &Parts);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if ((Parts.Control & SE_SELF_RELATIVE) != 0) {
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    }
    if (!RtlpIsValid(&Parts)) {
        return STATUS_INVALID_SECURITY_DESCR;
    }
    Bytes = SepMeasure(&Parts);
    if (*BufferLength < Bytes) {
        *BufferLength = Bytes;
        return STATUS_BUFFER_TOO_SMALL;
    }
    *BufferLength = Bytes;
    SepWrite(&Parts, SelfRelativeSecurityDescriptor);
    return STATUS_SUCCESS;
}
