/* SPDX-License-Identifier: MIT
 *
 * reg_choice_test.c - names, opens, creates, links where Windows is not documented: what this
 * library has chosen.
 */
#include "../conformance/regkit.h"

static HANDLE const Poison = (HANDLE)(ULONG_PTR)0xDEADBEE0;

static void length_256_is_too_long(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key;
    WCHAR Text[256];
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Text); Index++) {
        Text[Index] = u'n';
    }
    UNICODE_STRING Name = {sizeof(Text), sizeof(Text), Text};
    EXPECT_STATUS(Create(&Key, Base, &Name, KEY_READ), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Open(&Key, Base, &Name, KEY_READ), STATUS_OBJECT_NAME_NOT_FOUND);
    Close(Base);
}

static void nul_is_a_character_of_key_names(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    Close(MakeKey(Base, STR(u"a\0b")));
    EXPECT_SUCCESS(Probe(Base, STR(u"A\0B")));
    EXPECT_STATUS(Probe(Base, STR(u"a")), STATUS_OBJECT_NAME_NOT_FOUND);
    Close(Base);
}

static void leading_backslash_below_a_root(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key;
    EXPECT_STATUS(Open(&Key, Base, STR(u"\\sub"), KEY_READ), STATUS_OBJECT_PATH_SYNTAX_BAD);
    Close(Base);
}

static void kernel_open_of_nothing(void **State)
{
    (void)State;
    HANDLE Key = Poison;
    EXPECT_STATUS(Open(&Key, NULL, STR(BASE), KEY_READ), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_PTR(Key, NULL); /* REG-OPN-02 */
    EXPECT_SUCCESS(Create(&Key, NULL, STR(BASE), 0));
    EXPECT_EQ(GrantedAccess(Key), 0); /* REG-OPN-03 */
    EXPECT_SUCCESS(SetDword(Key, STR(u"value"), 1));
    EXPECT_EQ(FullInformation(Key).Values, 1); /* REG-MODE-03 */
    Close(Key);
}

static VOID BackupOpen(PVOID Status)
{
    OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(BASE), OBJ_CASE_INSENSITIVE);
    HANDLE Key;
    EXPECT_STATUS(NtOpenKeyEx(&Key, KEY_READ, &Object, REG_OPTION_BACKUP_RESTORE),
                  *(NTSTATUS *)Status);
    if (NT_SUCCESS(*(NTSTATUS *)Status)) {
        Close(Key);
    }
}

static void backup_needs_privileges(void **State)
{
    (void)State;
    NTSTATUS Success = STATUS_SUCCESS;
    NTSTATUS Denied = STATUS_ACCESS_DENIED;
    Close(MakeBase());
    BackupOpen(&Success);
    ConformAsUser(BackupOpen, &Denied);
}

static void empty_name_reopens(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Again;
    PVOID First;
    PVOID Second;
    EXPECT_SUCCESS(Open(&Again, Base, STR(u""), KEY_READ));
    EXPECT_SUCCESS(ObReferenceObjectByHandle(Base, 0, NULL, KernelMode, &First, NULL));
    EXPECT_SUCCESS(ObReferenceObjectByHandle(Again, 0, NULL, KernelMode, &Second, NULL));
    EXPECT_TRUE(First != Second);
    ObDereferenceObject(First);
    ObDereferenceObject(Second);
    Close(Again);
    Close(Base);
}

static void kernel_makes_volatile_roots_only(void **State)
{
    (void)State;
    HANDLE Key;
    EXPECT_STATUS(Create(&Key, NULL, STR(u"\\Registry\\Machine\\Conform"), KEY_READ),
                  STATUS_CHILD_MUST_BE_VOLATILE);
    EXPECT_SUCCESS(CreateOptions(&Key, NULL, STR(u"\\Registry\\Machine\\Conform"), KEY_READ,
                                 REG_OPTION_VOLATILE, NULL));
    EXPECT_SUCCESS(NtDeleteKey(Key));
    Close(Key);
    EXPECT_STATUS(Create(&Key, NULL, STR(u"\\Registry\\Machine\\Hardware\\Conform"), KEY_READ),
                  STATUS_CHILD_MUST_BE_VOLATILE); /* REG-VOL-02 */
}

static VOID CreateInMachine(PVOID Context)
{
    HANDLE Key;
    UNREFERENCED_PARAMETER(Context);
    EXPECT_STATUS(Create(&Key, NULL, STR(u"\\Registry\\Machine\\Conform"), KEY_READ),
                  STATUS_ACCESS_DENIED);
}

static void user_makes_no_persistent_roots(void **State)
{
    (void)State;
    ConformAsUser(CreateInMachine, NULL);
}

static void rename_of_special_keys(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key = MakeKey(Base, STR(u"key"));
    EXPECT_STATUS(NtRenameKey(Key, STR(u"a\\b")), STATUS_INVALID_PARAMETER);
    Close(Key);
    MakeLink(Base, STR(u"link"), STR(BASE));
    EXPECT_SUCCESS(OpenFlags(&Key, Base, STR(u"link"), KEY_ALL_ACCESS, OBJ_OPENLINK));
    EXPECT_STATUS(NtRenameKey(Key, STR(u"x")), STATUS_ACCESS_DENIED);
    Close(Key);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(u"\\Registry\\Machine\\Software"), KEY_ALL_ACCESS));
    EXPECT_STATUS(NtRenameKey(Key, STR(u"x")), STATUS_ACCESS_DENIED);
    Close(Key);
    Close(Base);
}

static void links_that_lead_nowhere(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key;
    MakeLink(Base, STR(u"loop"), STR(BASE u"\\loop"));
    MakeLink(Base, STR(u"ping"), STR(BASE u"\\pong"));
    MakeLink(Base, STR(u"pong"), STR(BASE u"\\ping"));
    MakeLink(Base, STR(u"relative"), STR(u"Registry\\Machine"));
    MakeLink(Base, STR(u"withnul"), STR(u"\\Registry\\Machine\\Software\0"));
    EXPECT_STATUS(Probe(Base, STR(u"loop")), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Probe(Base, STR(u"ping\\below")), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Probe(Base, STR(u"relative")), STATUS_OBJECT_NAME_INVALID);
    EXPECT_STATUS(Probe(Base, STR(u"withnul")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(
        CreateOptions(&Key, Base, STR(u"empty"), KEY_ALL_ACCESS, REG_OPTION_CREATE_LINK, NULL));
    EXPECT_STATUS(Probe(Base, STR(u"empty")), STATUS_OBJECT_NAME_NOT_FOUND);
    Close(Key);
    Close(Base);
}

static int old_setup(void **State)
{
    (void)State;
    return ConformStart(NTCB_WINDOWS_7);
}

static void links_that_lead_nowhere_before_1607(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    MakeLink(Base, STR(u"loop"), STR(BASE u"\\loop"));
    MakeLink(Base, STR(u"relative"), STR(u"Registry\\Machine"));
    EXPECT_STATUS(Probe(Base, STR(u"loop")), STATUS_NAME_TOO_LONG);
    EXPECT_STATUS(Probe(Base, STR(u"relative")), STATUS_OBJECT_NAME_NOT_FOUND);
    Close(Base);
}

static VOID SetWithoutName(PVOID Context)
{
    HANDLE Key;
    UNREFERENCED_PARAMETER(Context);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_ALL_ACCESS));
    EXPECT_STATUS(SetDword(Key, NULL, 1), STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(FullInformation(Key).Values, 0);
    Close(Key);
}

static void user_must_pass_a_name(void **State)
{
    (void)State;
    Close(MakeBase());
    ConformAsUser(SetWithoutName, NULL);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.registry.length_256_is_too_long", "REG-NS-05", length_256_is_too_long),
    CONFORM_CASE("cm.registry.nul_is_a_character", "REG-NS-06", nul_is_a_character_of_key_names),
    CONFORM_CASE("cm.registry.leading_backslash_below_a_root", "REG-NS-08",
                 leading_backslash_below_a_root),
    CONFORM_CASE("cm.registry.kernel_open_of_nothing", "REG-OPN-02 REG-OPN-03 REG-MODE-03",
                 kernel_open_of_nothing),
    CONFORM_CASE("cm.registry.backup_needs_privileges", "REG-OPN-09", backup_needs_privileges),
    CONFORM_CASE("cm.registry.empty_name_reopens", "REG-OPN-10", empty_name_reopens),
    CONFORM_CASE("cm.registry.kernel_makes_volatile_roots_only", "REG-CRT-10 REG-VOL-02",
                 kernel_makes_volatile_roots_only),
    CONFORM_CASE("cm.registry.user_makes_no_persistent_roots", "REG-CRT-10",
                 user_makes_no_persistent_roots),
    CONFORM_CASE("cm.registry.rename_of_special_keys", "REG-REN-04 REG-REN-05",
                 rename_of_special_keys),
    CONFORM_CASE("cm.registry.links_that_lead_nowhere", "REG-LNK-01 REG-LNK-02 REG-LNK-05",
                 links_that_lead_nowhere),
    {"cm.registry.links_that_lead_nowhere_before_1607", "REG-LNK-02 REG-LNK-05",
     links_that_lead_nowhere_before_1607, old_setup, ConformTeardown},
    CONFORM_CASE("cm.registry.user_must_pass_a_name", "REG-SET-03", user_must_pass_a_name),
};
NTCB_TEST_MAIN("library", Tests)
