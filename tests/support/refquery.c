/* SPDX-License-Identifier: MIT
 *
 * refquery.c - the services that only read, as the rules have them: what an answer looks like, and
 * how much of it fits.
 */
#include "reftree.h"

#include <stdlib.h>
#include <string.h>

/* The fixed part: 32-bit words, a time of two words included. */
struct answer {
    UCHAR *bytes;
    ULONG fixed;
    ULONG needed;
};

static struct answer begin(const ULONG *words, ULONG fixed, ULONG needed)
{
    struct answer answer = {ref_allocate(needed), fixed, needed};
    memcpy(answer.bytes, words, fixed);
    return answer;
}

static void put(struct answer *answer, ULONG offset, const void *from, ULONG bytes)
{
    if (bytes != 0) {
        memcpy(answer->bytes + offset, from, bytes);
    }
}

static void put_text(struct answer *answer, ULONG offset, UNICODE_STRING text)
{
    put(answer, offset, text.Buffer, text.Length);
}

/* REG-QVK-04. Fillers are 0: nobody is shown what was there before. */
static NTSTATUS end(struct answer *answer, struct ref_buffer *buffer)
{
    ULONG fits = buffer->length < answer->needed ? buffer->length : answer->needed;
    buffer->needed = answer->needed;
    if (buffer->length >= answer->fixed && fits != 0) {
        memcpy(buffer->bytes, answer->bytes, fits);
    }
    free(answer->bytes);
    return buffer->length < answer->fixed    ? STATUS_BUFFER_TOO_SMALL
           : buffer->length < answer->needed ? STATUS_BUFFER_OVERFLOW
                                             : STATUS_SUCCESS;
}

static ULONG align(ULONG offset, ULONG to)
{
    return (offset + to - 1) / to * to;
}

/* ---- keys (REG-QK-03..08): the words behind the time, and behind them what is variable ---- */

static NTSTATUS answer_basic(const struct ref_key *key, struct ref_buffer *buffer)
{
    ULONG words[] = {0, 0, 0, key->name.Length};
    struct answer answer = begin(words, sizeof(words), 16u + key->name.Length);
    put_text(&answer, 16, key->name);
    return end(&answer, buffer);
}

static NTSTATUS answer_node(const struct ref_key *key, struct ref_buffer *buffer)
{
    ULONG class_bytes = key->class_name.Length;
    ULONG offset = align(24u + key->name.Length, 4);
    ULONG words[] = {
        0, 0, 0, class_bytes != 0 ? offset : 0xFFFFFFFF, class_bytes, key->name.Length};
    struct answer answer = begin(words, sizeof(words),
                                 class_bytes != 0 ? offset + class_bytes : 24u + key->name.Length);
    put_text(&answer, 24, key->name);
    if (class_bytes != 0) {
        put_text(&answer, offset, key->class_name);
    }
    return end(&answer, buffer);
}

static NTSTATUS answer_full(const struct ref_key *key, struct ref_buffer *buffer)
{
    ULONG class_bytes = key->class_name.Length;
    ULONG words[] = {0,
                     0,
                     0,
                     class_bytes != 0 ? 44 : 0xFFFFFFFF,
                     class_bytes,
                     key->child_count,
                     key->max_name,
                     key->max_class,
                     key->value_count,
                     key->max_value_name,
                     key->max_value_data};
    struct answer answer = begin(words, sizeof(words), 44 + class_bytes);
    put_text(&answer, 44, key->class_name);
    return end(&answer, buffer);
}

static NTSTATUS answer_cached(const struct ref_key *key, struct ref_buffer *buffer)
{
    ULONG words[] = {0,
                     0,
                     0,
                     key->child_count,
                     key->max_name,
                     key->value_count,
                     key->max_value_name,
                     key->max_value_data,
                     key->name.Length,
                     0};
    struct answer answer = begin(words, sizeof(words), sizeof(words));
    return end(&answer, buffer);
}

static NTSTATUS answer_path(const struct ref_key *key, struct ref_buffer *buffer)
{
    ULONG bytes = 0;
    for (const struct ref_key *at = key; at != NULL; at = at->parent) {
        bytes += (ULONG)sizeof(WCHAR) + at->name.Length;
    }
    struct answer answer = begin(&bytes, 4, 4 + bytes);
    ULONG offset = 4 + bytes;
    for (const struct ref_key *at = key; at != NULL; at = at->parent) {
        offset -= at->name.Length;
        put_text(&answer, offset, at->name);
        offset -= (ULONG)sizeof(WCHAR);
        put(&answer, offset, u"\\", sizeof(WCHAR));
    }
    return end(&answer, buffer);
}

static NTSTATUS answer_words(const ULONG *words, ULONG bytes, struct ref_buffer *buffer)
{
    struct answer answer = begin(words, bytes, bytes);
    return end(&answer, buffer);
}

static NTSTATUS answer_key(const struct ref_handle *handle, const struct ref_key *key,
                           ULONG information_class, struct ref_buffer *buffer)
{
    ULONG words[3] = {0};
    switch (information_class) {
    case KeyBasicInformation:
        return answer_basic(key, buffer);
    case KeyNodeInformation:
        return answer_node(key, buffer);
    case KeyFullInformation:
        return answer_full(key, buffer);
    case KeyNameInformation:
        return answer_path(key, buffer);
    case KeyCachedInformation:
        return answer_cached(key, buffer);
    case KeyFlagsInformation:
        words[0] = key->wow64_flags;
        words[1] = (key->is_volatile ? 1u : 0u) | (key->is_link ? 2u : 0u);
        words[2] = key->control_flags;
        return answer_words(words, sizeof(words), buffer);
    case KeyVirtualizationInformation:
        words[0] = (key->virtualization & 7) << 2;
        return answer_words(words, sizeof(words[0]), buffer);
    case KeyHandleTagsInformation:
        words[0] = handle->tags;
        return answer_words(words, sizeof(words[0]), buffer);
    default: /* KeyTrustInformation, KeyLayerInformation */
        return answer_words(words, sizeof(words[0]), buffer);
    }
}

static bool is_timed(ULONG information_class)
{
    return information_class <= KeyFullInformation || information_class == KeyCachedInformation;
}

struct ref_result ref_query_key(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                struct ref_handle *handle, ULONG information_class,
                                struct ref_buffer *buffer)
{
    bool any = information_class == KeyNameInformation ||
               information_class == KeyHandleTagsInformation; /* REG-QK-01 */
    if (information_class > KeyLayerInformation) {
        return ref_silent(STATUS_INVALID_PARAMETER); /* REG-QK-02 */
    }
    NTSTATUS status = ref_check_handle(mode, handle, any ? 0 : KEY_QUERY_VALUE);
    if (NT_SUCCESS(status) && any && mode != KernelMode && handle->access == 0) {
        status = STATUS_ACCESS_DENIED;
    }
    if (!NT_SUCCESS(status)) {
        return ref_silent(status);
    }
    pthread_mutex_lock(&tree->mutex);
    struct ref_result result = ref_heard(STATUS_KEY_DELETED); /* REG-QK-09 */
    if (!handle->key->deleted) {
        result = ref_heard(answer_key(handle, handle->key, information_class, buffer));
        result.timed = is_timed(information_class) ? handle->key : NULL;
    }
    pthread_mutex_unlock(&tree->mutex);
    return result;
}

struct ref_result ref_enumerate_key(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                    struct ref_handle *handle, ULONG index, ULONG information_class,
                                    struct ref_buffer *buffer)
{
    if (information_class > KeyFullInformation) { /* REG-EK-01 */
        return ref_silent(STATUS_INVALID_PARAMETER);
    }
    NTSTATUS status = ref_check_handle(mode, handle, KEY_ENUMERATE_SUB_KEYS);
    if (!NT_SUCCESS(status)) {
        return ref_silent(status);
    }
    pthread_mutex_lock(&tree->mutex);
    struct ref_result result = ref_heard(STATUS_KEY_DELETED);
    if (!handle->key->deleted && index >= handle->key->child_count) {
        result = ref_heard(STATUS_NO_MORE_ENTRIES);
    } else if (!handle->key->deleted) {
        struct ref_key *child = handle->key->children[index];
        result = ref_heard(answer_key(handle, child, information_class, buffer));
        result.timed = child;
    }
    pthread_mutex_unlock(&tree->mutex);
    return result;
}

/* ---- values (REG-QVK-03..07) ---- */

static NTSTATUS answer_value(const struct ref_value *value, ULONG information_class,
                             struct ref_buffer *buffer)
{
    ULONG alignment = information_class == KeyValueFullInformationAlign64 ? 8 : 4;
    ULONG offset = align(20u + value->name.Length, alignment);
    ULONG basic[] = {0, value->type, value->name.Length};
    ULONG full[] = {0, value->type, offset, value->bytes, value->name.Length};
    ULONG partial[] = {0, value->type, value->bytes};
    struct answer answer;
    switch (information_class) {
    case KeyValueBasicInformation:
        answer = begin(basic, sizeof(basic), 12u + value->name.Length);
        put_text(&answer, 12, value->name);
        break;
    case KeyValueFullInformation:
    case KeyValueFullInformationAlign64:
        answer = begin(full, sizeof(full), offset + value->bytes);
        put_text(&answer, 20, value->name);
        put(&answer, offset, value->data, value->bytes);
        break;
    case KeyValuePartialInformation:
        answer = begin(partial, sizeof(partial), 12 + value->bytes);
        put(&answer, 12, value->data, value->bytes);
        break;
    default: /* KeyValuePartialInformationAlign64: without the title index */
        answer = begin(partial + 1, sizeof(partial) - sizeof(ULONG), 8 + value->bytes);
        put(&answer, 8, value->data, value->bytes);
        break;
    }
    return end(&answer, buffer);
}

struct ref_result ref_query_value(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                  struct ref_handle *handle, const UNICODE_STRING *name,
                                  ULONG information_class, struct ref_buffer *buffer)
{
    UNICODE_STRING used;
    ULONG index;
    if (information_class > KeyValuePartialInformationAlign64) { /* REG-QVK-01 */
        return ref_silent(STATUS_INVALID_PARAMETER);
    }
    NTSTATUS status = ref_check_handle(mode, handle, KEY_QUERY_VALUE);
    if (NT_SUCCESS(status)) {
        status = ref_value_name(mode, name, false, &used);
    }
    if (!NT_SUCCESS(status)) {
        return ref_silent(status);
    }
    pthread_mutex_lock(&tree->mutex);
    status = STATUS_KEY_DELETED;
    if (!handle->key->deleted) {
        const struct ref_value *value = ref_find_value(handle->key, used, &index);
        status = value != NULL ? answer_value(value, information_class, buffer)
                               : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    pthread_mutex_unlock(&tree->mutex);
    return ref_heard(status);
}

struct ref_result ref_enumerate_value(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                      struct ref_handle *handle, ULONG index,
                                      ULONG information_class, struct ref_buffer *buffer)
{
    if (information_class > KeyValuePartialInformationAlign64) { /* REG-EVK-01 */
        return ref_silent(STATUS_INVALID_PARAMETER);
    }
    NTSTATUS status = ref_check_handle(mode, handle, KEY_QUERY_VALUE);
    if (!NT_SUCCESS(status)) {
        return ref_silent(status);
    }
    pthread_mutex_lock(&tree->mutex);
    if (handle->key->deleted) {
        status = STATUS_KEY_DELETED;
    } else if (index >= handle->key->value_count) {
        status = STATUS_NO_MORE_ENTRIES;
    } else {
        status = answer_value(handle->key->values[index], information_class, buffer);
    }
    pthread_mutex_unlock(&tree->mutex);
    return ref_heard(status);
}

/* ---- several values (REG-QMV) ---- */

static NTSTATUS pack(const struct ref_key *key, PKEY_VALUE_ENTRY entries, ULONG count,
                     struct ref_buffer *buffer)
{
    ULONG needed = 0;
    ULONG index;
    for (ULONG at = 0; at < count; at++) {
        const struct ref_value *value = ref_find_value(key, *entries[at].ValueName, &index);
        if (value == NULL) {
            return STATUS_OBJECT_NAME_NOT_FOUND; /* REG-QMV-02 */
        }
        entries[at].DataOffset = align(needed, 4);
        entries[at].DataLength = value->bytes;
        entries[at].Type = value->type;
        needed = entries[at].DataOffset + value->bytes;
    }
    buffer->needed = needed;
    if (needed > buffer->length) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (ULONG at = 0; at < count; at++) {
        const struct ref_value *value = ref_find_value(key, *entries[at].ValueName, &index);
        if (value->bytes != 0) {
            memcpy(buffer->bytes + entries[at].DataOffset, value->data, value->bytes);
        }
    }
    buffer->length = needed;
    return STATUS_SUCCESS;
}

struct ref_result ref_query_values(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                   struct ref_handle *handle, PKEY_VALUE_ENTRY entries, ULONG count,
                                   struct ref_buffer *buffer)
{
    NTSTATUS status = ref_check_handle(mode, handle, KEY_QUERY_VALUE);
    if (!NT_SUCCESS(status)) {
        return ref_silent(status);
    }
    pthread_mutex_lock(&tree->mutex);
    status = handle->key->deleted ? STATUS_KEY_DELETED : pack(handle->key, entries, count, buffer);
    pthread_mutex_unlock(&tree->mutex);
    return ref_heard(status);
}
