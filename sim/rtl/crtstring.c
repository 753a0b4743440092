/* SPDX-License-Identifier: MIT
 *
 * crtstring.c - the string functions of the kernel's C run-time library that the host's cannot
 * stand in for: wide characters have 16 bits, and case is folded in the "C" locale (A to Z).
 */
#include "simp.h"

#include <string.h>

WCHAR ntcb_towupper(WCHAR Character)
{
    return Character >= u'a' && Character <= u'z' ? (WCHAR)(Character - 0x20) : Character;
}

WCHAR ntcb_towlower(WCHAR Character)
{
    return Character >= u'A' && Character <= u'Z' ? (WCHAR)(Character + 0x20) : Character;
}

size_t ntcb_wcslen(const WCHAR *String)
{
    size_t Length = 0;

    while (String[Length] != 0) {
        Length++;
    }
    return Length;
}

size_t ntcb_wcsnlen(const WCHAR *String, size_t Count)
{
    size_t Length = 0;

    while (Length < Count && String[Length] != 0) {
        Length++;
    }
    return Length;
}

WCHAR *ntcb_wcscpy(WCHAR *Destination, const WCHAR *Source)
{
    return memcpy(Destination, Source, (ntcb_wcslen(Source) + 1) * sizeof(WCHAR));
}

/* Pads with zeros, and does not terminate when Source fills Count. */
WCHAR *ntcb_wcsncpy(WCHAR *Destination, const WCHAR *Source, size_t Count)
{
    size_t Length = ntcb_wcsnlen(Source, Count);

    memcpy(Destination, Source, Length * sizeof(WCHAR));
    memset(Destination + Length, 0, (Count - Length) * sizeof(WCHAR));
    return Destination;
}

WCHAR *ntcb_wcscat(WCHAR *Destination, const WCHAR *Source)
{
    ntcb_wcscpy(Destination + ntcb_wcslen(Destination), Source);
    return Destination;
}

WCHAR *ntcb_wcsncat(WCHAR *Destination, const WCHAR *Source, size_t Count)
{
    WCHAR *End = Destination + ntcb_wcslen(Destination);
    size_t Length = ntcb_wcsnlen(Source, Count);

    memcpy(End, Source, Length * sizeof(WCHAR));
    End[Length] = 0;
    return Destination;
}

static int RtlpCompareWide(const WCHAR *String1, const WCHAR *String2, size_t Count,
                           WCHAR (*Fold)(WCHAR))
{
    for (; Count != 0; String1++, String2++, Count--) {
        WCHAR One = Fold != NULL ? Fold(*String1) : *String1;
        WCHAR Two = Fold != NULL ? Fold(*String2) : *String2;

        if (One != Two) {
            return One < Two ? -1 : 1;
        }
        if (One == 0) {
            return 0;
        }
    }
    return 0;
}

int ntcb_wcscmp(const WCHAR *String1, const WCHAR *String2)
{
    return RtlpCompareWide(String1, String2, SIZE_MAX, NULL);
}

int ntcb_wcsncmp(const WCHAR *String1, const WCHAR *String2, size_t Count)
{
    return RtlpCompareWide(String1, String2, Count, NULL);
}

int ntcb_wcsicmp(const WCHAR *String1, const WCHAR *String2)
{
    return RtlpCompareWide(String1, String2, SIZE_MAX, ntcb_towlower);
}

int ntcb_wcsnicmp(const WCHAR *String1, const WCHAR *String2, size_t Count)
{
    return RtlpCompareWide(String1, String2, Count, ntcb_towlower);
}

WCHAR *ntcb_wcschr(const WCHAR *String, WCHAR Character)
{
    while (*String != Character) {
        if (*String++ == 0) {
            return NULL;
        }
    }
    return (WCHAR *)String;
}

WCHAR *ntcb_wcsrchr(const WCHAR *String, WCHAR Character)
{
    const WCHAR *Found = NULL;

    do {
        if (*String == Character) {
            Found = String;
        }
    } while (*String++ != 0);
    return (WCHAR *)Found;
}

WCHAR *ntcb_wcsstr(const WCHAR *String, const WCHAR *Pattern)
{
    size_t Length = ntcb_wcslen(Pattern);

    for (;; String++) {
        if (ntcb_wcsncmp(String, Pattern, Length) == 0) {
            return (WCHAR *)String;
        }
        if (*String == 0) {
            return NULL;
        }
    }
}

static unsigned char RtlpLower(char Character)
{
    return (unsigned char)(Character >= 'A' && Character <= 'Z' ? Character + 0x20 : Character);
}

int ntcb_strnicmp(const char *String1, const char *String2, size_t Count)
{
    for (; Count != 0; String1++, String2++, Count--) {
        int Difference = RtlpLower(*String1) - RtlpLower(*String2);

        if (Difference != 0 || *String1 == '\0') {
            return Difference;
        }
    }
    return 0;
}

int ntcb_stricmp(const char *String1, const char *String2)
{
    return ntcb_strnicmp(String1, String2, SIZE_MAX);
}
