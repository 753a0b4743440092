/* SPDX-License-Identifier: MIT
 *
 * expool.c - the pool routines drivers call.
 */
#define NTCB_EX_DECLARE_EXFREEPOOL
#include "mm/mmp_state.h"

#include <ntcallback/exception.h>

#include <string.h>

#undef ExAllocatePoolWithTag

#define MMP_TAG_NONE 0x656E6F4Eu /* "None" */
#define MMP_TYPE_PAGED 1u        /* PagedPool and its variants are odd */

/* DV-26: paged pool is for APC_LEVEL and below, 0xC4 p1 1 and 0x10; the other for DISPATCH_LEVEL.
 */
static VOID MmpCheckIrql(const char *Function, BOOLEAN Paged, ULONG VerifierId)
{
    ntcb_check_irql(Function, Paged ? APC_LEVEL : DISPATCH_LEVEL, "DV-26", VerifierId);
}

static PVOID MmpAllocateChecked(const char *Function, BOOLEAN Paged, SIZE_T Bytes, ULONG Tag,
                                BOOLEAN Raise, const VOID *Caller)
{
    PVOID Block;

    ntcb_require_kernel(Function);
    MmpCheckIrql(Function, Paged, Paged ? 1 : 2);
    if (Tag == 0) {
        ntcb_report_f(
            &(struct ntcb_report){
                .severity = NTCB_BUGCHECK,
                .rule = "MM-POOL",
                .bugcheck = BAD_POOL_CALLER,
                .parameter = {0x9B, Paged, Bytes, (uintptr_t)Caller},
                .address = Caller,
                .on_windows = "this bug check",
                .fix = "give every allocation a tag of four characters",
            },
            "%s was given the tag 0", Function);
    }
    Block = MmpAllocatePool(Bytes, Tag, Caller);
    if (Block == NULL && Raise) {
        ntcb_exception_raise(&(EXCEPTION_RECORD){
            .ExceptionCode = STATUS_INSUFFICIENT_RESOURCES,
            .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
            .ExceptionAddress = (PVOID)(ULONG_PTR)Caller,
        });
        ntcb_report_f(
            &(struct ntcb_report){
                .severity = NTCB_VIOLATION,
                .rule = "MM-POOL",
                .address = Caller,
                .on_windows =
                    "raises STATUS_INSUFFICIENT_RESOURCES, which nobody guards this thread "
                    "against; here NULL is returned",
                .fix = "ask for NULL instead of an exception, and check for it",
            },
            "%s was to raise an exception for want of memory", Function);
    }
    return Block;
}

PVOID MmpAllocateTyped(const char *Function, POOL_TYPE PoolType, SIZE_T Bytes, ULONG Tag,
                       const VOID *Caller)
{
    PVOID Block =
        MmpAllocateChecked(Function, ((ULONG)PoolType & MMP_TYPE_PAGED) != 0, Bytes, Tag,
                           ((ULONG)PoolType & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0, Caller);

    if (Block != NULL && ((ULONG)PoolType & POOL_ZERO_ALLOCATION) != 0) {
        memset(Block, 0, Bytes);
    }
    return Block;
}

PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    return MmpAllocateTyped(__func__, PoolType, NumberOfBytes, Tag, __builtin_return_address(0));
}

PVOID NTAPI ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    ULONG Type = (ULONG)PoolType & ~(ULONG)POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;
    BOOLEAN Raise = Type == (ULONG)PoolType;

    return MmpAllocateTyped(__func__,
                            (POOL_TYPE)(Type | (Raise ? POOL_RAISE_IF_ALLOCATION_FAILURE : 0u)),
                            NumberOfBytes, Tag, __builtin_return_address(0));
}

PVOID NTAPI ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    return MmpAllocateChecked(
        __func__, ((ULONG)PoolType & MMP_TYPE_PAGED) != 0, NumberOfBytes, MMP_TAG_NONE,
        ((ULONG)PoolType & POOL_RAISE_IF_ALLOCATION_FAILURE) != 0, __builtin_return_address(0));
}

/* Exactly one of the three kinds of pool must be named; required flags that are not known fail. */
static BOOLEAN MmpValidFlags(POOL_FLAGS Flags)
{
    POOL_FLAGS Kind = Flags & (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED);

    return Kind != 0 && (Kind & (Kind - 1)) == 0 && (Flags & POOL_FLAG_UNUSED_REQUIRED_BITS) == 0;
}

PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    PVOID Block;

    ntcb_require_kernel(__func__);
    if (!MmpValidFlags(Flags)) {
        return NULL;
    }
    Block =
        MmpAllocateChecked(__func__, (Flags & POOL_FLAG_PAGED) != 0, NumberOfBytes, Tag,
                           (Flags & POOL_FLAG_RAISE_ON_FAILURE) != 0, __builtin_return_address(0));
    if (Block != NULL && (Flags & POOL_FLAG_UNINITIALIZED) == 0) {
        memset(Block, 0, NumberOfBytes);
    }
    return Block;
}

VOID NTAPI ExFreePoolWithTag(PVOID P, ULONG Tag)
{
    ntcb_require_kernel(__func__);
    MmpCheckIrql(__func__, FALSE, 0x11);
    MmpFreePool(P, Tag, __builtin_return_address(0));
}

#undef ExFreePool
VOID NTAPI ExFreePool(PVOID P)
{
    ntcb_require_kernel(__func__);
    MmpCheckIrql(__func__, FALSE, 0x11);
    MmpFreePool(P, 0, __builtin_return_address(0));
}
