/* SPDX-License-Identifier: MIT */
/*
 * wdm_interlocked.h - atomic operations and memory barriers, all inline, all sequentially
 * consistent.
 *
 * The public names are macros, because clang -fms-extensions knows some of them as builtins on
 * `long`, which has the wrong size here. Increment, decrement and exchange-add differ in what they
 * return exactly as on Windows.
 */
#ifndef NTCB_WDM_INTERLOCKED_H
#define NTCB_WDM_INTERLOCKED_H

#include "wdm_base.h"

NTCB_DDK_BEGIN_DECLS

#define NTCB_INTERLOCKED(Type, Suffix)                                                            \
    NTCB_INLINE Type NtcbInterlockedIncrement##Suffix(volatile Type *Target)                      \
    {                                                                                             \
        return __atomic_add_fetch(Target, 1, __ATOMIC_SEQ_CST);                                   \
    }                                                                                             \
    NTCB_INLINE Type NtcbInterlockedDecrement##Suffix(volatile Type *Target)                      \
    {                                                                                             \
        return __atomic_sub_fetch(Target, 1, __ATOMIC_SEQ_CST);                                   \
    }                                                                                             \
    NTCB_INLINE Type NtcbInterlockedExchange##Suffix(volatile Type *Target, Type Value)           \
    {                                                                                             \
        return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);                              \
    }                                                                                             \
    NTCB_INLINE Type NtcbInterlockedExchangeAdd##Suffix(volatile Type *Target, Type Value)        \
    {                                                                                             \
        return __atomic_fetch_add(Target, Value, __ATOMIC_SEQ_CST);                               \
    }                                                                                             \
    NTCB_INLINE Type NtcbInterlockedAdd##Suffix(volatile Type *Target, Type Value)                \
    {                                                                                             \
        return __atomic_add_fetch(Target, Value, __ATOMIC_SEQ_CST);                               \
    }                                                                                             \
    NTCB_INLINE Type NtcbInterlockedAnd##Suffix(volatile Type *Target, Type Value)                \
    {                                                                                             \
        return __atomic_fetch_and(Target, Value, __ATOMIC_SEQ_CST);                               \
    }                                                                                             \
    NTCB_INLINE Type NtcbInterlockedOr##Suffix(volatile Type *Target, Type Value)                 \
    {                                                                                             \
        return __atomic_fetch_or(Target, Value, __ATOMIC_SEQ_CST);                                \
    }                                                                                             \
    NTCB_INLINE Type NtcbInterlockedXor##Suffix(volatile Type *Target, Type Value)                \
    {                                                                                             \
        return __atomic_fetch_xor(Target, Value, __ATOMIC_SEQ_CST);                               \
    }                                                                                             \
    NTCB_INLINE Type NtcbInterlockedCompareExchange##Suffix(volatile Type *Target, Type Exchange, \
                                                            Type Comparand)                       \
    {                                                                                             \
        __atomic_compare_exchange_n(Target, &Comparand, Exchange, 0, __ATOMIC_SEQ_CST,            \
                                    __ATOMIC_SEQ_CST);                                            \
        return Comparand;                                                                         \
    }

NTCB_INTERLOCKED(SHORT, 16)
NTCB_INTERLOCKED(LONG, )
NTCB_INTERLOCKED(LONG64, 64)

NTCB_INLINE PVOID NtcbInterlockedExchangePointer(PVOID volatile *Target, PVOID Value)
{
    return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);
}

NTCB_INLINE PVOID NtcbInterlockedCompareExchangePointer(PVOID volatile *Target, PVOID Exchange,
                                                        PVOID Comparand)
{
    __atomic_compare_exchange_n(Target, &Comparand, Exchange, 0, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    return Comparand;
}

#define InterlockedIncrement(t) NtcbInterlockedIncrement((volatile LONG *)(t))
#define _InterlockedIncrement(t) NtcbInterlockedIncrement((volatile LONG *)(t))
#define InterlockedIncrementAcquire(t) InterlockedIncrement(t)
#define InterlockedIncrementRelease(t) InterlockedIncrement(t)
#define InterlockedIncrementNoFence(t) InterlockedIncrement(t)
#define InterlockedDecrement(t) NtcbInterlockedDecrement((volatile LONG *)(t))
#define _InterlockedDecrement(t) NtcbInterlockedDecrement((volatile LONG *)(t))
#define InterlockedDecrementAcquire(t) InterlockedDecrement(t)
#define InterlockedDecrementRelease(t) InterlockedDecrement(t)
#define InterlockedDecrementNoFence(t) InterlockedDecrement(t)
#define InterlockedExchange(t, v) NtcbInterlockedExchange((volatile LONG *)(t), (LONG)(v))
#define _InterlockedExchange(t, v) NtcbInterlockedExchange((volatile LONG *)(t), (LONG)(v))
#define InterlockedExchangeAcquire(t, v) InterlockedExchange(t, v)
#define InterlockedExchangeRelease(t, v) InterlockedExchange(t, v)
#define InterlockedExchangeNoFence(t, v) InterlockedExchange(t, v)
#define InterlockedExchangeAdd(t, v) NtcbInterlockedExchangeAdd((volatile LONG *)(t), (LONG)(v))
#define _InterlockedExchangeAdd(t, v) NtcbInterlockedExchangeAdd((volatile LONG *)(t), (LONG)(v))
#define InterlockedExchangeAddAcquire(t, v) InterlockedExchangeAdd(t, v)
#define InterlockedExchangeAddRelease(t, v) InterlockedExchangeAdd(t, v)
#define InterlockedExchangeAddNoFence(t, v) InterlockedExchangeAdd(t, v)
#define InterlockedAdd(t, v) NtcbInterlockedAdd((volatile LONG *)(t), (LONG)(v))
#define _InterlockedAdd(t, v) NtcbInterlockedAdd((volatile LONG *)(t), (LONG)(v))
#define InterlockedAnd(t, v) NtcbInterlockedAnd((volatile LONG *)(t), (LONG)(v))
#define _InterlockedAnd(t, v) NtcbInterlockedAnd((volatile LONG *)(t), (LONG)(v))
#define InterlockedAndAcquire(t, v) InterlockedAnd(t, v)
#define InterlockedAndRelease(t, v) InterlockedAnd(t, v)
#define InterlockedAndNoFence(t, v) InterlockedAnd(t, v)
#define InterlockedOr(t, v) NtcbInterlockedOr((volatile LONG *)(t), (LONG)(v))
#define _InterlockedOr(t, v) NtcbInterlockedOr((volatile LONG *)(t), (LONG)(v))
#define InterlockedOrAcquire(t, v) InterlockedOr(t, v)
#define InterlockedOrRelease(t, v) InterlockedOr(t, v)
#define InterlockedOrNoFence(t, v) InterlockedOr(t, v)
#define InterlockedXor(t, v) NtcbInterlockedXor((volatile LONG *)(t), (LONG)(v))
#define _InterlockedXor(t, v) NtcbInterlockedXor((volatile LONG *)(t), (LONG)(v))
#define InterlockedCompareExchange(t, e, c) \
    NtcbInterlockedCompareExchange((volatile LONG *)(t), (LONG)(e), (LONG)(c))
#define _InterlockedCompareExchange(t, e, c) \
    NtcbInterlockedCompareExchange((volatile LONG *)(t), (LONG)(e), (LONG)(c))
#define InterlockedCompareExchangeAcquire(t, e, c) InterlockedCompareExchange(t, e, c)
#define InterlockedCompareExchangeRelease(t, e, c) InterlockedCompareExchange(t, e, c)
#define InterlockedCompareExchangeNoFence(t, e, c) InterlockedCompareExchange(t, e, c)
#define InterlockedIncrement64(t) NtcbInterlockedIncrement64((volatile LONG64 *)(t))
#define _InterlockedIncrement64(t) NtcbInterlockedIncrement64((volatile LONG64 *)(t))
#define InterlockedIncrementAcquire64(t) InterlockedIncrement64(t)
#define InterlockedIncrementRelease64(t) InterlockedIncrement64(t)
#define InterlockedIncrementNoFence64(t) InterlockedIncrement64(t)
#define InterlockedDecrement64(t) NtcbInterlockedDecrement64((volatile LONG64 *)(t))
#define _InterlockedDecrement64(t) NtcbInterlockedDecrement64((volatile LONG64 *)(t))
#define InterlockedDecrementAcquire64(t) InterlockedDecrement64(t)
#define InterlockedDecrementRelease64(t) InterlockedDecrement64(t)
#define InterlockedDecrementNoFence64(t) InterlockedDecrement64(t)
#define InterlockedExchange64(t, v) NtcbInterlockedExchange64((volatile LONG64 *)(t), (LONG64)(v))
#define _InterlockedExchange64(t, v) NtcbInterlockedExchange64((volatile LONG64 *)(t), (LONG64)(v))
#define InterlockedExchangeAcquire64(t, v) InterlockedExchange64(t, v)
#define InterlockedExchangeRelease64(t, v) InterlockedExchange64(t, v)
#define InterlockedExchangeNoFence64(t, v) InterlockedExchange64(t, v)
#define InterlockedExchangeAdd64(t, v) \
    NtcbInterlockedExchangeAdd64((volatile LONG64 *)(t), (LONG64)(v))
#define _InterlockedExchangeAdd64(t, v) \
    NtcbInterlockedExchangeAdd64((volatile LONG64 *)(t), (LONG64)(v))
#define InterlockedExchangeAddAcquire64(t, v) InterlockedExchangeAdd64(t, v)
#define InterlockedExchangeAddRelease64(t, v) InterlockedExchangeAdd64(t, v)
#define InterlockedExchangeAddNoFence64(t, v) InterlockedExchangeAdd64(t, v)
#define InterlockedAdd64(t, v) NtcbInterlockedAdd64((volatile LONG64 *)(t), (LONG64)(v))
#define _InterlockedAdd64(t, v) NtcbInterlockedAdd64((volatile LONG64 *)(t), (LONG64)(v))
#define InterlockedAnd64(t, v) NtcbInterlockedAnd64((volatile LONG64 *)(t), (LONG64)(v))
#define _InterlockedAnd64(t, v) NtcbInterlockedAnd64((volatile LONG64 *)(t), (LONG64)(v))
#define InterlockedAndAcquire64(t, v) InterlockedAnd64(t, v)
#define InterlockedAndRelease64(t, v) InterlockedAnd64(t, v)
#define InterlockedAndNoFence64(t, v) InterlockedAnd64(t, v)
#define InterlockedOr64(t, v) NtcbInterlockedOr64((volatile LONG64 *)(t), (LONG64)(v))
#define _InterlockedOr64(t, v) NtcbInterlockedOr64((volatile LONG64 *)(t), (LONG64)(v))
#define InterlockedOrAcquire64(t, v) InterlockedOr64(t, v)
#define InterlockedOrRelease64(t, v) InterlockedOr64(t, v)
#define InterlockedOrNoFence64(t, v) InterlockedOr64(t, v)
#define InterlockedXor64(t, v) NtcbInterlockedXor64((volatile LONG64 *)(t), (LONG64)(v))
#define _InterlockedXor64(t, v) NtcbInterlockedXor64((volatile LONG64 *)(t), (LONG64)(v))
#define InterlockedCompareExchange64(t, e, c) \
    NtcbInterlockedCompareExchange64((volatile LONG64 *)(t), (LONG64)(e), (LONG64)(c))
#define _InterlockedCompareExchange64(t, e, c) \
    NtcbInterlockedCompareExchange64((volatile LONG64 *)(t), (LONG64)(e), (LONG64)(c))
#define InterlockedCompareExchangeAcquire64(t, e, c) InterlockedCompareExchange64(t, e, c)
#define InterlockedCompareExchangeRelease64(t, e, c) InterlockedCompareExchange64(t, e, c)
#define InterlockedCompareExchangeNoFence64(t, e, c) InterlockedCompareExchange64(t, e, c)
#define InterlockedIncrement16(t) NtcbInterlockedIncrement16((volatile SHORT *)(t))
#define _InterlockedIncrement16(t) NtcbInterlockedIncrement16((volatile SHORT *)(t))
#define InterlockedDecrement16(t) NtcbInterlockedDecrement16((volatile SHORT *)(t))
#define _InterlockedDecrement16(t) NtcbInterlockedDecrement16((volatile SHORT *)(t))
#define InterlockedExchange16(t, v) NtcbInterlockedExchange16((volatile SHORT *)(t), (SHORT)(v))
#define _InterlockedExchange16(t, v) NtcbInterlockedExchange16((volatile SHORT *)(t), (SHORT)(v))
#define InterlockedExchangeAdd16(t, v) \
    NtcbInterlockedExchangeAdd16((volatile SHORT *)(t), (SHORT)(v))
#define _InterlockedExchangeAdd16(t, v) \
    NtcbInterlockedExchangeAdd16((volatile SHORT *)(t), (SHORT)(v))
#define InterlockedAnd16(t, v) NtcbInterlockedAnd16((volatile SHORT *)(t), (SHORT)(v))
#define _InterlockedAnd16(t, v) NtcbInterlockedAnd16((volatile SHORT *)(t), (SHORT)(v))
#define InterlockedOr16(t, v) NtcbInterlockedOr16((volatile SHORT *)(t), (SHORT)(v))
#define _InterlockedOr16(t, v) NtcbInterlockedOr16((volatile SHORT *)(t), (SHORT)(v))
#define InterlockedXor16(t, v) NtcbInterlockedXor16((volatile SHORT *)(t), (SHORT)(v))
#define _InterlockedXor16(t, v) NtcbInterlockedXor16((volatile SHORT *)(t), (SHORT)(v))
#define InterlockedCompareExchange16(t, e, c) \
    NtcbInterlockedCompareExchange16((volatile SHORT *)(t), (SHORT)(e), (SHORT)(c))
#define _InterlockedCompareExchange16(t, e, c) \
    NtcbInterlockedCompareExchange16((volatile SHORT *)(t), (SHORT)(e), (SHORT)(c))
#define InterlockedExchangePointer(t, v) \
    NtcbInterlockedExchangePointer((PVOID volatile *)(t), (PVOID)(v))
#define InterlockedCompareExchangePointer(t, e, c) \
    NtcbInterlockedCompareExchangePointer((PVOID volatile *)(t), (PVOID)(e), (PVOID)(c))
#define _InterlockedExchangePointer InterlockedExchangePointer
#define _InterlockedCompareExchangePointer InterlockedCompareExchangePointer
#define InterlockedIncrementSizeT(a) ((SIZE_T)__atomic_add_fetch((a), 1, __ATOMIC_SEQ_CST))
#define InterlockedDecrementSizeT(a) ((SIZE_T)__atomic_sub_fetch((a), 1, __ATOMIC_SEQ_CST))
#define InterlockedExchangeAddSizeT(a, b) \
    ((SIZE_T)__atomic_fetch_add((a), (SIZE_T)(b), __ATOMIC_SEQ_CST))
#define InterlockedBitTestAndSet(Base, Bit) \
    ((BOOLEAN)((NtcbInterlockedOr((volatile LONG *)(Base), (LONG)(1U << (Bit))) >> (Bit)) & 1))
#define InterlockedBitTestAndReset(Base, Bit) \
    ((BOOLEAN)((NtcbInterlockedAnd((volatile LONG *)(Base), (LONG) ~(1U << (Bit))) >> (Bit)) & 1))
#define RtlInterlockedSetBits(Flags, Flag) InterlockedOr((PLONG)(Flags), (LONG)(Flag))
#define RtlInterlockedClearBits(Flags, Flag) InterlockedAnd((PLONG)(Flags), (LONG)(~(Flag)))
#define ReadAcquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadNoFence(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadPointerAcquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadPointerNoFence(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadULongAcquire(p) ReadAcquire(p)
#define ReadULongNoFence(p) ReadNoFence(p)
#define WriteRelease(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteNoFence(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WritePointerRelease(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteULongRelease(p, v) WriteRelease(p, v)
#define WriteULongNoFence(p, v) WriteNoFence(p, v)
#define KeMemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define MemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define KeMemoryBarrierWithoutFence() __atomic_signal_fence(__ATOMIC_SEQ_CST)

NTCB_DDK_END_DECLS

#endif
