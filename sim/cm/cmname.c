/* SPDX-License-Identifier: MIT
 *
 * cmname.c - names: how they are stored, compared and taken apart (REG-NS-02, -06, -07).
 */
#include "cm/cmtree.h"

#include <string.h>

SIZE_T CmpNameMemory(USHORT Bytes)
{
    return sizeof(struct CMP_NAME) + 2 * (SIZE_T)Bytes;
}

struct CMP_NAME *CmpWriteName(PVOID Memory, PCWSTR Text, USHORT Bytes)
{
    struct CMP_NAME *Name = Memory;
    ULONG Count = Bytes / sizeof(WCHAR);
    Name->Length = Bytes;
    for (ULONG Index = 0; Index < Count; Index++) {
        Name->Text[Index] = Text[Index];
        Name->Text[Count + Index] = CmpUpcase(Text[Index]);
    }
    return Name;
}

struct CMP_NAME *CmpCreateName(PCWSTR Text, USHORT Bytes)
{
    PVOID Memory = ntsim__allocate(CmpNameMemory(Bytes));
    return Memory != NULL ? CmpWriteName(Memory, Text, Bytes) : NULL;
}

int CmpCompareName(PCUNICODE_STRING Text, const struct CMP_NAME *Name)
{
    ULONG TextCount = Text->Length / sizeof(WCHAR);
    ULONG NameCount = Name->Length / sizeof(WCHAR);
    const WCHAR *Upper = Name->Text + NameCount;
    for (ULONG Index = 0; Index < TextCount && Index < NameCount; Index++) {
        int Difference = (int)CmpUpcase(Text->Buffer[Index]) - (int)Upper[Index];
        if (Difference != 0) {
            return Difference;
        }
    }
    return (int)TextCount - (int)NameCount;
}

UNICODE_STRING CmpNameString(const struct CMP_NAME *Name)
{
    return (UNICODE_STRING){Name->Length, Name->Length, (PWCH)Name->Text};
}

static VOID CmpSkipBackslashes(PUNICODE_STRING Rest)
{
    while (Rest->Length >= sizeof(WCHAR) && Rest->Buffer[0] == u'\\') {
        Rest->Buffer++;
        Rest->Length = (USHORT)(Rest->Length - sizeof(WCHAR));
    }
}

BOOLEAN CmpNextComponent(PUNICODE_STRING Rest, PUNICODE_STRING Component)
{
    CmpSkipBackslashes(Rest);
    USHORT Bytes = 0;
    while (Rest->Length - Bytes >= (int)sizeof(WCHAR) &&
           Rest->Buffer[Bytes / sizeof(WCHAR)] != u'\\') {
        Bytes = (USHORT)(Bytes + sizeof(WCHAR));
    }
    *Component = (UNICODE_STRING){Bytes, Bytes, Rest->Buffer};
    if (Bytes != 0) {
        Rest->Buffer += Bytes / sizeof(WCHAR);
        Rest->Length = (USHORT)(Rest->Length - Bytes);
    }
    return Bytes != 0;
}

BOOLEAN CmpIsLast(UNICODE_STRING Rest)
{
    CmpSkipBackslashes(&Rest);
    return Rest.Length < sizeof(WCHAR);
}

BOOLEAN CmpStringEquals(PCUNICODE_STRING String, PCWSTR Literal)
{
    ULONG Count = String->Length / sizeof(WCHAR);
    for (ULONG Index = 0; Index < Count; Index++) {
        if (Literal[Index] == 0 || CmpUpcase(String->Buffer[Index]) != CmpUpcase(Literal[Index])) {
            return FALSE;
        }
    }
    return Literal[Count] == 0;
}
