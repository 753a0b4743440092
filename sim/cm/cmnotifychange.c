/* SPDX-License-Identifier: MIT
 *
 * cmnotifychange.c - NtNotifyChangeKey and NtNotifyChangeMultipleKeys.
 *
 * Evidence  REG-NTF-01..06. No registry callback hears of them (CM-PRE-15).
 */
#include "cm/cmwatch.h"
#include "mm/mmp.h"
#include "ps/psp.h"
#include "ps/zw.h"

#include <string.h>

/* One call. */
struct CMP_NOTIFY {
    HANDLE KeyHandle;
    ULONG Count;
    OBJECT_ATTRIBUTES *Subordinates;
    HANDLE EventHandle;
    PIO_APC_ROUTINE ApcRoutine;
    PVOID ApcContext;
    PIO_STATUS_BLOCK IoStatusBlock;
    ULONG Filter;
    BOOLEAN Tree;
    BOOLEAN Asynchronous;
    /* Worked out. */
    KPROCESSOR_MODE Mode;
    struct CMP_OBJECT *Object; /* referenced */
    struct CMP_POST *Post;     /* until it is on its way */
};

/* REG-NTF-03: what wants no handle to be judged. */
static NTSTATUS CmpCheckNotify(const struct CMP_NOTIFY *Notify)
{
    ULONG Known = REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_ATTRIBUTES |
                  REG_NOTIFY_CHANGE_LAST_SET | REG_NOTIFY_CHANGE_SECURITY;
    if (CmpState()->Windows >= NTCB_WINDOWS_8) {
        Known |= REG_NOTIFY_THREAD_AGNOSTIC;
    }
    BOOLEAN Unheard =
        Notify->Asynchronous && Notify->EventHandle == NULL && Notify->ApcRoutine == NULL;
    BOOLEAN HalfApc =
        Notify->Mode != KernelMode && Notify->ApcRoutine != NULL && Notify->ApcContext == NULL;
    return (Notify->Filter & ~Known) != 0 || Notify->Count > 1 || Notify->IoStatusBlock == NULL ||
                   Unheard || HalfApc
               ? STATUS_INVALID_PARAMETER
               : STATUS_SUCCESS;
}

static NTSTATUS CmpMakePost(struct CMP_NOTIFY *Notify)
{
    PVOID Event;
    struct CMP_POST *Post = ntsim__allocate(sizeof(*Post));
    Notify->Post = Post;
    if (Post == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Post->Mode = Notify->Mode;
    Post->IoStatusBlock = Notify->IoStatusBlock;
    Post->Waited = !Notify->Asynchronous;
    KeInitializeEvent(&Post->Done, NotificationEvent, FALSE);
    if (Notify->Mode != KernelMode) {
        Post->Thread = PspCurrentThread();
        Post->EndsWithThread = (Notify->Filter & REG_NOTIFY_THREAD_AGNOSTIC) == 0;
        ObpReference(Post->Thread, NULL);
    }
    if (Notify->ApcRoutine != NULL && Notify->Mode == KernelMode) { /* REG-NTF-02 */
        memcpy(&Post->Work, &Notify->ApcRoutine, sizeof(Post->Work));
        Post->Queue = (WORK_QUEUE_TYPE)(ULONG_PTR)Notify->ApcContext;
    } else if (Notify->ApcRoutine != NULL) {
        Post->Apc = ntsim__allocate(sizeof(*Post->Apc));
        if (Post->Apc == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Post->Apc->Routine = Notify->ApcRoutine;
        Post->Apc->Context = Notify->ApcContext;
        Post->Apc->IoStatusBlock = Notify->IoStatusBlock;
    }
    if (Notify->EventHandle == NULL) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = ObReferenceObjectByHandle(Notify->EventHandle, EVENT_MODIFY_STATE,
                                                *ExEventObjectType, Notify->Mode, &Event, NULL);
    if (NT_SUCCESS(Status)) {
        Post->Event = Event;
        KeClearEvent(Event);
    }
    return Status;
}

/* The subordinate key, opened as its caller would open it. */
static NTSTATUS CmpOpenSubordinate(struct CMP_NOTIFY *Notify)
{
    struct CMP_OPEN Open = {.Create = FALSE};
    HANDLE Handle;
    PVOID Object;
    NTSTATUS Status = ObpOpenObjectByName(Notify->Subordinates, *CmKeyObjectType, Notify->Mode,
                                          KEY_NOTIFY, &Open, &Handle);
    CmpReleaseOpen(&Open);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(Handle, KEY_NOTIFY, *CmKeyObjectType, Notify->Mode, &Object,
                                       NULL);
    if (NT_SUCCESS(Status)) {
        Notify->Post->Subordinate = Object;
    }
    ObCloseHandle(Handle, Notify->Mode);
    return Status;
}

static const struct CMP_KEY *CmpHiveRootAbove(const struct CMP_KEY *Key)
{
    while (Key->Parent != NULL && (Key->Flags & CMP_KEY_HIVE_ROOT) == 0) {
        Key = Key->Parent;
    }
    return Key;
}

static NTSTATUS CmpJudgeKey(const struct CMP_OBJECT *Object)
{
    if (Object->Transaction != NULL && !Object->Transaction->Active) {
        return STATUS_TRANSACTION_NOT_ACTIVE;
    }
    const struct CMP_KEY *Key = CmpViewOf(Object->Transaction, Object->Key);
    return (Key->Flags & CMP_KEY_DELETED) != 0 ? STATUS_KEY_DELETED : STATUS_SUCCESS;
}

/* From here on the post is on its way. Locked. */
static NTSTATUS CmpStartWatching(struct CMP_NOTIFY *Notify)
{
    struct CMP_OBJECT *Objects[CMP_POST_PARTS] = {Notify->Object, Notify->Post->Subordinate};
    struct CMP_WATCH *Watches[CMP_POST_PARTS];
    ULONG Count = Notify->Count + 1;
    NTSTATUS Status = CmpJudgeKey(Notify->Object);
    if (NT_SUCCESS(Status) && Count > 1) {
        Status = CmpJudgeKey(Objects[1]);
    }
    if (NT_SUCCESS(Status) && Count > 1 &&
        CmpHiveRootAbove(Objects[0]->Key) == CmpHiveRootAbove(Objects[1]->Key)) {
        Status = STATUS_INVALID_PARAMETER; /* REG-NTF-05: one WatchTree could do it */
    }
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < Count; Index++) {
        Watches[Index] = CmpWatchOf(Objects[Index], Notify->Filter, Notify->Tree);
        if (Watches[Index] == NULL) {
            Status = STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    if (NT_SUCCESS(Status)) {
        CmpAddPost(Notify->Post, Watches, Count);
        if (Notify->Post->Pending && ObpHandleCount(Notify->Object) == 0) { /* N4 */
            CmpCompletePost(Notify->Post, STATUS_NOTIFY_CLEANUP);
        }
    }
    return Status;
}

static NTSTATUS CmpAwait(struct CMP_POST *Post, KPROCESSOR_MODE Mode)
{
    struct CMP_STATE *State = CmpState();
    NTSTATUS Status = KeWaitForSingleObject(&Post->Done, Executive, Mode, TRUE, NULL);
    if (Status != STATUS_SUCCESS) {
        /* A user APC came first: the request is over, unless it has just been answered. */
        CmpLock(State);
        BOOLEAN Withdrawn = Post->Pending;
        if (Withdrawn) {
            CmpCompletePost(Post, Status);
        }
        CmpUnlock(State);
        KeWaitForSingleObject(&Post->Done, Executive, KernelMode, FALSE, NULL);
    }
    Status = Post->Status;
    CmpFreePost(Post);
    if (Status == STATUS_USER_APC) {
        KipDeliverApcs();
    }
    return Status;
}

static NTSTATUS CmpPrepareNotify(struct CMP_NOTIFY *Notify)
{
    PVOID Object;
    NTSTATUS Status = CmpCheckNotify(Notify);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(Notify->KeyHandle, KEY_NOTIFY, *CmKeyObjectType,
                                           Notify->Mode, &Object, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Notify->Object = Object;
    Status = CmpProbeWrite(Notify->Mode, Notify->IoStatusBlock, sizeof(*Notify->IoStatusBlock));
    if (NT_SUCCESS(Status)) {
        Status = CmpMakePost(Notify);
    }
    return NT_SUCCESS(Status) && Notify->Count != 0 ? CmpOpenSubordinate(Notify) : Status;
}

static NTSTATUS CmpNotifyChange(struct CMP_NOTIFY *Notify)
{
    struct CMP_STATE *State = CmpState();
    Notify->Mode = ExGetPreviousMode();
    NTSTATUS Status = CmpPrepareNotify(Notify);
    struct CMP_POST *Post = Notify->Post;
    if (NT_SUCCESS(Status)) {
        CmpLock(State);
        Status = CmpStartWatching(Notify);
        CmpUnlock(State); /* delivers what is complete already: an asynchronous post is gone */
        Post = NT_SUCCESS(Status) ? NULL : Post;
    }
    if (NT_SUCCESS(Status)) {
        Status = Notify->Asynchronous ? STATUS_PENDING : CmpAwait(Notify->Post, Notify->Mode);
    }
    if (Post != NULL) {
        CmpFreePost(Post);
    }
    if (Notify->Object != NULL) {
        ObpDereference(Notify->Object, NULL);
    }
    return Status;
}

/*
 * NtNotifyChangeMultipleKeys - be told when a key changes, and one more key of another hive.
 *
 * The first call by a key object decides what it watches for (REG-NTF-04). Buffer is not used.
 * Event is reset first. In kernel mode ApcRoutine is a WORK_QUEUE_ITEM and ApcContext its
 * WORK_QUEUE_TYPE. A program's request ends with its thread, unless CompletionFilter has
 * REG_NOTIFY_THREAD_AGNOSTIC (Windows 8 and later).
 * Context  a driver (Zw), or a program (Nt); PASSIVE_LEVEL
 * Returns  STATUS_PENDING           Asynchronous: the answer comes in *IoStatusBlock, which then is
 *                                   one of the next three
 *          STATUS_NOTIFY_ENUM_DIR   it has changed, now or since the last answer
 *          STATUS_NOTIFY_CLEANUP    the handle was closed, or the thread has ended
 *          STATUS_KEY_DELETED       the key is, or was, deleted
 *          STATUS_USER_APC          an APC ended the wait; nothing is pending
 *          STATUS_INVALID_PARAMETER REG-NTF-03; or both keys are of one hive (REG-NTF-05)
 *          STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED (KEY_NOTIFY;
 *          EVENT_MODIFY_STATE), STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES; and as
 *          NtOpenKey for the subordinate key
 */
NTSTATUS NTAPI NtNotifyChangeMultipleKeys(HANDLE MasterKeyHandle, ULONG Count,
                                          OBJECT_ATTRIBUTES SubordinateObjects[], HANDLE Event,
                                          PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                          PIO_STATUS_BLOCK IoStatusBlock, ULONG CompletionFilter,
                                          BOOLEAN WatchTree, PVOID Buffer, ULONG BufferSize,
                                          BOOLEAN Asynchronous)
{
    UNREFERENCED_PARAMETER(Buffer);
    UNREFERENCED_PARAMETER(BufferSize);
    ntcb_require_kernel(__func__);
    return CmpNotifyChange(&(struct CMP_NOTIFY){.KeyHandle = MasterKeyHandle,
                                                .Count = Count,
                                                .Subordinates = SubordinateObjects,
                                                .EventHandle = Event,
                                                .ApcRoutine = ApcRoutine,
                                                .ApcContext = ApcContext,
                                                .IoStatusBlock = IoStatusBlock,
                                                .Filter = CompletionFilter,
                                                .Tree = WatchTree,
                                                .Asynchronous = Asynchronous});
}

/* NtNotifyChangeKey - the same with one key. */
NTSTATUS NTAPI NtNotifyChangeKey(HANDLE KeyHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                 PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                 ULONG CompletionFilter, BOOLEAN WatchTree, PVOID Buffer,
                                 ULONG BufferSize, BOOLEAN Asynchronous)
{
    return NtNotifyChangeMultipleKeys(KeyHandle, 0, NULL, Event, ApcRoutine, ApcContext,
                                      IoStatusBlock, CompletionFilter, WatchTree, Buffer,
                                      BufferSize, Asynchronous);
}

NTSTATUS NTAPI ZwNotifyChangeKey(HANDLE KeyHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                 PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                 ULONG CompletionFilter, BOOLEAN WatchTree, PVOID Buffer,
                                 ULONG BufferSize, BOOLEAN Asynchronous)
{
    PSP_ZW(NtNotifyChangeKey(KeyHandle, Event, ApcRoutine, ApcContext, IoStatusBlock,
                             CompletionFilter, WatchTree, Buffer, BufferSize, Asynchronous));
}

NTSTATUS NTAPI ZwNotifyChangeMultipleKeys(HANDLE MasterKeyHandle, ULONG Count,
                                          OBJECT_ATTRIBUTES SubordinateObjects[], HANDLE Event,
                                          PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                                          PIO_STATUS_BLOCK IoStatusBlock, ULONG CompletionFilter,
                                          BOOLEAN WatchTree, PVOID Buffer, ULONG BufferSize,
                                          BOOLEAN Asynchronous)
{
    PSP_ZW(NtNotifyChangeMultipleKeys(MasterKeyHandle, Count, SubordinateObjects, Event, ApcRoutine,
                                      ApcContext, IoStatusBlock, CompletionFilter, WatchTree,
                                      Buffer, BufferSize, Asynchronous));
}
