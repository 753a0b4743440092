/* SPDX-License-Identifier: MIT */
/*
 * wdm_ex.h - executive: pool, resources, look-aside lists and work items as data, previous mode.
 */
#ifndef NTCB_WDM_EX_H
#define NTCB_WDM_EX_H

#include "wdm_ke.h"
#include "wdm_rtl.h"

NTCB_DDK_BEGIN_DECLS

typedef enum _POOL_TYPE {
    NonPagedPool = 0,
    NonPagedPoolExecute = 0,
    PagedPool = 1,
    NonPagedPoolMustSucceed = 2,
    DontUseThisType = 3,
    NonPagedPoolCacheAligned = 4,
    PagedPoolCacheAligned = 5,
    NonPagedPoolCacheAlignedMustS = 6,
    MaxPoolType = 7,
    NonPagedPoolBase = 0,
    NonPagedPoolBaseMustSucceed = 2,
    NonPagedPoolBaseCacheAligned = 4,
    NonPagedPoolBaseCacheAlignedMustS = 6,
    NonPagedPoolSession = 32,
    PagedPoolSession = 33,
    NonPagedPoolMustSucceedSession = 34,
    DontUseThisTypeSession = 35,
    NonPagedPoolCacheAlignedSession = 36,
    PagedPoolCacheAlignedSession = 37,
    NonPagedPoolCacheAlignedMustSSession = 38,
    NonPagedPoolNx = 512,
    NonPagedPoolNxCacheAligned = 516,
    NonPagedPoolSessionNx = 544
} POOL_TYPE;
typedef enum _EX_POOL_PRIORITY {
    LowPoolPriority = 0,
    LowPoolPrioritySpecialPoolOverrun = 8,
    LowPoolPrioritySpecialPoolUnderrun = 9,
    NormalPoolPriority = 16,
    NormalPoolPrioritySpecialPoolOverrun = 24,
    NormalPoolPrioritySpecialPoolUnderrun = 25,
    HighPoolPriority = 32,
    HighPoolPrioritySpecialPoolOverrun = 40,
    HighPoolPrioritySpecialPoolUnderrun = 41
} EX_POOL_PRIORITY;
typedef enum _POOL_EXTENDED_PARAMETER_TYPE {
    PoolExtendedParameterInvalidType = 0,
    PoolExtendedParameterPriority = 1,
    PoolExtendedParameterSecurePool = 2,
    PoolExtendedParameterNumaNode = 3,
    PoolExtendedParameterMax = 4
} POOL_EXTENDED_PARAMETER_TYPE,
    *PPOOL_EXTENDED_PARAMETER_TYPE;
typedef ULONG64 POOL_FLAGS;
typedef ULONG POOL_NODE_REQUIREMENT;
typedef volatile LONG EX_SPIN_LOCK, *PEX_SPIN_LOCK;
#define POOL_COLD_ALLOCATION 0x00000100
#define POOL_CREATE_FLG_SECURE_POOL 1
#define POOL_CREATE_FLG_USE_GLOBAL_POOL 2
#define POOL_CREATE_FLG_VALID_FLAGS 3
#define POOL_CREATE_PARAMS_VERSION 1
#define POOL_EXTENDED_PARAMETER_REQUIRED_FIELD_BITS 1
#define POOL_EXTENDED_PARAMETER_RESERVED_BITS 0x00000037
#define POOL_EXTENDED_PARAMETER_TYPE_BITS 8
#define POOL_FLAG_CACHE_ALIGNED 8
#define POOL_FLAG_LAST_KNOWN_REQUIRED 0x400ULL
#define POOL_FLAG_NON_PAGED 0x40ULL
#define POOL_FLAG_NON_PAGED_EXECUTE 0x80ULL
#define POOL_FLAG_OPTIONAL_END 0x8000000000000000ULL
#define POOL_FLAG_OPTIONAL_START 0x100000000ULL
#define POOL_FLAG_PAGED 0x100ULL
#define POOL_FLAG_RAISE_ON_FAILURE 0x20ULL
#define POOL_FLAG_REQUIRED_END 0x80000000ULL
#define POOL_FLAG_REQUIRED_MASK 0xFFFFFFFFULL
#define POOL_FLAG_REQUIRED_START 1
#define POOL_FLAG_RESERVED1 0x10ULL
#define POOL_FLAG_RESERVED2 0x200ULL
#define POOL_FLAG_RESERVED3 0x400ULL
#define POOL_FLAG_SESSION 4
#define POOL_FLAG_SPECIAL_POOL 0x100000000ULL
#define POOL_FLAG_UNINITIALIZED 2
#define POOL_FLAG_UNUSED_REQUIRED_BITS 0xFFFFF800ULL
#define POOL_FLAG_USE_QUOTA 1
#define POOL_NX_ALLOCATION 0x00000200
#define POOL_QUOTA_FAIL_INSTEAD_OF_RAISE 8
#define POOL_RAISE_IF_ALLOCATION_FAILURE 0x00000010
#define POOL_TAGGING 1
#define POOL_ZERO_ALLOCATION 0x00000400

typedef struct _POOL_EXTENDED_PARAMS_SECURE_POOL POOL_EXTENDED_PARAMS_SECURE_POOL;
typedef struct _POOL_EXTENDED_PARAMETER {
    struct {
        ULONG64 Type : 8;
        ULONG64 Optional : 1;
        ULONG64 Reserved : 55;
    };
    union {
        ULONG64 Reserved2;
        PVOID Reserved3;
        EX_POOL_PRIORITY Priority;
        POOL_EXTENDED_PARAMS_SECURE_POOL *SecurePoolParams;
        POOL_NODE_REQUIREMENT PreferredNode;
    };
} POOL_EXTENDED_PARAMETER, *PPOOL_EXTENDED_PARAMETER;
typedef const POOL_EXTENDED_PARAMETER *PCPOOL_EXTENDED_PARAMETER;

/* Pool. Paged pool: IRQL <= APC_LEVEL, non-paged: <= DISPATCH_LEVEL. NULL when exhausted.
 * ExAllocatePool2 zeroes unless POOL_FLAG_UNINITIALIZED; the older functions do not. Tags are four
 * characters, first one lowest. */
NTKERNELAPI PVOID NTAPI ExAllocatePool(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes);
NTKERNELAPI PVOID NTAPI ExAllocatePoolWithTag(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes,
                                              _In_ ULONG Tag);
NTKERNELAPI PVOID NTAPI ExAllocatePool2(_In_ POOL_FLAGS Flags, _In_ SIZE_T NumberOfBytes,
                                        _In_ ULONG Tag);
NTKERNELAPI VOID NTAPI ExFreePoolWithTag(_Pre_notnull_ PVOID P, _In_ ULONG Tag);
NTKERNELAPI VOID NTAPI ExFreePool(_Pre_notnull_ PVOID P);
#define ExFreePool(a) ExFreePoolWithTag((a), 0)

NTCB_INLINE PVOID ExAllocatePoolZero(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes,
                                     _In_ ULONG Tag)
{
    PVOID Block = ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);

    if (Block != NULL)
        RtlZeroMemory(Block, NumberOfBytes);
    return Block;
}

NTCB_INLINE PVOID ExAllocatePoolUninitialized(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes,
                                              _In_ ULONG Tag)
{
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

/* ExInitializeDriverRuntime - choose the pool that NonPagedPool means; every pool here is
 * non-executable. */
#define DrvRtPoolNxOptIn 0x00000001
#define ExInitializeDriverRuntime(RuntimeFlags) ((void)(RuntimeFlags))

/* ExGetPreviousMode - KernelMode or UserMode of the current system call's originator. IRQL <=
 * DISPATCH_LEVEL. */
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI KPROCESSOR_MODE NTAPI ExGetPreviousMode(void);

typedef ULONG_PTR ERESOURCE_THREAD, *PERESOURCE_THREAD;
typedef struct _OWNER_ENTRY {
    ERESOURCE_THREAD OwnerThread;
    union {
        struct {
            ULONG IoPriorityBoosted : 1;
            ULONG OwnerReferenced : 1;
            ULONG IoQoSPriorityBoosted : 1;
            ULONG OwnerCount : 29;
        };
        ULONG TableSize;
    };
} OWNER_ENTRY, *POWNER_ENTRY;
typedef struct _ERESOURCE {
    LIST_ENTRY SystemResourcesList;
    POWNER_ENTRY OwnerTable;
    SHORT ActiveCount;
    union {
        USHORT Flag;
        struct {
            UCHAR ReservedLowFlags;
            UCHAR WaiterPriority;
        };
    };
    PVOID SharedWaiters;
    PVOID ExclusiveWaiters;
    OWNER_ENTRY OwnerEntry;
    ULONG ActiveEntries;
    ULONG ContentionCount;
    ULONG NumberOfSharedWaiters;
    ULONG NumberOfExclusiveWaiters;
#if UINTPTR_MAX > 0xFFFFFFFFU
    PVOID Reserved2;
#endif
    union {
        PVOID Address;
        ULONG_PTR CreatorBackTraceIndex;
    };
    KSPIN_LOCK SpinLock;
} ERESOURCE, *PERESOURCE;
#define ExGetCurrentResourceThread() ((ULONG_PTR)PsGetCurrentThread())

typedef ULONG_PTR EX_PUSH_LOCK, *PEX_PUSH_LOCK;

typedef VOID NTAPI WORKER_THREAD_ROUTINE(_In_ PVOID Parameter);
typedef WORKER_THREAD_ROUTINE *PWORKER_THREAD_ROUTINE;
typedef VOID NTAPI CALLBACK_FUNCTION(_In_opt_ PVOID CallbackContext, _In_opt_ PVOID Argument1,
                                     _In_opt_ PVOID Argument2);
typedef CALLBACK_FUNCTION *PCALLBACK_FUNCTION;
typedef NTSTATUS NTAPI EX_CALLBACK_FUNCTION(_In_ PVOID CallbackContext, _In_opt_ PVOID Argument1,
                                            _In_opt_ PVOID Argument2);
typedef EX_CALLBACK_FUNCTION *PEX_CALLBACK_FUNCTION;
typedef struct _WORK_QUEUE_ITEM {
    LIST_ENTRY List;
    PWORKER_THREAD_ROUTINE WorkerRoutine;
    PVOID Parameter;
} WORK_QUEUE_ITEM, *PWORK_QUEUE_ITEM;
typedef struct _CALLBACK_OBJECT *PCALLBACK_OBJECT;
typedef struct _EX_TIMER *PEX_TIMER;
typedef VOID NTAPI EXT_CALLBACK(_In_ PEX_TIMER Timer, _In_opt_ PVOID Context);
typedef EXT_CALLBACK *PEXT_CALLBACK;
typedef VOID NTAPI EXT_DELETE_CALLBACK(_In_opt_ PVOID Context);
typedef EXT_DELETE_CALLBACK *PEXT_DELETE_CALLBACK;

#if UINTPTR_MAX > 0xFFFFFFFFU
typedef struct DECLSPEC_ALIGN(16) _SLIST_ENTRY {
    struct _SLIST_ENTRY *Next;
} SLIST_ENTRY, *PSLIST_ENTRY;
typedef union DECLSPEC_ALIGN(16) _SLIST_HEADER {
    struct {
        ULONGLONG Alignment;
        ULONGLONG Region;
    };
    struct {
        ULONGLONG Depth : 16;
        ULONGLONG Sequence : 48;
        ULONGLONG Reserved : 4;
        ULONGLONG NextEntry : 60;
    } HeaderX64;
} SLIST_HEADER, *PSLIST_HEADER;
#else
typedef SINGLE_LIST_ENTRY SLIST_ENTRY, *PSLIST_ENTRY;
typedef union _SLIST_HEADER {
    ULONGLONG Alignment;
    struct {
        SLIST_ENTRY Next;
        USHORT Depth;
        USHORT CpuId;
    };
} SLIST_HEADER, *PSLIST_HEADER;
#endif

typedef struct _LOOKASIDE_LIST_EX *PLOOKASIDE_LIST_EX;
typedef PVOID NTAPI ALLOCATE_FUNCTION(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes,
                                      _In_ ULONG Tag);
typedef ALLOCATE_FUNCTION *PALLOCATE_FUNCTION;
typedef PVOID NTAPI ALLOCATE_FUNCTION_EX(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes,
                                         _In_ ULONG Tag, _Inout_ PLOOKASIDE_LIST_EX Lookaside);
typedef ALLOCATE_FUNCTION_EX *PALLOCATE_FUNCTION_EX;
typedef VOID NTAPI FREE_FUNCTION(_In_ PVOID Buffer);
typedef FREE_FUNCTION *PFREE_FUNCTION;
typedef VOID NTAPI FREE_FUNCTION_EX(_In_ PVOID Buffer, _Inout_ PLOOKASIDE_LIST_EX Lookaside);
typedef FREE_FUNCTION_EX *PFREE_FUNCTION_EX;
#define NTCB_GENERAL_LOOKASIDE_MEMBERS    \
    union {                               \
        SLIST_HEADER ListHead;            \
        SINGLE_LIST_ENTRY SingleListHead; \
    };                                    \
    USHORT Depth;                         \
    USHORT MaximumDepth;                  \
    ULONG TotalAllocates;                 \
    union {                               \
        ULONG AllocateMisses;             \
        ULONG AllocateHits;               \
    };                                    \
    ULONG TotalFrees;                     \
    union {                               \
        ULONG FreeMisses;                 \
        ULONG FreeHits;                   \
    };                                    \
    POOL_TYPE Type;                       \
    ULONG Tag;                            \
    ULONG Size;                           \
    union {                               \
        PALLOCATE_FUNCTION_EX AllocateEx; \
        PALLOCATE_FUNCTION Allocate;      \
    };                                    \
    union {                               \
        PFREE_FUNCTION_EX FreeEx;         \
        PFREE_FUNCTION Free;              \
    };                                    \
    LIST_ENTRY ListEntry;                 \
    ULONG LastTotalAllocates;             \
    union {                               \
        ULONG LastAllocateMisses;         \
        ULONG LastAllocateHits;           \
    };                                    \
    ULONG Future[2]

#if UINTPTR_MAX > 0xFFFFFFFFU
#define NTCB_LOOKASIDE_ALIGN DECLSPEC_CACHEALIGN
#else
#define NTCB_LOOKASIDE_ALIGN
#endif
typedef struct NTCB_LOOKASIDE_ALIGN _GENERAL_LOOKASIDE {
    NTCB_GENERAL_LOOKASIDE_MEMBERS;
} GENERAL_LOOKASIDE, *PGENERAL_LOOKASIDE;
typedef struct _GENERAL_LOOKASIDE_POOL {
    NTCB_GENERAL_LOOKASIDE_MEMBERS;
} GENERAL_LOOKASIDE_POOL, *PGENERAL_LOOKASIDE_POOL;
typedef struct _LOOKASIDE_LIST_EX {
    GENERAL_LOOKASIDE_POOL L;
} LOOKASIDE_LIST_EX;
typedef struct _NPAGED_LOOKASIDE_LIST {
    GENERAL_LOOKASIDE L;
#if UINTPTR_MAX <= 0xFFFFFFFFU
    KSPIN_LOCK Lock__ObsoleteButDoNotDelete;
#endif
} NPAGED_LOOKASIDE_LIST, *PNPAGED_LOOKASIDE_LIST;
typedef struct _PAGED_LOOKASIDE_LIST {
    GENERAL_LOOKASIDE L;
#if UINTPTR_MAX <= 0xFFFFFFFFU
    FAST_MUTEX Lock__ObsoleteButDoNotDelete;
#endif
} PAGED_LOOKASIDE_LIST, *PPAGED_LOOKASIDE_LIST;
#define EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE 2
#define EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL 1
#define EX_MAXIMUM_LOOKASIDE_DEPTH_BASE 0x00000100
#define EX_MAXIMUM_LOOKASIDE_DEPTH_LIMIT 0x00000400

/* ExRaise* - raise a structured exception: it goes to the innermost __try of the thread, or out of
 * the driver's routine, which is a bug check. */
_IRQL_requires_max_(APC_LEVEL) DECLSPEC_NORETURN NTKERNELAPI VOID NTAPI
    ExRaiseStatus(_In_ NTSTATUS Status);
DECLSPEC_NORETURN NTKERNELAPI VOID NTAPI ExRaiseAccessViolation(VOID);
DECLSPEC_NORETURN NTKERNELAPI VOID NTAPI ExRaiseDatatypeMisalignment(VOID);
/* The record's address becomes the caller's. Never comes back: no exception is continued here. */
DECLSPEC_NORETURN NTSYSAPI VOID NTAPI RtlRaiseException(_In_ PEXCEPTION_RECORD ExceptionRecord);

/* Callback objects. IRQL: create, register, unregister <= APC_LEVEL; notify <= DISPATCH_LEVEL. */
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    ExCreateCallback(_Outptr_ PCALLBACK_OBJECT *CallbackObject,
                     _In_ POBJECT_ATTRIBUTES ObjectAttributes, _In_ BOOLEAN Create,
                     _In_ BOOLEAN AllowMultipleCallbacks);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI PVOID NTAPI
    ExRegisterCallback(_Inout_ PCALLBACK_OBJECT CallbackObject,
                       _In_ PCALLBACK_FUNCTION CallbackFunction, _In_opt_ PVOID CallbackContext);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID NTAPI
    ExUnregisterCallback(_Inout_ PVOID CallbackRegistration);
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI VOID NTAPI
    ExNotifyCallback(_In_ PVOID CallbackObject, _In_opt_ PVOID Argument1, _In_opt_ PVOID Argument2);

NTCB_DDK_END_DECLS

#endif
