/* SPDX-License-Identifier: MIT
 *
 * reg_query_value_test.c - NtQueryValueKey, NtEnumerateValueKey, NtQueryMultipleValueKey.
 */
#include "regkit.h"

#define FILL 0xA5

/* Any class, query or enumeration, into a buffer of which Length bytes are offered. */
struct QUESTION {
    HANDLE Key;
    BOOLEAN Enumerate;
    ULONG Class;
};

static UCHAR Answer[256];
static ULONG AnswerLength;

static NTSTATUS Ask(const struct QUESTION *Question, ULONG Length)
{
    memset(Answer, FILL, sizeof(Answer));
    AnswerLength = 0xEEEEEEEE;
    return Question->Enumerate
               ? NtEnumerateValueKey(Question->Key, 0, (KEY_VALUE_INFORMATION_CLASS)Question->Class,
                                     Answer, Length, &AnswerLength)
               : NtQueryValueKey(Question->Key, STR(u"ten chars!"),
                                 (KEY_VALUE_INFORMATION_CLASS)Question->Class, Answer, Length,
                                 &AnswerLength);
}

static void ExpectUntouched(ULONG From)
{
    for (ULONG Index = From; Index < sizeof(Answer); Index++) {
        EXPECT_EQ(Answer[Index], FILL);
    }
}

/* A value with a name of 20 bytes and data of 7. */
static HANDLE MakeValue(void)
{
    HANDLE Key = MakeBase();
    EXPECT_SUCCESS(
        NtSetValueKey(Key, STR(u"Ten Chars!"), 0, 0x1234, (PVOID)(ULONG_PTR) "1234567", 7));
    return Key;
}

static const struct {
    ULONG Class, Fixed, Needed, DataOffset, NameOffset;
} Layouts[] = {
    {KeyValueBasicInformation, 12, 12 + 20, 0, 12},
    {KeyValueFullInformation, 20, 40 + 7, 40, 20},
    {KeyValuePartialInformation, 12, 12 + 7, 12, 0},
    {KeyValueFullInformationAlign64, 20, 40 + 7, 40, 20},
    {KeyValuePartialInformationAlign64, 8, 8 + 7, 8, 0},
};

static void lengths_of_every_class(void **State)
{
    (void)State;
    struct QUESTION Question = {.Key = MakeValue()};
    for (ULONG Index = 0; Index < 2 * RTL_NUMBER_OF(Layouts); Index++) {
        ULONG Row = Index / 2;
        ULONG Fixed = Layouts[Row].Fixed;
        ULONG Needed = Layouts[Row].Needed;
        Question.Enumerate = Index % 2 != 0;
        Question.Class = Layouts[Row].Class;
        for (ULONG Length = 0; Length <= Needed + 4; Length++) {
            NTSTATUS Expected = Length < Fixed    ? STATUS_BUFFER_TOO_SMALL
                                : Length < Needed ? STATUS_BUFFER_OVERFLOW
                                                  : STATUS_SUCCESS;
            EXPECT_STATUS(Ask(&Question, Length), Expected);
            EXPECT_EQ(AnswerLength, Needed);
            ULONG Written = Length < Needed ? Length : Needed;
            ExpectUntouched(Length < Fixed ? 0 : Written);
            ULONG Offset = Layouts[Row].DataOffset;
            if (Length >= Fixed && Offset != 0 && Written > Offset) {
                EXPECT_MEM(Answer + Offset, "1234567", Written - Offset);
            }
            Offset = Layouts[Row].NameOffset;
            if (Length >= Fixed && Offset != 0 && Written > Offset) {
                EXPECT_MEM(Answer + Offset, u"Ten Chars!",
                           Written - Offset < 20 ? Written - Offset : 20);
            }
        }
    }
    Close(Question.Key);
}

static void fields_of_every_class(void **State)
{
    (void)State;
    struct QUESTION Question = {.Key = MakeValue()};
    Question.Class = KeyValueBasicInformation;
    EXPECT_SUCCESS(Ask(&Question, sizeof(Answer)));
    PKEY_VALUE_BASIC_INFORMATION Basic = (PVOID)Answer;
    EXPECT_EQ(Basic->TitleIndex, 0);
    EXPECT_EQ(Basic->Type, 0x1234);
    EXPECT_EQ(Basic->NameLength, 20);
    for (Question.Class = KeyValueFullInformation; Question.Class <= KeyValueFullInformationAlign64;
         Question.Class += 2) {
        PKEY_VALUE_FULL_INFORMATION Full = (PVOID)Answer;
        EXPECT_STATUS(Ask(&Question, 20), STATUS_BUFFER_OVERFLOW);
        EXPECT_EQ(Full->TitleIndex, 0);
        EXPECT_EQ(Full->Type, 0x1234);
        EXPECT_EQ(Full->DataOffset, 40);
        EXPECT_EQ(Full->DataLength, 7);
        EXPECT_EQ(Full->NameLength, 20);
    }
    Question.Class = KeyValuePartialInformation;
    EXPECT_STATUS(Ask(&Question, 12), STATUS_BUFFER_OVERFLOW);
    PKEY_VALUE_PARTIAL_INFORMATION Partial = (PVOID)Answer;
    EXPECT_EQ(Partial->TitleIndex, 0);
    EXPECT_EQ(Partial->Type, 0x1234);
    EXPECT_EQ(Partial->DataLength, 7);
    Question.Class = KeyValuePartialInformationAlign64;
    EXPECT_STATUS(Ask(&Question, 8), STATUS_BUFFER_OVERFLOW);
    PKEY_VALUE_PARTIAL_INFORMATION_ALIGN64 Align64 = (PVOID)Answer;
    EXPECT_EQ(Align64->Type, 0x1234);
    EXPECT_EQ(Align64->DataLength, 7);
    Close(Question.Key);
}

static void bad_class_comes_before_the_handle(void **State)
{
    static const ULONG Bad[] = {KeyValueLayerInformation, MaxKeyValueInfoClass, 0x7FFFFFFF};
    (void)State;
    struct QUESTION Question = {.Key = NULL};
    for (ULONG Index = 0; Index < 2 * RTL_NUMBER_OF(Bad); Index++) {
        Question.Enumerate = Index % 2 != 0;
        Question.Class = Bad[Index / 2];
        EXPECT_STATUS(Ask(&Question, sizeof(Answer)), STATUS_INVALID_PARAMETER);
    }
    Question.Class = KeyValueBasicInformation;
    EXPECT_STATUS(Ask(&Question, sizeof(Answer)), STATUS_INVALID_HANDLE);
}

static void needs_query_value(void **State)
{
    (void)State;
    struct QUESTION Question = {.Class = KeyValueBasicInformation};
    Close(MakeValue());
    EXPECT_SUCCESS(Open(&Question.Key, NULL, STR(BASE), KEY_ALL_ACCESS & ~KEY_QUERY_VALUE));
    EXPECT_STATUS(Ask(&Question, sizeof(Answer)), STATUS_ACCESS_DENIED);
    Question.Enumerate = TRUE;
    EXPECT_STATUS(Ask(&Question, sizeof(Answer)), STATUS_ACCESS_DENIED);
    KEY_VALUE_ENTRY Entry = {.ValueName = STR(u"ten chars!")};
    ULONG Length = sizeof(Answer);
    EXPECT_STATUS(NtQueryMultipleValueKey(Question.Key, &Entry, 1, Answer, &Length, NULL),
                  STATUS_ACCESS_DENIED);
    Close(Question.Key);
}

static void missing_value_is_not_found(void **State)
{
    (void)State;
    struct QUESTION Question = {.Key = MakeBase(), .Class = KeyValueBasicInformation};
    EXPECT_STATUS(Ask(&Question, sizeof(Answer)), STATUS_OBJECT_NAME_NOT_FOUND);
    ExpectUntouched(0);
    Close(Question.Key);
}

static void unaligned_buffer_is_accepted(void **State)
{
    (void)State;
    HANDLE Key = MakeValue();
    for (ULONG Class = KeyValueBasicInformation; Class < KeyValueLayerInformation; Class++) {
        EXPECT_SUCCESS(NtQueryValueKey(Key, STR(u"ten chars!"), (KEY_VALUE_INFORMATION_CLASS)Class,
                                       Answer + 1, sizeof(Answer) - 1, &AnswerLength));
    }
    Close(Key);
}

static void bad_output_pointers_are_refused(void **State)
{
    (void)State;
    HANDLE Key = MakeValue();
    PVOID Bad = (PVOID)(ULONG_PTR)0x1000;
    EXPECT_STATUS(
        NtQueryValueKey(Key, STR(u"ten chars!"), KeyValueBasicInformation, Bad, 64, &AnswerLength),
        STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(
        NtQueryValueKey(Key, STR(u"ten chars!"), KeyValueBasicInformation, Answer, 64, Bad),
        STATUS_ACCESS_VIOLATION);
    EXPECT_STATUS(NtEnumerateValueKey(Key, 0, KeyValueBasicInformation, Answer, 64, NULL),
                  STATUS_ACCESS_VIOLATION);
    Close(Key);
}

static void enumeration_ends(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    ULONG Seen = 0;
    EXPECT_SUCCESS(SetDword(Key, STR(u"0"), 0));
    EXPECT_SUCCESS(SetDword(Key, STR(u"1"), 0));
    EXPECT_SUCCESS(SetDword(Key, STR(u"2"), 0));
    for (ULONG Index = 0; Index < 3; Index++) {
        PKEY_VALUE_BASIC_INFORMATION Basic = (PVOID)Answer;
        EXPECT_SUCCESS(NtEnumerateValueKey(Key, Index, KeyValueBasicInformation, Answer,
                                           sizeof(Answer), &AnswerLength));
        EXPECT_EQ(Basic->NameLength, 2);
        Seen |= 1u << (Basic->Name[0] - u'0');
    }
    EXPECT_EQ(Seen, 7);
    EXPECT_STATUS(NtEnumerateValueKey(Key, 3, KeyValueBasicInformation, Answer, sizeof(Answer),
                                      &AnswerLength),
                  STATUS_NO_MORE_ENTRIES);
    EXPECT_STATUS(NtEnumerateValueKey(Key, 0xFFFFFFFF, KeyValueBasicInformation, Answer,
                                      sizeof(Answer), &AnswerLength),
                  STATUS_NO_MORE_ENTRIES);
    Close(Key);
}

static void multiple_values_in_one_buffer(void **State)
{
    (void)State;
    HANDLE Key = MakeValue();
    EXPECT_SUCCESS(SetDword(Key, STR(u"dword"), 0x11223344));
    KEY_VALUE_ENTRY Entries[2] = {{.ValueName = STR(u"TEN CHARS!")}, {.ValueName = STR(u"dword")}};
    ULONG Required = 0;
    ULONG Length = 4;
    memset(Answer, FILL, sizeof(Answer));
    EXPECT_STATUS(NtQueryMultipleValueKey(Key, Entries, 2, Answer, &Length, &Required),
                  STATUS_BUFFER_OVERFLOW);
    EXPECT_TRUE(Required >= 11);
    Length = sizeof(Answer);
    EXPECT_SUCCESS(NtQueryMultipleValueKey(Key, Entries, 2, Answer, &Length, &Required));
    EXPECT_EQ(Length, Required);
    EXPECT_EQ(Entries[0].Type, 0x1234);
    EXPECT_EQ(Entries[0].DataLength, 7);
    EXPECT_MEM(Answer + Entries[0].DataOffset, "1234567", 7);
    EXPECT_EQ(Entries[1].Type, REG_DWORD);
    EXPECT_EQ(Entries[1].DataLength, 4);
    EXPECT_EQ(Answer[Entries[1].DataOffset], 0x44);
    EXPECT_SUCCESS(NtQueryMultipleValueKey(Key, Entries, 2, Answer, &Length, NULL));
    Close(Key);
}

static void spelling_comes_back_as_first_stored(void **State)
{
    (void)State;
    struct QUESTION Question = {.Key = MakeValue(), .Class = KeyValueBasicInformation};
    EXPECT_SUCCESS(Ask(&Question, sizeof(Answer)));
    EXPECT_EQ(AnswerLength, 32);
    EXPECT_MEM(Answer + 12, u"Ten Chars!", 20);
    Close(Question.Key);
}

static const struct ntcb_test Tests[] = {
    CONFORM_USER_CASE("reg.query_value.lengths_of_every_class",
                      "REG-QVK-03 REG-QVK-04 REG-QVK-05 REG-QVK-08 REG-EVK-01",
                      lengths_of_every_class),
    CONFORM_USER_CASE("reg.query_value.fields_of_every_class", "REG-QVK-03 REG-QVK-05 REG-SET-04",
                      fields_of_every_class),
    CONFORM_USER_CASE("reg.query_value.bad_class_comes_first", "REG-QVK-01 REG-EVK-01",
                      bad_class_comes_before_the_handle),
    CONFORM_USER_CASE("reg.query_value.needs_query_value", "REG-QVK-01 REG-EVK-01 REG-QMV-01",
                      needs_query_value),
    CONFORM_USER_CASE("reg.query_value.missing_is_not_found", "REG-QVK-02",
                      missing_value_is_not_found),
    CONFORM_USER_CASE("reg.query_value.unaligned_buffer_is_accepted", "REG-QVK-06",
                      unaligned_buffer_is_accepted),
    CONFORM_USER_CASE("reg.query_value.bad_output_pointers_are_refused", "CM-BUF-02",
                      bad_output_pointers_are_refused),
    CONFORM_USER_CASE("reg.query_value.spelling_as_stored", "REG-QVK-07",
                      spelling_comes_back_as_first_stored),
    CONFORM_USER_CASE("reg.enumerate_value.ends", "REG-EVK-01", enumeration_ends),
    CONFORM_USER_CASE("reg.query_multiple.values_in_one_buffer", "REG-QMV-01",
                      multiple_values_in_one_buffer),
};
NTCB_TEST_MAIN("conformance", Tests)
