/* SPDX-License-Identifier: MIT
 *
 * module_win32.c - driver modules as DLLs.
 *
 * A driver's module imports all it needs from one name, that of the kernel (ntcallback_add_driver
 * sees to it), as a driver of Windows does. The host's loader knows no such file: it only maps the
 * module, and the imports are bound here, to what the program and our libraries export and to the
 * C run-time library's byte functions. A name that nobody has is one more than the driver may use.
 * Each load is of a copy of the file, as a module loaded twice would share its variables.
 */
#include "io/iop_state.h"
#include "ke/win32.h"
#include "mm/mmp.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <string.h>

#define IOP_WIDE_PATH 2048

/* What the loader's format says, as far as imports go. */
struct IOP_IMPORTS {
    ULONG Names; /* of the routines; offsets from the base, like the others */
    ULONG Time, Chain;
    ULONG Module;
    ULONG Addresses;
};
#define IOP_PE_OFFSET 0x3C
#define IOP_PE_IMPORTS (4 + 20 + 112 + 8) /* of a 64-bit image, from its signature */

static PVOID IopResolve(const char *Name)
{
    static const char *const Runtime[] = {"msvcrt.dll", "ucrtbase.dll"};
    const void *const Ours[] = {
        (const void *)(ULONG_PTR)ntsim_create,
        ntcb_host_default()}; /* the address of a function could be a jump to it */
    PVOID Found = GetProcAddress(GetModuleHandleA(NULL), Name);
    WIN32_HANDLE Module;
    ULONG Index;

    for (Index = 0; Found == NULL && Index < RTL_NUMBER_OF(Ours); Index++) {
        if (GetModuleHandleExA(WIN32_FROM_ADDRESS, Ours[Index], &Module)) {
            Found = GetProcAddress(Module, Name);
        }
    }
    for (Index = 0; Found == NULL && Index < RTL_NUMBER_OF(Runtime); Index++) {
        Module = GetModuleHandleA(Runtime[Index]);
        Found = Module != NULL ? GetProcAddress(Module, Name) : NULL;
    }
    return Found;
}

/* Write the addresses of all that the module imports; the name of the first that nobody has. */
static const char *IopBind(PUCHAR Base)
{
    ULONG Header, Table;
    struct IOP_IMPORTS *Imports;

    memcpy(&Header, Base + IOP_PE_OFFSET, sizeof(Header));
    memcpy(&Table, Base + Header + IOP_PE_IMPORTS, sizeof(Table));
    for (Imports = (PVOID)(Base + Table); Table != 0 && Imports->Module != 0; Imports++) {
        const ULONG64 *Names = (PVOID)(Base + Imports->Names);
        PVOID *Addresses = (PVOID)(Base + Imports->Addresses);
        uint32_t Old;

        for (SIZE_T Index = 0; Names[Index] != 0; Index++) {
            const char *Name = (const char *)Base + Names[Index] + sizeof(USHORT);
            PVOID Address = IopResolve(Name);

            if (Address == NULL) {
                return Name;
            }
            VirtualProtect(&Addresses[Index], sizeof(PVOID), WIN32_PAGE_READWRITE, &Old);
            Addresses[Index] = Address;
            VirtualProtect(&Addresses[Index], sizeof(PVOID), Old, &Old);
        }
    }
    return NULL;
}

/* Remove the copy and the directory it is alone in. */
static VOID IopRemoveCopy(struct IOP_MODULE *Module)
{
    WIN32_CHAR Wide[IOP_WIDE_PATH];

    if (Module->Copy[0] == '\0') {
        return;
    }
    if (ntsim__win32_wide(Module->Copy, Wide, RTL_NUMBER_OF(Wide)) != 0) {
        DeleteFileW(Wide);
    }
    *strrchr(Module->Copy, '\\') = '\0';
    if (ntsim__win32_wide(Module->Copy, Wide, RTL_NUMBER_OF(Wide)) != 0) {
        RemoveDirectoryW(Wide);
    }
    Module->Copy[0] = '\0';
}

/* A directory that nobody else has, below the one for temporary files. */
static BOOLEAN IopMakeDirectory(char Path[IOP_PATH_BYTES - IOP_NAME_BYTES])
{
    WIN32_CHAR Wide[IOP_WIDE_PATH];
    char Temporary[IOP_PATH_BYTES / 2];
    ULONG Number;
    int Length;

    if (GetTempPathW(RTL_NUMBER_OF(Wide), Wide) == 0 ||
        WideCharToMultiByte(WIN32_UTF8, 0, Wide, -1, Temporary, sizeof(Temporary), NULL, NULL) ==
            0) {
        return FALSE;
    }
    for (Number = 0; Number < 10000; Number++) {
        Length = snprintf(Path, IOP_PATH_BYTES - IOP_NAME_BYTES, "%sntcallback-%u-%u", Temporary,
                          GetCurrentProcessId(), Number);
        if (Length < 0 || (SIZE_T)Length >= IOP_PATH_BYTES - IOP_NAME_BYTES ||
            ntsim__win32_wide(Path, Wide, RTL_NUMBER_OF(Wide)) == 0) {
            return FALSE;
        }
        if (CreateDirectoryW(Wide, NULL)) {
            return TRUE;
        }
        if (GetLastError() != WIN32_ERROR_ALREADY_EXISTS) {
            return FALSE;
        }
    }
    return FALSE;
}

/* A copy named like the original, so that reports and debuggers show that name. */
static BOOLEAN IopMakeCopy(const char *Path, struct IOP_MODULE *Module,
                           WIN32_CHAR Copy[IOP_WIDE_PATH])
{
    const char *Base = Path + strlen(Path);
    char Directory[IOP_PATH_BYTES - IOP_NAME_BYTES];
    WIN32_CHAR From[IOP_WIDE_PATH];

    while (Base > Path && Base[-1] != '/' && Base[-1] != '\\') {
        Base--;
    }
    if (strlen(Base) >= IOP_NAME_BYTES || !IopMakeDirectory(Directory)) {
        return FALSE;
    }
    snprintf(Module->Copy, sizeof(Module->Copy), "%s\\%s", Directory, Base);
    if (ntsim__win32_wide(Path, From, IOP_WIDE_PATH) == 0 ||
        ntsim__win32_wide(Module->Copy, Copy, IOP_WIDE_PATH) == 0 || !CopyFileW(From, Copy, 1)) {
        IopRemoveCopy(Module);
        return FALSE;
    }
    return TRUE;
}

static NTSTATUS IopFindEntry(struct ntsim *Sim, const char *Path, struct IOP_MODULE *Module,
                             PDRIVER_INITIALIZE *Entry)
{
    PVOID Symbol = GetProcAddress(Module->Handle, "DriverEntry");
    const char *Missing;
    char Absent[IOP_ABSENT_BYTES];

    if (Symbol == NULL) {
        ntsim__fail(Sim, NTCB_ESTATUS, "%s has no function DriverEntry with C linkage", Path);
        return STATUS_DRIVER_ENTRYPOINT_NOT_FOUND;
    }
    Missing = IopBind(Module->Handle);
    if (Missing != NULL) {
        MmpDescribeAbsent(Missing, Absent, sizeof(Absent));
        ntsim__fail(Sim, NTCB_ESTATUS, "%s could not be loaded: undefined symbol: %s: %s", Path,
                    Missing, Absent);
        return STATUS_DRIVER_ENTRYPOINT_NOT_FOUND;
    }
    Module->Base = Module->Handle;
    memcpy(Entry, &Symbol, sizeof(Symbol)); /* ISO C has no cast from object to function pointer */
    return STATUS_SUCCESS;
}

NTSTATUS IopOpenModule(struct ntsim *Sim, const char *Path, struct IOP_MODULE *Module,
                       PDRIVER_INITIALIZE *Entry)
{
    WIN32_CHAR Copy[IOP_WIDE_PATH];
    NTSTATUS Status;

    if (ntsim__win32_wide(Path, Copy, IOP_WIDE_PATH) == 0 ||
        GetFileAttributesW(Copy) == WIN32_NO_ATTRIBUTES) {
        ntsim__fail(Sim, NTCB_ESTATUS, "%s: No such file or directory", Path);
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (!IopMakeCopy(Path, Module, Copy)) {
        ntsim__fail(Sim, NTCB_ESTATUS,
                    "%s could not be copied to the temporary directory: error %u", Path,
                    GetLastError());
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Module->Handle = LoadLibraryExW(Copy, NULL, WIN32_DONT_RESOLVE);
    if (Module->Handle == NULL) {
        ntsim__fail(Sim, NTCB_ESTATUS, "%s could not be loaded: error %u", Path, GetLastError());
        IopRemoveCopy(Module);
        return STATUS_INVALID_IMAGE_FORMAT;
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
        FreeLibrary(Module->Handle);
        Module->Handle = NULL;
    }
    IopRemoveCopy(Module);
}

BOOLEAN IopWithinModule(PVOID Module, const VOID *Address)
{
    const struct IOP_MODULE *Mine = Module;
    WIN32_HANDLE Host;

    return Mine->Handle != NULL && GetModuleHandleExA(WIN32_FROM_ADDRESS, Address, &Host) &&
           Host == Mine->Handle;
}

BOOLEAN IopSameImage(const VOID *Left, const VOID *Right)
{
    WIN32_HANDLE One, Other;

    return GetModuleHandleExA(WIN32_FROM_ADDRESS, Left, &One) &&
           GetModuleHandleExA(WIN32_FROM_ADDRESS, Right, &Other) && One == Other;
}

int IopModuleFile(const struct IOP_MODULE *Module)
{
    return _open(Module->Copy, _O_RDONLY | _O_BINARY);
}
