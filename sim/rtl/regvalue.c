/* SPDX-License-Identifier: MIT
 *
 * regvalue.c - one value on its way from the registry to who asked RtlQueryRegistryValues for it.
 */
#include "rtl/registryp.h"

#include <string.h>

#define RTLP_TAG_VALUE 0x76727452u /* "Rtrv" */
#define RTLP_FIRST_ROOM 256u

static NTSTATUS RtlpReadOnce(HANDLE Key, PUNICODE_STRING Name, ULONG Index, PVOID Buffer,
                             ULONG Length, PULONG Needed)
{
    return Name != NULL
               ? ZwQueryValueKey(Key, Name, KeyValueFullInformation, Buffer, Length, Needed)
               : ZwEnumerateValueKey(Key, Index, KeyValueFullInformation, Buffer, Length, Needed);
}

/* The value as KEY_VALUE_FULL_INFORMATION, of ntsim__allocate. */
static NTSTATUS RtlpReadFull(HANDLE Key, PUNICODE_STRING Name, ULONG Index,
                             PKEY_VALUE_FULL_INFORMATION *Full)
{
    ULONG Room = RTLP_FIRST_ROOM;
    for (;;) {
        ULONG Needed = 0;
        *Full = ntsim__allocate(Room);
        if (*Full == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        NTSTATUS Status = RtlpReadOnce(Key, Name, Index, *Full, Room, &Needed);
        if (NT_SUCCESS(Status)) {
            return Status;
        }
        ntsim__release(*Full);
        /* It may grow between two looks; a callback may answer as it likes. */
        if ((Status != STATUS_BUFFER_OVERFLOW && Status != STATUS_BUFFER_TOO_SMALL) ||
            Needed <= Room) {
            return Status;
        }
        Room = Needed;
    }
}

/* Value becomes copies of name and data, terminated. */
static NTSTATUS RtlpTakeValue(const KEY_VALUE_FULL_INFORMATION *Full, struct RTLP_VALUE *Value)
{
    SIZE_T NameBytes = Full->NameLength & ~(ULONG)1;
    SIZE_T DataOffset = (NameBytes + sizeof(WCHAR) + 7) & ~(SIZE_T)7;
    PUCHAR Memory = ntsim__allocate(DataOffset + Full->DataLength + 2 * sizeof(WCHAR) + 1);
    if (Memory == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(Memory, Full->Name, NameBytes);
    memcpy(Memory + DataOffset, (const UCHAR *)Full + Full->DataOffset, Full->DataLength);
    *Value = (struct RTLP_VALUE){(PWSTR)(PVOID)Memory, Full->Type, Memory + DataOffset,
                                 Full->DataLength, Memory};
    return STATUS_SUCCESS;
}

static NTSTATUS RtlpRead(HANDLE Key, PUNICODE_STRING Name, ULONG Index, struct RTLP_VALUE *Value)
{
    PKEY_VALUE_FULL_INFORMATION Full;
    NTSTATUS Status = RtlpReadFull(Key, Name, Index, &Full);
    if (NT_SUCCESS(Status)) {
        Status = RtlpTakeValue(Full, Value);
        ntsim__release(Full);
    }
    return Status;
}

NTSTATUS RtlpReadValue(HANDLE Key, PWSTR ValueName, struct RTLP_VALUE *Value)
{
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, ValueName);
    return RtlpRead(Key, &Name, 0, Value);
}

NTSTATUS RtlpReadValueAt(HANDLE Key, ULONG Index, struct RTLP_VALUE *Value)
{
    return RtlpRead(Key, NULL, Index, Value);
}

/* ---- into the caller's memory (RTL_QUERY_REGISTRY_DIRECT) ------------------------------------ */

static BOOLEAN RtlpIsText(ULONG Type)
{
    return Type == REG_SZ || Type == REG_EXPAND_SZ || Type == REG_MULTI_SZ;
}

/* The text with its terminator; Length does not count that. */
static NTSTATUS RtlpStoreText(const struct RTLP_QUERY *Query, const struct RTLP_VALUE *Value,
                              PUNICODE_STRING String)
{
    ULONG Length = Value->Length & ~(ULONG)1;
    const WCHAR *Text = Value->Data;
    if (Length != 0 && Text[Length / sizeof(WCHAR) - 1] == 0) {
        Length -= (ULONG)sizeof(WCHAR);
    }
    if (Length > UNICODE_STRING_MAX_BYTES - sizeof(WCHAR)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (String->Buffer == NULL) {
        String->Buffer = MmpAllocatePool(Length + sizeof(WCHAR), RTLP_TAG_VALUE, Query->Caller);
        if (String->Buffer == NULL) {
            return STATUS_NO_MEMORY;
        }
        String->MaximumLength = (USHORT)(Length + sizeof(WCHAR));
    } else if (String->MaximumLength < Length + sizeof(WCHAR)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memcpy(String->Buffer, Text, Length);
    String->Buffer[Length / sizeof(WCHAR)] = 0;
    String->Length = (USHORT)Length;
    return STATUS_SUCCESS;
}

/* Up to a ULONG as it is; else the room is in the buffer's first LONG: negative, for the data
 * alone; positive, for length, type and data. */
static NTSTATUS RtlpStoreBytes(const struct RTLP_VALUE *Value, PVOID Buffer)
{
    LONG Room;
    if (Value->Length <= sizeof(ULONG)) {
        memcpy(Buffer, Value->Data, Value->Length);
        return STATUS_SUCCESS;
    }
    memcpy(&Room, Buffer, sizeof(Room));
    SIZE_T Header = Room < 0 ? 0 : 2 * sizeof(ULONG);
    SIZE_T Bytes = (SIZE_T)(Room < 0 ? -(LONGLONG)Room : Room);
    if (Header + Value->Length > Bytes) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (Header != 0) {
        const ULONG Words[2] = {Value->Length, Value->Type};
        memcpy(Buffer, Words, sizeof(Words));
    }
    memcpy((PUCHAR)Buffer + Header, Value->Data, Value->Length);
    return STATUS_SUCCESS;
}

static NTSTATUS RtlpStore(const struct RTLP_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry,
                          const struct RTLP_VALUE *Value)
{
    return RtlpIsText(Value->Type) ? RtlpStoreText(Query, Value, Entry->EntryContext)
                                   : RtlpStoreBytes(Value, Entry->EntryContext);
}

/* ---- to the entry's routine ------------------------------------------------------------------ */

static NTSTATUS RtlpCall(const struct RTLP_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry,
                         const struct RTLP_VALUE *Value)
{
    return Entry->QueryRoutine(Value->Name, Value->Type, Value->Data, Value->Length, Query->Context,
                               Entry->EntryContext);
}

/* One call for each string. */
static NTSTATUS RtlpCallForEach(const struct RTLP_QUERY *Query,
                                const RTL_QUERY_REGISTRY_TABLE *Entry,
                                const struct RTLP_VALUE *Value)
{
    PWSTR Text = Value->Data;
    PWSTR End = Text + Value->Length / sizeof(WCHAR);
    NTSTATUS Status = STATUS_SUCCESS;
    while (NT_SUCCESS(Status) && Text < End && *Text != 0) {
        struct RTLP_VALUE String = {.Name = Value->Name, .Type = REG_SZ, .Data = Text};
        while (Text < End && *Text != 0) {
            Text++;
        }
        Text++; /* a terminator is always there */
        String.Length = (ULONG)((PUCHAR)Text - (PUCHAR)String.Data);
        Status = RtlpCall(Query, Entry, &String);
    }
    return Status;
}

NTSTATUS RtlpDeliver(const struct RTLP_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry,
                     struct RTLP_VALUE *Value)
{
    BOOLEAN Direct = (Entry->Flags & RTL_QUERY_REGISTRY_DIRECT) != 0;
    BOOLEAN AsIs = (Entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND) != 0;
    if (Direct && (Entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK) != 0 &&
        Value->Type != Entry->DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (Value->Type == REG_EXPAND_SZ && !AsIs) {
        NTSTATUS Status = RtlpExpand(Query->Environment, Value);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    if (Value->Type == REG_MULTI_SZ && !AsIs) {
        return Direct ? STATUS_INVALID_PARAMETER : RtlpCallForEach(Query, Entry, Value);
    }
    return Direct ? RtlpStore(Query, Entry, Value) : RtlpCall(Query, Entry, Value);
}
