/* SPDX-License-Identifier: MIT
 *
 * cmrestore.c - NtRestoreKey, NtReplaceKey: files into keys.
 *
 * Evidence  REG-RST-01, REG-RPL-01. The tree that a file holds is built apart and then takes the
 * place of what the key held: a file that is damaged changes nothing.
 */
#include "cm/cmhive.h"
#include "cm/cmhiveservice.h"
#include "cm/cmmount.h"
#include "cm/cmtxn.h"
#include "io/iop.h"

/* ---- restore ---- */

/* May what the key holds go? Locked. */
static NTSTATUS CmpJudgeRestore(const struct CMP_STATE *State, const struct CMP_CALL *Call,
                                struct CMP_KEY **Key)
{
    const ULONG Place = CMP_KEY_ADMIN_ONLY | CMP_KEY_LINK;
    NTSTATUS Status = CmpKeyOf(Call->Object, Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Call->Object->Transaction != NULL) {
        return STATUS_OPERATION_NOT_SUPPORTED_IN_TRANSACTION;
    }
    if ((Call->Class & REG_WHOLE_HIVE_VOLATILE) != 0) {
        /* MACHINE and USER alone; their hives go, as with REG_FORCE_UNLOAD. */
        if (((*Key)->Flags & CMP_KEY_ADMIN_ONLY) == 0 || (*Key)->Parent == NULL) {
            return STATUS_INVALID_PARAMETER;
        }
    } else if (((*Key)->Flags & Place) != 0) {
        return STATUS_ACCESS_DENIED;
    }
    if ((Call->Class & REG_FORCE_RESTORE) == 0 && CmpCountOpen(State, *Key, Call->Object) != 0) {
        return STATUS_CANNOT_DELETE;
    }
    return CmpTreeHasShadows(*Key) ? STATUS_TRANSACTIONAL_CONFLICT : STATUS_SUCCESS;
}

/* The same tree, but of volatile keys; *Root is freed. Locked. */
static NTSTATUS CmpMakeVolatile(struct CMP_STATE *State, struct CMP_KEY **Root)
{
    struct CMP_KEY *Stable = *Root;
    UNICODE_STRING Name = CmpNameString(Stable->Name);
    UNICODE_STRING Class = {0, 0, NULL};
    if (Stable->Class != NULL) {
        Class = CmpNameString(Stable->Class);
    }
    NTSTATUS Status = CmpCreateChild(State, NULL, &Name, &Class, CMP_KEY_VOLATILE, Root);
    if (NT_SUCCESS(Status)) {
        Status = CmpOverlay(State, Stable, *Root, CMP_KEY_VOLATILE);
        if (!NT_SUCCESS(Status)) {
            CmpUnlinkTree(State, *Root);
        }
    }
    CmpUnlinkTree(State, Stable);
    return Status;
}

/* *Left: of the hives below Key. Locked. */
static NTSTATUS CmpRestoreInto(struct CMP_STATE *State, struct CMP_KEY *Key, const void *Bytes,
                               SIZE_T Count, struct CMP_LEFT_ALL *Left)
{
    struct CMP_KEY *Root;
    NTSTATUS Status = CmpReadHive(State, Bytes, Count, &Root);
    if (NT_SUCCESS(Status) && (Key->Flags & CMP_KEY_VOLATILE) != 0) {
        Status = CmpMakeVolatile(State, &Root); /* REG-CRT-07 */
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpUnmountBelow(State, Key, Left);
    if (NT_SUCCESS(Status)) {
        CmpTakeContents(State, Key, Root);
        CmpReportChange(Key, REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET);
    }
    CmpUnlinkTree(State, Root);
    return Status;
}

/* The file of the hive that Object is the root of, referenced. Locked. */
static NTSTATUS CmpFileToRefresh(const struct CMP_STATE *State, const struct CMP_OBJECT *Object,
                                 PVOID *File)
{
    struct CMP_KEY *Key;
    NTSTATUS Status = CmpKeyOf(Object, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    const struct CMP_HIVE *Hive = CmpHiveOf(State, Object->Key);
    if (Hive == NULL || (Hive->Flags & REG_NO_LAZY_FLUSH) == 0 || Hive->FileObject == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    ObpReference(Hive->FileObject, NULL);
    *File = Hive->FileObject;
    return STATUS_SUCCESS;
}

static NTSTATUS CmpRestoreFrom(struct CMP_STATE *State, const struct CMP_CALL *Call, PVOID File)
{
    struct CMP_LEFT_ALL Left = {0, NULL};
    struct CMP_KEY *Key;
    PVOID Bytes;
    SIZE_T Count;
    NTSTATUS Status = IopReadWhole(File, &Bytes, &Count);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    CmpLock(State);
    Status = CmpJudgeRestore(State, Call, &Key);
    if (NT_SUCCESS(Status)) {
        Status = CmpRestoreInto(State, Key, Bytes, Count, &Left);
    }
    if (NT_SUCCESS(Status) && (Call->Class & REG_REFRESH_HIVE) != 0) {
        CmpHiveOf(State, Key)->Written = CmpDigest(Key);
    }
    CmpUnlock(State);
    CmpLeaveAll(&Left);
    ntsim__release(Bytes);
    return Status;
}

NTSTATUS CmpRunRestoreKey(struct CMP_CALL *Call)
{
    struct CMP_STATE *State = CmpState();
    if ((Call->Class & REG_REFRESH_HIVE) == 0) {
        return CmpRestoreFrom(State, Call, Call->File);
    }
    PVOID File;
    ntsim__lock(State->FileLock); /* nobody writes it, and the hive stays loaded */
    CmpLock(State);
    NTSTATUS Status = CmpFileToRefresh(State, Call->Object, &File);
    CmpUnlock(State);
    if (NT_SUCCESS(Status)) {
        Status = CmpRestoreFrom(State, Call, File);
        ObpDereference(File, NULL);
    }
    ntsim__unlock(State->FileLock);
    return Status;
}

NTSTATUS NTAPI NtRestoreKey(HANDLE KeyHandle, HANDLE FileHandle, ULONG Flags)
{
    struct CMP_CALL Call = {.Handle = KeyHandle, .FileHandle = FileHandle, .Class = Flags};
    ntcb_require_kernel(__func__);
    return CmpPerform(&CmpRestoreKeyService, &Call);
}

/* ---- replace ---- */

/* A hive's file and the two that NtReplaceKey names. */
struct CMP_SWAP {
    struct CMP_STATE *State;
    const struct CMP_CALL *Call;
    PVOID NewFile;
    PVOID NewBytes;
    SIZE_T NewCount;
    PVOID OldFile;
    PVOID OldBytes; /* the hive as it is */
    SIZE_T OldCount;
    PVOID File; /* of the hive, referenced; NULL: it has none */
};

/* Is the new file a hive, and the key the root of one? Locked. */
static NTSTATUS CmpJudgeReplace(struct CMP_SWAP *Swap)
{
    struct CMP_STATE *State = Swap->State;
    struct CMP_KEY *Key, *Root;
    NTSTATUS Status = CmpKeyOf(Swap->Call->Object, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Swap->Call->Object->Transaction != NULL) {
        return STATUS_OPERATION_NOT_SUPPORTED_IN_TRANSACTION;
    }
    if ((Key->Flags & CMP_KEY_HIVE_ROOT) == 0 || (Key->Flags & CMP_KEY_ADMIN_ONLY) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = CmpReadHive(State, Swap->NewBytes, Swap->NewCount, &Root);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    CmpUnlinkTree(State, Root);
    const struct CMP_HIVE *Hive = CmpHiveOf(State, Key);
    if (Hive != NULL && Hive->FileObject != NULL) {
        ObpReference(Hive->FileObject, NULL);
        Swap->File = Hive->FileObject;
    }
    return CmpWriteHive(State, Key, REG_LATEST_FORMAT, &Swap->OldBytes, &Swap->OldCount);
}

/* The hive's file holds the new hive, and the hive goes on in the old one. */
static NTSTATUS CmpExchangeFiles(struct CMP_SWAP *Swap)
{
    struct CMP_STATE *State = Swap->State;
    NTSTATUS Status = IopWriteWhole(Swap->OldFile, Swap->OldBytes, Swap->OldCount);
    if (!NT_SUCCESS(Status) || Swap->File == NULL) {
        return Status;
    }
    Status = IopWriteWhole(Swap->File, Swap->NewBytes, Swap->NewCount);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    CmpLock(State);
    struct CMP_HIVE *Hive = CmpHiveOf(State, Swap->Call->Object->Key);
    if (Hive != NULL && Hive->FileObject == Swap->File) {
        PVOID Former = Hive->FileObject;
        ObpMakePermanent(Swap->OldFile);
        Hive->FileObject = Swap->OldFile;
        Hive->Written = 0; /* it may have changed since */
        Swap->OldFile = Former;
    }
    CmpUnlock(State);
    return IopDeleteWhole(Swap->NewFile); /* it has moved */
}

static NTSTATUS CmpReplace(struct CMP_SWAP *Swap)
{
    NTSTATUS Status = IopReadWhole(Swap->NewFile, &Swap->NewBytes, &Swap->NewCount);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ntsim__lock(Swap->State->FileLock);
    CmpLock(Swap->State);
    Status = CmpJudgeReplace(Swap);
    CmpUnlock(Swap->State);
    if (NT_SUCCESS(Status)) {
        Status = IopOpenWhole(&Swap->Call->OldFile->Attributes, FILE_READ_DATA | FILE_WRITE_DATA, 0,
                              FILE_OVERWRITE_IF, &Swap->OldFile);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpExchangeFiles(Swap);
    }
    ntsim__unlock(Swap->State->FileLock);
    ntsim__release(Swap->NewBytes);
    ntsim__release(Swap->OldBytes);
    return Status;
}

NTSTATUS CmpRunReplaceKey(struct CMP_CALL *Call)
{
    struct CMP_SWAP Swap = {.State = CmpState(), .Call = Call};
    NTSTATUS Status = CmpReadNamed(Call->NewFile);
    if (NT_SUCCESS(Status)) {
        Status = CmpReadNamed(Call->OldFile);
    }
    if (NT_SUCCESS(Status)) {
        Status =
            IopOpenWhole(&Call->NewFile->Attributes, FILE_READ_DATA, 0, FILE_OPEN, &Swap.NewFile);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpReplace(&Swap);
    }
    const PVOID Files[] = {Swap.NewFile, Swap.OldFile, Swap.File};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Files); Index++) {
        if (Files[Index] != NULL) {
            ObpDereference(Files[Index], NULL);
        }
    }
    return Status;
}

NTSTATUS NTAPI NtReplaceKey(POBJECT_ATTRIBUTES NewFile, HANDLE TargetHandle,
                            POBJECT_ATTRIBUTES OldFile)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    struct CMP_NAMED New = {.Pool = NULL};
    struct CMP_NAMED Old = {.Pool = NULL};
    struct CMP_CALL Call = {.Handle = TargetHandle, .NewFile = &New, .OldFile = &Old};
    ntcb_require_kernel(__func__);
    NTSTATUS Status = CmpNeedPrivilege(SE_RESTORE_PRIVILEGE, Mode);
    if (NT_SUCCESS(Status)) {
        Status = CmpCaptureNamed(Mode, NewFile, FALSE, *IoFileObjectType, 0, &New);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpCaptureNamed(Mode, OldFile, FALSE, *IoFileObjectType, 0, &Old);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpPerform(&CmpReplaceKeyService, &Call);
    }
    CmpReleaseNamed(&New);
    CmpReleaseNamed(&Old);
    return Status;
}
