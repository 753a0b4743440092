/* SPDX-License-Identifier: MIT
 *
 * absent.c - what a driver needs and is not here: the words for its author.
 *
 * A driver that is linked into a program hears from the linker: GNU ld prints the text of a section
 * .gnu.warning.NAME beside "undefined reference to NAME". lld and Apple's linker print the name
 * alone. A driver module hears when it is loaded.
 */
#include "mm/mmp.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MMP_ASK "docs/api-coverage.md says what is here, and how to ask for more"

#ifdef __ELF__
#define MMP_TEXT(argument) #argument
#define MMP_ABSENT(name, since, tier, irql, reason)                                        \
    __asm__(".pushsection .gnu.warning." name ",\"\",%progbits\n"                          \
            "\t.string \"" name " (tier " MMP_TEXT(tier) ") is not in ntcallback: " reason \
                                                         "; " MMP_ASK "\"\n"               \
                                                         "\t.popsection\n");
#include "mm/routines.def"
#endif

static const struct MMP_ABSENT_ROUTINE {
    const char *Name;
    const char *Reason;
    ULONG Tier;
} MmpAbsentRoutines[] = {
#define MMP_ABSENT(name, since, tier, irql, reason) {name, reason, tier},
#include "mm/routines.def"
};

static bool MmpIsNameCharacter(char Character)
{
    return isalnum((unsigned char)Character) != 0 || Character == '_';
}

/* Is Name a word of Text? Some loaders put an underscore before it. */
static bool MmpIsWordOf(const char *Text, const char *Name)
{
    SIZE_T Length = strlen(Name);
    const char *Found;

    for (Found = strstr(Text, Name); Found != NULL; Found = strstr(Found + 1, Name)) {
        if (!MmpIsNameCharacter(Found[Length]) &&
            (Found == Text || Found[-1] == '_' || !MmpIsNameCharacter(Found[-1]))) {
            return true;
        }
    }
    return false;
}

VOID MmpDescribeAbsent(const char *LoaderWords, char *Text, SIZE_T Bytes)
{
    for (SIZE_T i = 0; i < RTL_NUMBER_OF(MmpAbsentRoutines); i++) {
        const struct MMP_ABSENT_ROUTINE *Routine = &MmpAbsentRoutines[i];

        if (MmpIsWordOf(LoaderWords, Routine->Name)) {
            snprintf(Text, Bytes, "%s (tier %u) is not in ntcallback: %s; " MMP_ASK, Routine->Name,
                     (unsigned)Routine->Tier, Routine->Reason);
            return;
        }
    }
    snprintf(Text, Bytes, "ntcallback does not know this routine; " MMP_ASK);
}
