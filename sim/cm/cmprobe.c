/* SPDX-License-Identifier: MIT
 *
 * cmprobe.c - pointers of user mode: which are refused, and what is copied (CM-BUF-01..05, -12).
 */
#include "cm/cmservice.h"
#include "mm/mmp.h"

#include <string.h>

NTSTATUS CmpProbe(KPROCESSOR_MODE Mode, const volatile void *Address, SIZE_T Bytes)
{
    if (Address == NULL && Bytes != 0) {
        return STATUS_ACCESS_VIOLATION; /* in kernel mode too: better than to fault in here */
    }
    return MmpProbe(Mode, Address, Bytes, FALSE);
}

BOOLEAN CmpCaptures(KPROCESSOR_MODE Mode, BOOLEAN Late)
{
    return Mode != KernelMode && (!Late || CmpState()->Windows >= NTCB_WINDOWS_8);
}

PVOID CmpCapture(const void *From, SIZE_T Bytes)
{
    PUCHAR Copy = ExAllocatePoolWithTag(PagedPool, Bytes + sizeof(WCHAR), CMP_TAG);
    if (Copy != NULL) {
        if (Bytes != 0) {
            memcpy(Copy, From, Bytes);
        }
        memset(Copy + Bytes, 0, sizeof(WCHAR));
    }
    return Copy;
}
