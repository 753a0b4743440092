/* SPDX-License-Identifier: MIT
 *
 * filedir.c - NtQueryDirectoryFile: the entries of a listing (filelist.c) laid out as a class has
 * them.
 */
#include "io/request.h"
#include "mm/mmp.h"
#include "ps/zw.h"

#include <ntcallback/ddk/ntifs_dir.h>

#include <stddef.h>
#include <string.h>

#define IOP_NONE 0xFFFFu
#define IOP_LISTED_BYTES 65536u /* of entries that one call returns at most, but for one */

/* Where a class has what; but for the first two members each begins as FILE_DIRECTORY_INFORMATION
 * does. */
static const struct IOP_LAYOUT {
    FILE_INFORMATION_CLASS Class;
    USHORT Least; /* bytes that a caller has to have room for */
    USHORT NameLength, Name;
    USHORT FileId; /* IOP_NONE: no such member */
    BOOLEAN NamesAlone;
} IopLayouts[] = {
#define IOP_LAYOUT(class, type, id)                                                              \
    {                                                                                            \
        class, sizeof(type), offsetof(type, FileNameLength), offsetof(type, FileName), id, FALSE \
    }
    IOP_LAYOUT(FileDirectoryInformation, FILE_DIRECTORY_INFORMATION, IOP_NONE),
    IOP_LAYOUT(FileFullDirectoryInformation, FILE_FULL_DIR_INFORMATION, IOP_NONE),
    IOP_LAYOUT(FileBothDirectoryInformation, FILE_BOTH_DIR_INFORMATION, IOP_NONE),
    IOP_LAYOUT(FileIdBothDirectoryInformation, FILE_ID_BOTH_DIR_INFORMATION,
               offsetof(FILE_ID_BOTH_DIR_INFORMATION, FileId)),
    IOP_LAYOUT(FileIdFullDirectoryInformation, FILE_ID_FULL_DIR_INFORMATION,
               offsetof(FILE_ID_FULL_DIR_INFORMATION, FileId)),
    {FileNamesInformation, sizeof(FILE_NAMES_INFORMATION),
     offsetof(FILE_NAMES_INFORMATION, FileNameLength), offsetof(FILE_NAMES_INFORMATION, FileName),
     IOP_NONE, TRUE},
};

/* One call. */
struct IOP_QUERY {
    KPROCESSOR_MODE Mode;
    const struct IOP_LAYOUT *Layout;
    struct IOP_FILE *File; /* referenced */
    PVOID Buffer;
    ULONG Length;
    BOOLEAN Single, Restart;
    UNICODE_STRING Pattern; /* of ntsim__allocate */
    PUCHAR Answer;          /* of pool, Room bytes */
    ULONG Room;
    ULONG Bytes; /* of it, written */
};

static NTSTATUS IopFindLayout(FILE_INFORMATION_CLASS Class, const struct IOP_LAYOUT **Layout)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(IopLayouts); Index++) {
        if (IopLayouts[Index].Class == Class) {
            *Layout = &IopLayouts[Index];
            return STATUS_SUCCESS;
        }
    }
    return (ULONG)Class == 0 || Class >= FileMaximumInformation ? STATUS_INVALID_INFO_CLASS
                                                                : STATUS_NOT_IMPLEMENTED;
}

/* ---- an entry ---- */

static VOID IopLayFixed(const struct IOP_QUERY *Query, const struct IOP_ENTRY *Entry, PUCHAR At)
{
    const struct IOP_LAYOUT *Layout = Query->Layout;
    const ULONG NameLength = Entry->Name.Length;
    memset(At, 0, Layout->Name);
    memcpy(At + Layout->NameLength, &NameLength, sizeof(NameLength));
    if (Layout->NamesAlone) {
        return;
    }
    FILE_BASIC_INFORMATION Basic;
    PFILE_DIRECTORY_INFORMATION Fixed = (PFILE_DIRECTORY_INFORMATION)(PVOID)At;
    IopBasicInformation(&Entry->Info, Entry->Directory, &Basic);
    Fixed->CreationTime = Basic.CreationTime;
    Fixed->LastAccessTime = Basic.LastAccessTime;
    Fixed->LastWriteTime = Basic.LastWriteTime;
    Fixed->ChangeTime = Basic.ChangeTime;
    Fixed->EndOfFile.QuadPart = Entry->Info.Bytes;
    Fixed->AllocationSize.QuadPart = Entry->Info.Allocated;
    Fixed->FileAttributes = Basic.FileAttributes;
    if (Layout->FileId != IOP_NONE) {
        memcpy(At + Layout->FileId, &Entry->Node, sizeof(Entry->Node));
    }
}

/* At Offset. SUCCESS; BUFFER_OVERFLOW: part of the name is not there. */
static NTSTATUS IopLayEntry(struct IOP_QUERY *Query, const struct IOP_ENTRY *Entry, ULONG Offset)
{
    const ULONG Room = Query->Room - Offset - Query->Layout->Name;
    const ULONG Fits = Entry->Name.Length <= Room ? Entry->Name.Length : Room & ~1u;
    IopLayFixed(Query, Entry, Query->Answer + Offset);
    memcpy(Query->Answer + Offset + Query->Layout->Name, Entry->Name.Buffer, Fits);
    Query->Bytes = Offset + Query->Layout->Name + Fits;
    return Fits == Entry->Name.Length ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

/* As many as fit; but the first comes even if its name does not. */
static NTSTATUS IopLayEntries(struct IOP_QUERY *Query, struct IOP_LISTING *Listing)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Last = 0, Offset = 0;
    for (ULONG Count = 0; Listing->Next < Listing->Count && (Count == 0 || !Query->Single);
         Count++) {
        const struct IOP_ENTRY *Entry = Listing->Entries[Listing->Next];
        Offset = (Query->Bytes + 7) & ~7u;
        if (Count != 0 && (Offset > Query->Room || Query->Room - Offset < Query->Layout->Name ||
                           Query->Room - Offset - Query->Layout->Name < Entry->Name.Length)) {
            break;
        }
        if (Count != 0) {
            const ULONG Distance = Offset - Last;
            memcpy(Query->Answer + Last, &Distance, sizeof(Distance));
            memset(Query->Answer + Query->Bytes, 0, Offset - Query->Bytes);
        }
        Status = IopLayEntry(Query, Entry, Offset);
        Last = Offset;
        Listing->Next++;
        if (Status != STATUS_SUCCESS) {
            break;
        }
    }
    return Status;
}

/* ---- the service ---- */

static NTSTATUS IopQueryLocked(struct IOP_QUERY *Query)
{
    BOOLEAN First;
    NTSTATUS Status = IopListDirectory(Query->File, &Query->Pattern, Query->Restart, &First);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    struct IOP_LISTING *Listing = Query->File->Listing;
    if (Listing->Next == Listing->Count) {
        return First ? STATUS_NO_SUCH_FILE : STATUS_NO_MORE_FILES;
    }
    return IopLayEntries(Query, Listing);
}

static NTSTATUS IopCapturePattern(struct IOP_QUERY *Query, PUNICODE_STRING Given)
{
    UNICODE_STRING Pattern = {0, 0, NULL};
    NTSTATUS Status = STATUS_SUCCESS;
    if (Given != NULL) {
        Status = MmpProbe(Query->Mode, Given, sizeof(*Given), FALSE);
        Status =
            NT_SUCCESS(Status) ? MmpCopy(Query->Mode, &Pattern, Given, sizeof(Pattern)) : Status;
    }
    if (!NT_SUCCESS(Status) || Pattern.Length == 0) {
        return Status;
    }
    if (Pattern.Length % sizeof(WCHAR) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Query->Pattern.Buffer = ntsim__allocate(Pattern.Length);
    if (Query->Pattern.Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Query->Pattern.Length = Pattern.Length;
    Status = MmpProbe(Query->Mode, Pattern.Buffer, Pattern.Length, FALSE);
    return NT_SUCCESS(Status)
               ? MmpCopy(Query->Mode, Query->Pattern.Buffer, Pattern.Buffer, Pattern.Length)
               : Status;
}

/* With the file referenced and the answer begun. */
static NTSTATUS IopQueryDirectory(struct IOP_QUERY *Query)
{
    if (Query->File->Volume == NULL) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (!Query->File->Directory) {
        return STATUS_INVALID_PARAMETER;
    }
    Query->Room = Query->Length < IOP_LISTED_BYTES ? Query->Length : IOP_LISTED_BYTES;
    Query->Answer = ExAllocatePoolWithTag(PagedPool, Query->Room, IOP_TAG);
    if (Query->Answer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeClearEvent(&Query->File->Public.Event);
    ntsim__lock(Query->File->Lock);
    NTSTATUS Status = IopQueryLocked(Query);
    ntsim__unlock(Query->File->Lock);
    NTSTATUS Copied = MmpCopy(Query->Mode, Query->Buffer, Query->Answer, Query->Bytes);
    ExFreePoolWithTag(Query->Answer, IOP_TAG);
    return NT_SUCCESS(Copied) ? Status : Copied;
}

/* What is told of the caller's memory and the file. *File is referenced on success. */
static NTSTATUS IopBeginQuery(struct IOP_QUERY *Query, HANDLE FileHandle,
                              PIO_STATUS_BLOCK IoStatusBlock, PUNICODE_STRING FileName)
{
    NTSTATUS Status = Query->Length < Query->Layout->Least
                          ? STATUS_INFO_LENGTH_MISMATCH
                          : MmpProbe(Query->Mode, IoStatusBlock, sizeof(*IoStatusBlock), TRUE);
    if (NT_SUCCESS(Status)) {
        Status = MmpProbe(Query->Mode, Query->Buffer, Query->Length, TRUE);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopCapturePattern(Query, FileName);
    }
    return NT_SUCCESS(Status)
               ? IopReferenceFile(FileHandle, FILE_LIST_DIRECTORY, Query->Mode, &Query->File)
               : Status;
}

NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                    PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                    PVOID FileInformation, ULONG Length,
                                    FILE_INFORMATION_CLASS FileInformationClass,
                                    BOOLEAN ReturnSingleEntry, PUNICODE_STRING FileName,
                                    BOOLEAN RestartScan)
{
    const struct IOP_ASKED Asked = {Event, ApcRoutine, ApcContext, IoStatusBlock};
    struct IOP_QUERY Query = {.Mode = ExGetPreviousMode(),
                              .Buffer = FileInformation,
                              .Length = Length,
                              .Single = ReturnSingleEntry,
                              .Restart = RestartScan};
    struct IOP_ANSWER Answer;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = IopFindLayout(FileInformationClass, &Query.Layout);
    if (NT_SUCCESS(Status)) {
        Status = IopBeginQuery(&Query, FileHandle, IoStatusBlock, FileName);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopBeginAnswer(&Answer, Query.Mode, &Asked);
        if (NT_SUCCESS(Status)) {
            Status = IopQueryDirectory(&Query);
            Status = IopAnswer(&Answer, Query.File, Status, Query.Bytes, FALSE);
        }
        IopEndAnswer(&Answer);
        ObpDereference(Query.File, NULL);
        IopLeaveService(Query.Mode);
    }
    ntsim__release(Query.Pattern.Buffer);
    return Status;
}

NTSTATUS NTAPI ZwQueryDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                    PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                    PVOID FileInformation, ULONG Length,
                                    FILE_INFORMATION_CLASS FileInformationClass,
                                    BOOLEAN ReturnSingleEntry, PUNICODE_STRING FileName,
                                    BOOLEAN RestartScan)
{
    PSP_ZW(NtQueryDirectoryFile(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock,
                                FileInformation, Length, FileInformationClass, ReturnSingleEntry,
                                FileName, RestartScan));
}
