/* SPDX-License-Identifier: MIT
 *
 * environ.c - a routine of a driver's has returned: are IRQL, regions and attachments as they were?
 *
 * DV-17 and DV-19 are one fault: a callback changes its caller's count of regions, any other
 * routine its thread's.
 */
#include "ke/kep.h"

/* The two counts as KTHREAD has them in one word. */
static uint64_t KiDisableCount(const union KE_ENVIRONMENT *Environment)
{
    return ((uint64_t)(USHORT)Environment->s.SpecialApcDisable << 16) |
           (USHORT)Environment->s.KernelApcDisable;
}

static VOID KiReportIrql(KIRQL Now, KIRQL Before, const void *Routine, const char *What)
{
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_BUGCHECK,
            .rule = "DV-18",
            .bugcheck = IRQL_UNEXPECTED_VALUE,
            .parameter = {((uint64_t)Now << 16) | ((uint64_t)Before << 8) | 2, (uintptr_t)Routine},
            .address = Routine,
            .on_windows = "IRQL_UNEXPECTED_VALUE",
            .fix = "lower what the routine raised (release the spin lock) on every path out"},
        "%s was entered at IRQL %u and returned at %u", What, Before, Now);
}

/* Driver Verifier knows a rule for each kind of region, and one for the count of a callback. */
static VOID KiReportRegions(const union KE_ENVIRONMENT *Now, const union KE_ENVIRONMENT *Before,
                            const void *Routine, const char *What)
{
    bool Critical = Now->s.KernelApcDisable != Before->s.KernelApcDisable;
    struct ntcb_report Report = {
        .severity = NTCB_BUGCHECK,
        .rule = What == NULL ? "DV-17" : "DV-19",
        .bugcheck = DRIVER_VERIFIER_DETECTED_VIOLATION,
        .parameter = {0xC5, (uintptr_t)Routine, KiDisableCount(Now), KiDisableCount(Before)},
        .address = Routine,
        .on_windows = "at the end of the system call, APC_INDEX_MISMATCH (0x1)",
        .fix = "pair KeEnterCriticalRegion and KeEnterGuardedRegion with their leaves on every "
               "path out of the routine"};

    if (What != NULL) {
        Report.parameter[0] = Critical ? 0x00040003 : 0x0004000E;
        Report.on_windows = "Driver Verifier's rules CriticalRegions and GuardedRegions; without "
                            "them KERNEL_APC_PENDING_DURING_EXIT (0x20) when the thread ends";
    }
    ntcb_report_f(&Report,
                  "%s returned with critical regions %d (entered with %d), guarded regions %d "
                  "(entered with %d)",
                  What == NULL ? "the callback" : What, Now->s.KernelApcDisable,
                  Before->s.KernelApcDisable, Now->s.SpecialApcDisable,
                  Before->s.SpecialApcDisable);
}

static VOID KiReportAttached(unsigned Now, unsigned Before, const void *Routine, const char *What)
{
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_BUGCHECK,
            .rule = "DV-25",
            .bugcheck = INVALID_PROCESS_DETACH_ATTEMPT,
            .parameter = {(uintptr_t)Routine},
            .address = Routine,
            .on_windows = "INVALID_PROCESS_DETACH_ATTEMPT, or the thread goes on in the address "
                          "space of another process",
            .fix = "call KeUnstackDetachProcess for each KeStackAttachProcess, on every path out"},
        "%s returned attached to %u process(es), and was entered attached to %u", What, Now,
        Before);
}

VOID KiRestoreEnvironment(struct KE_THREAD *Thread, ULONGLONG BeforeWord)
{
    const union KE_ENVIRONMENT *Before = &(const union KE_ENVIRONMENT){.Word = BeforeWord};

    if (Thread->Environment.s.Attached != Before->s.Attached && Thread->Ke->Detach != NULL) {
        Thread->Ke->Detach(Before->s.Attached);
    }
    Thread->Environment = *Before;
}

VOID KiCheckEnvironment(struct KE_THREAD *Thread, ULONGLONG BeforeWord, const void *Routine,
                        const char *What)
{
    union KE_ENVIRONMENT *Now = &Thread->Environment;
    const union KE_ENVIRONMENT *Before = &(const union KE_ENVIRONMENT){.Word = BeforeWord};
    const char *Named = What == NULL ? "the callback" : What;

    if (Now->s.Irql != Before->s.Irql) {
        KiReportIrql(Now->s.Irql, Before->s.Irql, Routine, Named);
    }
    if (KiDisableCount(Now) != KiDisableCount(Before)) {
        KiReportRegions(Now, Before, Routine, What);
    }
    if (Now->s.Attached != Before->s.Attached) {
        KiReportAttached(Now->s.Attached, Before->s.Attached, Routine, Named);
    }
    KiRestoreEnvironment(Thread, BeforeWord);
}

uint64_t ntcb_environment(void)
{
    return KiRequireThread(__func__)->Environment.Word;
}

void ntcb_environment_check(uint64_t before, const void *routine, const char *what)
{
    struct KE_THREAD *Thread = KiRequireThread(__func__);

    if (Thread->Environment.Word != before) {
        KiCheckEnvironment(Thread, before, routine, what);
    }
}

unsigned ntcb_attached(int change)
{
    union KE_ENVIRONMENT *Environment = &KiRequireThread(__func__)->Environment;

    Environment->s.Attached = (USHORT)(Environment->s.Attached + change);
    return Environment->s.Attached;
}
