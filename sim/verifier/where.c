/* SPDX-License-Identifier: MIT
 *
 * where.c - an address of a driver's, in words: "regguard.so!OnKey+0x2a (regguard.c:123)".
 */
#include "verifier/where.h"
#include "io/iop.h"
#include "verifier/report.h"
#include "verifier/source.h"

#include <stdio.h>
#include <string.h>

/* The driver's name for that of the program which it is linked into. */
static void name_driver(const void *address, char *buffer, size_t bytes)
{
    char driver[NTSIM__SYMBOL_BYTES / 2];
    const char *code = IopNameLinked(address, driver, sizeof(driver));
    size_t module = strcspn(buffer, "!+"), length, rest;

    if (code == NULL) {
        return;
    }
    length = strlen(driver);
    rest = strlen(buffer + module) + 1;
    if (buffer[module] == '!' && length + rest <= bytes) {
        memmove(buffer + length, buffer + module, rest);
        memcpy(buffer, driver, length);
    } else {
        snprintf(buffer, bytes, "%s+0x%zx", driver, (size_t)((const char *)address - code));
    }
}

/* The host's name of the routine, made better by what the debug information says. */
static void name_routine(const struct ntsim__source *source, char *buffer, size_t bytes)
{
    size_t module = strcspn(buffer, "!+");

    if (source->routine[0] == '\0' || buffer[module] == '\0') {
        return;
    }
    if (source->offset == 0) {
        snprintf(buffer + module, bytes - module, "!%s", source->routine);
    } else {
        snprintf(buffer + module, bytes - module, "!%s+0x%zx", source->routine, source->offset);
    }
}

void ntsim__name_routine(const void *address, char *buffer, size_t bytes)
{
    struct ntsim__source source;

    if (address == NULL || ntsim_current() == NULL) {
        return;
    }
    if (ntsim__source(address, IopOpenDriverFile, &source)) {
        name_routine(&source, buffer, bytes);
    }
    name_driver(address, buffer, bytes);
}

void ntsim__locate(const void *address, struct ntsim__place *place)
{
    const struct ntcb_host_ops *host = ntsim__host(ntsim__require("an NT routine"));
    struct ntsim__source source;

    *place = (struct ntsim__place){.line = 0};
    if (address == NULL) {
        return;
    }
    host->symbol(host->context, address, place->routine, sizeof(place->routine));
    if (ntsim__source(address, IopOpenDriverFile, &source)) {
        name_routine(&source, place->routine, sizeof(place->routine));
        memcpy(place->file, source.file, sizeof(place->file));
        place->line = source.line;
    }
    name_driver(address, place->routine, sizeof(place->routine));
}

const char *ntsim__symbol(const void *address, char *buffer, size_t bytes)
{
    struct ntsim__place place;

    ntsim__locate(address, &place);
    if (place.line != 0) {
        snprintf(buffer, bytes, "%s (%s:%u)", place.routine, ntsim__base_name(place.file),
                 (unsigned)place.line);
    } else {
        snprintf(buffer, bytes, "%s", place.routine);
    }
    return buffer;
}

const char *ntsim__base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}
