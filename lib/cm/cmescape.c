/* SPDX-License-Identifier: MIT
 *
 * cmescape.c - an exception that leaves a registry callback (CM-EXC, CM-VER-06).
 */
#include "cm/cmp.h"

#include <ntcallback/exception.h>

/* Windows Vista goes on as if nothing had happened; the driver's author wants to know. */
static VOID CmpReportSwallowed(const EXCEPTION_RECORD *Record, const char *Routine, ULONG Class)
{
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_WARNING,
            .rule = "CM-VER-06",
            .routine = Routine,
            .address = KiRaisedAt(Record),
            .on_windows = "nothing: Windows Vista swallows it; REGISTRY_FILTER_DRIVER_EXCEPTION "
                          "(0x135) from Windows 7 on",
            .fix = "guard what can raise by __try and __except",
        },
        "exception 0x%08X left a registry callback of class %u and was swallowed",
        (unsigned)Record->ExceptionCode, Class);
}

static VOID CmpReportEscape(const EXCEPTION_RECORD *Record, const struct EXP_BLOCK *Block,
                            const char *Routine, ULONG Class)
{
    char Place[KE_SYMBOL_BYTES];

    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_BUGCHECK,
            .rule = "CM-EXC-01",
            .bugcheck = REGISTRY_FILTER_DRIVER_EXCEPTION,
            .parameter = {(ULONG)Record->ExceptionCode, (uintptr_t)Record,
                          (uint64_t)(uintptr_t)Block->Routine},
            .routine = Routine,
            .address = KiRaisedAt(Record),
            .on_windows = "REGISTRY_FILTER_DRIVER_EXCEPTION",
            .fix = "guard what can raise by __try and __except: user-mode buffers, and routines "
                   "that raise",
        },
        "exception 0x%08X, raised at %s, left a registry callback of class %u",
        (unsigned)Record->ExceptionCode, KiSymbol(Record->ExceptionAddress, Place, sizeof(Place)),
        Class);
}

NTSTATUS CmpEscaped(struct KE_THREAD *Thread, const struct EXP_BLOCK *Block, ULONG NotifyClass,
                    const void *Information)
{
    const EXCEPTION_RECORD *Record = ntcb_exception_record();
    NTSTATUS Status = STATUS_SUCCESS;
    char Routine[KE_SYMBOL_BYTES];

    KiSymbol((const void *)(uintptr_t)Block->Routine, Routine, sizeof(Routine));
    if (Thread->Ke->Config.windows < NTCB_WINDOWS_7) {
        CmpReportSwallowed(Record, Routine, NotifyClass);
    } else {
        CmpReportEscape(Record, Block, Routine, NotifyClass);
        Status = Record->ExceptionCode;
        if (NT_SUCCESS(Status) || Status == STATUS_CALLBACK_BYPASS) {
            Status = STATUS_UNSUCCESSFUL; /* it has not done the operation, nor let it go on */
        }
    }
    if (Thread->Ex->Observer != NULL) {
        ExpObserve(Block, (int)NotifyClass, Information, false, Status);
    }
    return Status;
}
