/* SPDX-License-Identifier: MIT
 *
 * copy.c - memory of one process copied into another.
 */
#include "mm/mmp.h"
#include "ps/psp.h"

#include <string.h>

#define MMP_CHUNK 4096u

/* A range of a process's memory, looked at in its address space. */
struct MMP_RANGE {
    struct ntsim_process *Process;
    PUCHAR Address;
};

static NTSTATUS MmpProbeRange(const struct MMP_RANGE *Range, SIZE_T Bytes, KPROCESSOR_MODE Mode,
                              BOOLEAN Write)
{
    struct ntsim_process *Attached = PspAttach(Range->Process);
    NTSTATUS Status = MmpProbe(Mode, Range->Address, Bytes, Write);

    PspDetach(Attached);
    return Status;
}

/* From user mode as far as faults go: what cannot be touched is no fault of the driver's. */
static NTSTATUS MmpCopyIn(const struct MMP_RANGE *Range, PVOID To, const VOID *From, SIZE_T Bytes)
{
    struct ntsim_process *Attached = PspAttach(Range->Process);
    NTSTATUS Status = MmpCopy(UserMode, To, From, Bytes);

    PspDetach(Attached);
    return Status;
}

NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS FromProcess, PVOID FromAddress, PEPROCESS ToProcess,
                                   PVOID ToAddress, SIZE_T BufferSize, KPROCESSOR_MODE PreviousMode,
                                   PSIZE_T NumberOfBytesCopied)
{
    struct MMP_RANGE From = {(struct ntsim_process *)FromProcess, FromAddress};
    struct MMP_RANGE To = {(struct ntsim_process *)ToProcess, ToAddress};
    UCHAR Chunk[MMP_CHUNK];
    SIZE_T Bytes;
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-05", 0);
    *NumberOfBytesCopied = 0;
    if (BufferSize == 0) {
        return STATUS_SUCCESS;
    }
    Status = MmpProbeRange(&From, BufferSize, PreviousMode, FALSE);
    if (NT_SUCCESS(Status)) {
        Status = MmpProbeRange(&To, BufferSize, PreviousMode, TRUE);
    }
    while (NT_SUCCESS(Status) && *NumberOfBytesCopied < BufferSize) {
        Bytes = BufferSize - *NumberOfBytesCopied;
        Bytes = Bytes < sizeof(Chunk) ? Bytes : sizeof(Chunk);
        Status = MmpCopyIn(&From, Chunk, From.Address + *NumberOfBytesCopied, Bytes);
        if (NT_SUCCESS(Status)) {
            Status = MmpCopyIn(&To, To.Address + *NumberOfBytesCopied, Chunk, Bytes);
        }
        if (!NT_SUCCESS(Status)) {
            return STATUS_PARTIAL_COPY;
        }
        *NumberOfBytesCopied += Bytes;
    }
    return Status;
}
