/* SPDX-License-Identifier: MIT
 *
 * reg_hive_tools_test.c - the tools of others read what NtSaveKey and its kin write.
 */
#include "host.h"
#include "hive_tools.h"
#include "../support/volumekit.h"

#define SAVED u"\\REGISTRY\\MACHINE\\SOFTWARE\\Saved"
#define SAVED_UTF8 "\\REGISTRY\\MACHINE\\SOFTWARE\\Saved"
#define OVER u"\\REGISTRY\\MACHINE\\SYSTEM\\Over"
#define OVER_UTF8 "\\REGISTRY\\MACHINE\\SYSTEM\\Over"

/* Names and values of every kind that the tools can print. */
static void make_keys(const char *base)
{
    char path[256], data[40000];

    for (unsigned index = 0; index < 30; ++index) {
        snprintf(path, sizeof(path),
                 "%s\\Key %u\\Na\xC3\xAF"
                 "ve",
                 base, index);
        EXPECT_EQ(ntsim_registry_value(sim, path, "number", REG_DWORD, &index, sizeof(index)), 0);
        EXPECT_EQ(ntsim_registry_value(sim, path, "", REG_BINARY, "\1\2\3\4\5", 5), 0);
    }
    memset(data, 'x', sizeof(data));
    EXPECT_EQ(ntsim_registry_value(sim, path, "large", REG_BINARY, data, sizeof(data)), 0);
}

static HANDLE new_file(void)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(u"\\??\\C:\\saved.hiv");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK block;
    HANDLE file;

    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    EXPECT_SUCCESS(ZwCreateFile(&file, GENERIC_WRITE, &attributes, &block, NULL, 0, 0,
                                FILE_OVERWRITE_IF, FILE_NON_DIRECTORY_FILE, NULL, 0));
    return file;
}

static HANDLE open_key(const WCHAR *path, size_t bytes)
{
    return hive_open(NULL, path, (USHORT)(bytes - sizeof(WCHAR)));
}

static const char *saved_file(void)
{
    static char path[512];

    snprintf(path, sizeof(path), "%s/saved.hiv", directory);
    return path;
}

/* What the tool reads is what there is. */
static void save(void (*check)(const char *file, const struct hive_tree *tree))
{
    HANDLE key, file;
    struct hive_tree tree;

    make_keys(SAVED_UTF8);
    tree = hive_tree_at(SAVED);
    key = open_key(SAVED, sizeof(SAVED));
    file = new_file();
    EXPECT_SUCCESS(ZwSaveKeyEx(key, file, REG_LATEST_FORMAT));
    ZwClose(file);
    ZwClose(key);
    check(saved_file(), &tree);
}

static void hivexregedit_reads_it(void **state)
{
    (void)state;
    save(hive_check_hivexregedit);
}

static void reglookup_reads_it(void **state)
{
    (void)state;
    save(hive_check_reglookup);
}

static void regfinfo_reads_it(void **state)
{
    (void)state;
    save(hive_check_regfinfo);
}

static void merged_is_read(void **state)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(u"\\Registry\\Machine\\Merged");
    UNICODE_STRING source = RTL_CONSTANT_STRING(u"\\??\\C:\\saved.hiv");
    OBJECT_ATTRIBUTES target, from;
    struct hive_tree tree;
    HANDLE high, low, file;

    (void)state;
    make_keys(SAVED_UTF8);
    EXPECT_EQ(ntsim_registry_value(sim, OVER_UTF8 "\\Key 3", "over", REG_SZ, u"x", 4), 0);
    high = open_key(OVER, sizeof(OVER));
    low = open_key(SAVED, sizeof(SAVED));
    file = new_file();
    EXPECT_SUCCESS(NtSaveMergedKeys(high, low, file));
    ZwClose(file);
    ZwClose(low);
    ZwClose(high);
    InitializeObjectAttributes(&target, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    InitializeObjectAttributes(&from, &source, OBJ_KERNEL_HANDLE, NULL, NULL);
    EXPECT_SUCCESS(ZwLoadKey(&target, &from));
    tree = hive_tree_at(u"\\REGISTRY\\MACHINE\\Merged");
    EXPECT_EQ(tree.keys, 61);
    EXPECT_EQ(tree.values, 62);
    EXPECT_SUCCESS(ZwUnloadKey(&target));
    hive_check_hivexregedit(saved_file(), &tree);
}

#define VOLUME_CASE(name, rules, function)               \
    {                                                    \
        name, rules, function, start_volume, stop_volume \
    }
static const struct ntcb_test tests[] = {
    VOLUME_CASE("cm.hive.tools.hivexregedit", "REG-SAV-01", hivexregedit_reads_it),
    VOLUME_CASE("cm.hive.tools.reglookup", "REG-SAV-01", reglookup_reads_it),
    VOLUME_CASE("cm.hive.tools.regfinfo", "REG-SAV-01", regfinfo_reads_it),
    VOLUME_CASE("cm.hive.tools.merged", "REG-SAV-02", merged_is_read),
};
NTCB_TEST_MAIN("library", tests)
