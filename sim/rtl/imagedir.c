/* SPDX-License-Identifier: MIT
 *
 * imagedir.c - the tables of an image, found by its headers.
 */
#include "simp.h"

#include <ntcallback/ddk/ntundoc.h>

/* Where a file has what an image has at Rva; NULL: nowhere. */
static PVOID RtlpInFile(PUCHAR Base, PIMAGE_NT_HEADERS Headers, ULONG Rva)
{
    PIMAGE_SECTION_HEADER Section =
        (PIMAGE_SECTION_HEADER)((PUCHAR)&Headers->OptionalHeader +
                                Headers->FileHeader.SizeOfOptionalHeader);

    for (ULONG Index = 0; Index < Headers->FileHeader.NumberOfSections; Index++, Section++) {
        if (Rva >= Section->VirtualAddress &&
            Rva - Section->VirtualAddress < Section->SizeOfRawData) {
            return Base + Section->PointerToRawData + (Rva - Section->VirtualAddress);
        }
    }
    return NULL;
}

/* The two kinds of headers differ in where the directories and the size of the headers are. */
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID BaseOfImage, BOOLEAN MappedAsImage,
                                         USHORT DirectoryEntry, PULONG Size)
{
    PIMAGE_NT_HEADERS Headers = RtlImageNtHeader(BaseOfImage);
    PIMAGE_NT_HEADERS32 Small = (PIMAGE_NT_HEADERS32)Headers;
    PIMAGE_NT_HEADERS64 Large = (PIMAGE_NT_HEADERS64)Headers;
    PIMAGE_DATA_DIRECTORY Directory;
    ULONG Count, HeaderBytes;

    *Size = 0;
    if (Headers == NULL) {
        return NULL;
    }
    if (Small->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR32_MAGIC) {
        Count = Small->OptionalHeader.NumberOfRvaAndSizes;
        HeaderBytes = Small->OptionalHeader.SizeOfHeaders;
        Directory = Small->OptionalHeader.DataDirectory;
    } else if (Large->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC) {
        Count = Large->OptionalHeader.NumberOfRvaAndSizes;
        HeaderBytes = Large->OptionalHeader.SizeOfHeaders;
        Directory = Large->OptionalHeader.DataDirectory;
    } else {
        return NULL;
    }
    if (DirectoryEntry >= Count || DirectoryEntry >= IMAGE_NUMBEROF_DIRECTORY_ENTRIES ||
        Directory[DirectoryEntry].VirtualAddress == 0) {
        return NULL;
    }
    Directory += DirectoryEntry;
    *Size = Directory->Size;
    return MappedAsImage || Directory->VirtualAddress < HeaderBytes
               ? (PUCHAR)BaseOfImage + Directory->VirtualAddress
               : RtlpInFile(BaseOfImage, Headers, Directory->VirtualAddress);
}
