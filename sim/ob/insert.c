/* SPDX-License-Identifier: MIT
 *
 * insert.c - a handle comes to be, by opening or by duplicating: object callbacks are asked first
 * and told afterwards (OB-20..45).
 */
#include "mm/mmp.h"
#include "ob/obp_state.h"
#include "ps/psp.h"
#include "ps/zw.h"

#include <ntcallback/dispatch.h>

static const struct OBP_TYPE *ObpType(PVOID Object)
{
    return (const struct OBP_TYPE *)(PVOID)ObpTypeOf(Object);
}

/* Described: the operation, but for what is the same in both. */
static NTSTATUS ObpInsert(KPROCESSOR_MODE Mode, PVOID Object, ULONG Attributes,
                          struct ntcb_handle *Described, PHANDLE Handle)
{
    struct ntcb_handle_pass Pass;
    ACCESS_MASK Granted = Described->DesiredAccess;
    NTSTATUS Status;

    if (!ObpType(Object)->HasCallbacks) {
        return ObpMakeHandle(Object, Granted, Attributes, Handle);
    }
    Described->Object = Object;
    Described->ObjectType = ObpTypeOf(Object);
    Described->KernelHandle = (Attributes & OBJ_KERNEL_HANDLE) != 0;
    Described->KernelMode = Mode == KernelMode;
    Granted = ntcb_handle_pre(&Pass, Described);
    Status = ObpMakeHandle(Object, Granted, Attributes, Handle);
    ntcb_handle_post(&Pass, Status, Granted);
    return Status;
}

NTSTATUS ObpInsertHandleFor(KPROCESSOR_MODE Mode, PVOID Object, ACCESS_MASK GrantedAccess,
                            ULONG Attributes, PHANDLE Handle)
{
    return ObpInsert(Mode, Object, Attributes,
                     &(struct ntcb_handle){.Operation = OB_OPERATION_HANDLE_CREATE,
                                           .DesiredAccess = GrantedAccess},
                     Handle);
}

NTSTATUS ObpInsertHandle(PVOID Object, ACCESS_MASK GrantedAccess, ULONG Attributes, PHANDLE Handle)
{
    return ObpInsertHandleFor(ExGetPreviousMode(), Object, GrantedAccess, Attributes, Handle);
}

/* ---- duplicating ----------------------------------------------------------------------------- */

struct OBP_DUPLICATION {
    struct ntsim_process *From; /* referenced */
    struct ntsim_process *To;   /* referenced; NULL: the source is only closed */
    HANDLE SourceHandle;
    ACCESS_MASK DesiredAccess;
    ULONG HandleAttributes;
    ULONG Options;
    KPROCESSOR_MODE Mode;
};

static NTSTATUS ObpDuplicate(const struct OBP_DUPLICATION *Wanted, PHANDLE Target)
{
    struct ntsim_process *Previous = PspAttach(Wanted->From);
    struct OBP_HANDLE Source;
    NTSTATUS Status = ObpLookupHandle(Wanted->SourceHandle, NULL, 0, Wanted->Mode, &Source);
    struct ntcb_handle Described = {
        .Operation = OB_OPERATION_HANDLE_DUPLICATE,
        .SourceProcess = Wanted->From,
        .TargetProcess = Wanted->To,
    };
    ULONG Attributes;

    PspDetach(Previous);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Described.DesiredAccess = (Wanted->Options & DUPLICATE_SAME_ACCESS) != 0
                                  ? Source.Access
                                  : ObpMapAccess(ObpTypeOf(Source.Object), Wanted->DesiredAccess);
    Attributes = (Wanted->Options & DUPLICATE_SAME_ATTRIBUTES) != 0 ? Source.Attributes
                                                                    : Wanted->HandleAttributes;
    if (Wanted->Mode != KernelMode) {
        Attributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    }
    Previous = PspAttach(Wanted->To);
    Status = ObpInsert(Wanted->Mode, Source.Object, Attributes, &Described, Target);
    PspDetach(Previous);
    if (!NT_SUCCESS(Status)) {
        ObpDereference(Source.Object, NULL);
    }
    return Status;
}

/* DUPLICATE_CLOSE_SOURCE: closed whatever becomes of the rest. */
static VOID ObpCloseSource(const struct OBP_DUPLICATION *Wanted)
{
    struct ntsim_process *Previous = PspAttach(Wanted->From);

    ObCloseHandle(Wanted->SourceHandle, Wanted->Mode);
    PspDetach(Previous);
}

/*
 * NtDuplicateObject - another handle to what SourceHandle, in the source process, is a handle to.
 *
 * TargetProcessHandle  NULL, with DUPLICATE_CLOSE_SOURCE: the source is closed, and nothing made
 * Options  DUPLICATE_SAME_ACCESS, _SAME_ATTRIBUTES, _CLOSE_SOURCE
 * Context  a driver (Zw), or a program (Nt); PASSIVE_LEVEL. Object callbacks for processes and
 *          threads hear of it as OB_OPERATION_HANDLE_DUPLICATE (OB-31)
 * Returns  STATUS_SUCCESS                   *TargetHandle belongs to the target process
 *          STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH   any of the three handles
 *          STATUS_ACCESS_DENIED             user mode: a process without PROCESS_DUP_HANDLE
 *          STATUS_INVALID_PARAMETER         no target, and the source is not to be closed either
 *          STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES
 */
NTSTATUS NTAPI NtDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle,
                                 HANDLE TargetProcessHandle, PHANDLE TargetHandle,
                                 ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options)
{
    struct OBP_DUPLICATION Wanted = {
        NULL, NULL, SourceHandle, DesiredAccess, HandleAttributes, Options, ExGetPreviousMode()};
    HANDLE Target = NULL;
    PVOID From, To = NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    ntcb_require_kernel(__func__);
    if (TargetHandle != NULL) {
        Status = MmpProbe(Wanted.Mode, TargetHandle, sizeof(*TargetHandle), TRUE);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObpReferenceByHandle(SourceProcessHandle, PROCESS_DUP_HANDLE, *PsProcessType,
                                      Wanted.Mode, &From, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Wanted.From = From;
    if (TargetProcessHandle != NULL) {
        Status = ObpReferenceByHandle(TargetProcessHandle, PROCESS_DUP_HANDLE, *PsProcessType,
                                      Wanted.Mode, &To, NULL);
        Wanted.To = To;
    } else if ((Options & DUPLICATE_CLOSE_SOURCE) == 0) {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (NT_SUCCESS(Status) && To != NULL) {
        Status = ObpDuplicate(&Wanted, &Target);
    }
    if ((Options & DUPLICATE_CLOSE_SOURCE) != 0) {
        ObpCloseSource(&Wanted);
    }
    if (To != NULL) {
        ObpDereference(To, NULL);
    }
    ObpDereference(From, NULL);
    if (TargetHandle != NULL) {
        NTSTATUS Written = MmpCopy(Wanted.Mode, TargetHandle, &Target, sizeof(Target));

        Status = NT_SUCCESS(Written) ? Status : Written;
    }
    return Status;
}

NTSTATUS NTAPI ZwDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle,
                                 HANDLE TargetProcessHandle, PHANDLE TargetHandle,
                                 ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options)
{
    PSP_ZW(NtDuplicateObject(SourceProcessHandle, SourceHandle, TargetProcessHandle, TargetHandle,
                             DesiredAccess, HandleAttributes, Options));
}

/* ---- what the managers ask about objects ----------------------------------------------------- */

/* There are no desktops; a driver that watches them finds the type (OB-04). */
static const struct OBP_TYPE ObpDesktopType = {
    .Name = "Desktop",
    .GenericMapping = {0x20041, 0x200BE, 0x20100, 0xF01FF},
    .ValidAccess = 0xF01FF,
    .HasCallbacks = TRUE,
};
static POBJECT_TYPE const ObpDesktopTypePointer = (POBJECT_TYPE)&ObpDesktopType;
POBJECT_TYPE *ExDesktopObjectType = (POBJECT_TYPE *)&ObpDesktopTypePointer;

static bool ObpHasCallbacks(POBJECT_TYPE Type, ACCESS_MASK *Retained)
{
    const struct OBP_TYPE *Known = (const struct OBP_TYPE *)(PVOID)Type;

    if (Type != *PsProcessType && Type != *PsThreadType &&
        (Type != *ExDesktopObjectType || ntsim__windows() < NTCB_WINDOWS_10_1507)) {
        return false;
    }
    *Retained = Known->Retained;
    return Known->HasCallbacks;
}

static void ObpReferenceFor(PVOID Object)
{
    ObpReference(Object, NULL);
}

static void ObpDereferenceFor(PVOID Object)
{
    ObpDereference(Object, NULL);
}

const struct ntcb_object_services ObpServices = {ObpHasCallbacks, ObpReferenceFor,
                                                 ObpDereferenceFor};
