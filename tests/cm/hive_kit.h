/* SPDX-License-Identifier: MIT
 *
 * hive_kit.h - a tree of keys counted, and boiled down to one number, through the services.
 */
#ifndef TESTS_CM_HIVE_KIT_H
#define TESTS_CM_HIVE_KIT_H

#include "../sim/simkit.h"

#include <unistd.h>

struct hive_tree {
    uint64_t keys, values, data_bytes, largest, depth;
    uint64_t types[16]; /* the last one: any other */
    uint64_t digest;    /* of names, classes, times, descriptors, types and data, in order */
    uint64_t plain;     /* of names, types and data alone, in any order */
    bool control;       /* a name holds a control character: no line of text can tell it */
};

static inline void hive_mix_into(uint64_t *digest, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;

    *digest = (*digest ^ count) * 0x100000001B3u;
    while (count-- != 0) {
        *digest = (*digest ^ *at++) * 0x100000001B3u;
    }
}

static inline void hive_mix(struct hive_tree *tree, const void *bytes, size_t count)
{
    hive_mix_into(&tree->digest, bytes, count);
}

static inline void hive_mix_name(struct hive_tree *tree, const WCHAR *name, size_t bytes)
{
    hive_mix(tree, name, bytes);
    for (size_t unit = 0; unit < bytes / sizeof(WCHAR); ++unit) {
        tree->control |= name[unit] < u' ';
    }
}

static inline HANDLE hive_open(HANDLE root, const WCHAR *name, USHORT bytes)
{
    UNICODE_STRING text = {bytes, bytes, (PWCH)(uintptr_t)name};
    OBJECT_ATTRIBUTES attributes;
    HANDLE key = NULL;

    InitializeObjectAttributes(&attributes, &text, OBJ_KERNEL_HANDLE | OBJ_OPENLINK, root, NULL);
    EXPECT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes));
    return key;
}

/* What a service answers, however large; free() it. NULL: there is no such index. */
static inline void *hive_ask(HANDLE key, ULONG index, bool value)
{
    ULONG room = 256, needed = 0;
    void *answer = malloc(room);

    for (;;) {
        NTSTATUS status =
            value ? ZwEnumerateValueKey(key, index, KeyValueFullInformation, answer, room, &needed)
                  : ZwEnumerateKey(key, index, KeyNodeInformation, answer, room, &needed);

        if (status == STATUS_NO_MORE_ENTRIES) {
            free(answer);
            return NULL;
        }
        if (NT_SUCCESS(status)) {
            return answer;
        }
        EXPECT_TRUE(status == STATUS_BUFFER_OVERFLOW || status == STATUS_BUFFER_TOO_SMALL);
        free(answer);
        room = needed;
        answer = malloc(room);
    }
}

static inline void hive_walk_values(HANDLE key, struct hive_tree *tree)
{
    KEY_VALUE_FULL_INFORMATION *value;

    for (ULONG index = 0; (value = hive_ask(key, index, true)) != NULL; ++index) {
        uint64_t plain = tree->keys; /* whose value it is: keys are walked in order of names */

        ++tree->values;
        tree->data_bytes += value->DataLength;
        tree->largest = value->DataLength > tree->largest ? value->DataLength : tree->largest;
        ++tree->types[value->Type < 12 ? value->Type : 15];
        hive_mix_name(tree, value->Name, value->NameLength);
        hive_mix(tree, &value->Type, sizeof(value->Type));
        hive_mix(tree, (const char *)value + value->DataOffset, value->DataLength);
        hive_mix_into(&plain, value->Name, value->NameLength);
        hive_mix_into(&plain, &value->Type, sizeof(value->Type));
        hive_mix_into(&plain, (const char *)value + value->DataOffset, value->DataLength);
        tree->plain += plain;
        free(value);
    }
}

static inline void hive_walk_security(HANDLE key, struct hive_tree *tree)
{
    const ULONG all =
        OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    unsigned char descriptor[8192];
    ULONG length = 0;

    EXPECT_SUCCESS(ZwQuerySecurityObject(key, all, descriptor, (ULONG)sizeof(descriptor), &length));
    hive_mix(tree, descriptor, length);
}

static inline void hive_walk(HANDLE key, unsigned depth, struct hive_tree *tree)
{
    KEY_NODE_INFORMATION *node;

    ++tree->keys;
    tree->depth = depth > tree->depth ? depth : tree->depth;
    hive_walk_security(key, tree);
    hive_walk_values(key, tree);
    for (ULONG index = 0; (node = hive_ask(key, index, false)) != NULL; ++index) {
        HANDLE child = hive_open(key, node->Name, (USHORT)node->NameLength);

        uint64_t plain = depth;

        hive_mix_into(&plain, node->Name, node->NameLength);
        tree->plain += plain;
        hive_mix_name(tree, node->Name, node->NameLength);
        hive_mix_into(&tree->digest, &node->LastWriteTime, sizeof(node->LastWriteTime));
        if (node->ClassLength != 0) {
            hive_mix_into(&tree->digest, (const char *)node + node->ClassOffset, node->ClassLength);
        }
        free(node);
        hive_walk(child, depth + 1, tree);
        ZwClose(child);
    }
    hive_mix(tree, "end", 3);
}

/* The tree at an absolute path. */
static inline struct hive_tree hive_tree_at(const WCHAR *path)
{
    struct hive_tree tree = {0};
    USHORT units = 0;
    HANDLE key;

    while (path[units] != 0) {
        ++units;
    }
    key = hive_open(NULL, path, (USHORT)(units * sizeof(WCHAR)));
    hive_walk(key, 0, &tree);
    ZwClose(key);
    return tree;
}

/* A file in a directory that the case may use; the string lives until the next call. */
static inline const char *hive_scratch(const char *name)
{
    static char path[512];
    const char *directory = getenv("TMPDIR");

    snprintf(path, sizeof(path), "%s/ntcallback-%ld-%s", directory != NULL ? directory : "/tmp",
             (long)getpid(), name);
    return path;
}

#endif
