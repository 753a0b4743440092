/* SPDX-License-Identifier: MIT
 *
 * cmlint.c - what a pre notification may do, but to no good: NTCB_SWITCH_LINT reports it.
 *
 *     CM-PRE-11  inputs of the structure were edited: the operation goes by what its caller said
 *     CM-PRE-17  a class was bypassed that Microsoft advises not to modify
 */
#include "cm/cmp.h"

#include <string.h>

/* The structures of these classes have members behind the version slot. */
static ULONG CmpInformationSize(const struct CMP_CLASS *Class, enum ntcb_windows Windows)
{
    return (Class->Flags & CMP_CREATE_OPEN) != 0 && Windows >= NTCB_WINDOWS_7
               ? (ULONG)sizeof(REG_CREATE_KEY_INFORMATION_V1)
               : (ULONG)Class->Reserved + (ULONG)sizeof(PVOID);
}

VOID CmpLintBefore(const struct CMP_CLASS *Class, enum ntcb_windows Windows, PVOID Information,
                   struct CMP_LINT *Lint)
{
    Lint->Bytes = CmpInformationSize(Class, Windows);
    memcpy(Lint->Before, Information, Lint->Bytes);
}

static VOID CmpReportLint(const struct EXP_BLOCK *Block, const char *Rule, const char *OnWindows,
                          const char *Fix, const char *What, ULONG Class)
{
    ntcb_report_f(
        &(struct ntcb_report){
            .severity = NTCB_WARNING,
            .rule = Rule,
            .address = (const void *)(ULONG_PTR)Block->Routine,
            .on_windows = OnWindows,
            .fix = Fix,
        },
        "%s (notify class %u)", What, Class);
}

/* Members that a callback may write: its call context, and what a bypass of create or open fills.
 */
static VOID CmpForgive(const struct CMP_CLASS *Class, PVOID Information, struct CMP_LINT *Lint)
{
    const UCHAR *Now = Information;

    memcpy(Lint->Before + Class->CallContext, Now + Class->CallContext, sizeof(PVOID));
    if ((Class->Flags & CMP_CREATE_OPEN) != 0) {
        SIZE_T Granted = offsetof(REG_CREATE_KEY_INFORMATION, GrantedAccess);

        memcpy(Lint->Before + Granted, Now + Granted, sizeof(ACCESS_MASK));
    }
}

VOID CmpLintAfter(const struct CMP_CLASS *Class, PVOID Information, const struct EXP_BLOCK *Block,
                  NTSTATUS Status, struct CMP_LINT *Lint)
{
    CmpForgive(Class, Information, Lint);
    if (memcmp(Lint->Before, Information, Lint->Bytes) != 0) {
        CmpReportLint(Block, "CM-PRE-11",
                      "the operation goes by what its caller passed; callbacks below see the edit",
                      "do the operation yourself and return STATUS_CALLBACK_BYPASS, or change what "
                      "the output pointers point to",
                      "a registry callback edited inputs of a pre notification", Class->Pre);
    }
    if (Status == STATUS_CALLBACK_BYPASS && (Class->Flags & CMP_DISCOURAGED) != 0) {
        CmpReportLint(
            Block, "CM-PRE-17", "is honoured, and what depends on the operation's effect may break",
            "monitor or block this class, and leave doing it to the system",
            "a registry callback bypassed a class that should not be modified", Class->Pre);
    }
}
