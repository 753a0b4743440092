/* SPDX-License-Identifier: MIT
 *
 * probe.c - is this address a user's?
 */
#include "mm/mmp.h"

#define MMP_LOWEST_USER 0x10000u
#define MMP_HIGHEST_USER (UINTPTR_MAX >> 1) /* the host's stacks lie above Windows' own limit */

NTSTATUS MmpProbe(KPROCESSOR_MODE PreviousMode, const volatile VOID *Address, SIZE_T Bytes,
                  BOOLEAN Write)
{
    uintptr_t Start = (uintptr_t)Address;

    (void)Write;
    if (PreviousMode == KernelMode || Bytes == 0) {
        return STATUS_SUCCESS;
    }
    if (Start < MMP_LOWEST_USER || Start > MMP_HIGHEST_USER || Bytes > MMP_HIGHEST_USER - Start) {
        return STATUS_ACCESS_VIOLATION;
    }
    return STATUS_SUCCESS;
}

/* On Windows the driver's handler would run; without structured exceptions the report says so. */
static VOID MmpReportProbe(const char *Function, const volatile VOID *Address, SIZE_T Length,
                           const char *Exception, const VOID *Caller)
{
    char Symbol[NTSIM__SYMBOL_BYTES];

    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_VIOLATION,
            .rule = "MM-PROBE",
            .routine = ntsim__symbol(Caller, Symbol, sizeof(Symbol)),
            .on_windows = "raises the exception; here execution goes on behind the probe",
            .fix = "give the driver a user-mode pointer here; exceptions are not simulated",
        },
        "%s(%p, %llu) has to raise %s", Function, (void *)(uintptr_t)Address,
        (unsigned long long)Length, Exception);
}

static VOID MmpProbeFor(const char *Function, const volatile VOID *Address, SIZE_T Length,
                        ULONG Alignment, const VOID *Caller)
{
    ntcb_require_kernel(Function);
    ntcb_check_irql(Function, APC_LEVEL, "DV-26", 0x1);
    if (Length == 0) {
        return;
    }
    if (Alignment > 1 && ((uintptr_t)Address & (Alignment - 1)) != 0) {
        MmpReportProbe(Function, Address, Length, "STATUS_DATATYPE_MISALIGNMENT", Caller);
    } else if (!NT_SUCCESS(MmpProbe(UserMode, Address, Length, FALSE))) {
        MmpReportProbe(Function, Address, Length, "STATUS_ACCESS_VIOLATION", Caller);
    }
}

VOID NTAPI ProbeForRead(volatile void *Address, SIZE_T Length, ULONG Alignment)
{
    MmpProbeFor(__func__, Address, Length, Alignment, __builtin_return_address(0));
}

VOID NTAPI ProbeForWrite(volatile void *Address, SIZE_T Length, ULONG Alignment)
{
    MmpProbeFor(__func__, Address, Length, Alignment, __builtin_return_address(0));
}
