/* SPDX-License-Identifier: MIT
 *
 * image.h - map an image into a process, or load a driver image, and let the image routines hear.
 */
#ifndef NTSIM_IMAGE_H
#define NTSIM_IMAGE_H

#include <ntsim/process.h>

NTCB_BEGIN_DECLS

#define NTSIM_IMAGE_NO_NAME 0x01u      /* FullImageName is NULL (IMG-44) */
#define NTSIM_IMAGE_NO_EXECUTE 0x02u   /* SEC_IMAGE_NO_EXECUTE: never notified (IMG-51) */
#define NTSIM_IMAGE_PARTIAL 0x04u      /* the view covers part of the image (IMG-67) */
#define NTSIM_IMAGE_DATA 0x08u         /* a data mapping: never notified (IMG-52) */

struct ntsim_image_options {
    const char *path;              /* UTF-8: the name the routines are given; required */
    const char *file;              /* host path of a PE file to map; NULL: a synthetic image */
    struct ntsim_process *process; /* NULL: a driver image, ProcessId 0 (IMG-47) */
    uint16_t machine;              /* synthetic: IMAGE_FILE_MACHINE_*; 0: AMD64 */
    uint64_t image_size;           /* synthetic: SizeOfImage in bytes; 0: one page of headers and
                                    * one of code. What exceeds 64 KiB is reserved, not touched */
    uint64_t reported_base;        /* recorded base put in IMAGE_INFO instead of the real mapping;
                                    * 0: the mapping. Only for playing recordings: such a base is
                                    * not readable */
    uint8_t signature_level;       /* SE_SIGNING_LEVEL_*, IMG-65; 0: of a file, authenticode if
                                    * its certificate directory holds a signature (which nobody
                                    * verifies), else unsigned; of a synthetic image, unchecked */
    uint8_t signature_type;        /* IMG-66 */
    uint32_t flags;                /* NTSIM_IMAGE_* */
};

struct ntsim_image;

/* ntsim_image_load - map and notify, on the calling thread, with the target as its current process
 * (IMG-41, IMG-42). The mapping is readable host memory that begins with a valid PE header
 * (IMG-43). *out may be NULL: the image then lives until its process exits.
 * Returns 0, NTCB_EINVAL, NTCB_ENOMEM, NTCB_ENOENT or NTCB_EIO (file), NTCB_EFORMAT (not a PE
 * file; ntsim_last_error says what and where). Nothing is notified on failure. */
NTCB_EXPORT int ntsim_image_load(struct ntsim *sim, const struct ntsim_image_options *options,
                                 struct ntsim_image **out);
/* ntsim_image_unload - unmap. Nobody is notified (IMG-54). */
NTCB_EXPORT void ntsim_image_unload(struct ntsim_image *image);
NTCB_EXPORT void *ntsim_image_base(const struct ntsim_image *image);
NTCB_EXPORT size_t ntsim_image_size(const struct ntsim_image *image);

/* Why the last ntsim_* call on this thread failed: one line, valid until the next. Never NULL. */
NTCB_EXPORT const char *ntsim_last_error(struct ntsim *sim);

NTCB_END_DECLS

#endif
