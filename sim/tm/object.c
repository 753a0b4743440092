/* SPDX-License-Identifier: MIT
 *
 * object.c - kernel transaction objects: their types, and how each comes to its caller's handle.
 */
#include "tm/tmp.h"
#include "mm/mmp.h"

/* Immutable; one for all simulators. */
static const POBJECT_TYPE TmpManagerTypePointer = (POBJECT_TYPE)(ULONG_PTR)&TmpManagerType;
static const POBJECT_TYPE TmpResourceTypePointer = (POBJECT_TYPE)(ULONG_PTR)&TmpResourceType;
static const POBJECT_TYPE TmpEnlistmentTypePointer = (POBJECT_TYPE)(ULONG_PTR)&TmpEnlistmentType;
static const POBJECT_TYPE TmpTransactionTypePointer = (POBJECT_TYPE)(ULONG_PTR)&TmpTransactionType;
POBJECT_TYPE *TmTransactionManagerObjectType = (POBJECT_TYPE *)(ULONG_PTR)&TmpManagerTypePointer;
POBJECT_TYPE *TmResourceManagerObjectType = (POBJECT_TYPE *)(ULONG_PTR)&TmpResourceTypePointer;
POBJECT_TYPE *TmEnlistmentObjectType = (POBJECT_TYPE *)(ULONG_PTR)&TmpEnlistmentTypePointer;
POBJECT_TYPE *TmTransactionObjectType = (POBJECT_TYPE *)(ULONG_PTR)&TmpTransactionTypePointer;

static NTSTATUS TmpCheckAttributes(struct TMP_CREATION *Creation)
{
    if (Creation->Attributes == NULL) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status =
        MmpProbe(Creation->Mode, Creation->Attributes, sizeof(*Creation->Attributes), FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    OBJECT_ATTRIBUTES Given = *Creation->Attributes;
    if (Given.Length != sizeof(Given) || (Given.Attributes & ~(ULONG)OBJ_VALID_ATTRIBUTES) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Creation->HandleAttributes = Given.Attributes;
    if (Creation->Mode != KernelMode) {
        Creation->HandleAttributes &= ~(ULONG)OBJ_KERNEL_HANDLE; /* REG-MODE-04 */
    }
    if (Given.ObjectName == NULL) {
        return STATUS_SUCCESS;
    }
    Status = MmpProbe(Creation->Mode, Given.ObjectName, sizeof(*Given.ObjectName), FALSE);
    return NT_SUCCESS(Status) && Given.ObjectName->Length != 0 ? STATUS_NOT_IMPLEMENTED : Status;
}

NTSTATUS TmpBeginCreation(struct TMP_CREATION *Creation)
{
    Creation->Mode = ExGetPreviousMode();
    if (Creation->Handle == NULL) {
        return STATUS_ACCESS_VIOLATION; /* in kernel mode too: better than to fault in here */
    }
    NTSTATUS Status = MmpProbe(Creation->Mode, Creation->Handle, sizeof(HANDLE), TRUE);
    if (NT_SUCCESS(Status)) {
        Status = TmpCheckAttributes(Creation);
    }
    if (NT_SUCCESS(Status) && Creation->Guid != NULL) {
        Status = MmpProbe(Creation->Mode, Creation->Guid, sizeof(*Creation->Guid), FALSE);
    }
    if (NT_SUCCESS(Status) && Creation->Description != NULL) {
        Status =
            MmpProbe(Creation->Mode, Creation->Description, sizeof(*Creation->Description), FALSE);
        if (NT_SUCCESS(Status) &&
            Creation->Description->Length > MAX_TRANSACTION_DESCRIPTION_LENGTH * sizeof(WCHAR)) {
            Status = STATUS_INVALID_PARAMETER;
        }
    }
    return Status;
}

NTSTATUS TmpEndCreation(const struct TMP_CREATION *Creation, PVOID Object)
{
    HANDLE Handle;
    NTSTATUS Status =
        ObpInsertHandle(Object, ObpMapAccess(ObpTypeOf(Object), Creation->DesiredAccess),
                        Creation->HandleAttributes, &Handle);
    if (!NT_SUCCESS(Status)) {
        ObpDereference(Object, NULL);
        return Status;
    }
    *Creation->Handle = Handle;
    return STATUS_SUCCESS;
}

NTSTATUS TmpInitialize(struct TMP_STATE *State)
{
    State->Lock = ntsim__lock_create(ntsim_current());
    return State->Lock != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID TmpTeardown(struct TMP_STATE *State)
{
    if (State->Lock != NULL) {
        ntsim__lock_destroy(ntsim_current(), State->Lock);
        State->Lock = NULL;
    }
}
