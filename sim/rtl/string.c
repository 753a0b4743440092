/* SPDX-License-Identifier: MIT
 *
 * string.c - the string routines that may allocate their result. The block is the driver's to free.
 *
 * The ANSI code page is UTF-8.
 */
#include "mm/mmp.h"

#include <string.h>

#define RTLP_TAG_STRING 0x72747352u /* "Rstr" */
#define RTLP_STRING_MAX 0xFFFEu

static VOID RtlpFreeBuffer(PVOID Buffer, const VOID *Caller)
{
    if (Buffer != NULL) {
        MmpFreePool(Buffer, 0, Caller);
    }
}

VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING UnicodeString)
{
    ntcb_require_kernel(__func__);
    RtlpFreeBuffer(UnicodeString->Buffer, __builtin_return_address(0));
    *UnicodeString = (UNICODE_STRING){0, 0, NULL};
}

VOID NTAPI RtlFreeAnsiString(PANSI_STRING AnsiString)
{
    ntcb_require_kernel(__func__);
    RtlpFreeBuffer(AnsiString->Buffer, __builtin_return_address(0));
    *AnsiString = (ANSI_STRING){0, 0, NULL};
}

/* Room for Bytes of text and Terminator more. Both kinds of counted string look alike. */
static NTSTATUS RtlpMakeRoom(PUNICODE_STRING Destination, size_t Bytes, size_t Terminator,
                             BOOLEAN Allocate, const VOID *Caller)
{
    if (Bytes + Terminator > RTLP_STRING_MAX + 1u) {
        return STATUS_INVALID_PARAMETER_2;
    }
    if (Allocate) {
        Destination->Buffer = MmpAllocatePool(Bytes + Terminator, RTLP_TAG_STRING, Caller);
        if (Destination->Buffer == NULL) {
            return STATUS_NO_MEMORY;
        }
        Destination->MaximumLength = (USHORT)(Bytes + Terminator);
    } else if (Destination->MaximumLength < Bytes + Terminator) {
        return STATUS_BUFFER_OVERFLOW;
    }
    Destination->Length = (USHORT)Bytes;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString,
                                            PCANSI_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    size_t Units = 0, At, Step;
    WCHAR Pair[2];
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    for (At = 0; At < SourceString->Length; At += Step) {
        Units += ntsim__utf16_character(SourceString->Buffer + At, SourceString->Length - At, Pair,
                                        &Step);
    }
    Status = RtlpMakeRoom(DestinationString, Units * sizeof(WCHAR), sizeof(WCHAR),
                          AllocateDestinationString, __builtin_return_address(0));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    for (At = 0, Units = 0; At < SourceString->Length; At += Step) {
        size_t Count = ntsim__utf16_character(SourceString->Buffer + At, SourceString->Length - At,
                                              Pair, &Step);

        memcpy(DestinationString->Buffer + Units, Pair, Count * sizeof(WCHAR));
        Units += Count;
    }
    DestinationString->Buffer[Units] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString,
                                            PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    size_t Units = SourceString->Length / sizeof(WCHAR);
    size_t Bytes = ntsim__utf8(SourceString->Buffer, Units, NULL, 0);
    UNICODE_STRING Room = {0, DestinationString->MaximumLength, (PWSTR)DestinationString->Buffer};
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    Status = RtlpMakeRoom(&Room, Bytes, 1, AllocateDestinationString, __builtin_return_address(0));
    if (NT_SUCCESS(Status)) {
        *DestinationString = (ANSI_STRING){Room.Length, Room.MaximumLength, (PCHAR)Room.Buffer};
        ntsim__utf8(SourceString->Buffer, Units, DestinationString->Buffer, Bytes + 1);
    }
    return Status;
}

static NTSTATUS RtlpFold(PUNICODE_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate,
                         WCHAR(NTAPI *Fold)(WCHAR), const VOID *Caller)
{
    NTSTATUS Status = RtlpMakeRoom(Destination, Source->Length, 0, Allocate, Caller);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    for (USHORT Index = 0; Index < Source->Length / sizeof(WCHAR); Index++) {
        Destination->Buffer[Index] = Fold(Source->Buffer[Index]);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString,
                                      PCUNICODE_STRING SourceString,
                                      BOOLEAN AllocateDestinationString)
{
    ntcb_require_kernel(__func__);
    return RtlpFold(DestinationString, SourceString, AllocateDestinationString,
                    RtlUpcaseUnicodeChar, __builtin_return_address(0));
}

NTSTATUS NTAPI RtlDowncaseUnicodeString(PUNICODE_STRING DestinationString,
                                        PCUNICODE_STRING SourceString,
                                        BOOLEAN AllocateDestinationString)
{
    ntcb_require_kernel(__func__);
    return RtlpFold(DestinationString, SourceString, AllocateDestinationString,
                    RtlDowncaseUnicodeChar, __builtin_return_address(0));
}

NTSTATUS NTAPI RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING StringIn,
                                         PUNICODE_STRING StringOut)
{
    size_t Terminator = (Flags & RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE) != 0 ? 2 : 0;
    BOOLEAN AllocateEmpty = (Flags & RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING) != 0;
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    if (StringIn == NULL || StringOut == NULL || (AllocateEmpty && Terminator == 0) ||
        (Flags & ~(ULONG)(RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE |
                          RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING)) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    *StringOut = (UNICODE_STRING){0, 0, NULL};
    if (StringIn->Length == 0 && !AllocateEmpty) {
        return STATUS_SUCCESS;
    }
    Status =
        RtlpMakeRoom(StringOut, StringIn->Length, Terminator, TRUE, __builtin_return_address(0));
    if (NT_SUCCESS(Status)) {
        memcpy(StringOut->Buffer, StringIn->Buffer, StringIn->Length);
        memset((PUCHAR)StringOut->Buffer + StringIn->Length, 0, Terminator);
    }
    return Status;
}
