/* SPDX-License-Identifier: MIT
 *
 * token.c - tokens: birth, death, privileges; the process's token for drivers and for harnesses.
 */
#include "ob/obp.h"
#include "ps/psp.h"
#include "se/sep.h"

#include <stdio.h>

static VOID SepDeleteToken(PVOID Object)
{
    struct SEP_TOKEN *Token = Object;

    if (Token->Earlier != NULL) {
        ObpDereference(Token->Earlier, NULL);
    }
}

static VOID SepDescribeToken(PVOID Object, char *Buffer, SIZE_T Bytes)
{
    snprintf(Buffer, Bytes, "%s", ((struct SEP_TOKEN *)Object)->Account->Name);
}

/* Immutable; one for all simulators. */
static const struct OBP_TYPE SepTokenType = {
    .Name = "Token",
    .GenericMapping = {TOKEN_READ, TOKEN_WRITE, TOKEN_EXECUTE, TOKEN_ALL_ACCESS},
    .ValidAccess = TOKEN_ALL_ACCESS,
    .Delete = SepDeleteToken,
    .Describe = SepDescribeToken,
};
static const POBJECT_TYPE SepTokenTypePointer = (POBJECT_TYPE)(ULONG_PTR)&SepTokenType;
POBJECT_TYPE *SeTokenObjectType = (POBJECT_TYPE *)(ULONG_PTR)&SepTokenTypePointer;

NTSTATUS SepCreateToken(enum ntsim_account Account, struct SEP_TOKEN **Token)
{
    PVOID Body;
    NTSTATUS Status = ObpCreateObject(*SeTokenObjectType, sizeof(**Token), &Body);

    if (NT_SUCCESS(Status)) {
        *Token = Body;
        (*Token)->Account = &SepAccounts[Account];
        atomic_init(&(*Token)->Present, SepAccounts[Account].Present);
        atomic_init(&(*Token)->Enabled, SepAccounts[Account].Enabled);
    }
    return Status;
}

BOOLEAN SepHasPrivilege(const struct SEP_TOKEN *Token, ULONG Privilege)
{
    return Privilege < 64 &&
           ((atomic_load(&Token->Present) & atomic_load(&Token->Enabled)) >> Privilege & 1) != 0;
}

struct SEP_TOKEN *SepCurrentToken(void)
{
    return PspToken(PspCurrentProcess());
}

BOOLEAN NTAPI SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode)
{
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-05", 0x0002001B);
    if (PreviousMode == KernelMode) {
        return TRUE;
    }
    return PrivilegeValue.HighPart == 0 &&
           SepHasPrivilege(SepCurrentToken(), PrivilegeValue.LowPart);
}

PACCESS_TOKEN NTAPI PsReferencePrimaryToken(PEPROCESS Process)
{
    struct SEP_TOKEN *Token = PspToken((struct ntsim_process *)Process);

    ntcb_require_kernel(__func__);
    ObpReference(Token, __builtin_return_address(0));
    return Token;
}

VOID NTAPI PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken)
{
    ntcb_require_kernel(__func__);
    ObpDereference(PrimaryToken, __builtin_return_address(0));
}

/* ---- for harnesses ---- */

int ntsim_process_set_account(struct ntsim_process *process, enum ntsim_account account)
{
    struct ntcb_kernel *previous;
    struct SEP_TOKEN *token;
    NTSTATUS status;

    if (process == NULL || (unsigned)account >= NTSIM_ACCOUNTS) {
        return NTCB_EINVAL;
    }
    previous = ntcb_kernel_enter(PspKernel(process));
    status = SepCreateToken(account, &token);
    if (NT_SUCCESS(status)) {
        PspSetToken(process, token);
    }
    ntcb_kernel_enter(previous);
    return NT_SUCCESS(status) ? NTCB_OK : NTCB_ENOMEM;
}

int ntsim_process_set_privilege(struct ntsim_process *process, uint32_t privilege,
                                enum ntsim_privilege how)
{
    struct SEP_TOKEN *token;
    ULONGLONG bit;

    if (process == NULL || privilege < SE_MIN_WELL_KNOWN_PRIVILEGE ||
        privilege > SE_MAX_WELL_KNOWN_PRIVILEGE || (unsigned)how > NTSIM_PRIVILEGE_ENABLED) {
        return NTCB_EINVAL;
    }
    token = PspToken(process);
    bit = 1ull << privilege;
    if (how == NTSIM_PRIVILEGE_ENABLED) {
        atomic_fetch_or(&token->Enabled, bit);
    } else {
        atomic_fetch_and(&token->Enabled, ~bit);
    }
    if (how != NTSIM_PRIVILEGE_ABSENT) {
        atomic_fetch_or(&token->Present, bit);
    } else {
        atomic_fetch_and(&token->Present, ~bit);
    }
    return NTCB_OK;
}
