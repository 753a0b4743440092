/* SPDX-License-Identifier: MIT
 *
 * pe_fuzz.c - any bytes as a PE file: parsed, and when they pass laid out in memory of exactly the
 * size they claim.
 */
#include "mm/pe.h"

#include <stdlib.h>
#include <string.h>

#define IMAGE_LIMIT (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[MMP_PE_ERROR_BYTES];
    struct MMP_PE pe;
    uint8_t *image;

    if (MmpParsePe(data, size, &pe, error) != 0) {
        if (memchr(error, '\0', sizeof(error)) == NULL || error[0] == '\0') {
            abort(); /* a refusal says why */
        }
        return 0;
    }
    if (pe.SizeOfImage <= IMAGE_LIMIT && (image = calloc(1, pe.SizeOfImage)) != NULL) {
        MmpMapPe(data, &pe, image);
        free(image);
    }
    return 0;
}
