/* SPDX-License-Identifier: MIT
 *
 * linked_posix.c - where the code of a driver lies that is linked into the program.
 *
 * ntcallback_add_driver renames the sections with its code (cmake/NtcallbackSection.cmake), and the
 * linker keeps sections of one name together. Which section of the program DriverEntry lies in is
 * said by the section headers in the program's file; they are not loaded. On macOS nobody renames.
 */
#include "io/iop_state.h"

#if defined(__ELF__)

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#define IOP_SECTION "ntcbdrv_" /* and the driver's name */

static BOOLEAN IopReadAt(int File, void *Buffer, SIZE_T Bytes, ULONG64 At)
{
    return pread(File, Buffer, Bytes, (off_t)At) == (ssize_t)Bytes;
}

/* The section that holds Address, of the program as it is linked. */
static BOOLEAN IopFindSection(int File, ULONG_PTR Address, ElfW(Shdr) * Found)
{
    char Name[sizeof(IOP_SECTION) - 1];
    ElfW(Ehdr) Header;
    ElfW(Shdr) Names, Section;

    if (!IopReadAt(File, &Header, sizeof(Header), 0) || Header.e_shentsize != sizeof(Section) ||
        !IopReadAt(File, &Names, sizeof(Names),
                   Header.e_shoff + Header.e_shstrndx * sizeof(Section))) {
        return FALSE;
    }
    for (ULONG Index = 0; Index < Header.e_shnum; Index++) {
        if (!IopReadAt(File, &Section, sizeof(Section), Header.e_shoff + Index * sizeof(Section))) {
            return FALSE;
        }
        if ((Section.sh_flags & SHF_EXECINSTR) != 0 &&
            Address - Section.sh_addr < Section.sh_size) {
            *Found = Section;
            return IopReadAt(File, Name, sizeof(Name), Names.sh_offset + Section.sh_name) &&
                   memcmp(Name, IOP_SECTION, sizeof(Name)) == 0;
        }
    }
    return FALSE;
}

VOID IopFindLinked(const VOID *Entry, struct IOP_MODULE *Module)
{
    struct link_map *Map;
    ElfW(Shdr) Section;
    Dl_info Image;
    void *Extra;
    int File;

    if (dladdr1(Entry, &Image, &Extra, RTLD_DL_LINKMAP) == 0) {
        return;
    }
    Map = Extra;
    File = open(Map->l_name[0] == '\0' ? "/proc/self/exe" : Map->l_name, O_RDONLY | O_CLOEXEC);
    if (File < 0) {
        return;
    }
    if (IopFindSection(File, (ULONG_PTR)Entry - Map->l_addr, &Section)) {
        Module->Code = (const char *)Map->l_addr + Section.sh_addr;
        Module->CodeBytes = Section.sh_size;
    }
    close(File);
}

#else

VOID IopFindLinked(const VOID *Entry, struct IOP_MODULE *Module)
{
    (void)Entry, (void)Module;
}

#endif
