/* SPDX-License-Identifier: MIT */
/*
 * wdm_intrin.h - the compiler's intrinsic functions, for drivers.
 *
 * Role    What an ordinary program may do is done: byte order, rotations, bit scans, string moves,
 *         cpuid, time stamp. What only a kernel may do (control registers, MSRs, ports, interrupt
 *         flag, descriptor tables) is reported with the rule KE-PRIVILEGED, and reads as 0.
 * Notes   The names are macros, because clang -fms-extensions knows some of them as builtins on
 *         `long`, which has the wrong size here.
 */
#ifndef NTCB_WDM_INTRIN_H
#define NTCB_WDM_INTRIN_H

#include "wdm_base.h"

NTCB_DDK_BEGIN_DECLS

/* NtcbPrivileged - report that a driver has used an instruction that the simulated kernel does not
 * have: rule KE-PRIVILEGED. Returns 0. Any IRQL. */
NTKERNELAPI ULONG64 NTAPI NtcbPrivileged(_In_ PCSTR Instruction);

#ifdef NTCB_DRIVER_DIALECT

/* Byte order, rotations. */
#define _byteswap_ushort(value) __builtin_bswap16((USHORT)(value))
#define _byteswap_ulong(value) ((ULONG)__builtin_bswap32((ULONG)(value)))
#define _byteswap_uint64(value) ((ULONGLONG)__builtin_bswap64((ULONGLONG)(value)))
#define NTCB_ROTATE(Name, Type, Bits)                                            \
    NTCB_INLINE Type Ntcb##Name##l(Type Value, int Shift)                        \
    {                                                                            \
        unsigned By = (unsigned)Shift % (Bits);                                  \
        return By == 0 ? Value : (Type)((Value << By) | (Value >> ((Bits)-By))); \
    }                                                                            \
    NTCB_INLINE Type Ntcb##Name##r(Type Value, int Shift)                        \
    {                                                                            \
        return Ntcb##Name##l(Value, (Bits) - (int)((unsigned)Shift % (Bits)));   \
    }
NTCB_ROTATE(Rot8, UCHAR, 8)
NTCB_ROTATE(Rot16, USHORT, 16)
NTCB_ROTATE(Rot, ULONG, 32)
NTCB_ROTATE(Rot64, ULONGLONG, 64)
#undef NTCB_ROTATE
#define _rotl8 NtcbRot8l
#define _rotr8 NtcbRot8r
#define _rotl16 NtcbRot16l
#define _rotr16 NtcbRot16r
#define _rotl NtcbRotl
#define _rotr NtcbRotr
#define _lrotl NtcbRotl
#define _lrotr NtcbRotr
#define _rotl64 NtcbRot64l
#define _rotr64 NtcbRot64r
#define __popcnt(value) ((ULONG)__builtin_popcount(value))
#define __popcnt64(value) ((ULONGLONG)__builtin_popcountll(value))

/* Moves and fills, by elements. */
#define NTCB_MOVE(Suffix, Type)                                                            \
    NTCB_INLINE VOID NtcbMovs##Suffix(Type *Destination, const Type *Source, SIZE_T Count) \
    {                                                                                      \
        while (Count-- != 0)                                                               \
            *Destination++ = *Source++;                                                    \
    }                                                                                      \
    NTCB_INLINE VOID NtcbStos##Suffix(Type *Destination, Type Value, SIZE_T Count)         \
    {                                                                                      \
        while (Count-- != 0)                                                               \
            *Destination++ = Value;                                                        \
    }
NTCB_MOVE(b, UCHAR)
NTCB_MOVE(w, USHORT)
NTCB_MOVE(d, ULONG)
NTCB_MOVE(q, ULONGLONG)
#undef NTCB_MOVE
#define __movsb NtcbMovsb
#define __movsw NtcbMovsw
#define __movsd(to, from, count) NtcbMovsd((ULONG *)(to), (const ULONG *)(from), count)
#define __movsq NtcbMovsq
#define __stosb NtcbStosb
#define __stosw NtcbStosw
#define __stosd(to, value, count) NtcbStosd((ULONG *)(to), value, count)
#define __stosq NtcbStosq

#define _ReturnAddress() __builtin_return_address(0)
#define _AddressOfReturnAddress() ((PVOID)((PUCHAR)__builtin_frame_address(0) + sizeof(PVOID)))
#define _ReadWriteBarrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _ReadBarrier() _ReadWriteBarrier()
#define _WriteBarrier() _ReadWriteBarrier()
#define __nop() __asm__ volatile("nop")
#define __debugbreak() DbgBreakPoint()

#if defined(__x86_64__) || defined(__i386__)
NTCB_INLINE VOID NtcbCpuid(int Registers[4], int Leaf, int Subleaf)
{
    __asm__ volatile("cpuid"
                     : "=a"(Registers[0]), "=b"(Registers[1]), "=c"(Registers[2]),
                       "=d"(Registers[3])
                     : "a"(Leaf), "c"(Subleaf));
}
#define __cpuid(registers, leaf) NtcbCpuid(registers, leaf, 0)
#define __cpuidex NtcbCpuid
#define __rdtsc() __builtin_ia32_rdtsc()
#define YieldProcessor() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define YieldProcessor() __asm__ volatile("yield")
#endif

/* The number of the lowest (highest) bit that is set; FALSE when none is. */
NTCB_INLINE BOOLEAN NtcbBitScanForward64(ULONG *Index, ULONG64 Mask)
{
    *Index = Mask != 0 ? (ULONG)__builtin_ctzll(Mask) : 0;
    return Mask != 0;
}
NTCB_INLINE BOOLEAN NtcbBitScanReverse64(ULONG *Index, ULONG64 Mask)
{
    *Index = Mask != 0 ? 63 - (ULONG)__builtin_clzll(Mask) : 0;
    return Mask != 0;
}
#define _BitScanForward(index, mask) NtcbBitScanForward64((ULONG *)(index), (ULONG)(mask))
#define _BitScanReverse(index, mask) NtcbBitScanReverse64((ULONG *)(index), (ULONG)(mask))
#define _BitScanForward64(index, mask) NtcbBitScanForward64((ULONG *)(index), mask)
#define _BitScanReverse64(index, mask) NtcbBitScanReverse64((ULONG *)(index), mask)
#define BitScanForward _BitScanForward
#define BitScanReverse _BitScanReverse
#define BitScanForward64 _BitScanForward64
#define BitScanReverse64 _BitScanReverse64

/* Only a kernel may. */
#define NTCB_PRIVILEGED_READ(name) NtcbPrivileged(#name)
#define NTCB_PRIVILEGED_WRITE(name, value) ((void)(value), (void)NtcbPrivileged(#name))
#define __readcr0() NTCB_PRIVILEGED_READ(__readcr0)
#define __readcr2() NTCB_PRIVILEGED_READ(__readcr2)
#define __readcr3() NTCB_PRIVILEGED_READ(__readcr3)
#define __readcr4() NTCB_PRIVILEGED_READ(__readcr4)
#define __readcr8() NTCB_PRIVILEGED_READ(__readcr8)
#define __writecr0(value) NTCB_PRIVILEGED_WRITE(__writecr0, value)
#define __writecr2(value) NTCB_PRIVILEGED_WRITE(__writecr2, value)
#define __writecr3(value) NTCB_PRIVILEGED_WRITE(__writecr3, value)
#define __writecr4(value) NTCB_PRIVILEGED_WRITE(__writecr4, value)
#define __writecr8(value) NTCB_PRIVILEGED_WRITE(__writecr8, value)
#define __readdr(number) ((void)(number), NTCB_PRIVILEGED_READ(__readdr))
#define __writedr(number, value) ((void)(number), NTCB_PRIVILEGED_WRITE(__writedr, value))
#define __readmsr(number) ((void)(number), NTCB_PRIVILEGED_READ(__readmsr))
#define __writemsr(number, value) ((void)(number), NTCB_PRIVILEGED_WRITE(__writemsr, value))
#define _disable() ((void)NTCB_PRIVILEGED_READ(_disable))
#define _enable() ((void)NTCB_PRIVILEGED_READ(_enable))
#define __halt() ((void)NTCB_PRIVILEGED_READ(__halt))
#define __wbinvd() ((void)NTCB_PRIVILEGED_READ(__wbinvd))
#define __invlpg(address) NTCB_PRIVILEGED_WRITE(__invlpg, address)
#define __sidt(table) NTCB_PRIVILEGED_WRITE(__sidt, table)
#define __lidt(table) NTCB_PRIVILEGED_WRITE(__lidt, table)
#define _sgdt(table) NTCB_PRIVILEGED_WRITE(_sgdt, table)
#define _lgdt(table) NTCB_PRIVILEGED_WRITE(_lgdt, table)
#define __readpmc(number) ((void)(number), NTCB_PRIVILEGED_READ(__readpmc))
#define __readgsbyte(offset) ((void)(offset), (UCHAR)NTCB_PRIVILEGED_READ(__readgsbyte))
#define __readgsword(offset) ((void)(offset), (USHORT)NTCB_PRIVILEGED_READ(__readgsword))
#define __readgsdword(offset) ((void)(offset), (ULONG)NTCB_PRIVILEGED_READ(__readgsdword))
#define __readgsqword(offset) ((void)(offset), NTCB_PRIVILEGED_READ(__readgsqword))
#define __readfsdword(offset) ((void)(offset), (ULONG)NTCB_PRIVILEGED_READ(__readfsdword))
#define __inbyte(port) ((void)(port), (UCHAR)NTCB_PRIVILEGED_READ(__inbyte))
#define __inword(port) ((void)(port), (USHORT)NTCB_PRIVILEGED_READ(__inword))
#define __indword(port) ((void)(port), (ULONG)NTCB_PRIVILEGED_READ(__indword))
#define __outbyte(port, value) ((void)(port), NTCB_PRIVILEGED_WRITE(__outbyte, value))
#define __outword(port, value) ((void)(port), NTCB_PRIVILEGED_WRITE(__outword, value))
#define __outdword(port, value) ((void)(port), NTCB_PRIVILEGED_WRITE(__outdword, value))

#endif

NTCB_DDK_END_DECLS

#endif
