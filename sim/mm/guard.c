/* SPDX-License-Identifier: MIT
 *
 * guard.c - touching memory of a caller that may take it away at any time.
 *
 * A frame of the exception chain (<ntcallback/exception.h>) surrounds every such touch. What the
 * caller of user mode loses is its own fault and a status. No exception goes on outwards from here:
 * a service is never left half-way, whatever pointer a driver has passed to it.
 */
#include "mm/mmp.h"

#include <ntcallback/exception.h>

#include <string.h>

bool MmpTry(MMP_GUARDED *Routine, PVOID Context, NTSTATUS *Status)
{
    struct ntcb_seh_frame Guard;

    Guard.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&Guard)) != 0) {
        return false;
    }
    *Status = Routine(Context);
    ntcb_seh_done(&Guard);
    return true;
}

NTSTATUS MmpFault(KPROCESSOR_MODE PreviousMode)
{
    const EXCEPTION_RECORD *Record = ntcb_exception_record();

    if (Record->ExceptionCode != STATUS_ACCESS_VIOLATION ||
        !MmpIsUserAddress((PVOID)Record->ExceptionInformation[1]) ||
        (PreviousMode == KernelMode &&
         !MmpIsUserMemory((PVOID)Record->ExceptionInformation[1]))) { /* else CM-BUF-03 said it */
        ntcb_exception_report("DV-15", Record->ExceptionAddress,
                              "a service met a pointer that nobody may pass");
    }
    return NT_SUCCESS(Record->ExceptionCode) ? STATUS_UNSUCCESSFUL : Record->ExceptionCode;
}

NTSTATUS MmpGuard(KPROCESSOR_MODE PreviousMode, MMP_GUARDED *Routine, PVOID Context)
{
    NTSTATUS Status;

    if (PreviousMode == KernelMode && !ntcb_exception_guarded()) {
        return Routine(Context); /* no driver's pointer: a fault is a test's, or our own */
    }
    return MmpTry(Routine, Context, &Status) ? Status : MmpFault(PreviousMode);
}

struct MMP_COPY {
    PVOID To;
    const VOID *From;
    SIZE_T Bytes;
};

static NTSTATUS MmpDoCopy(PVOID Context)
{
    const struct MMP_COPY *Copy = Context;

    memcpy(Copy->To, Copy->From, Copy->Bytes);
    return STATUS_SUCCESS;
}

NTSTATUS MmpCopy(KPROCESSOR_MODE PreviousMode, PVOID To, const VOID *From, SIZE_T Bytes)
{
    struct MMP_COPY Copy = {.To = To, .From = From, .Bytes = Bytes};

    return Bytes == 0 ? STATUS_SUCCESS : MmpGuard(PreviousMode, MmpDoCopy, &Copy);
}
