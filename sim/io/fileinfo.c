/* SPDX-License-Identifier: MIT
 *
 * fileinfo.c - what a file is asked about, and what is set without writing to it.
 */
#include "io/file.h"
#include "mm/mmp.h"

#include <stddef.h>
#include <string.h>

union IOP_INFORMATION {
    FILE_BASIC_INFORMATION Basic;
    FILE_STANDARD_INFORMATION Standard;
    FILE_POSITION_INFORMATION Position;
    FILE_DISPOSITION_INFORMATION Disposition;
    FILE_END_OF_FILE_INFORMATION EndOfFile;
    ULONG NameLength;
};

struct IOP_INFORMATION_CLASS {
    FILE_INFORMATION_CLASS Class;
    ULONG Bytes; /* that must fit */
    ACCESS_MASK Access;
    NTSTATUS (*Do)(struct IOP_FILE *File, union IOP_INFORMATION *Information);
};

/* The host does not say when a file was made: no later than any of its other times. */
VOID IopBasicInformation(const struct IOP_HOST_INFO *Info, BOOLEAN Directory,
                         PFILE_BASIC_INFORMATION Basic)
{
    LONGLONG Oldest = Info->Written.QuadPart;
    Oldest = Info->Accessed.QuadPart < Oldest ? Info->Accessed.QuadPart : Oldest;
    Oldest = Info->Changed.QuadPart < Oldest ? Info->Changed.QuadPart : Oldest;
    *Basic = (FILE_BASIC_INFORMATION){
        .CreationTime = {.QuadPart = Oldest},
        .LastAccessTime = Info->Accessed,
        .LastWriteTime = Info->Written,
        .ChangeTime = Info->Changed,
        .FileAttributes = (Directory ? FILE_ATTRIBUTE_DIRECTORY : 0u) |
                          (Info->ReadOnly ? FILE_ATTRIBUTE_READONLY : 0u) |
                          (!Directory ? FILE_ATTRIBUTE_ARCHIVE : 0u),
    };
}

static NTSTATUS IopQueryBasic(struct IOP_FILE *File, union IOP_INFORMATION *Information)
{
    struct IOP_HOST_INFO Info;
    NTSTATUS Status = IopHostInfo(File->Host, &Info);
    if (NT_SUCCESS(Status)) {
        IopBasicInformation(&Info, File->Directory, &Information->Basic);
    }
    return Status;
}

static NTSTATUS IopQueryStandard(struct IOP_FILE *File, union IOP_INFORMATION *Information)
{
    struct IOP_HOST_INFO Info;
    NTSTATUS Status = IopHostInfo(File->Host, &Info);
    if (NT_SUCCESS(Status)) {
        ntsim__lock(File->Volume->Lock);
        BOOLEAN Pending = File->Public.DeletePending;
        ntsim__unlock(File->Volume->Lock);
        Information->Standard = (FILE_STANDARD_INFORMATION){
            .AllocationSize = {.QuadPart = Info.Allocated},
            .EndOfFile = {.QuadPart = Info.Bytes},
            .NumberOfLinks = File->Directory ? 1 : Info.Links,
            .DeletePending = Pending,
            .Directory = File->Directory,
        };
    }
    return Status;
}

static NTSTATUS IopQueryPosition(struct IOP_FILE *File, union IOP_INFORMATION *Information)
{
    ntsim__lock(File->Lock);
    Information->Position.CurrentByteOffset = File->Public.CurrentByteOffset;
    ntsim__unlock(File->Lock);
    return STATUS_SUCCESS;
}

static NTSTATUS IopQueryName(struct IOP_FILE *File, union IOP_INFORMATION *Information)
{
    Information->NameLength = File->Public.FileName.Length;
    return STATUS_SUCCESS;
}

static NTSTATUS IopSetPosition(struct IOP_FILE *File, union IOP_INFORMATION *Information)
{
    if (Information->Position.CurrentByteOffset.QuadPart < 0) {
        return STATUS_INVALID_PARAMETER;
    }
    ntsim__lock(File->Lock);
    File->Public.CurrentByteOffset = Information->Position.CurrentByteOffset;
    ntsim__unlock(File->Lock);
    return STATUS_SUCCESS;
}

static NTSTATUS IopSetDisposition(struct IOP_FILE *File, union IOP_INFORMATION *Information)
{
    return IopDeleteLater(File, Information->Disposition.DeleteFile);
}

static NTSTATUS IopSetEndOfFile(struct IOP_FILE *File, union IOP_INFORMATION *Information)
{
    return Information->EndOfFile.EndOfFile.QuadPart >= 0
               ? IopHostTruncate(File->Host, Information->EndOfFile.EndOfFile.QuadPart)
               : STATUS_INVALID_PARAMETER;
}

static const struct IOP_INFORMATION_CLASS Queries[] = {
    {FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), FILE_READ_ATTRIBUTES, IopQueryBasic},
    {FileStandardInformation, sizeof(FILE_STANDARD_INFORMATION), 0, IopQueryStandard},
    {FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), 0, IopQueryPosition},
    {FileNameInformation, FIELD_OFFSET(FILE_NAME_INFORMATION, FileName), 0, IopQueryName},
};

static const struct IOP_INFORMATION_CLASS Sets[] = {
    {FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), 0, IopSetPosition},
    {FileDispositionInformation, sizeof(FILE_DISPOSITION_INFORMATION), DELETE, IopSetDisposition},
    {FileEndOfFileInformation, sizeof(FILE_END_OF_FILE_INFORMATION), FILE_WRITE_DATA,
     IopSetEndOfFile},
};

/* As IopReferenceFile, of a volume: devices have no such requests here. */
static NTSTATUS IopReferenceOnVolume(HANDLE Handle, ACCESS_MASK Access, KPROCESSOR_MODE Mode,
                                     struct IOP_FILE **File)
{
    NTSTATUS Status = IopReferenceFile(Handle, Access, Mode, File);
    if (NT_SUCCESS(Status) && (*File)->Volume == NULL) {
        ObpDereference(*File, NULL);
        Status = STATUS_INVALID_DEVICE_REQUEST;
    }
    return Status;
}

/* Everything before the class's own work. *Row: NOT_IMPLEMENTED for a class that Windows has. */
static NTSTATUS IopBegin(const struct IOP_INFORMATION_CLASS *Rows, ULONG Count, HANDLE Handle,
                         FILE_INFORMATION_CLASS Class, ULONG Length, KPROCESSOR_MODE Mode,
                         struct IOP_FILE **File, const struct IOP_INFORMATION_CLASS **Row)
{
    if ((ULONG)Class == 0 || Class >= FileMaximumInformation) {
        return STATUS_INVALID_INFO_CLASS;
    }
    for (*Row = Rows; *Row < Rows + Count; ++*Row) {
        if ((*Row)->Class == Class) {
            return Length < (*Row)->Bytes
                       ? STATUS_INFO_LENGTH_MISMATCH
                       : IopReferenceOnVolume(Handle, (*Row)->Access, Mode, File);
        }
    }
    return STATUS_NOT_IMPLEMENTED;
}

/* The name behind its length, as much of it as fits. */
static NTSTATUS IopCopyName(KPROCESSOR_MODE Mode, const struct IOP_FILE *File, PVOID Answer,
                            ULONG Length, PULONG Bytes)
{
    ULONG Offset = FIELD_OFFSET(FILE_NAME_INFORMATION, FileName);
    ULONG Room = Length - Offset;
    ULONG Whole = File->Public.FileName.Length;
    ULONG Fits = Room < Whole ? Room & ~1u : Whole;
    NTSTATUS Status = MmpCopy(Mode, (PUCHAR)Answer + Offset, File->Public.FileName.Buffer, Fits);
    *Bytes = Offset + Fits;
    return !NT_SUCCESS(Status) ? Status : Fits < Whole ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* NtQueryInformationFile - FileBasicInformation, FileStandardInformation, FilePositionInformation
 * and FileNameInformation (from the volume on).
 *
 * Returns STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW (the name did not fit), STATUS_INVALID_INFO_CLASS,
 *         STATUS_NOT_IMPLEMENTED (another class), STATUS_INFO_LENGTH_MISMATCH,
 *         STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED,
 *         STATUS_ACCESS_VIOLATION, STATUS_INVALID_DEVICE_REQUEST (no file of a volume)
 * IRQL    PASSIVE_LEVEL */
NTSTATUS NTAPI NtQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                      PVOID FileInformation, ULONG Length,
                                      FILE_INFORMATION_CLASS FileInformationClass)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    const struct IOP_INFORMATION_CLASS *Row;
    union IOP_INFORMATION Information;
    struct IOP_FILE *File;
    ULONG Bytes;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = IopBegin(Queries, RTL_NUMBER_OF(Queries), FileHandle, FileInformationClass,
                               Length, Mode, &File, &Row);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    memset(&Information, 0, sizeof(Information));
    Bytes = Row->Bytes;
    Status = MmpProbe(Mode, FileInformation, Length, TRUE);
    if (NT_SUCCESS(Status)) {
        Status = MmpProbe(Mode, IoStatusBlock, sizeof(*IoStatusBlock), TRUE);
    }
    if (NT_SUCCESS(Status)) {
        Status = Row->Do(File, &Information);
    }
    if (NT_SUCCESS(Status)) {
        Status = MmpCopy(Mode, FileInformation, &Information, Row->Bytes);
    }
    if (NT_SUCCESS(Status) && Row->Class == FileNameInformation) {
        Status = IopCopyName(Mode, File, FileInformation, Length, &Bytes);
    }
    if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW) {
        Status = IopComplete(Mode, IoStatusBlock, Status, Bytes);
    }
    ObpDereference(File, NULL);
    return Status;
}

/* NtSetInformationFile - FilePositionInformation, FileDispositionInformation and
 * FileEndOfFileInformation. As NtQueryInformationFile; STATUS_INVALID_PARAMETER (below 0),
 * STATUS_CANNOT_DELETE, STATUS_DIRECTORY_NOT_EMPTY, STATUS_DISK_FULL besides. */
NTSTATUS NTAPI NtSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                    PVOID FileInformation, ULONG Length,
                                    FILE_INFORMATION_CLASS FileInformationClass)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    const struct IOP_INFORMATION_CLASS *Row;
    union IOP_INFORMATION Information;
    struct IOP_FILE *File;
    ntcb_require_kernel(__func__);
    NTSTATUS Status = IopBegin(Sets, RTL_NUMBER_OF(Sets), FileHandle, FileInformationClass, Length,
                               Mode, &File, &Row);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = MmpProbe(Mode, IoStatusBlock, sizeof(*IoStatusBlock), TRUE);
    if (NT_SUCCESS(Status)) {
        Status = MmpProbe(Mode, FileInformation, Row->Bytes, FALSE);
    }
    if (NT_SUCCESS(Status)) {
        Status = MmpCopy(Mode, &Information, FileInformation, Row->Bytes);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopComplete(Mode, IoStatusBlock, Row->Do(File, &Information), 0);
    }
    ObpDereference(File, NULL);
    return Status;
}
