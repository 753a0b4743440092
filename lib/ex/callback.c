/* SPDX-License-Identifier: MIT
 *
 * callback.c - the engine's writer side: blocks, slot tables and lists (exp.h has the protocol).
 *
 * Locks  EXP_STATE.Lock protects every container and the lists of retired blocks and snapshots.
 *        Dispatch takes no lock.
 */
#include "ex/exp.h"
#include "rtl/rtlp.h"

#include <string.h>

VOID ExpLock(struct EXP_STATE *Ex, struct ntcb_kernel *Kernel)
{
    const struct ntcb_host_ops *Host = KiStateOf(Kernel)->Host;

    Host->monitor_enter(Host->context, Ex->Lock);
}

VOID ExpUnlock(struct EXP_STATE *Ex, struct ntcb_kernel *Kernel)
{
    const struct ntcb_host_ops *Host = KiStateOf(Kernel)->Host;

    Host->monitor_leave(Host->context, Ex->Lock);
}

NTSTATUS ExpInitialize(struct EXP_STATE *Ex, struct ntcb_kernel *Kernel)
{
    struct KE_STATE *Ke = KiStateOf(Kernel);
    const struct ntcb_host_ops *Host = Ke->Host;

    Ex->Asymmetric = Ke->Config.publication == NTCB_PUBLISH_ASYMMETRIC;
    Ex->Observer = Ke->Config.observer;
    Ex->Lock = Host->monitor_create(Host->context);
    Ex->WaitLock = Host->monitor_create(Host->context);
    if (Ex->Lock == NULL || Ex->WaitLock == NULL) {
        ExpTeardown(Ex, Kernel);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}

VOID ExpTeardown(struct EXP_STATE *Ex, struct ntcb_kernel *Kernel)
{
    struct KE_STATE *Ke = KiStateOf(Kernel);

    if (Ex->Lock != NULL) {
        Ke->Host->monitor_destroy(Ke->Host->context, Ex->Lock);
    }
    if (Ex->WaitLock != NULL) {
        Ke->Host->monitor_destroy(Ke->Host->context, Ex->WaitLock);
    }
}

struct EXP_BLOCK *ExpAllocateBlock(SIZE_T Bytes, enum ntcb_manager Manager)
{
    struct EXP_BLOCK *Block = KiAllocate(KiState(), Bytes);

    if (Block != NULL) {
        memset(Block, 0, Bytes);
        Block->Manager = Manager;
    }
    return Block;
}

struct EXP_BLOCK *ExpAllocateAltitudeBlock(SIZE_T Bytes, SIZE_T Offset, enum ntcb_manager Manager,
                                           PCUNICODE_STRING Altitude)
{
    SIZE_T Utf8Bytes = RtlpToUtf8(Altitude, NULL, 0) + 1;
    struct EXP_BLOCK *Block = ExpAllocateBlock(Bytes + Altitude->Length + Utf8Bytes, Manager);
    UNICODE_STRING Copy = {Altitude->Length, Altitude->Length, NULL};
    PUCHAR Text;

    if (Block == NULL) {
        return NULL;
    }
    Text = (PUCHAR)Block + Bytes;
    Copy.Buffer = (PWCH)(PVOID)Text;
    memcpy(Text, Altitude->Buffer, Altitude->Length);
    memcpy((PUCHAR)Block + Offset, &Copy, sizeof(Copy));
    Block->Altitude = (const char *)Text + Altitude->Length;
    RtlpToUtf8(Altitude, (char *)Text + Altitude->Length, Utf8Bytes);
    return Block;
}

NTSTATUS ExpRefuseAltitude(const struct EXP_BLOCK *Block, const struct EXP_BLOCK *Holder,
                           const char *Rule)
{
    char Symbol[KE_SYMBOL_BYTES];

    KiSymbol((const void *)(uintptr_t)Holder->Routine, Symbol, sizeof(Symbol));
    return KiRefuse(STATUS_FLT_INSTANCE_ALTITUDE_COLLISION, Rule,
                    "altitude %s is held, as %s, by registration %llu: %s", Block->Altitude,
                    Holder->Altitude, (unsigned long long)Holder->Id, Symbol);
}

VOID ExpFreeBlock(struct EXP_BLOCK *Block)
{
    KiFree(KiState(), Block);
}

VOID ExpDescribe(const struct EXP_BLOCK *Block, struct ntcb_registration *Registration)
{
    *Registration = (struct ntcb_registration){
        .manager = Block->Manager,
        .id = Block->Id,
        .routine = (const void *)(uintptr_t)Block->Key,
        .context = Block->Context,
        .owner = Block->Owner,
        .slot = Block->Slot,
        .cookie = Block->Cookie,
        .altitude = Block->Altitude,
    };
}

/* ---- slot table ------------------------------------------------------------------------------ */

/* The table was changed: what dispatchers know of it is not so any more. */
static VOID ExpTellChange(struct EXP_SLOTS *Slots)
{
    ULONG Limit = EXP_SLOT_MAX;

    while (Limit != 0 && atomic_load(&Slots->Slot[Limit - 1]) == NULL) {
        --Limit;
    }
    atomic_store(&Slots->Limit, Limit);
    atomic_fetch_add(&Slots->Change, 1);
}

/* The first block of the table with Key and, under Mask, Flags, or NULL. Under the lock. */
static struct EXP_BLOCK *ExpFindSlot(struct EXP_SLOTS *Slots, EXP_ROUTINE Key, ULONG_PTR Mask,
                                     ULONG_PTR Flags)
{
    ULONG Slot;

    for (Slot = 0; Slot < Slots->Capacity; ++Slot) {
        struct EXP_BLOCK *Block = atomic_load(&Slots->Slot[Slot]);

        if (Block != NULL && Block->Key == Key && (Block->Flags & Mask) == Flags) {
            return Block;
        }
    }
    return NULL;
}

NTSTATUS ExpInsertSlot(struct EXP_SLOTS *Slots, struct EXP_BLOCK *Block, bool Once)
{
    struct ntcb_kernel *Kernel = KiThread->Kernel;
    struct EXP_STATE *Ex = ExpState(Kernel);
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    ULONG Slot;

    ExpLock(Ex, Kernel);
    if (Once && ExpFindSlot(Slots, Block->Key, 0, 0) != NULL) {
        ExpUnlock(Ex, Kernel);
        return STATUS_OBJECT_NAME_COLLISION;
    }
    for (Slot = 0; Slot < Slots->Capacity; ++Slot) {
        if (atomic_load(&Slots->Slot[Slot]) == NULL) {
            Block->Slot = Slot;
            Block->Id = ++Ex->NextId;
            atomic_store(&Slots->Slot[Slot], Block);
            ExpTellChange(Slots);
            Status = STATUS_SUCCESS;
            break;
        }
    }
    ExpUnlock(Ex, Kernel);
    return Status;
}

NTSTATUS ExpRemoveSlot(struct EXP_SLOTS *Slots, EXP_ROUTINE Key, ULONG_PTR Mask, ULONG_PTR Flags,
                       const char *Function)
{
    struct ntcb_kernel *Kernel = KiThread->Kernel;
    struct EXP_STATE *Ex = ExpState(Kernel);
    struct EXP_BLOCK *Block;
    NTSTATUS Status;

    ExpLock(Ex, Kernel);
    Block = ExpFindSlot(Slots, Key, Mask, Flags);
    if (Block == NULL) {
        ExpUnlock(Ex, Kernel);
        return STATUS_PROCEDURE_NOT_FOUND;
    }
    if (ExpCheckSelf(Block, NULL)) {
        ExpUnlock(Ex, Kernel);
        ExpCheckSelf(Block, Function); /* this thread is inside it: the block stays */
        return STATUS_POSSIBLE_DEADLOCK;
    }
    atomic_store(&Slots->Slot[Block->Slot], NULL); /* R1 */
    atomic_store(&Block->Retired, 1);
    ExpTellChange(Slots);
    ExpUnlock(Ex, Kernel);

    Status = ExpWait(Block, &Slots->Waiters, Function);
    ExpRetire(Block);
    return Status;
}

/* ---- ordered list ---------------------------------------------------------------------------- */

/* Replace the head by a snapshot of its live blocks, with Count of Added at Position. */
static NTSTATUS ExpReplaceSnapshot(struct EXP_LIST *List, struct EXP_BLOCK *const *Added,
                                   ULONG Count, ULONG Position)
{
    struct EXP_STATE *Ex = ExpState(KiThread->Kernel);
    struct EXP_SNAPSHOT *Old = atomic_load(&List->Head);
    struct EXP_SNAPSHOT *New = NULL;
    ULONG Live = Count;
    ULONG Index;
    ULONG To = 0;

    for (Index = 0; Old != NULL && Index < Old->Count; ++Index) {
        Live += atomic_load(&Old->Blocks[Index]->Retired) == 0;
    }
    if (Live != 0) {
        New = KiAllocate(KiState(), sizeof(*New) + Live * sizeof(New->Blocks[0]));
        if (New == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        New->Count = Live;
        for (Index = 0; Old != NULL && Index < Old->Count; ++Index) {
            if (atomic_load(&Old->Blocks[Index]->Retired) == 0) {
                To += To == Position ? Count : 0;
                New->Blocks[To++] = Old->Blocks[Index];
            }
        }
        for (Index = 0; Index < Count; ++Index) {
            New->Blocks[Position + Index] = Added[Index];
        }
        for (Index = 0; Index < Live; ++Index) {
            ++New->Blocks[Index]->SnapshotCount;
        }
    }
    atomic_store(&List->Head, New);
    if (Old != NULL) {
        Old->NextRetired = Ex->RetiredSnapshots;
        Ex->RetiredSnapshots = Old;
    }
    return STATUS_SUCCESS;
}

NTSTATUS ExpInsertList(struct EXP_LIST *List, struct EXP_BLOCK *const *Blocks, ULONG Count,
                       ULONG Position)
{
    return ExpReplaceSnapshot(List, Blocks, Count, Position);
}

VOID ExpUnlinkList(struct EXP_LIST *List, struct EXP_BLOCK *Block)
{
    atomic_store(&Block->Retired, 1); /* R1: from here on no pass enters it */
    /* Without memory for a smaller snapshot the retired block stays in the old one, where every
     * pass skips it; the next change leaves it out. */
    (void)ExpReplaceSnapshot(List, NULL, 0, 0);
}

VOID ExpVisitList(const struct EXP_LIST *List,
                  void (*Visit)(void *Context, const struct ntcb_registration *Registration),
                  void *Context)
{
    struct EXP_SNAPSHOT *Snapshot = atomic_load(&List->Head);
    struct ntcb_registration Registration;
    uint64_t Last = 0;
    ULONG Index;

    for (Index = 0; Snapshot != NULL && Index < Snapshot->Count; ++Index) {
        const struct EXP_BLOCK *Block = Snapshot->Blocks[Index];

        if (atomic_load(&Block->Retired) == 0 && Block->Id != Last) { /* one may be many blocks */
            Last = Block->Id;
            ExpDescribe(Block, &Registration);
            Visit(Context, &Registration);
        }
    }
}

VOID ExpTeardownList(struct EXP_LIST *List, struct ntcb_kernel *Kernel)
{
    struct EXP_SNAPSHOT *Snapshot = atomic_load(&List->Head);
    ULONG Index;

    for (Index = 0; Snapshot != NULL && Index < Snapshot->Count; ++Index) {
        --Snapshot->Blocks[Index]->SnapshotCount;
        if (atomic_load(&Snapshot->Blocks[Index]->Retired) == 0) {
            KiFree(KiStateOf(Kernel), Snapshot->Blocks[Index]);
        }
    }
    KiFree(KiStateOf(Kernel), Snapshot);
}
