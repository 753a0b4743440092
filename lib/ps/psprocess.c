/* SPDX-License-Identifier: MIT
 *
 * psprocess.c - the process notify table: three flavours of routine in one table.
 *
 * Role        Calls them, in slot order across all flavours (PROC-24), on the thread that creates a
 *             process or is the last to leave it; keeps the veto.
 * Evidence    PROC-01..44.
 */
#include "ps/psp.h"

/* EXP_BLOCK.Flags: which function registered the routine, and removes it (PROC-10). */
enum { PspPlain = 1, PspEx = 2, PspEx2 = 3 };

/* Stands in the slots of a NULL registration (Q-01, DV-30). */
static VOID NTAPI PspNullRoutine(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    (void)ParentId;
    (void)ProcessId;
    (void)Create;
    PspReportNull("process");
}

/* May a routine at that address be registered (PROC-05, -06)? */
static NTSTATUS PspCheckModule(EXP_ROUTINE Routine, ULONG_PTR Kind, const char *Function)
{
    const void *Address = (const void *)(uintptr_t)Routine;

    if (Kind != PspPlain) {
        return KiCheckIntegrity(Address, "PROC-05", Function);
    }
    return KiThread->Ke->Config.windows >= NTCB_WINDOWS_10_1507 && Routine != NULL /* PROC-12 */
               ? KiCheckModule(Address, "PROC-06", Function)
               : STATUS_SUCCESS;
}

static NTSTATUS PspSetCreateProcess(EXP_ROUTINE Routine, ULONG_PTR Kind, BOOLEAN Remove,
                                    const char *Function)
{
    bool Once = (KiThread->Ke->Config.switches & NTCB_SWITCH_PROCESS_DUPLICATES) == 0; /* C-02 */
    NTSTATUS Status;

    ntcb_check_irql(Function, PASSIVE_LEVEL, "DV-01", 0x0002001C);
    if (Remove) {
        return PspRemove(PspProcess, Routine, ~(ULONG_PTR)0, Kind, Function); /* PROC-11 */
    }
    Status = PspCheckModule(Routine, Kind, Function);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    return PspRegister(&(struct PSP_REGISTRATION){
        .Table = PspProcess,
        .Routine = Routine,
        .Null = (EXP_ROUTINE)PspNullRoutine,
        .Flags = Kind,
        .Once = Once,
        .Function = Function,
    });
}

/*
 * PsSetCreateProcessNotifyRoutine - register or remove a routine to be told of every process that
 * is created or exits.
 *
 * IRQL     PASSIVE_LEVEL (PROC-13; above: reported as DV-01, and done)
 * Context  any, also inside a callback; removal not from inside the routine itself (PROC-14)
 * Waits    a removal, until calls in flight on other threads have returned (PROC-08)
 * Returns  STATUS_SUCCESS
 *          STATUS_INVALID_PARAMETER         the table of 64 (8 before Vista) is full (PROC-02, -03)
 *                                           or the routine is registered already (PROC-04)
 *          STATUS_ACCESS_DENIED             from Windows 10 on: it lies in no driver (PROC-06)
 *          STATUS_INSUFFICIENT_RESOURCES    no memory
 *          STATUS_PROCEDURE_NOT_FOUND       removal: not registered by this function (PROC-09, -10)
 *          STATUS_POSSIBLE_DEADLOCK         removal: Windows would hang here (DV-10, DV-11)
 * A failure changes nothing; ntcb_last_reason() tells more.
 */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine,
                                               BOOLEAN Remove)
{
    KiRequireThread(__func__);
    return PspSetCreateProcess((EXP_ROUTINE)NotifyRoutine, PspPlain, Remove, __func__);
}

/*
 * PsSetCreateProcessNotifyRoutineEx - the same for a routine that is shown PS_CREATE_NOTIFY_INFO
 * and can veto a creation (PROC-40); Windows Vista SP1 and later.
 *
 * Returns  as above, and
 *          STATUS_ACCESS_DENIED             the driver's image lacks the integrity bit (PROC-05)
 *          STATUS_NOT_IMPLEMENTED           the simulated Windows is older (reported, PROC-01)
 */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX NotifyRoutine,
                                                 BOOLEAN Remove)
{
    if (!KiRequireWindows(__func__, NTCB_WINDOWS_VISTA, "PROC-01")) {
        return STATUS_NOT_IMPLEMENTED;
    }
    return PspSetCreateProcess((EXP_ROUTINE)NotifyRoutine, PspEx, Remove, __func__);
}

/*
 * PsSetCreateProcessNotifyRoutineEx2 - the same for a routine that also hears of subsystem
 * processes (PROC-38); Windows 10 1703 and later.
 *
 * NotifyInformation  the routine, a PCREATE_PROCESS_NOTIFY_ROUTINE_EX
 * Returns  as above, and first of all
 *          STATUS_INVALID_PARAMETER         NotifyType is not PsCreateProcessNotifySubsystems
 *                                           (PROC-07)
 */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx2(PSCREATEPROCESSNOTIFYTYPE NotifyType,
                                                  PVOID NotifyInformation, BOOLEAN Remove)
{
    if (!KiRequireWindows(__func__, NTCB_WINDOWS_10_1703, "PROC-01")) {
        return STATUS_NOT_IMPLEMENTED;
    }
    if (NotifyType != PsCreateProcessNotifySubsystems) {
        return KiRefuse(STATUS_INVALID_PARAMETER, "PROC-07", "%s: notify type %d is not known",
                        __func__, (int)NotifyType);
    }
    return PspSetCreateProcess((EXP_ROUTINE)(ULONG_PTR)NotifyInformation, PspEx2, Remove, __func__);
}

/* ---- dispatch -------------------------------------------------------------------------------- */

struct PSP_PROCESS_EVENT {
    const struct ntcb_process *Process;
    PPS_CREATE_NOTIFY_INFO CreateInfo; /* NULL: exit */
};

static bool PspWantsProcess(const struct EXP_BLOCK *Block, const void *Event)
{
    return !((const struct PSP_PROCESS_EVENT *)Event)->Process->Subsystem ||
           Block->Flags == PspEx2; /* PROC-38 */
}

static VOID PspCallProcess(const struct EXP_BLOCK *Block, PVOID Event)
{
    const struct PSP_PROCESS_EVENT *Process = Event;

    if (Block->Flags == PspPlain) {
        ((PCREATE_PROCESS_NOTIFY_ROUTINE)Block->Routine)(Process->Process->ParentProcessId,
                                                         Process->Process->ProcessId,
                                                         Process->CreateInfo != NULL);
    } else {
        ((PCREATE_PROCESS_NOTIFY_ROUTINE_EX)Block->Routine)(
            Process->Process->Process, Process->Process->ProcessId, Process->CreateInfo);
    }
}

bool ntcb_process_wanted(void)
{
    return PspWanted(KiRequireThread(__func__)->Ps, PspProcess);
}

NTSTATUS ntcb_process_created(const struct ntcb_process *process, PPS_CREATE_NOTIFY_INFO info)
{
    struct KE_THREAD *Thread = KiRequireThread(__func__);
    const struct PSP_VISIT Visit = {PspWantsProcess, PspCallProcess, 1, info};
    struct PSP_PROCESS_EVENT Event = {process, info};

    info->Size = sizeof(*info);
    info->CreationStatus = STATUS_SUCCESS;
    if (PspWanted(Thread->Ps, PspProcess)) {
        PspNotify(Thread, PspProcess, &Visit, &Event, Thread->Ps->Regions, PASSIVE_LEVEL);
    }
    return NT_SUCCESS(info->CreationStatus) ? STATUS_SUCCESS : info->CreationStatus; /* PROC-41 */
}

void ntcb_process_exited(const struct ntcb_process *process)
{
    static const struct PSP_VISIT Visit = {PspWantsProcess, PspCallProcess, 0, NULL};
    struct KE_THREAD *Thread = KiRequireThread(__func__);
    struct PSP_PROCESS_EVENT Event = {process, NULL};

    if (PspWanted(Thread->Ps, PspProcess)) {
        PspNotify(Thread, PspProcess, &Visit, &Event, Thread->Ps->Regions, PASSIVE_LEVEL);
    }
}
