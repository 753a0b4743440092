/* SPDX-License-Identifier: MIT
 *
 * linked_win32.c - where the code of a driver lies that is linked into the program.
 *
 * As in linked_posix.c; here the section headers are loaded with the program. Of a name they hold
 * eight bytes, or "/" and the place of a longer one, which is in no other section that has code.
 */
#include "io/iop_state.h"
#include "ke/win32.h"

#include <string.h>

#define IOP_SECTION "ntcbdrv_" /* and the driver's name */
#define IOP_PE_OFFSET 0x3C
#define IOP_PE_COUNT 6     /* of sections, from the signature on */
#define IOP_PE_OPTIONAL 20 /* bytes of the header between this one and the sections */
#define IOP_PE_HEADER 24

struct IOP_SECTION_HEADER {
    char Name[8];
    ULONG Bytes;
    ULONG Offset;
    ULONG Unused[6];
};

VOID IopFindLinked(const VOID *Entry, struct IOP_MODULE *Module)
{
    const struct IOP_SECTION_HEADER *Section;
    WIN32_HANDLE Image;
    const char *Header;
    USHORT Count, Optional;
    ULONG Offset;

    if (!GetModuleHandleExA(WIN32_FROM_ADDRESS, Entry, &Image)) {
        return;
    }
    memcpy(&Offset, (const char *)Image + IOP_PE_OFFSET, sizeof(Offset));
    Header = (const char *)Image + Offset;
    memcpy(&Count, Header + IOP_PE_COUNT, sizeof(Count));
    memcpy(&Optional, Header + IOP_PE_OPTIONAL, sizeof(Optional));
    Section = (const VOID *)(Header + IOP_PE_HEADER + Optional);
    for (; Count != 0; Count--, Section++) {
        const char *Code = (const char *)Image + Section->Offset;

        if ((ULONG_PTR)Entry - (ULONG_PTR)Code < Section->Bytes &&
            (Section->Name[0] == '/' || memcmp(Section->Name, IOP_SECTION, 8) == 0)) {
            Module->Code = Code;
            Module->CodeBytes = Section->Bytes;
        }
    }
}
