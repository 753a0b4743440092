/* SPDX-License-Identifier: MIT
 *
 * dbgbreak.c - breakpoints and assertions without a debugger, and instructions that only a real
 * kernel can execute: each a report about the driver, after which it goes on.
 *
 * Rules: KE-BREAK for breakpoints that nobody handles, KE-PRIVILEGED for instructions.
 */
#include "simp.h"

#include <ntcallback/exception.h>

/* The exception of an int 3: to the driver's __except, or else a bug check. */
static VOID RtlpBreak(const char *Function, const VOID *Caller)
{
    char Symbol[NTSIM__SYMBOL_BYTES];

    ntcb_require_kernel(Function);
    ntcb_exception_raise(&(EXCEPTION_RECORD){
        .ExceptionCode = STATUS_BREAKPOINT,
        .ExceptionAddress = (PVOID)(ULONG_PTR)Caller,
    });
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_BUGCHECK,
            .rule = "KE-BREAK",
            .bugcheck = KMODE_EXCEPTION_NOT_HANDLED,
            .parameter = {(ULONG)STATUS_BREAKPOINT, (ULONG_PTR)Caller},
            .routine = ntsim__symbol(Caller, Symbol, sizeof(Symbol)),
            .on_windows = "stops in the debugger, and without one with this bug check",
            .fix = "call it only when KD_DEBUGGER_ENABLED says that somebody is there",
        },
        "%s, and no debugger is there", Function);
}

VOID NTAPI DbgBreakPoint(VOID)
{
    RtlpBreak(__func__, __builtin_return_address(0));
}

VOID NTAPI DbgBreakPointWithStatus(ULONG Status)
{
    (void)Status;
    RtlpBreak(__func__, __builtin_return_address(0));
}

VOID NTAPI RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber,
                     PSTR MutableMessage)
{
    DbgPrint("*** Assertion failed: %s%s\n***   Source File: %s, line %u\n",
             MutableMessage != NULL ? MutableMessage : "", (PCSTR)VoidFailedAssertion,
             (PCSTR)VoidFileName, LineNumber);
    RtlpBreak(__func__, __builtin_return_address(0));
}

ULONG64 NTAPI NtcbPrivileged(PCSTR Instruction)
{
    const VOID *Caller = __builtin_return_address(0);
    char Symbol[NTSIM__SYMBOL_BYTES];

    ntcb_require_kernel(Instruction);
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_VIOLATION,
            .rule = "KE-PRIVILEGED",
            .routine = ntsim__symbol(Caller, Symbol, sizeof(Symbol)),
            .on_windows = "executes the instruction, on this processor only",
            .fix = "put what needs the machine itself behind a function that a test can replace",
        },
        "%s: the simulated kernel has no such instruction; it read as 0 and changed nothing",
        Instruction);
    return 0;
}
