/* SPDX-License-Identifier: MIT
 *
 * file.h - volumes and the files that are open on them, within the I/O manager.
 *
 * Locks        IOP_VOLUME.Lock protects the list of open files and what is counted over it; a leaf.
 *              IOP_FILE.Lock serialises reads and writes that go by the file's position.
 * Invariants   F1  A file with a Volume is on its list from when its sharing was granted until
 *                  it is deleted, and Host is open as long.
 *              F2  Public's Read-, Write-, DeleteAccess and Shared... are constant on the list.
 *              F3  DeletePending, of the file and of what it names, is read and set under the
 *                  volume's lock.
 */
#ifndef SIM_IO_FILE_H
#define SIM_IO_FILE_H

#include "io/iop.h"
#include "ob/obp.h"

#include <stdint.h>

#define IOP_HOST_PATH 4096
#define IOP_TAG 0x6C466F49u /* "IoFl" */
#define IOP_VOLUME_NAME u"\\Device\\HarddiskVolume3"

/* A file of the host, whatever its name. */
struct IOP_IDENTITY {
    uint64_t Device;
    uint64_t Node;
};

struct IOP_VOLUME {
    DEVICE_OBJECT Public; /* first: drivers see this */
    struct ntsim__lock *Lock;
    LIST_ENTRY Files; /* IOP_FILE.Link */
    int Root;         /* the host's directory */
};

struct IOP_FILE {
    FILE_OBJECT Public; /* first: drivers see this */
    UNICODE_STRING Path;
    struct IOP_DEVICE *Device; /* a driver's, referenced (device.h); NULL: it is none of those */
    BOOLEAN Opened;            /* IRP_MJ_CREATE has succeeded */
    /* Of a file that was opened; Volume is NULL in what an image's callback is given. */
    struct IOP_VOLUME *Volume; /* referenced */
    LIST_ENTRY Link;
    struct ntsim__lock *Lock;
    struct IOP_IDENTITY Identity;
    BOOLEAN Directory;
    BOOLEAN DeleteOnClose;
    int Host;
    char *HostPath;              /* below the volume's root */
    struct IOP_LISTING *Listing; /* filelist.c; under Lock; NULL: nobody has asked yet */
};

/* What NtCreateFile asks of the volume's Parse. */
struct IOP_OPEN {
    ULONG Disposition;
    ULONG Options;
    ULONG ShareAccess;
    ULONG_PTR Information; /* out: FILE_OPENED... */
};

/* ---- hostfile.c, and of each host hostfile_posix.c, hostfile_win32.c ---- */
struct IOP_HOST_INFO {
    LARGE_INTEGER Changed, Written, Accessed; /* 100 ns since 1601 */
    LONGLONG Bytes;
    LONGLONG Allocated;
    ULONG Links;
    BOOLEAN ReadOnly;
};
/* The open directory Path, or -1 and errno. */
int IopHostRoot(const char *Path);
VOID IopHostClose(int Host);
/* Can it be a name of the volume? */
BOOLEAN IopIsFileName(PCUNICODE_STRING Name);
/* What Name, relative to Root and of any case, is called there. SUCCESS: *Exists or only the last
 * component is missing. OBJECT_PATH_NOT_FOUND, OBJECT_NAME_INVALID, NAME_TOO_LONG, ACCESS_DENIED (a
 * link of the host). */
NTSTATUS IopHostFind(int Root, PCUNICODE_STRING Name, char Path[IOP_HOST_PATH], BOOLEAN *Exists,
                     BOOLEAN *Directory);
/* One component of it: appended to Path as it is spelt there, or as it is given. */
NTSTATUS IopHostStep(int Root, PCUNICODE_STRING Component, char Path[IOP_HOST_PATH],
                     BOOLEAN *Exists, BOOLEAN *Directory);
/* Open or create; *Host is the caller's. */
NTSTATUS IopHostOpen(int Root, const char *Path, BOOLEAN Directory, BOOLEAN Create, BOOLEAN Write,
                     int *Host);
NTSTATUS IopHostIdentity(int Host, struct IOP_IDENTITY *Identity);
NTSTATUS IopHostInfo(int Host, struct IOP_HOST_INFO *Info);
/* *Bytes: as many as there are. */
NTSTATUS IopHostRead(int Host, PVOID Buffer, SIZE_T Room, LONGLONG Offset, PSIZE_T Bytes);
NTSTATUS IopHostWrite(int Host, const void *Buffer, SIZE_T Bytes, LONGLONG Offset);
NTSTATUS IopHostTruncate(int Host, LONGLONG Bytes);
NTSTATUS IopHostFlush(int Host);
/* What is in the directory Path but "." and "..", links and what else is no file: Each is called
 * for each entry until it fails; its status. Name is valid as long as the call. */
struct IOP_HOST_ENTRY {
    const char *Name;
    BOOLEAN Directory;
    struct IOP_HOST_INFO Info;
    uint64_t Node; /* IOP_IDENTITY.Node */
};
typedef NTSTATUS IOP_HOST_EACH(PVOID Context, const struct IOP_HOST_ENTRY *Entry);
NTSTATUS IopHostList(int Root, const char *Path, IOP_HOST_EACH *Each, PVOID Context);
/* Is a directory empty, as it must be to be deleted? */
BOOLEAN IopHostIsEmpty(int Root, const char *Path);
VOID IopHostDelete(int Root, const char *Path, BOOLEAN Directory);

/* ---- fileinfo.c ---- */
VOID IopBasicInformation(const struct IOP_HOST_INFO *Info, BOOLEAN Directory,
                         PFILE_BASIC_INFORMATION Basic);

/* ---- filelist.c ---- */
/* What a handle has seen of a directory: who is in it, as of when the scan began. */
struct IOP_ENTRY {
    UNICODE_STRING Name;
    BOOLEAN Directory;
    struct IOP_HOST_INFO Info;
    uint64_t Node;
};
struct IOP_LISTING {
    UNICODE_STRING Pattern; /* in upper case; empty: all */
    struct IOP_ENTRY **Entries;
    ULONG Count, Room;
    ULONG Next; /* the one that the next call begins with */
};
/* The file's listing, made or, with Restart, made anew. *First: this is the file's first call,
 * whose Pattern counts. Under the file's lock. */
NTSTATUS IopListDirectory(struct IOP_FILE *File, PCUNICODE_STRING Pattern, BOOLEAN Restart,
                          BOOLEAN *First);
VOID IopFreeListing(struct IOP_LISTING *Listing);

/* ---- fileopen.c ---- */
NTSTATUS IopParseVolume(struct OBP_PARSE *Parse);
/* Make it go once the last handle of all that are open on it is closed. CANNOT_DELETE,
 * DIRECTORY_NOT_EMPTY. */
NTSTATUS IopDeleteLater(struct IOP_FILE *File, BOOLEAN Delete);

/* The file is being deleted: let go of what is the volume's. */
VOID IopLeaveVolume(struct IOP_FILE *File);

/* *IoStatusBlock written; Status, or ACCESS_VIOLATION. */
NTSTATUS IopComplete(KPROCESSOR_MODE Mode, PIO_STATUS_BLOCK IoStatusBlock, NTSTATUS Status,
                     ULONG_PTR Information);

/* FILE_OBJECT.Flags of a file that is opened with these options. */
ULONG IopFlagsOf(ULONG Options);

/* ---- filerw.c ---- */
/* A file handle's object with those rights (any of them, if several), on a volume or a device's. As
 * ObReferenceObjectByHandle, INVALID_DEVICE_REQUEST, ACCESS_DENIED. */
NTSTATUS IopReferenceFile(HANDLE Handle, ACCESS_MASK AnyOf, KPROCESSOR_MODE Mode,
                          struct IOP_FILE **File);

#endif
