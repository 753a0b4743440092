/* SPDX-License-Identifier: MIT
 *
 * guard.c - touching memory of a caller that may take it away at any time.
 *
 * A frame of the exception chain (<ntcallback/exception.h>) surrounds every such touch. What the
 * caller of user mode loses is its own fault and a status; any other exception goes on outwards, to
 * a driver that passed a bad pointer, once nothing is locked.
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
    char Symbol[NTSIM__SYMBOL_BYTES];

    if (PreviousMode != KernelMode && Record->ExceptionCode == STATUS_ACCESS_VIOLATION &&
        MmpIsUserAddress((PVOID)Record->ExceptionInformation[1])) {
        return STATUS_ACCESS_VIOLATION;
    }
    ntcb_exception_raise(Record);
    ntsim__fatal("exception 0x%08X at %s, address %p", (unsigned)Record->ExceptionCode,
                 ntsim__symbol(Record->ExceptionAddress, Symbol, sizeof(Symbol)),
                 (void *)Record->ExceptionInformation[1]);
}

NTSTATUS MmpGuard(KPROCESSOR_MODE PreviousMode, MMP_GUARDED *Routine, PVOID Context)
{
    NTSTATUS Status;

    if (PreviousMode == KernelMode) {
        return Routine(Context);
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
