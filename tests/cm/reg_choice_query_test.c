/* SPDX-License-Identifier: MIT
 *
 * reg_choice_query_test.c - queries, enumeration and what they tell, where Windows is not
 * documented: what this library has chosen.
 */
#include "../conformance/regkit.h"

static void marks_of_the_parent_grow(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    OBJECT_ATTRIBUTES Object = Attributes(Base, STR(u"longer"), OBJ_CASE_INSENSITIVE);
    HANDLE Key;
    EXPECT_SUCCESS(NtCreateKey(&Key, KEY_ALL_ACCESS, &Object, 0, STR(u"klass"), 0, NULL));
    EXPECT_EQ(FullInformation(Base).MaxNameLen, 12);
    EXPECT_EQ(FullInformation(Base).MaxClassLen, 10);
    Close(MakeKey(Base, STR(u"s")));
    EXPECT_SUCCESS(NtDeleteKey(Key));
    EXPECT_EQ(FullInformation(Base).MaxNameLen, 12);
    Close(Key);
    Close(Base);
}

static void value_marks_are_high_water(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    UCHAR Data[50] = {0};
    EXPECT_SUCCESS(NtSetValueKey(Base, STR(u"large"), 0, REG_BINARY, Data, sizeof(Data)));
    EXPECT_SUCCESS(SetDword(Base, STR(u"s"), 1));
    EXPECT_SUCCESS(NtDeleteValueKey(Base, STR(u"large")));
    EXPECT_EQ(FullInformation(Base).MaxValueNameLen, 10);
    EXPECT_EQ(FullInformation(Base).MaxValueDataLen, 50);
    EXPECT_SUCCESS(NtDeleteValueKey(Base, STR(u"s")));
    EXPECT_EQ(FullInformation(Base).MaxValueNameLen, 0);
    EXPECT_EQ(FullInformation(Base).MaxValueDataLen, 0);
    Close(Base);
}

/* The first character of each value's, or subkey's, name. */
static VOID FirstLetters(HANDLE Key, BOOLEAN Values, char *Letters)
{
    UCHAR Buffer[128];
    ULONG ResultLength;
    ULONG Count = 0;
    for (;; Count++) {
        NTSTATUS Status = Values ? NtEnumerateValueKey(Key, Count, KeyValueBasicInformation, Buffer,
                                                       sizeof(Buffer), &ResultLength)
                                 : NtEnumerateKey(Key, Count, KeyBasicInformation, Buffer,
                                                  sizeof(Buffer), &ResultLength);
        if (Status == STATUS_NO_MORE_ENTRIES) {
            break;
        }
        EXPECT_SUCCESS(Status);
        Letters[Count] = (char)(Values ? ((PKEY_VALUE_BASIC_INFORMATION)(PVOID)Buffer)->Name[0]
                                       : ((PKEY_BASIC_INFORMATION)(PVOID)Buffer)->Name[0]);
    }
    Letters[Count] = '\0';
}

static void values_enumerate_in_order_of_creation(void **State)
{
    (void)State;
    static const PCWSTR Names[] = {u"d", u"b", u"c", u"a"};
    HANDLE Base = MakeBase();
    char Letters[8];
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Names); Index++) {
        UNICODE_STRING Name;
        RtlInitUnicodeString(&Name, Names[Index]);
        EXPECT_SUCCESS(SetDword(Base, &Name, 1));
    }
    EXPECT_SUCCESS(SetDword(Base, STR(u"B"), 2)); /* REG-SET-09: keeps place and spelling */
    FirstLetters(Base, TRUE, Letters);
    EXPECT_STR(Letters, "dbca");
    EXPECT_SUCCESS(NtDeleteValueKey(Base, STR(u"b")));
    EXPECT_SUCCESS(SetDword(Base, STR(u"B"), 2));
    FirstLetters(Base, TRUE, Letters);
    EXPECT_STR(Letters, "dcaB");
    Close(Base);
}

static void subkeys_enumerate_sorted_volatile_last(void **State)
{
    (void)State;
    static const struct {
        PCWSTR Name;
        ULONG Options;
    } Keys[] = {{u"b", REG_OPTION_VOLATILE}, {u"D", 0}, {u"a", REG_OPTION_VOLATILE}, {u"c", 0}};
    HANDLE Base = MakeBase();
    char Letters[8];
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Keys); Index++) {
        UNICODE_STRING Name;
        HANDLE Key;
        RtlInitUnicodeString(&Name, Keys[Index].Name);
        EXPECT_SUCCESS(CreateOptions(&Key, Base, &Name, KEY_READ, Keys[Index].Options, NULL));
        Close(Key);
    }
    FirstLetters(Base, FALSE, Letters);
    EXPECT_STR(Letters, "cDab");
    Close(Base);
}

static void missing_value_leaves_the_length(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    ULONG ResultLength = 77;
    EXPECT_STATUS(
        NtQueryValueKey(Base, STR(u"none"), KeyValueBasicInformation, NULL, 0, &ResultLength),
        STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(ResultLength, 77);
    EXPECT_SUCCESS(SetDword(Base, STR(u"some"), 1));
    EXPECT_STATUS(
        NtQueryValueKey(Base, STR(u"some"), KeyValueBasicInformation, NULL, 0, &ResultLength),
        STATUS_BUFFER_TOO_SMALL); /* REG-QVK-08 */
    EXPECT_EQ(ResultLength, 20);
    Close(Base);
}

static void data_is_aligned_behind_the_name(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    UCHAR Buffer[64];
    PKEY_VALUE_FULL_INFORMATION Full = (PVOID)Buffer;
    ULONG ResultLength;
    EXPECT_SUCCESS(SetDword(Base, STR(u"abc"), 1)); /* 26 bytes with the name */
    EXPECT_SUCCESS(NtQueryValueKey(Base, STR(u"abc"), KeyValueFullInformation, Buffer,
                                   sizeof(Buffer), &ResultLength));
    EXPECT_EQ(Full->DataOffset, 28);
    EXPECT_EQ(ResultLength, 32);
    EXPECT_SUCCESS(NtQueryValueKey(Base, STR(u"abc"), KeyValueFullInformationAlign64, Buffer,
                                   sizeof(Buffer), &ResultLength));
    EXPECT_EQ(Full->DataOffset, 32);
    EXPECT_EQ(ResultLength, 36);
    Close(Base);
}

static void multiple_values_are_packed(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    KEY_VALUE_ENTRY Entries[3] = {
        {.ValueName = STR(u"one")}, {.ValueName = STR(u"two")}, {.ValueName = STR(u"missing")}};
    UCHAR Buffer[16];
    ULONG Length = sizeof(Buffer);
    EXPECT_SUCCESS(NtSetValueKey(Base, STR(u"one"), 0, REG_SZ, (PVOID)(ULONG_PTR) "abcde", 5));
    EXPECT_SUCCESS(NtSetValueKey(Base, STR(u"two"), 0, REG_SZ, (PVOID)(ULONG_PTR) "xyz", 3));
    EXPECT_SUCCESS(NtQueryMultipleValueKey(Base, Entries, 2, Buffer, &Length, NULL));
    EXPECT_EQ(Entries[0].DataOffset, 0);
    EXPECT_EQ(Entries[1].DataOffset, 8);
    EXPECT_EQ(Length, 11);
    EXPECT_STATUS(NtQueryMultipleValueKey(Base, Entries, 3, Buffer, &Length, NULL),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(NtQueryMultipleValueKey(Base, Entries, 0, Buffer, &Length, NULL));
    EXPECT_EQ(Length, 0);
    EXPECT_STATUS(NtQueryMultipleValueKey(Base, Entries, 0x10001, Buffer, &Length, NULL),
                  STATUS_INSUFFICIENT_RESOURCES);
    Close(Base);
}

static ULONG QueryWord(HANDLE Key, ULONG Class, ULONG Index)
{
    ULONG Words[10] = {0};
    ULONG ResultLength;
    EXPECT_SUCCESS(
        NtQueryKey(Key, (KEY_INFORMATION_CLASS)Class, Words, sizeof(Words), &ResultLength));
    return Words[Index];
}

static void flags_tell_volatile_and_link(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key;
    EXPECT_EQ(QueryWord(Base, KeyFlagsInformation, 1), 0);
    EXPECT_EQ(QueryWord(Base, KeyTrustInformation, 0), 0);
    EXPECT_EQ(QueryWord(Base, KeyHandleTagsInformation, 0), 0);
    EXPECT_SUCCESS(CreateOptions(&Key, Base, STR(u"v"), KEY_ALL_ACCESS, REG_OPTION_VOLATILE, NULL));
    EXPECT_EQ(QueryWord(Key, KeyFlagsInformation, 1), 1);
    Close(Key);
    EXPECT_SUCCESS(
        CreateOptions(&Key, Base, STR(u"l"), KEY_ALL_ACCESS, REG_OPTION_CREATE_LINK, NULL));
    EXPECT_EQ(QueryWord(Key, KeyFlagsInformation, 1), 2);
    Close(Key);
    Close(Base);
}

static void set_information_statuses(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    ULONG Words[2] = {6, 0};
    for (ULONG Class = KeyWriteTimeInformation; Class <= KeySetHandleTagsInformation; Class++) {
        ULONG Wanted = Class == KeyWriteTimeInformation ? 8 : 4;
        EXPECT_STATUS(
            NtSetInformationKey(Base, (KEY_SET_INFORMATION_CLASS)Class, Words, Wanted - 1),
            STATUS_INFO_LENGTH_MISMATCH);
        EXPECT_SUCCESS(NtSetInformationKey(Base, (KEY_SET_INFORMATION_CLASS)Class, Words, Wanted));
    }
    EXPECT_STATUS(NtSetInformationKey(Base, MaxKeySetInfoClass, Words, 4),
                  STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NtSetInformationKey(Base, KeySetLayerInformation, Words, 4),
                  STATUS_NOT_IMPLEMENTED);
    EXPECT_EQ(QueryWord(Base, KeyFlagsInformation, 0), 6);
    EXPECT_EQ(QueryWord(Base, KeyFlagsInformation, 2), 6);
    EXPECT_EQ(QueryWord(Base, KeyHandleTagsInformation, 0), 6);
    Close(Base);
}

static void security_descriptor_of_a_key(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    UCHAR Buffer[256];
    ULONG Needed = 0;
    EXPECT_STATUS(ZwQuerySecurityObject(Base, DACL_SECURITY_INFORMATION, Buffer, 4, &Needed),
                  STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(Needed, 20 + 92);
    EXPECT_SUCCESS(ZwQuerySecurityObject(Base, 7, Buffer, sizeof(Buffer), &Needed));
    EXPECT_EQ(Needed, 20 + 16 + 12 + 92);
    EXPECT_EQ(Buffer[0], 1);
    EXPECT_EQ(Buffer[2] | Buffer[3] << 8, 0x8404);
    Close(Base);
}

static const struct ntcb_test Tests[] = {
    CONFORM_CASE("cm.registry.marks_of_the_parent_grow", "REG-CRT-13", marks_of_the_parent_grow),
    CONFORM_CASE("cm.registry.value_marks_are_high_water", "REG-SET-08",
                 value_marks_are_high_water),
    CONFORM_CASE("cm.registry.values_in_order_of_creation", "REG-SET-08 REG-SET-09",
                 values_enumerate_in_order_of_creation),
    CONFORM_CASE("cm.registry.subkeys_sorted_volatile_last", "REG-EK-02",
                 subkeys_enumerate_sorted_volatile_last),
    CONFORM_CASE("cm.registry.missing_value_leaves_the_length", "REG-QVK-02 REG-QVK-08",
                 missing_value_leaves_the_length),
    CONFORM_CASE("cm.registry.data_is_aligned_behind_the_name", "REG-QVK-05",
                 data_is_aligned_behind_the_name),
    CONFORM_CASE("cm.registry.multiple_values_are_packed", "REG-QMV-01 REG-QMV-02",
                 multiple_values_are_packed),
    CONFORM_CASE("cm.registry.flags_tell_volatile_and_link", "REG-QK-08 REG-VOL-01",
                 flags_tell_volatile_and_link),
    CONFORM_CASE("cm.registry.set_information_statuses", "REG-SIK-01", set_information_statuses),
    CONFORM_CASE("cm.registry.security_descriptor_of_a_key", "REG-SEC-01 REG-SEC-03",
                 security_descriptor_of_a_key),
};
NTCB_TEST_MAIN("library", Tests)
