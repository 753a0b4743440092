/* SPDX-License-Identifier: MIT */
/*
 * wdm_mm.h - memory manager: memory descriptor lists as data, addresses of system routines,
 * probes.
 */
#ifndef NTCB_WDM_MM_H
#define NTCB_WDM_MM_H

#include "wdm_base.h"

NTCB_DDK_BEGIN_DECLS

typedef struct _MDL {
    struct _MDL *Next;
    CSHORT Size;
    CSHORT MdlFlags;
    struct _EPROCESS *Process;
    PVOID MappedSystemVa;
    PVOID StartVa;
    ULONG ByteCount;
    ULONG ByteOffset;
} MDL, *PMDL;
typedef ULONG_PTR PFN_NUMBER, *PPFN_NUMBER;
#define MDL_ALLOCATED_FIXED_SIZE 8
#define MDL_ALLOCATED_MUST_SUCCEED 0x00004000
#define MDL_DESCRIBES_AWE 0x00000400
#define MDL_FREE_EXTRA_PTES 0x00000200
#define MDL_INTERNAL 0x00008000
#define MDL_IO_PAGE_READ 0x00000040
#define MDL_IO_SPACE 0x00000800
#define MDL_LOCKED_PAGE_TABLES 0x00000100
#define MDL_MAPPED_TO_SYSTEM_VA 1
#define MDL_MAPPING_CAN_FAIL 0x00002000
#define MDL_NETWORK_HEADER 0x00001000
#define MDL_PAGES_LOCKED 2
#define MDL_PAGE_CONTENTS_INVARIANT 0x00004000
#define MDL_PARENT_MAPPED_SYSTEM_VA 0x00000100
#define MDL_PARTIAL 0x00000010
#define MDL_PARTIAL_HAS_BEEN_MAPPED 0x00000020
#define MDL_SOURCE_IS_NONPAGED_POOL 4
#define MDL_WRITE_OPERATION 0x00000080
#define MmGetMdlPfnArray(Mdl) ((PPFN_NUMBER)((Mdl) + 1))
#define MmGetMdlVirtualAddress(Mdl) ((PVOID)((PCHAR)((Mdl)->StartVa) + (Mdl)->ByteOffset))
#define MmGetMdlByteCount(Mdl) ((Mdl)->ByteCount)
#define MmGetMdlByteOffset(Mdl) ((Mdl)->ByteOffset)
#define MdlMappingNoWrite 0x80000000
#define MdlMappingNoExecute 0x40000000

#define PAGE_NOACCESS 0x01
#define PAGE_READONLY 0x02
#define PAGE_READWRITE 0x04
#define PAGE_WRITECOPY 0x08
#define PAGE_EXECUTE 0x10
#define PAGE_EXECUTE_READ 0x20
#define PAGE_EXECUTE_READWRITE 0x40
#define PAGE_EXECUTE_WRITECOPY 0x80
#define PAGE_GUARD 0x100
#define PAGE_NOCACHE 0x200
#define PAGE_WRITECOMBINE 0x400
#define MEM_COMMIT 0x00001000
#define MEM_RESERVE 0x00002000
#define MEM_DECOMMIT 0x00004000
#define MEM_RELEASE 0x00008000
#define MEM_FREE 0x00010000
#define MEM_PRIVATE 0x00020000
#define MEM_MAPPED 0x00040000
#define MEM_IMAGE 0x01000000
#define SEC_IMAGE 0x01000000
#define SEC_IMAGE_NO_EXECUTE 0x11000000
#define SEC_RESERVE 0x04000000
#define SEC_COMMIT 0x08000000
#define SECTION_ALL_ACCESS 0x000F001F
#define SECTION_EXTEND_SIZE 0x00000010
#define SECTION_MAP_EXECUTE 8
#define SECTION_MAP_EXECUTE_EXPLICIT 0x00000020
#define SECTION_MAP_READ 4
#define SECTION_MAP_WRITE 2
#define SECTION_QUERY 1

/* MmGetSystemRoutineAddress - address of an exported kernel routine, or NULL. PASSIVE_LEVEL. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI PVOID NTAPI
    MmGetSystemRoutineAddress(_In_ PUNICODE_STRING SystemRoutineName);

/* The bounds of user memory, and what a larger pointer is replaced by before it is touched. */
extern NTKERNELAPI PVOID const MmHighestUserAddress;
extern NTKERNELAPI PVOID const MmSystemRangeStart;
extern NTKERNELAPI ULONG_PTR const MmUserProbeAddress;
#define MM_HIGHEST_USER_ADDRESS MmHighestUserAddress
#define MM_SYSTEM_RANGE_START MmSystemRangeStart
#define MM_USER_PROBE_ADDRESS MmUserProbeAddress

/* ProbeFor* - raise STATUS_ACCESS_VIOLATION or STATUS_DATATYPE_MISALIGNMENT unless the range is
 * user memory. */
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID NTAPI
    ProbeForRead(_In_reads_bytes_(Length) volatile void *Address, _In_ SIZE_T Length,
                 _In_ ULONG Alignment);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID NTAPI
    ProbeForWrite(_Inout_updates_bytes_(Length) volatile void *Address, _In_ SIZE_T Length,
                  _In_ ULONG Alignment);

NTCB_DDK_END_DECLS

#endif
