/* SPDX-License-Identifier: MIT
 *
 * image.h - an image that is mapped, as the files about images share it.
 */
#ifndef SIM_MM_IMAGE_H
#define SIM_MM_IMAGE_H

#include "mm/mmp_state.h"

#include <ntsim/image.h>

struct ntsim_image {
    LIST_ENTRY Link; /* the process's images */
    struct ntsim *Sim;
    void *Base;     /* mapping; NULL: only reported */
    size_t Mapped;  /* bytes of it */
    void *Reported; /* what IMAGE_INFO says */
    size_t Size;
    uint16_t Machine;
    uint8_t SignatureLevel; /* of a file: authenticode, if it holds a signature, else unsigned */
    uint8_t SignatureType;
    UNICODE_STRING Path;
    PVOID FileObject;
};

/* ---- image.c ---- */
/* Address space for an image of Bytes. NTCB_OK, NTCB_ENOMEM (ntsim_last_error). */
int MmpMap(struct ntsim *Sim, struct ntsim_image *Image, size_t Bytes);
/* The image routines hear of it. Of Options, the process and the flags count. */
VOID MmpNotify(struct ntsim_image *Image, const struct ntsim_image_options *Options);
VOID MmpFreeImage(struct ntsim_image *Image);

#endif
