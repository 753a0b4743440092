/* SPDX-License-Identifier: MIT
 *
 * reg_value_test.c - NtSetValueKey and NtDeleteValueKey.
 */
#include "regkit.h"

static PVOID const BadPointer = (PVOID)(ULONG_PTR)0x1000;

struct ANSWER {
    NTSTATUS Status;
    ULONG Type;
    ULONG Length;
    UCHAR Data[256];
};

static struct ANSWER Ask(HANDLE Key, PUNICODE_STRING Name)
{
    struct ANSWER Answer = {.Type = 0xEEEEEEEE, .Length = 0xEEEEEEEE};
    union {
        KEY_VALUE_PARTIAL_INFORMATION Partial;
        UCHAR Bytes[512];
    } Buffer;
    ULONG ResultLength;
    Answer.Status = NtQueryValueKey(Key, Name, KeyValuePartialInformation, &Buffer, sizeof(Buffer),
                                    &ResultLength);
    if (NT_SUCCESS(Answer.Status)) {
        Answer.Type = Buffer.Partial.Type;
        Answer.Length = Buffer.Partial.DataLength;
        EXPECT_EQ(Buffer.Partial.TitleIndex, 0);
        memcpy(Answer.Data, Buffer.Partial.Data, Answer.Length);
    }
    return Answer;
}

static void needs_set_value(void **State)
{
    (void)State;
    HANDLE Key;
    Close(MakeBase());
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_READ));
    EXPECT_STATUS(SetDword(Key, STR(u"value"), 1), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtDeleteValueKey(Key, STR(u"value")), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtSetValueKey(NULL, BadPointer, 0, REG_SZ, NULL, 0), STATUS_INVALID_HANDLE);
    Close(Key);
}

static void bad_names_are_invalid(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    static WCHAR Text[0xFFFA / sizeof(WCHAR)];
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Text); Index++) {
        Text[Index] = u'v';
    }
    UNICODE_STRING Name = {3, 4, Text};
    EXPECT_STATUS(SetDword(Key, &Name, 1), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NtDeleteValueKey(Key, &Name), STATUS_INVALID_PARAMETER);
    Name.Length = sizeof(Text);
    EXPECT_STATUS(SetDword(Key, &Name, 1), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NtDeleteValueKey(Key, &Name), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_STATUS(Ask(Key, &Name).Status, STATUS_OBJECT_NAME_NOT_FOUND);
    Name.Length = 16383 * sizeof(WCHAR); /* REG-NS-04 */
    EXPECT_SUCCESS(SetDword(Key, &Name, 1));
    EXPECT_SUCCESS(Ask(Key, &Name).Status);
    EXPECT_STATUS(NtSetValueKey(Key, STR(u"huge"), 0, REG_BINARY, Text, 0x80000001),
                  STATUS_INVALID_PARAMETER);
    Close(Key);
}

static void trailing_nuls_are_dropped(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    EXPECT_SUCCESS(SetDword(Key, STR(u"value\0\0"), 7));
    EXPECT_SUCCESS(Ask(Key, STR(u"value")).Status);
    EXPECT_SUCCESS(Ask(Key, STR(u"value\0")).Status);
    EXPECT_EQ(FullInformation(Key).MaxValueNameLen, 10);
    Close(Key);
}

static void type_and_bytes_are_kept_as_given(void **State)
{
    static const struct {
        ULONG Type;
        ULONG Length;
        const char *Data;
    } Cases[] = {
        {REG_NONE, 0, ""},          {REG_SZ, 3, "abc"},      {REG_DWORD, 3, "\1\2\3"},
        {REG_DWORD, 5, "12345"},    {0xFF00FF00, 1, "\xFF"}, {REG_LINK, 4, "link"},
        {REG_QWORD, 8, "12345678"},
    };
    (void)State;
    HANDLE Key = MakeBase();
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index++) {
        EXPECT_SUCCESS(NtSetValueKey(Key, STR(u"value"), 55, Cases[Index].Type,
                                     (PVOID)(ULONG_PTR)Cases[Index].Data, Cases[Index].Length));
        struct ANSWER Answer = Ask(Key, STR(u"value"));
        EXPECT_SUCCESS(Answer.Status);
        EXPECT_EQ(Answer.Type, Cases[Index].Type);
        EXPECT_EQ(Answer.Length, Cases[Index].Length);
        EXPECT_MEM(Answer.Data, Cases[Index].Data, Cases[Index].Length);
    }
    EXPECT_EQ(FullInformation(Key).Values, 1);
    Close(Key);
}

static void no_data_needs_no_pointer(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    EXPECT_SUCCESS(NtSetValueKey(Key, STR(u"empty"), 0, REG_SZ, NULL, 0));
    EXPECT_SUCCESS(NtSetValueKey(Key, STR(u"empty"), 0, REG_BINARY, BadPointer, 0));
    EXPECT_EQ(Ask(Key, STR(u"empty")).Length, 0);
    EXPECT_SUCCESS(SetDword(Key, STR(u"value"), 9));
    EXPECT_STATUS(NtSetValueKey(Key, STR(u"value"), 0, REG_DWORD, NULL, 4),
                  STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtSetValueKey(Key, STR(u"value"), 0, REG_DWORD, BadPointer, 4),
                  STATUS_ACCESS_VIOLATION);
    struct ANSWER Answer = Ask(Key, STR(u"value"));
    EXPECT_SUCCESS(Answer.Status);
    EXPECT_EQ(Answer.Data[0], 9);
    Close(Key);
}

static void link_key_takes_only_its_target(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Link;
    EXPECT_SUCCESS(
        CreateOptions(&Link, Base, STR(u"link"), KEY_ALL_ACCESS, REG_OPTION_CREATE_LINK, NULL));
    EXPECT_STATUS(SetDword(Link, STR(u"value"), 1), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtSetValueKey(Link, STR(u"SymbolicLinkValue"), 0, REG_SZ, u"\\x", 4),
                  STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtSetValueKey(Link, STR(u"Other"), 0, REG_LINK, u"\\x", 4), STATUS_ACCESS_DENIED);
    EXPECT_SUCCESS(NtSetValueKey(Link, STR(u"SymbolicLinkValue"), 0, REG_LINK, u"\\x", 4));
    EXPECT_SUCCESS(NtSetValueKey(Base, STR(u"SymbolicLinkValue"), 0, REG_LINK, u"\\x", 4));
    EXPECT_SUCCESS(Probe(NULL, STR(BASE)));
    Close(Link);
    Close(Base);
}

static void names_of_other_case_are_one_value(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    EXPECT_SUCCESS(SetDword(Key, STR(u"Value"), 1));
    EXPECT_SUCCESS(SetDword(Key, STR(u"vALUE"), 2));
    EXPECT_EQ(FullInformation(Key).Values, 1);
    EXPECT_EQ(Ask(Key, STR(u"VALUE")).Data[0], 2);
    Close(Key);
}

static void empty_name_is_the_default_value(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    UNICODE_STRING Null = {0, 0, NULL};
    EXPECT_SUCCESS(SetDword(Key, STR(u""), 3));
    EXPECT_EQ(Ask(Key, &Null).Data[0], 3);
    EXPECT_SUCCESS(NtDeleteValueKey(Key, &Null));
    EXPECT_STATUS(Ask(Key, STR(u"")).Status, STATUS_OBJECT_NAME_NOT_FOUND);
    Close(Key);
}

static void kernel_may_pass_no_name(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    EXPECT_SUCCESS(SetDword(Key, NULL, 3));
    EXPECT_EQ(Ask(Key, STR(u"")).Data[0], 3);
    EXPECT_EQ(Ask(Key, NULL).Data[0], 3);
    EXPECT_SUCCESS(NtDeleteValueKey(Key, NULL));
    EXPECT_EQ(FullInformation(Key).Values, 0);
    Close(Key);
}

static void delete_removes_exactly_one(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    EXPECT_SUCCESS(SetDword(Key, STR(u"one"), 1));
    EXPECT_SUCCESS(SetDword(Key, STR(u"two"), 2));
    EXPECT_SUCCESS(NtDeleteValueKey(Key, STR(u"ONE")));
    EXPECT_STATUS(NtDeleteValueKey(Key, STR(u"one")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(FullInformation(Key).Values, 1);
    EXPECT_EQ(Ask(Key, STR(u"two")).Data[0], 2);
    Close(Key);
}

static const struct ntcb_test Tests[] = {
    CONFORM_USER_CASE("reg.value.needs_set_value", "REG-SET-01 REG-DLV-01", needs_set_value),
    CONFORM_USER_CASE("reg.value.bad_names_are_invalid",
                      "REG-SET-02 REG-DLV-01 REG-QVK-02 REG-NS-04", bad_names_are_invalid),
    CONFORM_USER_CASE("reg.value.trailing_nuls_are_dropped", "REG-SET-03",
                      trailing_nuls_are_dropped),
    CONFORM_USER_CASE("reg.value.type_and_bytes_are_kept", "REG-SET-04 REG-SET-06",
                      type_and_bytes_are_kept_as_given),
    CONFORM_USER_CASE("reg.value.no_data_needs_no_pointer", "REG-SET-05", no_data_needs_no_pointer),
    CONFORM_USER_CASE("reg.value.link_key_takes_only_its_target", "REG-SET-06 REG-LNK-01",
                      link_key_takes_only_its_target),
    CONFORM_USER_CASE("reg.value.names_ignore_case", "REG-SET-09 REG-NS-02",
                      names_of_other_case_are_one_value),
    CONFORM_USER_CASE("reg.value.empty_name_is_the_default", "REG-NS-06",
                      empty_name_is_the_default_value),
    CONFORM_CASE("reg.value.kernel_may_pass_no_name", "REG-SET-03", kernel_may_pass_no_name),
    CONFORM_USER_CASE("reg.value.delete_removes_exactly_one", "REG-DLV-01",
                      delete_removes_exactly_one),
};
NTCB_TEST_MAIN("conformance", Tests)
