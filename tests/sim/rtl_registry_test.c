/* SPDX-License-Identifier: MIT
 *
 * rtl_registry_test.c - the registry helpers of the run-time library: what they do, and that
 * callbacks hear of the services they use.
 */
#include "rtl_registry_kit.h"

#define SERVICES u"\\Registry\\Machine\\System\\CurrentControlSet\\Services"

/* ---- write, check, create, delete ------------------------------------------------------------ */

static void helpers_are_ordinary_callers(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = NULL};
    ULONG Value = 7;
    WatchBegin(&Watch);
    EXPECT_SUCCESS(RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, BASE, u"value", REG_DWORD, &Value,
                                         sizeof(Value)));
    WATCH_EXPECT(&Watch, RegNtPreCreateKeyEx, RegNtPostCreateKeyEx, RegNtPreSetValueKey,
                 RegNtPostSetValueKey, RegNtPreKeyHandleClose, RegNtPostKeyHandleClose);
    EXPECT_EQ(Watch.Notes[0].PreviousMode, KernelMode);
    WatchExpectName(&Watch.Notes[0].Name, STR(BASE));
    WatchExpectName(&Watch.Notes[2].Name, STR(u"value"));
    Watch.Count = 0;
    EXPECT_SUCCESS(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, (PWSTR)BASE));
    EXPECT_SUCCESS(RtlDeleteRegistryValue(RTL_REGISTRY_ABSOLUTE, BASE, u"value"));
    WATCH_EXPECT(&Watch, RegNtPreOpenKeyEx, RegNtPostOpenKeyEx, RegNtPreKeyHandleClose,
                 RegNtPostKeyHandleClose, RegNtPreOpenKeyEx, RegNtPostOpenKeyEx,
                 RegNtPreDeleteValueKey, RegNtPostDeleteValueKey, RegNtPreKeyHandleClose,
                 RegNtPostKeyHandleClose);
    WatchEnd(&Watch);
    EXPECT_STATUS(RtlDeleteRegistryValue(RTL_REGISTRY_ABSOLUTE, BASE, u"value"),
                  STATUS_OBJECT_NAME_NOT_FOUND);
}

static NTSTATUS BlockSet(struct WATCH *Watch, ULONG Class, union INFORMATION *Information)
{
    UNREFERENCED_PARAMETER(Watch);
    UNREFERENCED_PARAMETER(Information);
    return Class == RegNtPreSetValueKey ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

static void helpers_can_be_blocked(void **State)
{
    (void)State;
    struct WATCH Watch = {.Hook = BlockSet};
    WatchBegin(&Watch);
    EXPECT_STATUS(RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, BASE, u"value", REG_NONE, NULL, 0),
                  STATUS_ACCESS_DENIED);
    WatchEnd(&Watch);
}

static void places(void **State)
{
    (void)State;
    const struct {
        ULONG RelativeTo;
        PUNICODE_STRING Name;
    } Places[] = {
        {RTL_REGISTRY_SERVICES, STR(SERVICES u"\\Here")},
        {RTL_REGISTRY_CONTROL,
         STR(u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Here")},
        {RTL_REGISTRY_USER, STR(u"\\Registry\\User\\.Default\\Here")},
    };
    HANDLE Key = MakeBase();
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Places); Row++) {
        EXPECT_STATUS(RtlCheckRegistryKey(Places[Row].RelativeTo, (PWSTR)u"Here"),
                      STATUS_OBJECT_NAME_NOT_FOUND);
        EXPECT_SUCCESS(RtlCreateRegistryKey(Places[Row].RelativeTo, (PWSTR)u"Here"));
        EXPECT_SUCCESS(Probe(NULL, Places[Row].Name));
    }
    EXPECT_SUCCESS(RtlCheckRegistryKey(RTL_REGISTRY_HANDLE, Key));
    EXPECT_SUCCESS(
        RtlWriteRegistryValue(RTL_REGISTRY_HANDLE, (PCWSTR)Key, u"value", REG_NONE, NULL, 0));
    EXPECT_EQ(FullInformation(Key).Values, 1);
    EXPECT_STATUS(RtlCheckRegistryKey(RTL_REGISTRY_MAXIMUM, (PWSTR)u"Here"),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, NULL), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(RtlCreateRegistryKey(RTL_REGISTRY_ABSOLUTE, (PWSTR)(BASE u"\\a\\b")),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    Close(Key);
}

/* ---- query, by routine ----------------------------------------------------------------------- */

static VOID ExpectAnswer(const struct ANSWER *Answer, PCWSTR Name, ULONG Type, const void *Data,
                         ULONG Length)
{
    UNICODE_STRING Seen, Wanted;
    RtlInitUnicodeString(&Seen, Answer->Name);
    RtlInitUnicodeString(&Wanted, Name);
    WatchExpectName(&Seen, &Wanted);
    EXPECT_EQ(Answer->Type, Type);
    EXPECT_EQ(Answer->Length, Length);
    EXPECT_MEM(Answer->Data, Data, Length);
}
#define EXPECT_ANSWER(answer, name, type, data) \
    ExpectAnswer((answer), (name), (type), (data), (ULONG)sizeof(data))

static void routine_is_called_for_each_value(void **State)
{
    (void)State;
    static const WCHAR Expanded[] = u"C:\\dir\\x%none%%";
    static const ULONG Dword = 0x11223344;
    struct ANSWERS Answers = {.Result = STATUS_SUCCESS};
    HANDLE Key = MakeValues();
    EXPECT_SUCCESS(
        QUERY(&Answers, NULL, {.QueryRoutine = Note, NAMED(u"dword"), .EntryContext = &Answers}));
    EXPECT_EQ(Answers.Count, 1);
    EXPECT_PTR(Answers.EntryContext, &Answers);
    ExpectAnswer(&Answers.At[0], u"dword", REG_DWORD, &Dword, 4);
    EXPECT_SUCCESS(QUERY(&Answers, u"a=b\0ROOT=C:\\dir\0", {.QueryRoutine = Note, NAMED(u"path")}));
    EXPECT_ANSWER(&Answers.At[0], u"path", REG_SZ, Expanded);
    EXPECT_SUCCESS(
        QUERY(&Answers, u"a=b\0ROOT=C:\\dir\0",
              {.QueryRoutine = Note, .Flags = RTL_QUERY_REGISTRY_NOEXPAND, NAMED(u"path")}));
    EXPECT_ANSWER(&Answers.At[0], u"path", REG_EXPAND_SZ, Path);
    EXPECT_SUCCESS(QUERY(&Answers, NULL, {.QueryRoutine = Note, NAMED(u"path")}));
    EXPECT_ANSWER(&Answers.At[0], u"path", REG_SZ, Path);
    EXPECT_SUCCESS(QUERY(&Answers, NULL, {.QueryRoutine = Note, NAMED(u"multi")}));
    EXPECT_EQ(Answers.Count, 2);
    EXPECT_ANSWER(&Answers.At[0], u"multi", REG_SZ, u"one");
    EXPECT_ANSWER(&Answers.At[1], u"multi", REG_SZ, u"two");
    EXPECT_SUCCESS(
        QUERY(&Answers, NULL,
              {.QueryRoutine = Note, .Flags = RTL_QUERY_REGISTRY_NOEXPAND, NAMED(u"multi")}));
    EXPECT_EQ(Answers.Count, 1);
    EXPECT_ANSWER(&Answers.At[0], u"multi", REG_MULTI_SZ, Multi);
    Close(Key);
}

static void tables_walk_keys(void **State)
{
    (void)State;
    struct ANSWERS Answers = {.Result = STATUS_SUCCESS};
    HANDLE Key = MakeValues();
    EXPECT_SUCCESS(QUERY(&Answers, NULL, {.QueryRoutine = Note}));
    EXPECT_EQ(Answers.Count, 7); /* six values, one of them two strings */
    EXPECT_SUCCESS(
        QUERY(&Answers, NULL, {.Flags = RTL_QUERY_REGISTRY_SUBKEY, NAMED(u"sub")},
              {.QueryRoutine = Note, NAMED(u"below")},
              {.QueryRoutine = Note, .Flags = RTL_QUERY_REGISTRY_TOPKEY, NAMED(u"dword")},
              {.QueryRoutine = Note, .Flags = RTL_QUERY_REGISTRY_NOVALUE},
              {.QueryRoutine = Note, .Flags = RTL_QUERY_REGISTRY_SUBKEY, NAMED(u"sub")}));
    EXPECT_EQ(Answers.Count, 4);
    ExpectAnswer(&Answers.At[0], u"below", REG_DWORD, &(ULONG){5}, 4);
    ExpectAnswer(&Answers.At[1], u"dword", REG_DWORD, &(ULONG){0x11223344}, 4);
    ExpectAnswer(&Answers.At[2], u"", REG_NONE, "", 0);
    ExpectAnswer(&Answers.At[3], u"below", REG_DWORD, &(ULONG){5}, 4);
    EXPECT_STATUS(QUERY(&Answers, NULL, {.Flags = RTL_QUERY_REGISTRY_SUBKEY, NAMED(u"no")}),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    Answers.Result = STATUS_WRONG_VOLUME;
    EXPECT_STATUS(QUERY(&Answers, NULL, {.QueryRoutine = Note}), STATUS_WRONG_VOLUME);
    EXPECT_EQ(Answers.Count, 1);
    Close(Key);
}

static void missing_values(void **State)
{
    (void)State;
    static const WCHAR Default[] = u"default";
    struct ANSWERS Answers = {.Result = STATUS_SUCCESS};
    HANDLE Key = MakeValues();
    EXPECT_SUCCESS(QUERY(&Answers, NULL, {.QueryRoutine = Note, NAMED(u"missing")}));
    EXPECT_EQ(Answers.Count, 0);
    EXPECT_SUCCESS(QUERY(&Answers, NULL,
                         {.QueryRoutine = Note,
                          NAMED(u"missing"),
                          .DefaultType = REG_SZ,
                          .DefaultData = (PVOID)(ULONG_PTR)Default}));
    EXPECT_ANSWER(&Answers.At[0], u"missing", REG_SZ, Default);
    EXPECT_SUCCESS(QUERY(&Answers, NULL,
                         {.QueryRoutine = Note,
                          .Flags = RTL_QUERY_REGISTRY_NOEXPAND,
                          NAMED(u"missing"),
                          .DefaultType = REG_MULTI_SZ,
                          .DefaultData = (PVOID)(ULONG_PTR)Multi}));
    EXPECT_ANSWER(&Answers.At[0], u"missing", REG_MULTI_SZ, Multi);
    EXPECT_STATUS(QUERY(&Answers, NULL,
                        {.QueryRoutine = Note,
                         .Flags = RTL_QUERY_REGISTRY_REQUIRED,
                         NAMED(u"missing"),
                         .DefaultType = REG_SZ,
                         .DefaultData = (PVOID)(ULONG_PTR)Default}),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_STATUS(
        QUERY(&Answers, NULL,
              {.QueryRoutine = Note, .Flags = RTL_QUERY_REGISTRY_REQUIRED, NAMED(u"none")}),
        STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(Answers.Count, 0);
    Close(Key);
    RTL_QUERY_REGISTRY_TABLE Table[2] = {{.QueryRoutine = Note}};
    EXPECT_STATUS(
        RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, u"no such service", Table, &Answers, NULL),
        STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES | RTL_REGISTRY_OPTIONAL,
                                          u"no such service", Table, &Answers, NULL));
}

static void values_are_deleted_after_the_query(void **State)
{
    (void)State;
    struct ANSWERS Answers = {.Result = STATUS_SUCCESS};
    HANDLE Key = MakeValues();
    EXPECT_SUCCESS(
        QUERY(&Answers, NULL,
              {.QueryRoutine = Note, .Flags = RTL_QUERY_REGISTRY_DELETE, NAMED(u"dword")}));
    EXPECT_EQ(FullInformation(Key).Values, 5);
    Answers.Result = STATUS_WRONG_VOLUME;
    EXPECT_STATUS(QUERY(&Answers, NULL,
                        {.QueryRoutine = Note, .Flags = RTL_QUERY_REGISTRY_DELETE, NAMED(u"text")}),
                  STATUS_WRONG_VOLUME);
    EXPECT_EQ(FullInformation(Key).Values, 5); /* not what was not taken */
    Answers.Result = STATUS_SUCCESS;
    EXPECT_SUCCESS(
        QUERY(&Answers, NULL, {.QueryRoutine = Note, .Flags = RTL_QUERY_REGISTRY_DELETE}));
    EXPECT_EQ(FullInformation(Key).Values, 0);
    EXPECT_STATUS(
        QUERY(&Answers, NULL, {.QueryRoutine = Note, .Flags = RTL_QUERY_REGISTRY_REQUIRED}),
        STATUS_OBJECT_NAME_NOT_FOUND);
    Close(Key);
}

static void garbage_is_refused(void **State)
{
    (void)State;
    struct ANSWERS Answers = {.Result = STATUS_SUCCESS};
    ULONG Dword;
    static const RTL_QUERY_REGISTRY_TABLE Garbage[] = {
        {NAMED(u"no routine")},
        {.QueryRoutine = Note, .Flags = RTL_QUERY_REGISTRY_SUBKEY},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, NAMED(u"no buffer")},
    };
    Close(MakeValues());
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Garbage); Row++) {
        EXPECT_STATUS(QUERY(&Answers, NULL, Garbage[Row]), STATUS_INVALID_PARAMETER);
    }
    EXPECT_STATUS(
        QUERY(&Answers, NULL, {.Flags = RTL_QUERY_REGISTRY_DIRECT, .EntryContext = &Dword}),
        STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(QUERY(&Answers, NULL,
                        {.QueryRoutine = Note,
                         .Flags = RTL_QUERY_REGISTRY_DIRECT,
                         NAMED(u"dword"),
                         .EntryContext = &Dword}),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(
        QUERY(&Answers, NULL,
              {.QueryRoutine = Note, .Flags = RTL_QUERY_REGISTRY_NOSTRING, NAMED(u"dword")}),
        STATUS_NOT_IMPLEMENTED);
    EXPECT_EQ(Answers.Count, 0);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("rtl.registry.helpers_are_ordinary_callers", "CM-PRE-16",
                 helpers_are_ordinary_callers),
    CONFORM_CASE("rtl.registry.helpers_can_be_blocked", "CM-PRE-16", helpers_can_be_blocked),
    CONFORM_CASE("rtl.registry.places", "", places),
    CONFORM_CASE("rtl.registry.routine_is_called_for_each_value", "",
                 routine_is_called_for_each_value),
    CONFORM_CASE("rtl.registry.tables_walk_keys", "", tables_walk_keys),
    CONFORM_CASE("rtl.registry.missing_values", "", missing_values),
    CONFORM_CASE("rtl.registry.values_are_deleted_after_the_query", "",
                 values_are_deleted_after_the_query),
    CONFORM_CASE("rtl.registry.garbage_is_refused", "", garbage_is_refused),
};
NTCB_TEST_MAIN("library", Tests)
