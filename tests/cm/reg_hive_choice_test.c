/* SPDX-License-Identifier: MIT
 *
 * reg_hive_choice_test.c - what the services about hives answer where no source says it, and what
 * they do with files that are no hives.
 */
#include "../conformance/hivekit.h"

#include <ntcallback/ddk/ntifs.h>

#define FILE_A u"\\??\\C:\\a.hiv"
#define FILE_B u"\\??\\C:\\b.hiv"

static void load_statuses(void **state)
{
    (void)state;
    HiveMakeFile("a.hiv", "number", 1);
    HiveMakeFile("b.hiv", "number", 2);
    EXPECT_STATUS(Load(STR(HIVE), STR(u"\\??\\C:\\none.hiv")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_STATUS(Load(STR(HIVE), STR(u"\\??\\C:\\no\\none.hiv")), STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_STATUS(Load(STR(u"\\Registry\\User\\Other"), STR(FILE_A)), STATUS_SHARING_VIOLATION);
    EXPECT_STATUS(Load(STR(HIVE), STR(FILE_B)), STATUS_OBJECT_NAME_COLLISION);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
    EXPECT_STATUS(Load(STR(u"\\Registry\\Machine\\Software"), STR(FILE_A)),
                  STATUS_OBJECT_NAME_COLLISION);
    EXPECT_STATUS(Load(STR(u"\\Registry\\Machine\\Software\\X"), STR(FILE_A)),
                  STATUS_ACCESS_DENIED);
    EXPECT_STATUS(Load(STR(u"\\Registry\\X"), STR(FILE_A)), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(Load(STR(APP), STR(FILE_A)), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(Load(STR(u"\\Registry\\Nowhere\\X"), STR(FILE_A)), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_STATUS(Load(STR(u"Loaded"), STR(FILE_A)), STATUS_OBJECT_PATH_SYNTAX_BAD);
    EXPECT_STATUS(Load(STR(u"\\Foo\\X"), STR(FILE_A)), STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_STATUS(Load(STR(u"\\Registry"), STR(FILE_A)), STATUS_OBJECT_NAME_INVALID);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A))); /* nobody kept the file open */
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
}

static void app_hives_below_a_alone(void **state)
{
    HANDLE root = NULL, again = NULL;
    (void)state;
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_STATUS(LoadEx(STR(HIVE), STR(FILE_A), REG_APP_HIVE, &root), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(LoadEx(STR(APP), STR(FILE_A), REG_APP_HIVE, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(LoadEx(STR(APP), STR(FILE_A), REG_APP_HIVE, &root));
    EXPECT_SUCCESS(LoadEx(STR(APP), STR(FILE_A), REG_APP_HIVE, &again));
    EXPECT_EQ(QueryDword(again, STR(u"number")), 1);
    EXPECT_STATUS(LoadEx(STR(APP), STR(FILE_A), REG_APP_HIVE | REG_PROCESS_PRIVATE, &again),
                  STATUS_SHARING_VIOLATION);
    Close(again);
    Close(root);
    EXPECT_SUCCESS(LoadEx(STR(APP), STR(FILE_A), REG_APP_HIVE | REG_PROCESS_PRIVATE, &root));
    EXPECT_STATUS(LoadEx(STR(APP), STR(FILE_A), REG_APP_HIVE, &again), STATUS_SHARING_VIOLATION);
    Close(root);
}

/* The loader may ask for more than it gets: then there is no hive, and the file is free. */
static void app_hive_denied(void **state)
{
    HANDLE root = NULL;
    (void)state;
    HiveMakeFile("a.hiv", "number", 1);
    ConformBecome(UserMode);
    OBJECT_ATTRIBUTES key = Attributes(NULL, STR(APP), OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES file = Attributes(NULL, STR(FILE_A), OBJ_CASE_INSENSITIVE);
    EXPECT_STATUS(NtLoadKeyEx(&key, &file, REG_APP_HIVE, NULL, NULL, 0, &root, NULL),
                  STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(LoadEx(STR(APP), STR(FILE_A), REG_APP_HIVE, &root));
    Close(root);
}

/* A process that ends closes its handles, and its hive goes. */
static void app_hive_of_a_process_that_ends(void **state)
{
    struct ntsim_process_options options = {.image_path = "C:\\app.exe"};
    struct ntsim_process *process;
    struct ntsim_thread *before;
    HANDLE root = NULL;
    (void)state;
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_EQ(ntsim_process_create(Conform.Sim, &options, &process), 0);
    before = ntsim_thread_enter(ntsim_process_thread(process));
    EXPECT_SUCCESS(LoadEx(STR(APP), STR(FILE_A), REG_APP_HIVE, &root));
    EXPECT_SUCCESS(SetDword(root, STR(u"last"), 4));
    ntsim_thread_leave(before);
    ntsim_process_exit(process, 0);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_EQ(DwordAt(STR(HIVE), STR(u"last")), 4);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
}

/* ---- files that are none ---- */

static UCHAR bytes[65536];

static SIZE_T read_host(const char *name)
{
    FILE *file = fopen(HiveHost(name), "rb");
    EXPECT_TRUE(file != NULL);
    SIZE_T count = fread(bytes, 1, sizeof(bytes), file);
    EXPECT_EQ(fclose(file), 0);
    return count;
}

/* Loads or does not, but with a status that says so; what it said. */
static NTSTATUS try_damaged(void)
{
    NTSTATUS status = Load(STR(HIVE), STR(FILE_B));
    if (NT_SUCCESS(status)) {
        EXPECT_SUCCESS(Unload(STR(HIVE), 0));
        return status;
    }
    EXPECT_TRUE(status == STATUS_NOT_REGISTRY_FILE || status == STATUS_REGISTRY_CORRUPT);
    EXPECT_STATUS(Probe(NULL, STR(HIVE)), STATUS_OBJECT_NAME_NOT_FOUND);
    return status;
}

static void damaged_files(void **state)
{
    (void)state;
    HiveMakeFile("a.hiv", "number", 1);
    SIZE_T count = read_host("a.hiv");
    HiveHostWrite("b.hiv", "no hive at all", 14);
    EXPECT_STATUS(try_damaged(), STATUS_NOT_REGISTRY_FILE);
    HiveHostWrite("b.hiv", bytes, 0);
    EXPECT_STATUS(try_damaged(), STATUS_NOT_REGISTRY_FILE);
    HiveHostWrite("b.hiv", bytes, 4096 + 512);
    EXPECT_TRUE(!NT_SUCCESS(try_damaged()));
    for (SIZE_T at = 4096; at < count && at < 4096 + 1024; at++) {
        UCHAR before = bytes[at];
        bytes[at] ^= 0x41;
        HiveHostWrite("b.hiv", bytes, count);
        try_damaged();
        bytes[at] = before;
    }
    EXPECT_EQ(ntsim_registry_exists(Conform.Sim, HIVE_UTF8), false);
}

static void damaged_file_restores_nothing(void **state)
{
    (void)state;
    HANDLE key = MakeBase();
    EXPECT_SUCCESS(SetDword(key, STR(u"mine"), 3));
    HiveHostWrite("b.hiv", "no hive at all", 14);
    HANDLE file = HiveOldFile(STR(FILE_B));
    EXPECT_STATUS(NtRestoreKey(key, file, REG_FORCE_RESTORE), STATUS_NOT_REGISTRY_FILE);
    EXPECT_SUCCESS(NtClose(file));
    EXPECT_EQ(QueryDword(key, STR(u"mine")), 3);
    Close(key);
}

/* ---- unload ---- */

static void unload_read_only(void **state)
{
    (void)state;
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(LoadEx(STR(HIVE), STR(FILE_A), REG_OPEN_READ_ONLY, NULL));
    EXPECT_STATUS(Unload(STR(HIVE), 0), STATUS_ACCESS_DENIED);
}

/* What was not flushed is written when the machine goes down; what has not changed, never. */
static void end_writes_what_changed(void **state)
{
    static UCHAR before[sizeof(bytes)];
    HiveMakeFile("a.hiv", "number", 1);
    HiveMakeFile("b.hiv", "number", 2);
    SIZE_T count = read_host("b.hiv");
    memcpy(before, bytes, count);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_SUCCESS(Load(STR(u"\\Registry\\User\\Other"), STR(FILE_B)));
    HANDLE root;
    EXPECT_SUCCESS(Open(&root, NULL, STR(HIVE), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(SetDword(root, STR(u"number"), 5));
    Close(root);
    EXPECT_EQ(ConformTeardown(state), 0);
    EXPECT_EQ(read_host("b.hiv"), count);
    EXPECT_MEM(bytes, before, count);
    EXPECT_EQ(ConformStart(NTCB_WINDOWS_DEFAULT), 0);
    EXPECT_EQ(ntsim_volume(Conform.Sim, HiveDirectory), 0);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_EQ(DwordAt(STR(HIVE), STR(u"number")), 5);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
}

static void volatile_hive_is_never_written(void **state)
{
    HANDLE root;
    (void)state;
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(LoadEx(STR(HIVE), STR(FILE_A), REG_WHOLE_HIVE_VOLATILE, NULL));
    EXPECT_SUCCESS(Open(&root, NULL, STR(HIVE), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(SetDword(root, STR(u"number"), 5));
    EXPECT_SUCCESS(NtFlushKey(root));
    Close(root);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_EQ(DwordAt(STR(HIVE), STR(u"number")), 1);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
}

static void removed_by_the_harness(void **state)
{
    (void)state;
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_EQ(ntsim_registry_remove(Conform.Sim, HIVE_UTF8), 0);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
}

/* ---- save, restore, replace ---- */

static void merge_of_one_hive(void **state)
{
    HANDLE other;
    (void)state;
    HANDLE key = MakeBase();
    EXPECT_SUCCESS(Open(&other, NULL, STR(u"\\Registry\\Machine\\Software"), KEY_READ));
    HANDLE file = HiveNewFile(STR(FILE_A));
    EXPECT_STATUS(NtSaveMergedKeys(key, other, file), STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(NtClose(file));
    Close(other);
    Close(key);
}

static void restore_statuses(void **state)
{
    HANDLE machine;
    (void)state;
    HANDLE key = MakeBase();
    HANDLE sub = MakeKey(key, STR(u"Sub"));
    HiveMakeFile("a.hiv", "number", 1);
    HANDLE file = HiveOldFile(STR(FILE_A));
    EXPECT_STATUS(NtRestoreKey(key, file, 0x80), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NtRestoreKey(key, file, 0), STATUS_CANNOT_DELETE);
    EXPECT_STATUS(NtRestoreKey(key, file, REG_WHOLE_HIVE_VOLATILE), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NtRestoreKey(key, NULL, REG_REFRESH_HIVE), STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(Open(&machine, NULL, STR(u"\\Registry\\Machine"), KEY_READ));
    EXPECT_STATUS(NtRestoreKey(machine, file, REG_FORCE_RESTORE), STATUS_ACCESS_DENIED);
    Close(machine);
    Close(sub);
    EXPECT_SUCCESS(NtRestoreKey(key, file, 0));
    EXPECT_SUCCESS(NtClose(file));
    Close(key);
}

static void restore_below_a_volatile_key(void **state)
{
    HANDLE key, sub;
    (void)state;
    Close(MakeBase());
    EXPECT_SUCCESS(
        CreateOptions(&key, NULL, STR(BASE u"\\Gone"), KEY_ALL_ACCESS, REG_OPTION_VOLATILE, NULL));
    HiveMakeFile("a.hiv", "number", 1);
    HANDLE file = HiveOldFile(STR(FILE_A));
    EXPECT_SUCCESS(NtRestoreKey(key, file, 0));
    EXPECT_SUCCESS(NtClose(file));
    EXPECT_EQ(QueryDword(key, STR(u"number")), 1);
    EXPECT_SUCCESS(Open(&sub, key, STR(u"Sub"), KEY_ALL_ACCESS));
    EXPECT_STATUS(Create(&file, sub, STR(u"Stable"), KEY_READ), STATUS_CHILD_MUST_BE_VOLATILE);
    Close(sub);
    Close(key);
}

static void replace_statuses(void **state)
{
    OBJECT_ATTRIBUTES new_file = Attributes(NULL, STR(FILE_B), OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES old_file = Attributes(NULL, STR(u"\\??\\C:\\old.hiv"), OBJ_CASE_INSENSITIVE);
    HANDLE root;
    (void)state;
    HANDLE key = MakeBase();
    EXPECT_SUCCESS(Open(&root, NULL, STR(u"\\Registry\\Machine\\Software"), KEY_READ));
    EXPECT_STATUS(NtReplaceKey(&new_file, root, &old_file), STATUS_OBJECT_NAME_NOT_FOUND);
    HiveHostWrite("b.hiv", "none", 4);
    EXPECT_STATUS(NtReplaceKey(&new_file, root, &old_file), STATUS_NOT_REGISTRY_FILE);
    EXPECT_EQ(HiveHostSize("old.hiv"), -1);
    HiveMakeFile("b.hiv", "number", 1);
    EXPECT_STATUS(NtReplaceKey(&new_file, key, &old_file), STATUS_INVALID_PARAMETER);
    ConformBecome(UserMode);
    EXPECT_STATUS(NtReplaceKey(&new_file, root, &old_file), STATUS_PRIVILEGE_NOT_HELD);
    ConformComeBack();
    Close(root);
    Close(key);
}

/* ---- who has it open ---- */

static void query_open_subkeys_ex(void **state)
{
    OBJECT_ATTRIBUTES key = Attributes(NULL, STR(HIVE), OBJ_CASE_INSENSITIVE);
    union {
        KEY_OPEN_SUBKEYS_INFORMATION open;
        UCHAR bytes[512];
    } buffer;
    struct WATCH watch = {.Hook = NULL};
    ULONG needed = 0;
    HANDLE sub;
    (void)state;
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_SUCCESS(Open(&sub, NULL, STR(HIVE u"\\Sub"), KEY_READ));
    WatchBegin(&watch);
    EXPECT_STATUS(NtQueryOpenSubKeysEx(&key, 4, &buffer, &needed), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(watch.Count, 4); /* it opened the key, and closed it */
    EXPECT_EQ(watch.Notes[0].Class, RegNtPreOpenKeyEx);
    WatchEnd(&watch);
    EXPECT_SUCCESS(NtQueryOpenSubKeysEx(&key, sizeof(buffer), &buffer, &needed));
    EXPECT_EQ(buffer.open.Count, 1);
    EXPECT_PTR(buffer.open.KeyArray[0].ProcessId, PsGetCurrentProcessId());
    EXPECT_TRUE(RtlEqualUnicodeString(&buffer.open.KeyArray[0].KeyName,
                                      STR(u"\\REGISTRY\\MACHINE\\Loaded\\Sub"), FALSE));
    Close(sub);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
    ConformBecome(UserMode);
    EXPECT_STATUS(NtQueryOpenSubKeysEx(&key, sizeof(buffer), &buffer, &needed),
                  STATUS_PRIVILEGE_NOT_HELD);
}

/* ---- NtLoadKey3 ---- */

static void load_with_extended_parameters(void **state)
{
    OBJECT_ATTRIBUTES key = Attributes(NULL, STR(APP), OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES file = Attributes(NULL, STR(FILE_A), OBJ_CASE_INSENSITIVE);
    HANDLE software, root;
    struct WATCH watch = {.Hook = NULL};
    (void)state;
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(Open(&software, NULL, STR(u"\\Registry\\Machine\\Software"), KEY_READ));
    CM_EXTENDED_PARAMETER parameters[] = {
        {.Type = CmExtendedParameterTrustClassKey, .Handle = software},
    };
    WatchBegin(&watch);
    EXPECT_SUCCESS(NtLoadKey3(&key, &file, REG_APP_HIVE, parameters, 1, KEY_READ, &root, NULL));
    EXPECT_EQ(watch.Notes[0].Class, RegNtPreLoadKey);
    EXPECT_TRUE(watch.Notes[0].Information.LoadKey.TrustClassObject != NULL);
    EXPECT_PTR(watch.Notes[0].Information.LoadKey.RootHandle, &root);
    EXPECT_EQ(watch.Notes[0].Information.LoadKey.DesiredAccess, KEY_READ);
    Close(root);
    WatchEnd(&watch);
    parameters[0].Type = CmExtendedParameterMax;
    EXPECT_STATUS(NtLoadKey3(&key, &file, REG_APP_HIVE, parameters, 1, KEY_READ, &root, NULL),
                  STATUS_INVALID_PARAMETER);
    Close(software);
}

/* ---- transactions ---- */

static void not_in_a_transaction(void **state)
{
    HANDLE transaction, key;
    OBJECT_ATTRIBUTES attributes = Attributes(NULL, STR(BASE), OBJ_CASE_INSENSITIVE);
    (void)state;
    Close(MakeBase());
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(ZwCreateTransaction(&transaction, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 0, 0,
                                       0, NULL, NULL));
    EXPECT_SUCCESS(NtOpenKeyTransacted(&key, KEY_ALL_ACCESS, &attributes, transaction));
    EXPECT_SUCCESS(SetDword(key, STR(u"v"), 1));
    HANDLE file = HiveOldFile(STR(FILE_A));
    EXPECT_STATUS(NtRestoreKey(key, file, REG_FORCE_RESTORE),
                  STATUS_OPERATION_NOT_SUPPORTED_IN_TRANSACTION);
    HANDLE plain = MakeBase();
    EXPECT_STATUS(NtRestoreKey(plain, file, REG_FORCE_RESTORE), STATUS_TRANSACTIONAL_CONFLICT);
    EXPECT_SUCCESS(NtClose(file));
    file = HiveNewFile(STR(FILE_B));
    EXPECT_STATUS(NtSaveKey(key, file), STATUS_OPERATION_NOT_SUPPORTED_IN_TRANSACTION);
    EXPECT_SUCCESS(NtSaveKey(plain, file));
    EXPECT_SUCCESS(NtClose(file));
    Close(plain);
    Close(key);
    EXPECT_SUCCESS(ZwRollbackTransaction(transaction, TRUE));
    EXPECT_SUCCESS(NtClose(transaction));
}

static const struct ntcb_test Tests[] = {
    HIVE_CASE("cm.hive.load_statuses", "REG-LOD-03", load_statuses),
    HIVE_CASE("cm.hive.app_below_a_alone", "REG-LOD-02 REG-LOD-03", app_hives_below_a_alone),
    HIVE_CASE("cm.hive.app_denied", "REG-LOD-04", app_hive_denied),
    HIVE_CASE("cm.hive.app_of_a_process_that_ends", "REG-LOD-04", app_hive_of_a_process_that_ends),
    HIVE_CASE("cm.hive.damaged_files", "REG-LOD-03", damaged_files),
    HIVE_CASE("cm.hive.damaged_file_restores_nothing", "REG-RST-01", damaged_file_restores_nothing),
    HIVE_CASE("cm.hive.unload_read_only", "REG-UNL-01", unload_read_only),
    HIVE_CASE("cm.hive.end_writes_what_changed", "REG-UNL-01", end_writes_what_changed),
    HIVE_CASE("cm.hive.volatile_is_never_written", "REG-LOD-05", volatile_hive_is_never_written),
    HIVE_CASE("cm.hive.removed_by_the_harness", "REG-UNL-01", removed_by_the_harness),
    HIVE_CASE("cm.hive.merge_of_one_hive", "REG-SAV-02", merge_of_one_hive),
    HIVE_CASE("cm.hive.restore_statuses", "REG-RST-01", restore_statuses),
    HIVE_CASE("cm.hive.restore_below_a_volatile_key", "REG-RST-01 REG-CRT-07",
              restore_below_a_volatile_key),
    HIVE_CASE("cm.hive.replace_statuses", "REG-RPL-01", replace_statuses),
    HIVE_CASE("cm.hive.query_open_subkeys_ex", "REG-QOS-01", query_open_subkeys_ex),
    HIVE_CASE("cm.hive.load_with_extended_parameters", "REG-LOD-01", load_with_extended_parameters),
    HIVE_CASE("cm.hive.not_in_a_transaction", "REG-TXN-02", not_in_a_transaction),
};
NTCB_TEST_MAIN("library", Tests)
