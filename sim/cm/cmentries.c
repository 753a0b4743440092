/* SPDX-License-Identifier: MIT
 *
 * cmentries.c - the array of entries that NtQueryMultipleValueKey reads and writes (REG-QMV-01,
 * -02).
 *
 * Of user mode the array, the strings and their text are copied into one block, and what the
 * operation or a callback put into the copy goes back to the caller's array at the end.
 */
#include "cm/cmservice.h"

#include <string.h>

static NTSTATUS CmpProbeEntries(const struct CMP_CALL *Call, PSIZE_T TextBytes)
{
    PKEY_VALUE_ENTRY Entries = Call->Buffer;
    *TextBytes = 0;
    for (ULONG Index = 0; Index < Call->Index; Index++) {
        PUNICODE_STRING Name = Entries[Index].ValueName;
        NTSTATUS Status = CmpProbe(Call->Mode, Name, sizeof(*Name));
        if (NT_SUCCESS(Status)) {
            Status = CmpProbe(Call->Mode, Name->Buffer, Name->Length);
        }
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        if (Name->Length % sizeof(WCHAR) != 0) {
            return STATUS_INVALID_PARAMETER;
        }
        *TextBytes += Name->Length + sizeof(WCHAR);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS CmpProbeLengths(const struct CMP_CALL *Call)
{
    NTSTATUS Status =
        CmpProbeWrite(Call->Mode, Call->Buffer, Call->Index * sizeof(KEY_VALUE_ENTRY));
    if (NT_SUCCESS(Status)) {
        Status = CmpProbeWrite(Call->Mode, Call->BufferLength, sizeof(*Call->BufferLength));
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpProbeWrite(Call->Mode, Call->ValueBuffer, *Call->BufferLength);
    }
    if (NT_SUCCESS(Status) && Call->ResultLength != NULL) {
        Status = CmpProbeWrite(Call->Mode, Call->ResultLength, sizeof(*Call->ResultLength));
    }
    return Status;
}

NTSTATUS CmpCaptureEntries(struct CMP_CALL *Call)
{
    SIZE_T TextBytes = 0;
    NTSTATUS Status = CmpProbeLengths(Call);
    if (NT_SUCCESS(Status)) {
        Status = CmpProbeEntries(Call, &TextBytes);
    }
    Call->BufferUsed = Call->Buffer;
    if (!NT_SUCCESS(Status) || Call->Mode == KernelMode || Call->Index == 0) {
        return Status;
    }
    SIZE_T EntryBytes = Call->Index * sizeof(KEY_VALUE_ENTRY);
    SIZE_T StringBytes = Call->Index * sizeof(UNICODE_STRING);
    PUCHAR Block = ExAllocatePoolWithTag(PagedPool, EntryBytes + StringBytes + TextBytes, CMP_TAG);
    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Call->BufferPool = Block;
    Call->BufferUsed = Block;
    memcpy(Block, Call->Buffer, EntryBytes);
    PKEY_VALUE_ENTRY Entries = (PVOID)Block;
    PUNICODE_STRING Strings = (PVOID)(Block + EntryBytes);
    PUCHAR Text = Block + EntryBytes + StringBytes;
    for (ULONG Index = 0; Index < Call->Index; Index++) {
        UNICODE_STRING Name = *Entries[Index].ValueName;
        if (Name.Length != 0) {
            memcpy(Text, Name.Buffer, Name.Length);
        }
        memset(Text + Name.Length, 0, sizeof(WCHAR));
        Strings[Index] =
            (UNICODE_STRING){Name.Length, (USHORT)(Name.Length + sizeof(WCHAR)), (PWCH)(PVOID)Text};
        Entries[Index].ValueName = &Strings[Index];
        Text += Name.Length + sizeof(WCHAR);
    }
    return STATUS_SUCCESS;
}

VOID CmpReturnEntries(struct CMP_CALL *Call)
{
    PKEY_VALUE_ENTRY To = Call->Buffer;
    PKEY_VALUE_ENTRY From = Call->BufferUsed;
    for (ULONG Index = 0; To != From && Index < Call->Index; Index++) {
        To[Index].DataLength = From[Index].DataLength;
        To[Index].DataOffset = From[Index].DataOffset;
        To[Index].Type = From[Index].Type;
    }
}

/* All names must exist; then data is packed in order, each at a multiple of 4. */
NTSTATUS CmpDoQueryMultipleValueKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    PKEY_VALUE_ENTRY Entries = Call->BufferUsed;
    ULONG Room = *Call->BufferLength;
    SIZE_T Needed = 0;
    for (ULONG Index = 0; Index < Call->Index; Index++) {
        const struct CMP_VALUE *Value = CmpFindValue(Key, Entries[Index].ValueName);
        if (Value == NULL) {
            return STATUS_OBJECT_NAME_NOT_FOUND;
        }
        Needed = ((Needed + 3) & ~(SIZE_T)3) + Value->DataLength;
        if (Needed > MAXULONG) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    ULONG Offset = 0;
    for (ULONG Index = 0; Index < Call->Index; Index++) {
        const struct CMP_VALUE *Value = CmpFindValue(Key, Entries[Index].ValueName);
        Offset = (Offset + 3) & ~(ULONG)3;
        Entries[Index].Type = Value->Type;
        Entries[Index].DataLength = Value->DataLength;
        Entries[Index].DataOffset = Offset;
        if (Needed <= Room && Value->DataLength != 0) {
            memcpy((PUCHAR)Call->ValueBuffer + Offset, Value->Data, Value->DataLength);
        }
        Offset += Value->DataLength;
    }
    if (Call->ResultLength != NULL) {
        *Call->ResultLength = (ULONG)Needed;
    }
    if (Needed > Room) {
        return STATUS_BUFFER_OVERFLOW;
    }
    *Call->BufferLength = (ULONG)Needed;
    return STATUS_SUCCESS;
}
