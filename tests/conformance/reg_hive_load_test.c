/* SPDX-License-Identifier: MIT
 *
 * reg_hive_load_test.c - hives loaded, used and unloaded.
 */
#include "hivekit.h"

#define FILE_A u"\\??\\C:\\a.hiv"

/* ---- load (REG-LOD) ---- */

static void loads_and_unloads(void **State)
{
    (void)State;
    HiveMakeFile("a.hiv", "number", 7);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_EQ(DwordAt(STR(HIVE), STR(u"number")), 7);
    EXPECT_SUCCESS(Probe(NULL, STR(HIVE u"\\Sub")));
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
    EXPECT_STATUS(Probe(NULL, STR(HIVE)), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(Load(STR(u"\\Registry\\User\\Loaded"), STR(FILE_A)));
    EXPECT_EQ(DwordAt(STR(u"\\REGISTRY\\USER\\LOADED"), STR(u"number")), 7);
    EXPECT_SUCCESS(Unload(STR(u"\\Registry\\User\\Loaded"), 0));
}

static void loads_below_a_handle(void **State)
{
    HANDLE Machine;
    (void)State;
    HiveMakeFile("a.hiv", "number", 8);
    EXPECT_SUCCESS(Open(&Machine, NULL, STR(u"\\Registry\\Machine"), KEY_ALL_ACCESS));
    OBJECT_ATTRIBUTES Key = Attributes(Machine, STR(u"Loaded"), OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES Source = Attributes(NULL, STR(FILE_A), OBJ_CASE_INSENSITIVE);
    EXPECT_SUCCESS(NtLoadKey2(&Key, &Source, 0));
    EXPECT_EQ(DwordAt(STR(HIVE), STR(u"number")), 8);
    EXPECT_SUCCESS(NtUnloadKey(&Key));
    Close(Machine);
    EXPECT_STATUS(NtLoadKey2(&Key, &Source, 0), STATUS_INVALID_HANDLE);
}

/* What is wrong with the arguments comes before what may not be done. */
static void load_checks_flags_first(void **State)
{
    HANDLE Root;
    (void)State;
    ConformBecome(UserMode);
    EXPECT_STATUS(LoadEx(STR(HIVE), STR(FILE_A), 0x80000000, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(LoadEx(STR(HIVE), STR(FILE_A), 0, &Root), STATUS_INVALID_PARAMETER_7);
    EXPECT_STATUS(Load(STR(HIVE), STR(FILE_A)), STATUS_PRIVILEGE_NOT_HELD);
    HivePrivilege(SE_RESTORE_PRIVILEGE, TRUE);
    EXPECT_STATUS(NtLoadKey(NULL, NULL), STATUS_ACCESS_VIOLATION);
    OBJECT_ATTRIBUTES Key = Attributes(NULL, STR(HIVE), OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES Source = Attributes(NULL, STR(FILE_A), OBJ_CASE_INSENSITIVE);
    EXPECT_STATUS(NtLoadKey(&Key, (POBJECT_ATTRIBUTES)(ULONG_PTR)0x10), STATUS_ACCESS_VIOLATION);
    Key.Length = 4;
    EXPECT_STATUS(NtLoadKey(&Key, &Source), STATUS_INVALID_PARAMETER);
}

static void load_checks_flags_on_7(void **State)
{
    HANDLE Root;
    EXPECT_EQ(HiveTeardown(State), 0);
    EXPECT_EQ(HiveStart(NTCB_WINDOWS_7), 0);
    EXPECT_STATUS(LoadEx(STR(HIVE), STR(FILE_A), 0, &Root), STATUS_INVALID_PARAMETER_6);
}

static void load_wants_rights_to_the_root(void **State)
{
    HANDLE Machine;
    (void)State;
    HiveMakeFile("a.hiv", "number", 8);
    HivePrivilege(SE_RESTORE_PRIVILEGE, TRUE);
    ConformBecome(UserMode);
    EXPECT_SUCCESS(Open(&Machine, NULL, STR(u"\\Registry\\Machine"), KEY_NOTIFY));
    OBJECT_ATTRIBUTES Key = Attributes(Machine, STR(u"Loaded"), OBJ_CASE_INSENSITIVE);
    OBJECT_ATTRIBUTES Source = Attributes(NULL, STR(FILE_A), OBJ_CASE_INSENSITIVE);
    EXPECT_STATUS(NtLoadKey(&Key, &Source), STATUS_ACCESS_DENIED);
    Close(Machine);
}

static void same_file_at_the_same_key(void **State)
{
    (void)State;
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
    EXPECT_STATUS(Probe(NULL, STR(HIVE)), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void flags_of_load(void **State)
{
    static const ULONG Flags[] = {
        0x01, 0x02, 0x04, 0x08, 0x20, 0x40, 0x80, 0x400, /* and 0x10 is for applications */
    };
    (void)State;
    EXPECT_EQ(REG_WHOLE_HIVE_VOLATILE, 1);
    EXPECT_EQ(REG_APP_HIVE, 0x10);
    EXPECT_EQ(REG_FORCE_UNLOAD, 1);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Flags); Index++) {
        HiveMakeFile("a.hiv", "number", Index);
        EXPECT_SUCCESS(LoadEx(STR(HIVE), STR(FILE_A), Flags[Index], NULL));
        EXPECT_EQ(DwordAt(STR(HIVE), STR(u"number")), Index);
        EXPECT_SUCCESS(Unload(STR(HIVE), 0));
    }
    EXPECT_STATUS(Unload(STR(HIVE), 2), STATUS_INVALID_PARAMETER);
}

/* ---- unload (REG-UNL) ---- */

static void unload_checks_in_order(void **State)
{
    HANDLE Key;
    (void)State;
    Close(MakeBase());
    EXPECT_STATUS(Unload(STR(BASE), 0), STATUS_INVALID_PARAMETER); /* no hive's root */
    EXPECT_STATUS(Unload(STR(BASE), REG_FORCE_UNLOAD), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Unload(STR(HIVE), 0), STATUS_OBJECT_NAME_NOT_FOUND);
    ConformBecome(UserMode);
    EXPECT_STATUS(Unload(STR(HIVE), 0), STATUS_PRIVILEGE_NOT_HELD);
    EXPECT_STATUS(Open(&Key, NULL, STR(HIVE), KEY_READ), STATUS_OBJECT_NAME_NOT_FOUND);
    HivePrivilege(SE_RESTORE_PRIVILEGE, TRUE);
    EXPECT_STATUS(Unload(STR(HIVE), 0), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_STATUS(NtUnloadKey(NULL), STATUS_ACCESS_VIOLATION);
}

static void unload_refused_while_open(void **State)
{
    HANDLE Sub;
    (void)State;
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_SUCCESS(Open(&Sub, NULL, STR(HIVE u"\\Sub"), KEY_ALL_ACCESS));
    EXPECT_STATUS(Unload(STR(HIVE), 0), STATUS_CANNOT_DELETE);
    EXPECT_SUCCESS(SetDword(Sub, STR(u"still"), 1)); /* goes on working */
    EXPECT_SUCCESS(NtDeleteKey(Sub));                /* REG-UNL-02 */
    Close(Sub);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
}

/* What a handle into a hive that was unloaded by force answers. */
static void ExpectUnloaded(NTSTATUS Wanted)
{
    HANDLE Sub, Below;
    UCHAR Buffer[256];
    ULONG Length;
    HiveMakeFile("a.hiv", "number", 1);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_SUCCESS(Open(&Sub, NULL, STR(HIVE u"\\Sub"), KEY_ALL_ACCESS));
    EXPECT_SUCCESS(Unload(STR(HIVE), REG_FORCE_UNLOAD));
    EXPECT_STATUS(Probe(NULL, STR(HIVE)), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_STATUS(SetDword(Sub, STR(u"v"), 1), Wanted);
    EXPECT_STATUS(NtQueryKey(Sub, KeyBasicInformation, Buffer, sizeof(Buffer), &Length), Wanted);
    EXPECT_STATUS(NtFlushKey(Sub), Wanted);
    EXPECT_STATUS(NtDeleteKey(Sub), Wanted);
    EXPECT_STATUS(Create(&Below, Sub, STR(u"New"), KEY_READ), Wanted);
    Close(Sub);
}

static void forced_unload(void **State)
{
    (void)State;
    ExpectUnloaded(STATUS_HIVE_UNLOADED);
}

static void forced_unload_on_2003(void **State)
{
    EXPECT_EQ(HiveTeardown(State), 0);
    EXPECT_EQ(HiveStart(NTCB_WINDOWS_2003), 0);
    ExpectUnloaded(STATUS_KEY_DELETED);
}

/* ---- applications' hives (CM-APP, REG-LOD-04) ---- */

static void app_hive(void **State)
{
    HANDLE Root, Sub;
    (void)State;
    HiveMakeFile("a.hiv", "number", 5);
    ConformBecome(UserMode); /* and without a privilege */
    EXPECT_SUCCESS(LoadEx(STR(APP), STR(FILE_A), REG_APP_HIVE, &Root));
    EXPECT_EQ(QueryDword(Root, STR(u"number")), 5);
    EXPECT_SUCCESS(Open(&Sub, Root, STR(u"Sub"), KEY_ALL_ACCESS));
    ExpectPath(Sub, STR(u"\\REGISTRY\\A\\Mine\\Sub"));
    EXPECT_STATUS(Probe(NULL, STR(APP)), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(Probe(NULL, STR(u"\\Registry\\A")), STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(SetDword(Sub, STR(u"kept"), 6));
    Close(Root); /* the other handle keeps the hive */
    EXPECT_EQ(QueryDword(Sub, STR(u"kept")), 6);
    Close(Sub);
    EXPECT_SUCCESS(LoadEx(STR(APP), STR(FILE_A), REG_APP_HIVE, &Root)); /* it had gone */
    EXPECT_SUCCESS(Open(&Sub, Root, STR(u"Sub"), KEY_ALL_ACCESS));
    EXPECT_EQ(QueryDword(Sub, STR(u"kept")), 6);
    Close(Sub);
    Close(Root);
}

static void app_hive_security(void **State)
{
    SECURITY_DESCRIPTOR Descriptor = {.Revision = SECURITY_DESCRIPTOR_REVISION};
    HANDLE Root;
    (void)State;
    HiveMakeFile("a.hiv", "number", 5);
    EXPECT_SUCCESS(LoadEx(STR(APP), STR(FILE_A), REG_APP_HIVE, &Root));
    EXPECT_STATUS(ZwSetSecurityObject(Root, DACL_SECURITY_INFORMATION, &Descriptor),
                  STATUS_ACCESS_DENIED);
    Close(Root);
}

static UNICODE_STRING SeenName;
static WCHAR SeenText[64];

static NTSTATUS SeeName(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    PCUNICODE_STRING Name;
    if (Class == RegNtPreSetValueKey && NT_SUCCESS(CmCallbackGetKeyObjectIDEx(
                                            &Watch->Cookie, Information->Object, NULL, &Name, 0))) {
        SeenName = (UNICODE_STRING){Name->Length, sizeof(SeenText), SeenText};
        memcpy(SeenText, Name->Buffer, Name->Length);
        CmCallbackReleaseKeyObjectIDEx(Name);
    }
    return STATUS_SUCCESS;
}

/* Only the path tells that a key is of such a hive. */
static void app_hive_in_callbacks(void **State)
{
    struct WATCH Watch = {.Hook = SeeName};
    HANDLE Root;
    (void)State;
    HiveMakeFile("a.hiv", "number", 5);
    WatchBegin(&Watch);
    EXPECT_SUCCESS(LoadEx(STR(APP), STR(FILE_A), REG_APP_HIVE, &Root));
    EXPECT_EQ(Watch.Count, 2);
    EXPECT_EQ(Watch.Notes[0].Class, 32);
    EXPECT_EQ(Watch.Notes[1].Class, 33);
    EXPECT_SUCCESS(SetDword(Root, STR(u"v"), 1));
    EXPECT_TRUE(RtlEqualUnicodeString(&SeenName, STR(u"\\REGISTRY\\A\\Mine"), FALSE));
    Close(Root);
    WatchEnd(&Watch);
}

/* ---- read-only (REG-CRT-14) ---- */

static void read_only_hive(void **State)
{
    HANDLE Root, Sub;
    (void)State;
    HiveMakeFile("a.hiv", "number", 5);
    EXPECT_SUCCESS(LoadEx(STR(APP), STR(FILE_A), REG_APP_HIVE | REG_OPEN_READ_ONLY, &Root));
    EXPECT_EQ(QueryDword(Root, STR(u"number")), 5);
    EXPECT_STATUS(Create(&Sub, Root, STR(u"New"), KEY_READ), STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(Create(&Sub, Root, STR(u"Sub"), KEY_READ)); /* there is one: an open */
    Close(Sub);
    EXPECT_STATUS(SetDword(Root, STR(u"v"), 1), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtDeleteValueKey(Root, STR(u"number")), STATUS_ACCESS_DENIED);
    Close(Root);
}

/* ---- who has it open (REG-QOS) ---- */

static void query_open_subkeys(void **State)
{
    OBJECT_ATTRIBUTES Key = Attributes(NULL, STR(HIVE), OBJ_CASE_INSENSITIVE);
    HANDLE Sub;
    ULONG Count = 77;
    (void)State;
    HiveMakeFile("a.hiv", "number", 5);
    EXPECT_SUCCESS(Load(STR(HIVE), STR(FILE_A)));
    EXPECT_SUCCESS(NtQueryOpenSubKeys(&Key, &Count));
    EXPECT_EQ(Count, 0); /* not itself */
    EXPECT_SUCCESS(Open(&Sub, NULL, STR(HIVE u"\\Sub"), KEY_READ));
    EXPECT_SUCCESS(NtQueryOpenSubKeys(&Key, &Count));
    EXPECT_EQ(Count, 1);
    Close(Sub);
    Key.ObjectName = STR(HIVE u"\\Sub");
    EXPECT_STATUS(NtQueryOpenSubKeys(&Key, &Count), STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(Unload(STR(HIVE), 0));
    ConformBecome(UserMode);
    EXPECT_STATUS(NtQueryOpenSubKeys(&Key, NULL), STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtQueryOpenSubKeys(NULL, &Count), STATUS_ACCESS_VIOLATION);
    Key.Length = 1;
    EXPECT_STATUS(NtQueryOpenSubKeys(&Key, &Count), STATUS_INVALID_PARAMETER);
}

static const struct ntcb_test Tests[] = {
    HIVE_CASE("reg.hive.loads_and_unloads", "REG-LOD-01 REG-LOD-03 REG-UNL-01", loads_and_unloads),
    HIVE_CASE("reg.hive.loads_below_a_handle", "REG-LOD-01", loads_below_a_handle),
    HIVE_CASE("reg.hive.load_checks_flags_first", "REG-LOD-01 REG-LOD-02", load_checks_flags_first),
    HIVE_CASE("reg.hive.load_checks_flags_on_7", "REG-LOD-02", load_checks_flags_on_7),
    HIVE_CASE("reg.hive.load_wants_rights_to_the_root", "REG-LOD-01",
              load_wants_rights_to_the_root),
    HIVE_CASE("reg.hive.same_file_at_the_same_key", "REG-LOD-03", same_file_at_the_same_key),
    HIVE_CASE("reg.hive.flags_of_load", "REG-LOD-05", flags_of_load),
    HIVE_CASE("reg.hive.unload_checks_in_order", "REG-UNL-01", unload_checks_in_order),
    HIVE_CASE("reg.hive.unload_refused_while_open", "REG-UNL-01 REG-UNL-02",
              unload_refused_while_open),
    HIVE_CASE("reg.hive.forced_unload", "REG-UNL-01 REG-FLS-01", forced_unload),
    HIVE_CASE("reg.hive.forced_unload_on_2003", "REG-UNL-01 REG-FLS-01", forced_unload_on_2003),
    HIVE_CASE("reg.hive.app", "REG-LOD-01 REG-LOD-04 CM-APP-02", app_hive),
    HIVE_CASE("reg.hive.app_security", "REG-LOD-04 REG-SEC-02 CM-APP-02", app_hive_security),
    HIVE_CASE("reg.hive.app_in_callbacks", "CM-APP-01 CM-NC-32 CM-NC-33", app_hive_in_callbacks),
    HIVE_CASE("reg.hive.read_only", "REG-CRT-14", read_only_hive),
    HIVE_CASE("reg.hive.query_open_subkeys", "REG-QOS-01", query_open_subkeys),
};
NTCB_TEST_MAIN("conformance", Tests)
