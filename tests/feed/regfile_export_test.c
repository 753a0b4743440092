/* SPDX-License-Identifier: MIT
 *
 * regfile_export_test.c - the registry as a registry editor file, and back.
 *
 * Trees are compared through the services, key by key and value by value, not by their text.
 */
#include "regfile_tree.h"

#include <ntsim/image.h>

#include <stdio.h>

#define K SOFTWARE "\\K"

struct text {
    char *bytes; /* UTF-16LE */
    size_t size;
    int refuse;
};

static int take(void *context, const void *bytes, size_t size)
{
    struct text *text = context;

    if (text->refuse != 0)
        return -1;
    text->bytes = malloc(size + 1);
    EXPECT_TRUE(text->bytes != NULL);
    memcpy(text->bytes, bytes, size);
    text->size = size;
    return 0;
}

/* The export as 8-bit text, every character of which must be below U+0100; the caller frees it. */
static char *export_ascii(struct ntsim *sim, const char *path)
{
    struct text text = {0};
    char *out;

    EXPECT_EQ(ntsim_registry_export(sim, path, take, &text), 0);
    out = malloc(text.size / 2 + 1);
    EXPECT_TRUE(out != NULL);
    EXPECT_EQ(text.size % 2, 0);
    EXPECT_MEM(text.bytes, "\xFF\xFE", 2);
    for (size_t i = 1; i < text.size / 2; i++) {
        EXPECT_EQ(text.bytes[2 * i + 1], 0);
        out[i - 1] = text.bytes[2 * i];
    }
    out[text.size / 2 - 1] = '\0';
    free(text.bytes);
    return out;
}

static struct ntsim *create(void)
{
    struct ntsim_config config = NTSIM_CONFIG_INIT;
    struct ntsim *sim;

    EXPECT_EQ(ntsim_create(&sim, &config), 0);
    return sim;
}

static void set(struct ntsim *sim, const char *path, const char *name, uint32_t type,
                const char *data, size_t bytes)
{
    EXPECT_EQ(ntsim_registry_value(sim, path, name, type, data, bytes), 0);
}

/* ---- the form -------------------------------------------------------------------------------- */

static void looks_as_regedit_writes_it(void **state)
{
    struct ntsim *sim = create();
    char *text;

    (void)state;
    set(sim, K, "", REG_SZ, "a\0\0\0", 4);
    set(sim, K, "a\"b\\", REG_SZ, "\"\0\\\0\0\0", 6);
    set(sim, K, "d", REG_DWORD, "\x78\x56\x34\x12", 4);
    set(sim, K, "short", REG_DWORD, "\1", 1);
    set(sim, K, "b", REG_BINARY, "\0\xAB", 2);
    set(sim, K, "none", REG_NONE, "", 0);
    set(sim, K, "open", REG_SZ, "a", 2); /* no terminator */
    set(sim, K, "two", REG_SZ, "a\0\0\0b\0\0\0", 8);
    set(sim, K, "lines", REG_SZ, "\r\0\n\0\0\0", 6);
    set(sim, K, "half", REG_SZ, "\0\xD8\0\0", 4);
    set(sim, K, "odd", REG_SZ, "a\0\0\0\0", 5);
    set(sim, K, "e", REG_EXPAND_SZ, "\0\0", 2);
    set(sim, K, "x", 0xFFFF0011, "\1", 1);
    EXPECT_EQ(ntsim_registry_link(sim, K "\\Z", "\\A"), 0);
    EXPECT_EQ(ntsim_registry_key(sim, K "\\B]", true), 0);
    text = export_ascii(sim, K);
    EXPECT_STR(text, "Windows Registry Editor Version 5.00\r\n"
                     "\r\n"
                     "[HKEY_LOCAL_MACHINE\\SOFTWARE\\K]\r\n"
                     "@=\"a\"\r\n"
                     "\"a\\\"b\\\\\"=\"\\\"\\\\\"\r\n"
                     "\"d\"=dword:12345678\r\n"
                     "\"short\"=hex(4):01\r\n"
                     "\"b\"=hex:00,ab\r\n"
                     "\"none\"=hex(0):\r\n"
                     "\"open\"=hex(1):61,00\r\n"
                     "\"two\"=hex(1):61,00,00,00,62,00,00,00\r\n"
                     "\"lines\"=hex(1):0d,00,0a,00,00,00\r\n"
                     "\"half\"=hex(1):00,d8,00,00\r\n"
                     "\"odd\"=hex(1):61,00,00,00,00\r\n"
                     "\"e\"=hex(2):00,00\r\n"
                     "\"x\"=hex(ffff0011):01\r\n"
                     "\r\n"
                     "[HKEY_LOCAL_MACHINE\\SOFTWARE\\K\\Z]\r\n"
                     "\"SymbolicLinkValue\"=hex(6):5c,00,41,00\r\n"
                     "\r\n"
                     "[HKEY_LOCAL_MACHINE\\SOFTWARE\\K\\B]]\r\n"
                     "\r\n");
    free(text);
    EXPECT_EQ(ntsim_registry_key(sim, "\\REGISTRY\\USER\\S-1-5-21-1-2-3-4", false), 0);
    text = export_ascii(sim, "\\REGISTRY\\USER\\S-1-5-21-1-2-3-4");
    EXPECT_TRUE(strstr(text, "\r\n[HKEY_USERS\\S-1-5-21-1-2-3-4]\r\n") != NULL);
    free(text);
    EXPECT_EQ(ntsim_destroy(sim), 0);
}

/* A file that regedit made, imported and exported: the same lines of bytes. */
static void breaks_lines_where_regedit_does(void **state)
{
    const char *path = ntcb_test_data("reg/wcs_sideshow_pictures_hex7_hex2.reg");
    struct ntsim *sim = create();
    FILE *file = fopen(path, "r");
    char line[256], *text;
    unsigned lines = 0;

    (void)state;
    EXPECT_TRUE(file != NULL);
    EXPECT_EQ(ntsim_registry_import(sim, path, false, NULL, NULL), 0);
    text = export_ascii(sim, "\\REGISTRY\\USER");
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strstr(line, "hex(") == NULL && line[0] != ' ')
            continue;
        strcpy(line + strcspn(line, "\n"), "\r\n");
        if (strstr(text, line) == NULL)
            EXPECT_STR(text, line);
        lines++;
    }
    EXPECT_TRUE(lines > 10);
    fclose(file);
    free(text);
    EXPECT_EQ(ntsim_destroy(sim), 0);
}

/* ---- back again ------------------------------------------------------------------------------ */

/* Exports from one, imports into the other, compares; returns the number of keys and values. */
static unsigned round_trip(struct ntsim *from, struct ntsim *to, const char *path)
{
    struct ntsim *sims[2] = {from, to};
    static char rooms[2][REGFILE_ROOM];
    char *buffers[2] = {rooms[0], rooms[1]};
    struct ntsim_feed_error error = {0};
    struct text text = {0};
    HANDLE keys[2];
    char file[256];
    int result;

    EXPECT_EQ(ntsim_registry_export(from, path, take, &text), 0);
    regfile_write(file, text.bytes, text.size);
    result = ntsim_registry_import(to, file, false, NULL, &error);
    unlink(file);
    free(text.bytes);
    EXPECT_STR(error.reason, "");
    EXPECT_EQ(result, 0);
    for (int i = 0; i < 2; i++) {
        struct ntsim_thread *previous = ntsim_enter(sims[i]);

        EXPECT_SUCCESS(regfile_open(NULL, path, OBJ_OPENLINK, &keys[i]));
        ntsim_leave(previous);
    }
    EXPECT_EQ(ntsim_registry_key_count(to), ntsim_registry_key_count(from));
    return regfile_compare(sims, keys, buffers);
}

static uint32_t draw(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Characters that the form must escape, or that take more than one byte or unit. */
static void draw_name(uint32_t *seed, char *out, bool key)
{
    static const char *const Pieces[] = {"a",
                                         "Z",
                                         " ",
                                         "]",
                                         "[",
                                         ";",
                                         "=",
                                         "\"",
                                         "-",
                                         "\xC3\xA9",
                                         "\xE2\x82\xAC",
                                         "@",
                                         "\\",
                                         "\r\n",
                                         "\xF0\x9F\x98\x80"};
    size_t count = sizeof(Pieces) / sizeof(Pieces[0]) - (key ? 3 : 0);
    unsigned length = 1 + draw(seed) % 8;

    *out = '\0';
    while (length-- > 0)
        strcat(out, Pieces[draw(seed) % count]);
    sprintf(out + strlen(out), "%u", (unsigned)draw(seed) % 1000);
}

static void fill(struct ntsim *sim, uint32_t *seed, unsigned depth, const char *path)
{
    char name[128], child[1024], data[512];
    size_t bytes;

    for (unsigned i = draw(seed) % 6; i > 0; i--) {
        draw_name(seed, name, false);
        bytes = draw(seed) % 4 != 0 ? draw(seed) % 40 : draw(seed) % sizeof(data);
        for (size_t at = 0; at < bytes; at++)
            data[at] = (char)(draw(seed) % 3 != 0 ? (at % 2 == 0 ? draw(seed) : 0) : draw(seed));
        if (bytes >= 2 && draw(seed) % 2 != 0)
            data[bytes - 1] = data[bytes - 2] = 0;
        set(sim, path, draw(seed) % 8 != 0 ? name : "",
            draw(seed) % 16 != 0 ? draw(seed) % 12 : 0xFFFF0000u + draw(seed) % 32, data, bytes);
    }
    for (unsigned i = draw(seed) % 5; i > 0 && depth > 0; i--) {
        draw_name(seed, name, true);
        EXPECT_TRUE((size_t)snprintf(child, sizeof(child), "%s\\%s", path, name) < sizeof(child));
        EXPECT_EQ(ntsim_registry_key(sim, child, false), 0);
        fill(sim, seed, depth - 1, child);
    }
}

static void reads_back_to_the_same_tree(void **state)
{
    unsigned seen = 0;

    (void)state;
    for (uint32_t round = 0; round < 40; round++) {
        struct ntsim *from = create(), *to = create();
        uint32_t seed = round;

        EXPECT_EQ(ntsim_registry_key(from, K, false), 0);
        fill(from, &seed, 5, K);
        seen += round_trip(from, to, K);
        EXPECT_EQ(ntsim_destroy(from), 0);
        EXPECT_EQ(ntsim_destroy(to), 0);
    }
    EXPECT_TRUE(seen > 2000);
}

/* Links too, those that are there at the start among them. */
static void whole_registry_reads_back(void **state)
{
    struct ntsim *from = create(), *to = create();
    struct ntsim_thread *previous;

    (void)state;
    set(from, "\\REGISTRY\\USER\\S-1-5-21-1-2-3-4\\K", "n", REG_SZ, "a\0\0\0", 4);
    set(from, MACHINE "\\SYSTEM\\ControlSet001\\Services\\S", "Start", REG_DWORD, "\3\0\0\0", 4);
    set(from, K "\\Target", "n", REG_QWORD, "\1\2\3\4\5\6\7\x8", 8);
    EXPECT_EQ(ntsim_registry_link(from, K "\\Link", K "\\Target"), 0);
    EXPECT_TRUE(round_trip(from, to, "\\REGISTRY") > 20);
    previous = ntsim_enter(to);
    EXPECT_EQ(regfile_query(K "\\Link", "n").bytes, 8); /* it leads there */
    ntsim_leave(previous);
    EXPECT_EQ(ntsim_destroy(from), 0);
    EXPECT_EQ(ntsim_destroy(to), 0);
}

/* ---- what cannot be -------------------------------------------------------------------------- */

static void make_named(struct ntsim *sim, const WCHAR *name, USHORT units, bool key)
{
    UNICODE_STRING string = {(USHORT)(2 * units), (USHORT)(2 * units), (PWCH)(ULONG_PTR)name};
    struct ntsim_thread *previous = ntsim_enter(sim);
    OBJECT_ATTRIBUTES object;
    HANDLE parent, child;

    EXPECT_SUCCESS(regfile_open(NULL, K, 0, &parent));
    InitializeObjectAttributes(&object, &string, OBJ_KERNEL_HANDLE, parent, NULL);
    if (key) {
        EXPECT_SUCCESS(ZwCreateKey(&child, KEY_ALL_ACCESS, &object, 0, NULL, 0, NULL));
        ZwClose(child);
    } else {
        EXPECT_SUCCESS(ZwSetValueKey(parent, &string, 0, REG_NONE, NULL, 0));
    }
    ZwClose(parent);
    ntsim_leave(previous);
}

static void names_that_cannot_be_written_are_refused(void **state)
{
    static const struct {
        WCHAR name[4];
        bool key;
        const char *said;
    } cases[] = {
        {{'a', 0, 'b'}, false, "the value \"a"},   {{'a', 0xD800, 'b'}, false, "the value \"a"},
        {{'a', 0xDC00, 'b'}, true, "the key \"a"}, {{'a', '\n', 'b'}, true, "the key \"a"},
        {{'a', 0, 'b'}, true, "the key \"a"},
    };
    struct text text = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ntsim *sim = create();

        EXPECT_EQ(ntsim_registry_key(sim, K, false), 0);
        make_named(sim, cases[i].name, 3, cases[i].key);
        EXPECT_EQ(ntsim_registry_export(sim, K, take, &text), NTCB_EINVAL);
        EXPECT_TRUE(strstr(ntsim_last_error(sim), cases[i].said) != NULL);
        EXPECT_PTR(text.bytes, NULL);
        EXPECT_EQ(ntsim_destroy(sim), 0);
    }
}

static void failures_are_told(void **state)
{
    struct ntsim *sim = create();
    struct text text = {.refuse = 1};
    int result = NTCB_ENOMEM;

    (void)state;
    EXPECT_EQ(ntsim_registry_export(sim, K, take, &text), NTCB_ENOENT);
    EXPECT_EQ(ntsim_registry_export(sim, "K", take, &text), NTCB_EINVAL);
    EXPECT_EQ(ntsim_registry_export(sim, NULL, take, &text), NTCB_EINVAL);
    EXPECT_EQ(ntsim_registry_export(sim, K, NULL, &text), NTCB_EINVAL);
    EXPECT_EQ(ntsim_registry_export(NULL, K, take, &text), NTCB_EINVAL);
    for (unsigned i = 0; i < 200; i++) {
        char name[16];

        snprintf(name, sizeof(name), "%u", i);
        set(sim, K, name, REG_SZ, "s\0o\0m\0e\0\0\0", 10);
    }
    EXPECT_EQ(ntsim_registry_export(sim, K, take, &text), NTCB_EIO);
    EXPECT_TRUE(strstr(ntsim_last_error(sim), "could not be written") != NULL);
    text.refuse = 0;
    for (uint64_t n = 1; result != 0; n++) {
        EXPECT_EQ(result, NTCB_ENOMEM);
        EXPECT_PTR(text.bytes, NULL);
        EXPECT_TRUE(n < 100);
        ntsim_fail_allocation(sim, n);
        result = ntsim_registry_export(sim, K, take, &text);
    }
    ntsim_fail_allocation(sim, 0);
    free(text.bytes);
    EXPECT_EQ(ntsim_destroy(sim), 0);
}

static const struct ntcb_test tests[] = {
    {"cm.export.looks_as_regedit_writes_it", "", looks_as_regedit_writes_it, NULL, NULL},
    {"cm.export.breaks_lines_where_regedit_does", "", breaks_lines_where_regedit_does, NULL, NULL},
    {"cm.export.reads_back_to_the_same_tree", "", reads_back_to_the_same_tree, NULL, NULL},
    {"cm.export.whole_registry_reads_back", "", whole_registry_reads_back, NULL, NULL},
    {"cm.export.names_that_cannot_be_written_are_refused", "",
     names_that_cannot_be_written_are_refused, NULL, NULL},
    {"cm.export.failures_are_told", "", failures_are_told, NULL, NULL},
};

NTCB_TEST_MAIN("library", tests)
