/* SPDX-License-Identifier: MIT
 *
 * map_posix.c - pages and files on POSIX systems.
 */
#include "mm/map.h"
#include "simp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if !defined(MAP_NORESERVE)
#define MAP_NORESERVE 0
#endif

#define MMP_FILE_MAX (512u << 20)

size_t MmpPageBytes(void)
{
    size_t Bytes = (size_t)sysconf(_SC_PAGESIZE);

    return Bytes < PAGE_SIZE ? PAGE_SIZE : Bytes;
}

void *MmpMapPages(size_t Bytes)
{
    void *Memory = mmap(NULL, Bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return Memory == MAP_FAILED ? NULL : Memory;
}

void MmpUnmapPages(void *Memory, size_t Bytes)
{
    munmap(Memory, Bytes);
}

void MmpProtectPages(void *Memory, size_t Bytes, enum MMP_ACCESS Access)
{
    static const int Protections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};
    size_t Before = (uintptr_t)Memory % MmpPageBytes();

    if (mprotect((char *)Memory - Before, Before + Bytes, Protections[Access]) != 0) {
        ntsim__fatal("mprotect: %s", strerror(errno));
    }
}

void MmpReservePages(void *Memory, size_t Bytes)
{
    if (mmap(Memory, Bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
             0) == MAP_FAILED) {
        ntsim__fatal("mmap: %s", strerror(errno));
    }
}

/* The kernel reads the byte for us and answers EFAULT instead of a signal. */
bool MmpReadable(const void *Address)
{
    int Pipe[2];
    bool Readable;

    if ((uintptr_t)Address > MMP_HIGHEST_READABLE || pipe(Pipe) != 0) { /* no kernel half to read */
        return false;
    }
    Readable = write(Pipe[1], Address, 1) == 1;
    close(Pipe[0]);
    close(Pipe[1]);
    return Readable;
}

static int MmpReadAll(struct ntsim *Sim, int Descriptor, const char *Path, uint8_t *File,
                      size_t Bytes)
{
    size_t Got = 0;

    while (Got < Bytes) {
        ssize_t Now = read(Descriptor, File + Got, Bytes - Got);

        if (Now < 0 && errno == EINTR) {
            continue;
        }
        if (Now <= 0) {
            return ntsim__fail(Sim, NTCB_EIO, "%s: %s after %zu of %zu bytes", Path,
                               Now == 0 ? "the file ended" : strerror(errno), Got, Bytes);
        }
        Got += (size_t)Now;
    }
    return NTCB_OK;
}

int MmpReadFile(struct ntsim *Sim, const char *Path, uint8_t **File, size_t *Bytes)
{
    int Descriptor = open(Path, O_RDONLY | O_CLOEXEC);
    struct stat Status;
    int Error;

    *File = NULL;
    if (Descriptor < 0) {
        return ntsim__fail(Sim, errno == ENOENT || errno == ENOTDIR ? NTCB_ENOENT : NTCB_EIO,
                           "%s: %s", Path, strerror(errno));
    }
    if (fstat(Descriptor, &Status) != 0 || !S_ISREG(Status.st_mode) ||
        Status.st_size > (off_t)MMP_FILE_MAX) {
        close(Descriptor);
        return ntsim__fail(Sim, NTCB_EIO, "%s: not a regular file of at most %u MiB", Path,
                           MMP_FILE_MAX >> 20);
    }
    *Bytes = (size_t)Status.st_size;
    *File = ntsim__allocate_in(Sim, *Bytes != 0 ? *Bytes : 1);
    if (*File == NULL) {
        Error = ntsim__fail(Sim, NTCB_ENOMEM, "%s: no memory for %zu bytes", Path, *Bytes);
    } else {
        Error = MmpReadAll(Sim, Descriptor, Path, *File, *Bytes);
    }
    close(Descriptor);
    if (Error != NTCB_OK) {
        ntsim__release_in(Sim, *File);
        *File = NULL;
    }
    return Error;
}
