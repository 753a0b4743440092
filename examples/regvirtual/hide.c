/* SPDX-License-Identifier: MIT
 *
 * hide.c - the filter that hides a key: no name leads to it, and its parent does not list it.
 *
 * Whose parent a key object is, its name tells. Objects that are opened while the driver is loaded
 * get a tag that saves asking; those opened before, or when there was no memory for a tag, have
 * none and are asked each time.
 *
 * What the filter cannot find out, for want of memory, it blocks: a secret is not told because the
 * machine is short of memory.
 */
#include "regvirtual.h"

/* The context of a key object that is the hidden key's parent. */
typedef struct _RV_PARENT {
    volatile ULONG Hint; /* the index at which the hidden key was last seen */
} RV_PARENT, *PRV_PARENT;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, RvHide)
#endif

/* ---- names do not lead to it ---------------------------------------------------------------- */

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvHideRequest(_In_ REG_NOTIFY_CLASS Class, _In_ const REG_CREATE_KEY_INFORMATION_V1 *Request)
{
    PCUNICODE_STRING Lent;
    RV_PATH Path;
    NTSTATUS Status = RvPathOfRequest(&RvHideCookie, Request, &Path, &Lent);

    if (NT_SUCCESS(Status) && RvStripPrefix(&Path, &RvSettings.Hidden)) {
        /* A create cannot succeed and cannot say that there is nothing. */
        Status = Class == RegNtPreOpenKeyEx ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_ACCESS_DENIED;
    }
    RvReturnName(Lent);
    return Status;
}

/* ---- whose parent is it --------------------------------------------------------------------- */

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvIsParent(_In_ PVOID Object, _In_opt_ const RV_PARENT *Tag, _Out_ PBOOLEAN IsParent)
{
    PCUNICODE_STRING Lent;
    NTSTATUS Status;

    *IsParent = TRUE;
    if (Tag != NULL)
        return STATUS_SUCCESS;
    *IsParent = FALSE;
    Status = CmCallbackGetKeyObjectIDEx(&RvHideCookie, Object, NULL, &Lent, 0);
    if (NT_SUCCESS(Status)) {
        *IsParent = RtlEqualUnicodeString(Lent, &RvSettings.HiddenParent, TRUE);
        RvReturnName(Lent);
    }
    return Status;
}

/* After a create or open. Failing to tag is no failure. */
_IRQL_requires_max_(PASSIVE_LEVEL) static VOID
    RvTagParent(_In_ const REG_POST_OPERATION_INFORMATION *Post)
{
    PRV_PARENT Tag;
    BOOLEAN IsParent;

    /* Any other status, other successes included, leaves Object undefined. A filter below may have
     * handed out an object that has its tag already. */
    if (Post->Status != STATUS_SUCCESS || Post->ObjectContext != NULL)
        return;
    if (!NT_SUCCESS(RvIsParent(Post->Object, NULL, &IsParent)) || !IsParent)
        return;
    Tag = RvNewTag(sizeof(*Tag));
    if (Tag != NULL &&
        !NT_SUCCESS(CmSetCallbackObjectContext(Post->Object, &RvHideCookie, Tag, NULL)))
        RvFreeTag(Tag);
}

/* ---- its parent does not list it ------------------------------------------------------------ */

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvIsHiddenAt(_In_ HANDLE Parent, _In_ ULONG Index, _Out_ PBOOLEAN Match)
{
    union {
        KEY_BASIC_INFORMATION Basic;
        UCHAR Room[FIELD_OFFSET(KEY_BASIC_INFORMATION, Name) + 255 * sizeof(WCHAR)];
    } Child;
    ULONG Needed;
    UNICODE_STRING Name;
    NTSTATUS Status =
        ZwEnumerateKey(Parent, Index, KeyBasicInformation, &Child, sizeof(Child), &Needed);

    *Match = FALSE;
    if (NT_SUCCESS(Status)) {
        Name.Buffer = Child.Basic.Name;
        Name.Length = Name.MaximumLength = (USHORT)Child.Basic.NameLength;
        *Match = RtlEqualUnicodeString(&Name, &RvSettings.HiddenName, TRUE);
    }
    return Status;
}

/* The hidden key's index. STATUS_NO_MORE_ENTRIES: it is not among the indices 0..Last. */
_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvFindHidden(_In_ HANDLE Parent, _Inout_opt_ PRV_PARENT Tag, _In_ ULONG Last, _Out_ PULONG At)
{
    BOOLEAN Match;
    NTSTATUS Status;

    if (Tag != NULL) {
        *At = ReadULongNoFence(&Tag->Hint);
        Status = RvIsHiddenAt(Parent, *At, &Match);
        if (NT_SUCCESS(Status) && Match)
            return Status;
    }
    for (*At = 0;; ++*At) {
        Status = RvIsHiddenAt(Parent, *At, &Match);
        if (!NT_SUCCESS(Status))
            return Status;
        if (Match) {
            if (Tag != NULL)
                WriteULongNoFence(&Tag->Hint, *At);
            return Status;
        }
        if (*At == Last)
            return STATUS_NO_MORE_ENTRIES;
    }
}

/* A handle to the object itself: the same transaction, and no name is looked up. */
_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvOpenObject(_In_ PVOID Object, _Out_ PHANDLE Key)
{
    return ObOpenObjectByPointer(Object, OBJ_KERNEL_HANDLE, NULL, KEY_READ, *CmKeyObjectType,
                                 KernelMode, Key);
}

/* From the hidden key on, the caller's index i is the registry's i + 1. Changing Index would change
 * nothing: the question is asked anew, and the answer given instead. */
_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvSkipHidden(_Inout_ PREG_ENUMERATE_KEY_INFORMATION Request)
{
    RV_QUESTION Question = {0}; /* RvSubkey */
    BOOLEAN IsParent;
    ULONG At;
    NTSTATUS Status = RvIsParent(Request->Object, Request->ObjectContext, &IsParent);

    if (!NT_SUCCESS(Status) || !IsParent)
        return Status;
    Status = RvOpenObject(Request->Object, &Question.Key);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = RvFindHidden(Question.Key, Request->ObjectContext, Request->Index, &At);
    if (Status == STATUS_NO_MORE_ENTRIES || (NT_SUCCESS(Status) && Request->Index < At)) {
        Status = STATUS_SUCCESS; /* before the hidden key everything is where it was */
    } else if (NT_SUCCESS(Status)) {
        Question.Index = Request->Index + 1;
        Question.Class = Request->KeyInformationClass;
        Status = Question.Index == 0 ? STATUS_NO_MORE_ENTRIES
                                     : RvAnswer(&Question, Request->KeyInformation, Request->Length,
                                                Request->ResultLength);
        if (NT_SUCCESS(Status))
            Status = STATUS_CALLBACK_BYPASS;
    }
    (VOID) ZwClose(Question.Key);
    return Status;
}

/* Takes one off the number of sub-keys that was answered. */
_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvDiscount(_In_ const REG_QUERY_KEY_INFORMATION *Query)
{
    PULONG SubKeys;

    if (Query->KeyInformationClass == KeyFullInformation)
        SubKeys = &((PKEY_FULL_INFORMATION)Query->KeyInformation)->SubKeys;
    else
        SubKeys = &((PKEY_CACHED_INFORMATION)Query->KeyInformation)->SubKeys;
    __try {
        if (*SubKeys != 0)
            --*SubKeys;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

_IRQL_requires_max_(PASSIVE_LEVEL) static NTSTATUS
    RvDiscountHidden(_Inout_ PREG_POST_OPERATION_INFORMATION Post)
{
    const REG_QUERY_KEY_INFORMATION *Query = Post->PreInformation;
    BOOLEAN IsParent;
    HANDLE Key;
    ULONG At;
    NTSTATUS Status;

    /* With either status the fixed part, in which the number is, has been answered. */
    if ((Query->KeyInformationClass != KeyFullInformation &&
         Query->KeyInformationClass != KeyCachedInformation) ||
        (!NT_SUCCESS(Post->Status) && Post->Status != STATUS_BUFFER_OVERFLOW))
        return STATUS_SUCCESS;
    Status = RvIsParent(Post->Object, Post->ObjectContext, &IsParent);
    if (NT_SUCCESS(Status) && !IsParent)
        return STATUS_SUCCESS;
    if (NT_SUCCESS(Status)) {
        Status = RvOpenObject(Post->Object, &Key);
        if (NT_SUCCESS(Status)) {
            Status = RvFindHidden(Key, Post->ObjectContext, MAXULONG, &At);
            (VOID) ZwClose(Key);
        }
        if (Status == STATUS_NO_MORE_ENTRIES)
            return STATUS_SUCCESS;
    }
    if (NT_SUCCESS(Status))
        Status = RvDiscount(Query);
    if (NT_SUCCESS(Status))
        return STATUS_SUCCESS;
    Post->ReturnStatus = Status;
    return STATUS_CALLBACK_BYPASS;
}

/* ---- the callback --------------------------------------------------------------------------- */

_Use_decl_annotations_ NTSTATUS RvHide(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    const REG_NOTIFY_CLASS Class = (REG_NOTIFY_CLASS)(ULONG_PTR)Argument1;

    PAGED_CODE();
    UNREFERENCED_PARAMETER(CallbackContext);

    if (RvSettings.Hidden.Length == 0)
        return STATUS_SUCCESS;
    switch (Class) {
    case RegNtPreCreateKeyEx:
    case RegNtPreOpenKeyEx:
        return RvHideRequest(Class, Argument2);
    case RegNtPostCreateKeyEx:
    case RegNtPostOpenKeyEx:
        RvTagParent(Argument2);
        return STATUS_SUCCESS;
    case RegNtPreEnumerateKey:
        return RvSkipHidden(Argument2);
    case RegNtPostQueryKey:
        return RvDiscountHidden(Argument2);
    case RegNtCallbackObjectContextCleanup:
        RvFreeTag(((PREG_CALLBACK_CONTEXT_CLEANUP_INFORMATION)Argument2)->ObjectContext);
        return STATUS_SUCCESS;
    default:
        return STATUS_SUCCESS;
    }
}
