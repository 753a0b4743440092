/* SPDX-License-Identifier: MIT
 *
 * mmp_state.h - the memory manager's state: the pool, and the user memory of processes.
 *
 * Locks   MMP_STATE.Lock protects the table of blocks, the quarantine and the list of user memory;
 *         a leaf.
 */
#ifndef SIM_MM_MMP_STATE_H
#define SIM_MM_MMP_STATE_H

#include "ke/poison.h"
#include "mm/mmp.h"
#include "mm/shown.h"
#include "simp_hash.h"

#include <stdatomic.h>

#define MMP_GUARD 16u
/* AddressSanitizer checks the end better than a guard: there the block's end is the allocation's.
 */
#define MMP_BACK_GUARD (NTSIM_ASAN ? 0u : MMP_GUARD)

/* In front of every block; kept in a table, so that any pointer at all can be given to a free. */
struct MMP_BLOCK {
    UT_hash_handle hh; /* by Body; the table remembers the order of allocation */
    PVOID Body;
    SIZE_T Bytes;
    const VOID *Owner; /* NULL: the simulator */
    const VOID *Freer; /* address within the routine that freed it */
    ULONG Tag;
    BOOLEAN Freed;
    _Alignas(16) UCHAR Guard[MMP_GUARD];
};

/* Freed blocks rest here before their memory goes back: a second free is recognised, and so is a
 * write after the free. */
#define MMP_REST_BLOCKS 64u

/* One allocation of user memory (usermem.c). */
struct MMP_USER {
    struct MMP_USER *Next;
    struct ntsim_process *Process;
    PVOID Base;
    SIZE_T Bytes;  /* whole pages */
    UCHAR *Pages;  /* PAGE_... of each; of ntsim__allocate */
    UCHAR Protect; /* as it was allocated */
    BOOLEAN Freed;
};

/* ---- virtual.c ---- */
/* A range that a service was passed, and gives back. */
struct MMP_REGION {
    PVOID Base;
    SIZE_T Bytes;
};
NTSTATUS MmpCaptureRegion(PVOID *BaseAddress, PSIZE_T RegionSize, struct MMP_REGION *Region);
NTSTATUS MmpReturnRegion(const struct MMP_REGION *Region, PVOID *BaseAddress, PSIZE_T RegionSize);
/* The process of the handle, which needs PROCESS_VM_OPERATION; referenced. */
NTSTATUS MmpReferenceProcess(HANDLE Handle, struct ntsim_process **Process);
/* DV-12: a service on user memory, from within an image routine. */
VOID MmpCheckImageLock(const char *Function);

/* ---- imageview.c ---- */
/* The bytes of a PE file, laid out as an image of Process, whose memory is held.
 * INVALID_IMAGE_FORMAT, INSUFFICIENT_RESOURCES. */
NTSTATUS MmpMapView(struct ntsim_process *Process, PCUNICODE_STRING Path, const UCHAR *File,
                    SIZE_T Bytes, struct MMP_REGION *Region);
/* The image routines hear of the image at Base (IMG-50), if it is still there. */
VOID MmpNotifyView(struct ntsim_process *Process, PVOID Base);
/* FALSE: no image begins there. */
BOOLEAN MmpUnmapView(struct ntsim_process *Process, PVOID Base);

/* ---- usermem.c ---- */
/* Change the protection of the pages that hold the range; *Old: the first one's, before. FALSE: no
 * part of one allocation of the process, or no protection. */
BOOLEAN MmpProtectUser(struct ntsim_process *Process, PVOID Address, SIZE_T Bytes, ULONG Protection,
                       PULONG Old);

/* ---- query.c ---- */
/* What a process has at an address, as far as it is all alike. */
struct MMP_AREA {
    PVOID Base;         /* of the allocation, the view, the image */
    SIZE_T Bytes;       /* of it */
    ULONG Type;         /* MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE; 0: free */
    ULONG Protect;      /* as it was allocated */
    const UCHAR *Pages; /* PAGE_... of each page; NULL: all have Current */
    ULONG Current;
    PCUNICODE_STRING Path; /* of the file that is mapped there; NULL: none */
};
/* Look at each area of the process in turn (usermem.c, view.c, imageview.c), until Each returns
 * TRUE. Under MMP_STATE.Lock. */
typedef BOOLEAN MMP_EACH_AREA(PVOID Context, const struct MMP_AREA *Area);
BOOLEAN MmpEachUser(const struct ntsim_process *Process, MMP_EACH_AREA *Each, PVOID Context);
BOOLEAN MmpEachView(const struct ntsim_process *Process, MMP_EACH_AREA *Each, PVOID Context);
BOOLEAN MmpEachImage(struct ntsim_process *Process, MMP_EACH_AREA *Each, PVOID Context);

/* ---- view.c ---- */
struct MMP_VIEW;
/* The process is going: its views are forgotten. */
VOID MmpForgetViews(struct ntsim_process *Process);

/* What user mode may do with a range. */
enum MMP_KIND {
    MMP_HOSTS,     /* host memory: accepted, and never taken away */
    MMP_USERS,     /* user memory of the current process */
    MMP_NOT_USERS, /* refused */
};
enum MMP_KIND MmpKindOf(const volatile VOID *Address, SIZE_T Bytes);

/* Does Address lie in a block of pool? */
BOOLEAN MmpIsPool(const volatile VOID *Address);

struct MMP_STATE {
    struct ntsim__lock *Lock;
    struct MMP_VIEW *Views;
    struct MMP_BLOCK *Blocks; /* hash head: live blocks and resting ones */
    struct MMP_BLOCK *Resting[MMP_REST_BLOCKS];
    ULONG NextResting;
    struct MMP_SHOWN Shown[MMP_SHOWN_MAX]; /* shown.c */
    ULONG NextShown;
    struct MMP_USER *Users;
    _Atomic ULONG UserCount; /* 0: nobody need look */
    _Atomic bool StrictUsers;
};

#endif
