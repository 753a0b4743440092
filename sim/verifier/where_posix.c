/* SPDX-License-Identifier: MIT
 *
 * where_posix.c - which code of a driver's is running: found by walking the stack, as the C++
 * run-time library does.
 *
 * A driver that is linked into the program lies among our own code. There the innermost code counts
 * that debug information tells to be not ours.
 */
#include "io/iop.h"
#include "verifier/where.h"

#include <string.h>
#include <unwind.h>

#define MY_NAME "sim/verifier/where_posix.c"
#define FRAMES_MAX 48

struct walk {
    const void *found;
    unsigned frames;
};

static const void *address_of(struct _Unwind_Context *context, struct walk *walk)
{
    return ++walk->frames > FRAMES_MAX ? NULL : (const void *)(uintptr_t)_Unwind_GetIP(context);
}

static _Unwind_Reason_Code look(struct _Unwind_Context *context, void *walk_)
{
    struct walk *walk = walk_;
    const void *address = address_of(context, walk);

    if (address == NULL || !IopIsDriverAddress(address)) {
        return address == NULL ? _URC_END_OF_STACK : _URC_NO_REASON;
    }
    walk->found = address;
    return _URC_END_OF_STACK;
}

/* Does the file lie in lib/ or sim/ of the tree that this was compiled from? A compiler cache may
 * have made this file's path relative. */
static bool is_ours(const char *file)
{
    const char *mine = &__FILE__[strspn(__FILE__, "./")];
    size_t root = strlen(mine) - strlen(MY_NAME);
    const char *at;

    for (at = file; root != 0 && *at != '\0'; at++) {
        if (strncmp(at, mine, root) == 0 &&
            (strncmp(at + root, "lib/", 4) == 0 || strncmp(at + root, "sim/", 4) == 0)) {
            return true;
        }
    }
    return root == 0;
}

/* What the program calls and a driver does not. */
static bool is_host_call(const char *routine)
{
    return strncmp(routine, "ntsim_", 6) == 0 && strncmp(routine, "ntsim__", 7) != 0;
}

static _Unwind_Reason_Code look_by_source(struct _Unwind_Context *context, void *walk_)
{
    struct walk *walk = walk_;
    const void *address = address_of(context, walk);
    struct ntsim__source source;

    if (address == NULL) {
        return _URC_END_OF_STACK;
    }
    if (!ntsim__source(address, IopOpenDriverFile, &source) || source.line == 0) {
        return _URC_NO_REASON;
    }
    if (is_ours(source.file)) {
        return is_host_call(source.routine) ? _URC_END_OF_STACK : _URC_NO_REASON;
    }
    walk->found = address;
    return _URC_END_OF_STACK;
}

const void *ntsim__driver_caller(void)
{
    struct walk walk = {NULL, 0};

    (void)_Unwind_Backtrace(look, &walk);
    if (walk.found == NULL) {
        walk.frames = 0;
        (void)_Unwind_Backtrace(look_by_source, &walk);
    }
    return walk.found;
}

/* ---- a driver asks for its callers ---- */

struct gather {
    const void *first; /* NULL: it has been met */
    void **frames;
    size_t room, count;
};

static _Unwind_Reason_Code gather(struct _Unwind_Context *context, void *gather_)
{
    struct gather *gather = gather_;
    const void *address = (const void *)(uintptr_t)_Unwind_GetIP(context);

    if (gather->first != NULL && gather->first != address)
        return _URC_NO_REASON;
    gather->first = NULL;
    if (gather->count == gather->room || address == NULL)
        return _URC_END_OF_STACK;
    gather->frames[gather->count++] = (void *)(uintptr_t)address;
    return _URC_NO_REASON;
}

size_t ntsim__walk_stack(const void *first, void **frames, size_t count)
{
    struct gather all = {.first = first, .frames = frames, .room = count};

    _Unwind_Backtrace(gather, &all);
    return all.count;
}
