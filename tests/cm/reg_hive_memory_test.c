/* SPDX-License-Identifier: MIT
 *
 * reg_hive_memory_test.c - no memory: every service about hives says so, has changed nothing, and
 * keeps no file open.
 */
#include "../conformance/hivekit.h"

#define FILE_A u"\\??\\C:\\a.hiv"
#define FILE_B u"\\??\\C:\\b.hiv"

static HANDLE base, file, other;

static NTSTATUS do_load(void)
{
    return Load(STR(HIVE), STR(FILE_A));
}

static NTSTATUS do_unload(void)
{
    return Unload(STR(HIVE), 0);
}

static HANDLE root;

static NTSTATUS do_app(void)
{
    return LoadEx(STR(APP), STR(FILE_A), REG_APP_HIVE, &root);
}

static VOID undo_app(void)
{
    Close(root);
}

static VOID undo_load(void)
{
    EXPECT_SUCCESS(do_unload());
}

static VOID undo_unload(void)
{
    EXPECT_SUCCESS(do_load());
}

static NTSTATUS do_save(void)
{
    return NtSaveKey(base, file);
}

static NTSTATUS do_merge(void)
{
    return NtSaveMergedKeys(base, other, file);
}

static NTSTATUS do_restore(void)
{
    return NtRestoreKey(base, file, 0);
}

static NTSTATUS do_replace(void)
{
    OBJECT_ATTRIBUTES new_file = Attributes(NULL, STR(FILE_A), OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES old_file = Attributes(NULL, STR(FILE_B), OBJ_CASE_INSENSITIVE);
    return NtReplaceKey(&new_file, other, &old_file);
}

static NTSTATUS do_query(void)
{
    OBJECT_ATTRIBUTES key =
        Attributes(NULL, STR(u"\\Registry\\Machine\\System"), OBJ_CASE_INSENSITIVE);
    UCHAR buffer[1024];
    ULONG needed;
    return NtQueryOpenSubKeysEx(&key, sizeof(buffer), buffer, &needed);
}

/* Run it with the first, the second... allocation failing, until none fails. */
static void fail_each(NTSTATUS (*run)(void), VOID (*undo)(void))
{
    uint64_t nth = 0;
    BOOLEAN failed = TRUE;
    while (failed) {
        size_t keys = ntsim_registry_key_count(Conform.Sim);
        ntsim_fail_allocation(Conform.Sim, ++nth);
        NTSTATUS status = run();
        failed = ntsim_allocation_failed(Conform.Sim);
        ntsim_fail_allocation(Conform.Sim, 0);
        EXPECT_STATUS(status, failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        if (failed) {
            EXPECT_EQ(ntsim_registry_key_count(Conform.Sim), keys);
        } else if (undo != NULL) {
            undo();
        }
    }
    EXPECT_TRUE(nth > 1);
}

static void load_and_unload(void **state)
{
    (void)state;
    HiveMakeFile("a.hiv", "number", 1);
    fail_each(do_load, undo_load);
    EXPECT_SUCCESS(do_load());
    fail_each(do_unload, undo_unload);
    EXPECT_SUCCESS(Open(&root, NULL, STR(HIVE), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(SetDword(root, STR(u"changed"), 1)); /* now there is something to write */
    Close(root);
    fail_each(do_unload, undo_unload);
    EXPECT_EQ(DwordAt(STR(HIVE), STR(u"changed")), 1);
    EXPECT_SUCCESS(do_unload());
    fail_each(do_app, undo_app);
}

static void save_restore_replace(void **state)
{
    (void)state;
    base = MakeBase();
    EXPECT_SUCCESS(SetDword(base, STR(u"number"), 1));
    Close(MakeKey(base, STR(u"Sub")));
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(Open(&other, NULL, STR(u"\\Registry\\Machine\\System"), KEY_READ));
    file = HiveNewFile(STR(FILE_B));
    fail_each(do_save, NULL);
    fail_each(do_merge, NULL);
    EXPECT_SUCCESS(NtClose(file));
    fail_each(do_replace, NULL);
    fail_each(do_query, NULL);
    HiveMakeFile("a.hiv", "number", 1);
    file = HiveOldFile(STR(FILE_A));
    fail_each(do_restore, NULL);
    EXPECT_SUCCESS(NtClose(file));
    EXPECT_EQ(QueryDword(base, STR(u"number")), 1);
    Close(other);
    Close(base);
}

static const struct ntcb_test Tests[] = {
    HIVE_CASE("cm.hive.memory.load_and_unload", "REG-LOD-01 REG-UNL-01", load_and_unload),
    HIVE_CASE("cm.hive.memory.save_restore_replace", "REG-SAV-01 REG-RST-01", save_restore_replace),
};
NTCB_TEST_MAIN("library", Tests)
