/* SPDX-License-Identifier: MIT
 *
 * cmdosecurity.c - a key's descriptor asked for and changed: the two services' operations.
 *
 * Evidence  REG-SEC-01, -02.
 */
#include "cm/cmsecurity.h"
#include "cm/cmservice.h"

#include <string.h>

#define CMP_SACL_BITS (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)

NTSTATUS CmpDoQueryKeySecurity(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    SECURITY_INFORMATION Wanted = Call->Class;
    struct SEP_PARTS Parts = CmpBaseOf(Key)->Security->Parts;
    const ACL *Sacl = Parts.Sacl;
    USHORT Dropped = 0;
    if ((Wanted & OWNER_SECURITY_INFORMATION) == 0) {
        Parts.Owner = NULL;
    }
    if ((Wanted & GROUP_SECURITY_INFORMATION) == 0) {
        Parts.Group = NULL;
    }
    if ((Wanted & DACL_SECURITY_INFORMATION) == 0) {
        Parts.Dacl = NULL;
        Dropped |= SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_PROTECTED | SE_DACL_AUTO_INHERITED;
    }
    Parts.Sacl = NULL;
    if ((Wanted & CMP_SACL_BITS) != 0 && Sacl != NULL) {
        Call->BufferPool = ExAllocatePoolWithTag(PagedPool, Sacl->AclSize, CMP_TAG);
        if (Call->BufferPool == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Parts.Sacl =
            SepSelectSacl(Call->BufferPool, (Wanted & SACL_SECURITY_INFORMATION) != 0 ? Sacl : NULL,
                          (Wanted & LABEL_SECURITY_INFORMATION) != 0 ? Sacl : NULL);
    }
    if (Parts.Sacl == NULL) {
        Dropped |= SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_PROTECTED | SE_SACL_AUTO_INHERITED;
    }
    Parts.Control &= (USHORT)~Dropped;
    ULONG Room = Call->Length;
    Call->Length = SepMeasure(&Parts);
    if (Room < Call->Length) {
        return STATUS_BUFFER_TOO_SMALL; /* REG-SEC-01 */
    }
    SepWrite(&Parts, Call->Buffer);
    return STATUS_SUCCESS;
}

/* Is the key of an application's own hive? */
static BOOLEAN CmpIsApplications(const struct CMP_KEY *Key)
{
    while (Key != NULL && (Key->Flags & CMP_KEY_NO_TRAVERSE) == 0) {
        Key = Key->Parent;
    }
    return Key != NULL;
}

NTSTATUS CmpDoSetKeySecurity(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    struct CMP_STATE *State = CmpState();
    SECURITY_INFORMATION Information = Call->Class;
    struct SEP_DESCRIPTOR Made;
    struct SEP_PARTS Given;
    if (CmpIsApplications(Key)) {
        return STATUS_ACCESS_DENIED; /* REG-SEC-02 */
    }
    if (Call->Object->Transaction != NULL && Call->Object->Key->Maker == NULL) {
        return STATUS_OPERATION_NOT_SUPPORTED_IN_TRANSACTION;
    }
    NTSTATUS Status = SepReadRelative(Call->Descriptor.Bytes, Call->Descriptor.Length, &Given);
    if (NT_SUCCESS(Status) && (Information & OWNER_SECURITY_INFORMATION) != 0 &&
        Call->Mode != KernelMode &&
        (Given.Owner == NULL || !SepMayOwn(SepCurrentToken(), Given.Owner))) {
        Status = STATUS_INVALID_OWNER;
    }
    if (NT_SUCCESS(Status)) {
        Status =
            SepMerge(&CmpBaseOf(Key)->Security->Parts, &Given, Information, &CmpMapping, &Made);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpGiveKeySecurity(State, Key, Made.Bytes, Made.Length);
    ntsim__release(Made.Bytes);
    if (NT_SUCCESS(Status)) {
        CmpTouch(State, CmpBaseOf(Key));
        CmpBorrowAnew(CmpBaseOf(Key));
        CmpReportChange(Key, REG_NOTIFY_CHANGE_ATTRIBUTES | REG_NOTIFY_CHANGE_SECURITY);
    }
    return Status;
}
