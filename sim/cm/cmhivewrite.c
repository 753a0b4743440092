/* SPDX-License-Identifier: MIT
 *
 * cmhivewrite.c - a tree of keys written as a hive file. libhivex could do it, but writes neither
 * classes nor times.
 *
 * Each key is written before what is below it, and is given the offsets of its lists when those are
 * known.
 */
#include "cm/cmhive.h"
#include "cm/cmregf.h"

#include <string.h>

#define CMP_LIST_MAX 511u      /* subkeys of one list; more become a list of lists */
#define CMP_SEGMENT_MAX 16344u /* bytes of one piece of big data, from version 1.4 on */

/* ---- names ---- */

static BOOLEAN CmpIsLatin1(const struct CMP_NAME *Name)
{
    for (USHORT Unit = 0; Unit < Name->Length / sizeof(WCHAR); Unit++) {
        if (Name->Text[Unit] > 0xFF) {
            return FALSE;
        }
    }
    return TRUE;
}

static USHORT CmpNameBytes(const struct CMP_NAME *Name)
{
    return CmpIsLatin1(Name) ? Name->Length / (USHORT)sizeof(WCHAR) : Name->Length;
}

static VOID CmpPutName(PUCHAR At, const struct CMP_NAME *Name)
{
    BOOLEAN Latin1 = CmpIsLatin1(Name);
    for (USHORT Unit = 0; Unit < Name->Length / sizeof(WCHAR); Unit++) {
        if (Latin1) {
            At[Unit] = (UCHAR)Name->Text[Unit];
        } else {
            CmpPut16(At + Unit * sizeof(WCHAR), Name->Text[Unit]);
        }
    }
}

/* What a list says of a name, for Windows to find it faster: a hash, or its first letters. */
static ULONG CmpNameHint(const struct CMP_WRITE *Write, const struct CMP_NAME *Name)
{
    ULONG Hint = 0;
    USHORT Units = Name->Length / (USHORT)sizeof(WCHAR);
    for (USHORT Unit = 0; Write->Minor >= 5 && Unit < Units; Unit++) {
        Hint = Hint * 37 + RtlUpcaseUnicodeChar(Name->Text[Unit]);
    }
    for (USHORT Unit = 0; Write->Minor < 5 && Unit < Units && Unit < 4; Unit++) {
        Hint |= Name->Text[Unit] > 0xFF ? 0 : (ULONG)Name->Text[Unit] << (8 * Unit);
    }
    return Hint;
}

/* ---- values ---- */

/* Data in pieces: a cell that names a list, the list, and the pieces. */
static NTSTATUS CmpWriteBigData(struct CMP_WRITE *Write, const struct CMP_VALUE *Value, PULONG Cell)
{
    ULONG Count = (Value->DataLength + CMP_SEGMENT_MAX - 1) / CMP_SEGMENT_MAX;
    ULONG List;
    NTSTATUS Status = CmpAllocateCell(Write, 8, Cell);
    if (NT_SUCCESS(Status)) {
        Status = CmpAllocateCell(Write, Count * 4, &List);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    memcpy(CmpCell(Write, *Cell) + 4, "db", 2);
    CmpPut16(CmpCell(Write, *Cell) + 6, Count);
    CmpPut32(CmpCell(Write, *Cell) + 8, List);
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < Count; Index++) {
        ULONG At = Index * CMP_SEGMENT_MAX;
        ULONG Left = Value->DataLength - At;
        ULONG Piece;
        /* Four bytes more than it holds, as Windows has them. */
        Status = CmpAllocateCell(Write, CMP_SEGMENT_MAX + 4, &Piece);
        if (NT_SUCCESS(Status)) {
            memcpy(CmpCell(Write, Piece) + 4, (const UCHAR *)Value->Data + At,
                   Left < CMP_SEGMENT_MAX ? Left : CMP_SEGMENT_MAX);
            CmpPut32(CmpCell(Write, List) + 4 + Index * 4, Piece);
        }
    }
    return Status;
}

static NTSTATUS CmpWriteData(struct CMP_WRITE *Write, const struct CMP_VALUE *Value, PULONG Where,
                             PULONG Length)
{
    *Length = Value->DataLength;
    *Where = 0;
    if (Value->DataLength <= 4) {
        *Length |= CMP_VK_INLINE;
        for (ULONG Index = 0; Index < Value->DataLength; Index++) {
            *Where |= (ULONG)((const UCHAR *)Value->Data)[Index] << (8 * Index);
        }
        return STATUS_SUCCESS;
    }
    return Write->Minor >= 4 && Value->DataLength > CMP_SEGMENT_MAX
               ? CmpWriteBigData(Write, Value, Where)
               : CmpWriteBytes(Write, Value->Data, Value->DataLength, Where);
}

static NTSTATUS CmpWriteValue(struct CMP_WRITE *Write, const struct CMP_VALUE *Value, PULONG Cell)
{
    ULONG Where, Length;
    NTSTATUS Status = CmpWriteData(Write, Value, &Where, &Length);
    if (NT_SUCCESS(Status)) {
        Status = CmpAllocateCell(Write, CmpVkName - 4 + CmpNameBytes(Value->Name), Cell);
    }
    if (NT_SUCCESS(Status)) {
        PUCHAR At = CmpCell(Write, *Cell);
        memcpy(At + 4, "vk", 2);
        CmpPut16(At + CmpVkNameLength, CmpNameBytes(Value->Name));
        CmpPut32(At + CmpVkDataLength, Length);
        CmpPut32(At + CmpVkData, Where);
        CmpPut32(At + CmpVkType, Value->Type);
        CmpPut16(At + CmpVkFlags, CmpIsLatin1(Value->Name) ? CMP_VK_LATIN1 : 0);
        CmpPutName(At + CmpVkName, Value->Name);
    }
    return Status;
}

static NTSTATUS CmpWriteValues(struct CMP_WRITE *Write, const struct CMP_KEY *Key, ULONG Node)
{
    const struct CMP_VALUE *Value;
    ULONG Count = CmpValueCount(Key);
    ULONG List;
    if (Count == 0) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = CmpAllocateCell(Write, Count * 4, &List);
    for (ULONG Index = 0; NT_SUCCESS(Status) && (Value = CmpValueAt(Key, Index)) != NULL; Index++) {
        ULONG Cell;
        Status = CmpWriteValue(Write, Value, &Cell);
        if (NT_SUCCESS(Status)) {
            CmpPut32(CmpCell(Write, List) + 4 + Index * 4, Cell);
        }
    }
    if (NT_SUCCESS(Status)) {
        CmpPut32(CmpCell(Write, Node) + CmpNkValues, Count);
        CmpPut32(CmpCell(Write, Node) + CmpNkValueList, List);
    }
    return Status;
}

/* ---- keys ---- */

static ULONG CmpNodeFlags(const struct CMP_KEY *Key, BOOLEAN Root)
{
    return (Root ? CMP_NK_HIVE_ROOT | CMP_NK_NO_DELETE : 0) |
           ((Key->Flags & CMP_KEY_LINK) != 0 ? CMP_NK_LINK : 0) |
           (CmpIsLatin1(Key->Name) ? CMP_NK_LATIN1 : 0);
}

/* The key's own cell, its class and its values; not its subkeys. */
static NTSTATUS CmpWriteNode(struct CMP_WRITE *Write, const struct CMP_KEY *Key, ULONG Parent,
                             BOOLEAN Root, PULONG Node)
{
    ULONG Class = CMP_REGF_NONE;
    ULONG Security;
    NTSTATUS Status = CmpAllocateCell(Write, CmpNkName - 4 + CmpNameBytes(Key->Name), Node);
    if (NT_SUCCESS(Status)) {
        Status = CmpWriteSecurity(Write, Key, &Security);
    }
    if (NT_SUCCESS(Status) && Key->Class != NULL) {
        Status = CmpWriteBytes(Write, Key->Class->Text, Key->Class->Length, &Class);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PUCHAR At = CmpCell(Write, *Node);
    memcpy(At + 4, "nk", 2);
    CmpPut16(At + CmpNkFlags, CmpNodeFlags(Key, Root));
    CmpPut64(At + CmpNkTime, Key->LastWriteTime);
    CmpPut32(At + CmpNkParent, Parent);
    CmpPut32(At + CmpNkList, CMP_REGF_NONE);
    CmpPut32(At + CmpNkVolatileList, CMP_REGF_NONE);
    CmpPut32(At + CmpNkValueList, CMP_REGF_NONE);
    CmpPut32(At + CmpNkSecurity, Security);
    CmpPut32(At + CmpNkClass, Class);
    CmpPut32(At + CmpNkMaxName, Key->MaxNameLength);
    CmpPut32(At + CmpNkMaxClass, Key->MaxClassLength);
    CmpPut32(At + CmpNkMaxValueName, Key->MaxValueNameLength);
    CmpPut32(At + CmpNkMaxValueData, Key->MaxValueDataLength);
    CmpPut16(At + CmpNkNameLength, CmpNameBytes(Key->Name));
    CmpPut16(At + CmpNkClassLength, Key->Class != NULL ? Key->Class->Length : 0);
    CmpPutName(At + CmpNkName, Key->Name);
    return CmpWriteValues(Write, Key, *Node);
}

/* One list of Count subkeys from First on; their cells come with it. Recursion: CMP_DEPTH_MAX. */
static NTSTATUS CmpWriteSubkeys(struct CMP_WRITE *Write, const struct CMP_KEY *Key, ULONG Node);

static NTSTATUS CmpWriteList(struct CMP_WRITE *Write, const struct CMP_KEY *Key, ULONG Node,
                             ULONG First, ULONG Count, PULONG List)
{
    NTSTATUS Status = CmpAllocateCell(Write, 4 + Count * 8, List);
    if (NT_SUCCESS(Status)) {
        memcpy(CmpCell(Write, *List) + 4, Write->Minor >= 5 ? "lh" : "lf", 2);
        CmpPut16(CmpCell(Write, *List) + 6, Count);
    }
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < Count; Index++) {
        const struct CMP_KEY *Child = CmpChildAt(Key, First + Index);
        ULONG Cell;
        Status = CmpWriteNode(Write, Child, Node, FALSE, &Cell);
        if (NT_SUCCESS(Status)) {
            PUCHAR At = CmpCell(Write, *List) + 8 + Index * 8;
            CmpPut32(At, Cell);
            CmpPut32(At + 4, CmpNameHint(Write, Child->Name));
            Status = CmpWriteSubkeys(Write, Child, Cell);
        }
    }
    return Status;
}

static NTSTATUS CmpWriteSubkeys(struct CMP_WRITE *Write, const struct CMP_KEY *Key, ULONG Node)
{
    ULONG Count = CmpStableChildCount(Key);
    ULONG Lists = (Count + CMP_LIST_MAX - 1) / CMP_LIST_MAX;
    ULONG Top = 0, List = CMP_REGF_NONE;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Lists > 0xFFFF) {
        return STATUS_INSUFFICIENT_RESOURCES; /* 33 million subkeys of one key */
    }
    if (Lists > 1) {
        Status = CmpAllocateCell(Write, 4 + Lists * 4, &Top);
        if (NT_SUCCESS(Status)) {
            memcpy(CmpCell(Write, Top) + 4, "ri", 2);
            CmpPut16(CmpCell(Write, Top) + 6, Lists);
        }
    }
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < Lists; Index++) {
        ULONG First = Index * CMP_LIST_MAX;
        ULONG Left = Count - First;
        Status =
            CmpWriteList(Write, Key, Node, First, Left < CMP_LIST_MAX ? Left : CMP_LIST_MAX, &List);
        if (NT_SUCCESS(Status) && Lists > 1) {
            CmpPut32(CmpCell(Write, Top) + 8 + Index * 4, List);
        }
    }
    if (NT_SUCCESS(Status) && Count != 0) {
        CmpPut32(CmpCell(Write, Node) + CmpNkSubkeys, Count);
        CmpPut32(CmpCell(Write, Node) + CmpNkList, Lists > 1 ? Top : List);
    }
    return Status;
}

/* ---- the file ---- */

static VOID CmpWriteBase(struct CMP_WRITE *Write, ULONG Root)
{
    PUCHAR Base = Write->Bytes;
    memcpy(Base, "regf", 4);
    CmpPut32(Base + CmpRegfPrimary, 1);
    CmpPut32(Base + CmpRegfSecondary, 1);
    CmpPut64(Base + CmpRegfTime, Write->Time);
    CmpPut32(Base + CmpRegfMajor, 1);
    CmpPut32(Base + CmpRegfMinor, Write->Minor);
    CmpPut32(Base + CmpRegfFormat, 1);
    CmpPut32(Base + CmpRegfRoot, Root);
    CmpPut32(Base + CmpRegfLength, (ULONG)(Write->End - CMP_REGF_BASE));
    CmpPut32(Base + CmpRegfCluster, 1);
    CmpPut32(Base + CmpRegfChecksum, CmpRegfSum(Base));
}

NTSTATUS CmpWriteHive(struct CMP_STATE *State, const struct CMP_KEY *Root, ULONG Format,
                      PVOID *Bytes, PSIZE_T Count)
{
    struct CMP_WRITE Write = {
        .Capacity = 16 * (SIZE_T)CMP_REGF_BIN,
        .End = CMP_REGF_BASE,
        .BinEnd = CMP_REGF_BASE,
        .Minor = Format == REG_STANDARD_FORMAT ? 3 : 5,
        .Time = State->Host->system_time(State->Host->context),
    };
    ULONG Node;
    Write.Bytes = ntsim__allocate(Write.Capacity);
    NTSTATUS Status = Write.Bytes != NULL ? CmpWriteNode(&Write, Root, CMP_REGF_NONE, TRUE, &Node)
                                          : STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(Status)) {
        Status = CmpWriteSubkeys(&Write, Root, Node);
    }
    CmpEndSecurities(&Write);
    if (!NT_SUCCESS(Status)) {
        ntsim__release(Write.Bytes);
        return Status;
    }
    CmpEndBin(&Write);
    CmpWriteBase(&Write, Node);
    *Bytes = Write.Bytes;
    *Count = Write.End;
    return STATUS_SUCCESS;
}
