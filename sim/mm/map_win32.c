/* SPDX-License-Identifier: MIT
 *
 * map_win32.c - pages and files on Windows.
 */
#include "ke/win32.h"
#include "mm/map.h"
#include "simp.h"

#define MMP_FILE_MAX (512u << 20)

size_t MmpPageBytes(void)
{
    return PAGE_SIZE;
}

/* Windows promises the memory at once, and takes it when it is touched. */
void *MmpMapPages(size_t Bytes)
{
    return VirtualAlloc(NULL, Bytes, WIN32_RESERVE | WIN32_COMMIT, WIN32_PAGE_READWRITE);
}

void MmpUnmapPages(void *Memory, size_t Bytes)
{
    (void)Bytes;
    VirtualFree(Memory, 0, WIN32_RELEASE);
}

void MmpProtectPages(void *Memory, size_t Bytes, enum MMP_ACCESS Access)
{
    static const uint32_t Protections[] = {WIN32_PAGE_NOACCESS, WIN32_PAGE_READONLY,
                                           WIN32_PAGE_READWRITE};
    uint32_t Old;

    /* Pages that MmpReservePages has given back come again. */
    if (VirtualAlloc(Memory, Bytes, WIN32_COMMIT, Protections[Access]) == NULL ||
        !VirtualProtect(Memory, Bytes, Protections[Access], &Old)) {
        ntsim__fatal("VirtualProtect: error %u", GetLastError());
    }
}

void MmpReservePages(void *Memory, size_t Bytes)
{
    if (!VirtualFree(Memory, Bytes, WIN32_DECOMMIT)) {
        ntsim__fatal("VirtualFree: error %u", GetLastError());
    }
}

bool MmpReadable(const void *Address)
{
    struct win32_memory Memory;

    return VirtualQuery(Address, &Memory, sizeof(Memory)) != 0 && Memory.state == WIN32_COMMIT &&
           (Memory.protect & (WIN32_PAGE_NOACCESS | WIN32_PAGE_GUARD | WIN32_PAGE_EXECUTE)) == 0;
}

static int MmpReadAll(struct ntsim *Sim, WIN32_HANDLE Host, const char *Path, uint8_t *File,
                      size_t Bytes)
{
    size_t Got = 0;
    uint32_t Now;

    while (Got < Bytes) {
        if (!ReadFile(Host, File + Got, (uint32_t)(Bytes - Got), &Now, NULL) || Now == 0) {
            return ntsim__fail(Sim, NTCB_EIO, "%s: error %u after %zu of %zu bytes", Path,
                               GetLastError(), Got, Bytes);
        }
        Got += Now;
    }
    return NTCB_OK;
}

static WIN32_HANDLE MmpOpenFile(const char *Path)
{
    WIN32_CHAR Wide[4096];

    return ntsim__win32_wide(Path, Wide, RTL_NUMBER_OF(Wide)) == 0
               ? WIN32_INVALID_HANDLE
               : CreateFileW(Wide, WIN32_GENERIC_READ, WIN32_SHARE_ALL, NULL, WIN32_OPEN_EXISTING,
                             WIN32_FLAG_BACKUP, NULL);
}

int MmpReadFile(struct ntsim *Sim, const char *Path, uint8_t **File, size_t *Bytes)
{
    WIN32_HANDLE Host = MmpOpenFile(Path);
    uint32_t Reason = GetLastError();
    struct win32_file_info Info;
    int Error;

    *File = NULL;
    if (Host == WIN32_INVALID_HANDLE) {
        return ntsim__fail(
            Sim,
            Reason == WIN32_ERROR_FILE_NOT_FOUND || Reason == WIN32_ERROR_PATH_NOT_FOUND
                ? NTCB_ENOENT
                : NTCB_EIO,
            "%s: %s (error %u)", Path,
            Reason == WIN32_ERROR_FILE_NOT_FOUND ? "No such file or directory" : "cannot be read",
            Reason);
    }
    if (!GetFileInformationByHandle(Host, &Info) ||
        (Info.attributes & WIN32_ATTRIBUTE_DIRECTORY) != 0 || Info.bytes_high != 0 ||
        Info.bytes_low > MMP_FILE_MAX) {
        CloseHandle(Host);
        return ntsim__fail(Sim, NTCB_EIO, "%s: not a regular file of at most %u MiB", Path,
                           MMP_FILE_MAX >> 20);
    }
    *Bytes = Info.bytes_low;
    *File = ntsim__allocate_in(Sim, *Bytes != 0 ? *Bytes : 1);
    if (*File == NULL) {
        Error = ntsim__fail(Sim, NTCB_ENOMEM, "%s: no memory for %zu bytes", Path, *Bytes);
    } else {
        Error = MmpReadAll(Sim, Host, Path, *File, *Bytes);
    }
    CloseHandle(Host);
    if (Error != NTCB_OK) {
        ntsim__release_in(Sim, *File);
        *File = NULL;
    }
    return Error;
}
