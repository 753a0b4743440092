/* SPDX-License-Identifier: MIT
 *
 * cmunload.c - NtUnloadKey, NtUnloadKey2, NtUnloadKeyEx, NtQueryOpenSubKeys, NtQueryOpenSubKeysEx:
 * services that take the name of a hive's root and open it themselves, which raises what any open
 * raises.
 *
 * Evidence  REG-UNL-01, -02; REG-QOS-01; CM-NC-34, -35; CM-PRE-15.
 */
#include "cm/cmhiveservice.h"
#include "mm/mmp.h"

#include <string.h>

static NTSTATUS CmpOpenTarget(POBJECT_ATTRIBUTES TargetKey, ACCESS_MASK Access, PHANDLE Handle)
{
    struct CMP_OPEN Open = {.Create = FALSE};
    NTSTATUS Status = ObpOpenObjectByName(TargetKey, *CmKeyObjectType, ExGetPreviousMode(), Access,
                                          &Open, Handle);
    CmpReleaseOpen(&Open);
    return Status;
}

/* ---- unload ---- */

/* The hive cannot go now: it goes with the last key object in it, and sets the event. */
static NTSTATUS CmpUnloadLater(struct CMP_STATE *State, struct CMP_CALL *Call,
                               const struct CMP_KEY *Root)
{
    CmpLock(State);
    struct CMP_HIVE *Hive = CmpHiveOf(State, Root);
    NTSTATUS Status = STATUS_INVALID_PARAMETER; /* gone meanwhile, or somebody waits already */
    if (Hive != NULL && Hive->UnloadEvent == NULL) {
        Hive->UnloadEvent = Call->Event;
        Call->Event = NULL;
        CmpMarkHive(State, Hive, Hive->ReadOnly, TRUE);
        Status = STATUS_PENDING;
    }
    CmpUnlock(State);
    return Status;
}

NTSTATUS CmpRunUnloadKey(struct CMP_CALL *Call)
{
    struct CMP_STATE *State = CmpState();
    struct CMP_KEY *Key;
    CmpLock(State);
    NTSTATUS Status = CmpKeyOf(Call->Object, &Key);
    if (NT_SUCCESS(Status)) {
        Key = Call->Object->Key;
        CmpReferenceKey(Key);
    }
    CmpUnlock(State);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpUnloadHive(State, Key, Call->Object, (Call->Class & REG_FORCE_UNLOAD) != 0);
    if (Status == STATUS_CANNOT_DELETE && Call->Event != NULL) {
        Status = CmpUnloadLater(State, Call, Key);
    } else if (NT_SUCCESS(Status) && Call->Event != NULL) {
        KeSetEvent(Call->Event, EVENT_INCREMENT, FALSE);
    }
    CmpLock(State);
    CmpDereferenceKey(State, Key);
    CmpUnlock(State);
    return Status;
}

/* Event: NULL, or the handle of who wants the hive gone as soon as it can. */
static NTSTATUS CmpUnload(POBJECT_ATTRIBUTES TargetKey, ULONG Flags, HANDLE Event)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    struct CMP_CALL Call = {.Class = Flags};
    if ((Flags & ~(ULONG)REG_UNLOAD_LEGAL_FLAGS) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = CmpNeedPrivilege(SE_RESTORE_PRIVILEGE, Mode);
    if (NT_SUCCESS(Status) && Event != NULL) {
        Status = ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, *ExEventObjectType, Mode,
                                           &Call.Event, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpOpenTarget(TargetKey, KEY_WRITE, &Call.Handle);
        if (NT_SUCCESS(Status)) {
            Status = CmpPerform(&CmpUnloadKeyService, &Call);
            ObCloseHandle(Call.Handle, Mode);
        }
    }
    if (Call.Event != NULL) {
        ObpDereference(Call.Event, NULL);
    }
    return Status;
}

NTSTATUS NTAPI NtUnloadKey(POBJECT_ATTRIBUTES TargetKey)
{
    ntcb_require_kernel(__func__);
    return CmpUnload(TargetKey, 0, NULL);
}

NTSTATUS NTAPI NtUnloadKey2(POBJECT_ATTRIBUTES TargetKey, ULONG Flags)
{
    ntcb_require_kernel(__func__);
    return CmpUnload(TargetKey, Flags, NULL);
}

NTSTATUS NTAPI NtUnloadKeyEx(POBJECT_ATTRIBUTES TargetKey, HANDLE Event)
{
    ntcb_require_kernel(__func__);
    return CmpUnload(TargetKey, 0, Event);
}

/* ---- who has it open ---- */

/* The root of a hive, opened for the query; the object is not counted. */
struct CMP_QUERY {
    KPROCESSOR_MODE Mode;
    HANDLE Handle;
    struct CMP_OBJECT *Object;
};

static NTSTATUS CmpBeginQuery(POBJECT_ATTRIBUTES TargetKey, struct CMP_QUERY *Query)
{
    PVOID Object;
    NTSTATUS Status = CmpOpenTarget(TargetKey, KEY_READ, &Query->Handle);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status =
        ObReferenceObjectByHandle(Query->Handle, 0, *CmKeyObjectType, Query->Mode, &Object, NULL);
    if (!NT_SUCCESS(Status)) {
        ObCloseHandle(Query->Handle, Query->Mode);
        return Status;
    }
    Query->Object = Object;
    return STATUS_SUCCESS;
}

static VOID CmpEndQuery(struct CMP_QUERY *Query)
{
    ObpDereference(Query->Object, NULL);
    ObCloseHandle(Query->Handle, Query->Mode);
}

/* Locked. */
static NTSTATUS CmpQueriedRoot(const struct CMP_QUERY *Query, const struct CMP_KEY **Root)
{
    struct CMP_KEY *Key;
    NTSTATUS Status = CmpKeyOf(Query->Object, &Key);
    *Root = Query->Object->Key;
    return !NT_SUCCESS(Status) || ((*Root)->Flags & CMP_KEY_HIVE_ROOT) != 0
               ? Status
               : STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI NtQueryOpenSubKeys(POBJECT_ATTRIBUTES TargetKey, PULONG HandleCount)
{
    struct CMP_STATE *State = CmpState();
    struct CMP_QUERY Query = {.Mode = ExGetPreviousMode()};
    const struct CMP_KEY *Root;
    ULONG Count = 0;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = CmpProbeWrite(Query.Mode, HandleCount, sizeof(*HandleCount));
    if (NT_SUCCESS(Status)) {
        Status = CmpBeginQuery(TargetKey, &Query);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    CmpLock(State);
    Status = CmpQueriedRoot(&Query, &Root);
    if (NT_SUCCESS(Status)) {
        Count = CmpCountOpen(State, Root, Query.Object);
    }
    CmpUnlock(State);
    CmpEndQuery(&Query);
    return NT_SUCCESS(Status) ? MmpCopy(Query.Mode, HandleCount, &Count, sizeof(Count)) : Status;
}

struct CMP_LIST {
    const struct CMP_KEY *Root;
    const struct CMP_OBJECT *Own;
    PUCHAR At;   /* where the caller will have the answer */
    ULONG Bytes; /* of names */
    PKEY_OPEN_SUBKEYS_INFORMATION Answer;
    ULONG Text; /* where the next name goes */
    ULONG Index;
};

static VOID CmpMeasureOne(const struct CMP_OBJECT *Object, PVOID Context)
{
    struct CMP_LIST *List = Context;
    List->Bytes +=
        Object != List->Own && CmpIsBelow(Object->Key, List->Root) ? CmpPathLength(Object->Key) : 0;
}

static VOID CmpListOne(const struct CMP_OBJECT *Object, PVOID Context)
{
    struct CMP_LIST *List = Context;
    if (Object == List->Own || !CmpIsBelow(Object->Key, List->Root)) {
        return;
    }
    ULONG Length = CmpPathLength(Object->Key);
    USHORT Shown = (USHORT)(Length < 0xFFFE ? Length : 0xFFFE);
    CmpCopyPath(Object->Key, (PUCHAR)List->Answer + List->Text, Length);
    List->Answer->KeyArray[List->Index++] = (KEY_PID_ARRAY){
        .ProcessId = Object->ProcessId,
        .KeyName = {Shown, Shown, (PWCH)(PVOID)(List->At + List->Text)},
    };
    List->Text += Length;
}

/* The answer as it will lie at At, where the caller wants it. Locked; *Answer: ntsim__release. */
static NTSTATUS CmpListOpen(const struct CMP_STATE *State, const struct CMP_KEY *Root,
                            const struct CMP_OBJECT *Own, PUCHAR At,
                            PKEY_OPEN_SUBKEYS_INFORMATION *Answer, PULONG Bytes)
{
    ULONG Count = CmpCountOpen(State, Root, Own);
    *Bytes = (ULONG)FIELD_OFFSET(KEY_OPEN_SUBKEYS_INFORMATION, KeyArray) +
             Count * (ULONG)sizeof(KEY_PID_ARRAY);
    ULONG Text = *Bytes;
    struct CMP_LIST List = {.Root = Root, .Own = Own, .At = At, .Text = Text};
    CmpEachObject(State, CmpMeasureOne, &List);
    *Bytes += List.Bytes;
    List.Answer = *Answer = ntsim__allocate(*Bytes);
    if (*Answer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    CmpEachObject(State, CmpListOne, &List);
    (*Answer)->Count = List.Index; /* some may have been closed meanwhile */
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtQueryOpenSubKeysEx(POBJECT_ATTRIBUTES TargetKey, ULONG BufferLength, PVOID Buffer,
                                    PULONG RequiredSize)
{
    struct CMP_STATE *State = CmpState();
    struct CMP_QUERY Query = {.Mode = ExGetPreviousMode()};
    PKEY_OPEN_SUBKEYS_INFORMATION Answer = NULL;
    const struct CMP_KEY *Root;
    ULONG Bytes = 0;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = CmpNeedPrivilege(SE_RESTORE_PRIVILEGE, Query.Mode);
    if (NT_SUCCESS(Status)) {
        Status = CmpProbeWrite(Query.Mode, Buffer, BufferLength);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpProbeWrite(Query.Mode, RequiredSize, sizeof(*RequiredSize));
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpBeginQuery(TargetKey, &Query);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    CmpLock(State);
    Status = CmpQueriedRoot(&Query, &Root);
    if (NT_SUCCESS(Status)) {
        Status = CmpListOpen(State, Root, Query.Object, Buffer, &Answer, &Bytes);
    }
    CmpUnlock(State);
    CmpEndQuery(&Query);
    if (NT_SUCCESS(Status)) {
        Status = MmpCopy(Query.Mode, RequiredSize, &Bytes, sizeof(Bytes));
    }
    if (NT_SUCCESS(Status)) {
        Status = BufferLength < Bytes ? STATUS_BUFFER_OVERFLOW
                                      : MmpCopy(Query.Mode, Buffer, Answer, Bytes);
    }
    ntsim__release(Answer);
    return Status;
}
