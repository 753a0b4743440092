/* SPDX-License-Identifier: MIT
 *
 * hostfile_posix.c - files of the host, for a volume: found whatever the case, never outside.
 */
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 1601 to 1970, in 100 ns. */
#define IOP_UNIX_EPOCH 116444736000000000LL

static NTSTATUS IopHostStatus(int Error)
{
    static const struct {
        int Error;
        NTSTATUS Status;
    } Rows[] = {
        {ENOENT, STATUS_OBJECT_NAME_NOT_FOUND},
        {ENOTDIR, STATUS_OBJECT_PATH_NOT_FOUND},
        {EEXIST, STATUS_OBJECT_NAME_COLLISION},
        {EACCES, STATUS_ACCESS_DENIED},
        {EPERM, STATUS_ACCESS_DENIED},
        {ELOOP, STATUS_ACCESS_DENIED},
        {EROFS, STATUS_MEDIA_WRITE_PROTECTED},
        {ENOSPC, STATUS_DISK_FULL},
        {EDQUOT, STATUS_DISK_FULL},
        {EFBIG, STATUS_DISK_FULL},
        {ENOMEM, STATUS_INSUFFICIENT_RESOURCES},
        {EMFILE, STATUS_INSUFFICIENT_RESOURCES},
        {ENFILE, STATUS_INSUFFICIENT_RESOURCES},
        {ENAMETOOLONG, STATUS_NAME_TOO_LONG},
        {EISDIR, STATUS_FILE_IS_A_DIRECTORY},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Rows); Index++) {
        if (Rows[Index].Error == Error) {
            return Rows[Index].Status;
        }
    }
    return STATUS_IO_DEVICE_ERROR;
}

int IopHostRoot(const char *Path)
{
    return open(Path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

VOID IopHostClose(int Host)
{
    if (Host >= 0) {
        close(Host);
    }
}

/* The entry of the directory Path that equals Name but for case; FALSE: none. */
static BOOLEAN IopFindCase(int Root, const char *Path, PCUNICODE_STRING Name, char *Found,
                           size_t Bytes)
{
    int Host = openat(Root, *Path != '\0' ? Path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *Directory = Host >= 0 ? fdopendir(Host) : NULL;
    const struct dirent *Entry;
    BOOLEAN Same = FALSE;
    if (Directory == NULL) {
        IopHostClose(Host);
        return FALSE;
    }
    while (!Same && (Entry = readdir(Directory)) != NULL) {
        UNICODE_STRING Wide;
        if (!ntsim__utf16(Entry->d_name, &Wide)) {
            break;
        }
        Same = RtlEqualUnicodeString(&Wide, Name, TRUE) &&
               (size_t)snprintf(Found, Bytes, "%s", Entry->d_name) < Bytes;
        ntsim__release(Wide.Buffer);
    }
    closedir(Directory);
    return Same;
}

NTSTATUS IopHostStep(int Root, PCUNICODE_STRING Component, char Path[IOP_HOST_PATH],
                     BOOLEAN *Exists, BOOLEAN *Directory)
{
    size_t Length = strlen(Path);
    struct stat Stat;
    char Name[NAME_MAX + 1];
    if (ntsim__utf8(Component->Buffer, Component->Length / sizeof(WCHAR), Name, sizeof(Name)) >=
            sizeof(Name) ||
        Length + strlen(Name) + 2 > IOP_HOST_PATH) {
        return STATUS_NAME_TOO_LONG;
    }
    char Above[IOP_HOST_PATH];
    memcpy(Above, Path, Length + 1);
    snprintf(Path + Length, IOP_HOST_PATH - Length, "%s%s", Length != 0 ? "/" : "", Name);
    *Exists = fstatat(Root, Path, &Stat, AT_SYMLINK_NOFOLLOW) == 0;
    if (!*Exists && IopFindCase(Root, Above, Component, Name, sizeof(Name))) {
        if (Length + strlen(Name) + 2 > IOP_HOST_PATH) {
            return STATUS_NAME_TOO_LONG;
        }
        snprintf(Path + Length, IOP_HOST_PATH - Length, "%s%s", Length != 0 ? "/" : "", Name);
        *Exists = fstatat(Root, Path, &Stat, AT_SYMLINK_NOFOLLOW) == 0;
    }
    if (*Exists && !S_ISREG(Stat.st_mode) && !S_ISDIR(Stat.st_mode)) {
        return STATUS_ACCESS_DENIED;
    }
    *Directory = *Exists && S_ISDIR(Stat.st_mode);
    return STATUS_SUCCESS;
}

NTSTATUS IopHostOpen(int Root, const char *Path, BOOLEAN Directory, BOOLEAN Create, BOOLEAN Write,
                     int *Host)
{
    int Flags = O_CLOEXEC | O_NOFOLLOW | (Directory ? O_RDONLY | O_DIRECTORY : 0);
    if (Directory && Create && mkdirat(Root, Path, 0777) != 0) {
        return IopHostStatus(errno);
    }
    if (!Directory) {
        Flags |= (Write ? O_RDWR : O_RDONLY) | (Create ? O_CREAT | O_EXCL : 0);
    }
    *Host = openat(Root, *Path != '\0' ? Path : ".", Flags, 0666);
    return *Host >= 0 ? STATUS_SUCCESS : IopHostStatus(errno);
}

NTSTATUS IopHostIdentity(int Host, struct IOP_IDENTITY *Identity)
{
    struct stat Stat;
    if (fstat(Host, &Stat) != 0) {
        return IopHostStatus(errno);
    }
    *Identity = (struct IOP_IDENTITY){(uint64_t)Stat.st_dev, (uint64_t)Stat.st_ino};
    return STATUS_SUCCESS;
}

static LARGE_INTEGER IopTime(struct timespec Time)
{
    return (LARGE_INTEGER){.QuadPart = IOP_UNIX_EPOCH + (LONGLONG)Time.tv_sec * 10000000 +
                                       Time.tv_nsec / 100};
}

#ifdef __APPLE__
#define IOP_STAT_TIME(stat, which) ((stat).st_##which##timespec)
#else
#define IOP_STAT_TIME(stat, which) ((stat).st_##which##tim)
#endif

static struct IOP_HOST_INFO IopInfo(const struct stat *Stat)
{
    return (struct IOP_HOST_INFO){
        .Changed = IopTime(IOP_STAT_TIME(*Stat, c)),
        .Written = IopTime(IOP_STAT_TIME(*Stat, m)),
        .Accessed = IopTime(IOP_STAT_TIME(*Stat, a)),
        .Bytes = S_ISDIR(Stat->st_mode) ? 0 : Stat->st_size,
        .Allocated = S_ISDIR(Stat->st_mode) ? 0 : (LONGLONG)Stat->st_blocks * 512,
        .Links = (ULONG)Stat->st_nlink,
        .ReadOnly = (Stat->st_mode & 0222) == 0,
    };
}

NTSTATUS IopHostInfo(int Host, struct IOP_HOST_INFO *Info)
{
    struct stat Stat;
    if (fstat(Host, &Stat) != 0) {
        return IopHostStatus(errno);
    }
    *Info = IopInfo(&Stat);
    return STATUS_SUCCESS;
}

NTSTATUS IopHostList(int Root, const char *Path, IOP_HOST_EACH *Each, PVOID Context)
{
    int Host =
        openat(Root, *Path != '\0' ? Path : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *Directory = Host >= 0 ? fdopendir(Host) : NULL;
    const struct dirent *Found;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Directory == NULL) {
        Status = IopHostStatus(errno);
        IopHostClose(Host);
        return Status;
    }
    while (NT_SUCCESS(Status) && (Found = readdir(Directory)) != NULL) {
        struct stat Stat;
        if (strcmp(Found->d_name, ".") == 0 || strcmp(Found->d_name, "..") == 0 ||
            fstatat(Host, Found->d_name, &Stat, AT_SYMLINK_NOFOLLOW) != 0 ||
            (!S_ISREG(Stat.st_mode) && !S_ISDIR(Stat.st_mode))) {
            continue; /* one that has just gone is not there */
        }
        Status = Each(Context, &(struct IOP_HOST_ENTRY){.Name = Found->d_name,
                                                        .Directory = S_ISDIR(Stat.st_mode),
                                                        .Info = IopInfo(&Stat),
                                                        .Node = (uint64_t)Stat.st_ino});
    }
    closedir(Directory);
    return Status;
}

NTSTATUS IopHostRead(int Host, PVOID Buffer, SIZE_T Room, LONGLONG Offset, PSIZE_T Bytes)
{
    ssize_t Now = 1;
    *Bytes = 0;
    while (*Bytes < Room && Now > 0) {
        Now = pread(Host, (char *)Buffer + *Bytes, Room - *Bytes, Offset + (LONGLONG)*Bytes);
        *Bytes += Now > 0 ? (SIZE_T)Now : 0;
    }
    return Now >= 0 ? STATUS_SUCCESS : IopHostStatus(errno);
}

NTSTATUS IopHostWrite(int Host, const void *Buffer, SIZE_T Bytes, LONGLONG Offset)
{
    SIZE_T Done = 0;
    while (Done < Bytes) {
        ssize_t Now =
            pwrite(Host, (const char *)Buffer + Done, Bytes - Done, Offset + (LONGLONG)Done);
        if (Now <= 0) {
            return Now == 0 ? STATUS_DISK_FULL : IopHostStatus(errno);
        }
        Done += (SIZE_T)Now;
    }
    return STATUS_SUCCESS;
}

NTSTATUS IopHostTruncate(int Host, LONGLONG Bytes)
{
    return ftruncate(Host, Bytes) == 0 ? STATUS_SUCCESS : IopHostStatus(errno);
}

NTSTATUS IopHostFlush(int Host)
{
    return fsync(Host) == 0 || errno == EINVAL ? STATUS_SUCCESS : IopHostStatus(errno);
}

BOOLEAN IopHostIsEmpty(int Root, const char *Path)
{
    int Host = openat(Root, Path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *Directory = Host >= 0 ? fdopendir(Host) : NULL;
    ULONG Entries = 0;
    if (Directory == NULL) {
        IopHostClose(Host);
        return FALSE;
    }
    while (Entries < 3 && readdir(Directory) != NULL) {
        Entries++;
    }
    closedir(Directory);
    return Entries < 3; /* "." and ".." */
}

VOID IopHostDelete(int Root, const char *Path, BOOLEAN Directory)
{
    unlinkat(Root, Path, Directory ? AT_REMOVEDIR : 0);
}
