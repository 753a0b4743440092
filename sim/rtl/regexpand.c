/* SPDX-License-Identifier: MIT
 *
 * regexpand.c - %name% in the text of a REG_EXPAND_SZ value.
 */
#include "rtl/registryp.h"

#include <string.h>

static ULONG RtlpUnits(const WCHAR *Text)
{
    ULONG Units = 0;
    while (Text[Units] != 0) {
        Units++;
    }
    return Units;
}

/* The value of a variable, or NULL. A name begins with any character, "=" included. */
static const WCHAR *RtlpFindVariable(const WCHAR *Environment, const WCHAR *Name, ULONG Units)
{
    for (; Environment != NULL && *Environment != 0; Environment += RtlpUnits(Environment) + 1) {
        ULONG At = 0;
        while (At < Units && Environment[At] != 0 &&
               RtlUpcaseUnicodeChar(Environment[At]) == RtlUpcaseUnicodeChar(Name[At])) {
            At++;
        }
        if (At == Units && Environment[At] == u'=') {
            return Environment + At + 1;
        }
    }
    return NULL;
}

/* One pass over Text; Out NULL: only count. Returns the units written, terminator not counted. */
static SIZE_T RtlpExpandText(const WCHAR *Environment, const WCHAR *Text, ULONG Units, WCHAR *Out)
{
    SIZE_T Written = 0;
    ULONG At = 0;
    while (At < Units) {
        const WCHAR *From = Text + At;
        ULONG Step = 1;
        ULONG Taken = 1;
        if (Text[At] == u'%') {
            ULONG Close = At + 1;
            while (Close < Units && Text[Close] != u'%') {
                Close++;
            }
            const WCHAR *Found = Close < Units && Close > At + 1
                                     ? RtlpFindVariable(Environment, Text + At + 1, Close - At - 1)
                                     : NULL;
            if (Found != NULL) {
                From = Found;
                Taken = RtlpUnits(Found);
                Step = Close + 1 - At;
            }
        }
        if (Out != NULL) {
            memcpy(Out + Written, From, Taken * sizeof(WCHAR));
        }
        Written += Taken;
        At += Step;
    }
    return Written;
}

NTSTATUS RtlpExpand(const WCHAR *Environment, struct RTLP_VALUE *Value)
{
    const WCHAR *Text = Value->Data;
    ULONG Units = 0;
    while (Units < Value->Length / sizeof(WCHAR) && Text[Units] != 0) {
        Units++;
    }
    SIZE_T NameBytes = (RtlpUnits(Value->Name) + 1) * sizeof(WCHAR);
    SIZE_T TextBytes = (RtlpExpandText(Environment, Text, Units, NULL) + 1) * sizeof(WCHAR);
    if (TextBytes > 0xFFFFFFFFu) {
        return STATUS_BUFFER_OVERFLOW;
    }
    PUCHAR Memory = ntsim__allocate(NameBytes + TextBytes + sizeof(WCHAR));
    if (Memory == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(Memory, Value->Name, NameBytes);
    RtlpExpandText(Environment, Text, Units, (WCHAR *)(PVOID)(Memory + NameBytes));
    ntsim__release(Value->Memory);
    *Value = (struct RTLP_VALUE){(PWSTR)(PVOID)Memory, REG_SZ, Memory + NameBytes, (ULONG)TextBytes,
                                 Memory};
    return STATUS_SUCCESS;
}
