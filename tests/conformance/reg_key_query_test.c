/* SPDX-License-Identifier: MIT
 *
 * reg_key_query_test.c - NtQueryKey, NtEnumerateKey, NtQueryObject on keys, and the services that
 * set what they tell: NtSetInformationKey, NtRenameKey.
 */
#include "regkit.h"

#define FILL 0xA5

static UCHAR Answer[1024];
static ULONG AnswerLength;

static NTSTATUS Ask(HANDLE Key, ULONG Class, ULONG Length)
{
    memset(Answer, FILL, sizeof(Answer));
    AnswerLength = 0xEEEEEEEE;
    return NtQueryKey(Key, (KEY_INFORMATION_CLASS)Class, Answer, Length, &AnswerLength);
}

static NTSTATUS AskChild(HANDLE Key, ULONG Index, ULONG Class, ULONG Length)
{
    memset(Answer, FILL, sizeof(Answer));
    AnswerLength = 0xEEEEEEEE;
    return NtEnumerateKey(Key, Index, (KEY_INFORMATION_CLASS)Class, Answer, Length, &AnswerLength);
}

static void ExpectUntouched(ULONG From)
{
    for (ULONG Index = From; Index < sizeof(Answer); Index++) {
        EXPECT_EQ(Answer[Index], FILL);
    }
}

/* "Conform" is 14 bytes; its path \REGISTRY\MACHINE\SOFTWARE\Conform is 68. */
#define PATH u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform"
#define PATH_BYTES (sizeof(PATH) - sizeof(WCHAR))

static void lengths_of_every_class(void **State)
{
    static const struct {
        ULONG Class, Fixed, Needed;
    } Layouts[] = {
        {KeyBasicInformation, 16, 16 + 14},   {KeyNodeInformation, 24, 24 + 14},
        {KeyFullInformation, 44, 44},         {KeyNameInformation, 4, 4 + (ULONG)PATH_BYTES},
        {KeyCachedInformation, 40, 40},       {KeyFlagsInformation, 12, 12},
        {KeyVirtualizationInformation, 4, 4}, {KeyHandleTagsInformation, 4, 4},
    };
    (void)State;
    HANDLE Key = MakeBase();
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Layouts); Row++) {
        for (ULONG Length = 0; Length <= Layouts[Row].Needed + 4; Length++) {
            NTSTATUS Expected = Length < Layouts[Row].Fixed    ? STATUS_BUFFER_TOO_SMALL
                                : Length < Layouts[Row].Needed ? STATUS_BUFFER_OVERFLOW
                                                               : STATUS_SUCCESS;
            EXPECT_STATUS(Ask(Key, Layouts[Row].Class, Length), Expected);
            EXPECT_EQ(AnswerLength, Layouts[Row].Needed);
            ExpectUntouched(Length < Layouts[Row].Fixed    ? 0
                            : Length < Layouts[Row].Needed ? Length
                                                           : Layouts[Row].Needed);
        }
    }
    Close(Key);
}

static void lengths_of_enumeration(void **State)
{
    static const ULONG Fixed[] = {16, 24, 44};
    static const ULONG Needed[] = {16 + 10, 24 + 10, 44};
    (void)State;
    HANDLE Key = MakeBase();
    Close(MakeKey(Key, STR(u"child")));
    for (ULONG Class = KeyBasicInformation; Class <= KeyFullInformation; Class++) {
        for (ULONG Length = 0; Length <= Needed[Class] + 2; Length++) {
            NTSTATUS Expected = Length < Fixed[Class]    ? STATUS_BUFFER_TOO_SMALL
                                : Length < Needed[Class] ? STATUS_BUFFER_OVERFLOW
                                                         : STATUS_SUCCESS;
            EXPECT_STATUS(AskChild(Key, 0, Class, Length), Expected);
            EXPECT_EQ(AnswerLength, Needed[Class]);
        }
    }
    Close(Key);
}

static void class_string_is_placed_and_clipped(void **State)
{
    (void)State;
    OBJECT_ATTRIBUTES Object = Attributes(NULL, STR(BASE), OBJ_CASE_INSENSITIVE);
    HANDLE Key;
    PKEY_FULL_INFORMATION Full = (PVOID)Answer;
    PKEY_NODE_INFORMATION Node = (PVOID)Answer;
    EXPECT_SUCCESS(NtCreateKey(&Key, KEY_ALL_ACCESS, &Object, 0, STR(u"Class"), 0, NULL));
    EXPECT_SUCCESS(Ask(Key, KeyFullInformation, sizeof(Answer)));
    EXPECT_EQ(AnswerLength, 44 + 10);
    EXPECT_EQ(Full->ClassOffset, 44);
    EXPECT_EQ(Full->ClassLength, 10);
    EXPECT_MEM(Answer + 44, u"Class", 10);
    for (ULONG Length = 44; Length < 54; Length++) {
        EXPECT_STATUS(Ask(Key, KeyFullInformation, Length), STATUS_BUFFER_OVERFLOW);
        EXPECT_EQ(Full->ClassLength, 10);
        EXPECT_MEM(Answer + 44, u"Class", Length - 44);
        ExpectUntouched(Length);
    }
    EXPECT_SUCCESS(Ask(Key, KeyNodeInformation, sizeof(Answer)));
    EXPECT_EQ(Node->ClassLength, 10);
    EXPECT_EQ(AnswerLength, Node->ClassOffset + 10);
    EXPECT_MEM(Answer + Node->ClassOffset, u"Class", 10);
    Close(Key);
    HANDLE Plain = MakeKey(NULL, STR(u"\\Registry\\Machine\\Software\\Plain"));
    EXPECT_SUCCESS(Ask(Plain, KeyFullInformation, sizeof(Answer)));
    EXPECT_EQ(Full->ClassOffset, 0xFFFFFFFF);
    EXPECT_EQ(Full->ClassLength, 0);
    EXPECT_SUCCESS(Ask(Plain, KeyNodeInformation, sizeof(Answer)));
    EXPECT_EQ(Node->ClassOffset, 0xFFFFFFFF);
    EXPECT_EQ(Node->ClassLength, 0);
    Close(Plain);
}

static void names_and_lengths(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    PKEY_BASIC_INFORMATION Basic = (PVOID)Answer;
    PKEY_NAME_INFORMATION Name = (PVOID)Answer;
    EXPECT_SUCCESS(Ask(Key, KeyBasicInformation, sizeof(Answer)));
    EXPECT_EQ(Basic->NameLength, 14);
    EXPECT_MEM(Basic->Name, u"Conform", 14);
    EXPECT_EQ(Basic->TitleIndex, 0);
    EXPECT_STATUS(Ask(Key, KeyNameInformation, 10), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(Name->NameLength, PATH_BYTES);
    EXPECT_MEM(Name->Name, PATH, 6);
    ExpectPath(Key, STR(PATH));
    EXPECT_SUCCESS(NtRenameKey(Key, STR(u"Renamed")));
    ExpectPath(Key, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Renamed"));
    EXPECT_SUCCESS(Ask(Key, KeyBasicInformation, sizeof(Answer)));
    EXPECT_MEM(Basic->Name, u"Renamed", 14);
    Close(Key);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(u"\\registry"), KEY_READ));
    ExpectPath(Key, STR(u"\\REGISTRY"));
    Close(Key);
}

static void counts_and_marks(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    PKEY_CACHED_INFORMATION Cached = (PVOID)Answer;
    Close(MakeKey(Key, STR(u"four")));
    Close(MakeKey(Key, STR(u"sixsix")));
    EXPECT_SUCCESS(SetDword(Key, STR(u"vv"), 1));
    EXPECT_SUCCESS(NtSetValueKey(Key, STR(u"v"), 0, REG_BINARY, Answer, 9));
    KEY_FULL_INFORMATION Full = FullInformation(Key);
    EXPECT_EQ(Full.SubKeys, 2);
    EXPECT_EQ(Full.MaxNameLen, 12);
    EXPECT_EQ(Full.MaxClassLen, 0);
    EXPECT_EQ(Full.Values, 2);
    EXPECT_EQ(Full.MaxValueNameLen, 4);
    EXPECT_EQ(Full.MaxValueDataLen, 9);
    EXPECT_SUCCESS(Ask(Key, KeyCachedInformation, sizeof(Answer)));
    EXPECT_EQ(Cached->SubKeys, 2);
    EXPECT_EQ(Cached->MaxNameLen, 12);
    EXPECT_EQ(Cached->Values, 2);
    EXPECT_EQ(Cached->MaxValueNameLen, 4);
    EXPECT_EQ(Cached->MaxValueDataLen, 9);
    EXPECT_EQ(Cached->NameLength, 14);
    EXPECT_EQ(Cached->LastWriteTime.QuadPart, Full.LastWriteTime.QuadPart);
    Close(Key);
}

static void bad_class_is_invalid(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    EXPECT_STATUS(Ask(Key, MaxKeyInfoClass, sizeof(Answer)), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(Ask(Key, 0x7FFFFFFF, sizeof(Answer)), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(AskChild(Key, 0, KeyNameInformation, sizeof(Answer)), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(AskChild(NULL, 0, KeyNameInformation, sizeof(Answer)), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(AskChild(NULL, 0, MaxKeyInfoClass, sizeof(Answer)), STATUS_INVALID_PARAMETER);
    Close(Key);
}

static void access_by_class(void **State)
{
    (void)State;
    HANDLE Key;
    Close(MakeBase());
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), READ_CONTROL));
    for (ULONG Class = KeyBasicInformation; Class < KeyTrustInformation; Class++) {
        BOOLEAN Any = Class == KeyNameInformation || Class == KeyHandleTagsInformation;
        EXPECT_STATUS(Ask(Key, Class, sizeof(Answer)), Any ? STATUS_SUCCESS : STATUS_ACCESS_DENIED);
    }
    EXPECT_STATUS(AskChild(Key, 0, KeyBasicInformation, sizeof(Answer)), STATUS_ACCESS_DENIED);
    Close(Key);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_QUERY_VALUE));
    for (ULONG Class = KeyBasicInformation; Class < KeyTrustInformation; Class++) {
        EXPECT_SUCCESS(Ask(Key, Class, sizeof(Answer)));
    }
    EXPECT_STATUS(AskChild(Key, 0, KeyBasicInformation, sizeof(Answer)), STATUS_ACCESS_DENIED);
    Close(Key);
}

static void enumeration_ends(void **State)
{
    static const PCWSTR Names[] = {u"a", u"B", u"c", u"D"};
    (void)State;
    HANDLE Key = MakeBase();
    ULONG Seen = 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Names); Index++) {
        UNICODE_STRING Name;
        RtlInitUnicodeString(&Name, Names[Index]);
        Close(MakeKey(Key, &Name));
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Names); Index++) {
        PKEY_BASIC_INFORMATION Basic = (PVOID)Answer;
        EXPECT_SUCCESS(AskChild(Key, Index, KeyBasicInformation, sizeof(Answer)));
        EXPECT_EQ(Basic->NameLength, 2);
        for (ULONG Bit = 0; Bit < RTL_NUMBER_OF(Names); Bit++) {
            Seen |= Basic->Name[0] == Names[Bit][0] ? 1u << Bit : 0;
        }
    }
    EXPECT_EQ(Seen, 15);
    EXPECT_STATUS(AskChild(Key, 4, KeyBasicInformation, sizeof(Answer)), STATUS_NO_MORE_ENTRIES);
    EXPECT_STATUS(AskChild(Key, 0xFFFFFFFF, KeyBasicInformation, sizeof(Answer)),
                  STATUS_NO_MORE_ENTRIES);
    Close(Key);
}

static void object_name_is_the_path(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    POBJECT_NAME_INFORMATION Name = (PVOID)Answer;
    EXPECT_SUCCESS(NtQueryObject(Key, (OBJECT_INFORMATION_CLASS)1, Answer, sizeof(Answer), NULL));
    EXPECT_EQ(Name->Name.Length, PATH_BYTES);
    EXPECT_MEM(Name->Name.Buffer, PATH, PATH_BYTES);
    Close(Key);
}

static void rename_arguments(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key = MakeKey(Base, STR(u"one"));
    HANDLE Weak;
    Close(MakeKey(Base, STR(u"two")));
    EXPECT_STATUS(NtRenameKey(NULL, NULL), STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtRenameKey(Key, NULL), STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtRenameKey(NULL, STR(u"x")), STATUS_INVALID_HANDLE);
    EXPECT_STATUS(NtRenameKey(Key, STR(u"")), STATUS_INVALID_PARAMETER);
    EXPECT_SUCCESS(Open(&Weak, Base, STR(u"one"), KEY_READ | DELETE));
    EXPECT_STATUS(NtRenameKey(Weak, STR(u"x")), STATUS_ACCESS_DENIED);
    EXPECT_STATUS(NtRenameKey(Key, STR(u"TWO")), STATUS_CANNOT_DELETE);
    EXPECT_STATUS(NtRenameKey(Key, STR(u"one")), STATUS_CANNOT_DELETE);
    Close(Weak);
    Close(Key);
    Close(Base);
}

static void rename_keeps_all_but_the_name(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Key = MakeKey(Base, STR(u"old"));
    HANDLE Child = MakeKey(Key, STR(u"child"));
    EXPECT_SUCCESS(SetDword(Key, STR(u"value"), 1));
    EXPECT_SUCCESS(NtRenameKey(Key, STR(u"New")));
    EXPECT_STATUS(Probe(Base, STR(u"old")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(Probe(Base, STR(u"new\\child")));
    EXPECT_EQ(FullInformation(Key).Values, 1);
    ExpectPath(Child, STR(u"\\REGISTRY\\MACHINE\\SOFTWARE\\Conform\\New\\child"));
    Close(Child);
    Close(Key);
    Close(Base);
}

static void write_time_can_be_set(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    LARGE_INTEGER Time = {.QuadPart = 0x0123456789ABCDEF};
    EXPECT_SUCCESS(NtSetInformationKey(Key, KeyWriteTimeInformation, &Time, sizeof(Time)));
    EXPECT_EQ(FullInformation(Key).LastWriteTime.QuadPart, Time.QuadPart);
    EXPECT_FALSE(NT_SUCCESS(NtSetInformationKey(Key, MaxKeySetInfoClass, &Time, sizeof(Time))));
    Close(Key);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_READ));
    EXPECT_STATUS(NtSetInformationKey(Key, KeyWriteTimeInformation, &Time, sizeof(Time)),
                  STATUS_ACCESS_DENIED);
    ULONG Tags = 0x40;
    EXPECT_SUCCESS(NtSetInformationKey(Key, KeySetHandleTagsInformation, &Tags, sizeof(Tags)));
    EXPECT_SUCCESS(Ask(Key, KeyHandleTagsInformation, sizeof(Answer)));
    EXPECT_MEM(Answer, &Tags, sizeof(Tags));
    Close(Key);
}

static const struct ntcb_test Tests[] = {
    CONFORM_USER_CASE("reg.query_key.lengths_of_every_class", "REG-QK-03 REG-QK-02 REG-QK-07",
                      lengths_of_every_class),
    CONFORM_USER_CASE("reg.enumerate_key.lengths", "REG-EK-01 REG-QK-03", lengths_of_enumeration),
    CONFORM_USER_CASE("reg.query_key.class_is_placed_and_clipped", "REG-QK-04 REG-QK-03",
                      class_string_is_placed_and_clipped),
    CONFORM_USER_CASE("reg.query_key.names_and_paths", "REG-QK-05 REG-QK-07 REG-QK-09 REG-REN-04",
                      names_and_lengths),
    CONFORM_USER_CASE("reg.query_key.counts_and_marks", "REG-QK-06", counts_and_marks),
    CONFORM_USER_CASE("reg.query_key.bad_class_is_invalid", "REG-QK-02 REG-EK-01",
                      bad_class_is_invalid),
    CONFORM_USER_CASE("reg.query_key.access_by_class", "REG-QK-01 REG-EK-01", access_by_class),
    CONFORM_USER_CASE("reg.enumerate_key.ends", "REG-EK-01", enumeration_ends),
    CONFORM_USER_CASE("reg.query_object.name_is_the_path", "REG-QON-01", object_name_is_the_path),
    CONFORM_USER_CASE("reg.rename.arguments", "REG-REN-01 REG-REN-02 REG-REN-03", rename_arguments),
    CONFORM_USER_CASE("reg.rename.keeps_all_but_the_name", "REG-REN-04 REG-QK-05",
                      rename_keeps_all_but_the_name),
    CONFORM_USER_CASE("reg.set_information.write_time_and_tags", "REG-SIK-01 REG-SIK-02",
                      write_time_can_be_set),
};
NTCB_TEST_MAIN("conformance", Tests)
