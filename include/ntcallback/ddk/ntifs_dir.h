/* SPDX-License-Identifier: MIT */
/*
 * ntifs_dir.h - what is in a directory, and which devices a driver has.
 */
#ifndef NTCB_NTIFS_DIR_H
#define NTCB_NTIFS_DIR_H

#include "wdm_io.h"

NTCB_DDK_BEGIN_DECLS

typedef struct _FILE_DIRECTORY_INFORMATION {
    ULONG NextEntryOffset; /* 0: the last */
    ULONG FileIndex;       /* 0 */
    LARGE_INTEGER CreationTime;
    LARGE_INTEGER LastAccessTime;
    LARGE_INTEGER LastWriteTime;
    LARGE_INTEGER ChangeTime;
    LARGE_INTEGER EndOfFile;
    LARGE_INTEGER AllocationSize;
    ULONG FileAttributes;
    ULONG FileNameLength; /* of the whole name */
    WCHAR FileName[1];
} FILE_DIRECTORY_INFORMATION, *PFILE_DIRECTORY_INFORMATION;

typedef struct _FILE_FULL_DIR_INFORMATION {
    ULONG NextEntryOffset;
    ULONG FileIndex;
    LARGE_INTEGER CreationTime;
    LARGE_INTEGER LastAccessTime;
    LARGE_INTEGER LastWriteTime;
    LARGE_INTEGER ChangeTime;
    LARGE_INTEGER EndOfFile;
    LARGE_INTEGER AllocationSize;
    ULONG FileAttributes;
    ULONG FileNameLength;
    ULONG EaSize;
    WCHAR FileName[1];
} FILE_FULL_DIR_INFORMATION, *PFILE_FULL_DIR_INFORMATION;

typedef struct _FILE_ID_FULL_DIR_INFORMATION {
    ULONG NextEntryOffset;
    ULONG FileIndex;
    LARGE_INTEGER CreationTime;
    LARGE_INTEGER LastAccessTime;
    LARGE_INTEGER LastWriteTime;
    LARGE_INTEGER ChangeTime;
    LARGE_INTEGER EndOfFile;
    LARGE_INTEGER AllocationSize;
    ULONG FileAttributes;
    ULONG FileNameLength;
    ULONG EaSize;
    LARGE_INTEGER FileId;
    WCHAR FileName[1];
} FILE_ID_FULL_DIR_INFORMATION, *PFILE_ID_FULL_DIR_INFORMATION;

typedef struct _FILE_BOTH_DIR_INFORMATION {
    ULONG NextEntryOffset;
    ULONG FileIndex;
    LARGE_INTEGER CreationTime;
    LARGE_INTEGER LastAccessTime;
    LARGE_INTEGER LastWriteTime;
    LARGE_INTEGER ChangeTime;
    LARGE_INTEGER EndOfFile;
    LARGE_INTEGER AllocationSize;
    ULONG FileAttributes;
    ULONG FileNameLength;
    ULONG EaSize;
    CCHAR ShortNameLength; /* 0: none are made */
    WCHAR ShortName[12];
    WCHAR FileName[1];
} FILE_BOTH_DIR_INFORMATION, *PFILE_BOTH_DIR_INFORMATION;

typedef struct _FILE_ID_BOTH_DIR_INFORMATION {
    ULONG NextEntryOffset;
    ULONG FileIndex;
    LARGE_INTEGER CreationTime;
    LARGE_INTEGER LastAccessTime;
    LARGE_INTEGER LastWriteTime;
    LARGE_INTEGER ChangeTime;
    LARGE_INTEGER EndOfFile;
    LARGE_INTEGER AllocationSize;
    ULONG FileAttributes;
    ULONG FileNameLength;
    ULONG EaSize;
    CCHAR ShortNameLength;
    WCHAR ShortName[12];
    LARGE_INTEGER FileId;
    WCHAR FileName[1];
} FILE_ID_BOTH_DIR_INFORMATION, *PFILE_ID_BOTH_DIR_INFORMATION;

typedef struct _FILE_NAMES_INFORMATION {
    ULONG NextEntryOffset;
    ULONG FileIndex;
    ULONG FileNameLength;
    WCHAR FileName[1];
} FILE_NAMES_INFORMATION, *PFILE_NAMES_INFORMATION;

/*
 * ZwQueryDirectoryFile - the next entries of a directory of the volume, sorted by their names in
 * upper case; but for the root, "." and ".." come first.
 *
 * Event, ApcRoutine, ApcContext  as for ZwReadFile (docs/devices.md)
 * FileInformation      entries one behind the other, each at a multiple of 8 bytes
 * FileInformationClass FileDirectoryInformation, FileFullDirectoryInformation,
 *                      FileBothDirectoryInformation, FileNamesInformation,
 *                      FileIdBothDirectoryInformation, FileIdFullDirectoryInformation
 * ReturnSingleEntry    one at most
 * FileName             which names are wanted (FsRtlIsNameInExpression, in any case); NULL or
 *                      empty: all. That of the handle's first call counts for every call
 * RestartScan          from the first entry on, of what is there now
 * Returns  STATUS_SUCCESS               IoStatusBlock->Information bytes
 *          STATUS_NO_SUCH_FILE          the first call finds nothing
 *          STATUS_NO_MORE_FILES         a later one does
 *          STATUS_BUFFER_OVERFLOW       the first entry's name did not fit; the next call goes on
 *                                       behind it
 *          STATUS_INFO_LENGTH_MISMATCH  Length is less than the structure takes
 *          STATUS_INVALID_PARAMETER     FileHandle is no directory's
 *          STATUS_INVALID_INFO_CLASS; STATUS_NOT_IMPLEMENTED  another class of Windows
 *          STATUS_INVALID_DEVICE_REQUEST  no file of the volume: IRP_MJ_DIRECTORY_CONTROL is not
 *                                       sent
 *          STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH (the file, the event),
 *          STATUS_ACCESS_DENIED (FILE_LIST_DIRECTORY; EVENT_MODIFY_STATE),
 *          STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES
 */
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    ZwQueryDirectoryFile(_In_ HANDLE FileHandle, _In_opt_ HANDLE Event,
                         _In_opt_ PIO_APC_ROUTINE ApcRoutine, _In_opt_ PVOID ApcContext,
                         _Out_ PIO_STATUS_BLOCK IoStatusBlock,
                         _Out_writes_bytes_(Length) PVOID FileInformation, _In_ ULONG Length,
                         _In_ FILE_INFORMATION_CLASS FileInformationClass,
                         _In_ BOOLEAN ReturnSingleEntry, _In_opt_ PUNICODE_STRING FileName,
                         _In_ BOOLEAN RestartScan);
_IRQL_requires_max_(PASSIVE_LEVEL) NTSYSAPI NTSTATUS NTAPI
    NtQueryDirectoryFile(_In_ HANDLE FileHandle, _In_opt_ HANDLE Event,
                         _In_opt_ PIO_APC_ROUTINE ApcRoutine, _In_opt_ PVOID ApcContext,
                         _Out_ PIO_STATUS_BLOCK IoStatusBlock,
                         _Out_writes_bytes_(Length) PVOID FileInformation, _In_ ULONG Length,
                         _In_ FILE_INFORMATION_CLASS FileInformationClass,
                         _In_ BOOLEAN ReturnSingleEntry, _In_opt_ PUNICODE_STRING FileName,
                         _In_ BOOLEAN RestartScan);

/* The devices of a driver, each referenced: IoDeleteDevice may be called meanwhile, and the caller
 * dereferences them. DeviceObjectListSize in bytes; *ActualNumberDeviceObjects: how many there are.
 * SUCCESS; BUFFER_TOO_SMALL: as many as fit were given, and are referenced. */
_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI NTSTATUS NTAPI IoEnumerateDeviceObjectList(
    _In_ PDRIVER_OBJECT DriverObject,
    _Out_writes_bytes_to_opt_(DeviceObjectListSize,
                              *ActualNumberDeviceObjects * sizeof(PDEVICE_OBJECT))
        PDEVICE_OBJECT *DeviceObjectList,
    _In_ ULONG DeviceObjectListSize, _Out_ PULONG ActualNumberDeviceObjects);

NTCB_DDK_END_DECLS

#endif
