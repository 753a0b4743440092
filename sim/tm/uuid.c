/* SPDX-License-Identifier: MIT
 *
 * uuid.c - identifiers that no other call of the same simulator gets.
 */
#include "tm/tmp.h"

/*
 * ExUuidCreate - an identifier of version 1 whose time is a count: the same in every run, and
 * unique within one simulator only.
 *
 * Context  PASSIVE_LEVEL
 * Returns  STATUS_SUCCESS
 */
NTSTATUS NTAPI ExUuidCreate(UUID *Uuid)
{
    struct TMP_STATE *State = TmpState();
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-02", 0x00020006);
    ntsim__lock(State->Lock);
    ULONG Count = ++State->Uuids;
    ntsim__unlock(State->Lock);
    /* The node's multicast bit says that it is no network card's. */
    *Uuid = (UUID){Count, 0, 0x1000, {0x80, 0, 0x01, 'n', 't', 'c', 'b', 0}};
    return STATUS_SUCCESS;
}
