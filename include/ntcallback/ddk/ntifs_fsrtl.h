/* SPDX-License-Identifier: MIT */
/*
 * ntifs_fsrtl.h - names of files: wildcards, and the parts of a path.
 *
 * Notes   An expression has *, any characters; ?, any one; DOS_STAR (<), any characters but the
 *         name's last dot; DOS_QM (>), any one but a dot, or none in front of a dot and at the end;
 *         DOS_DOT ("), a dot, or nothing at the end.
 */
#ifndef NTCB_NTIFS_FSRTL_H
#define NTCB_NTIFS_FSRTL_H

#include "wdm_rtl.h"

NTCB_DDK_BEGIN_DECLS

#define ANSI_DOS_STAR ('<')
#define ANSI_DOS_QM ('>')
#define ANSI_DOS_DOT ('"')
#define DOS_STAR (L'<')
#define DOS_QM (L'>')
#define DOS_DOT (L'"')

/* Does Name, which has no wildcards, match Expression? With IgnoreCase the name is compared in
 * upper case (UpcaseTable has all 65536 characters'; NULL: the system's), and the expression has to
 * be in upper case already, else FSRTL-NAME is reported: it matches nothing. An empty string
 * matches an empty one alone. Raises STATUS_NO_MEMORY (long expressions). */
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI BOOLEAN NTAPI
    FsRtlIsNameInExpression(_In_ PUNICODE_STRING Expression, _In_ PUNICODE_STRING Name,
                            _In_ BOOLEAN IgnoreCase, _In_opt_ PWCH UpcaseTable);
/* The same, with an expression in any case. */
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI BOOLEAN NTAPI
    FsRtlIsNameInUnUpcasedExpression(_In_ PUNICODE_STRING Expression, _In_ PUNICODE_STRING Name,
                                     _In_ BOOLEAN IgnoreCase, _In_opt_ PWCH UpcaseTable);
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI BOOLEAN NTAPI
    FsRtlDoesNameContainWildCards(_In_ PUNICODE_STRING Name);
_IRQL_requires_max_(PASSIVE_LEVEL) NTKERNELAPI BOOLEAN NTAPI
    FsRtlAreNamesEqual(_In_ PCUNICODE_STRING ConstantNameA, _In_ PCUNICODE_STRING ConstantNameB,
                       _In_ BOOLEAN IgnoreCase, _In_reads_opt_(0x10000) PCWCH UpcaseTable);
/* FirstName: what is in front of the first backslash that is not Path's first character;
 * RemainingName: what is behind it. Both lie in Path's buffer; one that is empty is all zero. */
_IRQL_requires_max_(APC_LEVEL) NTKERNELAPI VOID NTAPI
    FsRtlDissectName(_In_ UNICODE_STRING Path, _Out_ PUNICODE_STRING FirstName,
                     _Out_ PUNICODE_STRING RemainingName);

NTCB_DDK_END_DECLS

#endif
