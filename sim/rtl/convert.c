/* SPDX-License-Identifier: MIT
 *
 * convert.c - GUIDs and numbers as text, counted strings checked, numbers at random.
 */
#include "mm/mmp.h"

#include <stdio.h>
#include <string.h>

#define RTLP_TAG_STRING 0x72747352u /* "Rstr" */
#define RTLP_GUID_CHARACTERS 38u

/* ---- GUIDs ---- */

static const char RtlpGuidShape[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";

static int RtlpDigit(ULONG Character)
{
    return Character >= '0' && Character <= '9'   ? (int)Character - '0'
           : Character >= 'a' && Character <= 'z' ? (int)Character - 'a' + 10
           : Character >= 'A' && Character <= 'Z' ? (int)Character - 'A' + 10
                                                  : 99;
}

NTSTATUS NTAPI RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID *Guid)
{
    UCHAR Bytes[16] = {0}; /* as written */
    ULONG Digits = 0;
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-26", 0);
    if (GuidString->Length != RTLP_GUID_CHARACTERS * sizeof(WCHAR)) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG At = 0; At < RTLP_GUID_CHARACTERS; At++) {
        ULONG Character = GuidString->Buffer[At];
        int Digit = RtlpDigit(Character);
        if (RtlpGuidShape[At] != 'x' ? Character != (UCHAR)RtlpGuidShape[At] : Digit >= 16) {
            return STATUS_INVALID_PARAMETER;
        }
        if (RtlpGuidShape[At] == 'x') {
            Bytes[Digits / 2] = (UCHAR)(Bytes[Digits / 2] << 4 | Digit);
            Digits++;
        }
    }
    Guid->Data1 = (ULONG)Bytes[0] << 24 | (ULONG)Bytes[1] << 16 | (ULONG)Bytes[2] << 8 | Bytes[3];
    Guid->Data2 = (USHORT)(Bytes[4] << 8 | Bytes[5]);
    Guid->Data3 = (USHORT)(Bytes[6] << 8 | Bytes[7]);
    memcpy(Guid->Data4, Bytes + 8, sizeof(Guid->Data4));
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlStringFromGUID(const GUID *Guid, PUNICODE_STRING GuidString)
{
    char Text[RTLP_GUID_CHARACTERS + 1];
    const SIZE_T Bytes = sizeof(Text) * sizeof(WCHAR);
    const UCHAR *Last = Guid->Data4;
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, PASSIVE_LEVEL, "DV-26", 0);
    PWCH Buffer = MmpAllocatePool(Bytes, RTLP_TAG_STRING, __builtin_return_address(0));
    if (Buffer == NULL) {
        return STATUS_NO_MEMORY;
    }
    snprintf(Text, sizeof(Text), "{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}",
             (unsigned)Guid->Data1, Guid->Data2, Guid->Data3, Last[0], Last[1], Last[2], Last[3],
             Last[4], Last[5], Last[6], Last[7]);
    for (SIZE_T At = 0; At < sizeof(Text); At++) {
        Buffer[At] = (WCHAR)Text[At];
    }
    *GuidString = (UNICODE_STRING){(USHORT)(Bytes - sizeof(WCHAR)), (USHORT)Bytes, Buffer};
    return STATUS_SUCCESS;
}

/* ---- numbers ---- */

/* The base that a prefix says; *Text goes behind it. */
static ULONG RtlpPrefix(const char **Text)
{
    static const struct {
        char Letter;
        ULONG Base;
    } Prefixes[] = {{'x', 16}, {'o', 8}, {'b', 2}};
    for (size_t Index = 0; Index < RTL_NUMBER_OF(Prefixes) && **Text == '0'; Index++) {
        if ((*Text)[1] == Prefixes[Index].Letter) {
            *Text += 2;
            return Prefixes[Index].Base;
        }
    }
    return 10;
}

NTSTATUS NTAPI RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value)
{
    const char *Text = (const char *)String;
    while (*Text != '\0' && (UCHAR)*Text <= ' ') {
        Text++;
    }
    BOOLEAN Minus = *Text == '-';
    Text += *Text == '-' || *Text == '+' ? 1 : 0;
    if (Base == 0) {
        Base = RtlpPrefix(&Text);
    } else if (Base != 2 && Base != 8 && Base != 10 && Base != 16) {
        return STATUS_INVALID_PARAMETER;
    }
    ULONG Number = 0;
    for (; RtlpDigit((UCHAR)*Text) < (int)Base; Text++) {
        Number = Number * Base + (ULONG)RtlpDigit((UCHAR)*Text);
    }
    *Value = Minus ? 0 - Number : Number;
    return STATUS_SUCCESS;
}

/* The generator of Lehmer that RtlUniform is documented to be. */
static ULONG RtlpNextRandom(const char *Function, PULONG Seed)
{
    ntcb_require_kernel(Function);
    ntcb_check_irql(Function, APC_LEVEL, "DV-26", 0);
    *Seed = (ULONG)((*Seed * 0x7FFFFFEDull + 0x7FFFFFC3) % MAXLONG);
    return *Seed;
}

ULONG NTAPI RtlRandomEx(PULONG Seed)
{
    return RtlpNextRandom(__func__, Seed);
}

ULONG NTAPI RtlRandom(PULONG Seed)
{
    return RtlpNextRandom(__func__, Seed);
}

/* ---- counted strings ---- */

NTSTATUS NTAPI RtlValidateUnicodeString(ULONG Flags, PCUNICODE_STRING String)
{
    if (Flags != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (String != NULL &&
        (String->Length % sizeof(WCHAR) != 0 || String->MaximumLength % sizeof(WCHAR) != 0 ||
         String->Length > String->MaximumLength ||
         (String->Buffer == NULL && String->MaximumLength != 0))) {
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}
