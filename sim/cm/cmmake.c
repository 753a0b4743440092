/* SPDX-License-Identifier: MIT
 *
 * cmmake.c - the last component of a create that found none: a key with a descriptor (REG-CRT-12).
 */
#include "cm/cmsecurity.h"
#include "cm/cmservice.h"

/* What user mode may ask for on behalf of the key it makes. */
static NTSTATUS CmpJudgeDescriptor(const struct SEP_PARTS *Parts)
{
    const struct SEP_TOKEN *Token = SepCurrentToken();
    if (Parts->Owner != NULL && !SepMayOwn(Token, Parts->Owner)) {
        return STATUS_INVALID_OWNER;
    }
    if (Parts->Sacl != NULL && !SepHasPrivilege(Token, SE_SECURITY_PRIVILEGE)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    return STATUS_SUCCESS;
}

NTSTATUS CmpCaptureDescriptor(const struct OBP_PARSE *Parse, struct CMP_OPEN *Open)
{
    struct SEP_PARTS Parts;
    if (!Open->Create || Parse->SecurityDescriptor == NULL || Open->Descriptor.Bytes != NULL) {
        return STATUS_SUCCESS; /* REG-OPN-10 */
    }
    NTSTATUS Status = SepCapture(Parse->PreviousMode, Parse->SecurityDescriptor, &Open->Descriptor);
    if (NT_SUCCESS(Status) && Parse->AccessMode != KernelMode) {
        Status = SepReadRelative(Open->Descriptor.Bytes, Open->Descriptor.Length, &Parts);
        Status = NT_SUCCESS(Status) ? CmpJudgeDescriptor(&Parts) : Status;
    }
    return Status;
}

NTSTATUS CmpMakeKey(const struct CMP_OPEN *Open, struct CMP_KEY *Parent, PCUNICODE_STRING Name,
                    struct CMP_KEY **Key)
{
    struct CMP_STATE *State = CmpState();
    ULONG Flags = ((Open->Options & REG_OPTION_VOLATILE) != 0 ? CMP_KEY_VOLATILE : 0) |
                  ((Open->Options & REG_OPTION_CREATE_LINK) != 0 ? CMP_KEY_LINK : 0);
    struct CMP_SECURITY *Security;
    struct SEP_PARTS Parts;
    NTSTATUS Status = Open->Descriptor.Bytes != NULL
                          ? SepReadRelative(Open->Descriptor.Bytes, Open->Descriptor.Length, &Parts)
                          : STATUS_SUCCESS;
    if (NT_SUCCESS(Status)) {
        Status = CmpSecurityBelow(State, Parent, Open->Descriptor.Bytes != NULL ? &Parts : NULL,
                                  SepCurrentToken()->Account, &Security);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpCreateSecuredChild(State, Parent, Name, Open->ClassUsed, Flags, Security, Key);
    if (!NT_SUCCESS(Status)) {
        CmpDropSecurity(State, Security);
    }
    return Status;
}
