/* SPDX-License-Identifier: MIT
 *
 * cmwalk.c - from a name to a key: look it up, follow links, make the last component.
 *
 * Locks       CmpWalk holds State->Lock for the whole of it: lookup, decision and creation are one
 *             step. It holds it shared as long as nothing has to be made; then it begins anew.
 * Evidence    REG-OPN-03..12, REG-CRT-02..12, REG-LNK-01..08, REG-VOL-01, -02, REG-NS-05, -07.
 */
#include "cm/cmmount.h"
#include "cm/cmsecurity.h"
#include "cm/cmservice.h"
#include "mm/mmp.h"

#include <string.h>

#define CMP_REPARSE_MAX 64 /* REG-LNK-05, before the object manager gives up */

/* Where the walk ended. */
struct CMP_PLACE {
    struct CMP_TRANSACTION *Transaction; /* NULL: none. What is looked up is what it sees */
    struct CMP_KEY *Key;                 /* found, or the parent of the key to be made */
    UNICODE_STRING NewName;              /* of the key to be made; empty when Key was found */
    const struct CMP_KEY *Link;          /* not NULL: go on at its target with Rest */
    const struct CMP_KEY *LinkKey;       /* Link is that, or the transaction's view of it */
    UNICODE_STRING Rest;
};

NTSTATUS CmpFollowLink(const struct CMP_KEY *Link, UNICODE_STRING Rest, struct CMP_OPEN *Open,
                       PUNICODE_STRING Name)
{
    enum ntcb_windows Windows = CmpState()->Windows;
    UNICODE_STRING ValueName = RTL_CONSTANT_STRING(u"SymbolicLinkValue");
    const struct CMP_VALUE *Value = CmpFindValue(Link, &ValueName);
    if (Value == NULL || Value->Type != REG_LINK || Value->DataLength < sizeof(WCHAR)) {
        return STATUS_OBJECT_NAME_NOT_FOUND; /* REG-LNK-02 */
    }
    if (*(const WCHAR *)Value->Data != u'\\') {
        return Windows >= NTCB_WINDOWS_10_1607 ? STATUS_OBJECT_NAME_INVALID
                                               : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (Open->Reparses++ >= CMP_REPARSE_MAX) {
        /* REG-LNK-05 */
        return Windows >= NTCB_WINDOWS_10_1607 ? STATUS_INVALID_PARAMETER : STATUS_NAME_TOO_LONG;
    }
    ULONG TargetBytes = Value->DataLength & ~(ULONG)1;
    if (TargetBytes > UNICODE_STRING_MAX_BYTES) {
        return STATUS_NAME_TOO_LONG;
    }
    NTSTATUS Status =
        CmpTrustLink(Link, (UNICODE_STRING){(USHORT)TargetBytes, (USHORT)TargetBytes, Value->Data});
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    BOOLEAN Last = CmpIsLast(Rest);
    SIZE_T Bytes = TargetBytes + (Last ? 0 : sizeof(WCHAR) + (SIZE_T)Rest.Length);
    if (Bytes > 0xFFFE) {
        return STATUS_NAME_TOO_LONG;
    }
    PUCHAR Buffer = ExAllocatePoolWithTag(PagedPool, Bytes, CMP_TAG);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(Buffer, Value->Data, TargetBytes);
    if (!Last) {
        memcpy(Buffer + TargetBytes, u"\\", sizeof(WCHAR));
        memcpy(Buffer + TargetBytes + sizeof(WCHAR), Rest.Buffer, Rest.Length);
    }
    *Name = (UNICODE_STRING){(USHORT)Bytes, (USHORT)Bytes, (PWCH)(PVOID)Buffer};
    return STATUS_SUCCESS;
}

/* What a component that exists does to the walk; TRUE when the walk is over. */
static BOOLEAN CmpEnterChild(const struct OBP_PARSE *Parse, const struct CMP_OPEN *Open,
                             struct CMP_KEY *Child, struct CMP_PLACE *Place, NTSTATUS *Status)
{
    BOOLEAN Last = CmpIsLast(Place->Rest);
    if ((Child->Flags & CMP_KEY_NO_TRAVERSE) != 0) {
        *Status = STATUS_ACCESS_DENIED; /* REG-LOD-04 */
        return TRUE;
    }
    if (Last && Open->Create && (Open->Options & REG_OPTION_CREATE_LINK) != 0) {
        *Status = STATUS_OBJECT_NAME_COLLISION; /* REG-CRT-06 */
        return TRUE;
    }
    if ((Child->Flags & CMP_KEY_LINK) != 0 && !(Last && (Parse->Attributes & OBJ_OPENLINK) != 0)) {
        Place->Link = CmpViewOf(Place->Transaction, Child);
        Place->LinkKey = Child;
        return TRUE;
    }
    Place->Key = Child;
    return FALSE;
}

static NTSTATUS CmpLookup(const struct OBP_PARSE *Parse, const struct CMP_OPEN *Open,
                          struct CMP_PLACE *Place)
{
    NTSTATUS Status = STATUS_SUCCESS;
    UNICODE_STRING Component;
    struct CMP_ROUTE Route;
    Route.Next = Route.Count = 0;
    if ((CmpViewOf(Place->Transaction, Place->Key)->Flags & CMP_KEY_DELETED) != 0) {
        return CmpDeletedStatus(Place->Key); /* REG-OPN-07 */
    }
    while (CmpNextComponent(&Place->Rest, &Component)) {
        BOOLEAN Makes = Open->Create && CmpIsLast(Place->Rest);
        if (Component.Length > CMP_COMPONENT_MAX * sizeof(WCHAR)) {
            return Makes ? STATUS_INVALID_PARAMETER : STATUS_OBJECT_NAME_NOT_FOUND;
        }
        struct CMP_KEY *Child = CmpFindOnRoute(CmpViewOf(Place->Transaction, Place->Key), Component,
                                               Place->Rest, &Route);
        if (Child == NULL) {
            Place->NewName = Component;
            return Makes ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
        }
        if (CmpEnterChild(Parse, Open, Child, Place, &Status)) {
            return Status;
        }
    }
    return STATUS_SUCCESS;
}

/* May a key with these options be made below Parent? */
static NTSTATUS CmpCheckCreation(const struct OBP_PARSE *Parse, const struct CMP_OPEN *Open,
                                 const struct CMP_KEY *Parent)
{
    BOOLEAN Volatile = (Open->Options & REG_OPTION_VOLATILE) != 0;
    BOOLEAN User = Parse->AccessMode != KernelMode;
    if ((Parent->Flags & CMP_KEY_LINK) != 0) {
        return STATUS_ACCESS_DENIED; /* REG-CRT-08 */
    }
    if (User && (Parent->Flags & CMP_KEY_ADMIN_ONLY) != 0 &&
        (Parent->Parent == NULL || !Volatile)) {
        return STATUS_ACCESS_DENIED; /* REG-CRT-10 */
    }
    if ((Parent->Flags & CMP_KEY_VOLATILE) != 0 && !Volatile) {
        return STATUS_CHILD_MUST_BE_VOLATILE; /* REG-CRT-07 */
    }
    if (CmpDepth(Parent) >= CMP_DEPTH_MAX) {
        return STATUS_INVALID_PARAMETER; /* REG-NS-04 */
    }
    const struct CMP_HIVE *Hive = CmpHiveAbove(CmpState(), Parent);
    if (Hive != NULL && Hive->ReadOnly) {
        return STATUS_ACCESS_DENIED; /* REG-CRT-14 */
    }
    ACCESS_MASK Granted;
    return User ? CmpCheckKey(Parent, SepCurrentToken(), KEY_CREATE_SUB_KEY, &Granted)
                : STATUS_SUCCESS; /* REG-CRT-04 */
}

/* Place->Key becomes what the transaction, if any, may make Place->NewName below. */
static NTSTATUS CmpOwnParent(struct CMP_PLACE *Place)
{
    if (Place->Transaction == NULL) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = Place->Key->Shadows != NULL ? CmpAdmitChild(Place->Key, &Place->NewName,
                                                                  Place->Transaction, CmpStable)
                                                  : STATUS_SUCCESS;
    return NT_SUCCESS(Status) ? CmpOwnChildren(Place->Transaction, Place->Key, &Place->Key)
                              : Status;
}

/* REG-OPN-09: what each privilege is good for is RegCreateKeyEx's. The kernel holds both. */
static ACCESS_MASK CmpBackupAccess(KPROCESSOR_MODE Mode)
{
    const LUID Backup = {SE_BACKUP_PRIVILEGE, 0};
    const LUID Restore = {SE_RESTORE_PRIVILEGE, 0};
    ACCESS_MASK Access = 0;
    if (SeSinglePrivilegeCheck(Backup, Mode)) {
        Access |= KEY_READ | ACCESS_SYSTEM_SECURITY;
    }
    if (SeSinglePrivilegeCheck(Restore, Mode)) {
        Access |= KEY_WRITE | DELETE | ACCESS_SYSTEM_SECURITY;
    }
    return Access;
}

/* Place->Key becomes the key the call ends at, made if it was not there. */
static NTSTATUS CmpFinish(const struct OBP_PARSE *Parse, struct CMP_OPEN *Open,
                          struct CMP_PLACE *Place, ACCESS_MASK *Granted)
{
    BOOLEAN New = Place->NewName.Length != 0;
    NTSTATUS Status = STATUS_SUCCESS;
    if (New) {
        Status = CmpCheckCreation(Parse, Open, Place->Key);
    } else if (Open->Create && (Open->Options & REG_OPTION_CREATE_LINK) != 0) {
        Status = STATUS_OBJECT_NAME_COLLISION; /* REG-CRT-06, by an empty name */
    }
    if (NT_SUCCESS(Status) && (Open->Options & REG_OPTION_BACKUP_RESTORE) != 0) {
        *Granted = Open->BackupAccess; /* whatever was asked for */
        Status = *Granted != 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    } else if (NT_SUCCESS(Status)) {
        Status = CmpGrantAccess(Place->Key, Parse->AccessMode, Parse->DesiredAccess, New, Granted);
    }
    if (NT_SUCCESS(Status) && New) {
        Status = CmpOwnParent(Place);
    }
    if (NT_SUCCESS(Status) && New) {
        Status = CmpMakeKey(Open, Place->Key, &Place->NewName, &Place->Key);
    }
    if (NT_SUCCESS(Status) && New) {
        CmpReferenceKey(Place->Key);
        Open->Created = Place->Key;
        CmpReportChange(Place->Key, REG_NOTIFY_CHANGE_NAME);
    }
    return Status;
}

/* The call's own transaction, or its root's (REG-TXN-03). Locked. */
static NTSTATUS CmpJoin(const struct CMP_OBJECT *Root, const struct CMP_OPEN *Open,
                        struct CMP_PLACE *Place)
{
    Place->Transaction = Open->Transaction != NULL ? Open->Transaction : Root->Transaction;
    if (Place->Transaction == NULL) {
        return STATUS_SUCCESS;
    }
    if (Root->Transaction != NULL && Root->Transaction != Place->Transaction) {
        return STATUS_TRANSACTIONAL_CONFLICT;
    }
    return Place->Transaction->Active ? STATUS_SUCCESS : STATUS_TRANSACTION_NOT_ACTIVE;
}

/* What was found is Target's object from now on; a reparse goes on in the same transaction. */
static VOID CmpBindTransaction(NTSTATUS Status, const struct CMP_PLACE *Place,
                               struct CMP_OPEN *Open, struct CMP_OBJECT *Object)
{
    struct CMP_TRANSACTION *Transaction = Place->Transaction;
    if (Transaction != NULL && Status == STATUS_SUCCESS) {
        ObpReference(Transaction, NULL);
        Object->Transaction = Transaction;
    } else if (Transaction != NULL && Status == STATUS_REPARSE && Open->Transaction == NULL) {
        ObpReference(Transaction, NULL);
        Open->Transaction = Transaction;
    }
}

/* The target of the link that the walk has met. */
static NTSTATUS CmpLeaveByLink(struct CMP_STATE *State, const struct CMP_PLACE *Place,
                               struct CMP_OPEN *Open, PUNICODE_STRING Name)
{
    if (Place->Link != Place->LinkKey) {
        return CmpFollowLink(Place->Link, Place->Rest, Open, Name); /* T7: a view */
    }
    CmpLockKey(State, Place->LinkKey);
    NTSTATUS Status = CmpFollowLink(Place->Link, Place->Rest, Open, Name);
    CmpUnlockKey(State, Place->LinkKey);
    return Status;
}

/* Locked, Shared or not. STATUS_MORE_PROCESSING_REQUIRED: shared will not do. */
static NTSTATUS CmpWalkLocked(const struct OBP_PARSE *Parse, struct CMP_OPEN *Open,
                              struct CMP_PLACE *Place, BOOLEAN Shared, struct CMP_TARGET *Target)
{
    const struct CMP_OBJECT *Root = Parse->RootObject;
    *Place = (struct CMP_PLACE){.Key = Root->Key, .Rest = Parse->RemainingName};
    NTSTATUS Status = CmpJoin(Root, Open, Place);
    if (NT_SUCCESS(Status)) {
        Status = CmpLookup(Parse, Open, Place);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Place->Link != NULL) {
        Status = CmpLeaveByLink(CmpState(), Place, Open, &Target->ReparseName);
        return NT_SUCCESS(Status) ? STATUS_REPARSE : Status;
    }
    if (Shared && Place->NewName.Length != 0) {
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    Status = CmpFinish(Parse, Open, Place, &Target->Granted);
    if (NT_SUCCESS(Status)) {
        CmpReferenceKey(Place->Key);
        Target->Object->Key = Place->Key;
    }
    return Status;
}

NTSTATUS CmpWalk(const struct OBP_PARSE *Parse, struct CMP_OPEN *Open, struct CMP_TARGET *Target)
{
    struct CMP_STATE *State = CmpState();
    struct CMP_PLACE Place;
    NTSTATUS Status = CmpCaptureDescriptor(Parse, Open);
    Status = NT_SUCCESS(Status) ? CmpCreateObject(&Target->Object) : Status;
    if (!NT_SUCCESS(Status)) {
        Target->Object = NULL;
        return Status;
    }
    if ((Open->Options & REG_OPTION_BACKUP_RESTORE) != 0) {
        Open->BackupAccess = CmpBackupAccess(Parse->AccessMode);
    }
    CmpLockShared(State);
    Status = CmpWalkLocked(Parse, Open, &Place, TRUE, Target);
    CmpUnlockShared(State);
    if (Status == STATUS_MORE_PROCESSING_REQUIRED) {
        CmpLock(State);
        Status = CmpWalkLocked(Parse, Open, &Place, FALSE, Target);
        CmpUnlock(State);
    }
    CmpBindTransaction(Status, &Place, Open, Target->Object);
    if (Status == STATUS_SUCCESS && Open->Disposition != NULL) {
        ULONG Disposition = Open->Created != NULL ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
        Status = MmpCopy(Parse->PreviousMode, Open->Disposition, &Disposition, sizeof(Disposition));
    }
    if (Status != STATUS_SUCCESS) {
        ObpDereference(Target->Object, NULL);
        Target->Object = NULL;
    }
    return Status;
}
