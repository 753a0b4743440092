/* SPDX-License-Identifier: MIT
 *
 * mmp.h - pool, addresses and image files as the other components of the simulator see them.
 */
#ifndef SIM_MM_MMP_H
#define SIM_MM_MMP_H

#include "simp.h"

/* MmpProbe - check a pointer a caller of PreviousMode passed: in user mode, it must lie in the user
 * half of the address space and not in its first 64 KiB. SUCCESS (always for KernelMode, and for no
 * bytes), ACCESS_VIOLATION. Alignment is not checked (REG-OPN-14, REG-QVK-06). `Write` is for the
 * reader's benefit: host pages are not asked. */
NTSTATUS MmpProbe(KPROCESSOR_MODE PreviousMode, const volatile VOID *Address, SIZE_T Bytes,
                  BOOLEAN Write);

/* Pool. Reports about its misuse bear the rule "MM-POOL", about blocks left behind DV-22.
 *
 * MmpAllocatePool - a block that Owner, an address within the routine that asked, is to free.
 * MmpAllocateOwn - a block of the simulator's own: never reported as left behind, so its contents
 * are zeroed instead of garbage. Within sim/, ExAllocatePoolWithTag means this one (simp.h). */
PVOID MmpAllocatePool(SIZE_T Bytes, ULONG Tag, const VOID *Owner);
PVOID MmpAllocateOwn(SIZE_T Bytes, ULONG Tag);
VOID MmpFreePool(PVOID Block, ULONG Tag, const VOID *Caller);

/* Blocks that drivers did not free: each whose allocating routine `Mine` accepts (NULL: every one)
 * is reported (DV-22) in Driver's name (NULL: not reported) and freed. Mine runs under a leaf lock.
 * Returns their number. */
ULONG MmpReportPoolLeaks(BOOLEAN (*Mine)(PVOID Context, const VOID *Owner), PVOID Context,
                         const char *Driver);

/* Unmap every image of Process. */
VOID MmpFreeProcessImages(struct ntsim_process *Process);

#endif
