/* SPDX-License-Identifier: MIT
 *
 * psthread.c - the thread notify table: three kinds of routine in one table (THR-02).
 *
 * Role        Calls them, in slot order, on the thread that creates a thread, on the new thread, or
 *             on the one that exits, as THR-08 and THR-09 say.
 * Evidence    THR-01..12.
 */
#include "ps/psp.h"

/* EXP_BLOCK.Flags */
enum { PspPlain, PspNonSystem, PspSubsystems };

/* Stands in the slots of a NULL registration (Q-01, DV-30). */
static VOID NTAPI PspNullRoutine(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    (void)ProcessId;
    (void)ThreadId;
    (void)Create;
    PspReportNull("thread");
}

static NTSTATUS PspSetCreateThread(EXP_ROUTINE Routine, ULONG_PTR Kind, const char *Function)
{
    ntcb_check_irql(Function, PASSIVE_LEVEL, "DV-01", 0x0002001C);
    return PspRegister(&(struct PSP_REGISTRATION){
        .Table = PspThread,
        .Routine = Routine,
        .Null = (EXP_ROUTINE)PspNullRoutine,
        .Flags = Kind,
        .Function = Function,
    });
}

/*
 * PsSetCreateThreadNotifyRoutine - register a routine to be told of every thread that is created or
 * exits; the creation is told in the creator's thread (THR-08).
 *
 * IRQL     PASSIVE_LEVEL (THR-06; above: reported as DV-01, and done)
 * Context  any, also inside a callback
 * Returns  STATUS_SUCCESS                   registered, once more if it already was (THR-05)
 *          STATUS_INSUFFICIENT_RESOURCES    the table of 64 (8 before Vista) is full, or no memory
 *                                           (THR-02)
 *          STATUS_INVALID_PARAMETER_1       NULL, when the kernel refuses that (THR-06, Q-01)
 */
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine)
{
    KiRequireThread(__func__);
    return PspSetCreateThread((EXP_ROUTINE)NotifyRoutine, PspPlain, __func__);
}

/*
 * PsSetCreateThreadNotifyRoutineEx - the same with a choice of threads; Windows 10 and later.
 *
 * NotifyType         PsCreateThreadNotifyNonSystem: no system threads, and the creation is told on
 *                    the new thread (THR-08, -10); PsCreateThreadNotifySubsystems: threads of
 *                    subsystem processes too
 * NotifyInformation  the routine (THR-03)
 * Returns  as above, and
 *          STATUS_INVALID_PARAMETER         another NotifyType (THR-03)
 *          STATUS_NOT_IMPLEMENTED           the simulated Windows is older (reported, THR-01)
 */
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutineEx(PSCREATETHREADNOTIFYTYPE NotifyType,
                                                PVOID NotifyInformation)
{
    if (!KiRequireWindows(__func__, NTCB_WINDOWS_10_1507, "THR-01")) {
        return STATUS_NOT_IMPLEMENTED;
    }
    if (NotifyType != PsCreateThreadNotifyNonSystem &&
        NotifyType != PsCreateThreadNotifySubsystems) {
        return KiRefuse(STATUS_INVALID_PARAMETER, "THR-03", "%s: notify type %d is not known",
                        __func__, (int)NotifyType);
    }
    return PspSetCreateThread(
        (EXP_ROUTINE)(ULONG_PTR)NotifyInformation,
        NotifyType == PsCreateThreadNotifyNonSystem ? PspNonSystem : PspSubsystems, __func__);
}

/*
 * PsRemoveCreateThreadNotifyRoutine - take away one registration of the routine, the one in the
 * lowest slot, whatever its kind (THR-04); Windows XP and later.
 *
 * IRQL     <= APC_LEVEL (above: DV-07)
 * Context  any but inside the registration itself
 * Waits    until calls of it in flight on other threads have returned
 * Returns  STATUS_SUCCESS                   gone, and not running
 *          STATUS_PROCEDURE_NOT_FOUND       not registered
 *          STATUS_POSSIBLE_DEADLOCK         Windows would hang here (DV-10, DV-11)
 */
NTSTATUS NTAPI PsRemoveCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine)
{
    KiRequireThread(__func__);
    ntcb_check_irql(__func__, APC_LEVEL, "DV-07", 0);
    return PspRemove(PspThread, (EXP_ROUTINE)NotifyRoutine, 0, 0, __func__);
}

/* ---- dispatch -------------------------------------------------------------------------------- */

enum PSP_MOMENT { PspCreated, PspStarted, PspExited };

struct PSP_THREAD_EVENT {
    const struct ntcb_thread *Thread;
    enum PSP_MOMENT Moment;
};

static bool PspWantsThread(const struct EXP_BLOCK *Block, const void *Event)
{
    const struct PSP_THREAD_EVENT *Thread = Event;
    bool Heard = Block->Flags == PspSubsystems || !Thread->Thread->Subsystem; /* THR-10 */

    if (Block->Flags == PspNonSystem) {
        return Heard && !Thread->Thread->System &&
               (Thread->Moment == PspStarted ||
                (Thread->Moment == PspExited && Thread->Thread->Started));
    }
    return Heard && Thread->Moment != PspStarted;
}

static VOID PspCallThread(const struct EXP_BLOCK *Block, PVOID Event)
{
    const struct PSP_THREAD_EVENT *Thread = Event;

    ((PCREATE_THREAD_NOTIFY_ROUTINE)Block->Routine)(
        Thread->Thread->ProcessId, Thread->Thread->ThreadId, Thread->Moment != PspExited);
}

static void PspNotifyThread(const char *Function, const struct ntcb_thread *Which,
                            enum PSP_MOMENT Moment)
{
    struct KE_THREAD *Thread = KiRequireThread(Function);
    const struct PSP_VISIT Visit = {PspWantsThread, PspCallThread, Moment != PspExited, NULL};
    struct PSP_THREAD_EVENT Event = {Which, Moment};
    bool Apc = (Thread->Ke->Config.switches & NTCB_SWITCH_CALLBACKS_AT_APC) != 0; /* THR-07 */

    if (PspWanted(Thread->Ps, PspThread)) {
        PspNotify(Thread, PspThread, &Visit, &Event, 0, Apc ? APC_LEVEL : PASSIVE_LEVEL);
    }
}

void ntcb_thread_created(const struct ntcb_thread *thread)
{
    PspNotifyThread(__func__, thread, PspCreated);
}

void ntcb_thread_started(const struct ntcb_thread *thread)
{
    PspNotifyThread(__func__, thread, PspStarted);
}

void ntcb_thread_exited(const struct ntcb_thread *thread)
{
    PspNotifyThread(__func__, thread, PspExited);
}
