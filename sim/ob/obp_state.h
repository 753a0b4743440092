/* SPDX-License-Identifier: MIT
 *
 * obp_state.h - the object manager's state: live objects, handle tables, the namespace.
 *
 * Locks   OBP_STATE.Lock protects every directory and the growth of every handle table.
 *         OBP_SLOT.Lock protects the objects of one slot, its ring of the dead, and in every handle
 *         table the slot's list of free entries. Both are leaves: nothing is taken inside, no type
 *         routine runs under them.
 * Invariants
 *   B1  A handle entry in use is its own lock: the low bit of Object, which no body's address has.
 *       Who holds it may add a reference, for the handle's own keeps the object alive, or take the
 *       handle away; nothing else is done meanwhile.
 *   B2  Entries never move: a table grows by chunks, each twice as large as the one before. So a
 *       handle is looked up without the table's lock.
 *   B3  Slot 0 lists the objects of most types by age. Objects of a type that is Spread are listed
 *       with those that threads of the same slot have made.
 *   B4  A table grows only when no slot has a free entry; so threads that open what others close
 *       do not make it grow. A slot's Head is looked at without its lock, to pass over those that
 *       have none.
 */
#ifndef SIM_OB_OBP_STATE_H
#define SIM_OB_OBP_STATE_H

#include "ob/obp.h"
#include "simp.h"

#include <stdatomic.h>
#include <stddef.h>

#define OBP_SIGNATURE_LIVE 0x4A424F4Eu /* "NOBJ" */
#define OBP_SIGNATURE_DEAD 0x44414544u /* "DEAD" */

#define OBP_FLAG_DYING 1u
#define OBP_FLAG_PERMANENT 2u

/* In front of every body. */
struct OBP_HEADER {
    _Alignas(16) LIST_ENTRY Link; /* OBP_STATE.Objects */
    const struct OBP_TYPE *Type;
    SIZE_T Bytes;
    ULONG Slot;
    ULONG Signature;
    _Atomic ULONG Flags;
    _Atomic LONG PointerCount;
    _Atomic LONG HandleCount;
    _Atomic(const void *) Taker; /* who took the latest reference that a driver has to give back */
    _Atomic(struct OBP_TAKING *) Takings; /* taken.c */
    PVOID Directory;                      /* where its latest name is; NULL: it has none */
};

struct OBP_HANDLE_ENTRY {
    _Atomic ULONG_PTR Object; /* 0: free. Bit 0: B1 */
    ACCESS_MASK Access;
    ULONG Attributes;
    ULONG NextFree;    /* 0: end */
    const void *Taker; /* the driver's code that made it, NULL: not known to be one's */
};

/* What a handle stands for, to whoever looks it up. */
struct OBP_HANDLE {
    PVOID Object; /* referenced */
    ACCESS_MASK Access;
    ULONG Attributes;
};

/* Entry n is handle 4 * n; entry 0 is never used. The entries that the threads of a slot freed are
 * reused by them, in the order in which they were freed, so that a stale handle stays invalid as
 * long as possible. All zero: empty. */
#define OBP_FIRST_CHUNK 16u /* entries; the second as many, then twice as many each time (B2) */
#define OBP_CHUNKS 21u
#define OBP_HANDLES_MAX (1u << 24) /* what they hold, and Windows allows a process */

struct OBP_FREE_ENTRIES {
    _Atomic ULONG Head; /* 0: none */
    ULONG Tail;
    UCHAR Apart[64 - 2 * sizeof(ULONG)]; /* another slot's is in another cache line */
};

struct OBP_HANDLE_TABLE {
    _Atomic(struct OBP_HANDLE_ENTRY *) Chunks[OBP_CHUNKS];
    ULONG ChunkCount;
    ULONG FirstUnused; /* entries from here on were never used */
    struct OBP_FREE_ENTRIES Free[NTSIM__SLOTS];
};

/* Objects whose last reference is gone are kept for a while, so that one dereference too many is
 * reported and does not hit foreign memory. */
#define OBP_DEAD_MAX 32

struct OBP_SLOT {
    struct ntsim__lock *Lock;
    LIST_ENTRY Objects;
    struct OBP_HEADER *Dead[OBP_DEAD_MAX];
    ULONG NextDead;
};

struct OBP_STATE {
    struct ntsim__lock *Lock;
    const struct ntcb_host_ops *Host;
    struct OBP_SLOT Slots[1 + NTSIM__SLOTS]; /* B3 */
    struct OBP_HANDLE_TABLE KernelHandles;
    PVOID RootDirectory;
};

#define OBP_KERNEL_HANDLE_BIT ((ULONG_PTR)(LONG_PTR)(LONG)0x80000000)

static inline struct OBP_HEADER *ObpHeader(PVOID Object)
{
    return (struct OBP_HEADER *)Object - 1;
}

static inline PVOID ObpBody(struct OBP_HEADER *Header)
{
    return Header + 1;
}

/* What distinguishes the object from others of its type. */
VOID ObpDescribe(struct OBP_HEADER *Header, char *Text, SIZE_T Bytes);

/* taken.c: the object dies, and nobody uses it. */
VOID ObpForgetTakings(struct OBP_HEADER *Header);

/* What a type routine or a check found wrong with the use of Object, by Caller: DV-23. */
VOID ObpReportMisuse(PVOID Object, const char *What, const void *Caller);

/* ---- handletable.c ---- */
/* NULL: there is no such entry. */
struct OBP_HANDLE_ENTRY *ObpEntry(struct OBP_HANDLE_TABLE *Table, ULONG Index);
/* The index of a free entry, which is the caller's now; or 0. */
ULONG ObpTakeEntry(struct OBP_STATE *State, struct OBP_HANDLE_TABLE *Table);
VOID ObpGiveEntry(struct OBP_STATE *State, struct OBP_HANDLE_TABLE *Table, ULONG Index);

/* ---- handle.c ---- */
/* Take the entry of Handle out of its table: the object with the handle's reference, or NULL. */
PVOID ObpRemoveHandle(struct OBP_HANDLE_TABLE *Table, ULONG Index);
VOID ObpDropHandleReference(PVOID Object);
/* Who made the handle; NULL: nobody is known, or it is closed. */
const void *ObpHandleTaker(struct OBP_HANDLE_TABLE *Table, ULONG Index);
/* The table Handle lives in as seen from AccessMode, and its index; NULL: no such handle can be. */
struct OBP_HANDLE_TABLE *ObpTableOf(HANDLE Handle, KPROCESSOR_MODE AccessMode, PULONG Index);

/* A handle, and nobody is asked or told. As ObpInsertHandle. */
NTSTATUS ObpMakeHandle(PVOID Object, ACCESS_MASK GrantedAccess, ULONG Attributes, PHANDLE Handle);
/* A copy of the handle's entry with its object referenced. */
NTSTATUS ObpLookupHandle(HANDLE Handle, POBJECT_TYPE ObjectType, ACCESS_MASK DesiredAccess,
                         KPROCESSOR_MODE AccessMode, struct OBP_HANDLE *Found);

VOID ObpCloseTable(struct OBP_HANDLE_TABLE *Table);

/* What the callback managers ask (insert.c). */
extern const struct ntcb_object_services ObpServices;

/* The system's callback objects (callback.c). */
NTSTATUS ObpCreateSystemCallbacks(VOID);

/* Namespace. */
NTSTATUS ObpCreateRoot(struct OBP_STATE *State);
BOOLEAN ObpIsDirectory(PVOID Object);
POBJECT_TYPE ObpDirectoryObjectType(VOID);
/* The entry of that number, the oldest first: its object, referenced, and its name, cut to what
 * there is room for. NULL: there are fewer, or it is just going. */
#define OBP_ENTRY_UNITS 256
PVOID ObpNthEntry(PVOID Directory, ULONG Index, WCHAR Name[OBP_ENTRY_UNITS], PUSHORT Bytes);
/* The entry Name of Directory, referenced; NULL if there is none. */
PVOID ObpLookupEntry(PVOID Directory, PCUNICODE_STRING Name, BOOLEAN CaseInsensitive);
/* Empty Directory and all below it. */
VOID ObpEmptyDirectory(PVOID Directory);

#endif
