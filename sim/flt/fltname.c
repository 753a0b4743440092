/* SPDX-License-Identifier: MIT
 *
 * fltname.c - names of files as the filter manager gives them, and filters that filter nothing.
 */
#include "mm/mmp.h"
#include "ob/obp.h"

#include <ntcallback/ddk/fltkernel.h>

#include <stdatomic.h>
#include <string.h>

#define FLTP_NAME_TAG 0x6E664D46u   /* "FMfn" */
#define FLTP_FILTER_TAG 0x6C664D46u /* "FMfl" */
#define FLTP_NAME_BYTES 65534

struct FLTP_NAME {
    FLT_FILE_NAME_INFORMATION Public; /* first: drivers see this */
    atomic_long References;
    WCHAR Text[];
};

struct _FLT_FILTER {
    PDRIVER_OBJECT Driver;
};

static UNICODE_STRING FltpPart(PCUNICODE_STRING Name, USHORT Begin, USHORT End)
{
    USHORT Bytes = (USHORT)((End - Begin) * sizeof(WCHAR));

    return (UNICODE_STRING){Bytes, Bytes, Name->Buffer + Begin};
}

/* "\Device\HarddiskVolume3" of a name that begins with it. */
static UNICODE_STRING FltpVolume(PCUNICODE_STRING Name)
{
    static const UNICODE_STRING Device = RTL_CONSTANT_STRING(u"\\Device\\");
    USHORT Count = (USHORT)(Name->Length / sizeof(WCHAR));
    USHORT End = (USHORT)(Device.Length / sizeof(WCHAR));

    if (!RtlPrefixUnicodeString(&Device, Name, TRUE)) {
        return FltpPart(Name, 0, 0);
    }
    while (End < Count && Name->Buffer[End] != u'\\') {
        End++;
    }
    return FltpPart(Name, 0, End);
}

/* A copy of the file object's name, in the kernel's pool for the driver at Caller. */
static NTSTATUS FltpMakeName(PFILE_OBJECT File, FLT_FILE_NAME_OPTIONS Format, const VOID *Caller,
                             PFLT_FILE_NAME_INFORMATION *Information)
{
    POBJECT_NAME_INFORMATION Answer = MmpAllocateOwn(FLTP_NAME_BYTES, FLTP_NAME_TAG);
    struct FLTP_NAME *Name;
    ULONG Needed;
    NTSTATUS Status;

    if (Answer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = ObpAnswerName(File, Answer, FLTP_NAME_BYTES, &Needed);
    if (!NT_SUCCESS(Status)) {
        goto Cleanup;
    }
    Name = MmpAllocatePool(sizeof(*Name) + Answer->Name.Length, FLTP_NAME_TAG, Caller);
    if (Name == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto Cleanup;
    }
    memset(Name, 0, sizeof(*Name));
    if (Answer->Name.Length != 0) {
        memcpy(Name->Text, Answer->Name.Buffer, Answer->Name.Length);
    }
    atomic_init(&Name->References, 1);
    Name->Public.Size = sizeof(Name->Public);
    Name->Public.Format = Format;
    Name->Public.Name = (UNICODE_STRING){Answer->Name.Length, Answer->Name.Length, Name->Text};
    Name->Public.Volume = FltpVolume(&Name->Public.Name);
    *Information = &Name->Public;

Cleanup:
    MmpFreePool(Answer, FLTP_NAME_TAG, NULL);
    return Status;
}

static NTSTATUS FltpGetName(const char *Function, PFILE_OBJECT File, FLT_FILE_NAME_OPTIONS Options,
                            const VOID *Caller, PFLT_FILE_NAME_INFORMATION *Information)
{
    ULONG Format = FltGetFileNameFormat(Options);

    ntcb_require_kernel(Function);
    ntcb_check_irql(Function, APC_LEVEL, "DV-26", 0);
    *Information = NULL;
    if (File == NULL || Format < FLT_FILE_NAME_NORMALIZED || Format > FLT_FILE_NAME_SHORT) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Format == FLT_FILE_NAME_SHORT) {
        return STATUS_NOT_IMPLEMENTED; /* the volumes have no short names */
    }
    return FltpMakeName(File, Format, Caller, Information);
}

NTSTATUS FLTAPI FltGetFileNameInformationUnsafe(PFILE_OBJECT FileObject, PFLT_INSTANCE Instance,
                                                FLT_FILE_NAME_OPTIONS NameOptions,
                                                PFLT_FILE_NAME_INFORMATION *NameInformation)
{
    (void)Instance;
    return FltpGetName(__func__, FileObject, NameOptions, __builtin_return_address(0),
                       NameInformation);
}

NTSTATUS FLTAPI FltGetFileNameInformation(PFLT_CALLBACK_DATA CallbackData,
                                          FLT_FILE_NAME_OPTIONS NameOptions,
                                          PFLT_FILE_NAME_INFORMATION *NameInformation)
{
    return FltpGetName(__func__, CallbackData->Iopb->TargetFileObject, NameOptions,
                       __builtin_return_address(0), NameInformation);
}

VOID FLTAPI FltReferenceFileNameInformation(PFLT_FILE_NAME_INFORMATION NameInformation)
{
    struct FLTP_NAME *Name = CONTAINING_RECORD(NameInformation, struct FLTP_NAME, Public);

    ntcb_require_kernel(__func__);
    atomic_fetch_add(&Name->References, 1);
}

VOID FLTAPI FltReleaseFileNameInformation(PFLT_FILE_NAME_INFORMATION NameInformation)
{
    struct FLTP_NAME *Name = CONTAINING_RECORD(NameInformation, struct FLTP_NAME, Public);

    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, APC_LEVEL, "DV-26", 0);
    if (atomic_fetch_sub(&Name->References, 1) == 1) {
        MmpFreePool(Name, FLTP_NAME_TAG, __builtin_return_address(0));
    }
}

/* Where the last component begins, its stream, and its extension behind the last dot. */
static VOID FltpParse(PCUNICODE_STRING Name, PUNICODE_STRING Final, PUNICODE_STRING Stream,
                      PUNICODE_STRING Extension)
{
    USHORT Count = (USHORT)(Name->Length / sizeof(WCHAR));
    USHORT Begin = Count, StreamBegin, Dot;

    while (Begin != 0 && Name->Buffer[Begin - 1] != u'\\') {
        Begin--;
    }
    for (StreamBegin = Begin; StreamBegin < Count && Name->Buffer[StreamBegin] != u':';) {
        StreamBegin++;
    }
    for (Dot = StreamBegin; Dot != Begin && Name->Buffer[Dot - 1] != u'.';) {
        Dot--;
    }
    *Final = FltpPart(Name, Begin, Count);
    *Stream = FltpPart(Name, StreamBegin, Count);
    *Extension = FltpPart(Name, Dot == Begin ? StreamBegin : Dot, StreamBegin);
}

NTSTATUS FLTAPI FltParseFileName(PCUNICODE_STRING FileName, PUNICODE_STRING Extension,
                                 PUNICODE_STRING Stream, PUNICODE_STRING FinalComponent)
{
    UNICODE_STRING Parts[3];

    ntcb_require_kernel(__func__);
    FltpParse(FileName, &Parts[0], &Parts[1], &Parts[2]);
    if (FinalComponent != NULL) {
        *FinalComponent = Parts[0];
    }
    if (Stream != NULL) {
        *Stream = Parts[1];
    }
    if (Extension != NULL) {
        *Extension = Parts[2];
    }
    return STATUS_SUCCESS;
}

NTSTATUS FLTAPI FltParseFileNameInformation(PFLT_FILE_NAME_INFORMATION NameInformation)
{
    PFLT_FILE_NAME_INFORMATION Information = NameInformation;
    USHORT Volume, Final;

    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, APC_LEVEL, "DV-26", 0);
    if (Information->Size != sizeof(*Information)) {
        return STATUS_INVALID_PARAMETER;
    }
    FltpParse(&Information->Name, &Information->FinalComponent, &Information->Stream,
              &Information->Extension);
    Volume = (USHORT)(Information->Volume.Length / sizeof(WCHAR));
    Final =
        (USHORT)((Information->Name.Length - Information->FinalComponent.Length) / sizeof(WCHAR));
    Information->ParentDir = FltpPart(&Information->Name, Volume, Final > Volume ? Final : Volume);
    Information->NamesParsed = FLTFL_FILE_NAME_PARSED_FINAL_COMPONENT |
                               FLTFL_FILE_NAME_PARSED_EXTENSION | FLTFL_FILE_NAME_PARSED_STREAM |
                               FLTFL_FILE_NAME_PARSED_PARENT_DIR;
    return STATUS_SUCCESS;
}

NTSTATUS FLTAPI FltRegisterFilter(PDRIVER_OBJECT Driver, const FLT_REGISTRATION *Registration,
                                  PFLT_FILTER *RetFilter)
{
    ntcb_require_kernel(__func__);
    ntcb_check_irql(__func__, APC_LEVEL, "DV-26", 0);
    *RetFilter = NULL;
    if (Registration->Size != sizeof(*Registration) ||
        Registration->Version < FLT_REGISTRATION_VERSION_0200 ||
        Registration->Version > FLT_REGISTRATION_VERSION) {
        return STATUS_INVALID_PARAMETER;
    }
    *RetFilter = MmpAllocatePool(sizeof(**RetFilter), FLTP_FILTER_TAG, __builtin_return_address(0));
    if (*RetFilter == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (*RetFilter)->Driver = Driver;
    DbgPrint("ntcallback: FltRegisterFilter: %wZ is accepted as a filter, but no file operation is "
             "ever shown to it\n",
             &Driver->DriverName);
    return STATUS_SUCCESS;
}

NTSTATUS FLTAPI FltStartFiltering(PFLT_FILTER Filter)
{
    ntcb_require_kernel(__func__);
    DbgPrint("ntcallback: FltStartFiltering: %wZ filters nothing\n", &Filter->Driver->DriverName);
    return STATUS_SUCCESS;
}

VOID FLTAPI FltUnregisterFilter(PFLT_FILTER Filter)
{
    ntcb_require_kernel(__func__);
    MmpFreePool(Filter, FLTP_FILTER_TAG, __builtin_return_address(0));
}
