/* SPDX-License-Identifier: MIT
 *
 * cmsave.c - NtSaveKey, NtSaveKeyEx, NtSaveMergedKeys, NtFlushKey: keys into files.
 *
 * Evidence  REG-SAV-01, -02; REG-FLS-01. The bytes are made under the lock and written after it:
 * what is saved is one state of the tree.
 */
#include "cm/cmhive.h"
#include "cm/cmhiveservice.h"
#include "cm/cmtxn.h"
#include "io/iop.h"

/* ---- flush ---- */

NTSTATUS CmpRunFlushKey(struct CMP_CALL *Call)
{
    struct CMP_STATE *State = CmpState();
    struct CMP_KEY *Key;
    CmpLock(State);
    NTSTATUS Status = CmpKeyOf(Call->Object, &Key);
    CmpUnlock(State);
    return NT_SUCCESS(Status) ? CmpFlushHive(State, Call->Object->Key) : Status;
}

/* ---- save ---- */

/* The key of Object to be saved, outside any transaction. Locked. */
static NTSTATUS CmpSavedKey(const struct CMP_OBJECT *Object, struct CMP_KEY **Key)
{
    NTSTATUS Status = CmpKeyOf(Object, Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Object->Transaction != NULL) {
        return STATUS_OPERATION_NOT_SUPPORTED_IN_TRANSACTION;
    }
    return ((*Key)->Flags & CMP_KEY_ADMIN_ONLY) != 0 ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

static NTSTATUS CmpWriteOut(const struct CMP_CALL *Call, NTSTATUS Status, PVOID Bytes, SIZE_T Count)
{
    if (NT_SUCCESS(Status)) {
        Status = IopWriteWhole(Call->File, Bytes, Count);
        ntsim__release(Bytes);
    }
    return Status;
}

NTSTATUS CmpRunSaveKey(struct CMP_CALL *Call)
{
    struct CMP_STATE *State = CmpState();
    struct CMP_KEY *Key;
    PVOID Bytes = NULL;
    SIZE_T Count = 0;
    CmpLock(State);
    NTSTATUS Status = CmpSavedKey(Call->Object, &Key);
    if (NT_SUCCESS(Status) && Call->Class == REG_NO_COMPRESSION &&
        (Key->Flags & CMP_KEY_HIVE_ROOT) == 0) {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpWriteHive(State, Key, Call->Class, &Bytes, &Count);
    }
    CmpUnlock(State);
    return CmpWriteOut(Call, Status, Bytes, Count);
}

static const struct CMP_KEY *CmpRootOf(const struct CMP_KEY *Key)
{
    while ((Key->Flags & CMP_KEY_HIVE_ROOT) == 0) {
        Key = Key->Parent;
    }
    return Key;
}

/* A tree of its own in which High lies over Low, as bytes. Locked. */
static NTSTATUS CmpWriteMerged(struct CMP_STATE *State, const struct CMP_KEY *High,
                               const struct CMP_KEY *Low, PVOID *Bytes, PSIZE_T Count)
{
    UNICODE_STRING Name = CmpNameString(High->Name);
    UNICODE_STRING Class = {0, 0, NULL};
    struct CMP_KEY *Merged;
    if (High->Class != NULL) {
        Class = CmpNameString(High->Class);
    }
    NTSTATUS Status = CmpCreateChild(State, NULL, &Name, &Class, 0, &Merged);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpOverlay(State, Low, Merged, 0);
    if (NT_SUCCESS(Status)) {
        Status = CmpOverlay(State, High, Merged, 0);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpWriteHive(State, Merged, REG_LATEST_FORMAT, Bytes, Count);
    }
    CmpUnlinkTree(State, Merged);
    return Status;
}

NTSTATUS CmpRunSaveMergedKeys(struct CMP_CALL *Call)
{
    struct CMP_STATE *State = CmpState();
    struct CMP_KEY *High, *Low;
    PVOID Bytes = NULL;
    SIZE_T Count = 0;
    CmpLock(State);
    NTSTATUS Status = CmpSavedKey(Call->Object, &High);
    if (NT_SUCCESS(Status)) {
        Status = CmpSavedKey(Call->Other, &Low);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpRootOf(High) != CmpRootOf(Low)
                     ? CmpWriteMerged(State, High, Low, &Bytes, &Count)
                     : STATUS_INVALID_PARAMETER;
    }
    CmpUnlock(State);
    return CmpWriteOut(Call, Status, Bytes, Count);
}

/* ---- services ---- */

NTSTATUS NTAPI NtFlushKey(HANDLE KeyHandle)
{
    struct CMP_CALL Call = {.Handle = KeyHandle};
    ntcb_require_kernel(__func__);
    return CmpPerform(&CmpFlushKeyService, &Call);
}

NTSTATUS NTAPI NtSaveKeyEx(HANDLE KeyHandle, HANDLE FileHandle, ULONG Format)
{
    struct CMP_CALL Call = {.Handle = KeyHandle, .FileHandle = FileHandle, .Class = Format};
    ntcb_require_kernel(__func__);
    return CmpPerform(&CmpSaveKeyService, &Call);
}

NTSTATUS NTAPI NtSaveKey(HANDLE KeyHandle, HANDLE FileHandle)
{
    return NtSaveKeyEx(KeyHandle, FileHandle, REG_STANDARD_FORMAT);
}

NTSTATUS NTAPI NtSaveMergedKeys(HANDLE HighPrecedenceKeyHandle, HANDLE LowPrecedenceKeyHandle,
                                HANDLE FileHandle)
{
    struct CMP_CALL Call = {.Handle = HighPrecedenceKeyHandle,
                            .OtherHandle = LowPrecedenceKeyHandle,
                            .FileHandle = FileHandle};
    ntcb_require_kernel(__func__);
    return CmpPerform(&CmpSaveMergedKeysService, &Call);
}
