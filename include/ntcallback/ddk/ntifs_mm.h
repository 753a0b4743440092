/* SPDX-License-Identifier: MIT */
/*
 * ntifs_mm.h - what is at an address of a process.
 */
#ifndef NTCB_NTIFS_MM_H
#define NTCB_NTIFS_MM_H

#include "wdm_mm.h"

NTCB_DDK_BEGIN_DECLS

typedef enum _MEMORY_INFORMATION_CLASS {
    MemoryBasicInformation = 0,
    MemoryWorkingSetInformation = 1,
    MemoryMappedFilenameInformation = 2, /* a UNICODE_STRING, its text behind it */
    MemoryRegionInformation = 3,
    MemoryWorkingSetExInformation = 4,
    MaxMemoryInfoClass
} MEMORY_INFORMATION_CLASS;
#define MemorySectionName MemoryMappedFilenameInformation

typedef struct _MEMORY_BASIC_INFORMATION {
    PVOID BaseAddress; /* of the page */
    PVOID AllocationBase;
    ULONG AllocationProtect;
#if defined(_WIN64)
    USHORT PartitionId;
#endif
    SIZE_T RegionSize; /* as far as all pages are alike */
    ULONG State;       /* MEM_COMMIT, MEM_FREE */
    ULONG Protect;
    ULONG Type; /* MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE */
} MEMORY_BASIC_INFORMATION, *PMEMORY_BASIC_INFORMATION;

/*
 * ZwQueryVirtualMemory - what the process has at the address: user memory, a view of a section, an
 * image. Memory of the host's that lies at a user's address is told page by page, as committed.
 *
 * ProcessHandle  with PROCESS_QUERY_INFORMATION
 * MemoryInformationClass  MemoryBasicInformation, or MemoryMappedFilenameInformation: the name of
 *                the file that is mapped there, \Device\HarddiskVolume3\...
 * ReturnLength   bytes written, or, with STATUS_BUFFER_OVERFLOW, those that it takes; NULL: nobody
 *                asks
 * Returns  STATUS_SUCCESS
 *          STATUS_INVALID_PARAMETER     the address is no user's
 *          STATUS_INFO_LENGTH_MISMATCH  there is not even room for the structure
 *          STATUS_BUFFER_OVERFLOW       nor for the name
 *          STATUS_INVALID_ADDRESS       no view and no image is there
 *          STATUS_FILE_INVALID          a view, of no file
 *          STATUS_NOT_IMPLEMENTED       another class of Windows; STATUS_INVALID_INFO_CLASS
 *          STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED,
 *          STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES
 */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwQueryVirtualMemory(_In_ HANDLE ProcessHandle, _In_opt_ PVOID BaseAddress,
                         _In_ MEMORY_INFORMATION_CLASS MemoryInformationClass,
                         _Out_writes_bytes_(MemoryInformationLength) PVOID MemoryInformation,
                         _In_ SIZE_T MemoryInformationLength, _Out_opt_ PSIZE_T ReturnLength);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    NtQueryVirtualMemory(_In_ HANDLE ProcessHandle, _In_opt_ PVOID BaseAddress,
                         _In_ MEMORY_INFORMATION_CLASS MemoryInformationClass,
                         _Out_writes_bytes_(MemoryInformationLength) PVOID MemoryInformation,
                         _In_ SIZE_T MemoryInformationLength, _Out_opt_ PSIZE_T ReturnLength);

/* The return addresses of the calling thread's stack, from the caller's own code outwards: at most
 * Count of them; returns how many. Flags: in bits 8 and above, how many to leave out; others: 0 (a
 * program's stack is not to be had: 0). Any IRQL. */
NTSYSAPI ULONG NTAPI RtlWalkFrameChain(_Out_writes_(Count - (Flags >> 8)) PVOID *Callers,
                                       _In_ ULONG Count, _In_ ULONG Flags);

NTCB_DDK_END_DECLS

#endif
