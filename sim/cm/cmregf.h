/* SPDX-License-Identifier: MIT
 *
 * cmregf.h - how a hive file is laid out (REGF): where the members of its cells lie.
 *
 * All numbers are little-endian. An offset of a cell counts from the first bin, which is at
 * CMP_REGF_BASE of the file. A cell begins with its size, negative while it is in use. Offsets of
 * members count from the start of the cell, size included.
 */
#ifndef SIM_CM_CMREGF_H
#define SIM_CM_CMREGF_H

#include "cm/cmtree.h"

#define CMP_REGF_BASE 4096u
#define CMP_REGF_BIN 4096u /* bins are multiples of this */
#define CMP_REGF_BIN_HEADER 32u
#define CMP_REGF_NONE 0xFFFFFFFFu

/* Base block. */
enum {
    CmpRegfPrimary = 4,
    CmpRegfSecondary = 8,
    CmpRegfTime = 12,
    CmpRegfMajor = 20,
    CmpRegfMinor = 24,
    CmpRegfFormat = 32,
    CmpRegfRoot = 36,
    CmpRegfLength = 40,
    CmpRegfCluster = 44,
    CmpRegfChecksum = 508
};

/* Key node, "nk". */
enum {
    CmpNkFlags = 6,
    CmpNkTime = 8,
    CmpNkParent = 20,
    CmpNkSubkeys = 24,
    CmpNkVolatile = 28,
    CmpNkList = 32,
    CmpNkVolatileList = 36,
    CmpNkValues = 40,
    CmpNkValueList = 44,
    CmpNkSecurity = 48,
    CmpNkClass = 52,
    CmpNkMaxName = 56,
    CmpNkMaxClass = 60,
    CmpNkMaxValueName = 64,
    CmpNkMaxValueData = 68,
    CmpNkNameLength = 76,
    CmpNkClassLength = 78,
    CmpNkName = 80
};
#define CMP_NK_HIVE_ROOT 0x04u
#define CMP_NK_NO_DELETE 0x08u
#define CMP_NK_LINK 0x10u
#define CMP_NK_LATIN1 0x20u

/* Value, "vk". */
enum {
    CmpVkNameLength = 6,
    CmpVkDataLength = 8,
    CmpVkData = 12,
    CmpVkType = 16,
    CmpVkFlags = 20,
    CmpVkName = 24
};
#define CMP_VK_LATIN1 0x01u
#define CMP_VK_INLINE 0x80000000u /* of the data length: the data is where its offset would be */

/* Security, "sk". */
enum { CmpSkFlink = 8, CmpSkBlink = 12, CmpSkCount = 16, CmpSkLength = 20, CmpSkDescriptor = 24 };

static inline USHORT CmpGet16(const UCHAR *At)
{
    return (USHORT)(At[0] | At[1] << 8);
}

static inline ULONG CmpGet32(const UCHAR *At)
{
    return (ULONG)CmpGet16(At) | (ULONG)CmpGet16(At + 2) << 16;
}

static inline LONGLONG CmpGet64(const UCHAR *At)
{
    return (LONGLONG)((ULONGLONG)CmpGet32(At) | (ULONGLONG)CmpGet32(At + 4) << 32);
}

static inline VOID CmpPut16(PUCHAR At, ULONG Value)
{
    At[0] = (UCHAR)Value;
    At[1] = (UCHAR)(Value >> 8);
}

static inline VOID CmpPut32(PUCHAR At, ULONG Value)
{
    CmpPut16(At, Value);
    CmpPut16(At + 2, Value >> 16);
}

static inline VOID CmpPut64(PUCHAR At, LONGLONG Value)
{
    CmpPut32(At, (ULONG)((ULONGLONG)Value & 0xFFFFFFFFu));
    CmpPut32(At + 4, (ULONG)((ULONGLONG)Value >> 32));
}

/* The base block's checksum over the bytes in front of it. */
ULONG CmpRegfSum(const UCHAR *Base);

/* A file that is being written. */
struct CMP_WRITE {
    PUCHAR Bytes; /* base block and bins */
    SIZE_T Capacity;
    SIZE_T End;    /* of the cells so far */
    SIZE_T BinEnd; /* of the bin they are in */
    ULONG Minor;
    LONGLONG Time;
    struct CMP_CELL_OF *Securities; /* hash of the descriptors written so far (cmhivesk.c) */
};

/* A zeroed cell for Bytes bytes of content; *Cell: its offset as other cells give it.
 * INSUFFICIENT_RESOURCES: no memory, or the hive would be larger than 2 GB. */
NTSTATUS CmpAllocateCell(struct CMP_WRITE *Write, SIZE_T Bytes, PULONG Cell);
/* The same, with that content. */
NTSTATUS CmpWriteBytes(struct CMP_WRITE *Write, const void *From, SIZE_T Bytes, PULONG Cell);
/* The cell of the key's descriptor: one for all keys that share it, in a ring with the others. */
NTSTATUS CmpWriteSecurity(struct CMP_WRITE *Write, const struct CMP_KEY *Key, PULONG Cell);
/* No descriptor comes any more. */
VOID CmpEndSecurities(struct CMP_WRITE *Write);
/* What is left of the last bin becomes a free cell. */
VOID CmpEndBin(struct CMP_WRITE *Write);

/* The cell in memory; valid until the next one is allocated. */
static inline PUCHAR CmpCell(const struct CMP_WRITE *Write, ULONG Cell)
{
    return Write->Bytes + CMP_REGF_BASE + Cell;
}

#endif
