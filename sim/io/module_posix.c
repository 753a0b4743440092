/* SPDX-License-Identifier: MIT
 *
 * module_posix.c - driver modules as shared objects.
 *
 * A module loaded twice by the host's loader shares its variables. Two kernels must not, and a
 * driver that is loaded again must find its variables as they were built. So each load is of a copy
 * of the file. The copy is unlinked at once, except under a sanitizer, which reads it for names.
 */
#include "io/iop_state.h"
#include "ke/poison.h"
#include "mm/mmp.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IOP_KEEP_COPY (NTSIM_ASAN || NTSIM_TSAN)

static BOOLEAN IopCopyBytes(int From, int To)
{
    char Buffer[65536];
    ssize_t Got, Put, Now;

    while ((Got = read(From, Buffer, sizeof(Buffer))) > 0) {
        for (Put = 0; Put < Got; Put += Now) {
            Now = write(To, Buffer + Put, (size_t)(Got - Put));
            if (Now <= 0) {
                return FALSE;
            }
        }
    }
    return Got == 0;
}

/* Remove the copy and the directory it is alone in. */
static VOID IopRemoveCopy(struct IOP_MODULE *Module)
{
    char *Slash;

    if (Module->Copy[0] == '\0') {
        return;
    }
    unlink(Module->Copy);
    Slash = strrchr(Module->Copy, '/');
    *Slash = '\0';
    rmdir(Module->Copy);
    Module->Copy[0] = '\0';
}

/* A copy named like the original, so that reports and debuggers show that name. */
static BOOLEAN IopMakeCopy(const char *Path, struct IOP_MODULE *Module)
{
    const char *Base = strrchr(Path, '/') != NULL ? strrchr(Path, '/') + 1 : Path;
    const char *Temporary = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    char Directory[IOP_PATH_BYTES - IOP_NAME_BYTES];
    int From, To, Length;
    BOOLEAN Copied;

    Length = snprintf(Directory, sizeof(Directory), "%s/ntcallback-XXXXXX", Temporary);
    if (Length < 0 || (size_t)Length >= sizeof(Directory) || strlen(Base) >= IOP_NAME_BYTES ||
        mkdtemp(Directory) == NULL) {
        return FALSE;
    }
    snprintf(Module->Copy, sizeof(Module->Copy), "%s/%s", Directory, Base);
    From = open(Path, O_RDONLY | O_CLOEXEC);
    To = open(Module->Copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    Copied = From >= 0 && To >= 0 && IopCopyBytes(From, To);
    if (From >= 0) {
        close(From);
    }
    if (To >= 0) {
        close(To);
    }
    if (!Copied) {
        IopRemoveCopy(Module);
    }
    return Copied;
}

static NTSTATUS IopFindEntry(struct ntsim *Sim, const char *Path, struct IOP_MODULE *Module,
                             PDRIVER_INITIALIZE *Entry)
{
    void *Symbol = dlsym(Module->Handle, "DriverEntry");
    Dl_info Information;

    if (Symbol == NULL || dladdr(Symbol, &Information) == 0) {
        ntsim__fail(Sim, NTCB_ESTATUS, "%s has no function DriverEntry with C linkage", Path);
        return STATUS_DRIVER_ENTRYPOINT_NOT_FOUND;
    }
    Module->Base = Information.dli_fbase;
    memcpy(Entry, &Symbol, sizeof(Symbol)); /* ISO C has no cast from object to function pointer */
    return STATUS_SUCCESS;
}

/* A routine the kernel does not export is on Windows an entry point that was not found. */
static NTSTATUS IopRefuseModule(struct ntsim *Sim, const char *Path, const char *Why)
{
    static const char *const Undefined[] = {"undefined symbol", "ymbol not found"};
    char Absent[IOP_ABSENT_BYTES];

    for (SIZE_T i = 0; i < RTL_NUMBER_OF(Undefined); i++) {
        if (strstr(Why, Undefined[i]) != NULL) {
            MmpDescribeAbsent(Why, Absent, sizeof(Absent));
            ntsim__fail(Sim, NTCB_ESTATUS, "%s could not be loaded: %s: %s", Path, Why, Absent);
            return STATUS_DRIVER_ENTRYPOINT_NOT_FOUND;
        }
    }
    ntsim__fail(Sim, NTCB_ESTATUS, "%s could not be loaded: %s", Path, Why);
    return STATUS_INVALID_IMAGE_FORMAT;
}

NTSTATUS IopOpenModule(struct ntsim *Sim, const char *Path, struct IOP_MODULE *Module,
                       PDRIVER_INITIALIZE *Entry)
{
    NTSTATUS Status;

    if (access(Path, R_OK) != 0) {
        ntsim__fail(Sim, NTCB_ESTATUS, "%s: %s", Path, strerror(errno));
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (!IopMakeCopy(Path, Module)) {
        ntsim__fail(Sim, NTCB_ESTATUS, "%s could not be copied to the temporary directory: %s",
                    Path, strerror(errno));
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Module->File = open(Module->Copy, O_RDONLY | O_CLOEXEC);
    Module->Handle = Module->File >= 0 ? dlopen(Module->Copy, RTLD_NOW | RTLD_LOCAL) : NULL;
    if (Module->Handle == NULL) {
        Status = IopRefuseModule(Sim, Path, Module->File >= 0 ? dlerror() : strerror(errno));
        if (Module->File >= 0) {
            close(Module->File);
        }
        IopRemoveCopy(Module);
        return Status;
    }
    if (!IOP_KEEP_COPY) {
        IopRemoveCopy(Module);
    }
    Status = IopFindEntry(Sim, Path, Module, Entry);
    if (!NT_SUCCESS(Status)) {
        IopCloseModule(Module);
    }
    return Status;
}

VOID IopCloseModule(struct IOP_MODULE *Module)
{
    if (Module->Handle != NULL) {
        dlclose(Module->Handle);
        close(Module->File);
        Module->Handle = NULL;
    }
    IopRemoveCopy(Module);
}

BOOLEAN IopWithinModule(PVOID Module, const VOID *Address)
{
    const struct IOP_MODULE *Mine = Module;
    Dl_info Information;

    return Mine->Handle != NULL && dladdr(Address, &Information) != 0 &&
           Information.dli_fbase == Mine->Base;
}

BOOLEAN IopSameImage(const VOID *Left, const VOID *Right)
{
    Dl_info One, Other;

    return dladdr(Left, &One) != 0 && dladdr(Right, &Other) != 0 &&
           One.dli_fbase == Other.dli_fbase;
}

int IopModuleFile(const struct IOP_MODULE *Module)
{
    return dup(Module->File);
}
