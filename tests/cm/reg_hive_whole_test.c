/* SPDX-License-Identifier: MIT
 *
 * reg_hive_whole_test.c - NtRestoreKey with REG_WHOLE_HIVE_VOLATILE: all of MACHINE or USER.
 */
#include "../conformance/hivekit.h"

#include <ntcallback/ddk/ntifs.h>

#define FILE_A u"\\??\\C:\\a.hiv"
#define FILE_B u"\\??\\C:\\b.hiv"
#define MACHINE u"\\Registry\\Machine"

static void whole_machine_becomes_volatile(void **state)
{
    HANDLE machine, loaded, made;
    (void)state;
    HiveMakeFile("a.hiv", "number", 1);
    HiveMakeFile("b.hiv", "number", 2);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    HANDLE file = HiveOldFile(STR(FILE_B));
    EXPECT_SUCCESS(Open(&machine, NULL, STR(MACHINE), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(Open(&loaded, NULL, STR(HIVE), KEY_READ));
    EXPECT_STATUS(NtRestoreKey(machine, file, REG_WHOLE_HIVE_VOLATILE), STATUS_CANNOT_DELETE);
    EXPECT_SUCCESS(Probe(NULL, STR(HIVE)));
    EXPECT_SUCCESS(NtRestoreKey(machine, file, REG_WHOLE_HIVE_VOLATILE | REG_FORCE_RESTORE));
    EXPECT_EQ(QueryDword(machine, STR(u"number")), 2);
    EXPECT_STATUS(Probe(NULL, STR(HIVE)), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_STATUS(Probe(NULL, STR(MACHINE u"\\Software")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_STATUS(SetDword(loaded, STR(u"number"), 3), STATUS_HIVE_UNLOADED);
    Close(loaded);
    EXPECT_STATUS(Create(&made, machine, STR(u"Sub\\Stable"), KEY_READ),
                  STATUS_CHILD_MUST_BE_VOLATILE);
    EXPECT_SUCCESS(
        CreateOptions(&made, machine, STR(u"Sub\\Volatile"), KEY_READ, REG_OPTION_VOLATILE, NULL));
    Close(made);
    EXPECT_SUCCESS(NtClose(file));
    Close(machine);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A))); /* its file is nobody's again */
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
}

static void whole_hive_that_is_damaged_changes_nothing(void **state)
{
    HANDLE users;
    (void)state;
    HANDLE file = HiveNewFile(STR(FILE_A));
    EXPECT_SUCCESS(Open(&users, NULL, STR(u"\\Registry\\User"), KEY_ALL_ACCESS));
    EXPECT_STATUS(NtRestoreKey(users, file, REG_WHOLE_HIVE_VOLATILE | REG_FORCE_RESTORE),
                  STATUS_NOT_REGISTRY_FILE);
    EXPECT_SUCCESS(Probe(NULL, STR(u"\\Registry\\User\\.Default")));
    EXPECT_SUCCESS(NtClose(file));
    Close(users);
}

static void whole_hive_is_for_two_keys(void **state)
{
    HANDLE root;
    (void)state;
    HiveMakeFile("a.hiv", "number", 1);
    HANDLE file = HiveOldFile(STR(FILE_A));
    EXPECT_SUCCESS(Open(&root, NULL, STR(u"\\Registry"), KEY_READ));
    EXPECT_STATUS(NtRestoreKey(root, file, REG_WHOLE_HIVE_VOLATILE), STATUS_INVALID_PARAMETER);
    Close(root);
    EXPECT_SUCCESS(Open(&root, NULL, STR(MACHINE u"\\Software"), KEY_READ));
    EXPECT_STATUS(NtRestoreKey(root, file, REG_WHOLE_HIVE_VOLATILE), STATUS_INVALID_PARAMETER);
    Close(root);
    EXPECT_SUCCESS(NtClose(file));
}

static const struct ntcb_test Tests[] = {
    HIVE_CASE("cm.hive.whole_machine_becomes_volatile", "REG-RST-01 REG-UNL-01",
              whole_machine_becomes_volatile),
    HIVE_CASE("cm.hive.whole_hive_that_is_damaged_changes_nothing", "REG-RST-01",
              whole_hive_that_is_damaged_changes_nothing),
    HIVE_CASE("cm.hive.whole_hive_is_for_two_keys", "REG-RST-01", whole_hive_is_for_two_keys),
};
NTCB_TEST_MAIN("library", Tests)
