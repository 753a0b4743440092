/* SPDX-License-Identifier: MIT
 *
 * cmhivesk.c - the security descriptors of a hive file that is being written.
 *
 * The tree keeps each descriptor once (cmsecurity.h); so does the file, in "sk" cells that count
 * their keys and hang together in a ring.
 */
#include "cm/cmregf.h"
#include "cm/cmsecurity.h"

#include <string.h>

/* Where a descriptor was written. */
struct CMP_CELL_OF {
    UT_hash_handle hh; /* CMP_WRITE.Securities, by Security */
    const struct CMP_SECURITY *Security;
    ULONG Cell;
};

static NTSTATUS CmpWriteNewSecurity(struct CMP_WRITE *Write, const struct CMP_SECURITY *Security,
                                    PULONG Cell)
{
    NTSTATUS Status = CmpAllocateCell(Write, CmpSkDescriptor - 4 + (SIZE_T)Security->Length, Cell);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    memcpy(CmpCell(Write, *Cell) + 4, "sk", 2);
    CmpPut32(CmpCell(Write, *Cell) + CmpSkLength, Security->Length);
    memcpy(CmpCell(Write, *Cell) + CmpSkDescriptor, Security->Bytes, Security->Length);
    struct CMP_CELL_OF *New = ntsim__allocate(sizeof(*New));
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    New->Security = Security;
    New->Cell = *Cell;
    HASH_ADD_PTR(Write->Securities, Security, New);
    if (New->hh.tbl == NULL) {
        ntsim__release(New);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}

NTSTATUS CmpWriteSecurity(struct CMP_WRITE *Write, const struct CMP_KEY *Key, PULONG Cell)
{
    struct CMP_SECURITY *Security = CmpSecurityOf(Key);
    struct CMP_CELL_OF *Found;
    NTSTATUS Status = STATUS_SUCCESS;
    HASH_FIND_PTR(Write->Securities, &Security, Found);
    if (Found != NULL) {
        *Cell = Found->Cell;
    } else {
        Status = CmpWriteNewSecurity(Write, Security, Cell);
    }
    if (NT_SUCCESS(Status)) {
        PUCHAR Count = CmpCell(Write, *Cell) + CmpSkCount;
        CmpPut32(Count, CmpGet32(Count) + 1);
    }
    return Status;
}

VOID CmpEndSecurities(struct CMP_WRITE *Write)
{
    struct CMP_CELL_OF *This, *Next;
    ULONG First = Write->Securities != NULL ? Write->Securities->Cell : 0;
    ULONG Last = First;
    HASH_ITER (hh, Write->Securities, This, Next) {
        CmpPut32(CmpCell(Write, This->Cell) + CmpSkFlink, Next != NULL ? Next->Cell : First);
        CmpPut32(CmpCell(Write, This->Cell) + CmpSkBlink, Last);
        Last = This->Cell;
    }
    if (First != 0) {
        CmpPut32(CmpCell(Write, First) + CmpSkBlink, Last);
    }
    HASH_ITER (hh, Write->Securities, This, Next) {
        HASH_DEL(Write->Securities, This);
        ntsim__release(This);
    }
}
