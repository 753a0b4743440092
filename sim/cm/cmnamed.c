/* SPDX-License-Identifier: MIT
 *
 * cmnamed.c - names that services take in OBJECT_ATTRIBUTES and show to callbacks.
 */
#include "cm/cmhiveservice.h"
#include "mm/mmp.h"

struct CMP_NAMING {
    KPROCESSOR_MODE Mode;
    POBJECT_ATTRIBUTES Given;
    struct CMP_NAMED *Named;
};

static NTSTATUS CmpProbeNamed(PVOID Context)
{
    const struct CMP_NAMING *Naming = Context;
    struct CMP_NAMED *Named = Naming->Named;
    NTSTATUS Status = CmpProbe(Naming->Mode, Naming->Given, sizeof(*Naming->Given));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Named->Attributes = *Naming->Given;
    if (Named->Attributes.Length != sizeof(Named->Attributes) ||
        (Named->Attributes.Attributes & ~(ULONG)OBJ_VALID_ATTRIBUTES) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = CmpProbe(Naming->Mode, Named->Attributes.ObjectName, sizeof(UNICODE_STRING));
    if (!NT_SUCCESS(Status) || Named->Attributes.ObjectName == NULL) {
        return NT_SUCCESS(Status) ? STATUS_INVALID_PARAMETER : Status;
    }
    Named->Name = *Named->Attributes.ObjectName;
    if (Named->Name.Buffer == NULL) {
        Named->Name.Length = 0;
    }
    return Named->Name.Length % sizeof(WCHAR) != 0
               ? STATUS_OBJECT_NAME_INVALID
               : CmpProbe(Naming->Mode, Named->Name.Buffer, Named->Name.Length);
}

NTSTATUS CmpCaptureNamed(KPROCESSOR_MODE Mode, POBJECT_ATTRIBUTES Given, BOOLEAN Late,
                         POBJECT_TYPE Type, ACCESS_MASK RootAccess, struct CMP_NAMED *Named)
{
    if (Given == NULL && Mode == KernelMode) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = MmpGuard(Mode, CmpProbeNamed, &(struct CMP_NAMING){Mode, Given, Named});
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Named->Shown = Mode == KernelMode ? Named->Attributes.ObjectName : &Named->Name;
    Named->Attributes.ObjectName = &Named->Name;
    Named->Attributes.SecurityDescriptor = NULL;
    Named->InPlace = Mode != KernelMode;
    if (CmpCaptures(Mode, Late)) {
        Status = CmpReadNamed(Named);
    }
    return NT_SUCCESS(Status) && Named->Attributes.RootDirectory != NULL
               ? ObReferenceObjectByHandle(Named->Attributes.RootDirectory, RootAccess, Type, Mode,
                                           &Named->Root, NULL)
               : Status;
}

NTSTATUS CmpReadNamed(struct CMP_NAMED *Named)
{
    if (!Named->InPlace) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = CmpCapture(Named->Name.Buffer, Named->Name.Length, &Named->Pool);
    if (NT_SUCCESS(Status)) {
        Named->InPlace = FALSE;
        Named->Name.Buffer = Named->Pool;
        Named->Name.MaximumLength = (USHORT)(Named->Name.Length + sizeof(WCHAR));
    }
    return Status;
}

VOID CmpReleaseNamed(struct CMP_NAMED *Named)
{
    if (Named->Pool != NULL) {
        ExFreePoolWithTag(Named->Pool, CMP_TAG);
    }
    if (Named->Root != NULL) {
        ObpDereference(Named->Root, NULL);
    }
}
