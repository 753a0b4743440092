/* SPDX-License-Identifier: MIT
 *
 * reftree.c - the oracle's keys and values: arrays, searched from the front.
 */
#include "reftree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *ref_allocate(size_t bytes)
{
    void *memory = calloc(1, bytes == 0 ? 1 : bytes);
    if (memory == NULL) {
        fprintf(stderr, "reftree: no memory for %zu bytes\n", bytes);
        abort();
    }
    return memory;
}

UNICODE_STRING ref_copy_text(UNICODE_STRING text)
{
    UNICODE_STRING copy = {text.Length, text.Length, ref_allocate(text.Length)};
    if (text.Length != 0) {
        memcpy(copy.Buffer, text.Buffer, text.Length);
    }
    return copy;
}

int ref_compare_text(UNICODE_STRING left, UNICODE_STRING right)
{
    ULONG count = (left.Length < right.Length ? left.Length : right.Length) / sizeof(WCHAR);
    for (ULONG index = 0; index < count; index++) {
        int difference = (int)RtlUpcaseUnicodeChar(left.Buffer[index]) -
                         (int)RtlUpcaseUnicodeChar(right.Buffer[index]);
        if (difference != 0) {
            return difference;
        }
    }
    return (int)left.Length - (int)right.Length;
}

void ref_touch(struct ref_key *key)
{
    if (key->time_is == REF_TIME_SAME) {
        key->time_is = REF_TIME_CHANGED;
    }
}

bool ref_check_time(struct ref_tree *tree, struct ref_key *key, LONGLONG time)
{
    pthread_mutex_lock(&tree->mutex);
    bool agrees =
        key->time_is == REF_TIME_ANY || (key->time_is == REF_TIME_SAME) == (time == key->time);
    key->time_is = REF_TIME_SAME;
    key->time = time;
    pthread_mutex_unlock(&tree->mutex);
    return agrees;
}

struct ref_key *ref_child(const struct ref_key *key, UNICODE_STRING name)
{
    for (ULONG index = 0; index < key->child_count; index++) {
        if (ref_compare_text(key->children[index]->name, name) == 0) {
            return key->children[index];
        }
    }
    return NULL;
}

struct ref_value *ref_find_value(const struct ref_key *key, UNICODE_STRING name, ULONG *index)
{
    for (ULONG at = 0; at < key->value_count; at++) {
        if (ref_compare_text(key->values[at]->name, name) == 0) {
            *index = at;
            return key->values[at];
        }
    }
    return NULL;
}

static void raise_mark(ULONG *mark, ULONG bytes)
{
    *mark = *mark < bytes ? bytes : *mark;
}

/* Stable before volatile, then by name (REG-EK-02). */
static bool goes_before(const struct ref_key *left, const struct ref_key *right)
{
    return left->is_volatile != right->is_volatile ? right->is_volatile
                                                   : ref_compare_text(left->name, right->name) < 0;
}

void ref_insert_child(struct ref_key *parent, struct ref_key *key)
{
    struct ref_key **children = ref_allocate((parent->child_count + 1) * sizeof(struct ref_key *));
    ULONG at = 0;
    while (at < parent->child_count && goes_before(parent->children[at], key)) {
        children[at] = parent->children[at];
        at++;
    }
    children[at] = key;
    for (; at < parent->child_count; at++) {
        children[at + 1] = parent->children[at];
    }
    free(parent->children);
    parent->children = children;
    parent->child_count++;
    key->parent = parent;
    raise_mark(&parent->max_name, key->name.Length); /* REG-CRT-13 */
    raise_mark(&parent->max_class, key->class_name.Length);
    ref_touch(parent);
}

/* The marks stay, but for the last child's going: as REG-SET-08 has it for values. */
void ref_take_out_child(struct ref_key *parent, const struct ref_key *key)
{
    ULONG to = 0;
    for (ULONG at = 0; at < parent->child_count; at++) {
        if (parent->children[at] != key) {
            parent->children[to++] = parent->children[at];
        }
    }
    parent->child_count = to;
    ref_touch(parent);
}

struct ref_key *ref_add_child(struct ref_key *parent, UNICODE_STRING name,
                              UNICODE_STRING class_name, bool is_volatile, bool is_link)
{
    struct ref_key *key = ref_allocate(sizeof(*key));
    key->references = 1;
    key->name = ref_copy_text(name);
    key->class_name = ref_copy_text(class_name);
    key->is_volatile = is_volatile;
    key->is_link = is_link;
    if (parent != NULL) {
        ref_insert_child(parent, key);
    }
    return key;
}

void ref_release_key(struct ref_key *key)
{
    if (--key->references != 0) {
        return;
    }
    for (ULONG index = 0; index < key->value_count; index++) {
        free(key->values[index]->name.Buffer);
        free(key->values[index]->data);
        free(key->values[index]);
    }
    free(key->values);
    free(key->children);
    free(key->name.Buffer);
    free(key->class_name.Buffer);
    free(key);
}

struct ref_key *ref_put_key(struct ref_tree *tree, struct ref_key *parent, const WCHAR *name)
{
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, name);
    pthread_mutex_lock(&tree->mutex);
    parent = parent == NULL ? tree->root : parent;
    struct ref_key *key = ref_child(parent, text);
    if (key == NULL) {
        key = ref_add_child(parent, text, (UNICODE_STRING){0, 0, NULL}, false, false);
    }
    pthread_mutex_unlock(&tree->mutex);
    return key;
}

struct ref_tree *ref_create_tree(void)
{
    struct ref_tree *tree = ref_allocate(sizeof(*tree));
    WCHAR name[] = u"REGISTRY";
    pthread_mutex_init(&tree->mutex, NULL);
    tree->root =
        ref_add_child(NULL, (UNICODE_STRING){sizeof(name) - sizeof(WCHAR), sizeof(name), name},
                      (UNICODE_STRING){0, 0, NULL}, true, false);
    return tree;
}

static void drop_tree(struct ref_key *key)
{
    for (ULONG index = 0; index < key->child_count; index++) {
        drop_tree(key->children[index]);
    }
    key->child_count = 0;
    ref_release_key(key);
}

static void mark_deleted(struct ref_key *key)
{
    for (ULONG index = 0; index < key->child_count; index++) {
        mark_deleted(key->children[index]);
    }
    key->child_count = 0;
    key->deleted = true;
    ref_release_key(key);
}

void ref_remove_key(struct ref_tree *tree, struct ref_key *key)
{
    pthread_mutex_lock(&tree->mutex);
    ref_take_out_child(key->parent, key);
    mark_deleted(key);
    pthread_mutex_unlock(&tree->mutex);
}

void ref_destroy_tree(struct ref_tree *tree)
{
    drop_tree(tree->root);
    pthread_mutex_destroy(&tree->mutex);
    free(tree);
}
