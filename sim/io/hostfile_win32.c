/* SPDX-License-Identifier: MIT
 *
 * hostfile_win32.c - files of a Windows host, for a volume: never outside, links not followed.
 *
 * A file or directory is a descriptor of the C run-time library, which holds a handle of Windows.
 */
#include "io/file.h"
#include "ke/win32.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <string.h>

static NTSTATUS IopHostStatus(uint32_t Error)
{
    static const struct {
        uint32_t Error;
        NTSTATUS Status;
    } Rows[] = {
        {WIN32_ERROR_FILE_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND},
        {WIN32_ERROR_PATH_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND},
        {WIN32_ERROR_FILE_EXISTS, STATUS_OBJECT_NAME_COLLISION},
        {WIN32_ERROR_ALREADY_EXISTS, STATUS_OBJECT_NAME_COLLISION},
        {WIN32_ERROR_ACCESS_DENIED, STATUS_ACCESS_DENIED},
        {WIN32_ERROR_SHARING_VIOLATION, STATUS_SHARING_VIOLATION},
        {WIN32_ERROR_WRITE_PROTECT, STATUS_MEDIA_WRITE_PROTECTED},
        {WIN32_ERROR_DISK_FULL, STATUS_DISK_FULL},
        {WIN32_ERROR_NOT_ENOUGH_MEMORY, STATUS_INSUFFICIENT_RESOURCES},
        {WIN32_ERROR_TOO_MANY_OPEN_FILES, STATUS_INSUFFICIENT_RESOURCES},
        {WIN32_ERROR_FILENAME_TOO_LONG, STATUS_NAME_TOO_LONG},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Rows); Index++) {
        if (Rows[Index].Error == Error) {
            return Rows[Index].Status;
        }
    }
    return STATUS_IO_DEVICE_ERROR;
}

static WIN32_HANDLE IopHandle(int Host)
{
    return (WIN32_HANDLE)_get_osfhandle(Host);
}

/* A descriptor for Handle, or -1 and errno. */
static int IopDescriptor(WIN32_HANDLE Handle)
{
    int Host;

    if (Handle == WIN32_INVALID_HANDLE) {
        errno = ENOENT;
        return -1;
    }
    Host = _open_osfhandle((intptr_t)Handle, _O_BINARY);
    if (Host < 0) {
        CloseHandle(Handle);
    }
    return Host;
}

static BOOLEAN IopIsDirectory(int Host)
{
    struct win32_file_info Info;

    return GetFileInformationByHandle(IopHandle(Host), &Info) &&
           (Info.attributes & WIN32_ATTRIBUTE_DIRECTORY) != 0;
}

int IopHostRoot(const char *Path)
{
    WIN32_CHAR Wide[IOP_HOST_PATH];
    int Host;

    if (ntsim__win32_wide(Path, Wide, IOP_HOST_PATH) == 0) {
        errno = ENAMETOOLONG;
        return -1;
    }
    Host = IopDescriptor(CreateFileW(Wide, WIN32_GENERIC_READ, WIN32_SHARE_ALL, NULL,
                                     WIN32_OPEN_EXISTING, WIN32_FLAG_BACKUP, NULL));
    if (Host >= 0 && !IopIsDirectory(Host)) {
        IopHostClose(Host);
        errno = ENOTDIR;
        return -1;
    }
    return Host;
}

VOID IopHostClose(int Host)
{
    if (Host >= 0) {
        _close(Host);
    }
}

/* The whole path of Path, which is below Root; FALSE: it is too long. */
static BOOLEAN IopWholePath(int Root, const char *Path, WIN32_CHAR Wide[IOP_HOST_PATH])
{
    uint32_t Units = GetFinalPathNameByHandleW(IopHandle(Root), Wide, IOP_HOST_PATH, 0);
    uint32_t At;

    if (Units == 0 || Units + 2 > IOP_HOST_PATH) {
        return FALSE;
    }
    if (*Path != '\0') {
        Wide[Units] = u'\\';
        if (ntsim__win32_wide(Path, Wide + Units + 1, (int)(IOP_HOST_PATH - Units - 1)) == 0) {
            return FALSE;
        }
    }
    for (At = Units; Wide[At] != 0; At++) {
        Wide[At] = Wide[At] == u'/' ? u'\\' : Wide[At];
    }
    return TRUE;
}

NTSTATUS IopHostStep(int Root, PCUNICODE_STRING Component, char Path[IOP_HOST_PATH],
                     BOOLEAN *Exists, BOOLEAN *Directory)
{
    size_t Length = strlen(Path);
    WIN32_CHAR Wide[IOP_HOST_PATH];
    struct win32_found Found;
    WIN32_HANDLE Search;
    char Name[3 * RTL_NUMBER_OF(Found.name)];
    if (ntsim__utf8(Component->Buffer, Component->Length / sizeof(WCHAR), Name, sizeof(Name)) >=
            sizeof(Name) ||
        Component->Length / sizeof(WCHAR) > 255 || Length + strlen(Name) + 2 > IOP_HOST_PATH) {
        return STATUS_NAME_TOO_LONG;
    }
    snprintf(Path + Length, IOP_HOST_PATH - Length, "%s%s", Length != 0 ? "/" : "", Name);
    if (!IopWholePath(Root, Path, Wide)) {
        return STATUS_NAME_TOO_LONG;
    }
    Search = FindFirstFileW(Wide, &Found);
    *Exists = Search != WIN32_INVALID_HANDLE;
    *Directory = *Exists && (Found.attributes & WIN32_ATTRIBUTE_DIRECTORY) != 0;
    if (!*Exists) {
        return STATUS_SUCCESS;
    }
    FindClose(Search);
    if ((Found.attributes & WIN32_ATTRIBUTE_REPARSE) != 0) {
        return STATUS_ACCESS_DENIED;
    }
    if (WideCharToMultiByte(WIN32_UTF8, 0, Found.name, -1, Name, sizeof(Name), NULL, NULL) == 0 ||
        Length + strlen(Name) + 2 > IOP_HOST_PATH) {
        return STATUS_NAME_TOO_LONG;
    }
    snprintf(Path + Length, IOP_HOST_PATH - Length, "%s%s", Length != 0 ? "/" : "", Name);
    return STATUS_SUCCESS;
}

NTSTATUS IopHostOpen(int Root, const char *Path, BOOLEAN Directory, BOOLEAN Create, BOOLEAN Write,
                     int *Host)
{
    WIN32_CHAR Wide[IOP_HOST_PATH];
    WIN32_HANDLE Handle;
    if (!IopWholePath(Root, Path, Wide)) {
        return STATUS_NAME_TOO_LONG;
    }
    if (Directory && Create && !CreateDirectoryW(Wide, NULL)) {
        return IopHostStatus(GetLastError());
    }
    Handle = CreateFileW(Wide, WIN32_GENERIC_READ | (Write && !Directory ? WIN32_GENERIC_WRITE : 0),
                         WIN32_SHARE_ALL, NULL,
                         Create && !Directory ? WIN32_CREATE_NEW : WIN32_OPEN_EXISTING,
                         WIN32_FLAG_NO_FOLLOW | (Directory ? WIN32_FLAG_BACKUP : 0), NULL);
    if (Handle == WIN32_INVALID_HANDLE) {
        return IopHostStatus(GetLastError());
    }
    *Host = IopDescriptor(Handle);
    return *Host >= 0 ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS IopHostIdentity(int Host, struct IOP_IDENTITY *Identity)
{
    struct win32_file_info Info;
    if (!GetFileInformationByHandle(IopHandle(Host), &Info)) {
        return IopHostStatus(GetLastError());
    }
    *Identity = (struct IOP_IDENTITY){Info.volume, (uint64_t)Info.node_high << 32 | Info.node_low};
    return STATUS_SUCCESS;
}

static LARGE_INTEGER IopTime(const uint32_t Time[2])
{
    return (LARGE_INTEGER){.QuadPart = (LONGLONG)((uint64_t)Time[1] << 32 | Time[0])};
}

NTSTATUS IopHostInfo(int Host, struct IOP_HOST_INFO *Info)
{
    struct win32_file_info File;
    LONGLONG Bytes;
    if (!GetFileInformationByHandle(IopHandle(Host), &File)) {
        return IopHostStatus(GetLastError());
    }
    Bytes = (File.attributes & WIN32_ATTRIBUTE_DIRECTORY) != 0
                ? 0
                : (LONGLONG)((uint64_t)File.bytes_high << 32 | File.bytes_low);
    *Info = (struct IOP_HOST_INFO){
        .Changed = IopTime(File.written),
        .Written = IopTime(File.written),
        .Accessed = IopTime(File.accessed),
        .Bytes = Bytes,
        .Allocated = (Bytes + PAGE_SIZE - 1) & ~(LONGLONG)(PAGE_SIZE - 1),
        .Links = File.links,
        .ReadOnly = (File.attributes & WIN32_ATTRIBUTE_READONLY) != 0,
    };
    return STATUS_SUCCESS;
}

static struct win32_overlapped IopAt(ULONGLONG Offset)
{
    return (struct win32_overlapped){.offset = (uint32_t)Offset,
                                     .offset_high = (uint32_t)(Offset >> 32)};
}

static uint32_t IopChunk(SIZE_T Bytes)
{
    return Bytes < 0x40000000 ? (uint32_t)Bytes : 0x40000000;
}

NTSTATUS IopHostRead(int Host, PVOID Buffer, SIZE_T Room, LONGLONG Offset, PSIZE_T Bytes)
{
    uint32_t Now = 1;
    *Bytes = 0;
    while (*Bytes < Room && Now > 0) {
        struct win32_overlapped Where = IopAt((ULONGLONG)Offset + *Bytes);
        if (!ReadFile(IopHandle(Host), (char *)Buffer + *Bytes, IopChunk(Room - *Bytes), &Now,
                      &Where)) {
            uint32_t Error = GetLastError();
            return Error == WIN32_ERROR_HANDLE_EOF ? STATUS_SUCCESS : IopHostStatus(Error);
        }
        *Bytes += Now;
    }
    return STATUS_SUCCESS;
}

NTSTATUS IopHostWrite(int Host, const void *Buffer, SIZE_T Bytes, LONGLONG Offset)
{
    SIZE_T Done = 0;
    while (Done < Bytes) {
        struct win32_overlapped Where = IopAt((ULONGLONG)Offset + Done);
        uint32_t Now;
        if (!WriteFile(IopHandle(Host), (const char *)Buffer + Done, IopChunk(Bytes - Done), &Now,
                       &Where)) {
            return IopHostStatus(GetLastError());
        }
        Done += Now;
    }
    return STATUS_SUCCESS;
}

NTSTATUS IopHostTruncate(int Host, LONGLONG Bytes)
{
    return SetFileInformationByHandle(IopHandle(Host), WIN32_FILE_END_INFO, &Bytes, sizeof(Bytes))
               ? STATUS_SUCCESS
               : IopHostStatus(GetLastError());
}

NTSTATUS IopHostFlush(int Host)
{
    /* One that is open for reading has nothing to write. */
    return FlushFileBuffers(IopHandle(Host)) || GetLastError() == WIN32_ERROR_ACCESS_DENIED
               ? STATUS_SUCCESS
               : IopHostStatus(GetLastError());
}

/* The search for what is in the directory Path, with its first entry. */
static WIN32_HANDLE IopSearch(int Root, const char *Path, struct win32_found *Found)
{
    char All[IOP_HOST_PATH];
    WIN32_CHAR Wide[IOP_HOST_PATH];
    if (snprintf(All, sizeof(All), "%s%s*", Path, *Path != '\0' ? "/" : "") >= (int)sizeof(All) ||
        !IopWholePath(Root, All, Wide)) {
        return WIN32_INVALID_HANDLE;
    }
    return FindFirstFileW(Wide, Found);
}

/* What the search does not tell: which file it is. */
static uint64_t IopNode(int Root, const char *Path, const char *Name, BOOLEAN Directory)
{
    char Whole[IOP_HOST_PATH];
    struct IOP_IDENTITY Identity = {0, 0};
    int Host;
    if (snprintf(Whole, sizeof(Whole), "%s%s%s", Path, *Path != '\0' ? "/" : "", Name) <
            (int)sizeof(Whole) &&
        NT_SUCCESS(IopHostOpen(Root, Whole, Directory, FALSE, FALSE, &Host))) {
        (void)IopHostIdentity(Host, &Identity);
        IopHostClose(Host);
    }
    return Identity.Node;
}

static struct IOP_HOST_INFO IopFoundInfo(const struct win32_found *Found)
{
    LONGLONG Bytes = (Found->attributes & WIN32_ATTRIBUTE_DIRECTORY) != 0
                         ? 0
                         : (LONGLONG)((uint64_t)Found->bytes_high << 32 | Found->bytes_low);
    return (struct IOP_HOST_INFO){
        .Changed = IopTime(Found->written),
        .Written = IopTime(Found->written),
        .Accessed = IopTime(Found->accessed),
        .Bytes = Bytes,
        .Allocated = (Bytes + PAGE_SIZE - 1) & ~(LONGLONG)(PAGE_SIZE - 1),
        .Links = 1,
        .ReadOnly = (Found->attributes & WIN32_ATTRIBUTE_READONLY) != 0,
    };
}

NTSTATUS IopHostList(int Root, const char *Path, IOP_HOST_EACH *Each, PVOID Context)
{
    struct win32_found Found;
    char Name[3 * RTL_NUMBER_OF(Found.name)];
    WIN32_HANDLE Search = IopSearch(Root, Path, &Found);
    NTSTATUS Status = STATUS_SUCCESS;
    if (Search == WIN32_INVALID_HANDLE) {
        uint32_t Error = GetLastError(); /* an empty root has not even "." */
        return Error == WIN32_ERROR_FILE_NOT_FOUND ? STATUS_SUCCESS : IopHostStatus(Error);
    }
    do {
        const BOOLEAN Directory = (Found.attributes & WIN32_ATTRIBUTE_DIRECTORY) != 0;
        if ((Found.attributes & WIN32_ATTRIBUTE_REPARSE) != 0 ||
            WideCharToMultiByte(WIN32_UTF8, 0, Found.name, -1, Name, sizeof(Name), NULL, NULL) ==
                0 ||
            strcmp(Name, ".") == 0 || strcmp(Name, "..") == 0) {
            continue;
        }
        Status =
            Each(Context, &(struct IOP_HOST_ENTRY){.Name = Name,
                                                   .Directory = Directory,
                                                   .Info = IopFoundInfo(&Found),
                                                   .Node = IopNode(Root, Path, Name, Directory)});
    } while (NT_SUCCESS(Status) && FindNextFileW(Search, &Found));
    FindClose(Search);
    return Status;
}

BOOLEAN IopHostIsEmpty(int Root, const char *Path)
{
    struct win32_found Found;
    WIN32_HANDLE Search = IopSearch(Root, Path, &Found);
    ULONG Entries = 1;
    if (Search == WIN32_INVALID_HANDLE) {
        return FALSE;
    }
    while (Entries < 3 && FindNextFileW(Search, &Found)) {
        Entries++;
    }
    FindClose(Search);
    return Entries < 3; /* "." and ".." */
}

VOID IopHostDelete(int Root, const char *Path, BOOLEAN Directory)
{
    WIN32_CHAR Wide[IOP_HOST_PATH];
    if (IopWholePath(Root, Path, Wide)) {
        if (Directory) {
            RemoveDirectoryW(Wide);
        } else {
            DeleteFileW(Wide);
        }
    }
}
