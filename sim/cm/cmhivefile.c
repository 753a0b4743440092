/* SPDX-License-Identifier: MIT
 *
 * cmhivefile.c - loaded hives and the files they came from: what has changed is written back when a
 * program flushes a key, when the hive is unloaded, and at the end of the simulator.
 *
 * Evidence  REG-FLS-01, REG-UNL-01, REG-LOD-04.
 */
#include "cm/cmhive.h"
#include "cm/cmhiveservice.h"
#include "cm/cmtxn.h"
#include "io/iop.h"

#include <ntcallback/dispatch.h>

#define CMP_DIGEST_PRIME 0x100000001B3ull

/* Recursion: CMP_DEPTH_MAX. */
static ULONGLONG CmpDigestTree(const struct CMP_KEY *Key, ULONGLONG Digest)
{
    ULONG Count = CmpStableChildCount(Key);
    Digest = (Digest ^ Key->Id) * CMP_DIGEST_PRIME;
    Digest = (Digest ^ (ULONGLONG)Key->LastWriteTime) * CMP_DIGEST_PRIME;
    for (ULONG Index = 0; Index < Count; Index++) {
        Digest = CmpDigestTree(CmpChildAt(Key, Index), Digest);
    }
    return (Digest ^ Count) * CMP_DIGEST_PRIME;
}

ULONGLONG CmpDigest(const struct CMP_KEY *Key)
{
    return CmpDigestTree(Key, 0xCBF29CE484222325ull);
}

/* What a file is to hold, and the file; File is NULL when it holds that already. */
struct CMP_STAGED {
    PVOID File; /* referenced */
    PVOID Bytes;
    SIZE_T Count;
    struct CMP_KEY *Root; /* referenced */
};

/* Locked. */
static NTSTATUS CmpStage(struct CMP_STATE *State, struct CMP_HIVE *Hive, struct CMP_STAGED *Staged)
{
    ULONGLONG Digest = CmpDigest(Hive->Root);
    Staged->File = NULL;
    if (Hive->FileObject == NULL || Hive->ReadOnly || Digest == Hive->Written ||
        (Hive->Flags & REG_WHOLE_HIVE_VOLATILE) != 0) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status =
        CmpWriteHive(State, Hive->Root, REG_LATEST_FORMAT, &Staged->Bytes, &Staged->Count);
    if (NT_SUCCESS(Status)) {
        ObpReference(Hive->FileObject, NULL);
        Staged->File = Hive->FileObject;
        CmpReferenceKey(Hive->Root);
        Staged->Root = Hive->Root;
        Hive->Written = Digest;
    }
    return Status;
}

/* Not locked. */
static NTSTATUS CmpWriteStaged(struct CMP_STATE *State, struct CMP_STAGED *Staged)
{
    NTSTATUS Status = IopWriteWhole(Staged->File, Staged->Bytes, Staged->Count);
    CmpLock(State);
    struct CMP_HIVE *Hive = CmpHiveOf(State, Staged->Root);
    if (!NT_SUCCESS(Status) && Hive != NULL) {
        Hive->Written = 0; /* nobody knows what is there */
    }
    CmpDereferenceKey(State, Staged->Root);
    CmpUnlock(State);
    ntsim__release(Staged->Bytes);
    ObpDereference(Staged->File, NULL);
    return Status;
}

NTSTATUS CmpFlushHive(struct CMP_STATE *State, const struct CMP_KEY *Key)
{
    struct CMP_STAGED Staged = {.File = NULL};
    ntsim__lock(State->FileLock);
    CmpLock(State);
    struct CMP_HIVE *Hive = CmpHiveAbove(State, Key);
    NTSTATUS Status = Hive != NULL ? CmpStage(State, Hive, &Staged) : STATUS_SUCCESS;
    CmpUnlock(State);
    if (NT_SUCCESS(Status) && Staged.File != NULL) {
        Status = CmpWriteStaged(State, &Staged);
    }
    ntsim__unlock(State->FileLock);
    return Status;
}

/* Nobody waits for the answer. */
static VOID CmpReportLost(NTSTATUS Status)
{
    if (!NT_SUCCESS(Status)) {
        ntcb_report_deliver(&(struct ntcb_report){
            .severity = NTCB_WARNING,
            .rule = "REG-FLS-01",
            .what = "a hive could not be written to its file when it was unloaded: what changed "
                    "since it was last flushed is lost",
            .on_windows = "the same, with an event in the system log",
            .fix = "make room on the volume, or let the host write to the file",
        });
    }
}

VOID CmpFlushHives(struct CMP_STATE *State)
{
    for (PLIST_ENTRY Entry = State->Hives.Flink; Entry != &State->Hives; Entry = Entry->Flink) {
        struct CMP_HIVE *Hive = CONTAINING_RECORD(Entry, struct CMP_HIVE, Link);
        if (Hive->FileObject != NULL) {
            CmpReportLost(CmpFlushHive(State, Hive->Root));
        }
        CmpLeave(&(struct CMP_LEFT){Hive->FileObject, {Hive->LoadEvent, Hive->UnloadEvent}});
        Hive->FileObject = Hive->LoadEvent = Hive->UnloadEvent = NULL;
    }
}

/* May the hive go? Locked. */
static NTSTATUS CmpJudgeUnload(const struct CMP_STATE *State, const struct CMP_KEY *Root,
                               const struct CMP_OBJECT *Own, BOOLEAN Force)
{
    if (CmpHiveOf(State, Root) == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!Force && CmpCountOpen(State, Root, Own) != 0) {
        return STATUS_CANNOT_DELETE;
    }
    return CmpTreeHasShadows(Root) ? STATUS_TRANSACTIONAL_CONFLICT : STATUS_SUCCESS;
}

NTSTATUS CmpUnloadHive(struct CMP_STATE *State, const struct CMP_KEY *Root,
                       const struct CMP_OBJECT *Own, BOOLEAN Force)
{
    struct CMP_STAGED Staged = {.File = NULL};
    struct CMP_LEFT Left = {.File = NULL};
    NTSTATUS Status;
    ntsim__lock(State->FileLock);
    do {
        CmpLock(State);
        Status = CmpJudgeUnload(State, Root, Own, Force);
        if (NT_SUCCESS(Status)) {
            struct CMP_HIVE *Hive = CmpHiveOf(State, Root);
            Status = CmpStage(State, Hive, &Staged);
            if (NT_SUCCESS(Status) && Staged.File == NULL) {
                CmpReportChange(Hive->Root, REG_NOTIFY_CHANGE_NAME);
                CmpUnmountHive(State, Hive, TRUE, &Left);
            }
        }
        CmpUnlock(State);
        if (NT_SUCCESS(Status) && Staged.File != NULL) {
            Status = CmpWriteStaged(State, &Staged); /* and look again: it may have changed */
        }
    } while (NT_SUCCESS(Status) && Staged.File != NULL);
    ntsim__unlock(State->FileLock);
    CmpLeave(&Left);
    return Status;
}

VOID CmpUnloadLate(struct CMP_STATE *State, struct CMP_KEY *Root)
{
    NTSTATUS Status = CmpUnloadHive(State, Root, NULL, FALSE);
    /* Opened anew meanwhile, or unloaded by another thread: it is theirs. */
    if (Status != STATUS_CANNOT_DELETE && Status != STATUS_INVALID_PARAMETER) {
        CmpReportLost(Status);
    }
    CmpLock(State);
    CmpDereferenceKey(State, Root);
    CmpUnlock(State);
}
