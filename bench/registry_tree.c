/* SPDX-License-Identifier: MIT
 *
 * registry_tree.c - the tree that the registry's benchmark works in.
 */
#include "registry.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

static void check(const char *what, long status)
{
    if (status != 0) {
        bench_fail(what, status);
    }
}

static void *allocate(size_t count, size_t bytes)
{
    void *memory = calloc(count, bytes);

    check("out of memory", memory == NULL);
    return memory;
}

/* The digits of `leaf`, to the fans as bases, are its path. */
static void name_components(const struct bench_tree *tree, unsigned leaf,
                            char components[BENCH_LEVELS][BENCH_NAME])
{
    for (unsigned level = BENCH_LEVELS; level-- != 0; leaf /= tree->fans[level]) {
        snprintf(components[level], BENCH_NAME, "Subkey-%04u", leaf % tree->fans[level]);
    }
}

static size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static void make_keys(struct bench_tree *tree)
{
    char components[BENCH_LEVELS][BENCH_NAME];
    char path[sizeof(BENCH_ROOT) + BENCH_LEVELS * BENCH_NAME + 1];
    size_t before = heap_bytes();
    size_t keys = ntsim_registry_key_count(tree->sim);

    for (unsigned leaf = 0; leaf < tree->keys; ++leaf) {
        name_components(tree, leaf, components);
        snprintf(path, sizeof(path), "%s\\%s\\%s\\%s\\%s\\%s", BENCH_ROOT, components[0],
                 components[1], components[2], components[3], components[4]);
        check("ntsim_registry_value",
              ntsim_registry_value(tree->sim, path, "Data", REG_DWORD, &leaf, sizeof(leaf)));
    }
    tree->bytes_per_key =
        (double)(heap_bytes() - before) / (double)(ntsim_registry_key_count(tree->sim) - keys);
    for (unsigned child = 0; child < tree->keys; ++child) {
        snprintf(path, sizeof(path), "%s Flat\\Subkey-%07u", BENCH_ROOT, child);
        check("ntsim_registry_key", ntsim_registry_key(tree->sim, path, false));
    }
}

static HANDLE open_key(HANDLE root, const WCHAR *text)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    HANDLE key;

    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root,
                               NULL);
    check("ZwOpenKey", ZwOpenKey(&key, KEY_ALL_ACCESS, &attributes));
    return key;
}

static void choose_samples(struct bench_tree *tree)
{
    size_t units = (size_t)BENCH_LEVELS * BENCH_NAME;
    WCHAR *text = allocate(BENCH_SAMPLES * units, sizeof(WCHAR));
    ULONG seed = 1;

    for (unsigned sample = 0; sample < BENCH_SAMPLES; ++sample, text += units) {
        WCHAR *end = text;
        seed = seed * 1664525u + 1013904223u;
        name_components(tree, (seed >> 8) % tree->keys, tree->components[sample]);
        for (unsigned level = 0; level < BENCH_LEVELS; ++level) {
            if (level != 0) {
                *end++ = u'\\';
            }
            for (const char *c = tree->components[sample][level]; *c != '\0'; ++c) {
                *end++ = (WCHAR)*c;
            }
        }
        RtlInitUnicodeString(&tree->paths[sample], text);
    }
}

void bench_tree_make(struct bench_tree *tree, unsigned wide)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;

    config.quiet = true;
    *tree = (struct bench_tree){.sim = ntsim_start(&config), .fans = BENCH_FANS(wide), .keys = 1};
    for (unsigned level = 0; level < BENCH_LEVELS; ++level) {
        tree->keys *= tree->fans[level];
    }
    tree->handles = allocate(BENCH_HANDLES, sizeof(*tree->handles));
    tree->components = allocate(BENCH_SAMPLES, sizeof(*tree->components));
    tree->paths = allocate(BENCH_SAMPLES, sizeof(*tree->paths));
    make_keys(tree);
    choose_samples(tree);
    tree->root = open_key(NULL, u"\\REGISTRY\\MACHINE\\Bench");
    tree->flat = open_key(NULL, u"\\REGISTRY\\MACHINE\\Bench Flat");
    for (unsigned i = 0; i < BENCH_HANDLES; ++i) {
        tree->handles[i] = open_key(tree->root, tree->paths[BENCH_SAMPLES - 1 - i].Buffer);
    }
}

void bench_tree_free(struct bench_tree *tree)
{
    for (unsigned i = 0; i < BENCH_HANDLES; ++i) {
        check("ZwClose", ZwClose(tree->handles[i]));
    }
    check("ZwClose", ZwClose(tree->flat));
    check("ZwClose", ZwClose(tree->root));
    check("ntsim_stop", ntsim_stop(tree->sim));
    free(tree->paths[0].Buffer);
    free(tree->paths);
    free(tree->components);
    free(tree->handles);
}
