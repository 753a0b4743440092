/* SPDX-License-Identifier: MIT
 *
 * exp.h - the engine: one call protocol with exact run-down, under two containers.
 *
 * A registration is a routine block (EXP_BLOCK). Blocks sit in a slot table that is walked live
 * (EXP_SLOTS) or in an ordered list that a pass sees frozen (EXP_LIST of EXP_SNAPSHOTs). A manager
 * asks for the next block, makes its own typed call, and asks again; ordering, lookup and what a
 * result means are the manager's, everything else is here.
 *
 * The protocol, per call (P: the dispatching thread, R: a remover)
 *   P1  publish the block in the thread's own frame           R1  unlink the block, mark it retired
 *   P2  light fence                                           R2  heavy fence
 *   P3  is it still linked / not retired? else do not call    R3  wait until no frame shows it
 *   P4  call; publish the next block (or none)
 *   P5  light fence; does anybody wait? then wake             R4  (in R3) count as waiter, heavy
 *                                                                 fence, look again, sleep
 * Asymmetric mode: the light fence is a compiler barrier, the heavy one a barrier executed by every
 * running thread of the process. Exchange mode: publishing is a sequentially consistent exchange,
 * the heavy fence a sequentially consistent fence. Either way of a P and an R that overlap, P sees
 * R1 in P3, or R sees P1 in R3 (P2 pairs with R2); and P sees the waiter in P5, or R sees P4 before
 * it sleeps (the fence in P5 pairs with the one in R4).
 *
 * Invariants
 *   E1  A block is called only while published by the calling thread and linked after that.
 *   E2  Once ExpWait returns, no other thread is inside that block nor will enter it.
 *   E3  A block is freed only when retired, in no snapshot, and published by no thread.
 *   E4  A snapshot is freed only when it is nobody's head and published by no thread.
 *   E5  Whoever reads a block of a snapshot before publishing the block has published the snapshot.
 *   E6  Nothing here is locked while a callback runs.
 */
#ifndef LIB_EX_EXP_H
#define LIB_EX_EXP_H

#include "ke/kep.h"

typedef VOID (*EXP_ROUTINE)(VOID);

struct EXP_BLOCK {
    EXP_ROUTINE Routine; /* what is called */
    EXP_ROUTINE Key;     /* what was registered, and removes it: the same, if not NULL */
    const void *Context;
    ULONG_PTR Flags;
    _Atomic ULONG Retired;
    ULONG Slot;
    ULONG SnapshotCount; /* snapshots that hold it; under EXP_STATE.Lock */
    enum ntcb_manager Manager;
    uint64_t Id;       /* order of registration, never reissued */
    const void *Owner; /* DRIVER_OBJECT if known */
    LONGLONG Cookie;
    const char *Altitude; /* UTF-8, for reports; NULL if the manager has none */
    struct EXP_BLOCK *NextRetired;
};

#define EXP_SLOT_MAX 64

struct EXP_SLOTS {
    _Atomic ULONG Limit;   /* highest slot in use + 1; 0: none, tested first (IMG-25) */
    _Atomic ULONG Change;  /* counts insertions and unlinkings, after each */
    _Atomic ULONG Waiters; /* removers asleep in ExpWait for a block of this table */
    ULONG Capacity;
    _Atomic(struct EXP_BLOCK *) Slot[EXP_SLOT_MAX];
};

struct EXP_SNAPSHOT {
    struct EXP_SNAPSHOT *NextRetired;
    ULONG Count;
    struct EXP_BLOCK *Blocks[];
};

struct EXP_LIST {
    _Atomic(struct EXP_SNAPSHOT *) Head; /* NULL: empty */
    _Atomic ULONG Waiters;               /* removers asleep in ExpWait for a block of this list */
};

struct EXP_STATE {
    /* Read by every dispatch, written at start-up or rarely. */
    BOOLEAN Asymmetric;
    ntcb_observer_fn *Observer;

    /* Protects the containers' contents, block lists and ids. Nests inside nothing; nothing nests
     * inside it; never held while a callback runs. */
    struct ntcb_monitor *Lock;
    uint64_t NextId;
    struct EXP_CALLBACK *Callbacks; /* registrations with callback objects (excallback.c) */
    struct EXP_BLOCK *RetiredBlocks;
    struct EXP_SNAPSHOT *RetiredSnapshots;

    /* Sleeping removers and run-down waiters; protects KE_THREAD.WaitsFor. Leaf. */
    struct ntcb_monitor *WaitLock;
};

struct EXP_STATE *ExpState(struct ntcb_kernel *Kernel);

/* One dispatch: an open frame and what to compare after each call. */
struct EXP_PASS {
    struct KE_THREAD *Thread;
    struct KE_FRAME *Frame;
    _Atomic ULONG *Waiters; /* of the container */
    SIZE_T Limit;           /* the table's, when Change was Seen */
    ULONG Seen;
    ULONGLONG Watch; /* the thread's environment before each call; if observed, its
                                   * complement: so one comparison after a call tells whether there
                                   * is anything to do */
    bool Asymmetric;
    bool Observed;
};

NTSTATUS ExpInitialize(struct EXP_STATE *Ex, struct ntcb_kernel *Kernel);
VOID ExpTeardown(struct EXP_STATE *Ex, struct ntcb_kernel *Kernel);

/* A zeroed block of Bytes (>= sizeof EXP_BLOCK), or NULL. ExpFreeBlock is for one never linked. */
struct EXP_BLOCK *ExpAllocateBlock(SIZE_T Bytes, enum ntcb_manager Manager);
VOID ExpFreeBlock(struct EXP_BLOCK *Block);
VOID ExpLock(struct EXP_STATE *Ex, struct ntcb_kernel *Kernel);
VOID ExpUnlock(struct EXP_STATE *Ex, struct ntcb_kernel *Kernel);

/* Slot table, writer side: lowest free slot, or STATUS_INSUFFICIENT_RESOURCES (nothing changed).
 * Once: refuse, with STATUS_OBJECT_NAME_COLLISION, what has the key of a block of the table.
 * ExpRemoveSlot takes the lowest slot whose block has Key and, under Mask, Flags: STATUS_SUCCESS
 * after the wait, STATUS_PROCEDURE_NOT_FOUND, STATUS_POSSIBLE_DEADLOCK (reported; see ExpWait). */
NTSTATUS ExpInsertSlot(struct EXP_SLOTS *Slots, struct EXP_BLOCK *Block, bool Once);
NTSTATUS ExpRemoveSlot(struct EXP_SLOTS *Slots, EXP_ROUTINE Key, ULONG_PTR Mask, ULONG_PTR Flags,
                       const char *Function);

/* A block of Bytes whose UNICODE_STRING at Offset is a copy of Altitude (CM-REG-14, OB-11), and
 * whose own Altitude is that in UTF-8; or NULL. */
struct EXP_BLOCK *ExpAllocateAltitudeBlock(SIZE_T Bytes, SIZE_T Offset, enum ntcb_manager Manager,
                                           PCUNICODE_STRING Altitude);

/* STATUS_FLT_INSTANCE_ALTITUDE_COLLISION, with the reason: Holder has Block's altitude. */
NTSTATUS ExpRefuseAltitude(const struct EXP_BLOCK *Block, const struct EXP_BLOCK *Holder,
                           const char *Rule);

/* Ordered list, writer side; the caller holds the lock. ExpInsertList puts Count blocks, one after
 * the other, at Position of the live blocks: all, or none (INSUFFICIENT_RESOURCES). */
NTSTATUS ExpInsertList(struct EXP_LIST *List, struct EXP_BLOCK *const *Blocks, ULONG Count,
                       ULONG Position);
/* The end of the kernel: free what the list still holds. */
VOID ExpTeardownList(struct EXP_LIST *List, struct ntcb_kernel *Kernel);
/* Remove the registration with Id from its callback object, if there still is one. */
VOID ExpRemoveCallback(uint64_t Id);
VOID ExpTeardownCallbacks(struct EXP_STATE *Ex, struct ntcb_kernel *Kernel);
/* Visit what is registered, under the lock. */
VOID ExpVisitList(const struct EXP_LIST *List,
                  void (*Visit)(void *Context, const struct ntcb_registration *Registration),
                  void *Context);
VOID ExpVisitCallbacks(const struct EXP_STATE *Ex,
                       void (*Visit)(void *Context, const struct ntcb_registration *Registration),
                       void *Context);
VOID ExpUnlinkList(struct EXP_LIST *List, struct EXP_BLOCK *Block);

/* ExpWait - wait until no other thread is inside Block, which is unlinked from the container that
 * Waiters belongs to. A removal that can never
 * end is reported (DV-10, DV-11) and given up: STATUS_POSSIBLE_DEADLOCK, unless the kernel is
 * configured to hang. ExpCheckSelf is the question to ask before unlinking: is the calling thread
 * itself inside Block? It reports. */
NTSTATUS ExpWait(struct EXP_BLOCK *Block, _Atomic ULONG *Waiters, const char *Function);
bool ExpCheckSelf(const struct EXP_BLOCK *Block, const char *Function);
/* Hand an unlinked, drained block over to be freed when nobody can see it any more. */
VOID ExpRetire(struct EXP_BLOCK *Block);
/* Free what can be freed. Takes the lock. */
VOID ExpReclaim(struct ntcb_kernel *Kernel);

/* runholder.c, under NTCB_SWITCH_LINT: who holds run-down references. ExpWaitsForOneself: are the
 * Out references that are left the calling thread's own (RUN-12)? Reported; true: do not wait. */
VOID ExpNoteAcquired(PEX_RUNDOWN_REF RunRef, ULONG Count);
VOID ExpNoteReleased(PEX_RUNDOWN_REF RunRef, ULONG Count);
bool ExpWaitsForOneself(const char *Function, PEX_RUNDOWN_REF RunRef, ULONG_PTR Out);

VOID ExpDescribe(const struct EXP_BLOCK *Block, struct ntcb_registration *Registration);

/* Slow halves of the inline functions below. */
VOID ExpOpenFrame(struct KE_THREAD *Thread);
VOID ExpWakeRemovers(struct ntcb_kernel *Kernel);
struct EXP_BLOCK *ExpEnterChanged(struct EXP_PASS *Pass, struct EXP_SLOTS *Slots, SIZE_T Slot,
                                  struct EXP_BLOCK *Block) __attribute__((cold));
VOID ExpFinishCall(const struct EXP_PASS *Pass, const struct EXP_BLOCK *Block, int NotifyClass,
                   const void *Information, NTSTATUS Status) __attribute__((cold));
/* Walk(Context) calls routines within Pass. An exception that leaves one ends the walk; it is
 * reported (DV-15, What begins the sentence), and IRQL and APC state are what they were. */
VOID ExpGuardWalk(const struct EXP_PASS *Pass, VOID (*Walk)(PVOID Context), PVOID Context,
                  int NotifyClass, const char *What);
VOID ExpObserve(const struct EXP_BLOCK *Block, int NotifyClass, const void *Information,
                bool Entering, NTSTATUS Status);

#define EXP_UNLIKELY(x) __builtin_expect(!!(x), 0)

static inline VOID ExpPublishAs(bool Asymmetric, _Atomic(const void *) *Place, const void *Value)
{
    if (Asymmetric) {
        atomic_store_explicit(Place, Value, memory_order_release);
        atomic_signal_fence(memory_order_seq_cst); /* P2, P5: pairs with ExpHeavyFence */
    } else {
        atomic_exchange(Place, Value); /* P2, P5: pairs with ExpHeavyFence */
    }
}

static inline VOID ExpPublish(const struct EXP_PASS *Pass, _Atomic(const void *) *Place,
                              const void *Value)
{
    ExpPublishAs(Pass->Asymmetric, Place, Value);
}

/* The thread's present environment is what the next calls have to return in. */
static inline VOID ExpWatch(struct EXP_PASS *Pass)
{
    Pass->Watch = Pass->Thread->Environment.Word ^ (Pass->Observed ? ~0ull : 0);
}

static inline VOID ExpBeginPass(struct EXP_PASS *Pass, struct KE_THREAD *Thread,
                                _Atomic ULONG *Waiters)
{
    struct EXP_STATE *Ex = Thread->Ex;

    Pass->Thread = Thread;
    Pass->Frame = &Thread->Frames[Thread->Depth];
    Pass->Waiters = Waiters;
    Pass->Asymmetric = Ex->Asymmetric;
    Pass->Observed = Ex->Observer != NULL;
    ExpWatch(Pass);
    if (EXP_UNLIKELY(++Thread->Depth >
                     atomic_load_explicit(&Thread->FrameLimit, memory_order_relaxed))) {
        ExpOpenFrame(Thread);
    }
}

/* Show the world that the last block is left and that Block (or none) is next. */
static inline VOID ExpMoveTo(const struct EXP_PASS *Pass, const struct EXP_BLOCK *Block)
{
    ExpPublish(Pass, &Pass->Frame->Block, Block);
    if (EXP_UNLIKELY(atomic_load(Pass->Waiters) != 0)) {
        ExpWakeRemovers(Pass->Thread->Kernel);
    }
}

static inline VOID ExpEndPass(const struct EXP_PASS *Pass)
{
    ExpMoveTo(Pass, NULL);
    /* As it was, not one less than it is: the next pass need not wait for the subtraction. */
    Pass->Thread->Depth = (ULONG)(Pass->Frame - Pass->Thread->Frames);
}

/* Around the manager's typed call of the block that the pass has entered. NotifyClass (-1: none)
 * and Information are for the observer. */
static inline VOID ExpBeforeCall(const struct EXP_PASS *Pass, const struct EXP_BLOCK *Block,
                                 int NotifyClass, const void *Information)
{
    if (EXP_UNLIKELY(Pass->Observed)) {
        ExpObserve(Block, NotifyClass, Information, true, 0);
    }
}

static inline VOID ExpAfterCall(const struct EXP_PASS *Pass, const struct EXP_BLOCK *Block,
                                int NotifyClass, const void *Information, NTSTATUS Status)
{
    if (EXP_UNLIKELY(Pass->Thread->Environment.Word != Pass->Watch)) {
        ExpFinishCall(Pass, Block, NotifyClass, Information, Status);
    }
}

/* Look at the table as it is now. Change first: what comes later makes another one. */
static inline VOID ExpCatchUp(struct EXP_PASS *Pass, struct EXP_SLOTS *Slots)
{
    Pass->Seen = atomic_load(&Slots->Change);
    Pass->Limit = atomic_load(&Slots->Limit);
}

/* Is there anything from Slot on? A walk begins with ExpCatchUp and goes on while there is. */
static inline bool ExpHasSlot(struct EXP_PASS *Pass, struct EXP_SLOTS *Slots, SIZE_T Slot)
{
    /* Seen stays as it is: the block that is being left is still shown, and whoever waits for it is
     * found by the next look at Change, after it is not. */
    if (EXP_UNLIKELY(Slot >= Pass->Limit) && atomic_load(&Slots->Change) != Pass->Seen) {
        Pass->Limit = atomic_load(&Slots->Limit);
    }
    return Slot < Pass->Limit;
}

/* Publish and validate what a slot of a live table holds; NULL: nothing to call there.
 *
 * Asymmetric is the pass's, told apart so that a caller who knows it compiles to less.
 *
 * One look at Change after publishing is P3 and P5 at once. If it is as it was, the slot still
 * holds what was read from it, and nobody waits for the block that was left: that would have been
 * unlinked since it was validated. */
static inline struct EXP_BLOCK *ExpEnterSlot(struct EXP_PASS *Pass, struct EXP_SLOTS *Slots,
                                             SIZE_T Slot, bool Asymmetric)
{
    struct EXP_BLOCK *Block = atomic_load_explicit(&Slots->Slot[Slot], memory_order_acquire);

    if (EXP_UNLIKELY(Block == NULL)) {
        return NULL;
    }
    ExpPublishAs(Asymmetric, &Pass->Frame->Block, Block);
    if (EXP_UNLIKELY(atomic_load(&Slots->Change) != Pass->Seen)) {
        return ExpEnterChanged(Pass, Slots, Slot, Block);
    }
    return Block;
}

/* Freeze the list for this pass: NULL when it is empty. */
static inline struct EXP_SNAPSHOT *ExpFreeze(struct EXP_PASS *Pass, struct EXP_LIST *List)
{
    struct EXP_SNAPSHOT *Snapshot = atomic_load_explicit(&List->Head, memory_order_relaxed);

    while (Snapshot != NULL) {
        struct EXP_SNAPSHOT *Head;

        ExpPublish(Pass, &Pass->Frame->Snapshot, Snapshot);
        Head = atomic_load(&List->Head);
        if (Head == Snapshot) {
            break;
        }
        Snapshot = Head;
    }
    return Snapshot;
}

static inline VOID ExpThaw(struct EXP_PASS *Pass)
{
    atomic_store_explicit(&Pass->Frame->Snapshot, NULL, memory_order_release);
}

/* Publish a block of the pass's snapshot; false: it was removed meanwhile, do not call it. */
static inline bool ExpEnterBlock(struct EXP_PASS *Pass, struct EXP_BLOCK *Block)
{
    ExpMoveTo(Pass, Block);
    return atomic_load(&Block->Retired) == 0; /* P3 */
}

#endif
