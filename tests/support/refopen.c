/* SPDX-License-Identifier: MIT
 *
 * refopen.c - create and open as the rules have them (REG-OPN, REG-CRT, REG-LNK, REG-NS).
 *
 * Their caller, from user mode, is an administrator, whom every key here lets do everything.
 */
#include "reftree.h"

#include <stdlib.h>
#include <string.h>

#define COMPONENT_MAX 255 /* REG-NS-04 */
#define DEPTH_MAX 512     /* REG-NS-04, \REGISTRY counted */
#define REPARSE_MAX 64    /* REG-LNK-05 */
#define LEGAL_OPEN (REG_OPTION_OPEN_LINK | REG_OPTION_BACKUP_RESTORE | REG_OPTION_DONT_VIRTUALIZE)

/* Where a walk is. text owns the name that rest is a part of. */
struct walk {
    struct ref_key *key;
    UNICODE_STRING text;
    UNICODE_STRING rest;
    UNICODE_STRING new_name;
    const struct ref_key *link; /* to be followed */
    unsigned reparses;
};

static const NTSTATUS NoChoice = -1;

static bool is_backslash(const UNICODE_STRING *text)
{
    return text->Length != 0 && text->Buffer[0] == u'\\';
}

static void skip(UNICODE_STRING *text, USHORT bytes)
{
    text->Buffer += bytes / sizeof(WCHAR);
    text->Length = (USHORT)(text->Length - bytes);
}

/* Past any number of backslashes (REG-NS-07). Empty at the end. */
static UNICODE_STRING next_component(UNICODE_STRING *rest)
{
    while (is_backslash(rest)) {
        skip(rest, sizeof(WCHAR));
    }
    UNICODE_STRING component = {0, 0, rest->Buffer};
    while (rest->Length != 0 && !is_backslash(rest)) {
        component.Length = (USHORT)(component.Length + sizeof(WCHAR));
        skip(rest, sizeof(WCHAR));
    }
    return component;
}

static bool is_last(UNICODE_STRING rest)
{
    return next_component(&rest).Length == 0;
}

/* The object manager's part of an absolute name (REG-OPN-04, -05). */
static NTSTATUS enter_namespace(const struct ref_tree *tree, struct walk *walk)
{
    WCHAR registry[] = u"REGISTRY";
    UNICODE_STRING wanted = {sizeof(registry) - sizeof(WCHAR), sizeof(registry), registry};
    if (!is_backslash(&walk->rest)) {
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    }
    if (walk->rest.Length == sizeof(WCHAR)) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    skip(&walk->rest, sizeof(WCHAR));
    if (is_backslash(&walk->rest)) {
        return STATUS_OBJECT_NAME_INVALID; /* only below \REGISTRY are they skipped */
    }
    UNICODE_STRING component = next_component(&walk->rest);
    if (ref_compare_text(component, wanted) != 0) {
        return is_last(walk->rest) ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
    }
    walk->key = tree->root;
    return STATUS_SUCCESS;
}

/* The target of walk->link becomes the name to go on with (REG-LNK-01..05). */
static NTSTATUS follow(struct walk *walk)
{
    WCHAR text[] = u"SymbolicLinkValue";
    ULONG index;
    const struct ref_value *target = ref_find_value(
        walk->link, (UNICODE_STRING){sizeof(text) - sizeof(WCHAR), sizeof(text), text}, &index);
    if (target == NULL || target->type != REG_LINK || target->bytes < sizeof(WCHAR)) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (target->data[0] != '\\' || target->data[1] != 0) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    if (walk->reparses++ >= REPARSE_MAX) {
        return STATUS_INVALID_PARAMETER;
    }
    ULONG bytes = target->bytes & ~(ULONG)1;
    bool last = is_last(walk->rest);
    ULONG whole = last ? bytes : bytes + (ULONG)sizeof(WCHAR) + walk->rest.Length;
    if (whole > 0xFFFE) {
        return STATUS_NAME_TOO_LONG;
    }
    UNICODE_STRING name = {(USHORT)whole, (USHORT)whole, ref_allocate(whole)};
    memcpy(name.Buffer, target->data, bytes);
    if (!last) {
        name.Buffer[bytes / sizeof(WCHAR)] = u'\\';
        memcpy(name.Buffer + bytes / sizeof(WCHAR) + 1, walk->rest.Buffer, walk->rest.Length);
    }
    free(walk->text.Buffer);
    walk->text = walk->rest = name;
    walk->link = NULL;
    return STATUS_SUCCESS;
}

/* From walk->key down its rest, as far as a link. */
static NTSTATUS look_up(const struct ref_open *open, struct walk *walk)
{
    for (;;) {
        UNICODE_STRING component = next_component(&walk->rest);
        bool last = is_last(walk->rest);
        if (component.Length == 0) {
            return STATUS_SUCCESS;
        }
        if (component.Length > COMPONENT_MAX * sizeof(WCHAR)) { /* REG-NS-05 */
            return open->create && last ? STATUS_INVALID_PARAMETER : STATUS_OBJECT_NAME_NOT_FOUND;
        }
        struct ref_key *child = ref_child(walk->key, component);
        if (child == NULL) {
            walk->new_name = component;
            return open->create && last ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
        }
        if (last && open->create && (open->options & REG_OPTION_CREATE_LINK) != 0) {
            return STATUS_OBJECT_NAME_COLLISION; /* REG-CRT-06 */
        }
        if (child->is_link && !(last && (open->attributes & OBJ_OPENLINK) != 0)) {
            walk->link = child; /* REG-LNK-03, -06 */
            return STATUS_SUCCESS;
        }
        walk->key = child;
    }
}

static NTSTATUS may_make(const struct ref_open *open, const struct ref_key *parent)
{
    ULONG depth = 0;
    if (parent->is_link) {
        return STATUS_ACCESS_DENIED; /* REG-CRT-08 */
    }
    if (parent->is_volatile && (open->options & REG_OPTION_VOLATILE) == 0) {
        return STATUS_CHILD_MUST_BE_VOLATILE; /* REG-CRT-07 */
    }
    for (const struct ref_key *key = parent; key != NULL; key = key->parent) {
        depth++;
    }
    return depth >= DEPTH_MAX ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* REG-OPN-03, -11, -12 */
static NTSTATUS grant(const struct ref_open *open, ACCESS_MASK *granted)
{
    static const ACCESS_MASK maps[][2] = {
        {GENERIC_READ, KEY_READ},          {GENERIC_WRITE, KEY_WRITE},
        {GENERIC_EXECUTE, KEY_EXECUTE},    {GENERIC_ALL, KEY_ALL_ACCESS},
        {MAXIMUM_ALLOWED, KEY_ALL_ACCESS},
    };
    bool user = open->mode != KernelMode || (open->attributes & OBJ_FORCE_ACCESS_CHECK) != 0;
    *granted = open->access & ~(ACCESS_MASK)(KEY_WOW64_32KEY | KEY_WOW64_64KEY);
    for (size_t index = 0; index < sizeof(maps) / sizeof(maps[0]); index++) {
        if ((*granted & maps[index][0]) != 0) {
            *granted = (*granted & ~maps[index][0]) | maps[index][1];
        }
    }
    return user && *granted == 0 ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/* The walk is over: the key it ends at, made if it was missing. */
static NTSTATUS finish(const struct ref_open *open, struct walk *walk, ACCESS_MASK *granted,
                       ULONG *disposition)
{
    bool makes = walk->new_name.Length != 0;
    NTSTATUS status = makes ? may_make(open, walk->key)
                      : open->create && (open->options & REG_OPTION_CREATE_LINK) != 0
                          ? STATUS_OBJECT_NAME_COLLISION /* REG-CRT-06 */
                          : STATUS_SUCCESS;
    if (NT_SUCCESS(status)) {
        status = grant(open, granted);
    }
    if (!NT_SUCCESS(status)) {
        return status;
    }
    *disposition = makes ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
    if (makes) {
        walk->key = ref_add_child(walk->key, walk->new_name, open->class_name,
                                  (open->options & REG_OPTION_VOLATILE) != 0,
                                  (open->options & REG_OPTION_CREATE_LINK) != 0);
    }
    return STATUS_SUCCESS;
}

/* Each parse is a pair of notifications, one that ends at a link included (CM-CO-13). */
static NTSTATUS walk_to_key(const struct ref_tree *tree, const struct ref_open *open,
                            struct walk *walk, ULONG *pairs)
{
    bool relative = open->root != NULL;
    for (;;) {
        NTSTATUS status = STATUS_SUCCESS;
        if (!relative) {
            status = enter_namespace(tree, walk);
        } else if (is_backslash(&walk->rest)) {
            status = STATUS_OBJECT_PATH_SYNTAX_BAD; /* REG-NS-08 */
        }
        if (!NT_SUCCESS(status)) {
            return status;
        }
        ++*pairs;
        status = walk->key->deleted ? STATUS_KEY_DELETED : look_up(open, walk); /* REG-OPN-07 */
        if (NT_SUCCESS(status) && walk->link != NULL) {
            status = follow(walk);
            relative = false;
        } else {
            return status;
        }
        if (!NT_SUCCESS(status)) {
            return status;
        }
    }
}

/* What is wrong with the arguments alone; NoChoice: nothing. */
static NTSTATUS check_arguments(const struct ref_open *open)
{
    const ACCESS_MASK both = KEY_WOW64_32KEY | KEY_WOW64_64KEY;
    if (!open->create && (open->options & ~(ULONG)LEGAL_OPEN) != 0) {
        return STATUS_INVALID_PARAMETER_4; /* REG-OPN-08 */
    }
    if (open->create && (open->options & ~(ULONG)REG_LEGAL_OPTION) != 0) {
        return STATUS_INVALID_PARAMETER; /* REG-CRT-07 */
    }
    if ((open->access & both) == both) {
        return STATUS_INVALID_PARAMETER; /* REG-OPN-12 */
    }
    return open->bad_root ? STATUS_INVALID_HANDLE : NoChoice; /* REG-MODE-06 */
}

struct ref_result ref_open(struct ref_tree *tree, const struct ref_open *open,
                           struct ref_handle **handle, ULONG *disposition)
{
    struct ref_result result = ref_silent(check_arguments(open));
    struct walk walk = {.key = NULL};
    ACCESS_MASK granted = 0;
    ULONG made = 0;
    *handle = NULL;
    if (result.status != NoChoice) {
        return result;
    }
    pthread_mutex_lock(&tree->mutex);
    walk.text = walk.rest = ref_copy_text(open->name);
    walk.key = open->root != NULL ? open->root->key : NULL;
    result.status = walk_to_key(tree, open, &walk, &result.pairs);
    if (NT_SUCCESS(result.status)) {
        result.status = finish(open, &walk, &granted, &made);
    }
    if (NT_SUCCESS(result.status)) {
        *handle = ref_allocate(sizeof(**handle));
        **handle = (struct ref_handle){.key = walk.key, .access = granted};
        walk.key->references++;
        if (disposition != NULL) {
            *disposition = made;
        }
    }
    pthread_mutex_unlock(&tree->mutex);
    result.also = result.status;
    free(walk.text.Buffer);
    return result;
}

void ref_close(struct ref_tree *tree, struct ref_handle *handle)
{
    pthread_mutex_lock(&tree->mutex);
    ref_release_key(handle->key);
    pthread_mutex_unlock(&tree->mutex);
    free(handle);
}
