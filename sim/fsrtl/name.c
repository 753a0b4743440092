/* SPDX-License-Identifier: MIT
 *
 * name.c - names of files: wildcards, and the parts of a path.
 *
 * An expression is matched as a finite automaton: a set of places in it is moved along the name,
 * one character at a time. So the time is bounded by the product of the lengths, whatever stars
 * there are.
 */
#include "simp.h"

#include <string.h>

#define FSRTLP_LOCAL 256u /* places without an allocation */

/* One matching. */
struct FSRTLP_MATCH {
    const WCHAR *Expression;
    SIZE_T Places; /* characters of it */
    const WCHAR *Name;
    SIZE_T Length;  /* characters */
    SIZE_T LastDot; /* where in Name, or Length */
    BOOLEAN IgnoreCase;
    BOOLEAN UpcaseBoth;
    const WCHAR *Table;
};

static WCHAR FsRtlpUpcase(const WCHAR *Table, WCHAR Character)
{
    return Table != NULL ? Table[Character] : RtlUpcaseUnicodeChar(Character);
}

static BOOLEAN FsRtlpIsWild(WCHAR Character)
{
    return Character == u'*' || Character == u'?' || Character == DOS_STAR || Character == DOS_QM ||
           Character == DOS_DOT;
}

/* What a place of the expression does with the name's character At. */
enum {
    FsRtlpSkip = 1, /* go on to the next place without it */
    FsRtlpStay = 2, /* take it and stay */
    FsRtlpTake = 4  /* take it and go on */
};

static unsigned FsRtlpStep(const struct FSRTLP_MATCH *Match, SIZE_T Place, SIZE_T At)
{
    WCHAR Wanted = Match->Expression[Place];
    WCHAR Character = Match->Name[At];
    switch (Wanted) {
    case u'*':
        return FsRtlpSkip | FsRtlpStay;
    case u'<': /* DOS_STAR */
        return At == Match->LastDot ? FsRtlpSkip : FsRtlpSkip | FsRtlpStay;
    case u'>': /* DOS_QM */
        return Character == u'.' ? FsRtlpSkip : FsRtlpTake;
    case u'"': /* DOS_DOT */
        return Character == u'.' ? FsRtlpTake : 0;
    case u'?':
        return FsRtlpTake;
    default:
        break;
    }
    if (Match->IgnoreCase) {
        Character = FsRtlpUpcase(Match->Table, Character);
        Wanted = Match->UpcaseBoth ? FsRtlpUpcase(Match->Table, Wanted) : Wanted;
    }
    return Character == Wanted ? FsRtlpTake : 0;
}

/* Now and Next are two sets of Places + 1 places; Now has the first place. */
static BOOLEAN FsRtlpRun(const struct FSRTLP_MATCH *Match, PUCHAR Now, PUCHAR Next)
{
    for (SIZE_T At = 0; At < Match->Length; At++) {
        memset(Next, 0, Match->Places + 1);
        for (SIZE_T Place = 0; Place < Match->Places; Place++) {
            unsigned Step = Now[Place] != 0 ? FsRtlpStep(Match, Place, At) : 0;
            Now[Place + 1] |= (Step & FsRtlpSkip) != 0;
            Next[Place] |= (Step & FsRtlpStay) != 0;
            Next[Place + 1] |= (Step & FsRtlpTake) != 0;
        }
        PUCHAR Other = Now;
        Now = Next;
        Next = Other;
    }
    for (SIZE_T Place = 0; Place < Match->Places; Place++) {
        WCHAR Wanted = Match->Expression[Place];
        Now[Place + 1] |= Now[Place] != 0 && FsRtlpIsWild(Wanted) && Wanted != u'?';
    }
    return Now[Match->Places] != 0;
}

static BOOLEAN FsRtlpMatch(struct FSRTLP_MATCH *Match)
{
    UCHAR Local[2 * FSRTLP_LOCAL];
    PUCHAR Sets = Local;
    if (Match->Length == 0 || Match->Places == 0) {
        return Match->Length == Match->Places;
    }
    if (Match->Places >= FSRTLP_LOCAL) {
        Sets = ntsim__allocate(2 * (Match->Places + 1));
        if (Sets == NULL) {
            ExRaiseStatus(STATUS_NO_MEMORY);
        }
    }
    for (Match->LastDot = Match->Length; Match->LastDot != 0; Match->LastDot--) {
        if (Match->Name[Match->LastDot - 1] == u'.') {
            break;
        }
    }
    Match->LastDot = Match->LastDot != 0 ? Match->LastDot - 1 : Match->Length;
    memset(Sets, 0, 2 * (Match->Places + 1));
    Sets[0] = 1;
    BOOLEAN Matches = FsRtlpRun(Match, Sets, Sets + Match->Places + 1);
    if (Sets != Local) {
        ntsim__release(Sets);
    }
    return Matches;
}

/* An expression that has to be in upper case, and is not. */
static VOID FsRtlpCheckUpper(const char *Function, const struct FSRTLP_MATCH *Match)
{
    char Text[200];
    for (SIZE_T Place = 0; Place < Match->Places; Place++) {
        WCHAR Character = Match->Expression[Place];
        if (Character != FsRtlpUpcase(Match->Table, Character)) {
            ntsim__utf8(Match->Expression, Match->Places, Text, sizeof(Text));
            ntcb_report_f(&(struct ntcb_report){.severity = NTCB_VIOLATION,
                                                .rule = "FSRTL-NAME",
                                                .on_windows = "the expression matches no name",
                                                .fix = "call RtlUpcaseUnicodeString for the "
                                                       "expression first"},
                          "%s is to ignore case, but its expression \"%s\" is not in upper case",
                          Function, Text);
            return;
        }
    }
}

static struct FSRTLP_MATCH FsRtlpBegin(const char *Function, PCUNICODE_STRING Expression,
                                       PCUNICODE_STRING Name, BOOLEAN IgnoreCase,
                                       const WCHAR *UpcaseTable)
{
    ntcb_require_kernel(Function);
    ntcb_check_irql(Function, PASSIVE_LEVEL, "DV-26", 0);
    return (struct FSRTLP_MATCH){.Expression = Expression->Buffer,
                                 .Places = Expression->Length / sizeof(WCHAR),
                                 .Name = Name->Buffer,
                                 .Length = Name->Length / sizeof(WCHAR),
                                 .IgnoreCase = IgnoreCase,
                                 .Table = UpcaseTable};
}

BOOLEAN NTAPI FsRtlIsNameInExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name,
                                      BOOLEAN IgnoreCase, PWCH UpcaseTable)
{
    struct FSRTLP_MATCH Match = FsRtlpBegin(__func__, Expression, Name, IgnoreCase, UpcaseTable);
    if (IgnoreCase) {
        FsRtlpCheckUpper(__func__, &Match);
    }
    return FsRtlpMatch(&Match);
}

BOOLEAN NTAPI FsRtlIsNameInUnUpcasedExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name,
                                               BOOLEAN IgnoreCase, PWCH UpcaseTable)
{
    struct FSRTLP_MATCH Match = FsRtlpBegin(__func__, Expression, Name, IgnoreCase, UpcaseTable);
    Match.UpcaseBoth = TRUE;
    return FsRtlpMatch(&Match);
}

BOOLEAN NTAPI FsRtlDoesNameContainWildCards(PUNICODE_STRING Name)
{
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, APC_LEVEL, "DV-26", 0);
    for (SIZE_T At = 0; At < Name->Length / sizeof(WCHAR); At++) {
        if (FsRtlpIsWild(Name->Buffer[At])) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN NTAPI FsRtlAreNamesEqual(PCUNICODE_STRING ConstantNameA, PCUNICODE_STRING ConstantNameB,
                                 BOOLEAN IgnoreCase, PCWCH UpcaseTable)
{
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-26", 0);
    if (ConstantNameA->Length != ConstantNameB->Length) {
        return FALSE;
    }
    for (SIZE_T At = 0; At < ConstantNameA->Length / sizeof(WCHAR); At++) {
        WCHAR A = ConstantNameA->Buffer[At], B = ConstantNameB->Buffer[At];
        if (A != B &&
            !(IgnoreCase && FsRtlpUpcase(UpcaseTable, A) == FsRtlpUpcase(UpcaseTable, B))) {
            return FALSE;
        }
    }
    return TRUE;
}

VOID NTAPI FsRtlDissectName(UNICODE_STRING Path, PUNICODE_STRING FirstName,
                            PUNICODE_STRING RemainingName)
{
    SIZE_T Length = Path.Length / sizeof(WCHAR), Start, End;
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, APC_LEVEL, "DV-26", 0);
    *FirstName = (UNICODE_STRING){0, 0, NULL};
    *RemainingName = (UNICODE_STRING){0, 0, NULL};
    Start = Length != 0 && Path.Buffer[0] == u'\\' ? 1 : 0;
    for (End = Start; End < Length && Path.Buffer[End] != u'\\'; End++) {
    }
    if (Length == 0) {
        return;
    }
    FirstName->Buffer = Path.Buffer + Start;
    FirstName->Length = FirstName->MaximumLength = (USHORT)((End - Start) * sizeof(WCHAR));
    if (End < Length) {
        RemainingName->Buffer = Path.Buffer + End + 1;
        RemainingName->Length = RemainingName->MaximumLength =
            (USHORT)((Length - End - 1) * sizeof(WCHAR));
    }
}
