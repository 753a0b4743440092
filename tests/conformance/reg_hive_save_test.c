/* SPDX-License-Identifier: MIT
 *
 * reg_hive_save_test.c - keys saved to files, restored from them, and hives replaced.
 */
#include "hivekit.h"

#define FILE_A u"\\??\\C:\\a.hiv"
#define FILE_B u"\\??\\C:\\b.hiv"

/* ---- save (REG-SAV) ---- */

static ULONG MinorVersion(const char *Name)
{
    UCHAR Base[32];
    FILE *File = fopen(HiveHost(Name), "rb");
    EXPECT_TRUE(File != NULL);
    EXPECT_EQ(fread(Base, 1, sizeof(Base), File), sizeof(Base));
    EXPECT_EQ(fclose(File), 0);
    EXPECT_MEM(Base, "regf", 4);
    return Base[24];
}

static void saves_what_loads(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    HANDLE File = HiveNewFile(STR(FILE_A));
    EXPECT_SUCCESS(SetDword(Key, STR(u"number"), 3));
    Close(MakeKey(Key, STR(u"Sub")));
    EXPECT_SUCCESS(NtSaveKey(Key, File));
    EXPECT_SUCCESS(NtClose(File));
    EXPECT_SUCCESS(SetDword(Key, STR(u"number"), 4));
    Close(Key);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_EQ(DwordAt(STR(HIVE), STR(u"number")), 3);
    EXPECT_SUCCESS(Probe(NULL, STR(HIVE u"\\Sub")));
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
}

static void formats(void **State)
{
    HANDLE Software;
    (void)State;
    HANDLE Key = MakeBase();
    HANDLE File = HiveNewFile(STR(FILE_A));
    static const ULONG Wrong[] = {0, 3, 5, 8, 0x80000001};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Wrong); Index++) {
        EXPECT_STATUS(NtSaveKeyEx(Key, File, Wrong[Index]), STATUS_INVALID_PARAMETER);
    }
    EXPECT_SUCCESS(NtSaveKey(Key, File));
    EXPECT_EQ(MinorVersion("a.hiv"), 3);
    EXPECT_SUCCESS(NtSaveKeyEx(Key, File, REG_LATEST_FORMAT));
    EXPECT_EQ(MinorVersion("a.hiv"), 5);
    EXPECT_TRUE(!NT_SUCCESS(NtSaveKeyEx(Key, File, REG_NO_COMPRESSION))); /* no hive's root */
    EXPECT_SUCCESS(Open(&Software, NULL, STR(u"\\Registry\\Machine\\Software"), KEY_READ));
    EXPECT_SUCCESS(NtSaveKeyEx(Software, File, REG_NO_COMPRESSION));
    Close(Software);
    EXPECT_SUCCESS(NtClose(File));
    Close(Key);
}

static void save_checks_in_order(void **State)
{
    HANDLE Key, Blind;
    (void)State;
    Close(MakeBase());
    ConformBecome(UserMode);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_READ));
    EXPECT_SUCCESS(Open(&Blind, NULL, STR(BASE), KEY_QUERY_VALUE));
    EXPECT_STATUS(NtSaveKeyEx(NULL, NULL, 3), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NtSaveKeyEx(NULL, NULL, 1), STATUS_PRIVILEGE_NOT_HELD);
    HivePrivilege(SE_BACKUP_PRIVILEGE, TRUE);
    HANDLE File = HiveNewFile(STR(FILE_A));
    EXPECT_STATUS(NtSaveKey(NULL, NULL), STATUS_INVALID_HANDLE);
    EXPECT_STATUS(NtSaveKey(NULL, Key), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_STATUS(NtSaveKey(NULL, File), STATUS_INVALID_HANDLE);
    EXPECT_STATUS(NtSaveKey(File, File), STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_STATUS(NtSaveKey(Blind, File), STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(NtSaveKey(Key, File));
    EXPECT_SUCCESS(NtClose(File));
    File = HiveOldFile(STR(FILE_A));
    EXPECT_STATUS(NtSaveKey(Key, File), STATUS_ACCESS_DENIED); /* it may not be written */
    EXPECT_SUCCESS(NtClose(File));
    Close(Blind);
    Close(Key);
}

static void not_saved(void **State)
{
    HANDLE Key;
    static const struct {
        UNICODE_STRING Path;
    } Roots[] = {{RTL_CONSTANT_STRING(u"\\Registry\\Machine")},
                 {RTL_CONSTANT_STRING(u"\\Registry\\User")}};
    (void)State;
    HANDLE File = HiveNewFile(STR(FILE_A));
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Roots); Index++) {
        UNICODE_STRING Path = Roots[Index].Path;
        EXPECT_SUCCESS(Open(&Key, NULL, &Path, KEY_READ));
        EXPECT_STATUS(NtSaveKey(Key, File), STATUS_ACCESS_DENIED);
        Close(Key);
    }
    Key = MakeBase();
    EXPECT_SUCCESS(NtDeleteKey(Key));
    EXPECT_STATUS(NtSaveKey(Key, File), STATUS_KEY_DELETED);
    Close(Key);
    EXPECT_SUCCESS(NtClose(File));
}

static void saves_merged(void **State)
{
    HANDLE High, Low, Loaded;
    (void)State;
    High = MakeBase();
    EXPECT_SUCCESS(Create(&Low, NULL, STR(u"\\Registry\\Machine\\System\\Low"), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(SetDword(High, STR(u"both"), 1));
    EXPECT_SUCCESS(SetDword(Low, STR(u"both"), 2));
    EXPECT_SUCCESS(SetDword(Low, STR(u"low"), 2));
    Close(MakeKey(High, STR(u"FromHigh")));
    Close(MakeKey(Low, STR(u"FromLow")));
    HANDLE File = HiveNewFile(STR(FILE_A));
    EXPECT_SUCCESS(NtSaveMergedKeys(High, Low, File));
    EXPECT_SUCCESS(NtClose(File));
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_SUCCESS(Open(&Loaded, NULL, STR(HIVE), KEY_READ));
    EXPECT_EQ(QueryDword(Loaded, STR(u"both")), 1);
    EXPECT_EQ(QueryDword(Loaded, STR(u"low")), 2);
    EXPECT_SUCCESS(Probe(Loaded, STR(u"FromHigh")));
    EXPECT_SUCCESS(Probe(Loaded, STR(u"FromLow")));
    Close(Loaded);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
    Close(Low);
    Close(High);
}

static void merge_checks_in_order(void **State)
{
    HANDLE High, Low;
    (void)State;
    Close(MakeBase());
    ConformBecome(UserMode);
    EXPECT_SUCCESS(Open(&High, NULL, STR(BASE), KEY_READ));
    EXPECT_SUCCESS(Open(&Low, NULL, STR(u"\\Registry\\Machine\\System"), KEY_QUERY_VALUE));
    EXPECT_STATUS(NtSaveMergedKeys(NULL, NULL, NULL), STATUS_PRIVILEGE_NOT_HELD);
    HivePrivilege(SE_BACKUP_PRIVILEGE, TRUE);
    EXPECT_STATUS(NtSaveMergedKeys(High, Low, High), STATUS_OBJECT_TYPE_MISMATCH);
    HANDLE File = HiveNewFile(STR(FILE_A));
    EXPECT_STATUS(NtSaveMergedKeys(NULL, Low, File), STATUS_INVALID_HANDLE);
    EXPECT_STATUS(NtSaveMergedKeys(High, NULL, File), STATUS_INVALID_HANDLE);
    EXPECT_STATUS(NtSaveMergedKeys(High, Low, File), STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(NtClose(File));
    Close(Low);
    Close(High);
}

/* ---- flush (REG-FLS) ---- */

static void flush_writes_the_file(void **State)
{
    HANDLE Root;
    (void)State;
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_SUCCESS(Open(&Root, NULL, STR(HIVE), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(SetDword(Root, STR(u"new"), 2));
    EXPECT_SUCCESS(NtFlushKey(Root));
    EXPECT_EQ(
        ntsim_registry_load_hive(Conform.Sim, "\\REGISTRY\\MACHINE\\Again", HiveHost("a.hiv")), 0);
    EXPECT_EQ(DwordAt(STR(u"\\Registry\\Machine\\Again"), STR(u"new")), 2);
    Close(Root);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
    EXPECT_SUCCESS(Unload(STR(u"\\Registry\\Machine\\Again"), 0));
    EXPECT_STATUS(NtFlushKey(NULL), STATUS_INVALID_HANDLE);
}

static void unload_writes_the_file(void **State)
{
    HANDLE Root;
    (void)State;
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_SUCCESS(Open(&Root, NULL, STR(HIVE), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(SetDword(Root, STR(u"new"), 9));
    Close(Root);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_EQ(DwordAt(STR(HIVE), STR(u"new")), 9);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
}

/* ---- restore (REG-RST) ---- */

static void restores(void **State)
{
    HANDLE Sub;
    (void)State;
    HANDLE Key = MakeBase();
    EXPECT_SUCCESS(SetDword(Key, STR(u"mine"), 1));
    HANDLE Old = MakeKey(Key, STR(u"Old"));
    HiveMakeFile("a.hiv", "number", 6);
    HANDLE File = HiveOldFile(STR(FILE_A));
    EXPECT_TRUE(!NT_SUCCESS(NtRestoreKey(Key, File, 0))); /* Old is open */
    EXPECT_SUCCESS(NtRestoreKey(Key, File, REG_FORCE_RESTORE));
    EXPECT_EQ(QueryDword(Key, STR(u"number")), 6);
    EXPECT_TRUE(!HasValueNamed(Key, STR(u"mine")));
    EXPECT_SUCCESS(Open(&Sub, Key, STR(u"Sub"), KEY_READ));
    ExpectPath(Sub, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform\\Sub"));
    Close(Sub);
    EXPECT_STATUS(SetDword(Old, STR(u"v"), 1), STATUS_KEY_DELETED);
    Close(Old);
    EXPECT_SUCCESS(SetDword(Key, STR(u"more"), 1));
    EXPECT_SUCCESS(NtRestoreKey(Key, File, 0));
    EXPECT_TRUE(!HasValueNamed(Key, STR(u"more")));
    EXPECT_SUCCESS(NtClose(File));
    Close(Key);
}

static void restore_wants_a_privilege(void **State)
{
    HANDLE Key;
    (void)State;
    Close(MakeBase());
    ConformBecome(UserMode);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_READ));
    EXPECT_STATUS(NtRestoreKey(Key, NULL, 0), STATUS_PRIVILEGE_NOT_HELD);
    HivePrivilege(SE_RESTORE_PRIVILEGE, TRUE);
    EXPECT_STATUS(NtRestoreKey(Key, NULL, 0), STATUS_INVALID_HANDLE);
    EXPECT_STATUS(NtRestoreKey(Key, NULL, REG_REFRESH_HIVE), STATUS_PRIVILEGE_NOT_HELD);
    Close(Key);
}

static void refresh(void **State)
{
    HANDLE Root;
    (void)State;
    HiveMakeFile("a.hiv", "number", 6);
    EXPECT_SUCCESS(LoadEx(STR(HIVE), STR(FILE_A), REG_NO_LAZY_FLUSH, NULL));
    EXPECT_SUCCESS(Open(&Root, NULL, STR(HIVE), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(SetDword(Root, STR(u"kept"), 1));
    EXPECT_SUCCESS(NtFlushKey(Root));
    EXPECT_SUCCESS(SetDword(Root, STR(u"lost"), 1));
    EXPECT_SUCCESS(NtRestoreKey(Root, NULL, REG_REFRESH_HIVE));
    EXPECT_EQ(QueryDword(Root, STR(u"kept")), 1);
    EXPECT_TRUE(!HasValueNamed(Root, STR(u"lost")));
    Close(Root);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
}

/* ---- replace (REG-RPL) ---- */

static NTSTATUS Replace(HANDLE Key, PUNICODE_STRING New, PUNICODE_STRING Old)
{
    OBJECT_ATTRIBUTES NewFile = Attributes(NULL, New, OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES OldFile = Attributes(NULL, Old, OBJ_CASE_INSENSITIVE);
    return NtReplaceKey(&NewFile, Key, &OldFile);
}

static void replaces(void **State)
{
    HANDLE Root;
    (void)State;
    HiveMakeFile("a.hiv", "number", 1);
    HiveMakeFile("b.hiv", "number", 2);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_SUCCESS(Open(&Root, NULL, STR(HIVE), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(Replace(Root, STR(FILE_B), STR(u"\\??\\C:\\old.hiv")));
    EXPECT_EQ(QueryDword(Root, STR(u"number")), 1); /* until the hive is next loaded */
    Close(Root);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_EQ(DwordAt(STR(HIVE), STR(u"number")), 2);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
    EXPECT_SUCCESS(Load(STR(HIVE), STR(u"\\??\\C:\\old.hiv")));
    EXPECT_EQ(DwordAt(STR(HIVE), STR(u"number")), 1);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
}

static const struct ntcb_test Tests[] = {
    HIVE_CASE("reg.hive.saves_what_loads", "REG-SAV-01", saves_what_loads),
    HIVE_CASE("reg.hive.formats", "REG-SAV-01", formats),
    HIVE_CASE("reg.hive.save_checks_in_order", "REG-SAV-01", save_checks_in_order),
    HIVE_CASE("reg.hive.not_saved", "REG-SAV-01", not_saved),
    HIVE_CASE("reg.hive.saves_merged", "REG-SAV-02", saves_merged),
    HIVE_CASE("reg.hive.merge_checks_in_order", "REG-SAV-02", merge_checks_in_order),
    HIVE_CASE("reg.hive.flush_writes_the_file", "REG-FLS-01", flush_writes_the_file),
    HIVE_CASE("reg.hive.unload_writes_the_file", "REG-UNL-01", unload_writes_the_file),
    HIVE_CASE("reg.hive.restores", "REG-RST-01", restores),
    HIVE_CASE("reg.hive.restore_wants_a_privilege", "REG-RST-01", restore_wants_a_privilege),
    HIVE_CASE("reg.hive.refresh", "REG-RST-01", refresh),
    HIVE_CASE("reg.hive.replaces", "REG-RPL-01", replaces),
};
NTCB_TEST_MAIN("conformance", Tests)
