/* SPDX-License-Identifier: MIT
 *
 * psnotify.c - what the three tables of notify routines share: registering, removing, notifying.
 *
 * State       PspCallbackState()->Table; nothing here is static.
 * Locks       None of its own; the engine's for registration, none while a callback runs (IMG-24).
 * Invariants  I1  A registration takes the lowest free slot (IMG-08), removal the lowest slot that
 *                 holds the routine (IMG-10).
 *             I2  What can be refused by its arguments is refused before any allocation and before
 *                 the search (IMG-07).
 *             I3  A table is walked live: a higher slot filled meanwhile is still reached, an
 *                 emptied one is passed over (IMG-22, IMG-23).
 */
#include "ps/psp.h"

/* In what the tables differ: the status of a full one (PROC-03), and the rules of refusals. */
static const struct {
    enum ntcb_manager Manager;
    NTSTATUS FullStatus;
    const char *Full;
    const char *Memory;
    const char *Null;
    const char *Missing;
} PspTraits[PspTables] = {
    [PspImage] = {NTCB_MANAGER_IMAGE, STATUS_INSUFFICIENT_RESOURCES, "IMG-04", "IMG-05", "IMG-13",
                  "IMG-11"},
    [PspProcess] = {NTCB_MANAGER_PROCESS, STATUS_INVALID_PARAMETER, "PROC-02", "PROC-03", "PROC-12",
                    "PROC-09"},
    [PspThread] = {NTCB_MANAGER_THREAD, STATUS_INSUFFICIENT_RESOURCES, "THR-02", "THR-02", "THR-06",
                   "THR-04"},
};

VOID PspInitializeCallbacks(struct PSP_STATE *Ps, struct ntcb_kernel *Kernel)
{
    const struct ntcb_config *Config = &KiStateOf(Kernel)->Config;
    ULONG Capacity = Config->windows >= NTCB_WINDOWS_VISTA ? EXP_SLOT_MAX : 8; /* PROC-02, THR-02 */

    Ps->Table[PspImage].Capacity = Config->image_slots;
    Ps->Table[PspProcess].Capacity = Capacity;
    Ps->Table[PspThread].Capacity = Capacity;
    Ps->Regions = KE_CRITICAL_REGION +
                  ((Config->switches & NTCB_SWITCH_ALL_APCS_OFF) != 0 ? KE_GUARDED_REGION : 0);
    PspInitializeImage(Ps, Config);
}

VOID PspTeardownCallbacks(struct PSP_STATE *Ps, struct ntcb_kernel *Kernel)
{
    ULONG Table;
    ULONG Slot;

    for (Table = 0; Table < PspTables; ++Table) {
        for (Slot = 0; Slot < EXP_SLOT_MAX; ++Slot) {
            KiFree(KiStateOf(Kernel), atomic_load(&Ps->Table[Table].Slot[Slot]));
        }
    }
}

VOID PspReportNull(const char *Kind)
{
    ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                        .rule = "DV-30",
                                        .bugcheck = 0x3B,
                                        .parameter = {(uint64_t)(ULONG)STATUS_ACCESS_VIOLATION},
                                        .on_windows = "the kernel calls address 0",
                                        .fix = "check the routine's address before registering it"},
                  "a NULL %s routine is registered; the call was skipped", Kind);
}

NTSTATUS PspRegister(const struct PSP_REGISTRATION *Registration)
{
    struct KE_THREAD *Thread = KiThread;
    struct EXP_SLOTS *Slots = &Thread->Ps->Table[Registration->Table];
    struct EXP_BLOCK *Block;
    NTSTATUS Status;

    if (Registration->Routine == NULL &&
        (Thread->Ke->Config.switches & NTCB_SWITCH_REFUSE_NULL_ROUTINE) != 0) {
        return KiRefuse(STATUS_INVALID_PARAMETER_1, PspTraits[Registration->Table].Null,
                        "%s: the routine is NULL", Registration->Function);
    }
    Block = ExpAllocateBlock(sizeof(*Block), PspTraits[Registration->Table].Manager);
    if (Block == NULL) {
        return KiRefuse(STATUS_INSUFFICIENT_RESOURCES, PspTraits[Registration->Table].Memory,
                        "%s: no memory", Registration->Function);
    }
    Block->Key = Registration->Routine;
    Block->Routine = Block->Key == NULL ? Registration->Null : Block->Key;
    Block->Flags = Registration->Flags;
    Status = ExpInsertSlot(Slots, Block, Registration->Once);
    if (Status == STATUS_OBJECT_NAME_COLLISION) {
        Status = KiRefuse(STATUS_INVALID_PARAMETER, "PROC-04",
                          "%s: the routine is registered already", Registration->Function);
    } else if (!NT_SUCCESS(Status)) {
        Status = KiRefuse(
            PspTraits[Registration->Table].FullStatus, PspTraits[Registration->Table].Full,
            "%s: all %u slots of the table are taken", Registration->Function, Slots->Capacity);
    }
    if (!NT_SUCCESS(Status)) {
        ExpFreeBlock(Block);
    }
    return Status;
}

NTSTATUS PspRemove(enum PSP_TABLE Table, EXP_ROUTINE Routine, ULONG_PTR Mask, ULONG_PTR Flags,
                   const char *Function)
{
    NTSTATUS Status = ExpRemoveSlot(&KiThread->Ps->Table[Table], Routine, Mask, Flags, Function);

    if (Status == STATUS_PROCEDURE_NOT_FOUND) {
        KiRefuse(Status, PspTraits[Table].Missing, "%s: the routine is not registered%s", Function,
                 Mask == 0 ? "" : " by this function");
    }
    return Status;
}

struct PSP_WALK {
    struct EXP_PASS *Pass;
    struct EXP_SLOTS *Slots;
    const struct PSP_VISIT *Visit;
    PVOID Event;
};

static VOID PspWalkSlowly(PVOID Context)
{
    const struct PSP_WALK *Walk = Context;

    PspWalk(Walk->Pass, Walk->Slots, Walk->Visit, Walk->Event, Walk->Pass->Asymmetric, true);
}

VOID PspNotify(struct KE_THREAD *Thread, enum PSP_TABLE Table, const struct PSP_VISIT *Visit,
               PVOID Event, ULONGLONG Regions, KIRQL Irql)
{
    struct EXP_SLOTS *Slots = &Thread->Ps->Table[Table];
    ULONGLONG Outside = Thread->Environment.Word;
    struct EXP_PASS Pass;
    struct PSP_WALK Walk = {&Pass, Slots, Visit, Event};

    Thread->Environment.Word = Outside + Regions;
    if (Thread->Environment.s.Irql < Irql) {
        Thread->Environment.s.Irql = Irql;
    }
    ExpBeginPass(&Pass, Thread, &Slots->Waiters);
    ExpCatchUp(&Pass, Slots);
    ExpGuardWalk(&Pass, PspWalkSlowly, &Walk, Visit->NotifyClass,
                 "an exception left a notify routine");
    ExpEndPass(&Pass);
    Thread->Environment.Word = Outside;
}
