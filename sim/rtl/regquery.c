/* SPDX-License-Identifier: MIT
 *
 * regquery.c - RtlQueryRegistryValues: a table of questions, one after the other.
 */
#include "rtl/registryp.h"

/* What the documentation calls garbage. */
static BOOLEAN RtlpIsGarbage(const RTL_QUERY_REGISTRY_TABLE *Entry)
{
    BOOLEAN Subkey = (Entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0;
    if ((Entry->Flags & RTL_QUERY_REGISTRY_DIRECT) != 0) {
        return Entry->Name == NULL || Subkey || Entry->QueryRoutine != NULL ||
               Entry->EntryContext == NULL;
    }
    return Subkey ? Entry->Name == NULL : Entry->QueryRoutine == NULL;
}

static BOOLEAN RtlpIsEnd(const RTL_QUERY_REGISTRY_TABLE *Entry)
{
    return Entry->QueryRoutine == NULL && Entry->Name == NULL &&
           (Entry->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT)) == 0;
}

/* Bytes of a default whose length is left to us. */
static ULONG RtlpDefaultLength(ULONG Type, const WCHAR *Text)
{
    ULONG Length = 0;
    if (Type != REG_SZ && Type != REG_EXPAND_SZ && Type != REG_MULTI_SZ) {
        return 0;
    }
    do {
        while (Text[Length++] != 0) {
        }
    } while (Type == REG_MULTI_SZ && Length > 1 && Text[Length - 2] != 0);
    return Length * (ULONG)sizeof(WCHAR);
}

static NTSTATUS RtlpDeliverDefault(const struct RTLP_QUERY *Query,
                                   const RTL_QUERY_REGISTRY_TABLE *Entry)
{
    struct RTLP_VALUE Value = {
        .Name = Entry->Name,
        .Type = (Entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK) != 0
                    ? Entry->DefaultType & ~RTL_QUERY_REGISTRY_TYPECHECK_MASK
                    : Entry->DefaultType,
        .Data = Entry->DefaultData,
        .Length = Entry->DefaultLength,
    };
    if ((Entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (Value.Type == REG_NONE) {
        return STATUS_SUCCESS;
    }
    if (Value.Length == 0 && Value.Data != NULL) {
        Value.Length = RtlpDefaultLength(Value.Type, Value.Data);
    }
    NTSTATUS Status = RtlpDeliver(Query, Entry, &Value);
    ntsim__release(Value.Memory); /* of an expansion */
    return Status;
}

static NTSTATUS RtlpQueryValue(const struct RTLP_QUERY *Query,
                               const RTL_QUERY_REGISTRY_TABLE *Entry)
{
    struct RTLP_VALUE Value;
    NTSTATUS Status = RtlpReadValue(Query->Key, Entry->Name, &Value);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
        return RtlpDeliverDefault(Query, Entry);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Value.Type == REG_NONE && (Entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0) {
        Status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else {
        Status = RtlpDeliver(Query, Entry, &Value);
    }
    ntsim__release(Value.Memory);
    if (NT_SUCCESS(Status) && (Entry->Flags & RTL_QUERY_REGISTRY_DELETE) != 0) {
        UNICODE_STRING Name;
        RtlInitUnicodeString(&Name, Entry->Name);
        Status = ZwDeleteValueKey(Query->Key, &Name);
    }
    return Status;
}

/* Every value of the key. */
static NTSTATUS RtlpQueryAll(const struct RTLP_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry)
{
    ULONG Seen = 0;
    ULONG Index = 0;
    for (;;) {
        struct RTLP_VALUE Value;
        UNICODE_STRING Name;
        NTSTATUS Status = RtlpReadValueAt(Query->Key, Index, &Value);
        if (Status == STATUS_NO_MORE_ENTRIES) {
            break;
        }
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Status = RtlpDeliver(Query, Entry, &Value);
        if (NT_SUCCESS(Status) && (Entry->Flags & RTL_QUERY_REGISTRY_DELETE) != 0) {
            RtlInitUnicodeString(&Name, Value.Name);
            Status = ZwDeleteValueKey(Query->Key, &Name);
        } else {
            Index++;
        }
        ntsim__release(Value.Memory);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Seen++;
    }
    return Seen == 0 && (Entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0
               ? STATUS_OBJECT_NAME_NOT_FOUND
               : STATUS_SUCCESS;
}

/* Query->Key becomes the subkey, which is *Subkey's to close. */
static NTSTATUS RtlpEnterSubkey(struct RTLP_QUERY *Query, HANDLE Top, PCWSTR SubkeyName,
                                HANDLE *Subkey)
{
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, SubkeyName);
    OBJECT_ATTRIBUTES Attributes = {
        sizeof(Attributes), Top, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL};
    NTSTATUS Status = ZwOpenKey(Subkey, KEY_READ, &Attributes);
    if (NT_SUCCESS(Status)) {
        Query->Key = *Subkey;
    }
    return Status;
}

static NTSTATUS RtlpQueryEntry(const struct RTLP_QUERY *Query,
                               const RTL_QUERY_REGISTRY_TABLE *Entry)
{
    if ((Entry->Flags & RTL_QUERY_REGISTRY_NOVALUE) != 0) {
        return Entry->QueryRoutine(NULL, REG_NONE, NULL, 0, Query->Context, Entry->EntryContext);
    }
    if ((Entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0) {
        return Entry->QueryRoutine != NULL ? RtlpQueryAll(Query, Entry) : STATUS_SUCCESS;
    }
    return Entry->Name != NULL ? RtlpQueryValue(Query, Entry) : RtlpQueryAll(Query, Entry);
}

static NTSTATUS RtlpWalkTable(struct RTLP_QUERY *Query, const RTL_QUERY_REGISTRY_TABLE *Entry)
{
    HANDLE Top = Query->Key;
    HANDLE Subkey = NULL;
    NTSTATUS Status = STATUS_SUCCESS;
    for (; NT_SUCCESS(Status) && !RtlpIsEnd(Entry); Entry++) {
        if (RtlpIsGarbage(Entry)) {
            Status = STATUS_INVALID_PARAMETER;
            break;
        }
        if ((Entry->Flags & RTL_QUERY_REGISTRY_NOSTRING) != 0) {
            Status = STATUS_NOT_IMPLEMENTED; /* what it does is not documented */
            break;
        }
        if ((Entry->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_TOPKEY)) != 0) {
            if (Subkey != NULL) {
                ZwClose(Subkey);
                Subkey = NULL;
            }
            Query->Key = Top;
        }
        if ((Entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0) {
            Status = RtlpEnterSubkey(Query, Top, Entry->Name, &Subkey);
        }
        if (NT_SUCCESS(Status)) {
            Status = RtlpQueryEntry(Query, Entry);
        }
    }
    if (Subkey != NULL) {
        ZwClose(Subkey);
    }
    return Status;
}

/*
 * RtlQueryRegistryValues - ask a key for values, as a table says, which ends with an entry that has
 * neither routine nor name. Environment: for REG_EXPAND_SZ, "name=value" strings one behind the
 * other, then an empty one; without it, or for a name it has not, the %name% stays as it is.
 * IRQL     PASSIVE_LEVEL
 * Returns  STATUS_SUCCESS
 *          STATUS_INVALID_PARAMETER       an entry is garbage: no routine, and neither DIRECT nor
 *                                         SUBKEY; one of these without a name; DIRECT with a
 *                                         routine, with SUBKEY or without a buffer; or RelativeTo
 *          STATUS_OBJECT_NAME_NOT_FOUND   no such key, subkey, or required value
 *          STATUS_OBJECT_TYPE_MISMATCH    TYPECHECK: the value has another type
 *          STATUS_BUFFER_TOO_SMALL        DIRECT: the value does not fit
 *          STATUS_NOT_IMPLEMENTED         RTL_QUERY_REGISTRY_NOSTRING
 *          and what a query routine returns, which ends the walk if it is no success.
 * A key that is not there is no failure with RTL_REGISTRY_OPTIONAL.
 */
NTSTATUS NTAPI RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path,
                                      PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context,
                                      PVOID Environment)
{
    struct RTLP_QUERY Query = {
        .Context = Context, .Environment = Environment, .Caller = __builtin_return_address(0)};
    struct RTLP_KEY Key;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = RtlpOpenRelative(RelativeTo, Path, KEY_READ, FALSE, &Key);
    if (NT_SUCCESS(Status)) {
        Query.Key = Key.Handle;
        Status = RtlpWalkTable(&Query, QueryTable);
        RtlpCloseKey(&Key);
    } else if (Status == STATUS_OBJECT_NAME_NOT_FOUND &&
               (RelativeTo & RTL_REGISTRY_OPTIONAL) != 0) {
        Status = STATUS_SUCCESS;
    }
    return Status;
}
