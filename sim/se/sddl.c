/* SPDX-License-Identifier: MIT
 *
 * sddl.c - security descriptors in the security descriptor definition language, for harnesses and
 * for the registry's own.
 *
 *     [O:sid] [G:sid] [D:[P][AI][AR](ace)...] [S:[P][AI][AR](ace)...]
 *     ace = type ; flags ; rights ; ; ; sid
 */
#include "se/sepsd.h"

#include <stdlib.h>
#include <string.h>

struct SEP_WORD {
    const char *Text; /* two letters */
    ULONG Value;
};

static const struct SEP_WORD SepSidWords[] = {
    {"WD", SepWorld},           {"CO", SepCreatorOwner},
    {"CG", SepCreatorGroup},    {"OW", SepOwnerRights},
    {"NU", SepNetwork},         {"IU", SepInteractive},
    {"SU", SepService},         {"AN", SepAnonymous},
    {"PS", SepPrincipalSelf},   {"AU", SepAuthenticatedUsers},
    {"RC", SepRestricted},      {"SY", SepLocalSystem},
    {"LS", SepLocalService},    {"NS", SepNetworkService},
    {"BA", SepAdministrators},  {"BU", SepUsers},
    {"BG", SepGuests},          {"PU", SepPowerUsers},
    {"BO", SepBackupOperators}, {"AC", SepAllApplicationPackages},
    {"LA", SepAdministrator},   {"LW", SepLowLabel},
    {"ME", SepMediumLabel},     {"HI", SepHighLabel},
    {"SI", SepSystemLabel},
};
static const struct SEP_WORD SepRightWords[] = {
    {"GA", GENERIC_ALL},
    {"GR", GENERIC_READ},
    {"GW", GENERIC_WRITE},
    {"GX", GENERIC_EXECUTE},
    {"RC", READ_CONTROL},
    {"SD", DELETE},
    {"WD", WRITE_DAC},
    {"WO", WRITE_OWNER},
    {"KA", KEY_ALL_ACCESS},
    {"KR", KEY_READ},
    {"KW", KEY_WRITE},
    {"KX", KEY_EXECUTE},
    {"CC", 0x01},
    {"DC", 0x02},
    {"LC", 0x04},
    {"SW", 0x08},
    {"RP", 0x10},
    {"WP", 0x20},
    {"NR", SYSTEM_MANDATORY_LABEL_NO_READ_UP},
    {"NW", SYSTEM_MANDATORY_LABEL_NO_WRITE_UP},
    {"NX", SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP},
};
static const struct SEP_WORD SepFlagWords[] = {
    {"OI", OBJECT_INHERIT_ACE},
    {"CI", CONTAINER_INHERIT_ACE},
    {"NP", NO_PROPAGATE_INHERIT_ACE},
    {"IO", INHERIT_ONLY_ACE},
    {"ID", INHERITED_ACE},
    {"SA", 0x40},
    {"FA", 0x80},
};
static const struct SEP_WORD SepTypeWords[] = {
    {"A;", ACCESS_ALLOWED_ACE_TYPE},
    {"D;", ACCESS_DENIED_ACE_TYPE},
    {"AU", SYSTEM_AUDIT_ACE_TYPE},
    {"ML", SYSTEM_MANDATORY_LABEL_ACE_TYPE},
};

static BOOLEAN SepTake(const char **At, char Wanted)
{
    if (**At != Wanted) {
        return FALSE;
    }
    ++*At;
    return TRUE;
}

static BOOLEAN SepLookUp(const struct SEP_WORD *Words, ULONG Count, const char *Text, ULONG *Value)
{
    for (ULONG Index = 0; Index < Count; Index++) {
        if (strncmp(Text, Words[Index].Text, 2) == 0) {
            *Value = Words[Index].Value;
            return TRUE;
        }
    }
    return FALSE;
}
#define SEP_LOOK_UP(words, text, value) SepLookUp(words, RTL_NUMBER_OF(words), text, value)

/* "S-1-5-32-544". The buffer has room for SID_MAX_SUB_AUTHORITIES. */
static BOOLEAN SepScanSid(const char **At, SID *To)
{
    char *End;
    unsigned long long Number = strtoull(*At + 4, &End, 0);
    if (End == *At + 4 || Number >> 48 != 0) {
        return FALSE;
    }
    *To = (SID){.Revision = SID_REVISION};
    for (ULONG Index = 0; Index < 6; Index++) {
        To->IdentifierAuthority.Value[Index] = (UCHAR)(Number >> (8 * (5 - Index)));
    }
    while (*End == '-') {
        const char *Digits = End + 1;
        Number = strtoull(Digits, &End, 10);
        if (End == Digits || Number > 0xFFFFFFFFu ||
            To->SubAuthorityCount == SID_MAX_SUB_AUTHORITIES) {
            return FALSE;
        }
        ((PULONG)(PVOID)((PUCHAR)To + 8))[To->SubAuthorityCount++] = (ULONG)Number;
    }
    *At = End;
    return TRUE;
}

static BOOLEAN SepScanSidWord(const char **At, SID *To)
{
    ULONG Known;
    if (strncmp(*At, "S-1-", 4) == 0) {
        return SepScanSid(At, To);
    }
    if (!SEP_LOOK_UP(SepSidWords, *At, &Known)) {
        return FALSE;
    }
    memcpy(To, SepSid((enum SEP_KNOWN)Known), SepSidLength(SepSid((enum SEP_KNOWN)Known)));
    *At += 2;
    return TRUE;
}

static BOOLEAN SepScanWords(const struct SEP_WORD *Words, ULONG Count, const char **At, ULONG *Sum)
{
    ULONG Value;
    *Sum = 0;
    if (strncmp(*At, "0x", 2) == 0) {
        char *End;
        *Sum = (ULONG)strtoul(*At, &End, 16);
        *At = End;
    }
    while (SepLookUp(Words, Count, *At, &Value)) {
        *Sum |= Value;
        *At += 2;
    }
    return SepTake(At, ';');
}

#define SEP_SID_MAX (8 + 4 * SID_MAX_SUB_AUTHORITIES)

static BOOLEAN SepScanAce(const char **At, PACL To)
{
    union {
        SID Sid;
        UCHAR Bytes[SEP_SID_MAX];
    } Sid;
    ULONG Type, Flags, Rights;
    if (!SEP_LOOK_UP(SepTypeWords, *At, &Type)) {
        return FALSE;
    }
    *At += (*At)[1] == ';' ? 1 : 2;
    if (!SepTake(At, ';') || !SepScanWords(SepFlagWords, RTL_NUMBER_OF(SepFlagWords), At, &Flags) ||
        !SepScanWords(SepRightWords, RTL_NUMBER_OF(SepRightWords), At, &Rights) ||
        strncmp(*At, ";;", 2) != 0) {
        return FALSE;
    }
    *At += 2;
    if (!SepScanSidWord(At, &Sid.Sid) || !SepTake(At, ')')) {
        return FALSE;
    }
    SepAppendAce(To, (UCHAR)Type, (UCHAR)Flags, Rights, &Sid);
    return TRUE;
}

/* Shift: the SACL's control bits lie one above the DACL's. */
static BOOLEAN SepScanAcl(const char **At, PACL To, USHORT *Control, ULONG Shift)
{
    static const struct SEP_WORD Words[] = {{"AR", SE_DACL_AUTO_INHERIT_REQ},
                                            {"AI", SE_DACL_AUTO_INHERITED}};
    ULONG Value;
    *Control |= (USHORT)(SE_DACL_PRESENT << (2 * Shift));
    for (;; *At += Value == SE_DACL_PROTECTED ? 1 : 2) {
        if (**At == 'P') {
            Value = SE_DACL_PROTECTED;
        } else if (!SEP_LOOK_UP(Words, *At, &Value)) {
            break;
        }
        *Control |= (USHORT)(Value << Shift);
    }
    SepStartAcl(To);
    while (**At == '(') {
        ++*At;
        if (!SepScanAce(At, To)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* What Scratch has to hold: two identifiers, and two lists of no more entries than parentheses. */
static SIZE_T SepScratch(const char *Text)
{
    SIZE_T Aces = 0;
    for (; *Text != '\0'; Text++) {
        Aces += *Text == '(';
    }
    return sizeof(ACL) + Aces * (8 + SEP_SID_MAX);
}

static BOOLEAN SepScanPart(const char **At, struct SEP_PARTS *Parts, PUCHAR Scratch, SIZE_T Lists)
{
    char Letter = **At;
    if ((*At)[0] == '\0' || (*At)[1] != ':') {
        return FALSE;
    }
    *At += 2;
    switch (Letter) {
    case 'O':
        Parts->Owner = Scratch;
        return SepScanSidWord(At, Parts->Owner);
    case 'G':
        Parts->Group = Scratch + SEP_SID_MAX;
        return SepScanSidWord(At, Parts->Group);
    case 'D':
        Parts->Dacl = (PACL)(PVOID)(Scratch + 2 * SEP_SID_MAX);
        return SepScanAcl(At, Parts->Dacl, &Parts->Control, 0);
    case 'S':
        Parts->Sacl = (PACL)(PVOID)(Scratch + 2 * SEP_SID_MAX + Lists);
        return SepScanAcl(At, Parts->Sacl, &Parts->Control, 1);
    default:
        return FALSE;
    }
}

NTSTATUS SepParseSddl(const char *Text, struct SEP_DESCRIPTOR *Out, const char **Wrong)
{
    struct SEP_PARTS Parts = {0};
    SIZE_T Lists = SepScratch(Text);
    *Wrong = Text;
    if (Lists > 0xFFFC) {
        return STATUS_INVALID_PARAMETER;
    }
    PUCHAR Scratch = ntsim__allocate(2 * SEP_SID_MAX + 2 * Lists);
    if (Scratch == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = STATUS_SUCCESS;
    while (**Wrong != '\0' && NT_SUCCESS(Status)) {
        Status =
            SepScanPart(Wrong, &Parts, Scratch, Lists) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    }
    Status = NT_SUCCESS(Status) ? SepMake(&Parts, Out) : Status;
    ntsim__release(Scratch);
    return Status;
}
