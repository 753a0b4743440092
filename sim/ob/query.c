/* SPDX-License-Identifier: MIT
 *
 * query.c - what an object is called and what a handle refers to.
 */
#include "ob/obp_state.h"
#include "ps/zw.h"
#include "mm/mmp.h"
#include "ps/psp.h"

#include <string.h>

#define OBP_NAME_CLASS \
    ((OBJECT_INFORMATION_CLASS)1) /* ObjectNameInformation: not in public headers */

/* A counted string behind its structure in the caller's buffer: how both name and type come. */
static NTSTATUS ObpFitString(ULONG Length, ULONG Fixed, ULONG Bytes)
{
    if (Length < Fixed) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    return Length < Fixed + Bytes + sizeof(WCHAR) ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS ObpAnswerName(PVOID Object, POBJECT_NAME_INFORMATION Information, ULONG Length,
                       PULONG ReturnLength)
{
    const struct OBP_TYPE *Type = ObpHeader(Object)->Type;
    ULONG Fixed = sizeof(*Information);
    ULONG Room = Length > Fixed + sizeof(WCHAR) ? Length - Fixed - (ULONG)sizeof(WCHAR) : 0;
    PWSTR Text = Room != 0 ? (PWSTR)(Information + 1) : NULL;
    ULONG Needed = 0;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Type->QueryName != NULL) {
        Status = Type->QueryName(Object, Text, Room, &Needed);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Needed == 0) { /* no name: the structure alone, zeroed */
        *ReturnLength = Fixed;
        if (Length < Fixed) {
            return STATUS_INFO_LENGTH_MISMATCH;
        }
        Information->Name = (UNICODE_STRING){0, 0, NULL};
        return STATUS_SUCCESS;
    }
    *ReturnLength = Fixed + Needed + (ULONG)sizeof(WCHAR);
    Status = ObpFitString(Length, Fixed, Needed); /* REG-QON-01 */
    if (Status == STATUS_SUCCESS) {
        Text[Needed / sizeof(WCHAR)] = 0;
        Information->Name =
            (UNICODE_STRING){(USHORT)Needed, (USHORT)(Needed + sizeof(WCHAR)), Text};
    } else if (Status == STATUS_BUFFER_OVERFLOW) {
        Information->Name = (UNICODE_STRING){0, 0, NULL};
    }
    return Status;
}

static NTSTATUS ObpQueryName(PVOID Object, POBJECT_NAME_INFORMATION Information, ULONG Length,
                             PULONG ReturnLength)
{
    const struct OBP_TYPE *Type = ObpHeader(Object)->Type;

    return Type->AnswerName != NULL ? Type->AnswerName(Object, Information, Length, ReturnLength)
                                    : ObpAnswerName(Object, Information, Length, ReturnLength);
}

NTSTATUS NTAPI ObQueryNameString(PVOID Object, POBJECT_NAME_INFORMATION ObjectNameInfo,
                                 ULONG Length, PULONG ReturnLength)
{
    ntcb_require_kernel(__func__);
    OBP_CHECK_IRQL();
    if (ObpIsDying(Object)) {
        ObpReportMisuse(Object, "is being deleted and was asked for its name",
                        __builtin_return_address(0));
    }
    return ObpQueryName(Object, ObjectNameInfo, Length, ReturnLength);
}

static NTSTATUS ObpQueryBasic(PVOID Object, const OBJECT_HANDLE_INFORMATION *Handle, PVOID Buffer,
                              ULONG Length, PULONG Needed)
{
    PPUBLIC_OBJECT_BASIC_INFORMATION Basic = Buffer;

    *Needed = sizeof(*Basic);
    if (Length != sizeof(*Basic)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    memset(Basic, 0, sizeof(*Basic));
    Basic->Attributes = Handle->HandleAttributes;
    Basic->GrantedAccess = Handle->GrantedAccess;
    Basic->HandleCount = (ULONG)atomic_load(&ObpHeader(Object)->HandleCount);
    Basic->PointerCount = (ULONG)ObpReferenceCount(Object) - 1; /* without this query's own */
    return STATUS_SUCCESS;
}

static NTSTATUS ObpQueryType(PVOID Object, PVOID Buffer, ULONG Length, PULONG Needed)
{
    PPUBLIC_OBJECT_TYPE_INFORMATION Information = Buffer;
    const char *Name = ObpHeader(Object)->Type->Name;
    ULONG Bytes = (ULONG)(strlen(Name) * sizeof(WCHAR));
    PWSTR Text;
    ULONG Index;

    *Needed = (ULONG)sizeof(*Information) + Bytes + (ULONG)sizeof(WCHAR);
    if (Length < *Needed) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Text = (PWSTR)(Information + 1);
    memset(Information, 0, sizeof(*Information));
    for (Index = 0; Name[Index] != '\0'; Index++) {
        Text[Index] = (WCHAR)(UCHAR)Name[Index];
    }
    Text[Index] = 0;
    Information->TypeName = (UNICODE_STRING){(USHORT)Bytes, (USHORT)(Bytes + sizeof(WCHAR)), Text};
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass,
                             PVOID ObjectInformation, ULONG ObjectInformationLength,
                             PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    OBJECT_HANDLE_INFORMATION Information;
    ULONG Needed = 0;
    PVOID Object;
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    Status = ObReferenceObjectByHandle(Handle, 0, NULL, Mode, &Object, &Information);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (ObjectInformationLength != 0) {
        Status = MmpProbe(Mode, ObjectInformation, ObjectInformationLength, TRUE);
    }
    if (NT_SUCCESS(Status) && ReturnLength != NULL) {
        Status = MmpProbe(Mode, ReturnLength, sizeof(*ReturnLength), TRUE);
    }
    if (!NT_SUCCESS(Status)) {
        ObpDereference(Object, NULL);
        return Status;
    }
    if (ObjectInformationClass == ObjectBasicInformation) {
        Status = ObpQueryBasic(Object, &Information, ObjectInformation, ObjectInformationLength,
                               &Needed);
    } else if (ObjectInformationClass == OBP_NAME_CLASS) {
        Status = ObpQueryName(Object, ObjectInformation, ObjectInformationLength, &Needed);
    } else if (ObjectInformationClass == ObjectTypeInformation) {
        Status = ObpQueryType(Object, ObjectInformation, ObjectInformationLength, &Needed);
    } else {
        Status = STATUS_INVALID_INFO_CLASS;
    }
    ObpDereference(Object, NULL);
    if (ReturnLength != NULL && Status != STATUS_INVALID_INFO_CLASS) {
        *ReturnLength = Needed;
    }
    return Status;
}

NTSTATUS NTAPI ZwQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass,
                             PVOID ObjectInformation, ULONG ObjectInformationLength,
                             PULONG ReturnLength)
{
    PSP_ZW(NtQueryObject(Handle, ObjectInformationClass, ObjectInformation, ObjectInformationLength,
                         ReturnLength));
}

#undef ObReferenceObjectByHandle
NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess,
                                         POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                         PVOID *Object,
                                         POBJECT_HANDLE_INFORMATION HandleInformation)
{
    NTSTATUS Status;

    ntcb_require_kernel(__func__);
    OBP_CHECK_IRQL();
    Status = ObpReferenceByHandle(Handle, DesiredAccess, ObjectType, AccessMode, Object,
                                  HandleInformation);
    if (NT_SUCCESS(Status)) {
        ObpNoteTaker(*Object, __builtin_return_address(0));
    }
    return Status;
}
