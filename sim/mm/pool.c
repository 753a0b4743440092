/* SPDX-License-Identifier: MIT
 *
 * pool.c - pool blocks: guarded, tagged, owned by the routine that asked for them.
 */
#include "ex/exw.h"
#include "io/iop.h"
#include "mm/mmp_state.h"

#include <stdio.h>
#include <string.h>

#define MMP_FILL_GUARD 0xFD
#define MMP_FILL_NEW 0xCD
#define MMP_FILL_FREED 0xDD

static VOID MmpTagText(ULONG Tag, char Text[5])
{
    ULONG Index;

    for (Index = 0; Index < 4; Index++) {
        UCHAR Character = (UCHAR)(Tag >> (8 * Index));

        Text[Index] = Character >= 0x20 && Character < 0x7F ? (char)Character : '.';
    }
    Text[4] = '\0';
}

static VOID MmpReport(ULONG BugCheck, ULONG64 Parameter, PVOID Body, const VOID *Caller,
                      const char *What, const char *Fix)
{
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_BUGCHECK,
            .rule = "MM-POOL",
            .bugcheck = BugCheck,
            .parameter = {Parameter, (uintptr_t)Body, 0, 0},
            .address = Caller,
            .on_windows = "this bug check, at once or when the pool is next touched",
            .fix = Fix,
        },
        "pool block %p %s", Body, What);
}

/* The same about a block that is known, naming its tag and who allocated it. */
static VOID MmpReportBlock(ULONG BugCheck, ULONG64 Parameter, const struct MMP_BLOCK *Block,
                           const VOID *Caller, const char *What, const char *Fix)
{
    char Owner[NTSIM__SYMBOL_BYTES], Text[512], Tag[5];

    MmpTagText(Block->Tag, Tag);
    snprintf(Text, sizeof(Text), "of %llu bytes, tag '%s', allocated by %s, %s",
             (unsigned long long)Block->Bytes, Tag,
             ntsim__symbol(Block->Owner, Owner, sizeof(Owner)), What);
    MmpReport(BugCheck, Parameter, Block->Body, Caller, Text, Fix);
}

static PVOID MmpNewBlock(SIZE_T Bytes, ULONG Tag, const VOID *Owner, UCHAR Fill)
{
    struct MMP_STATE *State = MmpState();
    struct MMP_BLOCK *Block;

    if (Bytes > SIZE_MAX - sizeof(*Block) - MMP_BACK_GUARD) {
        return NULL;
    }
    Block = ntsim__allocate_raw(sizeof(*Block) + Bytes + MMP_BACK_GUARD);
    if (Block == NULL) {
        return NULL;
    }
    memset(Block, 0, sizeof(*Block));
    Block->Body = Block + 1;
    Block->Bytes = Bytes;
    Block->Tag = Tag;
    Block->Owner = Owner;
    memset(Block->Guard, MMP_FILL_GUARD, MMP_GUARD);
    memset(Block->Body, Fill, Bytes);
    memset((PUCHAR)Block->Body + Bytes, MMP_FILL_GUARD, MMP_BACK_GUARD);
    ntsim__lock(State->Lock);
    HASH_ADD_PTR(State->Blocks, Body, Block);
    ntsim__unlock(State->Lock);
    if (Block->hh.tbl == NULL) {
        ntsim__release(Block);
        return NULL;
    }
    NTSIM_POISON(Block->Guard, MMP_GUARD);
    return Block->Body;
}

PVOID MmpAllocatePool(SIZE_T Bytes, ULONG Tag, const VOID *Owner)
{
    return MmpNewBlock(Bytes, Tag, Owner, MMP_FILL_NEW);
}

PVOID MmpAllocateOwn(SIZE_T Bytes, ULONG Tag)
{
    return MmpNewBlock(Bytes, Tag, NULL, 0);
}

static BOOLEAN MmpAll(const UCHAR *Memory, SIZE_T Bytes, UCHAR Value)
{
    while (Bytes != 0 && *Memory == Value) {
        Memory++;
        Bytes--;
    }
    return Bytes == 0;
}

static VOID MmpCheckGuards(struct MMP_BLOCK *Block, const VOID *Caller)
{
    NTSIM_UNPOISON(Block->Guard, MMP_GUARD);
    if (!MmpAll(Block->Guard, MMP_GUARD, MMP_FILL_GUARD)) {
        MmpReportBlock(BAD_POOL_HEADER, 0x20, Block, Caller,
                       "was written to in front of its first byte",
                       "find the write at a negative offset into the block");
    }
    if (!MmpAll((PUCHAR)Block->Body + Block->Bytes, MMP_BACK_GUARD, MMP_FILL_GUARD)) {
        MmpReportBlock(BAD_POOL_HEADER, 0x20, Block, Caller, "was written to beyond its last byte",
                       "check the size the block was allocated with (bytes, not characters; the "
                       "terminator counts)");
    }
}

/* Give the memory of a resting block back, looking for writes that came after the free. */
static VOID MmpRelease(struct MMP_BLOCK *Block)
{
    NTSIM_UNPOISON(Block->Body, Block->Bytes);
    if (!MmpAll(Block->Body, Block->Bytes, MMP_FILL_FREED)) {
        MmpReportBlock(DRIVER_CORRUPTED_EXPOOL, 0, Block, Block->Freer,
                       "was written to after it had been freed (by the routine named below)",
                       "use no pointer into a block after freeing it");
    }
    ntsim__release(Block);
}

/* With the lock held: the block that has to leave to make room. */
static struct MMP_BLOCK *MmpRest(struct MMP_STATE *State, struct MMP_BLOCK *Block)
{
    struct MMP_BLOCK *Oldest = State->Resting[State->NextResting];

    State->Resting[State->NextResting] = Block;
    State->NextResting = (State->NextResting + 1) % MMP_REST_BLOCKS;
    if (Oldest != NULL) {
        HASH_DEL(State->Blocks, Oldest);
    }
    return Oldest;
}

static VOID MmpReportBadFree(struct MMP_BLOCK *Block, PVOID Body, const VOID *Caller)
{
    if (Block == NULL) {
        MmpReport(BAD_POOL_CALLER, 0x46, Body, Caller, "was freed, but is no block of the pool",
                  "free exactly the pointer that ExAllocatePool... returned");
    } else {
        MmpReportBlock(BAD_POOL_CALLER, 0x7, Block, Caller, "was freed twice",
                       "free each block once, and set the variable to NULL afterwards");
    }
}

VOID MmpFreePool(PVOID Body, ULONG Tag, const VOID *Caller)
{
    struct MMP_STATE *State = MmpState();
    struct MMP_BLOCK *Block, *Oldest = NULL;
    BOOLEAN Live;

    ntsim__lock(State->Lock);
    HASH_FIND_PTR(State->Blocks, &Body, Block);
    Live = Block != NULL && !Block->Freed;
    if (Live) {
        Block->Freed = TRUE;
        Block->Freer = Caller;
    }
    ntsim__unlock(State->Lock);
    if (!Live) {
        MmpReportBadFree(Block, Body, Caller);
        return;
    }
    if (Block->Owner != NULL) {
        IopCheckPoolFree(Block->Body, Block->Bytes, Caller);
        ExwCheckFreedMemory(Block->Body, Block->Bytes);
    }
    if (Tag != 0 && Tag != Block->Tag) {
        MmpReportBlock(BAD_POOL_CALLER, 0xA, Block, Caller, "was freed with another tag",
                       "free a block with the tag it was allocated with");
    }
    MmpCheckGuards(Block, Caller);
    memset(Block->Body, MMP_FILL_FREED, Block->Bytes);
    NTSIM_POISON(Block->Body, Block->Bytes);
    ntsim__lock(State->Lock);
    Oldest = MmpRest(State, Block);
    ntsim__unlock(State->Lock);
    if (Oldest != NULL) {
        MmpRelease(Oldest);
    }
}

/* Blocks are found by their first byte; who asks this has any address. */
BOOLEAN MmpIsPool(const volatile VOID *Address)
{
    struct MMP_STATE *State = MmpState();
    uintptr_t At = (uintptr_t)Address;
    const struct MMP_BLOCK *Block;

    ntsim__lock(State->Lock);
    for (Block = State->Blocks; Block != NULL; Block = Block->hh.next) {
        if (At - (uintptr_t)Block->Body < Block->Bytes || At == (uintptr_t)Block->Body) {
            break;
        }
    }
    ntsim__unlock(State->Lock);
    return Block != NULL;
}

BOOLEAN MmpOwnPool(PVOID Body, SIZE_T Bytes, const VOID *Owner)
{
    struct MMP_STATE *State = MmpState();
    struct MMP_BLOCK *Block;
    BOOLEAN Found;

    ntsim__lock(State->Lock);
    HASH_FIND_PTR(State->Blocks, &Body, Block);
    Found = Block != NULL && !Block->Freed && (Bytes == 0 || Block->Bytes == Bytes);
    if (Found) {
        Block->Owner = Owner;
    }
    ntsim__unlock(State->Lock);
    return Found;
}

static VOID MmpReportLeak(const struct MMP_BLOCK *Block, const char *Driver)
{
    char Tag[5];

    MmpTagText(Block->Tag, Tag);
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_BUGCHECK,
            .rule = "DV-22",
            .bugcheck = DRIVER_VERIFIER_DETECTED_VIOLATION,
            .parameter = {0x62, (uintptr_t)Driver, (uintptr_t)Block->Body, 1},
            .address = Block->Owner,
            .on_windows = "the memory is lost until the next boot; Driver Verifier stops with 0xC4",
            .fix = "free everything the driver allocated before DriverUnload returns",
        },
        "%s left %llu bytes of pool with tag '%s' at %p", Driver, (unsigned long long)Block->Bytes,
        Tag, Block->Body);
}

ULONG MmpReportPoolLeaks(BOOLEAN (*Mine)(PVOID Context, const VOID *Owner), PVOID Context,
                         const char *Driver)
{
    struct MMP_STATE *State = MmpState();
    struct MMP_BLOCK *Block;
    ULONG Count = 0;

    do {
        ntsim__lock(State->Lock);
        for (Block = State->Blocks; Block != NULL; Block = Block->hh.next) {
            if (!Block->Freed && Block->Owner != NULL &&
                (Mine == NULL || Mine(Context, Block->Owner))) {
                break;
            }
        }
        ntsim__unlock(State->Lock);
        if (Block != NULL) {
            if (Driver != NULL) {
                MmpReportLeak(Block, Driver);
            }
            MmpFreePool(Block->Body, 0, Block->Owner);
            Count++;
        }
    } while (Block != NULL);
    return Count;
}

NTSTATUS MmpInitialize(struct MMP_STATE *State)
{
    State->Lock = ntsim__lock_create(ntsim_current());
    return State->Lock == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

/* Blocks of the simulator's own that are left now are a defect of the simulator: they are not
 * freed, so that a leak checker sees them. */
VOID MmpTeardown(struct MMP_STATE *State)
{
    ULONG Index;

    if (State->Lock == NULL) {
        return;
    }
    MmpReportPoolLeaks(NULL, NULL, "A driver or the test");
    MmpFreeShown();
    for (Index = 0; Index < MMP_REST_BLOCKS; Index++) {
        if (State->Resting[Index] != NULL) {
            HASH_DEL(State->Blocks, State->Resting[Index]);
            MmpRelease(State->Resting[Index]);
        }
    }
    HASH_CLEAR(hh, State->Blocks);
    ntsim__lock_destroy(ntsim_current(), State->Lock);
}
