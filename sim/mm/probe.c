/* SPDX-License-Identifier: MIT
 *
 * probe.c - is this address a user's?
 */
#include "mm/mmp.h"

#include <ntcallback/exception.h>

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

/* Raise what a probe raises; with nobody there to catch it, say so and go on behind the probe. */
static VOID MmpRaise(const char *Function, NTSTATUS Status, const volatile VOID *Address,
                     SIZE_T Length, const VOID *Caller)
{
    char Symbol[NTSIM__SYMBOL_BYTES];

    ntcb_exception_raise(&(EXCEPTION_RECORD){
        .ExceptionCode = Status,
        .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
        .ExceptionAddress = (PVOID)(ULONG_PTR)Caller,
    });
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_VIOLATION,
            .rule = "MM-PROBE",
            .routine = ntsim__symbol(Caller, Symbol, sizeof(Symbol)),
            .on_windows = "raises the exception; nobody guards this thread against it",
            .fix = "give the driver a user-mode pointer here, and probe inside __try",
        },
        "%s(%p, %llu) has to raise %s", Function, (void *)(uintptr_t)Address,
        (unsigned long long)Length,
        Status == STATUS_ACCESS_VIOLATION ? "STATUS_ACCESS_VIOLATION"
                                          : "STATUS_DATATYPE_MISALIGNMENT");
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
        MmpRaise(Function, STATUS_DATATYPE_MISALIGNMENT, Address, Length, Caller);
    } else if (!NT_SUCCESS(MmpProbe(UserMode, Address, Length, FALSE))) {
        MmpRaise(Function, STATUS_ACCESS_VIOLATION, Address, Length, Caller);
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
