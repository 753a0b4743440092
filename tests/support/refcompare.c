/* SPDX-License-Identifier: MIT
 *
 * refcompare.c - the simulated registry held against the oracle, key by key, through its services.
 */
#include "reftree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_text(UNICODE_STRING text)
{
    for (ULONG index = 0; index < text.Length / sizeof(WCHAR); index++) {
        WCHAR unit = text.Buffer[index];
        fprintf(stderr, unit >= 0x20 && unit < 0x7F ? "%c" : "{%x}", unit);
    }
}

static void print_path(const struct ref_key *key)
{
    if (key != NULL) {
        print_path(key->parent);
        fprintf(stderr, "\\");
        print_text(key->name);
    }
}

/* Says where and what; false. */
static bool differs(const struct ref_key *key, const char *what, ULONG index, NTSTATUS status)
{
    fprintf(stderr, "difference at ");
    print_path(key);
    fprintf(stderr, ": %s %u (status %08x)\n", what, (unsigned)index, (unsigned)status);
    return false;
}

/* One answer of the simulated registry: in a block of exactly its size. */
struct seen {
    UCHAR *bytes;
    ULONG length;
};

typedef NTSTATUS ask(HANDLE handle, ULONG index, PVOID buffer, ULONG length, PULONG needed);

static NTSTATUS ask_key(HANDLE handle, ULONG index, PVOID buffer, ULONG length, PULONG needed)
{
    return ZwQueryKey(handle, (KEY_INFORMATION_CLASS)index, buffer, length, needed);
}

static NTSTATUS ask_child(HANDLE handle, ULONG index, PVOID buffer, ULONG length, PULONG needed)
{
    return ZwEnumerateKey(handle, index, KeyNodeInformation, buffer, length, needed);
}

static NTSTATUS ask_value(HANDLE handle, ULONG index, PVOID buffer, ULONG length, PULONG needed)
{
    return ZwEnumerateValueKey(handle, index, KeyValueFullInformation, buffer, length, needed);
}

static NTSTATUS see(ask *asked, HANDLE handle, ULONG index, struct seen *seen)
{
    *seen = (struct seen){NULL, 0};
    NTSTATUS status = asked(handle, index, NULL, 0, &seen->length);
    if (status == STATUS_BUFFER_TOO_SMALL) {
        seen->bytes = ref_allocate(seen->length);
        status = asked(handle, index, seen->bytes, seen->length, &seen->length);
    }
    return status;
}

/* The same question to both; the first eight bytes are a time if the oracle says so. */
static bool agrees(struct ref_tree *tree, struct ref_result expected, struct ref_buffer *buffer,
                   NTSTATUS status, struct seen *seen)
{
    LONGLONG time = 0;
    bool same = status == expected.status;
    if (same && NT_SUCCESS(status)) {
        same = buffer->needed == seen->length;
    }
    if (same && NT_SUCCESS(status) && expected.timed != NULL) {
        memcpy(&time, seen->bytes, sizeof(time));
        memset(seen->bytes, 0, sizeof(time));
        same = ref_check_time(tree, expected.timed, time);
    }
    return same && (!NT_SUCCESS(status) || memcmp(buffer->bytes, seen->bytes, seen->length) == 0);
}

enum question { QUESTION_KEY, QUESTION_CHILD, QUESTION_VALUE };

static struct ref_result expect(struct ref_tree *tree, struct ref_handle *handle,
                                enum question question, ULONG index, struct ref_buffer *buffer)
{
    switch (question) {
    case QUESTION_KEY:
        return ref_query_key(tree, KernelMode, handle, index, buffer);
    case QUESTION_CHILD:
        return ref_enumerate_key(tree, KernelMode, handle, index, KeyNodeInformation, buffer);
    default:
        return ref_enumerate_value(tree, KernelMode, handle, index, KeyValueFullInformation,
                                   buffer);
    }
}

static bool compare_answer(struct ref_tree *tree, struct ref_key *key, HANDLE handle,
                           enum question question, ULONG index)
{
    static ask *const asked[] = {ask_key, ask_child, ask_value};
    static const char *const what[] = {"key information", "subkey", "value"};
    struct ref_handle mine = {.key = key};
    struct seen seen;
    NTSTATUS status = see(asked[question], handle, index, &seen);
    struct ref_buffer buffer = {ref_allocate(seen.length), seen.length, 0};
    struct ref_result expected = expect(tree, &mine, question, index, &buffer);
    bool same = agrees(tree, expected, &buffer, status, &seen);
    free(buffer.bytes);
    free(seen.bytes);
    return same || differs(key, what[question], index, status);
}

static bool compare_children(struct ref_tree *tree, struct ref_key *key, HANDLE handle)
{
    bool same = true;
    for (ULONG index = 0; same && index < key->child_count; index++) {
        OBJECT_ATTRIBUTES attributes;
        HANDLE child;
        InitializeObjectAttributes(&attributes, &key->children[index]->name, OBJ_OPENLINK, handle,
                                   NULL);
        NTSTATUS status = ZwOpenKey(&child, KEY_READ, &attributes);
        if (!NT_SUCCESS(status)) {
            return differs(key, "opening the subkey", index, status);
        }
        same = ref_compare(tree, key->children[index], child);
        ZwClose(child);
    }
    return same;
}

bool ref_compare(struct ref_tree *tree, struct ref_key *key, HANDLE handle)
{
    static const ULONG classes[] = {KeyFullInformation, KeyNameInformation, KeyCachedInformation,
                                    KeyFlagsInformation};
    bool same = true;
    for (size_t index = 0; same && index < sizeof(classes) / sizeof(classes[0]); index++) {
        same = compare_answer(tree, key, handle, QUESTION_KEY, classes[index]);
    }
    for (ULONG index = 0; same && index <= key->child_count; index++) {
        same = compare_answer(tree, key, handle, QUESTION_CHILD, index);
    }
    for (ULONG index = 0; same && index <= key->value_count; index++) {
        same = compare_answer(tree, key, handle, QUESTION_VALUE, index);
    }
    return same && compare_children(tree, key, handle);
}
