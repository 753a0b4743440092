/* SPDX-License-Identifier: MIT
 *
 * cmloadhive.c - a hive file read and put into the tree.
 *
 * Evidence  REG-LOD-01..05, CM-APP-01, -02. A hive goes directly below \REGISTRY\MACHINE or
 * \REGISTRY\USER, an application's below \REGISTRY\A, where nobody can open it by name: its loader
 * gets the only handle, and with the last key object in it the hive goes.
 */
#include "cm/cmhive.h"
#include "cm/cmhiveservice.h"
#include "io/iop.h"
#include "mm/mmp.h"

#define CMP_NOT_WRITTEN (REG_OPEN_READ_ONLY | REG_IMMUTABLE)

/* ---- the place ---- */

/* The parent of the hive's root and its name: no key yet, or the one that is there. Locked. */
struct CMP_SPOT {
    struct CMP_KEY *Parent;
    UNICODE_STRING Name;
    struct CMP_KEY *There;
};

/* Where the target's name starts. */
static NTSTATUS CmpStartSpot(struct CMP_STATE *State, const struct CMP_LOAD *Load,
                             PUNICODE_STRING Rest, struct CMP_KEY **Key)
{
    const struct CMP_OBJECT *Root = Load->Target.Root;
    UNICODE_STRING Component;
    *Rest = Load->Target.Name;
    *Key = Root != NULL ? Root->Key : State->Root;
    if (Root != NULL) {
        return ((*Key)->Flags & CMP_KEY_DELETED) != 0 ? CmpDeletedStatus(*Key) : STATUS_SUCCESS;
    }
    if (Rest->Length == 0 || Rest->Buffer[0] != u'\\') {
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    }
    return CmpNextComponent(Rest, &Component) && CmpStringEquals(&Component, u"REGISTRY")
               ? STATUS_SUCCESS
               : STATUS_OBJECT_PATH_NOT_FOUND;
}

/* May a hive with these flags hang below Parent? */
static NTSTATUS CmpCheckSpot(const struct CMP_LOAD *Load, const struct CMP_KEY *Parent)
{
    BOOLEAN Private = (Parent->Flags & CMP_KEY_NO_TRAVERSE) != 0;
    if ((Load->Flags & REG_APP_HIVE) != 0) {
        return Private ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER; /* REG-LOD-02 */
    }
    return !Private && (Parent->Flags & CMP_KEY_ADMIN_ONLY) != 0 && Parent->Parent != NULL
               ? STATUS_SUCCESS
               : STATUS_ACCESS_DENIED; /* REG-LOD-03 */
}

static NTSTATUS CmpFindSpot(struct CMP_STATE *State, const struct CMP_LOAD *Load,
                            struct CMP_SPOT *Spot)
{
    UNICODE_STRING Rest;
    struct CMP_KEY *Key;
    NTSTATUS Status = CmpStartSpot(State, Load, &Rest, &Key);
    while (NT_SUCCESS(Status)) {
        if (!CmpNextComponent(&Rest, &Spot->Name)) {
            return STATUS_OBJECT_NAME_INVALID; /* \REGISTRY itself, or no name */
        }
        if (CmpIsLast(Rest)) {
            break;
        }
        Key = CmpFindChild(Key, &Spot->Name);
        Status = Key != NULL ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpCheckSpot(Load, Key);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Spot->Parent = Key;
    Spot->There = CmpFindChild(Key, &Spot->Name);
    return Spot->Name.Length > CMP_COMPONENT_MAX * sizeof(WCHAR) ? STATUS_INVALID_PARAMETER
                                                                 : STATUS_SUCCESS;
}

/* ---- the file ---- */

/* Is the hive that File is open on at the target already? *Root: it, referenced. */
static NTSTATUS CmpFindLoaded(struct CMP_STATE *State, const struct CMP_LOAD *Load,
                              struct CMP_KEY **Root)
{
    struct CMP_SPOT Spot;
    PVOID File;
    NTSTATUS Status = IopOpenWhole(&Load->Source.Attributes, FILE_READ_ATTRIBUTES,
                                   FILE_SHARE_VALID_FLAGS, FILE_OPEN, &File);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    CmpLock(State);
    Status = CmpFindSpot(State, Load, &Spot);
    if (NT_SUCCESS(Status)) {
        const struct CMP_HIVE *Hive = Spot.There != NULL ? CmpHiveOf(State, Spot.There) : NULL;
        Status = Hive != NULL && Hive->FileObject != NULL &&
                         IopIsSameFile(Hive->FileObject, File) &&
                         ((Load->Flags | Hive->Flags) & REG_PROCESS_PRIVATE) == 0
                     ? STATUS_SUCCESS
                     : STATUS_SHARING_VIOLATION;
    }
    if (NT_SUCCESS(Status)) {
        CmpReferenceKey(Spot.There);
        *Root = Spot.There;
    }
    CmpUnlock(State);
    ObpDereference(File, NULL);
    return Status;
}

/* Locked. On success the hive has the file, and *Root is referenced once more. */
static NTSTATUS CmpMount(struct CMP_STATE *State, struct CMP_LOAD *Load, const void *Bytes,
                         SIZE_T Count, PVOID File, struct CMP_KEY **Root)
{
    struct CMP_SPOT Spot;
    struct CMP_HIVE *Hive;
    struct CMP_KEY *Key;
    NTSTATUS Status = CmpFindSpot(State, Load, &Spot);
    if (NT_SUCCESS(Status) && Spot.There != NULL) {
        Status = STATUS_OBJECT_NAME_COLLISION;
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpReadHive(State, Bytes, Count, &Key);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status =
        CmpMountHive(State, Spot.Parent, &Spot.Name, Key, Load->Flags, &Load->Source.Name, &Hive);
    if (!NT_SUCCESS(Status)) {
        CmpUnlinkTree(State, Key);
        return Status;
    }
    Hive->FileObject = File;
    Hive->LoadEvent = Load->EventObject;
    Load->EventObject = NULL;
    Hive->Written = CmpDigest(Key);
    CmpMarkHive(State, Hive, (Load->Flags & CMP_NOT_WRITTEN) != 0,
                (Load->Flags & REG_APP_HIVE) != 0);
    CmpReportChange(Key, REG_NOTIFY_CHANGE_NAME);
    CmpReferenceKey(Key);
    *Root = Key;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpMountFile(struct CMP_STATE *State, struct CMP_LOAD *Load, struct CMP_KEY **Root)
{
    BOOLEAN ReadOnly = (Load->Flags & CMP_NOT_WRITTEN) != 0;
    PVOID File, Bytes;
    SIZE_T Count;
    NTSTATUS Status = IopOpenWhole(&Load->Source.Attributes,
                                   ReadOnly ? FILE_READ_DATA : FILE_READ_DATA | FILE_WRITE_DATA,
                                   ReadOnly ? FILE_SHARE_READ : 0, FILE_OPEN, &File);
    if (Status == STATUS_SHARING_VIOLATION) {
        return CmpFindLoaded(State, Load, Root);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObpMakePermanent(File); /* as long as the hive is loaded, it is no driver's leak */
    Status = IopReadWhole(File, &Bytes, &Count);
    if (NT_SUCCESS(Status)) {
        CmpLock(State);
        Status = CmpMount(State, Load, Bytes, Count, File, Root);
        CmpUnlock(State);
        ntsim__release(Bytes);
    }
    if (!NT_SUCCESS(Status)) {
        ObpDereference(File, NULL);
    }
    return Status;
}

/* ---- the handle ---- */

/* A key object of Root, and a handle to it. The object of a hive that goes with its last one takes
 * the hive along if there can be no handle. */
static NTSTATUS CmpOpenRoot(struct CMP_STATE *State, const struct CMP_LOAD *Load,
                            struct CMP_KEY *Root, PHANDLE Handle)
{
    ULONG Attributes = Load->Target.Attributes.Attributes;
    struct CMP_OBJECT *Object;
    ACCESS_MASK Granted;
    NTSTATUS Status = CmpCreateObject(&Object);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Load->Mode != KernelMode) {
        Attributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    }
    CmpLock(State);
    Status =
        (Root->Flags & CMP_KEY_DELETED) != 0
            ? CmpDeletedStatus(Root)
            : CmpGrantAccess(Root, Load->Mode, Load->DesiredAccess & ~(ACCESS_MASK)KEY_WOW64_RES,
                             FALSE, &Granted);
    if (NT_SUCCESS(Status)) {
        CmpReferenceKey(Root);
        Object->Key = Root;
    }
    CmpUnlock(State);
    if (NT_SUCCESS(Status)) {
        Status = ObpInsertHandle(Object, Granted, Attributes, Handle);
    }
    if (!NT_SUCCESS(Status)) {
        ObpDereference(Object, NULL);
    }
    return Status;
}

static NTSTATUS CmpHandOut(struct CMP_STATE *State, const struct CMP_LOAD *Load,
                           struct CMP_KEY *Root)
{
    HANDLE Handle;
    NTSTATUS Status = CmpOpenRoot(State, Load, Root, &Handle);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = MmpCopy(Load->Mode, Load->RootHandle, &Handle, sizeof(Handle));
    if (!NT_SUCCESS(Status)) {
        ObCloseHandle(Handle, Load->Mode); /* nobody knows it */
    }
    return Status;
}

NTSTATUS CmpLoadHive(struct CMP_LOAD *Load)
{
    struct CMP_STATE *State = CmpState();
    struct CMP_KEY *Root;
    NTSTATUS Status = CmpReadNamed(&Load->Target);
    if (NT_SUCCESS(Status)) {
        Status = CmpReadNamed(&Load->Source);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpMountFile(State, Load, &Root);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Load->RootHandle != NULL) {
        Status = CmpHandOut(State, Load, Root);
    }
    if (!NT_SUCCESS(Status)) {
        CmpUnloadHive(State, Root, NULL, FALSE); /* unless others have it open, or it has gone */
    }
    CmpLock(State);
    CmpDereferenceKey(State, Root);
    CmpUnlock(State);
    return Status;
}
