/* SPDX-License-Identifier: MIT
 *
 * open.c - the object-manager stage of opening or creating something by name.
 *
 * Everything that fails here fails before a type's Parse has run and so raises no notification
 * (CM-CO-01). The caller's attributes and name are captured first: from then on they may change.
 */
#include "ob/obp_state.h"
#include "ps/tally.h"
#include "mm/mmp.h"
#include "ps/psp.h"

#include <string.h>

#define OBP_REPARSE_MAX 64    /* REG-LNK-05 */
#define OBP_NAME_ON_STACK 256 /* units; longer names are captured in the heap */

struct OBP_OPEN {
    POBJECT_TYPE Type;
    struct OBP_PARSE Parse;
    UNICODE_STRING Name; /* what is being resolved now */
    PVOID HeapName;      /* capture of a long name */
    PVOID ReparseBuffer; /* pool of the last reparse, in Name */
    PVOID Root;          /* referenced: object of RootDirectory or NULL */
    WCHAR StackName[OBP_NAME_ON_STACK];
};

ACCESS_MASK ObpMapAccess(POBJECT_TYPE Type, ACCESS_MASK Access)
{
    const struct OBP_TYPE *T = (const struct OBP_TYPE *)Type;
    const ACCESS_MASK From[] = {GENERIC_READ, GENERIC_WRITE, GENERIC_EXECUTE, GENERIC_ALL,
                                MAXIMUM_ALLOWED};
    const ACCESS_MASK To[] = {T->GenericMapping.GenericRead, T->GenericMapping.GenericWrite,
                              T->GenericMapping.GenericExecute, T->GenericMapping.GenericAll,
                              T->ValidAccess};
    ULONG Index;

    for (Index = 0; Index < RTL_NUMBER_OF(From); Index++) {
        if ((Access & From[Index]) != 0) {
            Access = (Access & ~From[Index]) | To[Index];
        }
    }
    return Access;
}

static NTSTATUS ObpCaptureName(struct OBP_OPEN *Open, PCUNICODE_STRING Name)
{
    UNICODE_STRING Given;
    NTSTATUS Status;

    if (Name == NULL) {
        return STATUS_SUCCESS; /* an empty name */
    }
    Status = MmpProbe(Open->Parse.PreviousMode, Name, sizeof(*Name), FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Given = *Name;
    if (Given.Length == 0) {
        return STATUS_SUCCESS;
    }
    Status = MmpProbe(Open->Parse.PreviousMode, Given.Buffer, Given.Length, FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if ((Given.Length & 1) != 0 || Given.Buffer == NULL) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    Open->Name.Buffer = Open->StackName;
    if (Given.Length > sizeof(Open->StackName)) {
        Open->HeapName = ntsim__allocate(Given.Length);
        if (Open->HeapName == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Open->Name.Buffer = Open->HeapName;
    }
    memcpy(Open->Name.Buffer, Given.Buffer, Given.Length); /* may be unaligned: REG-OPN-14 */
    Open->Name.Length = Given.Length;
    Open->Name.MaximumLength = Given.Length;
    return STATUS_SUCCESS;
}

static NTSTATUS ObpCaptureAttributes(struct OBP_OPEN *Open, POBJECT_ATTRIBUTES Given,
                                     KPROCESSOR_MODE PreviousMode)
{
    OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status;

    Open->Parse.PreviousMode = PreviousMode;
    if (Given == NULL && PreviousMode == KernelMode) {
        return STATUS_INVALID_PARAMETER; /* REG-CRT-01: documented for a trusted caller */
    }
    Status = MmpProbe(PreviousMode, Given, sizeof(*Given), FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Attributes = *Given;
    if (Attributes.Length != sizeof(Attributes) ||
        (Attributes.Attributes & ~(ULONG)OBJ_VALID_ATTRIBUTES) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (PreviousMode != KernelMode) {
        Attributes.Attributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    }
    Open->Parse.Attributes = Attributes.Attributes;
    Open->Parse.AccessMode =
        PreviousMode != KernelMode || (Attributes.Attributes & OBJ_FORCE_ACCESS_CHECK) != 0
            ? UserMode
            : KernelMode;
    Open->Parse.SecurityDescriptor = Attributes.SecurityDescriptor;
    Open->Parse.SecurityQualityOfService = Attributes.SecurityQualityOfService;
    Status = ObpCaptureName(Open, Attributes.ObjectName);
    if (!NT_SUCCESS(Status) || Attributes.RootDirectory == NULL) {
        return Status;
    }
    return ObReferenceObjectByHandle(Attributes.RootDirectory, 0, NULL, PreviousMode, &Open->Root,
                                     NULL);
}

struct OBP_CAPTURE {
    struct OBP_OPEN *Open;
    POBJECT_ATTRIBUTES Given;
    KPROCESSOR_MODE PreviousMode;
};

static NTSTATUS ObpCaptureGuarded(PVOID Context)
{
    const struct OBP_CAPTURE *Capture = Context;

    return ObpCaptureAttributes(Capture->Open, Capture->Given, Capture->PreviousMode);
}

static BOOLEAN ObpOnlyBackslashes(PCUNICODE_STRING Name)
{
    USHORT Index;

    for (Index = 0; Index < Name->Length / sizeof(WCHAR); Index++) {
        if (Name->Buffer[Index] != u'\\') {
            return FALSE;
        }
    }
    return TRUE;
}

static VOID ObpSkipBackslashes(PUNICODE_STRING Name)
{
    while (Name->Length != 0 && Name->Buffer[0] == u'\\') {
        Name->Buffer++;
        Name->Length = (USHORT)(Name->Length - sizeof(WCHAR));
        Name->MaximumLength = Name->Length;
    }
}

static UNICODE_STRING ObpTakeComponent(PUNICODE_STRING Rest)
{
    UNICODE_STRING First = {0, 0, Rest->Buffer};

    while (Rest->Length != 0 && Rest->Buffer[0] != u'\\') {
        Rest->Buffer++;
        Rest->Length = (USHORT)(Rest->Length - sizeof(WCHAR));
        First.Length = (USHORT)(First.Length + sizeof(WCHAR));
    }
    First.MaximumLength = First.Length;
    Rest->MaximumLength = Rest->Length;
    return First;
}

/* The object that `Rest` (after the root's backslash) meets first and that is no directory, or the
 * directory at its end; referenced. Rest becomes what follows. */
static NTSTATUS ObpWalk(const struct OBP_OPEN *Open, PVOID Directory, PUNICODE_STRING Rest,
                        PVOID *Met)
{
    BOOLEAN Insensitive = (Open->Parse.Attributes & OBJ_CASE_INSENSITIVE) != 0 ||
                          (Open->Type == *CmKeyObjectType &&
                           ntsim__windows() >= NTCB_WINDOWS_10_1607); /* REG-NS-03 */

    ObpReference(Directory, NULL);
    while (ObpIsDirectory(Directory) && Rest->Length != 0) {
        UNICODE_STRING Component = ObpTakeComponent(Rest);
        PVOID Next = ObpLookupEntry(Directory, &Component, Insensitive);

        ObpDereference(Directory, NULL);
        if (Next == NULL) {
            if (Component.Length == 0) {
                return STATUS_OBJECT_NAME_INVALID;
            }
            /* REG-OPN-05 */
            return ObpOnlyBackslashes(Rest) ? STATUS_OBJECT_NAME_NOT_FOUND
                                            : STATUS_OBJECT_PATH_NOT_FOUND;
        }
        Directory = Next;
        if (ObpIsDirectory(Directory) && Rest->Length > sizeof(WCHAR)) {
            Rest->Buffer++;
            Rest->Length = (USHORT)(Rest->Length - sizeof(WCHAR));
        } else {
            ObpSkipBackslashes(Rest);
        }
    }
    *Met = Directory;
    return STATUS_SUCCESS;
}

/* Where resolution starts, checking the name's form: REG-OPN-04, REG-OPN-05, REG-NS-08. */
static NTSTATUS ObpStart(struct OBP_OPEN *Open, PVOID *Met, PUNICODE_STRING Rest)
{
    *Rest = Open->Name;
    if (Open->Root != NULL) {
        if (Rest->Length != 0 && Rest->Buffer[0] == u'\\') {
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        }
        return ObpWalk(Open, Open->Root, Rest, Met);
    }
    if (Rest->Length == 0 || Rest->Buffer[0] != u'\\') {
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    }
    if (Rest->Length > sizeof(WCHAR) && ObpOnlyBackslashes(Rest)) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    Rest->Buffer++;
    Rest->Length = (USHORT)(Rest->Length - sizeof(WCHAR));
    Rest->MaximumLength = Rest->Length;
    return ObpWalk(Open, ObpState()->RootDirectory, Rest, Met);
}

/* Let the object that was met end the resolution: by its Parse, or by being what was asked for. */
static NTSTATUS ObpFinish(struct OBP_OPEN *Open, PVOID Met, const UNICODE_STRING *Rest)
{
    const struct OBP_TYPE *Type = (const struct OBP_TYPE *)ObpTypeOf(Met);

    if (Open->Type != NULL && (POBJECT_TYPE)Type != Open->Type && !Type->ParsesOtherTypes) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (Type->Parse != NULL) {
        Open->Parse.RootObject = Met;
        Open->Parse.CompleteName = &Open->Name;
        Open->Parse.RemainingName = *Rest;
        return Type->Parse(&Open->Parse);
    }
    if (Rest->Length != 0) {
        return STATUS_OBJECT_PATH_NOT_FOUND;
    }
    ObpReference(Met, NULL);
    Open->Parse.Object = Met;
    Open->Parse.GrantedAccess = ObpMapAccess((POBJECT_TYPE)Type, Open->Parse.DesiredAccess);
    return STATUS_SUCCESS;
}

/* Go on with the name a Parse asked for: REG-LNK-02. */
static NTSTATUS ObpTakeReparse(struct OBP_OPEN *Open)
{
    ntsim__release(Open->HeapName);
    Open->HeapName = NULL;
    if (Open->ReparseBuffer != NULL) {
        ExFreePoolWithTag(Open->ReparseBuffer, 0);
    }
    Open->Name = Open->Parse.ReparseName;
    Open->ReparseBuffer = Open->Name.Buffer;
    Open->Parse.ReparseName = (UNICODE_STRING){0, 0, NULL};
    if (Open->Root != NULL) {
        ObpDereference(Open->Root, NULL);
        Open->Root = NULL;
    }
    if (Open->Name.Length == 0 || Open->Name.Buffer[0] != u'\\') {
        return ntsim__windows() >= NTCB_WINDOWS_10_1607 ? STATUS_OBJECT_NAME_INVALID
                                                        : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS ObpResolve(struct OBP_OPEN *Open)
{
    UNICODE_STRING Rest;
    NTSTATUS Status;
    PVOID Met;
    ULONG Round;

    for (Round = 0; Round <= OBP_REPARSE_MAX; Round++) {
        Status = ObpStart(Open, &Met, &Rest);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Status = ObpFinish(Open, Met, &Rest);
        ObpDereference(Met, NULL);
        if (Status != STATUS_REPARSE) {
            return Status;
        }
        ++PspTally()->reparses;
        Status = ObpTakeReparse(Open);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    /* REG-LNK-05 */
    return ntsim__windows() >= NTCB_WINDOWS_10_1607 ? STATUS_INVALID_PARAMETER
                                                    : STATUS_NAME_TOO_LONG;
}

static VOID ObpReleaseOpen(struct OBP_OPEN *Open)
{
    if (Open->Root != NULL) {
        ObpDereference(Open->Root, NULL);
    }
    if (Open->ReparseBuffer != NULL) {
        ExFreePoolWithTag(Open->ReparseBuffer, 0);
    }
    ntsim__release(Open->HeapName);
}

NTSTATUS ObpOpenObjectByName(POBJECT_ATTRIBUTES Attributes, POBJECT_TYPE Type,
                             KPROCESSOR_MODE PreviousMode, ACCESS_MASK DesiredAccess, PVOID Context,
                             PHANDLE Handle)
{
    struct OBP_OPEN Open;
    HANDLE New = NULL;
    NTSTATUS Status;

    memset(&Open, 0, offsetof(struct OBP_OPEN, StackName));
    Open.Type = Type;
    Open.Parse.Wanted = Type;
    Open.Parse.DesiredAccess = DesiredAccess;
    Open.Parse.Context = Context;
    Status = MmpGuard(PreviousMode, ObpCaptureGuarded,
                      &(struct OBP_CAPTURE){&Open, Attributes, PreviousMode});
    if (NT_SUCCESS(Status)) {
        Status = ObpResolve(&Open);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObpInsertHandleFor(PreviousMode, Open.Parse.Object, Open.Parse.GrantedAccess,
                                    Open.Parse.Attributes, &New);
        if (!NT_SUCCESS(Status)) {
            ObpDereference(Open.Parse.Object, NULL);
        }
    }
    ObpReleaseOpen(&Open);
    *Handle = New; /* REG-OPN-02 */
    return Status;
}
