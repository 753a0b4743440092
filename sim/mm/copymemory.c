/* SPDX-License-Identifier: MIT
 *
 * copymemory.c - memory that may not be there, copied as far as it is.
 */
#include "mm/map.h"
#include "mm/mmp.h"

#include <string.h>

#define MMP_PAGE 4096u

NTSTATUS NTAPI MmCopyMemory(PVOID TargetAddress, MM_COPY_ADDRESS SourceAddress,
                            SIZE_T NumberOfBytes, ULONG Flags, PSIZE_T NumberOfBytesTransferred)
{
    SIZE_T Done = 0;
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, APC_LEVEL, "DV-26", 0);
    *NumberOfBytesTransferred = 0;
    if (Flags == MM_COPY_MEMORY_PHYSICAL) {
        return STATUS_NOT_IMPLEMENTED;
    }
    if (Flags != MM_COPY_MEMORY_VIRTUAL) {
        return STATUS_INVALID_PARAMETER;
    }
    while (Done < NumberOfBytes) {
        const UCHAR *From = (const UCHAR *)SourceAddress.VirtualAddress + Done;
        SIZE_T Bytes = MMP_PAGE - (ULONG_PTR)From % MMP_PAGE;
        Bytes = Bytes < NumberOfBytes - Done ? Bytes : NumberOfBytes - Done;
        if (!MmpReadable(From)) {
            break;
        }
        memcpy((PUCHAR)TargetAddress + Done, From, Bytes);
        Done += Bytes;
    }
    *NumberOfBytesTransferred = Done;
    return Done == NumberOfBytes ? STATUS_SUCCESS : STATUS_INVALID_ADDRESS;
}
