/* SPDX-License-Identifier: MIT
 *
 * create.c - what every service that makes an object with a handle has in common.
 *
 * Evidence  REG-MODE-04 (OBJ_KERNEL_HANDLE of user mode).
 */
#include "mm/mmp.h"
#include "ob/obp.h"

#include <string.h>

static NTSTATUS ObpCopyPath(struct OBP_CREATION *Creation, const UNICODE_STRING *Name)
{
    NTSTATUS Status = MmpProbe(Creation->Mode, Name->Buffer, Name->Length, FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Creation->Path.Buffer = ntsim__allocate(Name->Length + sizeof(WCHAR));
    if (Creation->Path.Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(Creation->Path.Buffer, Name->Buffer, Name->Length);
    Creation->Path.Length = Name->Length;
    Creation->Path.MaximumLength = (USHORT)(Name->Length + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static NTSTATUS ObpBeginGuarded(PVOID Context)
{
    struct OBP_CREATION *Creation = Context;
    NTSTATUS Status = MmpProbe(Creation->Mode, Creation->Handle, sizeof(HANDLE), TRUE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    *Creation->Handle = NULL;
    if (Creation->Given == NULL) {
        return STATUS_SUCCESS;
    }
    Status = MmpProbe(Creation->Mode, Creation->Given, sizeof(*Creation->Given), FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    OBJECT_ATTRIBUTES Given = *Creation->Given;
    if (Given.Length != sizeof(Given) || (Given.Attributes & ~(ULONG)OBJ_VALID_ATTRIBUTES) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Creation->Attributes = Given.Attributes;
    if (Creation->Mode != KernelMode) {
        Creation->Attributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    }
    if (Given.ObjectName == NULL) {
        return STATUS_SUCCESS;
    }
    Status = MmpProbe(Creation->Mode, Given.ObjectName, sizeof(*Given.ObjectName), FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    UNICODE_STRING Name = *Given.ObjectName;
    if (Name.Length == 0) {
        return STATUS_SUCCESS;
    }
    return Given.RootDirectory != NULL ? STATUS_NOT_IMPLEMENTED : ObpCopyPath(Creation, &Name);
}

NTSTATUS ObpBeginCreation(struct OBP_CREATION *Creation)
{
    Creation->Mode = ExGetPreviousMode();
    return MmpGuard(Creation->Mode, ObpBeginGuarded, Creation);
}

/* The object that has the name already, opened: OBJECT_NAME_EXISTS, or why not. */
static NTSTATUS ObpOpenExisting(const struct OBP_CREATION *Creation, POBJECT_TYPE Type,
                                PHANDLE Handle)
{
    UNICODE_STRING Path = Creation->Path;
    OBJECT_ATTRIBUTES Attributes = {
        .Length = sizeof(Attributes), .ObjectName = &Path, .Attributes = Creation->Attributes};
    if ((Creation->Attributes & OBJ_OPENIF) == 0) {
        return STATUS_OBJECT_NAME_COLLISION;
    }
    NTSTATUS Status =
        ObpOpenObjectByName(&Attributes, Type, KernelMode, Creation->DesiredAccess, NULL, Handle);
    return NT_SUCCESS(Status) ? STATUS_OBJECT_NAME_EXISTS : Status;
}

static NTSTATUS ObpNameAndInsert(const struct OBP_CREATION *Creation, PVOID Object, PHANDLE Handle)
{
    POBJECT_TYPE Type = ObpTypeOf(Object);
    NTSTATUS Status = Creation->Path.Length != 0 ? ObpInsertTemporaryName(&Creation->Path, Object)
                                                 : STATUS_SUCCESS;
    BOOLEAN Collides = Status == STATUS_OBJECT_NAME_COLLISION;
    if (NT_SUCCESS(Status)) {
        Status = ObpInsertHandle(Object, ObpMapAccess(Type, Creation->DesiredAccess),
                                 Creation->Attributes, Handle);
    }
    if (!NT_SUCCESS(Status)) {
        ObpDereference(Object, NULL); /* and its name */
    }
    return Collides ? ObpOpenExisting(Creation, Type, Handle) : Status;
}

NTSTATUS ObpEndCreation(struct OBP_CREATION *Creation, NTSTATUS Status, PVOID Object)
{
    HANDLE Handle = NULL;
    if (NT_SUCCESS(Status)) {
        Status = ObpNameAndInsert(Creation, Object, &Handle);
    }
    ntsim__release(Creation->Path.Buffer);
    if (NT_SUCCESS(Status)) {
        NTSTATUS Written = MmpCopy(Creation->Mode, Creation->Handle, &Handle, sizeof(Handle));
        Status = NT_SUCCESS(Written) ? Status : Written;
    }
    return Status;
}

NTSTATUS ObpOpenForCaller(PHANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes,
                          POBJECT_TYPE Type)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    HANDLE Opened;
    NTSTATUS Status = MmpProbe(Mode, Handle, sizeof(HANDLE), TRUE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObpOpenObjectByName(Attributes, Type, Mode, DesiredAccess, NULL, &Opened);
    NTSTATUS Written = MmpCopy(Mode, Handle, &Opened, sizeof(Opened));
    return NT_SUCCESS(Written) ? Status : Written;
}
