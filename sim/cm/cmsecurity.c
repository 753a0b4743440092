/* SPDX-License-Identifier: MIT
 *
 * cmsecurity.c - the descriptors of keys: shared, inherited, checked.
 *
 * Evidence  REG-SEC-03, REG-OPN-11, REG-CRT-12.
 */
#include "cm/cmsecurity.h"
#include "cm/cmtxn.h"

#include <string.h>

const GENERIC_MAPPING CmpMapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS};

struct CMP_SECURITY *CmpSecurityOf(const struct CMP_KEY *Key)
{
    return CmpBaseOf((struct CMP_KEY *)(ULONG_PTR)Key)->Security;
}

const void *CmpKeySecurity(const struct CMP_KEY *Key, ULONG *Length)
{
    const struct CMP_SECURITY *Security = CmpSecurityOf(Key);
    *Length = Security->Length;
    return Security->Bytes;
}

NTSTATUS CmpShareSecurity(struct CMP_STATE *State, const void *Bytes, ULONG Length,
                          struct CMP_SECURITY **Security)
{
    struct CMP_SECURITY *Found;
    struct SEP_PARTS Parts;
    HASH_FIND(hh, State->Securities, Bytes, Length, Found);
    if (Found != NULL) {
        Found->References++;
        *Security = Found;
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = SepReadRelative(Bytes, Length, &Parts);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Found = ntsim__allocate(sizeof(*Found) + Length);
    if (Found == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(Found->Bytes, Bytes, Length);
    SepReadRelative(Found->Bytes, Length, &Found->Parts);
    Found->References = 1;
    Found->Length = Length;
    HASH_ADD_KEYPTR(hh, State->Securities, Found->Bytes, Length, Found);
    if (Found->hh.tbl == NULL) {
        ntsim__release(Found);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Security = Found;
    return STATUS_SUCCESS;
}

VOID CmpDropSecurity(struct CMP_STATE *State, struct CMP_SECURITY *Security)
{
    struct CMP_SECURITY *Other, *Next;
    if (Security == NULL || --Security->References != 0) {
        return;
    }
    HASH_DEL(State->Securities, Security);
    HASH_ITER (hh, State->Securities, Other, Next) {
        if (Other->Below == Security) {
            Other->Below = NULL; /* K3 */
        }
    }
    ntsim__release(Security);
}

VOID CmpReplaceSecurity(struct CMP_STATE *State, struct CMP_KEY *Key, struct CMP_SECURITY *Security)
{
    struct CMP_KEY *Base = CmpBaseOf(Key);
    struct CMP_SECURITY *Old = Base->Security;
    Base->Security = Security;
    CmpDropSecurity(State, Old);
}

NTSTATUS CmpGiveKeySecurity(struct CMP_STATE *State, struct CMP_KEY *Key, const void *Bytes,
                            ULONG Length)
{
    struct CMP_SECURITY *Security;
    NTSTATUS Status = CmpShareSecurity(State, Bytes, Length, &Security);
    if (NT_SUCCESS(Status)) {
        CmpReplaceSecurity(State, Key, Security);
    }
    return Status;
}

/* REG-SEC-03 */
static NTSTATUS CmpFirstSecurity(struct CMP_STATE *State, struct CMP_SECURITY **Security)
{
    struct SEP_DESCRIPTOR Made;
    const char *Wrong;
    NTSTATUS Status = SepParseSddl(
        "O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;WD)(A;CI;KR;;;RC)", &Made, &Wrong);
    if (NT_SUCCESS(Status)) {
        Status = CmpShareSecurity(State, Made.Bytes, Made.Length, Security);
        ntsim__release(Made.Bytes);
    }
    return Status;
}

NTSTATUS CmpSecurityBelow(struct CMP_STATE *State, struct CMP_KEY *Parent,
                          const struct SEP_PARTS *Explicit, const struct SEP_ACCOUNT *Account,
                          struct CMP_SECURITY **Security)
{
    if (Parent == NULL) {
        return CmpFirstSecurity(State, Security);
    }
    struct CMP_SECURITY *Above = CmpSecurityOf(Parent);
    struct SEP_DESCRIPTOR Made;
    if (Explicit == NULL && Above->Below != NULL && Above->BelowFor == Account) {
        *Security = Above->Below;
        Above->Below->References++;
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = SepInherit(&Above->Parts, Explicit, Account, &CmpMapping, &Made);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpShareSecurity(State, Made.Bytes, Made.Length, Security);
    ntsim__release(Made.Bytes);
    if (NT_SUCCESS(Status) && Explicit == NULL) {
        Above->Below = *Security;
        Above->BelowFor = Account;
    }
    return Status;
}

NTSTATUS CmpCheckKey(const struct CMP_KEY *Key, const struct SEP_TOKEN *Token, ACCESS_MASK Desired,
                     ACCESS_MASK *Granted)
{
    ACCESS_MASK Asked = Desired & ~(ACCESS_MASK)MAXIMUM_ALLOWED;
    NTSTATUS Status =
        SepCheckAccess(&CmpSecurityOf(Key)->Parts, Token, Desired, &CmpMapping, Granted);
    if (NT_SUCCESS(Status)) {
        *Granted &= ~Key->Denied;
        Status =
            (Asked & Key->Denied) == 0 && *Granted != 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    }
    return Status;
}
