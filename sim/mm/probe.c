/* SPDX-License-Identifier: MIT
 *
 * probe.c - is this address a user's?
 */
#include "io/iop.h"
#include "mm/map.h"
#include "mm/mmp_state.h"

#include <ntcallback/exception.h>

#define MMP_LOWEST_USER 0x10000u
#define MMP_HIGHEST_USER MMP_HIGHEST_READABLE /* the host's stacks lie above Windows' own limit */

/* As x64 Windows has had them since 8.1. The memory of a process on arm64 Linux reaches higher, and
 * that of a 32-bit process on a 64-bit host fills its address space. */
#if UINTPTR_MAX <= 0xFFFFFFFFu
#define MMP_LAST_USER_PAGE (MMP_HIGHEST_READABLE + 1)
#define MMP_SYSTEM_START MMP_LAST_USER_PAGE
#elif defined(__aarch64__)
#define MMP_LAST_USER_PAGE 0xFFFFFFFF0000
#define MMP_SYSTEM_START 0xFFFF800000000000
#else
#define MMP_LAST_USER_PAGE 0x7FFFFFFF0000
#define MMP_SYSTEM_START 0xFFFF800000000000
#endif
PVOID const MmHighestUserAddress = (PVOID)(MMP_LAST_USER_PAGE - 1);
PVOID const MmSystemRangeStart = (PVOID)MMP_SYSTEM_START;
ULONG_PTR const MmUserProbeAddress = MMP_LAST_USER_PAGE;

BOOLEAN MmpIsUserAddress(const volatile VOID *Address)
{
    return (uintptr_t)Address >= MMP_LOWEST_USER && (uintptr_t)Address <= MMP_HIGHEST_USER;
}

struct MMP_RANGE {
    volatile UCHAR *First;
    SIZE_T Bytes;
};

/* Every page, as ProbeForWrite does it: by writing what is there. */
static NTSTATUS MmpTouchPages(PVOID Context)
{
    const struct MMP_RANGE *Range = Context;
    SIZE_T At;

    for (At = 0; At < Range->Bytes; At = (At + PAGE_SIZE) & ~(SIZE_T)(PAGE_SIZE - 1)) {
        Range->First[At] = Range->First[At];
    }
    Range->First[Range->Bytes - 1] = Range->First[Range->Bytes - 1];
    return STATUS_SUCCESS;
}

NTSTATUS MmpProbe(KPROCESSOR_MODE PreviousMode, const volatile VOID *Address, SIZE_T Bytes,
                  BOOLEAN Write)
{
    uintptr_t Start = (uintptr_t)Address;
    struct MMP_RANGE Range = {.First = (volatile UCHAR *)Start, .Bytes = Bytes};
    enum MMP_KIND Kind;

    if (PreviousMode == KernelMode || Bytes == 0) {
        return STATUS_SUCCESS;
    }
    if (!MmpIsUserAddress(Address) || Bytes > MMP_HIGHEST_USER - Start) {
        return STATUS_ACCESS_VIOLATION;
    }
    Kind = MmpKindOf(Address, Bytes);
    if (Kind == MMP_NOT_USERS) {
        return STATUS_ACCESS_VIOLATION;
    }
    return Kind == MMP_USERS && Write ? MmpGuard(UserMode, MmpTouchPages, &Range) : STATUS_SUCCESS;
}

/* Raise what a probe raises; with nobody there to catch it, say so and go on behind the probe. */
static VOID MmpRaise(const char *Function, NTSTATUS Status, const volatile VOID *Address,
                     SIZE_T Length, const VOID *Caller)
{
    ntcb_exception_raise(&(EXCEPTION_RECORD){
        .ExceptionCode = Status,
        .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
        .ExceptionAddress = (PVOID)(ULONG_PTR)Caller,
    });
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_VIOLATION,
            .rule = "MM-PROBE",
            .address = Caller,
            .on_windows = "raises the exception; nobody guards this thread against it",
            .fix = "give the driver a user-mode pointer here, and probe inside __try",
        },
        "%s(%p, %llu) has to raise %s", Function, (void *)(uintptr_t)Address,
        (unsigned long long)Length,
        Status == STATUS_ACCESS_VIOLATION ? "STATUS_ACCESS_VIOLATION"
                                          : "STATUS_DATATYPE_MISALIGNMENT");
}

static VOID MmpProbeFor(const char *Function, const volatile VOID *Address, SIZE_T Length,
                        ULONG Alignment, BOOLEAN Write, const VOID *Caller)
{
    ntcb_require_kernel(Function);
    ntcb_check_irql(Function, APC_LEVEL, "DV-26", 0);
    if (Length == 0) {
        return;
    }
    if (Alignment > 1 && ((uintptr_t)Address & (Alignment - 1)) != 0) {
        MmpRaise(Function, STATUS_DATATYPE_MISALIGNMENT, Address, Length, Caller);
    } else if (MmpIsPool(Address) || IopIsDriverAddress(Address) /* CM-BUF-07 */ ||
               !NT_SUCCESS(MmpProbe(UserMode, Address, Length, Write))) {
        MmpRaise(Function, STATUS_ACCESS_VIOLATION, Address, Length, Caller);
    }
}

VOID NTAPI ProbeForRead(volatile void *Address, SIZE_T Length, ULONG Alignment)
{
    MmpProbeFor(__func__, Address, Length, Alignment, FALSE, __builtin_return_address(0));
}

VOID NTAPI ProbeForWrite(volatile void *Address, SIZE_T Length, ULONG Alignment)
{
    MmpProbeFor(__func__, Address, Length, Alignment, TRUE, __builtin_return_address(0));
}
