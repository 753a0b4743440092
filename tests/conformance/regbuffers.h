/* SPDX-License-Identifier: MIT
 *
 * regbuffers.h - everything that a caller passes to the registry services, in one block that may be
 * user memory, and the calls that pass it.
 */
#ifndef REGBUFFERS_H
#define REGBUFFERS_H

#include "regwatch.h"

#include <ntsim/memory.h>
#include <ntcallback/exception.h>
#include <ntcallback/ddk/ntundoc.h>

/* Everything a caller passes. */
struct BUFFERS {
    UNICODE_STRING Name;
    WCHAR NameText[8];
    UNICODE_STRING Class;
    WCHAR ClassText[8];
    UNICODE_STRING Path;
    WCHAR PathText[8];
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    KEY_VALUE_ENTRY Entry;
    ULONG Result;
    ULONG Disposition;
    ULONG Room;
    ULONG Data;
    UCHAR Answer[512];
};

static struct BUFFERS OfKernel;
static struct BUFFERS *Buffers; /* of the case: OfKernel or user memory */

static inline VOID Put(PUNICODE_STRING String, PWSTR Text, PCWSTR What)
{
    RtlInitUnicodeString(String, What);
    memcpy(Text, What, String->Length);
    String->Buffer = Text;
    String->MaximumLength = String->Length;
}

static inline VOID FillBuffers(KPROCESSOR_MODE Mode, HANDLE Key)
{
    Buffers = Mode == KernelMode
                  ? &OfKernel
                  : ntsim_user_allocate(Conform.Process, sizeof(*Buffers), PAGE_READWRITE);
    EXPECT_TRUE(Buffers != NULL);
    memset(Buffers, 0, sizeof(*Buffers));
    Put(&Buffers->Name, Buffers->NameText, u"v");
    Put(&Buffers->Class, Buffers->ClassText, u"class");
    Put(&Buffers->Path, Buffers->PathText, u"sub");
    Buffers->Attributes = Attributes(Key, &Buffers->Path, OBJ_CASE_INSENSITIVE);
    Buffers->Entry.ValueName = &Buffers->Name;
    Buffers->Room = sizeof(Buffers->Answer);
    Buffers->Data = 0x11223344;
}

/* ---- the calls ---- */

static inline NTSTATUS Set(HANDLE Key)
{
    return NtSetValueKey(Key, &Buffers->Name, 0, REG_DWORD, &Buffers->Data, sizeof(ULONG));
}

static inline NTSTATUS DeleteValue(HANDLE Key)
{
    return NtDeleteValueKey(Key, &Buffers->Name);
}

static inline NTSTATUS QueryValue(HANDLE Key)
{
    return NtQueryValueKey(Key, &Buffers->Name, KeyValuePartialInformation, Buffers->Answer,
                           sizeof(Buffers->Answer), &Buffers->Result);
}

static inline NTSTATUS QueryMultiple(HANDLE Key)
{
    return NtQueryMultipleValueKey(Key, &Buffers->Entry, 1, Buffers->Answer, &Buffers->Room,
                                   &Buffers->Result);
}

static inline NTSTATUS EnumerateValue(HANDLE Key)
{
    return NtEnumerateValueKey(Key, 0, KeyValueBasicInformation, Buffers->Answer,
                               sizeof(Buffers->Answer), &Buffers->Result);
}

static inline NTSTATUS QueryKey(HANDLE Key)
{
    return NtQueryKey(Key, KeyBasicInformation, Buffers->Answer, sizeof(Buffers->Answer),
                      &Buffers->Result);
}

static inline NTSTATUS CreateSub(HANDLE Key)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Key);
    Status = NtCreateKey(&Buffers->Handle, KEY_ALL_ACCESS, &Buffers->Attributes, 0, &Buffers->Class,
                         0, &Buffers->Disposition);
    if (NT_SUCCESS(Status)) {
        EXPECT_SUCCESS(NtDeleteKey(Buffers->Handle));
        Close(Buffers->Handle);
    }
    return Status;
}

static inline NTSTATUS Rename(HANDLE Key)
{
    HANDLE Child = MakeKey(Key, STR(u"old"));
    NTSTATUS Status = NtRenameKey(Child, &Buffers->Path);

    EXPECT_SUCCESS(NtDeleteKey(Child));
    Close(Child);
    return Status;
}

static inline NTSTATUS SetFlags(HANDLE Key)
{
    return NtSetInformationKey(Key, KeyWow64FlagsInformation, &Buffers->Disposition, sizeof(ULONG));
}

/* What probing the pointer for reading comes to (CM-BUF-07). */
static inline NTSTATUS ProbeStatus(PVOID Pointer)
{
    struct ntcb_seh_frame Guard;

    Guard.kind = NTCB_SEH_GUARD;
    if (ntcb_seh_setjmp(ntcb_seh_open(&Guard)) != 0) {
        return ntcb_exception_record()->ExceptionCode;
    }
    ProbeForRead(Pointer, 2, 1);
    ntcb_seh_done(&Guard);
    return STATUS_SUCCESS;
}

#endif
