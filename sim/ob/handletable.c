/* SPDX-License-Identifier: MIT
 *
 * handletable.c - which entries of a handle table there are, and which of them are free (B2, B4).
 */
#include "ob/obp_state.h"

/* Which chunk Index is in, and where that begins. */
static ULONG ObpChunkOf(ULONG Index, ULONG *Base)
{
    ULONG Chunk = 0;

    for (*Base = 0; Index >= OBP_FIRST_CHUNK; Index /= 2) {
        ++Chunk;
    }
    if (Chunk != 0) {
        *Base = OBP_FIRST_CHUNK << (Chunk - 1);
    }
    return Chunk;
}

struct OBP_HANDLE_ENTRY *ObpEntry(struct OBP_HANDLE_TABLE *Table, ULONG Index)
{
    ULONG Base;
    ULONG Chunk = ObpChunkOf(Index, &Base);
    struct OBP_HANDLE_ENTRY *Entries =
        Chunk < OBP_CHUNKS ? atomic_load_explicit(&Table->Chunks[Chunk], memory_order_acquire)
                           : NULL;

    return Entries != NULL ? &Entries[Index - Base] : NULL;
}

/* With the lock held: another chunk, or FALSE. */
static BOOLEAN ObpGrowTable(struct OBP_HANDLE_TABLE *Table)
{
    ULONG Chunk = Table->ChunkCount;
    ULONG Count = Chunk == 0 ? OBP_FIRST_CHUNK : OBP_FIRST_CHUNK << (Chunk - 1);
    struct OBP_HANDLE_ENTRY *Entries =
        Chunk < OBP_CHUNKS ? ntsim__allocate(Count * sizeof(*Entries)) : NULL;

    if (Entries == NULL) {
        return FALSE;
    }
    atomic_store_explicit(&Table->Chunks[Chunk], Entries, memory_order_release);
    Table->ChunkCount++;
    if (Chunk == 0) {
        Table->FirstUnused = 1;
    }
    return TRUE;
}

VOID ObpFreeTable(struct OBP_HANDLE_TABLE *Table)
{
    for (ULONG Chunk = 0; Chunk < Table->ChunkCount; ++Chunk) {
        ntsim__release(Table->Chunks[Chunk]);
    }
    Table->ChunkCount = 0;
}

/* The index of an entry that the threads of Slot have freed, or 0. */
static ULONG ObpPopFree(struct OBP_STATE *State, struct OBP_HANDLE_TABLE *Table, ULONG Slot)
{
    struct OBP_FREE_ENTRIES *Free = &Table->Free[Slot];
    ULONG Index;

    if (atomic_load_explicit(&Free->Head, memory_order_relaxed) == 0) {
        return 0;
    }
    ntsim__lock(State->Slots[1 + Slot].Lock);
    Index = atomic_load_explicit(&Free->Head, memory_order_relaxed);
    if (Index != 0) {
        atomic_store_explicit(&Free->Head, ObpEntry(Table, Index)->NextFree, memory_order_relaxed);
    }
    ntsim__unlock(State->Slots[1 + Slot].Lock);
    return Index;
}

VOID ObpGiveEntry(struct OBP_STATE *State, struct OBP_HANDLE_TABLE *Table, ULONG Index)
{
    ULONG Slot = ntsim__slot(State->Host);
    struct OBP_FREE_ENTRIES *Free = &Table->Free[Slot];

    ntsim__lock(State->Slots[1 + Slot].Lock);
    if (atomic_load_explicit(&Free->Head, memory_order_relaxed) == 0) {
        atomic_store_explicit(&Free->Head, Index, memory_order_relaxed);
    } else {
        ObpEntry(Table, Free->Tail)->NextFree = Index;
    }
    Free->Tail = Index;
    ntsim__unlock(State->Slots[1 + Slot].Lock);
}

ULONG ObpTakeEntry(struct OBP_STATE *State, struct OBP_HANDLE_TABLE *Table)
{
    ULONG Here = ntsim__slot(State->Host);
    ULONG Index = 0;

    for (ULONG Step = 0; Index == 0 && Step < NTSIM__SLOTS; ++Step) {
        Index = ObpPopFree(State, Table, (Here + Step) % NTSIM__SLOTS); /* B4 */
    }
    if (Index != 0) {
        return Index;
    }
    ntsim__lock(State->Lock);
    if (ObpEntry(Table, Table->FirstUnused) != NULL || ObpGrowTable(Table)) {
        Index = Table->FirstUnused++;
    }
    ntsim__unlock(State->Lock);
    return Index;
}
