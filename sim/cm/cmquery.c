/* SPDX-License-Identifier: MIT
 *
 * cmquery.c - the operations that only read; called locked, with a key that is not deleted.
 */
#include "cm/cmnotify.h"
#include "cm/cmservice.h"

#include <string.h>

NTSTATUS CmpDoEnumerateKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    struct CMP_KEY *Child = CmpChildAt(Key, Call->Index);
    if (Child == NULL) {
        return STATUS_NO_MORE_ENTRIES;
    }
    CmpLockForCall(Call, Child);
    return CmpAnswerKey(Call, CmpViewOf(Call->Object->Transaction, Child));
}

NTSTATUS CmpDoEnumerateValueKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    const struct CMP_VALUE *Value = CmpValueAt(Key, Call->Index);
    return Value != NULL ? CmpAnswerValue(Call, Value) : STATUS_NO_MORE_ENTRIES;
}

NTSTATUS CmpDoQueryValueKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    const struct CMP_VALUE *Value = CmpFindValue(Key, &Call->NameUsed);
    return Value != NULL ? CmpAnswerValue(Call, Value) : STATUS_OBJECT_NAME_NOT_FOUND;
}

/* REG-QK-07. The path is assembled in the caller's buffer. */
static NTSTATUS CmpAnswerPath(const struct CMP_CALL *Call, const struct CMP_KEY *Key)
{
    ULONG Fixed = FIELD_OFFSET(KEY_NAME_INFORMATION, Name);
    ULONG Bytes = CmpPathLength(Key);
    const struct CMP_PIECE Piece = {0, Fixed, &Bytes};
    NTSTATUS Status = CmpAnswer(Call, Fixed, Fixed + Bytes, &Piece, 1);
    if (Status != STATUS_BUFFER_TOO_SMALL) {
        ULONG Room = Call->Length - Fixed;
        CmpCopyPath(Key, (PUCHAR)Call->Buffer + Fixed, Room < Bytes ? Room : Bytes);
    }
    return Status;
}

static NTSTATUS CmpAnswerWords(const struct CMP_CALL *Call, const void *Words, ULONG Bytes)
{
    const struct CMP_PIECE Piece = {0, Bytes, Words};
    return CmpAnswer(Call, Bytes, Bytes, &Piece, 1);
}

static NTSTATUS CmpAnswerCached(const struct CMP_CALL *Call, const struct CMP_KEY *Key)
{
    KEY_CACHED_INFORMATION Cached = {
        .LastWriteTime.QuadPart = Key->LastWriteTime,
        .SubKeys = CmpChildCount(Key),
        .MaxNameLen = Key->MaxNameLength,
        .Values = CmpValueCount(Key),
        .MaxValueNameLen = Key->MaxValueNameLength,
        .MaxValueDataLen = Key->MaxValueDataLength,
        .NameLength = Key->Name->Length,
    };
    /* Nobody is shown what lay on the stack behind the last member (REG-QK-03). */
    static const UCHAR Filler[sizeof(Cached)];
    const ULONG Members = FIELD_OFFSET(KEY_CACHED_INFORMATION, NameLength) + sizeof(ULONG);
    const struct CMP_PIECE Pieces[] = {{0, Members, &Cached},
                                       {Members, sizeof(Cached) - Members, Filler}};
    return CmpAnswer(Call, sizeof(Cached), sizeof(Cached), Pieces, RTL_NUMBER_OF(Pieces));
}

/* REG-QK-08 */
static NTSTATUS CmpAnswerFlags(const struct CMP_CALL *Call, const struct CMP_KEY *Key)
{
    KEY_FLAGS_INFORMATION Flags = {
        .Wow64Flags = Key->Wow64Flags,
        .KeyFlags = ((Key->Flags & CMP_KEY_VOLATILE) != 0 ? 1u : 0u) |
                    ((Key->Flags & CMP_KEY_LINK) != 0 ? 2u : 0u),
        .ControlFlags = Key->ControlFlags,
    };
    return CmpAnswerWords(Call, &Flags, sizeof(Flags));
}

/* The three bits that KeySetVirtualizationInformation sets come back two places higher. */
static NTSTATUS CmpAnswerVirtualization(const struct CMP_CALL *Call, const struct CMP_KEY *Key)
{
    ULONG Word = (Key->VirtualizationFlags & 7u) << 2;
    return CmpAnswerWords(Call, &Word, sizeof(Word));
}

NTSTATUS CmpDoQueryKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    ULONG Zero = 0;
    switch (Call->Class) {
    case KeyNameInformation:
        return CmpAnswerPath(Call, Key);
    case KeyCachedInformation:
        return CmpAnswerCached(Call, Key);
    case KeyFlagsInformation:
        return CmpAnswerFlags(Call, Key);
    case KeyVirtualizationInformation:
        return CmpAnswerVirtualization(Call, Key);
    case KeyHandleTagsInformation:
        return CmpAnswerWords(Call, &Call->Object->HandleTags, sizeof(ULONG));
    case KeyTrustInformation: /* no key is trusted, and none is in a layer */
    case KeyLayerInformation:
        return CmpAnswerWords(Call, &Zero, sizeof(Zero));
    default:
        return CmpAnswerKey(Call, Key);
    }
}

NTSTATUS CmpQueryName(PVOID Body, PWSTR Buffer, ULONG Bytes, PULONG Needed)
{
    const struct CMP_OBJECT *Object = Body;
    struct CMP_STATE *State = CmpState();
    CmpLockShared(State);
    NTSTATUS Status = CmpDeletedStatus(Object->Key); /* REG-DEL-04 */
    if ((Object->Key->Flags & CMP_KEY_DELETED) == 0) {
        *Needed = CmpPathLength(Object->Key);
        CmpCopyPath(Object->Key, Buffer, Bytes < *Needed ? Bytes : *Needed);
        Status = STATUS_SUCCESS;
    }
    CmpUnlockShared(State);
    return Status;
}

/* CM-NC-47: the pointers are those of whoever asked. */
NTSTATUS CmpAnswerName(PVOID Object, POBJECT_NAME_INFORMATION Answer, ULONG Length,
                       PULONG ReturnLength)
{
    struct ntcb_registry_pass Pass;
    REG_QUERY_KEY_NAME Information = {
        .Object = Object,
        .ObjectNameInfo = Answer,
        .Length = Length,
        .ReturnLength = ReturnLength,
    };
    if (ObpIsDying(Object)) {
        return ObpAnswerName(Object, Answer, Length, ReturnLength);
    }
    NTSTATUS Status = CmpNotifyPre(&Pass, RegNtPreQueryKeyName, &Information);
    if (Status == STATUS_SUCCESS) {
        Status = ObpAnswerName(Object, Answer, Length, ReturnLength);
    } else if (CmpIsBypass(Status)) {
        Status = STATUS_SUCCESS;
    }
    return CmpNotifyPost(&Pass, Object, Status, NULL);
}
