/* SPDX-License-Identifier: MIT
 *
 * source_dw.c - routines and source lines, by libdw of elfutils.
 *
 * Nothing is kept between two questions: modules come and go, and who asks is about to print.
 */
#include "verifier/source.h"

#include <elfutils/libdwfl.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What lies outside of the module is not looked for: not below /usr/lib/debug, not in the net. */
static int no_other_file(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base,
                         const char *file, const char *link, GElf_Word sum, char **found)
{
    (void)module, (void)user, (void)name, (void)base, (void)file, (void)link, (void)sum;
    *found = NULL;
    return -1;
}

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = no_other_file,
    .section_address = dwfl_offline_section_address,
};

static void copy_text(char *to, size_t bytes, const char *from)
{
    snprintf(to, bytes, "%s", from);
}

/* The line of one byte of code. Each unit is asked, for clang writes no index of them. */
static void ask_line(Dwfl_Module *module, Dwarf_Addr address, struct ntsim__source *source)
{
    Dwarf_Die *unit = NULL;
    Dwarf_Addr bias = 0;
    const char *file = NULL;
    Dwarf_Line *line;
    int number = 0;

    do {
        unit = dwfl_module_nextcu(module, unit, &bias);
    } while (unit != NULL && dwarf_haspc(unit, address - bias) <= 0);
    line = unit != NULL ? dwarf_getsrc_die(unit, address - bias) : NULL;
    if (line != NULL && dwarf_lineno(line, &number) == 0 && number > 0) {
        file = dwarf_linesrc(line, NULL, NULL);
    }
    if (file != NULL) {
        copy_text(source->file, sizeof(source->file), file);
        source->line = (uint32_t)number;
    }
}

static void ask(Dwfl_Module *module, GElf_Addr address, struct ntsim__source *source)
{
    GElf_Off offset = 0;
    GElf_Sym symbol;
    const char *name = dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL);

    if (name != NULL) {
        copy_text(source->routine, sizeof(source->routine), name);
        source->offset = (size_t)offset;
    }
    /* The line of a call is that of the byte before the one it returns to. */
    ask_line(module, address - (name != NULL && offset == 0 ? 0 : 1), source);
}

/* The file of what is loaded there: the main program's name is what it was started by. */
static int open_by_name(const Dl_info *found, const struct link_map *map)
{
    const char *path = map != NULL && map->l_name[0] == '\0' ? "/proc/self/exe" : found->dli_fname;

    return open(path, O_RDONLY | O_CLOEXEC);
}

bool ntsim__source(const void *address, int (*open_module)(const void *address),
                   struct ntsim__source *source)
{
    struct link_map *map = NULL;
    Dwfl_Module *module;
    void *extra = NULL;
    Dl_info found;
    Dwfl *dwfl;
    int file;

    *source = (struct ntsim__source){.line = 0};
    if (dladdr1(address, &found, &extra, RTLD_DL_LINKMAP) == 0 || found.dli_fname == NULL) {
        return false;
    }
    map = extra;
    file = open_module(address);
    if (file < 0) {
        file = open_by_name(&found, map);
    }
    dwfl = file >= 0 ? dwfl_begin(&callbacks) : NULL;
    if (dwfl == NULL) {
        if (file >= 0) {
            close(file);
        }
        return false;
    }
    module = dwfl_report_elf(dwfl, "module", found.dli_fname, file,
                             (GElf_Addr)(uintptr_t)found.dli_fbase, false);
    if (module == NULL) {
        close(file);
    } else if (dwfl_report_end(dwfl, NULL, NULL) == 0) {
        ask(module, (GElf_Addr)(uintptr_t)address, source);
    }
    dwfl_end(dwfl);
    return source->routine[0] != '\0' || source->line != 0;
}
