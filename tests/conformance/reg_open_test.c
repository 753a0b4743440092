/* SPDX-License-Identifier: MIT
 *
 * reg_open_test.c - NtOpenKey and NtOpenKeyEx: arguments, names, access.
 */
#include "regkit.h"

static HANDLE const Poison = (HANDLE)(ULONG_PTR)0xDEADBEE0;
static PVOID const BadPointer = (PVOID)(ULONG_PTR)0x1000;

static void refuses_missing_arguments(void **State)
{
    (void)State;
    OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(u"\\Registry"), OBJ_CASE_INSENSITIVE);
    HANDLE Key = Poison;
    EXPECT_STATUS(NtOpenKey(NULL, KEY_READ, &Object), STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtOpenKey(&Key, KEY_READ, NULL), STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtOpenKey(BadPointer, KEY_READ, &Object), STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtOpenKey(&Key, KEY_READ, BadPointer), STATUS_ACCESS_VIOLATION);
}

static void checks_length_of_attributes(void **State)
{
    (void)State;
    OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(u"\\Registry"), OBJ_CASE_INSENSITIVE);
    HANDLE Key = Poison;
    Object.Length *= 2;
    EXPECT_STATUS(NtOpenKey(&Key, KEY_READ, &Object), STATUS_INVALID_PARAMETER);
    Object.Length = 0;
    EXPECT_STATUS(NtOpenKey(&Key, KEY_READ, &Object), STATUS_INVALID_PARAMETER);
}

static void clears_handle_on_failure(void **State)
{
    (void)State;
    HANDLE Key = Poison;
    EXPECT_STATUS(Open(&Key, NULL, STR(BASE u"\\missing"), KEY_READ), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_PTR(Key, NULL);
    Key = Poison;
    EXPECT_STATUS(Open(&Key, NULL, STR(u"\\Registry\\Machine"), 0), STATUS_ACCESS_DENIED);
    EXPECT_PTR(Key, NULL);
}

static void denies_access_of_nothing(void **State)
{
    (void)State;
    HANDLE Key;
    Close(MakeBase());
    EXPECT_STATUS(Open(&Key, NULL, STR(BASE), 0), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(Open(&Key, NULL, STR(BASE), KEY_WOW64_32KEY), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(Open(&Key, NULL, STR(BASE), KEY_WOW64_64KEY), STATUS_ACCESS_DENIED);
}

static void checks_access_in_kernel_when_forced(void **State)
{
    (void)State;
    HANDLE Key;
    EXPECT_STATUS(OpenFlags(&Key, NULL, STR(u"\\Registry\\Machine"), 0,
                            OBJ_CASE_INSENSITIVE | OBJ_FORCE_ACCESS_CHECK),
                  STATUS_ACCESS_DENIED);
    ConformDeny("\\REGISTRY\\MACHINE\\SOFTWARE", DELETE);
    EXPECT_STATUS(OpenFlags(&Key, NULL, STR(u"\\Registry\\Machine\\Software"), DELETE,
                            OBJ_CASE_INSENSITIVE | OBJ_FORCE_ACCESS_CHECK | OBJ_KERNEL_HANDLE),
                  STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(OpenFlags(&Key, NULL, STR(u"\\Registry\\Machine\\Software"), DELETE,
                             OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE));
    Close(Key);
}

/* The default hive protects ...\Enum from being deleted. */
static void force_access_check_meets_protected_key(void **State)
{
    (void)State;
    UNICODE_STRING *Enum = STR(u"\\Registry\\Machine\\System\\CurrentControlSet\\Enum");
    HANDLE Key;
    EXPECT_STATUS(OpenFlags(&Key, NULL, Enum, DELETE,
                            OBJ_CASE_INSENSITIVE | OBJ_FORCE_ACCESS_CHECK | OBJ_KERNEL_HANDLE),
                  STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(OpenFlags(&Key, NULL, Enum, DELETE, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE));
    Close(Key);
}

static void judges_the_form_of_names(void **State)
{
    static const struct {
        PCWSTR Name;
        NTSTATUS Status;
    } Cases[] = {
        {u"", STATUS_OBJECT_PATH_SYNTAX_BAD},
        {u"Machine", STATUS_OBJECT_PATH_SYNTAX_BAD},
        {u"Registry", STATUS_OBJECT_PATH_SYNTAX_BAD},
        {u"\\", STATUS_OBJECT_TYPE_MISMATCH},
        {u"\\\\\\\\", STATUS_OBJECT_NAME_INVALID},
        {u"\\Foobar", STATUS_OBJECT_NAME_NOT_FOUND},
        {u"\\Foobar\\Machine", STATUS_OBJECT_PATH_NOT_FOUND},
        {u"\\Machine\\Software\\Classes", STATUS_OBJECT_PATH_NOT_FOUND},
        {u"\\Registry", STATUS_SUCCESS},
        {u"\\Registry\\", STATUS_SUCCESS},
        {u"\\Registry\\\\", STATUS_SUCCESS},
        {u"\\Registry\\Machine", STATUS_SUCCESS},
        {u"\\Registry\\Machine\\Software\\conform_none", STATUS_OBJECT_NAME_NOT_FOUND},
        {u"\\Registry\\Machine\\Software\\conform_none\\deeper\\still",
         STATUS_OBJECT_NAME_NOT_FOUND},
        {u"\\Registry\\conform_none", STATUS_OBJECT_NAME_NOT_FOUND},
        {u"\\Registry\\conform_none\\deeper", STATUS_OBJECT_NAME_NOT_FOUND},
    };
    (void)State;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index++) {
        UNICODE_STRING Name;
        RtlInitUnicodeString(&Name, Cases[Index].Name);
        EXPECT_STATUS(Probe(NULL, &Name), Cases[Index].Status);
    }
}

static void ignores_case_below_the_root(void **State)
{
    (void)State;
    HANDLE Key;
    Close(MakeBase());
    EXPECT_SUCCESS(
        OpenFlags(&Key, NULL, STR(u"\\REGISTRY\\machine\\SOFTware\\cOnFoRm"), KEY_READ, 0));
    ExpectPath(Key, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform"));
    Close(Key);
}

static void old_windows_minds_the_case_of_the_root(void **State)
{
    (void)State;
    HANDLE Key;
    EXPECT_STATUS(OpenFlags(&Key, NULL, STR(u"\\registry\\machine"), KEY_READ, 0),
                  STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_SUCCESS(
        OpenFlags(&Key, NULL, STR(u"\\registry\\machine"), KEY_READ, OBJ_CASE_INSENSITIVE));
    Close(Key);
}

static int old_setup(void **State)
{
    (void)State;
    int Error = ConformStart(NTCB_WINDOWS_81);
    ConformBecome(UserMode);
    return Error;
}

static void new_windows_does_not_mind_the_case_of_the_root(void **State)
{
    (void)State;
    HANDLE Key;
    EXPECT_SUCCESS(OpenFlags(&Key, NULL, STR(u"\\rEGISTRY\\machine"), KEY_READ, 0));
    Close(Key);
}

static void deleted_root_is_key_deleted(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key = MakeKey(Base, STR(u"gone"));
    HANDLE Child;
    EXPECT_SUCCESS(NtDeleteKey(Key));
    EXPECT_STATUS(Open(&Child, Key, STR(u"child"), KEY_READ), STATUS_KEY_DELETED);
    EXPECT_STATUS(Create(&Child, Key, STR(u"child"), KEY_READ), STATUS_KEY_DELETED);
    Close(Key);
    Close(Base);
}

static void ex_refuses_other_options(void **State)
{
    (void)State;
    OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(u"\\Registry"), OBJ_CASE_INSENSITIVE);
    static const ULONG Bad[] = {REG_OPTION_VOLATILE, REG_OPTION_CREATE_LINK, 0x20, 0x80000000};
    HANDLE Key;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Bad); Index++) {
        EXPECT_STATUS(NtOpenKeyEx(&Key, KEY_READ, &Object, Bad[Index]), STATUS_INVALID_PARAMETER_4);
    }
    EXPECT_SUCCESS(NtOpenKeyEx(&Key, KEY_READ, &Object, REG_OPTION_OPEN_LINK));
    Close(Key);
}

static void option_open_link_alone_follows_the_link(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key;
    Close(MakeKey(Base, STR(u"target")));
    MakeLink(Base, STR(u"link"), STR(u"\\Registry\\Machine\\Software\\Conform\\target"));
    OBJECT_ATTRIBUTES Object = Attributes(Base, STR(u"link"), OBJ_CASE_INSENSITIVE);
    EXPECT_SUCCESS(NtOpenKeyEx(&Key, KEY_READ, &Object, REG_OPTION_OPEN_LINK));
    ExpectPath(Key, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform\\target"));
    Close(Key);
    Object.Attributes |= OBJ_OPENLINK;
    EXPECT_SUCCESS(NtOpenKeyEx(&Key, KEY_READ, &Object, 0));
    ExpectPath(Key, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform\\link"));
    Close(Key);
    Close(Base);
}

static void ignores_the_security_descriptor(void **State)
{
    (void)State;
    OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(u"\\Registry\\Machine"), OBJ_CASE_INSENSITIVE);
    UCHAR Nonsense[64] = {0xFF};
    HANDLE Key;
    Object.SecurityDescriptor = Nonsense;
    EXPECT_SUCCESS(NtOpenKey(&Key, KEY_READ, &Object));
    Close(Key);
}

static void maps_generic_rights(void **State)
{
    static const struct {
        ACCESS_MASK Asked, Granted;
    } Cases[] = {
        {GENERIC_READ, KEY_READ},
        {GENERIC_WRITE, KEY_WRITE},
        {GENERIC_EXECUTE, KEY_EXECUTE},
        {GENERIC_ALL, KEY_ALL_ACCESS},
        {MAXIMUM_ALLOWED, KEY_ALL_ACCESS},
        {KEY_QUERY_VALUE, 1},
        {KEY_SET_VALUE, 2},
        {KEY_CREATE_SUB_KEY, 4},
        {KEY_ENUMERATE_SUB_KEYS, 8},
        {KEY_NOTIFY, 0x10},
        {KEY_CREATE_LINK, 0x20},
        {KEY_READ | KEY_WOW64_64KEY, KEY_READ},
        {KEY_READ | KEY_WOW64_32KEY, KEY_READ},
    };
    (void)State;
    Close(MakeBase());
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index++) {
        HANDLE Key;
        EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), Cases[Index].Asked));
        EXPECT_EQ(GrantedAccess(Key), Cases[Index].Granted);
        Close(Key);
    }
}

static void denied_rights_are_access_denied(void **State)
{
    (void)State;
    HANDLE Key;
    Close(MakeBase());
    ConformDeny(BASE_UTF8, KEY_SET_VALUE | DELETE);
    EXPECT_STATUS(Open(&Key, NULL, STR(BASE), KEY_ALL_ACCESS), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(Open(&Key, NULL, STR(BASE), KEY_WRITE), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(Open(&Key, NULL, STR(BASE), GENERIC_WRITE), STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_READ));
    Close(Key);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), MAXIMUM_ALLOWED));
    EXPECT_EQ(GrantedAccess(Key), KEY_ALL_ACCESS & ~(KEY_SET_VALUE | DELETE));
    Close(Key);
}

static void both_wow64_views_are_invalid(void **State)
{
    (void)State;
    HANDLE Key;
    EXPECT_STATUS(Open(&Key, NULL, STR(u"\\Registry\\Machine"), KEY_READ | KEY_WOW64_RES),
                  STATUS_INVALID_PARAMETER);
}

static void accepts_an_unaligned_name(void **State)
{
    (void)State;
    WCHAR Text[] = u"\\Registry\\Machine";
    UCHAR Bytes[sizeof(Text) + 1];
    UNICODE_STRING Name = {sizeof(Text) - sizeof(WCHAR), sizeof(Text), (PWCH)(PVOID)(Bytes + 1)};
    memcpy(Bytes + 1, Text, sizeof(Text));
    EXPECT_SUCCESS(Probe(NULL, &Name));
}

static void zw_call_of_a_user_thread_is_kernel_mode(void **State)
{
    (void)State;
    OBJECT_ATTRIBUTES Object =
        Attributes(NULL, STR(u"\\Registry\\Machine"), OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE);
    HANDLE Key;
    EXPECT_EQ(ExGetPreviousMode(), UserMode);
    EXPECT_SUCCESS(ZwOpenKey(&Key, KEY_READ, &Object));
    EXPECT_EQ(ExGetPreviousMode(), UserMode);
    EXPECT_TRUE((LONG_PTR)Key < 0);
    EXPECT_STATUS(NtFlushKey(Key), STATUS_INVALID_HANDLE);
    EXPECT_SUCCESS(ZwFlushKey(Key));
    EXPECT_SUCCESS(ZwClose(Key));
}

static void wrong_handles_are_told_apart(void **State)
{
    (void)State;
    EXPECT_STATUS(NtFlushKey(NULL), STATUS_INVALID_HANDLE);
    EXPECT_STATUS(NtFlushKey((HANDLE)(ULONG_PTR)0x4444), STATUS_INVALID_HANDLE);
    EXPECT_STATUS(NtFlushKey(NtCurrentProcess()), STATUS_OBJECT_TYPE_MISMATCH);
    HANDLE Key;
    EXPECT_SUCCESS(Open(&Key, NULL, STR(u"\\Registry"), KEY_READ));
    Close(Key);
    EXPECT_STATUS(NtFlushKey(Key), STATUS_INVALID_HANDLE);
}

static const struct ntcb_test Tests[] = {
    CONFORM_USER_CASE("reg.open.missing_arguments_are_access_violation", "REG-OPN-01",
                      refuses_missing_arguments),
    CONFORM_USER_CASE("reg.open.attributes_length_is_checked", "REG-OPN-01",
                      checks_length_of_attributes),
    CONFORM_USER_CASE("reg.open.handle_is_null_on_failure", "REG-OPN-02", clears_handle_on_failure),
    CONFORM_USER_CASE("reg.open.access_of_nothing_is_denied", "REG-OPN-03",
                      denies_access_of_nothing),
    CONFORM_CASE("reg.open.kernel_is_checked_when_forced", "REG-MODE-02 REG-OPN-03",
                 checks_access_in_kernel_when_forced),
    CONFORM_CASE("reg.open.protected_enum_key_needs_no_check_in_kernel",
                 "REG-MODE-02 REG-SEC-04 REG-LNK-08", force_access_check_meets_protected_key),
    CONFORM_USER_CASE("reg.open.form_of_name", "REG-OPN-04 REG-OPN-05 REG-OPN-06 REG-NS-07",
                      judges_the_form_of_names),
    CONFORM_USER_CASE("reg.open.case_of_keys_never_matters", "REG-NS-02 REG-NS-01",
                      ignores_case_below_the_root),
    {"reg.open.case_of_root_matters_before_1607", "REG-NS-03",
     old_windows_minds_the_case_of_the_root, old_setup, ConformTeardown},
    CONFORM_USER_CASE("reg.open.case_of_root_does_not_matter_now", "REG-NS-03",
                      new_windows_does_not_mind_the_case_of_the_root),
    CONFORM_USER_CASE("reg.open.deleted_root_is_key_deleted", "REG-OPN-07",
                      deleted_root_is_key_deleted),
    CONFORM_USER_CASE("reg.open.ex_refuses_other_options", "REG-OPN-08", ex_refuses_other_options),
    CONFORM_USER_CASE("reg.open.open_link_is_an_attribute",
                      "REG-OPN-08 REG-LNK-03 REG-LNK-06 REG-LNK-09",
                      option_open_link_alone_follows_the_link),
    CONFORM_USER_CASE("reg.open.security_descriptor_is_ignored", "REG-OPN-10",
                      ignores_the_security_descriptor),
    CONFORM_USER_CASE("reg.open.generic_rights_are_mapped",
                      "REG-OPN-11 REG-OPN-12 REG-OPN-13 REG-WOW-01", maps_generic_rights),
    CONFORM_USER_CASE("reg.open.denied_rights_are_access_denied", "REG-OPN-11",
                      denied_rights_are_access_denied),
    CONFORM_USER_CASE("reg.open.both_wow64_views_are_invalid", "REG-OPN-12",
                      both_wow64_views_are_invalid),
    CONFORM_USER_CASE("reg.open.unaligned_name_is_accepted", "REG-OPN-14",
                      accepts_an_unaligned_name),
    CONFORM_USER_CASE("reg.mode.zw_is_kernel_mode_and_back", "REG-MODE-01 REG-MODE-04",
                      zw_call_of_a_user_thread_is_kernel_mode),
    CONFORM_USER_CASE("reg.mode.wrong_handles_are_told_apart", "REG-MODE-06 REG-FLS-01",
                      wrong_handles_are_told_apart),
};
NTCB_TEST_MAIN("conformance", Tests)
