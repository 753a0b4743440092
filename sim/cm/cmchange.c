/* SPDX-License-Identifier: MIT
 *
 * cmchange.c - the operations that change something; called locked, with a key that is not deleted
 * (but for CmpDoDeleteKey). Within a transaction that key is a view, or a private key (cmtxn.h).
 */
#include "cm/cmsecurity.h"
#include "cm/cmservice.h"

#include <string.h>

NTSTATUS CmpDoDeleteKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    struct CMP_TRANSACTION *Transaction = Call->Object->Transaction;
    if ((Key->Flags & CMP_KEY_UNLOADED) != 0) {
        return CmpDeletedStatus(Key);
    }
    if ((Key->Flags & CMP_KEY_DELETED) != 0) {
        return STATUS_SUCCESS; /* REG-DEL-03 */
    }
    if ((Key->Flags & CMP_KEY_HIVE_ROOT) != 0 || CmpChildCount(Key) != 0) {
        return STATUS_CANNOT_DELETE; /* REG-DEL-02 */
    }
    if (Transaction != NULL && Call->Object->Key->Maker == NULL) {
        return CmpDeleteInTransaction(CmpState(), Transaction, Call->Object->Key);
    }
    if (Key->Shadows != NULL) {
        return STATUS_TRANSACTIONAL_CONFLICT; /* REG-TXN-02 */
    }
    CmpReportChange(Key, REG_NOTIFY_CHANGE_NAME);
    CmpUnlinkKey(CmpState(), Key);
    return STATUS_SUCCESS;
}

/* *Key becomes what the call may set values in. */
static NTSTATUS CmpMayChange(const struct CMP_CALL *Call, struct CMP_KEY **Key)
{
    return Call->Object->Transaction != NULL
               ? CmpOwnValues(Call->Object->Transaction, Call->Object->Key, Key)
               : STATUS_SUCCESS;
}

NTSTATUS CmpDoSetValueKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    if ((Key->Flags & CMP_KEY_LINK) != 0 &&
        (Call->Type != REG_LINK || !CmpStringEquals(&Call->NameUsed, u"SymbolicLinkValue"))) {
        return STATUS_ACCESS_DENIED; /* REG-SET-06 */
    }
    NTSTATUS Status = CmpMayChange(Call, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    LONGLONG Before = Key->LastWriteTime;
    Status =
        CmpSetValue(CmpState(), Key, &Call->NameUsed, Call->Type, Call->BufferUsed, Call->Length);
    if (Key->LastWriteTime != Before) { /* REG-NS-10: else it was so already */
        CmpReportChange(Key, REG_NOTIFY_CHANGE_LAST_SET);
    }
    return Status;
}

NTSTATUS CmpDoDeleteValueKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    NTSTATUS Status = CmpFindValue(Key, &Call->NameUsed) != NULL ? CmpMayChange(Call, &Key)
                                                                 : STATUS_OBJECT_NAME_NOT_FOUND;
    Status = NT_SUCCESS(Status) ? CmpDeleteValue(CmpState(), Key, &Call->NameUsed) : Status;
    if (NT_SUCCESS(Status)) {
        CmpReportChange(Key, REG_NOTIFY_CHANGE_LAST_SET);
    }
    return Status;
}

NTSTATUS CmpDoSetInformationKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    if (Call->Class == KeySetHandleTagsInformation) {
        memcpy(&Call->Object->HandleTags, Call->BufferUsed, sizeof(ULONG));
        return STATUS_SUCCESS; /* the object's own, not the key's */
    }
    NTSTATUS Status = Key->Shadows != NULL && CmpValuesTaken(Key) ? STATUS_TRANSACTIONAL_CONFLICT
                                                                  : CmpMayChange(Call, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ULONG *const Words[] = {
        [KeyWow64FlagsInformation] = &Key->Wow64Flags,
        [KeyControlFlagsInformation] = &Key->ControlFlags,
        [KeySetVirtualizationInformation] = &Key->VirtualizationFlags,
        [KeySetDebugInformation] = &Key->DebugFlags,
    };
    if (Call->Class == KeyWriteTimeInformation) {
        memcpy(&Key->LastWriteTime, Call->BufferUsed, sizeof(Key->LastWriteTime));
    } else {
        memcpy(Words[Call->Class], Call->BufferUsed, sizeof(ULONG));
    }
    CmpBorrowAnew(Key);
    CmpReportChange(Key, REG_NOTIFY_CHANGE_ATTRIBUTES);
    return STATUS_SUCCESS;
}

/* REG-REN-02: user mode moves nothing that it may not delete. */
static BOOLEAN CmpMayMove(const struct CMP_KEY *Key, const struct SEP_TOKEN *Token)
{
    ULONG Count = CmpChildCount(Key);
    for (ULONG Index = 0; Index < Count; Index++) {
        if (!CmpMayMove(CmpChildAt(Key, Index), Token)) {
            return FALSE;
        }
    }
    ACCESS_MASK Granted;
    return NT_SUCCESS(CmpCheckKey(Key, Token, DELETE, &Granted));
}

NTSTATUS CmpDoRenameKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    UNICODE_STRING Rest = Call->NameUsed;
    UNICODE_STRING Name;
    if (!CmpNextComponent(&Rest, &Name) || Name.Length != Call->NameUsed.Length ||
        Name.Length > CMP_COMPONENT_MAX * sizeof(WCHAR)) {
        return STATUS_INVALID_PARAMETER; /* REG-REN-04: a backslash in it; REG-NS-05 */
    }
    if (Call->Object->Transaction != NULL) {
        return STATUS_OPERATION_NOT_SUPPORTED_IN_TRANSACTION;
    }
    if ((Key->Flags & (CMP_KEY_HIVE_ROOT | CMP_KEY_LINK)) != 0) {
        return STATUS_ACCESS_DENIED; /* REG-REN-05 */
    }
    const struct SEP_TOKEN *Token = Call->Mode != KernelMode ? SepCurrentToken() : NULL;
    ACCESS_MASK Granted;
    if (Token != NULL &&
        (!NT_SUCCESS(CmpCheckKey(Key->Parent, Token, KEY_CREATE_SUB_KEY, &Granted)) ||
         !CmpMayMove(Key, Token))) {
        return STATUS_ACCESS_DENIED;
    }
    if (CmpFindChild(Key->Parent, &Name) != NULL) {
        return STATUS_CANNOT_DELETE; /* REG-REN-03: also when it is this key */
    }
    NTSTATUS Status = CmpRenameKey(CmpState(), Key, &Name);
    if (NT_SUCCESS(Status)) {
        CmpReportChange(Key, REG_NOTIFY_CHANGE_NAME);
    }
    return Status;
}
