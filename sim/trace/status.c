/* SPDX-License-Identifier: MIT
 *
 * status.c - a status as its name: the one that event streams are written with.
 */
#include "feed/feedp.h"
#include <ntsim/trace.h>

const char *ntsim_status_name(int32_t status)
{
    for (const struct ntsim__word *word = ntsim__status_words; word->text != NULL; word++) {
        if (word->value == (uint32_t)status)
            return word->text;
    }
    return NULL;
}

const char *ntsim_status_text(int32_t status, char *buffer, size_t bytes)
{
    const char *name = ntsim_status_name(status);

    if (name != NULL)
        return name;
    snprintf(buffer, bytes, "0x%08X", (unsigned)status);
    return buffer;
}
