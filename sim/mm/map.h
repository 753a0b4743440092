/* SPDX-License-Identifier: MIT
 *
 * map.h - pages and files of the host.
 */
#ifndef SIM_MM_MAP_H
#define SIM_MM_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ntsim;

/* What the host protects at once: a page of the driver kit's, or more (16 or 64 KiB on ARM). */
size_t MmpPageBytes(void);

/* Zeroed, readable and writable pages that take memory only when touched; NULL without any. */
void *MmpMapPages(size_t Bytes);
void MmpUnmapPages(void *Memory, size_t Bytes);

enum MMP_ACCESS { MMP_NO_ACCESS, MMP_READ, MMP_READ_WRITE };
/* Of pages from MmpMapPages: all of the host's that hold the range. MmpReservePages also gives
 * their memory back. */
void MmpProtectPages(void *Memory, size_t Bytes, enum MMP_ACCESS Access);
void MmpReservePages(void *Memory, size_t Bytes);

/* Where a program can have memory at all: half of 64 bits, and all but the end of 32. */
#if UINTPTR_MAX <= 0xFFFFFFFFu
#define MMP_HIGHEST_READABLE ((uintptr_t)0xFFFFDFFFu)
#else
#define MMP_HIGHEST_READABLE (UINTPTR_MAX >> 1)
#endif

/* Can the byte at Address be read? */
bool MmpReadable(const void *Address);

/* MmpReadFile - the whole of a file in memory of ntsim__allocate. Returns 0, NTCB_ENOENT, NTCB_EIO
 * or NTCB_ENOMEM, and then why (ntsim_last_error). */
int MmpReadFile(struct ntsim *Sim, const char *Path, uint8_t **File, size_t *Bytes);

#endif
