/* SPDX-License-Identifier: MIT
 *
 * hive_test.c - hives of our own: written, read back by others and by us, and refused when damaged.
 */
#include "hive_tools.h"

#include <ntsim/feed.h>

#define MADE "\\REGISTRY\\MACHINE\\Made"
#define MADE_WIDE u"\\REGISTRY\\MACHINE\\Made"
#define BACK "\\REGISTRY\\MACHINE\\Back"
#define BACK_WIDE u"\\REGISTRY\\MACHINE\\Back"

static void set(const char *key, const char *name, uint32_t type, const void *data, size_t bytes)
{
    EXPECT_EQ(ntsim_registry_value(sim, key, name, type, data, bytes), NTCB_OK);
}

/* A key with a class, which only a service can make. */
static void make_class(const WCHAR *path, const WCHAR *class)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name, text;
    HANDLE key;

    RtlInitUnicodeString(&name, path);
    RtlInitUnicodeString(&text, class);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    EXPECT_SUCCESS(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, &text, 0, NULL));
    ZwClose(key);
}

/* What a hive can hold: every type, sizes around each limit of the format, names of both encodings,
 * more subkeys than one list takes, a class, a link, depth. */
static void make_everything(void)
{
    static const size_t sizes[] = {0, 1, 3, 4, 5, 16343, 16344, 16345, 40000};
    char name[64], path[600] = MADE "\\deep";
    uint8_t *data = malloc(40000);

    for (size_t i = 0; i < 40000; ++i) {
        data[i] = (uint8_t)(i * 7);
    }
    for (uint32_t type = 0; type < 12; ++type) {
        snprintf(name, sizeof(name), "type %u", type);
        set(MADE "\\types", name, type, data, 8);
    }
    set(MADE "\\types", "", REG_SZ, u"default", 16);
    set(MADE "\\types", "odd", 0xFF00FF00u, data, 7);
    for (size_t i = 0; i < RTL_NUMBER_OF(sizes); ++i) {
        snprintf(name, sizeof(name), "%zu bytes", sizes[i]);
        set(MADE "\\sizes", name, REG_BINARY, data, sizes[i]);
    }
    for (unsigned i = 0; i < 1300; ++i) {
        snprintf(name, sizeof(name), MADE "\\many\\key %u", i);
        EXPECT_EQ(ntsim_registry_key(sim, name, false), NTCB_OK);
    }
    set(MADE "\\names\\\xC3\xA4\xC3\xB6\xC3\xBC", "\xC3\x9F", REG_DWORD, data, 4); /* Latin-1 */
    set(MADE "\\names\\\xD0\xBA\xD0\xBB\xD1\x8E\xD1\x87", "\xE5\x80\xA4", REG_DWORD, data, 4);
    set(MADE "\\names\\with/slash", "with\\backslash", REG_DWORD, data, 4);
    for (unsigned i = 0; i < 60; ++i) {
        strcat(path, "\\d");
    }
    EXPECT_EQ(ntsim_registry_key(sim, path, false), NTCB_OK);
    make_class(MADE_WIDE u"\\classy", u"a class");
    free(data);
}

/* ---- by ourselves ---------------------------------------------------------------------------- */

static void saved_is_loaded_as_it_was(void **state)
{
    char *file = strdup(hive_scratch("own.hiv"));
    struct hive_tree first, again;

    (void)state;
    make_everything();
    first = hive_tree_at(MADE_WIDE);
    EXPECT_EQ(ntsim_registry_save_hive(sim, MADE, file), NTCB_OK);
    EXPECT_EQ(ntsim_registry_load_hive(sim, BACK, file), NTCB_OK);
    again = hive_tree_at(BACK_WIDE);
    EXPECT_EQ(again.keys, first.keys);
    EXPECT_EQ(again.values, first.values);
    EXPECT_EQ(again.data_bytes, first.data_bytes);
    EXPECT_EQ(again.digest, first.digest);
    unlink(file);
    free(file);
}

static void volatile_keys_are_left_out(void **state)
{
    char *file = strdup(hive_scratch("volatile.hiv"));

    (void)state;
    EXPECT_EQ(ntsim_registry_key(sim, MADE "\\stable\\below", false), NTCB_OK);
    EXPECT_EQ(ntsim_registry_key(sim, MADE "\\stable\\gone", true), NTCB_OK);
    EXPECT_EQ(ntsim_registry_save_hive(sim, MADE, file), NTCB_OK);
    EXPECT_EQ(ntsim_registry_load_hive(sim, BACK, file), NTCB_OK);
    EXPECT_TRUE(ntsim_registry_exists(sim, BACK "\\stable\\below"));
    EXPECT_TRUE(!ntsim_registry_exists(sim, BACK "\\stable\\gone"));
    unlink(file);
    free(file);
}

static void link_stays_a_link(void **state)
{
    char *file = strdup(hive_scratch("link.hiv"));
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    HANDLE key;

    (void)state;
    EXPECT_EQ(ntsim_registry_key(sim, MADE "\\target\\below", false), NTCB_OK);
    EXPECT_EQ(ntsim_registry_link(sim, MADE "\\link", BACK "\\target"), NTCB_OK);
    EXPECT_EQ(ntsim_registry_save_hive(sim, MADE, file), NTCB_OK);
    EXPECT_EQ(ntsim_registry_load_hive(sim, BACK, file), NTCB_OK);
    RtlInitUnicodeString(&name, BACK_WIDE u"\\link\\below");
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    EXPECT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes));
    ZwClose(key);
    unlink(file);
    free(file);
}

/* A hive is loaded in place of what is there, but not in place of another's home. */
static void hive_does_not_bury_another(void **state)
{
    char *file = strdup(hive_scratch("bury.hiv"));

    (void)state;
    EXPECT_EQ(ntsim_registry_key(sim, MADE "\\key", false), NTCB_OK);
    EXPECT_EQ(ntsim_registry_save_hive(sim, MADE, file), NTCB_OK);
    EXPECT_EQ(ntsim_registry_load_hive(sim, BACK "\\below", file), NTCB_OK);
    EXPECT_EQ(ntsim_registry_load_hive(sim, BACK, file), NTCB_EBUSY);
    EXPECT_TRUE(strstr(ntsim_last_error(sim), "another hive is loaded below it") != NULL);
    EXPECT_TRUE(ntsim_registry_exists(sim, BACK "\\below\\key"));
    EXPECT_EQ(ntsim_registry_remove(sim, BACK "\\below"), NTCB_OK);
    EXPECT_EQ(ntsim_registry_load_hive(sim, BACK, file), NTCB_OK);
    EXPECT_EQ(ntsim_registry_load_hive(sim, BACK, file), NTCB_OK); /* itself it may replace */
    EXPECT_TRUE(!ntsim_registry_exists(sim, BACK "\\below"));
    unlink(file);
    free(file);
}

/* ---- by others ------------------------------------------------------------------------------- */

static void tools_read_the_same(void **state)
{
    char *file = strdup(hive_scratch("tool.hiv"));
    struct hive_tree tree;

    (void)state;
    make_everything();
    tree = hive_tree_at(MADE_WIDE);
    EXPECT_EQ(ntsim_registry_save_hive(sim, MADE, file), NTCB_OK);
    hive_check_hivexregedit(file, &tree);
    hive_check_reglookup(file, &tree);
    hive_check_regfinfo(file, &tree);
    unlink(file);
    free(file);
}

/* ---- damage ---------------------------------------------------------------------------------- */

static void write_bytes(const char *file, const void *bytes, size_t size)
{
    FILE *out = fopen(file, "wb");

    EXPECT_TRUE(out != NULL);
    EXPECT_EQ(fwrite(bytes, 1, size, out), size);
    EXPECT_EQ(fclose(out), 0);
}

static uint8_t *read_bytes(const char *file, size_t *size)
{
    FILE *in = fopen(file, "rb");
    uint8_t *bytes = malloc(1 << 20);

    EXPECT_TRUE(in != NULL);
    *size = fread(bytes, 1, 1 << 20, in);
    fclose(in);
    return bytes;
}

static void what_is_no_hive_is_refused(void **state)
{
    const char *file = hive_scratch("none.hiv");
    size_t before = ntsim_registry_key_count(sim);

    (void)state;
    EXPECT_EQ(ntsim_registry_load_hive(sim, BACK, "/no/such/file"), NTCB_ENOENT);
    write_bytes(file, "Windows Registry Editor Version 5.00\r\n", 38);
    EXPECT_EQ(ntsim_registry_load_hive(sim, BACK, file), NTCB_EFORMAT);
    EXPECT_TRUE(strstr(ntsim_last_error(sim), "--reg") != NULL);
    write_bytes(file, "regf", 4);
    EXPECT_EQ(ntsim_registry_load_hive(sim, BACK, file), NTCB_EFORMAT);
    EXPECT_EQ(ntsim_registry_load_hive(sim, "no path", file), NTCB_EFORMAT);
    EXPECT_EQ(ntsim_registry_key_count(sim), before);
    unlink(file);
}

/* Each byte of the first keys and values turned over: taken or refused, and then nothing is
 * left. */
static void damaged_hive_leaves_nothing(void **state)
{
    char *file = strdup(hive_scratch("damaged.hiv"));
    size_t size, before, refused = 0;
    uint8_t *bytes;

    (void)state;
    set(MADE "\\one\\two", "value", REG_BINARY, "0123456789", 10);
    make_class(MADE_WIDE u"\\three", u"class");
    EXPECT_EQ(ntsim_registry_save_hive(sim, MADE, file), NTCB_OK);
    bytes = read_bytes(file, &size);
    before = ntsim_registry_key_count(sim);
    for (size_t at = 4096 + 32; at < 4096 + 1200; ++at) {
        bytes[at] ^= 0xFF;
        write_bytes(file, bytes, size);
        bytes[at] ^= 0xFF;
        if (ntsim_registry_load_hive(sim, BACK, file) != NTCB_OK) {
            ++refused;
            EXPECT_TRUE(!ntsim_registry_exists(sim, BACK));
        } else {
            EXPECT_EQ(ntsim_registry_remove(sim, BACK), NTCB_OK);
        }
        EXPECT_EQ(ntsim_registry_key_count(sim), before);
    }
    print_message("%zu of 1168 damaged files were refused\n", refused);
    EXPECT_TRUE(refused > 100);
    unlink(file);
    free(bytes);
    free(file);
}

static void no_memory_loads_nothing(void **state)
{
    char *file = strdup(hive_scratch("memory.hiv"));
    size_t before;
    uint64_t failures = 0;

    (void)state;
    set(MADE "\\one\\two", "value", REG_BINARY, "0123456789", 10);
    EXPECT_EQ(ntsim_registry_save_hive(sim, MADE, file), NTCB_OK);
    before = ntsim_registry_key_count(sim);
    for (;;) {
        ntsim_fail_allocation(sim, failures + 1);
        if (ntsim_registry_load_hive(sim, BACK, file) == NTCB_OK) {
            break;
        }
        ++failures;
        ntsim_fail_allocation(sim, 0);
        EXPECT_EQ(ntsim_registry_key_count(sim), before);
    }
    ntsim_fail_allocation(sim, 0);
    print_message("%llu allocations can fail\n", (unsigned long long)failures);
    EXPECT_TRUE(failures > 10);
    unlink(file);
    free(file);
}

static const struct ntcb_test tests[] = {
    {"cm.hive.saved_is_loaded_as_it_was", "", saved_is_loaded_as_it_was, start, stop},
    {"cm.hive.volatile_keys_are_left_out", "REG-VOL-01", volatile_keys_are_left_out, start, stop},
    {"cm.hive.link_stays_a_link", "REG-LNK-01", link_stays_a_link, start, stop},
    {"cm.hive.hive_does_not_bury_another", "", hive_does_not_bury_another, start, stop},
    {"cm.hive.tools_read_the_same", "", tools_read_the_same, start, stop},
    {"cm.hive.what_is_no_hive_is_refused", "", what_is_no_hive_is_refused, start, stop},
    {"cm.hive.damaged_hive_leaves_nothing", "", damaged_hive_leaves_nothing, start, stop},
    {"cm.hive.no_memory_loads_nothing", "", no_memory_loads_nothing, start, stop},
};

NTCB_TEST_MAIN("library", tests)
