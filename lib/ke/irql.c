/* SPDX-License-Identifier: MIT
 *
 * irql.c - the calling thread's IRQL and APC state: numbers that are kept and checked.
 *
 * Nothing here masks an interrupt; a wrong change is reported with the bug check that Windows or
 * Driver Verifier would stop with (DV-08, DV-19, DV-31), and then made, so that the driver goes on.
 */
#include "ke/kep.h"

static union KE_ENVIRONMENT *KiEnvironment(const char *Function)
{
    return &KiRequireThread(Function)->Environment;
}

KIRQL NTAPI KeGetCurrentIrql(VOID)
{
    return KiEnvironment(__func__)->s.Irql;
}

KIRQL NTAPI KfRaiseIrql(KIRQL NewIrql)
{
    union KE_ENVIRONMENT *Environment = KiEnvironment("KeRaiseIrql");
    KIRQL Old = Environment->s.Irql;

    if (NewIrql < Old) {
        ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                            .rule = "DV-08",
                                            .bugcheck = 0xC4,
                                            .parameter = {0x30, Old, NewIrql},
                                            .fix = "lower with KeLowerIrql"},
                      "KeRaiseIrql from IRQL %u to the lower %u", Old, NewIrql);
    }
    Environment->s.Irql = NewIrql;
    return Old;
}

VOID NTAPI KeLowerIrql(KIRQL NewIrql)
{
    union KE_ENVIRONMENT *Environment = KiEnvironment(__func__);
    KIRQL Old = Environment->s.Irql;

    if (NewIrql > Old) {
        ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                            .rule = "DV-08",
                                            .bugcheck = 0xC4,
                                            .parameter = {0x31, Old, NewIrql},
                                            .fix = "raise with KeRaiseIrql"},
                      "KeLowerIrql from IRQL %u to the higher %u", Old, NewIrql);
    }
    Environment->s.Irql = NewIrql;
}

/* DV-31: the region calls are for IRQL <= APC_LEVEL. */
static void KiCheckRegionCall(const char *Function, KIRQL Irql, uint32_t Code)
{
    if (Irql > APC_LEVEL) {
        ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                            .rule = "DV-31",
                                            .bugcheck = 0xC4,
                                            .parameter = {Code, Irql},
                                            .fix = "enter and leave regions at IRQL <= APC_LEVEL"},
                      "%s at IRQL %u", Function, Irql);
    }
}

static void KiLeaveRegion(const char *Function, SHORT *Depth, uint64_t VerifierRule)
{
    if (*Depth == 0) {
        ntcb_report_f(&(struct ntcb_report){.severity = NTCB_BUGCHECK,
                                            .rule = "DV-19",
                                            .bugcheck = 0xC4,
                                            .parameter = {VerifierRule},
                                            .fix = "pair every leave with an enter on the same "
                                                   "thread"},
                      "%s without the enter that it ends", Function);
        return;
    }
    --*Depth;
}

VOID NTAPI KeEnterCriticalRegion(VOID)
{
    union KE_ENVIRONMENT *Environment = KiEnvironment(__func__);

    KiCheckRegionCall(__func__, Environment->s.Irql, 0x11A);
    ++Environment->s.KernelApcDisable;
}

VOID NTAPI KeLeaveCriticalRegion(VOID)
{
    union KE_ENVIRONMENT *Environment = KiEnvironment(__func__);

    KiCheckRegionCall(__func__, Environment->s.Irql, 0x11B);
    KiLeaveRegion(__func__, &Environment->s.KernelApcDisable, 0x3E);
}

VOID NTAPI KeEnterGuardedRegion(VOID)
{
    union KE_ENVIRONMENT *Environment = KiEnvironment(__func__);

    KiCheckRegionCall(__func__, Environment->s.Irql, 0x11A);
    ++Environment->s.SpecialApcDisable;
}

VOID NTAPI KeLeaveGuardedRegion(VOID)
{
    union KE_ENVIRONMENT *Environment = KiEnvironment(__func__);

    KiCheckRegionCall(__func__, Environment->s.Irql, 0x11B);
    KiLeaveRegion(__func__, &Environment->s.SpecialApcDisable, 0x0004000E);
}

BOOLEAN NTAPI KeAreApcsDisabled(VOID)
{
    union KE_ENVIRONMENT *Environment = KiEnvironment(__func__);

    return Environment->s.KernelApcDisable != 0 || Environment->s.SpecialApcDisable != 0 ||
           Environment->s.Irql >= APC_LEVEL;
}

BOOLEAN NTAPI KeAreAllApcsDisabled(VOID)
{
    union KE_ENVIRONMENT *Environment = KiEnvironment(__func__);

    return Environment->s.SpecialApcDisable != 0 || Environment->s.Irql >= APC_LEVEL;
}

/* A verifier_id of 0: Driver Verifier has no rule for it. */
bool ntcb_check_irql(const char *function, KIRQL limit, const char *rule, uint32_t verifier_id)
{
    KIRQL Irql = KiRequireThread(function)->Environment.s.Irql;
    uint64_t Code = (uintptr_t)__builtin_return_address(0);
    struct ntcb_report Report = {.severity = NTCB_BUGCHECK,
                                 .rule = rule,
                                 .bugcheck = 0xC4,
                                 .parameter = {verifier_id},
                                 .on_windows = "Driver Verifier's DDI-compliance rules stop here; "
                                               "without them paged code may fault (0xA)",
                                 .fix = "call it at the IRQL the limit names"};

    if (Irql <= limit) {
        return true;
    }
    if (verifier_id == 0) { /* no rule of the verifier's: what happens, when it does (DV-07) */
        Report.bugcheck = IRQL_NOT_LESS_OR_EQUAL;
        Report.parameter[0] = Report.parameter[3] = Code;
        Report.parameter[1] = Irql;
        Report.parameter[2] = 8; /* execute */
        Report.on_windows = "IRQL_NOT_LESS_OR_EQUAL, when the code is paged out or has to wait";
    }
    ntcb_report_f(&Report, "%s at IRQL %u; the limit is %s", function, Irql,
                  limit == PASSIVE_LEVEL ? "PASSIVE_LEVEL"
                  : limit == APC_LEVEL   ? "APC_LEVEL"
                                         : "DISPATCH_LEVEL");
    return false;
}

VOID NTAPI KeQuerySystemTime(PLARGE_INTEGER CurrentTime)
{
    KeQuerySystemTimePrecise(CurrentTime);
}

LARGE_INTEGER NTAPI KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency)
{
    const struct ntcb_host_ops *Host = KiStateOf(KiRequireThread(__func__)->Kernel)->Host;
    LARGE_INTEGER Counter;

    if (PerformanceFrequency != NULL) {
        PerformanceFrequency->QuadPart = 10000000; /* as Windows 10: 100 ns units */
    }
    Counter.QuadPart = (LONGLONG)(Host->clock_ns(Host->context) / 100);
    return Counter;
}

VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime)
{
    const struct ntcb_host_ops *Host = KiStateOf(KiRequireThread(__func__)->Kernel)->Host;

    CurrentTime->QuadPart = Host->system_time(Host->context);
}
