/* SPDX-License-Identifier: MIT
 *
 * regfile_import.c - a .reg file put into the registry without a notification.
 *
 * The events are the feed's; each is done by <ntsim/registry.h>, which does not follow links, so
 * that is done here, as regedit's calls would have it. A value SymbolicLinkValue of type REG_LINK
 * makes its key a link: that is how an export shows one.
 *
 * Locks  The registry's own, by resolve, for one look at a time.
 */
#include "feed/feedp.h"
#include "feed/regfilep.h"

#include "cm/cmhost.h"

#include <ntsim/registry.h>

#include <string.h>
#include <strings.h>

#define MAX_HOPS 8
#define MAX_LEVELS 512   /* REG-NS-04 */
#define MAX_UNITS 32766u /* of a path: a UNICODE_STRING holds no more */

struct import {
    struct ntsim *sim;
    struct ntsim__arena arena; /* of one key and its values */
    char *key;                 /* of the current section; the last component may be a link */
    char *resolved;            /* where that leads */
    bool skip_bad;
    uint64_t refused; /* entries passed over that the registry could not hold */
    struct ntsim_feed_error *error;
};

/* ---- links ----------------------------------------------------------------------------------- */

/* UTF-16 data to UTF-8; NULL: no memory. */
static char *utf8_of(struct ntsim__arena *arena, const void *data, size_t bytes)
{
    size_t units = bytes / sizeof(WCHAR);
    WCHAR *text = ntsim__arena_alloc(arena, (units + 1) * sizeof(WCHAR));
    char *out = ntsim__arena_alloc(arena, 3 * units + 1);

    if (text == NULL || out == NULL)
        return NULL;
    if (units != 0)
        memcpy(text, data, units * sizeof(WCHAR));
    ntsim__utf8(text, units, out, 3 * units + 1);
    return out;
}

/* Where the link at the first `length` bytes of path leads. 0 and *target, which is NULL when there
 * is none; NTCB_ENOENT: no such key. */
static int look(struct import *import, const char *path, size_t length, char **target)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(u"SymbolicLinkValue");
    struct ntcb_kernel *previous = ntcb_kernel_enter(ntsim_kernel(import->sim));
    char *prefix = ntsim__arena_text(&import->arena, path, length);
    const struct CMP_VALUE *value = NULL;
    struct CMP_KEY *key;
    int result = NTCB_ENOMEM;

    *target = NULL;
    CmpLock(CmpState());
    if (prefix != NULL)
        result = ntsim__registry_find(CmpState(), prefix, &key);
    if (result == 0 && (key->Flags & CMP_KEY_LINK) != 0)
        value = CmpFindValue(key, &name);
    if (value != NULL) {
        *target = utf8_of(&import->arena, value->Data, value->DataLength);
        if (*target == NULL)
            result = NTCB_ENOMEM;
    }
    CmpUnlock(CmpState());
    ntcb_kernel_enter(previous);
    return result;
}

/* `path` with its links followed, but for the last component unless `last`. */
static int resolve(struct import *import, const char *path, bool last, char **out)
{
    size_t end = 0;
    unsigned hops = 0;
    char *target;
    int result = 0;

    *out = ntsim__arena_text(&import->arena, path, strlen(path));
    while (*out != NULL && (*out)[end] != '\0') {
        end += 1 + strcspn(*out + end + 1, "\\");
        if ((*out)[end] == '\0' && !last)
            return 0;
        result = look(import, *out, end, &target);
        if (result == NTCB_ENOENT)
            return 0; /* there is nothing below what is not there */
        if (result != 0 || (target != NULL && hops++ == MAX_HOPS))
            return result != 0 ? result : NTCB_EINVAL;
        if (target == NULL)
            continue;
        *out = ntsim__arena_format(&import->arena, "%s%s", target, *out + end);
        end = 0;
    }
    return *out != NULL ? 0 : NTCB_ENOMEM;
}

/* ---- entries --------------------------------------------------------------------------------- */

/* Is it deeper or longer than any registry could hold? */
static bool is_too_long(struct import *import, const char *path)
{
    size_t levels = 0, bytes = 0;

    for (const char *at = path; *at != '\0'; at++)
        levels += *at == '\\';
    if (levels > MAX_LEVELS ||
        ntsim__utf16_data(&import->arena, path, strlen(path), &bytes) == NULL)
        return true;
    return bytes / sizeof(WCHAR) - 1 > MAX_UNITS;
}

static int open_section(struct import *import, const char *path)
{
    int result;

    import->key = import->resolved = NULL;
    ntsim__arena_reset(&import->arena);
    if (is_too_long(import, path))
        return NTCB_EINVAL;
    result = resolve(import, path, false, &import->key);
    if (result == 0 && is_too_long(import, import->key))
        result = NTCB_EINVAL;
    if (result == 0 && !ntsim_registry_exists(import->sim, import->key))
        result = ntsim_registry_key(import->sim, import->key, false);
    return result == 0 ? resolve(import, import->key, true, &import->resolved) : result;
}

static bool is_hive_root(struct import *import, const char *path)
{
    struct ntcb_kernel *previous = ntcb_kernel_enter(ntsim_kernel(import->sim));
    struct CMP_KEY *key;
    bool is;

    CmpLock(CmpState());
    is = ntsim__registry_find(CmpState(), path, &key) == 0 && (key->Flags & CMP_KEY_HIVE_ROOT) != 0;
    CmpUnlock(CmpState());
    ntcb_kernel_enter(previous);
    return is;
}

static int remove_section(struct import *import, const char *path)
{
    char *resolved;
    int result;

    import->key = import->resolved = NULL;
    ntsim__arena_reset(&import->arena);
    result = resolve(import, path, true, &resolved);
    if (result == 0 && is_hive_root(import, resolved))
        return NTCB_EINVAL; /* REG-DEL-02 */
    return result == 0 ? ntsim_registry_remove(import->sim, resolved) : result;
}

static int set_value(struct import *import, const struct ntsim_event *event)
{
    char *target;

    if (import->key == NULL)
        return 0; /* its key was refused, and that was told */
    if (event->type != REG_LINK || strcasecmp(event->value, "SymbolicLinkValue") != 0)
        return ntsim_registry_value(import->sim, import->resolved, event->value, event->type,
                                    event->data, event->data_bytes);
    target = utf8_of(&import->arena, event->data, event->data_bytes);
    return target != NULL ? ntsim_registry_link(import->sim, import->key, target) : NTCB_ENOMEM;
}

static int apply(struct import *import, const struct ntsim_event *event)
{
    switch (event->kind) {
    case NTSIM_EVENT_KEY_CREATE:
        return open_section(import, event->key);
    case NTSIM_EVENT_KEY_DELETE:
        return remove_section(import, event->key);
    case NTSIM_EVENT_VALUE_SET:
        return set_value(import, event);
    case NTSIM_EVENT_VALUE_DELETE:
        return import->key != NULL
                   ? ntsim_registry_remove_value(import->sim, import->resolved, event->value)
                   : 0;
    default:
        return 0; /* the program that imports is not there */
    }
}

/* Why the registry did not take it. */
static const struct refusal {
    enum ntsim_event_kind kind;
    const char *reason, *advice;
} refusals[] = {
    {NTSIM_EVENT_KEY_CREATE, "no registry can hold this key",
     "A name has at most 255 characters, a path 512 levels and 32766 characters."},
    {NTSIM_EVENT_KEY_DELETE, "the root of a hive cannot be deleted",
     "Delete the keys below it, one [-HKEY_...] for each."},
    {NTSIM_EVENT_VALUE_SET, "no registry can hold this value",
     "A name has at most 16383 characters; a key that has subkeys cannot become a link."},
    {NTSIM_EVENT_VALUE_DELETE, "this value cannot be deleted",
     "Its key is a link that leads to "
     "itself; correct the link first."},
};

static int import_event(struct import *import, const struct ntsim_event *event)
{
    const struct refusal *refusal = refusals;
    int result = apply(import, event);

    if (result == 0 || result == NTCB_ENOENT)
        return 0; /* what is to be deleted is not there */
    if (result != NTCB_EINVAL)
        return ntsim__feed_fail(import->error, NTCB_ENOMEM, event->place.file, event->place.line, 0,
                                "no memory");
    if (event->kind == NTSIM_EVENT_KEY_CREATE)
        import->key = NULL;
    if (import->skip_bad) {
        import->refused++;
        return 0;
    }
    while (refusal->kind != event->kind)
        refusal++;
    ntsim__feed_fail(import->error, NTCB_EFORMAT, event->place.file, event->place.line, 0, "%s",
                     refusal->reason);
    ntsim__feed_advise(import->error, "%s", refusal->advice);
    return NTCB_EFORMAT;
}

static int import_all(struct import *import, struct ntsim_feed *feed, const char *file)
{
    struct ntsim_event event;
    int result;

    if (strcmp(ntsim_feed_format(feed), NTSIM__REGFILE) != 0) {
        ntsim__feed_fail(import->error, NTCB_EFORMAT, file, 1, 0,
                         "this is no registry editor file, but a recording (%s)",
                         ntsim_feed_format(feed));
        ntsim__feed_advise(import->error, "Play it: it is one of the EVENTS.");
        return NTCB_EFORMAT;
    }
    while ((result = ntsim_feed_next(feed, &event, import->error)) == 1) {
        result = import_event(import, &event);
        if (result != 0)
            break;
    }
    return result;
}

int ntsim_registry_import(struct ntsim *sim, const char *file, bool skip_bad, uint64_t *passed_over,
                          struct ntsim_feed_error *error)
{
    struct import import = {.sim = sim, .skip_bad = skip_bad, .error = error};
    struct ntsim_feed_counts counts;
    struct ntsim_feed *feed;
    int result;

    if (sim == NULL || file == NULL)
        return ntsim__feed_fail(error, NTCB_EINVAL, file, 0, 0, "no simulator, or no file");
    result = ntsim_feed_open(&feed, file, NULL, skip_bad, error);
    if (result != 0)
        return result;
    result = import_all(&import, feed, file);
    ntsim_feed_counts(feed, &counts);
    if (passed_over != NULL)
        *passed_over = counts.bad + import.refused;
    if (error != NULL && result != 0)
        error->place.file = file; /* the feed's own copy goes */
    ntsim__arena_free(&import.arena);
    ntsim_feed_close(feed);
    return result;
}
