/* SPDX-License-Identifier: MIT
 *
 * pe.h - reading Portable Executable files, and making them.
 */
#ifndef SIM_MM_PE_H
#define SIM_MM_PE_H

#include <stddef.h>
#include <stdint.h>

#define MMP_PE_SECTIONS_MAX 96u /* the loader's limit */
#define MMP_PE_ERROR_BYTES 160

struct MMP_PE {
    uint16_t Machine;
    uint16_t SectionCount;
    uint32_t SectionTable;  /* offset in the file */
    uint32_t SizeOfImage;   /* bytes */
    uint32_t SizeOfHeaders; /* bytes, in the file and in memory */
    int Signed;             /* its certificate directory holds a PKCS #7 signature, good or bad */
};

/* MmpParsePe - check the headers of an x86, x64 or ARM64 image; every size and offset they hold is
 * within the file and the image afterwards. Returns 0, or NTCB_EFORMAT with what is wrong and the
 * offset of it in Error. */
int MmpParsePe(const uint8_t *File, size_t Bytes, struct MMP_PE *Pe,
               char Error[MMP_PE_ERROR_BYTES]);

/* MmpMapPe - lay out a parsed file: Image is Pe->SizeOfImage zeroed bytes. */
void MmpMapPe(const uint8_t *File, const struct MMP_PE *Pe, uint8_t *Image);

/* MmpMakePe - write the headers of an image of SizeOfImage bytes (at least MMP_PE_SYNTHETIC_MIN)
 * with one section of code, and a first instruction that returns. */
#define MMP_PE_SYNTHETIC_MIN 0x2000u
void MmpMakePe(uint16_t Machine, uint32_t SizeOfImage, int Driver, uint8_t *Image);

#endif
