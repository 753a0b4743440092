/* SPDX-License-Identifier: MIT
 *
 * refservice.c - the services that change what a handle refers to, as the rules have them, in the
 * order of REG-ORDER.
 */
#include "reftree.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_NAME_MAX 32767u /* bytes, REG-SET-02 */

struct ref_result ref_silent(NTSTATUS status)
{
    return (struct ref_result){.status = status, .also = status};
}

struct ref_result ref_heard(NTSTATUS status)
{
    return (struct ref_result){.status = status, .also = status, .pairs = 1};
}

NTSTATUS ref_check_handle(KPROCESSOR_MODE mode, const struct ref_handle *handle, ACCESS_MASK access)
{
    if (handle == NULL) {
        return STATUS_INVALID_HANDLE; /* REG-MODE-06 */
    }
    return mode != KernelMode && (handle->access & access) != access ? STATUS_ACCESS_DENIED
                                                                     : STATUS_SUCCESS;
}

NTSTATUS ref_value_name(KPROCESSOR_MODE mode, const UNICODE_STRING *given, bool limited,
                        UNICODE_STRING *used)
{
    *used = (UNICODE_STRING){0, 0, NULL};
    if (given == NULL) {
        return mode == KernelMode ? STATUS_SUCCESS : STATUS_ACCESS_VIOLATION; /* REG-SET-03 */
    }
    *used = *given;
    if (used->Length % sizeof(WCHAR) != 0 || (limited && used->Length > VALUE_NAME_MAX)) {
        return STATUS_INVALID_PARAMETER;
    }
    while (used->Length != 0 && used->Buffer[used->Length / sizeof(WCHAR) - 1] == 0) {
        used->Length = (USHORT)(used->Length - sizeof(WCHAR));
    }
    return STATUS_SUCCESS;
}

struct ref_result ref_delete_key(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                 struct ref_handle *handle)
{
    NTSTATUS status = ref_check_handle(mode, handle, DELETE);
    if (!NT_SUCCESS(status)) {
        return ref_silent(status);
    }
    pthread_mutex_lock(&tree->mutex);
    struct ref_key *key = handle->key;
    if (!key->deleted && key->child_count != 0) {
        status = STATUS_CANNOT_DELETE; /* REG-DEL-02 */
    } else if (!key->deleted) {
        ref_take_out_child(key->parent, key);
        if (key->parent->child_count == 0) {
            key->parent->max_name = key->parent->max_class = 0;
        }
        key->deleted = true;
        ref_release_key(key);
    }
    pthread_mutex_unlock(&tree->mutex);
    return ref_heard(status); /* REG-DEL-03: again, SUCCESS */
}

struct ref_result ref_flush_key(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                struct ref_handle *handle)
{
    NTSTATUS status = ref_check_handle(mode, handle, 0); /* REG-FLS-01: any access */
    if (!NT_SUCCESS(status)) {
        return ref_silent(status);
    }
    pthread_mutex_lock(&tree->mutex);
    status = handle->key->deleted ? STATUS_KEY_DELETED : STATUS_SUCCESS;
    pthread_mutex_unlock(&tree->mutex);
    return ref_heard(status);
}

static bool has_backslash(UNICODE_STRING name)
{
    for (ULONG index = 0; index < name.Length / sizeof(WCHAR); index++) {
        if (name.Buffer[index] == u'\\') {
            return true;
        }
    }
    return false;
}

/* Is it a name that a key could have (REG-REN-04, REG-NS-05)? */
static bool is_component(UNICODE_STRING name)
{
    return !has_backslash(name) && name.Length <= 255 * sizeof(WCHAR);
}

static NTSTATUS move(struct ref_key *key, UNICODE_STRING name)
{
    if (key->is_link) {
        return STATUS_ACCESS_DENIED; /* REG-REN-05 */
    }
    if (ref_child(key->parent, name) != NULL) {
        return STATUS_CANNOT_DELETE; /* REG-REN-03 */
    }
    ref_take_out_child(key->parent, key);
    free(key->name.Buffer);
    key->name = ref_copy_text(name);
    ref_insert_child(key->parent, key);
    key->time_is = REF_TIME_ANY; /* no rule says */
    return STATUS_SUCCESS;
}

struct ref_result ref_rename_key(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                 struct ref_handle *handle, const UNICODE_STRING *name)
{
    if (name == NULL) { /* REG-REN-01: before the handle */
        return ref_silent(mode == KernelMode ? STATUS_INVALID_PARAMETER : STATUS_ACCESS_VIOLATION);
    }
    NTSTATUS status = ref_check_handle(mode, handle, KEY_WRITE);
    if (NT_SUCCESS(status) && (name->Length == 0 || name->Length % sizeof(WCHAR) != 0)) {
        status = STATUS_INVALID_PARAMETER;
    }
    if (!NT_SUCCESS(status)) {
        return ref_silent(status);
    }
    pthread_mutex_lock(&tree->mutex);
    bool deleted = handle->key->deleted;
    if (!is_component(*name)) {
        status = STATUS_INVALID_PARAMETER;
    } else {
        status = deleted ? STATUS_KEY_DELETED : move(handle->key, *name);
    }
    pthread_mutex_unlock(&tree->mutex);
    struct ref_result result = ref_heard(status);
    if (deleted) {
        result.also = STATUS_KEY_DELETED; /* two errors in one call: either may come first */
    }
    return result;
}

static void put_value(struct ref_key *key, UNICODE_STRING name, ULONG type, const void *data,
                      ULONG bytes)
{
    ULONG index;
    struct ref_value *value = ref_find_value(key, name, &index);
    if (value != NULL && value->type == type && value->bytes == bytes &&
        (bytes == 0 || memcmp(value->data, data, bytes) == 0)) {
        return; /* REG-NS-10 */
    }
    if (value == NULL) {
        value = ref_allocate(sizeof(*value));
        value->name = ref_copy_text(name); /* REG-SET-09: the first spelling stays */
        struct ref_value **values =
            realloc(key->values, (key->value_count + 1) * sizeof(struct ref_value *));
        if (values == NULL) {
            abort();
        }
        key->values = values;
        key->values[key->value_count++] = value;
    }
    free(value->data);
    value->data = ref_allocate(bytes);
    if (bytes != 0) {
        memcpy(value->data, data, bytes);
    }
    value->type = type;
    value->bytes = bytes;
    key->max_value_name =
        key->max_value_name < value->name.Length ? value->name.Length : key->max_value_name;
    key->max_value_data = key->max_value_data < bytes ? bytes : key->max_value_data;
    ref_touch(key);
}

struct ref_result ref_set_value(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                struct ref_handle *handle, const UNICODE_STRING *name, ULONG type,
                                const void *data, ULONG bytes)
{
    WCHAR text[] = u"SymbolicLinkValue";
    UNICODE_STRING target = {sizeof(text) - sizeof(WCHAR), sizeof(text), text};
    UNICODE_STRING used;
    NTSTATUS status = ref_check_handle(mode, handle, KEY_SET_VALUE);
    if (NT_SUCCESS(status) && mode != KernelMode &&
        (name == NULL || (data == NULL && bytes != 0))) {
        status = STATUS_ACCESS_VIOLATION; /* REG-SET-03, -05; REG-ORDER 4 */
    }
    if (NT_SUCCESS(status)) {
        status = ref_value_name(mode, name, true, &used);
    }
    if (!NT_SUCCESS(status)) {
        return ref_silent(status);
    }
    pthread_mutex_lock(&tree->mutex);
    if (handle->key->deleted) {
        status = STATUS_KEY_DELETED;
    } else if (handle->key->is_link && (type != REG_LINK || ref_compare_text(used, target) != 0)) {
        status = STATUS_ACCESS_DENIED; /* REG-SET-06 */
    } else {
        put_value(handle->key, used, type, data, bytes);
    }
    pthread_mutex_unlock(&tree->mutex);
    return ref_heard(status);
}

static NTSTATUS remove_value(struct ref_key *key, UNICODE_STRING name)
{
    ULONG index;
    struct ref_value *value = ref_find_value(key, name, &index);
    if (value == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    free(value->name.Buffer);
    free(value->data);
    free(value);
    key->value_count--;
    memmove(key->values + index, key->values + index + 1,
            (key->value_count - index) * sizeof(struct ref_value *));
    if (key->value_count == 0) {
        key->max_value_name = key->max_value_data = 0; /* REG-SET-08 */
    }
    ref_touch(key);
    return STATUS_SUCCESS;
}

struct ref_result ref_delete_value(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                   struct ref_handle *handle, const UNICODE_STRING *name)
{
    UNICODE_STRING used;
    NTSTATUS status = ref_check_handle(mode, handle, KEY_SET_VALUE);
    if (NT_SUCCESS(status)) {
        status = ref_value_name(mode, name, false, &used);
    }
    if (!NT_SUCCESS(status)) {
        return ref_silent(status);
    }
    pthread_mutex_lock(&tree->mutex);
    status = handle->key->deleted ? STATUS_KEY_DELETED : remove_value(handle->key, used);
    pthread_mutex_unlock(&tree->mutex);
    return ref_heard(status);
}

/* REG-SIK-02, REG-QK-08 */
static void put_information(struct ref_handle *handle, ULONG information_class, const void *data)
{
    struct ref_key *key = handle->key;
    ULONG word = 0;
    if (information_class == KeyWriteTimeInformation) {
        memcpy(&key->time, data, sizeof(key->time));
        key->time_is = REF_TIME_SAME;
        return;
    }
    memcpy(&word, data, sizeof(word));
    if (information_class == KeyWow64FlagsInformation) {
        key->wow64_flags = word;
    } else if (information_class == KeyControlFlagsInformation) {
        key->control_flags = word;
    } else if (information_class == KeySetVirtualizationInformation) {
        key->virtualization = word;
    } else if (information_class == KeySetHandleTagsInformation) {
        handle->tags = word;
    }
}

struct ref_result ref_set_information(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                      struct ref_handle *handle, ULONG information_class,
                                      const void *data, ULONG bytes)
{
    ULONG wanted = information_class == KeyWriteTimeInformation ? 8 : 4;
    if (information_class > KeySetLayerInformation) { /* REG-SIK-01 */
        return (struct ref_result){.status = STATUS_INVALID_PARAMETER,
                                   .also = STATUS_INVALID_INFO_CLASS};
    }
    if (bytes != wanted) {
        return ref_silent(STATUS_INFO_LENGTH_MISMATCH);
    }
    NTSTATUS status = ref_check_handle(
        mode, handle, information_class == KeySetHandleTagsInformation ? 0 : KEY_SET_VALUE);
    if (!NT_SUCCESS(status)) {
        return ref_silent(status);
    }
    pthread_mutex_lock(&tree->mutex);
    if (handle->key->deleted) {
        status = STATUS_KEY_DELETED;
    } else {
        put_information(handle, information_class, data);
    }
    pthread_mutex_unlock(&tree->mutex);
    return ref_heard(status);
}
