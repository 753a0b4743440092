/* SPDX-License-Identifier: MIT
 *
 * reg_delete_test.c - NtDeleteKey, and what a deleted key's handle is still good for.
 */
#include "regkit.h"

static void checks_the_handle(void **State)
{
    (void)State;
    HANDLE Key;
    Close(MakeBase());
    EXPECT_STATUS(NtDeleteKey(NULL), STATUS_INVALID_HANDLE);
    EXPECT_SUCCESS(Open(&Key, NULL, STR(BASE), KEY_ALL_ACCESS & ~DELETE));
    EXPECT_STATUS(NtDeleteKey(Key), STATUS_ACCESS_DENIED);
    Close(Key);
    EXPECT_SUCCESS(Probe(NULL, STR(BASE)));
}

static void key_with_subkeys_stays(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    Close(MakeKey(Base, STR(u"child")));
    EXPECT_STATUS(NtDeleteKey(Base), STATUS_CANNOT_DELETE);
    EXPECT_SUCCESS(Probe(Base, STR(u"child")));
    Close(Base);
}

static void key_with_values_goes(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    EXPECT_SUCCESS(SetDword(Base, STR(u"value"), 1));
    EXPECT_SUCCESS(NtDeleteKey(Base));
    EXPECT_STATUS(Probe(NULL, STR(BASE)), STATUS_OBJECT_NAME_NOT_FOUND);
    Close(Base);
}

static void hive_roots_stay(void **State)
{
    static const PCWSTR Roots[] = {u"\\Registry", u"\\Registry\\Machine", u"\\Registry\\User",
                                   u"\\Registry\\Machine\\SAM", u"\\Registry\\User\\.Default"};
    (void)State;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Roots); Index++) {
        UNICODE_STRING Name;
        HANDLE Key;
        RtlInitUnicodeString(&Name, Roots[Index]);
        EXPECT_SUCCESS(Open(&Key, NULL, &Name, KEY_ALL_ACCESS));
        EXPECT_STATUS(NtDeleteKey(Key), STATUS_CANNOT_DELETE);
        Close(Key);
    }
}

static void deleting_twice_succeeds(void **State)
{
    (void)State;
    HANDLE First = MakeBase();
    HANDLE Second = MakeBase();
    EXPECT_SUCCESS(NtDeleteKey(First));
    EXPECT_SUCCESS(NtDeleteKey(Second));
    EXPECT_SUCCESS(NtDeleteKey(First));
    Close(First);
    Close(Second);
}

static NTSTATUS QueryKeyClass(HANDLE Key, ULONG Class)
{
    UCHAR Buffer[512];
    ULONG ResultLength;
    return NtQueryKey(Key, (KEY_INFORMATION_CLASS)Class, Buffer, sizeof(Buffer), &ResultLength);
}

static void deleted_key_answers_key_deleted(void **State)
{
    (void)State;
    HANDLE Key = MakeBase();
    UCHAR Buffer[512];
    ULONG ResultLength;
    HANDLE Child;
    KEY_VALUE_ENTRY Entry = {.ValueName = STR(u"value")};
    ULONG BufferLength = sizeof(Buffer);
    LARGE_INTEGER Time = {.QuadPart = 1};
    EXPECT_SUCCESS(SetDword(Key, STR(u"value"), 1));
    EXPECT_SUCCESS(NtDeleteKey(Key));
    EXPECT_STATUS(SetDword(Key, STR(u"value"), 1), STATUS_KEY_DELETED);
    EXPECT_STATUS(NtDeleteValueKey(Key, STR(u"value")), STATUS_KEY_DELETED);
    EXPECT_STATUS(NtQueryValueKey(Key, STR(u"value"), KeyValueBasicInformation, Buffer,
                                  sizeof(Buffer), &ResultLength),
                  STATUS_KEY_DELETED);
    EXPECT_STATUS(NtEnumerateValueKey(Key, 0, KeyValueBasicInformation, Buffer, sizeof(Buffer),
                                      &ResultLength),
                  STATUS_KEY_DELETED);
    EXPECT_STATUS(
        NtEnumerateKey(Key, 0, KeyBasicInformation, Buffer, sizeof(Buffer), &ResultLength),
        STATUS_KEY_DELETED);
    EXPECT_STATUS(NtQueryMultipleValueKey(Key, &Entry, 1, Buffer, &BufferLength, NULL),
                  STATUS_KEY_DELETED);
    EXPECT_STATUS(NtSetInformationKey(Key, KeyWriteTimeInformation, &Time, sizeof(Time)),
                  STATUS_KEY_DELETED);
    EXPECT_STATUS(NtRenameKey(Key, STR(u"other")), STATUS_KEY_DELETED);
    EXPECT_STATUS(NtFlushKey(Key), STATUS_KEY_DELETED);
    for (ULONG Class = KeyBasicInformation; Class < MaxKeyInfoClass; Class++) {
        EXPECT_STATUS(QueryKeyClass(Key, Class), STATUS_KEY_DELETED);
    }
    EXPECT_STATUS(NtQueryObject(Key, (OBJECT_INFORMATION_CLASS)1, Buffer, sizeof(Buffer), NULL),
                  STATUS_KEY_DELETED);
    EXPECT_STATUS(Open(&Child, Key, STR(u""), KEY_READ), STATUS_KEY_DELETED);
    EXPECT_STATUS(Create(&Child, Key, STR(u"child"), KEY_READ), STATUS_KEY_DELETED);
    EXPECT_EQ(GrantedAccess(Key), KEY_ALL_ACCESS);
    EXPECT_SUCCESS(NtDeleteKey(Key));
    Close(Key);
}

static void name_is_free_at_once(void **State)
{
    (void)State;
    HANDLE Old = MakeBase();
    ULONG Disposition;
    HANDLE New;
    EXPECT_SUCCESS(SetDword(Old, STR(u"value"), 1));
    EXPECT_SUCCESS(NtDeleteKey(Old));
    EXPECT_SUCCESS(CreateOptions(&New, NULL, STR(BASE), KEY_ALL_ACCESS, 0, &Disposition));
    EXPECT_EQ(Disposition, REG_CREATED_NEW_KEY);
    EXPECT_EQ(FullInformation(New).Values, 0);
    EXPECT_STATUS(SetDword(Old, STR(u"value"), 1), STATUS_KEY_DELETED);
    EXPECT_SUCCESS(SetDword(New, STR(u"value"), 1));
    Close(Old);
    Close(New);
}

static LONGLONG WriteTime(HANDLE Key)
{
    return FullInformation(Key).LastWriteTime.QuadPart;
}

static void write_time_follows_changes(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    LONGLONG Before = WriteTime(Base);
    HANDLE Child = MakeKey(Base, STR(u"child"));
    LONGLONG After = WriteTime(Base);
    EXPECT_TRUE(After > Before);
    Before = After;
    EXPECT_SUCCESS(SetDword(Child, STR(u"value"), 1));
    EXPECT_EQ(WriteTime(Base), Before);
    EXPECT_SUCCESS(NtRenameKey(Child, STR(u"kid")));
    After = WriteTime(Base);
    EXPECT_TRUE(After > Before);
    Before = After;
    EXPECT_SUCCESS(NtDeleteKey(Child));
    After = WriteTime(Base);
    EXPECT_TRUE(After > Before);
    Before = After;
    EXPECT_SUCCESS(SetDword(Base, STR(u"value"), 1));
    After = WriteTime(Base);
    EXPECT_TRUE(After > Before);
    Before = After;
    EXPECT_SUCCESS(SetDword(Base, STR(u"value"), 1)); /* REG-NS-10: nothing new */
    EXPECT_SUCCESS(NtFlushKey(Base));
    EXPECT_SUCCESS(Probe(Base, STR(u"")));
    EXPECT_EQ(WriteTime(Base), Before);
    EXPECT_SUCCESS(NtDeleteValueKey(Base, STR(u"value")));
    EXPECT_TRUE(WriteTime(Base) > Before);
    Close(Child);
    Close(Base);
}

static void deleting_a_link_spares_its_target(void **State)
{
    (void)State;
    HANDLE Base = MakeBase();
    HANDLE Link;
    Close(MakeKey(Base, STR(u"target")));
    MakeLink(Base, STR(u"link"), STR(BASE u"\\target"));
    EXPECT_SUCCESS(OpenFlags(&Link, Base, STR(u"link"), DELETE, OBJ_OPENLINK));
    EXPECT_SUCCESS(NtDeleteKey(Link));
    Close(Link);
    EXPECT_STATUS(Probe(Base, STR(u"link")), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_SUCCESS(Probe(Base, STR(u"target")));
    Close(Base);
}

static const struct ntcb_test Tests[] = {
    CONFORM_USER_CASE("reg.delete.handle_is_checked", "REG-DEL-01", checks_the_handle),
    CONFORM_USER_CASE("reg.delete.key_with_subkeys_stays", "REG-DEL-02", key_with_subkeys_stays),
    CONFORM_USER_CASE("reg.delete.key_with_values_goes", "REG-DEL-02", key_with_values_goes),
    CONFORM_USER_CASE("reg.delete.hive_roots_stay", "REG-DEL-02", hive_roots_stay),
    CONFORM_USER_CASE("reg.delete.twice_succeeds", "REG-DEL-03", deleting_twice_succeeds),
    CONFORM_USER_CASE("reg.delete.deleted_key_answers_key_deleted",
                      "REG-DEL-04 REG-QK-09 REG-SET-07 REG-DLV-01 REG-EVK-01 REG-EK-01 REG-OPN-07 "
                      "REG-FLS-01 REG-SIK-02 REG-REN-05",
                      deleted_key_answers_key_deleted),
    CONFORM_USER_CASE("reg.delete.name_is_free_at_once", "REG-DEL-04 REG-DEL-05",
                      name_is_free_at_once),
    CONFORM_USER_CASE("reg.name.write_time_follows_changes", "REG-NS-09 REG-NS-10 REG-DEL-06",
                      write_time_follows_changes),
    CONFORM_USER_CASE("reg.delete.link_spares_its_target", "REG-DEL-07 REG-LNK-06",
                      deleting_a_link_spares_its_target),
};
NTCB_TEST_MAIN("conformance", Tests)
