/* SPDX-License-Identifier: MIT
 *
 * handle.c - handle tables: make a handle, look one up, close it.
 *
 * A handle of a process is 4 * index; one of the kernel has the upper 33 bits set besides
 * (REG-MODE-04). How tables are guarded is told in obp_state.h; the reference a closed handle held
 * is dropped after the lock is released, because that may run a type's Delete and with it
 * callbacks.
 */
#include "ob/obp_state.h"
#include "ps/zw.h"
#include "ps/psp.h"

#include <string.h>

struct OBP_HANDLE_TABLE *ObpTableOf(HANDLE Handle, KPROCESSOR_MODE AccessMode, PULONG Index)
{
    ULONG_PTR Value = (ULONG_PTR)Handle;

    /* The two low bits of a handle belong to the application. */
    if ((Value & OBP_KERNEL_HANDLE_BIT) == OBP_KERNEL_HANDLE_BIT) {
        if (AccessMode != KernelMode) {
            return NULL;
        }
        *Index = (ULONG)((Value & ~OBP_KERNEL_HANDLE_BIT) >> 2);
        return &ObpState()->KernelHandles;
    }
    if (Value >= (ULONG_PTR)OBP_HANDLES_MAX * 4) {
        return NULL;
    }
    *Index = (ULONG)(Value >> 2);
    return PspHandleTable(PspCurrentProcess());
}

/* B1: the object of an entry in use, which is then locked; or NULL. */
static PVOID ObpLockEntry(struct OBP_HANDLE_ENTRY *Entry)
{
    ULONG Tries = 0;

    for (;;) {
        ULONG_PTR Object = atomic_load_explicit(&Entry->Object, memory_order_relaxed);

        if (Object == 0) {
            return NULL;
        }
        if ((Object & 1) != 0) {
            ntsim__lock_pause(ObpState()->Lock, &Tries);
        } else if (atomic_compare_exchange_weak_explicit(&Entry->Object, &Object, Object | 1,
                                                         memory_order_acquire,
                                                         memory_order_relaxed)) {
            return (PVOID)Object;
        }
    }
}

/* Object: as it was, or NULL: the entry is free. */
static VOID ObpUnlockEntry(struct OBP_HANDLE_ENTRY *Entry, PVOID Object)
{
    atomic_store_explicit(&Entry->Object, (ULONG_PTR)Object, memory_order_release);
}

NTSTATUS ObpMakeHandle(PVOID Object, ACCESS_MASK GrantedAccess, ULONG Attributes, PHANDLE Handle)
{
    struct OBP_STATE *State = ObpState();
    BOOLEAN Kernel = (Attributes & OBJ_KERNEL_HANDLE) != 0;
    struct OBP_HANDLE_TABLE *Table =
        Kernel ? &State->KernelHandles : PspHandleTable(PspCurrentProcess());
    struct OBP_HANDLE_ENTRY *Entry;
    ULONG Index = ObpTakeEntry(State, Table);

    if (Index == 0) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    atomic_fetch_add(&ObpHeader(Object)->HandleCount, 1);
    Entry = ObpEntry(Table, Index);
    Entry->Access = GrantedAccess;
    Entry->Attributes = Attributes;
    Entry->NextFree = 0;
    Entry->Taker = PspActsFor();
    ObpUnlockEntry(Entry, Object);
    *Handle = (HANDLE)((ULONG_PTR)Index * 4 | (Kernel ? OBP_KERNEL_HANDLE_BIT : 0));
    return STATUS_SUCCESS;
}

const void *ObpHandleTaker(struct OBP_HANDLE_TABLE *Table, ULONG Index)
{
    struct OBP_HANDLE_ENTRY *Entry = ObpEntry(Table, Index);
    PVOID Object = Entry != NULL ? ObpLockEntry(Entry) : NULL;
    const void *Taker = NULL;

    if (Object != NULL) {
        Taker = Entry->Taker;
        ObpUnlockEntry(Entry, Object);
    }
    return Taker;
}

PVOID ObpRemoveHandle(struct OBP_HANDLE_TABLE *Table, ULONG Index)
{
    struct OBP_STATE *State = ObpState();
    struct OBP_HANDLE_ENTRY *Entry = ObpEntry(Table, Index);
    PVOID Object = Entry != NULL ? ObpLockEntry(Entry) : NULL;

    if (Object == NULL) {
        return NULL;
    }
    ObpUnlockEntry(Entry, NULL);
    ObpGiveEntry(State, Table, Index);
    return Object;
}

VOID ObpDropHandleReference(PVOID Object)
{
    const struct OBP_TYPE *Type = ObpHeader(Object)->Type;

    if (atomic_fetch_sub(&ObpHeader(Object)->HandleCount, 1) == 1 && Type->Close != NULL) {
        Type->Close(Object);
    }
    ObpDereference(Object, NULL);
}

VOID ObpCloseTable(struct OBP_HANDLE_TABLE *Table)
{
    ULONG Index;

    /* FirstUnused may grow while a Delete routine's callbacks open handles: read it every time. */
    for (Index = 1; Index < Table->FirstUnused; Index++) {
        PVOID Object = ObpRemoveHandle(Table, Index);

        if (Object != NULL) {
            ObpDropHandleReference(Object);
        }
    }
}

VOID ObpCloseProcessHandles(struct ntsim_process *Process)
{
    ObpCloseTable(PspHandleTable(Process));
}

/* The current process or thread for its pseudo handle, else NULL. */
static PVOID ObpPseudoHandle(HANDLE Handle)
{
    if (Handle == NtCurrentProcess()) {
        return PspCurrentProcess();
    }
    return Handle == NtCurrentThread() ? PspCurrentThread() : NULL;
}

static NTSTATUS ObpCheckHandle(const struct OBP_HANDLE *Handle, POBJECT_TYPE ObjectType,
                               ACCESS_MASK DesiredAccess, KPROCESSOR_MODE AccessMode)
{
    if (ObjectType != NULL && ObpTypeOf(Handle->Object) != ObjectType) {
        return STATUS_OBJECT_TYPE_MISMATCH; /* REG-MODE-06 */
    }
    if (AccessMode != KernelMode && (DesiredAccess & ~Handle->Access) != 0) {
        return STATUS_ACCESS_DENIED; /* REG-MODE-03: the kernel's own use is not checked */
    }
    return STATUS_SUCCESS;
}

/* A copy of the handle's entry with its object referenced. */
NTSTATUS ObpLookupHandle(HANDLE Handle, POBJECT_TYPE ObjectType, ACCESS_MASK DesiredAccess,
                         KPROCESSOR_MODE AccessMode, struct OBP_HANDLE *Found)
{
    struct OBP_HANDLE_TABLE *Table;
    struct OBP_HANDLE_ENTRY *Entry;
    NTSTATUS Status;
    ULONG Index = 0;

    *Found = (struct OBP_HANDLE){.Object = ObpPseudoHandle(Handle)};
    if (Found->Object != NULL) {
        Found->Access = ((const struct OBP_TYPE *)ObpTypeOf(Found->Object))->ValidAccess;
        Status = ObpCheckHandle(Found, ObjectType, DesiredAccess, AccessMode);
        if (NT_SUCCESS(Status)) {
            ObpReference(Found->Object, NULL);
        }
        return Status;
    }
    Table = ObpTableOf(Handle, AccessMode, &Index);
    if (Table == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    Entry = ObpEntry(Table, Index);
    Found->Object = Entry != NULL ? ObpLockEntry(Entry) : NULL;
    if (Found->Object == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    Found->Access = Entry->Access;
    Found->Attributes = Entry->Attributes;
    Status = ObpCheckHandle(Found, ObjectType, DesiredAccess, AccessMode);
    if (NT_SUCCESS(Status)) {
        atomic_fetch_add(&ObpHeader(Found->Object)->PointerCount, 1); /* B1 */
    }
    ObpUnlockEntry(Entry, Found->Object);
    return Status;
}

NTSTATUS ObpReferenceByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                              KPROCESSOR_MODE AccessMode, PVOID *Object,
                              POBJECT_HANDLE_INFORMATION HandleInformation)
{
    struct OBP_HANDLE Entry;
    NTSTATUS Status;

    *Object = NULL;
    Status = ObpLookupHandle(Handle, ObjectType, DesiredAccess, AccessMode, &Entry);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    *Object = Entry.Object;
    if (HandleInformation != NULL) {
        HandleInformation->HandleAttributes = Entry.Attributes & (OBJ_INHERIT | OBJ_KERNEL_HANDLE);
        HandleInformation->GrantedAccess = Entry.Access;
    }
    return STATUS_SUCCESS;
}

NTSTATUS ObpGrantedAccess(HANDLE Handle, ACCESS_MASK *Granted)
{
    struct OBP_HANDLE Entry;
    NTSTATUS Status = ObpLookupHandle(Handle, NULL, 0, KernelMode, &Entry);

    if (NT_SUCCESS(Status)) {
        *Granted = Entry.Access;
        ObpDereference(Entry.Object, NULL);
    }
    return Status;
}

static VOID ObpReportBadClose(HANDLE Handle, const void *Caller)
{
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_VIOLATION,
            .rule = "DV-24",
            .bugcheck = INVALID_KERNEL_HANDLE,
            .parameter = {(uintptr_t)Handle, 0, 0, 0},
            .address = Caller,
            .on_windows = "STATUS_INVALID_HANDLE; bug check INVALID_KERNEL_HANDLE with a debugger "
                          "or Driver Verifier",
            .fix = "close each handle once, in the process it was made for, and set the variable "
                   "to NULL afterwards",
        },
        "ZwClose was given %p, which is no open handle here", (void *)Handle);
}

static NTSTATUS ObpClose(HANDLE Handle, KPROCESSOR_MODE AccessMode, const void *Caller)
{
    struct OBP_HANDLE_TABLE *Table;
    PVOID Object = NULL;
    ULONG Index = 0;

    if (ObpPseudoHandle(Handle) != NULL) {
        return STATUS_INVALID_HANDLE;
    }
    Table = ObpTableOf(Handle, AccessMode, &Index);
    if (Table != NULL) {
        Object = ObpRemoveHandle(Table, Index);
    }
    if (Object == NULL) {
        if (AccessMode == KernelMode && Handle != NULL) {
            ObpReportBadClose(Handle, Caller);
        }
        return STATUS_INVALID_HANDLE;
    }
    ObpDropHandleReference(Object);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtClose(HANDLE Handle)
{
    ntcb_require_kernel(__func__);
    return ObpClose(Handle, ExGetPreviousMode(), __builtin_return_address(0));
}

NTSTATUS NTAPI ZwClose(HANDLE Handle)
{
    PSP_ZW(ObpClose(Handle, KernelMode, __builtin_return_address(0)));
}

NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode)
{
    ntcb_require_kernel(__func__);
    return ObpClose(Handle, PreviousMode, __builtin_return_address(0));
}

NTSTATUS NTAPI ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes,
                                     PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                                     POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                     PHANDLE Handle)
{
    const void *Caller = __builtin_return_address(0);
    NTSTATUS Status;

    (void)PassedAccessState; /* security subjects are not modelled */
    ntcb_require_kernel(__func__);
    OBP_CHECK_IRQL();
    *Handle = NULL;
    if (ObjectType != NULL && ObpTypeOf(Object) != ObjectType) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (ObpIsDying(Object)) {
        ObpReportMisuse(Object, "is being deleted and cannot be opened", Caller);
        return STATUS_INVALID_PARAMETER;
    }
    if (AccessMode != KernelMode) {
        HandleAttributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    }
    if (((struct OBP_TYPE *)(PVOID)ObpTypeOf(Object))->OpenByPointer != NULL) {
        Status = ((struct OBP_TYPE *)(PVOID)ObpTypeOf(Object))->OpenByPointer(Object, Caller);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    ObpReference(Object, NULL); /* the handle's */
    const void *Before = PspActFor(Caller);
    Status = ObpInsertHandleFor(AccessMode, Object, ObpMapAccess(ObpTypeOf(Object), DesiredAccess),
                                HandleAttributes, Handle);
    (void)PspActFor(Before);
    if (!NT_SUCCESS(Status)) {
        ObpDereference(Object, NULL);
    }
    return Status;
}
