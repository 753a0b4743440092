/* SPDX-License-Identifier: MIT
 *
 * cmchange.c - the operations that change something; called locked, with a key that is not deleted
 * (but for CmpDoDeleteKey).
 */
#include "cm/cmservice.h"

#include <string.h>

NTSTATUS CmpDoDeleteKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    UNREFERENCED_PARAMETER(Call);
    if ((Key->Flags & CMP_KEY_DELETED) != 0) {
        return STATUS_SUCCESS; /* REG-DEL-03 */
    }
    if ((Key->Flags & CMP_KEY_HIVE_ROOT) != 0 || CmpChildCount(Key) != 0) {
        return STATUS_CANNOT_DELETE; /* REG-DEL-02 */
    }
    CmpUnlinkKey(CmpState(), Key);
    return STATUS_SUCCESS;
}

/* The tree is in memory: there is nothing to write. */
NTSTATUS CmpDoFlushKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    UNREFERENCED_PARAMETER(Call);
    UNREFERENCED_PARAMETER(Key);
    return STATUS_SUCCESS;
}

NTSTATUS CmpDoSetValueKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    if ((Key->Flags & CMP_KEY_LINK) != 0 &&
        (Call->Type != REG_LINK || !CmpStringEquals(&Call->NameUsed, u"SymbolicLinkValue"))) {
        return STATUS_ACCESS_DENIED; /* REG-SET-06 */
    }
    return CmpSetValue(CmpState(), Key, &Call->NameUsed, Call->Type, Call->BufferUsed,
                       Call->Length);
}

NTSTATUS CmpDoDeleteValueKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    return CmpDeleteValue(CmpState(), Key, &Call->NameUsed);
}

NTSTATUS CmpDoSetInformationKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    ULONG *const Words[] = {
        [KeyWow64FlagsInformation] = &Key->Wow64Flags,
        [KeyControlFlagsInformation] = &Key->ControlFlags,
        [KeySetVirtualizationInformation] = &Key->VirtualizationFlags,
        [KeySetDebugInformation] = &Key->DebugFlags,
        [KeySetHandleTagsInformation] = &Call->Object->HandleTags,
    };
    if (Call->Class == KeyWriteTimeInformation) {
        memcpy(&Key->LastWriteTime, Call->BufferUsed, sizeof(Key->LastWriteTime));
    } else {
        memcpy(Words[Call->Class], Call->BufferUsed, sizeof(ULONG));
    }
    return STATUS_SUCCESS;
}

NTSTATUS CmpDoRenameKey(struct CMP_CALL *Call, struct CMP_KEY *Key)
{
    UNICODE_STRING Rest = Call->NameUsed;
    UNICODE_STRING Name;
    if (!CmpNextComponent(&Rest, &Name) || Name.Length != Call->NameUsed.Length ||
        Name.Length > CMP_COMPONENT_MAX * sizeof(WCHAR)) {
        return STATUS_INVALID_PARAMETER; /* REG-REN-04: a backslash in it; REG-NS-05 */
    }
    if ((Key->Flags & (CMP_KEY_HIVE_ROOT | CMP_KEY_LINK)) != 0) {
        return STATUS_ACCESS_DENIED; /* REG-REN-05 */
    }
    if (Call->Mode != KernelMode &&
        ((Key->Parent->Denied & KEY_CREATE_SUB_KEY) != 0 || (Key->Denied & DELETE) != 0)) {
        return STATUS_ACCESS_DENIED; /* REG-REN-02 */
    }
    if (CmpFindChild(Key->Parent, &Name) != NULL) {
        return STATUS_CANNOT_DELETE; /* REG-REN-03: also when it is this key */
    }
    return CmpRenameKey(CmpState(), Key, &Name);
}
