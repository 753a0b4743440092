/* SPDX-License-Identifier: MIT
 *
 * cmregf.c - the cells of a hive file that is being written.
 *
 * Cells are laid one behind the other in bins; a cell that does not fit in the rest of a bin begins
 * a new one, and the rest becomes a free cell.
 */
#include "cm/cmregf.h"

#include <string.h>

ULONG CmpRegfSum(const UCHAR *Base)
{
    ULONG Sum = 0;
    for (ULONG At = 0; At < CmpRegfChecksum; At += 4) {
        Sum ^= CmpGet32(Base + At);
    }
    return Sum == 0 ? 1 : Sum == 0xFFFFFFFF ? 0xFFFFFFFE : Sum;
}

static NTSTATUS CmpGrowFile(struct CMP_WRITE *Write, SIZE_T Bytes)
{
    if (Write->End + Bytes <= Write->Capacity) {
        return STATUS_SUCCESS;
    }
    SIZE_T Capacity = Write->Capacity * 2;
    while (Capacity < Write->End + Bytes) {
        Capacity *= 2;
    }
    PUCHAR Larger = ntsim__allocate(Capacity);
    if (Larger == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Write->Bytes != NULL) {
        memcpy(Larger, Write->Bytes, Write->End);
        ntsim__release(Write->Bytes);
    }
    Write->Bytes = Larger;
    Write->Capacity = Capacity;
    return STATUS_SUCCESS;
}

/* What is left of the bin becomes a free cell. */
VOID CmpEndBin(struct CMP_WRITE *Write)
{
    if (Write->End < Write->BinEnd) {
        CmpPut32(Write->Bytes + Write->End, (ULONG)(Write->BinEnd - Write->End));
        Write->End = Write->BinEnd;
    }
}

static VOID CmpBeginBin(struct CMP_WRITE *Write, SIZE_T CellBytes)
{
    SIZE_T Bytes =
        (CMP_REGF_BIN_HEADER + CellBytes + CMP_REGF_BIN - 1) / CMP_REGF_BIN * CMP_REGF_BIN;
    PUCHAR Bin = Write->Bytes + Write->End;
    memcpy(Bin, "hbin", 4);
    CmpPut32(Bin + 4, (ULONG)(Write->End - CMP_REGF_BASE));
    CmpPut32(Bin + 8, (ULONG)Bytes);
    CmpPut64(Bin + 20, Write->Time);
    Write->BinEnd = Write->End + Bytes;
    Write->End += CMP_REGF_BIN_HEADER;
}

/* A zeroed cell for Bytes bytes of content; *Cell: its offset as other cells give it. */
NTSTATUS CmpAllocateCell(struct CMP_WRITE *Write, SIZE_T Bytes, PULONG Cell)
{
    SIZE_T Size = (4 + Bytes + 7) & ~(SIZE_T)7;
    NTSTATUS Status = CmpGrowFile(Write, Size + 3 * (SIZE_T)CMP_REGF_BIN);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Write->End - CMP_REGF_BASE > 0x7FFFFFFF - Size) {
        return STATUS_INSUFFICIENT_RESOURCES; /* a hive ends at 2 GB */
    }
    if (Size > Write->BinEnd - Write->End) {
        CmpEndBin(Write);
        CmpBeginBin(Write, Size);
    }
    *Cell = (ULONG)(Write->End - CMP_REGF_BASE);
    CmpPut32(Write->Bytes + Write->End, (ULONG) - (LONG)Size);
    Write->End += Size;
    return STATUS_SUCCESS;
}

NTSTATUS CmpWriteBytes(struct CMP_WRITE *Write, const void *From, SIZE_T Bytes, PULONG Cell)
{
    NTSTATUS Status = CmpAllocateCell(Write, Bytes, Cell);
    if (NT_SUCCESS(Status)) {
        memcpy(CmpCell(Write, *Cell) + 4, From, Bytes);
    }
    return Status;
}
