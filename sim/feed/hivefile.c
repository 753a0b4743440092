/* SPDX-License-Identifier: MIT
 *
 * hivefile.c - hive files of the host: read whole, plain or compressed; written whole or not at
 * all.
 */
#include "cm/cmhivehost.h"
#include "feed/feedp.h"
#include "simp.h"

#include <ntsim/registry.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ntsim_registry_load_hive(struct ntsim *sim, const char *path, const char *file)
{
    struct ntsim_feed_error error = {0};
    struct ntsim__bytes bytes;
    int result;

    if (sim == NULL || path == NULL || file == NULL)
        return NTCB_EINVAL;
    result = ntsim__bytes_read_raw(&bytes, file, &error);
    if (result != 0)
        return ntsim__fail(sim, result, "%s: %s. %s", file, error.reason, error.advice);
    result = ntsim__hive_load(sim, path, file, bytes.text, bytes.size);
    ntsim__bytes_free(&bytes);
    return result;
}

/* Beside its place first, so that a full disk leaves what was there. */
static int write_file(struct ntsim *sim, const char *file, const void *bytes, size_t size)
{
    size_t length = strlen(file) + sizeof(".part");
    char *part = malloc(length);
    FILE *stream;
    int result = NTCB_EIO;

    if (part == NULL)
        return ntsim__fail(sim, NTCB_ENOMEM, "no memory");
    snprintf(part, length, "%s.part", file);
    stream = fopen(part, "wb");
    if (stream != NULL) {
        size_t written = fwrite(bytes, 1, size, stream);

        if ((fclose(stream) == 0) & (written == size) && rename(part, file) == 0)
            result = NTCB_OK;
        else
            ntsim__fail(sim, result, "%s could not be written: %s", file, strerror(errno));
        if (result != NTCB_OK)
            remove(part);
    } else {
        ntsim__fail(sim, result, "%s could not be made: %s", part, strerror(errno));
    }
    free(part);
    return result;
}

int ntsim_registry_save_hive(struct ntsim *sim, const char *path, const char *file)
{
    void *bytes = NULL;
    size_t size;
    int result;

    if (sim == NULL || path == NULL || file == NULL)
        return NTCB_EINVAL;
    result = ntsim__hive_save(sim, path, &bytes, &size);
    if (result == NTCB_OK)
        result = write_file(sim, file, bytes, size);
    ntsim__release_in(sim, bytes);
    return result;
}
