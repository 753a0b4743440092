/* SPDX-License-Identifier: MIT
 *
 * cmprobe.c - pointers of user mode: which are refused, and what is copied (CM-BUF-01..05, -12).
 */
#include "cm/cmservice.h"
#include "mm/mmp.h"

#include <string.h>

/* CM-BUF-03: a driver hands on what it was shown. */
static VOID CmpReportUsers(const volatile void *Address)
{
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_VIOLATION,
            .rule = "CM-BUF-03",
            .on_windows = "the service trusts the pointer, and with it the program that chose it",
            .fix = "pass pool to Zw routines: copy an input into it, and an answer from it, inside "
                   "__try",
        },
        "a registry service was called from kernel mode with user memory (%p)",
        (const void *)(ULONG_PTR)Address);
}

static NTSTATUS CmpProbeFor(KPROCESSOR_MODE Mode, const volatile void *Address, SIZE_T Bytes,
                            BOOLEAN Write)
{
    if (Address == NULL && Bytes != 0) {
        return STATUS_ACCESS_VIOLATION; /* in kernel mode too: better than to fault in here */
    }
    if (Mode == KernelMode && Bytes != 0 && MmpIsUserMemory(Address)) {
        CmpReportUsers(Address);
    }
    return MmpProbe(Mode, Address, Bytes, Write);
}

NTSTATUS CmpProbe(KPROCESSOR_MODE Mode, const volatile void *Address, SIZE_T Bytes)
{
    return CmpProbeFor(Mode, Address, Bytes, FALSE);
}

NTSTATUS CmpProbeWrite(KPROCESSOR_MODE Mode, volatile void *Address, SIZE_T Bytes)
{
    return CmpProbeFor(Mode, Address, Bytes, TRUE);
}

BOOLEAN CmpCaptures(KPROCESSOR_MODE Mode, BOOLEAN Late)
{
    return Mode != KernelMode && (!Late || CmpState()->Windows >= NTCB_WINDOWS_8);
}

NTSTATUS CmpCapture(const void *From, SIZE_T Bytes, PVOID *Captured)
{
    PUCHAR Copy = ExAllocatePoolWithTag(PagedPool, Bytes + sizeof(WCHAR), CMP_TAG);
    if (Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = MmpCopy(UserMode, Copy, From, Bytes);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Copy, CMP_TAG);
        return Status;
    }
    memset(Copy + Bytes, 0, sizeof(WCHAR));
    *Captured = Copy;
    return STATUS_SUCCESS;
}
