/* SPDX-License-Identifier: MIT
 *
 * fileopen.c - files opened and created on a volume: dispositions, sharing, deletion.
 */
#include "io/file.h"
#include "mm/mmp.h"

#include <string.h>

/* ---- sharing ---- */

/* Does File, as it was asked for, go together with those that are open? With the volume's lock. */
static NTSTATUS IopCheckSharing(const struct IOP_VOLUME *Volume, const struct IOP_FILE *File)
{
    const FILE_OBJECT *New = &File->Public;
    for (PLIST_ENTRY Entry = Volume->Files.Flink; Entry != &Volume->Files; Entry = Entry->Flink) {
        const struct IOP_FILE *Other = CONTAINING_RECORD(Entry, struct IOP_FILE, Link);
        const FILE_OBJECT *Old = &Other->Public;
        if (Other->Identity.Device != File->Identity.Device ||
            Other->Identity.Node != File->Identity.Node) {
            continue;
        }
        if (Old->DeletePending) {
            return STATUS_DELETE_PENDING;
        }
        /* Whoever neither reads, writes nor deletes stands in nobody's way. */
        if (!(New->ReadAccess || New->WriteAccess || New->DeleteAccess) ||
            !(Old->ReadAccess || Old->WriteAccess || Old->DeleteAccess)) {
            continue;
        }
        if ((New->ReadAccess && !Old->SharedRead) || (New->WriteAccess && !Old->SharedWrite) ||
            (New->DeleteAccess && !Old->SharedDelete) || (Old->ReadAccess && !New->SharedRead) ||
            (Old->WriteAccess && !New->SharedWrite) || (Old->DeleteAccess && !New->SharedDelete)) {
            return STATUS_SHARING_VIOLATION;
        }
    }
    return STATUS_SUCCESS;
}

NTSTATUS IopDeleteLater(struct IOP_FILE *File, BOOLEAN Delete)
{
    struct IOP_VOLUME *Volume = File->Volume;
    if (Delete && (*File->HostPath == '\0')) {
        return STATUS_CANNOT_DELETE;
    }
    if (Delete && File->Directory && !IopHostIsEmpty(Volume->Root, File->HostPath)) {
        return STATUS_DIRECTORY_NOT_EMPTY;
    }
    ntsim__lock(Volume->Lock);
    for (PLIST_ENTRY Entry = Volume->Files.Flink; Entry != &Volume->Files; Entry = Entry->Flink) {
        struct IOP_FILE *Other = CONTAINING_RECORD(Entry, struct IOP_FILE, Link);
        if (Other->Identity.Device == File->Identity.Device &&
            Other->Identity.Node == File->Identity.Node) {
            Other->Public.DeletePending = Delete;
        }
    }
    ntsim__unlock(Volume->Lock);
    return STATUS_SUCCESS;
}

VOID IopLeaveVolume(struct IOP_FILE *File)
{
    struct IOP_VOLUME *Volume = File->Volume;
    BOOLEAN Last = TRUE;
    if (Volume == NULL) {
        return;
    }
    if (File->DeleteOnClose) {
        (void)IopDeleteLater(File, TRUE); /* a directory that has become full stays */
    }
    ntsim__lock(Volume->Lock);
    if (File->Link.Flink != NULL) {
        RemoveEntryList(&File->Link);
        for (PLIST_ENTRY Entry = Volume->Files.Flink; Entry != &Volume->Files;
             Entry = Entry->Flink) {
            const struct IOP_FILE *Other = CONTAINING_RECORD(Entry, struct IOP_FILE, Link);
            Last &= Other->Identity.Device != File->Identity.Device ||
                    Other->Identity.Node != File->Identity.Node;
        }
        if (Last && File->Public.DeletePending) {
            IopHostDelete(Volume->Root, File->HostPath, File->Directory);
        }
    }
    ntsim__unlock(Volume->Lock);
    IopHostClose(File->Host);
    if (File->Lock != NULL) {
        ntsim__lock_destroy(ntsim_current(), File->Lock);
    }
    IopFreeListing(File->Listing);
    ntsim__release(File->HostPath);
    ObpDereference(Volume, NULL);
}

/* ---- open and create ---- */

/* What the disposition makes of what is there. */
static NTSTATUS IopDispose(const struct IOP_OPEN *Open, BOOLEAN Exists, BOOLEAN Directory,
                           BOOLEAN *Truncate)
{
    *Truncate = FALSE;
    if (!Exists) {
        return Open->Disposition == FILE_OPEN || Open->Disposition == FILE_OVERWRITE
                   ? STATUS_OBJECT_NAME_NOT_FOUND
                   : STATUS_SUCCESS;
    }
    if (Open->Disposition == FILE_CREATE) {
        return STATUS_OBJECT_NAME_COLLISION;
    }
    if (Directory && (Open->Options & FILE_NON_DIRECTORY_FILE) != 0) {
        return STATUS_FILE_IS_A_DIRECTORY;
    }
    if (!Directory && (Open->Options & FILE_DIRECTORY_FILE) != 0) {
        return STATUS_NOT_A_DIRECTORY;
    }
    *Truncate = Open->Disposition != FILE_OPEN && Open->Disposition != FILE_OPEN_IF;
    return Directory && *Truncate ? STATUS_OBJECT_NAME_COLLISION : STATUS_SUCCESS;
}

static ULONG_PTR IopInformation(const struct IOP_OPEN *Open, BOOLEAN Exists, BOOLEAN Truncate)
{
    return !Exists                               ? FILE_CREATED
           : !Truncate                           ? FILE_OPENED
           : Open->Disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED
                                                 : FILE_OVERWRITTEN;
}

static NTSTATUS IopOpenHost(struct IOP_FILE *File, const struct IOP_OPEN *Open, BOOLEAN Exists,
                            BOOLEAN Truncate)
{
    struct IOP_VOLUME *Volume = File->Volume;
    NTSTATUS Status = IopHostOpen(Volume->Root, File->HostPath, File->Directory, !Exists,
                                  File->Public.WriteAccess || Truncate, &File->Host);
    if (NT_SUCCESS(Status)) {
        Status = IopHostIdentity(File->Host, &File->Identity);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ntsim__lock(Volume->Lock);
    Status = IopCheckSharing(Volume, File);
    if (NT_SUCCESS(Status)) {
        InsertTailList(&Volume->Files, &File->Link);
    }
    ntsim__unlock(Volume->Lock);
    if (NT_SUCCESS(Status) && Truncate) {
        Status = IopHostTruncate(File->Host, 0);
    }
    File->DeleteOnClose = NT_SUCCESS(Status) && (Open->Options & FILE_DELETE_ON_CLOSE) != 0;
    return Status;
}

/* The file object, without its host file. */
static NTSTATUS IopMakeFile(const struct OBP_PARSE *Parse, const struct IOP_OPEN *Open,
                            const char *HostPath, ACCESS_MASK Granted, struct IOP_FILE **Out)
{
    UNICODE_STRING Device = RTL_CONSTANT_STRING(IOP_VOLUME_NAME u"\\");
    WCHAR *Text = ntsim__allocate((SIZE_T)Device.Length + Parse->RemainingName.Length);
    SIZE_T Bytes = (SIZE_T)Device.Length + Parse->RemainingName.Length;
    PVOID Object = NULL;
    if (Text == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(Text, Device.Buffer, Device.Length);
    memcpy((PUCHAR)Text + Device.Length, Parse->RemainingName.Buffer, Parse->RemainingName.Length);
    UNICODE_STRING Path = {(USHORT)Bytes, (USHORT)Bytes, Text};
    NTSTATUS Status = Bytes <= 0xFFFE ? IopCreateFileObject(&Path, &Object) : STATUS_NAME_TOO_LONG;
    ntsim__release(Text);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    struct IOP_FILE *File = Object;
    ObpReference(Parse->RootObject, NULL);
    File->Volume = Parse->RootObject;
    File->Host = -1;
    File->Public.DeviceObject = &File->Volume->Public;
    File->Public.ReadAccess = (Granted & (FILE_READ_DATA | FILE_EXECUTE)) != 0;
    File->Public.WriteAccess = (Granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
    File->Public.DeleteAccess = (Granted & DELETE) != 0;
    File->Public.SharedRead = (Open->ShareAccess & FILE_SHARE_READ) != 0;
    File->Public.SharedWrite = (Open->ShareAccess & FILE_SHARE_WRITE) != 0;
    File->Public.SharedDelete = (Open->ShareAccess & FILE_SHARE_DELETE) != 0;
    File->Public.Flags = IopFlagsOf(Open->Options);
    File->Lock = ntsim__lock_create(ntsim_current());
    File->HostPath = ntsim__allocate(strlen(HostPath) + 1);
    if (File->Lock == NULL || File->HostPath == NULL) {
        ObpDereference(File, NULL);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(File->HostPath, HostPath, strlen(HostPath) + 1);
    *Out = File;
    return STATUS_SUCCESS;
}

NTSTATUS IopParseVolume(struct OBP_PARSE *Parse)
{
    const struct IOP_VOLUME *Volume = Parse->RootObject;
    struct IOP_OPEN Default = {.Disposition = FILE_OPEN, .ShareAccess = FILE_SHARE_VALID_FLAGS};
    struct IOP_OPEN *Open = Parse->Context != NULL ? Parse->Context : &Default;
    ACCESS_MASK Granted = ObpMapAccess(*IoFileObjectType, Parse->DesiredAccess);
    UNICODE_STRING Name = Parse->RemainingName;
    BOOLEAN Exists, Directory, Truncate;
    char HostPath[IOP_HOST_PATH];
    struct IOP_FILE *File;
    if (Parse->Wanted != *IoFileObjectType) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    while (Name.Length != 0 && Name.Buffer[Name.Length / sizeof(WCHAR) - 1] == u'\\') {
        Name.Length = (USHORT)(Name.Length - sizeof(WCHAR));
    }
    NTSTATUS Status = IopHostFind(Volume->Root, &Name, HostPath, &Exists, &Directory);
    if (NT_SUCCESS(Status)) {
        Status = IopDispose(Open, Exists, Directory, &Truncate);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopMakeFile(Parse, Open, HostPath, Granted, &File);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    File->Directory = Exists ? Directory : (Open->Options & FILE_DIRECTORY_FILE) != 0;
    Status = IopOpenHost(File, Open, Exists, Truncate);
    if (!NT_SUCCESS(Status)) {
        ObpDereference(File, NULL);
        return Status;
    }
    Open->Information = IopInformation(Open, Exists, Truncate);
    Parse->Object = File;
    Parse->GrantedAccess = Granted;
    return STATUS_SUCCESS;
}

/* ---- services ---- */

static NTSTATUS IopCheckCreate(ACCESS_MASK DesiredAccess, const struct IOP_OPEN *Open,
                               PVOID EaBuffer)
{
    const ULONG Synchronous = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
    const ULONG Kinds = FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE;
    if ((Open->ShareAccess & ~(ULONG)FILE_SHARE_VALID_FLAGS) != 0 ||
        Open->Disposition > FILE_MAXIMUM_DISPOSITION ||
        (Open->Options & ~(ULONG)FILE_VALID_OPTION_FLAGS) != 0 ||
        (Open->Options & Kinds) == Kinds || (Open->Options & Synchronous) == Synchronous) {
        return STATUS_INVALID_PARAMETER;
    }
    if (((Open->Options & Synchronous) != 0 && (DesiredAccess & SYNCHRONIZE) == 0 &&
         (DesiredAccess &
          (GENERIC_ALL | GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | MAXIMUM_ALLOWED)) == 0) ||
        ((Open->Options & FILE_DELETE_ON_CLOSE) != 0 &&
         (DesiredAccess & (DELETE | GENERIC_ALL | MAXIMUM_ALLOWED)) == 0) ||
        ((Open->Options & FILE_DIRECTORY_FILE) != 0 && Open->Disposition != FILE_OPEN &&
         Open->Disposition != FILE_CREATE && Open->Disposition != FILE_OPEN_IF)) {
        return STATUS_INVALID_PARAMETER;
    }
    return EaBuffer != NULL ? STATUS_EAS_NOT_SUPPORTED : STATUS_SUCCESS;
}

NTSTATUS IopComplete(KPROCESSOR_MODE Mode, PIO_STATUS_BLOCK IoStatusBlock, NTSTATUS Status,
                     ULONG_PTR Information)
{
    IO_STATUS_BLOCK Block = {.Status = Status, .Information = Information};
    NTSTATUS Copied = MmpCopy(Mode, IoStatusBlock, &Block, sizeof(Block));
    return NT_SUCCESS(Copied) ? Status : Copied;
}

/* NtCreateFile - open or make a file or directory of the volume.
 *
 * AllocationSize  not looked at: the host decides
 * FileAttributes  FILE_ATTRIBUTE_READONLY and the others are not kept
 * Returns STATUS_SUCCESS, STATUS_INVALID_PARAMETER (an option, share or disposition that cannot be,
 *         options that go against each other), STATUS_EAS_NOT_SUPPORTED, STATUS_ACCESS_VIOLATION,
 *         STATUS_OBJECT_NAME_INVALID, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND,
 *         STATUS_OBJECT_NAME_COLLISION, STATUS_FILE_IS_A_DIRECTORY, STATUS_NOT_A_DIRECTORY,
 *         STATUS_SHARING_VIOLATION, STATUS_DELETE_PENDING, STATUS_NAME_TOO_LONG,
 *         STATUS_ACCESS_DENIED (the host refuses, or a link of the host),
 *         STATUS_MEDIA_WRITE_PROTECTED, STATUS_DISK_FULL, STATUS_INSUFFICIENT_RESOURCES. On failure
 *         *FileHandle is as it was and *IoStatusBlock is not written.
 * IRQL    PASSIVE_LEVEL */
NTSTATUS NTAPI NtCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                            POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                            PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                            ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
                            ULONG EaLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    struct IOP_OPEN Open = {
        .Disposition = CreateDisposition, .Options = CreateOptions, .ShareAccess = ShareAccess};
    HANDLE Handle;
    UNREFERENCED_PARAMETER(AllocationSize);
    UNREFERENCED_PARAMETER(FileAttributes);
    UNREFERENCED_PARAMETER(EaLength);
    ntcb_require_kernel(__func__);
    NTSTATUS Status = IopCheckCreate(DesiredAccess, &Open, EaBuffer);
    if (NT_SUCCESS(Status)) {
        Status = MmpProbe(Mode, FileHandle, sizeof(*FileHandle), TRUE);
    }
    if (NT_SUCCESS(Status)) {
        Status = MmpProbe(Mode, IoStatusBlock, sizeof(*IoStatusBlock), TRUE);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObpOpenObjectByName(ObjectAttributes, *IoFileObjectType, Mode, DesiredAccess,
                                     &Open, &Handle);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = MmpCopy(Mode, FileHandle, &Handle, sizeof(Handle));
    if (NT_SUCCESS(Status)) {
        Status = IopComplete(Mode, IoStatusBlock, STATUS_SUCCESS, Open.Information);
    }
    if (!NT_SUCCESS(Status)) {
        ObCloseHandle(Handle, Mode);
    }
    return Status;
}

NTSTATUS NTAPI NtOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                          POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                          ULONG ShareAccess, ULONG OpenOptions)
{
    return NtCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, NULL, 0,
                        ShareAccess, FILE_OPEN, OpenOptions, NULL, 0);
}

NTSTATUS NTAPI NtDeleteFile(POBJECT_ATTRIBUTES ObjectAttributes)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    struct IOP_OPEN Open = {.Disposition = FILE_OPEN,
                            .Options = FILE_DELETE_ON_CLOSE,
                            .ShareAccess = FILE_SHARE_VALID_FLAGS};
    HANDLE Handle;
    ntcb_require_kernel(__func__);
    NTSTATUS Status =
        ObpOpenObjectByName(ObjectAttributes, *IoFileObjectType, Mode, DELETE, &Open, &Handle);
    return NT_SUCCESS(Status) ? ObCloseHandle(Handle, Mode) : Status;
}
