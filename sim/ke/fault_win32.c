/* SPDX-License-Identifier: MIT
 *
 * fault_win32.c - hardware exceptions of Windows as exceptions of the simulated kernel.
 *
 * State       KiFaults, the one variable of the simulator that is static: a vectored handler
 *             belongs to the process. Nothing of a simulator is in it; which kernel a fault
 *             concerns is what the faulting thread is bound to.
 * Locks       KiFaults.Lock, a leaf, not taken by the handler.
 * Invariants  F1  A fault that no frame waits for goes where it would have gone without us.
 *             F2  The handler returns. What goes to the frame starts on the faulting thread's
 *                 stack afterwards, so that the list of handlers is in nobody's hands then.
 */
#include "ke/fault.h"
#include "ke/win32.h"
#include "simp.h"

#include <ntcallback/exception.h>

static struct {
    WIN32_LOCK Lock;
    ULONG Users;
    PVOID Handler;
} KiFaults;

/* What the handler reads and changes of x64's CONTEXT. */
struct KI_CONTEXT {
    UCHAR Before[0x80];
    ULONG64 Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi, R8to15[8], Rip;
};
_Static_assert(offsetof(struct KI_CONTEXT, Rsp) == 0x98, "CONTEXT.Rsp");
_Static_assert(offsetof(struct KI_CONTEXT, Rip) == 0xF8, "CONTEXT.Rip");

/* Begins on the faulting thread's stack, in place of the instruction. */
static VOID KiRaiseFault(const EXCEPTION_RECORD *Record)
{
    ntcb_exception_raise(Record);
    ntsim__fatal("an exception at %p had a frame to go to, and does no longer",
                 Record->ExceptionAddress);
}

static bool KiIsFault(NTSTATUS Code)
{
    return Code == STATUS_ACCESS_VIOLATION || Code == STATUS_ILLEGAL_INSTRUCTION ||
           Code == STATUS_INTEGER_DIVIDE_BY_ZERO || Code == STATUS_IN_PAGE_ERROR;
}

static int32_t __stdcall KiOnFault(void *Pointers)
{
    const EXCEPTION_RECORD *Record = ((EXCEPTION_POINTERS *)Pointers)->ExceptionRecord;
    struct KI_CONTEXT *Machine = (PVOID)((EXCEPTION_POINTERS *)Pointers)->ContextRecord;
    EXCEPTION_RECORD *Copy;

    if (!KiIsFault(Record->ExceptionCode) || !ntcb_exception_guarded()) {
        return WIN32_CONTINUE_SEARCH; /* F1 */
    }
    /* Below what the function may have there, aligned as a call leaves it. */
    Copy = (EXCEPTION_RECORD *)(((ULONG_PTR)Machine->Rsp - 128 - sizeof(*Copy)) & ~(ULONG_PTR)15);
    *Copy = *Record;
    Copy->ExceptionFlags = 0;
    Copy->ExceptionRecord = NULL;
    Machine->Rcx = (ULONG_PTR)Copy;
    Machine->Rsp = (ULONG_PTR)Copy - 40;
    Machine->Rip = (ULONG_PTR)KiRaiseFault;
    return WIN32_CONTINUE_EXECUTION; /* F2 */
}

void ntsim__faults_begin(void)
{
    AcquireSRWLockExclusive(&KiFaults.Lock);
    if (KiFaults.Users++ == 0) {
        KiFaults.Handler = AddVectoredExceptionHandler(1, KiOnFault);
    }
    ReleaseSRWLockExclusive(&KiFaults.Lock);
}

/* Nobody takes a vectored handler away. */
void ntsim__faults_arm(void)
{
}

void ntsim__faults_end(void)
{
    AcquireSRWLockExclusive(&KiFaults.Lock);
    if (--KiFaults.Users == 0) {
        RemoveVectoredExceptionHandler(KiFaults.Handler);
    }
    ReleaseSRWLockExclusive(&KiFaults.Lock);
}
