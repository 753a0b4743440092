/* SPDX-License-Identifier: MIT
 *
 * pe.c - a reader of Portable Executable files.
 *
 * The bytes are untrusted. Numbers are assembled from bytes, so neither alignment nor the host's
 * order matters, and are checked in 64 bits, so sums cannot wrap.
 */
#include "mm/pe.h"

#include <ntcallback/kernel.h>
#include <ntcallback/ddk/ntimage.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MMP_DOS_BYTES 64u
#define MMP_FILE_HEADER_BYTES 24u /* with the signature */
#define MMP_OPTIONAL32_BYTES 96u  /* up to the directories */
#define MMP_OPTIONAL64_BYTES 112u
#define MMP_SECTION_BYTES 40u
#define MMP_IMAGE_MAX 0x80000000u

static uint16_t MmpGet16(const uint8_t *At)
{
    return (uint16_t)(At[0] | At[1] << 8);
}

static uint32_t MmpGet32(const uint8_t *At)
{
    return (uint32_t)MmpGet16(At) | (uint32_t)MmpGet16(At + 2) << 16;
}

static int MmpBad(char *Error, uint64_t Offset, const char *Format, ...) NTCB_PRINTF(3, 4);

static int MmpBad(char *Error, uint64_t Offset, const char *Format, ...)
{
    va_list Arguments;
    int At = snprintf(Error, MMP_PE_ERROR_BYTES, "at offset 0x%llx: ", (unsigned long long)Offset);

    va_start(Arguments, Format);
    vsnprintf(Error + At, MMP_PE_ERROR_BYTES - (size_t)At, Format, Arguments);
    va_end(Arguments);
    return NTCB_EFORMAT;
}

static bool MmpPowerOfTwo(uint32_t Value)
{
    return Value != 0 && (Value & (Value - 1)) == 0;
}

static int MmpCheckOptional(const uint8_t *File, size_t Bytes, uint64_t At, struct MMP_PE *Pe,
                            char *Error)
{
    bool Wide = Pe->Machine != IMAGE_FILE_MACHINE_I386;
    uint16_t Want = Wide ? IMAGE_NT_OPTIONAL_HDR64_MAGIC : IMAGE_NT_OPTIONAL_HDR32_MAGIC;
    uint32_t SectionAlignment, FileAlignment;

    if (MmpGet16(File + At) != Want) {
        return MmpBad(Error, At, "optional header magic 0x%x, the machine needs 0x%x",
                      MmpGet16(File + At), Want);
    }
    SectionAlignment = MmpGet32(File + At + 32);
    FileAlignment = MmpGet32(File + At + 36);
    Pe->SizeOfImage = MmpGet32(File + At + 56);
    Pe->SizeOfHeaders = MmpGet32(File + At + 60);
    if (!MmpPowerOfTwo(SectionAlignment) || !MmpPowerOfTwo(FileAlignment)) {
        return MmpBad(Error, At + 32, "section and file alignment (0x%x, 0x%x) must be powers of 2",
                      SectionAlignment, FileAlignment);
    }
    if (Pe->SizeOfImage == 0 || Pe->SizeOfImage > MMP_IMAGE_MAX) {
        return MmpBad(Error, At + 56, "SizeOfImage 0x%x is not in 1..0x%x", Pe->SizeOfImage,
                      MMP_IMAGE_MAX);
    }
    if (Pe->SizeOfHeaders > Bytes || Pe->SizeOfHeaders > Pe->SizeOfImage) {
        return MmpBad(Error, At + 60,
                      "SizeOfHeaders 0x%x exceeds the file (0x%zx bytes) or the image (0x%x)",
                      Pe->SizeOfHeaders, Bytes, Pe->SizeOfImage);
    }
    return NTCB_OK;
}

static int MmpCheckSection(const uint8_t *File, size_t Bytes, uint64_t At, uint32_t SizeOfImage,
                           char *Error)
{
    uint64_t VirtualSize = MmpGet32(File + At + 8);
    uint64_t VirtualAddress = MmpGet32(File + At + 12);
    uint64_t RawSize = MmpGet32(File + At + 16);
    uint64_t RawAddress = MmpGet32(File + At + 20);

    if (RawSize != 0 && RawAddress + RawSize > Bytes) {
        return MmpBad(Error, At + 20,
                      "section data 0x%llx+0x%llx goes beyond the end of the file (0x%zx)",
                      (unsigned long long)RawAddress, (unsigned long long)RawSize, Bytes);
    }
    if (VirtualAddress + (VirtualSize != 0 ? VirtualSize : RawSize) > SizeOfImage) {
        return MmpBad(Error, At + 12, "section 0x%llx+0x%llx goes beyond SizeOfImage 0x%x",
                      (unsigned long long)VirtualAddress,
                      (unsigned long long)(VirtualSize != 0 ? VirtualSize : RawSize), SizeOfImage);
    }
    return NTCB_OK;
}

static int MmpCheckSections(const uint8_t *File, size_t Bytes, const struct MMP_PE *Pe, char *Error)
{
    uint64_t End = (uint64_t)Pe->SectionTable + (uint64_t)Pe->SectionCount * MMP_SECTION_BYTES;
    int Result = NTCB_OK;
    uint16_t Index;

    if (End > Bytes) {
        return MmpBad(Error, Pe->SectionTable,
                      "the table of %u sections goes beyond the end of the file (0x%zx)",
                      Pe->SectionCount, Bytes);
    }
    for (Index = 0; Index < Pe->SectionCount && Result == NTCB_OK; Index++) {
        Result =
            MmpCheckSection(File, Bytes, Pe->SectionTable + (uint64_t)Index * MMP_SECTION_BYTES,
                            Pe->SizeOfImage, Error);
    }
    return Result;
}

static int MmpCheckFileHeader(const uint8_t *File, size_t Bytes, uint64_t At, struct MMP_PE *Pe,
                              uint64_t *OptionalBytes, char *Error)
{
    uint32_t Least;

    Pe->Machine = MmpGet16(File + At + 4);
    Pe->SectionCount = MmpGet16(File + At + 6);
    *OptionalBytes = MmpGet16(File + At + 20);
    if (Pe->Machine != IMAGE_FILE_MACHINE_I386 && Pe->Machine != IMAGE_FILE_MACHINE_AMD64 &&
        Pe->Machine != IMAGE_FILE_MACHINE_ARM64) {
        return MmpBad(Error, At + 4,
                      "machine 0x%x is none of x86 (0x14c), x64 (0x8664), ARM64 (0xaa64)",
                      Pe->Machine);
    }
    if (Pe->SectionCount > MMP_PE_SECTIONS_MAX) {
        return MmpBad(Error, At + 6, "%u sections, at most %u are loaded", Pe->SectionCount,
                      MMP_PE_SECTIONS_MAX);
    }
    Least = Pe->Machine == IMAGE_FILE_MACHINE_I386 ? MMP_OPTIONAL32_BYTES : MMP_OPTIONAL64_BYTES;
    if (*OptionalBytes < Least || At + MMP_FILE_HEADER_BYTES + *OptionalBytes > Bytes) {
        return MmpBad(Error, At + 20,
                      "optional header of %llu bytes: %u are needed, and it must end within the "
                      "file (0x%zx)",
                      (unsigned long long)*OptionalBytes, Least, Bytes);
    }
    return NTCB_OK;
}

/* Entry 4 of the directories, the only one whose address is one of the file. */
static int MmpIsSigned(const uint8_t *File, size_t Bytes, uint64_t Optional, uint64_t OptionalBytes,
                       const struct MMP_PE *Pe)
{
    uint64_t Directories =
        Pe->Machine == IMAGE_FILE_MACHINE_I386 ? MMP_OPTIONAL32_BYTES : MMP_OPTIONAL64_BYTES;
    const uint8_t *Entry = File + Optional + Directories + 4 * 8;
    uint64_t At, Length;

    if (OptionalBytes < Directories + 5 * 8 ||
        MmpGet32(File + Optional + Directories - 4) <= IMAGE_DIRECTORY_ENTRY_SECURITY) {
        return 0;
    }
    At = MmpGet32(Entry);
    Length = MmpGet32(Entry + 4);
    return Length >= 8 && At + Length <= Bytes && MmpGet16(File + At + 4) == 0x0200 &&
           MmpGet16(File + At + 6) == 2; /* WIN_CERT_REVISION_2_0, ..._PKCS_SIGNED_DATA */
}

int MmpParsePe(const uint8_t *File, size_t Bytes, struct MMP_PE *Pe, char Error[MMP_PE_ERROR_BYTES])
{
    uint64_t Header, OptionalBytes;
    int Result;

    memset(Pe, 0, sizeof(*Pe));
    if (Bytes < MMP_DOS_BYTES) {
        return MmpBad(Error, 0, "only %zu bytes, a DOS header has %u", Bytes, MMP_DOS_BYTES);
    }
    if (MmpGet16(File) != IMAGE_DOS_SIGNATURE) {
        return MmpBad(Error, 0, "no \"MZ\": this is not an executable");
    }
    Header = MmpGet32(File + 60);
    if (Header + MMP_FILE_HEADER_BYTES > Bytes) {
        return MmpBad(Error, 60, "the NT headers at 0x%llx lie beyond the end of the file (0x%zx)",
                      (unsigned long long)Header, Bytes);
    }
    if (MmpGet32(File + Header) != IMAGE_NT_SIGNATURE) {
        return MmpBad(Error, Header, "no \"PE\": a DOS, NE or LE executable");
    }
    Result = MmpCheckFileHeader(File, Bytes, Header, Pe, &OptionalBytes, Error);
    if (Result == NTCB_OK) {
        Result = MmpCheckOptional(File, Bytes, Header + MMP_FILE_HEADER_BYTES, Pe, Error);
    }
    if (Result == NTCB_OK) {
        Pe->SectionTable = (uint32_t)(Header + MMP_FILE_HEADER_BYTES + OptionalBytes);
        Result = MmpCheckSections(File, Bytes, Pe, Error);
        Pe->Signed = MmpIsSigned(File, Bytes, Header + MMP_FILE_HEADER_BYTES, OptionalBytes, Pe);
    }
    return Result;
}

void MmpMapPe(const uint8_t *File, const struct MMP_PE *Pe, uint8_t *Image)
{
    uint16_t Index;

    memcpy(Image, File, Pe->SizeOfHeaders);
    for (Index = 0; Index < Pe->SectionCount; Index++) {
        const uint8_t *Section = File + Pe->SectionTable + (size_t)Index * MMP_SECTION_BYTES;
        uint32_t VirtualSize = MmpGet32(Section + 8);
        uint32_t RawSize = MmpGet32(Section + 16);

        /* What the file holds beyond the section's size in memory is padding. */
        if (VirtualSize != 0 && RawSize > VirtualSize) {
            RawSize = VirtualSize;
        }
        if (RawSize != 0) {
            memcpy(Image + MmpGet32(Section + 12), File + MmpGet32(Section + 20), RawSize);
        }
    }
}

static void MmpPut16(uint8_t *At, uint16_t Value)
{
    At[0] = (uint8_t)Value;
    At[1] = (uint8_t)(Value >> 8);
}

static void MmpPut32(uint8_t *At, uint32_t Value)
{
    MmpPut16(At, (uint16_t)Value);
    MmpPut16(At + 2, (uint16_t)(Value >> 16));
}

#define MMP_SYNTHETIC_HEADER 0x80u
#define MMP_SYNTHETIC_CODE 0x1000u
#define MMP_SYNTHETIC_DIRECTORIES 16u

static void MmpMakeOptional(uint8_t *At, bool Wide, uint32_t SizeOfImage, int Driver)
{
    uint8_t *Tail = At + (Wide ? MMP_OPTIONAL64_BYTES : MMP_OPTIONAL32_BYTES);

    MmpPut16(At, Wide ? IMAGE_NT_OPTIONAL_HDR64_MAGIC : IMAGE_NT_OPTIONAL_HDR32_MAGIC);
    At[2] = 14;                                         /* linker version */
    MmpPut32(At + 4, SizeOfImage - MMP_SYNTHETIC_CODE); /* SizeOfCode */
    MmpPut32(At + 16, MMP_SYNTHETIC_CODE);              /* AddressOfEntryPoint */
    MmpPut32(At + 20, MMP_SYNTHETIC_CODE);              /* BaseOfCode */
    MmpPut32(At + (Wide ? 24 : 28), 0x10000000);        /* ImageBase, its low half */
    MmpPut32(At + 32, 0x1000);                          /* SectionAlignment */
    MmpPut32(At + 36, 0x200);                           /* FileAlignment */
    MmpPut16(At + 40, 10);                              /* operating system version */
    MmpPut16(At + 48, 10);                              /* subsystem version */
    MmpPut32(At + 56, SizeOfImage);
    MmpPut32(At + 60, 0x400); /* SizeOfHeaders */
    MmpPut16(At + 68, Driver ? IMAGE_SUBSYSTEM_NATIVE : IMAGE_SUBSYSTEM_WINDOWS_GUI);
    MmpPut16(At + 70, IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE | IMAGE_DLLCHARACTERISTICS_NX_COMPAT);
    MmpPut32(Tail - 4, MMP_SYNTHETIC_DIRECTORIES); /* NumberOfRvaAndSizes */
}

void MmpMakePe(uint16_t Machine, uint32_t SizeOfImage, int Driver, uint8_t *Image)
{
    bool Wide = Machine != IMAGE_FILE_MACHINE_I386 && Machine != IMAGE_FILE_MACHINE_ARMNT;
    uint8_t *Header = Image + MMP_SYNTHETIC_HEADER;
    uint16_t Optional = (uint16_t)((Wide ? MMP_OPTIONAL64_BYTES : MMP_OPTIONAL32_BYTES) +
                                   MMP_SYNTHETIC_DIRECTORIES * 8);
    uint8_t *Section = Header + MMP_FILE_HEADER_BYTES + Optional;

    MmpPut16(Image, IMAGE_DOS_SIGNATURE);
    MmpPut32(Image + 60, MMP_SYNTHETIC_HEADER);
    MmpPut32(Header, IMAGE_NT_SIGNATURE);
    MmpPut16(Header + 4, Machine);
    MmpPut16(Header + 6, 1);
    MmpPut16(Header + 20, Optional);
    MmpPut16(Header + 22, IMAGE_FILE_EXECUTABLE_IMAGE | (Wide ? 0x20 : 0x100));
    MmpMakeOptional(Header + MMP_FILE_HEADER_BYTES, Wide, SizeOfImage, Driver);
    memcpy(Section, ".text", 5);
    MmpPut32(Section + 8, SizeOfImage - MMP_SYNTHETIC_CODE);
    MmpPut32(Section + 12, MMP_SYNTHETIC_CODE);
    MmpPut32(Section + 16, 0x200);
    MmpPut32(Section + 20, 0x400);
    MmpPut32(Section + 36, IMAGE_SCN_CNT_CODE | 0x60000000); /* execute, read */
    if (Machine == IMAGE_FILE_MACHINE_ARM64) {
        MmpPut32(Image + MMP_SYNTHETIC_CODE, 0xD65F03C0); /* ret */
    } else {
        Image[MMP_SYNTHETIC_CODE] = 0xC3; /* ret */
    }
}
