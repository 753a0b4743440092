/* SPDX-License-Identifier: MIT
 *
 * union.c - what a shadow answers: its own values and sub-keys, then those of the real key that it
 * lacks.
 *
 * All in post-notifications: the shadow has answered, and where it had nothing the real key is
 * asked, by the rights of the thread that asks. ReturnStatus then tells what came of it.
 */
#include "regvirtual.h"

#define RV_SUBKEY_NAME_BYTES (255 * sizeof(WCHAR))
#define RV_VALUE_NAME_BYTES 32767

/* The two keys of a union; Real is NULL if there is no such key, or none that may be read. */
typedef struct _RV_PAIR {
    HANDLE Own;
    HANDLE Real;
} RV_PAIR;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, RvUnite)
#endif

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvOpenPair(_In_ PVOID Object, _In_ const RV_SHADOW *Shadow, _Out_ RV_PAIR *Pair)
{
    NTSTATUS Status;

    Pair->Own = Pair->Real = NULL;
    Status = RvOpenKey(&Pair->Real, KEY_READ, NULL, &Shadow->Real, OBJ_FORCE_ACCESS_CHECK);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND || Status == STATUS_ACCESS_DENIED)
        return STATUS_SUCCESS;
    if (!NT_SUCCESS(Status))
        return Status;
    return ObOpenObjectByPointer(Object, OBJ_KERNEL_HANDLE, NULL, KEY_READ, *CmKeyObjectType,
                                 KernelMode, &Pair->Own);
}

_IRQL_requires_max_(PASSIVE_LEVEL) static VOID RvClosePair(_In_ const RV_PAIR *Pair)
{
    if (Pair->Own != NULL)
        (VOID) ZwClose(Pair->Own);
    if (Pair->Real != NULL)
        (VOID) ZwClose(Pair->Real);
}

/* STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND or an error. */
_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvHas(_In_ HANDLE Own, _In_ RV_KIND Kind, _In_ PUNICODE_STRING Name)
{
    ULONG Needed;
    HANDLE Key;
    NTSTATUS Status;

    if (Kind == RvSubkey) {
        Status = RvOpenKey(&Key, KEY_QUERY_VALUE, Own, Name, 0);
        if (NT_SUCCESS(Status))
            (VOID) ZwClose(Key);
        return Status;
    }
    Status = ZwQueryValueKey(Own, Name, KeyValueBasicInformation, NULL, 0, &Needed);
    return Status == STATUS_BUFFER_TOO_SMALL ? STATUS_SUCCESS : Status;
}

/* Goes through the real key's entries that the shadow lacks, to the one with the number Wanted:
 * STATUS_SUCCESS, and *Index is the real key's for it. STATUS_NO_MORE_ENTRIES: there are only
 * *Count. */
_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvWalk(_In_ const RV_PAIR *Pair, _In_ RV_KIND Kind, _In_ ULONG Wanted, _Out_ PULONG Index,
           _Out_ PULONG Count)
{
    const ULONG Room = Kind == RvSubkey
                           ? FIELD_OFFSET(KEY_BASIC_INFORMATION, Name) + RV_SUBKEY_NAME_BYTES
                           : FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name) + RV_VALUE_NAME_BYTES;
    RV_QUESTION Question = {Kind, Pair->Real, 0, NULL, 0};
    PVOID Entry = ExAllocatePool2(POOL_FLAG_PAGED, Room, RV_TAG);
    NTSTATUS Status;

    Question.Class =
        Kind == RvSubkey ? (ULONG)KeyBasicInformation : (ULONG)KeyValueBasicInformation;
    *Index = *Count = 0;
    if (Entry == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (;; ++Question.Index) {
        UNICODE_STRING Name;
        ULONG Needed;

        Status = RvAsk(&Question, Entry, Room, &Needed);
        if (!NT_SUCCESS(Status))
            break;
        if (Kind == RvSubkey) {
            Name.Buffer = ((PKEY_BASIC_INFORMATION)Entry)->Name;
            Name.Length = (USHORT)((PKEY_BASIC_INFORMATION)Entry)->NameLength;
        } else {
            Name.Buffer = ((PKEY_VALUE_BASIC_INFORMATION)Entry)->Name;
            Name.Length = (USHORT)((PKEY_VALUE_BASIC_INFORMATION)Entry)->NameLength;
        }
        Name.MaximumLength = Name.Length;
        Status = RvHas(Pair->Own, Kind, &Name);
        if (NT_SUCCESS(Status))
            continue;
        if (Status != STATUS_OBJECT_NAME_NOT_FOUND)
            break;
        if (*Count == Wanted) {
            *Index = Question.Index;
            Status = STATUS_SUCCESS;
            break;
        }
        ++*Count;
    }
    ExFreePoolWithTag(Entry, RV_TAG);
    return Status;
}

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvQueryFull(_In_ HANDLE Key, _Out_ PKEY_FULL_INFORMATION Full)
{
    ULONG Needed;
    NTSTATUS Status = ZwQueryKey(Key, KeyFullInformation, Full, sizeof(*Full), &Needed);

    return Status == STATUS_BUFFER_OVERFLOW ? STATUS_SUCCESS : Status; /* all but the class */
}

/* ---- values by name ------------------------------------------------------------------------- */

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvQueryBehind(_In_ const RV_PAIR *Pair, _In_ const REG_QUERY_VALUE_KEY_INFORMATION *Query)
{
    const RV_QUESTION Question = {RvNamedValue, Pair->Real, 0, Query->ValueName,
                                  (ULONG)Query->KeyValueInformationClass};

    return RvAnswer(&Question, Query->KeyValueInformation, Query->Length, Query->ResultLength);
}

/* ---- enumeration ---------------------------------------------------------------------------- */

/* The shadow's entries have the first indices, so past its end comes the rest of the real key. */
_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvEnumerateBehind(_In_ const RV_PAIR *Pair, _In_ RV_KIND Kind, _In_ ULONG Index,
                      _Out_ RV_QUESTION *Question)
{
    KEY_FULL_INFORMATION Full;
    ULONG Own, Count;
    NTSTATUS Status = RvQueryFull(Pair->Own, &Full);

    if (!NT_SUCCESS(Status))
        return Status;
    Own = Kind == RvSubkey ? Full.SubKeys : Full.Values;
    if (Index < Own)
        return STATUS_NO_MORE_ENTRIES; /* so it was when the shadow was asked */
    Question->Kind = Kind;
    Question->Key = Pair->Real;
    return RvWalk(Pair, Kind, Index - Own, &Question->Index, &Count);
}

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvNextSubkey(_In_ const RV_PAIR *Pair, _In_ const REG_ENUMERATE_KEY_INFORMATION *Request)
{
    RV_QUESTION Question = {0};
    NTSTATUS Status = RvEnumerateBehind(Pair, RvSubkey, Request->Index, &Question);

    Question.Class = Request->KeyInformationClass;
    return NT_SUCCESS(Status) ? RvAnswer(&Question, Request->KeyInformation, Request->Length,
                                         Request->ResultLength)
                              : Status;
}

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvNextValue(_In_ const RV_PAIR *Pair, _In_ const REG_ENUMERATE_VALUE_KEY_INFORMATION *Request)
{
    RV_QUESTION Question = {0};
    NTSTATUS Status = RvEnumerateBehind(Pair, RvValue, Request->Index, &Question);

    Question.Class = Request->KeyValueInformationClass;
    return NT_SUCCESS(Status) ? RvAnswer(&Question, Request->KeyValueInformation, Request->Length,
                                         Request->ResultLength)
                              : Status;
}

/* ---- numbers and sizes ---------------------------------------------------------------------- */

/* Full and cached information have these members under the same names. */
#define RV_ADD(Answer, Other)                                                                 \
    do {                                                                                      \
        (Answer)->SubKeys += (Other)->SubKeys;                                                \
        (Answer)->Values += (Other)->Values;                                                  \
        (Answer)->MaxNameLen = max((Answer)->MaxNameLen, (Other)->MaxNameLen);                \
        (Answer)->MaxValueNameLen = max((Answer)->MaxValueNameLen, (Other)->MaxValueNameLen); \
        (Answer)->MaxValueDataLen = max((Answer)->MaxValueDataLen, (Other)->MaxValueDataLen); \
    } while (0)

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvAddBehind(_In_ const RV_PAIR *Pair, _In_ const REG_QUERY_KEY_INFORMATION *Query,
                _In_ NTSTATUS Answered)
{
    KEY_FULL_INFORMATION Real;
    ULONG Index;
    NTSTATUS Status = RvQueryFull(Pair->Real, &Real);

    if (NT_SUCCESS(Status))
        Status = RvWalk(Pair, RvSubkey, MAXULONG, &Index, &Real.SubKeys);
    if (Status == STATUS_NO_MORE_ENTRIES)
        Status = RvWalk(Pair, RvValue, MAXULONG, &Index, &Real.Values);
    if (Status != STATUS_NO_MORE_ENTRIES)
        return Status;
    __try {
        if (Query->KeyInformationClass == KeyFullInformation) {
            PKEY_FULL_INFORMATION Full = Query->KeyInformation;

            RV_ADD(Full, &Real);
            Full->MaxClassLen = max(Full->MaxClassLen, Real.MaxClassLen);
        } else {
            PKEY_CACHED_INFORMATION Cached = Query->KeyInformation;

            RV_ADD(Cached, &Real);
        }
        Status = Answered;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

/* ---- all of them ---------------------------------------------------------------------------- */

/* Has the shadow's answer to be completed? */
static BOOLEAN RvIsPartial(_In_ REG_NOTIFY_CLASS Class,
                           _In_ const REG_POST_OPERATION_INFORMATION *Post)
{
    const REG_QUERY_KEY_INFORMATION *Query = Post->PreInformation;

    switch (Class) {
    case RegNtPostQueryValueKey:
        return Post->Status == STATUS_OBJECT_NAME_NOT_FOUND;
    case RegNtPostQueryKey:
        return (Query->KeyInformationClass == KeyFullInformation ||
                Query->KeyInformationClass == KeyCachedInformation) &&
               (NT_SUCCESS(Post->Status) || Post->Status == STATUS_BUFFER_OVERFLOW);
    default:
        return Post->Status == STATUS_NO_MORE_ENTRIES;
    }
}

_Use_decl_annotations_ NTSTATUS RvUnite(REG_NOTIFY_CLASS Class,
                                        PREG_POST_OPERATION_INFORMATION Post)
{
    RV_PAIR Pair;
    NTSTATUS Status;

    PAGED_CODE();
    if (!RvIsPartial(Class, Post))
        return STATUS_SUCCESS;
    Status = RvOpenPair(Post->Object, Post->ObjectContext, &Pair);
    if (NT_SUCCESS(Status) && Pair.Real == NULL)
        return STATUS_SUCCESS;
    if (NT_SUCCESS(Status)) {
        switch (Class) {
        case RegNtPostQueryValueKey:
            Status = RvQueryBehind(&Pair, Post->PreInformation);
            break;
        case RegNtPostQueryKey:
            Status = RvAddBehind(&Pair, Post->PreInformation, Post->Status);
            break;
        case RegNtPostEnumerateKey:
            Status = RvNextSubkey(&Pair, Post->PreInformation);
            break;
        default:
            Status = RvNextValue(&Pair, Post->PreInformation);
            break;
        }
    }
    RvClosePair(&Pair);
    Post->ReturnStatus = Status;
    return STATUS_CALLBACK_BYPASS;
}
