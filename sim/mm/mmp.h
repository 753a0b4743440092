/* SPDX-License-Identifier: MIT
 *
 * mmp.h - pool, addresses and image files as the other components of the simulator see them.
 */
#ifndef SIM_MM_MMP_H
#define SIM_MM_MMP_H

#include "simp.h"

/* MmpProbe - check a pointer a caller of PreviousMode passed: in user mode, it must lie in the user
 * half of the address space and not in its first 64 KiB, and user memory (<ntsim/memory.h>) must be
 * the current process's own, and for Write writable. SUCCESS (always for KernelMode, and for no
 * bytes), ACCESS_VIOLATION. Alignment is not checked (REG-OPN-14, REG-QVK-06). That all is well now
 * says nothing of later: touch it by the routines below. */
NTSTATUS MmpProbe(KPROCESSOR_MODE PreviousMode, const volatile VOID *Address, SIZE_T Bytes,
                  BOOLEAN Write);
BOOLEAN MmpIsUserAddress(const volatile VOID *Address);
/* Is it memory of <ntsim/memory.h>, of any process? */
BOOLEAN MmpIsUserMemory(const volatile VOID *Address);

/* Memory of a caller, which another of its threads may take away at any time.
 * MmpCopy - memcpy; SUCCESS, ACCESS_VIOLATION (user mode; part may have been copied).
 * MmpGuard - call Routine, which touches such memory and has nothing locked: its status, or
 * ACCESS_VIOLATION when user memory faulted. What Routine had allocated must be reachable for the
 * caller. Any other exception is reported (DV-15) and its code returned. In kernel mode the same,
 * if the thread is inside a driver's routine or __try; else nothing is guarded.
 * MmpTry - the same for a routine under a lock: false when an exception ended it; then unlock, and
 * MmpFault decides as MmpGuard does. */
typedef NTSTATUS MMP_GUARDED(PVOID Context);
NTSTATUS MmpCopy(KPROCESSOR_MODE PreviousMode, PVOID To, const VOID *From, SIZE_T Bytes);
NTSTATUS MmpGuard(KPROCESSOR_MODE PreviousMode, MMP_GUARDED *Routine, PVOID Context);
bool MmpTry(MMP_GUARDED *Routine, PVOID Context, NTSTATUS *Status);
NTSTATUS MmpFault(KPROCESSOR_MODE PreviousMode);

/* Pool. Reports about its misuse bear the rule "MM-POOL", about blocks left behind DV-22.
 *
 * MmpAllocatePool - a block that Owner, an address within the routine that asked, is to free.
 * MmpAllocateOwn - a block of the simulator's own: never reported as left behind, so its contents
 * are zeroed instead of garbage. Within sim/, ExAllocatePoolWithTag means this one (simp.h). */
PVOID MmpAllocatePool(SIZE_T Bytes, ULONG Tag, const VOID *Owner);
PVOID MmpAllocateOwn(SIZE_T Bytes, ULONG Tag);
VOID MmpFreePool(PVOID Block, ULONG Tag, const VOID *Caller);
/* As ExAllocatePoolWithTag does for Function's Caller. */
PVOID MmpAllocateTyped(const char *Function, POOL_TYPE PoolType, SIZE_T Bytes, ULONG Tag,
                       const VOID *Caller);
/* A block changes hands: Owner is who is named if it is left. FALSE: it is no live block of so many
 * bytes (0: of any number). */
BOOLEAN MmpOwnPool(PVOID Body, SIZE_T Bytes, const VOID *Owner);

/* Blocks that drivers did not free: each whose allocating routine `Mine` accepts (NULL: every one)
 * is reported (DV-22) in Driver's name (NULL: not reported) and freed. Mine runs under a leaf lock.
 * Returns their number. */
ULONG MmpReportPoolLeaks(BOOLEAN (*Mine)(PVOID Context, const VOID *Owner), PVOID Context,
                         const char *Driver);

/* The driver image of that number, the oldest first; FALSE: there are fewer. */
struct MMP_DRIVER_IMAGE {
    PVOID Base;
    ULONG Bytes;
    char Path[256];
};
BOOLEAN MmpNthDriverImage(ULONG Index, struct MMP_DRIVER_IMAGE *Found);

/* Unmap every image of Process. */
VOID MmpFreeProcessImages(struct ntsim_process *Process);
/* Take away all user memory of Process. */
VOID MmpFreeUserMemory(struct ntsim_process *Process);

/* Why is the routine that LoaderWords (the loader's message about an undefined symbol) name not
 * here? One sentence into Text, cut to Bytes. */
VOID MmpDescribeAbsent(const char *LoaderWords, char *Text, SIZE_T Bytes);

/* Does ntsim_user_allocate know the protection? */
BOOLEAN MmpIsUserProtection(ULONG Protection);

#endif
