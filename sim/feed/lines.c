/* SPDX-License-Identifier: MIT
 *
 * lines.c - a text line by line.
 */
#include "feed/feedp.h"

#include <string.h>

bool ntsim__lines_next(struct ntsim__lines *lines, const char **line, size_t *length)
{
    const char *start = lines->text + lines->offset;
    size_t left = lines->size - lines->offset;
    const char *end;

    if (left == 0)
        return false;
    end = memchr(start, '\n', left);
    *line = start;
    *length = end != NULL ? (size_t)(end - start) : left;
    lines->offset += end != NULL ? *length + 1 : *length;
    lines->number++;
    if (*length > 0 && start[*length - 1] == '\r')
        --*length;
    return true;
}
